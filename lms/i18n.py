"""Languages of the interface: which there are, which one is shown, and how moments and numbers are written in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import g, has_request_context, request, session
from flask_login import current_user

from lms.days import NOWHERE

TRANSLATIONS = Path(__file__).resolve().parent / "translations"


@dataclass(frozen=True, slots=True)
class Language:
    """A language: our code, its name in itself, the tag that browsers know, the locale that Babel knows.

    `asked` are further tags by which a browser may ask for it. Systems that know no Montenegrin call it Serbian of
    Montenegro.
    """

    code: str
    name: str
    tag: str
    babel: str
    asked: tuple[str, ...] = ()


LANGUAGES = {
    language.code: language
    for language in (
        Language("en", "English", "en", "en_GB"),
        Language("sr", "Српски", "sr-Cyrl", "sr", ("sr",)),
        Language("sr_Latn", "Srpski", "sr-Latn", "sr_Latn", ("sh",)),
        Language("bs", "Bosanski", "bs", "bs"),
        Language("cnr", "Crnogorski", "cnr", "sr_Latn_ME", ("sr-ME", "sr-Latn-ME")),
        Language("mk", "Македонски", "mk", "mk"),
        Language("sq", "Shqip", "sq", "sq"),
    )
}


COUNTRIES = {"RS": "sr", "BA": "bs", "ME": "cnr", "MK": "mk", "AL": "sq"}
"""The language of each country whose language the interface has."""


def of_country(country: str) -> Language:
    """The language in which somebody in this country is written to who has chosen none."""
    found = LANGUAGES[COUNTRIES.get(country, "en")]
    return found if found in offered() else LANGUAGES["en"]


def compiled(language: Language) -> Path:
    """Where a language's texts stand, compiled by `staza translations`."""
    return TRANSLATIONS / language.babel / "LC_MESSAGES" / "messages.mo"


@cache
def offered() -> tuple[Language, ...]:
    """The languages that the interface speaks here, English first. Looked up once, as every page asks."""
    return tuple(language for language in LANGUAGES.values() if language.code == "en" or compiled(language).exists())


def language() -> Language:
    """The language to show: the person's choice, else the browser's choice made here, else what it asks for. Where the
    database can't be asked (`g.without_database`), nobody knows of a person."""
    codes = [language.code for language in offered()]
    chosen = [current_user.person.locale] if _knows_reader() else []
    chosen.append(session.get("locale", ""))
    for code in chosen:
        if code in codes:
            return LANGUAGES[code]
    return _asked_for(request.accept_languages.values())


def _asked_for(tags: Iterable[str]) -> Language:
    """The language offered here for the first of the tags that there is one for: “sr-Latn-RS” asks for “sr-Latn”."""
    known = {tag.lower(): language for language in offered() for tag in (language.tag, *language.asked)}
    for tag in tags:
        parts = tag.lower().split("-")
        for length in range(len(parts), 0, -1):
            if found := known.get("-".join(parts[:length])):
                return found
    return LANGUAGES["en"]


def selected_locale() -> str:
    """What Flask-Babel asks: the Babel name of the language to show."""
    return language().babel if has_request_context() else LANGUAGES["en"].babel


def selected_zone() -> str:
    """What Flask-Babel asks: the time zone of the reader's institution."""
    return str(current_user.actor.institution.time_zone) if has_request_context() and _knows_reader() else NOWHERE


def _knows_reader() -> bool:
    return not g.get("without_database") and bool(current_user.is_authenticated)
