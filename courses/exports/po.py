"""PO, the format of GNU gettext that translators' tools read: the texts of a course and their translations by block.

The context of an entry (`msgctxt`) is the file and the block within it, `lessons/the-law.md 3f2a91c0`; its text
(`msgid`) that of the source. A translation whose source has changed is `fuzzy`. Nothing is lost on the way: what is
read back unchanged changes no byte of the files.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from courses.text import CONTROL
from courses.translate.sheets import Sheet
from courses.translate.writing import UNWRITABLE

_HEADERS = re.compile(rb'^"(?!Language:|MIME|Content-)[A-Z][\w-]+: .*\\n"\n', re.MULTILINE)
_FORMATS = ("python-format", "python-brace-format")


class PoError(Exception):
    """A file is no catalogue, or not one of this course. The text is one sentence."""


def export(sheets: Iterable[Sheet], course: str, locale: str) -> bytes:
    """The catalogue of a course: every text of its sheets, translated or not."""
    catalogue = Catalog(locale, fuzzy=False, charset="utf-8")
    catalogue.header_comment = f"# {course}: {locale}. Read it back with `staza translate import`."
    for sheet in sheets:
        for row in sheet.rows:
            message = catalogue.add(
                row.source,
                row.target or None,
                locations=[(sheet.source, row.source_line)],
                context=f"{sheet.name} {row.block}",
                auto_comments=["One accepted answer a line."] if row.words else (),
                flags=["fuzzy"] if row.stale else (),
            )
            message.flags.difference_update(_FORMATS)  # a percent sign in a lesson is one
    text = BytesIO()
    write_po(text, catalogue, width=0)
    return _HEADERS.sub(b"", text.getvalue())


def read(data: bytes, sheets: Iterable[Sheet], locale: str) -> tuple[list[Sheet], list[str]]:
    """The sheets with the translations of a catalogue, and a sentence for each entry that was not taken. Raises
    `PoError` for what is no catalogue, or one of another language."""
    try:
        catalogue = read_po(BytesIO(data.removeprefix(BOM_UTF8)), abort_invalid=True)
    except (PoFileError, ValueError, LookupError) as error:
        raise PoError(f"The file is no PO file: {error}.") from error
    if not re.fullmatch(f"({locale}(_[A-Z]{{2}})?)?", catalogue.locale_identifier or ""):  # `sr_RS` is `sr` too
        raise PoError(f"The file is in the language {catalogue.locale_identifier}, not {locale}.")
    given = {message.context: message for message in catalogue if message.context}
    filled, refused = [], []
    for sheet in sheets:
        targets = {}
        for row in sheet.rows:
            message = given.pop(f"{sheet.name} {row.block}", None)
            if message is None:
                continue
            target = _cleaned(message.string)
            if message.pluralizable:
                refused.append(f"{message.context}: a text of a course has no plural forms.")
            elif sheet.kind == "lesson" and UNWRITABLE.search(target):
                refused.append(f"{message.context}: a line of the translation begins with `%%` or `:::block`.")
            elif message.id != row.source:
                targets[row.block] = (target, True)  # the source changed after the catalogue was written
            else:
                targets[row.block] = (target, message.fuzzy)
        filled.append(sheet.filled(targets))
    refused += [f"{context}: the source has no such text any more." for context in given]
    return filled, refused


def _cleaned(text: object) -> str:
    """The text without empty lines at both ends, with the line ends that files have, and nothing that is invisible."""
    lines = CONTROL.sub(" ", str(text or "").replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines)
