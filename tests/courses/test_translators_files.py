"""The files that translators fill in, and the catalogues of their programs: nothing is lost on the way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.build import check
from courses.exports import po
from courses.problems import has_errors
from courses.source import Document, Text
from courses.translate.sheets import sheet, sheets
from courses.translate.writing import UNWRITABLE, written

from .books import BASE, edit, lay
from .translator import FIRST, fill, in_serbian, lesson_words


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
    back, *told = po.read(catalogue, "sr.po", sheets(content, "paths", "sr"), "sr")
    assert told == [[], []]
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
        po.read(b"msgid broken", "sr.po", before, "sr")
    with pytest.raises(po.PoError, match="in the language sr"):
        po.read(catalogue.encode(), "sr.po", before, "mk")
    with pytest.raises(po.PoError, match="the texts of paths, not of roads"):
        po.read(catalogue.encode(), "sr.po", before, "sr", "roads")
    with pytest.raises(po.PoError, match="encoding UTF-8"):
        po.read(catalogue.encode("cp1251", "replace"), "sr.po", before, "sr", "paths")
    wrong = catalogue.replace('msgstr "Први корак"', 'msgstr "%% Први корак"')
    made = po.read(wrong.encode(), "sr.po", before, "sr")
    assert made.sheets == before, "what cannot be written changes nothing"
    assert ["begins with `%%`" in one for one in made.left] == [True]


def test_a_paragraph_whose_source_was_edited_meanwhile_is_kept_as_stale(content: Path) -> None:
    """Exported, edited, and only then brought back by the translator."""
    catalogue = po.export(sheets(content, "paths", "sr"), "paths", "sr").decode()
    entry = 'msgid "In Serbia."\nmsgstr ""'
    assert entry in catalogue
    catalogue = catalogue.replace(entry, 'msgid "In Serbia."\nmsgstr "У Србији."')
    edit(content / FIRST, "In Serbia.", "In Serbia, too.")
    made = po.read(catalogue.encode(), "sr.po", sheets(content, "paths", "sr"), "sr")
    rows = [row for one in made.sheets for row in one.rows if row.source == "In Serbia, too."]
    assert [(row.target, row.state) for row in rows] == [("У Србији.", "stale")]
    line = (content / FIRST).read_text("utf-8").split("\n").index("In Serbia, too.") + 1
    assert made.stale == [f"{FIRST}:{line}: the source of “In Serbia.” was edited meanwhile."]
    assert made.left == []


def test_a_paragraph_whose_source_is_gone_is_kept_at_the_end(content: Path) -> None:
    fill(content, FIRST, lesson_words)
    bank = "paths/questions/bank.yaml"
    fill(content, bank, in_serbian)
    catalogue = po.export(sheets(content, "paths", "sr"), "paths", "sr")
    (content / "paths/sr/lessons/first.md").unlink()
    (content / "paths/sr/questions/bank.yaml").unlink()
    edit(content / FIRST, ":::country RS\nIn Serbia.\n:::\n\n", "")
    edit(
        content / bank,
        "    - {id: lake, text: A lake, why: It is not.}\n",
        "    - {id: sea-side, text: Sea, why: No.}\n",
    )
    made = po.read(catalogue, "sr.po", sheets(content, "paths", "sr"), "sr")
    texts = {one.source: written(one) for one in made.sheets}
    assert "У Србији." in texts[FIRST]
    assert "kinds choices.lake.text: Српски choices lake text" in texts[bank]
    assert len(made.left) == 3, made.left
    assert re.fullmatch(r"sr\.po:[0-9]+: the source has no “In Serbia\.” any more; kept at .*", made.left[0])
    for one in made.sheets:
        if one.rows:
            (content / one.file).parent.mkdir(parents=True, exist_ok=True)
            (content / one.file).write_text(written(one), "utf-8")
    again = po.read(catalogue, "sr.po", sheets(content, "paths", "sr"), "sr")
    assert [written(one) for one in again.sheets] == [written(one) for one in made.sheets], "kept once, and for good"


def test_what_somebody_translated_meanwhile_is_not_overwritten_by_an_old_catalogue(content: Path) -> None:
    fill(content, FIRST, lesson_words)
    catalogue = po.export(sheets(content, "paths", "sr"), "paths", "sr")
    edit(content / FIRST, "In Serbia.", "In Serbia, too.")
    fill(content, FIRST, lambda row: "И у Србији." if row.source == "In Serbia, too." else row.target)
    made = po.read(catalogue, "sr.po", sheets(content, "paths", "sr"), "sr")
    (one,) = [one for one in made.sheets if one.source == FIRST]
    assert [(row.target, row.state) for row in one.rows if row.source == "In Serbia, too."] == [
        ("И у Србији.", "translated")
    ]
    assert [orphan.text for orphan in one.orphans] == ["У Србији."]
    assert len(made.left) == 1


def test_a_catalogue_of_another_program_brings_in_nothing_that_a_file_cannot_hold(content: Path) -> None:
    fill(content, FIRST, lesson_words)
    before = list(sheets(content, "paths", "sr"))
    catalogue = po.export(before, "paths", "sr").decode()
    marked = b"\xef\xbb\xbf" + catalogue.replace("Language: sr", "Language: sr_RS").encode()
    assert po.read(marked, "sr.po", before, "sr") == (before, [], []), "a byte order mark, and a country"

    def read(entry: str) -> tuple[set[str], list[str]]:
        changed = catalogue.replace('msgstr "Први корак"', entry)
        assert changed != catalogue
        after, _stale, refused = po.read(changed.encode(), "sr.po", before, "sr")
        had = {row.target for one in before for row in one.rows}
        return {row.target for one in after for row in one.rows} - had, refused

    assert read(r'msgstr "Први\rкорак"') == ({"Први\nкорак"}, [])
    assert read('msgstr "а\x1bб"') == ({"а б"}, [])
    for entry in (r'msgstr "а\r:::block ad1f58f3\rб"', 'msgid_plural "x"\nmsgstr[0] "а"\nmsgstr[1] "б"'):
        taken, refused = read(entry)
        assert taken == set()
        assert len(refused) == 1
