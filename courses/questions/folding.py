"""Typed words are compared in their folded forms, so that nobody is marked down for what a keyboard does to a word."""

from __future__ import annotations

import unicodedata

import cyrtranslit

# đ has no decomposition, and is typed as đ, dj or d; likewise ѓ and ќ, whose Latin forms are gj and kj.
_TYPED = (("đ", "d"), ("dj", "d"), ("gj", "g"), ("kj", "k"))


def fold(text: str) -> str:
    """The text without capitals, extra spaces, diacritics and Cyrillic letters (Serbian and Macedonian alphabets)."""
    text = unicodedata.normalize("NFC", text)
    if any("\u0400" <= letter <= "\u04ff" for letter in text):
        text = cyrtranslit.to_latin(cyrtranslit.to_latin(text, "sr"), "mk")
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    for typed, plain in _TYPED:
        text = text.replace(typed, plain)
    return " ".join(text.split())
