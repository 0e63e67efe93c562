"""Lists of thousands as files: they are written and sent piece by piece, and a worker's memory stays as it is."""

from __future__ import annotations

import io
import os
import re
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from lms.cli.buffering import Buffered
from lms.config import Settings
from lms.db import db
from lms.records.audit import AuditEvent
from lms.reports.table import BATCH, PER_PAGE

from .conftest import World
from .test_reports import Cells, Counting, Guise, crowd, csv_rows
from .test_slow_clients import LONG, form, served

MANY = 8_000
AT_ONCE = 8
MOST = 30_000_000
"""Bytes by which a worker's memory may grow while it makes all of them."""


def worker_of(pid: int) -> Path:
    """The process that answers the requests of a server: its folder in /proc. Of its children it is the large one."""
    children = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"\nPPid:\t{pid}\n" in (process / "status").read_text():
                children.append((peak(process), process))
    return max(children)[1]


def peak(process: Path, reset: bool = False) -> int:
    """The most memory that a process has had, in bytes; from now on, where it is reset."""
    if reset:
        (process / "clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s+(\d+) kB", (process / "status").read_text())
    assert found
    return int(found[1]) * 1024


def signed_in(port: int) -> str:
    """The cookies of the manager, who signed in."""
    head, body = form(port)
    asking = HTTPConnection("127.0.0.1", port, timeout=60)
    cookie = re.search(r"Cookie: (.*)\r\n", head.decode())
    assert cookie
    kind = {"Cookie": cookie[1], "Content-Type": "application/x-www-form-urlencoded"}
    asking.request("POST", "/sign-in", body.replace(b"trainee", b"manager"), kind)
    answer = asking.getresponse()
    answer.read()
    assert answer.status == 303
    given = [value.partition(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    asking.close()
    return "; ".join(given)


def fetched(port: int, cookies: str, path: str) -> bytes:
    asking = HTTPConnection("127.0.0.1", port, timeout=300)
    asking.request("GET", path, headers={"Cookie": cookies})
    answer = asking.getresponse()
    data = answer.read()
    asking.close()
    assert answer.status == 200
    return data


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the memory of a process is read from Linux")
@pytest.mark.parametrize("kind", ["xlsx", "csv"] if LONG else ["xlsx"])
def test_many_large_files_at_once_leave_a_workers_memory_as_it_is(
    app: Flask, settings: Settings, world: World, kind: str
) -> None:
    """An XLSX of 8,000 people took a worker from 95 to 218 MB, eight at once to 504 MB."""
    crowd(world, MANY)
    with served(settings, "--workers", "1") as (port, pid):
        cookies = signed_in(port)
        worker, address = worker_of(pid), f"/manager/completion.{kind}"
        with ThreadPoolExecutor(AT_ONCE) as readers:
            # each thread opens its connection, and what the application loads once it has loaded
            list(readers.map(lambda _: fetched(port, cookies, f"{address}?q=nobody"), range(AT_ONCE)))
            before = peak(worker, reset=True)
            files = list(readers.map(lambda _: fetched(port, cookies, address), range(AT_ONCE)))
            grown = peak(worker) - before
    for data in files:
        assert lines(data, kind) == 2 * MANY + 1
    assert grown < MOST


def lines(data: bytes, kind: str) -> int:
    """How many rows a file has, its headings too."""
    if kind == "csv":
        return len(csv_rows(data))
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return book.read("xl/worksheets/sheet1.xml").count(b"<row ")


@pytest.mark.parametrize("kind", ["completion", "people"])
def test_a_file_of_several_batches_holds_what_all_pages_show(
    visitor: Guise, world: World, statements: Counting, kind: str
) -> None:
    crowd(world, BATCH + 7)
    manager, page = visitor("manager"), f"/manager{'' if kind == 'completion' else '/people'}"
    with statements() as sent:
        written = manager.get(f"/manager/{kind}.csv?sort=unit&order=down")
    assert len(sent) <= 6, sent.sql
    rows = [row[:2] for row in csv_rows(written.data)[1:]]
    assert int(written.headers["Content-Length"]) == len(written.data)
    shown: list[list[str]] = []
    for number in range(1, len(rows) // PER_PAGE + 2):
        html = manager.get(f"{page}?sort=unit&order=down&page={number}").get_data(as_text=True)
        shown += [row[:2] for row in Cells(html).rows]
    assert shown == rows
    assert len({tuple(row) for row in rows}) > BATCH


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_breaks_off_is_an_error_page(
    app: Flask, world: World, visitor: Guise, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    """A list cut short would be taken for a whole one. That it was asked for stays written down."""
    crowd(world, 20)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    db.session.execute(
        text("UPDATE enrolments SET due_on = 'no day' WHERE rowid = (SELECT max(rowid) FROM enrolments)")
    )
    db.session.commit()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = visitor("manager").get(f"/manager/completion.{kind}")
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    noted = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "exported")).one()
    assert noted.details["format"] == kind
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("staza-", "tmp"))] == []


def test_an_answer_is_spooled_to_disk_while_it_is_made() -> None:
    """Whatever its size: none of it waits in memory for the rest."""

    def large(_environ: dict[str, Any], start: Callable[..., object]) -> Iterator[bytes]:
        start("200 OK", [])
        for _ in range(64):
            yield bytes(1_000_000)

    gate = Buffered(large, 1)
    tracemalloc.start()
    with gate._run({}).body as body:
        grown = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert body.seek(0, os.SEEK_END) == 64_000_000
    assert grown < 8_000_000
