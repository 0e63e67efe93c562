"""Marking submitted answers anew, by the key that the released revision has, once an older key turned out wrong.

An attempt is graded by its own revision for ever, unless somebody says otherwise here. Then the answers to the
questions named are graded by the released key, and each says by which revision (`Answer.graded_by`). A result that
rises is raised, with all that follows: passing, completing, a certificate, a mail. A result that would fall stays as it
is and is listed, for a person to decide; lowering it takes a reason, which is mailed. A completion is never taken back.
Answers to checks inside lessons are left as they are: they teach, and count for nothing.

Each attempt is a transaction of its own, and what was marked anew is passed over the next time: a run that was broken
off is run again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from courses.questions.base import Question
from lms.db import db, transaction
from lms.i18n import LANGUAGES
from lms.learning import access
from lms.learning import attempts as verbs
from lms.learning.refusal import Refused
from lms.learning.results import mail_changed, titles
from lms.library import Library
from lms.records import attempts, audit
from lms.records.accounts import Actor
from lms.records.attempts import Answer, Attempt
from lms.records.enrolments import Enrolment
from lms.records.markings import Marking, marked_so, markings
from lms.records.people import Person
from lms.shares import percent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What marking anew makes of an attempt, which is told by its quiz, its number among the person's, and when it was
    submitted: its result (0..1) before and after, and whether it passed before and does no more after."""

    quiz_id: str
    number: int
    submitted_at: datetime | None
    before: float
    after: float
    fails: bool

    @property
    def change(self) -> int:
        """1 where the result rises, -1 where it falls, 0 where it stays (but for what sums of fractions differ by)."""
        return (self.after > self.before + 1e-9) - (self.after < self.before - 1e-9)


@dataclass(slots=True)
class Regraded:
    """What a run did, or would do. `kept`: results that would fall and were left; `awaiting`: attempts of which a
    trainer has to mark an answer first, which were passed over; `completed`: courses completed by it."""

    risen: list[Outcome] = field(default_factory=list)
    same: list[Outcome] = field(default_factory=list)
    lowered: list[Outcome] = field(default_factory=list)
    kept: list[Outcome] = field(default_factory=list)
    awaiting: int = 0
    completed: int = 0


KeyOf = Callable[[str, str], object]
"""From a question's id and a language to the key that holds."""


def differing(library: Library, course_id: str, found: Iterable[Marking], key_of: KeyOf) -> set[Marking]:
    """Those of the ways in which answers were marked where another key stood than `key_of` gives."""
    return {
        (id, revision, locale)
        for id, revision, locale in found
        if (question := library.in_language(locale).question(course_id, id, revision)) is not None
        and question.key() != key_of(id, locale)
    }


def regrade(
    actor: Actor,
    library: Library,
    course_id: str,
    ids: Sequence[str],
    at: datetime,
    lower: str = "",
    dry_run: bool = False,
) -> Regraded:
    """Mark the submitted answers to these questions of the course anew, by the released revision. `lower`: why results
    that fall may be lowered; "" leaves them. With `dry_run` nothing is changed.

    Raises `Refused` where a question can't be marked anew, before anything is.
    """
    scope = access.administered(actor)
    revision = library.revision_of(course_id)
    if revision is None:
        raise Refused(_("The course %(course)s has not been released.", course=course_id))
    questions = {id: _question(library, course_id, id) for id in ids}
    found = markings(db.session(), scope, course_id, questions)
    for id, older, _locale in found:
        was = library.question(course_id, id, older)
        if was is not None and was.type != questions[id].type:
            raise Refused(
                _(
                    "Question %(id)s had the type %(old)s when it was answered and has the type %(new)s now. "
                    "Its new key can’t mark those answers.",
                    id=id,
                    old=was.type,
                    new=questions[id].type,
                )
            )

    def key_of(id: str, locale: str) -> object:
        return _question(library.in_language(locale), course_id, id).key()

    stale = differing(library, course_id, found, key_of)
    concerned = marked_so(db.session(), scope, course_id, stale) if stale else ()
    run = _Run(actor, library, revision, questions, stale, at, lower, dry_run)
    for attempt in concerned:
        run.take(attempt)
    return run.done


def _question(library: Library, course_id: str, id: str) -> Question:
    question = library.question(course_id, id)
    if question is None:
        raise Refused(_("The released revision of the course has no question %(id)s.", id=id))
    if not question.graded:
        raise Refused(_("Question %(id)s is not graded.", id=id))
    if question.type == "open":
        raise Refused(_("Answers to question %(id)s are marked by a trainer, not by a key.", id=id))
    return question


