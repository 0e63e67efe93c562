"""What one source file says: the unit in which the compiler works, remembers and checks.

A file is compiled alone. What it defines (ids, anchors) and refers to (links, sources, media) is kept as facts with
their places, so that `check` can compare the facts of all files without opening any of them again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from courses.problems import Problem


class Place(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


class Fact(NamedTuple):
    """A name of some kind (`lesson`, `anchor`, `question`, `source` …) that stands at a place of the unit's file."""

    kind: str
    name: str
    line: int
    column: int


class Medium(NamedTuple):
    """A media file: its content-addressed name (`<sha256>.<ext>`) and its size in pixels (0 where not known)."""

    name: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a text needs of other files to be rendered: how the text cites each source, by key, and the media files, by
    path from the course's folder."""

    sources: dict[str, str] = field(default_factory=dict)
    media: dict[str, Medium] = field(default_factory=dict)

    def print_of(self, needs: dict[str, Any]) -> dict[str, Any]:
        """What the shelf now holds under the names in `needs`."""
        return {name: self.get(name) for name in needs}

    def get(self, name: str) -> Any:
        """What the shelf holds for `source:key` or `media:path`, as JSON; None for what it has not."""
        kind, _, key = name.partition(":")
        medium = self.media.get(key)
        return self.sources.get(key) if kind == "source" else list(medium) if medium else None


@dataclass(slots=True)
class Unit:
    """What one source file compiled to.

    `data` is what the course's manifest takes from the file (None: the file is so wrong that nothing is known of it),
    `object` the hash of the compiled object and `body` its bytes ("" and None for files that make none, and for units
    that come from the cache); `needs` what the shelf held under the names that went into it.
    """

    file: str
    data: dict[str, Any] | None = None
    object: str = ""
    problems: list[Problem] = field(default_factory=list)
    defines: list[Fact] = field(default_factory=list)
    uses: list[Fact] = field(default_factory=list)
    needs: dict[str, Any] = field(default_factory=dict)
    body: bytes | None = None

    def as_json(self) -> dict[str, Any]:
        """The unit as the cache keeps it: all but the body, which is in the store."""
        return {
            "file": self.file,
            "data": self.data,
            "object": self.object,
            "problems": [list(asdict(problem).values()) for problem in self.problems],
            "defines": self.defines,
            "uses": self.uses,
            "needs": self.needs,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Unit:
        """The unit that `as_json` made `kept` of."""
        return cls(
            file=kept["file"],
            data=kept["data"],
            object=kept["object"],
            problems=[Problem(*problem) for problem in kept["problems"]],
            defines=[Fact(*fact) for fact in kept["defines"]],
            uses=[Fact(*fact) for fact in kept["uses"]],
            needs=kept["needs"],
        )
