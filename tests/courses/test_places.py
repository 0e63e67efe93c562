"""Where a word of a text stands in the file, however the text is written."""

from __future__ import annotations

import pytest

from courses.source import Document, Text

WAYS = {
    "folded": "a: >\n      One [@x] and\n      it goes [@x] on\n\n      and [@x] on\n",
    "as it stands": "a: |\n  [@x] one\n    two [@x]\n",
    "plain": "a: one [@x] word\n  and on [@x]\n",
    "in quotes": 'a: "[@x] one [@x]"\n',
    "with escapes": 'a: "it\\"s \\u0441\\u0442 [@x] and \\u0441 on [@x]"\n',
    "with doubled quotes": "a: 'it''s [@x] and ''so'' on [@x]'\n",
    "behind much": "a: >\n  One" + " " * 900 + "[@x] and" + "\n" * 900 + "  [@x]\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_each_occurrence_stands_where_it_is(way: str) -> None:
    text = WAYS[way]
    document = Document(Text("file.yaml", text))
    value = document.at(("a",))
    offsets = [offset for offset in range(len(value)) if value.startswith("[@x]", offset)]
    written = [offset for offset in range(len(text)) if text.startswith("[@x]", offset)]
    assert len(offsets) == text.count("[@x]") > 1
    assert [document.inside(("a",), offset) for offset in offsets] == [document.source.place(at) for at in written]
