"""The programme's own title: on the way in, in the reader's language, and no trouble where there is none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from lms import create_app
from lms.config import Settings
from lms.db import db
from lms.records.certificates import Certificate

from .conftest import Visitor, World
from .journey import complete

Guise = Callable[[str], Visitor]
TITLE, CERTAIN = "Regional E-Learning on Migration", "Learning & <b>growing</b>"
ON_THE_WAY_IN = ("/sign-in", "/password", "/verify", "/accessibility", "/no-such-page")


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """The application with artefacts of its own."""
    shutil.copytree(settings.artefacts, tmp_path / "artefacts")
    app = create_app(replace(settings, artefacts=tmp_path / "artefacts"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def text(browser: Visitor, url: str) -> str:
    return browser.get(url).get_data(as_text=True)


def called(folder: Path, title: str, locale: str = "") -> None:
    """Give the programme another title, in a language."""
    programme = json.loads((folder / "artefacts/programme.json").read_bytes())
    name = f"programme.{locale}.json" if locale else "programme.json"
    (folder / "artefacts" / name).write_text(json.dumps(programme | {"title": title}), "utf-8")


@pytest.mark.parametrize("url", ON_THE_WAY_IN)
def test_whoever_is_not_signed_in_reads_it_once_and_in_the_title(visitor: Guise, url: str) -> None:
    page = text(visitor(""), url)
    head, body = page.split("</head>")
    assert f"· Staza · {TITLE}</title>" in head
    assert body.count(TITLE) == 1


def test_it_stands_in_the_language_of_the_reader_and_as_it_was_written(visitor: Guise, tmp_path: Path) -> None:
    called(tmp_path, "Учење о миграцијама", "sr")
    called(tmp_path, CERTAIN, "mk")
    browser = visitor("")
    for locale, shown in (
        ("sr", "Учење о миграцијама"),
        ("mk", "Learning &amp; &lt;b&gt;growing&lt;/b&gt;"),
        ("sq", TITLE),
    ):
        browser.post("/language", {"locale": locale})
        page = text(browser, "/sign-in")
        assert page.count(shown) == 2
        assert "<b>" not in page


def test_who_is_signed_in_knows_where_they_are(visitor: Guise, world: World) -> None:
    assert TITLE not in text(visitor("trainee"), "/")


@pytest.mark.parametrize("found", ["nothing", "{}", "half a"])
def test_without_a_programme_people_sign_in_all_the_same(visitor: Guise, tmp_path: Path, found: str) -> None:
    path = tmp_path / "artefacts/programme.json"
    path.unlink() if found == "nothing" else path.write_text(found, "utf-8")
    browser = visitor("")
    for url in ON_THE_WAY_IN:
        answer = browser.get(url)
        assert answer.status_code == (404 if url == "/no-such-page" else 200)
        assert "· Staza</title>" in answer.get_data(as_text=True)
    assert 'class="lead"' not in text(browser, "/sign-in")
    visitor("trainee")


def test_a_certificate_names_it_in_its_own_language(visitor: Guise, tmp_path: Path) -> None:
    called(tmp_path, "Учење о миграцијама", "sr")
    browser = visitor("trainee")
    complete(browser, "basics")
    url = f"/certificates/{db.session.query(Certificate).one().id}.pdf"
    issued = browser.get(url).data
    browser.post("/language", {"locale": "sr"})
    assert browser.get(url).data == issued
