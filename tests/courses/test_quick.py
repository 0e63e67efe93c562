"""The quick parser reads and writes what the plain one does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import table

from courses.markdown.spans import ADDRESS
from courses.markdown.syntax import MARKDOWN, make

CONTENT = Path(__file__).parent.parent.parent / "content"
PLAIN = make(table)
PLAIN.renderer = RendererHTML()
for rule in ("citation", "term_close", "html_block", "html_inline"):
    PLAIN.renderer.rules[rule] = MARKDOWN.renderer.rules[rule]
PIECES = [
    *("# ", "## ", "- ", "* ", "1. ", "2) ", "> ", "    ", "\t", "  ", "```", "~~~", "***", "---", "===", "| a | b |"),
    *("|---|:-:|", "[a]: /b", "[a]", "[b](c)", "![d](e)", "<p>", "<!-- x -->", "<http://x.y>", "&amp;", "\\*", "`c`"),
    *("*e*", "**f**", "_g_", "*", "_", "!", "word", "Word-two", "три", ":", ":::", "\\\n", "  \n", "[", "]", "(", ")"),
    *("[h](https://i.example/j#k)", "[@l, art. 1; @m]", "[@", "[n]{lang=mk}", "**", "***", "(", ",", "—", "\u00a0"),
]
LINES = st.lists(st.lists(st.sampled_from(PIECES), max_size=5).map(" ".join), max_size=12).map("\n".join)


def both(text: str) -> None:
    plain, quick = PLAIN.parse(text, {"flaws": []}), MARKDOWN.parse(text, {"flaws": []})
    assert [token.as_dict() for token in quick] == [token.as_dict() for token in plain]
    assert MARKDOWN.render(text, {"flaws": []}) == PLAIN.render(text, {"flaws": []})
    assert MARKDOWN.renderInline(text) == PLAIN.renderInline(text)


@given(LINES)
def test_lines_of_pieces(text: str) -> None:
    both(text)


@given(st.lists(st.sampled_from([*PIECES, "\n", "\n\n", " "]), max_size=30).map("".join))
def test_pieces(text: str) -> None:
    both(text)


@given(st.text("ab1*_[]()!@ \n\t.,-\"'/“\u00a0\u2003$€і", max_size=24))
def test_characters(text: str) -> None:
    both(text)


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*/lessons/*.md")), ids=lambda path: path.stem)
def test_real_lessons(path: Path) -> None:
    both(path.read_text("utf-8"))


@given(st.from_regex(ADDRESS, fullmatch=True))
def test_addresses_that_stay_as_they_are(url: str) -> None:
    assert normalizeLink(url) == url
