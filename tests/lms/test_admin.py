"""Administering: institutions, people, accounts, roles, and the log of it all."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms.db import db
from lms.learning import accounts, administer, operate
from lms.learning.administer import Wrong
from lms.learning.refusal import Refused
from lms.library import library
from lms.records import institutions
from lms.records.accounts import Account, Actor, PasswordReset, SignIn, actor_for
from lms.records.audit import AuditEvent
from lms.records.institutions import Institution
from lms.records.jobs import Job
from lms.records.people import Grant, Person, Role, fold
from lms.web import wording

from .conftest import PASSWORD, START, Statements, Visitor, World

Guise = Callable[[str], Visitor]
Counting = Callable[[], AbstractContextManager[Statements]]

pytestmark = pytest.mark.usefixtures("app")
URL = "http://localhost"


def administrator(world: World) -> Actor:
    return actor_for(db.session(), world.people["administrator"])


def actions(person: Person | None = None) -> list[str]:
    """What was written down, oldest first; about this person's data."""
    query = select(AuditEvent.action).order_by(AuditEvent.at, AuditEvent.id)
    return list(db.session.scalars(query.where(AuditEvent.person_id == person.id) if person else query))


def node(name: str) -> Institution:
    return db.session.scalars(select(Institution).where(Institution.name == name)).one()


# ── institutions ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_institution_and_units_below_it_through_the_pages(visitor: Guise) -> None:
    browser = visitor("administrator")
    assert browser.post("/admin/institutions", {"name": " Ministry   C ", "country": "MK"}).status_code == 303
    top = node("Ministry C")
    assert browser.post(f"/admin/institutions/{top.id}/units", {"name": "Reception"}).status_code == 303
    unit = node("Reception")
    assert (unit.root_id, unit.country, unit.path) == (top.id, "MK", f"/{top.id}/{unit.id}/")
    assert browser.post(f"/admin/institutions/{unit.id}/name", {"name": "Reception Centre"}).status_code == 303
    page = browser.get("/admin").get_data(as_text=True)
    assert "Reception Centre" in page
    assert "North Macedonia" in page
    assert {"institution-added", "unit-added", "institution-renamed"} <= set(actions())


@pytest.mark.parametrize(
    ("name", "country", "said"),
    [
        ("", "RS", "Enter a name."),
        ("!!!", "RS", "is not a name"),
        ("x" * 201, "RS", "at most 200 characters"),
        ("ministry a", "RS", "with the name"),
        ("Ministry C", "XX", "Choose a country"),
    ],
)
def test_what_an_institution_can_not_be(visitor: Guise, name: str, country: str, said: str) -> None:
    answer = visitor("administrator").post("/admin/institutions", {"name": name, "country": country})
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert "institution-added" not in actions()


def test_units_of_different_institutions_may_share_a_name(world: World) -> None:
    row = administer.add_unit(administrator(world), world.institutions["Ministry B"], "Border", START)
    assert row.name == "Border"
    with pytest.raises(Wrong, match="already"):
        administer.add_unit(administrator(world), world.institutions["Ministry B"], "БОРДЕР", START)


