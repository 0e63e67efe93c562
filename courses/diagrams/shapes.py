"""The shapes that a diagram is made of, as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from math import dist, hypot
from typing import Any, NamedTuple

from courses.diagrams.style import FONTS, LINE, SIZE, Rows, rules

MARGIN = 10
"""Around what is drawn."""
POINT = 8
"""How far the points of a question stand out."""
ARROW = 7.5
"""How long the head of an arrow is."""
_SCALE = 1.25
"""Pixels a unit, where there is room: letters are then as high as those of a lesson."""


class Thing(NamedTuple):
    """A box, an arrow or an area: what it is, its text, and whether it only takes room."""

    cls: str
    text: Rows
    hidden: bool


@dataclass(slots=True)
class Picture:
    """What has been drawn, from the lowest to the uppermost; and where its upper left corner is for dot, which counts
    upwards."""

    left: float
    top: float
    areas: list[str] = field(default_factory=list)
    arrows: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def at(self, text: str) -> tuple[float, float]:
        """The place that dot writes as `12.5,40`."""
        x, y = (float(part) for part in text.split(",")[:2])
        return x - self.left + MARGIN, self.top - y + MARGIN


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0").replace("-0.0", "0")


def _path(points: Iterable[tuple[float, float]]) -> list[str]:
    return [f"{_number(x)} {_number(y)}" for x, y in points]


def _class(*names: str) -> str:
    used = " ".join(name for name in names if name)
    return f' class="{used}"' if used else ""


def box(cls: str, x: float, y: float, wide: float, high: float, more: str = "box") -> str:
    if cls == "question" and more == "box":
        right, low, middle = x + wide, y + high, y + high / 2
        corners = [(x + POINT, y), (right - POINT, y), (right, middle), (right - POINT, low), (x + POINT, low)]
        return f'<path{_class(more, cls)} d="M{"L".join(_path([*corners, (x, middle)]))}Z"/>'
    radius = 13 if cls in ("start", "end") and more == "box" else 5
    place = " ".join(
        f'{key}="{_number(value)}"'
        for key, value in zip(("x", "y", "width", "height", "rx"), (x, y, wide, high, radius), strict=True)
    )
    return f"<rect{_class(more, cls)} {place}/>"


def sign(cls: str, x: float, y: float) -> list[str]:
    """So that colour is not all that tells right from wrong: a sign at the corner."""
    marks = {"wrong": "m-2.7 -2.7l5.4 5.4m0 -5.4l-5.4 5.4", "protect": "m-3.2 .2l2.3 2.4l4 -4.9"}
    if cls not in marks:
        return []
    place = f"{_number(x)} {_number(y)}"
    return [
        f'<circle class="sign {cls}" cx="{_number(x)}" cy="{_number(y)}" r="6.5"/>',
        f'<path class="mark" d="M{place}{marks[cls]}"/>',
    ]


def written(thing: Thing, x: float, y: float, cls: str) -> list[str]:
    """The text around the middle of its rows; letters stand on a line a third of their size below the middle."""
    first = y - thing.text.height() / 2 + LINE / 2 + SIZE * 0.35
    return [
        f'<text{_class(cls, "bold" if index < thing.text.bold else "")} x="{_number(x)}" '
        f'y="{_number(first + index * LINE)}">{escape(row, quote=False)}</text>'
        for index, row in enumerate(thing.text.rows)
    ]


def arrow(thing: Thing, edge: Any, picture: Picture) -> Iterator[str]:
    """The line, its heads, and a cross in its middle if it is wrong."""
    ends: dict[str, tuple[float, float]] = {}
    points = []
    for part in edge.attr["pos"].split():
        if part[0] in "es":
            ends[part[0]] = picture.at(part[2:])
        else:
            points.append(picture.at(part))
    way = _path(points)
    yield f'<path{_class("way", thing.cls)} d="M{way[0]}C{" ".join(way[1:])}"/>'
    for key, near in (("e", points[-1]), ("s", points[0])):
        if key in ends:
            yield f'<path{_class("head", thing.cls)} d="M{"L".join(_path(_head(near, ends[key])))}Z"/>'
    if thing.cls == "wrong":
        x, y = _middle(points)
        yield f'<path class="way wrong cross" d="M{_number(x - 6)} {_number(y - 6)}l12 12m0 -12l-12 12"/>'


def _head(near: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    along = hypot(end[0] - near[0], end[1] - near[1]) or 1
    x, y = (end[0] - near[0]) / along, (end[1] - near[1]) / along
    back = (end[0] - ARROW * x, end[1] - ARROW * y)
    half = ARROW * 0.42
    return [(back[0] - half * y, back[1] + half * x), end, (back[0] + half * y, back[1] - half * x)]


def _middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    """The place half-way along a line of cubic curves, each of which is taken as eight straight pieces."""
    way = [points[0]]
    for at in range(0, len(points) - 3, 3):
        a, b, c, d = (complex(*point) for point in points[at : at + 4])
        for t in (step / 8 for step in range(1, 9)):
            u = 1 - t
            place = u**3 * a + 3 * u**2 * t * b + 3 * u * t**2 * c + t**3 * d
            way.append((place.real, place.imag))
    pieces = [dist(*ends) for ends in pairwise(way)]
    passed = 0.0
    for length, end in zip(pieces, way[1:], strict=True):
        passed += length
        if passed >= sum(pieces) / 2:
            return end
    return way[-1]


def drawing(picture: Picture, wide: float, high: float) -> str:
    shapes = [*picture.areas, *picture.arrows, *picture.boxes, *picture.words]
    size = f'viewBox="0 0 {_number(wide)} {_number(high)}" width="{wide * _SCALE:.0f}" height="{high * _SCALE:.0f}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONTS}" font-size="{SIZE}" '
            'text-anchor="middle">',
            f"<style>{rules()}</style>",
            f'<rect class="panel" x=".5" y=".5" width="{_number(wide - 1)}" height="{_number(high - 1)}" rx="6"/>',
            *shapes,
            "</svg>\n",
        )
    )
