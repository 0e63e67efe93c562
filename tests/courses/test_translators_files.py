"""The files that translators fill in, and the catalogues of their programs: nothing is lost on the way."""

from __future__ import annotations

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