def test_a_tree_does_not_grow_too_deep_for_its_paths(world: World) -> None:
    parent = world.institutions["Ministry B"]
    db.session.get_one(Institution, parent).path = "/" + "1234567/" * 23
    db.session.commit()
    with pytest.raises(Refused, match="too deep"):
        administer.add_unit(administrator(world), parent, "One more level", START)


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_person_is_invited_and_can_sign_in(world: World, visitor: Guise) -> None:
    browser = visitor("administrator")
    unit = world.institutions["Patrol"]
    form = {"name": "Đorđe  Šarić", "email": " Djordje.Saric@Example.org ", "unit": unit}
    answer = browser.post("/admin/people", form)
    assert answer.status_code == 303
    person = db.session.scalars(select(Person).where(Person.email == "djordje.saric@example.org")).one()
    assert (person.name, person.unit_id, person.institution_id) == (
        "Đorđe Šarić",
        unit,
        world.institutions["Ministry A"],
    )
    assert person.search == fold("Đorđe Šarić djordje.saric@example.org")
    mail = db.session.scalars(select(Job)).one()
    assert mail.payload["to"] == person.email
    link = re.search(r"http://localhost(/password/\S+)", mail.payload["body"])
    assert link
    stranger = visitor("")
    assert stranger.post(link[1], {"new": PASSWORD, "again": PASSWORD}).status_code == 303
    assert stranger.post("/sign-in", {"email": person.email, "password": PASSWORD}).status_code == 303
    assert "person-added" in actions(person)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": " "}, "Enter a name."),
        ({"name": "12345"}, "is not a name"),
        ({"name": "A\u0000na"}, "is not a name"),
        ({"email": ""}, "Enter an e-mail address."),
        ({"email": "ana"}, "is not an e-mail address"),
        ({"email": "ana@ministry"}, "is not an e-mail address"),
        ({"email": "Trainee@example.org"}, "There is an account with the address trainee@example.org already."),
        ({"unit": ""}, "Choose an institution or unit"),
        ({"unit": "99999"}, "Choose an institution or unit"),
    ],
)
def test_what_a_person_can_not_be(world: World, visitor: Guise, form: dict[str, str], said: str) -> None:
    whole = {"name": "Ana", "email": "ana@example.org", "unit": str(world.institutions["Border"])} | form
    answer = visitor("administrator").post("/admin/people", whole)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert said in page
    assert 'aria-invalid="true"' in page
    assert "person-added" not in actions()
    assert db.session.scalars(select(Job)).all() == []


def test_a_person_moves_within_their_institution_only(world: World) -> None:
    person, patrol = world.people["trainee"], world.institutions["Patrol"]
    administer.change_person(administrator(world), person.id, person.name, person.email, patrol, URL, START)
    moved = db.session.get_one(Person, (person.institution_id, person.id))
    assert moved.unit_id == patrol
    elsewhere = world.institutions["Ministry B"]
    with pytest.raises(Wrong, match="unit of the institution"):
        administer.change_person(administrator(world), person.id, person.name, person.email, elsewhere, URL, START)


def test_another_address_takes_the_account_along_and_ends_old_links(world: World, visitor: Guise) -> None:
    person = world.people["trainee"]
    accounts.ask_for_reset(person.email, URL, START)
    browser = visitor("administrator")
    form = {"name": "Trainee Renamed", "email": "Renamed@example.org", "unit": person.unit_id}
    assert browser.post(f"/admin/people/{person.id}/edit", form).status_code == 303
    assert db.session.scalars(select(PasswordReset)).all() == []
    assert db.session.get(Account, "trainee@example.org") is None
    stranger = visitor("")
    assert stranger.post("/sign-in", {"email": "trainee@example.org", "password": PASSWORD}).status_code == 422
    assert stranger.post("/sign-in", {"email": "renamed@example.org", "password": PASSWORD}).status_code == 303
    assert browser.get("/admin/people?q=renamed").get_data(as_text=True).count("renamed@example.org") == 1
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "person-changed")).one()
    assert event.details["fields"] == ["email", "name"]
    assert "renamed" not in str(event.details).lower()


def test_nobody_takes_an_address_that_somebody_else_has(world: World) -> None:
    person = world.people["trainee"]
    with pytest.raises(Wrong, match="already"):
        administer.change_person(
            administrator(world), person.id, person.name, world.email("colleague"), person.unit_id, URL, START
        )


# ── accounts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_closing_an_account_signs_out_at_once(world: World, visitor: Guise) -> None:
    person = world.people["trainee"]
    trainee, browser = visitor("trainee"), visitor("administrator")
    accounts.ask_for_reset(person.email, URL, START)
    assert trainee.get("/").status_code == 200
    assert browser.post(f"/admin/people/{person.id}/close").status_code == 303
    answer = trainee.get("/")
    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]
    assert visitor("").post("/sign-in", {"email": person.email, "password": PASSWORD}).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(SignIn).where(SignIn.person_id == person.id)) == 0
    assert db.session.scalars(select(PasswordReset)).all() == []

    assert browser.post(f"/admin/people/{person.id}/open").status_code == 303
    assert trainee.get("/").status_code == 302  # the old sign-in does not come back
    assert visitor("").post("/sign-in", {"email": person.email, "password": PASSWORD}).status_code == 303
    assert [name for name in actions(person) if name.startswith("account-")] == ["account-closed", "account-opened"]


