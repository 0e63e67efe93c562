"""A file and its translation as one list of texts, whatever kind of file it is.

This is what translators' tools and lists of what is missing work on. `writing` turns it back into the file that a
translator fills in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from courses.layout import FOLDERS, TRANSLATED_SHARED, role
from courses.problems import Problem
from courses.source import Document, Text, Value, decode
from courses.translate.entries import Entry, Translated, entries, translated
from courses.translate.pairing import fits, lacks, pair
from courses.translate.segments import differs, renderings, segments

SHARED = "shared"
"""What stands for the files that all courses share where a course is asked for."""


class Row(NamedTuple):
    """A text of the source and its translation.

    block        what names it in its file: a hash (with `#2` after it for the second block of that text), or the id of
                 an entry and the key within it, `benefit choices.force.text`
    source       the text
    target       its translation, "" where there is none
    stale        whether the source has changed since
    line         the line in the translation, 0 where it is not there
    source_line  the line in the source
    words        whether these are words accepted as answers, one a line
    wrong        whether the translation is of another form than its source, so that the source is shown
    kind         of a lesson, the kind of the block
    """

    block: str
    source: str
    target: str
    stale: bool
    line: int
    source_line: int
    words: bool = False
    wrong: bool = False
    kind: str = ""

    @property
    def state(self) -> str:
        """`translated`, `stale` or `missing`."""
        return "missing" if not self.target or self.wrong else "stale" if self.stale else "translated"


class Orphan(NamedTuple):
    """A text of a translation that nothing in the source belongs to, and what it was the translation of."""

    block: str
    text: str


@dataclass(slots=True)
class Sheet:
    """A file of the source (`source`), that of its translation (`file`), both from the content folder, and their
    texts. `exists`: whether the translation is there. `problems`: what keeps either from being understood."""

    source: str
    file: str
    kind: str
    rows: list[Row] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    exists: bool = False
    data: Value = None
    """The values of a source of keys."""

    @property
    def name(self) -> str:
        """The file's name within its course, the same for source and translation."""
        return self.source.removeprefix(f"{course_of(self.source)}/")

    def counts(self) -> tuple[int, int]:
        """What `share` counts: how many texts are shown translated and up to date, and how many there are. Of a file of
        keys an entry is translated as a whole or not at all."""
        lacking = {_entry_of(row) for row in self.rows if row.state != "translated" and self.kind != "lesson"}
        shown = [row for row in self.rows if row.state == "translated" and _entry_of(row) not in lacking]
        return len(shown), len(self.rows)

    def filled(self, targets: Mapping[str, tuple[str, bool]]) -> Sheet:
        """The sheet with these translations by block, each with whether it is stale. Within an entry of keys one stale
        text makes all of them so."""
        rows = []
        for row in self.rows:
            target, stale = targets.get(row.block, (row.target, row.stale))
            rows.append(
                row._replace(target=target, stale=stale and bool(target), wrong=row.wrong and target == row.target)
            )
        if self.kind != "lesson":
            old = {_entry_of(row) for row in rows if row.stale}
            rows = [row._replace(stale=bool(row.target) and _entry_of(row) in old) for row in rows]
        return replace(self, rows=rows)


def _entry_of(row: Row) -> str:
    """The entry that a text of a file of keys belongs to."""
    return row.block.rpartition(" ")[0]


def files_of(content: Path, course: str) -> list[str]:
    """The files of the course (or SHARED ones) that have texts to translate, from the content folder."""
    if course == SHARED:
        return [name for name in TRANSLATED_SHARED if (content / name).is_file()]
    found = [f"{course}/course.yaml"] if (content / course / "course.yaml").is_file() else []
    for folder, (_kind, ending) in FOLDERS.items():
        found += sorted(f"{course}/{folder}/{path.name}" for path in (content / course / folder).glob(f"[!.]*{ending}"))
    return found


def course_of(path: str) -> str:
    """The course that a file belongs to; "" for shared ones."""
    where = role(path)
    return where.course if where else ""


def place_of(path: str, locale: str) -> str:
    """Where the translation of the file at the path stands."""
    course = course_of(path)
    return f"{course}/{locale}/{path.removeprefix(f'{course}/')}" if course else f"{locale}/{path}"


