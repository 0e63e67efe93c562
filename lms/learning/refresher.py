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
from lms.records.enrolments import Enrolment
from lms.records.facts import Facts


@dataclass(frozen=True, slots=True)
class Refresher:
    """What is still to be looked at again, in the order it is taught, and when that was asked for last."""

    lessons: tuple[LessonEntry, ...]
    asked_at: datetime


def asked(history: Sequence[Release], enrolment: Enrolment) -> dict[str, datetime]:
    """The lessons that the releases of a course ask this person to look at again, and since when; whether they did is
    not looked at."""
    found: dict[str, datetime] = {}
    for release in in_force(history):
        released_at = datetime.fromisoformat(release.released_at)
        if release.refresher and enrolment.completed_at is not None and enrolment.completed_at < released_at:
            found |= dict.fromkeys(release.lessons, released_at)
    return found


def refresher(course: Course, history: Sequence[Release], enrolment: Enrolment, facts: Facts) -> Refresher | None:
    """What is open of the refreshers asked for; None where nothing is. `course` is the current revision, and a lesson
    that it no longer has is not asked for."""
    since, finished = asked(history, enrolment), dict(facts.finished)
    left = tuple(
        entry for entry in course.lessons
        if entry.id in since and (entry.id not in finished or finished[entry.id] < since[entry.id])
    )  # fmt: skip
    return Refresher(left, max(since[entry.id] for entry in left)) if left else None
