"""The administrator's pages: institutions and units, people with their accounts and roles, the audit log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lms import clock
from lms.config import Settings
from lms.days import start_of, zones_offered
from lms.db import db
from lms.learning import administer, duties
from lms.learning.access import administered
from lms.learning.administer import Wrong
from lms.learning.look import looked
from lms.records import administration, directory
from lms.records import duties as duty_records
from lms.records import institutions as tree
from lms.records.audit import Wanted, listing
from lms.records.institutions import Institution
from lms.records.people import Person, Role
from lms.reports.accounts import Accounts, Listed, people_by_unit
from lms.reports.record import waiting_count
from lms.reports.table import PER_PAGE, Page, Units
from lms.web import wording
from lms.web.access import actor, allow
from lms.web.confirm import fresh
from lms.web.forms import day, found
from lms.web.limits import is_behind_unseen_proxy
from lms.web.paging import here, paging
from lms.web.reading import library

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

Shown = str | tuple[str, int]


def _units() -> Units:
    return Units(directory.units(db.session(), administered(actor())))


def _address() -> str:
    return cast(Settings, current_app.config["SETTINGS"]).url


def _countries() -> dict[str, str]:
    return {country.id: country.title for country in library().programme().countries}


def _text(name: str) -> str:
    return request.form.get(name, "")


def _number(name: str) -> int | None:
    return request.form.get(name, type=int)


# ── institutions ───────────────────────────────────────────────────────────────────────────────────────────────────


def _people_below(rows: Sequence[Institution]) -> Counter[int]:
    """How many people work at each of these or below it, by its id: one statement."""
    own, below = people_by_unit(db.session(), administered(actor())), Counter[int]()
    for row in rows:
        for id in row.path.strip("/").split("/"):
            below[int(id)] += own.get(row.id, 0)
    return below


def _institutions(status: int = 200, error: Wrong | None = None) -> Shown:
    rows = _units().rows
    children: dict[int | None, list[Institution]] = defaultdict(list)
    for row in rows:
        children[row.parent_id].append(row)
    return render_template(
        "admin/institutions.html",
        children=children,
        people=_people_below(rows),
        countries=_countries(),
        requests=waiting_count(db.session(), administered(actor())),
        unseen_proxy=is_behind_unseen_proxy(),
        error=error,
        form=request.form,
    ), status


@blueprint.get("")
@allow(Role.ADMINISTRATOR)
def institutions() -> Shown:
    """All institutions with their units, as a tree: four statements."""
    return _institutions()


@blueprint.post("/institutions")
@allow(Role.ADMINISTRATOR)
def add_institution() -> Response | Shown:
    """Add an institution."""
    try:
        row = administer.add_institution(actor(), library().programme(), _text("name"), _text("country"), clock.now())
    except Wrong as error:
        return _institutions(422, error)
    flash(_("%(name)s has been added.", name=row.name), "success")
    return redirect(url_for(".institution", node_id=row.id), 303)


def _institution(node_id: int, status: int = 200, error: Wrong | None = None, form: str = "") -> Shown:
    node = found(tree.get(db.session(), node_id))
    looked(actor(), "looked-at-institution", clock.now(), node.root_id, unit=node.id)
    units, scope = _units(), administered(actor())
    inside = [row for row in units.rows if row.path.startswith(node.path)]
    return render_template(
        "admin/institution.html",
        node=node,
        above=[row for row in units.rows if node.path.startswith(row.path) and row.id != node.id],
        children=[row for row in inside if row.parent_id == node.id],
        people=_people_below(inside),
        managers=administration.managers(db.session(), scope, node),
        country=_countries().get(node.country, node.country),
        zones=[(zone, zone) for zone in sorted({node.time_zone, *zones_offered()})],
        error=error,
        wrong_form=form,
    ), status


@blueprint.get("/institutions/<int:node_id>")
@allow(Role.ADMINISTRATOR)
def institution(node_id: int) -> Shown:
    """One institution or unit: what is below it, who manages it: six statements."""
    return _institution(node_id)


@blueprint.post("/institutions/<int:node_id>/name")
@allow(Role.ADMINISTRATOR)
def rename(node_id: int) -> Response | Shown:
    """Rename an institution or unit."""
    found(tree.get(db.session(), node_id))
    try:
        administer.rename(actor(), node_id, _text("name"), clock.now())
    except Wrong as error:
        return _institution(node_id, 422, error, "rename")
    flash(_("The name has been changed."), "success")
    return redirect(url_for(".institution", node_id=node_id), 303)


@blueprint.post("/institutions/<int:node_id>/time-zone")
@allow(Role.ADMINISTRATOR)
def set_time_zone(node_id: int) -> Response | Shown:
    """Choose the time zone of an institution."""
    found(tree.get(db.session(), node_id))
    try:
        administer.set_time_zone(actor(), node_id, _text("time_zone"), clock.now())
    except Wrong as error:
        return _institution(node_id, 422, error, "zone")
    flash(_("The time zone has been changed."), "success")
    return redirect(url_for(".institution", node_id=node_id), 303)


@blueprint.post("/institutions/<int:node_id>/units")
@allow(Role.ADMINISTRATOR)
def add_unit(node_id: int) -> Response | Shown:
    """Add a unit below an institution or unit."""
    found(tree.get(db.session(), node_id))
    try:
        row = administer.add_unit(actor(), node_id, _text("name"), clock.now())
    except Wrong as error:
        return _institution(node_id, 422, error, "add")
    flash(_("%(name)s has been added.", name=row.name), "success")
    return redirect(url_for(".institution", node_id=node_id), 303)


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@blueprint.get("/people")
@allow(Role.ADMINISTRATOR)
def people() -> str:
    """All people, by name, 50 a page: six statements."""
    ask = request.args
    asked = {key: value for key, value in ask.items() if value}
    looked(actor(), "looked-at-people", clock.now(), asked=asked)
    units, scope, session = _units(), administered(actor()), db.session()
    node = next((row for row in units.rows if row.id == ask.get("unit", type=int)), None)
    role = ask.get("role", "")
    wanted = Accounts(
        scope,
        ask.get("q", "").strip()[:200],
        node,
        Role(role) if role in {each.value for each in Role} else None,
        ask.get("standing", ""),
    )
    page = Page(ask.get("page", 1, type=int), wanted.total(session))
    rows = wanted.rows(session, page.offset)
    return render_template(
        "admin/people.html",
        rows=rows,
        grants=administration.grants(session, scope, {row.person.id for row in rows}),
        page=paging(page),
        units=units,
        wanted=wanted,
        roles=wording.roles(),
        standings=wording.standings(),
    )


def _form(person: Person | None, status: int = 200, error: Wrong | None = None) -> Shown:
    """The form of a new person, or of the one given."""
    units = _units()
    values: Mapping[str, str]
    if request.method == "POST":
        values = request.form
    elif person:
        values = {
            "name": person.name,
            "family_name": person.family_name,
            "email": person.email,
            "unit": str(person.unit_id),
        }
    else:
        values = {"name": "", "family_name": "", "email": "", "unit": request.args.get("unit", "")}
    rows = [row for row in units.rows if person is None or row.root_id == person.institution_id]
    return render_template(
        "admin/person_form.html", person=person, values=values, error=error, units=list(Units(rows).labels.items())
    ), status


def _listed(person_id: UUID) -> Listed:
    row = found(administration.account_of(db.session(), administered(actor()), person_id))
    return Listed(row[0], row[1].closed_at, row[1].password_hash == "")


@blueprint.get("/people/new")
@allow(Role.ADMINISTRATOR)
def new_person() -> Shown:
    """The form for a new person."""
    return _form(None)


@blueprint.post("/people")
@allow(Role.ADMINISTRATOR)
@fresh
def add_person() -> Response | Shown:
    """Add a person, and invite them."""
    try:
        row = administer.add_person(
            actor(), _text("name"), _text("email"), _number("unit"), _address(), clock.now(), _text("family_name")
        )
    except Wrong as error:
        return _form(None, 422, error)
    said = _("%(name)s has been added, and an invitation is on its way to %(email)s.", name=row.name, email=row.email)
    return _back(row.id, said)


@blueprint.get("/people/<uuid:person_id>")
@allow(Role.ADMINISTRATOR)
def person(person_id: UUID) -> str:
    """One person: where they work, how their account stands, what they may do: five statements."""
    listed = _listed(person_id)
    looked(actor(), "looked-at-account", clock.now(), listed.person.institution_id, person_id)
    units = _units()
    held = administration.grants(db.session(), administered(actor()), {person_id})[person_id]
    courses = [(course.id, course.title) for course in library().courses()]
    inside = [row for row in units.rows if row.root_id == listed.person.institution_id]
    return render_template(
        "admin/person.html",
        listed=listed,
        newest_link=administration.newest_link(db.session(), listed.person.email),
        person=listed.person,
        grants=held,
        units=units,
        inside=list(Units(inside).labels.items()),
        courses=courses,
        titles=dict(courses),
        roles=wording.roles(),
        standings=wording.standings(),
    )


@blueprint.get("/people/<uuid:person_id>/edit")
@allow(Role.ADMINISTRATOR)
def edit_person(person_id: UUID) -> Shown:
    """The form to correct somebody's name, address or unit."""
    row = _listed(person_id).person
    looked(actor(), "looked-at-account", clock.now(), row.institution_id, person_id)
    return _form(row)


