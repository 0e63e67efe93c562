"""A day is a day at the institution: in Belgrade, Athens and London, at night and when the clocks change."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pypdf
import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from lms import clock
from lms.days import day_of, start_of, zone_of_country
from lms.db import db
from lms.learning import administer
from lms.learning.access import region
from lms.records import institutions
from lms.records.certificates import Certificate
from lms.records.enrolments import State, today_of
from lms.records.institutions import Institution
from lms.records.people import Person
from lms.reports.region import ALL, counts

from .conftest import Visitor, World, actor_for, enrol
from .journey import complete

Visit = Callable[[str], Visitor]
Set = Callable[[datetime], None]
LATE = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
"""30 November, 00:30 in Belgrade and 01:30 in Athens; in London still 29 November."""


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Set the server's clock."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.mark.parametrize(
    ("moment", "belgrade", "athens", "london"),
    [
        ("2026-11-29T21:59", 29, 29, 29),
        ("2026-11-29T22:00", 29, 30, 29),
        ("2026-11-29T23:30", 30, 30, 29),
        ("2027-03-27T22:30", 27, 28, 27),  # the night in which the clocks go forward, at 01:00 UTC
        ("2027-03-27T23:30", 28, 28, 27),
        ("2027-03-28T20:59", 28, 28, 28),
        ("2027-03-28T21:00", 28, 29, 28),
        ("2027-03-28T22:00", 29, 29, 28),
        ("2027-03-28T23:00", 29, 29, 29),
        ("2026-10-24T21:00", 24, 25, 24),  # and the one in which they go back
        ("2026-10-24T22:00", 25, 25, 24),
        ("2026-10-24T23:00", 25, 25, 25),
        ("2026-10-25T22:30", 25, 26, 25),
        ("2026-10-25T23:30", 26, 26, 25),
    ],
)
def test_what_day_it_is(moment: str, belgrade: int, athens: int, london: int) -> None:
    instant = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    zones = ("Europe/Belgrade", "Europe/Athens", "Europe/London")
    assert tuple(day_of(instant, zone).day for zone in zones) == (belgrade, athens, london)


@pytest.mark.parametrize("zone", ["Europe/Belgrade", "Europe/Athens", "Europe/London"])
@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2027, 3, 28), date(2026, 11, 30)])
def test_a_day_begins_at_its_own_midnight(zone: str, day: date) -> None:
    begin = start_of(day, zone)
    assert day_of(begin, zone) == day
    assert day_of(begin - timedelta(milliseconds=1), zone) == day - timedelta(days=1)


def test_countries_have_their_time_zones() -> None:
    assert [zone_of_country(country) for country in ("RS", "BA", "ME", "MK", "SE", "AT", "GR")] == [
        "Europe/Belgrade",
        "Europe/Sarajevo",
        "Europe/Podgorica",
        "Europe/Skopje",
        "Europe/Stockholm",
        "Europe/Vienna",
        "Europe/Athens",
    ]
    assert zone_of_country("??") == "UTC"


@pytest.mark.parametrize(
    ("zone", "said", "day"),
    [
        ("Europe/Belgrade", "30 Nov 2026", 30),
        ("Europe/Athens", "30 Nov 2026", 30),
        ("Europe/London", "29 Nov 2026", 29),
    ],
)
def test_page_file_and_certificate_name_the_same_day(
    app: Flask, world: World, visitor: Visit, at: Set, zone: str, said: str, day: int
) -> None:
    administrator = actor_for(db.session(), world.people["administrator"])
    administer.set_time_zone(administrator, world.institutions["Ministry A"], zone, LATE)
    at(LATE)
    trainee, manager = visitor("trainee"), visitor("manager")
    complete(trainee, "basics")
    certificate = db.session.query(Certificate).one()
    code, id = certificate.code, certificate.id
    assert (certificate.issued_on.day, certificate.valid_until.day) == (day, day)
    assert said in trainee.get("/").text
    assert said in Visitor(app).get(f"/verify/{code}").text
    assert f"2026-11-{day}" in manager.get("/manager/completion.csv").text
    assert f"2026-11-{day}" in manager.get("/manager").text
    assert said in manager.get(f"/manager/people/{world.people['trainee'].id}").text
    pdf = trainee.get(f"/certificates/{id}.pdf")
    assert f"{day} November 2026" in pypdf.PdfReader(io.BytesIO(pdf.data)).pages[0].extract_text()
    assert f"2026-11-{day}" in pdf.headers["Content-Disposition"]


def test_a_certificate_keeps_its_day_when_the_time_zone_changes(
    app: Flask, world: World, visitor: Visit, at: Set
) -> None:
    at(LATE)
    complete(visitor("trainee"), "basics")
    visitor("administrator").post(
        f"/admin/institutions/{world.institutions['Ministry A']}/time-zone", {"time_zone": "Europe/London"}
    )
    certificate = db.session.query(Certificate).one()
    assert "30 Nov 2026" in Visitor(app).get(f"/verify/{certificate.code}").text


@pytest.mark.parametrize(
    ("zone", "moment", "overdue"),
    [
        ("Europe/Belgrade", "2026-11-29T22:59", False),
        ("Europe/Belgrade", "2026-11-29T23:00", True),
        ("Europe/Athens", "2026-11-29T21:59", False),
        ("Europe/Athens", "2026-11-29T22:00", True),
        ("Europe/London", "2026-11-29T23:59", False),
        ("Europe/London", "2026-11-30T00:00", True),
        ("Europe/Belgrade", "2027-03-28T21:59", False),  # due on the day on which the clocks went forward
        ("Europe/Belgrade", "2027-03-28T22:00", True),
        ("Europe/Belgrade", "2026-10-25T22:59", False),
        ("Europe/Belgrade", "2026-10-25T23:00", True),
    ],
)
def test_overdue_begins_at_the_institutions_midnight(
    app: Flask, world: World, visitor: Visit, at: Set, zone: str, moment: str, overdue: bool
) -> None:
    instant = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    due = {11: date(2026, 11, 29), 3: date(2027, 3, 28), 10: date(2026, 10, 25)}[instant.month]
    administrator = actor_for(db.session(), world.people["administrator"])
    administer.set_time_zone(administrator, world.institutions["Ministry A"], zone, instant)
    enrol(world.people["trainee"], "basics", due_on=due)
    at(instant)
    trainee, manager = visitor("trainee"), visitor("manager")
    assert ("Overdue" in trainee.get("/courses/basics").text) is overdue
    assert ("Was due on" in trainee.get("/").text) is overdue
    assert ("Overdue" in manager.get("/manager/completion.csv").text) is overdue
    found = counts(
        db.session(),
        region(actor_for(db.session(), world.people["coordinator"])),
        {},
        institutions.below(db.session(), None),
        instant,
    )
    where = str(world.institutions["Ministry A"])
    assert found.people.get((where, ALL, State.OVERDUE.value), 0) == overdue


def test_the_region_holds_each_institution_against_its_own_day(app: Flask, world: World) -> None:
    db.session.get_one(Institution, world.institutions["Ministry B"]).time_zone = "Europe/London"
    for name in ("trainee", "stranger"):
        enrol(world.people[name], "basics", due_on=date(2026, 11, 29))
    roots = institutions.below(db.session(), None)
    assert not isinstance(today_of(roots[:1], LATE), type(today_of(roots, LATE)))
    found = counts(db.session(), region(actor_for(db.session(), world.people["coordinator"])), {}, roots, LATE)
    assert {key: number for key, number in found.people.items() if key[2] == State.OVERDUE.value} == {
        (str(world.institutions["Ministry A"]), ALL, "overdue"): 1,
        (str(world.institutions["Ministry A"]), "other", "overdue"): 1,
    }


def test_a_due_date_of_today_is_the_institutions_today(app: Flask, world: World, visitor: Visit, at: Set) -> None:
    at(LATE)
    manager, person = visitor("manager"), world.people["trainee"].id
    late = manager.post(f"/manager/people/{person}/enrol", {"course": "basics", "due": "2026-11-29"})
    assert late.status_code == 422
    assert manager.post(f"/manager/people/{person}/enrol", {"course": "basics", "due": "2026-11-30"}).status_code == 303


def test_the_administrator_chooses_the_time_zone(app: Flask, world: World, visitor: Visit) -> None:
    browser, root = visitor("administrator"), world.institutions["Ministry A"]
    assert '<option value="Europe/Belgrade" selected' in browser.get(f"/admin/institutions/{root}").text
    assert browser.post(f"/admin/institutions/{root}/time-zone", {"time_zone": "Mars/Base"}).status_code == 422
    assert browser.post(f"/admin/institutions/{root}/time-zone", {"time_zone": "Europe/Athens"}).status_code == 303
    zones = {row.name: row.time_zone for row in db.session.query(Institution)}
    assert [zones[name] for name in ("Ministry A", "Border", "Patrol")] == ["Europe/Athens"] * 3
    assert zones["Ministry B"] == "Europe/Podgorica"
    unit = world.institutions["Border"]
    browser.post(f"/admin/institutions/{unit}/time-zone", {"time_zone": "Europe/London"})
    db.session.rollback()
    assert db.session.get_one(Institution, unit).time_zone == "Europe/Athens"
    assert "Changed the time zone" in browser.get("/admin/audit").text


def test_what_was_there_before_gets_its_time_zone_and_keeps_the_day_on_paper(app: Flask, world: World) -> None:
    person = world.people["trainee"]
    enrolment = enrol(person, "basics", completed_at=LATE)
    db.session.add(
        Certificate(
            institution_id=person.institution_id,
            person_id=person.id,
            enrolment_id=enrolment.id,
            code="A" * 16,
            course_id="basics",
            revision="f" * 64,
            name="A",
            institution="A",
            title="A",
            hours=1.0,
            locale="en",
            issued_at=LATE,
            issued_on=date(2026, 11, 30),
        )
    )
    db.session.commit()
    db.session.remove()
    downgrade(revision="0008")
    upgrade()
    with db.engine.connect() as connection:
        zones = connection.execute(text("SELECT name, time_zone FROM institutions"))
        assert {row[0]: row[1] for row in zones}["Patrol"] == "Europe/Belgrade"
    assert db.session.query(Certificate).one().issued_on == date(2026, 11, 29)
    assert db.session.query(Person).count()
