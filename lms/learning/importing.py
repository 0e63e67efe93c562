"""Enrolling many from a list: reading it, and saying beforehand what would happen. Nothing here writes.

A list is CSV with the columns `email`, `course` (id or title) and `due` (a day, may be empty), in any order; what else
it holds is passed over. Commas, semicolons and tabs are known apart by the first line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.records import directory, enrolments
from lms.records.people import Person
from lms.records.scope import Scope

MOST_ROWS = 1000
COLUMNS = ("email", "course", "due")


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
    ids = {title.casefold(): id for id, title in courses.items()} | {id: id for id in courses}
    held = enrolments.held(session, scope, [person.id for person in people.values()])
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        wrong, due_on, course_id = [], None, ids.get(row.course.casefold(), "")
        person = people.get(row.email)
        if person is None:
            wrong.append(_unknown_person(row))
        if not course_id:
            wrong.append(_unknown_course(row, courses))
        if row.due:
            due_on = _day(row.due)
            wrong += _wrong_day(row, due_on, today)
        if course_id and (first := seen.setdefault((row.email, course_id), row.number)) != row.number:
            wrong.append(
                Mistake(row.number, _("This row has the same person and course as line %(line)s.", line=first),
                        _("Keep one of the two."))
            )  # fmt: skip
        result.mistakes += wrong
        if person and not wrong:
            result.lines.append(_line(row, person, course_id, due_on, held))
    return result


def _line(row: _Cells, person: Person, course_id: str, due_on: date | None, held: set[tuple[UUID, str]]) -> Line:
    return Line(row.number, person.id, row.email, course_id, due_on, (person.id, course_id) in held)


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


def _wrong_day(row: _Cells, due_on: date | None, today: date) -> list[Mistake]:
    if due_on is None:
        return [
            Mistake(row.number, _("“%(day)s” is not a date.", day=row.due[:40]),
                    _("Write it as 2027-01-31 or 31.1.2027, or leave it empty."))
        ]  # fmt: skip
    if due_on < today:
        return [
            Mistake(row.number, _("%(day)s is in the past.", day=due_on.isoformat()),
                    _("Give a date from today on, or leave it empty."))
        ]  # fmt: skip
    return []


def _read(data: bytes, mistakes: list[Mistake]) -> list[_Cells]:
    """The rows of the list; [] with a mistake where it can't be read as a whole."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        mistakes.append(
            Mistake(line, _("The file is not written in UTF-8."),
                    _("In Excel, save it as “CSV UTF-8 (comma delimited)”. Or copy the cells and paste them below."))
        )  # fmt: skip
        return []
    if not text.strip() or "\0" in text:
        mistakes.append(
            Mistake(0, _("The list is empty, or is not a CSV file."),
                    _("Start the list with the line: email,course,due"))
        )  # fmt: skip
        return []
    lines = text.splitlines()
    first = next(line for line in lines if line.strip())
    delimiter = max(",;\t", key=first.count)
    try:
        return _rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), mistakes)
    except csv.Error:
        mistakes.append(
            Mistake(0, _("A quotation mark in the list is not closed."),
                    _("Look for a \" that stands alone, and delete it or add its partner."))
        )  # fmt: skip
        return []


def _rows(reader: csv._reader, mistakes: list[Mistake]) -> list[_Cells]:  # type: ignore[name-defined]
    names: list[str] = []
    rows: list[_Cells] = []
    before = 0
    for cells in reader:
        number, before = before + 1, reader.line_num
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if not names:
            names = [cell.casefold() for cell in cells]
            missing = [name for name in COLUMNS if name not in names]
            if missing:
                mistakes.append(_missing(number, missing))
                return []
            continue
        by_name = dict(zip(names, cells, strict=False))
        email, course, due = (by_name.get(name, "") for name in COLUMNS)
        rows.append(_Cells(number, email.lower(), course, due))
    if not rows:
        mistakes.append(Mistake(0, _("The list has a header line but no rows."), _("Add a row for each person.")))
    if len(rows) > MOST_ROWS:
        what = _("The list has %(count)s rows. The limit is %(most)s at a time.", count=len(rows), most=MOST_ROWS)
        mistakes.append(Mistake(0, what, _("Split it into several lists.")))
        return []
    return rows


def _missing(number: int, missing: list[str]) -> Mistake:
    columns = ", ".join(missing)
    return Mistake(
        number,
        ngettext("The column “%(columns)s” is missing.", "The columns “%(columns)s” are missing.", len(missing),
                 columns=columns),
        _("The first line must name the columns: email,course,due (in any order; “due” may be empty)."),
    )  # fmt: skip
