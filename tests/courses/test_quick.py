"""The quick parser reads and writes what the plain one does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink

from courses.markdown.quick import _AS_IT_IS, QuickRenderer, quicken

CONTENT = Path(__file__).parent.parent.parent / "content"
PLAIN = MarkdownIt("commonmark").enable("table")
QUICK = quicken(MarkdownIt("commonmark", renderer_cls=QuickRenderer).enable("table"))
PIECES = [
    *("# ", "## ", "- ", "* ", "1. ", "2) ", "> ", "    ", "\t", "  ", "```", "~~~", "***", "---", "===", "| a | b |"),
    *("|---|:-:|", "[a]: /b", "[a]", "[b](c)", "![d](e)", "<p>", "<!-- x -->", "<http://x.y>", "&amp;", "\\*", "`c`"),
    *("*e*", "**f**", "_g_", "*", "_", "!", "word", "Word-two", "три", ":", ":::", "\\\n", "  \n", "[", "]", "(", ")"),
]
LINES = st.lists(st.lists(st.sampled_from(PIECES), max_size=5).map(" ".join), max_size=12).map("\n".join)


def both(text: str) -> None:
    plain, quick = PLAIN.parse(text), QUICK.parse(text)
    assert [token.as_dict() for token in quick] == [token.as_dict() for token in plain]
    assert QUICK.render(text) == PLAIN.render(text)
    assert QUICK.renderInline(text) == PLAIN.renderInline(text)


@given(LINES)
def test_lines_of_pieces(text: str) -> None:
    both(text)


@given(st.lists(st.sampled_from([*PIECES, "\n", "\n\n", " "]), max_size=30).map("".join))
def test_pieces(text: str) -> None:
    both(text)


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*/lessons/*.md")), ids=lambda path: path.stem)
def test_real_lessons(path: Path) -> None:
    both(path.read_text("utf-8"))


@given(st.from_regex(_AS_IT_IS, fullmatch=True))
def test_addresses_that_stay_as_they_are(url: str) -> None:
    assert normalizeLink(url) == url
