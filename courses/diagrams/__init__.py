"""Diagrams: boxes and arrows, written as text in Graphviz's language dot, drawn as SVG in the style of the site.

The author writes what the boxes say, which arrow leads where, and a class for what means something (`CLASSES`). How it
looks is decided here: Graphviz only says where things stand. So that a picture is the same on every machine, the
width of a text is estimated and not asked of the fonts that happen to be installed, and no box depends on them.

A drawing is at most `WIDEST` units wide: on a screen of 360 px, of which 328 are the text's, letters of `SIZE` units
are then still 12 px high. The picture has a ground of its own in each scheme, since an SVG in a page follows the
scheme of the system, and the page the one that its reader chose.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from courses.diagrams.shapes import ARROW, MARGIN, POINT, Picture, Thing, arrow, box, drawing, sign, written
from courses.diagrams.style import LETTERS, wrapped

if TYPE_CHECKING:
    from pygraphviz import AGraph

CLASSES = ("start", "end", "question", "wrong", "protect", "note")
"""What a box or an area may be; an arrow may be `wrong` (crossed out) or `note` (dashed)."""
WIDEST = 340
"""Units."""
_PAD_X, _PAD_Y = 10, 7
_ROOM = (
    '<<table border="0" cellborder="0" cellspacing="0" cellpadding="0" fixedsize="true" width="{}" height="{}">'
    "<tr><td></td></tr></table>>"
)
"""A label of a fixed size: where it stands, a text is written later."""


class Fault(NamedTuple):
    """Why a text cannot be drawn: the line (from 1), one sentence, and what to do about it, or ""."""

    line: int
    message: str
    hint: str


def draw(text: str) -> str | Fault:
    """The drawing, an SVG, that the text in dot describes, or why there is none. The same text gives the same bytes.
    Raises `ModuleNotFoundError` where pygraphviz is not installed."""
    import pygraphviz

    with _quiet() as told:
        try:
            graph = pygraphviz.AGraph(string=text)
        except pygraphviz.agraph.DotError:
            return _broken(text, told())
        if fault := _unknown(graph, text):
            return fault
        nodes = [_thing(node, str(node)) for node in graph.nodes()]
        edges = [_thing(edge, "") for edge in graph.edges()]
        areas = [_thing(area, "", area.graph_attr) for area in _areas(graph)]
        _size(graph, nodes, edges, areas)
        graph.layout(prog="dot")
    left, low, right, top = _bounds(graph)
    wide, high = right - left + 2 * MARGIN, top - low + 2 * MARGIN
    if wide > WIDEST:
        message = f"The drawing is {wide:.0f} units wide; {WIDEST} can be read on a telephone."
        hint = "Put fewer boxes side by side, or make them narrower: `node [wrap=14]`, or a new line, `\\n`."
        return Fault(1, message, hint)
    return drawing(_drawn(graph, nodes, edges, areas, Picture(left, top)), wide, high)


# ── what the author wrote ──────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _quiet() -> Iterator[Any]:
    """Keep what Graphviz writes to stderr; what it has written is the answer of the function given."""
    kept, file = os.dup(2), tempfile.TemporaryFile()  # noqa: SIM115 -- it outlives the function that it gives
    os.dup2(file.fileno(), 2)
    try:
        yield lambda: _read(file)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        file.close()


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def _broken(text: str, told: str) -> Fault:
    """What Graphviz says of the text, at its line. An open quotation mark is told where it stands, not where the file
    ends."""
    if found := re.search(r'String starting:"(.*)', told):
        line = text[: max(0, text.find(f'"{found[1]}'))].count("\n") + 1
        return Fault(line, "A quotation mark is opened here and never closed.", 'Close it: `label="Hear"`.')
    if found := re.search(r"syntax error in line (\d+)(?: near '(.*)')?", told):
        near = f" near `{found[2]}`" if found[2] else ""
        hint = 'Write a box as `hear [label="Hear"]` and an arrow as `hear -> write`, inside `digraph { … }`.'
        return Fault(int(found[1]), f"This cannot be read as dot{near}.", hint)
    return Fault(1, "There is no graph in this file.", "Write `digraph { … }`.")


def _areas(graph: AGraph) -> list[AGraph]:
    """The areas, those that hold others first."""
    found = []
    for area in graph.subgraphs():
        found += [area] if (area.name or "").startswith("cluster") else []
        found += _areas(area)
    return found


def _attributes(graph: AGraph) -> Iterator[tuple[Any, tuple[str, ...]]]:
    for node in graph.nodes():
        yield node.attr, CLASSES
    for edge in graph.edges():
        yield edge.attr, ("wrong", "note")
    for area in _areas(graph):
        yield area.graph_attr, CLASSES


def _unknown(graph: AGraph, text: str) -> Fault | None:
    """The first thing that cannot be drawn as it is written."""
    for attributes, known in _attributes(graph):
        cls, letters = _value(attributes, "class"), _value(attributes, "wrap") or "1"
        if cls and cls not in known:
            line = _line(text, rf'class\s*=\s*"?{re.escape(cls)}\b')
            return Fault(line, f"There is no class `{cls}` here.", f"There is {', '.join(known)}.")
        if not (letters.isdecimal() and int(letters)):
            return Fault(_line(text, rf"wrap\s*=\s*\W?{re.escape(letters)}"), "`wrap` is a number of letters.", "")
    if not graph.nodes():
        return Fault(1, "There is no box in this graph.", 'Write one: `hear [label="Hear"]`.')
    pairs = [tuple(edge) for edge in graph.edges()]
    if double := next((pair for pair in pairs if pairs.count(pair) > 1), None):
        line = _line(text, r"\W+->\W+".join(re.escape(end) for end in double))
        return Fault(line, f"Two arrows lead from `{double[0]}` to `{double[1]}`.", "Make them one.")
    return None


def _line(text: str, pattern: str) -> int:
    found = re.search(pattern, text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _thing(item: Any, default: str, attributes: Any = None) -> Thing:
    attributes = item.attr if attributes is None else attributes
    label = _value(attributes, "label")
    rows = wrapped(default if label in ("", "\\N") else label, int(_value(attributes, "wrap") or LETTERS))
    return Thing(_value(attributes, "class"), rows, "invis" in _value(attributes, "style"))


def _value(attributes: Any, name: str) -> str:
    try:
        return str(attributes[name] or "")
    except KeyError:  # nothing in the file has it
        return ""


# ── where things stand ─────────────────────────────────────────────────────────────────────────────────────────────


def _size(graph: AGraph, nodes: list[Thing], edges: list[Thing], areas: list[Thing]) -> None:
    """Tell dot how large everything is."""
    graph.graph_attr.update(
        rankdir="TB",
        splines="true",
        rotate="0",
        nodesep="0.18",
        ranksep="0.32",
        compound="true",
        labeljust="l",
        margin="8",
    )
    for thing, node in zip(nodes, graph.nodes(), strict=True):
        wide = thing.text.width() + 2 * _PAD_X + (2 * POINT if thing.cls == "question" else 0)
        node.attr.update(shape="box", fixedsize="true", label=" ", margin="0", style="invis" if thing.hidden else " ")
        node.attr.update(width=f"{wide / 72:.4f}", height=f"{(thing.text.height() + 2 * _PAD_Y) / 72:.4f}")
    for thing, edge in zip(edges, graph.edges(), strict=True):
        edge.attr["arrowsize"] = f"{ARROW / 10}"
        if thing.text.rows:
            beside = 24 if thing.cls == "wrong" else 8  # clear of the cross
            edge.attr["label"] = _ROOM.format(round(thing.text.width()) + beside, thing.text.height() + 2)
    for thing, area in zip(areas, _areas(graph), strict=True):
        if thing.text.rows:
            area.graph_attr["label"] = _ROOM.format(round(thing.text.width()) + 4, thing.text.height())


def _bounds(graph: AGraph) -> tuple[float, float, float, float]:
    """The left, lower, right and upper end of all that stands somewhere. Dot's own bounds leave room around areas."""
    found = [area.graph_attr["bb"].split(",") for area in _areas(graph)]
    found += [part.split(",")[-2:] for edge in graph.edges() for part in edge.attr["pos"].split()]
    for edge in (edge for edge in graph.edges() if edge.attr["lp"]):
        wide, high = re.findall(r'(?:width|height)="(\d+)"', edge.attr["label"])
        found += _corners(edge.attr["lp"], float(wide), float(high))
    for node in graph.nodes():
        found += _corners(node.attr["pos"], float(node.attr["width"]) * 72, float(node.attr["height"]) * 72)
    xs = [float(x) for place in found for x in place[::2]]
    ys = [float(y) for place in found for y in place[1::2]]
    return min(xs), min(ys), max(xs), max(ys)


