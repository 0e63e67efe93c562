"""What a translator of the base does: fills in the files, in Serbian."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from courses.translate.sheets import Row, Sheet, sheet
from courses.translate.writing import written

FIRST = "paths/lessons/first.md"
LESSON = {
    "The first step": "Први корак",
    "A path begins": "Пут негде почиње [@protocol, члан 3(a); @convention].",
    "## Where": "## Где почиње",
    "See [": "Види [другу лекцију](lesson:second#where-it-ends) и [горе](#where-it-begins).",
    "Night train": "Ноћни воз за Шид",
    "A composed": "Састављен случај са списком:",
    "- one": "- један\n- два",
    "In Serbia.": "У Србији.",
    "In Montenegro.": "У Црној Гори.",
    "![A route": "![Пут слева надесно](media/route.svg)",
}


def fill(content: Path, path: str, words: Callable[[Row], str], locale: str = "sr") -> Sheet:
    """Write the translation of a file as a translator would."""
    filled = sheet(content, path, locale)
    filled = filled.filled({row.block: (words(row), False) for row in filled.rows if words(row)})
    target = content / filled.file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(written(filled), "utf-8")
    return filled


def lesson_words(row: Row) -> str:
    return next((target for source, target in LESSON.items() if row.source.startswith(source)), "")


def in_serbian(row: Row) -> str:
    """Something in Serbian that refers to all that its source refers to."""
    return row.source if "[" in row.source or row.words else f"Српски {row.block.split()[-1].replace('.', ' ')}"
