"""Nothing that was answered is lost, and nothing is done twice, whatever somebody does with their browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import Dialog, Page, Route, expect
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import delete, func, select

from courses.questions.base import Answer, Question
from lms import clock
from lms.db import db
from lms.learning import attempts
from lms.library import library
from lms.records.accounts import SignIn
from lms.records.attempts import Attempt
from lms.records.audit import AuditEvent
from lms.records.enrolments import Enrolment
from tests.browser.conftest import Complaints, Site
from tests.browser.deeds import doing, question_of
from tests.browser.hands import Mouse, right_answer, shown_answer
from tests.lms.conftest import PASSWORD

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
      const fields = [...document.querySelectorAll("fieldset.question :is(input, select)")];
      const field = fields.find((one) => one.type !== "radio" || !one.checked);
      if (field.type === "radio" || field.type === "checkbox") field.checked = !field.checked;
      else if (field.localName === "select") field.selectedIndex = (field.selectedIndex + 1) % field.options.length;
      else field.value += " and more";
      field.dispatchEvent(new Event("input", { bubbles: true }));
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


def typed(site: Site, name: str) -> tuple[Attempt, Question, int]:
    """An open attempt with a question whose first field is a text, and the number of that question. Attempts in which
    none was drawn are submitted."""
    while True:
        attempt, questions = begun(site, name)
        for number, question in enumerate(questions, 1):
            payload = question.payload()
            if payload.shape == "text" or any(not slot.options for slot in payload.slots):
                return attempt, question, number
        with doing(site.app, site.world.email(name)) as deeds:
            attempts.submit(deeds.actor, library(), attempt.id, clock.now())
            db.session.get_one(Enrolment, (attempt.institution_id, attempt.enrolment_id)).extra_attempts += 1
            db.session.commit()


def words(answer: Answer | None) -> list[str]:
    """All that was typed into the fields of one question."""
    return list(answer.values()) if isinstance(answer, dict) else [str(answer)]


def test_after_saved_nobody_is_asked_whether_to_leave(site: Site, new_page: OpenPage) -> None:
    attempt, _question, number = typed(site, "patrol")
    hand = Mouse(new_page())
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    hand.page.on("dialog", leave)
    hand.sign_in("patrol")
    hand.page.goto(f"/attempts/{attempt.id}/questions/{number}")
    field = hand.page.locator("fieldset.question input[type=text], fieldset.question textarea").first
    field.click()
    hand.page.keyboard.type("12")
    expect(hand.page.locator("[data-autosave-status]")).to_have_text("Saved.")
    hand.page.keyboard.press("Tab")  # leaving a field that was typed into says "change" once more
    expect(hand.page.locator("[data-autosave-status]")).to_have_text("Saved.")
    hand.page.goto("/profile")
    assert asked == []


def test_two_tabs_never_overwrite_each_other_unseen(site: Site, new_page: OpenPage, complaints: Complaints) -> None:
    attempt, question, number = typed(site, "colleague")
    hand = Mouse(new_page())
    hand.sign_in("colleague")
    url = f"/attempts/{attempt.id}/questions/{number}"
    first, second = hand.page, hand.page.context.new_page()
    first.goto(url)
    second.goto(url)
    field = "fieldset.question input[type=text], fieldset.question textarea"
    status = "[data-autosave-status]"
    first.locator(field).first.fill("11")
    expect(first.locator(status)).to_have_text("Saved.")
    first.locator(field).first.fill("12")
    expect(first.locator(status)).to_have_text("Saved.")
    saved = kept(site, "colleague", attempt, question)
    second.locator(field).first.fill("34")
    expect(second.locator(status)).to_contain_text("Not saved: this answer was changed in another window")
    assert kept(site, "colleague", attempt, question) == saved
    with second.expect_navigation():
        second.locator("main").get_by_role("button", name="Save and").click()
    expect(second.locator(".saved-answer input, .saved-answer textarea").first).to_have_value("12")
    expect(second.locator("form.check").locator(field).first).to_have_value("34")
    with second.expect_navigation():
        second.locator("main").get_by_role("button", name="Save and").click()
    assert kept(site, "colleague", attempt, question) != saved
    complaints.forgive("409")


def test_an_answer_held_back_by_the_line_does_not_overwrite_the_next(site: Site, new_page: OpenPage) -> None:
    attempt, question, number = typed(site, "other-manager")
    hand = Mouse(new_page())
    hand.sign_in("other-manager")
    hand.page.goto(f"/attempts/{attempt.id}/questions/{number}")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if not held and route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    hand.page.context.route("**/questions/*", hold)
    field = hand.page.locator("fieldset.question input[type=text], fieldset.question textarea").first
    field.fill("11")
    hand.page.wait_for_timeout(700)
    assert held
    late = held[0].request
    field.fill("12")
    hand.push("Save and next" if number < len(attempt.shown) else "Save and review")
    saved = kept(site, "other-manager", attempt, question)
    assert "12" in words(saved)
    # it arrives after all, as a whole request
    answer = hand.page.context.request.post(late.url, data=late.post_data_buffer, headers=late.all_headers())
    assert answer.status == 409
    assert kept(site, "other-manager", attempt, question) == saved


def test_what_was_typed_when_the_sign_in_ended_is_sent_after_it(
    site: Site, new_page: OpenPage, complaints: Complaints
) -> None:
    attempt, question, number = typed(site, "office")
    hand = Mouse(new_page())
    hand.sign_in("office")
    url = f"/attempts/{attempt.id}/questions/{number}"
    hand.page.goto(url)
    with site.app.app_context():
        db.session.execute(delete(SignIn))
        db.session.commit()
        db.session.remove()
    field = "fieldset.question input[type=text], fieldset.question textarea"
    hand.page.locator(field).first.fill("seventeen or so")
    status = hand.page.locator("[data-autosave-status]")
    expect(status).to_contain_text("Not saved: you have been signed out")
    hand.push("Save and next" if number < len(attempt.shown) else "Save and review")
    expect(hand.page.get_by_text("What you typed is kept")).to_be_visible()
    assert "seventeen" not in hand.page.url
    hand.write(hand.page.get_by_label("E-mail address"), "office@example.org")
    hand.write(hand.page.get_by_label("Password", exact=True), PASSWORD)
    hand.push("Sign in")
    expect(hand.page.get_by_text("seventeen or so", exact=True)).to_be_visible()
    hand.page.reload()  # sends the sign-in form once more
    expect(hand.page.get_by_text("seventeen or so", exact=True)).to_be_visible()
    hand.push("Send it now")
    saved = kept(site, "office", attempt, question)
    assert "seventeen or so" in words(saved)
    complaints.forgive("401", "400")


def test_the_countdown_knows_that_the_computer_slept(site: Site, new_page: OpenPage, complaints: Complaints) -> None:
    attempt, _questions = begun(site, "unit-manager")
    if attempt.deadline_at is None:
        pytest.skip("This quiz has no time limit.")
    hand = Mouse(new_page())
    hand.sign_in("unit-manager")
    hand.page.goto("/")
    hand.page.clock.install()
    hand.page.goto(f"/attempts/{attempt.id}/questions/1")
    shown = hand.page.locator("time[data-seconds]")
    before = seconds(shown.inner_text())
    # the wall clock goes on while the steady one of the page stood still
    hand.page.evaluate("() => { const now = Date.now; Date.now = () => now() + 15 * 60_000; }")
    hand.page.route("**/time", lambda route: route.abort())
    hand.page.clock.run_for(1500)
    assert seconds(shown.inner_text()) <= before - 15 * 60 + 2
    # the server is asked as soon as it can be
    hand.page.unroute("**/time")
    hand.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(shown).not_to_have_text("0:00")
    with hand.page.expect_response("**/time") as told:
        hand.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    left = told.value.json()["seconds"]
    hand.page.wait_for_timeout(100)
    complaints.forgive("ERR_FAILED")  # while the server could not be asked
    assert abs(seconds(shown.inner_text()) - left) <= 2


def seconds(text: str) -> int:
    """The seconds of a time as the countdown shows it."""
    minutes, rest = text.split(":")
    return int(minutes) * 60 + int(rest)


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
