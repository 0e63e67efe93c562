"""The JSON Schemas for editors: they accept what is right, and refuse what `check` refuses as a mistake of keys and
values in one file."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from courses import jsonschema, schema, skeleton
from courses.lint.allow import ADVICE
from courses.questions import TYPES
from courses.translate import sheets, writing

from .books import BASE, NAMES, expected, lay
from .test_books import codes

ROOT = Path(__file__).parent.parent.parent
SCHEMAS = jsonschema.schemas()
PATTERNS = {name: file.files for name, file in jsonschema.files().items()} | {"lesson": "*/lessons/*.md"}


class Core(yaml.SafeLoader):
    """YAML 1.2 by its core schema (chapter 10.3), as editors read it: dates and `yes` are text."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), first)


def as_read(path: Path) -> Any:
    """The value of the file as an editor hands it to the schema: keys are text. Raises yaml.YAMLError."""
    text = path.read_text("utf-8").replace("\r\n", "\n")
    if path.suffix == ".md":
        text = text.split("---\n")[1]
    return _with_text_keys(yaml.load(text, Core))


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_text_keys(each) for each in value]
    if isinstance(value, dict):
        return {
            str(key).lower() if isinstance(key, bool) else str(key): _with_text_keys(each)
            for key, each in value.items()
        }
    return value


def kind_of(path: str) -> str:
    """Which schema is for the file at the path from the content folder."""
    return next((name for name, pattern in PATTERNS.items() if _matches(path, pattern)), "")


def _matches(path: str, pattern: str) -> bool:
    return path.count("/") == pattern.count("/") and fnmatch(path, pattern)


def refused(kind: str, value: Any) -> list[str]:
    validator = Draft202012Validator(SCHEMAS[kind], format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def content_files() -> Iterator[tuple[str, Path]]:
    for folder in (ROOT / "content", ROOT / "tests" / "content", ROOT / "tests" / "books" / BASE.name):
        for path in sorted(folder.rglob("*")):
            if kind := kind_of(path.relative_to(folder).as_posix()):
                yield kind, path


@pytest.mark.parametrize("name", SCHEMAS)
def test_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(("kind", "path"), list(content_files()), ids=lambda value: str(value).removeprefix(str(ROOT)))
def test_accepts_what_is_right(kind: str, path: Path) -> None:
    assert refused(kind, as_read(path)) == []


def test_every_kind_of_file_is_tried() -> None:
    assert {kind for kind, _ in content_files()} >= {name for name in SCHEMAS if "translated" not in name} - {
        "glossary"
    }


def test_a_glossary(tmp_path: Path) -> None:
    path = tmp_path / "glossary.yaml"
    path.write_text("- {id: visa, term: Visa, definition: A permit., source: 'protocol, art. 1'}\n", "utf-8")
    assert refused("glossary", as_read(path)) == []
    path.write_text("- {id: visa, term: Visa}\n", "utf-8")
    assert refused("glossary", as_read(path)) != []


# ── translations ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def translated(tmp_path: Path) -> Path:
    """A content folder in whose course stands a question of each type, and a glossary."""
    content = lay(BASE.name, tmp_path / "content")
    bank = "\n".join(skeleton.question(kind, f"a-{kind}", "know") for kind in TYPES)
    (content / "paths/questions/all.yaml").write_text(bank, "utf-8")
    (content / "glossary.yaml").write_text("- {id: visa, term: Visa, definition: A permit.}\n", "utf-8")
    shutil.copy(ROOT / "content/needs-assessment.yaml", content)
    return content


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("translated-course", "paths/course.yaml"),
        ("translated-bank", "paths/questions/all.yaml"),
        ("translated-quiz", "paths/quizzes/final.yaml"),
        ("translated-programme", "programme.yaml"),
        ("translated-glossary", "glossary.yaml"),
        ("translated-needs-assessment", "needs-assessment.yaml"),
    ],
)
def test_accepts_translations_begun_and_done(kind: str, file: str, filled: bool, translated: Path) -> None:
    sheet = sheets.sheet(translated, file, "sr")
    assert sheet.rows
    if filled:
        sheet = sheet.filled({row.block: (row.source, False) for row in sheet.rows})
    path = translated / sheet.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(writing.written(sheet), "utf-8")
    assert kind_of(sheet.file) == kind
    value = as_read(path)
    assert refused(kind, value) == []
    entry = value[0] if isinstance(value, list) else value
    assert refused(kind, [entry | {"correct": True}] if isinstance(value, list) else entry | {"lessons": []}) != []


SEEN = {
    "bad-address",
    "bad-date",
    "bad-draw",
    "bad-flag",
    "bad-id",
    "bad-number",
    "bad-review",
    "bad-share",
    "bad-time",
    "bad-tolerance",
    "empty-value",
    "missing-key",
    "out-of-range",
    "source-without-address",
    "too-few",
    "too-long",
    "too-many",
    "unknown-key",
    "unknown-value",
    "wrong-type",
}
"""What `check` says of the keys and values of one file."""

