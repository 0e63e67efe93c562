"""How somebody answers an item who knows nothing of its subject, but something of how items are written.

A trick looks at the options of an item as they stand in the author's file, and leaves one or more *candidates*:
answers that it can't tell apart. One of them is drawn by lot, so a trick's score for an item is the mean of what the
item's own `grade` gives for the candidates. Where a trick says nothing of an item, all answers are candidates and it
scores what chance does.

    type                    one answer by lot                       what a trick does
    single-choice           a choice                                the choices with the most of what it looks for
    true-false              true or false                           "true", "false"; hedged is true, absolute is false
    multiple-choice         a set of choices, not empty             ticks all that have more of it than their mean
    gaps (menus)            a choice of each menu; typed: nothing   as in a single choice, in each menu
    matching                a right side for each left side         the right sides that share most of the left's words
    categorise              a category for each item                the same; or always the first, middle, last one

Orders and what is typed are left out: no trick tells them, and a guesser gets nothing for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from courses.lint.items import ALL_OR_NONE
from courses.review.words import ABSOLUTES, HEDGES, count, roots

Kind = Literal["choices", "categories", "pairs"]
"""What the options are: choices of an item or a gap; categories; right sides, whose order trainees do not see."""


@dataclass(frozen=True, slots=True)
class Menu:
    """Options to choose from: their kind, their ids and plain texts in the author's order, and the plain text that
    asks. `language`: that of the texts."""

    kind: Kind
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    asks: str
    language: str


Weigh = Callable[[Menu], Sequence[float]]
"""How much each option of the menu has of what a trick looks for."""


def _silent(_text: str, _language: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Trick:
    """A trick: its name, what it takes in a few words, how it weighs options (None: it looks at none) of which kinds,
    and what it says to a statement, by its plain text and language: "true", "false", or "" for nothing. `every`: it
    ticks every box of a multiple choice."""

    name: str
    takes: str
    weigh: Weigh | None = None
    kinds: tuple[Kind, ...] = ("choices",)
    statement: Callable[[str, str], str] = _silent
    every: bool = False

    def weights(self, menu: Menu) -> Sequence[float]:
        """How the trick weighs the menu's options; all the same where it says nothing of them."""
        return self.weigh(menu) if self.weigh and menu.kind in self.kinds else [0.0] * len(menu.ids)

    def best(self, menu: Menu) -> list[str]:
        """The ids of the options that weigh most."""
        weights = self.weights(menu)
        return [id for id, weight in zip(menu.ids, weights, strict=True) if weight == max(weights)]

    def above(self, menu: Menu) -> list[str]:
        """The ids of the options that weigh more than the mean of all; none where the trick says nothing of them."""
        weights = self.weights(menu)
        if self.every:
            return list(menu.ids)
        return [id for id, weight in zip(menu.ids, weights, strict=True) if weight * len(weights) > sum(weights)]


# ── what tricks weigh ──────────────────────────────────────────────────────────────────────────────────────────────


def _at(place: Callable[[int], set[int]]) -> Weigh:
    return lambda menu: [float(number in place(len(menu.ids))) for number in range(len(menu.ids))]


def _middle(size: int) -> set[int]:
    """The place in the middle; of an even number of places the two."""
    return {(size - 1) // 2, size // 2}


def _hedges(menu: Menu) -> list[float]:
    return [count(text, HEDGES.get(menu.language, ())) for text in menu.texts]


def _absolutes(menu: Menu) -> list[float]:
    return [-count(text, ABSOLUTES.get(menu.language, ())) for text in menu.texts]


def _shared(menu: Menu) -> list[float]:
    """How many of the words of what asks each option repeats, which not all options do."""
    asked = roots(menu.asks, menu.language)
    found = [asked & roots(text, menu.language) for text in menu.texts]
    everywhere = frozenset.intersection(*found)
    return [len(words - everywhere) for words in found]


def _says_all(menu: Menu) -> list[float]:
    return [float(bool(ALL_OR_NONE.fullmatch(text.strip(" .!")))) for text in menu.texts]


def _hedged(text: str, language: str) -> str:
    return "true" if count(text, HEDGES.get(language, ())) else ""


def _absolute(text: str, language: str) -> str:
    return "false" if count(text, ABSOLUTES.get(language, ())) else ""


_PLACED: tuple[Kind, ...] = ("choices", "categories")
_ALL: tuple[Kind, ...] = ("choices", "categories", "pairs")

TRICKS = (
    Trick("longest", "the longest option", lambda menu: [len(text) for text in menu.texts]),
    Trick("shortest", "the shortest option", lambda menu: [-len(text) for text in menu.texts]),
    Trick("hedged", "the option with most hedging words; a hedged statement is true", _hedges, statement=_hedged),
    Trick(
        "moderate",
        "the option with fewest absolute words; an absolute statement is false",
        _absolutes,
        statement=_absolute,
    ),
    Trick("first", "the first option as written", _at(lambda _size: {0}), _PLACED),
    Trick("middle", "the middle option as written", _at(_middle), _PLACED),
    Trick("last", "the last option as written", _at(lambda size: {size - 1}), _PLACED),
    Trick("all", "every box; the option that says “all of these”", _says_all, every=True),
    Trick("stem", "the option that repeats most words of the stem, or of its left side", _shared, _ALL),
    Trick("true", "every statement is true", statement=lambda _text, _language: "true"),
    Trick("false", "every statement is false", statement=lambda _text, _language: "false"),
)
