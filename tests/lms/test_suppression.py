"""Small counts can't be worked out: proved on random cubes, by another cube that shows the same and by search."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from lms.reports.suppression import THRESHOLD, Cell, Cube, Figure, protect

STATES = {"done": ("done", "all"), "late": ("late", "open", "all"), "new": ("new", "open", "all")}


def holds(cube: Cube, figure: Figure, cell: Cell) -> bool:
    return all(part in group[value] for part, group, value in zip(figure, cube.groups, cell, strict=True))


Parts = dict[Figure, list[Cell]]
"""The cells that each figure is the sum of."""


def parts_of(cube: Cube) -> Parts:
    return {figure: [cell for cell in cube.counts if holds(cube, figure, cell)] for figure in cube.figures}


def shown_by(parts: Parts, counts: dict[Cell, int]) -> dict[Figure, int]:
    return {figure: sum(counts[cell] for cell in cells) for figure, cells in parts.items()}


Groups = tuple[dict[str, tuple[str, ...]], ...]


def cube_of(counts: dict[Cell, int], groups: Groups, figures: set[Figure], **more: object) -> Cube:
    bare = Cube(groups, counts, frozenset(figures), frozenset())
    totals = shown_by(parts_of(bare), counts)
    small = frozenset(figure for figure, total in totals.items() if 0 < total < THRESHOLD)
    return Cube(groups, counts, frozenset(figures), small, **more)


@st.composite
def cubes(draw: st.DrawFn) -> Cube:
    """Institutions in countries × topics × states, with the tables that a coordinator reads."""
    institutions = {f"i{n}": (f"i{n}", f"c{n // 2}", "all") for n in range(draw(st.integers(1, 5)))}
    topics = {f"t{n}": (f"t{n}", "all") for n in range(draw(st.integers(1, 4)))}
    count = st.one_of(st.integers(0, 6), st.integers(0, 60), st.just(0))
    counts = {cell: draw(count) for cell in product(institutions, topics, STATES)}
    places = {node for group in institutions.values() for node in group}
    states = {node for group in STATES.values() for node in group}
    figures = {
        *product(places, ["all"], states),
        *product(["all"], topics, states),
        *product(institutions, topics, ["done", "open", "all"]),
    }
    limits = {}
    for i, t in product(institutions, topics):
        held = [sum(counts[i, each, s] for s in STATES) for each in topics]
        people = draw(st.integers(max(held), max(sum(held), 1)))
        limits[i, t, "all"] = ((i, "all", "all"), people)
    people = {i: min(most for (where, _t, _s), (_f, most) in limits.items() if where == i) for i in institutions}
    return cube_of(
        counts,
        (institutions, topics, STATES),
        figures,
        limits={f: (beside, people[f[0]]) for f, (beside, _most) in limits.items()},
    )


@settings(max_examples=150, deadline=None)
@given(cubes())
def test_another_cube_shows_the_same_and_says_otherwise(cube: Cube) -> None:
    protection = protect(cube)
    shown = set(cube.figures - protection.hidden)
    assert cube.small <= protection.hidden
    assert set(protection.moves) == set(cube.small)
    parts = parts_of(cube)
    truth = shown_by(parts, dict(cube.counts))
    for figure, move in protection.moves.items():
        values = set()
        for amount in (-move.down, move.up):
            other = dict(cube.counts)
            for cell in move.near:
                other[cell] += amount
            for cell in move.far:
                other[cell] -= amount
            assert min(other.values()) >= 0
            seen = shown_by(parts, other)
            assert {f: seen[f] for f in shown} == {f: truth[f] for f in shown}
            for limited, (beside, most) in cube.limits.items():
                assert seen[limited] <= most or seen[beside] != truth[beside]
            values.add(seen[figure])
        assert min(values) < truth[figure] <= max(values)
        assert max(values) - min(values) >= THRESHOLD


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=4, max_size=4))
def test_an_exhaustive_attacker_learns_no_small_cell(flat: list[int]) -> None:
    """Who knows every shown figure of a 2 × 2 table with totals and tries all tables there are."""
    rows = {name: (name, "all") for name in ("a", "b")}
    columns = {name: (name, "all") for name in ("x", "y")}
    cells = list(product(rows, columns))
    figures = set(product((*rows, "all"), (*columns, "all")))
    cube = cube_of(dict(zip(cells, flat, strict=True)), (rows, columns), figures)
    places = {f: [n for n, cell in enumerate(cells) if holds(cube, f, cell)] for f in cube.figures}
    truth = {f: sum(flat[n] for n in places[f]) for f in cube.figures - protect(cube).hidden}
    possible: dict[Figure, set[int]] = {figure: set() for figure in cube.small}
    for guess in product(range(max(flat) + THRESHOLD + 1), repeat=4):
        if all(sum(guess[n] for n in places[f]) == total for f, total in truth.items()):
            for figure, values in possible.items():
                values.add(sum(guess[n] for n in places[figure]))
    assert all(max(values) - min(values) >= THRESHOLD for values in possible.values())


def test_a_lone_small_cell_takes_three_others_with_it() -> None:
    rows = {name: (name, "all") for name in "abc"}
    columns = {name: (name, "all") for name in "xyz"}
    counts = dict(zip(product(rows, columns), [3, 20, 30, 40, 50, 60, 70, 80, 90], strict=True))
    cube = cube_of(counts, (rows, columns), set(product((*rows, "all"), (*columns, "all"))))
    assert protect(cube).hidden == {("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")}


def test_large_counts_and_empty_cells_are_all_shown() -> None:
    rows, columns = {"a": ("a", "all"), "b": ("b", "all")}, {"x": ("x", "all"), "y": ("y", "all")}
    counts = dict(zip(product(rows, columns), [5, 0, 0, 12], strict=True))
    cube = cube_of(counts, (rows, columns), set(product((*rows, "all"), (*columns, "all"))))
    assert protect(cube).hidden == frozenset()


def test_the_same_cube_is_protected_the_same_way_each_time() -> None:
    rows, columns = {"a": ("a", "all"), "b": ("b", "all")}, {"x": ("x", "all"), "y": ("y", "all")}
    counts = dict(zip(product(rows, columns), [2, 9, 9, 12], strict=True))
    figures = set(product((*rows, "all"), (*columns, "all")))
    turned = dict(reversed(counts.items()))
    assert protect(cube_of(counts, (rows, columns), figures)) == protect(cube_of(turned, (rows, columns), figures))