UNSEEN = {
    "the bytes of a file, or where it stands": {
        "conflict",
        "left-over",
        "media-pixels",
        "media-pointer",
        "not-text",
        "unseen-character",
        "bad-file-name",
        "control-character",
        "course-missing",
        "file-missing",
        "file-too-large",
        "media-active",
        "media-kind",
        "media-unreadable",
        "not-utf8",
        "path-leaves-course",
    },
    "how the YAML is written; an editor's YAML parser says so, or reads it as data": {
        "yaml-folded",
        "doubled-key",
        "front-matter-missing",
        "front-matter-open",
        "printed-quotes",
        "yaml-alias",
        "yaml-colon",
        "yaml-cut",
        "yaml-depth",
        "yaml-documents",
        "yaml-escape",
        "yaml-indent",
        "yaml-key",
        "yaml-open-bracket",
        "yaml-open-quote",
        "yaml-quote",
        "yaml-syntax",
        "yaml-tab",
        "yaml-tag",
    },
    "Markdown": {
        "as-typed",
        "bare-address",
        "check-inside",
        "citation",
        "directive-argument",
        "directive-colons",
        "directive-end",
        "directive-inside",
        "directive-open",
        "footnote",
        "heading-level",
        "heading-space",
        "image-place",
        "image-text",
        "link",
        "list-marks",
        "maths",
        "no-break-space",
        "question-text",
        "raw-html",
        "span-language",
        "summary-place",
        "table-cells",
        "table-dashes",
        "table-tabs",
        "term-place",
        "too-deep",
        "unknown-directive",
    },
    "two values of one file that have to agree, or to differ": {
        "doubled-entry",
        "doubled-id",
        "doubled-source",
        "doubled-text",
        "empty-answer",
        "ending-with-choices",
        "gap-id-tells",
        "gap-in-link",
        "gap-not-in-text",
        "gap-two-ways",
        "gap-unknown",
        "gap-without-answer",
        "id-tells",
        "no-full-ending",
        "no-right-choice",
        "no-wrong-choice",
        "scenario-circle",
        "state-unreached",
        "state-without-choices",
        "tolerance-of-nothing",
        "two-right-choices",
        "unknown-category",
        "unknown-state",
        "wrong-is-right",
    },
    "other files": {
        "draw-too-many",
        "empty-draw",
        "id-not-folder",
        "missing-media",
        "prerequisite-cycle",
        "quiz-ungraded",
        "type-changed",
        "unknown-anchor",
        "unknown-audience",
        "unknown-bank",
        "unknown-country",
        "unknown-course",
        "unknown-lesson",
        "unknown-objective",
        "unknown-question",
        "unknown-quiz",
        "unknown-skill",
        "unknown-source",
        "unknown-term",
        "unknown-topic",
    },
    "the source that a translation is made from": {
        "translation-block",
        "translation-defines",
        "translation-file",
        "translation-form",
        "translation-from",
        "translation-gaps",
        "translation-hidden",
        "translation-id",
        "translation-key",
        "translation-language",
        "translation-outside",
        "translation-refers",
    },
    "advice": set(ADVICE),
}
"""What no JSON Schema can see, by what it would have to know."""


def test_every_code_is_either_seen_or_not() -> None:
    unseen = set().union(*UNSEEN.values())
    assert SEEN & unseen == set()
    assert codes() - SEEN == unseen


def broken() -> Iterator[tuple[str, str, str]]:
    """Each book and file that has a problem which the schema must see. Of a translation it sees less: how long a text
    may be, and whether it is one or a list of words, its source says."""
    for name in NAMES:
        for file in sorted({problem["file"] for problem in expected(name)["problems"] if problem["code"] in SEEN}):
            if kind_of(file) and not kind_of(file).startswith("translated"):
                yield name, file, kind_of(file)


@pytest.mark.parametrize(("name", "file", "kind"), list(broken()))
def test_refuses_what_check_refuses(name: str, file: str, kind: str, tmp_path: Path) -> None:
    path = lay(name, tmp_path / "content") / file
    try:
        value = as_read(path)
    except yaml.YAMLError:
        return  # the editor refuses it as YAML
    assert refused(kind, value) != []


def test_every_code_it_must_see_is_tried() -> None:
    tried = {problem["code"] for name, _, _ in broken() for problem in expected(name)["problems"]}
    assert SEEN - tried == set()


def test_a_right_book_with_advice_is_accepted(tmp_path: Path) -> None:
    content = lay("quiz-optional", tmp_path / "content")
    assert refused("quiz", as_read(content / "paths/quizzes/extra.yaml")) == []


MODELS = [
    schema.TermKeys,
    schema.CourseFile,
    schema.CompletionKeys,
    schema.CertificateKeys,
    schema.ReviewKeys,
    schema.FrontMatter,
    schema.QuizFile,
    schema.SourceKeys,
    *TYPES.values(),
]


@pytest.mark.parametrize("model", MODELS)
def test_every_key_is_explained(model: type[BaseModel]) -> None:
    made = jsonschema._of(model)
    assert [key for key, value in made["properties"].items() if not value.get("description")] == []


# ── the committed setting of an editor ─────────────────────────────────────────────────────────────────────────────


def test_the_committed_schemas_are_fresh(tmp_path: Path) -> None:
    folder = ROOT / ".vscode" / "schemas"
    assert {path.name for path in folder.iterdir()} == {f"{name}.json" for name in SCHEMAS}
    for name, value in SCHEMAS.items():
        assert (folder / f"{name}.json").read_text("utf-8") == jsonschema.text(value), (
            "run: staza schema --write .vscode/schemas"
        )


def test_the_setting_gives_each_file_its_schema() -> None:
    settings = json.loads((ROOT / ".vscode" / "settings.json").read_text("utf-8"))["yaml.schemas"]
    wanted = {
        f".vscode/schemas/{name}.json": f"content/{file.files}"
        for name, file in jsonschema.files().items()
        if file.files
    }
    assert settings == wanted
