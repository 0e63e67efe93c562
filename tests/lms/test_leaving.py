"""Who left, who decides, and what a score is shown as: pages and files say what is so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from lms import clock, shares
from lms.config import Settings
from lms.db import db
from lms.learning import enrol as enrolling
from lms.learning.access import region
from lms.learning.duties import Outcome
from lms.learning.jobs import send
from lms.learning.refusal import Refused
from lms.library import library
from lms.records import institutions, jobs
from lms.records.accounts import Account
from lms.records.attempts import Attempt
from lms.records.enrolments import Enrolment, Request
from lms.records.people import Grant, Person, Role
from lms.reports.region import ALL, counts

from .conftest import START, Visitor, World, actor_for, enrol

Visit = Callable[[str], Visitor]


def leave(world: World, name: str) -> None:
    """Close somebody's account."""
    account = db.session.query(Account).filter_by(person_id=world.people[name].id).one()
    account.closed_at = clock.now()
    db.session.commit()


# ── a score ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.7986, "79%"),
        (0.7999999, "79%"),
        (0.8, "80%"),
        (0.1 + 0.2, "30%"),
        (0.29, "29%"),
        (0.999, "99%"),
        (1.0, "100%"),
    ],
)
def test_a_share_is_rounded_down(app: Flask, share: float, said: str) -> None:
    with app.test_request_context():
        assert shares.percent(share) == said
        assert shares.mark(0.667) == "66.7%"
        assert shares.mark(0.8) == "80%"


def test_a_score_that_failed_looks_so_on_every_page_and_file(app: Flask, world: World, visitor: Visit) -> None:
    person = world.people["trainee"]
    row = enrol(person, "basics", started_at=START)
    attempt = Attempt(
        institution_id=person.institution_id,
        person_id=person.id,
        enrolment_id=row.id,
        course_id="basics",
        quiz_id="final",
        number=1,
        revision=library().revision_of("basics"),
        commit="",
        locale="en",
        seed="",
        shown=[],
        started_at=START,
        submitted_at=START,
        score=0.7986,
        passed=False,
    )
    db.session.add(attempt)
    db.session.commit()
    id, trainee, manager = attempt.id, visitor("trainee"), visitor("manager")
    for page in (f"/attempts/{id}/result", "/courses/basics", "/courses/basics/quizzes/final"):
        assert "79%" in trainee.get(page).text, page
    for page in ("/manager", f"/manager/people/{person.id}"):
        text = manager.get(page).text
        assert "79%" in text, page
        assert "80%" not in text, page
    assert "0.79" in manager.get("/manager/completion.csv").text
    assert "0.7986" not in manager.get("/manager/completion.csv").text


# ── who left ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_left_is_in_no_figure_and_can_be_filtered_for(app: Flask, world: World, visitor: Visit) -> None:
    for name in ("trainee", "colleague"):
        enrol(world.people[name], "basics", due_on=START.date())
    leave(world, "trainee")
    manager = visitor("manager")
    assert "Trainee" not in manager.get("/manager").text
    for page in ("/manager/completion.csv", "/manager/people.csv"):
        assert "trainee@" not in manager.get(page).text
        left = manager.get(f"{page}?account=closed").text
        assert "trainee@" in left
        assert "closed" in left
        assert "colleague@" not in left
    assert "closed" in manager.get("/manager?account=closed").text
    assert "Account closed" in manager.get(f"/manager/people/{world.people['trainee'].id}").text
    found = counts(
        db.session(),
        region(actor_for(db.session(), world.people["coordinator"])),
        {},
        institutions.below(db.session(), None),
        clock.now(),
    )
    assert found.people[str(world.institutions["Ministry A"]), ALL, ALL] == 1


def test_who_left_is_enrolled_no_more(app: Flask, world: World, visitor: Visit) -> None:
    leave(world, "trainee")
    manager, id = visitor("manager"), world.people["trainee"].id
    assert manager.post(f"/manager/people/{id}/enrol", {"course": "basics"}).status_code == 422
    listed = manager.post("/manager/import", {"list": "email,course,due\ntrainee@example.org,basics,\n"})
    assert listed.status_code == 422
    assert "is closed" in listed.text
    assert db.session.query(Enrolment).count() == 0


