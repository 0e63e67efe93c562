"""The trainer's pages: the courses they own, as they were released, as a trainee sees them, and how the items fare.

A trainer sees no names: items are counted, over the whole region. Another trainer's course is not found.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, current_app, render_template, request

from courses.artefact import Release
from courses.model import BankEntry, Course
from courses.questions import TYPES
from courses.questions.base import Question
from lms.config import Settings
from lms.db import db
from lms.i18n import LANGUAGES
from lms.learning import drafts
from lms.learning.access import region, taught
from lms.library import library
from lms.records.people import Role
from lms.reports import items as report
from lms.reports import marking
from lms.web.access import actor, allow
from lms.web.forms import found
from lms.web.reading import foreign

blueprint = Blueprint("trainer", __name__, url_prefix="/trainer")

NO_COUNTRY = "none"


@dataclass(frozen=True, slots=True)
class Owned:
    """A course of the trainer's: what is released of it, or None while nothing is."""

    id: str
    course: Course | None
    release: Release | None

    @property
    def released_at(self) -> datetime | None:
        """When it was released."""
        return datetime.fromisoformat(self.release.released_at) if self.release else None


@dataclass(frozen=True, slots=True)
class BankRow:
    """A bank: the number of its items in all and of each type, and whether a quiz draws from it."""

    id: str
    total: int
    types: dict[str, int]
    drawn: bool


def _owned(course_id: str) -> Owned:
    if course_id not in actor().owned_courses:
        abort(404)
    return Owned(course_id, library().course(course_id), library().releases().get(course_id))


def _questions(course: Course, bank: BankEntry) -> list[Question]:
    return [found(library().question(course.id, id)) for id in bank.questions]


def _by_type(questions: list[Question]) -> dict[str, int]:
    """How many questions there are of each type that occurs, in the order of the types."""
    found = Counter(question.type for question in questions)
    return {type: found[type] for type in TYPES if found[type]}


def _banks(course: Course) -> list[BankRow]:
    drawn = {draw.bank for quiz in course.quizzes for draw in quiz.draw}
    return [
        BankRow(bank.id, len(bank.questions), _by_type(_questions(course, bank)), bank.id in drawn)
        for bank in course.banks
    ]


@blueprint.get("")
@allow(Role.TRAINER)
def index() -> str:
    """The courses that the trainer owns, with the answers to mark: two statements."""
    courses = sorted((_owned(id) for id in actor().owned_courses), key=lambda owned: (owned.course is None, owned.id))
    to_mark = marking.counts(db.session(), taught(actor()))
    return render_template("trainer/index.html", courses=courses, to_mark=to_mark)


@blueprint.get("/<course_id>")
@allow(Role.TRAINER)
def course(course_id: str) -> str:
    """One course: the release, its parts, the reviews, and what the compiler says of the text."""
    owned = _owned(course_id)
    settings: Settings = current_app.config["SETTINGS"]
    banks = _banks(owned.course) if owned.course else []
    return render_template(
        "trainer/course.html",
        owned=owned,
        course=owned.course,
        banks=banks,
        has_text=(settings.content / course_id).is_dir(),
        draft=drafts.find(settings.content, settings.artefacts, course_id),
        countries=library().programme().countries,
        to_mark=marking.counts(db.session(), taught(actor())).get(course_id, 0),
    )


@blueprint.get("/<course_id>/items")
@allow(Role.TRAINER)
def items(course_id: str) -> str:
    """How the items of the quizzes' banks fare: three statements."""
    course = found(_owned(course_id).course)
    scope = region(actor())
    return render_template(
        "trainer/items.html",
        course=course,
        quizzes=report.quizzes(db.session(), scope, course),
        items=report.items(db.session(), scope, library(), course),
        fewest=report.FEWEST,
        enough=report.ENOUGH,
        ticked=report.TICKED,
    )


@blueprint.get("/<course_id>/as/<country>/lessons/<lesson_id>")
@allow(Role.TRAINER)
def lesson(course_id: str, country: str, lesson_id: str) -> str:
    """A lesson as a trainee of that country (an ISO code, or `none`) sees it, with the keys of its checks."""
    written = found(_owned(course_id).course)
    asked = request.args.get("language", "")
    shelf = library().in_language(asked if asked in written.translations else "")
    course, text = found(shelf.course(course_id)), found(shelf.lesson(course_id, lesson_id))
    countries = {known.id: known.title for known in library().programme().countries}
    if country != NO_COUNTRY and country not in countries:
        abort(404)
    sources = {source.id: source for source in course.sources}
    place = [entry.id for entry in course.lessons].index(lesson_id)
    return render_template(
        "trainer/lesson.html",
        course=course,
        lesson=text,
        own="" if country == NO_COUNTRY else country,
        country=country,
        countries=countries,
        questions={id: found(shelf.question(course_id, id)) for id in text.checks},
        lang=foreign(course, lesson=lesson_id),
        language=course.language,
        languages=[LANGUAGES[code] for code in (written.language, *written.translations)],
        sources=[sources[id] for id in text.sources if id in sources],
        objectives=[objective for objective in course.objectives if objective.id in text.objectives],
        before=course.lessons[place - 1] if place else None,
        after=course.lessons[place + 1] if place + 1 < len(course.lessons) else None,
    )
