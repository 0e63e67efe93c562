"""What a first visit costs on a weak line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from lms.library import library
from tests.browser.conftest import Site
from tests.browser.deeds import doing
from tests.browser.hands import Mouse

LIMIT = 60 * 1024
"""Bytes over the wire that a lesson's page and everything in it may have."""


def longest_lesson(site: Site, course_id: str) -> str:
    """The path of the lesson with the most words, in a course that the administrator takes."""
    with doing(site.app, site.world.email("administrator")) as deeds:
        deeds.enrol(course_id)
        lessons = [library().lesson(course_id, entry.id) for entry in deeds.course(course_id).lessons]
    longest = max((lesson for lesson in lessons if lesson), key=lambda lesson: lesson.words)
    return f"/courses/{course_id}/lessons/{longest.id}"


@pytest.mark.parametrize("course_id", ["smuggling-mixed-flows", "human-rights-migration", "prevention-of-torture"])
def test_a_first_visit_to_a_lesson_weighs_little(course_id: str, site: Site, new_page: Callable[..., Page]) -> None:
    path = longest_lesson(site, course_id)
    hand = Mouse(new_page())
    hand.sign_in("administrator")
    page = new_page(storage_state=hand.page.context.storage_state())  # a context of its own has an empty cache
    received: list[float] = []
    network = page.context.new_cdp_session(page)
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    network.send("Network.enable")
    network.send("Network.setExtraHTTPHeaders", {"headers": {"Accept-Encoding": "gzip"}})  # a plain line offers no more
    answer = page.goto(path, wait_until="networkidle")
    assert answer
    assert answer.status == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert page.url.endswith(path)
    assert len(received) >= 5, "the page, its stylesheet, its modules, its pictures"
    assert sum(received) <= LIMIT
