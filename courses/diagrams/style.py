"""How a diagram looks: its colours, its letters, and how a text is broken into rows."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import NamedTuple

SIZE = 13
"""Of letters, in units of the drawing."""
LINE = 16
"""From one row of letters to the next."""
LETTERS = 24
"""Of a row, if the author does not say."""
FONTS = "-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',system-ui,sans-serif"
LIGHT = {
    "surface": "#fff",
    "bg": "#f3f5f3",
    "ink": "#16211d",
    "muted": "#4c5a54",
    "line": "#cfd8d3",
    "edge": "#6f7e77",
    "pine": "#14513b",
    "on-pine": "#fff",
    "tint": "#e3eee8",
    "good": "#17663f",
    "good-bg": "#d9eee1",
    "bad": "#a9231c",
    "bad-bg": "#fbe4e0",
    "info": "#28527a",
    "info-bg": "#e2ebf4",
}
DARK = {
    "surface": "#18221e",
    "bg": "#101815",
    "ink": "#e5ece8",
    "muted": "#a6b5ae",
    "line": "#33413b",
    "edge": "#7b8c84",
    "pine": "#85d3b0",
    "on-pine": "#06261a",
    "tint": "#1e3229",
    "good": "#83d6a3",
    "good-bg": "#16301f",
    "bad": "#ff9d90",
    "bad-bg": "#3a1b18",
    "info": "#9cc5ee",
    "info-bg": "#182a3b",
}
"""The colours of static/staza.css, by the names that they have there."""
INKS = {
    "": ("ink", "bg", "edge"),
    "start": ("on-pine", "pine", "pine"),
    "end": ("ink", "tint", "pine"),
    "question": ("ink", "info-bg", "info"),
    "wrong": ("ink", "bad-bg", "bad"),
    "protect": ("ink", "good-bg", "good"),
    "note": ("ink", "surface", "edge"),
}
"""Of each class the colours of its text, its ground and its border."""


_WIDTHS = (
    (0.28, " iljI.,:;'’|!"),
    (0.41, 'ftr()[]-/"“”'),
    (0.51, "scxzkvyJгсткзхуč"),
    (0.68, "ABCDEFGHKNOPQRSTUVXYZАБВГДЕИКЛНОПРСТУХЦЧ→+="),
    (0.95, "mwMWшщжюмфыШЩЖЮМФЫ—%…@"),
)
_WIDTH_OF = {letter: width for width, letters in _WIDTHS for letter in letters}
"""Widths of letters at size 1: those of Noto Sans, the widest of the fonts above, rounded up."""


class Rows(NamedTuple):
    """A text as it is broken into rows; the first `bold` of them are those of its heading."""

    rows: list[str]
    bold: int

    def width(self) -> float:
        """In units."""
        return max((width(row, index < self.bold) for index, row in enumerate(self.rows)), default=0)

    def height(self) -> int:
        """In units."""
        return LINE * len(self.rows)


def width(text: str, bold: bool = False) -> float:
    """About how wide the text is, in units; rather too much than too little."""
    return SIZE * sum(_WIDTH_OF.get(letter, 0.61) for letter in text) * (1.07 if bold else 1)


def wrapped(text: str, letters: int = LETTERS) -> Rows:
    """The text in rows of about so many letters, none much shorter than the others. A new line stays one (in dot, `\\n`
    or `\\l`); what stands before the first is the heading."""
    parts = [part for part in re.split(r"\\[nlr]|\n", text) if part.strip()]
    rows = [_balanced(part.replace("\\\\", "\\").split(), letters) for part in parts]
    return Rows([row for part in rows for row in part], len(rows[0]) if len(rows) > 1 else 0)


def _balanced(words: list[str], letters: int) -> list[str]:
    text = " ".join(words)
    best = wrap(text, letters, break_long_words=False, break_on_hyphens=False)
    for fewer in range(letters - 1, 0, -1):
        tried = wrap(text, fewer, break_long_words=False, break_on_hyphens=False)
        if len(tried) > len(best):
            break
        best = tried
    return best


def rules() -> str:
    def colours(scheme: dict[str, str]) -> str:
        return "svg{" + "".join(f"--{name}:{colour};" for name, colour in scheme.items()) + "}"

    rules = [
        colours(LIGHT),
        f"@media(prefers-color-scheme:dark){{{colours(DARK)}}}",
        "text{fill:var(--ink)}.bold{font-weight:600}.label{text-anchor:start;font-weight:600}",
        ".said{stroke:var(--surface);stroke-width:4px;stroke-linejoin:round;paint-order:stroke}",
        ".panel{fill:var(--surface);stroke:var(--line)}.box,.area{stroke-width:1.3px}.area{stroke-dasharray:none}",
        ".way{fill:none;stroke:var(--muted);stroke-width:1.5px}.head{fill:var(--muted)}",
        ".way.wrong{stroke:var(--bad)}.head.wrong{fill:var(--bad)}.cross{stroke-width:2.5px}",
        ".mark{fill:none;stroke:var(--surface);stroke-width:1.8px}",
    ]
    for cls, (ink, ground, border) in INKS.items():
        name = f".{cls}" if cls else ""
        rules += [f".box{name},.area{name}{{fill:var(--{ground});stroke:var(--{border})}}"]
        rules += [f"text{name}{{fill:var(--{ink})}}"] if ink != "ink" else []
        rules += [f".sign{name}{{fill:var(--{border})}}"] if cls in ("wrong", "protect") else []
    return "".join([*rules, ".note:not(text){stroke-dasharray:5 3}.head.note{stroke:none}.end{stroke-width:2px}"])
