"""`staza diagrams`: the pictures of the courses, drawn from the texts that they are kept as."""

from __future__ import annotations

from pathlib import Path

import click

from courses.layout import DIAGRAMS, MEDIA, course_ids, is_diagram
from courses.problems import Problem
from courses.text import decode
from lms.cli.content import content_option, count, require, show_problems


@click.command(epilog="Example: staza diagrams border-management")
@click.argument("courses", nargs=-1, metavar="[COURSE]...")
@content_option
def diagrams(courses: tuple[str, ...], content: Path) -> None:
    """Draw those diagrams of the courses (all, or those named) that changed: diagrams/NAME.dot becomes media/NAME.svg.
    Exits with 1 if one of them cannot be drawn. Nothing else asks for Graphviz."""
    require(content, courses)
    problems, drawn, same = [], 0, 0
    for path in sources(content, courses):
        made = picture(content, path)
        if isinstance(made, Problem):
            problems.append(made)
            continue
        target = target_of(content, path)
        if target.is_file() and target.read_bytes() == made:
            same += 1
            continue
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(made)
        drawn += 1
        click.echo(f"Drew {target}.")
    show_problems(content, problems)
    click.echo(f"{count(drawn, 'picture')} drawn, {same} as they were.")
    if problems:
        raise SystemExit(1)


def sources(content: Path, courses: tuple[str, ...] = ()) -> list[str]:
    """The paths, from the content folder, of what is to be drawn of the courses (all, or those named)."""
    files = [path for id in courses or course_ids(content) for path in sorted((content / id / DIAGRAMS).glob("*"))]
    paths = [path.relative_to(content).as_posix() for path in files if path.is_file() and not path.is_symlink()]
    return [path for path in paths if is_diagram(path)]


def target_of(content: Path, path: str) -> Path:
    """The picture that the file is drawn into."""
    return content / path.split("/")[0] / MEDIA / f"{Path(path).stem}.svg"


def picture(content: Path, path: str) -> bytes | Problem:
    """The bytes of the picture, or why there is none. Raises `ClickException` without pygraphviz."""
    from courses.diagrams import Fault, draw

    text, problems = decode(path, (content / path).read_bytes())
    if text is None or problems:
        return problems[0]
    try:
        drawn = draw(text.text)
    except ModuleNotFoundError as error:
        raise click.ClickException("Drawing needs pygraphviz. Install it: pip install pygraphviz") from error
    if isinstance(drawn, Fault):
        return Problem(path, drawn.line, 1, "error", "diagram", drawn.message, drawn.hint)
    return drawn.encode()
