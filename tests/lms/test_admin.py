"""Administering: institutions, people, accounts, roles, and the log of it all."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.db import db
from lms.learning import accounts, administer, operate
from lms.learning.administer import Wrong
from lms.learning.refusal import Refused
from lms.library import library
from lms.names import fold
from lms.records.accounts import Account, Actor, PasswordReset, SignIn
from lms.records.administration import newest_link
from lms.records.audit import AuditEvent
from lms.records.institutions import Institution
from lms.records.jobs import Job
from lms.records.people import Grant, Person, Role

from .conftest import PASSWORD, START, Statements, Visitor, World, actor_for

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
        ("ministry a", "RS", "already exists here"),
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
    with pytest.raises(Refused, match="nested any deeper"):
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
        ({"email": "Trainee@example.org"}, "An account with the address trainee@example.org already exists."),
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
    with pytest.raises(Wrong, match="unit of this person’s institution"):
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


def link(person: Person) -> int:
    return newest_link(db.session(), person.email)


def test_an_invitation_can_be_sent_again_until_a_password_is_chosen(world: World) -> None:
    actor, unit = administrator(world), world.institutions["Border"]
    person = administer.add_person(actor, "Ana", "ana@example.org", unit, URL, START)
    first = db.session.scalars(select(PasswordReset.token_hash)).one()
    assert administer.invite_again(actor, person.id, URL, link(person), START + timedelta(minutes=1))
    assert db.session.scalars(select(PasswordReset.token_hash)).one() != first
    with pytest.raises(Refused, match="has chosen a password"):
        administer.invite_again(actor, world.people["trainee"].id, URL, 0, START)
    administer.close_account(actor, person.id, START)
    with pytest.raises(Refused, match="closed"):
        administer.invite_again(actor, person.id, URL, 0, START)


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
    with pytest.raises(Wrong, match="unit of this person’s institution"):
        administer.grant(
            administrator(world),
            world.people["trainee"].id,
            Role.MANAGER,
            START,
            node_id=world.institutions["Ministry B"],
        )


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
        lambda: administer.invite_again(actor, person.id, URL, 0, START),
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


# ── before what is hard to undo ────────────────────────────────────────────────────────────────────────────────────


def test_what_is_hard_to_undo_says_first_what_will_happen(visitor: Guise, world: World) -> None:
    browser, person = visitor("administrator"), world.people["trainee"]
    url = f"/admin/people/{person.id}"
    page = browser.get(url).get_data(as_text=True)
    for action in re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', page):
        assert not re.search(r"/(close|revoke|roles)$", action), "nothing of it is one click away"
    sure = browser.get(f"{url}/close").get_data(as_text=True)
    assert "signed out everywhere" in sure
    assert f'method="post" action="{url}/close"' in sure
    unit = world.institutions["Border"]
    sure = browser.get(f"{url}/roles/give?role=manager&unit={unit}").get_data(as_text=True)
    assert "sees and enrols everyone in Ministry A › Border" in sure or "Border and below" in sure
    assert f'name="unit" value="{unit}"' in sure
    assert grants_of(world, "trainee") == []
    assert browser.post(f"{url}/roles", {"role": "manager", "unit": unit}).status_code == 303
    (grant,) = grants_of(world, "trainee")
    sure = browser.get(f"{url}/roles/{grant}/revoke").get_data(as_text=True)
    assert f'method="post" action="{url}/roles/{grant}/revoke"' in sure
    stranger = world.people["stranger"].id
    assert browser.get(f"/admin/people/{stranger}/roles/{grant}/revoke").status_code == 404
    for odd in ("king", "manager&unit=999", "manager", "trainer&course=none-such", "trainer"):
        assert browser.get(f"{url}/roles/give?role={odd}").status_code == 404


def grants_of(world: World, name: str) -> list[object]:
    db.session.expire_all()
    return [row.id for row in db.session.query(Grant).filter_by(person_id=world.people[name].id)]


def test_the_administrator_sends_a_link_for_a_new_password_once(visitor: Guise, world: World) -> None:
    browser, url = visitor("administrator"), f"/admin/people/{world.people['trainee'].id}"
    page = browser.get(url).get_data(as_text=True)
    seen = re.search(r'password-link.*?name="seen" value="(\d+)"', page, re.DOTALL)[1]
    for _ in range(2):
        assert browser.post(f"{url}/password-link", {"seen": seen}).status_code == 303
    (mail,) = db.session.scalars(select(Job))
    link = re.search(r"http://localhost(/password/\S+)", mail.payload["body"])[1]
    new = {"new": "four brave words here", "again": "four brave words here"}
    assert visitor("").post(link, new).status_code == 303
    visitor("").sign_in("trainee", "four brave words here")
    assert db.session.query(AuditEvent).filter_by(action="password-link-sent").count() == 1
