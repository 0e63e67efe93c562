"""Enrolling many from a list: reading it, and saying beforehand what would happen. Nothing here writes.

A list is CSV with the columns `email`, `course` (id or title) and `due` (a day, may be empty or left out), in any
order; other columns are ignored. Commas, semicolons and tabs are told apart by the first line. Staza's own export of
the completion page is such a list, in every language of the interface.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from uuid import UUID

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms import i18n
from lms.cells import unguarded
from lms.records import accounts, directory, enrolments
from lms.records.scope import Scope

MOST_ROWS = 1000
COLUMNS = ("email", "course", "due")
NEEDED = ("email", "course")
WITH_NAME = re.compile(r"[^<>]*<([^<>@\s]+@[^<>\s]+)>")
"""An address as mail programs copy it: Ana Anić <ana@example.org>."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row that can be done. `present`: the person has this course already and keeps that enrolment as it is."""

    number: int
    person_id: UUID
    email: str
    course_id: str
    due_on: date | None
    present: bool


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with line `number` (0: with the list as a whole), and how to mend it."""

    number: int
    what: str
    how: str


@dataclass
class DryRun:
    """What a list would do. Only a list without mistakes may be carried out."""

    lines: list[Line] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the list can be carried out."""
        return bool(self.lines) and not self.mistakes

    @property
    def new(self) -> int:
        """How many enrolments it would add."""
        return sum(not line.present for line in self.lines)

    @property
    def text(self) -> str:
        """The list again, in its plainest form, to be sent back and read anew."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows((row.email, row.course_id, row.due_on.isoformat() if row.due_on else "") for row in self.lines)
        return out.getvalue()

    @property
    def places(self) -> list[tuple[UUID, str, date | None]]:
        """What `lms.learning.enrol.enrol_people` takes."""
        return [(line.person_id, line.course_id, line.due_on) for line in self.lines]


@dataclass(frozen=True, slots=True)
class _Cells:
    number: int
    email: str
    course: str
    due: str


def dry_run(session: Session, scope: Scope, courses: Mapping[str, str], data: bytes, today: date) -> DryRun:
    """Read a list and hold it against the people in `scope` and the `courses` (titles by id).

    Somebody unknown and somebody of another institution get the same words, so that nobody learns who is where.
    """
    result = DryRun()
    rows = _read(data, result.mistakes)
    people = directory.by_email(session, scope, {row.email for row in rows})
    ids = {_plain(title).casefold(): id for id, title in courses.items()} | {id: id for id in courses}
    held = enrolments.held(session, scope, [person.id for person in people.values()])
    left = accounts.closed(session, {person.id for person in people.values()})
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        wrong, due_on, course_id = [], None, ids.get(row.course.casefold(), "")
        person = people.get(row.email)
        if person is None:
            wrong.append(_unknown_person(row))
        if not course_id:
            wrong.append(_unknown_course(row, courses))
        present = person is not None and (person.id, course_id) in held
        if row.due:
            due_on = _day(row.due)
            wrong += _wrong_day(row, due_on, None if present else today)
        if course_id and not present and (first := seen.setdefault((row.email, course_id), row.number)) != row.number:
            wrong.append(
                Mistake(
                    row.number,
                    _("This row has the same person and course as line %(line)s.", line=first),
                    _("Keep one of the two."),
                )
            )
        if person and person.id in left:
            wrong.append(
                Mistake(row.number, _("The account of %(email)s is closed.", email=row.email), _("Delete this row."))
            )
        result.mistakes += wrong
        if person and not wrong:
            result.lines.append(Line(row.number, person.id, row.email, course_id, due_on, present))
    return result


def _unknown_person(row: _Cells) -> Mistake:
    if not row.email:
        return Mistake(row.number, _("The e-mail address is missing."), _("Fill in the column “email”."))
    return Mistake(
        row.number,
        _("“%(email)s” is not among the people you manage.", email=row.email[:100]),
        _("Check the spelling against the list of people; somebody new is added by the administrator."),
    )


def _unknown_course(row: _Cells, courses: Mapping[str, str]) -> Mistake:
    if not row.course:
        what = _("The course is missing.")
    else:
        what = _("There is no course “%(course)s”.", course=row.course[:100])
    return Mistake(row.number, what, _("Write one of: %(courses)s.", courses=", ".join(courses)))


def _day(text: str) -> date | None:
    """A day written 2027-01-31, or 31.1.2027 as the region writes it (with or without a dot at the end)."""
    if match := re.fullmatch(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})\.?", text):
        day, month, year = map(int, match.groups())
        text = f"{year:04}-{month:02}-{day:02}"
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def _wrong_day(row: _Cells, due_on: date | None, earliest: date | None) -> list[Mistake]:
    if due_on is None:
        return [
            Mistake(
                row.number,
                _("“%(day)s” is not a date.", day=row.due[:40]),
                _("Write it as 2027-01-31 or 31.1.2027, or leave it empty."),
            )
        ]
    if earliest and due_on < earliest:
        return [
            Mistake(
                row.number,
                _("%(day)s is in the past.", day=due_on.isoformat()),
                _("Give a date from today on, or leave it empty."),
            )
        ]
    return []


def _read(data: bytes, mistakes: list[Mistake]) -> list[_Cells]:
    """The rows of the list; [] with a mistake where it can't be read as a whole. Reading ends at the first row too
    many, so that a huge file costs no more than a long one."""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    if not data.strip() or (encoding == "utf-8-sig" and b"\0" in data):
        mistakes.append(_no_list())
        return []
    try:
        return _rows(_Lines(io.TextIOWrapper(io.BytesIO(data), encoding, newline="")), mistakes)
    except UnicodeDecodeError:
        mistakes.append(
            Mistake(
                _undecodable_line(data, encoding),
                _("The file is not written in UTF-8."),
                _("In Excel, save it as “CSV UTF-8 (comma delimited)”. Or copy the cells and paste them below."),
            )
        )
    except csv.Error:
        mistakes.append(
            Mistake(
                0,
                _("A quotation mark in the list is not closed."),
                _('Look for a " that stands alone, and delete it or add its partner.'),
            )
        )
    return []


def _no_list() -> Mistake:
    return Mistake(
        0, _("The list is empty, or is not a CSV file."), _("Start the list with the line: email,course,due")
    )


def _undecodable_line(data: bytes, encoding: str) -> int:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return data[: error.start].count(b"\n") + 1
    return 0


class _Lines:
    """The lines of a list from its first line that says something, and the sign that parts its columns: the one that
    `sep=` names, else the most frequent one of the first line."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.before, self.first, self.rest = 0, "", text
        declared = ""
        for line in text:
            if match := re.fullmatch(r"\W*sep=([,;\t|])\W*", line, re.IGNORECASE):
                declared = match[1]
            elif _plain(line):
                self.first = line
                break
            self.before += 1
        self.delimiter = declared or max(",;\t", key=self.first.count)

    def __iter__(self) -> Iterator[str]:
        yield self.first
        yield from self.rest


