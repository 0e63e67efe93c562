"""Which text of a translated lesson belongs to which block of the source.

A text whose hash is that of a block belongs to it wherever either has moved. A text whose hash is that of no block any
more is a translation of what stood there before: it is paired by position with a block between the same neighbours and
of the same kind, and is stale.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import NamedTuple

from courses.translate.segments import TITLE, Rendering, Segment, differs, form_of

_OF_PARTS = ("bullet_list", "ordered_list", "table", "blockquote")
"""The kinds of blocks that are made of parts."""


class Pair(NamedTuple):
    """A block of the source and its translation, or None; `stale` if the block has changed since."""

    segment: Segment
    rendering: Rendering | None
    stale: bool


class Pairing(NamedTuple):
    """The blocks of the source in their order, and the texts that belong to none of them any more."""

    pairs: list[Pair]
    orphans: list[Rendering]


def pair(segments: Sequence[Segment], renderings: Sequence[Rendering]) -> Pairing:
    """Pair the blocks of a lesson with the texts of its translation."""
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for place, segment in enumerate(segments):
        waiting[segment.hash].append(place)
    matched = [waiting[one.hash].popleft() if waiting[one.hash] else None for one in renderings]
    stale = _by_position(segments, renderings, matched)
    found = {place: number for number, place in enumerate(matched) if place is not None} | stale
    pairs = []
    for place, segment in enumerate(segments):
        number = found.get(place)
        one = None if number is None else renderings[number]
        pairs.append(Pair(segment, one, one is not None and (place in stale or one.stale)))
    used = set(found.values())
    return Pairing(pairs, [one for number, one in enumerate(renderings) if number not in used])


def _by_position(
    segments: Sequence[Segment], renderings: Sequence[Rendering], matched: Sequence[int | None]
) -> dict[int, int]:
    """The numbers of texts without a block of their hash, by the place of the block they are paired with."""
    taken = {place for place in matched if place is not None}
    free: dict[str, list[int]] = defaultdict(list)
    for place, segment in enumerate(segments):
        if place not in taken:
            free[segment.kind].append(place)
    found: dict[int, int] = {}
    begin = 0  # blocks before this one stand before the text before
    onward = _onward(matched)
    for number, one in enumerate(renderings):
        if (own := matched[number]) is not None:
            begin = own + 1
            continue
        end = len(segments)
        after = onward[number]
        while after < len(matched):
            if (following := matched[after] or 0) >= begin:
                end = following
                break
            after = onward[after]
        nearest = [(_first(free.get(kind, []), begin, end), kind) for kind in kinds(one) or free]
        near, kind = min(nearest, default=(end, ""))
        if near < end:
            free[kind].remove(near)
            found[near] = number
            begin = near + 1
    return found


def _first(places: Sequence[int], begin: int, end: int) -> int:
    """The first of the places that is not before `begin`; `end` if there is none before that."""
    at = bisect_left(places, begin)
    return min(places[at], end) if at < len(places) else end


def _onward(matched: Sequence[int | None]) -> list[int]:
    """Of each text the number of the next that has a block; as many as there are texts, if none has."""
    onward = [len(matched)] * len(matched)
    for number in range(len(matched) - 2, -1, -1):
        onward[number] = onward[number + 1] if matched[number + 1] is None else number + 1
    return onward


def fits(rendering: Rendering, segment: Segment) -> bool:
    """Whether the text is of the kind that the block is; one that is still empty is of any."""
    found = kinds(rendering)
    return found is None or segment.kind in found


def lacks(one: Pair) -> str:
    """What the translation of a block has more or less of than that, such as items of a list, as a sentence; "" if they
    are alike. One that is stale is of another source."""
    if one.stale or one.rendering is None or one.segment.kind not in _OF_PARTS or not fits(one.rendering, one.segment):
        return ""
    return differs(one.segment.text, one.rendering.text) if one.rendering.lines else ""


def kinds(rendering: Rendering) -> tuple[str, ...] | None:
    """The kinds of blocks that the text may translate; None for all."""
    if not rendering.lines:
        return None
    kind = form_of(rendering.text).kind
    return (kind, TITLE) if kind == "paragraph" and len(rendering.lines) == 1 else (kind,)
