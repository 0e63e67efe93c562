"""The preview in a real browser: a file is saved, and the page that is open is as the file is, in the same place."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lms.config import ROOT
from tests.browser.conftest import PATIENCE, Complaints, free_port
from tests.browser.test_accessibility import faults
from tests.courses.books import BASE, SCENARIO, edit, lay

EYES = "/RS.en"
FIRST = f"{EYES}/paths/lessons/first"


class Preview:
    """`staza preview` on a folder of its own, as a process that can be stopped and started again."""

    def __init__(self, content: Path) -> None:
        self.content = content
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "lms.cli", "preview", "--port", str(self.port), "--content", str(self.content)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE
        )
        assert self._process.stdout
        said = self._process.stdout.readline().decode()
        assert self.url in said, said
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(self.url, timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise AssertionError("The preview did not start.")

    def stop(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait(timeout=30)
        assert self._process.stdout
        self._process.stdout.close()


@pytest.fixture
def preview(tmp_path: Path) -> Iterator[Preview]:
    """The preview of a small course without a mistake, whose first lesson is long enough to be scrolled."""
    content = lay(BASE.name, tmp_path / "content")
    first = content / "paths/lessons/first.md"
    long = "".join(f"Paragraph {number} of many, with words in it.\n\n" for number in range(1, 40))
    first.write_text(first.read_text("utf-8").replace("A path begins", long + "A path begins"), "utf-8")
    running = Preview(content)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def new_tab(browser: Browser, preview: Preview, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """`new_tab(path, **options)`: a page of the preview."""
    contexts: list[BrowserContext] = []

    def open_page(path: str, **options: Any) -> Page:
        context = browser.new_context(base_url=preview.url, locale="en-GB", reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE)
        complaints.listen(context)
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def main(page: Page) -> Any:
    return page.locator("main")


# ── what is saved is shown ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_save_is_on_the_screen_and_the_reader_stays_where_they_are(
    preview: Preview, new_tab: Callable[..., Page]
) -> None:
    page = new_tab(FIRST)
    montenegro = page.locator("details.country", has_text="Montenegro")
    montenegro.locator("summary").click()
    choice = page.get_by_label("There")
    choice.check()
    choice.focus()
    mark = page.get_by_text("Paragraph 30 of many")
    page.evaluate("scrollTo(0, document.body.scrollHeight / 3)")
    before = mark.bounding_box()
    page.evaluate("window.same = document.querySelector('main p')")
    edit(
        preview.content / "paths/lessons/first.md",
        "Paragraph 2 of many",
        "Something new.\n\nAnd a list:\n\n- one\n- two\n\nParagraph 2 of many",
    )
    expect(main(page)).to_contain_text("Something new.")
    after = mark.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2, "the text under the reader's eyes did not move"
    expect(montenegro).to_have_attribute("open", "")
    expect(choice).to_be_checked()
    expect(choice).to_be_focused()
    assert page.evaluate("window.same.isConnected"), "what did not change is the same as before"


def test_a_page_does_not_stir_when_another_file_changes(preview: Preview, new_tab: Callable[..., Page]) -> None:
    page = new_tab(FIRST)
    course = new_tab(f"{EYES}/paths")
    expect(page.locator("[data-live-status]")).to_be_empty()
    page.wait_for_timeout(500)
    page.evaluate("""() => { window.stirred = 0; new MutationObserver(() => { stirred += 1; }).observe(
        document.body, {subtree: true, childList: true, attributes: true, characterData: true}); }""")
    edit(preview.content / "paths/lessons/second.md", "title: ", "title: Quite another ")
    expect(main(course)).to_contain_text("Quite another")
    page.wait_for_timeout(500)
    assert page.evaluate("window.stirred") in (0, 1), "only the words of the link to the next lesson"
    assert "Quite another" in page.content()


def test_what_is_wrong_is_shown_at_its_block_until_it_is_mended(preview: Preview, new_tab: Callable[..., Page]) -> None:
    page = new_tab(FIRST)
    path = preview.content / "paths/lessons/first.md"
    edit(path, "In Montenegro.", "In Montenegro [@no-such-source].")
    problem = page.locator("details.country .problem")
    expect(problem).to_be_visible()  # the country's box was closed
    expect(problem).to_contain_text("unknown-source")
    expect(problem.locator("mark")).to_have_text("@")
    expect(page.locator(".heap summary")).to_contain_text("1 error")
    page.locator(".heap summary").click()
    page.locator(".heap li a").click()
    expect(problem).to_be_in_viewport()
    edit(path, " [@no-such-source]", "")
    expect(problem).to_have_count(0)
    expect(page.locator(".heap summary")).to_contain_text("No problems")


def test_a_file_that_cannot_be_read_at_all_still_has_a_page(preview: Preview, new_tab: Callable[..., Page]) -> None:
    page = new_tab(f"{EYES}/paths")
    path = preview.content / "paths/course.yaml"
    right = path.read_text("utf-8")
    path.write_text("id: [paths\n", "utf-8")
    expect(main(page)).to_contain_text("yaml-open-bracket")
    expect(page.get_by_role("link", name="The first step")).to_be_visible()
    path.write_text(right, "utf-8")
    expect(page.get_by_role("heading", level=1)).to_have_text("A course about paths")


# ── files that come and go ─────────────────────────────────────────────────────────────────────────────────────────


def test_files_and_folders_may_come_and_go(
    preview: Preview, new_tab: Callable[..., Page], complaints: Complaints, tmp_path: Path
) -> None:
    page, course = new_tab(FIRST), new_tab(f"{EYES}/paths")
    title = page.get_by_role("heading", level=1)
    first = preview.content / "paths/lessons/first.md"
    moved = first.rename(first.with_name("renamed.md"))
    expect(title).to_have_text("Page not found")
    expect(main(course)).to_contain_text("unknown-lesson")
    expect(main(course)).to_contain_text("not listed in course.yaml")
    moved.rename(first)
    expect(title).to_have_text("The first step")
    expect(main(course)).not_to_contain_text("unknown-lesson")
    shutil.copy(first, first.with_name("third.md"))
    expect(course.get_by_role("link", name="The first step")).to_have_count(2)
    shutil.move(preview.content / "paths", tmp_path / "away")
    expect(title).to_have_text("Page not found")
    shutil.move(tmp_path / "away", preview.content / "paths")
    expect(title).to_have_text("The first step")
    shutil.move(preview.content, tmp_path / "gone")
    page.wait_for_timeout(500)
    shutil.move(tmp_path / "gone", preview.content)
    edit(first, "title: The first step", "title: The very first step")
    expect(title).to_have_text("The very first step")
    complaints.forgive("status of 404")


def test_a_page_goes_on_when_the_preview_is_started_again(
    preview: Preview, new_tab: Callable[..., Page], complaints: Complaints
) -> None:
    page = new_tab(FIRST)
    expect(page.locator("[data-live-status]")).to_be_empty()
    page.wait_for_timeout(500)
    preview.stop()
    expect(page.locator("[data-live-status]")).to_contain_text("stopped")
    edit(preview.content / "paths/lessons/first.md", "title: The first step", "title: Written meanwhile")
    preview.start()
    expect(page.get_by_role("heading", level=1)).to_have_text("Written meanwhile")
    complaints.forgive(
        "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"
    )


def test_two_tabs_look_with_their_own_eyes(preview: Preview, new_tab: Callable[..., Page]) -> None:
    serbian, keyed = new_tab(FIRST), new_tab("/ME.en.with-key/paths/lessons/first")
    edit(preview.content / "paths/lessons/first.md", "In Serbia.", "In Serbia, too.")
    for page, country in ((serbian, "Serbia"), (keyed, "Montenegro")):
        expect(main(page)).to_contain_text("In Serbia, too.")
        expect(page.locator("details.country[open] summary")).to_contain_text(country)
    expect(serbian.locator("details.key")).to_have_count(0)
    expect(keyed.locator("details.key")).to_contain_text("That is the other end.")
    keyed.get_by_role("link", name="the second lesson").click()
    assert "/ME.en.with-key/" in keyed.url


# ── trying out ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_that_changes_keeps_what_was_answered(preview: Preview, new_tab: Callable[..., Page]) -> None:
    page = new_tab(FIRST)
    path = preview.content / "paths/questions/checks.yaml"
    page.get_by_label("There").check()
    edit(path, "text: There,", "text: Over there,")
    expect(page.get_by_label("Over there")).to_be_checked()
    page.get_by_role("button", name="Check the answer").click()
    expect(page.locator("[data-check-heading]")).to_have_text("Incorrect")
    edit(path, "That is the other end.", "That is where it ends.")
    expect(main(page)).to_contain_text("That is where it ends.")
    expect(page.locator("[data-check-heading]")).to_have_text("Incorrect")


def test_an_ordering_question_can_be_tried_after_a_change(preview: Preview, new_tab: Callable[..., Page]) -> None:
    page = new_tab(f"{EYES}/paths/banks/checks")
    item = page.locator("#item-order-of-steps")
    item.get_by_role("button", name="Move down").first.click()
    edit(preview.content / "paths/questions/checks.yaml", "stem: Put the steps in order.", "stem: Put them in order.")
    expect(item).to_contain_text("Put them in order.")
    expect(item.get_by_role("button", name="Move down")).to_have_count(3)


def test_a_scenario_is_played_and_a_quiz_drawn_without_scripts(preview: Preview, new_tab: Callable[..., Page]) -> None:
    bank = preview.content / "paths/questions/bank.yaml"
    bank.write_text(bank.read_text("utf-8") + SCENARIO, "utf-8")
    page = new_tab(f"{EYES}/paths/banks/bank", java_script_enabled=False)
    item = page.locator("#item-stop")
    item.get_by_text("Stay with the passengers").click()
    item.get_by_role("button").first.click()
    expect(page.locator("#item-stop")).to_contain_text("Well done.")
    page.goto(f"{EYES}/paths/quizzes/final")
    page.get_by_role("link", name="Draw again").click()
    assert page.url.endswith("/quizzes/final.2")
    page.locator(".eyes summary").click()
    page.get_by_role("link", name="Montenegro").click()
    assert page.url.endswith("/ME.en/paths/quizzes/final.2")


# ── everybody can use it ───────────────────────────────────────────────────────────────────────────────────────────


def test_axe_finds_nothing(preview: Preview, new_tab: Callable[..., Page], complaints: Complaints) -> None:
    edit(preview.content / "paths/lessons/second.md", "objectives: [", "objectives: [none, ")
    bank = preview.content / "paths/questions/bank.yaml"
    bank.write_text(bank.read_text("utf-8") + SCENARIO, "utf-8")
    page = new_tab(EYES)
    pages = ["", "/paths", "/paths/lessons/first", "/paths/lessons/second", "/paths/quizzes/final", "/none"]
    found = [fault for path in pages for fault in faults(page, EYES + path)]
    found += faults(page, f"{EYES}.with-key/paths/banks/bank")
    complaints.forgive("status of 404")
    assert found == [], "\n\n".join(found)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_bars_menus_open_within_the_window(width: int, preview: Preview, new_tab: Callable[..., Page]) -> None:
    edit(preview.content / "paths/lessons/second.md", "objectives: [", "objectives: [none, ")
    page = new_tab(FIRST, viewport={"width": width, "height": 800})
    for menu in (".heap", ".eyes"):
        page.locator(f"{menu} summary").click()
        box = page.locator(f"{menu} > div").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        page.locator(f"{menu} summary").click()
    assert re.search("1 error", page.locator(".heap summary").inner_text())
