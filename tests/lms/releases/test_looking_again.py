"""Refreshers: who is asked to look again at what a release changed, and who is not. Done by commands."""

from __future__ import annotations

from lms.db import db
from lms.library import library
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate
from lms.records.enrolments import Enrolment, LessonDone
from tests.lms.conftest import World
from tests.lms.journey import answer_all, begin, complete, finish_lessons, stored

from .conftest import Counting, Desk, Guise, Say, learn_more, snapshot, text


def test_who_completed_the_course_is_asked_to_look_again(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    learn_more(desk)
    before = snapshot()
    assert "They are asked to look again at: first." in staza("publish", "basics", "--refresher")
    assert snapshot() == before
    for page in ("/", "/courses/basics"):
        assert "The course has changed since you completed it" in text(browser, page)
        assert "/courses/basics/lessons/first" in text(browser, page)
    page = text(browser, "/courses/basics/lessons/first")
    assert "This lesson has changed" in page
    assert "Finish and continue" in page
    assert "you have finished this lesson" in text(browser, "/courses/basics/lessons/second")
    shown = browser.post("/courses/basics/lessons/first/finish", follow_redirects=True).get_data(as_text=True)
    assert "You have reviewed everything that changed" in shown
    assert "has changed since" not in text(browser, "/") + text(browser, "/courses/basics")
    after = snapshot()
    assert {key for key in before if before[key] != after[key]} == set(), "nothing is taken back"
    assert db.session.query(Certificate).count() == 1


def test_finishing_again_is_written_down_and_done_once(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    first = db.session.query(LessonDone).filter_by(lesson_id="first").one()
    done_at, revision = first.done_at, first.revision
    browser.post("/courses/basics/lessons/first/finish")
    learn_more(desk)
    staza("publish", "basics", "--refresher")
    moments = set()
    for _twice in range(2):
        browser.post("/courses/basics/lessons/first/finish")
        moments.add(db.session.query(LessonDone).filter_by(lesson_id="first").one().done_at)
    assert len(moments) == 1
    assert moments.pop() > done_at
    (event,) = db.session.query(AuditEvent).filter_by(action="lesson-finished-again")
    assert event.details == {"course": "basics", "lesson": "first", "before": done_at.isoformat(), "revision": revision}


def test_who_was_halfway_is_not_asked_and_goes_on_under_the_new_rules(
    desk: Desk, visitor: Guise, staza: Say, world: World
) -> None:
    browser = visitor("trainee")
    finish_lessons(browser, "basics")
    attempt = begin(browser, "basics")
    learn_more(desk)
    assert "1 person halfway" in staza("publish", "basics", "--refresher")
    answer_all(browser, attempt)
    browser.post(f"{attempt}/submit")
    assert stored(attempt).revision != library().revision_of("basics")
    enrolment = db.session.query(Enrolment).one()
    assert enrolment.completion["revision"] == library().revision_of("basics")
    assert "has changed since" not in text(browser, "/")


def test_a_release_that_is_taken_back_asks_nobody_any_more(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    learn_more(desk)
    staza("publish", "basics", "--refresher")
    assert "has changed since" in text(browser, "/")
    staza("publish", "basics", "--back")
    assert "has changed since" not in text(browser, "/")


def test_each_refresher_asks_anew(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    learn_more(desk)
    staza("publish", "basics", "--refresher")
    browser.post("/courses/basics/lessons/first/finish")
    desk.edit("course.yaml", lambda course: course.update(summary="Another one."))
    staza("publish", "basics", "--refresher", "--class", "retrain", "--lesson", "first", "--lesson", "second")
    page = text(browser, "/courses/basics")
    assert page.index("has changed since") < page.index("lessons/second")
    answer = browser.post("/courses/basics/lessons/first/finish")
    assert answer.headers["Location"] == "/courses/basics/lessons/second"
    browser.post("/courses/basics/lessons/second/finish")
    assert "has changed since" not in text(browser, "/")


def test_a_release_without_a_refresher_asks_nobody(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    learn_more(desk)
    assert "not asked to review what changed" in staza("publish", "basics")
    assert "has changed since" not in text(browser, "/")


def test_a_refresher_may_be_asked_for_later(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    learn_more(desk)
    assert "--refresher asks them, now or later" in staza("publish", "basics")
    said = staza("publish", "basics", "--refresher")
    assert "They are asked to look again at: first." in said
    assert "/courses/basics/lessons/first" in text(browser, "/")
    staza("publish", "basics", "--back")
    assert "has changed since" not in text(browser, "/")


def test_a_refresher_costs_no_statement(desk: Desk, visitor: Guise, staza: Say, statements: Counting) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    pages = ("/", "/courses/basics", "/courses/basics/lessons/first")
    sent = {}
    for moment in ("before", "after"):
        if moment == "after":
            learn_more(desk)
            staza("publish", "basics", "--refresher")
        for page in pages:
            with statements() as seen:
                assert ("changed since" in text(browser, page)) == (moment == "after")
            sent[page, moment] = len(seen)
    assert all(sent[page, "before"] == sent[page, "after"] for page in pages)
