"""Rules that changed: who has all that is asked for completes the course, and what one is shown is what another is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from courses.artefact import Store
from courses.build import build
from courses.diff import compare, kind_of
from lms import clock
from lms.db import db
from lms.learning import complete, rules
from lms.learning.operate import operator
from lms.library import library
from lms.records.accounts import Account
from lms.records.certificates import Certificate
from lms.records.duties import Failure
from lms.records.enrolments import Enrolment, LessonDone
from tests.lms.conftest import World, counted, enrol
from tests.lms.journey import complete as take
from tests.lms.journey import finish_lessons

from .conftest import Desk, Guise, Say, submit, text


def mark(desk: Desk, share: str | None) -> None:
    """Ask for another share in the quiz, or for none."""
    desk.edit("course.yaml", lambda course: course["completion"].update(quizzes={"final": share} if share else {}))


def ask(desk: Desk, lessons: str | list[str], share: str) -> None:
    """Ask for these lessons and this share in the quiz."""
    desk.edit("course.yaml", lambda course: course.update(completion={"lessons": lessons, "quizzes": {"final": share}}))


def fail(visitor: Guise, name: str) -> str:
    """Finish all lessons and fail the quiz; the attempt's address."""
    return submit(visitor(name), {"single": "ignore"})


def standing(world: World, name: str) -> Enrolment:
    """Somebody's enrolment, as it is stored now."""
    db.session.remove()
    return db.session.query(Enrolment).filter_by(person_id=world.people[name].id).one()


@pytest.fixture
def failed(desk: Desk, visitor: Guise, world: World) -> str:
    """A trainee who has finished all lessons and failed the quiz by the mark of 100 %: the attempt's address."""
    mark(desk, "100%")
    desk.publish()
    attempt = fail(visitor, "trainee")
    assert standing(world, "trainee").completed_at is None
    return attempt


@pytest.mark.parametrize("share", ["40%", None], ids=["the mark falls", "the quiz is taken out"])
def test_a_loosened_rule_completes_whom_it_satisfies(
    desk: Desk, visitor: Guise, world: World, staza: Say, failed: str, share: str | None
) -> None:
    mark(desk, share)
    assert "1 person of them with all that is asked for then" in staza("diff", "basics")
    said = staza("publish", "basics", "--yes")
    assert re.search(r"basics: rules", said)
    assert "1 person of them with all that is asked for then: they complete the course." in said
    row = standing(world, "trainee")
    assert row.completed_at
    assert (row.progress, row.completion["by"]) == (100, "rules")
    assert db.session.query(Certificate).count() == 1
    assert "Certificate (PDF)" in text(visitor("trainee"), "/courses/basics")
    assert "Completed" in visitor("manager").get("/manager/completion.csv").text


def test_without_a_database_the_jobs_do_it_and_the_page_offers_it_meanwhile(
    desk: Desk, visitor: Guise, world: World, staza: Say, failed: str
) -> None:
    mark(desk, "40%")
    desk.publish()
    trainee = visitor("trainee")
    page = text(trainee, "/courses/basics")
    assert "3 of 3 steps" in page
    assert "Start the course" not in page
    assert "Complete the course" in page
    assert "Complete the course" in text(trainee, "/")
    assert "This result counts" in text(trainee, f"{failed}/result")
    staza("jobs")
    assert standing(world, "trainee").completed_at
    staza("jobs")
    assert db.session.query(Certificate).count() == 1


def test_who_presses_the_button_first_completes_the_course(
    desk: Desk, visitor: Guise, world: World, failed: str
) -> None:
    mark(desk, None)
    desk.publish()
    trainee = visitor("trainee")
    for _twice in range(2):
        assert trainee.post("/courses/basics/start").status_code == 303
    assert "Certificate (PDF)" in text(trainee, "/courses/basics")
    assert db.session.query(Certificate).count() == 1


def test_all_attempts_used_up_is_no_dead_end(desk: Desk, visitor: Guise, world: World, staza: Say) -> None:
    mark(desk, "100%")
    desk.edit("quizzes/final.yaml", lambda quiz: quiz.update(attempts=1))
    desk.publish()
    fail(visitor, "trainee")
    trainee = visitor("trainee")
    assert "You have used all your attempts. Ask your manager" in text(trainee, "/courses/basics/quizzes/final")
    desk.edit("quizzes/final.yaml", lambda quiz: quiz.update(attempts=2))
    assert "basics: rules" in staza("publish", "basics", "--yes")
    assert "Start the quiz" in text(trainee, "/courses/basics/quizzes/final")
    desk.edit("quizzes/final.yaml", lambda quiz: quiz.update(attempts=1))
    mark(desk, "40%")
    staza("publish", "basics", "--yes")
    page = text(trainee, "/courses/basics/quizzes/final")
    assert "You have passed this quiz" in page
    assert "Ask your manager" not in page
    assert standing(world, "trainee").completed_at