# ── who decides ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_left_is_given_no_attempt(app: Flask, world: World, visitor: Visit) -> None:
    row = enrol(world.people["trainee"], "basics", started_at=START)
    leave(world, "trainee")
    said = visitor("manager").post(f"/manager/enrolments/{row.id}/attempts", {"seen": "0"}, follow_redirects=True)
    assert "is closed" in said.text
    assert db.session.get_one(Enrolment, (row.institution_id, row.id)).extra_attempts == 0


def test_who_left_gets_no_mail(app: Flask, settings: Settings, world: World) -> None:
    """Neither one that waited when the account was closed, which may hold a link, nor one that came of it later."""
    for name in ("trainee", "colleague"):
        jobs.add(db.session(), "mail", START, to=world.email(name), subject="Waiting", body="")
    leave(world, "trainee")
    jobs.add(db.session(), "mail", START, to=world.email("trainee"), subject="Later", body="")
    db.session.commit()
    assert send(settings, clock.now()) == Outcome(done=3)
    mails = [path.read_text() for path in (settings.instance / "mail").glob("*.eml")]
    assert [world.email("colleague") in mail for mail in mails] == [True]
    assert all(job.done_at and not job.payload for job in db.session.scalars(select(jobs.Job)))


def without_managers() -> None:
    db.session.query(Grant).filter_by(role=Role.MANAGER).delete()
    db.session.commit()


def test_where_nobody_manages_the_administrator_decides_and_the_page_says_so(
    app: Flask, world: World, visitor: Visit
) -> None:
    trainee = visitor("trainee")
    assert "Your manager decides" in trainee.get("/courses/by-request").text
    without_managers()
    assert "Nobody manages your unit" in trainee.get("/courses/by-request").text
    trainee.post("/courses/by-request/request", {"reason": "I need it"})
    page = trainee.get("/courses/by-request").text
    assert "An administrator can decide" in page
    assert "sent to your manager" not in page
    administrator = visitor("administrator")
    assert "1 request for a place is waiting" in administrator.get("/admin").text
    assert "I need it" in administrator.get("/manager/requests").text
    id = db.session.query(Request).one().id
    assert administrator.post(f"/manager/requests/{id}", {"decision": "grant"}).status_code == 303
    assert db.session.query(Enrolment).one().course_id == "by-request"


def test_a_manager_who_left_manages_nobody(app: Flask, world: World, visitor: Visit) -> None:
    for name in ("manager", "unit-manager"):
        leave(world, name)
    assert "Nobody manages your unit" in visitor("trainee").get("/courses/by-request").text


def test_nobody_decides_for_themselves(app: Flask, world: World, visitor: Visit) -> None:
    manager, person = visitor("unit-manager"), world.people["unit-manager"]
    manager.post("/courses/by-request/request", {"reason": "Me"})
    id = db.session.query(Request).one().id
    assert "own request" in manager.get("/manager/requests").text
    assert manager.post(f"/manager/requests/{id}", {"decision": "grant"}).status_code == 422
    assert manager.post(f"/manager/people/{person.id}/enrol", {"course": "by-request"}).status_code == 422
    who = actor_for(db.session(), db.session.query(Person).filter_by(email=person.email).one())
    with pytest.raises(Refused, match="yourself"):
        enrolling.enrol_people(who, [(person.id, "by-request", None)], clock.now())
    db.session.rollback()
    assert db.session.query(Enrolment).count() == 0
    assert visitor("manager").post(f"/manager/requests/{id}", {"decision": "grant"}).status_code == 303
    assert db.session.query(Enrolment).count() == 1


def test_the_last_manager_is_not_taken_away_without_a_word(app: Flask, world: World, visitor: Visit) -> None:
    administrator = visitor("administrator")
    last, unit = world.people["other-manager"].id, world.people["unit-manager"].id
    grants = {row.person_id: row.id for row in db.session.query(Grant).filter_by(role=Role.MANAGER)}
    assert "Nobody will manage Ministry B" in administrator.get(f"/admin/people/{last}/close").text
    for id, warned in ((last, True), (unit, False)):
        page = administrator.get(f"/admin/people/{id}/roles/{grants[id]}/revoke")
        assert page.status_code == 200
        assert ("Nobody will manage" in page.text) is warned
