"""Courses in the language of whoever reads them: what is translated, what is not, and what an attempt keeps."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from courses.translate.sheets import Row, sheet
from courses.translate.writing import written
from lms import create_app
from lms.config import Settings
from lms.db import db
from lms.library import library
from lms.records.attempts import Attempt
from lms.records.certificates import Certificate

from .conftest import CONTENT, Visitor, World, compile_into, counted, enrol
from .journey import complete

WORDS = {
    "basics/course.yaml": {"title": "Основе за проверу", "summary": "Мали курс."},
    "basics/lessons/first.md": {
        "The first lesson": "Прва лекција",
        "The Protocol asks": "Протокол тражи *корист* [@smuggling-protocol, члан 3(a)].",
        "Night train": "Ноћни воз",
    },
    "basics/questions/checks.yaml": {
        "check-single stem": "Шта чини кријумчарење миграната?",
        "check-single choices.benefit.text": "Материјална корист",
        "check-single choices.force.text": "Употреба силе",
        "check-single choices.night.text": "Доба ноћи",
    },
    "basics/questions/bank.yaml": {
        "gaps stem": "Допуните одредбу.",
        "gaps text": "Омогућавање незаконитог [[act]] особи која није [[status]].",
        "gaps gaps.act.accept": "уласка\nулажења",
        "gaps gaps.status.choices.national.text": "држављанин",
        "gaps gaps.status.choices.member.text": "члан",
    },
    "programme.yaml": {},
}


def word(path: str, row: Row) -> str:
    """The translation of a text, by the name of its block or by how it begins; of a reason or a topic, any word."""
    for name, target in WORDS[path].items():
        if row.block == name or row.source.startswith(name):
            return target
    known = path == "programme.yaml" or row.block.partition(" ")[0] in ("check-single", "gaps")
    return f"Реч {row.block.split()[-1].replace('.', ' ')}" if known else ""


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """The application with the test courses, of which one is translated in part."""
    content = tmp_path / "content"
    shutil.copytree(CONTENT, content)
    for path in WORDS:
        made = sheet(content, path, "sr")
        made = made.filled({row.block: (word(path, row), False) for row in made.rows})
        (content / made.file).parent.mkdir(parents=True, exist_ok=True)
        (content / made.file).write_text(written(made), "utf-8")
    compile_into(tmp_path / "translated", content)
    app = create_app(replace(settings, artefacts=tmp_path / "translated"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def speak(browser: Visitor, locale: str) -> None:
    """Choose the language of the pages."""
    assert browser.post("/language", {"locale": locale, "next": "/"}).status_code == 303


def page(browser: Visitor, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200, url
    return answer.get_data(as_text=True)


def test_a_lesson_is_read_in_the_language_of_the_page(visitor: Callable[[str], Visitor], world: World) -> None:
    enrol(world.people["trainee"], "basics")
    browser = visitor("trainee")
    speak(browser, "sr")
    html = page(browser, "/courses/basics/lessons/first")
    assert "<h1>Прва лекција</h1>" in html
    assert "Протокол тражи <em>корист</em>" in html
    assert "Шта чини кријумчарење миграната?" in html
    assert '<div lang="en"><p>Six people hide in a goods wagon.</p>' in html, "what is missing says its language"
    assert html.count('class="untranslated-note') == 6, "four blocks, a stale one, and a check"
    assert "not been translated" not in html
    assert '<legend lang="en">Which two are indicators?</legend>' in html
    speak(browser, "sr_Latn")
    latin = page(browser, "/courses/basics/lessons/first")
    assert "<h1>Prva lekcija</h1>" in latin
    assert "član 3(a)" in latin
    assert not re.search("[а-яђјљњћџ]{4}", re.sub(r"(?s)<footer.*", "", latin), re.IGNORECASE)
    speak(browser, "bs")
    bosnian = page(browser, "/courses/basics/lessons/first")
    assert "<h1>The first lesson</h1>" in bosnian
    assert 'class="prose" lang="en"' in bosnian
    assert bosnian.count('class="untranslated-note') == 1, "said once for the whole lesson"
    speak(browser, "en")
    assert "untranslated-note" not in page(browser, "/courses/basics/lessons/first")


def test_a_check_that_is_not_translated_says_so_once_it_is_answered_too(
    visitor: Callable[[str], Visitor], world: World
) -> None:
    enrol(world.people["trainee"], "basics")
    browser = visitor("trainee")
    for locale, notes in (("sr", 1), ("bs", 0), ("en", 0)):
        speak(browser, locale)
        said = page(browser, "/courses/basics/lessons/first").count("untranslated-note")
        answer = browser.post(
            "/courses/basics/lessons/first/checks/check-multiple",
            {"answer": "hats"},
            headers={"X-Requested-With": "fetch"},
        ).get_data(as_text=True)
        assert 'class="verdict"' in answer
        assert answer.count("untranslated-note") == notes, locale
        assert page(browser, "/courses/basics/lessons/first").count("untranslated-note") == said


def test_courses_and_topics_have_their_titles_in_it(visitor: Callable[[str], Visitor], world: World) -> None:
    enrol(world.people["trainee"], "basics")
    browser = visitor("trainee")
    speak(browser, "sr")
    assert "Основе за проверу" in page(browser, "/")
    catalogue = page(browser, "/courses")
    assert "Основе за проверу" in catalogue
    assert "Реч title" in catalogue
    speak(browser, "en")
    assert "Basics for tests" in page(browser, "/courses")


def test_a_translation_costs_no_statement(visitor: Callable[[str], Visitor], world: World) -> None:
    enrol(world.people["trainee"], "basics")
    browser = visitor("trainee")
    counts = []
    for locale in ("en", "sr"):
        speak(browser, locale)
        with counted() as sent:
            page(browser, "/courses/basics/lessons/first")
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_an_attempt_keeps_the_language_it_was_begun_in(visitor: Callable[[str], Visitor], world: World) -> None:
    enrol(world.people["trainee"], "basics")
    browser = visitor("trainee")
    speak(browser, "sr")
    browser.post("/courses/basics/quizzes/final/attempts")
    attempt = db.session.query(Attempt).one()
    assert attempt.locale == "sr"
    speak(browser, "en")
    number = attempt.questions.index("gaps") + 1
    url = f"/attempts/{attempt.id}/questions/{number}"
    html = page(browser, url)
    assert '<legend lang="sr-Cyrl">Допуните одредбу.</legend>' in html
    browser.post(url, {"slot-act": "Ulazenja", "slot-status": "national"})
    browser.post(f"/attempts/{attempt.id}/submit")
    db.session.remove()
    assert db.session.query(Attempt).one().score == pytest.approx(1 / 6), "graded by the words of its own language"
    assert "Реч" in page(browser, f"/attempts/{attempt.id}/result")


def test_a_check_is_shown_as_it_was_graded(app: Flask, world: World) -> None:
    revision = library().revision_of("basics")
    assert revision
    given = {"act": "уласка", "status": "national"}
    versions = list(library().in_language("en").versions("basics", "gaps", revision))
    scores = [version.grade(given).score for version in versions]
    assert (scores[0], max(scores)) == (0.5, 1.0), "one of the versions is that in which it was given"


def test_a_certificate_names_the_course_in_its_owners_language(
    app: Flask, visitor: Callable[[str], Visitor], world: World
) -> None:
    enrol(world.people["trainee"], "basics")
    browser = visitor("trainee")
    speak(browser, "sr")
    complete(browser, "basics")
    row = db.session.query(Certificate).one()
    assert (row.title, row.locale) == ("Основе за проверу", "sr")


def test_a_trainer_sees_the_lesson_in_each_of_its_languages(visitor: Callable[[str], Visitor]) -> None:
    browser = visitor("trainer")
    url = "/trainer/basics/as/RS/lessons/first"
    html = page(browser, url)
    assert "<h1>The first lesson</h1>" in html
    assert f'href="{url}?language=sr_Latn">Srpski</a>' in html
    assert "<h1>Прва лекција</h1>" in page(browser, f"{url}?language=sr")
    assert "<h1>The first lesson</h1>" in page(browser, f"{url}?language=nonsense")
