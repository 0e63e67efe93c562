"""Small verbs for tests: what a trainee does, through pages, in a course of the library."""

from __future__ import annotations

from typing import Any

from courses.questions.base import Question
from lms.db import db
from lms.library import library
from lms.records.attempts import Attempt

from .conftest import Visitor


def key(question: Question) -> dict[str, object]:
    """The form fields that answer a question rightly, read from its own author's fields."""
    fields: Any = question
    match question.type:
        case "single-choice":
            return {"answer": next(choice.id for choice in fields.choices if choice.correct)}
        case "multiple-choice":
            return {"answer": [choice.id for choice in fields.choices if choice.correct]}
        case "true-false":
            return {"answer": "true" if fields.answer else "false"}
        case "matching":
            return {f"slot-{fields.slot_id(pair.id)}": fields.option_id(pair.id) for pair in fields.pairs}
        case "ordering":
            return {f"place-{step.id}": str(place) for place, step in enumerate(fields.steps, 1)}
        case "gaps":
            return {
                f"slot-{gap.id}": gap.accept[0] if gap.accept else next(c.id for c in gap.choices if c.correct)
                for gap in fields.gaps
            }
        case "short-text":
            return {"answer": fields.accept[0]}
        case "number":
            return {"answer": fields.answer}
        case "categorise":
            return {f"slot-{fields.slot_id(item.id)}": fields.option_id(item.category) for item in fields.items}
        case "open":
            return {"answer": "What I would say, in my own words."}
        case "rating":
            return {"answer": fields.scale[0].id}
        case "scenario":
            *made, last = best_way(question)
            return {"path": made, "answer": last, "choose": "1"}
    raise AssertionError(question.type)


def best_way(scenario: Question) -> list[str]:
    """The choices that lead to an ending worth 100%, fewest first."""
    ways: list[list[str]] = [[]]
    for way in ways:
        if scenario.grade(way).score == 1:
            return way
        ways += [[*way, option.id] for option in scenario.payload((), way).options if option.id not in way]
    raise AssertionError(f"{scenario.id} has no such ending")


def finish_lessons(browser: Visitor, course_id: str) -> None:
    """Enrol, answer every check rightly and finish every lesson."""
    course = library().course(course_id)
    browser.post(f"/courses/{course_id}/enrol")
    browser.post(f"/courses/{course_id}/start")
    for lesson in course.lessons:
        for check in lesson.checks:
            answer_check(browser, course_id, lesson.id, check)
        assert browser.post(f"/courses/{course_id}/lessons/{lesson.id}/finish").status_code == 303


def answer_check(browser: Visitor, course_id: str, lesson_id: str, check: str) -> str:
    """Answer a check rightly, as a script would; the fragment that comes back."""
    question = library().question(course_id, check)
    answer = browser.post(
        f"/courses/{course_id}/lessons/{lesson_id}/checks/{check}", key(question), headers={"X-Requested-With": "fetch"}
    )
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def begin(browser: Visitor, course_id: str, quiz_id: str = "final") -> str:
    """Begin an attempt; its address."""
    answer = browser.post(f"/courses/{course_id}/quizzes/{quiz_id}/attempts")
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def stored(attempt_url: str) -> Attempt:
    """The attempt behind an address."""
    from uuid import UUID

    db.session.remove()
    return db.session.query(Attempt).filter_by(id=UUID(attempt_url.rsplit("/", 1)[1])).one()


def answer_all(browser: Visitor, attempt_url: str, but: tuple[str, ...] = ()) -> None:
    """Answer every question of an attempt rightly, except those left out."""
    attempt = stored(attempt_url)
    for number, id in enumerate(attempt.questions, 1):
        if id not in but:
            question = library().question(attempt.course_id, id, attempt.revision)
            assert browser.post(f"{attempt_url}/questions/{number}", key(question)).status_code == 303


def complete(browser: Visitor, course_id: str) -> str:
    """Take a whole course and pass; the address of the attempt."""
    finish_lessons(browser, course_id)
    attempt = begin(browser, course_id)
    answer_all(browser, attempt)
    assert browser.post(f"{attempt}/submit").status_code == 303
    return attempt
