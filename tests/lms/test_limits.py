"""Rate limits: what counts, what passes at the same moment, and whom they must not lock out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lms import create_app
from lms.config import Settings
from lms.db import db
from lms.records.limits import Counter as Row

from .conftest import PASSWORD, Visitor, World

Visit = Callable[[str], Visitor]


def try_to_sign_in(browser: Visitor, email: str, password: str, address: str = "") -> TestResponse:
    environ = {"REMOTE_ADDR": address} if address else {}
    return browser.post("/sign-in", {"email": email, "password": password}, environ_overrides=environ)


def test_of_30_tries_at_once_10_are_looked_at(app: Flask, visitor: Visit, world: World) -> None:
    browsers = [visitor("") for _ in range(30)]
    for browser in browsers:
        browser.token()

    def guess(browser: Visitor) -> int:
        with app.app_context():
            return try_to_sign_in(browser, world.email("trainee"), "wrong").status_code

    with ThreadPoolExecutor(30) as pool:
        assert Counter(pool.map(guess, browsers)) == {422: 10, 429: 20}


def test_a_refusal_says_when_to_come_back(app: Flask, visitor: Visit, world: World) -> None:
    browser = visitor("")
    for _ in range(10):
        assert try_to_sign_in(browser, world.email("trainee"), "wrong").status_code == 422
    refused = try_to_sign_in(browser, world.email("trainee"), PASSWORD)
    assert refused.status_code == 429
    assert 880 <= int(refused.headers["Retry-After"]) <= 900
    assert "Try again in 15 minutes." in refused.get_data(as_text=True)


def test_100_wrong_tries_behind_one_address_lock_out_nobody_else(app: Flask, visitor: Visit, world: World) -> None:
    browser = visitor("")
    for number in range(120):
        assert try_to_sign_in(browser, f"nobody{number}@example.org", "wrong").status_code == 422
    for name in ("trainee", "colleague", "manager"):
        visitor("").sign_in(name)


def test_an_address_that_guesses_at_a_thousand_accounts_is_stopped_and_known_browsers_behind_it_are_not(
    app: Flask, visitor: Visit, world: World
) -> None:
    known = visitor("trainee")
    known.post("/sign-out")
    stranger = visitor("")
    stranger.token()
    assert try_to_sign_in(stranger, "nobody@example.org", "wrong").status_code == 422
    db.session.query(Row).filter(Row.key.contains("127.0.0.1")).update({"hits": 999})
    db.session.commit()
    assert try_to_sign_in(stranger, "nobody2@example.org", "wrong").status_code == 422
    assert try_to_sign_in(stranger, "nobody3@example.org", "wrong").status_code == 429
    assert try_to_sign_in(stranger, world.email("trainee"), PASSWORD).status_code == 429
    assert try_to_sign_in(known, world.email("trainee"), PASSWORD).status_code == 303


def test_who_guesses_at_an_account_does_not_lock_its_owner_out_of_a_known_browser(
    app: Flask, visitor: Visit, world: World
) -> None:
    own, new = visitor("trainee"), visitor("")
    own.post("/sign-out")
    thief = visitor("")
    for _ in range(12):
        last = try_to_sign_in(thief, world.email("trainee"), "wrong", "192.0.2.7")
    assert last.status_code == 429
    assert try_to_sign_in(new, world.email("trainee"), PASSWORD).status_code == 429
    for _ in range(10):
        assert try_to_sign_in(own, world.email("trainee"), "wrong").status_code == 422
    assert try_to_sign_in(own, world.email("trainee"), PASSWORD).status_code == 429, (
        "a stolen browser guesses no faster"
    )


def test_a_known_browser_is_known_by_its_own_accounts_alone(app: Flask, visitor: Visit, world: World) -> None:
    shared = visitor("trainee")
    shared.post("/sign-out")
    shared.sign_in("colleague")
    cookie = shared.client.get_cookie("staza-known")
    shared.post("/sign-out")
    assert "example" not in cookie.value
    for _ in range(11):
        last = try_to_sign_in(shared, world.email("manager"), "wrong")
    assert last.status_code == 429
    assert try_to_sign_in(shared, world.email("trainee"), PASSWORD).status_code == 303
    forger = visitor("")
    forger.client.set_cookie("staza-known", cookie.value[:-3] + "abc")
    for _ in range(11):
        last = try_to_sign_in(forger, world.email("trainee"), "wrong")
    assert last.status_code == 429


def test_signing_in_costs_no_tries(app: Flask, visitor: Visit, world: World) -> None:
    for _ in range(12):
        visitor("").sign_in("trainee")


def test_a_proxy_that_nobody_told_us_of_is_noticed(
    settings: Settings, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for proxies, noticed in ((1, False), (0, True)):
        app = create_app(replace(settings, proxies=proxies))
        with app.app_context():
            administrator = Visitor(app).sign_in("administrator")
            page = administrator.get("/admin").get_data(as_text=True)
            assert "STAZA_PROXIES" not in page
            public = {"environ_overrides": {"REMOTE_ADDR": "9.9.9.9"}}
            Visitor(app).get("/sign-in", headers={"X-Forwarded-For": "198.51.100.1"}, **public)
            page = administrator.get("/admin").get_data(as_text=True)
            assert "STAZA_PROXIES" not in page, "anybody can send the header"
            Visitor(app).get("/sign-in", headers={"X-Forwarded-For": "198.51.100.1"})
            assert ("STAZA_PROXIES" in administrator.get("/admin").get_data(as_text=True)) == noticed
            assert ("STAZA_PROXIES" in administrator.get("/admin/operation").get_data(as_text=True)) == noticed
            assert ("STAZA_PROXIES is 0" in capsys.readouterr().err) == noticed
            db.session.remove()
            db.engine.dispose()
