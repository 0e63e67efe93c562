"""The guide for trainers can be followed word for word.

Its hour is lived through in an empty folder, command by command. The examples of its other pages are parts of the
course in docs/example, which has no problems, and of which the pictures are taken. What the code has, the guide shows.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from courses.artefact import Store
from courses.build import build, check
from courses.markdown.directives import BOXES, LEAVES
from courses.problems import has_errors
from courses.questions import TYPES
from lms.cli import main

from .books import NAMES, expected

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
HOUR = DOCS / "for-trainers.md"
PAGES = [HOUR, *sorted((DOCS / "trainers").glob("*.md"))]
EXAMPLE = DOCS / "example"
PICTURES = DOCS / "trainers" / "pictures"
LARGEST = 60_000
"""Bytes of a picture: the guide is read over weak lines too."""
SERVERS = ("preview", "demo")
SHELL = ("console", "sh")


class Fence(NamedTuple):
    """A fenced block: its language, the file that it is of (or ""), and its text."""

    language: str
    file: str
    text: str


def fences(page: Path) -> list[Fence]:
    found = re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [Fence(*each) for each in found]


# ── the hour ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_hour(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    for fence in fences(HOUR):
        path = terminal.folder / fence.file
        if fence.language == "console":
            for command, said in commands(fence.text):
                terminal.run(command, said)
        elif fence.language == "diff":
            patch(path, fence.text)
        elif fence.language != "sh":
            assert fence.file, f"no file is named for: {fence.text}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.text, "utf-8")
    history = Store(terminal.folder / "instance" / "artefacts").history("child-alone")
    assert [release.kind for release in history] == ["cosmetic", "regrade", "regrade", "regrade"]
    assert history[1].revision == history[3].revision != history[0].revision == history[2].revision
    assert all(release.commit for release in history)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command behind a `$`, and what the guide says that it answers."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, said = part.partition("\n")
        yield command, said


def patch(path: Path, text: str) -> None:
    """Change the file as the lines with a plus and a minus say."""
    lines = text.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in " -")
    new = "".join(line[1:] for line in lines if line[0] in " +")
    before = path.read_text("utf-8")
    assert before.count(old) == 1, f"this stands {before.count(old)} times in {path}:\n{old}"
    path.write_text(before.replace(old, new), "utf-8")


class Terminal:
    """A shell in an empty folder, where `staza` is this checkout's."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "training"
        self.folder.mkdir()
        programs = tmp_path / "bin"
        programs.mkdir()
        script = programs / "staza"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lms.cli "$@"\n')
        script.chmod(0o755)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("STAZA_")} | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(tmp_path),
            "DATABASE_URL": "",
            **{f"GIT_{who}_{what}": "ana@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
            **exported(),
        }

    def run(self, command: str, said: str) -> None:
        """Run the command, and hold what it says against what the guide says of it."""
        words = shlex.split(command)
        if words[0] == "staza" and words[1] in SERVERS:
            answered = self._serve(command)
        else:
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=self.folder,
                env=self.environment,
                text=True,
                check=False,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            assert done.returncode == 0 or "error" in said, f"{command}\n{done.stdout}"
            answered = done.stdout
        assert re.fullmatch(pattern(said), normal(answered)), f"{command}\n── it says\n{answered}── the guide\n{said}"

    def _serve(self, command: str) -> str:
        """What a server says until it answers; then it is stopped."""
        port = free_port()
        with subprocess.Popen(
            ["sh", "-c", f"exec {command} --port {port}"],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as server:
            try:
                assert server.stdout
                lines = []
                for line in server.stdout:
                    lines.append(line)
                    if "Ctrl+C stops" in line:
                        break
                answers(port)
            finally:
                server.terminate()
        return "".join(lines)


def exported() -> dict[str, str]:
    """The variables that the guide has its reader set, but for the path."""
    (fence,) = (fence for fence in fences(HOUR) if fence.language == "sh")
    return dict(re.findall(r"(STAZA_\w+)=(\S+)", fence.text))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def answers(port: int) -> None:
    """Ask the server for its first page; it may take a moment to listen."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
                assert page.status == 200
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers on port {port}")


def normal(text: str) -> str:
    """The text without what differs from one time to the next: revisions, times, ports, how many people."""
    text = re.sub(r"\b[0-9a-f]{12}\b", "0c99e8efcb47", text)
    text = re.sub(r"\d+\.\d\d s\b", "0.00 s", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8000", text)
    text = re.sub(r"\d+ (person|people)", "2 people", text)
    return re.sub(r"\d+ (submitted )?attempts?", r"2 \1attempts", text)


def pattern(said: str) -> str:
    """What the guide says, as an expression; a line `…` stands for any lines."""
    lines = normal(said).splitlines(keepends=True)
    return "".join(r"(?:.*\n)*" if line == "…\n" else re.escape(line) for line in lines)


# ── the examples ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_example_has_no_problems_and_is_built(tmp_path: Path) -> None:
    store = Store(tmp_path / "artefacts")
    assert check(EXAMPLE, released=store) == []
    result = build(EXAMPLE, store)
    assert not has_errors(result.all_problems())
    assert [course.revision is not None for course in result.courses] == [True]


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.stem)
def test_examples_are_parts_of_the_example(page: Path) -> None:
    for fence in fences(page):
        if fence.language not in SHELL:
            assert fence.file, f"no file of docs/example is named for: {fence.text}"
            assert fence.text in (EXAMPLE / fence.file).read_text("utf-8"), fence.text


# ── what is shown ──────────────────────────────────────────────────────────────────────────────────────────────────


def examples() -> str:
    return "\n".join(fence.text for page in PAGES for fence in fences(page))


@pytest.mark.parametrize(
    "word", [*(f":::{name}" for name in (*BOXES, *LEAVES)), *(f"  type: {name}\n" for name in TYPES)]
)
def test_every_directive_and_question_type_has_an_example(word: str) -> None:
    assert word in examples()


@pytest.mark.parametrize("name", [*BOXES, *TYPES])
def test_every_directive_and_question_type_has_a_picture(name: str) -> None:
    shown = re.findall(r"!\[([^\]]{20,})\]\((?:trainers/)?pictures/([\w-]+)\.png\)", pages())
    assert name in [file for _, file in shown]


def test_pictures_are_small_and_all_shown() -> None:
    files = {path.name: path.stat().st_size for path in PICTURES.iterdir()}
    assert {name for name in files if f"pictures/{name}" not in pages()} == set()
    assert {name: size for name, size in files.items() if size > LARGEST} == {}


def test_every_piece_of_advice_is_listed() -> None:
    found = {
        problem["code"] for name in NAMES for problem in expected(name)["problems"] if problem["severity"] == "advice"
    }
    assert {code for code in found if f"`{code}`" not in pages()} == set()


def pages() -> str:
    return "\n".join(page.read_text("utf-8") for page in PAGES)


# ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────


def shell_lines() -> list[str]:
    """Each line of the guide's shell blocks that runs Staza."""
    lines = [
        line for page in PAGES for fence in fences(page) if fence.language in SHELL for line in fence.text.split("\n")
    ]
    return [line.removeprefix("$ ") for line in lines if line.removeprefix("$ ").startswith("staza ")]


@pytest.mark.parametrize("line", shell_lines())
def test_commands_can_be_typed(line: str) -> None:
    command, words = resolve(shlex.split(line, comments=True)[1:])
    context = click.Context(command)
    given, rest, _ = command.make_parser(context).parse_args(list(words))
    assert rest == []
    for parameter in command.params:
        value = given.get(str(parameter.name))
        assert value is not None or not parameter.required, f"{parameter.name} is missing"
        if isinstance(parameter.type, click.Choice) and isinstance(value, str):
            assert value in parameter.type.choices


def test_commands_in_prose_exist() -> None:
    named = set(re.findall(r"`staza ([a-z][^`]*)`", pages()))
    assert len(named) > 10
    for words in named:
        resolve(shlex.split(words))


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words begin with, and the other words."""
    command: click.Command = main
    while isinstance(command, click.Group):
        name, *words = words
        found = command.get_command(click.Context(command), name)
        assert found is not None, name
        command = found
    return command, words
