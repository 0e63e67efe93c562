"""What was given last wins, not what arrived last.

Every form with an answer says which version of the answer it was shown with, and a fingerprint of it. A script adds its
own mark and counts what it sends, so that two requests of one page that overtake each other are put in order. From
this, one pure function decides what an answer that arrives does to the one that is stored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from flask_babel import gettext as _

from courses.questions.base import Answer
from lms.learning.refusal import Refused


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it is kept: `version` counts its changes from 1, and 0 is where there was none yet. `tab` and
    `sequence` say which page of a browser gave it last, and as the how many-th of what it sent."""

    answer: Answer | None = None
    version: int = 0
    tab: str = ""
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sender of an answer had seen: the version, and the fingerprint of its answer. `tab` is the mark that a
    script gave itself when its page was loaded, and `sequence` counts what it sent; without a script, "" and 0."""

    version: int = 0
    fingerprint: str = ""
    tab: str = ""
    sequence: int = 0


class Fate(Enum):
    """What becomes of an answer that arrives."""

    KEEP = "it takes the place of the stored one"
    SAME = "it is the stored one already"
    UNTOUCHED = "its form was sent as it was shown; somebody has given another answer since"
    LATE = "the same page has sent a newer one, which overtook it"
    DIFFERS = "another answer was given since its form was shown"


class Differs(Refused):
    """Another answer was given after the form was shown that this one came with; nothing was overwritten."""

    def __init__(self, stored: Stored) -> None:
        super().__init__(
            _("Not saved: this answer was changed in another window or on another device. Compare both and choose one.")
        )
        self.stored = stored


class Overtaken(Refused):
    """The same page has sent a newer answer, which arrived first."""

    def __init__(self) -> None:
        super().__init__(_("A newer answer of yours is already saved. This one was not."))


def fingerprint(answer: object) -> str:
    """A short mark of an answer: equal answers have equal ones."""
    return sha256(json.dumps(answer, sort_keys=True).encode()).hexdigest()[:16]


def fate(stored: Stored, seen: Seen, given: Answer | None) -> Fate:
    """What becomes of an answer given by somebody who had seen this much."""
    if given == stored.answer:
        return Fate.SAME
    if seen.tab and seen.tab == stored.tab:
        return Fate.KEEP if seen.sequence > stored.sequence else Fate.LATE
    if seen.version == stored.version:
        return Fate.KEEP
    return Fate.UNTOUCHED if fingerprint(given) == seen.fingerprint else Fate.DIFFERS
