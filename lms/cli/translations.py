"""`staza translations`: the texts of the interface on their way from the code to the translators and back.

Texts are collected from the code and the templates into `messages.pot`; each language has a catalogue `messages.po`,
written by people; what the application reads is compiled from it. Serbian is written in Cyrillic alone: its Latin
script is converted on compiling, as that way loses nothing.
"""

from __future__ import annotations

import os
import re
from io import BytesIO
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from courses import script
from lms import i18n
from lms.config import ROOT

TEMPLATE = i18n.TRANSLATIONS / "messages.pot"
CONVERTED = {"sr_Latn": "sr"}
"""Languages whose catalogue is another's in Latin script."""
WRITTEN = [code for code in i18n.LANGUAGES if code != "en" and code not in CONVERTED]
"""Languages whose catalogue people write."""

_HEADERS = re.compile(rb'^"(?!Language:|MIME|Content-|Plural-)[A-Z][\w-]+: .*\\n"\n', re.MULTILINE)
_KEPT = re.compile(r"(%\(\w+\)[a-z]|%%|<[^>]*>|&\w+;)")


@click.command(epilog="Example: staza translations --compile")
@click.option("--compile", "only_compile", is_flag=True, help="Compile the catalogues and leave them as they are.")
def translations(only_compile: bool) -> None:
    """Collect the texts of the interface, bring each language's catalogue up to date, and compile them."""
    if not only_compile:
        template = collect()
        _write(TEMPLATE, template)
        for code in WRITTEN:
            catalogue = read(code)
            catalogue.update(template, no_fuzzy_matching=True)
            _write(_source(code), catalogue)
            click.echo(f"{i18n.LANGUAGES[code].name}: {done(catalogue)} of {len(template)} texts are translated.")
    compile_all()


def collect() -> Catalog:
    """Every text of the interface, without translations, with the files that it stands in."""
    with (ROOT / ".ci" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    template = Catalog(fuzzy=False, charset="utf-8")
    for path, line, message, comments, context in extract_from_dir(ROOT, methods, options):
        template.add(message, None, [(path, line)], auto_comments=comments, context=context)
    return template


def read(code: str) -> Catalog:
    """The catalogue of a language as people wrote it; an empty one for a language that has none yet."""
    locale, path = i18n.LANGUAGES[code].babel, _source(code)
    if not path.exists():
        return Catalog(locale, fuzzy=False, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale, abort_invalid=True)


def done(catalogue: Catalog) -> int:
    """How many of a catalogue's texts are translated, in all their plural forms."""
    return sum(all(forms(message.string)) for message in catalogue if message.id)


def forms(string: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A text or its plural forms, as a tuple either way."""
    return tuple(string) if isinstance(string, tuple | list) else (string or "",)


def compile_all() -> None:
    """Compile each catalogue for the application to read; a running one reads it when it starts again."""
    for code, language in i18n.LANGUAGES.items():
        written = CONVERTED.get(code, code)
        if code == "en" or not done(catalogue := read(written)):
            continue
        if code in CONVERTED:
            for message in catalogue:
                if message.id:
                    converted = tuple(map(latin, forms(message.string)))
                    message.string = converted if message.pluralizable else converted[0]
        binary = BytesIO()
        write_mo(binary, catalogue)
        _replace(i18n.compiled(language), binary.getvalue())


def latin(text: str) -> str:
    """A text of the interface in Latin letters; placeholders and HTML stay as they are."""
    return "".join(part if number % 2 else script.latin(part) for number, part in enumerate(_KEPT.split(text)))


def _source(code: str) -> Path:
    return i18n.compiled(i18n.LANGUAGES[code]).with_suffix(".po")


def _write(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue without dates, names and lines, so that only what was changed differs."""
    text = BytesIO()
    catalogue.header_comment = "# The interface of Staza. `make translations` brings this file up to date."
    write_po(text, catalogue, width=0, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    _replace(path, _HEADERS.sub(b"", text.getvalue()))


def _replace(path: Path, data: bytes) -> None:
    """Put a file in its place all at once, as the application may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
