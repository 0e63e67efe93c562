"""What keeps a mistake out of a commit and out of a pull request: the hook and the workflow, run for real."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from .books import BASE, edit, lay

ROOT = Path(__file__).parent.parent.parent
WORKFLOW = yaml.load((ROOT / ".github" / "workflows" / "content.yml").read_text("utf-8"), yaml.BaseLoader)
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["check"]["steps"]
(LOCAL,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
HOOKS = [*LOCAL["hooks"], *yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository that holds a right course, with this `staza` where the project has its own."""
    lay(BASE.name, tmp_path / "content")
    staza = tmp_path / ".venv" / "bin" / "staza"
    staza.parent.mkdir(parents=True)
    staza.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m lms.cli "$@"\n'
    )
    staza.chmod(0o755)
    (tmp_path / ".gitignore").write_text("/.venv/\n", "utf-8")
    run(tmp_path, "git", "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # the environment of a hook that runs these tests would lead git to another repository
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "STAZA_"))}
    identity = ["-c", "user.name=Trainer", "-c", "user.email=trainer@staza.test"]
    arguments = [command[0], *identity, *command[1:]] if command[0] == "git" else list(command)
    return subprocess.run(arguments, cwd=folder, capture_output=True, text=True, env=kept)


def commit(folder: Path) -> subprocess.CompletedProcess[str]:
    run(folder, "git", "add", "-A")
    return run(folder, "git", "commit", "--quiet", "-m", "A change")


def install(repository: Path, hook: dict[str, Any]) -> None:
    """Do what pre-commit does with the hook's entry; one in the language Python finds `staza` on its path."""
    path = 'PATH="$PWD/.venv/bin:$PATH"' if hook["language"] == "python" else ""
    script = repository / ".git" / "hooks" / "pre-commit"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f"#!/bin/sh\n{path} {hook['entry']}\n", "utf-8")
    script.chmod(0o755)


@pytest.mark.parametrize("hook", HOOKS, ids=["here", "elsewhere"])
def test_the_hook_keeps_a_mistake_back(hook: dict[str, Any], repository: Path) -> None:
    install(repository, hook)
    lesson = repository / "content/paths/lessons/first.md"
    edit(lesson, "In Serbia.", "In Serbia <b>.")
    done = commit(repository)
    assert done.returncode != 0
    assert "content/paths/lessons/first.md:20:11: error raw-html" in done.stdout + done.stderr
    edit(lesson, "In Serbia <b>.", "In Serbia, today.")
    done = commit(repository)
    assert done.returncode == 0, done.stderr
    assert not run(repository, "git", "status", "--porcelain").stdout


@pytest.mark.parametrize("hook", HOOKS, ids=["here", "elsewhere"])
def test_the_hook_looks_at_courses_alone(hook: dict[str, Any]) -> None:
    assert re.search(hook["files"], "content/paths/lessons/first.md")
    assert not re.search(hook["files"], "lms/content/first.md")
    assert hook["pass_filenames"] is False
    assert shlex.split(hook["entry"])


def test_the_workflow_shows_each_problem_at_its_line(repository: Path) -> None:
    (step,) = (step for step in STEPS if step.get("name") == "Check the courses")
    done = run(repository, "bash", "-e", "-c", step["run"])
    assert (done.returncode, done.stdout) == (0, "")
    edit(repository / "content/paths/course.yaml", "enrolment: open", "enrolment: opne")
    done = run(repository, "bash", "-e", "-c", step["run"])
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=content/paths/course.yaml,line=7,col=12,title=unknown-value::")


def test_the_workflow_installs_as_the_project_does(repository: Path) -> None:
    (step,) = (step for step in STEPS if step.get("name") == "Install")
    command, *targets = shlex.split(step["run"])
    assert command == "make"
    done = run(ROOT, "make", "--dry-run", "--always-make", *targets)
    assert done.returncode == 0, done.stderr
    assert ".ci/install requirements.txt" in done.stdout


def test_the_workflow_runs_where_courses_change_and_may_write_nothing() -> None:
    assert {tuple(event["paths"]) for event in WORKFLOW["on"].values()} == {("content/**",)}
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_actions_are_pinned_by_their_version() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert [each for each in used if not re.fullmatch(r"actions/[\w-]+@v\d+\.\d+\.\d+", each)] == []
