"""Media files: which are accepted, and how large a picture is.

The size goes into the page, so that text does not jump when a picture arrives over a weak line.
"""

from __future__ import annotations

import re
import struct
from hashlib import sha256

from courses.facts import Medium
from courses.problems import Problem

KINDS = ("svg", "png", "jpg", "jpeg", "webp", "gif", "pdf")
LIMIT = 3_000_000
"""Bytes: what a weak line still brings in a minute."""
_ACTIVE = re.compile(
    rb"""<(?:[\w-]+:)?(?:script|foreignObject)\b|[\s/"']on[a-z]+\s*=|javascript:|<!ENTITY""", re.IGNORECASE
)
_SVG = re.compile(rb"<svg\b[^>]*>", re.DOTALL)
_BOX = re.compile(rb"""viewBox\s*=\s*["']\s*[\d.+-]+[\s,]+[\d.+-]+[\s,]+([\d.]+)[\s,]+([\d.]+)""")
_LENGTH = rb"""\b%s\s*=\s*["']\s*([\d.]+)(?:px)?\s*["']"""


def measure(file: str, data: bytes) -> Medium | Problem:
    """The medium that the bytes of the file are, or why it is refused."""
    extension = file.rpartition(".")[2].lower()
    if extension not in KINDS:
        message = f"Files of the kind `.{extension}` cannot be shown."
        return Problem(file, 1, 1, "error", "media-kind", message, f"Save it as one of {', '.join(KINDS)}.")
    if len(data) > LIMIT:
        message = f"The file has {len(data) / 1e6:.1f} MB; a media file may have {LIMIT / 1e6:.0f} MB."
        return Problem(file, 1, 1, "error", "file-too-large", message, "Make the picture smaller.")
    if extension == "svg" and (active := _ACTIVE.search(data)):
        line = data.count(b"\n", 0, active.start()) + 1
        column = active.start() - data.rfind(b"\n", 0, active.start())
        message = "The drawing holds something that runs (a script, an event, a reference), not only shapes."
        return Problem(file, line, column, "error", "media-active", message, "Export it as a plain SVG.")
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
        if extension == "svg" and (root := _SVG.search(data)):
            return _svg(root[0])
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


def _svg(root: bytes) -> tuple[int, int]:
    width, height = re.search(_LENGTH % b"width", root), re.search(_LENGTH % b"height", root)
    if width and height:
        return round(float(width[1])), round(float(height[1]))
    box = _BOX.search(root)
    return (round(float(box[1])), round(float(box[2]))) if box else (0, 0)
