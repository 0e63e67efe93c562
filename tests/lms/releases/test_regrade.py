"""Marking anew: a wrong key that was found later is mended openly, and no result falls silently. Done by commands."""

from __future__ import annotations

from typing import Any

import pytest

from lms.db import db
from lms.library import library
from lms.records.attempts import Answer
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate
from lms.records.enrolments import Enrolment
from lms.records.jobs import Job
from tests.lms.conftest import World
from tests.lms.journey import answer_all, begin, finish_lessons, stored

from .conftest import Desk, Guise, Say, rekey, snapshot, submit, text


def mails(address: str) -> list[str]:
    """The bodies of the mails that wait for somebody."""
    return [job.payload["body"] for job in db.session.query(Job) if job.payload.get("to") == address]


@pytest.fixture
def wronged(desk: Desk, visitor: Guise, staza: Say) -> tuple[str, str]:
    """Two attempts marked by a wrong key, which is mended and published: one that is wronged by it and fails, and one
    that profits by it."""
    attempts = (
        submit(visitor("colleague"), {"single": "ignore", "true-false": "false"}),
        submit(visitor("trainee"), {}),
    )
    rekey(desk)
    shown = staza("publish", "basics")
    assert "2 submitted attempts marked by another key" in shown
    assert "staza regrade basics single" in shown
    return attempts


def test_a_wrong_key_is_mended_openly(wronged: tuple[str, str], visitor: Guise, staza: Say, world: World) -> None:
    low, high = wronged
    assert (stored(low).score, stored(low).passed) == (pytest.approx(4 / 6), False)
    said = staza("regrade", "basics", "single")
    assert "1 result rises." in said
    assert "1 course completed" in said
    risen = stored(low)
    assert (risen.score, risen.passed) == (pytest.approx(5 / 6), True)
    answer = db.session.query(Answer).filter_by(attempt_id=risen.id, question_id="single").one()
    assert (answer.score, answer.graded_by) == (1.0, library().revision_of("basics"))
    other = db.session.query(Answer).filter_by(attempt_id=risen.id, question_id="multiple").one()
    assert (other.score, other.graded_by) == (1.0, "")
    (event,) = db.session.query(AuditEvent).filter_by(action="regraded")
    assert event.person_id == world.people["colleague"].id
    assert event.details["passed"] == [False, True]
    assert (event.details["before"], event.details["after"]) == (pytest.approx(4 / 6), pytest.approx(5 / 6))
    changed, completed = mails(world.email("colleague"))
    assert "Your result was 66%; now it is 83%" in changed + completed
    assert "You have completed" in changed + completed or "you have completed" in changed + completed
    page = text(visitor("colleague"), f"{low}/result")
    assert "83%" in page
    assert stored(high).score == 1.0


def test_a_result_that_would_fall_stays_and_is_listed(wronged: tuple[str, str], staza: Say, world: World) -> None:
    _low, high = wronged
    line = f"basics, final, attempt 1 of {stored(high).submitted_at:%Y-%m-%d}: 100% → 83%\n"
    said = staza("regrade", "basics", "single")
    assert "1 result would fall, and stays as it is. --list lists them" in said
    assert line not in said
    said = staza("regrade", "basics", "single", "--list")
    assert said.endswith(line), "the counts come first"
    assert world.people["trainee"].name not in said
    assert stored(high).score == 1.0
    assert db.session.query(Answer).filter_by(attempt_id=stored(high).id, question_id="single").one().graded_by == ""


def test_running_it_again_changes_nothing(wronged: tuple[str, str], staza: Say) -> None:
    staza("regrade", "basics", "single")
    before, events, waiting = snapshot(), db.session.query(AuditEvent).count(), db.session.query(Job).count()
    said = staza("regrade", "basics", "single")
    assert "rise" not in said
    assert "would fall" in said
    assert (snapshot(), db.session.query(AuditEvent).count(), db.session.query(Job).count()) == (
        before,
        events,
        waiting,
    )


def test_a_dry_run_says_the_same_and_changes_nothing(wronged: tuple[str, str], staza: Say) -> None:
    before, events = snapshot(), db.session.query(AuditEvent).count()
    said = staza("regrade", "basics", "single", "--dry-run")
    assert "1 result would rise" in said
    assert "1 result would fall" in said
    assert (snapshot(), db.session.query(AuditEvent).count()) == (before, events)


