"""Nothing that was answered is lost, and nothing is done twice, whatever somebody does with their browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Dialog, Page, expect
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import func, select

from courses.questions.base import Answer, Question
from lms.db import db
from lms.records.attempts import Attempt
from lms.records.audit import AuditEvent
from tests.browser.conftest import Complaints, Site
from tests.browser.deeds import doing, question_of
from tests.browser.hands import Mouse, right_answer, shown_answer

COURSE = "human-rights-migration"
OpenPage = Callable[..., Page]


def begun(site: Site, name: str) -> tuple[Attempt, list[Question]]:
    """An open attempt of somebody, with its questions."""
    with doing(site.app, site.world.email(name)) as deeds:
        deeds.enrol(COURSE)
        attempt = deeds.begin(COURSE)
        return attempt, [question_of(COURSE, id) for id in attempt.questions]


def kept(site: Site, name: str, attempt: Attempt, question: Question) -> Answer | None:
    """The answer that is stored, as soon as there is one."""
    for _ in range(50):
        with doing(site.app, site.world.email(name)) as deeds:
            answer = deeds.saved(attempt).get(question.id)
        if answer is not None:
            return answer
        time.sleep(0.1)
    return None


def give(hand: Mouse, question: Question) -> Answer:
    """Answer the question on the page."""
    answer = right_answer(question)
    hand.answer(hand.page.locator("fieldset.question"), question, answer)
    return answer


def test_an_answer_survives_the_crash_of_its_page(site: Site, new_page: OpenPage) -> None:
    attempt, questions = begun(site, "office")
    hand = Mouse(new_page())
    hand.sign_in("office")
    hand.page.goto(f"/attempts/{attempt.id}")
    answer = give(hand, questions[0])
    expect(hand.page.locator("[data-autosave-status]")).to_have_text("Saved.")
    with hand.page.expect_event("crash"), suppress(PlaywrightError):
        hand.page.goto("chrome://crash")

    page = hand.page.context.new_page()
    page.goto(f"/attempts/{attempt.id}/questions/1")
    assert shown_answer(page, questions[0]) == answer


def test_saved_is_not_said_of_an_answer_that_has_changed_since(site: Site, new_page: OpenPage) -> None:
    attempt, questions = begun(site, "administrator")
    hand = Mouse(new_page())
    hand.sign_in("administrator")
    hand.page.goto(f"/attempts/{attempt.id}")
    give(hand, questions[0])
    status = hand.page.locator("[data-autosave-status]")
    expect(status).to_have_text("Saved.")
    said = status.evaluate("""status => {
      document.querySelector("form[data-autosave]").dispatchEvent(new Event("input"));
      return status.textContent;
    }""")
    assert said == "Saving…"
    expect(status).to_have_text("Saved.")


def test_going_back_in_the_browser_loses_no_answer(site: Site, new_page: OpenPage) -> None:
    attempt, questions = begun(site, "manager")
    hand = Mouse(new_page())
    hand.sign_in("manager")
    hand.page.goto(f"/attempts/{attempt.id}")
    first = give(hand, questions[0])
    hand.push("Save and next")
    second = give(hand, questions[1])
    expect(hand.page.locator("[data-autosave-status]")).to_have_text("Saved.")
    hand.page.go_back()
    assert shown_answer(hand.page, questions[0]) == first
    hand.page.go_forward()
    assert shown_answer(hand.page, questions[1]) == second


def test_leaving_before_an_answer_is_saved_still_saves_it(site: Site, new_page: OpenPage) -> None:
    attempt, questions = begun(site, "unit-manager")
    hand = Mouse(new_page())
    warned: list[str] = []

    def leave(dialog: Dialog) -> None:
        warned.append(dialog.type)
        dialog.accept()

    hand.page.on("dialog", leave)
    hand.sign_in("unit-manager")
    hand.page.goto("/")
    hand.page.goto(f"/attempts/{attempt.id}/questions/1")
    answer = give(hand, questions[0])
    hand.page.goto("/profile")
    assert set(warned) <= {"beforeunload"}
    assert kept(site, "unit-manager", attempt, questions[0]) == answer


def test_going_back_without_scripts_loses_no_answer_that_was_sent(site: Site, new_page: OpenPage) -> None:
    attempt, questions = begun(site, "trainer")
    hand = Mouse(new_page(java_script_enabled=False))
    hand.sign_in("trainer")
    hand.page.goto(f"/attempts/{attempt.id}")
    answer = give(hand, questions[0])
    hand.push("Save and next")
    hand.page.go_back()
    assert shown_answer(hand.page, questions[0]) == answer


def test_an_answer_waits_for_the_line_to_come_back(site: Site, new_page: OpenPage, complaints: Complaints) -> None:
    attempt, questions = begun(site, "coordinator")
    hand = Mouse(new_page())
    hand.sign_in("coordinator")
    hand.page.goto(f"/attempts/{attempt.id}")
    hand.page.context.set_offline(True)
    answer = give(hand, questions[0])
    status = hand.page.locator("[data-autosave-status]")
    expect(status).to_have_text("You’re offline. We’ll save as soon as you’re back.")
    hand.page.context.set_offline(False)
    expect(status).to_have_text("Saved.")
    assert kept(site, "coordinator", attempt, questions[0]) == answer
    complaints.forgive("ERR_INTERNET_DISCONNECTED")


def test_pressing_twice_does_no_more_than_once(site: Site, new_page: OpenPage) -> None:
    with doing(site.app, site.world.email("stranger")) as deeds:
        deeds.enrol(COURSE)
        person = deeds.actor.person.id
    hand = Mouse(new_page())
    hand.sign_in("stranger")
    hand.page.goto(f"/courses/{COURSE}/quizzes/final")
    hand.page.get_by_role("button", name="Start the quiz").dblclick()
    expect(hand.page).to_have_url(re.compile(r"/attempts/[^/]+/questions/1$"))  # waits whichever press leads there
    hand.push("Overview")
    hand.page.get_by_role("button", name="Submit the attempt").dblclick()
    expect(hand.page).to_have_url(re.compile(r"/attempts/[^/]+/result$"))
    expect(hand.page.get_by_role("heading", name="Not passed yet")).to_be_visible()
    hand.page.go_back()  # to an overview of what is submitted
    expect(hand.page.get_by_role("heading", name="Not passed yet")).to_be_visible()
    with site.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Attempt).where(Attempt.person_id == person)) == 1
        done = select(AuditEvent.action).where(AuditEvent.person_id == person, AuditEvent.action.startswith("attempt-"))
        assert sorted(db.session.scalars(done)) == ["attempt-begun", "attempt-submitted"]
        db.session.remove()
