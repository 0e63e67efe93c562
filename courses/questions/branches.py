"""What is wrong in how the states of a scenario lead to each other.

It is found in the keys as they are written, so that a wrong score or a missing text hides nothing of this. What one
mistake may be the cause of is not told beside it: of everything that cannot be known until another mistake is mended,
the best is assumed. So a name that no state has leads to the states that have similar names; if there are none, to a
state nobody has written yet, which may lead anywhere and end the case as well as any. A choice that cannot be read
leads there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from courses.layout import is_slug
from courses.questions.base import (
    Mistake,
    Path,
)
from courses.vocabulary import Vocabulary

MOST = 60
"""States that a scenario may have: many times what one can keep in mind."""
_UNWRITTEN = -1
"""The number of the state that nobody has written yet."""


class _Way(NamedTuple):
    """A choice as it is written; what cannot be read is None."""

    at: Path
    id: str | None
    to: str | None


@dataclass(frozen=True, slots=True)
class _State:
    """A state as it is written. `unread`: that of its choices not all can be read. `worth` of its ending: None where
    it has none, 1 where that cannot be read."""

    at: Path
    id: str | None
    ways: Sequence[_Way]
    unread: bool
    worth: float | None

    @property
    def settled(self) -> bool:
        """Whether it is an ending or goes on, and not neither of them."""
        return bool(self.worth is not None or self.ways or self.unread)


class Branches:
    """The states of a scenario, by their numbers, and where they lead."""

    def __init__(self, fields: Mapping[str, Any], worth: Any) -> None:
        """Read the scenario's keys, whatever they hold. `worth` makes a number of what an ending's `score` holds, or
        None if it is none."""
        written = fields.get("states")
        self.states = [
            _state(("states", number), state, worth)
            for number, state in enumerate(written if isinstance(written, list | tuple) else ())
        ]
        self.start = _text(fields.get("start"))
        self._numbers: dict[str, list[int]] = {}
        for number, state in enumerate(self.states):
            if state.id is not None:
                self._numbers.setdefault(state.id, []).append(number)
        self._names = Vocabulary(self._numbers)

    def mistakes(self) -> Iterator[Mistake]:
        """All that is wrong with them."""
        yield from self._doubled()
        if not self.states:
            return
        yield from self._unknown()
        yield from self._neither()
        if len(self.states) <= MOST:  # which is told, and what follows is for as many as one can overlook
            yield from self._lost()

    def _doubled(self) -> Iterator[Mistake]:
        ways = [(way.at, way.id) for state in self.states for way in state.ways]
        for what, items in (
            ("states", [(state.at, state.id) for state in self.states]),
            ("choices of the scenario", ways),
        ):
            seen: set[str | None] = {None}
            for at, id in items:
                if id is not None and id in seen:
                    message = f"Two {what} have the id `{id}`."
                    yield Mistake((*at, "id"), "doubled-id", message, "Give one another id.")
                seen.add(id)

    def _unknown(self) -> Iterator[Mistake]:
        if any(state.id is None for state in self.states):
            return  # it may be the one that is meant
        leads: list[tuple[Path, str | None]] = [(("start",), self.start)]
        leads += [((*way.at, "to"), way.to) for state in self.states for way in state.ways]
        for at, id in leads:
            if id is None or id in self._numbers or not all(map(is_slug, self._alike(id))):
                continue  # of an id that is none the author hears where it stands
            yield Mistake(at, "unknown-state", f"The scenario has no state `{id}`.", self._names.hint(id))

    def _neither(self) -> Iterator[Mistake]:
        for state in self.states:
            if state.worth is not None and state.ways:
                yield Mistake(
                    (*state.at, "ending"),
                    "ending-with-choices",
                    f"The case ends in the state `{state.id}`, and goes on from it.",
                    "Keep `choices` or `ending`.",
                )
            elif not state.settled:
                yield Mistake(
                    state.at,
                    "state-without-choices",
                    f"The state `{state.id}` is no ending, and nothing can be done in it.",
                    "Give it `choices`, or `ending` with a `score`.",
                )

    def _lost(self) -> Iterator[Mistake]:
        onward = {number: self._onward(number) for number in (*range(len(self.states)), _UNWRITTEN)}
        back = {number: {other for other in onward if number in onward[other]} for number in onward}
        nameless = {number for number, state in enumerate(self.states) if state.id is None}
        begin = self._to(self.start) if self.start else set(range(len(self.states)))
        reached = _reached(onward, nameless | begin)
        endings = {n for n, state in enumerate(self.states) if state.worth is not None or not state.settled}
        ending = _reached(back, endings | {_UNWRITTEN})
        for number in _first(onward.keys() - reached - {_UNWRITTEN}, back):
            yield Mistake(
                (*self.states[number].at, "id"),
                "state-unreached",
                f"The case never comes to the state `{self.states[number].id}`.",
                "Let a choice lead there, or delete it.",
            )
        for number in _first(onward.keys() - ending, onward):
            yield Mistake(
                (*self.states[number].at, "id"),
                "scenario-circle",
                f"The case cannot end any more once it is in the state `{self.states[number].id}`: its choices lead in "
                "a circle.",
                "Let one of them lead out.",
            )
        worths = [1.0 if not state.settled else state.worth for state in self.states]
        known = [worth for worth in worths if worth is not None]
        if known and max(known) < 1 and not back[_UNWRITTEN] and _UNWRITTEN not in begin:
            yield Mistake(
                ("states",),
                "no-full-ending",
                "No ending is worth 100%, so nobody could do it right.",
                "Write `score: 100%` in the best ending.",
            )

    def _onward(self, number: int) -> set[int]:
        """The states to which one may lead."""
        if number == _UNWRITTEN:
            return set(range(len(self.states)))
        state = self.states[number]
        found = {_UNWRITTEN} if state.unread else set()
        return found.union(*(self._to(way.to) for way in state.ways if way.to is not None))

    def _to(self, id: str) -> set[int]:
        """The states that the name may mean."""
        found = [number for name in self._alike(id) for number in self._numbers[name]]
        return set(found) or {_UNWRITTEN}

    def _alike(self, id: str) -> list[str]:
        """The name, if a state has it; otherwise those that are similar to it."""
        if id in self._numbers:
            return [id]
        return self._names.like(id.lower(), MOST)


def _state(at: Path, written: Any, worth: Any) -> _State:
    if not isinstance(written, Mapping):
        return _State(at, None, (), True, None)
    choices = written.get("choices", ())
    entries = choices if isinstance(choices, list | tuple) else ()
    ways = [_way((*at, "choices", number), entry) for number, entry in enumerate(entries)]
    unread = entries is not choices or any(way.to is None for way in ways)
    ending = written.get("ending")
    score = worth(ending.get("score")) if isinstance(ending, Mapping) else None
    return _State(
        at, _text(written.get("id")), ways, unread, None if ending is None else 1.0 if score is None else score
    )


def _way(at: Path, written: Any) -> _Way:
    fields = written if isinstance(written, Mapping) else {}
    return _Way(at, _text(fields.get("id")), _text(fields.get("to")))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _reached(onward: Mapping[int, set[int]], ahead: Iterable[int]) -> set[int]:
    """What is reached from any of those `ahead`, these included."""
    found: set[int] = set()
    todo = list(ahead)
    while todo:
        if (number := todo.pop()) not in found:
            found.add(number)
            todo += onward[number]
    return found


def _first(lost: Iterable[int], onward: Mapping[int, set[int]]) -> list[int]:
    """Of each group of those that lead to each other, and to no others of those that are lost, the first: to mend one
    is to mend the group, and whatever leads to it."""
    rest = set(lost)
    reach = {number: _reached({one: onward[one] & rest for one in rest}, [number]) for number in rest}
    return [
        number for number in sorted(rest) if all(number in reach[other] and number <= other for other in reach[number])
    ]
