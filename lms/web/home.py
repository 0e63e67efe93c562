"""A trainee's home: the one next step, what is due, what is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template

from courses.model import Course
from lms import clock
from lms.db import db
from lms.learning.access import own
from lms.learning.progress import Progress, progress
from lms.learning.refresher import Refresher, refresher
from lms.records import certificates, enrolments, facts
from lms.records.certificates import Certificate
from lms.records.enrolments import Enrolment, State
from lms.web.access import SIGNED_IN, actor, allow
from lms.web.reading import library
from lms.web.trail import url_of

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Card:
    """An enrolment as the home page shows it."""

    course: Course
    enrolment: Enrolment
    progress: Progress
    state: State
    certificate: Certificate | None
    refresher: Refresher | None


@blueprint.get("/")
@allow(SIGNED_IN)
def index() -> str:
    """The home page: four statements, however many courses somebody takes."""
    who = actor()
    today = who.today(clock.now())
    session, scope = db.session(), own(who)
    rows = enrolments.of_person(session, scope, who.person.id)
    known = facts.of(session, rows)
    issued = {row.enrolment_id: row for row in certificates.of_person(session, scope, who.person.id)}
    cards = [
        Card(
            course,
            row,
            progress(course, known[row.id]),
            row.state(today),
            issued.get(row.id),
            refresher(course, library().history(course.id), row, known[row.id]),
        )
        for row in rows
        if (course := library().readable(row.course_id)) is not None
    ]
    open_cards = sorted((card for card in cards if card.state is not State.COMPLETED), key=_urgency)
    done = [card for card in cards if card.state is State.COMPLETED]
    first = open_cards[0] if open_cards else None
    next_url = url_of(first.course, first.progress.next) if first and first.progress.next else ""
    return render_template(
        "home/index.html",
        cards=open_cards,
        done=done,
        changed=[card for card in done if card.refresher],
        first=first,
        next_url=next_url,
    )


def _urgency(card: Card) -> tuple[date, bool, str]:
    """What is due first comes first; of what is not due, what was begun."""
    return (card.enrolment.due_on or date.max, card.enrolment.started_at is None, card.course.title)
