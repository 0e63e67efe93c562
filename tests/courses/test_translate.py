"""Translations, from the files that a translator fills in to the course that is built of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.artefact import Store
from courses.build import build, check
from courses.exports import po
from courses.model import Block, Course
from courses.problems import has_errors
from courses.source import Document, Text
from courses.translate.pairing import pair
from courses.translate.segments import kind_of, renderings, segments
from courses.translate.share import percent, share
from courses.translate.sheets import SHARED, Row, Sheet, sheet, sheets
from courses.translate.writing import UNWRITABLE, written

from .books import BASE, edit, lay

CONTENT = Path(__file__).parent.parent.parent / "content"
FIRST = "paths/lessons/first.md"
LESSON = {
    "The first step": "Први корак",
    "A path begins": "Пут негде почиње [@protocol, члан 3(a); @convention].",
    "## Where": "## Где почиње",
    "See [": "Види [другу лекцију](lesson:second#where-it-ends) и [горе](#where-it-begins).",
    "Night train": "Ноћни воз за Шид",
    "A composed": "Састављен случај са списком:",
    "- one": "- један\n- два",
    "In Serbia.": "У Србији.",
    "In Montenegro.": "У Црној Гори.",
    "![A route": "![Пут слева надесно](media/route.svg)",
}


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return lay(BASE.name, tmp_path / "content")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "artefacts")


def fill(content: Path, path: str, words: Callable[[Row], str], locale: str = "sr") -> Sheet:
    """Write the translation of a file as a translator would."""
    filled = sheet(content, path, locale)
    filled = filled.filled({row.block: (words(row), False) for row in filled.rows if words(row)})
    target = content / filled.file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(written(filled), "utf-8")
    return filled


def lesson_words(row: Row) -> str:
    return next((target for source, target in LESSON.items() if row.source.startswith(source)), "")


def in_serbian(row: Row) -> str:
    """Something in Serbian that refers to all that its source refers to."""
    return row.source if "[" in row.source or row.words else f"Српски {row.block.split()[-1].replace('.', ' ')}"


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


# ── blocks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*/lessons/*.md")), ids=lambda path: path.stem)
def test_the_blocks_of_a_lesson_are_each_one_block_of_markdown(path: Path) -> None:
    source = Text(path.name, path.read_text("utf-8"))
    lines = source.text.split("\n")
    for one in segments(source):
        if one.kind != "title":
            assert kind_of(one.text) == one.kind
            assert "\n".join(lines[one.first - 1 : one.last - 1]) == one.text
    assert all(line.strip() == "" or line.startswith((":::", "---", "objectives", "minutes", "title"))
               for number, line in enumerate(lines, 1)
               if not any(one.first <= number < one.last for one in segments(source)))  # fmt: skip


def pairs(source: str, translation: str) -> list[tuple[str, str, bool]]:
    found, problems = renderings(Text("t.md", translation))
    assert problems == []
    made = pair(segments(Text("s.md", f"---\ntitle: T\nminutes: 1\n---\n{source}")), found).pairs[1:]
    return [(one.segment.text, one.rendering.text if one.rendering else "", one.stale) for one in made]


def rendered(*blocks: tuple[str, str]) -> str:
    hashes = {one.text: one.hash for source, _target in blocks
              for one in segments(Text("s.md", f"---\ntitle: T\nminutes: 1\n---\n{source}"))}  # fmt: skip
    return "\n".join(f":::block {hashes[source]}\n{target}\n" for source, target in blocks)


def test_a_block_is_found_wherever_it_has_moved() -> None:
    translation = rendered(("One.", "Један."), ("Two.", "Два."), ("Three.", "Три."))
    assert pairs("Three.\n\nOne.\n\nTwo.", translation) == [
        ("Three.", "Три.", False), ("One.", "Један.", False), ("Two.", "Два.", False),
    ]  # fmt: skip


def test_a_changed_block_keeps_its_translation_as_stale_and_a_new_one_has_none() -> None:
    translation = rendered(("One.", "Један."), ("Two.", "Два."), ("Three.", "Три."))
    assert pairs("One.\n\nTwo and a half.\n\n- new\n\nThree.", translation) == [
        ("One.", "Један.", False), ("Two and a half.", "Два.", True), ("- new", "", False), ("Three.", "Три.", False),
    ]  # fmt: skip


def test_a_translation_is_never_paired_with_a_block_of_another_kind() -> None:
    translation = rendered(("One.", "Један."), ("Two.", "Два."))
    assert pairs("One.\n\n## Two", translation) == [("One.", "Један.", False), ("## Two", "", False)]


@pytest.mark.parametrize("text", ["A.\n\nB.", "A.\n\n:::check x", "A.\n:::", "```\nopen", "", "[a]: /b"])
def test_what_reaches_beyond_itself_is_no_block(text: str) -> None:
    assert kind_of(text) == ""


def test_the_same_text_twice_is_translated_twice() -> None:
    translation = rendered(("No.", "Не."), ("No.", "Никако."))
    assert [target for _source, target, _stale in pairs("No.\n\nNo.\n\nNo.", translation)] == ["Не.", "Никако.", ""]


# ── what is built ──────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── the files of translators ───────────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_changed_stays_as_it_is(content: Path) -> None:
    for one in sheets(content, "paths", "sr"):
        made = fill(content, one.source, lambda row: "" if row.block.endswith("why") else row.source)
        again = sheet(content, one.source, "sr")
        assert again.rows == [row._replace(line=now.line) for row, now in zip(made.rows, again.rows, strict=True)]
        assert written(again) == (content / one.file).read_text("utf-8")


def test_an_update_loses_nothing(content: Path) -> None:
    fill(content, FIRST, lesson_words)
    fill(content, "paths/questions/bank.yaml", in_serbian)
    edit(content / FIRST, "A composed case with a list:", "A composed case with a longer list:")
    edit(content / FIRST, "In Montenegro.\n", "")
    edit(
        content / "paths/questions/bank.yaml",
        "  distractors:\n    - {id: sea, text: Sea, why: Nothing leads there.}\n",
        "",
    )
    lesson, bank = sheet(content, FIRST, "sr"), sheet(content, "paths/questions/bank.yaml", "sr")
    changed = next(row for row in lesson.rows if row.source.startswith("A composed"))
    assert (changed.state, changed.target) == ("stale", "Састављен случај са списком:")
    text = written(lesson)
    assert f":::block {changed.block} stale\n%% A composed case with a longer list:\nСастављен" in text
    assert "У Црној Гори." in text
    for row in lesson.rows:
        shown = "\n".join(f"%% {line}".rstrip() for line in row.source.split("\n"))
        assert f"\n{shown}\n{row.target}\n" in text, "proofreaders read each text beside its source"
    keys = written(bank)
    assert "  # Which are paths?\n  stem: " in keys
    assert "# 2.distractors.0.text: Српски distractors sea text" in keys
    (content / lesson.file).write_text(text, "utf-8")
    (content / bank.file).write_text(keys, "utf-8")
    assert not has_errors(check(content))
    assert written(sheet(content, FIRST, "sr")) == text
    assert [row.state for row in sheet(content, FIRST, "sr").rows] == [row.state for row in lesson.rows]


TARGETS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]) | st.sampled_from("\n :#-'\"{}[]%&*\\\u2028"),
    max_size=60,
)


@given(data=st.data())
def test_po_brings_back_what_it_took(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    content = lay(BASE.name, tmp_path_factory.mktemp("po") / "content")
    filled = []
    for one in sheets(content, "paths", "sr"):
        targets = {}
        for row in one.rows:
            target = "\n".join(line for line in data.draw(TARGETS).split("\n") if line.strip())
            if one.kind == "lesson" and UNWRITABLE.search(target):
                target = ""
            targets[row.block] = (target, data.draw(st.booleans()))
        filled.append(one.filled(targets))
    catalogue = po.export(filled, "paths", "sr")
    back, refused = po.read(catalogue, sheets(content, "paths", "sr"), "sr")
    assert refused == []
    assert [written(one) for one in back] == [written(one) for one in filled], "files → PO → files"
    assert po.export(back, "paths", "sr") == catalogue, "PO → files → PO"
    for one in back:
        if one.kind != "lesson":
            document = Document(Text(one.file, written(one)))
            assert document.problems == []


def test_a_catalogue_is_read_with_care(content: Path) -> None:
    fill(content, FIRST, lesson_words)
    before = list(sheets(content, "paths", "sr"))
    catalogue = po.export(before, "paths", "sr").decode()
    with pytest.raises(po.PoError, match="no PO file"):
        po.read(b"msgid broken", before, "sr")
    with pytest.raises(po.PoError, match="in the language sr"):
        po.read(catalogue.encode(), before, "mk")
    wrong = catalogue.replace('msgstr "Први корак"', 'msgstr "%% Први корак"').replace("first.md ", "gone.md ", 1)
    _sheets, refused = po.read(wrong.encode(), before, "sr")
    assert len(refused) == 1
    assert "no such text" in refused[0]
    edit(content / FIRST, "In Serbia.", "In Serbia, too.")
    after, refused = po.read(catalogue.encode(), sheets(content, "paths", "sr"), "sr")
    assert len(refused) == 1, "a text that has changed since is another block"
    assert [row.state for one in after for row in one.rows if row.source == "In Serbia, too."] == ["stale"]


def test_a_catalogue_of_another_program_brings_in_nothing_that_a_file_cannot_hold(content: Path) -> None:
    fill(content, FIRST, lesson_words)
    before = list(sheets(content, "paths", "sr"))
    catalogue = po.export(before, "paths", "sr").decode()
    same, refused = po.read(
        b"\xef\xbb\xbf" + catalogue.replace("Language: sr", "Language: sr_RS").encode(), before, "sr"
    )
    assert (same, refused) == (before, []), "a byte order mark, and a country"

    def read(entry: str) -> tuple[set[str], list[str]]:
        changed = catalogue.replace('msgstr "Први корак"', entry)
        assert changed != catalogue
        after, refused = po.read(changed.encode(), before, "sr")
        had = {row.target for one in before for row in one.rows}
        return {row.target for one in after for row in one.rows} - had, refused

    assert read(r'msgstr "Први\rкорак"') == ({"Први\nкорак"}, [])
    assert read('msgstr "а\x1bб"') == ({"а б"}, [])
    for entry in (r'msgstr "а\r:::block ad1f58f3\rб"', 'msgid_plural "x"\nmsgstr[0] "а"\nmsgstr[1] "б"'):
        taken, refused = read(entry)
        assert taken == set()
        assert len(refused) == 1


# ── anything at all ────────────────────────────────────────────────────────────────────────────────────────────────

LINES = st.sampled_from(
    [":::block 59e43524", ":::block ad1f58f3 stale", ":::block", "## Где", "Пут [@protocol].", "%% x", ":::case", ":::",
     "- а", "[пут](term:path)", "![а](media/route.svg)", "---", "- id: kinds", "  from: 86ce8a57", "  stem: а",
     "  choices: [{id: trail, text: а}]", "from: 1", "title: [", "\t", "]: '", "```", "<b>", ""]
)  # fmt: skip


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
