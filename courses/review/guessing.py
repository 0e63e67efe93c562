"""What tricks score over the banks of a course's final, held against chance.

The *chance level* of an item is what its own `grade` gives, on average, to one of all possible answers drawn by lot:

    single-choice           1 / choices
    true-false              1 / 2
    multiple-choice         the mean grade of all sets of choices but the empty one
    gaps                    the sum over the menus of 1 / choices, over all gaps; what is typed is never guessed
    matching, categorise    1 / options: of right sides (distractors included), of categories

A trick's score for an item is the mean grade of its candidates; see `tricks`. Both are means over the same items: all
of those banks that are of one of these types, gaps with a menu. Their difference, in percentage points, is what the
trick earns somebody who knows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb
from statistics import fmean

from courses.questions.base import Choice, Question
from courses.questions.categorise import Categorise
from courses.questions.gaps import Gaps
from courses.questions.matching import Matching
from courses.questions.multiple_choice import MultipleChoice
from courses.questions.single_choice import SingleChoice
from courses.questions.true_false import TrueFalse
from courses.review.reading import Item
from courses.review.tricks import TRICKS, Menu, Trick
from courses.review.words import plain

LIMIT = 10.0
"""Percentage points above chance that no trick may score over a course's banks."""


@dataclass(frozen=True, slots=True)
class Guess:
    """An item answered by a trick: the trick's score and that of chance, both in 0..1."""

    item: Item
    score: float
    chance: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trick's guesses at all items that can be guessed at."""

    trick: Trick
    guesses: tuple[Guess, ...]

    @property
    def score(self) -> float:
        """The mean score, in 0..1; 0 without items."""
        return fmean(guess.score for guess in self.guesses) if self.guesses else 0.0

    @property
    def chance(self) -> float:
        """The mean score of chance, in 0..1; 0 without items."""
        return fmean(guess.chance for guess in self.guesses) if self.guesses else 0.0

    @property
    def gain(self) -> float:
        """What the trick scores above chance, in percentage points, to a tenth."""
        return round((self.score - self.chance) * 100, 1) + 0.0  # which makes -0.0 plain 0.0

    @property
    def caught(self) -> bool:
        """Whether it scores more than it may."""
        return self.gain > LIMIT

    def won(self) -> list[Guess]:
        """The guesses that score above chance: those that win most first, then as the items stand."""
        return sorted(
            (guess for guess in self.guesses if guess.score > guess.chance),
            key=lambda guess: (guess.chance - guess.score, guess.item.file, guess.item.line),
        )


def outcomes(items: Iterable[Item], language: str) -> list[Outcome]:
    """What each trick scores over the items, whose texts are in the language."""
    asked = [(item, chance(item.question)) for item in items if guessable(item.question)]
    return [
        Outcome(trick, tuple(Guess(item, score(trick, item.question, language), level) for item, level in asked))
        for trick in TRICKS
    ]


def together(courses: Iterable[list[Outcome]]) -> list[Outcome]:
    """The outcomes of several courses as if they were one."""
    return [
        Outcome(each[0].trick, tuple(guess for outcome in each for guess in outcome.guesses))
        for each in zip(*courses, strict=True)
    ]


def guessable(question: Question) -> bool:
    """Whether a trick may answer the question."""
    return isinstance(question, TrueFalse | MultipleChoice) or bool(_menus(question, ""))


def chance(question: Question) -> float:
    """What an answer drawn by lot scores on average, in 0..1; see above."""
    if isinstance(question, TrueFalse):
        return 0.5
    if isinstance(question, MultipleChoice):
        return _any_set(question)
    return _by_slots(question, {slot: list(menu.ids) for slot, menu in _menus(question, "").items()})


def score(trick: Trick, question: Question, language: str) -> float:
    """What the trick's answer scores on average, in 0..1."""
    if isinstance(question, TrueFalse):
        said = trick.statement(plain(question.stem), language)
        return question.grade(said).score if said else chance(question)
    if isinstance(question, MultipleChoice):
        ticked = trick.above(_of_choices(question.choices, plain(question.stem), language))
        return question.grade(ticked).score if ticked else chance(question)
    return _by_slots(question, {slot: trick.best(menu) for slot, menu in _menus(question, language).items()})


def _by_slots(question: Question, candidates: dict[str, list[str]]) -> float:
    """The mean grade if one of the candidates of each slot is drawn. Where there are several slots, each earns the
    same whatever is in the others, so that the sum of what each earns alone is that of all."""
    if isinstance(question, SingleChoice):
        return fmean(question.grade(id).score for id in candidates[""])
    return sum(fmean(question.grade({slot: id}).score for id in ids) for slot, ids in candidates.items())


def _any_set(question: MultipleChoice) -> float:
    """The mean grade of all sets of choices but the empty one. Sets with as many right and as many wrong choices have
    the same grade, so that one of each such kind is graded."""
    right = [choice.id for choice in question.choices if choice.correct]
    wrong = [choice.id for choice in question.choices if not choice.correct]
    total: float = sum(
        comb(len(right), hits) * comb(len(wrong), misses) * question.grade(right[:hits] + wrong[:misses]).score
        for hits in range(len(right) + 1)
        for misses in range(len(wrong) + 1)
        if hits + misses
    )
    return total / float(2 ** len(question.choices) - 1)


def _menus(question: Question, language: str) -> dict[str, Menu]:
    """The menus of the question by the slots that they fill; a single choice fills the slot ""."""
    asks = plain(question.stem)
    match question:
        case SingleChoice():
            return {"": _of_choices(question.choices, asks, language)}
        case Gaps():
            asks = f"{asks} {plain(question.text)}"
            return {gap.id: _of_choices(gap.choices, asks, language) for gap in question.gaps if gap.choices}
        case Matching():
            sides = {question.option_id(pair.id): pair.right for pair in question.pairs}
            sides |= {question.option_id(other.id): other.text for other in question.distractors}
            return {
                question.slot_id(pair.id): Menu("pairs", *_texts(sides), plain(pair.left), language)
                for pair in question.pairs
            }
        case Categorise():
            sides = {question.option_id(category.id): category.text for category in question.categories}
            return {
                question.slot_id(item.id): Menu("categories", *_texts(sides), plain(item.text), language)
                for item in question.items
            }
    return {}


def _of_choices(choices: Iterable[Choice], asks: str, language: str) -> Menu:
    return Menu("choices", *_texts({choice.id: choice.text for choice in choices}), asks, language)


def _texts(options: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(options), tuple(plain(text) for text in options.values())
