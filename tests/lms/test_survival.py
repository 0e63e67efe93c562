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
import yaml
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
from lms.records.accounts import Actor
from lms.records.attempts import Answer, Attempt
from lms.records.enrolments import CheckAnswer, Enrolment
from lms.records.institutions import Institution
from lms.records.people import Person, fold

from .conftest import CONTENT, START

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

BANKS = ("bank", "checks")


@dataclass
class Script:
    """The text of the course `basics` as values, and what a trainer may do to it; the text stays one that compiles."""

    course: dict[str, Any]
    quiz: dict[str, Any]
    banks: dict[str, list[dict[str, Any]]]
    lessons: dict[str, str]
    made: int = 0

    @classmethod
    def read(cls) -> Script:
        """The text as it is in the tests' content."""
        folder = CONTENT / "basics"
        course, quiz, *banks = (
            yaml.safe_load((folder / name).read_text("utf-8"))
            for name in ("course.yaml", "quizzes/final.yaml", *(f"questions/{bank}.yaml" for bank in BANKS))
        )
        texts = {path.stem: path.read_text("utf-8") for path in (folder / "lessons").glob("*.md")}
        return cls(course, quiz | {"attempts": None}, dict(zip(BANKS, banks, strict=True)), texts)

    def write(self, folder: Path) -> None:
        """Write it into the folder of the course."""
        for name, data in self._files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = data if isinstance(data, str) else yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
            if not path.exists() or path.read_text("utf-8") != text:
                path.write_text(text, "utf-8")
        for path in (folder / "lessons").glob("*.md"):
            if path.stem not in self.lessons:
                path.unlink()

    def _files(self) -> dict[str, Any]:
        quiz = {key: value for key, value in self.quiz.items() if value is not None}
        return {
            "course.yaml": self.course, "quizzes/final.yaml": quiz,
            **{f"questions/{bank}.yaml": questions for bank, questions in self.banks.items()},
            **{f"lessons/{lesson}.md": text for lesson, text in self.lessons.items()},
        }  # fmt: skip

    # ── edits; `n` chooses ────────────────────────────────────────────────────────────────────────────────────────

    def _question(self, n: int) -> dict[str, Any]:
        every = [question for bank in BANKS for question in self.banks[bank]]
        return every[n % len(every)]

    def rename(self, n: int) -> None:
        """Give the course, the quiz and a lesson other titles."""
        self.course["title"], self.quiz["title"] = f"Title {n}", f"Quiz {n}"
        lesson = sorted(self.lessons)[n % len(self.lessons)]
        head, _, rest = self.lessons[lesson].partition("title: ")
        self.lessons[lesson] = f"{head}title: Lesson {n}\n{rest.partition(chr(10))[2]}"

    def move(self, n: int) -> None:
        """Put the lessons, the questions, or the choices of a question into another order."""
        question = self._question(n)
        lists = [self.course["lessons"], *self.banks.values()]
        lists += [question[name] for name in ("choices", "pairs", "gaps") if name in question]
        Random(n).shuffle(lists[n % len(lists)])

    def reword(self, n: int) -> None:
        """Say a question, its choices and its reasons in other words."""
        question = self._question(n)
        question["stem"] = f"Stem {n}"
        for name, text in (("choices", "text"), ("pairs", "left"), ("steps", "text")):
            for place, item in enumerate(question.get(name, [])):
                item[text], item["why"] = f"Text {n} {place}", f"Why {n} {place}"

    def add(self, n: int) -> None:
        """Add a question to a bank."""
        self.made += 1
        choices = [
            {"id": f"c{place}", "text": f"Choice {place}", "why": "W", "correct": place == n % 3} for place in range(3)
        ]
        self.banks["bank"].append(
            {"id": f"new-{self.made}", "type": "single-choice", "objective": "know", "stem": "New", "choices": choices}
        )

    def add_choice(self, n: int) -> None:
        """Add a wrong choice to a question."""
        question = self._question(n)
        if "choices" in question:
            self.made += 1
            question["choices"].append({"id": f"x{self.made}", "text": f"Choice x{self.made}", "why": "No."})

    def remove_choice(self, n: int) -> None:
        """Take a wrong choice away."""
        wrong = [choice for choice in self._question(n).get("choices", []) if not choice.get("correct")]
        if len(wrong) > 1:
            self._question(n)["choices"].remove(wrong[n % len(wrong)])

    def remove(self, n: int) -> None:
        """Take a question out of the quiz's bank, while the quiz can be drawn."""
        bank = self.banks["bank"]
        if len(bank) > 2:
            del bank[n % len(bank)]
            self.draw(n)

    def draw(self, n: int) -> None:
        """Draw another number of questions."""
        self.quiz["draw"] = [f"{1 + n % len(self.banks['bank'])} from bank"]

    def add_lesson(self, n: int) -> None:
        """Add a lesson, or take an added one away."""
        name = f"more-{n % 2}"
        if name in self.lessons:
            self.course["lessons"].remove(name)
            del self.lessons[name]
        else:
            self.course["lessons"].append(name)
            self.lessons[name] = f"---\ntitle: More {n}\nobjectives: [know]\nminutes: 5\n---\nText {n}.\n"

    def pass_mark(self, n: int) -> None:
        """Ask for another score."""
        self.course["completion"]["quizzes"]["final"] = f"{40 + n % 60}%"

    def rekey(self, n: int) -> None:
        """Make another answer the right one."""
        question = self._question(n)
        match question["type"]:
            case "single-choice":
                right = n % len(question["choices"])
                for place, choice in enumerate(question["choices"]):
                    choice["correct"] = place == right
            case "multiple-choice":
                choices = question["choices"]
                for place, choice in enumerate(choices):
                    choice["correct"] = place == n % len(choices)
            case "true-false":
                question["answer"] = not question["answer"]
            case "ordering":
                Random(n).shuffle(question["steps"])
            case "matching":
                rights = [pair["right"] for pair in question["pairs"]]
                for pair, right in zip(question["pairs"], rights[1:] + rights[:1], strict=True):
                    pair["right"] = right
            case "gaps":
                next(gap for gap in question["gaps"] if "accept" in gap)["accept"] = ["entry", "exit"][: 1 + n % 2]


