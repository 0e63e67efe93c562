"""A course written in Serbian: read in both scripts, translated into English, and taken from its bank to the result."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from courses.artefact import Store
from courses.build import check
from courses.translate.sheets import sheet, sheets
from courses.translate.writing import written
from lms import create_app
from lms.cli import main
from lms.config import Settings
from lms.db import db
from lms.library import library

from .conftest import CONTENT, Visitor, World, compile_into
from .journey import answer_all, answer_check, begin, finish_lessons, stored

COURSE = {
    "course.yaml": """
id: putevi
language: sr
topic: smuggling
title: Путеви љубави
summary: Кратак курс.
audience: [border-police]
hours: 1
objectives:
  - {id: know, text: Препознати пут.}
lessons: [prva]
completion:
  lessons: all
  quizzes: {zavrsni: 50%}
certificate: {valid_for: 12 months}
review: {trainer: pending, legal: pending, language: pending}
""",
    "lessons/prva.md": """---
title: Прва лекција
objectives: [know]
minutes: 5
---
Пут *негде* почиње.

- један
- два

:::check pitanje
""",
    "questions/banka.yaml": """
- id: pitanje
  type: single-choice
  objective: know
  stem: Шта је пут?
  choices:
    - {id: staza, text: Стаза, correct: true, why: Њом се хода.}
    - {id: jezero, text: Језеро, why: По њему се плови.}
- id: rec
  type: short-text
  objective: know
  stem: Како се зове река?
  accept: [Дунав]
""",
    "quizzes/zavrsni.yaml": """
