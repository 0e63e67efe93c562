"""`staza translate`: what of a course is translated, and the files that translators fill in.

Like the other commands for authors it loads nothing of the web application.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from courses.layout import LANGUAGES, LOCALES, SHARED_LANGUAGE, course_ids
from courses.source import Document, decode
from courses.translate.share import percent, share
from courses.translate.sheets import SHARED, Row, Sheet, files_of, place_of, sheets
from lms.cli.content import content_option

_HINT = f"LANG is one of {', '.join(LOCALES)}. COURSE is a course, or `{SHARED}` for the files that all courses share."
language = click.argument("locale", metavar="LANG", type=click.Choice(LOCALES))
one_course = click.argument("course", metavar="COURSE")
forms = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.group(epilog=f"{_HINT} Example: staza translate start sr smuggling-mixed-flows")
def translate() -> None:
    """Translations of courses: how far they are, what is missing or stale, files for translators."""


def _courses(content: Path, course: str | None) -> list[str]:
    """The courses asked for: that one, or all of them and the shared files."""
    existing = course_ids(content)
    if course is None:
        return [*existing, SHARED]
    if course != SHARED and course not in existing:
        raise click.BadParameter(
            f"there is no course {course!r} in {content}. There are {', '.join(existing)}.", param_hint="COURSE"
        )
    return [course]


def _own(content: Path, course: str) -> str:
    """The language that the course, or what all of them share, is written in."""
    path = content / course / "course.yaml"
    text = decode(path.name, path.read_bytes())[0] if course != SHARED and path.is_file() else None
    data = Document(text).data if text else None
    written = data.get("language") if isinstance(data, dict) else None
    return written if isinstance(written, str) and written in LOCALES else SHARED_LANGUAGE


def _translatable(content: Path, course: str, locale: str) -> str:
    """The course asked for, which can be translated into the language: it is not written in that."""
    (id,) = _courses(content, course)
    own = _own(content, id)
    if own == locale:
        begun = ", ".join(LANGUAGES[code] for code in _begun(content, id)) or "none"
        what = "What all courses share" if id == SHARED else id
        raise click.ClickException(
            f"{what} is written in {LANGUAGES[own]} itself, and shown in it where a translation is missing. "
            f"Translate it into one of {', '.join(code for code in LOCALES if code != own)}. Begun so far: {begun}."
        )
    return id


def _begun(content: Path, course: str) -> list[str]:
    """The languages that a translation of the course was begun in."""
    own = _own(content, course)
    places = {locale: [place_of(path, locale) for path in files_of(content, course)] for locale in LOCALES}
    return [
        locale for locale in LOCALES if locale != own and any((content / path).is_file() for path in places[locale])
    ]


def _understood(found: Iterable[Sheet]) -> list[Sheet]:
    """The sheets, unless one of their files cannot be read: writing it anew could lose something."""
    kept = list(found)
    for sheet in kept:
        for problem in sheet.problems:
            place = f"{problem.file}:{problem.line}:{problem.column}"
            raise click.ClickException(
                f"{place}: {problem.message} Correct it first; `staza check` shows all problems."
            )
    return kept


# ── what there is ──────────────────────────────────────────────────────────────────────────────────────────────────


@translate.command(epilog="Example: staza translate status smuggling-mixed-flows sr")
@click.argument("course", required=False)
@click.argument("locale", metavar="[LANG]", required=False, type=click.Choice(LOCALES))
@forms
@content_option
def status(course: str | None, locale: str | None, form: str, content: Path) -> None:
    """How many of the texts of each course are shown translated and up to date, and how many are missing or stale.

    A question is shown translated as a whole or not at all."""
    rows: list[dict[str, Any]] = []
    for id in _courses(content, course):
        if locale and course:
            _translatable(content, id, locale)
        for code in [locale] if locale else _begun(content, id):
            found = list(sheets(content, id, code))
            states = [row.state for sheet in found for row in sheet.rows]
            rows.append(
                {"course": id, "locale": code, "share": share(sheet.counts() for sheet in found), "texts": len(states)}
                | {state: states.count(state) for state in ("translated", "missing", "stale")}
            )
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    elif not rows:
        click.echo("Nothing is translated yet. Begin with `staza translate start LANG COURSE`.")
    else:
        _table(rows)


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Course", "Language", box=None, pad_edge=False)
    for heading in ("Translated", "Texts", "Missing", "Stale"):
        table.add_column(heading, justify="right")
    for row in rows:
        counts = (str(row[name]) for name in ("texts", "missing", "stale"))
        table.add_row(row["course"], row["locale"], percent(row["share"]), *counts)
    Console().print(table)


@translate.command(epilog="Example: staza translate missing sr smuggling-mixed-flows")
@language
@click.argument("course", required=False)
@forms
@content_option
def missing(locale: str, course: str | None, form: str, content: Path) -> None:
    """List the texts that have no translation, as file:line: of the translation where its file has been begun."""
    _list(content, course, locale, form, "missing")


@translate.command(epilog="Example: staza translate stale sr --format json")
@language
@click.argument("course", required=False)
@forms
@content_option
def stale(locale: str, course: str | None, form: str, content: Path) -> None:
    """List the translations whose source has changed since, as file:line."""
    _list(content, course, locale, form, "stale")


def _list(content: Path, course: str | None, locale: str, form: str, state: str) -> None:
    found = [
        (sheet, row)
        for id in _courses(content, course)
        if (course and _translatable(content, id, locale)) or locale in _begun(content, id)
        for sheet in sheets(content, id, locale)
        for row in sheet.rows
        if row.state == state
    ]
    if form == "json":
        click.echo(json.dumps([_as_json(sheet, row) for sheet, row in found], ensure_ascii=False, indent=1))
        return
    for sheet, row in found:
        file, line = (sheet.file, row.line) if row.line else (sheet.source, row.source_line)
        click.echo(f"{content / file}:{line}: {_shortened(row.source)}")
    click.echo(f"{len(found)} {state}." if found else f"Nothing is {state}.")


def _as_json(sheet: Sheet, row: Row) -> dict[str, Any]:
    return {
        "file": sheet.file,
        "line": row.line,
        "source": sheet.source,
        "source_line": row.source_line,
        "block": row.block,
        "state": row.state,
        "text": row.source,
    }


def _texts(number: int) -> str:
    return f"{number} text{'' if number == 1 else 's'}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 70 else line[:69] + "…"


# ── files for translators ──────────────────────────────────────────────────────────────────────────────────────────


@translate.command(epilog="Example: staza translate start sr smuggling-mixed-flows")
@language
@one_course
@content_option
def start(locale: str, course: str, content: Path) -> None:
    """Create the files of a translation, with each source text beside the place for its translation. Existing files are
    not changed."""
    id = _translatable(content, course, locale)
    _write(content, [sheet for sheet in _understood(sheets(content, id, locale)) if not sheet.exists])


@translate.command(epilog="Example: staza translate update sr smuggling-mixed-flows")
@language
@one_course
@content_option
def update(locale: str, course: str, content: Path) -> None:
    """Update the files of a translation: add new texts, and mark translations of changed texts as stale, with the new
    text beside them. No translation is lost: one without a source moves to the end of its file."""
    id = _translatable(content, course, locale)
    _write(content, _understood(sheets(content, id, locale)))


def _write(content: Path, found: list[Sheet]) -> None:
    from courses.translate.writing import written

    count = 0
    for sheet in found:
        data = written(sheet).encode()
        path = content / sheet.file
        if not sheet.rows and not sheet.exists:
            continue
        if not sheet.exists or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            states = [row.state for row in sheet.rows]
            absent, old = states.count("missing"), states.count("stale")
            click.echo(f"{path}: {_texts(len(states))}, {absent} missing, {old} stale")
            count += 1
    if not count:
        click.echo("Nothing to do: every file is as it should be.")


@translate.command("export", epilog="Example: staza translate export sr smuggling-mixed-flows smuggling-sr.po")
@language
@one_course
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@content_option
def export_po(locale: str, course: str, file: Path, content: Path) -> None:
    """Write the texts of a course and their translations as a PO file, for translators' tools."""
    from courses.exports import po

    id = _translatable(content, course, locale)
    found = _understood(sheets(content, id, locale))
    file.write_bytes(po.export(found, id, locale))
    click.echo(f"{file}: {_texts(sum(len(sheet.rows) for sheet in found))}")


@translate.command("import", epilog="Example: staza translate import sr smuggling-mixed-flows smuggling-sr.po")
@language
@one_course
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@content_option
def import_po(locale: str, course: str, file: Path, content: Path) -> None:
    """Import the translations of a PO file into the files of the course. Texts that the file lacks stay.

    If a source was edited after the export, its translation is imported as stale. If a source was removed, its
    translation is kept at the end of its file. Both are listed, and the command exits with 1."""
    from courses.exports import po

    id = _translatable(content, course, locale)
    before = _understood(sheets(content, id, locale))
    try:
        made = po.read(file.read_bytes(), str(file), before, locale, id)
    except po.PoError as error:
        raise click.ClickException(str(error)) from error
    _write(content, [new for old, new in zip(before, made.sheets, strict=True) if new != old])
    for sentence in made.stale:
        click.echo(f"Stale: {content / sentence}", err=True)
    for sentence in made.left:
        click.echo(f"Not in its place: {sentence}", err=True)
    if made.stale or made.left:
        raise SystemExit(1)
