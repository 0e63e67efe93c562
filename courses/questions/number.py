"""Number: a number, typed.

The score is 1 for a number that differs from `answer` by no more than `tolerance`, which is a number or a share of the
answer, and 0 for any other: the operator `equal` of IMS QTI 2.2 with the tolerance modes exact, absolute and relative,
both bounds included. Numbers are compared exactly, as fractions of whole numbers.

The region writes 1.234,5 where English writes 1,234.5, and a trainee may write either. The last mark is the decimal one
if both stand there; a mark that stands more than once parts thousands, and so do spaces. `1.000` may be one or a
thousand: both are tried, since nobody who knows the answer misses it by that factor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from html import escape, unescape
from typing import Annotated, Any, Literal

from courses.model import Frozen
from courses.questions.base import (
    Grade,
    Mistake,
    OptionalPassage,
    OptionalText,
    Part,
    Passage,
    Payload,
    Question,
    joined,
    written,
)
from courses.questions.folding import fold

LIMIT = 100
"""Characters of a typed number, with its unit, that are looked at."""
_DIGITS = r"([0-9]{1,12}(?:\.[0-9]{1,12})?)"


def _plain(digits: str) -> str:
    return f"{Decimal(digits).normalize():f}"


Number = Annotated[
    str,
    written(
        rf"([-+\u2212]?){_DIGITS}",
        "bad-number",
        "`12` or `0.5`",
        lambda match: ("-" if match[1] in ("-", "\u2212") else "") + _plain(match[2]),
    ),
]
"""A number as an author writes it, with a decimal point; kept as digits, since no float is exact."""

Tolerance = Annotated[
    str, written(rf"{_DIGITS} ?(%?)", "bad-tolerance", "`0.5` or `5%`", lambda match: _plain(match[1]) + match[2])
]
"""How far off an answer may be."""

# a number; thousands may be parted by a space, a point, a comma or an apostrophe
_TYPED = re.compile(r"([-+\u2212\u2013]?) ?((?:[0-9]+|[0-9]{1,3}(?:[ .,'\u2019][0-9]{3})+)(?:[.,][0-9]+)?)")
_BESIDE_A_NUMBER = re.compile(r"(?<=[0-9]) ?(?=[^0-9 .,])|(?<=[^0-9 .,+\u2212\u2013-]) ?(?=[-+\u2212\u2013]?[0-9])")
_SPACES = re.compile(r"[\s\u202f\u2009\u00a0]+")
_TAG = re.compile(r"<[^<>]*>")


def readings(typed: str) -> tuple[Fraction, ...]:
    """The numbers that a typed text may mean: one, two for such as `1.000`, none for what is no number."""
    match = _TYPED.fullmatch(typed.strip().removesuffix("."))
    if match is None:
        return ()
    sign = -1 if match[1] and match[1] != "+" else 1
    digits = re.sub(r"[ '\u2019]", "", match[2])
    marks = re.findall(r"[.,]", digits)
    whole = re.sub(r"[.,]", "", digits)
    if not marks:
        found = [whole]
    elif len(set(marks)) == 2:
        if marks.count(marks[-1]) > 1:
            return ()
        before, _, after = digits.rpartition(marks[-1])
        found = [re.sub(r"[.,]", "", before) + "." + after]
    elif len(marks) > 1:
        found = [whole] if len(digits.rpartition(marks[0])[2]) == 3 else []
    else:
        before, _, after = digits.partition(marks[0])
        found = [f"{before}.{after}"]
        if len(after) == 3 and 1 <= len(before) <= 3 and before[0] != "0":
            found.append(whole)
    return tuple(sign * Fraction(number) for number in found)


def _abbreviates(typed: str, unit: str) -> bool:
    """Whether the letters typed begin the folded unit, with a full stop or without."""
    letters = fold(typed).removesuffix(".")
    return letters != "" and unit.startswith(letters)


def _shown(value: Fraction) -> str:
    return _plain(str(Decimal(value.numerator) / value.denominator)).replace("-", "\u2212")


class WrongNumber(Frozen):
    """A number that is often given and wrong, and why it is."""

    value: Number
    why: Passage


class NumberQuestion(Question):
    """The answer is the text typed. `unit` is shown after the field; whoever types it as well, or its first letters
    (`min.` for `minutes`), loses nothing. In what has another unit no number is read."""

    type: Literal["number"]
    answer: Number
    """The number, with a decimal point."""
    tolerance: Tolerance = "0"
    """How far off an answer may be: `0.5` or `5%`; exact if left out."""
    unit: OptionalText = ""
    """What is counted; shown after the field."""
    wrong: Annotated[tuple[WrongNumber, ...], "unmarked"] = ()
    """Numbers that are often given and wrong, each with a reason."""
    why: OptionalPassage = ""
    """How one comes to the answer: the trainee reads it afterwards."""

    def key(self) -> dict[str, Any]:
        """As of every question, and the unit, since it may be typed."""
        return super().key() | {"unit": self._unit()}

    def _unit(self) -> str:
        """The unit as it is typed: without the tags of inline HTML."""
        return fold(unescape(_TAG.sub("", self.unit)))

    def _near(self, value: Fraction) -> bool:
        return abs(value - Fraction(self.answer)) <= self._allowed()

    def _allowed(self) -> Fraction:
        """How far off an answer may be, as a number."""
        allowed = Fraction(self.tolerance.rstrip("%"))
        return abs(Fraction(self.answer)) * allowed / 100 if self.tolerance.endswith("%") else allowed

    def _read(self, typed: str) -> tuple[Fraction, ...]:
        text = _SPACES.sub(" ", typed[:LIMIT]).strip()
        unit = self._unit()
        found = readings(text)
        if found or not unit:
            return found
        cuts = [(text[: gap.start()], text[gap.end() :]) for gap in _BESIDE_A_NUMBER.finditer(text)]
        numbers = [before for before, after in cuts if _abbreviates(after, unit)]
        numbers += [after for before, after in cuts if fold(before) == unit]
        return next((read for number in numbers if (read := readings(number))), ())

    def readable(self, answer: object) -> bool:
        return isinstance(answer, str) and bool(self._read(answer))

    def _accepted(self) -> str:
        """The answer with its unit and, where others are right too, the least and the greatest of them."""
        answer = Fraction(self.answer)
        bounds = [bound for sign in (-1, 1) if (bound := answer + sign * self._allowed()) != answer]
        span = " \u2013 ".join(map(_shown, bounds))
        return joined(_shown(answer), self.unit, span and f"({span})")

    def mistakes(self) -> Iterator[Mistake]:
        if self.tolerance.endswith("%") and not Fraction(self.answer):
            yield Mistake(
                ("tolerance",),
                "tolerance-of-nothing",
                "A share of 0 is 0, so this tolerates nothing.",
                "Write the tolerance as a number.",
                rests_on=(("answer",),),
            )
        for place, known in enumerate(self.wrong):
            if self._near(Fraction(known.value)):
                yield Mistake(
                    ("wrong", place, "value"),
                    "wrong-is-right",
                    f"“{known.value}” is right within the tolerance.",
                    "Delete it, or make the tolerance smaller.",
                    rests_on=(("answer",), ("tolerance",)),
                )

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002
        return Payload(self.id, self.type, self.stem, text=(self.unit,), limit=LIMIT, shape="text")

    def grade(self, answer: object) -> Grade:
        typed = answer if isinstance(answer, str) else ""
        found = self._read(typed)
        right = any(self._near(value) for value in found)
        reason = next((known.why for known in self.wrong if not right and Fraction(known.value) in found), "")
        part = Part(
            id=self.id,
            text="",
            chosen=typed.strip() != "",
            right=right,
            given=escape(typed[:LIMIT]),
            expected=self._accepted(),
            why=joined(reason, self.why),
        )
        return Grade(float(right), (part,))
