"""Advice on what the files of a course show together, from their facts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from courses.facts import Fact, Unit
from courses.layout import role
from courses.lint.chance import CHANCE, FEWEST, tail
from courses.problems import Problem


def course(folder: str, units: list[Unit]) -> list[Problem]:
    """Advice on the course in `folder`, whose files have no errors."""
    main = next((unit for unit in units if unit.file == f"{folder}/course.yaml"), None)
    if main is None or main.data is None:
        return []
    kinds: dict[str, list[Unit]] = defaultdict(list)
    for unit in (unit for unit in units if (where := role(unit.file)) and not where.locale):
        kinds[unit.defines[0].kind if unit.defines else ""].append(unit)
    listed = [unit for unit in kinds["lesson"] if unit.defines[0].name in main.data["lessons"]]
    problems = [*_objectives(main, listed, kinds["bank"]), *_places(kinds["bank"], kinds["quiz"])]
    problems += _stems(kinds["bank"])
    if main.data["language"] == "en":
        problems += _grades(listed)
    return problems


def _tell(unit: Unit, fact: Fact, code: str, message: str, hint: str) -> Problem:
    return Problem(unit.file, fact.line, fact.column, "advice", code, message, hint)


def _names(units: Iterable[Unit], kind: str) -> set[str]:
    return {fact.name for unit in units for fact in unit.uses if fact.kind == kind}


def _objectives(main: Unit, lessons: list[Unit], banks: list[Unit]) -> Iterator[Problem]:
    """Objectives, teaching and tests in line with each other: "constructive alignment" (J. Biggs, "Enhancing teaching
    through constructive alignment", Higher Education 32 (1996), 347-364)."""
    tested, taught = _names(banks, "objective"), _names(lessons, "objective")
    for fact in main.defines:
        if fact.kind == "objective" and fact.name not in tested:
            message = f"No question tests the objective `{fact.name}`."
            hint = "Write one, or drop the objective: a certificate says that it was reached."
            yield _tell(main, fact, "objective-untested", message, hint)
        if fact.kind == "objective" and fact.name not in taught:
            message = f"No lesson of the course says that it teaches the objective `{fact.name}`."
            hint = "Name it in the `objectives` of the lesson that does: what nobody taught is not fairly tested."
            yield _tell(main, fact, "objective-untaught", message, hint)


def _places(banks: list[Unit], quizzes: list[Unit]) -> Iterator[Problem]:
    """ "Vary the location of the right answer according to the number of choices" (Haladyna, Downing and Rodriguez, see
    items). Only where the author's order is shown: checks in lessons are always shuffled, and so are quizzes unless
    they say otherwise."""
    rules = [quiz.data for quiz in quizzes if quiz.data]
    unshuffled = {draw["bank"] for quiz in rules for draw in quiz["draw"] if not quiz["shuffle"]}
    for unit in banks:
        places = [fact.name.split("/") for fact in unit.defines if fact.kind == "right-place"]
        if unit.defines[0].name not in unshuffled or len(places) < FEWEST:
            continue
        (place, hits), *_ = Counter(place for place, _ in places).most_common(1)
        able = [int(of) for _, of in places if int(of) >= int(place)]
        if tail(hits, len(able), sum(1 / of for of in able) / len(able)) * max(able) < CHANCE:
            message = f"In {hits} of {len(places)} single-choice questions the right choice is number {place}."
            hint = "Spread the right choices, or let the quiz shuffle: who knows nothing learns the place."
            first = next(fact for fact in unit.defines if fact.kind == "right-place")
            yield _tell(unit, first, "same-place-right", message, hint)


def _stems(banks: list[Unit]) -> Iterator[Problem]:
    """The same item in two banks: a quiz that draws from both asks it twice."""
    first: dict[str, tuple[Unit, str]] = {}
    for unit in banks:
        for fact in unit.defines:
            if fact.kind != "stem":
                continue
            words, _, id = fact.name.partition(" ")
            earlier, other = first.setdefault(words, (unit, id))
            if earlier is not unit:
                message = f"This item is that of `{other}` in {earlier.file}, word for word."
                yield _tell(unit, fact, "doubled-stem", message, "Delete one, or make them ask different things.")


def _grades(lessons: list[Unit]) -> Iterator[Problem]:
    for unit in lessons:
        for fact in unit.defines:
            if fact.kind == "grade":
                words, _, grade = fact.name.partition(" ")
                message = f"The lesson reads like a text for those who went to school for {grade} years (ARI)."
                hint = f"Shorten its sentences, of {words} words on average: most read it as a second language."
                yield _tell(unit, fact, "hard-to-read", message, hint)
