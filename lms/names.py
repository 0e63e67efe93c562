"""Names as people type them: what a person is searched by. Built on the folding of typed answers, which itself may
never change for what was graded by it."""

from __future__ import annotations

from courses.questions import folding

LETTERS = str.maketrans("łŁøØıħŧ", "lLoOiht") | {ord(sign): None for sign in "'’‘ʼʻ`´′"}
"""Letters of names that no rule of Unicode takes apart, as they are typed without them; apostrophes are left out."""
SEARCH_LENGTH = 500


def fold(text: str) -> str:
    """Text as people are searched by: as typed answers are compared (`courses.questions.folding`), and without the
    further letters of names. "Đorđe", "Ђорђе", "djordje" and "dorde" meet, and so do "O’Brien" and "obrien"."""
    return folding.fold(text.translate(LETTERS))


def searched(name: str, email: str) -> str:
    """What a person's `search` holds."""
    return fold(f"{name} {email}")[:SEARCH_LENGTH]
