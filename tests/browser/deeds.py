"""What somebody did before a test begins, by the application's own verbs, and what the records say after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select

from courses.model import Course
from courses.questions.base import Answer, Question
from lms import clock
from lms.db import db
from lms.learning import access, attempts, enrol, lessons
from lms.library import library
from lms.records import enrolments
from lms.records.accounts import Actor, account
from lms.records.attempts import Attempt
from lms.records.attempts import answers as answers_of
from lms.records.attempts import get as attempt_of
from lms.records.certificates import Certificate
from lms.records.certificates import of_enrolment as certificate_of
from lms.records.people import Person
from tests.browser.hands import right_answer
from tests.lms.conftest import actor_for
from tests.lms.conftest import enrol as enrol_directly


@dataclass
class Deeds:
    """One person's deeds in the running application's database. Use within `doing`."""

    actor: Actor

    def course(self, course_id: str) -> Course:
        """The current revision of the course."""
        course = library().course(course_id)
        assert course
        return course

    def enrol(self, course_id: str) -> None:
        """Be enrolled in the course, and start it."""
        course, session = self.course(course_id), db.session()
        if course.enrolment == "open":
            enrol.enrol_oneself(self.actor, course, clock.now())
        elif enrolments.latest(session, access.own(self.actor), course_id) is None:
            enrol_directly(self.actor.person, course_id)
        lessons.start(self.actor, course, library().revision_of(course_id) or "", clock.now())

    def begin(self, course_id: str) -> Attempt:
        """Begin an attempt at the course's quiz, or go on with the open one."""
        course, revision = self.course(course_id), library().releases()[course_id].revision
        return attempts.begin(self.actor, library(), course, revision, course.quizzes[0], course.language, clock.now())

    def complete(self, course_id: str) -> tuple[Attempt, Certificate]:
        """Go all the way through the course."""
        self.enrol(course_id)
        course, revision, at = self.course(course_id), library().releases()[course_id].revision, clock.now()
        for entry in course.lessons:
            for id in entry.checks:
                question = question_of(course_id, id)
                lessons.answer_check(self.actor, course, revision, question, right_answer(question), at)
            lessons.finish(self.actor, course, revision, entry, library().history(course_id), at)
        attempt = self.begin(course_id)
        for id in attempt.questions:
            attempts.save(self.actor, library(), attempt.id, id, right_answer(question_of(course_id, id)), at)
        attempt = attempts.submit(self.actor, library(), attempt.id, at)
        certificate = certificate_of(db.session(), access.own(self.actor), attempt.enrolment_id)
        assert certificate
        return attempt, certificate

    def saved(self, attempt: Attempt) -> dict[str, Answer]:
        """The answers that are kept of an attempt, by question."""
        found = attempt_of(db.session(), access.own(self.actor), attempt.id)
        assert found
        return {id: row.answer for id, row in answers_of(db.session(), found).items()}


def question_of(course_id: str, question_id: str) -> Question:
    """A question of the current revision."""
    question = library().question(course_id, question_id)
    assert question
    return question


@contextmanager
def doing(app: Flask, email: str) -> Iterator[Deeds]:
    """The deeds of the person with this address."""
    with app.app_context():
        found = account(db.session(), email)
        assert found
        person = db.session.scalars(select(Person).where(Person.id == found.person_id)).one()
        yield Deeds(actor_for(db.session(), person))
        db.session.remove()
