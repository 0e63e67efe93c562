"""The screen and the file agree: one query, drawn as a page, as CSV and as XLSX; quick with many people."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pypdf
import pypdfium2
import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import insert, update

from lms.cells import guarded, unguarded
from lms.db import db, new_id
from lms.learning.access import managed
from lms.names import fold
from lms.records import directory
from lms.records.attempts import Attempt
from lms.records.enrolments import Enrolment, State
from lms.records.people import Person
from lms.reports.completion import Completion
from lms.reports.files import MOST_PRINTED, Sheet, csv_file, pdf_file, xlsx_file
from lms.reports.table import PER_PAGE, Column, Filters, Kind, Page, Row, Units

from .conftest import START, Statements, Visitor, World, actor_for, enrol

Guise = Callable[[str], Visitor]
Counting = Callable[[], AbstractContextManager[Statements]]
TODAY = datetime.now(UTC).date()


class Cells(HTMLParser):
    """The cells of a page's first table as plain values: what `time` and `data` carry, else the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in_body = self._done = False
        self._plain = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "tbody" and not self._done:
            self._in_body = True
        elif self._in_body and tag == "tr":
            self.rows.append([])
        elif self._in_body and tag in ("td", "th", "small"):  # the address stands in `small` below the name
            self.rows[-1].append("")
        self._plain = str(given.get("datetime") or given.get("value") or "") if tag in ("time", "data") else self._plain

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self._in_body, self._done = False, True
        if tag in ("time", "data"):
            self._plain = ""

    def handle_data(self, data: str) -> None:
        if self._in_body and self.rows and self.rows[-1] and data.strip():
            self.rows[-1][-1] = self._plain or data.strip()


