"""Answers survive edits: whatever a trainer does to the text between two clicks of a trainee, no stored answer changes
its meaning, and no stored grade changes but by `regrade`, which raises and never lowers by itself.

Random histories are played on a real database, by the verbs that the pages call: a text is edited, built and published,
and meanwhile attempts are begun, saved and submitted. What was stored is read again after every step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, event, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from courses.artefact import Store
from courses.build import build
from courses.questions.base import Question
from lms import create_app
from lms.config import Settings
from lms.db import db, new_id
from lms.learning import attempts, enrol, lessons
from lms.learning.operate import operator
from lms.learning.regrade import regrade, remaining
from lms.library import Library, library
from lms.names import fold
from lms.records.accounts import Actor
from lms.records.attempts import Answer, Attempt
from lms.records.enrolments import CheckAnswer, Enrolment
from lms.records.institutions import Institution
from lms.records.people import Person

from .conftest import CONTENT, START
from .edits import EDITS, Script

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

DEEDS = ("begin", "save", "submit", "check", "finish", "regrade")
steps = st.tuples(
    st.sampled_from([*EDITS, "rekey", *DEEDS, "begin", "save", "save", "submit", "regrade"]), st.integers(0, 10**6)
)


def an_answer(question: Question, n: int) -> Any:
    """Some answer in the ids that a browser gets; one of three is the best of a few, or no grade would ever be high."""
    some = [_any_answer(question, Random(n + again)) for again in range(6)]
    return max(some, key=lambda answer: question.grade(answer).score) if n % 3 == 0 else some[0]


def _any_answer(question: Question, rng: Random) -> Any:
    payload = question.payload()
    options = [option.id for option in payload.options]
    if payload.slots:
        return {slot.id: rng.choice([each.id for each in slot.options] or ["entry", "exit"]) for slot in payload.slots}
    if question.type == "ordering":
        return rng.sample(options, len(options))
    return (
        rng.sample(options, rng.randint(1, len(options))) if question.type == "multiple-choice" else rng.choice(options)
    )


def meaning(question: Question, answer: object) -> str:
    """What an answer says and how it is judged, in all the words that its reader gets."""
    return json.dumps([asdict(question.payload()), asdict(question.grade(answer))], sort_keys=True)


@dataclass
class Play:
    """One history: a new trainee, the text, and what was seen when it was stored."""

    actor: Actor
    folder: Path
    script: Script = field(default_factory=Script.read)
    at: datetime = START
    meanings: dict[tuple[UUID, str], str] = field(default_factory=dict)
    grades: dict[UUID, object] = field(default_factory=dict)
    checks: dict[str, tuple[str, str]] = field(default_factory=dict)
    completed: object = None

    def publish(self) -> None:
        """Build the text as it stands and make it current."""
        self.script.write(self.folder / "content" / "basics")
        store = Store(self.folder / "artefacts")
        (result,) = build(self.folder / "content", store, ["basics"], jobs=1).courses
        assert result.revision, result.problems
        if store.releases().get("basics", None) is None or store.releases()["basics"].revision != result.revision:
            store.publish("basics", result.revision, "", self.at.isoformat())

    def step(self, name: str, n: int) -> None:
        """Do one thing, and look at all that is stored."""
        self.at += timedelta(minutes=1)
        if name in EDITS:
            getattr(self.script, name)(n)
            self.publish()
        else:
            getattr(self, name)(n)
        self.look()

    # ── deeds ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _attempts(self, submitted: bool | None = None) -> list[Attempt]:
        db.session.expire_all()
        rows = db.session.query(Attempt).filter_by(person_id=self.actor.person.id).order_by(Attempt.number).all()
        return [row for row in rows if submitted is None or (row.submitted_at is not None) == submitted]

    def begin(self, _n: int) -> None:
        """Begin an attempt, or go on with the open one."""
        course, revision = library().course("basics"), library().revision_of("basics")
        assert course
        assert revision
        attempts.begin(self.actor, library(), course, revision, course.quizzes[0], "en", self.at)

    def save(self, n: int) -> None:
        """Save some answers in the open attempt."""
        for attempt in self._attempts(submitted=False):
            if attempts.is_over(attempt, self.at):
                return
            for id in attempt.questions[n % 2 :: 1 + n % 3]:
                question = attempts.question_of(library(), attempt, id)
                answer = an_answer(question, n)
                attempts.save(self.actor, library(), attempt.id, id, answer, self.at)
                self.meanings[attempt.id, id] = meaning(question, answer)

    def submit(self, _n: int) -> None:
        """Submit the open attempt: it is graded by what its answers meant when they were saved."""
        for attempt in self._attempts(submitted=False):
            attempts.submit(self.actor, library(), attempt.id, self.at)

    def check(self, n: int) -> None:
        """Answer a check of a lesson."""
        course, revision = library().course("basics"), library().revision_of("basics")
        assert course
        assert revision
        ids = [id for lesson in course.lessons for id in lesson.checks]
        question = library().question("basics", ids[n % len(ids)])
        assert question
        answer = an_answer(question, n)
        lessons.answer_check(self.actor, course, revision, question, answer, self.at)
        self.checks[question.id] = (revision, meaning(question, answer))

    def finish(self, n: int) -> None:
        """Answer what is open in a lesson, and finish it."""
        course, revision = library().course("basics"), library().revision_of("basics")
        assert course
        assert revision
        lesson = course.lessons[n % len(course.lessons)]
        for id in lesson.checks:
            question = library().question("basics", id)
            assert question
            lessons.answer_check(self.actor, course, revision, question, an_answer(question, n), self.at)
            self.checks[id] = (revision, meaning(question, an_answer(question, n)))
        lessons.finish(self.actor, course, revision, lesson, library().history("basics"), self.at)

    def regrade(self, n: int) -> None:
        """Mark some questions of the released revision anew: results rise or stay, and once is enough."""
        course, revision = library().course("basics"), library().revision_of("basics")
        assert course
        ids = [id for bank in course.banks for id in bank.questions]
        ids = ids[n % 2 :: 1 + n % 2]
        before = {row.id: (row.score, row.passed) for row in self._attempts(submitted=True)}
        done = regrade(operator(), library(), "basics", ids, self.at)
        event(f"marked anew: risen {bool(done.risen)}, kept {bool(done.kept)}")
        for attempt in self._attempts(submitted=True):
            score, passed = before[attempt.id]
            assert attempt.score is not None
            assert score is not None
            assert attempt.score >= score - 1e-9, "it fell silently"
            assert attempt.passed >= passed
            for row in _answers(attempt):
                if row.graded_by == revision and row.question_id in ids:
                    question = library().question("basics", row.question_id, revision)
                    assert question
                    self.meanings[attempt.id, row.question_id] = meaning(question, row.answer)
        done = regrade(operator(), library(), "basics", ids, self.at + timedelta(seconds=1))
        assert (done.risen, done.same, done.lowered) == ([], [], []), "a second run does something"
        self.grades = {attempt.id: _grade(attempt) for attempt in self._attempts(submitted=True)}

    # ── what must hold ────────────────────────────────────────────────────────────────────────────────────────────

    def look(self) -> None:
        """Everything that is stored means what it meant, and is graded as it was."""
        for attempt in self._attempts():
            assert (
                attempts.draw(
                    library(), _course_of(attempt), attempt.revision, _course_of(attempt).quizzes[0], attempt.seed
                )
                == attempt.shown
            )
            for row in _answers(attempt):
                question = attempts.question_of(library(), attempt, row.question_id, row.graded_by)
                assert meaning(question, row.answer) == self.meanings[attempt.id, row.question_id]
            if attempt.submitted_at is not None:
                assert self.grades.setdefault(attempt.id, _grade(attempt)) == _grade(attempt), "a grade moved"
                assert _grade_anew(attempt) == pytest.approx(attempt.score), "replaying gives something else"
        for row in (
            db.session.query(CheckAnswer)
            .join(Enrolment, Enrolment.id == CheckAnswer.enrolment_id)
            .filter(Enrolment.person_id == self.actor.person.id)
        ):
            question = library().question("basics", row.question_id, row.revision)
            assert question
            assert (row.revision, meaning(question, row.answer)) == self.checks[row.question_id]
        enrolment = db.session.query(Enrolment).filter_by(person_id=self.actor.person.id).one()
        if self.completed:
            assert (enrolment.completed_at, enrolment.completion) == self.completed, "a completion was touched"
        elif enrolment.completed_at:
            self.completed = (enrolment.completed_at, deepcopy(enrolment.completion))


def _answers(attempt: Attempt) -> list[Answer]:
    rows = db.session.query(Answer).filter_by(attempt_id=attempt.id).order_by(Answer.question_id)
    return [row for row in rows if row.answer is not None]  # the others were taken back


def _course_of(attempt: Attempt) -> Any:
    return library().course("basics", attempt.revision)


def _grade(attempt: Attempt) -> object:
    rows = [(row.question_id, row.answer, row.score, row.graded_by) for row in _answers(attempt)]
    return attempt.revision, attempt.score, attempt.passed, attempt.submitted_at, rows


def _grade_anew(attempt: Attempt) -> float:
    """The result, from nothing but the stored answers and the revisions that they name, read from the disk anew."""
    fresh = Library(library().store.root)
    questions = {
        row.question_id: attempts.question_of(fresh, attempt, row.question_id, row.graded_by)
        for row in _answers(attempt)
    }
    total = 0.0
    for row in _answers(attempt):
        answer, question = row.answer, questions[row.question_id]
        if row.graded_by:
            answer = remaining(question, answer)
        total += question.grade(answer).score
        assert question.grade(answer).score == row.score
    return total / len(attempt.questions)


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """The application, serving what is published from the folder `tmp_path`."""
    (tmp_path / "content").mkdir(exist_ok=True)
    for name in ("programme.yaml", "sources.yaml"):
        text = (CONTENT / name).read_text("utf-8").partition("skills:\n")[0]  # paths lead to courses left out here
        (tmp_path / "content" / name).write_text(text, "utf-8")
    app = create_app(replace(settings, artefacts=tmp_path / "artefacts", content=tmp_path / "content"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def newcomer() -> Actor:
    """Somebody whom nobody has seen yet."""
    unit, id = db.session.query(Institution).filter_by(name="Border").one(), new_id()
    person = Person(
        institution_id=unit.root_id,
        id=id,
        unit_id=unit.id,
        name="Newcomer",
        email=f"{id}@example.org",
        search=fold("newcomer"),
        created_at=START,
    )
    db.session.add(person)
    db.session.commit()
    return Actor(person, unit, unit, ())


@given(history=st.lists(steps, min_size=6, max_size=24))
@profile(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_edit_changes_an_answer_or_its_grade(app: Flask, tmp_path: Path, history: list[tuple[str, int]]) -> None:
    play = Play(newcomer(), tmp_path)
    play.publish()
    course = library().course("basics")
    assert course
    enrol.enrol_oneself(play.actor, course, play.at)
    for name, n in [("begin", 0), *history, ("submit", 0), *(("rekey", n) for n in range(4)), ("regrade", 0)]:
        play.step(name, n)
