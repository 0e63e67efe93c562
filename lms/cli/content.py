"""`staza check` and `staza build`: what an author sees of the compiler.

Neither loads the web application, so that they answer at once.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from courses.artefact import ArtefactError, Store
from courses.build import BuildResult, Progress
from courses.build import build as build_courses
from courses.build import check as check_courses
from courses.layout import LANGUAGES, course_ids, role
from courses.problems import Problem, has_errors, in_source
from lms import private

_MANY = 20
"""Files to compile from which on it takes long enough for a progress bar to be read."""
_BLINK = 0.1
"""Seconds between two drawings of the bar."""
_WINDOW = 100
"""Characters of a long line that are shown around the place of a problem."""


class Folder(click.Path):
    """The folder that holds the courses."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The folder; where it is not there, a sentence that says how to come to one."""
        if not Path(value).is_dir():
            self.fail(
                f"there is no folder {str(value)!r} here. Go to the folder that holds it, or begin one: "
                "staza new programme",
                param,
                ctx,
            )
        return super().convert(value, param, ctx)


content_option = click.option(
    "--content",
    type=Folder(exists=True, file_okay=False, path_type=Path),
    envvar="STAZA_CONTENT",
    default=Path("content"),
    show_default=True,
    help="The folder that holds the courses.",
)


def _instance() -> Path:
    return Path(os.environ.get("STAZA_INSTANCE") or "instance")


def _keep_private(artefacts: Path) -> None:
    if artefacts.resolve().parent == _instance().resolve():
        private.keep(_instance())


def _artefacts(_context: click.Context, _option: click.Parameter, artefacts: Path) -> Path:
    """The folder; where it is there already, whatever the command writes into it is private."""
    if artefacts.is_dir():
        _keep_private(artefacts)
    return artefacts


artefacts_option = click.option(
    "--artefacts",
    type=click.Path(file_okay=False, path_type=Path),
    callback=_artefacts,
    envvar="STAZA_ARTEFACTS",
    default=lambda: _instance() / "artefacts",
    show_default="artefacts in the instance folder",
    help="The folder that compiled courses are kept in.",
)


@click.command(epilog="Example: staza check smuggling-mixed-flows --format json")
@click.argument("courses", nargs=-1, metavar="[COURSE]...")
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@content_option
@artefacts_option
def check(courses: tuple[str, ...], form: str, content: Path, artefacts: Path) -> None:
    """Show every problem of the courses (all, or those named), and advice. Exits with 1 if there is an error.

    If courses were released (--artefacts), their ids are compared with the releases."""
    require(content, courses)
    try:
        Store(artefacts).histories()
    except ArtefactError as error:
        click.echo(str(error), err=True)
    problems = check_courses(content, courses, os.cpu_count() or 1, Store(artefacts))
    if form == "json":
        click.echo(json.dumps([_named(content, problem) for problem in problems], ensure_ascii=False, indent=1))
    elif form == "github":
        for problem in problems:
            click.echo(_annotation(content, problem))
    else:
        show_problems(content, problems)
        click.echo(_summary(problems))
    if has_errors(problems):
        raise SystemExit(1)


@click.command(epilog="Example: staza build smuggling-mixed-flows")
@click.argument("courses", nargs=-1, metavar="[COURSE]...")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    show_default="as many as there are processors",
    help="The most processes that compile at once.",
)
@content_option
@artefacts_option
def build(courses: tuple[str, ...], jobs: int | None, content: Path, artefacts: Path) -> None:
    """Compile what changed in the courses (all, or those named). A course with errors is not built; the others are.

    A text of a translation that has a mistake counts as missing. It is reported, but does not stop the build."""
    show_built(built(courses, content, Store(artefacts), jobs))


def built(courses: tuple[str, ...], content: Path, store: Store, jobs: int | None = None) -> BuildResult:
    """Build the courses (all, or those named) with a progress bar, and show their errors. `jobs`: the most processes
    at once (None: as many as there are processors)."""
    require(content, courses)
    _keep_private(store.root)
    try:
        damage = _mend(store, courses or tuple(course_ids(content)))
        result = _with_bar(lambda progress: build_courses(content, store, courses, progress, jobs))
    except OSError as error:
        raise click.ClickException(f"{store.root} cannot be written: {error.strerror}.") from error
    show_problems(content, [problem for problem in result.all_problems() if problem.severity == "error"])
    if damage:
        _say_mended(store, courses or tuple(course_ids(content)))
    return result


def _mend(store: Store, courses: tuple[str, ...]) -> bool:
    """Name what is damaged of the store, and prepare it to be written again; whether there was something."""
    if said := store.mend_list():
        click.echo(said, err=True)
    found = store.set_damage_aside(courses)
    for line in found:
        click.echo(line, err=True)
    return bool(found)


def _say_mended(store: Store, courses: tuple[str, ...]) -> None:
    left = store.set_damage_aside(courses)
    click.echo(
        "It has been written again from the text."
        if not left
        else f"{count(len(left), 'file')} can't be made from the present text, as those of older revisions. "
        "Restore a backup that has them.",
        err=True,
    )


