"""The documentation fails when it is stale: what the code has, a guide names, and the other way round."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click
import pytest
from pydantic import BaseModel

from courses.model import Draw, Programme
from courses.questions import TYPES
from courses.schema import CourseFile, FrontMatter, QuizFile, SourceKeys, TermKeys
from lms import demo, records
from lms.cli import COMMANDS, main
from lms.db import Base

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(page for page in DOCS.rglob("*.md") if DOCS / "example" not in page.parents)]
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def text(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def trees(*packages: str) -> Iterator[ast.AST]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from ast.walk(ast.parse(path.read_text("utf-8")))


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the table whose first column has this heading, without the row of headings."""
    found = re.search(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert found, f"there is no table of “{heading}”"
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in found[1].splitlines()]


def names(cells: list[str]) -> set[str]:
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


# ── the operator's guide ───────────────────────────────────────────────────────────────────────────────────────────


def variables_read() -> set[str]:
    """Every environment variable that the code asks for by `environ` or `environment`, the name of its own copy."""
    found: set[str] = set()
    for node in trees("lms", "courses"):
        match node:
            case (
                ast.Call(func=ast.Attribute(value=source, attr="get"), args=[asked, *_])
                | ast.Call(func=ast.Attribute(value=source, attr="getenv"), args=[asked, *_])
                | ast.Subscript(value=source, slice=asked, ctx=ast.Load())
            ) if ast.unparse(source) in ("os.environ", "environment", "environ", "os"):
                assert isinstance(asked, ast.Constant), f"a variable's name is not written out: {ast.unparse(node)}"
                found.add(str(asked.value))
    return found


def test_every_variable_is_documented_and_read() -> None:
    read = variables_read()
    assert {"STAZA_INSTANCE", "DATABASE_URL", "PORT"} <= read
    assert names([row[0] for row in table(text("for-operators.md"), "variable")]) == read


def test_the_guide_says_where_every_table_of_personal_data_is() -> None:
    assert records.people
    documented = names([row[0] for row in table(text("for-operators.md"), "table")])
    assert documented == set(Base.metadata.tables) - {"institutions"}


def commands(group: click.Group) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield name
        if isinstance(command, click.Group) and name != "db":
            yield from (f"{name} {inner}" for inner in command.list_commands(click.Context(command)))


@pytest.mark.parametrize("command", list(commands(main)))
def test_every_command_is_in_a_guide(command: str) -> None:
    assert any(re.search(rf"\bstaza {command}\b", page.read_text("utf-8")) for page in PAGES), command


def test_no_guide_names_a_command_that_is_not_there() -> None:
    options = {name: _options(name) for name in COMMANDS}
    for page in PAGES:
        for name, rest in re.findall(r"(?:^|[`/]|&& )staza ([a-z]+)\b([^`\n]*)", page.read_text("utf-8"), re.MULTILINE):
            assert name in COMMANDS, f"{page.name}: staza {name}"
            for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
                assert option in options[name], f"{page.name}: staza {name} {option}"


def _options(name: str) -> set[str]:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    below = list(command.commands.values()) if isinstance(command, click.Group) else []
    return {
        option
        for each in (command, *below)
        for parameter in each.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    } | {"--help"}


# ── the trainer's guide; tests/courses/test_guide.py lives through it ──────────────────────────────────────────────