def test_lowering_takes_a_reason_which_is_mailed(wronged: tuple[str, str], staza: Say, world: World) -> None:
    _low, high = wronged
    assert "Say with --note" in staza("regrade", "basics", "single", "--lower", fails=2)
    assert stored(high).score == 1.0
    assert "1 result falls." in staza("regrade", "basics", "single", "--lower", "--note", "A court said so")
    assert stored(high).score == pytest.approx(5 / 6)
    mail = "".join(mails(world.email("trainee")))
    assert "A court said so" in mail
    assert "stays completed" in mail
    notes = {
        event.person_id: event.details["note"] for event in db.session.query(AuditEvent).filter_by(action="regraded")
    }
    assert notes[world.people["trainee"].id] == "A court said so"


def test_a_completion_stays_where_a_result_falls_below_the_mark(
    desk: Desk, visitor: Guise, staza: Say, world: World
) -> None:
    high = submit(visitor("trainee"), {"true-false": "false"})
    enrolment = db.session.query(Enrolment).one()
    before = (enrolment.completed_at, enrolment.completion)
    rekey(desk)
    staza("publish", "basics")
    said = staza("regrade", "basics", "single", "--dry-run", "--list")
    assert "would fall (1 of them below the pass mark)" in said
    assert said.endswith("83% → 66% (no longer passed)\n")
    staza("regrade", "basics", "single", "--lower", "--note", "So be it")
    assert (stored(high).score, stored(high).passed) == (pytest.approx(4 / 6), False)
    enrolment = db.session.query(Enrolment).one()
    assert (enrolment.completed_at, enrolment.completion) == before
    assert db.session.query(Certificate).count() == 1


def test_a_key_that_waits_to_be_published_is_told(desk: Desk, visitor: Guise, staza: Say) -> None:
    submit(visitor("trainee"), {})
    said = staza("regrade", "basics", "single")
    assert "nothing to do" in said
    assert "Publish" not in said
    rekey(desk)
    said = staza("regrade", "basics", "single", "true-false")
    assert "another key for `single`. Publish it first: staza publish basics" in said


def test_open_attempts_are_left_alone(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    finish_lessons(browser, "basics")
    attempt = begin(browser, "basics")
    answer_all(browser, attempt)
    rekey(desk)
    assert "1 attempt open, graded by the revision they began with" in staza("publish", "basics")
    assert "nothing to do" in staza("regrade", "basics", "single")
    browser.post(f"{attempt}/submit")
    assert stored(attempt).score == 1.0
    assert "1 result would fall" in staza("regrade", "basics", "single")


def test_an_answer_that_names_what_is_gone_counts_by_what_remains(desk: Desk, visitor: Guise, staza: Say) -> None:
    attempt = submit(visitor("trainee"), {"multiple": ["life", "asylum", "wealth"]})
    assert stored(attempt).score == pytest.approx(5 / 6)

    def change(bank: list[dict[str, Any]]) -> None:
        choices = next(question for question in bank if question["id"] == "multiple")["choices"]
        choices[:] = [choice for choice in choices if choice["id"] != "wealth"]
        choices.append({"id": "fame", "text": "Fame", "why": "No."})

    desk.edit("questions/bank.yaml", change)
    staza("publish", "basics")
    assert "1 result rises." in staza("regrade", "basics", "multiple")
    assert stored(attempt).score == 1.0
    (answer,) = db.session.query(Answer).filter_by(question_id="multiple")
    assert answer.answer == ["asylum", "life", "wealth"], "what was answered is never changed"


def test_what_cannot_be_marked_anew_is_refused(desk: Desk, visitor: Guise, staza: Say) -> None:
    submit(visitor("trainee"), {})
    assert "has no question sinlge" in staza("regrade", "basics", "sinlge", fails=1)
    assert "course nothing has not been released" in staza("regrade", "nothing", "single", fails=1)

    before = snapshot()
    taken: list[dict[str, Any]] = []
    desk.edit("questions/bank.yaml", lambda bank: taken.append(bank.pop(0)))
    desk.edit("quizzes/final.yaml", lambda quiz: quiz.update(draw=["5 from bank"]))
    desk.publish()
    desk.edit("questions/bank.yaml", lambda bank: bank.append(taken[0] | {"type": "multiple-choice"}))
    desk.publish()
    assert "single-choice when it was answered and has the type multiple-choice now" in staza(
        "regrade", "basics", "single", fails=1
    )
    assert snapshot() == before
