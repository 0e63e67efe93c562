"""From rules and facts to progress: one pure function, used wherever somebody's progress is shown or stored.

What a trainee did is stored under the author's ids, so the order of lessons and choices does not matter here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from courses.model import Course
from lms.records.facts import Facts


@dataclass(frozen=True, slots=True)
class Step:
    """Something a course asks for: a lesson to finish or a quiz to pass. `score` is the best so far, `awaiting`
    whether an attempt awaits its mark (quiz only)."""

    kind: str
    id: str
    title: str
    done: bool
    minutes: int = 0
    required_score: float = 0.0
    score: float | None = None
    open_checks: int = 0
    awaiting: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where somebody stands in a course. `steps` in the order they are taught; `next` is the first one not done."""

    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.done for step in self.steps)

    @property
    def percent(self) -> int:
        """Steps done, as a whole percentage; 100 only when all are."""
        return 100 * self.done // len(self.steps) if self.steps else 100

    @property
    def complete(self) -> bool:
        """Whether everything that the course asks for is done."""
        return self.done == len(self.steps)

    @property
    def next(self) -> Step | None:
        """The first step that is not done."""
        return next((step for step in self.steps if not step.done), None)

    @property
    def lessons_left(self) -> int:
        """How many required lessons are not done."""
        return sum(step.kind == "lesson" and not step.done for step in self.steps)


def reaches(score: float, required: float) -> bool:
    """Whether a score is enough. It is a mean of sums of thirds and the like, so the last bits say nothing."""
    return score >= required - 1e-9


def rules(course: Course) -> str:
    """A name for what a course asks for: another one where `progress` may say something else of the same facts."""
    lessons = {entry.id for entry in course.lessons} & set(course.completion.lessons)
    quizzes = {quiz.id for quiz in course.quizzes}
    marks = {id: mark for id, mark in course.completion.quizzes.items() if id in quizzes}
    return hashlib.sha256(json.dumps([sorted(lessons), sorted(marks.items())]).encode()).hexdigest()


def progress(course: Course, facts: Facts) -> Progress:
    """Hold what was done against what `course.completion` asks for.

    A required lesson is done once it was finished; a required quiz once its best score reaches the required one.
    Lessons and quizzes that the course does not (or no longer) require are no steps.
    """
    scores = dict(facts.quizzes)
    lessons = [
        Step(
            "lesson",
            entry.id,
            entry.title,
            entry.id in facts.lessons,
            entry.minutes,
            open_checks=sum(check not in facts.checks for check in entry.checks),
        )
        for entry in course.lessons
        if entry.id in course.completion.lessons
    ]
    quizzes = [
        Step(
            "quiz",
            quiz.id,
            quiz.title,
            reaches(scores.get(quiz.id, -1.0), course.completion.quizzes[quiz.id]),
            quiz.time_limit or 0,
            course.completion.quizzes[quiz.id],
            scores.get(quiz.id),
            awaiting=quiz.id in facts.awaiting,
        )
        for quiz in course.quizzes
        if quiz.id in course.completion.quizzes
    ]
    return Progress((*lessons, *quizzes))


def reason(course: Course, revision: str, facts: Facts, by_rules: bool = False) -> dict[str, object]:
    """Why a course counts as completed, to be stored with the completion. `by_rules`: what was done before suffices
    since the rules changed."""
    return {
        "revision": revision,
        "lessons": sorted(facts.lessons & set(course.completion.lessons)),
        "quizzes": {quiz: score for quiz, score in facts.quizzes if quiz in course.completion.quizzes},
        "required": dict(course.completion.quizzes),
        "by": "rules" if by_rules else "facts",
    }
