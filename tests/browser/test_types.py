"""Cases step by step and answers in own words, as people use them: by keyboard, without scripts; and what axe says of
each type, before and after its answer, and of marking."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from courses.questions.base import Question
from lms import clock
from lms.db import db
from lms.learning import attempts
from lms.library import library
from lms.records.people import Grant, Role
from tests.browser.conftest import Complaints, Site, served
from tests.browser.deeds import doing, question_of
from tests.browser.hands import Keyboard, Mouse, right_answer
from tests.browser.test_accessibility import faults
from tests.lms.conftest import CONTENT, World, compile_into, lay_down

COURSE, LESSON = "practice", "/courses/practice/lessons/only"
OpenPage = Callable[..., Page]


def lay_down_with_trainer() -> World:
    """The tests' world, in which the trainer owns the course practice as well."""
    world = lay_down()
    person = world.people["trainer"]
    db.session.add(
        Grant(institution_id=person.institution_id, person_id=person.id, role=Role.TRAINER, course_id=COURSE)
    )
    db.session.commit()
    return world


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server with the test courses."""
    artefacts = tmp_path_factory.mktemp("practice")
    compile_into(artefacts, CONTENT)
    with served(tmp_path_factory.mktemp("types"), artefacts, lay_down_with_trainer) as running:
        yield running


def choose(hand: Mouse, page: Page, text: str) -> None:
    """Tick a choice of the case on the page."""
    hand.tick(page.get_by_label(text))


def begun(site: Site, name: str) -> tuple[str, dict[str, int]]:
    """An open attempt of somebody: its address, and the number of each of its questions."""
    with doing(site.app, site.world.email(name)) as deeds:
        deeds.enrol(COURSE)
        attempt = deeds.begin(COURSE)
        return f"/attempts/{attempt.id}", {id: number for number, id in enumerate(attempt.questions, 1)}


def test_a_case_and_words_of_ones_own_by_keyboard(site: Site, new_page: OpenPage) -> None:
    with doing(site.app, site.world.email("trainee")) as deeds:
        deeds.enrol(COURSE)
    page = new_page()
    hand = Keyboard(page)
    hand.sign_in("trainee")
    page.goto(LESSON)
    case, words = page.locator("#check-check-case"), page.locator("#check-check-open")

    hand.tick(case.get_by_label("Ask to see the back"))
    hand.reach(case.get_by_role("button", name="Continue with this choice"))
    page.keyboard.press("Enter")
    expect(case.locator("#now-check-case")).to_be_focused()
    expect(case.locator("#now-check-case")).to_contain_text("Six people sit in the dark")
    expect(case.get_by_role("list", name="So far").get_by_role("listitem")).to_contain_text("he opens it slowly")
    hand.tick(case.get_by_label("Give them water"))
    hand.reach(case.get_by_role("button", name="Continue with this choice"))
    page.keyboard.press("Enter")
    expect(case.locator(".verdict")).to_be_focused()
    expect(case.locator(".verdict")).to_have_text("This ending scores 100%")

    page.goto(LESSON)
    hand.write(words.get_by_label("Your answer"), "You are safe with us.")
    hand.reach(words.get_by_role("button", name="Submit the answer"))
    page.keyboard.press("Enter")
    expect(words.locator(".verdict")).to_be_focused()
    expect(words).to_contain_text("You are safe with us.")
    expect(words).to_contain_text("WHYCHECKMODEL")


def test_a_quiz_of_cases_and_words_without_scripts_to_its_mark(site: Site, new_page: OpenPage) -> None:
    url, number = begun(site, "colleague")
    page = new_page(java_script_enabled=False)
    hand = Mouse(page)
    hand.sign_in("colleague")
    opened = page.context.new_page()
    for each in (opened, page):
        each.goto(f"{url}/questions/{number['case']}")
    choose(hand, page, "Wait a little")
    hand.push("Continue with this choice")
    assert page.url.endswith("#now-case")
    expect(page.locator("#now-case")).to_be_in_viewport()
    choose(hand, page, "Wave him on")
    hand.push("Continue with this choice")
    expect(page.locator("#now-case")).to_contain_text("You read of the van next morning.")
    expect(page.locator("ol.path > li")).to_have_count(2)

    page.go_back()  # what was done stays done
    expect(page.locator("#now-case")).to_contain_text("You read of the van next morning.")
    late = Mouse(opened)  # another choice, on a page that was opened at the start
    choose(late, opened, "Ask to see the back")
    late.push("Continue with this choice")
    expect(opened.get_by_role("alert")).to_contain_text("You already made another choice here")
    expect(opened.locator("#now-case")).to_contain_text("You read of the van next morning.")

    page.goto(f"{url}/questions/{number['open']}")
    hand.write(page.get_by_label("Your answer"), "I would sit down with them.")
    page.locator("button[name=go]").first.click()
    page.goto(f"{url}/overview")
    hand.push("Submit the attempt")
    expect(page.get_by_role("heading", name="Waiting to be marked by the trainer").first).to_be_visible()

    trainer = new_page(java_script_enabled=False)
    other = Mouse(trainer)
    other.sign_in("trainer")
    trainer.goto(f"/trainer/{COURSE}")
    other.follow("1 answer to mark")
    trainer.locator("tbody a").first.click()
    expect(trainer.locator(".given")).to_have_text("I would sit down with them.")
    for label, points in (("Speaks calmly", "1"), ("Names the rights", "2.5")):
        other.write(trainer.get_by_label(label), points)
    other.write(trainer.get_by_label("Your comment"), "Well said.")
    other.push("Save the mark")
    expect(trainer.get_by_text("No answers to mark.")).to_be_visible()

    page.goto(f"{url}/result")
    expect(page.get_by_role("heading", name="Not passed yet")).to_be_visible()
    expect(page.get_by_text("Well said.")).to_be_visible()


def answered(site: Site, name: str) -> tuple[str, str]:
    """Somebody who has an attempt submitted, and another open in the middle of its case: the address of each."""
    with doing(site.app, site.world.email(name)) as deeds:
        deeds.enrol(COURSE)
        attempt, at = deeds.begin(COURSE), clock.now()
        for id in attempt.questions:
            attempts.save(deeds.actor, library(), attempt.id, id, right_answer(question_of(COURSE, id)), at)
        attempts.submit(deeds.actor, library(), attempt.id, at)
        second = deeds.begin(COURSE)
        attempts.save(deeds.actor, library(), second.id, "case", ["look"], at)
        return f"/attempts/{attempt.id}", f"/attempts/{second.id}"


def test_axe_finds_nothing_on_any_type_nor_on_marking(
    site: Site, browser: Browser, new_page: OpenPage, complaints: Complaints
) -> None:
    done, second = answered(site, "patrol")
    page = new_page(reduced_motion="reduce")
    Mouse(page).sign_in("patrol")
    pages = [LESSON, f"{done}/result", f"{second}/overview", "/", f"/courses/{COURSE}/quizzes/final"]
    pages += [f"{second}/questions/{number}" for number in range(1, 7)]
    found = [fault for path in pages for fault in faults(page, path)]
    hand = Mouse(page)
    for id in ("word", "number", "sorting", "open", "rating", "case"):
        page.goto(LESSON)
        box = page.locator(f"#check-check-{id}")
        if id == "case":
            hand.tick(box.get_by_label("Wave him on"))
        else:
            question = _question(site, f"check-{id}")
            hand.answer(box, question, right_answer(question))
        box.locator("form button").first.click()
        expect(box.locator(".verdict")).to_be_visible()
    found += faults(page, LESSON)
    trainer = new_page(reduced_motion="reduce")
    Mouse(trainer).sign_in("trainer")
    marking = f"/trainer/{COURSE}/marking"
    mark = f"{marking}/{done.rsplit('/', 1)[1]}/open"
    for path in (marking, mark, "/trainer", f"/trainer/{COURSE}", f"/trainer/{COURSE}/as/RS/lessons/only"):
        found += faults(trainer, path)
    mark_and_mark_again(trainer, mark)
    for path in (f"{marking}/marked", mark):
        found += faults(trainer, path)
    found += faults(page, f"{done}/result")
    assert found == [], "\n\n".join(found)


def mark_and_mark_again(trainer: Page, mark: str) -> None:
    """Give an answer its mark, and then another one."""
    hand = Mouse(trainer)
    for points, button in (("0.5", "Save the mark"), ("1", "Change the mark")):
        trainer.goto(mark)
        for label in ("Speaks calmly", "Names the rights"):
            hand.write(trainer.get_by_label(label), points)
        if button == "Change the mark":
            hand.write(trainer.get_by_label("Reason for the change"), "I had overlooked the last sentence.")
        hand.push(button)
    expect(trainer.get_by_text("The mark has been changed. The trainee can read why.")).to_be_visible()


def _question(site: Site, id: str) -> Question:
    with site.app.app_context():
        return question_of(COURSE, id)
