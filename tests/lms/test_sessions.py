"""Sign-ins: how they end, where one sees them, and when the password is asked for once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lms import clock, create_app
from lms.config import Settings
from lms.db import db
from lms.records.accounts import IDLE, IDLE_WITH_ROLES, SignIn
from lms.records.people import Grant
from lms.web.browsers import roughly

from .conftest import PASSWORD, Visitor, World

Visit = Callable[[str], Visitor]
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"


def move(**columns: timedelta) -> None:
    """Move the times of all sign-ins back."""
    for row in db.session.scalars(select(SignIn)):
        for name, by in columns.items():
            setattr(row, name, getattr(row, name) - by)
    db.session.commit()


def test_signing_in_again_ends_what_the_browser_had(app: Flask, visitor: Visit) -> None:
    browser, elsewhere = visitor("trainee"), visitor("trainee")
    stolen = browser.client.get_cookie("staza")
    browser.sign_in("trainee")
    thief = visitor("")
    thief.client.set_cookie("staza", stolen.value)
    assert thief.get("/profile").status_code == 302
    assert browser.get("/profile").status_code == elsewhere.get("/profile").status_code == 200
    browser.sign_in("colleague")
    assert db.session.query(SignIn).count() == 2


@pytest.mark.parametrize(
    ("name", "idle"), [("trainee", IDLE), ("manager", IDLE_WITH_ROLES), ("trainer", IDLE_WITH_ROLES)]
)
def test_a_sign_in_that_nobody_uses_ends(app: Flask, visitor: Visit, name: str, idle: timedelta) -> None:
    browser = visitor(name)
    move(seen_at=idle - timedelta(minutes=1))
    assert browser.get("/profile").status_code == 200, "which was use"
    move(seen_at=idle - timedelta(minutes=1))
    assert browser.get("/profile").status_code == 200
    move(seen_at=idle + timedelta(minutes=1))
    assert browser.get("/profile").status_code == 302


def test_that_a_browser_is_used_is_written_once_a_minute(
    app: Flask, visitor: Visit, statements: Callable[[], object]
) -> None:
    browser = visitor("trainee")
    for age, writes in ((0, 0), (59, 0), (61, 1), (0, 0)):
        move(seen_at=timedelta(seconds=age))
        with statements() as sent:  # type: ignore[attr-defined]
            browser.get("/accessibility")
            browser.get("/accessibility")
        assert len([sql for sql in sent.sql if sql.startswith("UPDATE sign_ins")]) == writes
        db.session.query(SignIn).update({"seen_at": clock.now()})
        db.session.commit()


def test_one_sees_where_one_is_signed_in_and_ends_the_others(app: Flask, visitor: Visit, world: World) -> None:
    other = visitor("")
    form = {"email": world.email("trainee"), "password": PASSWORD}
    assert other.post("/sign-in", form, headers={"User-Agent": FIREFOX}).status_code == 303
    stranger, here = visitor("stranger"), visitor("trainee")
    page = here.get("/profile/sign-ins").get_data(as_text=True)
    assert "Firefox, Windows" in page
    assert page.count("this browser") == 1
    assert here.post("/profile/sign-ins/end-others").status_code == 303
    assert other.get("/profile").status_code == 302
    assert here.get("/profile").status_code == stranger.get("/profile").status_code == 200
    assert "Firefox" not in here.get("/profile/sign-ins").get_data(as_text=True)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1",
            "Safari, iPhone",
        ),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_known_roughly(agent: str, name: str) -> None:
    assert roughly(agent) == name


def test_roles_and_addresses_ask_for_the_password_and_keep_what_was_typed(
    app: Flask, visitor: Visit, world: World
) -> None:
    browser, person = visitor("administrator"), world.people["trainee"]
    move(confirmed_at=timedelta(minutes=11))
    url = f"/admin/people/{person.id}/edit"
    typed = {"name": "Ana “Nova” Jović", "email": "nova@example.org", "unit": str(person.unit_id)}

    def stored() -> tuple[str, str]:
        db.session.expire_all()
        row = db.session.get(type(person), (person.institution_id, person.id))
        return row.name, row.email

    asked = browser.post(url, typed)
    page = asked.get_data(as_text=True)
    assert (asked.status_code, stored()) == (401, (person.name, person.email))
    assert 'name="name" value="Ana “Nova” Jović"' in page
    assert 'value="nova@example.org"' in page
    wrong = browser.post(url, {**typed, "confirm_password": "wrong"})
    assert (wrong.status_code, stored()) == (422, (person.name, person.email))
    assert 'value="nova@example.org"' in wrong.get_data(as_text=True)
    assert browser.post(url, {**typed, "confirm_password": PASSWORD}).status_code == 303
    assert stored() == ("Ana “Nova” Jović", "nova@example.org")
    assert browser.post(f"/admin/people/{person.id}/roles", {"role": "coordinator"}).status_code == 303, "for a while"


@pytest.mark.parametrize("what", ["roles", "close", "open", "edit", "password-link", "invite"])
def test_what_is_hard_to_undo_asks_for_the_password(app: Flask, visitor: Visit, world: World, what: str) -> None:
    browser = visitor("administrator")
    move(confirmed_at=timedelta(minutes=11))
    url = f"/admin/people/{world.people['trainee'].id}/{what}"
    assert browser.post(url, {"role": "administrator"}).status_code == 401
    assert visitor("trainee").post(url, {"role": "administrator"}).status_code == 403
    assert db.session.query(Grant).filter_by(person_id=world.people["trainee"].id).count() == 0


def test_the_password_can_not_be_guessed_in_a_browser_left_open(app: Flask, visitor: Visit, world: World) -> None:
    browser = visitor("administrator")
    move(confirmed_at=timedelta(minutes=11))
    url = f"/admin/people/{world.people['trainee'].id}/roles"
    for _ in range(10):
        assert browser.post(url, {"role": "coordinator", "confirm_password": "wrong"}).status_code == 422
    refused = browser.post(url, {"role": "coordinator", "confirm_password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 800


def test_over_https_the_cookie_belongs_to_this_host_alone(settings: Settings, world: World) -> None:
    app = create_app(replace(settings, url="https://learn.example.org", proxies=1))
    with app.app_context():
        answer = app.test_client().get("/sign-in", base_url="https://learn.example.org")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-staza=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        db.session.remove()
        db.engine.dispose()


def test_a_sign_in_whose_time_is_over_is_forgotten(app: Flask, visitor: Visit) -> None:
    for name in ("trainee", "colleague"):
        visitor(name)
    move(expires_at=timedelta(hours=13))
    visitor("trainee")
    assert db.session.query(SignIn).count() == 2
