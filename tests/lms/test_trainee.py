"""A trainee's way through a course, through its pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest
from flask import Flask

from lms import clock
from lms.config import Settings
from lms.db import db
from lms.learning import jobs
from lms.learning.enrol import enrol_oneself
from lms.learning.refusal import Refused
from lms.library import library
from lms.records.accounts import Actor
from lms.records.attempts import Answer, Attempt, answers
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate
from lms.records.enrolments import CheckAnswer, Enrolment, LessonDone
from lms.records.people import Person

from .conftest import Visitor, World, actor_for, counted, enrol
from .journey import answer_all, begin, complete, finish_lessons, key, stored

Visit = Callable[[str], Visitor]


def text(browser: Visitor, url: str) -> str:
    answer = browser.get(url, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_from_enrolment_to_certificate(app: Flask, visitor: Visit, world: World) -> None:
    browser = visitor("trainee")
    assert "You’re all caught up" in text(browser, "/")
    browser.post("/courses/basics/enrol")
    assert "Not started" in text(browser, "/")
    finish_lessons(browser, "basics")
    assert "2 of 3 steps" in text(browser, "/")
    attempt = begin(browser, "basics")
    answer_all(browser, attempt)
    result = browser.post(f"{attempt}/submit", follow_redirects=True).get_data(as_text=True)
    assert "Passed" in result
    assert "Certificate (PDF)" in result
    enrolment = db.session.query(Enrolment).filter_by(person_id=world.people["trainee"].id).one()
    assert enrolment.progress == 100
    assert enrolment.completion["quizzes"] == {"final": 1.0}
    assert enrolment.completion["lessons"] == ["first", "second"]
    assert db.session.query(Certificate).one().name == "Trainee"
    assert "Certificate (PDF)" in text(browser, "/")


def test_the_card_has_what_is_to_be_kept_of_each_lesson(app: Flask, visitor: Visit, world: World) -> None:
    browser = visitor("trainee")
    assert "Enrol in this course" in text(browser, "/courses/basics/card")
    browser.post("/courses/basics/enrol")
    assert 'href="/courses/basics/card"' in text(browser, "/courses/basics")
    card = text(browser, "/courses/basics/card")
    assert "Keep the path in sight." in card
    assert "A walk along the path" not in card
    enrol(world.people["trainee"], "by-request")
    assert browser.get("/courses/by-request/card").status_code == 404
    assert "/card" not in text(browser, "/courses/by-request")


def test_a_check_gives_its_reasons_at_once_and_can_be_answered_again(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    url = "/courses/basics/lessons/first"
    browser.post(f"{url}/checks/check-single", {"answer": "force"})
    page = text(browser, url)
    assert "Incorrect" in page
    assert "WHYWRONG" in page
    assert "WHYPHONES" not in page, "the other check is not answered yet"
    browser.post(f"{url}/checks/check-single", {"answer": "benefit"})
    assert db.session.query(CheckAnswer).one().score == 1.0
    assert 'name="answer" value="benefit"' in text(browser, f"{url}?again=check-single")


def test_an_empty_check_is_not_an_answer(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    answer = browser.post("/courses/basics/lessons/first/checks/check-single", follow_redirects=True)
    assert "Nothing was chosen" in answer.get_data(as_text=True)
    assert db.session.query(CheckAnswer).count() == 0


def test_a_lesson_is_finished_only_with_its_checks_answered(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    answer = browser.post("/courses/basics/lessons/first/finish")
    assert answer.headers["Location"] == "/courses/basics/lessons/first#open-checks"
    end = browser.get("/courses/basics/lessons/first").get_data(as_text=True).partition('id="open-checks"')[2]
    first = re.search(r'href="#(check-[a-z-]+)"', end)
    assert first, "the note at the end leads to the first check that is open"
    assert f'id="{first[1]}"' in browser.get("/courses/basics/lessons/first").get_data(as_text=True)
    assert db.session.query(LessonDone).count() == 0


def test_what_belongs_to_no_enrolment_is_refused(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    assert browser.get("/courses/basics/lessons/first").headers["Location"] == "/courses/basics"
    for url in ("lessons/first/finish", "quizzes/final/attempts", "start"):
        browser.post(f"/courses/basics/{url}")
    assert db.session.query(Attempt).count() == 0
    assert db.session.query(LessonDone).count() == 0


def test_a_course_on_request(app: Flask, visitor: Visit, world: World) -> None:
    browser = visitor("trainee")
    assert browser.post("/courses/by-request/enrol").status_code == 303
    assert db.session.query(Enrolment).count() == 0
    for _twice in range(2):
        browser.post("/courses/by-request/request", {"reason": "New duties"})
    assert "has been sent to your manager" in text(browser, "/courses/by-request")
    assert db.session.query(AuditEvent).filter_by(action="asked-for-place").count() == 1


def test_what_must_come_before_is_completed_first(app: Flask, visitor: Visit, world: World) -> None:
    course = library().course("by-request").model_copy(update={"enrolment": "open"})

    def who() -> Actor:
        return actor_for(db.session(), db.session.query(Person).filter_by(email=world.email("trainee")).one())

    with pytest.raises(Refused, match="prerequisites first"):
        enrol_oneself(who(), course, clock.now())
    complete(visitor("trainee"), "basics")
    assert enrol_oneself(who(), course, clock.now()).course_id == "by-request"


def test_saving_and_submitting_twice_do_no_more_than_once(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    attempt = begin(browser, "basics")
    assert begin(browser, "basics") == attempt, "an open attempt is gone on with"
    for _twice in range(2):
        answer_all(browser, attempt)
    for _twice in range(2):
        browser.post(f"{attempt}/submit")
    assert db.session.query(Answer).count() == 6
    assert db.session.query(AuditEvent).filter_by(action="attempt-submitted").count() == 1
    first = stored(attempt).submitted_at
    browser.post(f"{attempt}/submit")
    assert stored(attempt).submitted_at == first


def test_two_submissions_at_the_same_moment_count_once(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    finish_lessons(browser, "basics")
    attempt = begin(browser, "basics")
    answer_all(browser, attempt)
    token, cookie = browser.token(), browser.client.get_cookie("staza")
    codes: list[int] = []

    def submit() -> None:
        client = app.test_client()
        client.set_cookie("staza", cookie.value)
        codes.append(client.post(f"{attempt}/submit", data={"csrf_token": token}).status_code)

    threads = [Thread(target=submit) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [303] * 4
    assert db.session.query(Certificate).count() == 1
    assert db.session.query(AuditEvent).filter_by(action="attempt-submitted").count() == 1


def test_an_answer_can_be_changed_and_taken_back_until_submission(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    attempt = begin(browser, "basics")
    number = stored(attempt).questions.index("single") + 1
    for answer in ("ignore", "protect"):
        browser.post(f"{attempt}/questions/{number}", {"answer": answer})
    assert 'value="protect" checked' in text(browser, f"{attempt}/questions/{number}")
    browser.post(f"{attempt}/questions/{number}", {})
    assert answers(db.session(), stored(attempt)) == {}
    browser.post(f"{attempt}/submit")
    assert db.session.query(Answer).count() == 0
    answer = browser.post(f"{attempt}/questions/{number}", {"answer": "protect"}, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 409
    assert "has been submitted" in answer.get_data(as_text=True)


def test_the_server_keeps_the_time(app: Flask, settings: Settings, visitor: Visit) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    attempt = begin(browser, "basics")
    answer_all(browser, attempt, but=("gaps",))
    row = stored(attempt)
    row.deadline_at = clock.now() - timedelta(minutes=1)
    deadline, number = row.deadline_at, row.questions.index("gaps") + 1
    db.session.commit()
    late = browser.post(
        f"{attempt}/questions/{number}", key(library().question("basics", "gaps")), follow_redirects=True
    )
    assert "The time had run out" in late.get_data(as_text=True)
    row = stored(attempt)
    assert row.submitted_at == deadline
    assert row.score == pytest.approx(5 / 6)


def test_the_jobs_submit_what_ran_out_of_time(app: Flask, settings: Settings, visitor: Visit) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    attempt = begin(browser, "basics")
    answer_all(browser, attempt)
    jobs.drain(settings, library(), clock.now() + timedelta(minutes=29))
    assert stored(attempt).submitted_at is None
    jobs.drain(settings, library(), clock.now() + timedelta(minutes=31))
    assert stored(attempt).submitted_at == stored(attempt).deadline_at
    assert stored(attempt).passed


def test_attempts_are_limited(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    for _each in range(3):
        browser.post(f"{begin(browser, 'basics')}/submit")
    assert "used all your attempts" in text(browser, "/courses/basics/quizzes/final")
    browser.post("/courses/basics/quizzes/final/attempts")
    assert db.session.query(Attempt).count() == 3
    row = db.session.query(Enrolment).one()
    visitor("manager").post(f"/manager/enrolments/{row.id}/attempts", {"seen": "0"})
    begin(browser, "basics")
    assert db.session.query(Attempt).count() == 4


def test_a_failed_attempt_completes_nothing_and_the_best_one_counts(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    finish_lessons(browser, "basics")
    first = begin(browser, "basics")
    answer_all(browser, first, but=("gaps", "single"))
    browser.post(f"{first}/submit")
    assert not stored(first).passed
    assert db.session.query(Enrolment).one().completed_at is None
    second = begin(browser, "basics")
    answer_all(browser, second, but=("gaps",))
    browser.post(f"{second}/submit")
    assert stored(second).score == pytest.approx(5 / 6)
    assert db.session.query(Enrolment).one().completed_at is not None


def test_a_guessed_attempt_of_somebody_else_is_not_there(app: Flask, visitor: Visit) -> None:
    attempt = complete(visitor("trainee"), "basics")
    other = visitor("colleague")
    for url in ("", "/questions/1", "/overview", "/result"):
        assert other.get(f"{attempt}{url}").status_code == 404
    assert other.post(f"{attempt}/questions/1", {"answer": "x"}).status_code == 404
    assert other.post(f"{attempt}/submit").status_code == 404


@pytest.mark.parametrize(
    "form", [{"answer": "no-such-choice"}, {"answer": ["a"] * 3}, {"slot-x": "y", "place-z": "9" * 50}, {}]
)
def test_nonsense_is_no_error(app: Flask, visitor: Visit, form: dict[str, object]) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    attempt = begin(browser, "basics")
    for number in range(1, 7):
        assert browser.post(f"{attempt}/questions/{number}", form).status_code == 303
    assert browser.post(f"{attempt}/submit", follow_redirects=True).status_code == 200
    assert stored(attempt).score == 0


def test_pages_cost_a_fixed_number_of_statements(app: Flask, visitor: Visit, world: World) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    again = visitor("trainee")
    person = world.people["trainee"]
    for course in ("by-request",):
        enrol(person, course)
    limits = {
        "/courses/basics/lessons/first": 4,
        "/": 4,
        "/courses": 2,
        "/courses/basics": 4,
        "/courses/basics/quizzes/final": 4,
    }
    for url, limit in limits.items():
        again.get(url)
        with counted() as sent:
            assert again.get(url).status_code == 200
        assert len(sent) <= limit, f"{url}: {len(sent)}\n" + "\n".join(sent.sql)


def test_a_quiz_page_costs_three_statements(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    attempt = begin(browser, "basics")
    with counted() as sent:
        assert browser.get(f"{attempt}/questions/1").status_code == 200
    assert len(sent) == 3
