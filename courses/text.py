"""A file's bytes → its text, and where in it an offset is."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence

from courses.conflicts import conflicts
from courses.facts import Place
from courses.problems import Problem

TEXT_LIMIT = 2_000_000
"""Bytes of a text file: many times the longest lesson, so what is larger is not a lesson."""
UNSEEN = re.compile(
    "[\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]|(?<![^\\W\\d_])\u00ad|\u00ad(?![^\\W\\d_])"
)
"""Characters that cannot be seen and keep what stands beside them from being read: a heading, a key, an id. A soft
hyphen has its place inside a word."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


PACKED = (
    (b"PK\x03\x04", "a document of a word processor, or another packed file"),
    (b"\xd0\xcf\x11\xe0", "a document of a word processor"),
    (b"{\\rtf", "a document of a word processor"),
    (b"%PDF-", "a PDF"),
)
"""How files begin that are no text, and what they are."""


class Text:
    """The text of a file, and where in the file an offset is. `file` is relative to the content folder."""

    __slots__ = ("_left_out", "_starts", "file", "text")

    def __init__(self, file: str, text: str, left_out: Sequence[int] = ()) -> None:
        """`left_out`: the offsets at which a character of the file was left out of the text, in rising order."""
        self.file = file
        self.text = text
        self._left_out = left_out
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, offset: int) -> Place:
        """The place of the character at the offset."""
        line = bisect_right(self._starts, offset)
        start = self._starts[line - 1]
        missing = bisect_right(self._left_out, offset) - bisect_left(self._left_out, start) if self._left_out else 0
        return Place(line, offset - start + missing + 1)

    def line_start(self, line: int) -> int:
        """The offset at which a line, counted from 1, begins; that of the end for a line after the last."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def problem(self, offset: int, code: str, message: str, hint: str = "") -> Problem:
        """An error at the offset."""
        return Problem(self.file, *self.place(offset), "error", code, message, hint)


def decode(file: str, data: bytes) -> tuple[Text | None, list[Problem]]:
    """The text that the bytes of the file are, and what is wrong with them: too many, or marks of a conflict (then
    there is no text), not UTF-8, characters that cannot be seen. What cannot be read is replaced or left out, so that
    the rest can be."""
    if len(data) > TEXT_LIMIT:
        message = f"The file has {len(data) / 1e6:.1f} MB; a text may have {TEXT_LIMIT / 1e6:.0f} MB."
        hint = "Divide it, or move pictures to media/."
        return None, [Problem(file, 1, 1, "error", "file-too-large", message, hint)]
    for beginning, what in PACKED:
        if data.startswith(beginning):
            message, hint = f"The file is {what}, not text.", "Save it there as plain text, with the encoding UTF-8."
            return None, [Problem(file, 1, 1, "error", "not-text", message, hint)]
    problems = []
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):  # read all the same, so that what it says is checked
        data = data.decode("utf-16", "replace").encode()
        message = "The file is in UTF-16, which some editors call Unicode."
        problems.append(Problem(file, 1, 1, "error", "not-utf8", message, "Save it with the encoding UTF-8."))
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        source = Text(file, data.decode())
    except UnicodeDecodeError as error:
        source = Text(file, data.decode("utf-8", "replace"))
        message = f"The byte 0x{data[error.start]:02X} here is not UTF-8."
        offset = len(data[: error.start].decode())
        problems.append(source.problem(offset, "not-utf8", message, "Save the file with the encoding UTF-8."))
    if control := CONTROL.search(source.text):
        message = f"An invisible control character (U+{ord(control[0]):04X}) is here."
        problems.append(source.problem(control.start(), "control-character", message, "Delete it."))
        source = Text(file, CONTROL.sub(" ", source.text))
    if marks := conflicts(source):
        return None, marks
    if (greek := source.text.find("\u037e")) >= 0:
        message = "This is a Greek question mark (U+037E), which looks like a semicolon."
        problems.append(source.problem(greek, "unseen-character", message, "Type `;` in its place."))
        source = Text(file, source.text.replace("\u037e", ";"))
    if not source.text.isascii() and UNSEEN.search(source.text):
        source, unseen = _without_unseen(source)
        problems += unseen
    return source, problems


def _without_unseen(source: Text) -> tuple[Text, list[Problem]]:
    """The text without the characters that cannot be seen, of each of which there is a problem."""
    from courses.letters import called

    problems, left_out = [], []
    for number, match in enumerate(UNSEEN.finditer(source.text)):
        hint = "Delete it, and press Enter where a line is to end." if match[0] in "\u2028\u2029" else "Delete it."
        message = f"There is {called(match[0])} here, which is invisible."
        problems.append(source.problem(match.start(), "unseen-character", message, hint))
        left_out.append(match.start() - number)
    return Text(source.file, UNSEEN.sub("", source.text), left_out), problems
