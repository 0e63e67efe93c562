"""Cells of a spreadsheet that hold text: made safe in files that are written, and read back from files that come in."""

from __future__ import annotations

import re

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
_BLANK = r"[\s\u200b-\u200f\u2060\ufeff]*"
_START = re.compile(rf"(^|[;\t\r\n])(?={_BLANK}[{_SIGNS}])|^(?=[\t\r\n])")
_GUARD = re.compile(rf"(^|[;\t\r\n])'(?={_BLANK}[{_SIGNS}])|^'(?=[\t\r\n])")


def guarded(text: str) -> str:
    """The text with an apostrophe where a spreadsheet would begin a formula (OWASP, "CSV Injection"): at its start,
    and after a sign that parts columns or rows where the file is opened with another separator. Full-width signs and
    those behind blanks count too."""
    return _START.sub(lambda found: f"{found[1] or ''}'", text)


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return _GUARD.sub(lambda found: found[1] or "", text)
