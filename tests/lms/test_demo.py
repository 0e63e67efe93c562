"""The demo region: what it composes is what the verbs would have stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from lms import clock, create_app, demo
from lms.db import db
from lms.demo.answers import answered
from lms.learning import accounts
from lms.learning.attempts import result
from lms.learning.progress import progress
from lms.library import library
from lms.names import is_part
from lms.records import facts, institutions
from lms.records.accounts import Account
from lms.records.attempts import Answer, Attempt
from lms.records.audit import AuditEvent
from lms.records.certificates import Certificate
from lms.records.enrolments import CheckAnswer, Enrolment, LessonDone, Request, State
from lms.records.people import Person, Role

from .conftest import DATABASES, START, Visitor, settings_for, url_of

FEW = dict.fromkeys(demo.PEOPLE, 60)
"""People of each country: enough for all that can be."""
NOW = START + timedelta(days=61, hours=1)
"""The moment that the region is dated back from. What is drawn depends on it, and sixty people have few requests."""


@contextmanager
def nothing_in(place: str, folder: Path, artefacts: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application with a migrated database that holds nothing; of PostgreSQL, that of the name `place`."""
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else ""
    if server:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {place} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {place}")
    else:
        place = str(folder / "staza.db")
    app = create_app(settings_for(folder, artefacts, url_of(request.param, place, server)))
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path, artefacts: Path) -> Iterator[Flask]:
    """An application over an empty database."""
    with nothing_in("demo", tmp_path, artefacts, request) as app:
        yield app


@pytest.fixture(scope="module", params=DATABASES)
def region(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, artefacts: Path) -> Iterator[None]:
    """A region with a few people, for tests that only read it."""
    with nothing_in("region", tmp_path_factory.mktemp("region"), artefacts, request):
        assert demo.seed(library(), NOW, FEW)
        yield


def test_it_fills_an_empty_database_once(region: None) -> None:
    assert not demo.seed(library(), NOW, FEW)
    session = db.session
    roots = [row for row in institutions.tree(session) if row.parent_id is None]
    assert sorted(row.country for row in roots) == ["BA", "ME", "MK", "RS"]
    people = Counter(session.scalars(select(Person.institution_id)))
    assert sum(people.values()) == sum(FEW.values()) + len(demo.ACCOUNTS)
    assert {row.id for row in roots} == set(people)
    assert all(is_part(row.family_name, row.name) and row.family_name for row in session.scalars(select(Person)))
    for root in roots:
        units = institutions.tree(session, root.path)[1:]
        assert 4 <= sum(unit.parent_id == root.id for unit in units) <= 6
        assert any(unit.path.count("/") == 4 for unit in units), "some units stand two deep"
        states = {row.state(NOW.date()) for row in session.scalars(select(Enrolment).filter_by(institution_id=root.id))}
        assert states == set(State)
    assert session.scalar(select(func.count()).select_from(Request)) > 0


def test_nobody_has_an_address_that_could_be_real(empty: Flask) -> None:
    demo.seed(library(), clock.now(), {"MK": 300, "BA": 300})
    addresses = list(db.session.scalars(select(Account.email)))
    assert all(address.endswith("@example.org") and address.isascii() for address in addresses)
    assert all(address == address.lower() for address in addresses)


def test_what_is_stored_is_what_the_rules_say(region: None) -> None:
    session = db.session
    rows = session.scalars(select(Enrolment)).all()
    known = facts.of(session, rows)
    certified = set(session.scalars(select(Certificate.enrolment_id)))
    for row in rows:
        course = library().course(row.course_id)
        stands = progress(course, known[row.id])
        assert stands.percent == row.progress
        assert stands.complete == (row.completed_at is not None)
        assert (row.id in certified) == (stands.complete and course.certificate_months is not None)
        assert row.enrolled_at <= (row.started_at or NOW) <= (row.completed_at or NOW) <= NOW


def test_attempts_are_graded_by_the_questions(region: None) -> None:
    given: dict[object, list[Answer]] = {}
    for answer in db.session.scalars(select(Answer)):
        given.setdefault(answer.attempt_id, []).append(answer)
    attempts = db.session.scalars(select(Attempt)).all()
    assert {attempt.passed for attempt in attempts} == {True, False}
    for attempt in attempts:
        assert attempt.started_at < attempt.submitted_at <= NOW
        answers = {answer.question_id: answer for answer in given.get(attempt.id, [])}
        for answer in answers.values():
            question = library().question(attempt.course_id, answer.question_id, attempt.revision)
            assert answer.question_id in attempt.questions
            assert question.grade(answer.answer).score == pytest.approx(answer.score)
        score, passed = result(library(), attempt, answers)
        assert attempt.score == (None if score is None else pytest.approx(score))
        assert attempt.passed == passed