def csv_rows(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def written(write: Callable[..., None], *about: object) -> bytes:
    """What a file holds that is written like this."""
    out = io.BytesIO()
    write(*about, out)
    return out.getvalue()


def xlsx_rows(data: bytes) -> list[list[str]]:
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    return [[_plain(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return "" if value is None else f"{value:.10g}" if isinstance(value, int | float) else str(value)


def staff(world: World) -> None:
    """Enrolments in all states, in both institutions, in three units and scripts."""
    people = world.people
    due, late = TODAY + timedelta(days=30), TODAY - timedelta(days=3)
    enrol(people["trainee"], "basics", due_on=due, started_at=START, progress=40)
    enrol(people["colleague"], "basics", due_on=late)
    over = START + timedelta(days=2)
    done = enrol(people["patrol"], "basics", due_on=late, started_at=START, progress=100, completed_at=over)
    enrol(people["patrol"], "by-request")
    enrol(people["office"], "by-request", started_at=START, progress=10)
    enrol(people["stranger"], "basics", completed_at=START, progress=100)
    for number, score in ((1, 0.5), (2, 0.875)):
        db.session.add(
            Attempt(
                institution_id=done.institution_id,
                person_id=done.person_id,
                enrolment_id=done.id,
                course_id="basics",
                quiz_id="final",
                number=number,
                revision="r",
                commit="",
                locale="en",
                seed="s",
                shown=[],
                started_at=START,
                submitted_at=START,
                score=score,
                passed=score > 0.8,
            )
        )
    db.session.commit()


QUERIES = [
    "",
    "?state=overdue",
    "?state=completed&sort=completed",
    "?course=basics&sort=due&order=down",
    "?q=patrol",
    "?sort=unit",
    "?sort=course&order=down",
    "?sort=state",
    "?sort=progress&order=down",
    "?sort=name&order=down",
    "?q=TRAINEE%40example",
    "?unit={Border}",
    "?unit={Patrol}&state=completed",
    "?q=nobody",
    "?sort=nonsense",
]


@pytest.mark.parametrize("kind", ["completion", "people"])
def test_page_csv_and_xlsx_hold_the_same_cells(visitor: Guise, world: World, kind: str) -> None:
    staff(world)
    manager = visitor("manager")
    for query in QUERIES:
        query = query.format(**world.institutions)
        page = manager.get(f"/manager{'' if kind == 'completion' else '/people'}{query}")
        shown = Cells(page.get_data(as_text=True)).rows
        head, *in_csv = csv_rows(manager.get(f"/manager/{kind}.csv{query}").data)
        in_xlsx_head, *in_xlsx = xlsx_rows(manager.get(f"/manager/{kind}.xlsx{query}").data)
        assert head == in_xlsx_head
        assert in_csv == in_xlsx
        assert [[_number(cell) for cell in row] for row in shown] == in_csv, query
        assert query != "?q=nobody" or not shown
        assert "stranger" not in str(in_csv)


def _number(cell: str) -> str:
    try:
        return f"{float(cell):.10g}"
    except ValueError:
        return cell


def test_the_figures_are_those_of_the_rows(visitor: Guise, world: World) -> None:
    staff(world)
    actor = actor_for(db.session(), world.people["manager"])
    scope = managed(actor)
    border = world.institutions["Border"]
    for filters in (Filters(), Filters(course="basics"), Filters(search="patrol"), Filters(unit=border)):
        report = Completion(scope, filters, Units(directory.units(db.session(), scope)), {"basics": "B"}, TODAY, "UTC")
        counts = report.counts(db.session())
        states = [row.values[4] for row in report.rows(db.session())]
        assert {state: states.count(state.value) for state in State} == counts.states
        assert report.total(counts) == len(states)


def test_the_best_submitted_score_is_shown_and_cells_are_typed(visitor: Guise, world: World) -> None:
    staff(world)
    data = visitor("manager").get("/manager/completion.xlsx?q=patrol&course=basics").data
    book = load_workbook(io.BytesIO(data))
    row = [cell.value for cell in book.worksheets[0][2]]
    assert row[4:7] == ["Completed", None, 1]
    assert row[7] == datetime.combine(TODAY - timedelta(days=3), datetime.min.time())
    assert row[9] == 0.87
    assert book.worksheets[0].freeze_panes == "B2"
    about = {line[0].value: line[1].value for line in book.worksheets[1].iter_rows()}
    assert about["Created by"] == "Manager <manager@example.org>"
    assert about["Name or e-mail contains"] == "patrol"


FORMULAS = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "=cmd|' /C calc'!A0", "＝1+1", "＠sum", " =1", "\u200b=1"]


def test_no_cell_is_run_as_a_formula(app: Flask) -> None:
    with app.test_request_context():
        sheet = Sheet("T", (Column("a", "A"), Column("b", "B", "number")), [Row((text, -1)) for text in FORMULAS])
        in_csv = csv_rows(written(csv_file, [sheet]))[1:]
        book = load_workbook(io.BytesIO(written(xlsx_file, [sheet], [("x", "=1")])))
    assert [row[0] for row in in_csv] == ["'" + text for text in FORMULAS]
    assert {row[1] for row in in_csv} == {"-1"}
    assert {cell.data_type for cell in book.worksheets[0]["A"]} == {"s"}
    assert book.worksheets[1]["B1"].data_type == "s"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_becomes_a_formula_whatever_parts_the_columns(app: Flask, separator: str) -> None:
    texts = ["Ana;=1+1", "Ana\t=1+1", "Ana\n=1+1", 'Ana";=1+1', "Ana;＝1+1", "Ana; =1"]
    with app.test_request_context():
        data = written(
            csv_file, [Sheet("T", (Column("a", "A"), Column("b", "B")), [Row(("x", text)) for text in texts])]
        )
    text = data.decode("utf-8-sig")
    assert all(line.startswith('"') for line in text.split("\r\n") if line)
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        assert not [cell for cell in row if cell.lstrip(' "').startswith(("=", "＝"))], row
    assert [unguarded(guarded(text)) for text in [*texts, *FORMULAS]] == [*texts, *FORMULAS]


def test_a_page_number_out_of_range_is_brought_into_it() -> None:
    assert (Page(-3, 120).number, Page(99, 120).number, Page(1, 0).pages) == (1, 3, 1)
    assert (Page(3, 120).first, Page(3, 120).last) == (101, 120)


@pytest.mark.parametrize("many", [60, 5000])
def test_a_page_of_fifty_costs_six_statements_however_many_there_are(
    visitor: Guise, world: World, statements: Counting, many: int
) -> None:
    crowd(world, many)
    manager = visitor("manager")
    border = world.institutions["Border"]
    for path in ("", "?sort=due&page=2", f"?q=per&unit={border}", "/people", f"/people?unit={border}", "/requests"):
        with statements() as sent:
            page = manager.get(f"/manager{path}")
        assert page.status_code == 200
        assert len(sent) <= 6, sent.sql
    assert len(Cells(manager.get("/manager").get_data(as_text=True)).rows) == PER_PAGE


def crowd(world: World, many: int) -> None:
    """Many people in Ministry A's unit Border, each with two enrolments."""
    unit, institution = world.institutions["Border"], world.institutions["Ministry A"]
    people = [
        {
            "institution_id": institution,
            "id": new_id(),
            "unit_id": unit,
            "name": f"Person {n}",
            "email": f"p{n}@example.org",
            "search": fold(f"Person {n} p{n}@example.org"),
            "created_at": START,
        }
        for n in range(many)
    ]
    places = [
        {
            "institution_id": institution,
            "id": new_id(),
            "person_id": person["id"],
            "course_id": course,
            "enrolled_at": START,
            "enrolled_by": person["id"],
            "due_on": date(2026, 10, 1 + n % 28),
            "progress": n % 100,
        }
        for n, person in enumerate(people)
        for course in ("basics", "by-request")
    ]
    db.session.execute(insert(Person), people)
    db.session.execute(insert(Enrolment), places)
    db.session.commit()


def pdf_text(data: bytes) -> str:
    """What a PDF says, on one line."""
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages).split())


@pytest.mark.parametrize("kind", ["completion", "people"])
def test_the_pdf_says_in_words_what_the_csv_holds(visitor: Guise, world: World, kind: str) -> None:
    staff(world)
    manager = visitor("manager")
    for query in ("", "?q=patrol", "?q=nobody"):
        answer = manager.get(f"/manager/{kind}.pdf{query}")
        assert answer.mimetype == "application/pdf"
        said = pdf_text(answer.data)
        head, *rows = csv_rows(manager.get(f"/manager/{kind}.csv{query}").data)
        places = [said.index(row[0], said.index(head[-1])) for row in rows]
        assert places == sorted(places), "in the same order"
        for cell in [*head, *(cell for row in rows for cell in row if not re.fullmatch(r"[\d.-]*", cell))]:
            assert cell.replace(" ", "") in said.replace(" ", ""), cell
        assert "stranger" not in said
        assert "Manager <manager@example.org>" in said


def test_a_pdf_is_marked_up_for_screen_readers_and_runs_nothing(app: Flask) -> None:
    with app.test_request_context():
        sheet = Sheet("Ђорђе", (Column("a", "A"), Column("b", "B", "percent")), [Row(('#panic("x") *b* $x$', 0.5))])
        data = pdf_file([sheet], [("x", "=1")], "sr-Cyrl", START)
    catalogue = pypdf.PdfReader(io.BytesIO(data)).trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "sr"
    assert '#panic("x") *b* $x$ 50%' in pdf_text(data)


def test_a_pdf_too_long_to_sign_is_refused(visitor: Guise, world: World) -> None:
    crowd(world, MOST_PRINTED // 2 + 1)
    manager = visitor("manager")
    assert "download>" not in manager.get("/manager").get_data(as_text=True)  # else the browser saves the message
    refused = manager.get("/manager/completion.pdf?sort=unit", follow_redirects=True)
    assert (refused.status_code, refused.request.path) == (200, "/manager")
    assert refused.request.args["sort"] == "unit"
    assert "A PDF can have at most 500 rows." in refused.get_data(as_text=True)
    assert manager.get("/manager/completion.pdf?course=basics").mimetype == "application/pdf"


def test_columns_of_a_pdf_never_run_into_each_other(app: Flask) -> None:
    """Each column keeps to its width, whatever an address or a name is like."""
    kinds: list[Kind] = ["text", "text", "text", "text", "state", "day", "percent", "day", "day", "percent"]
    columns = [Column(str(place), f"H{place}", kind) for place, kind in enumerate(kinds)]
    day = date(2026, 11, 21)
    row = Row(
        ("W" * 120, "w" * 64 + "@" + "x" * 60 + ".example.org", "U" * 90, "C", "overdue", day, 1.0, day, day, 1.0)
    )
    with app.test_request_context():
        data = pdf_file([Sheet("T", columns, [row])], [], "en", datetime(2026, 1, 1, tzinfo=UTC))
    document = pypdfium2.PdfDocument(data)
    page = document[0].get_textpage()
    lefts = {}
    right: dict[str, float] = dict.fromkeys("WwxU", 0.0)
    for place in range(page.count_chars()):
        box, sign = page.get_charbox(place), page.get_text_range(place, 1)
        if sign == "H":
            lefts[page.get_text_range(place, 2)] = box[0]
        elif sign in right:
            right[sign] = max(right[sign], box[2])
    document.close()
    assert right["W"] < lefts["H1"]
    assert max(right["w"], right["x"]) < lefts["H2"]
    assert right["U"] < lefts["H3"]


def test_a_pdf_is_made_whatever_is_typed(visitor: Guise, world: World) -> None:
    """One name, or a search, in characters that no font has."""
    staff(world)
    person = world.people["trainee"]  # all tests share it: another name is for this database alone
    db.session.execute(update(Person).where(Person.id == person.id).values(name="王小明 ไทย 😀 שלום"))
    db.session.commit()
    manager = visitor("manager")
    for query in ("", "?q=%F0%9F%98%80", "?q=%EF%BC%9D", "?q=%E0%B8%97%E0%B8%A2"):
        answer = manager.get(f"/manager/completion.pdf{query}")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf"), query
    assert "trainee@example.org" in pdf_text(manager.get("/manager/completion.pdf").data).replace(" ", "")


def test_an_xlsx_of_thousands_is_written_row_by_row(app: Flask) -> None:
    """8,000 people took a worker from 95 to 218 MB."""
    columns = [Column(str(place), f"C{place}") for place in range(10)]
    rows = (Row(tuple(f"{number} of column {place}" for place in range(10))) for number in range(8_000))
    with app.test_request_context():
        tracemalloc.start()
        data = written(xlsx_file, [Sheet("T", columns, rows)], [("a", "b")])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8_000_000
    assert len(xlsx_rows(data)) == 8_001
