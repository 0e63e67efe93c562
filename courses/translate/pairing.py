"""Which text of a translated lesson belongs to which block of the source.

A text whose hash is that of a block belongs to it wherever either has moved. A text whose hash is that of no block any
more is a translation of what stood there before: it is paired by position with a block between the same neighbours and
of the same kind, and is stale.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import NamedTuple

from courses.translate.segments import TITLE, Rendering, Segment, kind_of


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
    free = set(range(len(segments))) - {place for place in matched if place is not None}
    found: dict[int, int] = {}
    begin = 0  # blocks before this one stand before the text before
    for number, one in enumerate(renderings):
        place = matched[number]
        if place is not None:
            begin = place + 1
            continue
        following = (place for place in matched[number + 1 :] if place is not None and place >= begin)
        end = next(following, len(segments))
        near = next((at for at in range(begin, end) if at in free and fits(one, segments[at])), None)
        if near is not None:
            free.discard(near)
            found[near] = number
            begin = near + 1
    return found


def fits(rendering: Rendering, segment: Segment) -> bool:
    """Whether the text is of the kind that the block is; one that is still empty is of any."""
    if not rendering.lines:
        return True
    if segment.kind == TITLE:
        return len(rendering.lines) == 1 and kind_of(rendering.text) == "paragraph"
    return kind_of(rendering.text) == segment.kind
