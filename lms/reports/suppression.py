"""Keeping small counts back, so that they can't be worked out from what is shown.

The rule is the threshold rule for frequency tables: a figure about fewer than `THRESHOLD` people is not shown. As
tables show totals too, further figures are kept back (complementary suppression), until the small ones stay
uncertain. See Hundepool and others, *Handbook on Statistical Disclosure Control*, 2nd edition, 2024
(sdctools.github.io/HandbookSDC): chapter 5 for the rule; chapter 4 for secondary suppression, feasibility intervals
and the hypercube method of Repsilber and Giessing, of which this is a variant.

Tables over the same data betray each other: a cell hidden in one is the difference of two shown in another. So nothing
here works on a table. All that is shown is laid over *one* cube of counts (institution × topic × state); a figure is a
sum over a part of the cube, whatever table it stands in. For each small figure we look for a *move*: a shift of people
between cells of the cube, which gives another cube that could be true. What the move changes is kept back; what stays
shown is the same for both cubes. So the move itself proves that nobody can tell them apart by anything shown, in
whichever tables, sums or differences. Keeping more back never breaks the proof of a figure treated before.

The move must allow a range of at least `THRESHOLD` for the figure, and a smaller value than the true one: an interval
from 2 to 3 would be as good as the number.

Three things this does not do: it does not hide that nobody is in a cell, which tells of no one; it knows nothing of
what a reader knows from elsewhere; and it does not stop two reports of different days from being compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, combinations, product
from math import prod

THRESHOLD = 5

Cell = tuple[str, ...]
"""A place in the cube: a value for each dimension."""

Figure = tuple[str, ...]
"""A sum that is to be shown: for each dimension a value, or the name of a group of values."""


@dataclass(frozen=True)
class Cube:
    """Counts, and the figures over them that are to be shown.

    `groups`: for each dimension, what each of its values counts into, itself first: `{"i4": ("i4", "ME", "all")}`.
    `counts`: every cell in which somebody could be, zeros too. `figures`: all that is shown, or follows from what is
    shown. `small`: those of the figures that must not be known. `limits`: a figure → another figure and the most that
    the first can be, as whoever sees the other knows (nobody takes a course twice: a topic's enrolments are at most
    the people of the institution).
    """

    groups: tuple[Mapping[str, tuple[str, ...]], ...]
    counts: Mapping[Cell, int]
    figures: frozenset[Figure]
    small: frozenset[Figure]
    limits: Mapping[Figure, tuple[Figure, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A shift that nobody can see: `down` people or fewer leave the cells `near` for the cells `far`, or `up` people or
    fewer come from there. The figure that it protects goes down or up by as many."""

    near: tuple[Cell, ...]
    far: tuple[Cell, ...]
    down: int
    up: int


@dataclass(frozen=True, slots=True)
class Protection:
    """The figures to be kept back, and for each small one the move that proves it uncertain."""

    hidden: frozenset[Figure]
    moves: Mapping[Figure, Move]


def protect(cube: Cube) -> Protection:
    """What to keep back of a cube.

    Totals come first, as what they cost is used again by the figures below. Of the moves that protect a figure, the
    one is taken that keeps the fewest, and then the smallest, further figures back; the result is always the same for
    the same cube.
    """
    values = _Values(cube)
    hidden = set(cube.small)
    moves: dict[Figure, Move] = {}
    for figure in sorted(cube.small, key=lambda figure: (-len(values.cells[figure]), figure)):
        moves[figure], changed = _cheapest(values, figure, hidden)
        hidden |= changed
    return Protection(frozenset(hidden), moves)


class _Values:
    """The values of a cube's figures, looked up often."""

    def __init__(self, cube: Cube) -> None:
        self.cube = cube
        self.cells: dict[Figure, list[Cell]] = {figure: [] for figure in cube.figures}
        for cell in sorted(cube.counts):
            for figure in product(*(group[value] for group, value in zip(cube.groups, cell, strict=True))):
                if figure in self.cells:
                    self.cells[figure].append(cell)
        self.totals = {figure: sum(cube.counts[cell] for cell in cells) for figure, cells in self.cells.items()}
        self.values = tuple(sorted({cell[place] for cell in cube.counts}) for place in range(len(cube.groups)))


