"""Compiled HTML as plain text, and a text of several blocks taken apart.

A text of a question is inline HTML if it is one paragraph, and HTML of blocks otherwise. What was compiled before there
were texts of several blocks is always inline.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

_BLOCKS = ("<p>", "<ul>", "<ol", "<table", "<blockquote>", "<pre>", '<div class="maths"')
_MATHS = re.compile(r"<math\b.*?<annotation[^>]*>(.*?)</annotation></semantics></math>", re.DOTALL)


class Passage(NamedTuple):
    """A text taken apart: inline HTML of its first paragraph ("" if it begins with another block), and HTML of the
    blocks that follow."""

    lead: str
    rest: str


def is_block(html: str) -> bool:
    """Whether a compiled text is more than one paragraph."""
    return html.startswith(_BLOCKS)


def parted(html: str) -> Passage:
    """The text, taken apart."""
    if html.startswith("<p>"):
        lead, _, rest = html.removeprefix("<p>").partition("</p>")
        return Passage(lead, rest.strip())
    return Passage("", html) if is_block(html) else Passage(html, "")


class _Plain(HTMLParser):
    """Collects the text of HTML: a block a line, a picture by its alternative text."""

    BLOCKS = frozenset({"p", "li", "h2", "h3", "h4", "h5", "h6", "tr", "pre", "blockquote", "dt", "dd", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.lines = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.BLOCKS:
            self.lines.append("")
        elif tag in ("td", "th"):
            self.lines[-1] += " "
        elif tag == "img":
            self.lines[-1] += f"[{dict(attrs).get('alt') or ''}]"

    def handle_endtag(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        self.lines[-1] += data


def plain(html: str) -> str:
    """The text of compiled HTML, a block a line, and maths as it was typed."""
    if "<" not in html and "&" not in html:
        return " ".join(html.split())
    parser = _Plain()
    parser.feed(without_maths(html))
    parser.close()
    return "\n".join(text for line in parser.lines if (text := " ".join(line.split())))


def without_maths(html: str) -> str:
    """The HTML with each formula as the TeX that was typed."""
    return _MATHS.sub(r"\1", html) if "<math" in html else html


def brief(html: str) -> str:
    """The first line of the plain text: what names a question in a list."""
    return plain(html).partition("\n")[0]
