"""What a translator let through that has the form of its source: the source's own text, or another number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from courses.facts import Place
from courses.problems import Problem
from courses.translate.letters import unwritten

_ENOUGH = 4
"""Words in small letters from which a text is no name, which may be the same in two languages."""
_SMALL = re.compile(r"(?<!\w)[^\W\d_A-ZČĆĐŠŽ]\w+")
_NUMBER = re.compile(r"\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+(?!\d)|\d+")


def alike(file: str, locale: str, source: str, target: str, place: Callable[[int], Place]) -> Iterator[Problem]:
    """Advice on the translation of a text, of which the character at an offset stands at its `place`."""
    if " ".join(source.split()) == " ".join(target.split()):
        if len(_SMALL.findall(target)) >= _ENOUGH and not unwritten(locale, target):
            message, hint = (
                "This is the text of the source, not a translation of it.",
                "Translate it, or leave it empty.",
            )
            yield Problem(file, *place(0), "advice", "translation-copy", message, hint)
        return
    want, have = _numbers(source), _numbers(target)
    missing = [number for number in want if number not in have]
    more = [number for number in have if number not in want]
    if missing and more:  # one of either alone may be written as a word
        message = f"The source has {missing[0]} here, the translation {more[0]}."
        hint = "Look at both, and correct the one that is wrong."
        yield Problem(file, *place(have[more[0]]), "advice", "translation-number", message, hint)


def _numbers(text: str) -> dict[int, int]:
    """The numbers in a text, each with the offset at which it stands first."""
    found: dict[int, int] = {}
    for match in _NUMBER.finditer(text):
        found.setdefault(int(re.sub(r"\D", "", match[0])[:40]), match.start())
    return found
