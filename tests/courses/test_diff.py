"""What a change of a text is taken for, and in what words: done to files, as a trainer does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from courses.artefact import Release, Store, in_force
from courses.build import build
from courses.diff import Change, compare, kind_of, lessons_to_see, passages, plain, words
from courses.model import Course

from .books import BASE, edit, lay
from .translator import fill, in_serbian


class Desk:
    """A trainer's desk: the text of the course `paths`, and the store it is built into."""

    def __init__(self, folder: Path) -> None:
        self.content, self.store = lay(BASE.name, folder / "content"), Store(folder / "artefacts")
        self.first = self.build()

    def build(self) -> Course:
        """The course as the text stands."""
        (result,) = build(self.content, self.store, ["paths"], jobs=1).courses
        assert result.revision, result.problems
        return self.store.course("paths", result.revision)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change what stands once in a file."""
        edit(self.content / "paths" / name, old, new)

    def change(self, name: str, change: Callable[[Any], object]) -> None:
        """Change the values of a YAML file."""
        path = self.content / "paths" / name
        data = yaml.safe_load(path.read_text("utf-8"))
        change(data)
        path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")

    def changes(self) -> tuple[Change, ...]:
        """What has changed since the first build."""
        return compare(self.store, self.first, self.build())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def said(changes: tuple[Change, ...]) -> list[str]:
    return [f"{change.kind} {change.what} {change.id} {change.deed}" for change in changes]


BANK, COURSE, QUIZ, FIRST = "questions/bank.yaml", "course.yaml", "quizzes/final.yaml", "lessons/first.md"
EDITS = {
    "nothing": ((FIRST, "minutes: 10\n", "minutes:  10\n"), []),
    "a title": ((COURSE, "title: A course", "title: The course"), ["cosmetic course paths changed"]),
    "the hours": ((COURSE, "hours: 1.5", "hours: 2"), ["cosmetic course paths changed"]),
    "a review": ((COURSE, "legal: pending", "legal: done 2026-11-21"), ["cosmetic course paths changed"]),
    "the order of lessons": (
        (COURSE, "lessons: [first, second]", "lessons: [second, first]"),
        ["cosmetic course paths changed"],
    ),
    "an objective's words": (
        (COURSE, "Say what a path is.", "Say what paths are."),
        ["cosmetic objective know changed"],
    ),
    "an objective more": (
        (COURSE, "  - id: walk", "  - {id: rest, text: Rest.}\n  - id: walk"),
        ["retrain objective rest added"],
    ),
    "a lesson's words": ((FIRST, "In Serbia.", "In Serbia, too."), ["cosmetic lesson first changed"]),
    "a lesson's markup": ((FIRST, "- one", "- *one*"), ["cosmetic lesson first changed"]),
    "a lesson's minutes": ((FIRST, "minutes: 10", "minutes: 12"), ["cosmetic lesson first changed"]),
    "a lesson not required any more": ((COURSE, "lessons: all", "lessons: [first]"), ["rules lesson second changed"]),
    "a stem": ((BANK, "Which are paths?", "Which of these are paths?"), ["cosmetic question kinds changed"]),
    "a reason": ((BANK, "It is too.", "It is as well."), ["cosmetic question kinds changed"]),
    "a distractor more": (
        (BANK, "    - {id: lake, ", "    - {id: sea, text: A sea}\n    - {id: lake, "),
        ["regrade question kinds changed"],
    ),
    "a key": ((BANK, "answer: false", "answer: true"), ["regrade question straight changed"]),
    "a word accepted": ((BANK, "[path, trail]", "[path, trail, way]"), ["regrade question sentence changed"]),
    "a pair's words": ((BANK, "left: Road", "left: A road"), ["cosmetic question ends changed"]),
    "a pass mark raised": ((COURSE, "final: 80%", "final: 85%"), ["retrain quiz final changed"]),
    "a pass mark lowered": ((COURSE, "final: 80%", "final: 75%"), ["rules quiz final changed"]),
    "a quiz not required any more": ((COURSE, "\n  quizzes: {final: 80%}", ""), ["rules quiz final changed"]),
    "what a quiz draws": ((QUIZ, "3 from bank", "2 from bank"), ["cosmetic quiz final changed"]),
    "the time of a quiz": ((QUIZ, "30 minutes", "20 minutes"), ["cosmetic quiz final changed"]),
}


@pytest.mark.parametrize("name", EDITS)
def test_one_edit_is_one_change_of_its_class(desk: Desk, name: str) -> None:
    (file, old, new), expected = EDITS[name]
    desk.edit(file, old, new)
    changes = desk.changes()
    assert said(changes) == expected
    assert kind_of(changes) == (expected[0].split()[0] if expected else "cosmetic")


def test_order_of_what_has_an_id_changes_no_key(desk: Desk) -> None:
    def turn(bank: list[dict[str, Any]]) -> None:
        bank.reverse()
        for question in bank:
            for name in ("choices", "pairs", "gaps"):
                if name in question:
                    question[name].reverse()

    desk.change(BANK, turn)
    assert {change.kind for change in desk.changes()} == {"cosmetic"}


def test_the_order_of_steps_is_a_key(desk: Desk) -> None:
    desk.change("questions/checks.yaml", lambda bank: bank[1]["steps"].reverse())
    assert said(desk.changes()) == ["regrade question order-of-steps changed"]


def test_another_type_is_another_question(desk: Desk) -> None:
    def retype(bank: list[dict[str, Any]]) -> None:
        straight = next(question for question in bank if question["id"] == "straight")
        del straight["answer"], straight["why"]
        straight |= {
            "type": "single-choice",
            "choices": [{"id": "a", "text": "A", "correct": True, "why": "W"}, {"id": "b", "text": "B", "why": "W"}],
        }

    desk.change(BANK, retype)
    assert said(desk.changes()) == ["cosmetic question straight removed", "cosmetic question straight added"]


def test_a_word_accepted_in_a_translation_alone_is_a_key_too(desk: Desk) -> None:
    fill(desk.content, "paths/questions/bank.yaml", lambda row: row.source if row.words else in_serbian(row))
    translated = desk.build()
    assert not [change for change in desk.changes() if change.kind != "cosmetic"], (
        "to be translated is no change of key"
    )
    overlay = desk.content / "paths/sr/questions/bank.yaml"
    edit(overlay, '["path", "trail"]', '["path", "стаза"]')
    changes = [change for change in compare(desk.store, translated, desk.build()) if change.kind == "regrade"]
    assert said(tuple(changes)) == ["regrade question sentence changed"]
    assert changes[0].edits[0].at[:2] == ("sr", "gaps")


def test_a_question_moved_to_another_bank_is_the_same_one(desk: Desk) -> None:
    bank, checks = (desk.content / "paths/questions" / name for name in ("bank.yaml", "checks.yaml"))
    moved = bank.read_text("utf-8").index("- id: sentence")
    checks.write_text(checks.read_text("utf-8") + bank.read_text("utf-8")[moved:], "utf-8")
    bank.write_text(bank.read_text("utf-8")[:moved], "utf-8")
    (change,) = desk.changes()
    assert said((change,)) == ["cosmetic question sentence changed"]
    assert [(edit.at, edit.old, edit.new) for edit in change.edits] == [(("bank",), "bank", "checks")]


def test_a_required_lesson_more_is_to_be_learnt(desk: Desk) -> None:
    text = (desk.content / "paths/lessons/second.md").read_text("utf-8")
    (desk.content / "paths/lessons/third.md").write_text(text.replace(":::check order-of-steps", ""), "utf-8")
    desk.edit(COURSE, "[first, second]", "[first, second, third]")
    changes = desk.changes()
    assert said(changes) == ["retrain lesson third added", "cosmetic course paths changed"]
    desk.edit(COURSE, "lessons: all", "lessons: [first, second]")
    assert said(desk.changes()) == ["cosmetic course paths changed", "cosmetic lesson third added"]


def test_what_asks_most_stands_first_and_edits_say_what_changed(desk: Desk) -> None:
    desk.edit(FIRST, "In Serbia.", "Also in *Serbia*.")
    desk.edit(BANK, "id: lake, text: A lake", "id: lake, text: A lake, correct: true")
    desk.edit(BANK, "id: track, text: A track, correct: true", "id: track, text: A track")
    desk.edit(COURSE, "  - id: walk", "  - {id: rest, text: Rest.}\n  - id: walk")
    new, key, wording = desk.changes()
    assert [new.kind, key.kind, wording.kind] == ["retrain", "regrade", "cosmetic"]
    assert {edit.at: (edit.old, edit.new) for edit in key.edits} == {
        ("choices", "lake", "correct"): ("false", "true"),
        ("choices", "track", "correct"): ("true", "false"),
    }
    (text,) = wording.edits
    (pieces,) = passages(text.old, text.new)
    assert [(piece.deed, piece.text) for piece in pieces] == [
        ("removed", "In"),
        ("added", "Also in"),
        ("same", " Serbia."),
    ]


def test_which_lessons_are_to_be_looked_at_again(desk: Desk) -> None:
    desk.edit(FIRST, "In Serbia.", "In Serbia, too.")
    changes = desk.changes()
    assert lessons_to_see(desk.build(), changes) == ("first",)
    desk.edit(COURSE, "  - id: walk", "  - {id: rest, text: Rest.}\n  - id: walk")
    desk.edit("lessons/second.md", "objectives: [walk]", "objectives: [walk, rest]")
    assert lessons_to_see(desk.build(), desk.changes()) == ("first", "second")


def test_all_lessons_where_none_is_new(desk: Desk) -> None:
    desk.edit(COURSE, "final: 80%", "final: 85%")
    assert lessons_to_see(desk.build(), desk.changes()) == ("first", "second")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One <em>two</em>.</p>\n<p>Three &amp; four</p>", "One two.\nThree & four"),
        ('<ul><li>One</li><li><img src="x" alt="A route"></li></ul>', "One\n[A route]"),
        ("<table><tr><th>Step</th><td>1</td></tr><tr><td>Šid</td></tr></table>", "Step 1\nŠid"),
        ("a < b", "a < b"),
    ],
)
def test_the_text_of_html(html: str, text: str) -> None:
    assert plain(html) == text


@given(st.text("ab ,.\n", max_size=40), st.text("ab ,.\n", max_size=40))
def test_words_leave_nothing_out(old: str, new: str) -> None:
    pieces = words(old, new)
    assert "".join(piece.text for piece in pieces if piece.deed != "added") == old
    assert "".join(piece.text for piece in pieces if piece.deed != "removed") == new


@given(st.text("ab \n", max_size=40), st.text("ab \n", max_size=40))
def test_passages_are_what_differs(old: str, new: str) -> None:
    assert (passages(old, new) == ()) == (old == new)
    gone = {piece.text for pieces in passages(old, new) for piece in pieces if piece.deed == "removed"}
    assert all(text in old for text in gone)


def test_going_back_leaves_what_was_there_before() -> None:
    one, two, back, three = (
        Release("1", "", "2026-01-01"),
        Release("2", "", "2026-01-02"),
        Release("1", "", "2026-01-03", back=True),
        Release("3", "", "2026-01-04"),
    )
    assert in_force([one, two]) == [one, two]
    assert in_force([one, two, back]) == [one]
    assert in_force([one, two, back, three]) == [one, three]
    assert in_force([]) == []
