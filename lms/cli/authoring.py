"""`staza new` and `staza schema`: what helps an author to begin, and an editor to help the author."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from courses.layout import LOCALES, is_slug
from courses.source import Document, decode
from lms.cli.content import content_option, require

_QUESTION_TYPES = (
    "single-choice",
    "multiple-choice",
    "true-false",
    "matching",
    "ordering",
    "gaps",
    "short-text",
    "number",
    "categorise",
    "open",
    "scenario",
    "rating",
)
_SOURCE_KINDS = ("treaty", "law", "judgment", "guidance", "statistics", "report", "book", "article")


@click.command(epilog="Example: staza schema --write .vscode/schemas")
@click.argument("kind", required=False)
@click.option("--write", "folder", type=click.Path(file_okay=False, path_type=Path), help="A folder to write all to.")
def schema(kind: str | None, folder: Path | None) -> None:
    """Give editors the JSON Schema of a KIND of file (course, bank, quiz …); without a name, list the kinds."""
    from courses import jsonschema

    schemas = jsonschema.schemas()
    if folder:
        for path in jsonschema.write(folder):
            click.echo(f"Wrote {path}.")
    if kind:
        if kind not in schemas:
            raise click.BadParameter(f"there is no kind {kind!r}. {_near(kind, list(schemas))}", param_hint="KIND")
        click.echo(json.dumps(schemas[kind], ensure_ascii=False, indent=1))
    elif not folder:
        for name, file in jsonschema.files().items():
            click.echo(f"{name:10} {file.title}")


@click.group(epilog="Example: staza new lesson smuggling-mixed-flows at-sea --title 'At sea'")
def new() -> None:
    """Begin a programme, a course, a lesson, a question, a quiz or a source with a text that has no mistakes."""


@new.command(epilog="Example: staza new programme --title 'Training of the border police'")
@click.option("--title", required=True, help="What the programme is called.")
@click.option(
    "--content",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="STAZA_CONTENT",
    default=Path("content"),
    show_default=True,
    help="The folder that will hold the courses; it is made if it is not there.",
)
def programme(title: str, content: Path) -> None:
    """Begin a folder of courses: the files that all of them share."""
    from courses import skeleton

    _require_title(title)
    files = skeleton.programme(title)
    if (content / "programme.yaml").exists():
        raise click.ClickException(f"{content / 'programme.yaml'} exists already. Begin a course: staza new course")
    for path in (path for path in files if not (content / path).exists()):
        _write(content / path, files[path])
    click.echo("Write its topics into programme.yaml, and go on with: staza new course")


@new.command(epilog="Example: staza new course returns --title 'Return and Reintegration' --topic return")
@click.argument("id")
@click.option("--title", required=True, help="What the course is called.")
@click.option("--topic", required=True, help="A topic of programme.yaml.")
@click.option("--audience", multiple=True, help="An audience of programme.yaml; may be given again. Default: all.")
@content_option
def course(id: str, title: str, topic: str, audience: tuple[str, ...], content: Path) -> None:
    """Begin the course ID: its course.yaml, a lesson and a bank with a question."""
    from courses import skeleton

    _require_id(id)
    _require_title(title)
    if id in LOCALES:
        raise click.BadParameter(f"{id!r} is the folder of a language. Choose another id.", param_hint="ID")
    if id == "shared":
        raise click.BadParameter("'shared' means what all courses share. Choose another id.", param_hint="ID")
    programme = _data(content / "programme.yaml")
    audiences = _ids(programme, "audiences")
    _require_one_of(topic, _ids(programme, "topics"), "--topic")
    for name in audience:
        _require_one_of(name, audiences, "--audience")
    if (content / id).exists():
        raise click.ClickException(f"{content / id} exists already. Choose another id.")
    for path, text in skeleton.course(id, title, topic, list(audience) or audiences).items():
        _write(content / id / path, text)
    click.echo(f"Go on with: staza check {id}")


@new.command(epilog="Example: staza new lesson smuggling-mixed-flows at-sea --title 'At sea'")
@click.argument("course")
@click.argument("id")
@click.option("--title", required=True, help="What the lesson is called.")
@click.option("--objective", help="The objective that it teaches. Default: the first of the course.")
@content_option
def lesson(course: str, id: str, title: str, objective: str | None, content: Path) -> None:
    """Begin the lesson ID of the COURSE, and list it as its last."""
    from courses import skeleton

    _require_id(id)
    _require_title(title)
    main, path = _course(content, course), content / course / "lessons" / f"{id}.md"
    chosen = _objective(main, objective)
    _require_new(path)
    if id in main.get("lessons", ()):
        _write(path, skeleton.lesson(title, chosen))
        return
    listing = content / course / "course.yaml"
    changed = skeleton.with_lesson(_text(listing), id)
    _write(path, skeleton.lesson(title, chosen))
    if changed is None:
        click.echo(f"Add `{id}` to `lessons` in {listing}: its list is written in a way that is left alone.")
    else:
        _change(listing, changed, f"listed `{id}`")


@new.command(epilog="Example: staza new question smuggling-mixed-flows law benefit --type true-false")
@click.argument("course")
@click.argument("bank")
@click.argument("id")
@click.option("--type", "kind", type=click.Choice(_QUESTION_TYPES), required=True, help="What kind of question.")
@click.option("--objective", help="The objective that it tests. Default: the first of the course.")
@content_option
def question(course: str, bank: str, id: str, kind: str, objective: str | None, content: Path) -> None:
    """Add the question ID to the BANK of the COURSE, which is begun if it is not there."""
    from courses import skeleton

    _require_id(id)
    _require_id(bank, "BANK")
    entry = skeleton.question(kind, id, _objective(_course(content, course), objective))
    for other in sorted((content / course / "questions").glob("*.yaml")):
        if any(isinstance(each, dict) and each.get("id") == id for each in _data(other) or ()):
            raise click.ClickException(f"{other} has a question {id!r} already. Choose another id.")
    path = content / course / "questions" / f"{bank}.yaml"
    if not path.exists():
        _write(path, entry)
        return
    changed = skeleton.with_question(_text(path), entry)
    if changed is None:
        raise click.ClickException(f"{path} is not a list that can be added to. Look at it with: staza check {course}")
    _change(path, changed, f"added `{id}`")


@new.command(epilog="Example: staza new quiz smuggling-mixed-flows middle --title 'Half-way quiz' --bank law")
@click.argument("course")
@click.argument("id")
@click.option("--title", required=True, help="What the quiz is called.")
@click.option("--bank", help="The bank that it draws from. Default: the largest.")
@content_option
def quiz(course: str, id: str, title: str, bank: str | None, content: Path) -> None:
    """Begin the quiz ID of the COURSE. To make it required, name it under `completion` in course.yaml."""
    from courses import skeleton

    _require_id(id)
    _require_title(title)
    _course(content, course)
    folder = content / course / "questions"
    sizes = {path.stem: len(_data(path) or ()) for path in sorted(folder.glob("*.yaml"))}
    if not any(sizes.values()):
        raise click.ClickException(f"{course} has no bank to draw from. Begin one with: staza new question")
    chosen = bank or max(sizes, key=lambda name: sizes[name])
    _require_one_of(chosen, list(sizes), "--bank")
    path = content / course / "quizzes" / f"{id}.yaml"
    _require_new(path)
    _write(path, skeleton.quiz(title, chosen, min(8, sizes[chosen])))


@new.command(
    epilog="Example: staza new source rs-asylum-law --kind law --title 'Law on Asylum and Temporary Protection'"
)
@click.argument("key")
@click.option("--kind", type=click.Choice(_SOURCE_KINDS), required=True, help="What kind of document it is.")
@click.option("--title", required=True, help="Its whole title.")
@content_option
def source(key: str, kind: str, title: str, content: Path) -> None:
    """Add the source KEY to sources.yaml."""
    from courses import skeleton

    _require_id(key, "KEY")
    _require_title(title)
    path = content / "sources.yaml"
    if key in (_data(path) or {}):
        raise click.ClickException(f"{path} has a source {key!r} already. Choose another key.")
    changed = skeleton.with_source(_text(path), key, skeleton.source(key, kind, title))
    if changed is None:
        raise click.ClickException(f"{path} is not a list of sources that can be added to. Look at it: staza check")
    _change(path, changed, f"added `{key}`")


# ── what must be so ────────────────────────────────────────────────────────────────────────────────────────────────


def _require_id(id: str, hint: str = "ID") -> None:
    if not is_slug(id):
        suggestion = re.sub(r"[^a-z0-9]+", "-", id.lower()).strip("-")[:64].strip("-")
        words = f" Write {suggestion!r}?" if suggestion else ""
        message = (
            f"{id!r} is no id: it must be lower-case words (a-z, 0-9) joined by single hyphens, at most 64 letters."
        )
        raise click.BadParameter(message + words, param_hint=hint)


def _require_title(title: str) -> None:
    if not title.strip() or len(title) > 300:
        raise click.BadParameter("a title has between 1 and 300 letters.", param_hint="--title")


def _require_one_of(name: str, known: list[str], hint: str) -> None:
    if name not in known:
        raise click.BadParameter(f"there is no {name!r}. {_near(name, known)}", param_hint=hint)


def _require_new(path: Path) -> None:
    if path.exists():
        raise click.ClickException(f"{path} exists already. Choose another id.")


def _near(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1, 0.5)
    return f"Did you mean {near[0]}?" if near else f"There are {', '.join(known) or 'none'}."


# ── reading and writing ────────────────────────────────────────────────────────────────────────────────────────────


def _text(path: Path) -> str:
    if not path.exists():
        raise click.ClickException(f"There is no {path}.")
    text, problems = decode(path.name, path.read_bytes())
    if text is None or problems:
        raise click.ClickException(f"{path} cannot be read. Look at it with: staza check")
    return text.text


def _data(path: Path) -> Any:
    """What the YAML file holds, as far as it can be read."""
    text, _ = decode(path.name, path.read_bytes()) if path.exists() else (None, [])
    return Document(text).data if text else None


def _ids(data: Any, key: str) -> list[str]:
    entries = data.get(key) if isinstance(data, dict) else None
    return [each["id"] for each in entries or () if isinstance(each, dict) and isinstance(each.get("id"), str)]


def _course(content: Path, course: str) -> dict[str, Any]:
    """What the course.yaml of the course says."""
    require(content, (course,))
    data = _data(content / course / "course.yaml")
    if not isinstance(data, dict):
        raise click.ClickException(f"{content / course / 'course.yaml'} cannot be read. Try: staza check {course}")
    return data


def _objective(main: dict[str, Any], wanted: str | None) -> str:
    known = _ids(main, "objectives")
    if not known:
        raise click.ClickException("course.yaml has no objective. Write one first: what trainees can do afterwards.")
    if wanted:
        _require_one_of(wanted, known, "--objective")
    return wanted or known[0]


def _write(path: Path, text: str) -> None:
    """Write a new file. One that has come to be meanwhile is not overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.ClickException(f"{path} exists already. Choose another id.") from None
    click.echo(f"Wrote {path}.")


def _change(path: Path, text: str, what: str) -> None:
    newline = "\r\n" if b"\r\n" in path.read_bytes() else "\n"
    path.write_text(text, "utf-8", newline=newline)
    click.echo(f"Changed {path}: {what}.")