def show_built(result: BuildResult, published: Collection[str] = ()) -> None:
    """A line for each course, which says whether it was published too. Exits with 1 if there were errors, other than in
    translations."""
    width = max((len(course.id) for course in result.courses), default=0)
    for course in result.courses:
        if course.revision:
            state = f"{course.revision[:12]}  {count(course.lessons, 'lesson')}, {count(course.questions, 'question')}"
        else:
            state = click.style("not built", fg="red") + f"  {_summary(course.problems or result.problems)}"
        click.echo(f"{course.id:{width}}  {state}, {course.seconds:.2f} s{', published' * (course.id in published)}")
    problems = result.all_problems()
    _say_untranslated([problem for problem in problems if problem not in in_source(problems)])
    if has_errors(in_source(problems)):
        raise SystemExit(1)


def _say_untranslated(problems: list[Problem]) -> None:
    """Say which mistakes are in translations, and what becomes of what they concern."""
    found = Counter(
        where.locale for problem in problems if problem.severity == "error" and (where := role(problem.file))
    )
    for locale, number in sorted(found.items()):
        name = LANGUAGES.get(locale, locale)
        outcome = "What has a mistake is shown in the language of the course until it is corrected."
        click.echo(f"{name}: {count(number, 'mistake')} in translations. {outcome}")


def require(content: Path, courses: tuple[str, ...]) -> None:
    """Stop with a sentence where one of the courses does not exist."""
    existing = course_ids(content)
    for course in courses:
        if course not in existing:
            from difflib import get_close_matches

            near = get_close_matches(course, existing, 1, 0.4)
            hint = f" Did you mean {near[0]}?" if near else f" There are {', '.join(existing) or 'none'}."
            if course.endswith((".yaml", ".md")):
                hint = " Name courses by their ids; the files that all share are always checked with them."
            raise click.BadParameter(f"there is no course {course!r} in {content}.{hint}", param_hint="COURSE")


def _with_bar(work: Callable[[Progress | None], BuildResult]) -> BuildResult:
    """What `work` returns, with a progress bar meanwhile where there is a terminal to draw it on and enough to do."""
    if not sys.stderr.isatty():
        return work(None)
    with ExitStack() as stack:
        drawn: list[Progress] = []

        def progress(path: str, done: int, total: int) -> None:
            if total >= _MANY and not drawn:
                drawn.append(_bar(stack))
            for draw in drawn:
                draw(path, done, total)

        return work(progress)


def _bar(stack: ExitStack) -> Progress:
    """A bar that is drawn until the stack is left."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    # no thread of its own: a process that has threads cannot be divided for the compiler
    bar = stack.enter_context(Bar(console=Console(stderr=True), transient=True, auto_refresh=False))
    task = bar.add_task("", total=None)
    last = 0.0

    def draw(path: str, done: int, total: int) -> None:
        nonlocal last
        bar.update(task, description=path.partition("/")[0], completed=done, total=total)
        if time.monotonic() - last > _BLINK:
            last = time.monotonic()
            bar.refresh()

    return draw


# ── problems ───────────────────────────────────────────────────────────────────────────────────────────────────────


def show_problems(content: Path, problems: list[Problem]) -> None:
    """Show the problems, each with the line that it stands in."""
    lines: dict[str, list[str]] = {}
    for problem in problems:
        if problem.file not in lines:
            lines[problem.file] = _lines(content / problem.file)
        _show_one(content, problem, lines[problem.file])


def _lines(path: Path) -> list[str]:
    from courses.text import decode

    try:
        data = b"" if path.is_symlink() else path.read_bytes()
    except OSError:
        return []
    text = None if b"\0" in data else decode(path.name, data)[0]  # no text has a NUL; what git goes by, too
    return text.text.split("\n") if text else []


def _show_one(content: Path, problem: Problem, lines: list[str]) -> None:
    colour = "red" if problem.severity == "error" else "yellow"
    place = f"{content / problem.file}:{problem.line}:{problem.column}"
    kind = click.style(f"{problem.severity} {problem.code}", fg=colour, bold=True)
    click.echo(f"{click.style(place, bold=True)}: {kind}")
    line = lines[problem.line - 1] if problem.line <= len(lines) else ""
    if line.strip():
        begin = max(0, problem.column - 1 - _WINDOW // 2) if len(line) > _WINDOW else 0
        shown = ("…" if begin else "") + line[begin : begin + _WINDOW] + ("…" if len(line) > begin + _WINDOW else "")
        before = ("…" if begin else "") + line[begin : problem.column - 1]
        blank = "".join("\t" if character == "\t" else " " for character in before)
        number = f"{problem.line:>5} | "
        click.echo(f"{number}{shown}\n{'':>5} | {blank}{click.style('^', fg=colour, bold=True)}")
    click.echo(f"      {problem.message}{' ' + problem.hint if problem.hint else ''}\n")


def _named(content: Path, problem: Problem) -> dict[str, str | int]:
    """The problem as JSON, its file named from where the command was given, as in the other formats."""
    return problem.as_json() | {"file": str(content / problem.file)}


def _annotation(content: Path, problem: Problem) -> str:
    """A workflow command of GitHub Actions, which shows the problem in the pull request."""
    level = "error" if problem.severity == "error" else "notice"
    text = f"{problem.message} {problem.hint}".strip()
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    file = str(content / problem.file).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} file={file},line={problem.line},col={problem.column},title={problem.code}::{text}"


def _summary(problems: list[Problem]) -> str:
    found = Counter(problem.severity for problem in problems)
    parts = [count(found["error"], "error")] if found["error"] else []
    parts += [count(found["advice"], "piece") + " of advice"] if found["advice"] else []
    return ", ".join(parts) or "No problems."


def count(number: int, what: str) -> str:
    """So many of something, in words."""
    return f"{number} {what}{'' if number == 1 else 's'}"
