"""A template and its data → PDF/UA-1 (ISO 14289-1). Whatever people typed, there is a file.

Typst refuses a PDF/UA page with a character that its fonts lack, and it can break down over scripts it has to shape
without a font. So a text is brought to the characters that its fonts have before it is set.
"""

from __future__ import annotations

import json
import unicodedata
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from threading import local
from typing import Any, cast

import typst

PRINTED = """
    20-7E A1-AC AE-2FF 370-377 37A-37F 384-38A 38C 38E-3A1 3A3-482 48A-4FF 510-513 51A-51D 1E00-1F15 1F18-1F1D
    1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FC4 1FC6-1FD3 1FD6-1FDB 1FDD-1FEF
    1FF2-1FF4 1FF6-1FFE 2010-2027 2030-2040 2042 2044-2052 2054-205E 2070-2071 2074-208E 2090-209C 20A0-20C0
    2100-211E 2120 2122 2124 2126-2151 2153-2184 2189 2190-22FF 25A0-25FF FFFD
"""
"""The characters of Typst's own fonts among the scripts and signs of Europe, as ranges in hexadecimal; combining marks
are let through above a letter. A test sets each of them in both weights."""
REPLACEMENT = "\ufffd"
MARKS = frozenset("\u0300\u0301\u0302\u0304\u0308\u030c\u0329\u0331")


def pdf(template: Path, data: dict[str, object], moment: datetime) -> bytes:
    """The template as PDF with these data, made at this moment. The same data give the same bytes."""
    made = _KEPT.compiler.compile(
        template.read_bytes(),
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=moment.replace(microsecond=0),
        sys_inputs={"data": json.dumps(_printable(data))},
    )
    return cast(bytes, made)


def printable(text: str) -> str:
    """The text in characters that the fonts have. What has a plainer form is given it (full-width signs); of the rest,
    each character is shown as �, and what nobody sees is left out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_character, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=4096)
def _character(sign: str) -> str:
    if sign in _printed():
        return sign
    if sign.isspace():
        return " "
    plain = unicodedata.normalize("NFKC", sign)
    if plain != sign and all(each in _printed() for each in plain):
        return plain
    return "" if unicodedata.category(sign) in ("Cc", "Cf", "Mn", "Me") else REPLACEMENT


@cache
def _printed() -> frozenset[str]:
    ranges = (part.split("-") for part in PRINTED.split())
    return MARKS.union(chr(code) for ends in ranges for code in range(int(ends[0], 16), int(ends[-1], 16) + 1))


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: _printable(each) for key, each in value.items()}
    return [_printable(each) for each in value] if isinstance(value, list | tuple) else value


class _Kept(local):
    """A compiler for each thread, kept, as making one reads the fonts: one that two threads use at the same moment
    refuses the second. The system's fonts are left out: every server gives the same page."""

    def __init__(self) -> None:
        self.compiler = typst.Compiler(ignore_system_fonts=True)


_KEPT = _Kept()
