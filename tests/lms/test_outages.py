"""The database gone, full or read-only: a page that says so and asks the database nothing, and one line in the log."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import update_wrapper
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask, abort
from flask_babel import format_datetime
from flask_login import current_user
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url
from werkzeug.test import TestResponse

from lms import create_app, errors, i18n
from lms.config import Settings
from lms.db import db
from lms.records.audit import AuditEvent

from .conftest import START, World, counted
from .test_trainee import Visit
from .visitor import PASSWORD, Visitor

Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> Lines:
    """What the log got since it was last asked."""

    read: list[bool] = []

    def lines() -> list[dict[str, object]]:
        said = capfd.readouterr().err.splitlines()
        read.append(True)
        return [json.loads(line) for line in said] if len(read) > 1 else []  # at first, what made the database said

    return lines


@pytest.fixture
def app(settings: Settings, capfd: pytest.CaptureFixture[str]) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def ask(browser: Visitor, path: str, method: str = "GET", **options: Any) -> TestResponse:
    """One request, in a context of its own as it has in a server, and no other before it."""
    return browser._fresh(lambda: browser.client.open(path, method=method, buffered=True, **options))


@contextmanager
def gone(settings: Settings) -> Iterator[None]:
    """The database does not let anybody in."""
    if settings.database_url.startswith("sqlite"):
        db.session.remove()
        db.engine.dispose()
        place = Path(make_url(settings.database_url).database or "")
        kept = place.with_suffix(".away")
        place.rename(kept)
        place.mkdir()
        yield
        db.session.remove()
        db.engine.dispose()
        shutil.rmtree(place)
        kept.rename(place)
        return
    with server_of(settings) as (connection, name):
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        yield
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@contextmanager
def server_of(settings: Settings) -> Iterator[tuple[psycopg.Connection[tuple[object, ...]], str]]:
    url = make_url(settings.database_url)
    name = url.database or ""
    address = url.set(database="postgres", drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection, name


@contextmanager
def pragma(statement: str) -> Iterator[None]:
    """A SQLite database each of whose connections has this setting."""

    def prepare(connection: object, _entry: object) -> None:
        connection.execute(f"PRAGMA {statement}")  # type: ignore[attr-defined]

    db.session.remove()
    db.engine.dispose()
    event.listen(Engine, "connect", prepare)
    try:
        yield
    finally:
        event.remove(Engine, "connect", prepare)
        db.session.remove()
        db.engine.dispose()


def test_the_database_is_gone(app: Flask, settings: Settings, visitor: Visit, told: Lines) -> None:
    browser = visitor("trainee")
    browser.get("/")
    token = browser.token()
    told()
    with gone(settings):
        for _ in range(3):
            page = ask(browser, "/", headers={"Accept-Language": "en"})
            assert page.status_code == 503
            assert page.headers["Retry-After"]
            assert "The database does not answer" in page.text
        lost = ask(browser, "/courses/basics/enrol", "POST", data={"csrf_token": token})
        assert lost.status_code == 503
        lines = told()
        assert len(lines) == 4, lines
        assert all(line["trouble"] == "gone" and line["request"] and line["status"] == 503 for line in lines)
        assert sum(len(json.dumps(line)) for line in lines) < 4 * 700
        health = ask(browser, "/healthz")
        assert (health.status_code, health.json and health.json["trouble"]) == (503, "gone")
    assert browser.get("/").status_code == 200


def test_the_page_is_in_the_language_of_the_browser(app: Flask, settings: Settings, visitor: Visit) -> None:
    browser = visitor("trainee")
    with gone(settings):
        page = ask(browser, "/", headers={"Accept-Language": "mk"}).text
    expected = "mk" if any(language.code == "mk" for language in i18n.offered()) else "en"  # where none is compiled
    assert f'<html lang="{expected}"' in page


def test_the_page_asks_the_database_nothing(app: Flask, visitor: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = visitor("trainee")
    browser.get("/")

    def broken() -> str:
        raise RuntimeError("nobody foresaw this")

    broken.allowed = frozenset({"public"})  # type: ignore[attr-defined]
    monkeypatch.setitem(app.view_functions, "system.accessibility", broken)
    with counted() as sent:
        assert ask(browser, "/accessibility").status_code == 500
    assert len(sent) == 0, sent.sql


def test_a_moment_on_the_page_asks_the_database_nothing(
    app: Flask, visitor: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody was known when it failed; their institution's time zone is not to be read anew."""
    browser = visitor("trainee")
    browser.get("/")

    def broken() -> str:
        assert current_user.person.name
        sent.sql.clear()
        raise RuntimeError("nobody foresaw this")

    broken.allowed = frozenset({"public"})  # type: ignore[attr-defined]
    monkeypatch.setitem(app.view_functions, "system.accessibility", broken)
    monkeypatch.setattr(errors, "_", lambda text: f"{text} {format_datetime(START)}")
    with counted() as sent:
        page = ask(browser, "/accessibility")
    assert (page.status_code, "2026" in page.text, sent.sql) == (500, True, [])


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "trouble", "sentence"),
    [("max_page_count=1", "full", "disk is full"), ("query_only=ON", "read-only", "can be read but not written")],
)
def test_a_database_that_takes_nothing_is_told_as_what_it_is(
    app: Flask, visitor: Visit, told: Lines, statement: str, trouble: str, sentence: str
) -> None:
    browser = visitor("manager")
    told()
    with pragma(statement):
        for _ in range(300):  # until the pages of the file that are free are used up: each look is written down
            page = ask(browser, "/manager")
            if page.status_code != 200:
                break
        assert page.status_code == 503
        assert sentence in page.text
        assert told()[-1]["trouble"] == trouble
        if trouble == "read-only":
            assert ask(browser, "/courses/basics").status_code == 200
            health = ask(browser, "/healthz")
            assert (health.status_code, health.json and health.json["trouble"]) == (503, trouble)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_read_only_postgresql(app: Flask, settings: Settings, visitor: Visit, told: Lines) -> None:
    browser = visitor("trainee")
    token = browser.token()
    with server_of(settings) as (connection, name):
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        db.session.remove()
        db.engine.dispose()
        page = ask(browser, "/courses/basics/enrol", "POST", data={"csrf_token": token})
        assert page.status_code == 503
        assert "can be read but not written" in page.text
        health = ask(browser, "/healthz")
        assert (health.status_code, health.json and health.json["trouble"]) == (503, "read-only")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("endpoint", "path", "refuses", "status"),
    [("account.sign_in_now", "/sign-in", False, 303), ("catalogue.enrol_oneself", "/courses/basics/enrol", True, 503)],
)
def test_a_database_that_is_busy_once_the_answer_is_made(
    app: Flask,
    settings: Settings,
    visitor: Visit,
    monkeypatch: pytest.MonkeyPatch,
    *,
    endpoint: str,
    path: str,
    refuses: bool,
    status: int,
) -> None:
    """A try that can't be given back takes no answer away; what else fails then is told as what it is."""
    browser = visitor("trainee")
    data = {"csrf_token": browser.token(), "email": "trainee@example.org", "password": PASSWORD}
    other = sqlite3.connect(make_url(settings.database_url).database or "", isolation_level=None)

    view = app.view_functions[endpoint]

    def hold(**ids: str) -> object:
        answer = view(**ids)
        other.execute("BEGIN IMMEDIATE")
        return abort(403) if refuses else answer

    monkeypatch.setitem(app.view_functions, endpoint, update_wrapper(hold, view))
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    with pragma("busy_timeout=50"):
        answer = ask(browser, path, "POST", data=data)
        other.rollback()
    other.close()
    assert answer.status_code == status
    assert refuses == ("Retry-After" in answer.headers)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_connection_that_dies_once_the_answer_is_made(
    app: Flask, settings: Settings, visitor: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visitor("trainee")
    view = app.view_functions["home.index"]

    def dies(**ids: str) -> object:
        answer = view(**ids)
        with server_of(settings) as (connection, name):
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        return answer

    monkeypatch.setitem(app.view_functions, "home.index", update_wrapper(dies, view))
    assert ask(browser, "/").status_code == 200
    monkeypatch.undo()
    assert browser.get("/").status_code == 200


# ── refused requests ───────────────────────────────────────────────────────────────────────────────────────────────


def test_every_refused_request_leaves_a_line_with_its_id(app: Flask, visitor: Visit, world: World, told: Lines) -> None:
    browser, stranger = visitor("trainee"), visitor("")
    told()
    foreign = world.people["stranger"].id
    answers = {
        "role": ask(browser, "/admin"),
        "form-token": ask(browser, "/courses/basics/enrol", "POST"),
        "signed-out": ask(stranger, "/"),
        "id": ask(visitor("manager"), f"/manager/people/{foreign}"),
    }
    for kind, answer in answers.items():
        assert answer.headers["X-Request-Id"], kind
    lines = [line for line in told() if line.get("refused")]
    assert {line["refused"]: line["request"] for line in lines} == {
        kind: answer.headers["X-Request-Id"] for kind, answer in answers.items()
    }


def test_refusals_are_audited_and_do_not_flood(app: Flask, visitor: Visit, world: World) -> None:
    manager, foreign = visitor("manager"), world.people["stranger"].id
    for _ in range(30):
        assert ask(manager, f"/manager/people/{foreign}").status_code == 404
    assert ask(manager, "/admin").status_code == 403
    rows = db.session.query(AuditEvent).filter_by(action="refused").all()
    kinds = [row.details["why"] for row in rows]
    assert sorted(set(kinds)) == ["id", "role"]
    assert 1 <= kinds.count("id") <= 10
    row = next(row for row in rows if row.details["why"] == "id")
    assert row.actor_id == world.people["manager"].id
    assert str(foreign) in row.details["asked"].values()
    assert row.request_id


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("proxies", [0, 1])
def test_only_a_proxy_chooses_the_id_of_a_request(settings: Settings, proxies: int) -> None:
    app = create_app(replace(settings, proxies=proxies))
    with app.app_context():
        answer = ask(Visitor(app), "/sign-in", headers={"X-Request-Id": "chosen-by-client"})
        db.session.remove()
        db.engine.dispose()
    assert (answer.headers["X-Request-Id"] == "chosen-by-client") is bool(proxies)
