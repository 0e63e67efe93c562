"""What a release does to people: refreshers, marking anew, and what it says of them first. Done by commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lms import create_app
from lms.config import Settings
from lms.db import db
from lms.library import library
from lms.records.attempts import Answer, Attempt
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate
from lms.records.enrolments import Enrolment, LessonDone
from lms.records.jobs import Job
from lms.records.people import Person

from .conftest import Statements, Visitor, World
from .journey import answer_all, begin, complete, finish_lessons, stored
from .test_cli import run
from .test_editing import Desk, snapshot

Guise = Callable[[str], Visitor]
Counting = Callable[[], AbstractContextManager[Statements]]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A trainer's desk."""
    return Desk(tmp_path)


@pytest.fixture
def here(settings: Settings, desk: Desk) -> Settings:
    """The settings of the application that serves what is published from the desk."""
    return replace(settings, artefacts=desk.artefacts, content=desk.content)


@pytest.fixture
def app(here: Settings) -> Iterator[Flask]:
    """That application."""
    app = create_app(here)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def staza(here: Settings, app: Flask) -> Callable[..., str]:
    """What a command says, which must end well (or with the code `fails`)."""

    def say(*words: str, fails: int = 0) -> str:
        result = run(here, *words)
        assert result.exit_code == fails, result.output
        return str(result.output)

    return say


Say = Callable[..., str]


