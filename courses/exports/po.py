"""PO, the format of GNU gettext that translators' tools read: the texts of a course and their translations by block.

The context of an entry (`msgctxt`) is the file and the block within it, `lessons/the-law.md 3f2a91c0`; its text
(`msgid`) that of the source. A translation whose source has changed is `fuzzy`. Nothing is lost on the way: what is
read back unchanged changes no byte of the files.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from courses.conflicts import conflicts
from courses.text import CONTROL, Text
from courses.translate.pairing import pair as paired
from courses.translate.segments import Rendering, Segment
from courses.translate.sheets import Orphan, Row, Sheet
from courses.translate.writing import UNWRITABLE

_HEADERS = re.compile(rb'^"(?!Language:|MIME|Content-)[A-Z][\w-]+: .*\\n"\n', re.MULTILINE)
_NAMED = re.compile(r"# ([a-z0-9-]+): [a-z]+\. Read it back with")
"""The course that a catalogue says it is of, as `export` wrote it."""
_FORMATS = ("python-format", "python-brace-format")


class PoError(Exception):
    """A file is no catalogue, or not one of this course. The text is one sentence."""


def export(sheets: Iterable[Sheet], course: str, locale: str) -> bytes:
    """The catalogue of a course: every text of its sheets, translated or not."""
    catalogue = Catalog(locale, fuzzy=False, charset="utf-8")
    catalogue.header_comment = f"# {course}: {locale}. Read it back with `staza translate import`."
    for sheet in sheets:
        for row in sheet.rows:
            message = catalogue.add(
                row.source,
                row.target or None,
                locations=[(sheet.source, row.source_line)],
                context=f"{sheet.name} {row.block}",
                auto_comments=["One accepted answer a line."] if row.words else (),
                flags=["fuzzy"] if row.stale else (),
            )
            message.flags.difference_update(_FORMATS)  # a percent sign in a lesson is one
    text = BytesIO()
    write_po(text, catalogue, width=0)
    return _HEADERS.sub(b"", text.getvalue())


class Reading(NamedTuple):
    """What a catalogue holds for the files of a course: the sheets with its translations; a sentence for each one whose
    source was edited after the catalogue was written, so that it is stale now; and one for each that has no place."""

    sheets: list[Sheet]
    stale: list[str]
    left: list[str]


def read(data: bytes, file: str, sheets: Iterable[Sheet], locale: str, course: str = "") -> Reading:
    """The sheets with the translations of a catalogue, which is named `file` to its reader. Nothing that somebody
    translated is dropped: what has no place any more stands at the end of its file. Raises `PoError` for what is no
    catalogue, or one of another language, or of another course than `course`, if its head names one."""
    if marks := conflicts(Text("", data.decode("utf-8", "replace"))):
        raise PoError(f"Line {marks[0].line} of the file: {marks[0].message} {marks[0].hint}")
    named = _NAMED.match(data.removeprefix(BOM_UTF8).decode("utf-8", "replace"))
    if named and course and named[1] != course:
        raise PoError(f"The file holds the texts of {named[1]}, not of {course}.")
    try:
        catalogue = read_po(BytesIO(data.removeprefix(BOM_UTF8)), abort_invalid=True)
    except UnicodeDecodeError as error:
        raise PoError(f"The file is not in the encoding {error.encoding.upper()}: save it with that one.") from error
    except (PoFileError, ValueError, LookupError) as error:
        raise PoError(f"The file is no PO file: {error}.") from error
    if not re.fullmatch(f"({locale}(_[A-Z]{{2}})?)?", catalogue.locale_identifier or ""):  # `sr_RS` is `sr` too
        raise PoError(f"The file is in the language {catalogue.locale_identifier}, not {locale}.")
    given: dict[str, dict[str, Message]] = defaultdict(dict)
    for message in catalogue:
        if message.context:
            name, _, block = message.context.partition(" ")
            given[name][block] = message
    made = Reading([], [], [])
    for sheet in sheets:
        made.sheets.append(_Sheet(sheet, file, made).filled(given.pop(sheet.name, {})))
    for name, messages in given.items():
        made.left.extend(
            f"{_place(file, message)}: there is no file {name} to translate any more; {_quoted(message)} stays here."
            for message in messages.values()
            if _cleaned(message.string)
        )
    return made


class _Sheet:
    """One file's translations out of a catalogue."""

    def __init__(self, sheet: Sheet, file: str, made: Reading) -> None:
        self._sheet = sheet
        self._file = file
        self._made = made
        self._rows = {row.block: row for row in sheet.rows}
        self._targets: dict[str, tuple[str, bool]] = {}
        self._orphans = list(sheet.orphans)

    def filled(self, messages: dict[str, Message]) -> Sheet:
        """The sheet with these, by the blocks that they were exported under."""
        right = {block: message for block, message in messages.items() if self._is_right(message)}
        lost = {}
        for block, message in right.items():
            row = self._rows.get(block)
            if row is None:
                if _cleaned(message.string):
                    lost[block] = message
            elif message.id == row.source:
                self._targets[block] = (_cleaned(message.string), message.fuzzy)
            else:
                self._take_stale(row, message)
        rows = self._by_place(right, lost) if lost and self._sheet.kind == "lesson" else {}
        for block, message in lost.items():
            row = rows.get(block)
            if row is None or (row.target and not row.stale):
                self._keep(block, message)
            else:
                self._take_stale(row, message)
        return replace(self._sheet.filled(self._targets), orphans=self._orphans)

    def _is_right(self, message: Message) -> bool:
        if message.pluralizable:
            self._made.left.append(f"{_place(self._file, message)}: a text of a course has no plural forms.")
        elif self._sheet.kind == "lesson" and UNWRITABLE.search(_cleaned(message.string)):
            wrong = "a line of the translation begins with `%%` or `:::block`"
            self._made.left.append(f"{_place(self._file, message)}: {wrong}.")
        else:
            return True
        return False

    def _take_stale(self, row: Row, message: Message) -> None:
        """Take a translation of what stood here before."""
        target = _cleaned(message.string)
        self._targets[row.block] = (target, True)
        if target and not (row.stale and row.target == target):
            place = f"{self._sheet.source}:{row.source_line}"
            self._made.stale.append(f"{place}: the source of {_quoted(message)} was edited meanwhile.")

    def _keep(self, block: str, message: Message) -> None:
        """Keep a translation that has no place at the end of its file."""
        text, name = _cleaned(message.string), block.partition("#")[0]
        there = [orphan.text for orphan in self._orphans]
        if text not in there and not any(f"{name}: {text}" in kept for kept in there):
            self._orphans.append(Orphan(name, text))
        place, file = _place(self._file, message), self._sheet.file
        self._made.left.append(f"{place}: the source has no {_quoted(message)} any more; kept at the end of {file}.")

    def _by_place(self, right: dict[str, Message], lost: dict[str, Message]) -> dict[str, Row]:
        """The rows that now stand where the lost ones stood, by the blocks of those."""
        written, blocks = [], []
        for block, message in right.items():
            target = _cleaned(message.string)
            if block in self._rows or block in lost:
                lines = [(0, line) for line in target.split("\n")] if target else []
                written.append(Rendering(block.partition("#")[0], False, 0, lines))
                blocks.append(block)
        segments = [Segment(row.kind, row.source, 0, 0) for row in self._sheet.rows]
        number = {id(one): block for one, block in zip(written, blocks, strict=True)}
        found = {}
        for row, pair in zip(self._sheet.rows, paired(segments, written).pairs, strict=True):
            if pair.rendering is not None and (block := number[id(pair.rendering)]) in lost:
                found[block] = row
        return found


def _place(file: str, message: Message) -> str:
    return f"{file}:{message.lineno or 1}"


def _quoted(message: Message) -> str:
    text = " ".join(str(message.id if isinstance(message.id, str) else message.id[0]).split())
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"


def _cleaned(text: object) -> str:
    """The text without empty lines at both ends, with the line ends that files have, and nothing that is invisible."""
    lines = CONTROL.sub(" ", str(text or "").replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines)
