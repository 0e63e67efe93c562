"""The glossary of the real courses: every term has its words in the five languages of the region, in their letters."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from courses.layout import LOCALES

CONTENT = Path(__file__).parent.parent.parent / "content"
TERMS: list[dict[str, Any]] = yaml.safe_load((CONTENT / "glossary.yaml").read_text("utf-8"))
WORDS = [(term["id"], locale, text) for term in TERMS for locale, text in term.get("equivalents", {}).items()]
BRACKETS = re.compile(r"\([^()]*\)")
FOREIGN = {"sr": "ѓќѕѐѝйщъыьэюяёїіє", "mk": "ђћйщъыьэюяёїіє", "bs": "ëçqwxy", "cnr": "ëçqwxy", "sq": "čćđšžŵ"}
"""Letters of a neighbour's alphabet, which show that a word stands in the wrong place."""
UNSOURCED = set(
    """
    active-listening aging-out bias child-friendly-space cultural-mediator green-border host-country
    information-exchange labour-mobility mirror-statistics proportionality regional-consultative-process
    scenario-planning situation-report soft-law standard-operating-procedure stereotype surge-capacity work-permit
    """.split()  # noqa: SIM905 - a list of a dozen lines would say no more
)
"""Terms of practice whose definition is the authors' own. A new term has a source; this list only gets shorter."""


def scripts(text: str) -> set[str]:
    return {unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()}


def names(terms: list[dict[str, Any]]) -> list[str]:
    return [term["id"] for term in terms]


def test_there_are_enough_terms_and_none_twice() -> None:
    assert len(TERMS) >= 150
    assert len(set(names(TERMS))) == len(TERMS)
    assert len({term["term"].casefold() for term in TERMS}) == len(TERMS)


def test_each_term_begins_with_a_capital() -> None:
    assert [term["term"] for term in TERMS if not term["term"][0].isupper()] == []


def test_each_term_has_all_five_languages() -> None:
    assert names([term for term in TERMS if ("en", *term.get("equivalents", {})) != LOCALES]) == []


def test_each_term_has_a_source_but_those_of_practice() -> None:
    assert set(names([term for term in TERMS if not term.get("source")])) - UNSOURCED == set()


@pytest.mark.parametrize("locale", ["sr", "mk"])
def test_cyrillic_with_other_letters_only_in_brackets(locale: str) -> None:
    texts = [(id, BRACKETS.sub("", text)) for id, at, text in WORDS if at == locale]
    assert [(id, text) for id, text in texts if scripts(text) != {"CYRILLIC"}] == []


@pytest.mark.parametrize("locale", ["bs", "cnr", "sq"])
def test_latin_throughout(locale: str) -> None:
    assert [(id, text) for id, at, text in WORDS if at == locale and scripts(text) != {"LATIN"}] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_letter_of_another_alphabet(locale: str) -> None:
    texts = [(id, BRACKETS.sub("", text).lower()) for id, at, text in WORDS if at == locale]
    assert [(id, text) for id, text in texts if set(text) & set(FOREIGN[locale])] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_two_terms_never_share_a_word(locale: str) -> None:
    """Who looks a word up finds one term."""
    texts = [text.casefold() for _, at, text in WORDS if at == locale]
    assert sorted(text for text in set(texts) if texts.count(text) > 1) == []


def test_texts_are_tidy() -> None:
    for id, locale, text in WORDS:
        assert text == " ".join(text.split()) == unicodedata.normalize("NFC", text), (id, locale)
        assert text.count("(") == text.count(")"), (id, locale)
        assert not text.endswith((".", ",", ";", ":")), (id, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_translated_glossary_agrees(locale: str) -> None:
    """A term that lessons in a language explain has the word there that lessons in English give for it."""
    path = CONTENT / locale / "glossary.yaml"
    translated = yaml.safe_load(path.read_text("utf-8")) if path.exists() else []
    given = {id: text for id, at, text in WORDS if at == locale}
    differing = {term["id"]: (term["term"], given[term["id"]]) for term in translated or [] if term.get("term")}
    assert {id: pair for id, pair in differing.items() if pair[0].casefold() != pair[1].casefold()} == {}
