"""A lesson in blocks, and which translation belongs to which block when the source changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from courses.source import Text
from courses.translate.pairing import pair
from courses.translate.segments import form_of, renderings, segments

CONTENT = Path(__file__).parent.parent.parent / "content"


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*/lessons/*.md")), ids=lambda path: path.stem)
def test_the_blocks_of_a_lesson_are_each_one_block_of_markdown(path: Path) -> None:
    source = Text(path.name, path.read_text("utf-8"))
    lines = source.text.split("\n")
    for one in segments(source):
        if one.kind != "title":
            assert form_of(one.text).kind == one.kind
            assert "\n".join(lines[one.first - 1 : one.last - 1]) == one.text
    assert all(
        line.strip() == "" or line.startswith((":::", "---", "objectives", "minutes", "title"))
        for number, line in enumerate(lines, 1)
        if not any(one.first <= number < one.last for one in segments(source))
    )


def pairs(source: str, translation: str) -> list[tuple[str, str, bool]]:
    found, problems = renderings(Text("t.md", translation))
    assert problems == []
    made = pair(segments(Text("s.md", f"---\ntitle: T\nminutes: 1\n---\n{source}")), found).pairs[1:]
    return [(one.segment.text, one.rendering.text if one.rendering else "", one.stale) for one in made]


def rendered(*blocks: tuple[str, str]) -> str:
    hashes = {
        one.text: one.hash
        for source, _target in blocks
        for one in segments(Text("s.md", f"---\ntitle: T\nminutes: 1\n---\n{source}"))
    }
    return "\n".join(f":::block {hashes[source]}\n{target}\n" for source, target in blocks)


def test_a_block_is_found_wherever_it_has_moved() -> None:
    translation = rendered(("One.", "Један."), ("Two.", "Два."), ("Three.", "Три."))
    assert pairs("Three.\n\nOne.\n\nTwo.", translation) == [
        ("Three.", "Три.", False),
        ("One.", "Један.", False),
        ("Two.", "Два.", False),
    ]


def test_a_changed_block_keeps_its_translation_as_stale_and_a_new_one_has_none() -> None:
    translation = rendered(("One.", "Један."), ("Two.", "Два."), ("Three.", "Три."))
    assert pairs("One.\n\nTwo and a half.\n\n- new\n\nThree.", translation) == [
        ("One.", "Један.", False),
        ("Two and a half.", "Два.", True),
        ("- new", "", False),
        ("Three.", "Три.", False),
    ]


def test_a_translation_is_never_paired_with_a_block_of_another_kind() -> None:
    translation = rendered(("One.", "Један."), ("Two.", "Два."))
    assert pairs("One.\n\n## Two", translation) == [("One.", "Један.", False), ("## Two", "", False)]


@pytest.mark.parametrize("text", ["A.\n\nB.", "A.\n\n:::check x", "A.\n:::", "```\nopen", "A.\n\n```", "", "[a]: /b"])
def test_what_reaches_beyond_itself_is_no_block(text: str) -> None:
    assert form_of(text).kind == ""


def test_the_same_text_twice_is_translated_twice() -> None:
    translation = rendered(("No.", "Не."), ("No.", "Никако."))
    assert [target for _source, target, _stale in pairs("No.\n\nNo.\n\nNo.", translation)] == ["Не.", "Никако.", ""]
