"""Slow, broken and rude clients of the real server: they cost memory, and nobody's turn.

`make slow` runs the long form: five minutes with 2,000 slow bodies, 300 slow headers and 40 slow readers.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.wrappers import Request, Response

from lms.cli.buffering import Buffered
from lms.config import Settings
from lms.db import db
from lms.records.accounts import SignIn
from lms.records.attempts import Answer, Attempt

from .chaos import Browser, Storm
from .test_cli import environment_of, free_port, serving
from .visitor import PASSWORD

LONG = float(os.environ.get("STAZA_SLOW", "0"))
SECONDS = LONG or 4.0
BODIES, HEADERS, READERS, ANSWERS = (2000, 300, 40, 20) if LONG else (200, 40, 10, 6)
SLOW_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 100000\r\n\r\nemail=a"
)
LINE = 50_000 / 8
"""Bytes a second of a line of 50 kbit/s."""


@contextmanager
def served(settings: Settings, *options: str) -> Iterator[tuple[int, int]]:
    """The real server: its port and process."""
    port = free_port()
    command = [sys.executable, "-m", "lms.cli", "serve", "--no-jobs", "--port", str(port), *options]
    process = subprocess.Popen(  # a pipe that nobody reads would be full in a minute
        command,
        env=os.environ | environment_of(settings),
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        serving(process, f"http://127.0.0.1:{port}")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def form(port: int) -> tuple[bytes, bytes]:
    """Headers and body of a sign-in that is right; its last field is the address to go on to."""
    asking = HTTPConnection("127.0.0.1", port, timeout=10)
    asking.request("GET", "/sign-in")
    page = asking.getresponse()
    cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
    found = re.search(rb'name="csrf_token" value="([^"]+)"', page.read())
    asking.close()
    assert found
    fields = {
        "csrf_token": found[1].decode(),
        "email": "trainee@example.org",
        "password": PASSWORD,
        "next": "/catalogue",
    }
    body = urlencode(fields).encode()
    head = (
        f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode(), body


def sign_ins() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(SignIn)) or 0


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_request_that_breaks_off_changes_nothing(app: Flask, settings: Settings) -> None:
    with served(settings) as (port, _pid):
        head, body = form(port)
        for missing in (1, 4, 9):
            with connected(port) as line:
                line.sendall(head + body[:-missing])
                time.sleep(0.05)
        time.sleep(0.5)
        assert sign_ins() == 0
        with connected(port) as line:
            line.sendall(head + body)
            assert line.recv(100).startswith(b"HTTP/1.1 303")
        assert sign_ins() == 1


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_refusal_reaches_a_client_that_goes_on_using_its_connection(app: Flask, settings: Settings) -> None:
    with served(settings) as (port, _pid):
        for kind in ("application/json", "text/plain"):
            asking = HTTPConnection("127.0.0.1", port, timeout=10)
            for _ in range(20):
                asking.request("POST", "/manager/import", b"x" * 300_000, {"Content-Type": kind})
                answer = asking.getresponse()
                answer.read()
                assert answer.status == 401  # nobody is signed in
            asking.request("POST", "/sign-in", b"x" * 3_000_000, {"Content-Type": kind})
            assert asking.getresponse().read()
            asking.close()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_slow_clients_hold_up_nobody(app: Flask, settings: Settings) -> None:
    slow: list[socket.socket] = []
    with served(settings) as (port, pid):
        for _ in range(BODIES):
            slow.append(connected(port))
            slow[-1].sendall(SLOW_BODY)
        for _ in range(HEADERS):
            slow.append(connected(port))
            slow[-1].sendall(b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-A")
        for _ in range(READERS):
            reader = socket.socket()
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            reader.connect(("127.0.0.1", port))
            reader.sendall(b"GET /static/staza.css HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
            slow.append(reader)
        trainee, attempt = at_a_quiz(port)
        began, saved, memory = time.monotonic(), Counter[str](), []
        answers: dict[str, object] = {}
        while time.monotonic() - began < SECONDS or saved.total() < ANSWERS:
            for path in ("/healthz", "/courses/basics/lessons/first"):
                began_asking = time.monotonic()
                answer = trainee.ask("GET", path)
                assert answer is not None
                assert answer.status == 200
                assert time.monotonic() - began_asking < 2.0, path
            question, meaning = saved_slowly(trainee, attempt, saved.total())
            saved[question], answers[question] = saved[question] + 1, meaning
            drip(slow)
            memory.append(resident(pid))
        assert stored_answers() == answers
        settled = memory[len(memory) // 4 :]
        assert max(settled) - settled[0] < 30_000_000
    for each in slow:
        each.close()


def drip(slow: list[socket.socket]) -> None:
    """One more byte from each that is still connected."""
    for each in slow:
        with suppress(OSError):
            each.send(b"a")


def at_a_quiz(port: int) -> tuple[Browser, str]:
    """Somebody who is signed in, and has begun a quiz; the address of the attempt."""
    browser, quiz = Browser(Storm(port, {}), 0), "/courses/basics/quizzes/final"
    account = {"email": "trainee@example.org", "password": PASSWORD}
    for page, action, typed in (
        ("/sign-in", "/sign-in", account),
        ("/courses/basics", "/courses/basics/enrol", {}),
        (quiz, f"{quiz}/attempts", {}),
    ):
        shown = browser.open(page)
        form = shown.form(action) if shown else None
        assert form, page
        answer = browser.insist("POST", action, urlencode(form.hidden | typed).encode())
        assert answer.status == 303
    return browser, answer.leads_to


def saved_slowly(browser: Browser, attempt: str, number: int) -> tuple[str, object]:
    """Give an answer over a line of 50 kbit/s: the number of its question, and what was saved."""
    question = str(number % 6 + 1)
    path = f"{attempt}/questions/{question}"
    page = browser.open(path)
    form = page.form(path) if page else None
    assert form
    given = form.filled(Random(number))
    head, body = browser.letter(path, form.body(given))
    with connected(browser.storm.port) as line:
        for start in range(0, len(head + body), 40):
            line.sendall((head + body)[start : start + 40])
            time.sleep(40 / LINE)
        assert line.recv(100).startswith(b"HTTP/1.1 303")
    return question, form.meaning(given)


def stored_answers() -> dict[str, object]:
    """The answers of the one attempt, by the number of the question."""
    db.session.rollback()
    attempt = db.session.scalars(select(Attempt)).one()
    rows = db.session.scalars(select(Answer))
    return {str(attempt.questions.index(row.question_id) + 1): row.answer for row in rows}


def resident(pid: int) -> int:
    """Bytes of memory of a server's processes."""
    pages = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                pages += int((stat.parent / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


# ── without a server ───────────────────────────────────────────────────────────────────────────────────────────────


@Request.application
def echo(request: Request) -> Response:
    return Response(
        f"{request.method} {request.path} {request.headers.get('X-A', '')} {request.get_data(as_text=True)}"
    )


def talk(
    *messages: dict[str, Any] | float, headers: dict[bytes, bytes] | None = None, path: bytes = b"/a"
) -> tuple[int, bytes]:
    """What the gate answers to these messages; a number is a pause in seconds."""
    sent: list[Any] = []
    left = iter(messages)

    async def receive() -> Any:
        message = next(left, 10.0)
        while isinstance(message, float):
            await asyncio.sleep(message)
            message = next(left, 10.0)
        return message

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path.decode(),
        "raw_path": path,
        "query_string": b"",
        "scheme": "http",
        "http_version": "1.1",
        "headers": list((headers or {}).items()),
        "client": ("127.0.0.1", 1),
        "server": ("a", 80),
    }
    gate = Buffered(echo, 1, silence=0.2, whole=0.5)
    asyncio.run(gate(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_whole_request_is_passed_on() -> None:
    assert talk(part(b"ab", True), part(b"c"), headers={b"content-length": b"3"}) == (200, b"POST /a  abc")


def test_what_is_not_whole_is_refused_with_the_reason() -> None:
    length = {b"content-length": b"3"}
    assert talk(part(b"ab"), headers=length)[0] == 400  # shorter than it says
    assert talk(part(b"ab", True), {"type": "http.disconnect"}, headers=length)[0] == 400
    assert talk(part(b"ab", True), headers=length)[0] == 408  # silence
    assert talk(*[part(b"a", True), 0.1] * 9, headers={b"content-length": b"30"})[0] == 408  # too slow as a whole
    assert talk(part(b"ab"), headers={b"transfer-encoding": b"chunked"})[0] == 411
    assert talk(part(b"a" * 9_000_000), headers={b"content-length": b"9000000"})[0] == 413


def test_a_header_that_could_be_taken_for_another_is_left_out() -> None:
    assert talk(headers={b"x_a": b"mine"})[1] == b"POST /a  "
    assert talk(headers={b"x-a": b"mine"})[1] == b"POST /a mine "
    assert talk(path="/š%C5%A1".encode())[1].decode() == "POST /šš  "
