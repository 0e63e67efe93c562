"""Who gets what: every view × every role × an object of one's own institution, of another one, and none.

The table below is complete: a view that is added and not listed fails the first test.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from lms import clock
from lms.db import db
from lms.learning.access import token_hash
from lms.library import library
from lms.records.accounts import PasswordReset, SignIn
from lms.records.attempts import Attempt
from lms.records.certificates import Certificate
from lms.records.enrolments import Request
from lms.records.limits import DatabaseStorage
from lms.records.people import Grant, Person, Role

from .conftest import Visitor, World, enrol

NOBODY = ""
ROLES = (NOBODY, "trainee", "trainer", "manager", "unit-manager", "other-manager", "coordinator", "administrator")
SIGNED_IN = frozenset(ROLES) - {NOBODY}
ALL = frozenset(ROLES)
MANAGERS = frozenset({"manager", "unit-manager", "other-manager"})
TRAINER, COORDINATOR, ADMINISTRATOR = frozenset({"trainer"}), frozenset({"coordinator"}), frozenset({"administrator"})
OK = (200, 303)
FORM = (200, 303, 422)
A, B = frozenset({"manager", "unit-manager"}), frozenset({"other-manager"})


@dataclass(frozen=True)
class View:
    """What holds for a view.

    `url` may hold `{person}`, `{attempt}` … of the place asked for: own (Ministry A, unit Border), other (Ministry B),
    none. `opens`: the roles it is open to; others get 403, somebody unknown the sign-in page. `own` and `other`: of
    those, who finds the object of that place; the others get 404. A `url` without an object is asked for once.
    """

    url: str
    opens: frozenset[str]
    ok: tuple[int, ...] = OK
    own: frozenset[str] = ALL
    other: frozenset[str] = ALL
    data: dict[str, str] = field(default_factory=dict)
    redirects: bool = False
    missing: tuple[int, ...] = ()  # of a view open to all: what there is for an object that does not exist


PERSON = {"own": A, "other": B}
VIEWS: dict[tuple[str, str], View] = {
    ("static", "GET"): View("/static/staza.css", ALL),
    ("system.healthz", "GET"): View("/healthz", ALL),
    ("system.accessibility", "GET"): View("/accessibility", ALL),
    ("account.sign_in", "GET"): View("/sign-in", ALL, redirects=True),
    ("account.sign_in_now", "POST"): View("/sign-in", ALL, FORM),
    ("account.sign_out", "POST"): View("/sign-out", SIGNED_IN),
    ("account.forgotten", "GET"): View("/password", ALL),
    ("account.forgotten_now", "POST"): View("/password", ALL),
    ("account.choose_password", "GET"): View("/password/{token}", ALL),
    ("account.choose_password_now", "POST"): View("/password/{token}", ALL, FORM),
    ("account.profile", "GET"): View("/profile", SIGNED_IN),
    ("account.sign_ins", "GET"): View("/profile/sign-ins", SIGNED_IN),
    ("account.end_other_sign_ins", "POST"): View("/profile/sign-ins/end-others", SIGNED_IN),
    ("account.change_password", "POST"): View("/profile/password", SIGNED_IN, FORM),
    ("account.language", "POST"): View("/language", ALL),
    ("account.theme", "POST"): View("/theme", ALL),
    ("home.index", "GET"): View("/", SIGNED_IN),
    ("catalogue.index", "GET"): View("/courses", SIGNED_IN),
    ("paths.index", "GET"): View("/paths", SIGNED_IN),
    ("catalogue.course", "GET"): View("/courses/{course}", SIGNED_IN),
    ("catalogue.enrol_oneself", "POST"): View("/courses/{course}/enrol", SIGNED_IN),
    ("catalogue.ask", "POST"): View("/courses/{course}/request", SIGNED_IN),
    ("catalogue.start", "POST"): View("/courses/{course}/start", SIGNED_IN),
    ("lessons.lesson", "GET"): View("/courses/{course}/lessons/{lesson}", SIGNED_IN, redirects=True),
    ("lessons.card", "GET"): View("/courses/{course}/card", SIGNED_IN, other=frozenset(), redirects=True),
    ("lessons.answer", "POST"): View(
        "/courses/{course}/lessons/{lesson}/checks/check-single", SIGNED_IN, own=SIGNED_IN, other=frozenset()
    ),
    ("lessons.finish", "POST"): View("/courses/{course}/lessons/{lesson}/finish", SIGNED_IN),
    ("media.medium", "GET"): View("/courses/{course}/media/none.svg", SIGNED_IN, own=frozenset(), other=frozenset()),
    ("attempts.start", "GET"): View(
        "/courses/{course}/quizzes/final", SIGNED_IN, own=SIGNED_IN, other=frozenset(), redirects=True
    ),
    ("attempts.begin", "POST"): View(
        "/courses/{course}/quizzes/final/attempts", SIGNED_IN, own=SIGNED_IN, other=frozenset()
    ),
    ("attempts.resume", "GET"): View(
        "/attempts/{attempt}", SIGNED_IN, own=frozenset({"trainee"}), other=frozenset(), redirects=True
    ),
    ("attempts.question", "GET"): View(
        "/attempts/{attempt}/questions/1", SIGNED_IN, own=frozenset({"trainee"}), other=frozenset()
    ),
    ("attempts.save", "POST"): View(
        "/attempts/{attempt}/questions/1", SIGNED_IN, own=frozenset({"trainee"}), other=frozenset()
    ),
    ("attempts.time", "GET"): View(
        "/attempts/{attempt}/time", SIGNED_IN, own=frozenset({"trainee"}), other=frozenset()
    ),
    ("attempts.overview", "GET"): View(
        "/attempts/{attempt}/overview", SIGNED_IN, own=frozenset({"trainee"}), other=frozenset()
    ),
    ("attempts.submit", "POST"): View(
        "/attempts/{attempt}/submit", SIGNED_IN, own=frozenset({"trainee"}), other=frozenset()
    ),
    ("attempts.result", "GET"): View(
        "/attempts/{attempt}/result", SIGNED_IN, own=frozenset({"trainee"}), other=frozenset(), redirects=True
    ),
    ("certificates.pdf", "GET"): View("/certificates/{certificate}.pdf", SIGNED_IN, own=A | {"trainee"}, other=B),
    ("certificates.verify", "GET"): View("/verify/{code}", ALL, missing=(404,)),
    ("certificates.look_up", "GET"): View("/verify", ALL),
    ("trainer.index", "GET"): View("/trainer", TRAINER),
    ("trainer.course", "GET"): View("/trainer/{course}", TRAINER, other=frozenset()),
    ("trainer.items", "GET"): View("/trainer/{course}/items", TRAINER, other=frozenset()),
    ("trainer.lesson", "GET"): View("/trainer/{course}/as/RS/lessons/{lesson}", TRAINER, other=frozenset()),
    ("releases.index", "GET"): View("/trainer/{course}/releases", TRAINER, other=frozenset()),
    ("releases.difference", "GET"): View("/trainer/{course}/releases/difference", TRAINER, other=frozenset()),
    ("marking.index", "GET"): View("/trainer/{course}/marking", TRAINER, other=frozenset()),
    ("marking.marked", "GET"): View("/trainer/{course}/marking/marked", TRAINER, other=frozenset()),
    ("marking.answer", "GET"): View(
        "/trainer/{course}/marking/{attempt}/single", TRAINER, own=frozenset(), other=frozenset()
    ),
    ("marking.mark", "POST"): View(
        "/trainer/{course}/marking/{attempt}/single", TRAINER, own=frozenset(), other=frozenset()
    ),
    ("manager.completion", "GET"): View("/manager", MANAGERS),
    ("manager.completion_file", "GET"): View("/manager/completion.csv", MANAGERS),
    ("manager.people", "GET"): View("/manager/people", MANAGERS),
    ("manager.people_file", "GET"): View("/manager/people.xlsx", MANAGERS),
    ("manager.person", "GET"): View("/manager/people/{person}", MANAGERS, **PERSON),
    ("manager.enrol", "POST"): View(
        "/manager/people/{person}/enrol", MANAGERS, FORM, **PERSON, data={"course": "by-request"}
    ),
    ("manager.import_", "GET"): View("/manager/import", MANAGERS),
    ("manager.import_", "POST"): View("/manager/import", MANAGERS, FORM),
    ("manager.requests", "GET"): View("/manager/requests", MANAGERS | ADMINISTRATOR),
    ("manager.decide", "POST"): View(
        "/manager/requests/{request}",
        MANAGERS | ADMINISTRATOR,
        FORM,
        own=A | ADMINISTRATOR,
        other=B | ADMINISTRATOR,
        data={"decision": "decline"},
    ),
    ("manager.allow_attempt", "POST"): View("/manager/enrolments/{enrolment}/attempts", MANAGERS, **PERSON),
    ("coordinator.index", "GET"): View("/region", COORDINATOR),
    ("coordinator.file", "GET"): View("/region.csv", COORDINATOR),
    ("admin.institutions", "GET"): View("/admin", ADMINISTRATOR),
    ("admin.add_institution", "POST"): View("/admin/institutions", ADMINISTRATOR, FORM),
    ("admin.institution", "GET"): View("/admin/institutions/{institution}", ADMINISTRATOR),
    ("admin.add_unit", "POST"): View("/admin/institutions/{institution}/units", ADMINISTRATOR, FORM),
    ("admin.rename", "POST"): View("/admin/institutions/{institution}/name", ADMINISTRATOR, FORM),
    ("admin.set_time_zone", "POST"): View("/admin/institutions/{institution}/time-zone", ADMINISTRATOR, FORM),
    ("admin.people", "GET"): View("/admin/people", ADMINISTRATOR),
    ("admin.new_person", "GET"): View("/admin/people/new", ADMINISTRATOR),
    ("admin.add_person", "POST"): View("/admin/people", ADMINISTRATOR, FORM),
    ("admin.person", "GET"): View("/admin/people/{person}", ADMINISTRATOR),
    ("admin.edit_person", "GET"): View("/admin/people/{person}/edit", ADMINISTRATOR),
    ("admin.change_person", "POST"): View("/admin/people/{person}/edit", ADMINISTRATOR, FORM),
    ("admin.sure_to_close", "GET"): View("/admin/people/{person}/close", ADMINISTRATOR),
    ("admin.send_password_link", "POST"): View("/admin/people/{person}/password-link", ADMINISTRATOR, FORM),
    ("admin.sure_to_grant", "GET"): View("/admin/people/{person}/roles/give?role=coordinator", ADMINISTRATOR),
    ("admin.sure_to_revoke", "GET"): View("/admin/people/{person}/roles/{grant}/revoke", ADMINISTRATOR),
    ("admin.close_account", "POST"): View("/admin/people/{person}/close", ADMINISTRATOR, FORM),
    ("admin.open_account", "POST"): View("/admin/people/{person}/open", ADMINISTRATOR, FORM),
    ("admin.invite", "POST"): View("/admin/people/{person}/invite", ADMINISTRATOR, FORM),
    ("admin.grant", "POST"): View("/admin/people/{person}/roles", ADMINISTRATOR, FORM),
    ("admin.revoke", "POST"): View("/admin/people/{person}/roles/{grant}/revoke", ADMINISTRATOR, FORM),
    ("admin.operation", "GET"): View("/admin/operation", ADMINISTRATOR),
    ("admin.again", "POST"): View("/admin/operation/again", ADMINISTRATOR),
    ("admin.audit", "GET"): View("/admin/audit", ADMINISTRATOR),
}


def test_every_view_is_in_the_table(app: Flask) -> None:
    known = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert known == set(VIEWS)


@pytest.fixture
def places(app: Flask, world: World) -> dict[str, dict[str, object]]:
    """What the addresses are filled with: something of Ministry A, something of Ministry B, something that is not."""
    return {
        "own": _things(world.people["trainee"], "basics", world.institutions["Border"]),
        "other": _things(world.people["stranger"], "by-request", world.institutions["Ministry B"]),
        "none": dict.fromkeys(("person", "enrolment", "attempt", "certificate", "request", "grant"), uuid4())
        | {"course": "no-such-course", "lesson": "no", "institution": 10**6, "code": "0" * 16, "token": "x" * 43},
    }


def _things(person: Person, course_id: str, institution: int) -> dict[str, object]:
    revision = library().revision_of("basics")
    session, at = db.session(), clock.now()
    enrolment = enrol(person, "basics")
    common = {"institution_id": person.institution_id, "person_id": person.id}
    attempt = Attempt(
        **common,
        enrolment_id=enrolment.id,
        course_id="basics",
        quiz_id="final",
        number=1,
        revision=revision,
        commit="",
        locale="en",
        seed="x",
        shown=[["single", []]],
        started_at=at,
        deadline_at=at + timedelta(minutes=30),
    )
    certificate = Certificate(
        **common,
        enrolment_id=enrolment.id,
        code=secrets.token_hex(8).upper(),
        course_id="basics",
        revision=revision,
        name=person.name,
        institution="A",
        title="Basics",
        hours=1.0,
        score=1.0,
        locale="en",
        issued_at=at,
        issued_on=at.date(),
    )
    request = Request(**common, course_id="by-request", reason="", requested_at=at)
    token = secrets.token_urlsafe(32)
    reset = PasswordReset(token_hash=token_hash(token), email=person.email, expires_at=at + timedelta(hours=1))
    session.add_all([attempt, certificate, request, reset])
    session.commit()
    return {
        "person": person.id,
        "enrolment": enrolment.id,
        "attempt": attempt.id,
        "certificate": certificate.id,
        "request": request.id,
        "course": course_id,
        "lesson": "first" if course_id == "basics" else "only",
        "institution": institution,
        "code": certificate.code,
        "token": token,
    }


def _grant(person: Person) -> UUID:
    """Give somebody a role, to be taken away."""
    row = Grant(institution_id=person.institution_id, person_id=person.id, role=Role.COORDINATOR)
    db.session.add(row)
    db.session.commit()
    return row.id


def enter(app: Flask, person: Person | None) -> Visitor:
    """A browser that is signed in, without the cost of checking a password."""
    browser = Visitor(app)
    if person:
        token, at = secrets.token_urlsafe(32), clock.now()
        db.session.add(
            SignIn(
                token_hash=token_hash(token),
                institution_id=person.institution_id,
                person_id=person.id,
                created_at=at,
                expires_at=at + timedelta(hours=1),
            )
        )
        db.session.commit()
        with browser.client.session_transaction() as session:
            session["_user_id"] = token
    return browser


def expected(view: View, role: str, place: str) -> tuple[int, ...]:
    """The status codes that the table allows."""
    if role not in view.opens:
        return (403,) if role else (302,)
    finders = {"own": view.own, "other": view.other, "none": frozenset[str]()}[place]
    if "{" in view.url and role not in finders and view.opens != ALL:
        return (404,)
    if place == "none" and view.missing:
        return view.missing
    return (*view.ok, 302) if view.redirects else view.ok


@pytest.mark.parametrize(("endpoint", "method"), sorted(VIEWS), ids=lambda value: str(value))
def test_who_gets_what(
    app: Flask, world: World, places: dict[str, dict[str, object]], endpoint: str, method: str
) -> None:
    view = VIEWS[endpoint, method]
    if "{grant}" in view.url:
        for place, name in (("own", "trainee"), ("other", "stranger")):
            places[place]["grant"] = _grant(world.people[name])
    for place in ("none", "other", "own") if "{" in view.url else ("own",):
        for role in ROLES:
            browser = enter(app, world.people[role] if role else None)
            url = view.url.format_map(places[place])
            DatabaseStorage().reset()  # the rate limits have tests of their own
            answer = browser.get(url) if method == "GET" else browser.post(url, view.data)
            wanted = expected(view, role, place)
            if method == "POST" and wanted == (302,):
                wanted = (401,)  # the sign-in page at once, which keeps what was typed
            assert answer.status_code in wanted, f"{role or 'nobody'} {method} {url} ({place}): {answer.status_code}"
            if role == NOBODY and answer.status_code == 302:
                assert answer.headers["Location"].startswith("/sign-in")
