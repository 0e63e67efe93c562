"""What one source file says: the unit in which the compiler works, remembers and checks.

A file is compiled alone. What it defines (ids, anchors) and refers to (links, sources, media) is kept as facts with
their places, so that `check` can compare the facts of all files without opening any of them again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from courses.problems import Problem


class Place(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


class Fact(NamedTuple):
    """A name of some kind (`lesson`, `anchor`, `question`, `source` …) that stands at a place of the unit's file. What
    a text cites is a `source`, what defines a term that it uses a `term-source`."""

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
    """What a text needs of other files to be compiled, as JSON by name:

    source:key   how the text cites the source
    media:path   the medium at the path from the course's folder
    term:id      the term of the glossary, term:sr/id its translation
    language     the language that the course is written in
    file:path    the hash of the file at the path from the content folder, which a translation is made from

    A unit remembers in `needs` what it took; it is compiled again when the shelf holds something else.
    """

    known: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """What the shelf holds under the name; None for what it has not."""
        return self.known.get(name)

    def holds(self, needs: dict[str, Any]) -> bool:
        """Whether all is as it was when a text took what is in `needs`."""
        return all(self.known.get(name) == value for name, value in needs.items())

    def medium(self, path: str) -> Medium | None:
        """The medium at the path, or None."""
        found = self.known.get(f"media:{path}")
        return Medium(*found) if found else None


@dataclass(slots=True)
class Unit:
    """What one source file compiled to.

    `hash` is that of the bytes it was made of. `data` is what the course's manifest takes from the file (None: the
    file is so wrong that nothing is known of it), `object` the name of the compiled object in the store and `body` its
    bytes ("" and None for files that make none, or have errors; None for units that come from the cache; a draft has a
    body and no object). `variants` are further objects by what they are, `bodies` their bytes by their names. `needs`
    is what the shelf held under the names that went into it. `texts`: how many texts there are to translate.
    """

    file: str
    data: dict[str, Any] | None = None
    object: str = ""
    problems: list[Problem] = field(default_factory=list)
    defines: list[Fact] = field(default_factory=list)
    uses: list[Fact] = field(default_factory=list)
    needs: dict[str, Any] = field(default_factory=dict)
    variants: dict[str, str] = field(default_factory=dict)
    hash: str = ""
    texts: int = 0
    body: bytes | None = None
    bodies: dict[str, bytes] = field(default_factory=dict)

    def objects(self) -> list[str]:
        """The names of all objects that the file makes."""
        return [name for name in (self.object, *self.variants.values()) if name]

    def as_json(self) -> list[Any]:
        """The unit as the cache keeps it: all but the bodies, which are in the store."""
        problems = [list(problem.as_json().values()) for problem in self.problems]
        return [
            self.file,
            self.data,
            self.object,
            problems,
            self.defines,
            self.uses,
            self.needs,
            self.variants,
            self.hash,
            self.texts,
        ]

    @classmethod
    def from_json(cls, kept: list[Any]) -> Unit:
        """The unit that `as_json` made `kept` of."""
        unit = cls(*kept)
        unit.problems = [Problem(*problem) for problem in kept[3]]
        unit.defines = [Fact(*fact) for fact in kept[4]]
        unit.uses = [Fact(*fact) for fact in kept[5]]
        return unit
