"""Every course of content/, played through in a browser without scripts on a narrow screen: each lesson is opened, each
check answered, each scenario brought to every ending, the final failed by who guesses and passed by who knows. On the
way axe looks at each page of the course, and none may scroll sideways.

A course takes some forty seconds, so `make test` plays one of them, and `make play` all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random
from typing import Any, cast

import pypdfium2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from courses.layout import course_ids
from courses.model import Course, LessonEntry
from courses.questions.base import Answer, Question
from courses.questions.multiple_choice import MultipleChoice
from courses.questions.ordering import Ordering
from courses.questions.scenario import Scenario
from lms.config import ROOT
from lms.db import db
from lms.library import library
from lms.records.attempts import Attempt
from tests.browser.conftest import PATIENCE, Complaints, Site
from tests.browser.deeds import doing
from tests.browser.hands import Mouse, right_answer
from tests.browser.test_accessibility import AXE, EVERYTHING, RUN
from tests.lms.conftest import enrol

PLAYED = course_ids(ROOT / "content") if os.environ.get("STAZA_PLAY") else ["crisis-management"]
WHO = "office"
TOO_WIDE = """() => [...document.querySelectorAll("main *")]
  .filter(element => element.getBoundingClientRect().right > innerWidth && !element.children.length)
  .slice(0, 3).map(element => element.outerHTML.slice(0, 200))"""
NARROW = {"width": 360, "height": 800}


class Player(Mouse):
    """Somebody who plays a course through, and what was found wrong with its pages on the way."""

    def __init__(self, page: Page, eyes: Page, site: Site, course: Course) -> None:
        super().__init__(page)
        self.eyes = eyes
        self.site = site
        self.course = course
        self.found: list[str] = []

    def look(self) -> None:
        """Note what is wrong with the page that is open; axe is a script, and looks at it in a window of its own."""
        self.measure()
        self.eyes.goto(self.page.url)
        self.eyes.evaluate(AXE)
        self.found += [f"{self.page.url}: {fault}" for fault in self.eyes.evaluate(RUN, EVERYTHING)]

    def measure(self) -> None:
        """Note whether the page that is open scrolls sideways."""
        across: int = self.page.evaluate("document.scrollingElement.scrollWidth")
        if across > NARROW["width"]:
            self.found.append(f"{self.page.url}: {across} pixels wide, {self.page.evaluate(TOO_WIDE)}")

    def question(self, id: str) -> Question:
        """A question of the course."""
        with self.site.app.app_context():
            question = library().question(self.course.id, id)
        assert question
        return question

    # ── lessons ───────────────────────────────────────────────────────────────────────────────────────────────────

    def take(self, lesson: LessonEntry) -> None:
        """Open the lesson, answer each of its checks rightly, and each of its scenarios in every way that ends."""
        self.page.goto(f"/courses/{self.course.id}/lessons/{lesson.id}")
        expect(self.page.get_by_role("heading", level=1)).to_have_text(lesson.title)
        for id in lesson.checks:
            box, question = self.page.locator(f"#check-{id}"), self.question(id)
            if isinstance(question, Scenario):
                self.play_every_way(box, question)
                continue
            self.answer(box, question, right_answer(question))
            self.go(box.locator("form .actions button").last)
            verdict = box.locator(".verdict")
            expect(verdict).to_be_visible() if question.type == "open" else expect(verdict).to_have_text("Correct")
        expect(self.page.locator("#open-checks")).to_be_empty()
        self.look()

    def play_every_way(self, box: Locator, scenario: Scenario) -> None:
        """Bring the scenario to each of its endings."""
        for place, (ending, way) in enumerate(endings(scenario).items()):
            if place:
                self.go(box.get_by_role("link", name="Start the case again"))
            self.play(box, way)
            worth = next(state.ending.score for state in scenario.states if state.id == ending and state.ending)
            assert scenario.grade(way).score == worth
            expect(box.get_by_role("button", name="Continue with this choice")).to_have_count(0)

    # ── the final ─────────────────────────────────────────────────────────────────────────────────────────────────

    def attempt(self, quiz: str, chooser: Random | None) -> None:
        """Take the quiz: knowing every answer, or guessing by lot."""
        self.page.goto(f"/courses/{self.course.id}/quizzes/{quiz}")
        self.push("Start the quiz")
        number = self.page.url.split("/attempts/")[1].split("/")[0]
        questions = [self.question(id) for id in self._asked(number)]
        for place, question in enumerate(questions, 1):
            self.measure()
            box = self.page.locator("fieldset.question")
            given = right_answer(question) if chooser is None else guessed(question, box, chooser)
            self.answer(box, question, given)
            self.push("Save and next" if place < len(questions) else "Save and review")
        self.push("Submit the attempt")
        expect(self.page.get_by_role("heading", name="Passed" if chooser is None else "Not passed")).to_be_visible()

    def _asked(self, attempt: str) -> list[str]:
        with self.site.app.app_context():
            found = [list(one.questions) for one in db.session.query(Attempt) if str(one.id) == attempt]
            db.session.remove()
        return found[0]


def endings(scenario: Scenario) -> dict[str, list[str]]:
    """A way to each ending of the scenario, with the fewest choices."""
    states = {state.id: state for state in scenario.states}
    found: dict[str, list[str]] = {}
    ways: list[tuple[str, list[str]]] = [(scenario.start, [])]
    seen = {scenario.start}
    for here, way in ways:
        if states[here].ending:
            found[here] = way
        for choice in states[here].choices:
            if choice.to not in seen:
                seen.add(choice.to)
                ways.append((choice.to, [*way, choice.id]))
    assert found.keys() == {state.id for state in scenario.states if state.ending}
    return found


def guessed(question: Question, box: Locator, chooser: Random) -> Answer:
    """An answer by lot, from what the page shows."""
    payload = question.payload()
    if isinstance(question, Ordering):
        return chooser.sample([option.id for option in payload.options], len(payload.options))
    if isinstance(question, MultipleChoice):
        return [option.id for option in payload.options if chooser.random() < 0.5] or [payload.options[0].id]
    if payload.shape == "text":
        return str(chooser.randint(1, 100))
    fields: dict[str, list[str]] = box.evaluate("""box => Object.fromEntries(
      [...box.querySelectorAll("select, input:not([type=radio], [type=checkbox], [type=hidden])")].map(field =>
        [field.name, [...(field.options ?? [])].map(option => option.value).filter(value => value)]))""")
    if fields:
        return {name.removeprefix("slot-"): chooser.choice(values or ["no idea"]) for name, values in fields.items()}
    shown: list[str] = box.evaluate("box => [...box.querySelectorAll('input[type=radio]')].map(field => field.value)")
    return chooser.choice(shown)


def pages_printed(page: Page) -> int:
    """How many pages of A4 the open page takes on paper."""
    document = pypdfium2.PdfDocument(
        page.pdf(format="A4", margin=cast(Any, dict.fromkeys(("top", "right", "bottom", "left"), "12mm")))
    )
    try:
        return len(document)
    finally:
        document.close()


@pytest.fixture(scope="module")
def entered(browser: Browser, site: Site) -> Any:
    """The cookies of somebody who has signed in."""
    context = browser.new_context(base_url=site.url, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    Mouse(context.new_page()).sign_in(WHO)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def windows(browser: Browser, site: Site, entered: Any, complaints: Complaints) -> Iterator[tuple[Page, Page]]:
    """A narrow page without scripts, and one with them."""
    contexts = [
        browser.new_context(
            base_url=site.url,
            locale="en-GB",
            viewport=cast(Any, NARROW),
            storage_state=entered,
            java_script_enabled=scripts,
        )
        for scripts in (False, True)
    ]
    for context in contexts:
        context.set_default_timeout(PATIENCE)
        complaints.listen(context)
    without, with_scripts = (context.new_page() for context in contexts)
    yield without, with_scripts
    for context in contexts:
        context.close()


@pytest.mark.parametrize("course_id", PLAYED)
def test_a_course_is_played_through(course_id: str, site: Site, windows: tuple[Page, Page]) -> None:
    page, eyes = windows
    with doing(site.app, site.world.email(WHO)) as deeds:
        enrol(deeds.actor.person, course_id)
        course = deeds.course(course_id)
    player = Player(page, eyes, site, course)
    page.goto(f"/courses/{course.id}")
    player.push("Start the course")
    for lesson in course.lessons:
        player.take(lesson)
        player.push("Finish and continue")
    (final,) = course.quizzes
    player.attempt(final.id, Random(course.id))
    player.attempt(final.id, None)
    player.look()
    expect(page.get_by_text("You have completed this course.")).to_be_visible()
    for address in (f"/courses/{course.id}", f"/courses/{course.id}/card"):
        page.goto(address)
        player.look()
    assert pages_printed(page) == 1, "the summary card is for one sheet of paper"
    assert player.found == [], "\n\n".join(player.found)
