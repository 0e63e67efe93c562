"""Media files: which are accepted, and how large a picture is.

The size goes into the page, so that text does not jump when a picture arrives over a weak line.
"""

from __future__ import annotations

import struct
from hashlib import sha256

from courses import svg
from courses.facts import Medium
from courses.problems import Problem

KINDS = ("svg", "png", "jpg", "jpeg", "webp", "gif", "pdf")
LIMIT = 3_000_000
"""Bytes: what a weak line still brings in a minute."""


def measure(file: str, data: bytes) -> Medium | Problem:
    """The medium that the bytes of the file are, or why it is refused."""
    extension = file.rpartition(".")[2].lower()
    if extension not in KINDS:
        message = f"Files of the kind `.{extension}` cannot be shown."
        return Problem(file, 1, 1, "error", "media-kind", message, f"Save it as one of {', '.join(KINDS)}.")
    if len(data) > LIMIT:
        message = f"The file has {len(data) / 1e6:.1f} MB; a media file may have {LIMIT / 1e6:.0f} MB."
        return Problem(file, 1, 1, "error", "file-too-large", message, "Make the picture smaller.")
    if extension == "svg":
        drawing = svg.read(file, data)
        if isinstance(drawing, Problem):
            return drawing
        width, height = drawing
    else:
        width, height = _size(extension, data)
    return Medium(f"{sha256(data).hexdigest()}.{extension}", width, height)


def _size(extension: str, data: bytes) -> tuple[int, int]:
    """Width and height in pixels, or zeros where the file does not say."""
    try:
        if extension == "png" and data.startswith(b"\x89PNG"):
            return struct.unpack_from(">II", data, 16)
        if extension == "gif" and data.startswith(b"GIF8"):
            return struct.unpack_from("<HH", data, 6)
        if extension in ("jpg", "jpeg"):
            return _jpeg(data)
    except (struct.error, ValueError, OverflowError):
        pass
    return 0, 0


def _jpeg(data: bytes) -> tuple[int, int]:
    """The size in the frame header, which follows any number of segments (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 < len(data):
        _, marker, length = struct.unpack_from(">BBH", data, at)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length
    return 0, 0