def test_checks_were_answered_before_their_lesson_was_finished(region: None) -> None:
    for done in db.session.scalars(select(LessonDone)):
        enrolment = db.session.get_one(Enrolment, (done.institution_id, done.enrolment_id))
        checks = library().course(enrolment.course_id).lesson(done.lesson_id).checks
        answered = db.session.scalars(select(CheckAnswer.question_id).filter_by(enrolment_id=done.enrolment_id)).all()
        assert set(checks) <= set(answered)


def test_the_demo_accounts_can_look_round(empty: Flask) -> None:
    demo.seed(library(), clock.now(), {"RS": 20, "BA": 20})
    pages = {
        None: "/courses",
        Role.TRAINER: "/trainer",
        Role.MANAGER: "/manager",
        Role.COORDINATOR: "/region",
        Role.ADMINISTRATOR: "/admin",
    }
    for account in demo.ACCOUNTS:
        browser = Visitor(empty).sign_in(account.email.removesuffix("@example.org"), demo.PASSWORD)
        assert account.name in browser.get("/").get_data(as_text=True)
        assert browser.get(pages[account.role]).status_code == 200, account.email


def test_on_a_public_address_the_published_password_opens_nothing(empty: Flask) -> None:
    settings, now = empty.config["SETTINGS"], clock.now()
    demo.seed(library(), now, people={"RS": 1})
    local = replace(settings, url="http://127.0.0.1:8000")
    public = replace(local, url="https://learn.example.org")
    address = demo.ACCOUNTS[-1].email
    assert demo.passwords_for(local) == demo.PASSWORD
    assert demo.is_open_to_all()
    password = demo.passwords_for(public)
    assert not demo.is_open_to_all()
    assert accounts.sign_in(address, demo.PASSWORD, now) is None
    assert accounts.sign_in(address, password, now)
    assert demo.passwords_for(public) == demo.passwords_for(local) == password
    assert (settings.instance / "demo-password").stat().st_mode & 0o77 == 0


def test_the_trainee_has_something_of_everything(region: None) -> None:
    now = clock.now()
    person = db.session.scalars(select(Person).filter_by(email="trainee@example.org")).one()
    states = {row.state(now.date()) for row in db.session.scalars(select(Enrolment).filter_by(person_id=person.id))}
    assert State.IN_PROGRESS in states
    assert State.COMPLETED in states
    assert db.session.scalars(select(AuditEvent).filter_by(person_id=person.id)).first()


def test_the_same_words_compose_the_same_people(empty: Flask) -> None:
    now = clock.now()
    demo.seed(library(), now, {"ME": 12}, random="one")
    names = db.session.scalars(select(Person.name).order_by(Person.email)).all()
    graded = select(Attempt.score).where(Attempt.score.is_not(None))
    scores = sorted(db.session.scalars(graded))
    assert scores
    db.session.remove()
    db.drop_all()
    db.create_all()
    demo.seed(library(), now, {"ME": 12}, random="one")
    assert db.session.scalars(select(Person.name).order_by(Person.email)).all() == names
    assert sorted(db.session.scalars(graded)) == scores


def test_a_benchmark_makes_many_people(empty: Flask) -> None:
    demo.seed(library(), clock.now(), {"RS": 2000, "ME": 100}, thorough=False)
    counts = dict(db.session.execute(select(Person.institution_id, func.count()).group_by(Person.institution_id)).all())
    assert max(counts.values()) >= 2000
    assert db.session.scalar(select(func.count()).select_from(Answer)) == 0
    assert db.session.scalar(select(func.count()).select_from(Certificate)) > 500


def test_composed_people_answer_every_type_but_in_their_own_words(app: Flask) -> None:
    rng = Random(1)
    for course in ("basics", "practice"):
        bank = library().course(course).bank_of("single" if course == "basics" else "word")
        for question in (library().question(course, id) for id in bank.questions):
            given = [answered(question, ability, rng) for ability in (-3, 0, 3) for _ in range(20)]
            scores = {question.grade(answer).score for answer in given if answer is not None}
            assert all(question.finished(answer) for answer in given if answer is not None)
            assert bool(scores) == (question.type != "open")
            assert len(scores) > 1 or question.type in ("open", "rating"), question.id