def text(browser: Visitor, url: str) -> str:
    """A page's text; redirects are followed."""
    answer = browser.get(url, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def learn_more(desk: Desk) -> None:
    """Add an objective, and say it in the first lesson."""
    desk.edit("course.yaml", lambda course: course["objectives"].append({"id": "act", "text": "Act on the basics."}))
    first = desk.content / "basics/lessons/first.md"
    first.write_text(first.read_text("utf-8").replace("Six people", "Seven people").replace("[know]", "[know, act]"))


def rekey(desk: Desk, right: str = "ignore") -> None:
    """Make another choice of the question `single` the right one."""

    def change(bank: list[dict[str, Any]]) -> None:
        for choice in next(question for question in bank if question["id"] == "single")["choices"]:
            choice["correct"] = choice["id"] == right

    desk.edit("questions/bank.yaml", change)


# ── refreshers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_completed_the_course_is_asked_to_look_again(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    learn_more(desk)
    before = snapshot()
    assert "They are asked to look again at: first." in staza("publish", "basics", "--refresher")
    assert snapshot() == before
    for page in ("/", "/courses/basics"):
        assert "The course has changed since you completed it" in text(browser, page)
        assert "/courses/basics/lessons/first" in text(browser, page)
    page = text(browser, "/courses/basics/lessons/first")
    assert "This lesson has changed" in page
    assert "Finish this lesson and go on" in page
    assert "you have finished this lesson" in text(browser, "/courses/basics/lessons/second")
    shown = browser.post("/courses/basics/lessons/first/finish", follow_redirects=True).get_data(as_text=True)
    assert "You have looked at everything that changed" in shown
    assert "has changed since" not in text(browser, "/") + text(browser, "/courses/basics")
    after = snapshot()
    assert {key for key in before if before[key] != after[key]} == set(), "nothing is taken back"
    assert db.session.query(Certificate).count() == 1


def test_finishing_again_is_written_down_and_done_once(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    first = db.session.query(LessonDone).filter_by(lesson_id="first").one()
    done_at, revision = first.done_at, first.revision
    browser.post("/courses/basics/lessons/first/finish")
    learn_more(desk)
    staza("publish", "basics", "--refresher")
    moments = set()
    for _twice in range(2):
        browser.post("/courses/basics/lessons/first/finish")
        moments.add(db.session.query(LessonDone).filter_by(lesson_id="first").one().done_at)
    assert len(moments) == 1
    assert moments.pop() > done_at
    (event,) = db.session.query(AuditEvent).filter_by(action="lesson-finished-again")
    assert event.details == {"course": "basics", "lesson": "first", "before": done_at.isoformat(), "revision": revision}


def test_who_was_halfway_is_not_asked_and_goes_on_under_the_new_rules(
    desk: Desk, visitor: Guise, staza: Say, world: World
) -> None:
    browser = visitor("trainee")
    finish_lessons(browser, "basics")
    attempt = begin(browser, "basics")
    learn_more(desk)
    assert "1 person halfway" in staza("publish", "basics", "--refresher")
    answer_all(browser, attempt)
    browser.post(f"{attempt}/submit")
    assert stored(attempt).revision != library().revision_of("basics")
    enrolment = db.session.query(Enrolment).one()
    assert enrolment.completion["revision"] == library().revision_of("basics")
    assert "has changed since" not in text(browser, "/")


def test_a_release_that_is_taken_back_asks_nobody_any_more(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    learn_more(desk)
    staza("publish", "basics", "--refresher")
    assert "has changed since" in text(browser, "/")
    staza("publish", "basics", "--back")
    assert "has changed since" not in text(browser, "/")


def test_each_refresher_asks_anew(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    learn_more(desk)
    staza("publish", "basics", "--refresher")
    browser.post("/courses/basics/lessons/first/finish")
    desk.edit("course.yaml", lambda course: course.update(summary="Another one."))
    staza("publish", "basics", "--refresher", "--class", "retrain", "--lesson", "first", "--lesson", "second")
    page = text(browser, "/courses/basics")
    assert page.index("has changed since") < page.index("lessons/second")
    answer = browser.post("/courses/basics/lessons/first/finish")
    assert answer.headers["Location"] == "/courses/basics/lessons/second"
    browser.post("/courses/basics/lessons/second/finish")
    assert "has changed since" not in text(browser, "/")


def test_a_release_without_a_refresher_asks_nobody(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    learn_more(desk)
    assert "not asked to look at what changed" in staza("publish", "basics")
    assert "has changed since" not in text(browser, "/")


def test_a_refresher_costs_no_statement(desk: Desk, visitor: Guise, staza: Say, statements: Counting) -> None:
    browser = visitor("trainee")
    complete(browser, "basics")
    pages = ("/", "/courses/basics", "/courses/basics/lessons/first")
    sent = {}
    for moment in ("before", "after"):
        if moment == "after":
            learn_more(desk)
            staza("publish", "basics", "--refresher")
        for page in pages:
            with statements() as seen:
                assert ("changed since" in text(browser, page)) == (moment == "after")
            sent[page, moment] = len(seen)
    assert all(sent[page, "before"] == sent[page, "after"] for page in pages)


# ── marking anew ───────────────────────────────────────────────────────────────────────────────────────────────────


def submit(browser: Visitor, wrong: dict[str, object]) -> str:
    """Take the course and submit an attempt with these answers; all others are right. Its address."""
    finish_lessons(browser, "basics")
    attempt = begin(browser, "basics")
    answer_all(browser, attempt, but=tuple(wrong))
    for number, id in enumerate(stored(attempt).questions, 1):
        if id in wrong:
            browser.post(f"{attempt}/questions/{number}", {"answer": wrong[id]})
    browser.post(f"{attempt}/submit")
    return attempt


def mails(address: str) -> list[str]:
    """The bodies of the mails that wait for somebody."""
    return [job.payload["body"] for job in db.session.query(Job) if job.payload.get("to") == address]


@pytest.fixture
def wronged(desk: Desk, visitor: Guise, staza: Say) -> tuple[str, str]:
    """Two attempts marked by a wrong key, which is mended and published: one that is wronged by it and fails, and one
    that profits by it."""
    attempts = (
        submit(visitor("colleague"), {"single": "ignore", "true-false": "false"}),
        submit(visitor("trainee"), {}),
    )
    rekey(desk)
    shown = staza("publish", "basics")
    assert "2 submitted attempts marked by another key" in shown
    assert "staza regrade basics single" in shown
    return attempts


def test_a_wrong_key_is_mended_openly(wronged: tuple[str, str], visitor: Guise, staza: Say, world: World) -> None:
    low, high = wronged
    assert (stored(low).score, stored(low).passed) == (pytest.approx(4 / 6), False)
    said = staza("regrade", "basics", "single")
    assert "1 result rise" in said
    assert "1 course completed" in said
    risen = stored(low)
    assert (risen.score, risen.passed) == (pytest.approx(5 / 6), True)
    answer = db.session.query(Answer).filter_by(attempt_id=risen.id, question_id="single").one()
    assert (answer.score, answer.graded_by) == (1.0, library().revision_of("basics"))
    other = db.session.query(Answer).filter_by(attempt_id=risen.id, question_id="multiple").one()
    assert (other.score, other.graded_by) == (1.0, "")
    (event,) = db.session.query(AuditEvent).filter_by(action="regraded")
    assert event.person_id == world.people["colleague"].id
    assert event.details["passed"] == [False, True]
    assert (event.details["before"], event.details["after"]) == (pytest.approx(4 / 6), pytest.approx(5 / 6))
    changed, completed = mails(world.email("colleague"))
    assert "Your result was 67%; now it is 83%" in changed + completed
    assert "You have completed" in changed + completed or "you have completed" in changed + completed
    page = text(visitor("colleague"), f"{low}/result")
    assert "83%" in page
    assert stored(high).score == 1.0


def test_a_result_that_would_fall_stays_and_is_listed(wronged: tuple[str, str], staza: Say, world: World) -> None:
    _low, high = wronged
    said = staza("regrade", "basics", "single")
    assert "1 result would fall and stays" in said
    assert f"basics, final, attempt 1 of {stored(high).submitted_at:%Y-%m-%d}: 100% → 83%\n" in said
    assert world.people["trainee"].name not in said
    assert stored(high).score == 1.0
    assert db.session.query(Answer).filter_by(attempt_id=stored(high).id, question_id="single").one().graded_by == ""


def test_running_it_again_changes_nothing(wronged: tuple[str, str], staza: Say) -> None:
    staza("regrade", "basics", "single")
    before, events, waiting = snapshot(), db.session.query(AuditEvent).count(), db.session.query(Job).count()
    said = staza("regrade", "basics", "single")
    assert "rise" not in said
    assert "would fall" in said
    assert (snapshot(), db.session.query(AuditEvent).count(), db.session.query(Job).count()) == (
        before,
        events,
        waiting,
    )


def test_a_dry_run_says_the_same_and_changes_nothing(wronged: tuple[str, str], staza: Say) -> None:
    before, events = snapshot(), db.session.query(AuditEvent).count()
    said = staza("regrade", "basics", "single", "--dry-run")
    assert "1 result would rise" in said
    assert "1 result would fall" in said
    assert (snapshot(), db.session.query(AuditEvent).count()) == (before, events)


def test_lowering_takes_a_reason_which_is_mailed(wronged: tuple[str, str], staza: Say, world: World) -> None:
    _low, high = wronged
    assert "Say with --note" in staza("regrade", "basics", "single", "--lower", fails=2)
    assert stored(high).score == 1.0
    assert "1 result fall" in staza("regrade", "basics", "single", "--lower", "--note", "A court said so")
    assert stored(high).score == pytest.approx(5 / 6)
    mail = "".join(mails(world.email("trainee")))
    assert "A court said so" in mail
    assert "stays completed" in mail
    notes = {
        event.person_id: event.details["note"] for event in db.session.query(AuditEvent).filter_by(action="regraded")
    }
    assert notes[world.people["trainee"].id] == "A court said so"


def test_a_completion_stays_where_a_result_falls_below_the_mark(
    desk: Desk, visitor: Guise, staza: Say, world: World
) -> None:
    high = submit(visitor("trainee"), {"true-false": "false"})
    enrolment = db.session.query(Enrolment).one()
    before = (enrolment.completed_at, enrolment.completion)
    rekey(desk)
    staza("publish", "basics")
    staza("regrade", "basics", "single", "--lower", "--note", "So be it")
    assert (stored(high).score, stored(high).passed) == (pytest.approx(4 / 6), False)
    enrolment = db.session.query(Enrolment).one()
    assert (enrolment.completed_at, enrolment.completion) == before
    assert db.session.query(Certificate).count() == 1


def test_open_attempts_are_left_alone(desk: Desk, visitor: Guise, staza: Say) -> None:
    browser = visitor("trainee")
    finish_lessons(browser, "basics")
    attempt = begin(browser, "basics")
    answer_all(browser, attempt)
    rekey(desk)
    assert "1 attempt open, graded by the revision they began with" in staza("publish", "basics")
    assert "nothing to do" in staza("regrade", "basics", "single")
    browser.post(f"{attempt}/submit")
    assert stored(attempt).score == 1.0
    assert "1 result would fall" in staza("regrade", "basics", "single")


def test_an_answer_that_names_what_is_gone_counts_by_what_remains(desk: Desk, visitor: Guise, staza: Say) -> None:
    attempt = submit(visitor("trainee"), {"multiple": ["life", "asylum", "wealth"]})
    assert stored(attempt).score == pytest.approx(5 / 6)

    def change(bank: list[dict[str, Any]]) -> None:
        choices = next(question for question in bank if question["id"] == "multiple")["choices"]
        choices[:] = [choice for choice in choices if choice["id"] != "wealth"]
        choices.append({"id": "fame", "text": "Fame", "why": "No."})

    desk.edit("questions/bank.yaml", change)
    staza("publish", "basics")
    assert "1 result rise" in staza("regrade", "basics", "multiple")
    assert stored(attempt).score == 1.0
    (answer,) = db.session.query(Answer).filter_by(question_id="multiple")
    assert answer.answer == ["asylum", "life", "wealth"], "what was answered is never changed"


def test_what_cannot_be_marked_anew_is_refused(desk: Desk, visitor: Guise, staza: Say) -> None:
    submit(visitor("trainee"), {})
    assert "has no question sinlge" in staza("regrade", "basics", "sinlge", fails=1)
    assert "no released course nothing" in staza("regrade", "nothing", "single", fails=1)

    before = snapshot()
    taken: list[dict[str, Any]] = []
    desk.edit("questions/bank.yaml", lambda bank: taken.append(bank.pop(0)))
    desk.edit("quizzes/final.yaml", lambda quiz: quiz.update(draw=["5 from bank"]))
    desk.publish()
    desk.edit("questions/bank.yaml", lambda bank: bank.append(taken[0] | {"type": "multiple-choice"}))
    desk.publish()
    assert "single-choice when it was answered and is of the type multiple-choice now" in staza(
        "regrade", "basics", "single", fails=1
    )
    assert snapshot() == before


# ── what is said of people ─────────────────────────────────────────────────────────────────────────────────────────


def test_diff_counts_whom_a_change_would_concern(desk: Desk, visitor: Guise, staza: Say) -> None:
    submit(visitor("trainee"), {})
    finish_lessons(visitor("colleague"), "basics")
    begin(visitor("colleague"), "basics")
    rekey(desk)
    said = staza("diff", "basics")
    for sentence in ("1 person halfway", "1 attempt open", "1 submitted attempt marked by another key",
                     "1 person who completed"):  # fmt: skip
        assert sentence in said
    assert '"halfway": 1' in staza("diff", "basics", "--format", "json")
    assert "Trainee" not in said


def test_the_trainers_page_says_what_publishing_would_do(desk: Desk, visitor: Guise, staza: Say) -> None:
    trainer = visitor("trainer")
    assert "Nothing would change" in text(trainer, "/trainer/basics/releases")
    submit(visitor("trainee"), {})
    rekey(desk)
    learn_more(desk)
    page = re.sub(r"\s+", " ", text(trainer, "/trainer/basics/releases"))
    assert "New to learn" in page
    assert page.count("fewer than 5") == 2, "one submitted attempt and one completion are too few to be told"
    assert "The first lesson" in page
    assert "choices › ignore › correct" in page
    desk.edit("course.yaml", lambda course: course.update(lessons=["nowhere"]))
    assert "can’t be published" in text(trainer, "/trainer/basics/releases")


def test_counts_from_five_on_are_told(app: Flask, desk: Desk, visitor: Guise, world: World) -> None:
    for name in ("trainee", "colleague", "patrol", "office", "stranger"):
        finish_lessons(visitor(name), "basics")
    rekey(desk)
    page = text(visitor("trainer"), "/trainer/basics/releases")
    assert re.search(r"<dd>5\b", page)
    assert "fewer than 5" not in page


def test_the_list_of_releases_and_their_differences(
    desk: Desk, visitor: Guise, staza: Say, statements: Counting
) -> None:
    rekey(desk)
    staza("publish", "basics", "--note", "The key was wrong", "--author", "Mira")
    trainer = visitor("trainer")
    page = text(trainer, "/trainer/basics/releases")
    for said in ("The key was wrong", "Mira", "first release", "regrade"):
        assert said in page
    with statements() as sent:
        page = text(trainer, "/trainer/basics/releases/difference")
    assert len(sent) == 1, "the sign-in's"
    assert "1 change" in page
    assert "<del" in page
    assert "<ins" in page
    old, new = (release.revision for release in library().history("basics"))
    assert "Nothing differs" in text(trainer, f"/trainer/basics/releases/difference?old={old}&new={old}")
    assert trainer.get(f"/trainer/basics/releases/difference?old={old}&new={'0' * 64}").status_code == 404
    staza("publish", "basics", "--back")
    assert "taken back" in text(trainer, "/trainer/basics/releases")
    assert library().revision_of("basics") == old
    assert new in text(trainer, "/trainer/basics/releases")


def test_no_person_is_named_on_a_trainers_page(desk: Desk, visitor: Guise, world: World) -> None:
    submit(visitor("trainee"), {})
    rekey(desk)
    page = text(visitor("trainer"), "/trainer/basics/releases")
    names = {person.name for person in db.session.query(Person)} - {world.people["trainer"].name}
    assert not [name for name in names if f">{name}<" in page]
    assert str(db.session.query(Attempt).one().id) not in page
