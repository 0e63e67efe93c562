"""The region in counts: nobody's name, small numbers kept back, and the same on the page and in the files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from lms.db import db
from lms.learning.access import region
from lms.library import library
from lms.records import institutions
from lms.records.people import Person
from lms.reports.region import ALL, HIDDEN, Region, counts

from .conftest import START, Statements, Visitor, World, actor_for, enrol

Guise = Callable[[str], Visitor]
Counting = Callable[[], AbstractContextManager[Statements]]

pytestmark = pytest.mark.usefixtures("app")


def staff(world: World, in_a: int, in_b: int, completed_in_b: int = 0) -> None:
    """New people with the course basics in both institutions; half of A's have completed it."""
    for name, number in (("Ministry A", in_a), ("Ministry B", in_b)):
        institution = world.institutions[name]
        for n in range(number):
            person = Person(
                institution_id=institution,
                unit_id=institution,
                name=f"Secret {name} {n}",
                email=f"{institution}.{n}@example.org",
                search=f"secret {n}",
                created_at=START,
            )
            db.session.add(person)
            db.session.flush()
            done = n % 2 == 0 if name == "Ministry A" else n < completed_in_b
            enrol(person, "basics", started_at=START, completed_at=START + timedelta(days=1) if done else None)


def tables(world: World) -> Region:
    courses = library().courses()
    topics = {course.id: course.topic for course in courses}
    scope = region(actor_for(db.session(), world.people["coordinator"]))
    found = counts(db.session(), scope, topics, institutions.below(db.session(), None), START + timedelta(days=5))
    roots = institutions.below(db.session(), None)
    return Region(library().programme(), roots, dict.fromkeys(topics.values(), 1), found)


def test_large_counts_are_shown_and_add_up(world: World) -> None:
    staff(world, 40, 30, completed_in_b=15)
    shown = tables(world)
    a, b = (str(world.institutions[name]) for name in ("Ministry A", "Ministry B"))
    assert [shown.people(place) for place in (a, b, "RS", "ME", ALL)] == [40, 30, 40, 30, 70]
    assert [shown.value(place, state="completed") for place in (a, b, ALL)] == [20, 15, 35]
    assert [shown.value(place, state="in_progress") for place in (a, b, ALL)] == [20, 15, 35]
    assert [shown.value(place, state="overdue") for place in (a, b, ALL)] == [0, 0, 0]


def test_a_small_institution_is_kept_back_with_what_would_give_it_away(world: World) -> None:
    staff(world, 40, 3)
    shown = tables(world)
    a, b = (str(world.institutions[name]) for name in ("Ministry A", "Ministry B"))
    basics = library().course("basics")
    assert basics
    for place in (b, "ME"):
        assert shown.value(place) == HIDDEN
        assert shown.people(place) == HIDDEN
    assert shown.value(b, basics.topic) == HIDDEN
    totals = [shown.value(place) for place in (a, ALL)]
    assert HIDDEN in totals
    assert HIDDEN in [shown.people(a), shown.people(ALL)]


def test_few_people_with_many_enrolments_are_few(world: World) -> None:
    staff(world, 40, 0)
    for name in ("stranger", "other-manager", "other-trainer"):
        for course in ("basics", "by-request"):
            enrol(world.people[name], course)
    shown = tables(world)
    assert shown.value(str(world.institutions["Ministry B"])) == HIDDEN


def test_nobody_is_named_and_all_topics_stand_there(visitor: Guise, world: World, statements: Counting) -> None:
    staff(world, 30, 12, completed_in_b=6)
    coordinator = visitor("coordinator")
    with statements() as sent:
        page = coordinator.get("/region").get_data(as_text=True)
    assert len(sent) <= 6, sent.sql
    for topic in library().programme().topics:
        assert topic.title.replace("'", "&#39;") in page
    csv_text = coordinator.get("/region.csv").data.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(coordinator.get("/region.xlsx").data))
    in_xlsx = str([list(row) for sheet in book.worksheets for row in sheet.iter_rows(values_only=True)])
    for text in (page, csv_text, in_xlsx.replace("coordinator@example.org", "")):
        assert "Secret" not in text
        assert "@example.org" not in text.replace("coordinator@example.org", "")


def test_the_files_hold_what_the_page_shows(visitor: Guise, world: World) -> None:
    staff(world, 30, 3)
    coordinator = visitor("coordinator")
    page = coordinator.get("/region").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(coordinator.get("/region.csv").data.decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(coordinator.get("/region.xlsx").data))
    written = [row for sheet in book.worksheets[:-1] for row in sheet.iter_rows(values_only=True)]
    in_xlsx = [[_written(cell) for cell in row] for row in written]
    titles = [sheet.title for sheet in tables(world).sheets()]
    in_csv = [row for row in rows if row and row != [""] and row[0] not in titles]
    assert in_csv == in_xlsx
    assert page.count(HIDDEN) - 1 == sum(row.count(HIDDEN) for row in in_csv) + page.split("</dl>")[0].count(HIDDEN)


@pytest.mark.parametrize("who", ["trainee", "manager", "trainer", "administrator"])
def test_nobody_else_sees_the_region(visitor: Guise, who: str) -> None:
    assert {visitor(who).get(path).status_code for path in ("/region", "/region.csv", "/region.xlsx")} == {403}


def _written(cell: object) -> str:
    return f"{cell:.10g}" if isinstance(cell, int | float) else str(cell or "")
