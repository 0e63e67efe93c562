"""Marking: who may, what it stores, what the trainee gets to know, and how long it lets a result wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask

from lms import clock
from lms.db import db
from lms.learning import marking
from lms.learning.access import managed, region, taught
from lms.learning.refusal import Refused
from lms.library import library
from lms.records.accounts import Actor
from lms.records.attempts import Answer, Attempt, Mark
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate
from lms.records.enrolments import Enrolment, State
from lms.records.jobs import Job
from lms.records.people import Person
from lms.reports import completion, items
from lms.reports.table import PER_PAGE, Filters, Units

from .conftest import START, Visitor, World, actor_for, counted, enrol
from .journey import answer_all, begin, finish_lessons, stored

Visit = Callable[[str], Visitor]
LIST = "/trainer/practice/marking"
POINTS = {"points-calm": "1", "points-rights": "1.5"}


def submitted(browser: Visitor) -> str:
    """All of the course done but the mark; the address of the attempt."""
    finish_lessons(browser, "practice")
    attempt = begin(browser, "practice")
    answer_all(browser, attempt)
    assert browser.post(f"{attempt}/submit").status_code == 303
    return attempt


def to_mark(attempt: str) -> str:
    return f"{LIST}/{stored(attempt).id}/open"


def page(browser: Visitor, url: str) -> str:
    answer = browser.get(url, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_from_an_answer_in_own_words_to_the_certificate(trainer: Visitor, visitor: Visit, world: World) -> None:
    trainee = visitor("trainee")
    attempt = submitted(trainee)
    assert "1 answer to mark" in page(trainer, "/trainer")
    assert "1 answer to mark" in page(trainer, "/trainer/practice")
    listed = page(trainer, LIST)
    assert "What I would say, in my own words." in listed
    form = page(trainer, to_mark(attempt))
    assert "WHYPLAINLY" in form
    assert "WHYMODEL" in form
    for shown in (listed, form):
        assert "Trainee" not in shown.replace("Trainer", ""), "a trainer is told no names"
        assert world.email("trainee") not in shown

    answer = trainer.post(to_mark(attempt), POINTS | {"comment": "Clear <and> kind."})
    assert answer.headers["Location"] == LIST, "nothing else waits"
    assert "No answers to mark" in page(trainer, LIST)
    row = stored(attempt)
    assert row.score == pytest.approx((4 + 2.5 / 4) / 5)
    assert row.passed
    mark = db.session.query(Mark).one()
    assert (mark.points, mark.score, mark.comment) == ({"calm": 1, "rights": 1.5}, 0.625, "Clear <and> kind.")
    assert db.session.query(Enrolment).one().completed_at == mark.marked_at
    assert db.session.query(Certificate).count() == 1

    shown = page(trainee, f"{attempt}/result")
    assert "Passed" in shown
    assert "Marked: 62%" in shown
    assert "1.5 of 3 points" in shown
    assert "Clear &lt;and&gt; kind." in shown
    assert "WHYMODEL" in shown
    event = db.session.query(AuditEvent).filter_by(action="marked").one()
    assert event.person_id == world.people["trainee"].id
    assert event.actor_id == world.people["trainer"].id
    mails = [job.payload for job in db.session.query(Job).filter_by(kind="mail")]
    assert {mail["to"] for mail in mails} == {world.email("trainee")}
    assert any("has been marked" in mail["subject"] for mail in mails)


def test_the_mail_speaks_the_language_of_the_trainee(trainer: Visitor, visitor: Visit, world: World) -> None:
    trainee = visitor("trainee")
    attempt = submitted(trainee)
    db.session.get_one(Person, (world.people["trainee"].institution_id, world.people["trainee"].id)).locale = "sr"
    db.session.commit()
    trainer.post(to_mark(attempt), POINTS)
    subjects = [job.payload["subject"] for job in db.session.query(Job).filter_by(kind="mail")]
    assert any("Завршили сте" in subject for subject in subjects), subjects


def test_pressing_twice_marks_once(trainer: Visitor, visitor: Visit) -> None:
    attempt = submitted(visitor("trainee"))
    url = to_mark(attempt)
    trainer.post(url, POINTS)
    again = trainer.post(url, {"points-calm": "0", "points-rights": "0"}, follow_redirects=True)
    assert "has already been marked" in again.get_data(as_text=True)
    assert db.session.query(Mark).one().score == 0.625
    assert db.session.query(AuditEvent).filter_by(action="marked").count() == 1


def test_nobody_marks_their_own_answer(trainer: Visitor, world: World) -> None:
    enrol(world.people["trainer"], "practice")
    attempt = submitted(trainer)
    refused = trainer.post(to_mark(attempt), POINTS, follow_redirects=True)
    assert "You wrote this answer yourself." in refused.get_data(as_text=True)
    assert stored(attempt).passed is None
    assert db.session.query(Mark).count() == 0


@pytest.mark.parametrize("points", ["", "-1", "4", "nan", "inf", "two", "1e999"])
def test_points_that_do_not_fit_are_asked_for_again(trainer: Visitor, visitor: Visit, points: str) -> None:
    url = to_mark(submitted(visitor("trainee")))
    answer = trainer.post(url, {"points-calm": "1", "points-rights": points, "comment": "Kept."})
    assert answer.status_code == 422
    shown = answer.get_data(as_text=True)
    assert "Give from 0 to 3 points" in shown
    assert "Kept." in shown
    assert db.session.query(Mark).count() == 0


def test_a_decimal_comma_is_read(trainer: Visitor, visitor: Visit) -> None:
    trainer.post(to_mark(submitted(visitor("trainee"))), {"points-calm": "0,5", "points-rights": "3"})
    assert db.session.query(Mark).one().points == {"calm": 0.5, "rights": 3}


def test_what_is_not_theirs_to_mark_is_not_there(trainer: Visitor, visitor: Visit) -> None:
    attempt = submitted(visitor("trainee"))
    url = to_mark(attempt)
    for name, code in (("other-trainer", 404), ("manager", 403), ("administrator", 403), ("trainee", 403)):
        browser = visitor(name)
        for address in (LIST, url):
            assert browser.get(address).status_code == code
        assert browser.post(url, POINTS).status_code == code
    id = stored(attempt).id
    for address in (
        f"/trainer/basics/marking/{id}/open",
        f"{LIST}/{uuid4()}/open",
        f"{LIST}/{id}/word",
        f"{LIST}/{id}/x",
    ):
        assert trainer.get(address).status_code == 404
        assert trainer.post(address, POINTS).status_code == 404
    assert db.session.query(Mark).count() == 0


def test_an_open_attempt_is_nobody_elses(trainer: Visitor, visitor: Visit) -> None:
    trainee = visitor("trainee")
    trainee.post("/courses/practice/enrol")
    attempt = begin(trainee, "practice")
    answer_all(trainee, attempt)
    assert trainer.get(to_mark(attempt)).status_code == 404
    assert "No answers to mark" in page(trainer, LIST)


def test_the_verb_decides_who_marks_what(app: Flask, trainer: Visitor, visitor: Visit, world: World) -> None:
    attempt = stored(submitted(visitor("trainee")))
    id = attempt.id

    def who(name: str) -> Actor:
        person = db.session.query(Person).filter_by(email=world.email(name)).one()
        return actor_for(db.session(), person)

    for name in ("manager", "other-trainer", "administrator", "trainee"):
        with pytest.raises(Refused, match="belong to your courses"):
            marking.mark(who(name), library(), id, "open", {"calm": 1, "rights": 1}, "", clock.now())
    for question in ("word", "no-such-question"):
        with pytest.raises(Refused, match=r"already|nothing to mark"):
            marking.mark(who("trainer"), library(), id, question, {"calm": 1}, "", clock.now())
    with pytest.raises(Refused, match="don’t fit"):
        marking.mark(who("trainer"), library(), id, "open", {"calm": 99}, "", clock.now())
    assert db.session.query(Mark).count() == 0
    with pytest.raises(PermissionError):
        taught(who("trainer")).covers(Person)


def test_a_failed_attempt_may_be_tried_again(trainer: Visitor, visitor: Visit) -> None:
    trainee = visitor("trainee")
    finish_lessons(trainee, "practice")
    attempt = begin(trainee, "practice")
    answer_all(trainee, attempt, but=("word", "number", "sorting"))
    trainee.post(f"{attempt}/submit")
    assert "Try again" not in page(trainee, f"{attempt}/result"), "there is no result yet"
    trainer.post(to_mark(attempt), {"points-calm": "0", "points-rights": "0"})
    row = stored(attempt)
    assert (row.score, row.passed) == (pytest.approx(1 / 5), False)
    assert "Try again" in page(trainee, f"{attempt}/result")
    assert db.session.query(Enrolment).one().completed_at is None


def test_who_has_waited_longest_comes_first_on_pages(trainer: Visitor, visitor: Visit, world: World) -> None:
    attempt = stored(submitted(visitor("trainee")))
    session, person = db.session, world.people["colleague"]
    enrolment = enrol(person, "practice")
    for number in range(1, PER_PAGE + 3):
        row = Attempt(
            institution_id=person.institution_id,
            person_id=person.id,
            enrolment_id=enrolment.id,
            course_id="practice",
            quiz_id="final",
            number=number,
            revision=attempt.revision,
            commit="",
            locale="en",
            seed="",
            shown=[["open", []]],
            started_at=START,
            submitted_at=START + timedelta(minutes=number),
        )
        session.add(row)
        session.flush()
        session.add(
            Answer(
                institution_id=person.institution_id,
                attempt_id=row.id,
                question_id="open",
                answer=f"Words number {number}.",
                saved_at=START,
            )
        )
    session.commit()
    first, second = page(trainer, LIST), page(trainer, f"{LIST}?page=2")
    assert first.index("Words number 1.") < first.index("Words number 2.")
    assert "in my own words" in second
    assert "in my own words" not in first
    assert f"{PER_PAGE + 3} answers to mark" in page(trainer, "/trainer")
    for url in (LIST, "/trainer", f"{LIST}/{attempt.id}/open"):
        with counted() as sent:
            page(trainer, url)
        assert len(sent) <= 3, f"{url}: " + "\n".join(sent.sql)
    answer = trainer.post(f"{LIST}/{attempt.id}/open", POINTS)
    assert "Words number 1." in page(trainer, answer.headers["Location"])


def test_waiting_changes_no_state_and_no_report(trainer: Visitor, visitor: Visit, world: World) -> None:
    """The time that a person waits for a mark counts: who is overdue stays overdue; tables and files have no score."""
    trainee = visitor("trainee")
    submitted(trainee)
    row = db.session.query(Enrolment).one()
    row.due_on = clock.now().date() - timedelta(days=1)
    db.session.commit()
    assert row.state(clock.now().date()) is State.OVERDUE
    manager = visitor("manager")
    assert "waiting to be marked by the trainer" in page(trainee, "/")
    assert "Waiting to be marked" in page(manager, f"/manager/people/{row.person_id}")
    for url in ("/manager", "/manager/completion.csv", "/manager/completion.xlsx"):
        assert manager.get(url).status_code == 200
    scope = managed(actor_for(db.session(), world.people["manager"]))
    wanted = Filters(course="practice")
    report = completion.Completion(scope, wanted, Units([]), {"practice": "Practice"}, clock.now().date(), "UTC")
    assert [found.values[-1] for found in report.rows(db.session())] == [None]
    assert "Fewer than" in page(trainer, "/trainer/practice/items")


def test_what_awaits_a_mark_does_not_count_among_the_items_yet(app: Flask, trainer: Visitor, visitor: Visit) -> None:
    for name in ("trainee", "colleague", "patrol", "office", "stranger"):
        submitted(visitor(name))
    course = library().course("practice")
    scope = region(actor_for(db.session(), db.session.query(Person).filter_by(name="Trainer").one()))
    assert items.quizzes(db.session(), scope, course)["final"].attempts is None
    for row in db.session.query(Attempt).all():
        trainer.post(f"{LIST}/{row.id}/open", POINTS)
    figures = items.quizzes(db.session(), scope, course)
    assert figures["final"].attempts == 5
    assert figures["final"].mean == pytest.approx((4 + 2.5 / 4) / 5)
    found = {item.question.id: item for item in items.items(db.session(), scope, library(), course)}
    assert found["open"].facility == pytest.approx(0.625)
    assert found["open"].chosen == (), "what people wrote is their own"
    assert (found["rating"].facility, found["rating"].answers) == (None, 5)
    assert [row.count for row in found["rating"].chosen[0].rows] == [5, 0, 0]
    assert [[row.count for row in place.rows] for place in found["case"].chosen] == [[5, 0, 0], [5, 0]]
    assert [[row.right for row in place.rows] for place in found["case"].chosen] == [[True, False, True], [True, False]]
    assert page(trainer, "/trainer/practice/items").count("62") >= 1
