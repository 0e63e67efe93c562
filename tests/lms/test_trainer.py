"""A trainer's pages: only their own courses, a lesson with its keys, and items measured without a name."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import correlation, mean
from uuid import uuid4

import pytest
from flask import Flask

from courses.questions.base import Question
from lms.db import db, new_id
from lms.learning import drafts
from lms.learning.access import of_attempt, region
from lms.library import Library, library
from lms.records import institutions
from lms.records.accounts import Actor
from lms.records.attempts import Answer, Attempt
from lms.records.enrolments import Enrolment
from lms.records.people import Grant, Person, Role
from lms.reports import items
from lms.reports.items import ENOUGH, FEWEST

from .conftest import CONTENT, START, Statements, Visitor, World, compile_into

Guise = Callable[[str], Visitor]
Counting = Callable[[], AbstractContextManager[Statements]]
Answers = dict[str, object]

pytestmark = pytest.mark.usefixtures("app")

RIGHT: Answers = {
    "single": "protect",
    "multiple": ["asylum", "life"],
    "true-false": "true",
    "matching": {},
    "ordering": ["safety", "needs", "record"],
    "gaps": {"act": "entry", "status": "national"},
}
WRONG: Answers = {
    "single": "ignore",
    "multiple": ["wealth"],
    "true-false": "false",
    "matching": {},
    "ordering": ["record", "needs", "safety"],
    "gaps": {"act": "exit", "status": "member"},
}


def question(id: str) -> Question:
    found = library().question("basics", id)
    assert found
    return found


def matched(rightly: bool) -> dict[str, str]:
    """An answer to the matching item, in the ids that its options have."""
    slots = question("matching").payload().slots
    texts = (
        {"Carrying for money": "Smuggling", "Exploiting": "Trafficking"}
        if rightly
        else dict.fromkeys(("Carrying for money", "Exploiting"), "No offence")
    )
    return {slot.id: next(option.id for option in slot.options if option.text == texts[slot.text]) for slot in slots}


def attempts(answers: list[Answers], number: int = 1, submitted: bool = True) -> list[float]:
    """Attempts at the final quiz of `basics`, each by a person of its own; their scores."""
    session, revision = db.session, library().revision_of("basics")
    node = session.query(institutions.Institution).filter_by(name="Border").one()
    scores = []
    for given in answers:
        person = Person(
            institution_id=node.root_id,
            id=new_id(),
            unit_id=node.id,
            name="Nobody Known",
            search="nobody known",
            email=f"{uuid4()}@example.org",
            created_at=START,
        )
        session.add(person)
        session.flush()
        enrolment = Enrolment(
            institution_id=node.root_id,
            id=new_id(),
            person_id=person.id,
            course_id="basics",
            enrolled_at=START,
            enrolled_by=person.id,
        )
        session.add(enrolment)
        session.flush()
        marks = {id: question(id).grade(answer).score for id, answer in given.items()}
        score = sum(marks.values()) / 6
        attempt = Attempt(
            institution_id=node.root_id,
            id=new_id(),
            person_id=person.id,
            enrolment_id=enrolment.id,
            course_id="basics",
            quiz_id="final",
            number=number,
            revision=revision,
            commit="",
            locale="en",
            seed="",
            shown=[[id, []] for id in RIGHT],
            started_at=START,
            submitted_at=START + timedelta(minutes=9) if submitted else None,
            score=score if submitted else None,
            passed=score >= 0.8 if submitted else None,
        )
        session.add(attempt)
        session.flush()
        for id, answer in given.items():
            session.add(
                Answer(
                    institution_id=node.root_id,
                    attempt_id=attempt.id,
                    question_id=id,
                    answer=answer,
                    saved_at=START,
                    score=marks[id] if submitted else None,
                )
            )
        scores.append(score)
    session.commit()
    return scores


def whole(right: set[str]) -> Answers:
    """Answers to all items, right for these ids."""
    given = {id: (RIGHT if id in right else WRONG)[id] for id in RIGHT}
    return given | {"matching": matched("matching" in right)}


def measured(world: World) -> dict[str, items.Item]:
    course = library().course("basics")
    assert course
    scope = region(trainer(world))
    return {item.question.id: item for item in items.items(db.session(), scope, library(), course)}


def trainer(world: World) -> Actor:
    person = world.people["trainer"]
    node = institutions.Institution(name="", country="", path="/", time_zone="UTC")
    grant = Grant(institution_id=person.institution_id, person_id=person.id, role=Role.TRAINER, course_id="basics")
    return Actor(person, node, node, ((grant, None),))


# ── whose courses ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_trainer_sees_their_own_courses_alone(visitor: Guise) -> None:
    browser = visitor("trainer")
    page = browser.get("/trainer").get_data(as_text=True)
    assert "Basics for tests" in page
    assert "/trainer/by-request" not in page
    for path in ("", "/items", "/as/RS/lessons/first"):
        assert browser.get(f"/trainer/basics{path}").status_code == 200
        assert browser.get(f"/trainer/by-request{path}").status_code == 404
        assert browser.get(f"/trainer/no-such-course{path}").status_code == 404


@pytest.mark.parametrize("name", ["trainee", "manager", "coordinator", "administrator"])
def test_others_have_no_trainers_pages(visitor: Guise, name: str) -> None:
    browser = visitor(name)
    for path in ("", "/basics", "/basics/items", "/basics/as/none/lessons/first"):
        assert browser.get(f"/trainer{path}").status_code == 403


def test_the_course_page_says_what_is_released_and_that_reviews_are_pending(app: Flask, visitor: Guise) -> None:
    settings = app.config["SETTINGS"]
    drafts.Reader(settings.content, settings.artefacts).look(["basics"], START)
    page = visitor("trainer").get("/trainer/basics").get_data(as_text=True)
    release = library().releases()["basics"]
    assert release.revision[:12] in page
    assert release.commit[:12] in page
    assert page.count("<strong>pending</strong>") == 3
    assert "No errors, no advice" in page


def test_no_page_compiles(app: Flask, visitor: Guise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the compiler says is what it said to the worker; the pages themselves read no text."""
    settings = app.config["SETTINGS"] = replace(app.config["SETTINGS"], artefacts=tmp_path / "artefacts")
    for path in ("/trainer/basics", "/trainer/basics/releases"):
        assert "has not been loaded yet" in visitor("trainer").get(path).get_data(as_text=True)
    reader = drafts.Reader(settings.content, settings.artefacts)
    assert reader.look(["basics"], START) == 1
    assert reader.look(["basics"], START) == 0

    def compiled(*_: object, **__: object) -> None:
        raise AssertionError("a page compiles")

    monkeypatch.setattr("courses.compile.compile_file", compiled)
    monkeypatch.setattr("courses.build.Workshop.run", compiled)
    assert "No errors, no advice" in visitor("trainer").get("/trainer/basics").get_data(as_text=True)
    assert "Nothing would change" in visitor("trainer").get("/trainer/basics/releases").get_data(as_text=True)


