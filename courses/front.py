"""The front matter of a lesson, read without YAML and schema where it stands as most authors write it.

    ---
    title: What the law says
    objectives: [distinguish]
    minutes: 25
    ---

Whoever rebuilds one lesson should not wait for either to load. Only what both would certainly take is taken here;
everything else is left to them. A test holds the two ways against each other.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from courses.facts import Fact
from courses.text import Text

_CALM = r"\w ,.;!?()'’–—/&%…\-"
_SLUG = "[a-z0-9]+(?:-[a-z0-9]+)*"
_LINE = re.compile(
    "(?:(?P<end>---)"
    rf'|title: "(?P<quoted>[{_CALM}:#]{{1,300}})"'
    rf"|title: (?P<title>\w(?:[{_CALM}]{{0,298}}[\w.!?)])?)"
    rf"|objectives: \[(?P<objectives>(?:{_SLUG}(?:, ?{_SLUG})*)?)\]"
    r"|minutes: (?P<minutes>[1-9][0-9]{0,2}))\n"
)


class Front(NamedTuple):
    """What the front matter says: the objectives as facts with their places, and the offset at which the Markdown
    begins."""

    title: str
    objectives: list[Fact]
    minutes: int
    end: int


def read(source: Text) -> Front | None:
    """The front matter, or None if it is not certainly right."""
    if not source.text.startswith("---\n"):
        return None
    found: dict[str, re.Match[str]] = {}
    at = len("---\n")
    while (match := _LINE.match(source.text, at)) and not match["end"]:
        key = (match.lastgroup or "").replace("quoted", "title")
        if key in found:
            return None
        found[key] = match
        at = match.end()
    if not match or "title" not in found or "minutes" not in found or int(found["minutes"]["minutes"]) > 600:
        return None
    title = found["title"]
    listed = found.get("objectives")
    objectives = [] if listed is None else _facts(source, listed["objectives"], listed.start("objectives"))
    return Front(title["quoted"] or title["title"], objectives, int(found["minutes"]["minutes"]), match.end())


def _facts(source: Text, listed: str, start: int) -> list[Fact]:
    return [
        Fact("objective", match[0], *source.place(start + match.start())) for match in re.finditer(_SLUG, listed)
    ]  # fmt: skip
