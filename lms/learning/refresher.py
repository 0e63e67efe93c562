"""Refreshers: what somebody who completed a course is asked to look at again, because a release changed it since.

A release may ask for a refresher and name lessons. It asks those who completed the course before it; each named lesson
is done once they finished it after that release. Completion and certificate stay as they are, whatever is still open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from courses.artefact import Release, in_force
from courses.model import Course, LessonEntry
from lms.library import Library
from lms.records.enrolments import Enrolment
from lms.records.facts import Facts
from lms.records.refreshers import Ask


@dataclass(frozen=True, slots=True)
class Refresher:
    """What is still to be looked at again, in the order it is taught, and when that was asked for last."""

    lessons: tuple[LessonEntry, ...]
    asked_at: datetime


def _asked_last(history: Sequence[Release]) -> dict[str, datetime]:
    """The lessons that the releases of a course ask for, and when they did so last. Who completed the course after that
    is asked by none of them, so the last one alone counts."""
    return {
        lesson: datetime.fromisoformat(release.released_at)
        for release in in_force(history)
        if release.refresher
        for lesson in release.lessons
    }


def asked(history: Sequence[Release], enrolment: Enrolment) -> dict[str, datetime]:
    """The lessons that the releases of a course ask this person to look at again, and since when; whether they did is
    not looked at."""
    completed_at = enrolment.completed_at
    if completed_at is None:
        return {}
    return {lesson: since for lesson, since in _asked_last(history).items() if completed_at < since}


def asks(library: Library) -> tuple[Ask, ...]:
    """What the releases of all courses ask for: the same as `asked`, for queries over many people. A lesson that a
    course no longer has is not asked for, nor anything of a course that is withdrawn."""
    return tuple(
        Ask(course.id, lesson, since)
        for course in library.offered()
        for lesson, since in _asked_last(library.history(course.id)).items()
        if course.lesson(lesson) is not None
    )


def refresher(course: Course, history: Sequence[Release], enrolment: Enrolment, facts: Facts) -> Refresher | None:
    """What is open of the refreshers asked for; None where nothing is. `course` is the current revision, and a lesson
    that it no longer has is not asked for."""
    since, finished = asked(history, enrolment), dict(facts.finished)
    left = tuple(
        entry
        for entry in course.lessons
        if entry.id in since and (entry.id not in finished or finished[entry.id] < since[entry.id])
    )
    return Refresher(left, max(since[entry.id] for entry in left)) if left else None
