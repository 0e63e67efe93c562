"""What the files that all courses share give to each of them. `shared`: their units, by their paths."""

from __future__ import annotations

from typing import Any

from courses.check import Names, check_shared
from courses.facts import Unit
from courses.layout import KEPT, SHARED, TRANSLATED_SHARED, role
from courses.problems import Problem, has_errors, in_source


def missing(shared: dict[str, Unit]) -> list[Problem]:
    """A problem for each of the files that is not there."""
    message = "The content folder has no such file."
    return [Problem(name, 1, 1, "error", "file-missing", message) for name in SHARED if name not in shared]


def judged(shared: dict[str, Unit], within: list[Problem], names: Names) -> tuple[list[Problem], bool]:
    """All problems of the shared files, of which those `within` one file are known, and whether an error among them
    keeps every course from being built."""
    within = missing(shared) + within
    between = [problem for name in TRANSLATED_SHARED if name in shared for problem in check_shared(shared[name], names)]
    concern = [problem for problem in within if not _apart(problem)]
    concern += [problem for problem in between if not _apart(problem) and problem.file != "programme.yaml"]
    return within + between, has_errors(in_source(concern))


def _apart(problem: Problem) -> bool:
    """Whether the problem is of a file that no course is made of: the needs assessment, or a translation of that or of
    the programme. Nor is any course made of what the programme refers to, as its paths do to courses."""
    where = role(problem.file)
    return where is not None and where.kind in KEPT and (bool(where.locale) or where.kind != "programme")


def shelf(shared: dict[str, Unit]) -> dict[str, Any]:
    """What the shared files put on every course's shelf."""
    known: dict[str, Any] = {}
    for path, unit in shared.items():
        where, data = role(path), unit.data or {}
        if path == "sources.yaml":
            known |= {f"source:{key}": source["short"] for key, source in data.items()}
        elif path == "glossary.yaml":
            known |= {f"term:{id}": term for id, term in data.items()}
        elif where and where.kind == "glossary":
            known |= {f"term:{where.locale}/{id}": term for id, term in data.get("texts", {}).items()}
    return known


def names(shared: dict[str, Unit], courses: list[str]) -> Names:
    """The names that all courses share."""
    sources, programme = (shared.get(name) or Unit(name) for name in ("sources.yaml", "programme.yaml"))
    names: Names = {"course": set(courses), "source": {fact.name for fact in sources.defines}}
    if sources.data is None:
        names["source"] = None
    glossary = shared.get("glossary.yaml", Unit("glossary.yaml", {}))
    names["term"] = None if glossary.data is None else {fact.name for fact in glossary.defines}
    for kind in ("topic", "country", "audience", "skill"):
        found = {fact.name for fact in programme.defines if fact.kind == kind}
        names[kind] = None if programme.data is None else found
    return names
