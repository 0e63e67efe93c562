"""What a manager may do: look at their own subtree, enrol one and many, decide requests; and what is written down."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms.db import db
from lms.learning import importing
from lms.learning.importing import MOST_ROWS, Mistake
from lms.names import searched
from lms.records.audit import AuditEvent
from lms.records.enrolments import Enrolment, Request

from .conftest import START, Visitor, World, enrol

Guise = Callable[[str], Visitor]
TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=60)

pytestmark = pytest.mark.usefixtures("app")


def enrolments() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Enrolment)) or 0


def events(action: str) -> list[AuditEvent]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.at)))


def test_a_manager_sees_their_own_institution_and_a_unit_manager_their_unit(visitor: Guise, world: World) -> None:
    for name in ("trainee", "patrol", "office", "stranger"):
        enrol(world.people[name], "basics")
    seen = {
        who: {
            name
            for name in ("trainee", "patrol", "office", "stranger")
            if f"{name}@example.org" in visitor(who).get("/manager").get_data(as_text=True)
        }
        for who in ("manager", "unit-manager", "other-manager")
    }
    assert seen == {
        "manager": {"trainee", "patrol", "office"},
        "unit-manager": {"trainee", "patrol"},
        "other-manager": {"stranger"},
    }


def test_what_lies_outside_is_not_found(visitor: Guise, world: World) -> None:
    stranger, office = world.people["stranger"].id, world.people["office"].id
    for who, paths in {
        "manager": [
            f"/manager/people/{stranger}",
            f"/manager/people/{uuid4()}",
            "/manager/people.doc",
            f"/manager?unit={world.institutions['Ministry B']}",
            "/manager?unit=999",
            f"/manager/completion.csv?unit={world.institutions['Ministry B']}",
        ],
        "unit-manager": [f"/manager/people/{office}", f"/manager/people?unit={world.institutions['Ministry A']}"],
    }.items():
        browser = visitor(who)
        for path in paths:
            assert browser.get(path).status_code == 404, path
    assert visitor("manager").post(f"/manager/people/{stranger}/enrol", {"course": "basics"}).status_code == 404
    assert enrolments() == 0


def test_every_look_and_every_export_is_written_down(visitor: Guise, world: World) -> None:
    manager, trainee = visitor("manager"), world.people["trainee"]
    manager.get(f"/manager/people/{trainee.id}")
    manager.get("/manager?q=trainee")
    manager.get("/manager/people")
    manager.get("/manager/completion.csv?state=overdue")
    assert [event.person_id for event in events("looked-at-record")] == [trainee.id]
    assert [event.details for event in events("looked-at-completion")] == [{"asked": {"q": "trainee"}}]
    assert len(events("looked-at-people")) == 1
    assert [event.details for event in events("exported")] == [
        {"report": "completion", "format": "csv", "asked": {"state": "overdue"}}
    ]


def test_a_record_shows_what_the_person_has_done(visitor: Guise, world: World) -> None:
    enrol(world.people["trainee"], "basics", due_on=SOON, started_at=START, progress=40)
    page = visitor("manager").get(f"/manager/people/{world.people['trainee'].id}").get_data(as_text=True)
    assert "In progress" in page
    assert "40%" in page


def test_enrolling_one_person_and_giving_another_due_day(visitor: Guise, world: World) -> None:
    manager, trainee = visitor("manager"), world.people["trainee"]
    at = f"/manager/people/{trainee.id}"
    assert manager.post(f"{at}/enrol", {"course": "basics", "due": ""}).status_code == 303
    assert manager.post(f"{at}/enrol", {"course": "basics", "due": SOON.isoformat()}).status_code == 303
    rows = db.session.scalars(select(Enrolment)).all()
    assert [(row.person_id, row.course_id, row.due_on) for row in rows] == [(trainee.id, "basics", SOON)]
    for wrong in ({"course": "none"}, {"course": "basics", "due": "2020-01-01"}, {"course": "basics", "due": "soon"}):
        answer = manager.post(f"{at}/enrol", wrong)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.get_data(as_text=True)
    assert db.session.scalars(select(Enrolment)).one().due_on == SOON


def send(browser: Visitor, content: str | bytes, upload: bool = True, step: str = "check") -> tuple[int, str]:
    data = content if isinstance(content, bytes) else content.encode()
    form = {"step": step, **({"file": (io.BytesIO(data), "list.csv")} if upload else {"list": data.decode()})}
    answer = browser.post("/manager/import", form, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


FIRST, SECOND = "trainee@example.org", "colleague@example.org"
GOOD = {
    "commas": f"email,course,due\n{FIRST},basics,{SOON}\n{SECOND},basics,\n",
    "semicolons, mark and dots": f"\ufeffemail;course;due\r\n{FIRST};basics;{SOON:%d.%m.%Y.}\r\n{SECOND};basics;\r\n",
    "tabs, columns turned": f"due\tnote\tcourse\temail\n{SOON}\tx\tbasics\t{FIRST.upper()}\n\tx\tbasics\t{SECOND}\n",
    "a separator named": f"sep=;\r\nemail;course;due\r\n{FIRST};basics;{SOON}\r\n{SECOND};basics;\r\n",
    "unseen characters": f"\u200bemail,course\u00a0,due\n{FIRST}\u200b,\u00a0basics,{SOON}\n{SECOND}\u2060,basics,\n",
    "names with addresses": f"email,course,due\nAna Anić <{FIRST}>,basics,{SOON}\n<{SECOND}>,basics,\n",
    "an apostrophe before a formula's sign": f"email,course,due,note\n{FIRST},basics,{SOON},'=1+1\n{SECOND},basics,,\n",
    "an export's labels": f'"E-mail address","Course","Due"\n"{FIRST}","basics","{SOON}"\n"{SECOND}","basics",""\n',
    "quotes and empty lines": f'email,course,due\n\n"{FIRST}","basics","{SOON}"\n\n{SECOND},basics,\n',
}


@pytest.mark.parametrize("name", GOOD)
def test_a_list_is_shown_first_and_carried_out_when_sent_again(visitor: Guise, name: str) -> None:
    text, upload = GOOD[name], name != "quotes and empty lines"
    manager = visitor("manager")
    status, page = send(manager, text, upload)
    assert (status, enrolments()) == (200, 0)
    assert "2 enrolments will be added" in page
    carried = page.split("<textarea", 1)[1].split(">", 1)[1].split("</textarea>")[0]
    assert send(manager, carried, upload=False, step="enrol")[0] == 303
    rows = db.session.scalars(select(Enrolment)).all()
    assert sorted((str(row.course_id), row.due_on) for row in rows if row.due_on) == [("basics", SOON)]
    assert len(rows) == 2
    assert "already have the course" in send(manager, text, upload)[1]


HEAD = "email,course,due\n"
NOT_YOURS = "is not among the people you manage."
BAD: dict[str, tuple[str | bytes, list[str]]] = {
    "unknown person": (f"{HEAD}nobody@example.org,basics,\n", ["2", f"“nobody@example.org” {NOT_YOURS}"]),
    "another institution's": (f"{HEAD}stranger@example.org,basics,\n", ["2", f"“stranger@example.org” {NOT_YOURS}"]),
    "no address": (f"{HEAD},basics,\n", ["2", "The e-mail address is missing."]),
    "unknown course": (f"{HEAD}{FIRST},basic,\n", ["2", "There is no course “basic”.", "Write one of: "]),
    "no course": (f"{HEAD}{FIRST},,\n", ["2", "The course is missing."]),
    "no day": (f"{HEAD}\n{FIRST},basics,31/12/2030\n", ["3", "“31/12/2030” is not a date."]),
    "impossible day": (f"{HEAD}{FIRST},basics,31.2.2030\n", ["2", "“31.2.2030” is not a date."]),
    "day over": (f"{HEAD}{FIRST},basics,2020-01-01\n", ["2", "2020-01-01 is in the past."]),
    "doubled": (f"{HEAD}{FIRST},basics,\n{FIRST.title()},basics,\n", ["3", "the same person and course as line 2"]),
    "columns missing": ("mail,course\na,b\n", ["1", "The column “email” is missing."]),
    "no rows": (HEAD, ["All", "has a header line but no rows"]),
    "empty": (" \n", ["All", "The list is empty, or is not a CSV file."]),
    "a spreadsheet": (b"PK\x03\x04\x00\x00", ["All", "The list is empty, or is not a CSV file."]),
    "wrong encoding": (f"{HEAD}{FIRST},Ђуро,\n".encode("cp1251"), ["2", "The file is not written in UTF-8."]),
    "open quote": (f'{HEAD}"{FIRST},basics,\n', ["All", "A quotation mark in the list is not closed."]),
    "too many": (HEAD + f"{FIRST},basics,\n" * (MOST_ROWS + 1), ["All", f"The limit is {MOST_ROWS} rows"]),
    "one bad": (f"{HEAD}{FIRST},basics,\nx@example.org,basics,\n", ["3", NOT_YOURS, "1 other row is correct."]),
}


def test_a_list_without_due_days_is_taken(visitor: Guise) -> None:
    status, page = send(visitor("manager"), f"email,course\n{FIRST},basics\n")
    assert status == 200
    assert "1 enrolment will be added" in page


def test_the_export_of_the_completion_page_can_be_imported(visitor: Guise, world: World) -> None:
    """Due days that are over, and courses taken twice, change nothing for those who have them."""
    enrol(world.people["trainee"], "basics", due_on=START.date() - timedelta(days=900))
    enrol(world.people["colleague"], "basics")
    manager = visitor("manager")
    status, page = send(manager, manager.get("/manager/completion.csv").data)
    assert status == 200
    assert "already have the course" in page


def test_reading_stops_at_the_first_row_too_many(app: Flask) -> None:
    """900,000 rows took 11 s and 590 MB."""
    data = b"email,course,due\n" + b"a,b,\n" * 900_000
    tracemalloc.start()
    with app.test_request_context():
        mistakes: list[Mistake] = []
        assert importing._read(data, mistakes) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "The limit is 1000 rows" in mistakes[0].what
    assert peak < 8_000_000


@pytest.mark.parametrize("step", ["check", "enrol"])
def test_every_bad_row_is_named_and_nothing_is_written(visitor: Guise, step: str) -> None:
    """The second step trusts nothing either: what it is sent is read and judged anew."""
    manager = visitor("manager")
    for name, (content, said) in BAD.items():
        status, page = send(manager, content, step=step)
        assert status == 422, name
        assert f'<th scope="row">{said[0]}</th>' in page, name
        for words in said[1:]:
            assert words in page, name
    assert enrolments() == 0
    assert not events("enrolled")


def test_requests_are_counted_granted_and_declined(visitor: Guise, world: World) -> None:
    for name in ("trainee", "colleague", "stranger"):
        visitor(name).post("/courses/by-request/request", {"reason": f"{name} needs it"})
    manager = visitor("manager")
    page = manager.get("/manager/requests").get_data(as_text=True)
    assert "2 requests are waiting" in page
    assert "stranger needs it" not in page
    wanted = {row.person_id: row.id for row in db.session.scalars(select(Request))}
    first, second, foreign = (wanted[world.people[name].id] for name in ("trainee", "colleague", "stranger"))
    assert manager.post(f"/manager/requests/{first}", {"decision": "grant", "due": "2020-01-01"}).status_code == 422
    assert manager.post(f"/manager/requests/{first}", {"decision": "grant", "due": SOON.isoformat()}).status_code == 303
    assert manager.post(f"/manager/requests/{second}", {"decision": "decline"}).status_code == 303
    assert manager.post(f"/manager/requests/{first}", {"decision": "decline"}).status_code == 422
    assert manager.post(f"/manager/requests/{foreign}", {"decision": "grant"}).status_code == 404
    row = db.session.scalars(select(Enrolment)).one()
    assert (row.person_id, row.due_on) == (world.people["trainee"].id, SOON)
    assert "No requests are waiting" in manager.get("/manager/requests").get_data(as_text=True)


def test_names_are_found_whatever_the_script(visitor: Guise, world: World) -> None:
    person = db.session.merge(world.people["office"])
    person.name, person.search = "Ђорђе Шарић", searched("Ђорђе Шарић", "office@example.org")
    db.session.commit()
    manager = visitor("manager")
    for asked in ("Ђорђе", "djordje", "Đorđe Šarić", "saric djordje"):
        assert "Ђорђе Шарић" in manager.get("/manager/people", query_string={"q": asked}).get_data(as_text=True)
    assert "Ђорђе Шарић" not in manager.get("/manager/people?q=%25").get_data(as_text=True)
