"""Serbian in Latin letters, and all that stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.script import latin, latin_html, latin_lesson

CYRILLIC = "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШабвгдђежзијклљмнњопрстћуфхцчџш"


@pytest.mark.parametrize(
    ("cyrillic", "written"),
    [
        ("Љубав и ЉУБАВ, Његош и ЊЕГОШ, џеп и ЏЕП", "Ljubav i LJUBAV, Njegoš i NJEGOŠ, džep i DŽEP"),
        ("ПУТ КЊИ", "PUT KNJI"),
        ("КОЊ, А. Љ. и Џ", "KONJ, A. Lj. i Dž"),
        ("ињекција и инјекција", "injekcija i injekcija"),
        ("Ђорђе иде у Šid на Frontex", "Đorđe ide u Šid na Frontex"),
        ("види https://срб.рф/пут и пиши на пера@пера.срб", "vidi https://срб.рф/пут i piši na пера@пера.срб"),
    ],
)
def test_letters(cyrillic: str, written: str) -> None:
    assert latin(cyrillic) == written


@pytest.mark.parametrize(
    ("html", "written"),
    [
        ("<p>Члан <strong>3</strong></p>", "<p>Član <strong>3</strong></p>"),
        ('<b lang="mk">Закон за <em>странци</em></b> и закон', '<b lang="mk">Закон за <em>странци</em></b> i zakon'),
        ('<span lang="sr">Закон</span>', '<span lang="sr">Zakon</span>'),
        ("<code>ШИФРА</code> и <pre><code>б\n</code></pre>", "<code>ШИФРА</code> i <pre><code>б\n</code></pre>"),
        ('<img src="а.svg" alt="Пут" title="Њива"> даље', '<img src="а.svg" alt="Put" title="Njiva"> dalje'),
        ('<a href="the-law#члан">закон</a>', '<a href="the-law#члан">zakon</a>'),
        (
            '<span class="citation">[<a href="#source-x">Закон о азилу</a>, члан 3]</span> и члан',
            '<span class="citation">[<a href="#source-x">Закон о азилу</a>, član 3]</span> i član',
        ),
        (
            '<span class="citation">[Закон о азилу, члан 3; Устав, члан 1]</span>',
            '<span class="citation">[Закон о азилу, član 3; Устав, član 1]</span>',
        ),
    ],
)
def test_what_is_no_serbian_text_stays(html: str, written: str) -> None:
    assert latin_html(html) == written


@given(st.text(CYRILLIC + " .,-", max_size=60))
def test_no_cyrillic_is_left_and_letters_keep_their_case(text: str) -> None:
    written = latin(text)
    assert not set(written) & set(CYRILLIC)
    assert latin(written) == written
    assert written.lower() == latin(text.lower())


def test_a_lesson_is_converted_but_for_what_is_not_translated() -> None:
    block = {"kind": "html", "html": "<p>Пут</p>", "lang": "", "blocks": []}
    lesson = {
        "title": "Пут",
        "minutes": 5,
        "blocks": [{"kind": "case", "title": "Ноћ", "lang": "", "blocks": [block, block | {"lang": "mk"}]}],
        "terms": [{"term": "Пут", "definition": "Стаза", "lang": ""}, {"term": "Пат", "definition": "", "lang": "mk"}],
    }
    written = latin_lesson(lesson)
    case = written["blocks"][0]
    assert (written["title"], case["title"], written["minutes"]) == ("Put", "Noć", 5)
    assert [inner["html"] for inner in case["blocks"]] == ["<p>Put</p>", "<p>Пут</p>"]
    assert [term["term"] for term in written["terms"]] == ["Put", "Пат"]