@blueprint.post("/people/<uuid:person_id>/edit")
@allow(Role.ADMINISTRATOR)
@fresh
def change_person(person_id: UUID) -> Response | Shown:
    """Correct somebody's name, address or unit."""
    row, unit = _listed(person_id).person, _number("unit")
    family_name = request.form.get("family_name", row.family_name)
    try:
        administer.change_person(
            actor(), person_id, _text("name"), _text("email"), unit, _address(), clock.now(), family_name
        )
    except Wrong as error:
        return _form(row, 422, error)
    return _back(person_id, _("Your changes have been saved."))


def _back(person_id: UUID, said: str) -> Response:
    flash(said, "success")
    return redirect(url_for(".person", person_id=person_id), 303)


def _sure(person: Person, title: str, follows: list[str], button: str, url: str, **fields: object) -> str:
    """A page that says what will follow, with the button that does it."""
    kept = {name: value for name, value in fields.items() if value not in (None, "")}
    return render_template(
        "admin/sure.html", person=person, title=title, follows=follows, button=button, url=url, fields=kept
    )


def _unmanaged(person: Person, node_id: int | None = None) -> list[str]:
    """What is to be said where nobody manages a unit once this person does so no more: there, or anywhere (None)."""
    session, scope = db.session(), administered(actor())
    held = administration.grants(session, scope, {person.id})[person.id]
    nodes = [row.node_id for row in held if row.role is Role.MANAGER and node_id in (None, row.node_id)]
    return [
        _("Nobody will manage %(unit)s. Requests from there wait for an administrator.", unit=node.name)
        for id in nodes
        if id and (node := tree.get(session, id)) and not administration.managers_over(session, person, node)
    ]


