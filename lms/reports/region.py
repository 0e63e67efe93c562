"""The region in counts: by country, institution and topic. No query here returns a row about a person.

All tables, and what could be subtracted from them, are one cube (institution × topic × state) whose small figures are
kept back together; see `suppression`. Two rules go beyond it:

- Fewer than five *people* make a figure small, however many enrolments they have.
- How many people are enrolled is shown by institution and country only, where their enrolments are shown; a country's
  number is kept back as soon as one of its institutions' is, so that it is in no sum. By topic it would add nothing
  but a way to subtract: somebody takes a topic's course once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import product
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Label, case, distinct, func, literal, select, text
from sqlalchemy.orm import Session

from courses.model import Programme
from lms.records.accounts import is_open
from lms.records.enrolments import Enrolment, State, state_on, today_of
from lms.records.institutions import Institution
from lms.records.scope import Scope
from lms.reports.files import Sheet
from lms.reports.suppression import THRESHOLD, Cell, Cube, Figure, protect
from lms.reports.table import Column, Row, Value, state_label
from lms.shares import whole

ALL, OPEN, OTHER = "all", "open", "other"
HIDDEN = "[c]"
"""What stands for a figure that is kept back: the mark for "confidential" of the UK Government Analysis Function."""

STATES = (State.COMPLETED, State.IN_PROGRESS, State.NOT_STARTED, State.OVERDUE)


@dataclass(frozen=True)
class Counts:
    """What the database says: enrolments in each cell, and different people, for the parts of the cube that one
    institution has (`ALL` for a dimension that does not matter)."""

    enrolments: Mapping[Cell, int]
    people: Mapping[Figure, int]


def counts(
    session: Session, scope: Scope, topics: Mapping[str, str], institutions: Sequence[Institution], at: datetime
) -> Counts:
    """Count everybody in `scope`, who are never named, as they stand at this moment, each by the day of their
    institution (one of the roots): four statements. `topics`: the topic of each course."""
    topic = case(dict(topics), value=Enrolment.course_id, else_=OTHER) if topics else literal(OTHER)
    state = state_on(today_of(institutions, at))
    enrolments: dict[Cell, int] = {}
    people: dict[Figure, int] = {}
    for where, of_topic, in_state, number, heads in _tally(session, scope, topic.label("topic"), state.label("state")):
        enrolments[str(where), of_topic, in_state] = number
        people[str(where), of_topic, in_state] = heads
    for where, of_topic, _number, heads in _tally(session, scope, topic.label("topic")):
        people[str(where), of_topic, ALL] = heads
    for where, in_state, _number, heads in _tally(session, scope, state.label("state")):
        people[str(where), ALL, in_state] = heads
    for where, _number, heads in _tally(session, scope):
        people[str(where), ALL, ALL] = heads
    return Counts(enrolments, people)


def _tally(session: Session, scope: Scope, *by: Label[str]) -> Iterable[Any]:
    """Enrolments and different people by institution and what else is given."""
    institution = Enrolment.institution_id
    query = select(institution, *by, func.count(), func.count(distinct(Enrolment.person_id)))
    # grouped by name: PostgreSQL would take the expression, its values bound twice, for another one
    names = [text(label.name) for label in by]
    return session.execute(
        query.where(scope.covers(Enrolment, counting=True), is_open(Enrolment)).group_by(institution, *names)
    )


@dataclass(frozen=True)
class Region:
    """The tables about the region. `institutions`: the roots; `courses`: how many courses each topic has."""

    programme: Programme
    institutions: Sequence[Institution]
    courses: Mapping[str, int]
    counts: Counts

    @cached_property
    def cube(self) -> Cube:
        """All that the tables show, over one cube."""
        used = {topic for _where, topic, _state in self.counts.enrolments}
        topics = [topic.id for topic in self.programme.topics if topic.id in used or self.courses.get(topic.id)]
        topics += sorted(used - set(topics))
        places = {str(row.id): (str(row.id), row.country, ALL) for row in self.institutions}
        groups = (places, {id: (id, ALL) for id in topics}, {each.value: _state_groups(each) for each in STATES})
        states = {part for group in groups[2].values() for part in group}
        figures = frozenset(
            [
                *product({part for group in places.values() for part in group}, [ALL], states),
                *product([ALL], topics, states),
                *product(places, topics, [State.COMPLETED.value, OPEN, ALL]),
            ]
        )
        cells: dict[Cell, int] = {cell: self.counts.enrolments.get(cell, 0) for cell in product(*groups)}
        limits: dict[Figure, tuple[Figure, int]] = {}
        for place, topic in product(places, topics):
            people = self.counts.people.get((place, ALL, ALL), 0)
            limits[place, topic, ALL] = ((place, ALL, ALL), people * self.courses.get(topic, 1))
        small = frozenset(figure for figure in figures if 0 < self._people(figure) < THRESHOLD)
        return Cube(groups, cells, figures, small, limits)

    def _people(self, figure: Figure) -> int:
        """How many people at least a figure is about: of each institution exactly, as nobody belongs to two."""
        place, topic, state = figure
        heads, total = self.counts.people, 0
        for row in self.institutions:
            if place in (str(row.id), row.country, ALL):
                at = str(row.id)
                if state != OPEN:
                    total += heads.get((at, topic, state), 0)
                    continue
                rest = heads.get((at, topic, ALL), 0) - heads.get((at, topic, State.COMPLETED.value), 0)
                total += max(rest, *(heads.get((at, topic, each.value), 0) for each in STATES[1:]))
        return total

    @cached_property
    def hidden(self) -> frozenset[Figure]:
        """The figures that are kept back."""
        return protect(self.cube).hidden

    @cached_property
    def _totals(self) -> dict[Figure, int]:
        totals = dict.fromkeys(self.cube.figures, 0)
        for cell, number in self.cube.counts.items():
            for figure in product(*(group[value] for group, value in zip(self.cube.groups, cell, strict=True))):
                if figure in totals:
                    totals[figure] += number
        return totals

    def value(self, place: str, topic: str = ALL, state: str = ALL) -> int | str | None:
        """What is shown for a figure: the count, HIDDEN, or None where there is nothing to count."""
        figure = (place, topic, state)
        return HIDDEN if figure in self.hidden else self._totals.get(figure)

    def people(self, place: str) -> int | str:
        """How many people are enrolled somewhere."""
        rows = [str(row.id) for row in self.institutions if place in (str(row.id), row.country, ALL)]
        if any((where, ALL, ALL) in self.hidden for where in [*rows, place]):
            return HIDDEN
        return sum(self.counts.people.get((where, ALL, ALL), 0) for where in rows)

    def _states(self, place: str, topic: str = ALL) -> tuple[Value, ...]:
        shown = [self.value(place, topic), *(self.value(place, topic, each.value) for each in STATES)]
        total, done = shown[:2]
        share = whole(done / total) if isinstance(total, int) and isinstance(done, int) and total else None
        return (*shown, share)

    def sheets(self) -> list[Sheet]:
        """The tables of the page and of the files, each with its total in the last row."""
        present = {row.country for row in self.institutions}
        countries = [country for country in self.programme.countries if country.id in present]
        names = {country.id: country.title for country in self.programme.countries}
        total, states = _("The region"), _state_columns()
        people = Column("people", _("People enrolled"), "number")
        country_column, topic_column = Column("country", _("Country")), Column("topic", _("Topic"))
        by_country = [Row((each.title, self.people(each.id), *self._states(each.id))) for each in countries]
        by_institution = [
            Row((row.name, names.get(row.country, row.country), self.people(id), *self._states(id)))
            for row in self.institutions
            if (id := str(row.id))
        ]
        by_topic = [Row((title, status, *self._states(ALL, id))) for id, title, status in self._topics()]
        everybody = (self.people(ALL), *self._states(ALL))
        return [
            Sheet(_("By country"), (country_column, people, *states), [*by_country, Row((total, *everybody))]),
            Sheet(
                _("By institution"),
                (Column("institution", _("Institution")), country_column, people, *states),
                [*by_institution, Row((total, None, *everybody))],
            ),
            Sheet(
                _("By topic"),
                (topic_column, Column("status", _("Courses")), *states),
                [*by_topic, Row((total, None, *everybody[1:]))],
            ),
            self._matrix(_("Enrolments by topic and institution"), ALL),
            self._matrix(_("Completions by topic and institution"), State.COMPLETED.value),
        ]

    def _topics(self) -> Iterator[tuple[str, str, str]]:
        """Every topic of the programme: id, title, and how many courses it has, or that they are in preparation."""
        for topic in self.programme.topics:
            number = self.courses.get(topic.id, 0)
            yield topic.id, topic.title, str(number) if number else _("in preparation")
        if OTHER in self.cube.groups[1]:
            yield OTHER, _("Courses no longer offered"), ""

    def _matrix(self, title: str, state: str) -> Sheet:
        places = [str(row.id) for row in self.institutions]
        institutions = [Column(str(row.id), row.name, "number") for row in self.institutions]
        columns = (Column("topic", _("Topic")), *institutions, Column("all", _("The region"), "number"))
        topics = [(id, name) for id, name, _status in self._topics()]
        rows = [
            Row((name, *(self.value(place, id, state) for place in [*places, ALL])))
            for id, name in [*topics, (ALL, _("All topics"))]
        ]
        return Sheet(title, columns, rows, matrix=True)


def _state_groups(state: State) -> tuple[str, ...]:
    return (state.value, ALL) if state is State.COMPLETED else (state.value, OPEN, ALL)


def _state_columns() -> tuple[Column, ...]:
    return (
        Column("enrolments", _("Enrolments"), "number"),
        *(Column(state.value, state_label(state.value), "number") for state in STATES),
        Column("share", _("Share completed"), "percent"),
    )
