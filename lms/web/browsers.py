"""What a browser roughly is, for a list of sign-ins: its name and its system, and no more of what it says of itself."""

from __future__ import annotations

import re

NAMES = {
    r"Edg(?:e|A|iOS)?/": "Edge",
    r"OPR/|Opera": "Opera",
    r"SamsungBrowser/": "Samsung Internet",
    r"Vivaldi/": "Vivaldi",
    r"Firefox/|FxiOS/": "Firefox",
    r"Chrome/|CriOS/|Chromium/": "Chrome",
    r"Safari/": "Safari",
}
SYSTEMS = {
    r"Android": "Android",
    r"iPhone": "iPhone",
    r"iPad": "iPad",
    r"Windows": "Windows",
    r"CrOS": "ChromeOS",
    r"Mac OS X|Macintosh": "macOS",
    r"Linux": "Linux",
}


def roughly(user_agent: str) -> str:
    """For example "Firefox, Windows"; "" where it says nothing that is known."""
    found = (_first(NAMES, user_agent), _first(SYSTEMS, user_agent))
    return ", ".join(part for part in found if part)


def _first(known: dict[str, str], text: str) -> str:
    return next((name for pattern, name in known.items() if re.search(pattern, text[:500])), "")
