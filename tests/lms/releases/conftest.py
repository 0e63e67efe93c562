"""A trainer's desk, from which courses are edited and released, and the application that serves them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from lms import create_app
from lms.config import Settings
from lms.db import db
from lms.learning import drafts
from lms.records.attempts import Answer, Attempt
from lms.records.enrolments import CheckAnswer, Enrolment, LessonDone
from tests.lms.conftest import CONTENT, START, Statements, Visitor, compile_into
from tests.lms.journey import answer_all, begin, finish_lessons, stored
from tests.lms.test_cli import run

Guise = Callable[[str], Visitor]
Counting = Callable[[], AbstractContextManager[Statements]]
Say = Callable[..., str]


class Desk:
    """A trainer's desk: a content folder of their own, and the store it is published into."""

    def __init__(self, folder: Path, published: Path) -> None:
        self.content, self.artefacts = folder / "content", folder / "artefacts"
        shutil.copytree(CONTENT, self.content)
        shutil.copytree(published, self.artefacts)

    def publish(self) -> None:
        """Build and publish what the files say now."""
        compile_into(self.artefacts, self.content)

    def read(self) -> None:
        """Let the worker read what the files say now, for the trainer's pages."""
        drafts.Reader(self.content, self.artefacts).look(["basics"], START)

    def edit(self, name: str, change: Callable[[Any], object]) -> None:
        """Change a YAML file of the course basics."""
        path = self.content / "basics" / name
        data = yaml.safe_load(path.read_text())
        change(data)
        path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False))


@pytest.fixture
def desk(tmp_path: Path, artefacts: Path) -> Desk:
    """A trainer's desk, with the test courses as they are published."""
    return Desk(tmp_path, artefacts)


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


def snapshot() -> dict[str, object]:
    """All that is stored of anybody's learning."""
    db.session.remove()
    return {
        "scores": sorted((row.question_id, row.answer, row.score) for row in db.session.query(Answer)),
        "attempts": [(row.revision, row.score, row.passed, row.shown) for row in db.session.query(Attempt)],
        "checks": sorted((row.question_id, str(row.answer), row.score) for row in db.session.query(CheckAnswer)),
        "lessons": sorted(row.lesson_id for row in db.session.query(LessonDone)),
        "enrolment": [(row.progress, row.completed_at, row.completion) for row in db.session.query(Enrolment)],
    }


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
