"""What administrators list: people and the audit log, and what the lists cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from lms.db import db
from lms.learning import administer
from lms.names import fold
from lms.records import institutions
from lms.records.accounts import Actor
from lms.records.audit import AuditEvent
from lms.records.institutions import Institution
from lms.records.people import Person
from lms.web import wording

from .conftest import START, Statements, Visitor, World, actor_for

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


# ── listings ───────────────────────────────────────────────────────────────────────────────────────────────────────


def crowd(count: int) -> None:
    """So many people more, in Ministry B."""
    place = node("Ministry B")
    for number in range(count):
        name, email = f"Marko Ћирић {number:04}", f"marko{number:04}@example.org"
        db.session.add(
            Person(
                institution_id=place.id,
                unit_id=place.id,
                name=name,
                email=email,
                search=fold(f"{name} {email}"),
                created_at=START,
            )
        )
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