@blueprint.get("/people/<uuid:person_id>/close")
@allow(Role.ADMINISTRATOR)
def sure_to_close(person_id: UUID) -> str:
    """Ask before an account is closed."""
    row = _listed(person_id).person
    looked(actor(), "looked-at-account", clock.now(), row.institution_id, person_id)
    follows = [
        _("%(name)s is signed out everywhere at once and can’t sign in any more.", name=row.name),
        _("All records are kept: courses, results and certificates."),
        _("You can reopen the account."),
        *_unmanaged(row),
    ]
    return _sure(
        row,
        _("Close the account of %(name)s?", name=row.name),
        follows,
        _("Close the account"),
        url_for(".close_account", person_id=person_id),
    )


@blueprint.post("/people/<uuid:person_id>/close")
@allow(Role.ADMINISTRATOR)
@fresh
def close_account(person_id: UUID) -> Response:
    """Close an account."""
    row = _listed(person_id).person
    administer.close_account(actor(), person_id, clock.now())
    return _back(person_id, _("%(name)s’s account is closed. They have been signed out everywhere.", name=row.name))


@blueprint.post("/people/<uuid:person_id>/open")
@allow(Role.ADMINISTRATOR)
@fresh
def open_account(person_id: UUID) -> Response:
    """Open a closed account."""
    row = _listed(person_id).person
    administer.open_account(actor(), person_id, _address(), clock.now())
    return _back(person_id, _("%(name)s can sign in again.", name=row.name))


@blueprint.post("/people/<uuid:person_id>/invite")
@allow(Role.ADMINISTRATOR)
@fresh
def invite(person_id: UUID) -> Response:
    """Send the invitation once more."""
    row = _listed(person_id).person
    seen = request.form.get("seen", -1, type=int)
    if not administer.invite_again(actor(), person_id, _address(), seen, clock.now()):
        flash(_("Not sent again: %(email)s was sent a link after this page was opened.", email=row.email), "info")
        return redirect(url_for(".person", person_id=person_id), 303)
    return _back(person_id, _("A new invitation is on its way to %(email)s.", email=row.email))


