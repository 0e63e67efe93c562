"""Tables as a file to be printed and signed: landscape pages of A4, PDF/UA-1 (ISO 14289-1), so that screen readers read
them too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from flask_babel import gettext as _

from lms.documents import typesetting

TEMPLATE = Path(__file__).with_suffix(".typ")


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column; whether its cells stand at the right; whether it takes what width is left."""

    label: str
    numeric: bool
    wide: bool


@dataclass(frozen=True, slots=True)
class Printed:
    """A table in words: its title, its columns, its rows."""

    title: str
    columns: Sequence[Heading]
    rows: Sequence[Sequence[str]]


def table_pdf(
    title: str, tables: Sequence[Printed], about: Sequence[tuple[str, str]], language: str, at: datetime
) -> bytes:
    """The tables under one title, with the facts `about` them at the end. `language`: the tag of the language that they
    are in; `at`: when they are made. Needs an application context."""
    data: dict[str, object] = {
        "title": title,
        "issuer": _("Staza"),
        "lang": language.split("-")[0],
        "made": [at.year, at.month, at.day],
        "sheets": [asdict(table) for table in tables],
        "about": [list(fact) for fact in about],
        "about_title": _("About this file"),
        "foot": f"{_('Staza')} · {title}",
    }
    return typesetting.pdf(TEMPLATE, data, at)
