"""What adds something does it once, however often its button is pressed, and from however old a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Thread

from flask import Flask
from sqlalchemy import select

from lms.db import db
from lms.records.accounts import PasswordReset
from lms.records.attempts import Attempt, Mark
from lms.records.audit import AuditEvent
from lms.records.enrolments import Enrolment, Request
from lms.records.jobs import Job

from .conftest import Visitor, World, enrol
from .journey import answer_all, begin, stored

Visit = Callable[[str], Visitor]


def form_of(browser: Visitor, page: str, url: str) -> dict[str, object]:
    """The hidden fields of the form with this address, as the page shows it now."""
    found = re.search(f'<form[^>]* action="{re.escape(url)}".*?</form>', browser.get(page).text, re.DOTALL)
    assert found, f"no form for {url}"
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', found[0]))


def mails() -> int:
    db.session.expire_all()
    return db.session.query(Job).filter_by(kind="mail").count()


def test_one_more_attempt_is_one(app: Flask, visitor: Visit) -> None:
    browser, manager = visitor("trainee"), visitor("manager")
    browser.post("/courses/basics/enrol")
    begin(browser, "basics")
    row = db.session.scalars(select(Enrolment)).one()
    page, url = f"/manager/people/{row.person_id}", f"/manager/enrolments/{row.id}/attempts"
    form = form_of(manager, page, url)
    said = [manager.send(url, form, follow_redirects=True).text for _each in range(2)]
    assert all("One more attempt allowed" in each for each in said), "both presses meant this one"
    db.session.expire_all()
    assert db.session.scalars(select(Enrolment)).one().extra_attempts == 1
    assert db.session.query(AuditEvent).filter_by(action="attempt-allowed").count() == 1
    manager.send(url, form_of(manager, page, url))
    assert "2 extra attempts are already allowed" in manager.send(url, form, follow_redirects=True).text
    manager.post(url)
    db.session.expire_all()
    assert db.session.scalars(select(Enrolment)).one().extra_attempts == 2


def test_one_more_attempt_pressed_at_the_same_moment_is_one(app: Flask, visitor: Visit) -> None:
    browser, manager = visitor("trainee"), visitor("manager")
    browser.post("/courses/basics/enrol")
    begin(browser, "basics")
    row = db.session.scalars(select(Enrolment)).one()
    url = f"/manager/enrolments/{row.id}/attempts"
    form, cookie = form_of(manager, f"/manager/people/{row.person_id}", url), manager.client.get_cookie("staza")
    db.session.remove()

    def press() -> None:
        client = app.test_client()
        client.set_cookie("staza", cookie.value)
        client.post(url, data=form)

    threads = [Thread(target=press) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.session.scalars(select(Enrolment)).one().extra_attempts == 1


def test_an_invitation_sent_again_twice_leaves_a_link_that_works(app: Flask, visitor: Visit, world: World) -> None:
    administrator = visitor("administrator")
    unit = world.institutions["Border"]
    added = administrator.post("/admin/people", {"name": "Ana", "email": "ana@example.org", "unit": str(unit)})
    page = added.headers["Location"]
    url, before = f"{page}/invite", mails()
    form = form_of(administrator, page, url)
    administrator.send(url, form)
    link = db.session.scalars(select(PasswordReset.token_hash)).one()
    assert "Not sent again" in administrator.send(url, form, follow_redirects=True).text
    db.session.expire_all()
    assert db.session.scalars(select(PasswordReset.token_hash)).one() == link
    assert mails() == before + 1
    administrator.send(url, form_of(administrator, page, url))
    assert mails() == before + 2


def test_a_start_page_left_open_begins_no_second_attempt(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    browser.post("/courses/basics/enrol")
    page = "/courses/basics/quizzes/final"
    form = form_of(browser, page, f"{page}/attempts")
    first = browser.send(f"{page}/attempts", form).headers["Location"]
    answer_all(browser, first)
    browser.post(f"{first}/submit")
    assert browser.send(f"{page}/attempts", form).headers["Location"] == first
    assert db.session.query(Attempt).count() == 1
    form = form_of(browser, page, f"{page}/attempts")
    assert browser.send(f"{page}/attempts", form).headers["Location"] != first
    assert db.session.query(Attempt).count() == 2


def test_a_decision_pressed_twice_is_one(app: Flask, visitor: Visit, world: World) -> None:
    visitor("trainee").post("/courses/by-request/request", {"reason": "I need it."})
    manager, before = visitor("manager"), mails()
    url = f"/manager/requests/{db.session.scalars(select(Request)).one().id}"
    for _each in range(2):
        sent = manager.post(url, {"decision": "grant"}, follow_redirects=True)
        assert "Place granted" in sent.text
    assert mails() == before + 1
    assert db.session.query(Enrolment).count() == 1
    assert manager.post(url, {"decision": "decline"}).status_code == 422


def test_a_mark_pressed_twice_is_one_and_another_one_loses_no_text(trainer: Visitor, visitor: Visit) -> None:
    trainee = visitor("trainee")
    trainee.post("/courses/practice/enrol")
    attempt = begin(trainee, "practice")
    answer_all(trainee, attempt)
    trainee.post(f"{attempt}/submit")
    url = f"/trainer/practice/marking/{stored(attempt).id}/open"
    first = {"points-calm": "1", "points-rights": "1", "comment": "Good.", "seen": "0"}
    for _each in range(2):
        assert trainer.post(url, first).status_code == 303
    assert db.session.query(Mark).count() == 1
    other = {"points-calm": "0", "points-rights": "0", "comment": "My own long comment.", "seen": "0"}
    shown = trainer.post(url, other)
    assert shown.status_code == 409
    assert "has already been marked" in shown.text
    assert "Good." in shown.text
    assert "My own long comment." in shown.text
    assert 'name="seen" value="1"' in shown.text
    assert db.session.query(Mark).count() == 1


def test_two_enrolments_are_one(app: Flask, visitor: Visit, world: World) -> None:
    enrol(world.people["trainee"], "basics")
    visitor("trainee").post("/courses/basics/enrol")
    visitor("manager").post(f"/manager/people/{world.people['trainee'].id}/enrol", {"course": "basics"})
    assert db.session.query(Enrolment).count() == 1
