"""Texts of questions that are more than a paragraph: each page that shows one stays valid, and lists name its first
line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from courses.plain import brief, parted, plain
from lms import create_app
from lms.config import Settings
from lms.db import db
from lms.library import library

from .conftest import CONTENT, Visitor, World, compile_into
from .journey import answer_all, answer_check, begin, finish_lessons, stored

EXTRACT = """

From the *register*:

| Route | Share | Note |
|---|---|---|
| road | $\\frac{1}{2}$ | seen |

> Quoted.
"""
BLOCKS = ("p", "table", "ul", "ol", "blockquote", "pre", "div")
PHRASING = ("p", "legend", "label", "h1", "h2", "h3", "h4", "span", "option")


class Nesting(HTMLParser):
    """Finds blocks inside elements that take only words."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag in BLOCKS and (inside := [one for one in self.open if one in PHRASING]):
            self.wrong.append(f"{tag} in {inside[-1]}, line {self.getpos()}")
        if tag in (*BLOCKS, *PHRASING):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in (*BLOCKS, *PHRASING):
            if not self.open or self.open[-1] != tag:
                self.wrong.append(f"</{tag}> closes {self.open[-1:]}, line {self.getpos()}")
            else:
                self.open.pop()


def lengthened(value: Any, kind: str = "") -> Any:
    """The questions with each text that may have blocks made longer."""
    if isinstance(value, list):
        return [lengthened(item, kind) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: lengthened(inner, kind or str(value.get("type", ""))) for key, inner in value.items()}
    for key in ("stem", "why", "then", "model"):
        if isinstance(made.get(key), str):
            made[key] += EXTRACT
    if isinstance(made.get("why"), dict):
        made["why"] = {word: text + EXTRACT for word, text in made["why"].items()}
    situation = "choices" in made and "stem" not in made and "text" in made
    if "ending" in made or situation or made.get("type") == "gaps":
        made["text"] += EXTRACT
    return made


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """The application with the test courses, whose questions have long texts."""
    content = tmp_path / "content"
    shutil.copytree(CONTENT, content)
    for path in content.glob("*/questions/*.yaml"):
        path.write_text(yaml.safe_dump(lengthened(yaml.safe_load(path.read_text("utf-8"))), sort_keys=False), "utf-8")
    compile_into(tmp_path / "long", content)
    app = create_app(replace(settings, artefacts=tmp_path / "long"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def right(html: str) -> str:
    """The HTML, whose elements are nested as they may be."""
    nesting = Nesting()
    nesting.feed(html)
    assert nesting.wrong == []
    return html


def page(browser: Visitor, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200, url
    return right(answer.get_data(as_text=True))


@pytest.mark.parametrize("course_id", ["basics", "practice"])
def test_every_page_that_shows_a_question_is_valid(
    visitor: Callable[[str], Visitor], trainer: Visitor, course_id: str
) -> None:
    browser = visitor("trainee")
    course = library().course(course_id)
    browser.post(f"/courses/{course_id}/enrol")
    browser.post(f"/courses/{course_id}/start")
    shown = 0
    for lesson in course.lessons:
        html = page(browser, f"/courses/{course_id}/lessons/{lesson.id}")
        shown += html.count('<div class="prose more"')
        for check in lesson.checks:
            assert "<table" in right(answer_check(browser, course_id, lesson.id, check))
        page(browser, f"/courses/{course_id}/lessons/{lesson.id}")
    assert shown >= sum(len(lesson.checks) for lesson in course.lessons) > 0
    finish_lessons(browser, course_id)
    attempt = begin(browser, course_id)
    for number in range(1, len(stored(attempt).questions) + 1):
        html = page(browser, f"{attempt}/questions/{number}")
        assert '<table class="stacked">' in html
        assert "<mfrac>" in html
    answer_all(browser, attempt)
    overview = page(browser, f"{attempt}/overview")
    assert "<table" not in overview
    assert "From the" not in overview
    browser.post(f"{attempt}/submit")
    page(browser, f"{attempt}/result")

    assert "<table" in page(trainer, f"/trainer/{course_id}/items")
    marking = page(trainer, f"/trainer/{course_id}/marking")
    assert "From the" not in marking
    for url in set(re.findall(rf"/trainer/{course_id}/marking/[0-9a-f-]+/[a-z-]+", marking)):
        assert "<table" in page(trainer, url)


def test_a_table_is_no_name_of_a_question_but_its_description(visitor: Callable[[str], Visitor], world: World) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    browser.post("/courses/basics/start")
    html = page(browser, "/courses/basics/lessons/first")
    assert '<fieldset class="question" aria-describedby="q-check-single-more">' in html
    assert "<legend>Which element makes smuggling of migrants?</legend>" in html
    assert '<div class="prose more" id="q-check-single-more"><p>From the <em>register</em>:</p>' in html


def test_a_text_is_taken_apart() -> None:
    assert parted("One <em>line</em>") == ("One <em>line</em>", "")
    assert parted("<p>One</p>\n<ul>\n<li>two</li>\n</ul>") == ("One", "<ul>\n<li>two</li>\n</ul>")
    assert parted("<ul>\n<li>two</li>\n</ul>") == ("", "<ul>\n<li>two</li>\n</ul>")
    tex = '<annotation encoding="application/x-tex">x &lt; 1</annotation>'
    maths = f"<math><semantics><mrow><mi>x</mi></mrow>{tex}</semantics></math>"
    assert plain(f"<p>If {maths}:</p><table><tr><td>a</td><td>b</td></tr></table>") == "If x < 1:\na b"
    assert brief("<ul>\n<li>two &amp; more</li>\n<li>three</li>\n</ul>") == "two & more"
