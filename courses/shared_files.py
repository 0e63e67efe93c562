"""What the files that all courses share give to each of them. `shared`: their units, by their paths."""

from __future__ import annotations

from typing import Any

from courses.check import Names
from courses.facts import Unit
from courses.layout import SHARED, role
from courses.problems import Problem


def missing(shared: dict[str, Unit]) -> list[Problem]:
    """A problem for each of the files that is not there."""
    message = "The content folder has no such file."
    return [
        Problem(name, 1, 1, "error", "file-missing", message) for name in SHARED if name not in shared
    ]  # fmt: skip


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
