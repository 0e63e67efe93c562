"""Media files: which are accepted, how large a picture is, and what of one is published.

What a file is is said by its bytes, not by its name. A picture is read to its end by Pillow, so that one that was cut
off is told. What a camera writes besides the picture (the place, the day, the device) is left out when it is published:
the parts of the file that hold it are dropped, and no other byte changes, so that every machine makes the same file of
it. Which way up it is stays, in the one form that browsers read. The size goes into the page, so that text does not
jump when a picture arrives over a weak line.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO
from typing import NamedTuple

from courses import svg
from courses.conflicts import conflicts
from courses.facts import Medium
from courses.problems import Problem
from courses.text import Text

KINDS = ("svg", "png", "jpg", "jpeg", "webp", "gif", "pdf")
LIMIT = 3_000_000
"""Bytes: what a weak line still brings in a minute."""
PIXELS = 30_000_000
"""Pixels of a picture: an old phone holds four bytes of each. What a phone photographs has 12 million."""
_SIGNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    # how the bytes of a file begin, and what such a file is
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpeg"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "webp"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"%PDF-"), "pdf"),
    (re.compile(rb".{4}ftyp(?:hei|hev|mif|msf)", re.DOTALL), "HEIC, which iPhones write"),
    (re.compile(rb".{4}ftypavif", re.DOTALL), "AVIF"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "a film"),
    (re.compile(rb"II\*\0|MM\0\*"), "TIFF"),
    (re.compile(rb"BM.{4}\0{4}", re.DOTALL), "BMP"),
    (re.compile(rb"\x1f\x8b"), "packed, as `.svgz` is"),
    (re.compile(rb"PK\x03\x04"), "an archive or an office document"),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html)", re.IGNORECASE), "a page of the web"),
)
_POINTER = re.compile(rb"version https://git-lfs|(?:\.\./)*\.?/?(?:\.git/)?annex/objects/")
_FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF"}
_FILMS = ("mp4", "mov", "avi", "mkv", "webm", "m4v", "wmv")
_SOUNDS = ("mp3", "wav", "m4a", "ogg", "opus", "aac", "flac", "wma")


class Picture(NamedTuple):
    """What is published of a file."""

    medium: Medium
    data: bytes


def measure(file: str, data: bytes) -> Picture | Problem:
    """What is published of the file with these bytes, or why it is refused."""
    extension = file.rpartition(".")[2].lower()
    if extension not in KINDS:
        return _problem(file, "media-kind", f"Files of the kind `.{extension}` cannot be shown.", _instead(extension))
    kind = "jpeg" if extension == "jpg" else extension
    if refused := _misnamed(file, kind, data):
        return refused
    if len(data) > LIMIT:
        message = f"The file has {len(data) / 1e6:.1f} MB; a media file may have {LIMIT / 1e6:.0f} MB."
        return _problem(file, "file-too-large", message, "Make the picture smaller.")
    size = (0, 0)
    if kind == "svg":
        if marks := conflicts(Text(file, data.decode("utf-8", "replace"))):
            return marks[0]
        drawing = svg.read(file, data)
        if isinstance(drawing, Problem):
            return drawing
        size = drawing
    elif kind == "pdf":
        if b"%%EOF" not in data[-1024:]:
            return _cut(file)
    else:
        found = _read(file, kind, data)
        if isinstance(found, Problem):
            return found
        size, upright = found
        data = _STRIPPED[kind](data, upright)
        if upright >= 5:  # lies on its side: the page shows it standing
            size = size[::-1]
    return Picture(Medium(f"{sha256(data).hexdigest()}.{extension}", *size), data)


def _problem(file: str, code: str, message: str, hint: str) -> Problem:
    return Problem(file, 1, 1, "error", code, message, hint)


def _instead(extension: str) -> str:
    """What to do with a file that cannot be shown."""
    if extension in _FILMS:
        return "Put the film on a site for films, and link to it: `[Film: …](https://…)`; or show pictures of it."
    if extension in _SOUNDS:
        return "Write down what is said, or put the recording on the web and link to it: `[Listen: …](https://…)`."
    if extension in ("doc", "docx", "odt", "ppt", "pptx", "odp", "xls", "xlsx", "ods", "rtf"):
        return "Save it as a PDF, and link to that: `[words](media/name.pdf)`."
    if extension in ("heic", "heif", "avif", "bmp", "tif", "tiff", "raw"):
        return "Save the picture as JPEG or PNG."
    return f"Save it as one of {', '.join(KINDS)}."


# ── what the file is ───────────────────────────────────────────────────────────────────────────────────────────────


def _misnamed(file: str, kind: str, data: bytes) -> Problem | None:
    """What is wrong with a file that is not what its name says."""
    if not data.strip(b"\0 \r\n\t"):
        return _problem(file, "media-unreadable", "The file is empty.", "Save it here again.")
    if _POINTER.match(data):
        message = "This is not the file itself but what git-lfs or git-annex keeps in its place."
        return _problem(file, "media-pointer", message, "Fetch it with `git lfs pull`, or `git annex get`.")
    found = next((name for sign, name in _SIGNS if sign.match(data)), "")
    if found == kind or (kind == "svg" and not found):
        return None
    name = "." + file.rpartition(".")[2]
    if not found:
        message = f"The name ends in `{name}`, but this is no such file."
        return _problem(file, "media-unreadable", message, "Save it here again.")
    called = found.upper() if found in KINDS else found
    hint = f"Name it `.{found}`." if found in KINDS else "Save the picture as JPEG or PNG with an image program."
    return _problem(file, "media-kind", f"The name ends in `{name}`, but the file is {called}.", hint)


def _cut(file: str) -> Problem:
    hint = "Save or copy it here again."
    return _problem(file, "media-unreadable", "The file is damaged: it ends too early or cannot be read.", hint)


def _read(file: str, kind: str, data: bytes) -> tuple[tuple[int, int], int] | Problem:
    """Width and height of the picture as it is stored, and how it is turned (EXIF 2.32, tag 0x0112: 1 is upright)."""
    from PIL import Image, UnidentifiedImageError

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # the limit is ours, and told
    try:
        with Image.open(BytesIO(data), formats=[_FORMATS[kind], *["MPO"] * (kind == "jpeg")]) as picture:
            width, height = picture.size
            if width * height > PIXELS:
                message = f"The picture has {width:,} × {height:,} pixels, more than a phone can show."
                return _problem(file, "media-pixels", message, "Make it at most 2,000 pixels wide.")
            picture.load()
            turned = picture.getexif().get(0x0112, 1)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error, EOFError, IndexError):
        return _cut(file)
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    return (width, height), turned if turned in range(1, 9) else 1


# ── what is published of it ────────────────────────────────────────────────────────────────────────────────────────


def _exif(turned: int) -> bytes:
    """EXIF that says how the picture is turned, and nothing else; none for one that is upright."""
    if turned == 1:
        return b""
    return b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, turned, 0, 0)


def _jpeg(data: bytes, turned: int) -> bytes:
    """Without the segments of applications, but for JFIF, colour profiles and Adobe's colours, without remarks, and
    without what follows the end of the picture (ITU-T T.81, B.1.1)."""
    kept = [data[:2]]
    exif = _exif(turned)
    for marker, start, end in _segments(data):
        body = data[start + 4 : start + 18]
        wanted = not (0xE0 <= marker <= 0xEF or marker == 0xFE)
        wanted |= (marker == 0xE0 and body.startswith(b"JFIF\0")) or (marker == 0xEE and body.startswith(b"Adobe"))
        wanted |= marker == 0xE2 and body.startswith(b"ICC_PROFILE\0")
        if exif and marker != 0xE0:
            kept.append(b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + b"Exif\0\0" + exif)
            exif = b""
        if wanted:
            kept.append(data[start:end])
    return b"".join(kept)


_MARKER = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
"""In the bytes of a scan: a marker that ends it, as no stuffed byte and no restart does."""


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, beginning and end of each segment; a scan goes with its header."""
    at = 2
    while at + 2 <= len(data):
        while data[at + 1 : at + 2] == b"\xff":
            at += 1
        marker = data[at + 1]
        if marker == 0xD9:
            yield marker, at, at + 2
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == 0xDA:
            following = _MARKER.search(data, end)
            end = following.start() if following else len(data)
        yield marker, at, end
        at = end


