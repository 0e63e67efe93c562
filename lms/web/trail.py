"""The way through a course as the pages show it: its steps, and where one stands."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from courses.model import Course
from lms.learning.progress import Progress, Step
from lms.shares import mark, percent


@dataclass(frozen=True, slots=True)
class Mark:
    """A step as `macros/progress.html` draws it; `state` is done, current or ahead."""

    title: str
    url: str
    state: str
    note: str = ""


def url_of(course: Course, step: Step) -> str:
    """Where a step is taken."""
    if step.kind == "lesson":
        return url_for("lessons.lesson", course_id=course.id, lesson_id=step.id)
    return url_for("attempts.start", course_id=course.id, quiz_id=step.id)


def trail(course: Course, progress: Progress, here: str = "", linked: bool = True) -> list[Mark]:
    """The steps of the course. `here` is the id of the step that the page shows; without it the next step is marked
    as current. Steps are links where the trainee is enrolled (`linked`)."""
    current = here or (progress.next.id if linked and progress.next else "")
    return [
        Mark(
            step.title,
            url_of(course, step) if linked else "",
            "current" if step.id == current else "done" if step.done else "ahead",
            note(step),
        )
        for step in progress.steps
    ]


def note(step: Step) -> str:
    """A few words about a step: its time, or the score it asks for."""
    if step.kind == "lesson":
        return ngettext("%(num)s minute", "%(num)s minutes", step.minutes)
    if step.awaiting and not step.done:
        return _("waiting to be marked by the trainer")
    if step.score is not None:
        return _(
            "best score %(score)s, %(required)s needed", score=percent(step.score), required=mark(step.required_score)
        )
    return _("%(required)s to pass", required=mark(step.required_score))
