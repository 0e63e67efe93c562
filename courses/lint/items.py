"""Advice on one bank of questions.

The rules are those of T. M. Haladyna, S. M. Downing and M. C. Rodriguez, "A review of multiple-choice item-writing
guidelines for classroom assessment", Applied Measurement in Education 15 (2002), 309-334, which weighs what textbooks
say and what studies found. Guidelines are named here by their words.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from math import ceil
from typing import Any

from courses.facts import Fact
from courses.lint.chance import CHANCE, FEWEST, tail
from courses.model import Frozen
from courses.problems import Problem
from courses.questions.base import Choice, Question
from courses.questions.single_choice import SingleChoice
from courses.source import Document, Where

Item = tuple[Where, Question]
"""A question as its author wrote it, and where it stands in the document."""
ALIKE = 0.8
"""The share of words that two items have in common (Jaccard's index), from which on one tells what the other asks."""
FEW_WORDS = 8
"""Words below which items are too short to be compared by them."""

_CITATIONS = re.compile(r"\[@[^\[\]]*\]")
_WORDS = re.compile(r"\w+")
ALL_OR_NONE = re.compile(
    r"(?:all|none|both|any|neither) of the (?:above|below|other (?:answers|options|choices)|answers|options|choices)"
    r"|(?:all|none|both) of (?:these|them)|the above"
    r"|(?:sve|ništa|nijedno) (?:od )?(?:navedeno(?:ga?)?|gore navedeno(?:ga?)?)"
    r"|(?:све|ништа|ниједно) (?:од )?(?:наведено(?:га?)?|горе наведено(?:га?)?)"
    r"|(?:сите|сè|ништо|ниедно) (?:од )?(?:горе)?наведен(?:и|о|ото|ите)"
    r"|(?:të gjitha|asnjë) (?:më |nga )?(?:sipër|lart|këto|të sipërmet)",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"\b(?:which|what|who|where|when|why|how)\b[^.?!:;]{0,400}\?", re.IGNORECASE)
_CLAUSE = re.compile(
    r",|\b(?:if|that|who|whose|because|although|since|unless|while|before|after|when|where|even)\b", re.I
)
_NEGATION = re.compile(
    r"(?<![*\w])(?:(?:is|are|was|were|do|does|did|can|may|must|should|would|could|will|has|have|need)\s+"
    r"(?:\w+\s+){0,3}(?:not|never)|\w+n['’]t|except|least (?:likely|important)|not)(?![*\w])"
)


def bank(document: Document, items: Sequence[Item]) -> tuple[list[Problem], list[Fact]]:
    """Advice on the bank, and facts for the course: of each single choice the place of its right choice
    (`right-place`, "2/4"), and of each item its stem (`stem`, a hash)."""
    advice = _Advice(document)
    for at, question in items:
        advice.options(at, question)
        advice.stem(at, question)
    advice.lengths(items)
    advice.duplicates(items)
    return advice.problems, [*_places(document, items), *_stems(document, items)]


class _Advice:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def _note(self, at: Where, code: str, message: str, hint: str) -> None:
        place = self.document.place(at)
        self.problems.append(Problem(self.document.source.file, *place, "advice", code, message, hint))

    # ── one item ──────────────────────────────────────────────────────────────────────────────────────────────────

    def options(self, at: Where, question: Question) -> None:
        """ "Avoid all-of-the-above" and "none-of-the-above should be used carefully": who knows two choices to be right
        knows the rest. And a reason to each choice: feedback that explains teaches more than a mark (V. J. Shute,
        "Focus on formative feedback", Review of Educational Research 78 (2008), 153-189)."""
        lacking = []
        for path, part in _parts(question, at):
            text = getattr(part, "text", "")
            if isinstance(part, Choice) and ALL_OR_NONE.fullmatch(text.strip(" .!")):
                hint = "Knowing two choices gives this one away: write out what it means, or use multiple-choice."
                message = f"“{text}” tests logic, not the objective."
                self._note((*path, "text"), "all-of-the-above", message, hint)
            if "why" in type(part).model_fields and not _has_reason(part):
                lacking.append(path)
        if lacking:
            what = "This option" if len(lacking) == 1 else f"Of this question {len(lacking)} options, this one first,"
            message = f"{what} {'has' if len(lacking) == 1 else 'have'} no `why`, so that an answer is only marked."
            hint = "Say in a sentence why it is right or wrong: trainees learn from the reason, not from the mark."
            self._note(lacking[0], "choice-without-why", message, hint)

    def stem(self, at: Where, question: Question) -> None:
        """ "Word the stem positively, avoid negatives such as NOT or EXCEPT. If negative words are used, use the word
        cautiously and always ensure that the word appears capitalized and boldface." Only the question itself is
        looked at, not what it says of the case."""
        asked = _QUESTION.findall(question.stem)
        clause = _CLAUSE.split(asked[-1])[0] if asked else ""
        if found := _NEGATION.search(clause):
            message = f"The stem asks in the negative (“{found[0]}”), which is easily overlooked."
            word = found[0].split()[-1]
            hint = f"Ask for what is right, or make it bold: `**{word}**`."
            self._note((*at, "stem"), "negative-stem", message, hint)

    # ── the bank ──────────────────────────────────────────────────────────────────────────────────────────────────

    def lengths(self, items: Sequence[Item]) -> None:
        """ "Keep the length of choices about equal": authors qualify the right choice until nobody can object, and
        trainees learn to tick the longest. Told if the right one is the longest in so many items that chance would
        bring it about less than once in a hundred banks."""
        asked = [question for _, question in items if isinstance(question, SingleChoice)]
        hits = sum(_longest_is_right(question.choices) for question in asked)
        share = sum(1 / len(question.choices) for question in asked) / (len(asked) or 1)
        if len(asked) >= FEWEST and tail(hits, len(asked), share) < CHANCE:
            message = f"In {hits} of {len(asked)} single-choice questions of this bank the longest choice is right."
            hint = "Shorten it, or make the others as exact: who knows nothing learns to tick the longest."
            self._note((), "longest-is-right", message, hint)

    def duplicates(self, items: Sequence[Item]) -> None:
        """Two items that share nearly all their words: a quiz that draws both asks one thing twice, or lets one tell
        the other ("avoid … cueing one item with another"). To compare only pairs that can be alike, items are listed
        under their rarest words, of which two alike items have one in common (R. J. Bayardo, Y. Ma and R. Srikant,
        "Scaling up all pairs similarity search", WWW 2007)."""
        bags = [(at, question, set(_WORDS.findall(_all_text(question).lower()))) for at, question in items]
        often = Counter(word for _, _, words in bags for word in words)
        listed: dict[str, list[tuple[Where, Question, set[str]]]] = defaultdict(list)
        for at, question, words in bags:
            if len(words) < FEW_WORDS:
                continue
            rarest = sorted(words, key=lambda word: (often[word], word))[: len(words) - ceil(ALIKE * len(words)) + 1]
            near = {other[0]: other for word in rarest for other in listed[word]}
            for _, other, others in near.values():
                if len(words & others) >= ALIKE * len(words | others):
                    message = f"This item and `{other.id}` share nearly all their words, so one gives the other away."
                    self._note(at, "near-duplicate", message, "Delete one, or make them ask different things.")
                    break
            for word in rarest:
                listed[word].append((at, question, words))


def _parts(question: Frozen, at: Where) -> Iterator[tuple[Where, Frozen]]:
    """The parts of a question that can have a reason, with their paths: choices, pairs, steps, gaps …; where it has
    none, the question itself."""
    found = False
    for name in type(question).model_fields:
        value: Any = getattr(question, name)
        for place, part in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(part, Frozen):
                found = True
                yield (*at, name, place), part
                yield from _inner_choices(part, (*at, name, place))
    if not found:
        yield at, question


def _inner_choices(part: Frozen, at: Where) -> Iterator[tuple[Where, Frozen]]:
    """The choices of a gap that does not give one reason for all of them."""
    choices: Any = () if getattr(part, "why", "") else getattr(part, "choices", None)
    for place, choice in enumerate(choices or ()):
        yield (*at, "choices", place), choice


def _has_reason(part: Frozen) -> bool:
    """Whether the part has a reason, or leaves it to its choices; both answers of a true/false question need one."""
    why: Any = getattr(part, "why", "")
    if isinstance(why, Frozen):
        return all(dict(why).values())
    return bool(why or getattr(part, "choices", None))


def _longest_is_right(choices: Sequence[Choice]) -> bool:
    lengths = [(len(_CITATIONS.sub("", choice.text).strip()), choice.correct) for choice in choices]
    longest = max(length for length, _ in lengths)
    return [correct for length, correct in lengths if length == longest] == [True]


def _all_text(question: Question) -> str:
    texts = [question.stem, getattr(question, "text", "")]
    for _, part in _parts(question, ()):
        texts += [value for name in ("text", "left", "right") if isinstance(value := getattr(part, name, None), str)]
    return " ".join(texts)


# ── facts for the course ───────────────────────────────────────────────────────────────────────────────────────────


def _places(document: Document, items: Sequence[Item]) -> Iterator[Fact]:
    for at, question in items:
        if isinstance(question, SingleChoice):
            right = next(place for place, choice in enumerate(question.choices, start=1) if choice.correct)
            yield Fact("right-place", f"{right}/{len(question.choices)}", *document.place(at))


def _stems(document: Document, items: Sequence[Item]) -> Iterator[Fact]:
    """Items are the same if all their words are; "Complete the sentence." is the stem of many."""
    for at, question in items:
        words = " ".join(_WORDS.findall(_all_text(question).lower()))
        yield Fact("stem", f"{sha256(words.encode()).hexdigest()[:16]} {question.id}", *document.place(at))
