"""As whom one looks, and at what.

As whom stands in the address, as its first part, so that it stays while one goes from page to page by links that
authors wrote, and two tabs can look differently.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from flask import current_app, g, has_request_context

from courses.model import Named, Programme, Topic
from lms import i18n
from lms.preview.desk import CourseText, Desk, Snapshot

NOWHERE = "elsewhere"
_KEY = "with-key"


@dataclass(frozen=True, slots=True)
class Eyes:
    """A trainee's country (an ISO code, or "" for none of the programme's) and language (a code of i18n.LANGUAGES), and
    whether the questions show their key."""

    country: str = ""
    language: str = "en"
    key: bool = False

    def path(self) -> str:
        """What stands in the address: `RS.sr`, `elsewhere.en.with-key`."""
        return ".".join([self.country or NOWHERE, self.language, *([_KEY] if self.key else [])])

    def change(self, **to: str | bool) -> Eyes:
        """The same eyes but for what is given."""
        return replace(self, **to)  # type: ignore[arg-type]


def read(path: str) -> Eyes | None:
    """The eyes that `Eyes.path` made the text of; None for any other."""
    country, _, rest = path.partition(".")
    language, _, key = rest.partition(".")
    known = country == NOWHERE or (len(country) == 2 and country.isalpha())
    if not known or language not in i18n.LANGUAGES or key not in ("", _KEY):
        return None
    return Eyes("" if country == NOWHERE else country.upper(), language, bool(key))


def current() -> Eyes:
    """The eyes of the page that is asked for."""
    found: Eyes = g.eyes
    return found


def tag() -> str:
    """The language of the page, as browsers know it."""
    return i18n.LANGUAGES[current().language].tag


def desk() -> Desk:
    """The desk that the preview shows."""
    return cast(Desk, current_app.extensions["desk"])


def now() -> Snapshot:
    """The snapshot that this page is made from: the same from its beginning to its end."""
    found: Snapshot = g.now
    return found


def course(id: str) -> CourseText | None:
    """The course in the language of the page, as far as it is translated; None if there is none with the id."""
    shown = now().courses.get(id)
    return shown.in_language(current().language) if shown else None


def programme() -> Programme:
    """The programme in the language of the page; an empty one while its file is broken."""
    found = now().programmes
    return found.get(current().language) or found.get("") or Programme(title="", topics=(), countries=(), audiences=())


def titles(named: Iterable[Named | Topic]) -> dict[str, str]:
    """The titles of what the programme names, by id."""
    return {one.id: one.title for one in named}


def foreign(course_id: str, file: str = "", question: str = "") -> str:
    """The language of the course, of one file of it or of one question of that file, where it is not the page's, for
    screen readers to change their voice; else ""."""
    shown = course(course_id)
    if shown is None or (file in shown.translated and question not in shown.untranslated):
        return ""
    written_in = str(shown.keys.get("language", "en"))
    return "" if written_in == current().language else written_in


def babel_locale() -> str:
    """What Flask-Babel asks: the Babel name of the language to show."""
    code = g.eyes.language if has_request_context() and "eyes" in g else "en"
    return i18n.LANGUAGES[code].babel
