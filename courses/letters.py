"""Letters that nobody can tell apart from others, or cannot see: which they are, and what was meant by them.

What looks alike is from the table of Unicode Technical Standard 39 (confusables.txt, 16.0), of which the pairs of
Cyrillic and Greek letters with Latin ones are kept, and the dashes, spaces and signs that word processors make.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from courses.problems import Problem

_CYRILLIC = dict(zip("асеорхуіјѕԁһԛԝӏьАВЕЅІЈКМНОРСТХУԚԜ", "aceopxyijsdhqwlbABESIJKMHOPCTXYQW", strict=True))
_GREEK = dict(zip("αγιοορυνκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ayioopuvkABEZHIKMNOPTYX", strict=True))
_OTHER = {"ı": "i", "ƽ": "s"}
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-")
_SPACES = dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u3000", " ")
_SIGNS = {"\uff1a": ":", "\ua789": ":", "\u2236": ":", "\uff20": "@", "\uff0c": ",", "\uff0e": ".", "\u2044": "/"}
_LOOKS_LIKE = _CYRILLIC | _GREEK | _OTHER | _DASHES | _SPACES | _SIGNS
_UNSEEN = "\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufe0f\ufeff"
_ODD = re.compile(f"[{_UNSEEN}{''.join(map(re.escape, _LOOKS_LIKE))}]|[^\\W\\d_]?[\u0300-\u036f]+")
_PLAIN = re.compile("[a-zA-Z0-9]")
_QUOTED = re.compile("`([^` ]{2,}|[a-z0-9@][^`]+)`")
"""What a message quotes, if it may be a name."""
_MOST = 3
"""How many letters of a name are told of."""


def plain(name: str) -> str:
    """The name as it looks: letters that look like Latin ones are those, what cannot be seen is left out, and letters
    in pieces are whole. Of two names that look alike it is the same."""
    whole = unicodedata.normalize("NFC", name)
    return "".join(_LOOKS_LIKE.get(letter, letter) for letter in re.sub(f"[{_UNSEEN}]", "", whole))


def odd(name: str) -> str:
    """A sentence on each letter of the name that is not what it looks like, by its name and code; "" if all are.

    A name that is not in Latin letters throughout, such as a Serbian word, has letters of its own alphabet."""
    told: list[str] = []
    foreign = not _PLAIN.search(name)
    for found in dict.fromkeys(match[0] for match in _ODD.finditer(name)):
        if foreign and found in _CYRILLIC | _GREEK:
            continue
        told.append(_said(found))
    return " ".join(told[:_MOST])


def _said(found: str) -> str:
    code = f"U+{ord(found[-1]):04X}"
    if unicodedata.combining(found[-1]):
        letter = unicodedata.normalize("NFC", found)
        return f"The letter {letter} in it is written as two characters, of which the second is {code}."
    if re.match(f"[{_UNSEEN}]", found):
        return f"It holds {called(found)}, which cannot be seen."
    meant = _LOOKS_LIKE[found]
    if meant == " ":
        return f"It holds {called(found)}, which is no plain space."
    if found in _CYRILLIC or found in _GREEK:
        alphabet = "Cyrillic" if found in _CYRILLIC else "Greek"
        return f"The letter {found} in it is {alphabet} ({code}), not the Latin {meant} (U+{ord(meant):04X})."
    return f"The sign {found} in it is {called(found)}, not {meant} (U+{ord(meant):04X})."


def called(letter: str) -> str:
    """What Unicode calls the character, and its code."""
    name = unicodedata.name(letter, "a character without a name").lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name} (U+{ord(letter):04X})"


def told(problems: Iterable[Problem]) -> list[Problem]:
    """The problems; errors that quote a name with a letter nobody can tell apart say which."""
    return [_told(problem) for problem in problems]


def _told(problem: Problem) -> Problem:
    if problem.message.isascii() or problem.severity == "advice" or problem.code.startswith("translation-letters"):
        return problem
    for quoted in _QUOTED.findall(problem.message):
        if sentence := odd(quoted):
            if sentence in problem.message:
                return problem
            meant = plain(quoted)
            hint = problem.hint
            if f"`{meant}`" not in hint:
                hint = f"Type it again: `{meant}`." if meant.isascii() else hint or "Type it again."
            return replace(problem, message=f"{problem.message} {sentence}", hint=hint)
    return problem
