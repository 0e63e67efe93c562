"""What a form says of the answer that it was shown with; see `lms.learning.versions` for what follows from it."""

from __future__ import annotations

import re

from flask import request

from lms.learning.versions import Seen, Stored, fingerprint

VERSION = re.compile(r"([0-9]{1,9})\.([0-9a-f]{16})")
TAB = re.compile(r"[0-9a-z]{8,32}")


def shown(stored: Stored) -> str:
    """What the hidden field `version` of a form says that shows this answer."""
    return f"{stored.version}.{fingerprint(stored.answer)}"


def seen() -> Seen:
    """What the sender of an answer had been shown. A form that does not say so, or whose last field did not arrive, had
    seen nothing: what it brings takes no other answer's place, and takes none back."""
    said = VERSION.fullmatch(request.form.get("version", ""))
    if said is None or request.form.get("end") != "1":
        return Seen()
    tab, sequence = request.form.get("tab", ""), request.form.get("sequence", "")
    counted = TAB.fullmatch(tab) is not None and sequence.isdecimal() and len(sequence) < 10
    return Seen(int(said[1]), said[2], tab if counted else "", int(sequence) if counted else 0)