@blueprint.post("/people/<uuid:person_id>/password-link")
@allow(Role.ADMINISTRATOR)
@fresh
def send_password_link(person_id: UUID) -> Response:
    """Send a link to choose a new password."""
    row = _listed(person_id).person
    seen = request.form.get("seen", -1, type=int)
    if not administer.send_password_link(actor(), person_id, _address(), seen, clock.now()):
        flash(_("Not sent again: %(email)s was sent a link after this page was opened.", email=row.email), "info")
        return redirect(url_for(".person", person_id=person_id), 303)
    return _back(person_id, _("A link to choose a new password is on its way to %(email)s.", email=row.email))


def _role_follows(role: Role, name: str, place: str) -> list[str]:
    """What somebody can do who has the role; `place` is the unit or course it is for."""
    match role:
        case Role.MANAGER:
            return [
                _(
                    "%(name)s sees and enrols everyone in %(unit)s and below, with names and results.",
                    name=name,
                    unit=place,
                )
            ]
        case Role.TRAINER:
            return [
                _(
                    "%(name)s sees the correct answers of “%(course)s”, marks open answers and releases the course.",
                    name=name,
                    course=place,
                )
            ]
        case Role.COORDINATOR:
            return [_("%(name)s sees figures for the whole region, without names.", name=name)]
        case Role.ADMINISTRATOR:
            return [
                _("%(name)s sees all people of all institutions and the audit log.", name=name),
                _("%(name)s can give and remove every role, yours too.", name=name),
            ]


def _place_of(role: Role, node_id: int | None, course_id: str) -> str:
    """The unit or course that a role is for, in words."""
    if role is Role.MANAGER:
        return str(_units().labels.get(node_id or 0, ""))
    return next((known.title for known in library().courses() if known.id == course_id), course_id)


@blueprint.get("/people/<uuid:person_id>/roles/give")
@allow(Role.ADMINISTRATOR)
def sure_to_grant(person_id: UUID) -> str:
    """Ask before a role is given."""
    row, ask = _listed(person_id).person, request.args
    looked(actor(), "looked-at-account", clock.now(), row.institution_id, person_id)
    role = found(next((each for each in Role if each.value == ask.get("role")), None))
    node_id, course = ask.get("unit", type=int), ask.get("course", "")
    if role is Role.MANAGER:
        found(_units().labels.get(node_id or 0))
    if role is Role.TRAINER:
        found(library().course(course))
    label, place = wording.roles()[role], _place_of(role, node_id, course)
    return _sure(
        row,
        _("Give %(name)s the role of %(role)s?", name=row.name, role=label),
        _role_follows(role, row.name, place),
        _("Give the role"),
        url_for(".grant", person_id=person_id),
        role=role.value,
        unit=node_id if role is Role.MANAGER else None,
        course=course if role is Role.TRAINER else "",
    )


@blueprint.get("/people/<uuid:person_id>/roles/<uuid:grant_id>/revoke")
@allow(Role.ADMINISTRATOR)
def sure_to_revoke(person_id: UUID, grant_id: UUID) -> str:
    """Ask before a role is taken away."""
    row = _listed(person_id).person
    looked(actor(), "looked-at-account", clock.now(), row.institution_id, person_id)
    held = found(administration.grant(db.session(), administered(actor()), grant_id))
    found(row if held.person_id == person_id else None)
    label, place = wording.roles()[held.role], _place_of(held.role, held.node_id, held.course_id)
    follows = [
        _("%(name)s immediately loses this role’s access.", name=row.name),
        _("What they did in this role is kept."),
    ]
    if held.role is Role.MANAGER:
        follows += _unmanaged(row, held.node_id)
    title = _("Remove the role of %(role)s from %(name)s?", role=f"{label}: {place}" if place else label, name=row.name)
    return _sure(row, title, follows, _("Remove the role"), url_for(".revoke", person_id=person_id, grant_id=grant_id))


