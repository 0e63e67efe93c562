"""The names that exist, among which it is looked for what an author meant by one that does not."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_ALIKE = 0.6
"""How alike two names are at least (`difflib` counts from 0 to 1) to be taken for the same."""
_COMPARISONS = 30_000
"""How many names are compared: those of a hundred mistakes in a large course, about a second of work."""
_LISTED = 40
"""How many names a hint lists."""


class Vocabulary:
    """Names of one kind. Whoever looks for many in them keeps one vocabulary, since that counts what it compares."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(dict.fromkeys(names))
        self._found: dict[str, list[str]] = {}
        self._left = _COMPARISONS

    def like(self, word: str, most: int = 1) -> list[str]:
        """The names, at most so many, that are most like the word, the most like it first; none once very many words
        have been looked for."""
        if word not in self._found:
            if self._left < len(self._names):
                return []
            self._left -= len(self._names)
            self._found[word] = get_close_matches(word, self._names, len(self._names) or 1, _ALIKE)
        return self._found[word][:most]

    def hint(self, word: str) -> str:
        """A hint for a word that is none of the names: the one that was meant, or all of them."""
        if meant := self.like(word.lower()):
            return f"Did you mean `{meant[0]}`?"
        return f"Write one of {listed(self._names)}." if self._names else ""


def listed(words: Iterable[str]) -> str:
    """The words as a hint lists them; of very many the first."""
    names = [f"`{word}`" for word in islice(words, _LISTED + 1)]
    return ", ".join([*names[:_LISTED], *["…"] * (len(names) > _LISTED)])
