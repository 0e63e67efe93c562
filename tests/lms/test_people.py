"""How people are found by name."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from lms.db import db
from lms.learning import administer
from lms.learning.administer import Wrong
from lms.names import SEARCH_LENGTH, fold, searched, sorted_by
from lms.records.people import Person

from .conftest import START, Visitor, World, actor_for, enrol


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Đorđe", "djordje"),
        ("Ђорђе", "Djordje"),
        ("Ѓорѓи Ќосев", "gjorgji kjosev"),
        ("Žarko Šćekić", "zarko scekic"),
        ("Çelë", "cele"),
        ("Đorđe", "dorde"),
        ("Ђорђе", "dorde"),
        ("Ќосевски", "kosevski"),
        ("Ќосевски", "kjosevski"),
        ("Işık", "ışık"),
        ("Işık", "isik"),
        ("Łukasz", "lukasz"),
        ("O'Brien", "obrien"),
        ("O’Brien", "o'brien"),
        ("Petrović-Kovač", "petrovic-kovac"),
        ("Петровић–Ковач", "Petrovic Kovac"),
        ("Његош", "njegos"),
        ("Søren", "soren"),
    ],
)
def test_scripts_and_diacritics_meet(written: str, typed: str) -> None:
    assert fold(written) == fold(typed)


def test_what_people_are_searched_by_fits_its_column() -> None:
    assert len(searched("ﷺ" * 200, "a" * 254)) == SEARCH_LENGTH


# ── the order of names ─────────────────────────────────────────────────────────────────────────────────────────────

URL = "http://localhost"
IN_ORDER = [
    ("Марко Арсић", "Арсић"),
    ("Zorica Babić", "Babić"),
    ("Биљана Зец", ""),  # no family name known: by the whole name
    ("Ana Ćirić", "Ćirić"),
    ("Ирена Ћирић", "Ћирић"),
    ("Jovan Ćirić-Kos", "Ćirić-Kos"),
    ("Zoran Kos", "Kos"),
    ("Ana Kos Marić", "Kos Marić"),
    ("Ana Kosić", "Kosić"),
    ("Бојан Његовановић", "Његовановић"),
    ("Šime Žarko", "Žarko"),
]
"""People and their family names, in the order that lists have."""


def crowd(world: World) -> list[str]:
    """These people at unit Border, added in another order; their addresses in order."""
    actor, unit = actor_for(db.session(), world.people["administrator"]), world.institutions["Border"]
    for place in (7, 3, 10, 0, 5, 9, 1, 8, 4, 6, 2):
        name, family_name = IN_ORDER[place]
        person = administer.add_person(actor, name, f"a{place:02}@example.org", unit, URL, START, family_name)
        enrol(person, "basics")
    return [f"a{place:02}@example.org" for place in range(len(IN_ORDER))]


def test_lists_and_files_sort_by_family_name_where_it_is_known(
    app: Flask, world: World, visitor: Callable[[str], Visitor]
) -> None:
    addresses = crowd(world)
    manager, administrator = visitor("manager"), visitor("administrator")

    def order(browser: Visitor, address: str) -> list[str]:
        seen = re.findall(r"a\d\d@example\.org", browser.get(address).get_data(as_text=True))
        return list(dict.fromkeys(seen))

    for kind, page in (("completion", "/manager"), ("people", "/manager/people")):
        assert order(manager, page) == addresses
        assert order(manager, f"{page}?order=down&sort=name") == addresses[::-1]
        assert order(manager, f"/manager/{kind}.csv") == addresses
        assert order(manager, f"/manager/{kind}.csv?sort=unit") == addresses
    assert order(administrator, "/admin/people") == addresses


def test_a_page_by_name_is_read_off_an_index(app: Flask, world: World) -> None:
    crowd(world)
    if db.engine.dialect.name != "sqlite":
        pytest.skip("of a dozen rows PostgreSQL reads the table")
    for where in ("institution_id = 1", "1"):
        sql = f"EXPLAIN QUERY PLAN SELECT id FROM people WHERE {where} ORDER BY sort_key, id LIMIT 50"
        plan = " ".join(row[3] for row in db.session.execute(text(sql)))
        assert "INDEX ix_people_" in plan
        assert "TEMP B-TREE" not in plan


def test_the_form_keeps_a_family_name_that_the_name_holds(
    app: Flask, world: World, visitor: Callable[[str], Visitor]
) -> None:
    person, browser = world.people["trainee"], visitor("administrator")
    address = f"/admin/people/{person.id}/edit"
    form = {"name": "Ana Jović", "email": person.email, "unit": str(person.unit_id)}

    def kept() -> tuple[str, str]:
        db.session.expire_all()
        row = db.session.execute(select(Person.family_name, Person.sort_key).where(Person.id == person.id)).one()
        return row.family_name, row.sort_key

    assert browser.post(address, form | {"family_name": "Јовић"}).status_code == 303
    assert kept() == ("Јовић", "jovic\tana jovic")
    assert 'value="Јовић"' in browser.get(address).get_data(as_text=True)
    refused = browser.post(address, form | {"name": "Ana Kos", "family_name": "Јовић"})
    assert refused.status_code == 422
    assert "is not part of the name" in refused.get_data(as_text=True)
    assert browser.post(address, form | {"name": "Ana Kos", "family_name": ""}).status_code == 303
    assert kept() == ("", "ana kos")
    new = {"name": "Ђорђе Ћук", "email": "new@example.org", "unit": str(person.unit_id), "family_name": "Ћук"}
    assert browser.post("/admin/people", new).status_code == 303
    assert db.session.scalars(select(Person.family_name).where(Person.email == "new@example.org")).one() == "Ћук"


def test_no_part_of_a_word_is_a_family_name(app: Flask, world: World) -> None:
    actor, unit = actor_for(db.session(), world.people["administrator"]), world.institutions["Border"]
    with pytest.raises(Wrong, match="not part of the name"):
        administer.add_person(actor, "Ana Kosić", "a@example.org", unit, URL, START, "Kos")


def test_nobodys_family_name_is_guessed(app: Flask, world: World) -> None:
    person = world.people["trainee"]
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE people SET name = 'Ђорђе Ћук' WHERE email = :to"), {"to": person.email})
    db.session.remove()
    downgrade(revision="0012")
    upgrade()
    found = db.session.execute(select(Person.family_name, Person.sort_key).where(Person.email == person.email)).one()
    assert tuple(found) == ("", "dorde cuk")


def test_what_people_are_sorted_by_fits_its_column() -> None:
    assert len(sorted_by("ﷺ" * 200, "ﷺ" * 200)) == SEARCH_LENGTH