@blueprint.post("/people/<uuid:person_id>/roles")
@allow(Role.ADMINISTRATOR)
@fresh
def grant(person_id: UUID) -> Response:
    """Give somebody a role."""
    row, role = _listed(person_id).person, _text("role")
    course = _text("course")
    if role not in {each.value for each in Role}:
        raise Wrong("role", _("Choose a role from the list."))
    if course and course not in {known.id for known in library().courses()}:
        raise Wrong("course", _("Choose a course from the list."))
    administer.grant(actor(), person_id, Role(role), clock.now(), node_id=_number("unit"), course_id=course)
    return _back(person_id, _("Role given to %(name)s.", name=row.name))


@blueprint.post("/people/<uuid:person_id>/roles/<uuid:grant_id>/revoke")
@allow(Role.ADMINISTRATOR)
@fresh
def revoke(person_id: UUID, grant_id: UUID) -> Response:
    """Take a role away."""
    row = _listed(person_id).person
    held = administration.grant(db.session(), administered(actor()), grant_id)
    if held is not None and held.person_id == person_id:
        administer.revoke(actor(), grant_id, clock.now())
    if person_id == actor().person.id and held is not None and held.role is Role.ADMINISTRATOR:
        return redirect(url_for("home.index"), 303)  # they may not see these pages any more
    return _back(person_id, _("Role removed from %(name)s.", name=row.name))


# ── operation ──────────────────────────────────────────────────────────────────────────────────────────────────────


@blueprint.get("/operation")
@allow(Role.ADMINISTRATOR)
def operation() -> str:
    """When the worker last ran, and what it has given up."""
    looked(actor(), "looked-at-operation", clock.now())
    return render_template(
        "admin/operation.html",
        duties=wording.duties(),
        runs=duty_records.runs(db.session()),
        late=duties.worker_state(clock.now())["worker"] == "late",
        failures=duties.given_up(db.session()),
        requests=waiting_count(db.session(), administered(actor())),
        unseen_proxy=is_behind_unseen_proxy(),
    )


@blueprint.post("/operation/again")
@allow(Role.ADMINISTRATOR)
def again() -> Response:
    """Let the worker try once more."""
    duties.try_again(actor(), _text("duty")[:40], _text("subject")[:100], clock.now())
    flash(_("The worker will try again within a minute."), "success")
    return redirect(url_for(".operation"), 303)


# ── the audit log ──────────────────────────────────────────────────────────────────────────────────────────────────


def _midnight(text: str, days: int = 0) -> datetime | None:
    """The beginning of a day at the reader's institution, so many days later."""
    chosen = day(text)
    if chosen is None:
        return None
    try:
        return start_of(chosen + timedelta(days=days), actor().institution.time_zone)
    except OverflowError:
        return None


def _after(text: str) -> tuple[datetime, UUID] | None:
    """The event after which the page goes on, from the address."""
    moment, _sign, id = text.partition("_")
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), UUID(id)
    except (ValueError, OverflowError):
        return None


@blueprint.get("/audit")
@allow(Role.ADMINISTRATOR)
def audit() -> str:
    """The audit log, newest first, 50 events a page: six statements, however long it is."""
    ask, session, scope = request.args, db.session(), administered(actor())
    email, side = ask.get("email", "").strip().lower(), ask.get("side", "about")
    chosen = directory.by_email(session, scope, {email}).get(email) if email else None
    whose = (chosen.institution_id, chosen.id) if chosen else (None, None)
    asked = {key: value for key, value in ask.items() if value and key not in ("email", "after")}
    looked(actor(), "looked-at-audit-log", clock.now(), *whose, asked=asked)
    wanted = Wanted(
        person=(chosen.institution_id, chosen.id) if chosen and side != "by" else None,
        actor_id=chosen.id if chosen and side == "by" else None,
        action=ask.get("action", "")[:40],
        since=_midnight(ask.get("since", "")),
        until=_midnight(ask.get("until", ""), days=1),
    )
    events = [] if email and not chosen else listing(session, scope, wanted, _after(ask.get("after", "")), PER_PAGE + 1)
    shown, more = events[:PER_PAGE], len(events) > PER_PAGE
    ids = {id for event in shown for id in (event.actor_id, event.person_id) if id}
    return render_template(
        "admin/audit.html",
        events=shown,
        names=directory.by_ids(session, scope, ids),
        units=_units(),
        actions=wording.actions(),
        ask=ask,
        unknown=bool(email) and chosen is None,
        older_url=here(after=f"{shown[-1].at.isoformat()}_{shown[-1].id}") if more else "",
        newest_url=here() if ask.get("after") else "",
    )
