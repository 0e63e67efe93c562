"""Refreshers that are open: who is mailed and reminded, once, and where a manager sees them."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from lms import clock
from lms.db import db
from lms.learning import remind
from lms.learning.access import managed
from lms.learning.operate import operator
from lms.learning.refresher import asks
from lms.library import library
from lms.records import refreshers as records
from lms.records.accounts import Account
from lms.records.audit import AuditEvent
from lms.records.enrolments import Enrolment, State
from lms.records.jobs import Job
from lms.records.people import Person
from lms.records.refreshers import RefresherMail
from lms.reports.completion import Completion
from lms.reports.table import Filters, Units
from tests.lms.conftest import Visitor, World, actor_for
from tests.lms.journey import complete
from tests.lms.test_reports import Cells, csv_rows, xlsx_rows

from .conftest import Counting, Desk, Guise, Say, learn_more, text

LATER = remind.REMINDED_AFTER + timedelta(minutes=1)
SINCE = 5
"""The place of the column."""


def mailed(address: str) -> list[str]:
    """The subjects of the mails about refreshers that wait for somebody, oldest first."""
    db.session.remove()
    rows = db.session.query(Job).filter_by(kind="mail").order_by(Job.due_at, Job.id)
    found = [row.payload["subject"] for row in rows if row.payload.get("to") == address]
    return [subject for subject in found if not subject.startswith(("You have completed", "Завршили сте"))]


def at_a_later(moment: timedelta) -> int:
    """Mail what is due so much later."""
    db.session.remove()
    return remind.refreshers(operator(), library(), clock.now() + moment)


@pytest.fixture
def asked(desk: Desk, visitor: Guise, staza: Say) -> Visitor:
    """Somebody who completed the course and is asked to look at its first lesson again; a colleague has not."""
    browser = visitor("trainee")
    complete(browser, "basics")
    visitor("colleague").post("/courses/basics/enrol")
    learn_more(desk)
    assert "1 mail about what to review will be sent." in staza("publish", "basics", "--refresher")
    return browser


# ── mails ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_person_asked_is_mailed_once_and_reminded_once(asked: Visitor, world: World, staza: Say) -> None:
    address = world.email("trainee")
    staza("jobs")
    assert [at_a_later(moment) for moment in (timedelta(0), timedelta(days=13), LATER, LATER, 3 * LATER)] == [
        0,
        0,
        1,
        0,
        0,
    ]
    (subject,) = mailed(address)
    assert subject.startswith("Reminder: a course has changed: ")
    assert mailed(world.email("colleague")) == []
    events = db.session.query(AuditEvent).filter_by(action="refresher-mailed").order_by(AuditEvent.at).all()
    assert [(event.person_id, event.details["lessons"], event.details["reminder"]) for event in events] == [
        (world.people["trainee"].id, ["first"], False),
        (world.people["trainee"].id, ["first"], True),
    ]
    assert db.session.query(RefresherMail).count() == 1


def test_the_mail_names_the_lessons_in_the_language_of_the_person(asked: Visitor, world: World) -> None:
    course = library().course("basics")
    assert course
    lesson = course.lesson("first")
    assert lesson
    (body,) = [job.payload["body"] for job in db.session.query(Job) if "has changed" in job.payload["subject"]]
    assert f"– {lesson.title}\n" in body
    assert "Hello Trainee" in body
    person = world.people["trainee"]
    db.session.get_one(Person, (person.institution_id, person.id)).locale = "sr"
    db.session.commit()
    assert at_a_later(LATER) == 1
    assert mailed(person.email)[-1].startswith("Подсетник")


def test_who_has_looked_again_is_not_reminded(asked: Visitor) -> None:
    asked.post("/courses/basics/lessons/first/finish")
    assert at_a_later(LATER) == 0


def test_a_later_release_that_asks_again_is_mailed_anew(asked: Visitor, desk: Desk, staza: Say, world: World) -> None:
    desk.edit("course.yaml", lambda course: course.update(summary="Another one."))
    staza("publish", "basics", "--refresher", "--class", "retrain", "--lesson", "second")
    assert len(mailed(world.email("trainee"))) == 2
    asked.post("/courses/basics/lessons/second/finish")
    assert at_a_later(timedelta(0)) == 0, "of the lesson that the release before asked for, they were told"
    assert at_a_later(LATER) == 1


def test_a_release_taken_back_and_a_closed_account_are_not_mailed(
    desk: Desk, visitor: Guise, staza: Say, world: World
) -> None:
    for name in ("trainee", "patrol"):
        complete(visitor(name), "basics")
    db.session.query(Account).filter_by(email=world.email("patrol")).one().closed_at = clock.now()
    db.session.commit()
    learn_more(desk)
    staza("publish", "basics", "--refresher")
    assert mailed(world.email("patrol")) == []
    staza("publish", "basics", "--back")
    assert at_a_later(LATER) == 0


def test_a_course_published_without_the_database_is_mailed_by_the_jobs(
    desk: Desk, visitor: Guise, staza: Say, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(visitor("trainee"), "basics")
    learn_more(desk)
    with monkeypatch.context() as patch:
        patch.setattr("lms.cli.opening.is_migrated", lambda: False)
        assert "will be sent" not in staza("publish", "basics", "--refresher")
    assert mailed(world.email("trainee")) == []
    staza("jobs")
    assert db.session.query(RefresherMail).count() == 1


def test_two_workers_write_one_mail(asked: Visitor, world: World) -> None:
    scope, wanted = managed(actor_for(db.session(), world.people["manager"])), asks(library())
    found = [due.enrolment.id for due in records.due(db.session(), scope, wanted, clock.now() + LATER)]
    assert len(found) == 1
    at = clock.now() + LATER
    assert [remind._write(operator(), library(), wanted, found, at) for _worker in range(2)] == [1, 0]


def test_mails_cost_as_many_statements_for_many_as_for_one(
    desk: Desk, visitor: Guise, staza: Say, statements: Counting, world: World
) -> None:
    """Four that read, two that write rows in bulk, and one that finds out whom it concerns."""
    for name in ("trainee", "colleague", "patrol"):
        complete(visitor(name), "basics")
    learn_more(desk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remind, "refreshers", lambda *_: 0)
        staza("publish", "basics", "--refresher")
    db.session.remove()
    with statements() as sent:
        assert remind.refreshers(operator(), library(), clock.now()) == 3
    assert len(sent) <= 9, "\n".join(sent.sql)


def test_a_mail_that_fails_holds_up_no_other(desk: Desk, visitor: Guise, staza: Say, world: World) -> None:
    for name in ("trainee", "colleague", "patrol"):
        complete(visitor(name), "basics")
    learn_more(desk)
    write = remind._mail

    def fails_for_one(session: Any, library: Any, due: Any, *rest: Any) -> bool:
        if due.person.id == world.people["colleague"].id:
            raise RuntimeError("nobody foresaw this")
        return write(session, library, due, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remind, "refreshers", lambda *_: 0)
        staza("publish", "basics", "--refresher")
    db.session.remove()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remind, "_mail", fails_for_one)
        assert remind.refreshers(operator(), library(), clock.now()) == 2
    assert remind.refreshers(operator(), library(), clock.now()) == 0, "it rests for a while"
    assert remind.refreshers(operator(), library(), clock.now() + timedelta(hours=1)) == 1


# ── what a manager sees ────────────────────────────────────────────────────────────────────────────────────────────


def test_page_and_files_show_since_when_a_refresher_is_open(
    asked: Visitor, visitor: Guise, world: World, statements: Counting
) -> None:
    manager, today = visitor("manager"), clock.now().date()
    for query in ("", "?refresher=open", "?sort=completed&order=down", "?state=completed&refresher=open&q=trainee"):
        with statements() as sent:
            page = text(manager, f"/manager{query}")
        assert len(sent) <= 6, sent.sql
        shown = {row[0]: row[SINCE] for row in Cells(page).rows}
        assert shown["Trainee"] == today.isoformat()
        assert ("Colleague" in shown) == ("refresher=open" not in query)
        assert shown.get("Colleague", "") == ""
        in_csv = csv_rows(manager.get(f"/manager/completion.csv{query}").data)
        in_xlsx = xlsx_rows(manager.get(f"/manager/completion.xlsx{query}").data)
        assert in_csv == in_xlsx
        assert {row[0]: row[SINCE] for row in in_csv[1:]} == shown
        assert "Refresher open</dt><dd>1" in page.replace("\n", "")
    assert "Refresher open since" in text(manager, f"/manager/people/{world.people['trainee'].id}")
    book = load_workbook(io.BytesIO(manager.get("/manager/completion.xlsx?refresher=open").data))
    assert {line[0].value: line[1].value for line in book.worksheets[1].iter_rows()}["Refresher"] == "Open only"
    asked.post("/courses/basics/lessons/first/finish")
    assert Cells(text(manager, "/manager?refresher=open")).rows == []
    assert "Refresher open since" not in text(manager, f"/manager/people/{world.people['trainee'].id}")
    assert "stranger" not in text(visitor("other-manager"), "/manager?refresher=open")


def test_without_a_refresher_there_is_nothing_to_filter_by(visitor: Guise) -> None:
    page = text(visitor("manager"), "/manager")
    assert 'name="refresher"' not in page
    assert "Refresher open</dt>" not in page


def test_a_record_costs_one_statement_more(asked: Visitor, visitor: Guise, world: World, statements: Counting) -> None:
    manager, url = visitor("manager"), f"/manager/people/{world.people['trainee'].id}"
    text(manager, url)
    with statements() as sent:
        text(manager, url)
    assert len(sent) <= 10, "\n".join(sent.sql)


def test_counts_and_rows_agree_with_what_each_person_is_asked(asked: Visitor, visitor: Guise, world: World) -> None:
    """The one statement over many people says what the home page of each of them does."""
    complete(visitor("patrol"), "basics")  # after the release: not asked
    scope = managed(actor_for(db.session(), world.people["manager"]))

    def report(**filters: Any) -> Completion:
        return Completion(scope, Filters(**filters), Units([]), {"basics": "B"}, date.today(), "UTC", asks(library()))

    for filters in ({}, {"refresher": True}, {"state": "completed"}, {"course": "basics", "refresher": True}):
        counts = report(**filters).counts(db.session())
        rows = list(report(**filters).rows(db.session()))
        assert len(rows) == report(**filters).total(counts)
        assert counts.refreshers == 1 == sum(row.values[SINCE] is not None for row in rows)
    assert report(refresher=True).counts(db.session()).states[State.COMPLETED] == 1
    assert "has changed since" in text(asked, "/")
    assert "has changed since" not in text(visitor("patrol"), "/")
    (row,) = db.session.query(Enrolment).filter_by(person_id=world.people["trainee"].id)
    assert isinstance(row.completed_at, datetime)
