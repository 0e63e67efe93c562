"""An institution's training: who has completed what, the people, one person's record, enrolling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_datetime, format_decimal, ngettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from lms import clock, i18n
from lms.db import db
from lms.learning import enrol as enrolling
from lms.learning.access import deciding, managed
from lms.learning.importing import MOST_ROWS, DryRun, dry_run
from lms.learning.look import looked
from lms.learning.refresher import asks
from lms.learning.refusal import Refused
from lms.records import accounts, directory, enrolments
from lms.records.accounts import Actor
from lms.records.enrolments import State
from lms.records.people import Role
from lms.records.scope import Scope
from lms.reports import record as records
from lms.reports.completion import Completion
from lms.reports.files import FILE_TYPES, MOST_PRINTED, Sheet, pdf_file
from lms.reports.people import People
from lms.reports.table import PER_PAGE, Column, Filters, Page, Report, Units, state_label
from lms.web.access import actor, allow
from lms.web.forms import day, found
from lms.web.paging import here, paging
from lms.web.reading import library
from lms.web.sending import named, sheets_sent

blueprint = Blueprint("manager", __name__, url_prefix="/manager")


@dataclass(frozen=True)
class Desk:
    """What a manager's page starts from: who looks, whose data they may see, and what the address asks for."""

    who: Actor
    scope: Scope
    filters: Filters
    today: date

    @classmethod
    def open(cls) -> Desk:
        """The desk of whoever is signed in."""
        return cls(actor(), managed(actor()), _filters(), actor().today(clock.now()))

    @cached_property
    def units(self) -> Units:
        """The units they manage; 404 where the address asks for another."""
        units = Units(directory.units(db.session(), self.scope))
        if self.filters.unit and units.below(self.filters.unit) is None:
            abort(404)
        return units

    @cached_property
    def courses(self) -> dict[str, str]:
        """Titles of the released courses, by id."""
        return {course.id: course.title for course in library().courses()}

    @cached_property
    def offered(self) -> dict[str, str]:
        """Titles of the courses that somebody can be enrolled in, by id."""
        return {course.id: course.title for course in library().offered()}

    def completion(self) -> Completion:
        """The enrolments asked for."""
        return Completion(
            self.scope,
            self.filters,
            self.units,
            self.courses,
            self.today,
            self.who.institution.time_zone,
            asks(library()),
        )

    def people(self) -> People:
        """The people asked for."""
        return People(self.scope, self.filters, self.units, self.today)

    def look(self, action: str, **details: Any) -> None:
        """Write down that they look at their institution's data, and with which filters."""
        if asked := _asked():
            details["asked"] = asked
        looked(self.who, action, clock.now(), self.who.person.institution_id, **details)


def _filters() -> Filters:
    ask = request.args
    state = ask.get("state", "")
    return Filters(
        unit=ask.get("unit", 0, type=int),
        course=ask.get("course", ""),
        state=state if state in {each.value for each in State} else "",
        search=ask.get("q", "").strip()[:200],
        sort=ask.get("sort", "name"),
        down=ask.get("order") == "down",
        refresher=ask.get("refresher") == "open",
        closed=ask.get("account") == "closed",
    )


def _asked() -> dict[str, str]:
    """The filters and the order as they stand in the address."""
    keys = ("unit", "course", "state", "refresher", "account", "q", "sort", "order")
    return {key: value for key in keys if (value := request.args.get(key))}


def _heads(columns: tuple[Column, ...], filters: Filters) -> list[dict[str, object]]:
    """The columns as the table macro wants them: a second click on a heading turns the order round."""
    heads: list[dict[str, object]] = []
    for column in columns:
        if column.key in ("email", "refresher"):
            continue  # they stand below the name and the state
        head: dict[str, object] = {"label": column.label, "numeric": column.numeric}
        if column.sorts:
            chosen = column.key == filters.sort
            head["sort_url"] = here(sort=column.key, order="down" if chosen and not filters.down else "up")
            head["sorted"] = ("descending" if filters.down else "ascending") if chosen else ""
        heads.append(head)
    return heads


def _table_page(template: str, desk: Desk, report: Report, total: int, **more: object) -> str:
    page = Page(request.args.get("page", 1, type=int), total)
    return render_template(
        template,
        columns=report.columns,
        heads=_heads(report.columns, desk.filters),
        rows=list(report.rows(db.session(), PER_PAGE, page.offset)) if total else [],
        page=paging(page),
        filters=desk.filters,
        units=desk.units,
        waiting=records.waiting_count(db.session(), desk.scope),
        asked=_asked(),
        **more,
    )