EDITS = ("rename", "move", "reword", "add", "add_choice", "remove_choice", "remove", "draw", "add_lesson", "pass_mark",
         "rekey")  # fmt: skip
DEEDS = ("begin", "save", "submit", "check", "finish", "regrade")
steps = st.tuples(st.sampled_from([*EDITS, "rekey", *DEEDS, "begin", "save", "save", "submit", "regrade"]),
                  st.integers(0, 10**6))  # fmt: skip


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
            assert attempts.draw(library(), _course_of(attempt), attempt.revision, _course_of(attempt).quizzes[0],
                                 attempt.seed) == attempt.shown  # fmt: skip
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
    return list(db.session.query(Answer).filter_by(attempt_id=attempt.id).order_by(Answer.question_id))


def _course_of(attempt: Attempt) -> Any:
    return library().course("basics", attempt.revision)


def _grade(attempt: Attempt) -> object:
    rows = [(row.question_id, row.answer, row.score, row.graded_by) for row in _answers(attempt)]
    return attempt.revision, attempt.score, attempt.passed, attempt.submitted_at, rows


def _grade_anew(attempt: Attempt) -> float:
    """The result, from nothing but the stored answers and the revisions that they name, read from the disk anew."""
    fresh = Library(library().store.root)
    questions = {row.question_id: attempts.question_of(fresh, attempt, row.question_id, row.graded_by)
                 for row in _answers(attempt)}  # fmt: skip
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
    person = Person(institution_id=unit.root_id, id=id, unit_id=unit.id, name="Newcomer", email=f"{id}@example.org",
                    search=fold("newcomer"), created_at=START)  # fmt: skip
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
