"""The store: what is written is what is read, and it says what is missing or damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from courses.artefact import ArtefactError, Store, canonical, digest
from courses.build import build
from courses.model import Course

from .books import BASE, built, edit

ROOT = Path(__file__).parent.parent.parent


def test_what_is_written_is_what_is_read(content: Path, store: Store) -> None:
    result, course = built(content, store)
    assert (result.lessons, result.questions) == (2, 6)
    assert [lesson.id for lesson in course.lessons] == ["first", "second"]
    assert course.completion.quizzes == {"final": 0.8}
    assert course.completion.lessons == ("first", "second")
    assert course.certificate_months == 24
    assert [source.short for source in course.sources] == ["Refugee Convention", "Smuggling Protocol"]
    lesson = store.lesson(course, "first")
    assert [block.kind for block in lesson.blocks] == ["html", "case", "countries", "check", "html"]
    assert [block.country for block in lesson.blocks[2].blocks] == ["RS", "ME"]
    assert '<a href="second#where-it-ends">' in lesson.blocks[0].html
    assert '<a href="#source-protocol">Smuggling Protocol</a>, art. 3(a); ' in lesson.blocks[0].html
    assert lesson.checks == ("begin",)
    assert lesson.sources == ("protocol", "convention")
    picture = lesson.blocks[-1].html
    (name,) = course.media
    assert f'src="../media/{name}"' in picture
    assert 'width="120" height="40" loading="lazy"' in picture
    assert store.media(name).read_bytes() == (content / "paths/media/route.svg").read_bytes()
    question = store.question(course, "begin")
    assert question.stem == "Where does a path <em>begin</em>?"
    assert (
        question.grade("here").parts[0].why == 'As <span class="citation">[Smuggling Protocol, art. 1]</span> has it.'
    )
    assert store.programme().topics[0].id == "smuggling"


def test_every_object_says_the_same_after_a_round_trip(content: Path, store: Store) -> None:
    _, course = built(content, store)
    for bank in course.banks:
        assert tuple(question.id for question in store.bank(course, bank.id)) == bank.questions
    for entry in course.lessons:
        assert store.lesson(course, entry.id).title == entry.title


@pytest.mark.parametrize("source", [BASE, ROOT / "content"], ids=["base", "content"])
def test_what_is_put_together_from_plain_values_is_what_the_models_say(source: Path, store: Store) -> None:
    for course in build(source, store).courses:
        path = store.root / "revisions" / course.id / f"{course.revision}.json"
        built = Course.model_validate_json(path.read_bytes())
        assert canonical(built.model_dump(mode="json")) == path.read_bytes()
        for entry in built.lessons:
            lesson = store.lesson(built, entry.id)
            assert digest(canonical(lesson.model_dump(mode="json"))) == entry.object


def test_what_is_built_says_nothing_of_lines(content: Path, store: Store) -> None:
    _, course = built(content, store)
    assert "data-line" not in store.lesson(course, "first").model_dump_json()


def test_the_store_says_what_is_missing(content: Path, store: Store) -> None:
    with pytest.raises(ArtefactError, match="nothing was built yet"):
        store.programme()
    assert store.releases() == {}
    result, course = built(content, store)
    for wrong in ("0" * 64, "../../x", ""):
        with pytest.raises(ArtefactError):
            store.course("paths", wrong)
    with pytest.raises(ArtefactError):
        store.course("../paths", str(result.revision))
    with pytest.raises(ArtefactError, match="no lesson 'third'"):
        store.lesson(course, "third")
    with pytest.raises(ArtefactError, match="no bank"):
        store.bank(course, "third")
    with pytest.raises(ArtefactError, match="no question"):
        store.question(course, "third")
    for wrong in ("../releases.json", f"{'0' * 64}.svg", f"{course.lessons[0].object}.json", ""):
        with pytest.raises(ArtefactError):
            store.media(wrong)
    with pytest.raises(ArtefactError, match="no revision"):
        store.publish("paths", "0" * 64, "", "2026-11-21T00:00:00+00:00")
    path = next((store.root / "objects").rglob(f"{course.lessons[0].object}.json"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ArtefactError, match="damaged"):
        store.lesson(course, "first")


def test_a_release_is_kept_beside_others(content: Path, store: Store) -> None:
    result, _ = built(content, store)
    store.publish("paths", str(result.revision), "abc", "2026-11-21T00:00:00+00:00")
    edit(content / "paths/lessons/first.md", "In Serbia.", "In Serbia!")
    other, _ = built(content, store)
    assert store.releases()["paths"].revision == result.revision, "building publishes nothing"
    store.publish("paths", str(other.revision), "", "2026-11-22T00:00:00+00:00")
    assert store.releases()["paths"].revision == other.revision
    assert store.course("paths", str(result.revision)).id == "paths", "the older one stays"
