"""Gaps: a text with `[[gap-id]]` in it. Each gap is typed (`accept`) or chosen from a menu (`choices`).

Partial credit is the share of the gaps filled rightly, as by the response template `map_response` of IMS QTI 2.2 with
equal weights. What is typed is compared after `folding.fold`, which forgives capitals, spacing, diacritics and script.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from courses.model import Frozen, Slug
from courses.questions.base import (
    ANY,
    LONGEST,
    Choice,
    Grade,
    Mistake,
    Option,
    OptionalPassage,
    Part,
    Passage,
    Payload,
    Question,
    Slot,
    Word,
    arranged,
    doubled,
    filled_slots,
    joined,
    only_right_one,
)
from courses.questions.folding import fold, tells
from courses.vocabulary import Vocabulary

GAP = re.compile(r"\[\[([^\[\]]*)\]\]")


class Gap(Frozen):
    """A gap: the words that are accepted, or a menu of choices; and why."""

    id: Slug
    """The id that stands between the brackets. It may not say the answer."""
    accept: Annotated[tuple[Word, ...], Field(min_length=1)] | None = None
    """The words that are right, for a gap that is typed."""
    choices: Annotated[tuple[Choice, ...], Field(min_length=2)] | None = None
    """A menu of which one choice is right, for a gap that is not typed."""
    why: OptionalPassage = ""

    def part(self, number: int, given: str) -> Part:
        """How the gap fared that stands as `number` in the text and was filled with `given`."""
        if self.choices is None:
            accepted = self.accept or ()
            right = fold(given[:LONGEST]) in {fold(word) for word in accepted} - {""}
            shown, expected, why = escape(given[:LONGEST]), escape(accepted[0]) if accepted else "", ""
        else:
            chosen = next((choice for choice in self.choices if choice.id == given), None)
            right = chosen is not None and chosen.correct
            shown, why = (chosen.text, chosen.why) if chosen else ("", "")
            expected = next((choice.text for choice in self.choices if choice.correct), "")
        return Part(
            id=self.id,
            text=str(number),
            chosen=shown != "",
            right=right,
            given=shown,
            expected=expected,
            why=joined(why, self.why),
        )


class Gaps(Question):
    """The answer maps the id of each gap to the id of a choice, or to the text typed."""

    type: Literal["gaps"]
    text: Passage
    """The text in Markdown, with `[[gap-id]]` where a gap is."""
    gaps: Annotated[tuple[Gap, ...], Field(min_length=1)]
    """What belongs into each gap."""

    def mistakes(self) -> Iterator[Mistake]:
        yield from doubled(self.gaps, ("gaps",), "gaps")
        if "](" in self.text:
            yield Mistake(
                ("text",),
                "gap-in-link",
                "The text with the gaps has a link or a picture.",
                "Put it into the stem: no gap in it could be filled.",
                rests_on=(),
            )
        in_text, described = Counter(GAP.findall(self.text)), dict.fromkeys(gap.id for gap in self.gaps)
        left = Vocabulary(id for id in described if id not in in_text)
        meant: set[str] = set()
        for id, times in in_text.items():
            if id not in described:
                like = left.like(id.lower())
                meant.update(like)
                yield Mistake(
                    ("text",),
                    "gap-unknown",
                    f"The text has a gap `[[{id}]]` that `gaps` does not describe.",
                    f"Did you mean `[[{like[0]}]]`?" if like else "Add it to `gaps`, or correct its id.",
                    rests_on=(("gaps", ANY, "id"),),
                )
            if times > 1:
                message = f"The gap `[[{id}]]` is in the text twice."
                yield Mistake(("text",), "doubled-id", message, "Use two ids.", rests_on=())
        for place, gap in enumerate(self.gaps):
            at = ("gaps", place)
            if gap.id not in in_text and gap.id not in meant:
                yield Mistake(
                    (*at, "id"),
                    "gap-not-in-text",
                    f"The gap `{gap.id}` is not in the text.",
                    f"Write `[[{gap.id}]]` where it belongs.",
                    rests_on=(("text",),),
                )
            yield from self._mistakes_of(gap, at)

    @staticmethod
    def _mistakes_of(gap: Gap, at: tuple[str | int, ...]) -> Iterator[Mistake]:
        # the browser gets the id as the name of the field, before anything is answered
        if word := tells(gap.id, gap.accept or ()):
            yield Mistake(
                (*at, "id"),
                "gap-id-tells",
                f"The id `{gap.id}` says the answer “{word}”, and browsers can see it.",
                "Give the gap an id that says what is asked for.",
                rests_on=(),
            )
        if gap.choices is None and not any(fold(word) for word in gap.accept or ()):
            yield Mistake(
                at,
                "gap-without-answer",
                f"Nothing fills the gap `{gap.id}`.",
                "Give it `accept` (words to be typed) or `choices` (a menu).",
                rests_on=((*at, "id"), (*at, "accept"), (*at, "choices")),
            )
        if gap.choices is not None:
            if gap.accept is not None:
                yield Mistake(
                    (*at, "accept"),
                    "gap-two-ways",
                    f"The gap `{gap.id}` is both typed and chosen from a menu.",
                    "Keep `accept` or `choices`.",
                    rests_on=(),
                )
            yield from doubled(gap.choices, (*at, "choices"), "choices")
            yield from only_right_one(gap.choices, (*at, "choices"))

    def order(self, rng: Random) -> tuple[str, ...]:
        """The ids are `gap/choice`."""
        drawn = [(gap.id, rng.sample(gap.choices, len(gap.choices))) for gap in self.gaps if gap.choices]
        return tuple(f"{gap}/{choice.id}" for gap, choices in drawn for choice in choices)

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002
        """The slots stand in the order of the text; the text of each is its number there, counted from 1."""
        pieces = tuple(GAP.split(self.text))
        gaps = {gap.id: gap for gap in self.gaps}
        slots = []
        for number, id in enumerate(pieces[1::2], start=1):
            options = {f"{id}/{choice.id}": Option(choice.id, choice.text) for choice in gaps[id].choices or ()}
            slots.append(Slot(id, str(number), tuple(options[name] for name in arranged(options, order))))
        return Payload(self.id, self.type, self.stem, slots=tuple(slots), text=pieces, limit=LONGEST, shape="slots")

    def grade(self, answer: object) -> Grade:
        given = filled_slots(answer, (gap.id for gap in self.gaps))
        places = GAP.findall(self.text)
        parts = tuple(gap.part(places.index(gap.id) + 1, given[gap.id]) for gap in self.gaps)
        return Grade(sum(part.right for part in parts) / len(parts), parts)
