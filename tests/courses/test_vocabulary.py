"""What an author meant by a name that does not exist."""

from __future__ import annotations

from courses.vocabulary import Vocabulary, listed


def test_the_name_that_was_meant() -> None:
    known = Vocabulary(["first-step", "second-step", "exam"])
    assert known.like("frst-step") == ["first-step"]
    assert known.like("frst-step", 3) == ["first-step", "second-step"]
    assert known.like("lake") == []
    assert known.hint("Exma") == "Did you mean `exam`?"
    assert known.hint("lake") == "Write one of `first-step`, `second-step`, `exam`."
    assert Vocabulary([]).hint("lake") == ""


def test_a_flood_of_mistakes_is_not_compared_with_everything() -> None:
    """Twenty thousand mistakes are told as soon as twenty thousand lines are read: the last get no hint."""
    known = Vocabulary(f"name-{number}" for number in range(1_000))
    hints = [known.like(f"nam-{number}") for number in range(40)]
    assert hints[0] == ["name-0"]
    assert [number for number, found in enumerate(hints) if not found] == list(range(30, 40))
    assert known.like("nam-0") == ["name-0"], "what was found is kept"


def test_a_hint_lists_no_more_than_one_reads() -> None:
    assert listed("ab") == "`a`, `b`"
    assert listed(map(str, range(100))).endswith("`38`, `39`, …")