title: Завршни тест
draw: [2 from banka]
""",
}
ENGLISH = {
    "title": "Paths of love",
    "Прва лекција": "The first lesson",
    "Пут *негде* почиње.": "A path begins *somewhere*.",
    "- један\n- два": "- one\n- two",
    "Шта је пут?": "What is a path?",
    "Стаза": "A trail",
    "Језеро": "A lake",
    "Њом се хода.": "One walks on it.",
    "По њему се плови.": "One sails on it.",
}


def lay(content: Path) -> Path:
    shutil.copytree(CONTENT, content)
    for name, text in COURSE.items():
        path = content / "putevi" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), "utf-8")
    return content


def translate(content: Path) -> None:
    """As a translator into English would, who has not come to the second question."""
    for name in ("lessons/prva.md", "questions/banka.yaml"):
        made = sheet(content, f"putevi/{name}", "en")
        made = made.filled({row.block: (ENGLISH.get(row.source, ""), False) for row in made.rows})
        (content / made.file).parent.mkdir(parents=True, exist_ok=True)
        (content / made.file).write_text(written(made), "utf-8")


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """The application with the test courses and one that is written in Serbian."""
    content = lay(tmp_path / "content")
    translate(content)
    compile_into(tmp_path / "serbian", content)
    app = create_app(replace(settings, artefacts=tmp_path / "serbian"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def page(browser: Visitor, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200, url
    return answer.get_data(as_text=True)


def speak(browser: Visitor, locale: str) -> None:
    assert browser.post("/language", {"locale": locale, "next": "/"}).status_code == 303


def test_it_is_read_in_both_scripts_and_in_english(visitor: Callable[[str], Visitor], world: World) -> None:
    browser = visitor("trainee")
    browser.post("/courses/putevi/enrol")
    browser.post("/courses/putevi/start")
    url = "/courses/putevi/lessons/prva"
    speak(browser, "sr")
    cyrillic = page(browser, url)
    assert "<h1>Прва лекција</h1>" in cyrillic
    assert "<legend>Шта је пут?</legend>" in cyrillic
    assert "untranslated-note" not in cyrillic
    speak(browser, "sr_Latn")
    latin = page(browser, url)
    assert "<h1>Prva lekcija</h1>" in latin
    assert "Put <em>negde</em> počinje." in latin
    assert "<legend>Šta je put?</legend>" in latin
    assert "untranslated-note" not in latin
    assert not re.search("[а-яђјљњћџ]{4}", re.sub(r"(?s)<footer.*|<select.*?</select>", "", latin), re.IGNORECASE)
    assert "Putevi ljubavi" in page(browser, "/courses")
    speak(browser, "en")
    english = page(browser, url)
    assert "<h1>The first lesson</h1>" in english
    assert "<legend>What is a path?</legend>" in english
    assert "untranslated-note" not in english
    speak(browser, "bs")
    bosnian = page(browser, url)
    assert "Прва лекција" in bosnian
    assert "untranslated-note" in bosnian


@pytest.mark.parametrize("locale", ["sr", "sr_Latn", "en", "mk"])
def test_it_is_taken_from_the_bank_to_the_result(visitor: Callable[[str], Visitor], world: World, locale: str) -> None:
    browser = visitor("trainee")
    speak(browser, locale)
    finish_lessons(browser, "putevi")
    assert "feedback right" in answer_check(browser, "putevi", "prva", "pitanje")
    attempt = begin(browser, "putevi", "zavrsni")
    assert stored(attempt).locale in (locale, "sr")
    shown = "".join(page(browser, f"{attempt}/questions/{number}") for number in (1, 2))
    asked = {"sr": "Шта је пут?", "sr_Latn": "Šta je put?", "en": "What is a path?", "mk": "Шта је пут?"}[locale]
    river = "Kako se zove reka?" if locale == "sr_Latn" else "Како се зове река?"
    assert asked in shown
    assert river in shown, "what is not translated is asked as it was written"
    answer_all(browser, attempt)
    assert browser.post(f"{attempt}/submit").status_code == 303
    result = page(browser, f"{attempt}/result")
    assert asked in result
    assert stored(attempt).score == 1.0
    assert library().course("putevi").language == "sr"


def test_the_catalogue_names_it_in_the_language_of_the_reader(visitor: Callable[[str], Visitor]) -> None:
    browser = visitor("trainee")
    speak(browser, "en")
    assert "Путеви љубави" in page(browser, "/courses"), "its title is not translated yet"
    speak(browser, "sr")
    assert "Путеви љубави" in page(browser, "/courses/putevi")


def test_commands_know_the_courses_own_language(tmp_path: Path) -> None:
    content = lay(tmp_path / "content")
    place = ["--content", str(content)]
    run = CliRunner().invoke
    refused = run(main, ["translate", "start", "sr", "putevi", *place])
    assert refused.exit_code == 1
    assert "putevi is written in Serbian itself" in refused.output
    assert "Begun so far: none" in refused.output
    assert not (content / "putevi/sr").exists()
    assert run(main, ["translate", "start", "en", "putevi", *place]).exit_code == 0
    assert (content / "putevi/en/lessons/prva.md").is_file()
    again = run(main, ["translate", "update", "sr", "putevi", *place])
    assert "Begun so far: English." in again.output
    assert "written in English itself" in run(main, ["translate", "start", "en", "basics", *place]).output
    assert "written in English itself" in run(main, ["translate", "export", "en", "shared", "x.po", *place]).output
    assert run(main, ["translate", "status", "putevi", *place]).output.split()[-5:] == ["en", "0%", "14", "14", "0"]
    assert [one.code for one in check(content, ["putevi"]) if one.severity == "error"] == []
    shutil.copytree(content / "putevi/en", content / "putevi/sr")
    told = {one.code for one in check(content, ["putevi"]) if one.severity == "error"}
    assert told == {"translation-language"}


def test_an_author_is_told_of_letters_of_the_other_script(tmp_path: Path) -> None:
    content = lay(tmp_path / "content")
    for name, old, new in (
        ("lessons/prva.md", "Пут *негде* почиње.", "Put *negde* počinje."),
        ("questions/banka.yaml", "По њему се плови.", "Po njemu se plovi."),
    ):
        path = content / "putevi" / name
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    told = [(one.file, one.line) for one in check(content, ["putevi"]) if one.code == "translation-letters"]
    assert told == [("putevi/lessons/prva.md", 6), ("putevi/questions/banka.yaml", 7)]


def test_an_edit_of_the_language_spells_it_anew(tmp_path: Path) -> None:
    """The language stands in course.yaml, and what depends on it in other files."""
    content = lay(tmp_path / "content")
    store = Store(tmp_path / "artefacts")
    compile_into(store.root, content)
    course = store.course("putevi", store.releases()["putevi"].revision)
    assert set(course.translations) == {"sr_Latn"}
    assert course.translations["sr_Latn"].share == 1.0
    path = content / "putevi/course.yaml"
    path.write_text(path.read_text("utf-8").replace("language: sr", "language: mk"), "utf-8")
    compile_into(store.root, content)
    course = store.course("putevi", store.releases()["putevi"].revision)
    assert course.translations == {}
    assert [one.counts()[1] for one in sheets(content, "putevi", "sr")]