def test_problems_are_shown_by_file_line_and_column(app: Flask, visitor: Guise, tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(CONTENT, content)
    bank = content / "basics" / "questions" / "bank.yaml"
    lines = bank.read_text().splitlines()
    lines[1] = "  type: single-choise"
    bank.write_text("\n".join(lines))
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], content=content, artefacts=tmp_path / "artefacts")
    drafts.Reader(content, tmp_path / "artefacts").look(["basics"], START)
    page = visitor("trainer").get("/trainer/basics").get_data(as_text=True)
    assert f"basics/questions/{bank.name}:2:" in page
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], content=tmp_path / "nowhere")
    assert "not on this server" in visitor("trainer").get("/trainer/basics").get_data(as_text=True)


# ── a lesson as a trainee sees it ──────────────────────────────────────────────────────────────────────────────────


def test_a_lesson_is_shown_with_keys_and_reasons_and_nothing_is_stored(visitor: Guise, statements: Counting) -> None:
    browser = visitor("trainer")
    with statements() as sent:
        page = browser.get("/trainer/basics/as/RS/lessons/first").get_data(as_text=True)
    assert "as trainees in Serbia do" in page
    assert "WHYRIGHT" in page
    assert "WHYWRONG" in page
    assert [sql for sql in sent.sql if not sql.startswith("SELECT")] == []
    elsewhere = browser.get("/trainer/basics/as/none/lessons/first").get_data(as_text=True)
    assert "outside the four countries" in elsewhere
    assert browser.get("/trainer/basics/as/XX/lessons/first").status_code == 404
    assert browser.get("/trainer/basics/as/RS/lessons/nothing").status_code == 404


# ── items ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_distractors_are_asked_after_where_there_are_some(world: World, visitor: Guise) -> None:
    attempts([whole(set(RIGHT))] * 6)
    found = measured(world)
    assert {id for id, item in found.items() if item.has_distractors} == {"single", "multiple", "matching", "gaps"}
    page = visitor("trainer").get("/trainer/basics/items").get_data(as_text=True)
    assert page.count("Nearly everyone scores here.") == 6
    assert page.count("Does anyone choose the distractors?") == 4


def test_fewer_than_five_answers_are_not_shown(world: World, visitor: Guise) -> None:
    attempts([whole({"single"})] * (FEWEST - 1))
    assert {item.answers for item in measured(world).values()} == {None}
    page = visitor("trainer").get("/trainer/basics/items").get_data(as_text=True)
    assert "Numbers this small are not shown" in page
    attempts([whole({"single"})])
    assert measured(world)["single"].answers == FEWEST


