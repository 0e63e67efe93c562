"""How somebody uses a page: by mouse, or by keyboard alone. Whatever tests do is made of these few verbs."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from courses.questions.base import Answer, Question
from courses.questions.categorise import Categorise
from courses.questions.gaps import Gaps
from courses.questions.matching import Matching
from courses.questions.multiple_choice import MultipleChoice
from courses.questions.number import NumberQuestion
from courses.questions.open import Open
from courses.questions.ordering import Ordering
from courses.questions.rating import Rating
from courses.questions.scenario import Scenario
from courses.questions.short_text import ShortText
from courses.questions.single_choice import SingleChoice
from courses.questions.true_false import TrueFalse
from tests.lms.conftest import PASSWORD
from tests.lms.journey import best_way

SEEN = """element => {
  const style = getComputedStyle(element);
  return element.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""
FILLED = """box => {
  const fields = [...box.querySelectorAll("select, input:not([type=radio], [type=checkbox])")];
  return Object.fromEntries(fields.map(field => [field.name, field.value]));
}"""
FURTHEST = 400
"""Tabs after which a target counts as out of reach."""


class Mouse:
    """A page under the hand of somebody with a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        """Follow a link or press a button."""
        target.click()

    def tick(self, target: Locator) -> None:
        """Choose a radio button, or tick a box that is not ticked."""
        target.check()

    def untick(self, target: Locator) -> None:
        """Take the tick from a box that is ticked."""
        target.uncheck()

    def write(self, target: Locator, text: str) -> None:
        """Write into a field, in place of what stands there."""
        target.fill(text)

    def pick(self, target: Locator, value: str) -> None:
        """Choose from a menu."""
        target.select_option(value)

    # ── made of the above ─────────────────────────────────────────────────────────────────────────────────────────

    def go(self, target: Locator) -> None:
        """Press something that leads to another page."""
        with self.page.expect_navigation():
            self.press(target)

    def follow(self, name: str) -> None:
        """Follow the link with this name, in the page's own part."""
        self.go(self.page.locator("main").get_by_role("link", name=name, exact=True).first)

    def push(self, name: str) -> None:
        """Press the button with this name that sends a form, in the page's own part."""
        self.go(self.page.locator("main").get_by_role("button", name=name, exact=True).first)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in as somebody of the world, or of the demo region with its password."""
        self.page.goto("/sign-in")
        self.write(self.page.get_by_label("E-mail address"), f"{name}@example.org")
        self.write(self.page.get_by_label("Password", exact=True), password)
        self.push("Sign in")
        expect(self.page).not_to_have_url("**/sign-in")

    def answer(self, box: Locator, question: Question, given: Answer) -> None:
        """Give an answer to the question whose form is in the box."""
        match given:
            case str() if question.payload().shape == "text":
                self.write(box.locator('[name="answer"]'), given)
            case str():
                self.tick(box.locator(f'input[value="{given}"]'))
            case dict():
                for slot, value in given.items():
                    field = box.locator(f'[name="slot-{slot}"]')
                    if field.evaluate("field => field.localName") == "select":
                        self.pick(field, value)
                    else:
                        self.write(field, value)
            case list() if isinstance(question, Ordering):
                for place, step in enumerate(given, 1):
                    self.pick(box.locator(f'[name="place-{step}"]'), str(place))
            case list():
                for option in box.locator("input[type=checkbox]").all():
                    wanted = option.get_attribute("value") in given
                    if wanted != option.is_checked():
                        (self.tick if wanted else self.untick)(option)

    def play(self, box: Locator, way: list[str]) -> None:
        """Make the choices of the case in the box, one after the other."""
        for place, choice in enumerate(way):
            if place:
                expect(box.locator("ol.path > li")).to_have_count(place)
            self.tick(box.locator(f'input[type=radio][value="{choice}"]'))
            self.press(box.get_by_role("button", name="Continue with this choice"))
        expect(box.locator(".ended")).to_be_visible()


class Keyboard(Mouse):
    """A page under the hand of somebody without a mouse, who sees where the focus is."""

    def reach(self, target: Locator) -> None:
        """Go on with the Tab key until the target has the focus, and see that it has."""
        handle = target.element_handle()
        for _ in range(FURTHEST):
            if handle.evaluate("element => element === document.activeElement"):
                assert handle.evaluate(SEEN), f"The focus on {target} can't be seen."
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} can't be reached with the Tab key.")

    def press(self, target: Locator) -> None:
        self.reach(target)
        self.page.keyboard.press("Enter")

    def tick(self, target: Locator) -> None:
        if target.get_attribute("type") != "radio":
            self.reach(target)
            self.page.keyboard.press("Space")
        else:  # Tab comes to the group once; the arrows choose within it
            group = target.locator("xpath=ancestor::fieldset").locator("input[type=radio]")
            chosen = group.and_(self.page.locator(":checked"))
            first = chosen if chosen.count() else group.first
            self.reach(first)
            self.page.keyboard.press("Space")
            for _ in range(group.count()):
                if target.is_checked():
                    break
                self.page.keyboard.press("ArrowDown")
        expect(target).to_be_checked()

    def untick(self, target: Locator) -> None:
        self.reach(target)
        self.page.keyboard.press("Space")
        expect(target).not_to_be_checked()

    def write(self, target: Locator, text: str) -> None:
        self.reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def pick(self, target: Locator, value: str) -> None:
        self.reach(target)
        self.page.keyboard.press("Home")
        for _ in range(target.locator("option").count()):
            if target.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        expect(target).to_have_value(value)


def right_answer(question: Question) -> Answer:
    """What scores in full, from the question's key."""
    match question:
        case SingleChoice():
            return next(choice.id for choice in question.choices if choice.correct)
        case TrueFalse():
            return str(question.answer).lower()
        case MultipleChoice():
            return sorted(choice.id for choice in question.choices if choice.correct)
        case Matching():
            return {question.slot_id(pair.id): question.option_id(pair.id) for pair in question.pairs}
        case Ordering():
            return [step.id for step in question.steps]
        case Gaps():
            return {
                gap.id: gap.accept[0] if gap.accept else next(c.id for c in gap.choices or () if c.correct)
                for gap in question.gaps
            }
        case Categorise():
            return {question.slot_id(item.id): question.option_id(item.category) for item in question.items}
        case ShortText():
            return question.accept[0]
        case NumberQuestion():
            return question.answer
        case Open():
            return "In my own words."
        case Rating():
            return question.scale[0].id
        case Scenario():
            return best_way(question)
    raise AssertionError(f"No right answer is known to a question of type {question.type}.")


def shown_answer(page: Page, question: Question) -> Answer:
    """The answer that the question on a quiz page stands at."""
    box = page.locator("fieldset.question")
    values: dict[str, str] = box.evaluate(FILLED)
    chosen: list[str] = box.evaluate("box => [...box.querySelectorAll('input:checked')].map(field => field.value)")
    match question:
        case SingleChoice() | TrueFalse():
            return chosen[0] if chosen else ""
        case MultipleChoice():
            return sorted(chosen)
        case NumberQuestion() | ShortText():
            return values["answer"]
        case Ordering():
            return [
                name.removeprefix("place-") for name, _ in sorted(values.items(), key=lambda item: int(item[1] or 0))
            ]
        case _:
            return {name.removeprefix("slot-"): value for name, value in values.items()}