def test_an_invitation_can_be_sent_again_until_a_password_is_chosen(world: World) -> None:
    actor, unit = administrator(world), world.institutions["Border"]
    person = administer.add_person(actor, "Ana", "ana@example.org", unit, URL, START)
    first = db.session.scalars(select(PasswordReset.token_hash)).one()
    administer.invite_again(actor, person.id, URL, START)
    assert db.session.scalars(select(PasswordReset.token_hash)).one() != first
    with pytest.raises(Refused, match="has chosen a password"):
        administer.invite_again(actor, world.people["trainee"].id, URL, START)
    administer.close_account(actor, person.id, START)
    with pytest.raises(Refused, match="closed"):
        administer.invite_again(actor, person.id, URL, START)


# ── roles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_roles_are_given_and_taken_away_through_the_pages(world: World, visitor: Guise) -> None:
    person, browser = world.people["trainee"], visitor("administrator")
    trainee = visitor("trainee")
    assert trainee.get("/manager").status_code == 403
    form = {"role": "manager", "unit": world.institutions["Border"]}
    for _again in range(2):
        assert browser.post(f"/admin/people/{person.id}/roles", form).status_code == 303
    grant = db.session.scalars(select(Grant).where(Grant.person_id == person.id)).one()
    assert (grant.role, grant.node_id) == (Role.MANAGER, world.institutions["Border"])
    assert trainee.get("/manager").status_code == 200
    assert "Trainee" in browser.get(f"/admin/institutions/{grant.node_id}").get_data(as_text=True)
    assert browser.post(f"/admin/people/{person.id}/roles/{grant.id}/revoke").status_code == 303
    assert trainee.get("/manager").status_code == 403
    assert [name for name in actions(person) if name.startswith("role-")] == ["role-granted", "role-revoked"]


def test_nobody_manages_another_institution(world: World) -> None:
    with pytest.raises(Wrong, match="unit of the institution"):
        administer.grant(administrator(world), world.people["trainee"].id, Role.MANAGER, START,
                         node_id=world.institutions["Ministry B"])  # fmt: skip


def test_a_trainer_needs_a_course_that_there_is(world: World, visitor: Guise) -> None:
    person, browser = world.people["trainee"], visitor("administrator")
    for course in ("", "no-such-course"):
        browser.post(f"/admin/people/{person.id}/roles", {"role": "trainer", "course": course})
    browser.post(f"/admin/people/{person.id}/roles", {"role": "king"})
    assert db.session.scalars(select(Grant).where(Grant.person_id == person.id)).all() == []
    browser.post(f"/admin/people/{person.id}/roles", {"role": "trainer", "course": "basics"})
    assert db.session.scalars(select(Grant.course_id).where(Grant.person_id == person.id)).one() == "basics"


def test_the_last_administrator_stays(world: World) -> None:
    actor, person, other = administrator(world), world.people["administrator"], world.people["trainee"]
    grant = next(held for held, _node in actor.grants)
    with pytest.raises(Refused, match="last administrator"):
        administer.revoke(actor, grant.id, START)
    with pytest.raises(Refused, match="last administrator"):
        administer.close_account(actor, person.id, START)
    administer.grant(actor, other.id, Role.ADMINISTRATOR, START)
    administer.close_account(actor, other.id, START)
    with pytest.raises(Refused, match="last administrator"):  # a closed account administers nothing
        administer.revoke(actor, grant.id, START)
    administer.open_account(actor, other.id, URL, START)
    administer.revoke(actor, grant.id, START)
    assert db.session.scalars(select(Grant.person_id).where(Grant.role == Role.ADMINISTRATOR)).all() == [other.id]