def test_the_indexes_are_those_of_the_textbook(world: World) -> None:
    rng = random.Random(7)
    given = []
    for _person in range(80):
        ability = rng.random()
        given.append(whole({id for id in RIGHT if rng.random() < ability}))
    scores = attempts(given)
    found = measured(world)
    for id in RIGHT:
        marks = [question(id).grade(answers[id]).score for answers in given]
        rest = [(6 * score - mark) / 5 for score, mark in zip(scores, marks, strict=True)]
        assert found[id].answers == 80
        assert found[id].facility == pytest.approx(mean(marks))
        assert found[id].discrimination == pytest.approx(correlation(marks, rest))


def test_discrimination_needs_enough_answers_that_differ(world: World) -> None:
    attempts([whole({"single", "gaps"}), whole(set())] * (ENOUGH // 2 - 1))
    assert measured(world)["single"].discrimination is None
    attempts([whole({"single", "gaps"}), whole(set())])
    found = measured(world)
    assert found["single"].discrimination == pytest.approx(1)
    assert found["multiple"].discrimination is None  # all were wrong
    assert found["multiple"].advice == "hard"


def test_a_key_that_is_wrong_shows(world: World) -> None:
    good = whole(set(RIGHT) - {"single"})
    attempts([good, whole({"single"})] * 30)
    assert measured(world)["single"].advice == "negative"


def test_only_first_submitted_attempts_count(world: World) -> None:
    attempts([whole(set(RIGHT))] * 6, number=2)
    attempts([whole(set(RIGHT))] * 6, submitted=False)
    assert measured(world)["single"].answers is None


def test_options_are_counted_by_place(world: World) -> None:
    attempts([whole(set(RIGHT))] * 6 + [whole(set())] * 5 + [whole(set()) | {"gaps": {"act": "my own word"}}])
    found = measured(world)
    chosen = {
        id: [(place.label, [(row.text, row.count, row.right) for row in place.rows]) for place in item.chosen]
        for id, item in found.items()
    }
    assert chosen["single"] == [("", [("To protect", 6, True), ("To ignore", 6, False)])]
    assert chosen["multiple"] == [("", [("Life", 6, True), ("To seek asylum", 6, True), ("Wealth", 6, False)])]
    assert [(count, right) for _text, count, right in chosen["true-false"][0][1]] == [(6, True), (6, False)]
    carry = dict(chosen["matching"])["Carrying for money"]
    assert sorted(carry) == [("No offence", 6, False), ("Smuggling", 6, True), ("Trafficking", 0, False)]
    assert dict(chosen["ordering"])["Make safe"] == [("1", 6, True), ("2", 0, False), ("3", 6, False)]
    # what fewer than five people typed is counted, and not shown
    assert dict(chosen["gaps"])["1"] == [("entry", 6, True), ("exit", 5, False), ("", 1, False)]
    assert dict(chosen["gaps"])["2"] == [("national", 6, True), ("member", 5, False)]


def test_the_items_page_names_nobody_and_costs_three_statements(visitor: Guise, statements: Counting) -> None:
    attempts([whole(set(RIGHT)), whole({"single"})] * 30)
    browser = visitor("trainer")
    with statements() as sent:
        page = browser.get("/trainer/basics/items").get_data(as_text=True)
    assert len(sent) == 3
    assert "Nobody Known" not in page
    assert "60" in page


def test_items_can_not_be_asked_for_in_a_scope_that_is_no_count() -> None:
    attempts([whole(set(RIGHT))] * 6)
    course = library().course("basics")
    assert course
    own = of_attempt(db.session.query(Attempt).first())  # type: ignore[arg-type]
    assert {item.answers for item in items.items(db.session(), own, library(), course)} == {None}


def test_grades_stay_when_the_course_is_edited(app: Flask, world: World, tmp_path: Path) -> None:
    attempts([whole(set(RIGHT))] * 6)
    content = tmp_path / "content"
    shutil.copytree(CONTENT, content)
    bank = content / "basics" / "questions" / "bank.yaml"
    bank.write_text(bank.read_text().replace("text: To protect, correct: true", "text: To shield, correct: true"))
    shutil.copytree(app.config["SETTINGS"].artefacts, tmp_path / "artefacts")
    compile_into(tmp_path / "artefacts", content)
    course = Library(tmp_path / "artefacts").course("basics")
    assert course
    found = items.items(db.session(), region(trainer(world)), Library(tmp_path / "artefacts"), course)
    single = next(item for item in found if item.question.id == "single")
    assert single.facility == 1
    assert [(row.text, row.count) for row in single.chosen[0].rows] == [("To shield", 6), ("To ignore", 0)]
