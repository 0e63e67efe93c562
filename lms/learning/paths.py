"""Learning paths: which courses somebody takes for their work, in which order in their country. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from courses.model import Course, LearningPath, Programme, Skill


@dataclass(frozen=True, slots=True)
class Stop:
    """A course on a path, and the skill for which it comes early in the country (None: it stands in the path's own
    order)."""

    course: Course
    skill: Skill | None = None


def way(path: LearningPath, programme: Programme, courses: Mapping[str, Course], country: str) -> tuple[Stop, ...]:
    """The courses of the path that are released, in the order for the country (its code; "": none).

    The courses that train what the needs assessment found to come first in that country stand in front, in the order of
    the programme's skills; the others follow in the path's order. A prerequisite stands before what asks for it.
    """
    first = [skill for skill in programme.skills if country in skill.first_in]

    def early(id: str) -> int:
        return next((place for place, skill in enumerate(first) if id in skill.courses), len(first))

    stops: list[Stop] = []
    for id in sorted(path.courses, key=early):
        skill = first[early(id)] if early(id) < len(first) else None
        _visit(id, skill, path.courses, courses, stops)
    return tuple(stops)


def _visit(id: str, skill: Skill | None, path: Sequence[str], courses: Mapping[str, Course], stops: list[Stop]) -> None:
    """Add the course to the stops, after those of its prerequisites that are on the path. They lead in no circle, which
    the compiler sees to."""
    course = courses.get(id)
    if course is None or any(stop.course.id == id for stop in stops):
        return
    for before in course.prerequisites:
        if before in path:
            _visit(before, skill, path, courses, stops)
    stops.append(Stop(course, skill))