_TOLD_IN_PNG = (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME")


def _png(data: bytes, turned: int) -> bytes:
    """Without the chunks of texts and times, and without what follows the end (PNG, third edition, 11.3)."""
    kept, at = [data[:8]], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if kind not in _TOLD_IN_PNG:
            kept.append(data[at:end])
        if kind == b"IHDR" and (exif := _exif(turned)):
            chunk = b"eXIf" + exif
            kept.append(struct.pack(">I", len(exif)) + chunk + struct.pack(">I", zlib.crc32(chunk)))
        if kind == b"IEND":
            break
        at = end
    return b"".join(kept)


_HAS_EXIF, _HAS_XMP = 0x08, 0x04


def _webp(data: bytes, turned: int) -> bytes:
    """Without the chunks EXIF and XMP, and without what follows the end (RFC 9649, 2.7)."""
    kept, at, exif = [], 12, _exif(turned)
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while at + 8 <= end:
        kind, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        chunk = data[at : at + 8 + length + length % 2]
        if kind == b"VP8X":
            flags = chunk[8] & ~(_HAS_EXIF | _HAS_XMP) | (_HAS_EXIF if exif else 0)
            chunk = chunk[:8] + bytes([flags]) + chunk[9:]
        if kind not in (b"EXIF", b"XMP "):
            kept.append(chunk)
        at += len(chunk)
    if exif and kept[0].startswith(b"VP8X"):
        kept.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _gif(data: bytes, _turned: int) -> bytes:
    """As it is: no camera writes GIF."""
    return data


_STRIPPED: dict[str, Callable[[bytes, int], bytes]] = {"jpeg": _jpeg, "png": _png, "webp": _webp, "gif": _gif}
