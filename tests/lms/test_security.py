"""Attacks that once worked, each as somebody would try it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict

from courses.questions.base import Payload
from lms import clock
from lms.config import Settings
from lms.db import WRITES, db, new_id
from lms.learning import accounts, enrol, jobs, operate
from lms.learning.refusal import Refused
from lms.library import library
from lms.records.accounts import PasswordReset
from lms.records.audit import AuditEvent
from lms.records.enrolments import Request
from lms.records.institutions import LARGEST_ID
from lms.records.jobs import Job
from lms.records.limits import Counter
from lms.web.forms import answer
from lms.web.limits import visitor_address

from .conftest import PASSWORD, Statements, Visitor, World, actor_for

Visit = Callable[[str], Visitor]
NEW = "four brave words here"


# ── accounts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_asking_for_a_password_is_the_same_work_for_an_unknown_address(
    app: Flask, settings: Settings, world: World, statements: Callable[[], Statements]
) -> None:
    work = []
    for email in (world.email("trainee"), "nobody@example.org", "\0"):
        with statements() as sent:  # type: ignore[attr-defined]
            accounts.ask_for_reset(email, settings.url, clock.now())
        work.append([statement.split()[0:3] for statement in sent.sql])
    assert work[0] == work[1] == work[2]
    done, failed = jobs.drain(settings, library(), clock.now())
    assert (done, failed) == (4, 0)  # three questions, one mail
    assert [job.payload for job in db.session.scalars(select(Job))] == [{}] * 4


def link(settings: Settings, world: World) -> str:
    """The token of a link to choose a password that was mailed to the trainee just now."""
    before = {job.id for job in db.session.scalars(select(Job))}
    accounts.mail_reset(world.email("trainee"), settings.url, clock.now().isoformat(), "en_GB")
    mail = next(job for job in db.session.scalars(select(Job)) if job.id not in before)
    return str(mail.payload["body"]).partition("/password/")[2].split()[0]


@pytest.mark.parametrize("how", ["link", "profile", "operator"])
def test_a_new_password_ends_every_link_that_was_mailed_before(
    app: Flask, settings: Settings, world: World, visitor: Visit, how: str
) -> None:
    old = link(settings, world)
    if how == "link":
        visitor("").post(f"/password/{link(settings, world)}", {"new": NEW, "again": NEW})
    elif how == "profile":
        visitor("trainee").post("/profile/password", {"old": PASSWORD, "new": NEW, "again": NEW})
    else:
        operate.set_password(world.email("trainee"), NEW, clock.now())
    assert db.session.scalars(select(PasswordReset)).all() == []
    thief = visitor("").post(f"/password/{old}", {"new": "a thief's own words", "again": "a thief's own words"})
    assert thief.status_code == 422
    visitor("").sign_in("trainee", NEW)


def test_the_counters_hold_no_token_of_a_sign_in(app: Flask, visitor: Visit) -> None:
    browser = visitor("trainee")
    assert browser.post("/profile/password", {"old": "wrong", "new": NEW, "again": NEW}).status_code == 422
    with browser.client.session_transaction() as session:
        token = session["_user_id"]
    assert not [row.key for row in db.session.scalars(select(Counter)) if token in row.key]


def test_a_network_of_ipv6_counts_as_one_visitor(app: Flask) -> None:
    def counted(address: str) -> str:
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            return visitor_address()

    assert counted("2001:db8:1:2::1") == counted("2001:db8:1:2:ffff::9") != counted("2001:db8:1:3::1")
    assert counted("192.0.2.1") != counted("192.0.2.2")
    assert counted("::ffff:192.0.2.1") != counted("::ffff:192.0.2.2")
    assert counted("unix") == "unix"


# ── what was sent can't be read, or leads elsewhere ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("url", ["/sign-in?next=//[", "/sign-in?next=http://[x", "/verify/%00"])
def test_an_odd_address_is_no_error_of_ours(app: Flask, visitor: Visit, url: str) -> None:
    assert visitor("").get(url).status_code in (200, 404)


def test_a_character_that_the_database_refuses_is_no_error_of_ours(app: Flask, visitor: Visit) -> None:
    assert visitor("").post("/sign-in", {"email": "a\0b", "password": PASSWORD}).status_code == 422
    asked = visitor("trainee").post("/courses/by-request/request", {"reason": "a\0b"})
    assert asked.status_code in (303, 400)  # SQLite keeps it


def test_numbers_too_large_are_no_error_of_ours(app: Flask, visitor: Visit) -> None:
    administrator = visitor("administrator")
    for number in (LARGEST_ID + 1, 10**30):
        assert administrator.get(f"/admin/institutions/{number}").status_code == 404
        form = {"name": "Ana Jović", "email": "ana@example.org", "unit": number}
        assert administrator.post("/admin/people", form).status_code == 422
    after = f"/admin/audit?after=0001-01-01T00:00:00%2B14:00_{new_id()}"
    assert administrator.get(after).status_code == 200
    places = Payload("id", "ordering", "", shape="places")
    assert answer(places, MultiDict({"place-x": "9" * 5000})) == ["x"]


@pytest.mark.parametrize(
    ("referrer", "target"),
    [
        ("http://localhost//evil.example/x", "/evil.example/x"),
        ("http://localhost/\\evil.example", "/evil.example"),
        ("http://evil.example/http://localhost/", "/"),
        ("http://[", "/"),
        ("http://localhost/courses/basics?a=b", "/courses/basics?a=b"),
    ],
)
def test_a_refusal_leads_back_and_never_elsewhere(app: Flask, visitor: Visit, referrer: str, target: str) -> None:
    back = visitor("trainee").post("/courses/by-request/enrol", headers={"Referer": referrer})
    assert (back.status_code, back.headers["Location"]) == (303, target)


def test_an_error_of_the_database_names_nobody(app: Flask) -> None:
    """Its message goes into the log, which names nobody."""
    with pytest.raises(SQLAlchemyError, match="nowhere") as raised:
        db.session.execute(text("SELECT nothing FROM nowhere WHERE email = :email"), {"email": "ana@example.org"})
    db.session.rollback()
    assert "ana@" not in str(raised.value)


# ── two at the same moment ─────────────────────────────────────────────────────────────────────────────────────────


def beside(app: Flask, world: World, first: Callable[[], object], verb: Callable[[], object]) -> list[BaseException]:
    """Run `verb` in another request while this one, which did `first` with the trainee, has not committed yet."""
    failures: list[BaseException] = []

    def other() -> None:
        with app.app_context():
            try:
                verb()
            except Refused as refusal:
                failures.append(refusal)
            finally:
                db.session.remove()

    db.session.commit()
    db.session.connection(execution_options={WRITES: True})
    person = world.people["trainee"]
    db.session.execute(
        text("UPDATE people SET locale = locale WHERE email = :email"), {"email": person.email}
    )  # what a verb holds
    first()
    db.session.flush()
    thread = threading.Thread(target=other)
    thread.start()
    thread.join(0.5)
    db.session.commit()
    thread.join(30)
    assert not thread.is_alive()
    return failures


def request_of(world: World) -> Request:
    person = world.people["trainee"]
    return Request(
        institution_id=person.institution_id,
        person_id=person.id,
        course_id="by-request",
        reason="",
        requested_at=clock.now(),
    )


def test_asking_twice_at_once_asks_once(app: Flask, world: World) -> None:
    course = library().course("by-request")
    assert course
    actor = actor_for(db.session(), world.people["trainee"])
    beside(
        app, world, lambda: db.session.add(request_of(world)), lambda: enrol.ask(actor, course, "again", clock.now())
    )
    assert len(db.session.scalars(select(Request)).all()) == 1


def test_a_request_is_decided_once(app: Flask, world: World) -> None:
    row = request_of(world)
    db.session.add(row)
    db.session.commit()
    manager = actor_for(db.session(), world.people["manager"])

    def decline() -> None:
        row.decided_at, row.granted = clock.now(), False

    failures = beside(app, world, decline, lambda: enrol.decide(manager, row.id, True, None, "By request", clock.now()))
    assert len(failures) == 1
    db.session.expire_all()
    assert db.session.scalars(select(Request)).one().granted is False


# ── looks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_list_that_is_only_tried_is_a_look_at_people(app: Flask, visitor: Visit, world: World) -> None:
    manager = visitor("manager")
    manager.post("/manager/import", {"list": f"email,course,due\n{world.email('trainee')},basics,"})
    looks = select(AuditEvent).where(AuditEvent.action == "looked-at-people")
    assert [event.actor_id for event in db.session.scalars(looks)] == [world.people["manager"].id]
