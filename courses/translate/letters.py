"""Whether a translation is in the letters of its language.

Serbian and Macedonian are written in Cyrillic here: people who chose Cyrillic read what the translator wrote, and for
those who chose Latin letters Staza makes them. Foreign names and codes may stand in Cyrillic text, so only words count
that are no such name: those that begin with a small letter, and those with a letter of the Latin alphabet of Serbian.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from courses.facts import Place
from courses.layout import LANGUAGES
from courses.problems import Problem

_CYRILLIC = ("sr", "mk")
_FOREIGN = re.compile(
    r"(?s)```.*?```|`[^`]*`"  # code
    r"|\w+://\S+|[\w.+-]+@[\w-]+\.[\w.-]+"  # addresses
    r"|\[@[^\]]*\]|\[\[[^\]]*\]\]"  # citations, gaps
    r"|\[[^\]]*\]\{lang=[^}]*\}"  # words marked as being in another language
    r"|\]\([^)]*\)|<[^>]*>|&\w+;"
)
_WORD = re.compile(r"[^\W\d_]+")


def told(file: str, locale: str, texts: Iterable[tuple[Place, str]]) -> list[Problem]:
    """Advice on the translated texts of the file, each with its place, that are in Latin letters but should not be: one
    for all of them, at the first."""
    if locale not in _CYRILLIC:
        return []
    found = [place for place, text in texts if in_latin(text)]
    if not found:
        return []
    number = "This text is" if len(found) == 1 else f"{len(found)} texts are"
    message = f"{number} in Latin letters{', this being the first' if len(found) > 1 else ''}; {LANGUAGES[locale]} is "
    message += "written in Cyrillic here."
    hint = "Write it in Cyrillic; mark words of another language, as in `[Frontex]{lang=en}`."
    if locale == "sr":
        hint = "Write it in Cyrillic, of which Staza makes the Latin; mark foreign words, as in `[border]{lang=en}`."
    return [Problem(file, found[0].line, found[0].column, "advice", "translation-letters", message, hint)]


def in_latin(text: str) -> bool:
    """Whether more of the text, names and what is no prose aside, is in Latin letters than in Cyrillic ones."""
    latin = cyrillic = 0
    for word in _WORD.findall(_FOREIGN.sub(" ", text)):
        if "\u0400" <= word[0] <= "\u04ff":
            cyrillic += len(word)
        elif word[0].islower() or any(letter in "čćđšž" for letter in word.lower()):
            latin += len(word)
    return latin > cyrillic
