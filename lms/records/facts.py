"""What trainees did, read as the facts that progress is worked out from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    and_,
    bindparam,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from lms.records.attempts import Attempt
from lms.records.enrolments import CheckAnswer, Enrolment, LessonDone


@dataclass(frozen=True, slots=True)
class Facts:
    """What was done in a course: lessons finished, checks answered, the best score (0..1) of each quiz submitted, and
    the quizzes of which an attempt awaits its mark; and when each lesson was finished last. A quiz of which nothing is
    graded has the score 1."""

    lessons: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()
    quizzes: tuple[tuple[str, float], ...] = ()
    awaiting: frozenset[str] = frozenset()
    finished: tuple[tuple[str, datetime], ...] = ()


@cache  # every lesson asks, and to put this statement together takes longer than to send it
def _facts() -> CompoundSelect[UUID, str, str, float, datetime]:
    def mine(table: type[LessonDone] | type[CheckAnswer] | type[Attempt]) -> ColumnElement[bool]:
        places: BindParameter[int] = bindparam("places", expanding=True)
        ids: BindParameter[UUID] = bindparam("ids", expanding=True)
        return and_(table.institution_id.in_(places), table.enrolment_id.in_(ids))

    return union_all(
        select(
            LessonDone.enrolment_id, literal("lesson"), LessonDone.lesson_id, literal(0.0), LessonDone.done_at
        ).where(mine(LessonDone)),
        select(CheckAnswer.enrolment_id, literal("check"), CheckAnswer.question_id, literal(0.0), null()).where(
            mine(CheckAnswer), CheckAnswer.score.is_not(None)
        ),
        select(
            Attempt.enrolment_id, literal("quiz"), Attempt.quiz_id, func.max(func.coalesce(Attempt.score, 1.0)), null()
        )
        .where(mine(Attempt), Attempt.passed.is_not(None))
        .group_by(Attempt.enrolment_id, Attempt.quiz_id),
        select(Attempt.enrolment_id, literal("awaiting"), Attempt.quiz_id, literal(0.0), null()).where(
            mine(Attempt), Attempt.submitted_at.is_not(None), Attempt.passed.is_(None)
        ),
    )


def of(session: Session, enrolments: Iterable[Enrolment]) -> dict[UUID, Facts]:
    """The facts of enrolments that the caller has already been allowed to see, by enrolment id: one statement."""
    rows = list(enrolments)
    if not rows:
        return {}
    ids = [row.id for row in rows]
    places = {row.institution_id for row in rows}
    found: dict[UUID, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    finished: dict[UUID, dict[str, datetime]] = defaultdict(dict)
    for enrolment_id, kind, id, score, at in session.execute(_facts(), {"ids": ids, "places": list(places)}):
        found[enrolment_id][kind][id] = score
        if at is not None:
            finished[enrolment_id][id] = at
    return {
        id: Facts(
            frozenset(found[id]["lesson"]),
            frozenset(found[id]["check"]),
            tuple(sorted(found[id]["quiz"].items())),
            frozenset(found[id]["awaiting"]),
            tuple(sorted(finished[id].items())),
        )
        for id in ids
    }
