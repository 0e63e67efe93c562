"""A lesson and its translation, woven: the lines of the source with those of each translated block in their place.

What is compiled is the woven text, so a translation knows directives, checks and countries by its source alone. A
place in it is led back to the line of the translation that it came from; a place in a line of the source is the
source's own, and what is wrong there was told with the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from courses.facts import Fact, Place
from courses.source import Text
from courses.translate.pairing import Pair
from courses.translate.segments import TITLE, Segment


class Mark(NamedTuple):
    """How a block of a translated lesson differs from the rest of it: it stands in another language, or is stale."""

    lang: str = ""
    stale: bool = False


@dataclass(slots=True)
class Woven:
    """The woven text. `marks`: by the line of the woven text in which a block begins, what is said of it; `blocks`: the
    block of the source that each of its lines belongs to, for lines that belong to one."""

    text: Text
    marks: dict[int, Mark] = field(default_factory=dict)
    blocks: dict[int, Segment] = field(default_factory=dict)
    _origins: dict[int, tuple[int, int]] = field(default_factory=dict)

    def place(self, line: int, column: int) -> Place | None:
        """The place in the translation of one in the woven text; None if it is the source's."""
        if line not in self._origins:
            return None
        origin, indent = self._origins[line]
        return Place(origin, max(1, column - indent))


def weave(source: Text, translation: str, pairs: Iterable[Pair], language: str) -> Woven:
    """Weave the text of the lesson with the translations in `pairs`; a block without one stays in `language`, that of
    the source. `translation` is the file of the translation. The lesson's title, which stands in the front matter, is
    left to the caller."""
    old = source.text.split("\n")
    new: list[str] = []
    woven = Woven(Text(translation, ""))
    at = 1  # the line of the source that comes next
    for segment, rendering, stale in pairs:
        if in_front_matter(source, segment):
            continue
        new += old[at - 1 : segment.first - 1]
        begin = len(new) + 1
        if rendering is None or not rendering.lines:
            new += old[segment.first - 1 : segment.last - 1]
        elif segment.kind == TITLE:
            prefix = old[segment.first - 1][: segment.column - 1]
            new.append(prefix + rendering.text.strip())
            woven._origins[begin] = (rendering.lines[0][0], len(prefix))
        else:
            for number, line in rendering.lines:
                new.append(line)
                woven._origins[len(new)] = (number, 0)
        woven.marks[begin] = Mark("" if rendering and rendering.lines else language, stale)
        woven.blocks |= dict.fromkeys(range(begin, len(new) + 1), segment)
        at = segment.last
    new += old[at - 1 :]
    woven.text = Text(translation, "\n".join(new))
    return woven


def in_front_matter(source: Text, segment: Segment) -> bool:
    """Whether the block is the lesson's title; a directive's stands in a line of colons."""
    line = source.text[source.line_start(segment.first) :]
    return segment.kind == TITLE and not line.lstrip().startswith(":::")


REFERENCES = ("source", "lesson", "anchor", "media", "term", "address")
"""The kinds of facts that a translated block must have as its source has them."""


def references(facts: Iterable[Fact], blocks: Mapping[int, Segment]) -> dict[Segment, set[tuple[str, str]]]:
    """What each block cites, links to and shows, by the blocks that lines belong to."""
    found: dict[Segment, set[tuple[str, str]]] = {}
    for fact in facts:
        segment = blocks.get(fact.line)
        if segment is not None and fact.kind in REFERENCES:
            found.setdefault(segment, set()).add((fact.kind, fact.name))
    return found
