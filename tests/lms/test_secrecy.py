"""Correct answers leave the server only after the answer is in: what the browser received is read, all of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask

from courses.questions.base import Question
from lms.library import library

from .conftest import Visitor
from .journey import begin, key, stored

Visit = Callable[[str], Visitor]


class Listener(Visitor):
    """A browser whose every response is kept."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.heard: list[str] = []

    def get(self, url: str, **options: Any) -> Any:
        answer = super().get(url, **options)
        self.heard.append(answer.get_data(as_text=True) + str(answer.headers))
        return answer

    def post(self, url: str, data: dict[str, object] | None = None, **options: Any) -> Any:
        answer = super().post(url, data, **options)
        self.heard.append(answer.get_data(as_text=True) + str(answer.headers))
        return answer


def reasons(question: Question) -> list[str]:
    """The reasons of a question, which tell its key; in the test courses each holds one word in capitals."""
    found = re.findall(r"WHY[A-Z]+", str(question.model_dump()))
    assert found, "a question of the test courses without a reason"
    return found


def test_no_reason_and_no_mark_of_the_key_before_the_answer(app: Flask) -> None:
    browser = Listener(app)
    browser.sign_in("trainee")
    browser.post("/courses/basics/enrol")
    course = library().course("basics")
    for lesson in course.lessons:
        browser.get(f"/courses/basics/lessons/{lesson.id}")
    attempt = begin(browser, "basics")
    for number in range(1, 7):
        browser.get(f"{attempt}/questions/{number}")
    browser.get(f"{attempt}/overview")
    questions = [library().question("basics", id) for bank in course.banks for id in bank.questions]
    before = "\n".join(browser.heard)
    for question in questions:
        for word in reasons(question):
            assert word not in before, f"{question.id}: {word} was sent before the answer"
    assert "entry" not in before, "what a typed gap accepts was sent before the answer"
    assert not re.search(r"correct|data-key|expected", before)

    for number, id in enumerate(stored(attempt).questions, 1):
        browser.heard.clear()
        browser.post(f"{attempt}/questions/{number}", key(library().question("basics", id)), follow_redirects=True)
        assert "WHY" not in "".join(browser.heard), "saving an answer must not tell whether it is right"


def test_answering_one_check_tells_nothing_of_the_others(app: Flask) -> None:
    browser = Listener(app)
    browser.sign_in("trainee")
    browser.post("/courses/basics/enrol")
    browser.heard.clear()
    browser.post("/courses/basics/lessons/first/checks/check-single", {"answer": "force"}, follow_redirects=True)
    heard = "".join(browser.heard)
    assert "WHYWRONG" in heard
    assert "WHYPHONES" not in heard


def test_the_ids_of_a_matching_question_do_not_pair_up(app: Flask, visitor: Visit) -> None:
    payload = library().question("basics", "matching").payload()
    slots, options = {slot.id for slot in payload.slots}, {option.id for option in payload.slots[0].options}
    assert not slots & options


def test_the_order_shown_does_not_tell_the_key(app: Flask, visitor: Visit) -> None:
    """Over many attempts the right choice stands first as often as elsewhere, and an ordering never comes solved."""
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    begin(browser, "basics")
    from lms.learning.attempts import draw

    course, revision = library().course("basics"), library().revision_of("basics")
    first = 0
    for seed in range(400):
        shown = dict(draw(library(), course, revision, course.quizzes[0], str(seed)))
        first += shown["multiple"][0] == "wealth"
        assert shown["ordering"] != ["safety", "needs", "record"]
    assert 90 < first < 180, first  # one in three expected; the seeds are fixed, so this never wavers