def sheets(content: Path, course: str, locale: str) -> Iterator[Sheet]:
    """The sheet of each file of the course (or of the SHARED ones) in a language."""
    for path in files_of(content, course):
        yield sheet(content, path, locale)


def sheet(content: Path, path: str, locale: str) -> Sheet:
    """The sheet of the file at the path. A file that cannot be understood has problems and no rows."""
    where = role(path)
    made = Sheet(path, place_of(path, locale), where.kind if where else "")
    source = _text(content, path, made)
    made.exists = (content / made.file).is_file()
    translation = _text(content, made.file, made) if made.exists else Text(made.file, "")
    if source and translation:
        if made.kind == "lesson":
            _lesson(made, source, translation)
        else:
            _keyed(made, source, translation)
    return made


def _text(content: Path, path: str, made: Sheet) -> Text | None:
    text, problems = decode(path, (content / path).read_bytes())
    made.problems += problems
    return text


def _lesson(made: Sheet, source: Text, translation: Text) -> None:
    written, problems = renderings(translation)
    made.problems += problems
    pairing = pair(segments(source), written)
    seen: dict[str, int] = {}
    for one in pairing.pairs:
        segment, rendering, stale = one
        number = seen[segment.hash] = seen.get(segment.hash, 0) + 1
        block = segment.hash if number == 1 else f"{segment.hash}#{number}"
        text = rendering.text if rendering else ""
        line = rendering.line if rendering else 0
        wrong = bool(text) and rendering is not None and (not fits(rendering, segment) or bool(lacks(one)))
        made.rows.append(
            Row(block, segment.text, text, stale and bool(text), line, segment.first, wrong=wrong, kind=segment.kind)
        )
    made.orphans = [Orphan(one.hash, one.text) for one in pairing.orphans if one.lines]


def _keyed(made: Sheet, source: Text, translation: Text) -> None:
    old, new = Document(source), Document(translation)
    made.data = old.data
    found = translated(entries(made.kind, old.data), made.kind, new)
    made.problems += old.problems + [problem for problem in new.problems if problem.code.startswith("yaml-")]
    for one in found:
        for key, leaf in one.entry.leaves.items():
            place = one.leaves.get(key)
            target = place.text if place else ""
            line = new.place(place.at).line if place else new.place(one.at).line if one.at is not None else 0
            made.rows.append(
                Row(
                    block=block_of(one.entry, key),
                    source=leaf.text,
                    target=target,
                    stale=one.stale and bool(target),
                    line=line,
                    source_line=old.place(leaf.at).line,
                    words=not isinstance(leaf.value, str),
                    wrong=not one.stale and bool(target) and "\n" in leaf.text and bool(differs(leaf.text, target)),
                )
            )
    made.orphans = [*_kept(translation.text), *_orphans(new, found)]


def block_of(entry: Entry, key: tuple[str, ...]) -> str:
    """What names a text of a file of keys."""
    return f"{entry.id} {'.'.join(key)}".strip()


GONE = "The source has nothing any more that this is a translation of:"
"""What stands in a file above the translations that have lost their source."""


def _kept(text: str) -> list[Orphan]:
    """What lost its source before: comments at the end of a file of keys, taken over as they are."""
    _, mark, after = text.rpartition(f"\n# {GONE}\n")
    lines = [
        line.removeprefix("#").removeprefix(" ") for line in after.rstrip("\n").split("\n") if line.startswith("#")
    ]
    return [Orphan("", "\n".join(lines))] if mark and lines else []


def _orphans(document: Document, found: list[Translated]) -> list[Orphan]:
    """The texts of a translation that the source has no place for."""
    used = {leaf.at for one in found for leaf in one.leaves.values()}
    return [
        Orphan(".".join(map(str, at)), text)
        for at, text in _texts(document.data, ())
        if at not in used and at[:-1] not in used and at[-1] not in ("id", "from")
    ]


def _texts(value: Value, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str) and at:
        yield at, value
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _texts(item, (*at, place))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, (*at, name))
