"""`staza check` and `staza build`, as somebody types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from courses.artefact import Store
from lms.cli.content import build, check
from lms.cli.releases import publish

from .books import edit

ROOT = Path(__file__).parent.parent.parent


def staza(command: object, content: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--content", str(content)])  # type: ignore[call-overload]


def test_check_of_what_is_right(content: Path) -> None:
    result = staza(check, content)
    assert (result.exit_code, result.output) == (0, "No problems.\n")


def test_check_shows_the_line_under_a_caret(content: Path) -> None:
    edit(content / "paths/course.yaml", "enrolment: open", "enrolment: opne")
    result = staza(check, content, "paths")
    assert result.exit_code == 1
    assert result.output == (
        f"{content}/paths/course.yaml:7:12: error unknown-value\n"
        "    7 | enrolment: opne\n"
        "      |            ^\n"
        "      `enrolment` cannot be `opne`. Did you mean `open`?\n\n"
        "1 error\n"
    )


def test_no_line_of_a_picture_is_shown(content: Path) -> None:
    Image.new("L", (1, 1)).save(content / "paths/media/plan.png")
    assert staza(check, content).output == (
        f"{content}/paths/media/plan.png:1:1: advice unused-media\n"
        "      No lesson shows this file. Show it, or delete it.\n\n"
        "1 piece of advice\n"
    )


def test_a_line_is_shown_without_what_a_terminal_obeys_and_nothing_of_what_a_link_leads_to(
    content: Path, tmp_path: Path
) -> None:
    edit(content / "paths/lessons/first.md", "In Serbia.", "In \x1b[31mSerbia.")
    (tmp_path / "secret").write_text("very secret")
    (content / "paths/lessons/third.md").symlink_to(tmp_path / "secret")
    output = staza(check, content).output
    assert "control-character" in output
    assert "path-leaves-course" in output
    assert "\x1b" not in output
    assert "very secret" not in output


def test_the_caret_stands_right_in_a_long_line(content: Path) -> None:
    edit(content / "paths/lessons/first.md", "In Serbia.", "word " * 60 + "<b>")
    lines = staza(check, content).output.splitlines()
    assert lines[1][lines[2].index("^")] == "<"
    assert len(lines[1]) < 120


def test_json(content: Path) -> None:
    edit(content / "paths/course.yaml", "enrolment: open", "enrolment: opne")
    (found,) = json.loads(staza(check, content, "--format", "json").output)
    assert found == {
        "file": str(content / "paths/course.yaml"),
        "line": 7,
        "column": 12,
        "severity": "error",
        "code": "unknown-value",
        "message": "`enrolment` cannot be `opne`.",
        "hint": "Did you mean `open`?",
    }


def test_github(content: Path) -> None:
    edit(content / "paths/course.yaml", "enrolment: open", "enrolment: opne")
    result = staza(check, content, "--format", "github")
    assert result.output == (
        f"::error file={content}/paths/course.yaml,line=7,col=12,title=unknown-value::"
        "`enrolment` cannot be `opne`. Did you mean `open`?\n"
    )


def test_a_course_that_does_not_exist(content: Path) -> None:
    result = staza(check, content, "path")
    assert result.exit_code == 2
    assert "Did you mean paths?" in result.output


def test_build_and_publish(content: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "artefacts")
    result = staza(build, content, "--artefacts", str(store.root))
    assert result.exit_code == 0
    assert "2 lessons, 6 questions" in result.output
    assert store.releases() == {}
    assert staza(publish, content, "--artefacts", str(store.root)).output.strip().endswith("published")
    release = store.releases()["paths"]
    assert result.output.split()[1] == release.revision[:12]
    edit(content / "paths/course.yaml", "enrolment: open", "enrolment: opne")
    result = staza(publish, content, "--artefacts", str(store.root))
    assert result.exit_code == 1
    assert "not built" in result.output
    assert store.releases()["paths"] == release


@pytest.mark.parametrize("command", ["check", "build", "publish"])
def test_help_shows_an_example(command: str) -> None:
    result = CliRunner().invoke({"check": check, "build": build, "publish": publish}[command], ["--help"])
    assert f"Example: staza {command}" in result.output


def test_neither_loads_the_web_application() -> None:
    script = "import sys, lms.cli.content; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"flask", "sqlalchemy", "pydantic", "markdown_it", "yaml", "rich"} & set(done.stdout.split())
