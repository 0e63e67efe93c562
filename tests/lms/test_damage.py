"""What is damaged in the store is named and mended; everybody else's work goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from courses.artefact import ArtefactError, Store
from lms import clock
from lms.config import Settings
from lms.learning import duties
from lms.library import library

from .conftest import World, enrol
from .test_cli import run
from .visitor import Visitor

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
Visit = Callable[[str], Visitor]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The settings, with a store of the test's own."""
    own = replace(settings, artefacts=tmp_path / "artefacts")
    shutil.copytree(settings.artefacts, own.artefacts)
    return own


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(settings.artefacts)


def a_lesson_of(store: Store, course: str) -> Path:
    """The file of the course's first lesson."""
    name = store.course(course, store.releases()[course].revision).lessons[0].object
    return store.root / "objects" / name[:2] / f"{name}.json"


def revision_of(store: Store, course: str) -> Path:
    return store.root / "revisions" / course / f"{store.releases()[course].revision}.json"


def spoil(path: Path) -> bytes:
    """Damage a file; what it held."""
    whole = path.read_bytes()
    path.write_bytes(whole[:-3] + b"x" + whole[-2:])
    return whole


def health(visitor: Visit) -> tuple[int, dict[str, object]]:
    """What /healthz says, while the worker runs."""
    duties.keep("jobs", clock.now(), duties.Outcome(), "")
    answer = visitor("").get("/healthz")
    return answer.status_code, json.loads(answer.text)


def test_all_is_well(visitor: Visit, app: Flask) -> None:
    _code, said = health(visitor)
    assert said["status"] == "ok"
    assert (said["database"], said["courses"], said["problems"]) == (True, True, [])


@pytest.mark.parametrize("file", [a_lesson_of, revision_of])
def test_one_damaged_course_is_named_and_the_others_go_on(
    visitor: Visit, world: World, store: Store, file: Callable[[Store, str], Path]
) -> None:
    enrol(world.people["trainee"], "basics")
    enrol(world.people["trainee"], "practice")
    spoil(file(store, "basics"))
    code, said = health(visitor)
    assert (code, said["status"], said["problems"]) == (200, "degraded", ["The course basics is damaged."])
    trainee = visitor("trainee")
    for page in ("/", "/courses", "/courses/practice"):
        assert trainee.get(page).status_code == 200, page
    assert visitor("manager").get("/manager").status_code == 200


@pytest.mark.parametrize("command", ["build", "publish"])
@pytest.mark.parametrize("file", [a_lesson_of, revision_of])
def test_what_is_damaged_is_named_and_written_again(
    app: Flask, settings: Settings, store: Store, command: str, file: Callable[[Store, str], Path]
) -> None:
    path = file(store, "basics")
    whole = spoil(path)
    done = run(settings, command, "--content", str(settings.content), "--artefacts", str(settings.artefacts))
    assert done.exit_code == 0, done.output
    assert f"is damaged: {path}." in done.output
    assert "written again" in done.output
    assert path.read_bytes() == whole
    assert store.damage() == []
    again = run(settings, command, "--content", str(settings.content), "--artefacts", str(settings.artefacts))
    assert "damaged" not in again.output


def test_what_the_text_no_longer_has_stays_named(app: Flask, settings: Settings, store: Store, tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(settings.content, content)
    old = a_lesson_of(store, "basics")
    lesson = next(path for path in (content / "basics" / "lessons").glob("*.md"))
    for lesson in (content / "basics" / "lessons").glob("*.md"):
        lesson.write_text(lesson.read_text("utf-8") + "\nOne sentence more.\n", "utf-8")
    options = ("--content", str(content), "--artefacts", str(settings.artefacts))
    assert run(settings, "publish", *options, "--yes").exit_code == 0
    spoil(old)
    for _ in range(2):
        said = run(settings, "publish", *options, "--yes").output
        assert "Restore a backup that has them." in said
    assert store.damage_of("basics", store.releases()["basics"].revision) == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize("harm", [Path.unlink, cut])
def test_a_list_of_releases_that_is_lost_is_told_and_brought_back(
    visitor: Visit, settings: Settings, store: Store, harm: Callable[[Path], None]
) -> None:
    before = store.histories()
    harm(store.root / "releases.json")
    with pytest.raises(ArtefactError, match="staza publish"):
        store.histories()
    code, said = health(visitor)
    assert (code, said["problems"]) == (200, ["The list of releases can't be read; its copy is used."])
    assert visitor("trainee").get("/courses/basics").status_code == 200
    options = ("--content", str(settings.content), "--artefacts", str(settings.artefacts))
    assert "The list of releases" in run(settings, "check", *options).output
    assert "brought back from its copy" in run(settings, "publish", *options).output
    assert store.histories() == before


def test_without_list_and_copy_nothing_is_served_as_if_right(visitor: Visit, settings: Settings, store: Store) -> None:
    (store.root / "releases.json").unlink()
    (store.root / "releases.copy.json").write_text("{")
    code, said = health(visitor)
    assert (code, said["status"], said["courses"]) == (503, "unavailable", False)
    options = ("--content", str(settings.content), "--artefacts", str(settings.artefacts))
    refused = run(settings, "publish", *options)
    assert refused.exit_code == 1
    assert "restore a backup" in refused.output


def test_the_list_of_an_older_installation_gets_its_copy(app: Flask, settings: Settings, store: Store) -> None:
    (store.root / "releases.copy.json").unlink()
    options = ("--content", str(settings.content), "--artefacts", str(settings.artefacts))
    assert run(settings, "publish", *options).exit_code == 0
    assert store.copied_histories() == store.histories()


def test_the_page_of_a_damaged_course_says_so(visitor: Visit, store: Store) -> None:
    spoil(revision_of(store, "basics"))
    page = visitor("trainee").get("/courses/basics")
    assert page.status_code == 503
    assert "can’t be shown" in page.text
    assert library().readable("basics") is None