def _file(kind: str, name: str, title: str, desk: Desk, report: Report) -> Response | Redirect:
    """The report as a file: all its rows, by the same query and in the same order as on the page."""
    if kind not in FILE_TYPES:
        abort(404)
    desk.look("exported", report=name, format=kind)
    saved, about = f"staza-{name}-{desk.today}", _about(title, desk)
    if kind != "pdf":
        return sheets_sent(kind, saved, [Sheet(title, report.columns, report.rows(db.session()))], about)
    rows = list(report.rows(db.session(), MOST_PRINTED + 1))
    if len(rows) > MOST_PRINTED:
        flash(
            _(
                "A PDF can have at most %(most)s rows. Narrow the list with the filters, or download the XLSX.",
                most=format_decimal(MOST_PRINTED),
            ),
            "error",
        )
        return redirect(f"{url_for(f'.{name}')}?{urlencode(_asked())}", 303)
    data = pdf_file([Sheet(title, report.columns, rows)], about, i18n.language().tag, clock.now())
    return named(Response(data, content_type=FILE_TYPES[kind]), f"{saved}.pdf")


def _about(title: str, desk: Desk) -> list[tuple[str, str]]:
    """What an export says of itself."""
    filters = desk.filters
    return [
        (_("Report"), title),
        (_("Created on"), f"{format_datetime(clock.now(), 'long')}"),
        (_("Created by"), f"{desk.who.person.name} <{desk.who.person.email}>"),
        (_("Unit"), desk.units.labels[filters.unit] if filters.unit else _("Everything you manage")),
        (_("Course"), desk.courses.get(filters.course, filters.course) or _("All courses")),
        (_("State"), state_label(filters.state) if filters.state else _("All states")),
        (_("Accounts"), _("Closed only") if filters.closed else _("Open only")),
        (_("Refresher"), _("Open only") if filters.refresher else _("All")),
        (_("Name or e-mail contains"), filters.search or "–"),
        (_("Address"), request.url),
    ]


@blueprint.get("")
@allow(Role.MANAGER)
def completion() -> str:
    """Who has completed what: six statements, however many people there are."""
    desk = Desk.open()
    desk.look("looked-at-completion")
    report = desk.completion()
    counts = report.counts(db.session())
    return _table_page(
        "manager/completion.html",
        desk,
        report,
        report.total(counts),
        enrolled=counts.all,
        counts_by={state.value: count for state, count in counts.states.items()},
        refreshers=counts.refreshers,
        asking=bool(report.asks),
        courses=desk.courses,
        states=[(state.value, state_label(state.value)) for state in State],
    )


@blueprint.get("/completion.<kind>")
@allow(Role.MANAGER)
def completion_file(kind: str) -> Response | Redirect:
    """What the completion page shows, on all its pages, as a file."""
    desk = Desk.open()
    return _file(kind, "completion", _("Completion"), desk, desk.completion())


@blueprint.get("/people")
@allow(Role.MANAGER)
def people() -> str:
    """The people, one a row."""
    desk = Desk.open()
    desk.look("looked-at-people")
    report = desk.people()
    return _table_page("manager/people.html", desk, report, report.total(db.session()))


@blueprint.get("/people.<kind>")
@allow(Role.MANAGER)
def people_file(kind: str) -> Response | Redirect:
    """What the page of people shows, on all its pages, as a file."""
    desk = Desk.open()
    return _file(kind, "people", _("People"), desk, desk.people())


@blueprint.get("/people/<uuid:person_id>")
@allow(Role.MANAGER)
def person(person_id: UUID) -> str:
    """One person's record; that it was looked at is written down."""
    return _record(person_id)


def _record(person_id: UUID, error: str = "", course: str = "", due: str = "") -> str:
    desk, session = Desk.open(), db.session()
    who = found(directory.get(session, desk.scope, person_id))
    looked(desk.who, "looked-at-record", clock.now(), who.institution_id, who.id)
    entries = records.record(session, desk.scope, person_id, asks(library()))
    quizzes = {
        (course_id, quiz_id): shown.title
        for course_id, quiz_id in {(each.course_id, each.quiz_id) for entry in entries for each in entry.attempts}
        if (known := library().course(course_id)) and (shown := known.quiz(quiz_id))
    }
    return render_template(
        "manager/person.html",
        person=who,
        left=person_id in accounts.closed(session, {person_id}),
        is_self=person_id == desk.who.person.id,
        unit=desk.units.labels.get(who.unit_id, ""),
        entries=entries,
        courses=desk.courses,
        offered=desk.offered,
        quizzes=quizzes,
        today=desk.today,
        error=error,
        course=course,
        due=due,
        waiting=records.waiting_count(session, desk.scope),
    )


def _due(text: str, today: date) -> date | None:
    """The due day that a form gives, or None; raises Refused for one that is none, or is over."""
    if not text.strip():
        return None
    due = day(text)
    if due is None:
        raise Refused(_("“%(day)s” is not a date. Write it as 2027-01-31, or leave it empty.", day=text[:40]))
    if due < today:
        raise Refused(_("The due date is in the past. Choose a date from today on, or leave it empty."))
    return due