def models(*roots: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The models, and those inside them."""
    for model in roots:
        yield model
        for field in model.model_fields.values():
            yield from (found for found in _inside(field.annotation))


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from models(annotation)
    for part in getattr(annotation, "__args__", ()):
        yield from _inside(part)


FILES: tuple[type[BaseModel], ...] = (
    Programme,
    CourseFile,
    FrontMatter,
    QuizFile,
    SourceKeys,
    TermKeys,
    *TYPES.values(),
)


@pytest.mark.parametrize("model", sorted(set(models(*FILES)) - {Draw}, key=lambda model: model.__name__))
def test_every_key_is_shown(model: type[BaseModel]) -> None:
    guide = "\n".join(page.read_text("utf-8") for page in (DOCS / "trainers").glob("*.md"))
    assert [key for key in model.model_fields if not re.search(rf"\b{key}:\s", guide)] == []


# ── architecture and security ──────────────────────────────────────────────────────────────────────────────────────


def rooms(package: str) -> set[str]:
    """The modules and packages right inside a package, as the map writes them."""
    found = set()
    for path in (ROOT / package).iterdir():
        if path.is_dir() and (any(path.rglob("*.py")) or any(path.rglob("*.po"))):
            found.add(f"{path.name}/")
        elif path.suffix == ".py" and path.name != "__init__.py":
            found.add(path.name)
    return found


@pytest.mark.parametrize(("package", "heading"), [("courses", "module"), ("lms", "room")])
def test_every_room_is_on_the_map(package: str, heading: str) -> None:
    assert names([row[0] for row in table(text("architecture.md"), heading)]) == rooms(package)


def test_every_blueprint_is_on_the_map() -> None:
    blueprints = {path.stem for path in (ROOT / "lms" / "web").glob("*.py") if "Blueprint(" in path.read_text("utf-8")}
    assert names([row[0] for row in table(text("architecture.md"), "blueprint")]) == blueprints


def test_the_map_of_the_readme_leads_to_rooms_that_exist() -> None:
    block = FENCED.findall((ROOT / "README.md").read_text("utf-8"))[-1]
    parent, seen = ROOT, set()
    for line in block.splitlines()[1:-1]:
        name = line.split()[0]
        parent = ROOT / "lms" if line.startswith("  ") else ROOT
        assert (parent / name).exists(), name
        seen.add(name.rstrip("/"))
    assert {path.name for path in ROOT.iterdir() if path.is_dir() and tracked(path)} <= seen


def tracked(folder: Path) -> bool:
    """Whether a folder at the top is part of the project, and not made by running it."""
    ignored = {line.strip("/ \n") for line in (ROOT / ".gitignore").read_text().splitlines()}
    return not folder.name.startswith(".") and not folder.name.endswith(".egg-info") and folder.name not in ignored


def test_every_rate_limit_is_documented() -> None:
    limits = set()
    for node in trees("lms/web"):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("limiter"), attr="limit"), args=[ast.Constant(limit)]):
                limits.add(limit)
    assert limits
    assert {row[1] for row in table(text("security.md"), "what")} == limits


# ── all pages ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_readme_names_every_demo_account_and_the_password() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [each.email for each in demo.ACCOUNTS if each.email.split("@")[0] not in readme] == []
    assert demo.PASSWORD in readme


def test_every_fault_that_was_found_has_a_test() -> None:
    rows = table(text("reports-tried.md"), "line")
    assert {int(re.match(r"\d+", row[0])[0]) for row in rows} == set(range(1, 45))  # type: ignore[index]
    for row in rows:
        named = names([row[3]])
        assert named, row[0]
        for name in named:
            path, _, function = name.removeprefix("tests/").partition("::")
            found = list((ROOT / "tests").glob(path))
            assert found, f"line {row[0]}: {path}"
            assert not function or f"def {function}(" in found[0].read_text("utf-8"), f"line {row[0]}: {name}"


def test_the_licence_of_every_library_is_named() -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / ".ci" / "requirements.txt").read_text("utf-8"), re.MULTILINE))
    libraries = [cells[1].partition(":")[0].split(", ") for cells in table(text("licences.md"), "licence")]
    named = [name for row in libraries for name in row]
    assert sorted(named) == sorted(locked)


def anchors(page: Path) -> set[str]:
    """The addresses of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    prose = re.sub(r"`[^`\n]*`", "", FENCED.sub("", page.read_text("utf-8")))
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


@pytest.mark.parametrize("guide", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_the_readme_leads_to_every_guide(guide: Path) -> None:
    assert f"(docs/{guide.name})" in (ROOT / "README.md").read_text("utf-8")


def test_paths_in_prose_exist() -> None:
    rooms_of_ours = r"`((?:lms|courses|tests|templates|docs|benchmarks)/[\w./-]+)`"
    for page in PAGES:
        for path in re.findall(rooms_of_ours, page.read_text("utf-8")):
            assert (ROOT / path).exists(), f"{page.name}: {path}"