def _rows(lines: _Lines, mistakes: list[Mistake]) -> list[_Cells]:
    if not lines.first:
        mistakes.append(_no_list())
        return []
    reader = csv.reader(lines, delimiter=lines.delimiter, strict=True)
    names = [_column(cell) for cell in next(reader)]
    if missing := [name for name in NEEDED if name not in names]:
        mistakes.append(_missing(lines.before + 1, missing))
        return []
    rows: list[_Cells] = []
    before = reader.line_num
    for cells in reader:
        number, before = lines.before + before + 1, reader.line_num
        cells = [_plain(unguarded(cell)) for cell in cells]
        if not any(cells):
            continue
        if len(rows) == MOST_ROWS:
            what = _("The list is too long. The limit is %(most)s rows at a time.", most=MOST_ROWS)
            mistakes.append(Mistake(0, what, _("Split it into several lists.")))
            return []
        by_name = dict(zip(names, cells, strict=False))
        email, course, due = (by_name.get(name, "") for name in COLUMNS)
        rows.append(_Cells(number, _address(email), course, due))
    if not rows:
        mistakes.append(Mistake(0, _("The list has a header line but no rows."), _("Add a row for each person.")))
    return rows


def _plain(cell: str) -> str:
    """A cell without what nobody sees: invisible characters go, and spaces of every kind become one."""
    shown = "".join(sign for sign in unicodedata.normalize("NFC", cell) if unicodedata.category(sign) != "Cf")
    return " ".join(shown.split())


def _address(cell: str) -> str:
    match = WITH_NAME.fullmatch(cell)
    return (match[1] if match else cell).lower()


def _column(heading: str) -> str:
    """The column that a heading names: by its name here, or by its label in an export."""
    plain = _plain(unguarded(heading)).casefold()
    return _labels().get(plain, plain)


@cache
def _labels() -> dict[str, str]:
    """The columns by their labels in Staza's exports, in all languages."""
    labels: dict[str, str] = {}
    for language in i18n.offered():
        with force_locale(language.babel):
            said = (_("E-mail address"), _("Course"), _("Due"))
        labels |= {label.casefold(): name for label, name in zip(said, COLUMNS, strict=True)}
    return labels | {name: name for name in COLUMNS}


def _missing(number: int, missing: list[str]) -> Mistake:
    columns = ", ".join(missing)
    return Mistake(
        number,
        ngettext(
            "The column “%(columns)s” is missing.",
            "The columns “%(columns)s” are missing.",
            len(missing),
            columns=columns,
        ),
        _("The first line must name the columns: email,course,due (in any order; “due” may be left out)."),
    )
