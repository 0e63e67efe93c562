"""What every course of content/ has to be, in numbers: enough of each thing to learn by, and nothing to be guessed."""

from __future__ import annotations

import pytest

from courses.questions import TYPES
from courses.review import tables
from courses.review.figures import figures
from courses.review.guessing import outcomes
from courses.review.reading import Reading, Shelf, read
from lms.config import ROOT

from .test_review import PAGE, staza

LAST_ASKED = ("open", "scenario", "rating")
"""What a final does not ask: it waits for a trainer, takes long, or has no right answer."""


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return read(ROOT / "content")


def named(shelf: Shelf) -> list[tuple[str, Reading]]:
    return [(course.id, course) for course in shelf.courses]


def test_each_topic_has_its_course(shelf: Shelf) -> None:
    assert len(shelf.courses) == 16
    assert len({course.main["topic"] for course in shelf.courses}) == 16
    assert shelf.problems == ()


def test_lessons(shelf: Shelf) -> None:
    """Four to seven lessons of 900 to 1,600 words, each with a case, two to four checks and a summary for the card; in
    each course an activity, and a scenario with several endings."""
    for id, course in named(shelf):
        assert 4 <= len(course.lessons) <= 7, id
        for lesson in course.lessons:
            kinds = [block["kind"] for block in lesson["blocks"]]
            assert 900 <= lesson["words"] <= 1600, (id, lesson["id"])
            assert 2 <= len(lesson["checks"]) <= 4, (id, lesson["id"])
            assert "case" in kinds, (id, lesson["id"])
            assert kinds.count("summary") == 1, (id, lesson["id"])
        counted = figures(course, shelf)
        assert counted.boxes["activity"], id
        assert counted.endings, id
        assert min(counted.endings) >= 3, id
        assert set(counted.countries) == set(shelf.countries), id
        assert counted.pictures, id
        assert counted.textless == 0, id


def test_banks(shelf: Shelf) -> None:
    """Thirty items or more over all types that fit a final, three to each objective, a third of them asking for
    judgement; the final draws twelve to fifteen."""
    for id, course in named(shelf):
        counted = figures(course, shelf)
        items = sum(counted.bank.values())
        assert items >= 30, id
        assert set(counted.bank) == set(TYPES) - set(LAST_ASKED), id
        assert min(bank for bank, _checks in counted.objectives.values()) >= 3, id
        assert counted.judgement * 3 >= items, id
        (final,) = (unit.data for unit in course.units if unit.file == f"{id}/quizzes/final.yaml")
        assert final
        assert 12 <= sum(draw["count"] for draw in final["draw"]) <= 15, id


def test_no_trick_beats_chance_by_much(shelf: Shelf) -> None:
    for id, course in named(shelf):
        for outcome in outcomes(course.bank(), "en"):
            assert not outcome.caught, (id, outcome.trick.name, outcome.gain)


# ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_shows_what_the_command_prints() -> None:
    result = staza("table", content=ROOT / "content")
    assert result.exit_code == 0, result.output
    page = PAGE.read_text("utf-8")
    fresh = tables.renewed(page, result.output) == page
    assert fresh, "The content has changed since docs/content-review.md was made. Run: staza review table --write"


def test_the_page_leads_to_what_was_checked_of_each_course() -> None:
    page = PAGE.read_text("utf-8")
    links = [f"(content-review/{checked.name})" for checked in (ROOT / "docs" / "content-review").glob("*.md")]
    assert [link for link in sorted(links) if link not in page] == [], "add them at the end of docs/content-review.md"
