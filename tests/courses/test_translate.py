"""Translated courses: what is built of a source and what a translator wrote, whatever that is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.artefact import Store
from courses.build import build, check
from courses.model import Block, Course
from courses.problems import has_errors
from courses.translate.share import percent, share
from courses.translate.sheets import SHARED, sheet, sheets

from .books import BASE, edit, lay
from .translator import FIRST, fill, in_serbian, lesson_words


def built(content: Path, store: Store) -> Course:
    result = next(one for one in build(content, store).courses if one.id == "paths")
    assert result.revision, result.problems
    return store.course("paths", result.revision)


def texts(blocks: tuple[Block, ...]) -> list[tuple[str, str, bool]]:
    """Each stretch of text with its language and whether it is stale."""
    found = []
    for block in blocks:
        if block.html or block.title:
            found.append((block.html or block.title, block.lang, block.stale))
        found += texts(block.blocks)
    return found


def test_a_lesson_is_woven_of_the_source_and_its_translation(content: Path, store: Store) -> None:
    fill(content, FIRST, lesson_words)
    course = built(content, store).in_language("sr")
    entry = course.lesson("first")
    lesson = store.lesson(course, "first")
    assert entry
    assert (entry.title, lesson.title, lesson.checks) == ("Први корак", "Први корак", ("begin",))
    assert all((lang, stale) == ("", False) for _text, lang, stale in texts(lesson.blocks))
    html = " ".join(text for text, *_ in texts(lesson.blocks))
    assert '<h2 id="where-it-begins">Где почиње</h2>' in html, "the address of a heading is that of the source"
    assert '<a href="second#where-it-ends">другу лекцију</a>' in html
    assert 'alt="Пут слева надесно"' in html
    assert "begins" not in html.replace("where-it-begins", "")
    assert [block.kind for block in lesson.blocks] == [
        block.kind for block in store.lesson(built(content, store), "first").blocks
    ]
    assert (course.language_of(lesson="first"), course.language_of(lesson="second")) == ("sr", "en")


def test_the_latin_script_is_made_of_the_cyrillic(content: Path, store: Store) -> None:
    fill(content, FIRST, lesson_words)
    course = built(content, store).in_language("sr_Latn")
    lesson = store.lesson(course, "first")
    assert lesson.title == "Prvi korak"
    html = " ".join(text for text, *_ in texts(lesson.blocks))
    assert "Noćni voz za Šid" in html
    assert 'član 3(a); <a href="#source-convention">Refugee Convention</a>' in html
    assert "Гд" not in html


def test_what_is_missing_stays_english_and_what_changed_is_stale(content: Path, store: Store) -> None:
    fill(content, FIRST, lambda row: "" if row.source.startswith("See [") else lesson_words(row))
    edit(content / FIRST, "A composed case with a list:", "A composed case with a longer list:")
    lesson = store.lesson(built(content, store).in_language("sr"), "first")
    marked = [(text, lang, stale) for text, lang, stale in texts(lesson.blocks) if lang or stale]
    assert [(lang, stale) for _text, lang, stale in marked] == [("en", False), ("", True)]
    assert "See <a" in marked[0][0]
    assert marked[1][0] == "<p>Састављен случај са списком:</p>\n"


def test_a_stale_block_that_cites_otherwise_than_its_source_keeps_nobody_from_releasing(
    content: Path, store: Store
) -> None:
    fill(content, FIRST, lesson_words)
    edit(content / FIRST, "[@protocol, art. 3(a); @convention]", "[@convention]")
    lesson = store.lesson(built(content, store).in_language("sr"), "first")
    assert next(text for text, lang, _stale in texts(lesson.blocks) if lang).startswith("<p>A path begins")


def test_a_question_is_translated_as_a_whole_or_not_at_all(content: Path, store: Store) -> None:
    fill(content, "paths/questions/bank.yaml", lambda row: "" if row.block == "ends stem" else in_serbian(row))
    edit(content / "paths/questions/bank.yaml", "A path is always straight.", "A path is never straight.")
    source = built(content, store)
    course = source.in_language("sr")
    assert store.question(course, "kinds").stem == "Српски stem"
    assert store.question(course, "ends") == store.question(source, "ends"), "half of it is not translated"
    assert store.question(course, "straight").stem == "A path is never straight.", "a stale one would be graded wrongly"
    spoken = {id: course.language_of(question=id) for id in ("kinds", "ends", "straight", "begin")}
    assert spoken == {"kinds": "sr", "ends": "en", "straight": "en", "begin": "en"}
    for id in ("kinds", "sentence"):
        assert store.question(course, id).key() == store.question(source, id).key(), "the key is the source's"


def test_titles_and_objectives_are_translated(content: Path, store: Store) -> None:
    for path in ("paths/course.yaml", "paths/quizzes/final.yaml", "programme.yaml"):
        fill(content, path, in_serbian)
    course = built(content, store).in_language("sr_Latn")
    assert (course.title, course.summary, course.quizzes[0].title) == ("Srpski title", "Srpski summary", "Srpski title")
    assert {one.text for one in course.objectives} == {"Srpski text"}
    assert store.programme("sr").topics[0].title == "Српски title"
    assert store.programme("sr_Latn").countries[0].title == "Srpski title"
    assert store.programme("mk") == store.programme() != store.programme("sr")


def test_a_skeleton_translates_nothing(content: Path, store: Store) -> None:
    for one in [*sheets(content, "paths", "mk"), *sheets(content, SHARED, "mk")]:
        fill(content, one.source, lambda _row: "", "mk")
    assert check(content) == []
    assert built(content, store).translations == {}


def test_what_is_translated_is_counted(content: Path, store: Store) -> None:
    for one in sheets(content, "paths", "sr"):
        fill(content, one.source, in_serbian if one.kind != "lesson" else lambda row: row.source)
    assert built(content, store).translations["sr"].share == 1.0
    edit(content / FIRST, "In Serbia.", "In Serbia, too.")
    assert 0.9 < built(content, store).translations["sr"].share < 1.0
    bank = content / "paths/sr/questions/bank.yaml"
    bank.write_text(re.sub("stem: .*", "stem:", bank.read_text("utf-8"), count=1), "utf-8")
    assert not has_errors(check(content))
    done = built(content, store).translations["sr"].share
    assert done == share(one.counts() for one in sheets(content, "paths", "sr")), "one figure, whoever counts"
    assert percent(0.9999) == "99%"


def test_a_changed_source_or_term_rebuilds_what_depends_on_it(content: Path, store: Store) -> None:
    (content / "glossary.yaml").write_text("- {id: path, term: Path, definition: A way, source: protocol}\n", "utf-8")
    edit(content / FIRST, "In Serbia.", "In Serbia a [path](term:path).")
    fill(content, FIRST, lambda row: lesson_words(row) or "У Србији [пут](term:path).")
    before = built(content, store)
    lesson = store.lesson(before, "first")
    assert [(term.id, term.definition, term.lang) for term in lesson.terms] == [("path", "A way", "")]
    assert "protocol" in lesson.sources
    assert 'class="term" role="term" tabindex="0" aria-describedby="term-path"' in str(texts(lesson.blocks))
    assert store.lesson(before.in_language("sr"), "first").terms[0].lang == "en", "the term is not translated yet"
    fill(content, "glossary.yaml", lambda row: {"Path": "Пут", "A way": "Стаза <i>"}[row.source])
    after = built(content, store)
    assert store.lesson(after.in_language("sr_Latn"), "first").terms[0].definition == "Staza <i>"
    assert "Стаза &lt;i&gt;</span>" in str(texts(store.lesson(after.in_language("sr"), "first").blocks))
    assert {one.id for one, two in zip(before.lessons, after.lessons, strict=True) if one.object != two.object} == set()


def test_a_term_is_told_in_the_readers_language_too(content: Path, store: Store) -> None:
    entry = "- {id: path, term: Path, definition: A way, equivalents: {sr: пут, sq: rrugë}}\n"
    (content / "glossary.yaml").write_text(entry, "utf-8")
    edit(content / FIRST, "In Serbia.", "In Serbia a [path](term:path).")
    fill(content, FIRST, lambda row: lesson_words(row) or "У Србији [пут](term:path).")
    fill(content, "glossary.yaml", lambda row: {"Path": "Пут", "A way": "Стаза"}[row.source])
    course = built(content, store)
    lesson = store.lesson(course, "first")
    assert lesson.terms[0].equivalents == {"sr": "пут", "sr_Latn": "put", "sq": "rrugë"}
    assert '<b class="equivalent" lang="sr-Latn">put</b>' in str(texts(lesson.blocks))
    assert store.lesson(course.in_language("sr"), "first").terms[0].equivalents == {}, (
        "the term itself is Serbian there"
    )


def test_a_citation_is_missed_where_a_term_comes_from_the_same_source(content: Path) -> None:
    (content / "glossary.yaml").write_text("- {id: path, term: Path, definition: A way, source: protocol}\n", "utf-8")
    edit(content / FIRST, "A path begins", "A [path](term:path) begins")
    fill(content, FIRST, lambda row: row.source)
    translation = content / "paths/sr/lessons/first.md"
    text = translation.read_text("utf-8")
    before, cited, after = text.rpartition("[@protocol, art. 3(a); @convention]")
    translation.write_text(f"{before}[@convention]{after}", "utf-8")
    (problem,) = [one for one in check(content) if one.severity == "error"]
    assert cited
    assert (problem.code, problem.message) == (
        "translation-refers",
        "The source refers to `[@protocol]` here, and its translation does not.",
    )


LINES = st.sampled_from(
    [
        ":::block 59e43524",
        ":::block ad1f58f3 stale",
        ":::block",
        "## Где",
        "Пут [@protocol].",
        "%% x",
        ":::case",
        ":::",
        "- а",
        "[пут](term:path)",
        "![а](media/route.svg)",
        "---",
        "- id: kinds",
        "  from: 86ce8a57",
        "  stem: а",
        "  choices: [{id: trail, text: а}]",
        "from: 1",
        "title: [",
        "\t",
        "]: '",
        "```",
        "<b>",
        "",
    ]
)


@given(
    lines=st.lists(LINES, max_size=12), name=st.sampled_from(["lessons/first.md", "questions/bank.yaml", "course.yaml"])
)
def test_whatever_a_translator_writes_is_built_or_told_of(
    lines: list[str], name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = lay(BASE.name, tmp_path_factory.mktemp("any") / "content")
    path = content / "paths/sr" / name
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines), "utf-8")
    for problem in check(content):
        assert problem.line <= len(lines) or problem.line == 1
        assert problem.file.startswith("paths/sr/")
    json.dumps(sheet(content, f"paths/{name}", "sr").rows)
    store = Store(content.parent / "artefacts")
    for locale in ("sr", "sr_Latn"):  # whatever it is, it holds up nothing and can be read
        course = built(content, store).in_language(locale)
        assert [store.lesson(course, one.id).id for one in course.lessons] == [one.id for one in course.lessons]
        assert all(store.bank(course, one.id) for one in course.banks)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("paths/questions/bank.yaml", b"stem: Which are paths?", b'stem: "Which are paths?'),
        ("paths/questions/bank.yaml", b"type: multiple-choice", b"type: multiple-choices"),
        ("paths/questions/bank.yaml", b"id: trail", b"id: The trail"),
        ("paths/course.yaml", b"title: ", b"title: One: "),
        ("paths/lessons/first.md", b"title: ", b"title: One: "),
        ("paths/lessons/first.md", b"A path begins", b"\xff"),
        ("programme.yaml", b"title: ", b"title: One: "),
    ],
)
def test_a_slip_in_the_source_is_not_held_against_its_translation(
    content: Path, file: str, old: bytes, new: bytes
) -> None:
    fill(content, file, lesson_words if file == FIRST else in_serbian)
    assert not has_errors(check(content))
    path = content / file
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    problems = check(content)
    assert has_errors(problems)
    told = {problem.code for problem in problems if "/sr/" in f"/{problem.file}"}
    assert told <= {"translation-letters"}, "which looks at the translation alone"
