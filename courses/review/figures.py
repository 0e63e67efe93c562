"""A course in numbers: what its lessons, its questions and its sources are made of.

words       of the text of the listed lessons, as the compiler counts them: prose, headings, tables, titles of
            boxes, and what stands in boxes, those for each country included; neither citations and texts for
            pictures nor questions
minutes     those that the lessons state
bank items  questions of the banks that the final draws from: a quiz that completes the course
checks      questions that lessons show
sources     documents that lessons and questions cite, or that define a term of a lesson; primary are treaties,
            laws, judgments, guidance of international bodies and official statistics
citations   every time that one is cited: `[@one; @other]` is two
pictures    in lessons and questions, each time that one is shown
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from courses.layout import role
from courses.questions.scenario import Scenario
from courses.review.reading import Reading, Shelf

PRIMARY = ("treaty", "law", "judgment", "guidance", "statistics")
"""The kinds of sources that say themselves what holds; the others tell of it."""

_PICTURE = re.compile(r"<img\b[^<>]*>")
_WITHOUT = re.compile(r'<img\b(?![^<>]*\balt="[^"]*[^"\s][^"]*")[^<>]*>')


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a course.

    `words` and `minutes` are those of each lesson. `boxes`: how many blocks of each kind (`case`, `activity` …) its
    lessons have. `countries`: how many blocks each country has. `bank` and `checks`: items by type. `objectives`: each
    with its bank items and checks. `judgement`: bank items that ask for judgement. `endings`: of each scenario.
    `sources`: the keys of those used, with their kinds. `terms`: the glossary's terms that lessons link to.
    `textless`: pictures without a text for those who cannot see them.
    """

    id: str
    title: str
    words: tuple[int, ...]
    minutes: tuple[int, ...]
    boxes: Counter[str]
    countries: Counter[str]
    bank: Counter[str]
    checks: Counter[str]
    objectives: dict[str, tuple[int, int]]
    judgement: int
    endings: tuple[int, ...]
    sources: dict[str, str]
    citations: int
    terms: frozenset[str]
    pictures: int
    textless: int


def figures(course: Reading, shelf: Shelf) -> Figures:
    """The numbers of the course."""
    bank = [item.question for item in course.bank()]
    shown = {name for lesson in course.lessons for name in lesson["checks"]}
    checks = [item.question for item in course.items if item.question.id in shown]
    blocks = [block for lesson in course.lessons for block in _blocks(lesson["blocks"])]
    texts = [block["html"] for block in blocks] + [
        text for item in course.items for text in _texts(item.question.model_dump(mode="json"))
    ]
    listed = [unit for unit in course.units if _counts(unit.file, course.main["lessons"])]
    used = [fact.name for unit in listed for fact in unit.uses if fact.kind in ("source", "term-source")]
    in_bank, in_checks = (Counter(question.objective for question in each) for each in (bank, checks))
    return Figures(
        id=course.id,
        title=course.main["title"],
        words=tuple(lesson["words"] for lesson in course.lessons),
        minutes=tuple(lesson["minutes"] for lesson in course.lessons),
        boxes=Counter(block["kind"] for block in blocks),
        countries=Counter(block["country"] for block in blocks if block["kind"] == "country"),
        bank=Counter(question.type for question in bank),
        checks=Counter(question.type for question in checks),
        objectives={each["id"]: (in_bank[each["id"]], in_checks[each["id"]]) for each in course.main["objectives"]},
        judgement=sum(question.level == "judgement" for question in bank),
        endings=tuple(
            sum(state.ending is not None for state in item.question.states)
            for item in course.items
            if isinstance(item.question, Scenario)
        ),
        sources={key: shelf.sources[key]["kind"] for key in used if key in shelf.sources},
        citations=sum(fact.kind == "source" for unit in listed for fact in unit.uses),
        terms=frozenset(fact.name for unit in listed for fact in unit.uses if fact.kind == "term"),
        pictures=sum(len(_PICTURE.findall(text)) for text in texts),
        textless=sum(len(_WITHOUT.findall(text)) for text in texts),
    )


def _counts(file: str, lessons: Iterable[str]) -> bool:
    """Whether trainees see what stands in the file: a lesson that is not listed they do not."""
    where = role(file)
    return where is not None and (where.kind == "bank" or (where.kind == "lesson" and where.id in lessons))


def _blocks(blocks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The blocks, and those inside them."""
    for block in blocks:
        yield block
        yield from _blocks(block["blocks"])


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