@blueprint.post("/people/<uuid:person_id>/enrol")
@allow(Role.MANAGER)
def enrol(person_id: UUID) -> Redirect | tuple[str, int]:
    """Enrol one person, or give an open enrolment another due day."""
    who, at = actor(), clock.now()
    found(directory.get(db.session(), managed(who), person_id))
    course_id, due = request.form.get("course", ""), request.form.get("due", "")
    course = library().course(course_id)
    try:
        if course is None:
            raise Refused(_("Choose a course."))
        offered = not library().is_withdrawn(course.id)
        row = enrolling.enrol_person(who, person_id, course.id, _due(due, who.today(at)), at, offered=offered)
    except Refused as refusal:
        return _record(person_id, str(refusal), course_id, due), 422
    if row.enrolled_at == at:
        flash(_("Enrolled in “%(course)s”.", course=course.title), "success")
    elif row.completed_at:
        flash(_("“%(course)s” is already completed. Nothing was changed.", course=course.title), "info")
    else:
        flash(
            _("“%(course)s” was already assigned. Its due date is now the one you gave.", course=course.title),
            "success",
        )
    return redirect(url_for(".person", person_id=person_id), 303)


@blueprint.route("/import", methods=["GET", "POST"])
@allow(Role.MANAGER)
def import_() -> str | Redirect | tuple[str, int]:
    """Enrol many: a list is read and judged first, and carried out only when it is sent again, read anew."""
    desk, at = Desk.open(), clock.now()
    if request.method == "GET":
        return _import_page(desk, None)
    upload = request.files.get("file")
    data = (upload.read() if upload else b"") or request.form.get("list", "").encode()
    desk.look("looked-at-people")  # the answer tells who is among them, and who has which course
    run = dry_run(db.session(), desk.scope, desk.offered, data, desk.today)
    if not run.good:
        return _import_page(desk, run, _echo(data)), 422
    if request.form.get("step") != "enrol":
        return _import_page(desk, run)
    try:
        new = enrolling.enrol_people(desk.who, run.places, at)
    except Refused as refusal:
        flash(str(refusal), "error")
        return _import_page(desk, run), 422
    flash(ngettext("%(num)s enrolment was added.", "%(num)s enrolments were added.", new), "success")
    return redirect(url_for(".completion"), 303)


def _echo(data: bytes) -> str:
    """What was sent, to be corrected on the page; "" for more than a form could send back."""
    return data.decode("utf-8-sig", "replace") if len(data) <= (request.max_form_memory_size or 0) else ""


def _import_page(desk: Desk, run: DryRun | None, text: str = "") -> str:
    return render_template(
        "manager/import.html",
        run=run,
        text=text,
        courses=desk.offered,
        most=MOST_ROWS,
        waiting=records.waiting_count(db.session(), desk.scope),
    )


@blueprint.get("/requests")
@allow(Role.MANAGER, Role.ADMINISTRATOR)
def requests() -> str:
    """The requests for places that wait for a decision."""
    return _requests_page()


def _requests_page(error: str = "", wrong: UUID | None = None) -> str:
    desk, session = replace(Desk.open(), scope=deciding(actor())), db.session()
    desk.look("looked-at-requests")
    page = Page(request.args.get("page", 1, type=int), records.waiting_count(session, desk.scope))
    return render_template(
        "manager/requests.html",
        rows=records.waiting(session, desk.scope, PER_PAGE, page.offset),
        page=paging(page),
        waiting=page.total,
        units=desk.units,
        courses=desk.courses,
        error=error,
        wrong=wrong,
        manages=bool(desk.who.managed),
        me=desk.who.person.id,
        today=desk.today,
    )


@blueprint.post("/requests/<uuid:request_id>")
@allow(Role.MANAGER, Role.ADMINISTRATOR)
def decide(request_id: UUID) -> Redirect | tuple[str, int]:
    """Grant or decline a request."""
    granted, at = request.form.get("decision") == "grant", clock.now()
    asked = found(enrolments.request(db.session(), deciding(actor()), request_id))
    try:
        due = _due(request.form.get("due", ""), actor().today(at)) if granted else None
        offered = not library().is_withdrawn(asked.course_id)
        enrolling.decide(actor(), request_id, granted, due, _title(asked.course_id), at, offered=offered)
    except Refused as refusal:
        return _requests_page(str(refusal), request_id), 422
    flash(_("Place granted.") if granted else _("Request declined."), "success")
    return redirect(url_for(".requests"), 303)


def _title(course_id: str) -> str:
    course = library().course(course_id)
    return course.title if course else course_id


@blueprint.post("/enrolments/<uuid:enrolment_id>/attempts")
@allow(Role.MANAGER)
def allow_attempt(enrolment_id: UUID) -> Redirect:
    """Give somebody one more attempt at the quizzes of a course."""
    found(enrolments.get(db.session(), managed(actor()), enrolment_id))
    seen = request.form.get("seen", -1, type=int)
    row = enrolling.allow_attempt(actor(), enrolment_id, seen, clock.now())
    if row.extra_attempts == seen + 1:
        flash(_("One more attempt allowed in “%(course)s”.", course=_title(row.course_id)), "success")
    else:
        flash(
            ngettext(
                "Nothing was added: %(num)s extra attempt is already allowed in “%(course)s”.",
                "Nothing was added: %(num)s extra attempts are already allowed in “%(course)s”.",
                row.extra_attempts,
                course=_title(row.course_id),
            ),
            "info",
        )
    return redirect(url_for(".person", person_id=row.person_id), 303)
