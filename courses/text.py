"""A file's bytes → its text, and where in it an offset is."""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

from courses.facts import Place
from courses.problems import Problem

TEXT_LIMIT = 2_000_000
"""Bytes of a text file: many times the longest lesson, so what is larger is not a lesson."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class Text:
    """The text of a file, and where in it an offset is. `file` is relative to the content folder."""

    __slots__ = ("_starts", "file", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, offset: int) -> Place:
        """The place of the character at the offset."""
        line = bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)

    def line_start(self, line: int) -> int:
        """The offset at which a line, counted from 1, begins; that of the end for a line after the last."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def problem(self, offset: int, code: str, message: str, hint: str = "") -> Problem:
        """An error at the offset."""
        return Problem(self.file, *self.place(offset), "error", code, message, hint)


def decode(file: str, data: bytes) -> tuple[Text | None, list[Problem]]:
    """The text that the bytes of the file are, and what is wrong with them: too many (then there is no text), not
    UTF-8, control characters. What cannot be read is replaced, so that the rest can be."""
    if len(data) > TEXT_LIMIT:
        message = f"The file has {len(data) / 1e6:.1f} MB; a text may have {TEXT_LIMIT / 1e6:.0f} MB."
        hint = "Divide it, or move pictures to media/."
        return None, [Problem(file, 1, 1, "error", "file-too-large", message, hint)]
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
        message = f"An invisible control character (U+{ord(control[0]):04X}) stands here."
        problems.append(source.problem(control.start(), "control-character", message, "Delete it."))
        source = Text(file, CONTROL.sub(" ", source.text))
    return source, problems
