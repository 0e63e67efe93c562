"""The catalogue and a course's own page: what it teaches, and taking it up."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lms import clock
from lms.db import db
from lms.learning import enrol, lessons
from lms.learning.access import own
from lms.learning.progress import progress
from lms.learning.refresher import refresher
from lms.records import administration, certificates, enrolments, facts
from lms.records.facts import Facts
from lms.web.access import SIGNED_IN, actor, allow
from lms.web.forms import found
from lms.web.reading import library
from lms.web.trail import trail, url_of

blueprint = Blueprint("catalogue", __name__, url_prefix="/courses")


@blueprint.get("")
@allow(SIGNED_IN)
def index() -> str:
    """All topics of the programme, with their courses or as in preparation."""
    who = actor()
    today = who.today(clock.now())
    mine = {
        row.course_id: row.state(today).value for row in enrolments.of_person(db.session(), own(who), who.person.id)
    }
    courses = library().offered()
    audience = request.args.get("for", "")
    return render_template(
        "catalogue/index.html",
        topics=[
            (topic, [c for c in courses if c.topic == topic.id and (not audience or audience in c.audience)])
            for topic in library().programme().topics
        ],
        mine=mine,
        paths=library().programme().paths,
        choices=[("", _("Everyone")), *((audience.id, audience.title) for audience in library().programme().audiences)],
        audience=audience,
    )


@blueprint.get("/<course_id>")
@allow(SIGNED_IN)
def course(course_id: str) -> str:
    """A course: objectives, time, the way through it, and where one stands."""
    who = actor()
    today = who.today(clock.now())
    session, scope = db.session(), own(who)
    this = found(library().course(course_id))
    enrolment = enrolments.latest(session, scope, course_id)
    known = facts.of(session, [enrolment])[enrolment.id] if enrolment else Facts()
    now = progress(this, known)
    asked = not enrolment and any(r.course_id == course_id for r in enrolments.open_requests(session, scope))
    certificate = (
        certificates.of_enrolment(session, scope, enrolment.id) if enrolment and enrolment.completed_at else None
    )
    audiences = {audience.id: audience.title for audience in library().programme().audiences}
    return render_template(
        "catalogue/course.html",
        course=this,
        enrolment=enrolment,
        state=enrolment.state(today).value if enrolment else None,
        progress=now,
        trail=trail(this, now, linked=enrolment is not None),
        next_url=url_of(this, now.next) if now.next else None,
        asked=asked,
        withdrawn=library().is_withdrawn(course_id),
        managed=enrolment is not None
        or this.enrolment == "open"
        or bool(administration.managers_over(session, who.person, who.unit)),
        certificate=certificate,
        card=enrolment is not None and bool(library().card(course_id)),
        refresher=refresher(this, library().history(course_id), enrolment, known) if enrolment else None,
        audiences=[audiences.get(id, id) for id in this.audience],
        missing=[] if enrolment else enrol.missing_before(session, who, this),
        prerequisites=[before for id in this.prerequisites if (before := library().course(id))],
        topic=next((t.title for t in library().programme().topics if t.id == this.topic), this.topic),
    )


@blueprint.post("/<course_id>/enrol")
@allow(SIGNED_IN)
def enrol_oneself(course_id: str) -> Response:
    """Take up an open course."""
    this = found(library().course(course_id))
    enrol.enrol_oneself(actor(), this, clock.now(), offered=not library().is_withdrawn(course_id))
    flash(_("You are enrolled in “%(course)s”.", course=this.title), "success")
    return redirect(url_for(".course", course_id=course_id), 303)


@blueprint.post("/<course_id>/request")
@allow(SIGNED_IN)
def ask(course_id: str) -> Response:
    """Ask the manager for a place."""
    this = found(library().course(course_id))
    reason, offered = request.form.get("reason", ""), not library().is_withdrawn(course_id)
    enrol.ask(actor(), this, reason, clock.now(), offered=offered)
    flash(_("Your request for “%(course)s” has been sent.", course=this.title), "success")
    return redirect(url_for(".course", course_id=course_id), 303)


@blueprint.post("/<course_id>/start")
@allow(SIGNED_IN)
def start(course_id: str) -> Response:
    """Begin the course with its first lesson; or complete it, where all that is asked for is done."""
    this = found(library().course(course_id))
    if lessons.start(actor(), this, found(library().revision_of(course_id)), clock.now()):
        return redirect(url_for(".course", course_id=course_id), 303)
    return redirect(url_for("lessons.lesson", course_id=course_id, lesson_id=this.lessons[0].id), 303)