def test_a_tightened_rule_touches_open_enrolments_only_and_both_see_one_figure(
    desk: Desk, visitor: Guise, world: World, staza: Say
) -> None:
    take(visitor("colleague"), "basics")
    finish_lessons(visitor("trainee"), "basics")
    ask(desk, ["first"], "90%")
    staza("publish", "basics", "--yes")
    assert standing(world, "trainee").progress == 50
    assert "1 of 2 steps" in text(visitor("trainee"), "/courses/basics")
    assert "50%" in visitor("manager").get(f"/manager/people/{world.people['trainee'].id}").text
    ask(desk, "all", "100%")
    before = standing(world, "colleague")
    kept = (before.completed_at, before.completion, before.progress)
    staza("publish", "basics", "--yes")
    after = standing(world, "colleague")
    assert (after.completed_at, after.completion, after.progress) == kept
    assert standing(world, "trainee").progress == 66


def test_one_that_cannot_be_worked_out_holds_up_nobody(
    app: Flask, desk: Desk, visitor: Guise, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark(desk, "100%")
    desk.publish()
    for name in ("trainee", "colleague", "patrol"):
        fail(visitor, name)
    mark(desk, "40%")
    desk.publish()
    bad, record = world.people["colleague"].id, complete.record

    def breaks(session: Any, enrolment: Enrolment, *rest: Any, **more: Any) -> Any:
        if enrolment.person_id == bad:
            raise RuntimeError("what nobody foresaw")
        return record(session, enrolment, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(complete, "record", breaks)
        assert tuple(rules.apply(operator(), library(), clock.now())) == (2, 1)
        assert db.session.query(Failure).one().duty == "rules"
    assert standing(world, "colleague").completed_at is None
    assert tuple(rules.apply(operator(), library(), clock.now() + timedelta(hours=1))) == (1, 0)
    assert tuple(rules.apply(operator(), library(), clock.now())) == (0, 0)
    assert db.session.query(Certificate).count() == 3


def test_many_whom_a_rule_does_not_touch_cost_little(app: Flask, desk: Desk, world: World) -> None:
    for name in ("trainee", "colleague", "patrol", "office", "stranger"):
        row = enrol(world.people[name], "basics", started_at=clock.now(), progress=33)
        db.session.add(
            LessonDone(
                institution_id=row.institution_id,
                enrolment_id=row.id,
                lesson_id="first",
                revision="f" * 64,
                done_at=clock.now(),
            )
        )
    db.session.commit()
    with counted() as sent:
        assert tuple(rules.apply(operator(), library(), clock.now())) == (0, 0)
    assert len(sent) < 12
    with counted() as sent:
        rules.apply(operator(), library(), clock.now())
    assert len(sent) == len(library().courses()), "nothing is looked at twice"


def test_who_left_completes_nothing(app: Flask, desk: Desk, visitor: Guise, world: World, failed: str) -> None:
    account = db.session.query(Account).filter_by(person_id=world.people["trainee"].id).one()
    account.closed_at = clock.now()
    db.session.commit()
    mark(desk, "40%")
    desk.publish()
    assert tuple(rules.apply(operator(), library(), clock.now())) == (0, 0)


def test_going_back_works_it_out_anew_too(desk: Desk, visitor: Guise, world: World, staza: Say) -> None:
    finish_lessons(visitor("trainee"), "basics")
    ask(desk, ["first"], "80%")
    staza("publish", "basics", "--yes")
    assert standing(world, "trainee").progress == 50
    staza("publish", "basics", "--back", "--yes")
    assert standing(world, "trainee").progress == 66


def test_the_classes(desk: Desk) -> None:
    store = Store(desk.artefacts)
    released = store.course("basics", store.releases()["basics"].revision)

    def kind() -> str:
        (found,) = build(desk.content, store, ["basics"], jobs=1).courses
        assert found.revision
        return kind_of(compare(store, released, store.course("basics", found.revision)))

    mark(desk, "70%")
    assert kind() == "rules"
    mark(desk, "90%")
    assert kind() == "retrain"
    mark(desk, "80%")
    desk.edit("quizzes/final.yaml", lambda quiz: quiz.update(attempts=7))
    assert kind() == "rules"