def test_who_takes_their_own_role_away_is_led_out(world: World, visitor: Guise) -> None:
    person = world.people["administrator"]
    administer.grant(administrator(world), world.people["trainee"].id, Role.ADMINISTRATOR, START)
    grant = next(held for held, _node in administrator(world).grants)
    browser = visitor("administrator")
    answer = browser.post(f"/admin/people/{person.id}/roles/{grant.id}/revoke")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert browser.get("/admin").status_code == 403


# ── nobody else ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["trainee", "manager", "trainer", "coordinator"])
def test_the_verbs_refuse_whoever_is_no_administrator(world: World, name: str) -> None:
    actor, person = actor_for(db.session(), world.people[name]), world.people["colleague"]
    unit = world.institutions["Border"]
    verbs: list[Callable[[], object]] = [
        lambda: administer.add_institution(actor, library().programme(), "Ministry C", "RS", START),
        lambda: administer.add_unit(actor, unit, "New", START),
        lambda: administer.rename(actor, unit, "New", START),
        lambda: administer.add_person(actor, "Ana", "ana@example.org", unit, URL, START),
        lambda: administer.change_person(actor, person.id, "Ana", "ana@example.org", unit, URL, START),
        lambda: administer.invite_again(actor, person.id, URL, START),
        lambda: administer.close_account(actor, person.id, START),
        lambda: administer.open_account(actor, person.id, URL, START),
        lambda: administer.grant(actor, person.id, Role.ADMINISTRATOR, START),
    ]
    for verb in verbs:
        with pytest.raises(Refused):
            verb()
    grant = db.session.scalars(select(Grant).where(Grant.role == Role.ADMINISTRATOR)).one()
    administer.revoke(actor, grant.id, START)
    assert db.session.scalars(select(Grant).where(Grant.role == Role.ADMINISTRATOR)).one() == grant
    assert actions() == []


def test_the_operator_needs_no_account(world: World) -> None:
    administer.grant(operate.operator(), world.people["trainee"].id, Role.ADMINISTRATOR, START)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "role-granted")).one()
    assert event.actor_id is None


# ── listings ───────────────────────────────────────────────────────────────────────────────────────────────────────


def crowd(count: int) -> None:
    """So many people more, in Ministry B."""
    place = node("Ministry B")
    for number in range(count):
        name, email = f"Marko Ћирић {number:04}", f"marko{number:04}@example.org"
        db.session.add(Person(institution_id=place.id, unit_id=place.id, name=name, email=email,
                              search=fold(f"{name} {email}"), created_at=START))  # fmt: skip
    db.session.commit()


@pytest.mark.parametrize("count", [10, 500])
def test_a_page_of_people_costs_six_statements(visitor: Guise, statements: Counting, count: int) -> None:
    crowd(count)
    browser = visitor("administrator")
    for address in ("/admin/people", "/admin/people?q=marko+ciric&role=&standing=", "/admin/people?page=2&unit=4"):
        with statements() as sent:
            assert browser.get(address).status_code == 200
        assert len(sent) <= 6, sent.sql


def test_people_are_found_in_either_script_and_by_filter(world: World, visitor: Guise) -> None:
    crowd(60)
    browser = visitor("administrator")

    def found(query: str) -> list[str]:
        return re.findall(
            r"<td>([\w.-]+@example.org)</td>", browser.get(f"/admin/people?{query}").get_data(as_text=True)
        )

    assert len(found("q=Ћирић")) == 50
    assert len(found("q=ciric&page=2")) == 10
    assert found("q=ciric+0007") == ["marko0007@example.org"]
    assert found("q=100%25") == []
    assert found("role=manager") == ["manager@example.org", "other-manager@example.org", "unit-manager@example.org"]
    patrol = world.institutions["Patrol"]
    assert found(f"unit={patrol}") == ["patrol@example.org"]
    administer.close_account(administrator(world), world.people["trainee"].id, START)
    assert found("standing=closed") == ["trainee@example.org"]


