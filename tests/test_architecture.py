"""The arrows of DESIGN §2: imports point downwards only, those inside functions included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("courses", "lms")

# Layers from the top down; a module may import from its own layer and from those below.
LMS = (
    ("lms.cli", "lms.demo", "lms.preview"),
    ("lms",),  # create_app
    ("lms.web",),
    ("lms.errors", "lms.logs"),
    ("lms.learning", "lms.reports"),
    ("lms.migrations",),
    ("lms.documents", "lms.records"),
    ("lms.library", "lms.mail", "lms.i18n"),
    ("lms.config",),
    ("lms.db", "lms.clock", "lms.cells", "lms.days", "lms.names", "lms.shares", "lms.private"),
)
COURSES = (
    ("courses",),  # which names the public ones
    ("courses.review",),
    ("courses.build", "courses.exports"),
    ("courses.jobs", "courses.manifest", "courses.shared_files"),
    ("courses.compile", "courses.keyed", "courses.translate.lesson", "courses.translate.keyed"),
    ("courses.units",),
    ("courses.lint",),
    (
        "courses.check",
        "courses.translate",
        "courses.diff",
        "courses.jsonschema",
        "courses.skeleton",
        "courses.released",
    ),
    ("courses.schema",),
    ("courses.wording",),
    ("courses.source", "courses.markdown", "courses.media", "courses.artefact", "courses.cache"),
    ("courses.remarks",),
    ("courses.text", "courses.svg"),
    ("courses.conflicts", "courses.letters"),
    ("courses.facts", "courses.glossary", "courses.doubles"),
    ("courses.questions",),  # below the store, which loads them; see docs/architecture.md
    ("courses.diagrams",),  # which no other module imports
    ("courses.model", "courses.problems", "courses.layout", "courses.plain", "courses.script", "courses.vocabulary"),
)
# records and documents do not know each other's neighbours above, nor the web
FORBIDDEN = {
    "lms.records": ("flask", "flask_login", "courses"),
    "lms.learning": ("flask_login", "flask"),
    "lms.reports": ("flask_login", "flask"),
    "lms.preview": ("sqlalchemy", "flask_login"),
    "courses": ("flask", "sqlalchemy", "lms"),
}


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path, everything: frozenset[str]) -> set[str]:
    """The modules that a file imports, anywhere in it but under TYPE_CHECKING."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import; write the whole name"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in everything else str(node.module))
    return found


def layer_of(name: str, layers: tuple[tuple[str, ...], ...]) -> int:
    """The number of the layer, from the top, of the longest prefix that is listed."""
    matches = [
        (len(prefix), number)
        for number, layer in enumerate(layers)
        for prefix in layer
        if name == prefix or (name.startswith(prefix + ".") and prefix not in PACKAGES)
    ]
    assert matches, f"{name} stands in no room of DESIGN §2; give it one in this test"
    return max(matches)[1]


ALL = dict(modules())
GRAPH = {name: imports(path, frozenset(ALL)) for name, path in ALL.items()}


@pytest.mark.parametrize("name", sorted(ALL))
def test_imports_point_downwards(name: str) -> None:
    layers = LMS if name.startswith("lms") else COURSES
    for target in GRAPH[name]:
        if target in ALL and target.split(".")[0] == name.split(".")[0]:
            assert layer_of(name, layers) <= layer_of(target, layers), f"{name} imports {target}, which stands above it"


@pytest.mark.parametrize("name", sorted(ALL))
def test_rooms_keep_to_their_own(name: str) -> None:
    for prefix, forbidden in FORBIDDEN.items():
        if name == prefix or name.startswith(prefix + "."):
            for target in GRAPH[name]:
                assert target.split(".")[0] not in forbidden, f"{name} imports {target}"
    if name.startswith("lms.web.") and name != "lms.web.access":
        wrong = {t for t in GRAPH[name] if t.split(".")[0] in ("sqlalchemy", "argon2")} - {"sqlalchemy.exc"}
        assert not wrong, f"{name} speaks SQL or hashes passwords: {wrong}"


def test_there_is_no_import_cycle() -> None:
    inner = {name: {t for t in targets if t in ALL and t != name} for name, targets in GRAPH.items()}
    try:
        list(TopologicalSorter(inner).static_order())
    except CycleError as error:
        pytest.fail(f"import cycle: {' → '.join(error.args[1])}")


def test_blueprints_do_not_import_each_other() -> None:
    blueprints = {
        name for name, path in ALL.items() if name.startswith("lms.web.") and "Blueprint(" in path.read_text()
    }
    for name in blueprints:
        assert not (GRAPH[name] & blueprints), f"{name} imports {GRAPH[name] & blueprints}"
