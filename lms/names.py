"""Names as people type them: what a person is searched and sorted by. Built on the folding of typed answers, which
itself may never change for what was graded by it."""

from __future__ import annotations

from courses.questions import folding

LETTERS = str.maketrans("łŁøØıħŧ", "lLoOiht") | {ord(sign): None for sign in "'’‘ʼʻ`´′"}
"""Letters of names that no rule of Unicode takes apart, as they are typed without them; apostrophes are left out."""
SEARCH_LENGTH = 500
BETWEEN = "\t"
"""What parts the names a person is sorted by: it stands before every sign that a folded name can have."""


def fold(text: str) -> str:
    """Text as people are searched by: as typed answers are compared (`courses.questions.folding`), and without the
    further letters of names. "Đorđe", "Ђорђе", "djordje" and "dorde" meet, and so do "O’Brien" and "obrien"."""
    return folding.fold(text.translate(LETTERS))


def searched(name: str, email: str) -> str:
    """What a person's `search` holds."""
    return fold(f"{name} {email}")[:SEARCH_LENGTH]


def sorted_by(name: str, family_name: str = "") -> str:
    """What a person's `sort_key` holds: the family name, where it is known, and then the whole name."""
    whole = fold(name)
    return (f"{fold(family_name)}{BETWEEN}{whole}" if family_name else whole)[:SEARCH_LENGTH]


def is_part(family_name: str, name: str) -> bool:
    """Whether the words of the family name stand in the whole name, in whatever script."""
    return f" {fold(family_name)} " in f" {fold(name)} "