def test_each_look_is_written_down(world: World, visitor: Guise) -> None:
    person, browser = world.people["trainee"], visitor("administrator")
    browser.get("/admin/people?q=trainee")
    browser.get(f"/admin/people/{person.id}")
    browser.get("/admin/audit")
    browser.get(f"/admin/institutions/{person.institution_id}")
    looks = [name for name in actions() if name.startswith("looked")]
    assert looks == ["looked-at-people", "looked-at-account", "looked-at-audit-log", "looked-at-institution"]


# ── the audit log ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_log_is_read_newest_first_and_page_by_page(world: World, visitor: Guise) -> None:
    actor, unit = administrator(world), world.institutions["Border"]
    for number in range(120):
        administer.rename(actor, unit, f"Border {number}", START + timedelta(minutes=number // 3))
    browser = visitor("administrator")
    address, seen = "/admin/audit?action=institution-renamed", []
    while address:
        page = browser.get(address).get_data(as_text=True)
        seen += re.findall(r"new:</span> Border (\d+)", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert len(seen) == 120
    assert set(map(int, seen)) == set(range(120))
    assert [int(number) // 3 for number in seen] == sorted((n // 3 for n in range(120)), reverse=True)


def test_the_log_is_filtered_by_person_action_and_day(app: Flask, world: World, visitor: Guise) -> None:
    actor, person = administrator(world), world.people["trainee"]
    administer.close_account(actor, person.id, START)
    administer.open_account(actor, person.id, URL, START + timedelta(days=3))
    browser = visitor("administrator")

    def found(query: str) -> list[str]:
        page = browser.get(f"/admin/audit?{query}").get_data(as_text=True)
        table = page.partition("<tbody>")[2].partition("</tbody>")[0]
        words = {text: action for action, text in wording.actions().items()}
        cells = [words[cell] for cell in re.findall(r"<td>([^<]+)</td>", table) if cell in words]
        return [cell for cell in cells if not cell.startswith("looked")]  # reading the log is written down too

    with app.test_request_context():
        assert found("email=TRAINEE@example.org") == ["account-opened", "account-closed"]
        assert found("email=trainee@example.org&side=by") == []
        assert "account-closed" in found("email=administrator@example.org&side=by")
        assert found("action=account-closed") == ["account-closed"]
        day = START.date()
        assert found(f"since={day}&until={day}") == ["account-closed"]
        assert found(f"since={day + timedelta(days=3)}&action=account-opened") == ["account-opened"]
        assert found("email=nobody@example.org") == []
    assert browser.get("/admin/audit?after=nonsense&since=9999-12-31&until=9999-12-31&page=x").status_code == 200


def test_the_log_costs_six_statements(visitor: Guise, statements: Counting) -> None:
    browser = visitor("administrator")
    for _time in range(3):
        with statements() as sent:
            browser.get("/admin/audit?email=trainee@example.org")
        assert len(sent) <= 6, sent.sql


def test_every_action_has_words(app: Flask) -> None:
    written = re.compile(r'(?:audit\.note|\blooked|\.look)\(([^"{=]*"[a-z-]+"(?: if [^"]*else "[a-z-]+")?)')
    named = set()
    for path in (Path(__file__).parents[2] / "lms").rglob("*.py"):
        for call in written.findall(path.read_text()):
            named |= set(re.findall(r'"([a-z-]+)"', call))
    with app.test_request_context():
        assert named - set(wording.actions()) == set()
    assert len(named) > 25


def test_the_tree_is_told_in_constant_statements(visitor: Guise, statements: Counting) -> None:
    parent = node("Ministry B")
    for number in range(30):
        institutions.add(db.session(), f"Unit {number}", "", parent)
    db.session.commit()
    browser = visitor("administrator")
    for address in ("/admin", f"/admin/institutions/{parent.id}"):
        with statements() as sent:
            assert browser.get(address).status_code == 200
        assert len(sent) <= 6, sent.sql
