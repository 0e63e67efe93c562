"""Tables as files: CSV that Excel opens rightly, XLSX with typed cells, and a PDF to be printed and signed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from tempfile import TemporaryDirectory
from typing import IO

import xlsxwriter
from flask_babel import format_date, format_decimal, format_percent
from flask_babel import gettext as _

from lms.cells import guarded
from lms.documents.table import Heading, Printed, table_pdf
from lms.records.enrolments import State
from lms.reports.table import Column, Row, Value, state_label

SHEET_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FILE_TYPES = SHEET_TYPES | {"pdf": "application/pdf"}
MOST_PRINTED = 500
"""Rows of a PDF: some thirty pages, which take a second or two. Nobody signs more."""
WIDTHS = {"text": 30, "state": 14, "number": 11, "percent": 11, "day": 13}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be written: its title, its columns, its rows; whether its columns are things of one kind."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Row]
    matrix: bool = False


def csv_file(sheets: Sequence[Sheet], out: IO[bytes]) -> None:
    """Write the tables into `out` as CSV (RFC 4180) in UTF-8 with a byte order mark, without which Excel takes
    Cyrillic for Latin.

    Several tables follow each other, each under its title. Days are written as ISO 8601, shares as 0..1. Every cell
    is quoted, and no text is run as a formula (`lms.cells`).
    """
    text, states = io.TextIOWrapper(out, "utf-8-sig", newline=""), _states()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    for place, sheet in enumerate(sheets):
        if len(sheets) > 1:
            writer.writerows([[]] * (place > 0) + [[guarded(sheet.title)]])
        writer.writerow([guarded(column.label) for column in sheet.columns])
        kinds = [column.kind for column in sheet.columns]
        for row in sheet.rows:
            writer.writerow(
                [
                    _as_text(states.get(value, value) if kind == "state" else value)
                    for value, kind in zip(row.values, kinds, strict=True)
                ]
            )
    text.detach()


def _states() -> dict[Value, str]:
    return {state.value: state_label(state.value) for state in State}


def _as_text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    return value.isoformat() if isinstance(value, date) else f"{value:.10g}"


def xlsx_file(sheets: Sequence[Sheet], about: Sequence[tuple[str, str]], out: IO[bytes]) -> None:
    """Write the tables into `out` as XLSX, a sheet each, and a last sheet with the facts `about` the export.

    Days, numbers and shares are typed; the header row is frozen and can be filtered by. Texts are written as texts,
    so that none is run as a formula. Each row is written out before the next one comes, so that memory stays flat.
    """
    with (
        TemporaryDirectory(prefix="staza-") as folder,  # what is written there does not outlive a failure
        xlsxwriter.Workbook(out, {"constant_memory": True, "tmpdir": folder}) as book,
    ):
        header = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"})
        patterns = {"day": "yyyy-mm-dd", "percent": "0%", "number": "0"}
        formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in patterns.items()}
        for sheet in sheets:
            _write(book.add_worksheet(_sheet_name(sheet.title)), sheet, header, formats)
        facts = book.add_worksheet(_sheet_name(_("About this file")))
        facts.set_column(0, 0, 24, book.add_format({"bold": True}))
        facts.set_column(1, 1, 70)
        for place, (label, text) in enumerate(about):
            facts.write_string(place, 0, label)
            facts.write_string(place, 1, text)


def pdf_file(sheets: Sequence[Sheet], about: Sequence[tuple[str, str]], language: str, at: datetime) -> bytes:
    """The tables as PDF, in the current language, whose tag is `language`, made at this moment: days, numbers and
    shares are written as people read them. The facts `about` the export stand at the end."""
    states = _states()

    def words(value: Value, kind: str) -> str:
        match value:
            case None:
                return ""
            case date():
                return str(format_date(value, "medium"))
            case int() | float():
                return str(format_percent(value) if kind == "percent" else format_decimal(value))
            case _:
                return states[value] if kind == "state" else value

    tables = [
        Printed(
            sheet.title,
            [Heading(column.label, column.numeric, column.kind == "text") for column in sheet.columns],
            [
                [words(value, column.kind) for value, column in zip(row.values, sheet.columns, strict=True)]
                for row in sheet.rows
            ],
        )
        for sheet in sheets
    ]
    return table_pdf(sheets[0].title, tables, about, language, at)


def _sheet_name(title: str) -> str:
    """A name that Excel accepts: at most 31 characters, none of []:*?/\\ ."""
    return "".join(" " if sign in "[]:*?/\\'" else sign for sign in title)[:31].strip()


def _write(page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, header: object, formats: dict[str, object]) -> None:
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, WIDTHS[column.kind])
        page.write_string(0, place, column.label, header)
    page.freeze_panes(1, 1)
    kinds, states, number = [column.kind for column in sheet.columns], _states(), 0
    for number, row in enumerate(sheet.rows, start=1):
        for place, (value, kind) in enumerate(zip(row.values, kinds, strict=True)):
            if isinstance(value, str):
                page.write_string(number, place, states.get(value, value) if kind == "state" else value)
            elif isinstance(value, date):
                page.write_datetime(number, place, value, formats["day"])
            elif value is not None:
                page.write_number(number, place, value, formats.get(kind))
    page.autofilter(0, 0, number, len(sheet.columns) - 1)
