"""What was typed when a sign-in had ended is kept, for the person who typed it and nobody else."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from lms.db import db
from lms.records.accounts import SignIn
from lms.records.attempts import answers
from lms.records.enrolments import CheckAnswer, Enrolment
from lms.web.confirm import FIELD
from lms.web.forms import SECRET
from lms.web.resend import MOST, unpacked

from .conftest import START, Visitor, World
from .journey import begin, complete, stored
from .visitor import PASSWORD

Visit = Callable[[str], Visitor]
LESSON = "/courses/practice/lessons/only"
FETCH = {"X-Requested-With": "fetch"}
TYPED = "A <b>long</b> answer,\r\nin two lines & “quotes”"


def end_sign_ins() -> None:
    db.session.execute(delete(SignIn))
    db.session.commit()


def forget_cookies(browser: Visitor) -> None:
    browser.client.delete_cookie("staza")
    browser._tokens.clear()


def fields(page: str) -> dict[str, object]:
    """The hidden fields of the form in the page's own part."""
    main = page.partition("<main")[2].partition("</main>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main):
        found.setdefault(name, []).append(html.unescape(value))
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def owner(browser: Visitor, url: str) -> str:
    found = re.search(r'name="by" value="([0-9a-f]+)"', browser.get(url).text)
    assert found
    return found[1]


def question_url(attempt: str, id: str) -> str:
    return f"{attempt}/questions/{stored(attempt).questions.index(id) + 1}"


def sign_in(browser: Visitor, page: str, name: str = "trainee") -> object:
    """Fill in the sign-in page that was shown, and send it."""
    return browser.send("/sign-in", {**fields(page), "email": f"{name}@example.org", "password": PASSWORD})


@pytest.fixture
def trainee(visitor: Visit) -> Visitor:
    browser = visitor("trainee")
    browser.post("/courses/practice/enrol")
    return browser


@pytest.mark.parametrize("gone", ["the row", "the cookie"])
def test_an_answer_is_kept_over_the_end_of_a_sign_in(trainee: Visitor, gone: str) -> None:
    attempt = begin(trainee, "practice")
    url = question_url(attempt, "open")
    form = {"answer": TYPED, "version": trainee.version(url), "end": "1", "go": "next", "by": owner(trainee, url)}
    token = trainee.token()
    end_sign_ins() if gone == "the row" else forget_cookies(trainee)
    data = {**form, "csrf_token": token}
    said = trainee.send(url, data, headers=FETCH)
    assert (said.status_code, "you have been signed out" in said.text) == (401, True)

    shown = trainee.send(url, data, headers={"Referer": f"http://localhost{url}"})
    assert shown.status_code == 401
    assert "You have been signed out" in shown.text
    assert "What you typed is kept" in shown.text
    again = sign_in(trainee, shown.text)
    assert again.status_code == 200
    assert html.escape("A <b>long</b> answer", quote=False) in again.text
    assert f'href="{url}"' in again.text, "the way back without sending"
    assert answers(db.session(), stored(attempt)) == {}, "nothing is sent without a click"

    sent = trainee.send(url, fields(again.text))
    assert sent.status_code == 303
    assert answers(db.session(), stored(attempt))["open"].answer == TYPED.replace("\r\n", "\n")


def test_a_wrong_password_in_between_loses_nothing(trainee: Visitor) -> None:
    url = f"{LESSON}/checks/check-open"
    form = {"answer": TYPED, "version": trainee.version(url), "end": "1", "by": owner(trainee, LESSON)}
    token = trainee.token()
    end_sign_ins()
    shown = trainee.send(url, {**form, "csrf_token": token})
    for _each in range(2):
        wrong = {**fields(shown.text), "email": "trainee@example.org", "password": "wrong"}
        shown = trainee.send("/sign-in", wrong)
        assert shown.status_code == 422
    again = sign_in(trainee, shown.text)
    assert trainee.send(url, fields(again.text)).status_code == 303
    assert db.session.query(CheckAnswer).one().answer == TYPED.replace("\r\n", "\n")


def test_a_managers_list_is_kept(visitor: Visit) -> None:
    manager = visitor("manager")
    text = "email,course,due\n" + "trainee@example.org,basics,\n" * 400
    data = {"text": text, "step": "check", "by": owner(manager, "/manager/import"), "csrf_token": manager.token()}
    end_sign_ins()
    shown = manager.send("/manager/import", data)
    again = sign_in(manager, shown.text, "manager")
    sent = fields(again.text)
    assert sent["text"] == text
    assert manager.send("/manager/import", sent).status_code in (200, 422)


def test_a_trainers_mark_is_kept(visitor: Visit, world: World) -> None:
    trainer = visitor("trainer")
    data = {"comment": TYPED, "by": owner(trainer, "/"), "csrf_token": trainer.token()}
    end_sign_ins()
    shown = trainer.send(f"/trainer/basics/marking/{'0' * 8}-{'0' * 4}-7000-8000-{'0' * 12}/x", data)
    again = sign_in(trainer, shown.text, "trainer")
    assert fields(again.text)["comment"] == TYPED


def test_somebody_else_at_the_same_browser_gets_nothing_of_it(trainee: Visitor, world: World) -> None:
    attempt = begin(trainee, "practice")
    url = question_url(attempt, "open")
    data = {"answer": "MY WORDS", "by": owner(trainee, url), "csrf_token": trainee.token()}
    end_sign_ins()
    shown = trainee.send(url, data)
    assert "MY WORDS" not in shown.text, "not to be read over a shoulder either"
    other = sign_in(trainee, shown.text, "colleague")
    assert other.status_code == 303
    assert other.headers["Location"] == "/"
    home = trainee.get("/")
    assert "Somebody else typed" in home.text
    assert "MY WORDS" not in home.text
    # the tab that is still open, and the sign-in page sent once more
    assert "MY WORDS" not in trainee.send(url, data).text
    assert "MY WORDS" not in sign_in(trainee, shown.text, "colleague").text


def test_a_page_that_is_older_than_the_sign_in_loses_nothing(trainee: Visitor) -> None:
    """Reloading the answer sends the same form again, and gets the same page again."""
    attempt = begin(trainee, "practice")
    url = question_url(attempt, "open")
    data = {"answer": TYPED, "by": owner(trainee, url), "csrf_token": trainee.token(), "end": "1"}
    data["version"] = trainee.version(url)
    forget_cookies(trainee)
    trainee.sign_in("trainee")
    for _each in range(2):
        shown = trainee.send(url, data)
        assert shown.status_code == 400
        assert "has not been saved yet" in shown.text
    assert answers(db.session(), stored(attempt)) == {}
    assert trainee.send(url, fields(shown.text)).status_code == 303
    assert answers(db.session(), stored(attempt))["open"].answer == TYPED.replace("\r\n", "\n")


def test_what_must_not_be_kept_is_not(trainee: Visitor) -> None:
    mark, token = owner(trainee, "/"), trainee.token()
    end_sign_ins()
    url = "/courses/practice/start"

    def kept(data: dict[str, object], to: str = url, **headers: str) -> str:
        shown = trainee.send(to, {"csrf_token": token, **data}, headers=headers)
        assert shown.status_code == 401
        return str(fields(shown.text).get("kept", ""))

    assert kept({"by": mark, "text": "x"})
    assert not kept({"text": "x"}), "nobody's form"
    assert not kept({"by": mark, "text": "x"}, Origin="https://elsewhere.example")
    assert not kept({"by": mark, "old": PASSWORD}, "/profile/password")
    assert len(kept({"by": mark, "text": "".join(map(chr, range(0x4E00, 0x9000))) * 4})) <= MOST
    again = sign_in(trainee, trainee.send(url, {"by": mark, "password": "hush", "text": "x"}).text)
    assert "hush" not in again.text


def test_a_password_is_not_kept_whatever_page_asks_for_it(app: Flask, world: World, visitor: Visit) -> None:
    """The page that asks for it before something that is hard to undo, where the sign-in has ended meanwhile."""
    browser = visitor("administrator")
    url = f"/admin/people/{world.people['trainee'].id}/close"
    db.session.execute(update(SignIn).values(confirmed_at=START))
    db.session.commit()
    asked = browser.post(url, {"by": owner(browser, "/profile")})
    end_sign_ins()
    lost = browser.send(url, {**fields(asked.text), "confirm_password": PASSWORD})
    assert (asked.status_code, lost.status_code) == (401, 401)
    with app.test_request_context():
        kept = unpacked(str(fields(lost.text)["kept"]))
    assert kept is not None
    assert PASSWORD not in str(kept)


def test_every_field_for_a_password_is_known_as_one(app: Flask) -> None:
    pages = [page.read_text(encoding="utf-8") for page in Path(str(app.jinja_loader.searchpath[0])).rglob("*.html")]  # type: ignore[union-attr]
    called = {name for page in pages for name in re.findall(r"field\(_\([^)]*\), ([^,]+), type='password'", page)}
    assert {name.strip("'") for name in called} - {"name"} | {FIELD} == SECRET  # `name` is FIELD


@pytest.mark.parametrize("forged", ["", "x", "a.b.c", "W10.aaaa.bbbb"])
def test_what_was_not_kept_by_us_is_not_taken(app: Flask, forged: str) -> None:
    browser = Visitor(app)
    sent = browser.post("/sign-in", {"email": "trainee@example.org", "password": PASSWORD, "kept": forged})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/")


def test_the_form_of_another_person_is_not_shown_even_with_their_kept_text(app: Flask, trainee: Visitor) -> None:
    """Login fixation: an attacker's own kept form in the victim's sign-in."""
    mark, token = owner(trainee, "/"), trainee.token()
    end_sign_ins()
    kept = fields(trainee.send("/courses/practice/start", {"by": mark, "text": "x", "csrf_token": token}).text)
    victim = Visitor(app)
    sent = victim.post("/sign-in", {"email": "manager@example.org", "password": PASSWORD, "kept": kept["kept"]})
    assert sent.status_code == 303


def test_a_file_cannot_be_kept_and_that_is_said(visitor: Visit) -> None:
    manager = visitor("manager")
    mark, token = owner(manager, "/manager/import"), manager.token()
    end_sign_ins()
    shown = manager.send(
        "/manager/import",
        {"file": (io.BytesIO(b"email,course"), "list.csv"), "by": mark, "csrf_token": token},
        headers={"Referer": "http://localhost/manager/import"},
    )
    assert "A file can’t be kept" in shown.text
    sent = sign_in(manager, shown.text, "manager")
    assert sent.headers["Location"] == "/manager/import"
    assert "Choose it again" in manager.get("/manager/import").text


def test_a_button_leads_back_to_its_page(visitor: Visit) -> None:
    manager = visitor("manager")
    complete(visitor("trainee"), "basics")
    row = db.session.scalars(select(Enrolment)).one()
    mark, token = owner(manager, "/"), manager.token()
    end_sign_ins()
    page = f"/manager/people/{row.person_id}"
    shown = manager.send(
        f"/manager/enrolments/{row.id}/attempts",
        {"by": mark, "csrf_token": token},
        headers={"Referer": f"http://localhost{page}"},
    )
    assert "go back to the page where you were" in shown.text
    assert sign_in(manager, shown.text, "manager").headers["Location"] == page
    assert db.session.scalars(select(Enrolment)).one().extra_attempts == 0


def test_blocked_cookies_are_named(app: Flask) -> None:
    browser = Visitor(app)
    token = browser.token()
    client = app.test_client(use_cookies=False)
    sent = client.post("/sign-in", data={"email": "trainee@example.org", "password": PASSWORD, "csrf_token": token})
    assert sent.status_code == 400
    assert "Allow cookies for this site" in sent.text
    assert 'value="trainee@example.org"' in sent.text
    assert "Allow cookies" in client.post("/password", data={"email": "x", "csrf_token": token}).text
    browser.get("/sign-in")
    late = browser.send("/sign-in", {"email": "trainee@example.org", "password": PASSWORD, "csrf_token": "x"})
    assert "open for a long time" in late.text
    assert "Allow cookies" not in late.text
