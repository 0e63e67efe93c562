"""`staza review`: courses in numbers, for those who judge how good they are. It knows no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lms.cli.content import content_option, require

if TYPE_CHECKING:
    from courses.review.guessing import Outcome

PAGE = "docs/content-review.md"
"""The page of the documentation that holds the tables."""


@click.group(epilog="Example: staza review guess smuggling-mixed-flows --items")
def review() -> None:
    """Count what courses are made of, and try whether their items can be guessed."""


@review.command(epilog="Example: staza review table --write")
@click.option(
    "--write",
    "page",
    is_flag=False,
    flag_value=PAGE,
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Put the tables between the marks of a page. [without a name: {PAGE}]",
)
@content_option
def table(page: Path | None, content: Path) -> None:
    """Show all courses in numbers, as tables in Markdown: lessons, questions, sources, and how far they can be guessed.

    Stops where a course has errors, since what is wrong with it can't be counted."""
    from courses.review import tables
    from courses.review.reading import read

    shelf = read(content)
    if wrong := next((problem for problem in shelf.problems if problem.severity == "error"), None):
        place = f"{content / wrong.file}:{wrong.line}"
        raise click.ClickException(f"{place}: {wrong.message} First correct all problems that `staza check` shows.")
    made = tables.tables(shelf)
    if page is None:
        click.echo(made, nl=False)
        return
    old = page.read_text("utf-8")
    new = tables.renewed(old, made)
    if new is None:
        raise click.ClickException(f"{page} lacks the lines {tables.BEGIN} and {tables.END}.")
    page.write_text(new, "utf-8")
    click.echo(f"{page} " + ("is as it was." if new == old else "is renewed."))


@review.command(epilog="Example: staza review guess smuggling-mixed-flows --items")
@click.argument("courses", nargs=-1, metavar="[COURSE]...")
@click.option("--items", is_flag=True, help="Name the items by which a trick scores more than it may.")
@content_option
def guess(courses: tuple[str, ...], items: bool, content: Path) -> None:
    """Answer the items of the courses' finals (all, or those named) by tricks, knowing nothing.

    Exits with 1 if a trick scores more than 10 percentage points above chance over the banks of a course."""
    from courses.review import guessing
    from courses.review.reading import read

    require(content, courses)
    found = []
    for course in read(content, courses).courses:
        results = guessing.outcomes(course.bank(), course.main["language"])
        found.append(results)
        _show(content, course.id, results, items)
    if len(found) > 1:
        _show(content, "all courses", guessing.together(found), False)
    caught = sum(outcome.caught for results in found for outcome in results)
    if caught:
        click.echo(f"{caught} too good: more than {guessing.LIMIT:.0f} points above chance.")
        raise SystemExit(1)


def _show(content: Path, name: str, results: list[Outcome], items: bool) -> None:
    """What each trick scored, and by which items if it was too much."""
    tried = len(results[0].guesses)
    click.echo(click.style(name, bold=True) + f": {tried} items to choose in, chance {results[0].chance:.1%}")
    for outcome in results:
        mark = click.style("  too good", fg="red") if outcome.caught else ""
        click.echo(f"  {outcome.trick.name:9} {outcome.score:6.1%} {outcome.gain:+6.1f}  {outcome.trick.takes}{mark}")
        for won in outcome.won() if items and outcome.caught else ():
            place = f"{content / won.item.file}:{won.item.line}"
            click.echo(f"            {place}  {won.item.question.id}  {won.score:.0%}, by chance {won.chance:.0%}")
    click.echo()
