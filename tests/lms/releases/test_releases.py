"""What is said of a release: whom it would concern, what it changes, and nobody by name."""

from __future__ import annotations

import re

from flask import Flask

from lms.db import db
from lms.library import library
from lms.records.attempts import Attempt
from lms.records.people import Person
from tests.lms.conftest import World
from tests.lms.journey import begin, finish_lessons

from .conftest import Counting, Desk, Guise, Say, learn_more, rekey, submit, text


def test_diff_counts_whom_a_change_would_concern(desk: Desk, visitor: Guise, staza: Say) -> None:
    submit(visitor("trainee"), {})
    finish_lessons(visitor("colleague"), "basics")
    begin(visitor("colleague"), "basics")
    rekey(desk)
    said = staza("diff", "basics")
    for sentence in (
        "1 person halfway",
        "1 attempt open",
        "1 submitted attempt marked by another key",
        "1 person who completed",
    ):
        assert sentence in said
    assert '"halfway": 1' in staza("diff", "basics", "--format", "json")
    assert "Trainee" not in said


def test_the_trainers_page_says_what_publishing_would_do(desk: Desk, visitor: Guise, staza: Say) -> None:
    trainer = visitor("trainer")
    desk.read()
    assert "Nothing would change" in text(trainer, "/trainer/basics/releases")
    submit(visitor("trainee"), {})
    rekey(desk)
    learn_more(desk)
    desk.read()
    page = re.sub(r"\s+", " ", text(trainer, "/trainer/basics/releases"))
    assert "New to learn" in page
    assert page.count("fewer than 5") == 2, "one submitted attempt and one completion are too few to be told"
    assert "The first lesson" in page
    assert "choices › ignore › correct" in page
    desk.edit("course.yaml", lambda course: course.update(lessons=["nowhere"]))
    desk.read()
    assert "can’t be published" in text(trainer, "/trainer/basics/releases")


def test_counts_from_five_on_are_told(app: Flask, desk: Desk, visitor: Guise, world: World) -> None:
    for name in ("trainee", "colleague", "patrol", "office", "stranger"):
        finish_lessons(visitor(name), "basics")
    rekey(desk)
    desk.read()
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
    assert "These two are the same" in text(trainer, f"/trainer/basics/releases/difference?old={old}&new={old}")
    assert trainer.get(f"/trainer/basics/releases/difference?old={old}&new={'0' * 64}").status_code == 404
    staza("publish", "basics", "--back")
    assert "taken back" in text(trainer, "/trainer/basics/releases")
    assert library().revision_of("basics") == old
    assert new in text(trainer, "/trainer/basics/releases")


def test_no_person_is_named_on_a_trainers_page(desk: Desk, visitor: Guise, world: World) -> None:
    submit(visitor("trainee"), {})
    rekey(desk)
    desk.read()
    page = text(visitor("trainer"), "/trainer/basics/releases")
    names = {person.name for person in db.session.query(Person)} - {world.people["trainer"].name}
    assert not [name for name in names if f">{name}<" in page]
    assert str(db.session.query(Attempt).one().id) not in page
