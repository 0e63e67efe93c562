"""Typed words are compared in their folded forms, so that nobody is marked down for what a keyboard does to a word.

Forgiven are four things that a keyboard or a habit decides, and not knowledge. An author may forgive fewer of
them. Spelling is not forgiven: which slips make another word (`emigrant`, `immigrant`) only the author knows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Literal

import cyrtranslit

Forgiven = Literal["case", "spacing", "diacritics", "script"]
EVERYTHING: tuple[Forgiven, ...] = ("case", "spacing", "diacritics", "script")

# đ has no decomposition, and is typed as đ, dj or d; likewise ѓ and ќ, whose Latin forms are gj and kj.
_TYPED = {"đ": "d", "dj": "d", "gj": "g", "kj": "k"}
_TYPED |= {typed.upper(): plain.upper() for typed, plain in _TYPED.items()} | {
    typed.title(): plain.upper() for typed, plain in _TYPED.items()
}
_HYPHENS = re.compile(r"(?<=\w)\s*[-\u2010-\u2015\u2212]\s*(?=\w)")
_DIGRAPHS = str.maketrans(
    {"Ǌ": "NJ", "ǋ": "Nj", "ǌ": "nj", "Ǉ": "LJ", "ǈ": "Lj", "ǉ": "lj", "Ǆ": "DŽ", "ǅ": "Dž", "ǆ": "dž"}
)


def fold(text: str, forgive: Collection[str] = EVERYTHING) -> str:
    """The text without that by which two answers may differ:

    - case: capital letters;
    - spacing: the number of spaces, and hyphens and dashes between letters in place of a space;
    - diacritics: `š` or `s`; also `đ`, `dj` or `d`, and `gj` and `kj`, which stand for `ѓ` and `ќ`;
    - script: Cyrillic or Latin, by the Serbian and Macedonian alphabets.

    Spaces at the ends and characters that nobody can see are never looked at.
    """
    text = unicodedata.normalize("NFC", text)
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()
    if "spacing" in forgive:
        text = _HYPHENS.sub(" ", text)
    if "script" in forgive:
        text = _latin(text)
    if "case" in forgive:
        text = text.casefold()
    if "diacritics" in forgive:
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
        for typed, plain in _TYPED.items():
            text = text.replace(typed, plain)
    return " ".join(text.split()) if "spacing" in forgive else text.strip()


def _latin(text: str) -> str:
    text = text.translate(_DIGRAPHS)
    if any("\u0400" <= letter <= "\u04ff" for letter in text):
        text = cyrtranslit.to_latin(cyrtranslit.to_latin(text, "sr"), "mk")
    # Љ is Lj or LJ, by the letters round it
    return re.sub(r"LJ|NJ|DŽ", lambda found: found[0].title(), text)


def tells(id: str, answers: Iterable[str]) -> str:
    """The first of the answers that the id, which browsers see before anything is answered, says; or ""."""
    for answer in answers:
        said = "-".join(re.findall(r"\w+", fold(answer)))
        if said and f"-{said}-" in f"-{id}-":
            return answer
    return ""