def _cheapest(values: _Values, figure: Figure, hidden: set[Figure]) -> tuple[Move, set[Figure]]:
    """The best move for a figure, and the figures that it changes.

    First the moves that keep every total of the figure's own table; where there is none, those that give up totals. A
    single cell that grows or shrinks is always a move.
    """
    groups = zip(figure, values.cube.groups, strict=True)
    own = [place for place, (part, group) in enumerate(groups) if any(part not in above for above in group.values())]
    for swapped in chain.from_iterable(combinations(own, size) for size in range(len(own), -1, -1)):
        best: tuple[tuple[int, int], Move, set[Figure]] | None = None
        for move, changed in _moves(values, figure, swapped):
            new = changed - hidden
            cost = (len(new), sum(values.totals[one] for one in new))
            if best is None or cost < best[0]:
                best = (cost, move, changed)
            if not new:
                break
        if best:
            return best[1], best[2]
    raise ValueError(f"{figure} counts nobody, and needs no protection.")


def _moves(values: _Values, figure: Figure, swapped: tuple[int, ...]) -> Iterator[tuple[Move, set[Figure]]]:
    """The moves wide enough for a figure that shift people between two values in each of the dimensions `swapped`, and
    the figures that each changes.

    The cells of a move are the corners of a box: one stands within the figure, and each is far or near as it differs
    from that one in an odd or even number of dimensions. So all sums along the box's edges stay as they are.
    """
    counts, groups = values.cube.counts, values.cube.groups
    for start in values.cells[figure]:
        others = [
            [value for value in values.values[place] if figure[place] not in groups[place][value]] for place in swapped
        ]
        for end in product(*others) if counts[start] else ():
            opposite = dict(zip(swapped, end, strict=True))
            near, far = _corners(start, opposite)
            if not all(cell in counts for cell in near + far):
                continue
            down = min(counts[cell] for cell in near)
            up = min((counts[cell] for cell in far), default=THRESHOLD)
            if down and down + up >= THRESHOLD:
                signs = _changes(values.cube, start, opposite)
                down, up = _within_limits(values, signs, down, up)
                if down and down + up >= THRESHOLD:
                    yield Move(near, far, down, up), set(signs)


def _corners(start: Cell, opposite: Mapping[int, str]) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    sides: tuple[list[Cell], list[Cell]] = ([], [])
    for flips in product(*((False, True) if place in opposite else (False,) for place in range(len(start)))):
        cell = tuple(opposite[place] if flip else start[place] for place, flip in enumerate(flips))
        sides[sum(flips) % 2].append(cell)
    return tuple(sides[0]), tuple(sides[1])


def _changes(cube: Cube, start: Cell, opposite: Mapping[int, str]) -> dict[Figure, int]:
    """The figures that change when the near cells gain one: by +1 or -1."""
    parts: list[list[tuple[str, int]]] = []
    for place, (value, group) in enumerate(zip(start, cube.groups, strict=True)):
        gains, loses = group[value], group[opposite[place]] if place in opposite else ()
        up, down = [part for part in gains if part not in loses], [part for part in loses if part not in gains]
        parts.append([*((part, 1) for part in up), *((part, -1) for part in down)])
    return {
        figure: prod(sign for _, sign in chosen)
        for chosen in product(*parts)
        if (figure := tuple(part for part, _ in chosen)) in cube.figures
    }


def _within_limits(values: _Values, signs: Mapping[Figure, int], down: int, up: int) -> tuple[int, int]:
    """How far a move may go without passing a limit that is seen from a figure which the move leaves as it is."""
    for figure, sign in signs.items():
        if figure in values.cube.limits:
            beside, most = values.cube.limits[figure]
            room = max(0, most - values.totals[figure])
            if beside not in signs and sign > 0:
                up = min(up, room)
            elif beside not in signs:
                down = min(down, room)
    return down, up
