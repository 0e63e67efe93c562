"""Where things are on a page: what jumps, what is cut off, where a page ends."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from lms import demo

from .conftest import PATIENCE, Site
from .deeds import doing
from .hands import Mouse


@pytest.fixture
def page(region: Site, browser: Browser) -> Page:
    context = browser.new_context(base_url=region.url, locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    return context.new_page()


def height(page: Page) -> float:
    """The height of the head of the site, in pixels."""
    box = page.locator(".site-header").bounding_box()
    assert box
    return box["height"]


def test_the_head_of_the_site_keeps_its_height_when_somebody_signs_in(page: Page) -> None:
    page.goto("/sign-in")
    before = height(page)
    Mouse(page).sign_in("trainee", demo.PASSWORD)
    assert height(page) == before


def test_no_column_of_a_trainers_tables_is_cut_off_on_a_screen(page: Page) -> None:
    Mouse(page).sign_in("trainer", demo.PASSWORD)
    for path in ("/trainer", "/trainer/legal-pathways", "/trainer/legal-pathways/items"):
        page.goto(path)
        hidden = page.eval_on_selector_all(
            ".table-wrap", "tables => tables.map(table => table.scrollWidth - table.clientWidth)"
        )
        assert hidden == [0] * len(hidden), path


def test_an_open_check_is_one_click_from_the_end_of_a_lesson(page: Page) -> None:
    hand = Mouse(page)
    hand.sign_in("trainee", demo.PASSWORD)
    page.goto("/courses/communication-skills/lessons/hard-conversations")
    hand.push("Finish and continue")
    note = page.locator("#open-checks")
    expect(note).to_be_in_viewport()
    note.get_by_role("link").click()
    expect(page.locator(":target")).to_be_in_viewport()
    assert page.locator(":target").get_attribute("data-check-box") is not None


def test_a_result_ends_with_a_way_on(page: Page, region: Site) -> None:
    with doing(region.app, "trainee@example.org") as deeds:
        attempt, _certificate = deeds.complete("smuggling-mixed-flows")
    Mouse(page).sign_in("trainee", demo.PASSWORD)
    page.goto(f"/attempts/{attempt.id}/result")
    last = page.locator("main a").last
    expect(last).to_have_class("button secondary")
    expect(last).to_have_text("My learning")
