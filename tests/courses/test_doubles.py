"""Which entries of sources.yaml are one document: tests/books shows the two ways it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.build import check
from courses.doubles import doubles

from .books import lay

LAW = {"title": "Law on Foreigners", "publisher": "Serbia", "year": 2018, "number": "24/2018", "url": ""}
SITE = {"title": "Help", "publisher": "UNHCR", "year": 2025, "number": "", "url": "https://help.unhcr.org/serbia/"}


def told(one: dict[str, object], two: dict[str, object]) -> str:
    """What is said of the second entry: "same", "alike" or nothing."""
    found = list(doubles({"one": one, "two": two}))
    assert [(double.key, double.earlier) for double in found] in ([], [("two", "one")])
    return ("same" if found[0].certain else "alike") if found else ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": "LAW ON  FOREIGNERS."}, "same"),
        ({"title": "Zakon o strancima", "number": "No. 24/2018"}, "alike"),  # one gazette prints several laws
        ({"number": "31/2019", "year": 2019}, ""),  # amended, under its old title
        ({"number": "24/18"}, "alike"),  # one number in two ways, or two laws of one year
        ({"number": "12/2018", "publisher": "Montenegro"}, ""),  # the law of another country
        ({"number": "", "url": "https://example.org/law"}, "same"),
        ({"number": "", "url": "https://example.org/law", "publisher": "Gazette"}, "alike"),
        ({"number": "", "url": "https://example.org/law", "year": 2019}, ""),
        ({"title": "Law on Foreigners, with explanations"}, "same"),
        ({"title": "Law on Asylum"}, "alike"),
        ({"title": "Law on Asylum", "number": "25/2018"}, ""),
    ],
)
def test_documents_with_numbers(change: dict[str, object], said: str) -> None:
    assert told(LAW, LAW | change) == said
    assert told(LAW | change, LAW) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": "help", "publisher": "UN Refugee Agency", "year": 2026}, "same"),
        ({"title": "Rights in Serbia"}, "alike"),  # a portal may list two documents
        ({"title": "Rights in Serbia", "url": "http://www.HELP.unhcr.org/serbia"}, "alike"),
        ({"title": "Rights in Serbia", "url": "https://help.unhcr.org/serbia/#rights"}, ""),
        ({"url": "https://help.unhcr.org/albania/", "year": 2024}, ""),  # the same report of another year
    ],
)
def test_documents_with_addresses(change: dict[str, object], said: str) -> None:
    assert told(SITE, SITE | change) == said
    assert told(SITE | change, SITE) == said


def test_one_volume_of_treaties_holds_many() -> None:
    treaty = LAW | {"title": "A Convention", "number": "UNTS vol. 999, p. 171"}
    assert told(treaty, treaty | {"title": "Another Convention", "number": "UNTS, Vol. 999, p. 205"}) == ""
    assert told(treaty, treaty | {"title": "The Covenant", "number": "UNTS Vol 0999 pp. 171"}) == "alike"


def test_titles_in_other_alphabets_are_compared() -> None:
    law = LAW | {"title": "Закон о странцима"}
    assert told(law, law | {"title": "ЗАКОН О СТРАНЦИМА"}) == "same"
    assert told(law, law | {"title": "Закон о азилу"}) == "alike"


def test_of_several_the_certain_one_is_named() -> None:
    found = list(doubles({"alike": LAW | {"title": "Law on Asylum"}, "first": LAW, "again": LAW}))
    assert [(each.key, each.earlier, each.certain) for each in found] == [
        ("first", "alike", False),
        ("again", "first", True),
    ]


ENTRY = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["Law", "law!", "Act"]),
        "publisher": st.sampled_from(["One", "Two"]),
        "year": st.sampled_from([2001, 2002]),
        "number": st.sampled_from(["", "1", "No. 01", "2"]),
        "url": st.sampled_from(["", "https://a.org/x", "http://www.a.org/x/"]),
    }
)


@given(ENTRY, ENTRY)
def test_it_does_not_matter_which_stands_first(one: dict[str, object], two: dict[str, object]) -> None:
    assert told(one, two) == told(two, one)


@given(ENTRY)
def test_an_entry_is_the_same_document_as_itself(one: dict[str, object]) -> None:
    assert told(one, one) == "same"


def test_the_advice_is_switched_off_at_the_entry(tmp_path: Path) -> None:
    content = lay("source-alike", tmp_path / "content")
    path = content / "sources.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("geneva:", "# allow source-alike: a translation of its own\ngeneva:"), "utf-8")
    assert [problem.code for problem in check(content)] == []


def test_one_course_is_not_told_of_the_sources_of_all(tmp_path: Path) -> None:
    assert check(lay("source-doubled", tmp_path / "content"), ["paths"]) == []
