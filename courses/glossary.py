"""The glossary as lessons use it: what a term means, in the lesson's language where it is translated.

`[smuggling](term:smuggling)` in a lesson shows the definition of `smuggling` on the spot. It is taken into the lesson
when that is compiled, so a changed definition rebuilds the lessons that use it, and no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from courses.facts import Shelf
from courses.layout import MADE, SHARED_LANGUAGE
from courses.script import latin


def term(shelf: Shelf, id: str, locale: str, needs: dict[str, Any]) -> dict[str, Any]:
    """The term as model.Term has it, for a lesson in the language `locale` ("": that of the courses' source). What was
    taken from the shelf is noted in `needs`. A term that is not there has its id for a name."""
    own = needs[f"term:{id}"] = shelf.get(f"term:{id}")
    found = {"id": id, "term": id, "definition": "", "source": "", "locator": "", "lang": "", "equivalents": {}}
    found |= own or {}
    if locale not in ("", SHARED_LANGUAGE):
        translated = needs[f"term:{locale}/{id}"] = shelf.get(f"term:{locale}/{id}")
        found |= translated | {"equivalents": {}} if translated else {"lang": SHARED_LANGUAGE}
    return found


def equivalents(written: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What a term is called in other languages, those included that are made of one that is written."""
    found = dict(written)
    return found | {MADE[locale]: latin(text) for locale, text in found.items() if locale in MADE}


def tip(term: dict[str, Any]) -> str:
    """The end of a term's element, with the definition that is shown. Screen readers are led to the list of terms, so
    they do not read it twice. Of its equivalents the one in the page's language shows, as static/staza.css says."""
    lang = f' lang="{term["lang"]}"' if term["lang"] else ""
    others = "".join(
        f'<b class="equivalent" lang="{locale.replace("_", "-")}">{escape(text)}</b> '
        for locale, text in term["equivalents"].items()
    )
    return f'<span class="tip" aria-hidden="true"{lang}>{others}{escape(term["definition"])}</span></span>'
