"""A year in the life of composed trainees: enrolments, lessons, checks, attempts, certificates, and the audit log.

Rows are written in bulk instead of by the verbs, which would take minutes; the rules are the verbs' own: questions are
drawn, answers graded and progress computed by the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from courses.model import Course, LessonEntry, Quiz
from lms.days import day_of
from lms.db import new_id
from lms.demo.answers import answered
from lms.demo.rows import Rows
from lms.learning.attempts import draw
from lms.learning.complete import new_code, valid_until
from lms.learning.progress import progress, reason
from lms.library import Library
from lms.records.attempts import Answer, Attempt
from lms.records.certificates import Certificate
from lms.records.enrolments import CheckAnswer, Enrolment, LessonDone, Request
from lms.records.facts import Facts


@dataclass(frozen=True, slots=True)
class Trainee:
    """A composed person: their ability (mean 0, standard deviation 1) and diligence (0..1)."""

    institution_id: int
    id: UUID
    name: str
    institution: str
    time_zone: str
    ability: float
    diligence: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How a trainee goes about a course: when and by whom they were enrolled, when they begin (None: never), how many
    days pass between two sittings, how many lessons they finish before they leave it, how often they try a quiz."""

    enrolled_at: datetime
    enrolled_by: UUID
    due_on: date | None
    begins_at: datetime | None
    pace: float = 2.0
    lessons: int = 1000
    tries: int = 3


