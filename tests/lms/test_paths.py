"""Learning paths: the order of their courses in a country, and their page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from courses.model import Course, LearningPath, Programme, Skill
from lms.learning.paths import way

from .conftest import Visitor, World, counted, enrol

SKILLS = (
    Skill(id="legal", title="Law", first_in=("RS", "BA"), courses=("law", "rights")),
    Skill(id="crisis", title="Crisis", first_in=("BA",), courses=("crisis",)),
    Skill(id="words", title="Words", first_in=("RS",), courses=("words",)),
)
PATH = LearningPath(
    id="one", title="One", summary="", audience="all", courses=("border", "words", "crisis", "rights", "law")
)
PROGRAMME = Programme(title="", topics=(), countries=(), audiences=(), skills=SKILLS, paths=(PATH,))


def course(id: str, *prerequisites: str) -> Course:
    fields: dict[str, Any] = {"id": id, "prerequisites": prerequisites}
    return Course.model_construct(**fields)


def order(country: str, *changed: Course, without: str = "") -> list[tuple[str, str]]:
    courses = {id: course(id) for id in PATH.courses if id != without} | {one.id: one for one in changed}
    stops = way(PATH, PROGRAMME, courses, country)
    return [(stop.course.id, stop.skill.id if stop.skill else "") for stop in stops]


def test_what_a_country_needs_first_stands_first_in_the_order_of_the_skills() -> None:
    legal = [("rights", "legal"), ("law", "legal")]
    assert order("BA") == [*legal, ("crisis", "crisis"), ("border", ""), ("words", "")]
    assert order("RS") == [*legal, ("words", "words"), ("border", ""), ("crisis", "")]
    assert order("") == [(id, "") for id in PATH.courses]


def test_a_prerequisite_on_the_path_comes_before_what_asks_for_it() -> None:
    found = order("BA", course("crisis", "border"), course("rights", "law", "elsewhere"))
    assert [id for id, _ in found] == ["law", "rights", "border", "crisis", "words"]


def test_a_course_that_is_not_released_is_left_out() -> None:
    assert [id for id, _ in order("", without="words")] == ["border", "crisis", "rights", "law"]


def test_the_page_has_the_order_for_the_readers_country(
    app: Flask, visitor: Callable[[str], Visitor], world: World
) -> None:
    browser = visitor("trainee")
    enrol(world.people["trainee"], "basics")
    page = browser.get("/paths").get_data(as_text=True)
    places = [page.index(f'href="/courses/{id}"') for id in ("basics", "practice", "by-request")]
    assert places == sorted(places)
    assert page.count("a priority in your country: Legal knowledge") == 1
    assert "Not started" in page
    assert "Learning paths" in browser.get("/courses").get_data(as_text=True)


@pytest.mark.parametrize("courses", [1, 3])
def test_the_page_asks_the_same_of_the_database_for_any_number_of_enrolments(
    app: Flask, visitor: Callable[[str], Visitor], world: World, courses: int
) -> None:
    for id in ("basics", "practice", "by-request")[:courses]:
        enrol(world.people["trainee"], id)
    browser = visitor("trainee")
    browser.get("/paths")
    with counted() as statements:
        browser.get("/paths")
    assert len(statements.sql) == 2
