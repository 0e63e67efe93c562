"""No word of a lesson is broken over two lines, and no lesson scrolls sideways, on a screen of any width."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from lms import demo
from lms.library import library

from .conftest import PATIENCE, Site
from .hands import Mouse

WIDTHS = (1280, 360, 320)
BROKEN = r"""() => {
  const broken = [], range = document.createRange();
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode()); ) {
    if (text.parentElement.closest(".visually-hidden, a[href^=http]")) continue;
    for (const word of text.data.matchAll(/[\p{L}\p{N}]{2,}/gu)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].filter(box => box.width).map(box => Math.round(box.top)));
      if (lines.size > 1) broken.push(word[0]);
    }
  }
  const sideways = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return sideways > 0 ? [...broken, `scrolls ${sideways} pixels sideways`] : broken;
}"""
"""What is wrong on the page: words on more than one line. Addresses may be broken: they have no spaces."""


@pytest.mark.parametrize("part", range(4))
def test_no_word_of_a_lesson_is_broken(part: int, region: Site, browser: Browser) -> None:
    with region.app.app_context():
        lessons = [
            f"/trainer/{course.id}/as/RS/lessons/{lesson.id}"
            for course in library().courses()
            for lesson in course.lessons
        ]
    assert len(lessons) > 60
    context = browser.new_context(base_url=region.url, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    Mouse(page).sign_in("trainer", demo.PASSWORD)
    faults: dict[str, list[str]] = {}
    for lesson in lessons[part::4]:
        page.goto(lesson)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if found := page.evaluate(BROKEN):
                faults[f"{lesson} at {width}"] = found
    context.close()
    assert faults == {}
