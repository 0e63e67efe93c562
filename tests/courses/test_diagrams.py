"""Diagrams: what a text is drawn as, what is told of one that cannot be drawn, and the pictures of the courses."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from courses.diagrams import CLASSES, WIDEST, Fault, draw
from courses.diagrams.style import DARK, INKS, LIGHT, SIZE, width, wrapped
from courses.media import Picture, measure
from lms.cli.diagrams import diagrams, picture, sources, target_of

from .books import BASE, lay

ROOT = Path(__file__).parent.parent.parent
PICTURES = [(folder, path) for folder in (ROOT / "content", ROOT / "docs/example") for path in sources(folder)]
WAY = """digraph {
  hear [label="Hear\\neach adult alone, in a language that the adult understands" class=start]
  fear [label="Fear of return?" class=question]
  pass [label="Авторитет за азил & <право>" class=protect]
  back [label="Back without a paper" class=wrong]
  hear -> fear
  fear -> pass [label="yes & no"]
  fear -> back [class=wrong]
  subgraph cluster_side { label="Meanwhile" class=note; doctor [class=note]; doctor -> end [dir=both] }
}
"""


def drawn(text: str) -> ElementTree.Element:
    svg = draw(text)
    assert isinstance(svg, str), svg
    return ElementTree.fromstring(svg)


def words(text: str) -> list[str]:
    return [str(element.text) for element in drawn(text).iter() if element.tag.endswith("}text")]


# ── what is drawn ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_text_gives_the_same_bytes() -> None:
    assert draw(WAY) == draw(WAY)


def test_labels_are_text_whatever_letters_they_have() -> None:
    assert "Авторитет за азил & <право>" in " ".join(words(WAY))
    assert {"yes & no", "doctor", "Meanwhile"} <= set(words(WAY))


def test_the_picture_is_one_that_a_course_may_have() -> None:
    svg = draw(WAY)
    assert isinstance(svg, str)
    found = measure("way.svg", svg.encode())
    assert isinstance(found, Picture)
    assert found.medium.width > 0
    assert not re.search(r"\bid=|<title|xlink|<!--|\d\.\d\d", svg), "nothing that a browser shows as a tip, no noise"


def test_a_box_holds_its_text() -> None:
    root = drawn(WAY)
    boxes = [element for element in root.iter() if element.get("class", "").startswith("box") and element.get("width")]
    for box in boxes:
        x, y, wide, high = (float(str(box.get(key))) for key in ("x", "y", "width", "height"))
        inside = [
            element
            for element in root.iter()
            if element.tag.endswith("}text")
            and x < float(str(element.get("x"))) < x + wide
            and y < float(str(element.get("y"))) < y + high
        ]
        assert inside
        for element in inside:
            assert width(str(element.text)) < wide


def test_arrows_have_the_heads_and_the_cross_that_they_ask_for() -> None:
    def heads(arrow: str) -> int:
        return sum("head" in element.get("class", "") for element in drawn(f"digraph {{ {arrow} }}").iter())

    assert [heads(f"a -> b [dir={way}]") for way in ("forward", "back", "both", "none")] == [1, 1, 2, 0]
    assert "cross" in str(draw("digraph { a -> b [class=wrong] }"))
    assert 'class="way' not in str(draw("digraph { a -> b [style=invis] }"))


@pytest.mark.parametrize(
    "setting", ["splines=none", "rotate=90", "rankdir=LR", "node [shape=circle width=9]", "ranksep=9"]
)
def test_how_it_looks_is_not_the_authors(setting: str) -> None:
    assert draw(f"digraph {{ {setting}; a -> b [label=c] }}") == draw("digraph { a -> b [label=c] }")


def test_classes_may_be_given_to_many_boxes_at_once() -> None:
    assert str(draw("digraph { node [class=protect] a b }")).count('class="box protect"') == 2


def test_rows_are_of_about_one_length_and_the_first_is_the_heading() -> None:
    assert wrapped("Registering\\nThe authority that the law names for it") == (
        ["Registering", "The authority that", "the law names for it"],
        1,
    )
    assert wrapped("Asylum authority") == (["Asylum authority"], 0)
    assert max(len(row) for row in wrapped("one two three four five six", 10).rows) <= 10


# ── what is told ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("digraph {\n a -> b\n a -> }\n", 3, "cannot be read as dot near `}`"),
        ('digraph {\n a\n b [label="Hear]\n c\n}\n', 3, "quotation mark is opened"),
        ("digraph {\n a -- b\n}\n", 2, "near `--`"),
        ("", 1, "no graph"),
        ("digraph {}", 1, "no box"),
        ("digraph {\n a\n b [class=danger]\n}", 3, "no class `danger`"),
        ("digraph {\n a -> b [class=start]\n}", 2, "no class `start`"),
        ("digraph {\n node [wrap=wide]\n a\n}", 2, "`wrap` is a number"),
        ("digraph {\n a -> b\n a -> b\n}", 2, "Two arrows lead from `a` to `b`"),
    ],
)
def test_what_cannot_be_drawn_is_told_at_its_line(
    text: str, line: int, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    fault = draw(text)
    assert isinstance(fault, Fault)
    assert fault.line == line
    assert message in fault.message
    assert capfd.readouterr().err == "", "what Graphviz says is not repeated"


def test_too_wide_for_a_telephone_is_told() -> None:
    boxes = " ".join(f'b{number} [label="A box of some width"]' for number in range(4))
    fault = draw(f"digraph {{ {boxes} }}")
    assert isinstance(fault, Fault)
    assert re.search(rf"\d+ units wide; {WIDEST} can be read", fault.message)


# ── colours ────────────────────────────────────────────────────────────────────────────────────────────────────────


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_everything_can_be_told_from_its_ground(scheme: dict[str, str]) -> None:
    assert {*CLASSES, ""} == set(INKS)
    for ink, ground, border in INKS.values():
        assert contrast(scheme[ink], scheme[ground]) >= 4.5
        assert contrast(scheme[border], scheme["surface"]) >= 3
    for ink in ("ink", "muted", "bad"):
        assert contrast(scheme[ink], scheme["surface"]) >= 4.5


def test_the_colours_are_those_of_the_site() -> None:
    css = (ROOT / "static/staza.css").read_text("utf-8")
    light, dark = re.findall(r"^:root(?:\[data-theme=\"dark\"\])? \{(.*?)\}", css, re.DOTALL | re.MULTILINE)
    for scheme, rules in ((LIGHT, light), (DARK, dark)):
        colours = dict(re.findall(r"--([\w-]+): (#\w+);", rules))
        assert {name: colours[name] for name in scheme} == scheme


# ── the command, and the pictures of the courses ───────────────────────────────────────────────────────────────────


def test_the_command_draws_what_changed_and_tells_what_cannot_be_drawn(tmp_path: Path) -> None:
    content = lay(BASE.name, tmp_path / "content")
    folder = content / "paths/diagrams"
    folder.mkdir()
    (folder / "way.dot").write_text(WAY, "utf-8")

    def run() -> tuple[int, str]:
        result = CliRunner().invoke(diagrams, ["paths", "--content", str(content)])
        return result.exit_code, result.output

    assert run() == (0, f"Drew {content}/paths/media/way.svg.\n1 picture drawn, 0 as they were.\n")
    assert run() == (0, "0 pictures drawn, 1 as they were.\n")
    (folder / "broken.dot").write_text("digraph {\n a -> }\n")
    (folder / "not.dot").write_bytes(b"digraph { \xff }")
    code, output = run()
    assert code == 1
    assert f"{folder}/broken.dot:2:1: error diagram\n    2 |  a -> }}\n" in output
    assert f"{folder}/not.dot:1:11: error not-utf8" in output


@pytest.mark.parametrize(("content", "path"), PICTURES)
def test_a_committed_picture_is_what_its_source_gives(content: Path, path: str) -> None:
    made = picture(content, path)
    assert isinstance(made, bytes), made
    assert target_of(content, path).read_bytes() == made, "draw it anew: staza diagrams"


@pytest.mark.parametrize(("content", "path"), PICTURES)
def test_a_picture_is_legible_on_a_telephone(content: Path, path: str) -> None:
    root = ElementTree.parse(target_of(content, path)).getroot()
    wide = float(str(root.get("viewBox")).split()[2])
    assert SIZE * min(1, 328 / wide) >= 12, "of 360 px the text has 328"
