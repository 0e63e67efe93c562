"""Maths in TeX is shown as MathML; what is wrong in it is told at its place, and amounts of dollars stay text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.facts import Place, Shelf
from courses.markdown.maths import MathsError, maths
from courses.markdown.reader import Reader
from courses.problems import Problem
from courses.text import Text

NAMES = (
    "math semantics annotation mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover "
    "mtable mtr mtd mstyle mpadded mphantom"
)
ALLOWED = set(NAMES.split())
PIECES = [
    *("x", "2", "{", "}", "^", "_", "&", "\\\\", "\\frac", "\\sqrt", "[", "]", "\\left", "\\right", "(", ")", "."),
    *(
        "\\begin{cases}",
        "\\end{cases}",
        "\\begin{aligned}",
        "\\end{aligned}",
        "\\text{a}",
        "\\foo",
        "\\sum",
        "\\limits",
    ),
    *("'", "~", "\\,", "%", "#", "<", ">", "\\alpha", " ", "\\mathbf", "\\operatorname{f}", "č", "|", "\\|", "\\"),
]


def read(text: str, lesson: str = "here") -> tuple[str, list[Problem]]:
    reader = Reader("here.md", Shelf({}), lesson)
    made = reader.block(Text("here.md", text), 0)
    return "".join(block["html"] for block in made), sorted(reader.problems)


def test_a_formula_is_shown_as_mathml_with_its_tex_beside_it() -> None:
    html, problems = read("The share $p = \\frac{a}{n}$ of all.\n\n$$\n\\sum_{i=1}^{n} x_i\n$$\n")
    assert problems == []
    assert "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>n</mi></mrow></mfrac>" in html
    assert '<annotation encoding="application/x-tex">p = \\frac{a}{n}</annotation>' in html
    assert '<div class="maths"><math display="block">' in html
    assert "<munderover><mo>∑</mo>" in html
    assert "$" not in html


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $6.",
        "US$5, C$7 and 10$ each",
        "From $5 (US$) to $9.",
        "Between $10–$20 a day",
        "A $20 note, a $ sign",
        "`$x$` and \\$x\\$",
        "The variables $HOME/$PATH",
        "5$ or 6$",
    ],
)
def test_amounts_and_code_stay_as_they_are(text: str) -> None:
    html, problems = read(text)
    assert "<math" not in html
    assert problems == []
    assert re.sub("<[^>]*>", "", html).strip() == text.replace("`", "").replace("\\", "")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a $\\frac{a}{n$ b", (1, 12), "never closed"),
        ("a $a}{b$", (1, 5), "closes none"),
        ("- one\n- $x + \\foo$", (2, 8), "`\\foo` is not supported"),
        ("$$\nx\n  + y^\n$$", (3, 6), "missing after `^`"),
        ("> $$\n> a & b\n> $$", (2, 5), "`&` divides"),
        ("$\\begin{cases} 1$", (1, 2), "`\\begin` has no `\\end`"),
        ("$x \\right)$", (1, 4), "no `\\left`"),
        ("$50%$", (1, 4), "`%` has another meaning"),
        ("$a^b^c$", (1, 5), "above the same sign"),
        ("a $p = \\frac{a}{n} b", (1, 3), "shown as typed"),
        ("a \\frac{a}{n} b", (1, 3), "shown as typed"),
        ("a \\(x = 1\\) b", (1, 3), "begins no maths"),
        ("```math\nx\n```", (1, 1), "shown as code"),
        ("$\\href{javascript:alert(1)}{x}$", (1, 2), "not supported"),
        ("$\\style{color:red}{x}$", (1, 2), "not supported"),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, place: tuple[int, int], message: str) -> None:
    _html, problems = read(text)
    assert [(one.line, one.column) for one in problems] == [place], problems
    assert message in problems[0].message
    assert (problems[0].severity, problems[0].code) == ("error", "maths")


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        ("\\mathbf{A}", "<mi>𝐀</mi>"),
        ("\\mathbb{R}", "<mi>ℝ</mi>"),
        ("3,5", "<mn>3,5</mn>"),
        ("f(1, 2)", "<mn>1</mn><mo>,</mo><mn>2</mn>"),
        ("\\text{ако је } x < 1", "<mtext>ако\u00a0је\u00a0</mtext><mi>x</mi><mo>&lt;</mo>"),
        ("50\\,\\%", "<mi>%</mi>"),
        ("\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}", '<mtd class="align-right"><mi>a</mi></mtd>'),
        ("\\sqrt[3]{x}", "<mroot>"),
        ("x ∈ A", "<mo>∈</mo>"),
    ],
)
def test_what_browsers_draw(tex: str, shown: str) -> None:
    assert shown in maths(tex, False).html


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_whatever_is_typed_is_clean_mathml_or_a_mistake_at_a_place(tex: str) -> None:
    problems = read(f"$${tex}$$")[1]
    for problem in problems:
        assert (problem.line, problem.column >= 1, problem.column <= len(tex) + 4) == (1, True, True)
    if problems:
        return
    tree = ElementTree.fromstring(maths(tex, True).html)
    assert {element.tag for element in tree.iter()} <= ALLOWED
    assert not {name for element in tree.iter() for name in element.attrib} & {"style", "href", "onclick"}
    shown = [element.text or "" for element in tree.iter() if element.tag not in ("annotation", "mtext")]
    assert not any("\\" in text and text != "\\" for text in shown), "a command is shown as it was typed"


@pytest.mark.parametrize("text", [">", "> \n\n>", "[a]: https://example.org\n1. ", "```\n```"])
def test_a_text_of_a_question_that_shows_nothing_is_told(text: str) -> None:
    reader = Reader("bank.yaml", Shelf({}))
    reader.passage(text, lambda offset: Place(1, offset + 1))
    assert [one.message for one in reader.problems] == ["Nothing of this text would be shown."]


def test_deep_and_long_formulas_cost_nothing() -> None:
    for tex in ("{" * 50_000, "\\left(" * 300, "\\begin{cases}" * 100, "x^" * 900, "\\frac" * 350):
        with pytest.raises(MathsError):
            maths(tex, False)


def test_a_wide_formula_can_be_scrolled_by_keyboard_and_a_short_one_is_passed_over() -> None:
    wide, _ = read("$$" + " + ".join("abcdefghijklmnopqr") + "$$")
    assert '<div class="maths" tabindex="0">' in wide
    assert "tabindex" not in read("$$x$$")[0]