def _corners(place: str, wide: float, high: float) -> list[list[float]]:
    x, y = (float(part) for part in place.split(","))
    return [[x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]]


def _drawn(graph: AGraph, nodes: list[Thing], edges: list[Thing], areas: list[Thing], picture: Picture) -> Picture:
    for thing, area in zip(areas, _areas(graph), strict=True):
        x, y, right, upper = (float(part) for part in area.graph_attr["bb"].split(","))
        (x, y), (right, upper) = picture.at(f"{x},{upper}"), picture.at(f"{right},{y}")
        picture.areas.append(box(thing.cls, x, y, right - x, upper - y, "area"))
        if thing.text.rows:
            middle, centre = picture.at(area.graph_attr["lp"])
            picture.words += written(thing, middle - thing.text.width() / 2, centre, "label")
    for thing, edge in zip(edges, graph.edges(), strict=True):
        if not thing.hidden:
            picture.arrows += arrow(thing, edge, picture)
            if thing.text.rows:
                picture.words += written(thing, *picture.at(edge.attr["lp"]), "said")
    for thing, node in zip(nodes, graph.nodes(), strict=True):
        if not thing.hidden:
            x, y = picture.at(node.attr["pos"])
            wide, high = float(node.attr["width"]) * 72, float(node.attr["height"]) * 72
            picture.boxes.append(box(thing.cls, x - wide / 2, y - high / 2, wide, high))
            picture.boxes += sign(thing.cls, x - wide / 2 + 1, y - high / 2 + 1)
            picture.boxes += written(thing, x, y, thing.cls)
    return picture
