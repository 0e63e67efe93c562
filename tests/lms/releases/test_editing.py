"""An edit between two builds moves nobody's grade and nobody's progress: done through the files, as a trainer does."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from flask import Flask

from lms.db import db
from lms.library import library
from lms.records.people import Grant, Person, Role
from tests.lms.conftest import Visitor
from tests.lms.journey import answer_all, begin, complete, finish_lessons, stored

from .conftest import Desk, snapshot


def turn_around(desk: Desk) -> None:
    """Turn around the order of everything that has one, and word a choice differently."""

    def questions(bank: list[dict[str, list[object]]]) -> None:
        bank.reverse()
        for question in bank:
            for name in ("choices", "pairs", "gaps"):
                if name in question:
                    question[name].reverse()

    desk.edit("course.yaml", lambda course: course["lessons"].reverse())
    desk.edit("questions/bank.yaml", questions)
    desk.edit("questions/checks.yaml", questions)
    desk.edit("questions/checks.yaml", lambda bank: bank[-1].update(stem="Which element makes it smuggling?"))
    desk.publish()


def test_reordering_changes_no_stored_grade_and_no_progress(app: Flask, desk: Desk) -> None:
    browser = Visitor(app).sign_in("trainee")
    complete(browser, "basics")
    before, revision = snapshot(), library().revision_of("basics")
    turn_around(desk)
    assert library().revision_of("basics") != revision, "the edit must make a new revision, or this shows nothing"
    page = browser.get("/courses/basics").get_data(as_text=True)
    assert page.index("The second lesson") < page.index("The first lesson")
    assert snapshot() == before
    for lesson in ("first", "second"):
        text = browser.get(f"/courses/basics/lessons/{lesson}").get_data(as_text=True)
        assert "you have finished this lesson" in text
        assert "Incorrect" not in text
    browser.post("/courses/basics/lessons/first/finish")
    assert snapshot() == before


def test_an_attempt_goes_on_under_the_revision_it_began_with(app: Flask, desk: Desk) -> None:
    browser = Visitor(app).sign_in("trainee")
    finish_lessons(browser, "basics")
    attempt = begin(browser, "basics")
    answer_all(browser, attempt, but=("ordering", "gaps"))
    browser.get("/accessibility")  # what was said of enrolling is said once, on the next page
    seen = [browser.get(f"{attempt}/questions/{n}").get_data(as_text=True) for n in range(1, 7)]
    begun = stored(attempt)
    turn_around(desk)
    desk.edit("questions/bank.yaml", lambda bank: [q.update(stem="Changed") for q in bank])
    desk.publish()
    assert [strip(browser.get(f"{attempt}/questions/{n}").get_data(as_text=True)) for n in range(1, 7)] == list(
        map(strip, seen)
    )
    answer_all(browser, attempt)
    browser.post(f"{attempt}/submit")
    assert stored(attempt).revision == begun.revision != library().revision_of("basics")
    assert stored(attempt).score == 1.0
    assert "Changed" not in browser.get(f"{attempt}/result").get_data(as_text=True)


def strip(page: str) -> str:
    """A page without what differs from one request to the next."""
    return re.sub(r'(csrf_token" value|data-seconds)="[^"]*"|\d of 6 answered', "", page)


def test_a_key_that_was_corrected_moves_no_grade_by_itself(app: Flask, desk: Desk) -> None:
    browser = Visitor(app).sign_in("trainee")
    complete(browser, "basics")
    before = snapshot()

    def rekey(bank: list[dict[str, list[dict[str, object]]]]) -> None:
        for choice in next(q for q in bank if q["id"] == "single")["choices"]:
            choice["correct"] = choice["id"] == "ignore"

    desk.edit("questions/bank.yaml", rekey)
    desk.publish()
    browser.get("/courses/basics")
    assert snapshot() == before


def test_a_check_answered_under_an_older_revision_is_shown_as_it_was_graded(app: Flask, desk: Desk) -> None:
    browser = Visitor(app).sign_in("trainee")
    browser.post("/courses/basics/enrol")
    browser.post("/courses/basics/lessons/first/checks/check-single", {"answer": "benefit"})
    desk.edit("questions/checks.yaml", lambda bank: bank[0]["choices"].pop(2))
    desk.publish()
    page = browser.get("/courses/basics/lessons/first").get_data(as_text=True)
    assert "WHYRIGHT" in page
    assert "WHYHOUR" in page


def test_an_open_answer_is_marked_by_the_criteria_that_it_was_asked_with(
    desk: Desk, app: Flask, visitor: Callable[[str], Visitor]
) -> None:
    trainee = visitor("trainee")
    finish_lessons(trainee, "practice")
    attempt = begin(trainee, "practice")
    answer_all(trainee, attempt)
    trainee.post(f"{attempt}/submit")
    bank = desk.content / "practice" / "questions" / "bank.yaml"
    bank.write_text(bank.read_text().replace("{id: rights, text: Names the rights", "{id: law, text: Cites the law"))
    desk.publish()
    assert stored(attempt).revision != library().revision_of("practice")
    person = db.session.query(Person).filter_by(name="Trainer").one()
    db.session.add(
        Grant(institution_id=person.institution_id, person_id=person.id, role=Role.TRAINER, course_id="practice")
    )
    db.session.commit()
    trainer, url = visitor("trainer"), f"/trainer/practice/marking/{stored(attempt).id}/open"
    assert "Names the rights" in trainer.get(url).get_data(as_text=True)
    assert trainer.post(url, {"points-calm": "1", "points-law": "3"}).status_code == 422
    trainer.post(url, {"points-calm": "1", "points-rights": "3"})
    assert stored(attempt).score == 1
    assert "3 of 3 points" in trainee.get(f"{attempt}/result").get_data(as_text=True)


def test_a_case_that_is_half_way_begins_anew_in_a_lesson_that_was_edited(
    desk: Desk, app: Flask, visitor: Callable[[str], Visitor]
) -> None:
    trainee, url = visitor("trainee"), "/courses/practice/lessons/only"
    trainee.post("/courses/practice/enrol")
    trainee.post(f"{url}/checks/check-case", {"answer": "check-look", "choose": "1"})
    assert "STATECHECKBACK" in trainee.get(url).get_data(as_text=True)
    lesson = desk.content / "practice" / "lessons" / "only.md"
    lesson.write_text(lesson.read_text().replace("A text before", "A better text before"))
    desk.publish()
    assert "STATECHECKBACK" not in trainee.get(url).get_data(as_text=True)
    trainee.post(f"{url}/checks/check-case", {"answer": "check-wave", "choose": "1"})
    assert "This ending scores 0%" in trainee.get(url).get_data(as_text=True)


@pytest.mark.parametrize("drawn", [5, 6])
def test_other_questions_are_promised_where_there_are_some(app: Flask, desk: Desk, drawn: int) -> None:
    desk.edit("quizzes/final.yaml", lambda quiz: quiz.update(draw=[f"{drawn} from bank"]))
    desk.publish()
    browser = Visitor(app).sign_in("trainee")
    browser.post("/courses/basics/enrol")
    attempt = begin(browser, "basics")
    browser.post(f"{attempt}/submit")
    assert ("with new questions" in browser.get(f"{attempt}/result").get_data(as_text=True)) == (drawn == 5)
    assert ("a new set each attempt" in browser.get("/courses/basics/quizzes/final").get_data(as_text=True)) == (
        drawn == 5
    )


def test_pictures_are_found_from_every_page_that_shows_them(app: Flask, desk: Desk) -> None:
    (desk.content / "basics" / "media").mkdir()
    plan = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><path d="M0 0h20v10H0z"/></svg>'
    (desk.content / "basics" / "media" / "plan.svg").write_text(plan)
    desk.edit(
        "questions/bank.yaml", lambda bank: [q.update(stem=f"![A plan](media/plan.svg) {q['stem']}") for q in bank]
    )
    lesson = desk.content / "basics" / "lessons" / "first.md"
    lesson.write_text(f"{lesson.read_text()}\n\n![A plan](media/plan.svg)\n")
    desk.publish()
    trainee, trainer = Visitor(app).sign_in("trainee"), Visitor(app).sign_in("trainer")
    finish_lessons(trainee, "basics")
    attempt = begin(trainee, "basics")
    pages = [(trainee, url) for url in ("/courses/basics/lessons/first", f"{attempt}/questions/1")]
    pages += [(trainer, url) for url in ("/trainer/basics/as/RS/lessons/first", "/trainer/basics/items")]
    for browser, url in pages:
        _see_plan(browser, url, plan)
    trainee.post(f"{attempt}/submit")
    _see_plan(trainee, f"{attempt}/result", plan)


def _see_plan(browser: Visitor, url: str, plan: str) -> None:
    sources = set(re.findall(r'<img[^>]* src="([^"]+)"', browser.get(url).get_data(as_text=True)))
    assert len(sources) == 2, url  # that of the head of every page, and the plan
    found = [browser.get(urljoin(url, source)) for source in sources]
    assert {answer.status_code for answer in found} == {200}, url
    assert plan in {answer.get_data(as_text=True) for answer in found}, url
