"""Signing in and out, passwords, preferences, and what protects them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from flask import Flask

from lms import clock
from lms.config import Settings
from lms.db import db
from lms.learning import accounts, jobs, passwords
from lms.library import library
from lms.records.accounts import Account, SignIn
from lms.records.audit import AuditEvent
from lms.records.jobs import Job

from .conftest import PASSWORD, SHIPPED_HASHER, Visitor, World

Visit = Callable[[str], Visitor]


def mails(settings: Settings) -> list[str]:
    """Drain the outbox and read the mails that came out, oldest first."""
    jobs.drain(settings, library(), clock.now())
    files = sorted(Path(settings.instance / "mail").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=default).get_content() for file in files]


def test_signing_in_and_out(app: Flask, visitor: Visit, world: World) -> None:
    browser = visitor("")
    assert browser.get("/").headers["Location"].startswith("/sign-in?next=")
    browser.sign_in("trainee")
    assert "My learning" in browser.get("/").get_data(as_text=True)
    assert browser.post("/sign-out").status_code == 303
    assert browser.get("/").status_code == 302


def test_a_password_of_another_cost_gets_the_cost_that_rfc_9106_recommends(
    app: Flask, visitor: Visit, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stored() -> str:
        return db.session.get_one(Account, world.email("trainee")).password_hash

    assert extract_parameters(stored()) != RFC_9106_LOW_MEMORY, "tests hash cheaply"
    monkeypatch.setattr(passwords, "_hasher", SHIPPED_HASHER)
    for _ in range(2):
        visitor("").sign_in("trainee")
        assert extract_parameters(stored()) == RFC_9106_LOW_MEMORY
    assert extract_parameters(passwords.hashed(PASSWORD)) == RFC_9106_LOW_MEMORY


def test_a_wrong_password_and_an_unknown_address_look_the_same(app: Flask, visitor: Visit, world: World) -> None:
    answers = []
    for email in (world.email("trainee"), "nobody@example.org"):
        answer = visitor("").post("/sign-in", {"email": email, "password": "not the password"})
        assert answer.status_code == 422
        text = re.sub(r'(csrf_token" value|<p class="small muted">|value)="[^"]*"', "", answer.get_data(as_text=True))
        answers.append(text)
    assert answers[0] == answers[1]


def test_the_session_is_new_after_sign_in_and_dead_after_sign_out(app: Flask, visitor: Visit) -> None:
    browser = visitor("")
    browser.get("/sign-in")
    before = browser.client.get_cookie("staza")
    browser.sign_in("trainee")
    stolen = browser.client.get_cookie("staza")
    assert before is None or stolen.value != before.value
    browser.post("/sign-out")
    browser.client.set_cookie("staza", stolen.value)
    assert browser.get("/").status_code == 302, "a copied cookie must not outlive the sign-in"


def test_cookies_are_guarded(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    cookie = browser.post("/theme", {"theme": "dark"}).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_cookies_are_for_https_alone_where_the_address_is_https(settings: Settings) -> None:
    from dataclasses import replace

    from lms import create_app

    app = create_app(replace(settings, url="https://learn.example.org"))
    answer = app.test_client().get("/sign-in", base_url="https://learn.example.org")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    with app.app_context():
        db.engine.dispose()


def test_a_form_without_its_token_is_refused(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    answer = browser.client.post("/theme", data={"theme": "dark"})
    assert answer.status_code == 400
    assert "Nothing has been saved" in answer.get_data(as_text=True)


def test_guessing_is_slowed_down_for_the_account_that_is_tried(app: Flask, visitor: Visit, world: World) -> None:
    guesser = visitor("")
    codes = [
        guesser.post("/sign-in", {"email": world.email("trainee"), "password": f"wrong {n}"}).status_code
        for n in range(11)
    ]
    assert codes == [422] * 10 + [429]
    answer = guesser.post("/sign-in", {"email": world.email("trainee"), "password": PASSWORD})
    assert answer.status_code == 429, "the right password must not tell a guesser that it was right"
    assert "Too many attempts" in answer.get_data(as_text=True)
    visitor("colleague")  # others go on signing in from the same address


def test_a_new_password_by_mail(app: Flask, settings: Settings, visitor: Visit, world: World) -> None:
    other = visitor("trainee")
    browser = visitor("")
    assert browser.post("/password", {"email": world.email("trainee").upper()}).status_code == 303
    assert browser.post("/password", {"email": "nobody@example.org"}).status_code == 303
    (mail,) = mails(settings)
    link = re.search(r"http://localhost(/password/\S+)", mail)[1]
    assert "Choose a password" in browser.get(link).get_data(as_text=True)
    new = {"new": "four brave words here", "again": "four brave words here"}
    assert browser.post(link, {**new, "again": "something else"}).status_code == 422
    assert browser.post(link, {"new": "short", "again": "short"}).status_code == 422
    assert browser.post(link, new).status_code == 303
    assert other.get("/").status_code == 302, "who was signed in before is signed out"
    assert browser.post(link, new).status_code == 422, "a link works once"
    browser.sign_in("trainee", "four brave words here")


def test_a_mailed_link_grows_old_and_is_not_kept_in_the_outbox(
    app: Flask, settings: Settings, visitor: Visit, world: World
) -> None:
    accounts.ask_for_reset(world.email("trainee"), settings.url, clock.now() - timedelta(hours=3))
    (mail,) = mails(settings)
    link = re.search(r"http://localhost(/password/\S+)", mail)[1]
    assert "used or has expired" in visitor("").get(link).get_data(as_text=True)
    assert [job.payload for job in db.session.query(Job)] == [{}, {}]


def test_changing_the_password_signs_out_the_others(app: Flask, visitor: Visit) -> None:
    here, there = visitor("trainee"), visitor("trainee")
    new = {"old": PASSWORD, "new": "a new and longer phrase", "again": "a new and longer phrase"}
    assert here.post("/profile/password", {**new, "old": "wrong"}).status_code == 422
    assert here.post("/profile/password", new).status_code == 303
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302


def test_a_closed_account_is_out_at_once(app: Flask, visitor: Visit, world: World) -> None:
    browser = visitor("trainee")
    db.session.get(Account, world.email("trainee")).closed_at = clock.now()
    db.session.commit()
    assert browser.get("/").status_code == 302
    answer = browser.post("/sign-in", {"email": world.email("trainee"), "password": PASSWORD})
    assert answer.status_code == 422


def test_a_sign_in_ends_after_its_time(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    db.session.query(SignIn).update({"expires_at": clock.now() - timedelta(seconds=1)})
    db.session.commit()
    assert browser.get("/").status_code == 302


def test_sign_in_goes_on_to_the_page_asked_for_and_never_elsewhere(app: Flask, visitor: Visit, world: World) -> None:
    form = {"email": world.email("trainee"), "password": PASSWORD}
    assert visitor("").post("/sign-in", {**form, "next": "/courses/basics"}).headers["Location"] == "/courses/basics"
    for target in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\/evil",
        "javascript:alert(1)",
        "/a\nb",
    ):
        assert visitor("").post("/sign-in", {**form, "next": target}).headers["Location"] == "/", target


def test_preferences_stay_with_the_person(app: Flask, visitor: Visit) -> None:
    visitor("trainee").post("/theme", {"theme": "dark"})
    assert 'data-theme="dark"' in visitor("trainee").get("/").get_data(as_text=True)


def test_sign_ins_and_refusals_are_written_down(app: Flask, visitor: Visit, world: World) -> None:
    visitor("trainee").post("/sign-out")
    visitor("").post("/sign-in", {"email": world.email("trainee"), "password": "wrong"})
    actions = [row.action for row in db.session.query(AuditEvent).filter_by(person_id=world.people["trainee"].id)]
    assert actions.count("signed-in") == 1
    assert actions.count("signed-out") == 1
    assert actions.count("sign-in-refused") == 1


def test_every_page_forbids_inline_scripts_and_framing(app: Flask, visitor: Visit) -> None:
    for answer in (visitor("").get("/sign-in"), visitor("trainee").get("/"), visitor("").get("/no-such-page")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-Id"]


def test_static_files_stay_in_the_cache_when_somebody_signs_in(app: Flask, visitor: Visit) -> None:
    answer = visitor("trainee").get("/static/staza.css")
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "max-age=31536000" in answer.headers["Cache-Control"]
