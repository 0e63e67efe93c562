"""A withdrawn course: nobody new takes it, and nobody loses it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from courses.artefact import Store
from lms.config import Settings
from lms.db import db
from lms.library import library
from lms.records.enrolments import Enrolment

from .conftest import START, World, enrol
from .visitor import Visitor

Visit = Callable[[str], Visitor]
TITLE = "Withdrawn"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The settings, with a store of the test's own."""
    own = replace(settings, artefacts=tmp_path / "artefacts")
    shutil.copytree(settings.artefacts, own.artefacts)
    return own


def withdraw(settings: Settings, *courses: str, undo: bool = False) -> None:
    for course in courses:
        Store(settings.artefacts).withdraw(course, not undo, START.isoformat())


def count() -> int:
    return db.session.query(Enrolment).count()


def test_nobody_new_takes_it(visitor: Visit, settings: Settings, world: World) -> None:
    trainee, manager, person = visitor("trainee"), visitor("manager"), world.people["trainee"]
    asked = trainee.post("/courses/by-request/request", {"reason": "Work"})
    assert asked.status_code == 303
    withdraw(settings, "basics", "by-request")
    assert "/courses/basics" not in trainee.get("/courses").text
    page = trainee.get("/courses/basics").text
    assert "has been withdrawn" in page
    assert "/courses/basics/enrol" not in page
    trainee.post("/courses/basics/enrol", {})
    manager.post(f"/manager/people/{person.id}/enrol", {"course": "basics", "due": ""})
    request = next(word for word in manager.get("/manager/requests").text.split('"') if "/manager/requests/" in word)
    refused = manager.post(request, {"decision": "grant"})
    assert "has been withdrawn" in refused.text
    manager.post("/manager/import", {"list": "email,course,due\ntrainee@example.org,basics,", "step": "enrol"})
    assert count() == 0
    assert manager.post(request, {"decision": "decline"}).status_code == 303
    withdraw(settings, "basics", undo=True)
    assert trainee.post("/courses/basics/enrol", {}).status_code == 303
    assert count() == 1


def test_those_halfway_go_on_and_those_done_keep_it(visitor: Visit, settings: Settings, world: World) -> None:
    enrol(world.people["trainee"], "basics", started_at=START)
    enrol(world.people["colleague"], "basics", started_at=START, completed_at=START + timedelta(days=1), completion={})
    withdraw(settings, "basics")
    trainee, colleague, manager = visitor("trainee"), visitor("colleague"), visitor("manager")
    course = library().course("basics")
    assert course
    for page in ("/", "/courses/basics", f"/courses/basics/lessons/{course.lessons[0].id}"):
        assert trainee.get(page).status_code == 200, page
    assert "You can still finish it." in trainee.get("/courses/basics").text
    assert course.title in trainee.get("/").text
    assert "stay valid" in colleague.get("/courses/basics").text
    assert course.title in colleague.get("/").text
    assert course.title in manager.get("/manager").text
    person = world.people["trainee"]
    due = manager.post(f"/manager/people/{person.id}/enrol", {"course": "basics", "due": "2027-01-31"})
    assert due.status_code == 303, "who has it can be given another due day"