class Historian:
    """Writes down what composed trainees do until the moment `now`. `thorough`: with every single answer and audit
    event; without, a benchmark's tens of thousands of people are made in less time."""

    def __init__(self, library: Library, rows: Rows, rng: Random, now: datetime, thorough: bool) -> None:
        self.library, self.rows, self.rng, self.now, self.thorough = library, rows, rng, now, thorough
        self.releases = library.releases()
        self._papers: dict[tuple[str, str], list[tuple[str, list[list[object]]]]] = {}

    def enrol(self, trainee: Trainee, course: Course, plan: Plan) -> None:
        """Everything that follows from the plan, up to now."""
        enrolment_id, done, scores = new_id(), set[str](), dict[str, float]()
        sitting = _Sittings(plan, self.rng, self.now)
        self._note(
            plan.enrolled_at,
            plan.enrolled_by,
            "enrolled",
            trainee,
            course=course.id,
            due=plan.due_on.isoformat() if plan.due_on else None,
        )
        revision = self.releases[course.id].revision
        last = first = sitting.next()
        if first:
            self._note(first, trainee.id, "signed-in", trainee)
            self._note(first, trainee.id, "started", trainee, course=course.id)
        moment = first
        for entry in course.lessons[: plan.lessons]:
            if not moment:
                break
            done.add(entry.id)
            self._lesson(trainee, course, entry, revision, enrolment_id, moment)
            last, moment = moment, sitting.next()
        passed = len(done) == len(course.lessons)
        for quiz in course.quizzes if passed else ():
            passed_at = self._quiz(trainee, course, quiz, revision, enrolment_id, plan.tries, sitting, moment, scores)
            last = passed_at or last
            moment = sitting.next()
        facts = Facts(frozenset(done), quizzes=tuple(sorted(scores.items())))
        now = progress(course, facts)
        completed_at = last if now.complete else None
        self.rows.add(
            Enrolment,
            institution_id=trainee.institution_id,
            id=enrolment_id,
            person_id=trainee.id,
            course_id=course.id,
            round=1,
            enrolled_at=plan.enrolled_at,
            enrolled_by=plan.enrolled_by,
            due_on=plan.due_on,
            started_at=first,
            progress=now.percent,
            completed_at=completed_at,
            completion=reason(course, revision, facts) if completed_at else None,
        )
        if completed_at:
            self._complete(trainee, course, revision, enrolment_id, completed_at, scores)

    def request(self, trainee: Trainee, course: Course, at: datetime, why: str) -> None:
        """A request that nobody has decided yet."""
        self.rows.add(
            Request,
            institution_id=trainee.institution_id,
            id=new_id(),
            person_id=trainee.id,
            course_id=course.id,
            reason=why,
            requested_at=at,
            decided_at=None,
            decided_by=None,
            granted=None,
        )
        self._note(at, trainee.id, "asked-for-place", trainee, course=course.id)

    def _lesson(
        self, trainee: Trainee, course: Course, entry: LessonEntry, revision: str, enrolment_id: UUID, at: datetime
    ) -> None:
        for number, check in enumerate(entry.checks if self.thorough else ()):
            question = self.library.question(course.id, check, revision)
            answer = answered(question, trainee.ability, self.rng) if question else None
            if question is None or answer is None:
                answer = []
            self.rows.add(
                CheckAnswer,
                institution_id=trainee.institution_id,
                enrolment_id=enrolment_id,
                question_id=check,
                revision=revision,
                answer=answer,
                score=question.grade(answer).score if question else 0.0,
                answered_at=at - timedelta(minutes=2 + 3 * number),
            )
        self.rows.add(
            LessonDone,
            institution_id=trainee.institution_id,
            enrolment_id=enrolment_id,
            lesson_id=entry.id,
            revision=revision,
            done_at=at,
        )

    def _paper(self, course: Course, quiz: Quiz, revision: str) -> tuple[str, list[list[object]]]:
        """A seed and what it draws; for a benchmark a hundred papers are dealt again and again."""
        kept = self._papers.setdefault((course.id, quiz.id), [])
        if self.thorough or len(kept) < 100:
            seed = f"{self.rng.getrandbits(128):032x}"
            kept.append((seed, draw(self.library, course, revision, quiz, seed)))
            return kept[-1]
        return self.rng.choice(kept)

    def _quiz(
        self,
        trainee: Trainee,
        course: Course,
        quiz: Quiz,
        revision: str,
        enrolment_id: UUID,
        tries: int,
        sitting: _Sittings,
        moment: datetime | None,
        scores: dict[str, float],
    ) -> datetime | None:
        """Attempts until one is passed; when it was, or None."""
        required = course.completion.quizzes.get(quiz.id)
        for number in range(1, min(tries, quiz.attempts or tries) + 1):
            if moment is None:
                return None
            submitted_at = moment + timedelta(minutes=self.rng.uniform(0.3, 0.9) * (quiz.time_limit or 30))
            if submitted_at > self.now:
                return None
            seed, shown = self._paper(course, quiz, revision)
            attempt_id = new_id()
            score = self._answer(trainee, course, revision, attempt_id, shown, moment, number)
            passed = score is None or required is None or score >= required - 1e-9
            self.rows.add(
                Attempt,
                institution_id=trainee.institution_id,
                id=attempt_id,
                person_id=trainee.id,
                enrolment_id=enrolment_id,
                course_id=course.id,
                quiz_id=quiz.id,
                number=number,
                revision=revision,
                commit=self.releases[course.id].commit,
                locale="en",
                seed=seed,
                shown=shown,
                started_at=moment,
                deadline_at=moment + timedelta(minutes=quiz.time_limit) if quiz.time_limit else None,
                submitted_at=submitted_at,
                score=score,
                passed=passed,
            )
            about = {"course": course.id, "quiz": quiz.id, "number": number}
            self._note(moment, trainee.id, "attempt-begun", trainee, **about, revision=revision)
            self._note(submitted_at, trainee.id, "attempt-submitted", trainee, **about, score=score)
            scores[quiz.id] = max(1.0 if score is None else score, scores.get(quiz.id, 0.0))
            if passed:
                return submitted_at
            moment = sitting.next()
        return None

    def _answer(
        self,
        trainee: Trainee,
        course: Course,
        revision: str,
        attempt_id: UUID,
        shown: list[list[object]],
        at: datetime,
        number: int,
    ) -> float | None:
        """Answer every question of the attempt, better than in the one before; the attempt's score, None where nothing
        is graded."""
        if not self.thorough:
            return min(1.0, max(0.0, self.rng.gauss(0.82 + 0.08 * trainee.ability, 0.08)))
        total, graded = 0.0, 0
        for place, (id, _order) in enumerate(shown):
            question = self.library.question(course.id, str(id), revision)
            graded += question is not None and question.graded
            answer = answered(question, trainee.ability + 0.5 * number, self.rng) if question else None
            if question is None or answer is None:
                continue
            score = question.grade(answer).score
            total += score * question.graded
            self.rows.add(
                Answer,
                institution_id=trainee.institution_id,
                attempt_id=attempt_id,
                question_id=str(id),
                answer=answer,
                saved_at=at + timedelta(seconds=40 * (place + 1)),
                score=score,
            )
        return total / graded if graded else None

    def _complete(
        self,
        trainee: Trainee,
        course: Course,
        revision: str,
        enrolment_id: UUID,
        at: datetime,
        scores: dict[str, float],
    ) -> None:
        self._note(at, trainee.id, "completed", trainee, course=course.id, revision=revision)
        if course.certificate_months is None:
            return
        required = [score for quiz, score in scores.items() if quiz in course.completion.quizzes]
        self.rows.add(
            Certificate,
            institution_id=trainee.institution_id,
            id=new_id(),
            person_id=trainee.id,
            enrolment_id=enrolment_id,
            code=new_code(),
            course_id=course.id,
            revision=revision,
            name=trainee.name,
            institution=trainee.institution,
            title=course.title,
            hours=course.hours,
            score=min(required) if required else None,
            locale="en",
            issued_at=at,
            issued_on=(today := day_of(at, trainee.time_zone)),
            valid_until=valid_until(today, course.certificate_months),
            revoked_at=None,
        )
        self._note(at, None, "certified", trainee, course=course.id)

    def _note(self, at: datetime, actor_id: UUID | None, action: str, trainee: Trainee, **details: Any) -> None:
        if self.thorough:
            self.rows.note(at, actor_id, action, trainee.institution_id, trainee.id, **details)


class _Sittings:
    """The moments, in the order of time, at which a trainee sits down to a course: on workdays, in the daytime."""

    def __init__(self, plan: Plan, rng: Random, until: datetime) -> None:
        self.pace, self.rng, self.until = plan.pace, rng, until
        self.moment = plan.begins_at
        self.first = True

    def next(self) -> datetime | None:
        """The next sitting, or None if it would be later than now."""
        if self.moment is None:
            return None
        if not self.first:
            self.moment += timedelta(days=self.rng.expovariate(1 / self.pace), minutes=self.rng.randint(20, 70))
        self.first = False
        if self.moment.weekday() > 4:
            self.moment += timedelta(days=2)
        if not 6 <= self.moment.hour <= 17:
            morning = self.moment + timedelta(days=self.moment.hour > 17)
            self.moment = morning.replace(hour=self.rng.randint(6, 9), minute=self.rng.randint(0, 59))
        if self.moment >= self.until:
            self.moment = None
        return self.moment