def remaining(question: Question, answer: object) -> object:
    """What of an answer the question can still read, where choices or slots that it names are gone. A way through a
    scenario is one whole and stays as it is."""
    payload = question.payload()
    if isinstance(answer, list) and question.type != "scenario":
        options = {option.id for option in payload.options}
        return [id for id in answer if id in options]
    if isinstance(answer, dict):
        slots = {slot.id for slot in payload.slots}
        return {id: value for id, value in answer.items() if id in slots}
    return answer


@dataclass(slots=True)
class _Run:
    """One run over the attempts concerned."""

    actor: Actor
    library: Library
    revision: str
    questions: Mapping[str, Question]
    stale: Collection[Marking]
    at: datetime
    lower: str
    dry_run: bool
    done: Regraded = field(default_factory=Regraded)

    def take(self, attempt: Attempt) -> None:
        """Mark one attempt anew, in a transaction of its own."""
        if self.dry_run:
            self._weigh(db.session(), attempt)
            return
        with transaction() as session:
            verbs.lock(session, attempt)
            scores, outcome = self._weigh(session, attempt)
            if outcome is not None:
                person = session.get_one(Person, (attempt.institution_id, attempt.person_id))
                with force_locale(LANGUAGES.get(person.locale or "", LANGUAGES["en"]).babel):
                    self._apply(session, attempt, person, scores, outcome)

    def _weigh(self, session: Session, attempt: Attempt) -> tuple[dict[str, float], Outcome | None]:
        """The new scores of the answers concerned, and what they make of the attempt; None where it is left alone."""
        given = attempts.answers(session, attempt)
        if attempt.score is None or any(row.score is None for row in given.values()):
            self.done.awaiting += 1
            return {}, None
        scores = {}
        for id in self.questions:
            if id in given and (id, given[id].graded_by or attempt.revision, attempt.locale) in self.stale:
                question = verbs.question_of(self.library, attempt, id, self.revision)
                scores[id] = question.grade(remaining(question, given[id].answer)).score
        trial = {id: Answer(score=scores.get(id, row.score)) for id, row in given.items()}
        share, passes = verbs.result(self.library, attempt, trial)
        after, fails = share or 0.0, bool(attempt.passed and not passes)
        outcome = Outcome(attempt.quiz_id, attempt.number, attempt.submitted_at, attempt.score, after, fails)
        fallen = self.done.lowered if self.lower else self.done.kept
        {1: self.done.risen, 0: self.done.same, -1: fallen}[outcome.change].append(outcome)
        return scores, None if fallen is self.done.kept and outcome.change < 0 else outcome

    def _apply(
        self, session: Session, attempt: Attempt, person: Person, scores: Mapping[str, float], outcome: Outcome
    ) -> None:
        given, passed = attempts.answers(session, attempt), attempt.passed
        for id, score in scores.items():
            given[id].score, given[id].graded_by = score, self.revision
        attempt.score, attempt.passed = verbs.result(self.library, attempt, given)
        audit.note(
            session,
            self.at,
            self.actor.person.id,
            "regraded",
            attempt.institution_id,
            attempt.person_id,
            course=attempt.course_id,
            quiz=attempt.quiz_id,
            number=attempt.number,
            questions=sorted(scores),
            revision=self.revision,
            before=outcome.before,
            after=outcome.after,
            passed=[passed, attempt.passed],
            note=self.lower,
        )
        enrolment = session.get_one(Enrolment, (attempt.institution_id, attempt.enrolment_id))
        before = enrolment.completed_at
        verbs.settle(session, self.library, attempt, self.at)
        self.done.completed += before is None and enrolment.completed_at is not None
        if outcome.change:
            self._mail(session, attempt, person, outcome)

    def _mail(self, session: Session, attempt: Attempt, person: Person, outcome: Outcome) -> None:
        course, quiz = titles(self.library, attempt, person.locale)
        body = _(
            "Hello %(name)s,\n\na question of “%(quiz)s” in the course “%(course)s” had a wrong key, so your answers "
            "were marked again. Your result was %(before)s; now it is %(after)s.\n",
            name=person.name,
            quiz=quiz,
            course=course,
            before=percent(outcome.before),
            after=percent(outcome.after),
        )
        if outcome.change < 0:
            body += "\n" + _("Why it was lowered: %(note)s", note=self.lower) + "\n"
        mail_changed(session, person, course, body, outcome.change < 0, self.at)
