"""Changing a trainer's mark: another one, with a reason; none is lost, no completion taken back, the trainee told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lms import clock
from lms.db import db
from lms.learning import marking
from lms.learning.refusal import Refused
from lms.library import library
from lms.records.attempts import Mark
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate
from lms.records.enrolments import Enrolment
from lms.records.jobs import Job
from lms.records.people import Person
from lms.reports.table import PER_PAGE

from .conftest import Statements, Visitor, World, actor_for, enrol
from .journey import answer_all, begin, finish_lessons, stored
from .test_marking import LIST, POINTS, page, submitted, to_mark

Visit = Callable[[str], Visitor]
Counting = Callable[[], AbstractContextManager[Statements]]
MARKED = f"{LIST}/marked"
NONE = {"points-calm": "0", "points-rights": "0"}
ALL = {"points-calm": "1", "points-rights": "3"}
WHY = "I had <overlooked> the second page."


def change(browser: Visitor, url: str, points: dict[str, str], reason: str = WHY, seen: int = 1) -> int:
    """Give another mark; the status of the answer."""
    return browser.post(url, {**points, "reason": reason, "seen": str(seen)}).status_code


def mails(world: World, about: str) -> list[str]:
    """The bodies of the mails to the trainee whose subject holds this."""
    rows = [job.payload for job in db.session.query(Job).filter_by(kind="mail").order_by(Job.id)]
    return [row["body"] for row in rows if about in row["subject"] and row["to"] == world.email("trainee")]


def test_a_lower_mark_lowers_the_result_and_takes_no_completion(trainer: Visitor, visitor: Visit, world: World) -> None:
    trainee = visitor("trainee")
    attempt = submitted(trainee)
    url = to_mark(attempt)
    trainer.post(url, POINTS | {"comment": "Clear."})
    enrolment = db.session.query(Enrolment).one()
    before = (enrolment.completed_at, enrolment.completion, enrolment.progress)
    form = page(trainer, url)
    assert 'value="1.5"' in form, "it begins with the mark that holds"
    assert "Clear." in form
    assert change(trainer, url, NONE | {"comment": "Not to the point."}) == 303
    row = stored(attempt)
    assert row.score == pytest.approx(4 / 5)
    enrolment = db.session.query(Enrolment).one()
    assert (enrolment.completed_at, enrolment.completion, enrolment.progress) == before
    assert db.session.query(Certificate).count() == 1
    first, second = db.session.query(Mark).order_by(Mark.number)
    assert (first.score, first.comment, first.reason) == (0.625, "Clear.", "")
    assert (second.score, second.comment, second.reason) == (0, "Not to the point.", WHY)
    assert second.marked_by == world.people["trainer"].id

    shown = page(trainee, f"{attempt}/result")
    assert "a trainer changed the mark from 62% to 0%" in shown
    assert "Why: I had &lt;overlooked&gt; the second page." in shown
    assert "Not to the point." in shown
    assert "Trainer" not in shown, "the trainee is not told whose mark it is"
    (mail,) = mails(world, "Your result has changed")
    assert WHY in mail
    assert "Your result was 92%; now it is 80%." in mail
    assert "stays completed" in mail
    event = db.session.query(AuditEvent).filter_by(action="mark-changed").one()
    assert (event.actor_id, event.person_id) == (world.people["trainer"].id, world.people["trainee"].id)
    assert (event.details["before"], event.details["score"], event.details["note"]) == (0.625, 0, WHY)
    assert event.details["passed"] == [True, True]


def test_a_higher_mark_completes_the_course(trainer: Visitor, visitor: Visit, world: World) -> None:
    trainee = visitor("trainee")
    finish_lessons(trainee, "practice")
    attempt = begin(trainee, "practice")
    answer_all(trainee, attempt, but=("word", "number"))
    trainee.post(f"{attempt}/submit")
    trainer.post(to_mark(attempt), NONE)
    assert stored(attempt).passed is False
    assert change(trainer, to_mark(attempt), ALL) == 303
    assert stored(attempt).passed is True
    assert db.session.query(Enrolment).one().completed_at is not None
    assert db.session.query(Certificate).count() == 1
    (mail,) = mails(world, "Your result has changed")
    assert "stays completed" not in mail


def test_a_course_that_is_not_completed_yet_follows_the_mark(trainer: Visitor, visitor: Visit) -> None:
    trainee = visitor("trainee")
    trainee.post("/courses/practice/enrol")
    attempt = begin(trainee, "practice")
    answer_all(trainee, attempt, but=("word", "number"))
    trainee.post(f"{attempt}/submit")
    trainer.post(to_mark(attempt), ALL)
    passed = db.session.query(Enrolment).one().progress
    change(trainer, to_mark(attempt), NONE)
    assert stored(attempt).passed is False
    assert db.session.query(Enrolment).one().progress < passed


def test_a_reason_is_asked_for(trainer: Visitor, visitor: Visit) -> None:
    url = to_mark(submitted(visitor("trainee")))
    trainer.post(url, POINTS)
    answer = trainer.post(url, NONE | {"seen": "1", "reason": "  ", "comment": "Kept."})
    assert answer.status_code == 422
    shown = answer.get_data(as_text=True)
    assert 'href="#f-reason"' in shown
    assert "Kept." in shown
    assert change(trainer, url, NONE | {"points-calm": "9"}) == 422
    assert db.session.query(Mark).count() == 1


def test_the_verb_asks_for_a_reason_and_for_the_mark_that_was_seen(
    trainer: Visitor, visitor: Visit, world: World
) -> None:
    attempt = submitted(visitor("trainee"))
    trainer.post(to_mark(attempt), POINTS)
    id, points = stored(attempt).id, {"calm": 0, "rights": 0}
    who = actor_for(db.session(), db.session.query(Person).filter_by(email=world.email("trainer")).one())
    with pytest.raises(Refused, match="Give the reason"):
        marking.mark(who, library(), id, "open", points, "", clock.now(), 1, " ")
    for seen in (0, 2):
        with pytest.raises(Refused, match="already been marked"):
            marking.mark(who, library(), id, "open", points, "", clock.now(), seen, "Why")
    other = actor_for(db.session(), world.people["other-trainer"])
    with pytest.raises(Refused, match="belong to your courses"):
        marking.mark(other, library(), id, "open", points, "", clock.now(), 1, "Why")
    assert db.session.query(Mark).count() == 1


def test_of_two_changes_the_second_has_not_seen_the_first(trainer: Visitor, visitor: Visit) -> None:
    url = to_mark(submitted(visitor("trainee")))
    trainer.post(url, POINTS)
    change(trainer, url, NONE)
    refused = trainer.post(url, ALL | {"seen": "1", "reason": WHY}, follow_redirects=True).get_data(as_text=True)
    assert "has already been marked" in refused
    assert [mark.score for mark in db.session.query(Mark).order_by(Mark.number)] == [0.625, 0]
    assert change(trainer, url, ALL, seen=2) == 303


def test_nobody_changes_the_mark_of_their_own_answer(trainer: Visitor, visitor: Visit, world: World) -> None:
    enrol(world.people["trainer"], "practice")
    attempt = stored(submitted(trainer))
    db.session.add(
        Mark(
            institution_id=attempt.institution_id,
            attempt_id=attempt.id,
            question_id="open",
            marked_at=clock.now(),
            marked_by=world.people["manager"].id,
            points={"calm": 0, "rights": 0},
            score=0.0,
        )
    )
    db.session.commit()
    refused = trainer.post(f"{LIST}/{attempt.id}/open", ALL | {"seen": "1", "reason": WHY}, follow_redirects=True)
    assert "You wrote this answer yourself." in refused.get_data(as_text=True)
    assert db.session.query(Mark).count() == 1


def test_while_another_answer_awaits_its_mark_nothing_is_mailed_but_all_is_kept(
    trainer: Visitor, visitor: Visit, world: World
) -> None:
    attempt = submitted(visitor("trainee"))
    row = stored(attempt)
    waiting = next(id for id in row.questions if id != "open")
    trainer.post(to_mark(attempt), POINTS)
    from lms.records import attempts

    attempts.answers(db.session(), row)[waiting].score = None  # as of a second open answer
    db.session.commit()
    change(trainer, to_mark(attempt), NONE)
    assert mails(world, "Your result has changed") == []
    assert stored(attempt).passed is None
    assert db.session.query(Mark).count() == 2


def test_marked_answers_are_listed_without_names_last_mark_first(
    trainer: Visitor, visitor: Visit, world: World, statements: Counting
) -> None:
    assert "No answers have been marked yet." in page(trainer, MARKED)
    url = to_mark(submitted(visitor("trainee")))
    other = to_mark(submitted(visitor("colleague")))
    assert "No answers have been marked yet." in page(trainer, MARKED)
    trainer.post(url, POINTS)
    trainer.post(other, ALL)
    change(trainer, url, NONE)
    with statements() as sent:
        shown = page(trainer, MARKED)
    assert len(sent) <= 3, "\n".join(sent.sql)
    assert shown.index(url) < shown.index(other)
    assert shown.count("changed</small>") == 1
    with statements() as sent:
        page(trainer, url)
    assert len(sent) <= 4, "\n".join(sent.sql)
    for name in ("trainee", "colleague"):
        assert world.email(name) not in shown
        assert world.people[name].name not in shown.replace("Trainer", "")
    assert visitor("other-trainer").get(MARKED).status_code == 404
    for number in range(3, PER_PAGE + 4):
        change(trainer, url, NONE, seen=number - 1)
    assert "1 to 2 of 2" in page(trainer, MARKED), "one line an answer, however often it was marked"


@pytest.mark.parametrize("sql", ["UPDATE marks SET score = 1", "DELETE FROM marks"])
def test_the_database_refuses_to_change_a_mark(trainer: Visitor, visitor: Visit, sql: str) -> None:
    trainer.post(to_mark(submitted(visitor("trainee"))), POINTS)
    with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
        connection.execute(text(sql))
    assert db.session.query(Mark).one().score == 0.625


def test_the_database_before_has_the_last_mark(trainer: Visitor, visitor: Visit) -> None:
    url = to_mark(submitted(visitor("trainee")))
    trainer.post(url, POINTS)
    change(trainer, url, ALL)
    db.session.remove()
    downgrade(revision="0004")
    with db.engine.connect() as connection:
        assert [row.score for row in connection.execute(text("SELECT * FROM marks"))] == [1.0]
    upgrade()
    assert [(mark.number, mark.score, mark.reason) for mark in db.session.query(Mark)] == [(1, 1.0, "")]
    assert db.session.query(Mark).one().marked_at < clock.now() + timedelta(seconds=1)
