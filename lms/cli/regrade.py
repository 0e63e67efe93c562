"""`staza regrade`: answers that a wrong key marked are marked anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from courses.artefact import Store
from courses.build import build
from courses.layout import course_ids
from lms.cli.content import artefacts_option, count

if TYPE_CHECKING:
    from lms.learning.regrade import Outcome, Regraded


@click.command(epilog="Example: staza regrade smuggling-mixed-flows benefit --dry-run")
@click.argument("course")
@click.argument("questions", nargs=-1, required=True, metavar="QUESTION...")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--list", "listed", is_flag=True, help="List the attempts whose results would fall, without names.")
@click.option("--lower", is_flag=True, help="Lower the results that fall, too; --note says why.")
@click.option("--note", default="", help="Why results are lowered: those concerned are mailed it.")
@click.option(
    "--content",
    type=click.Path(path_type=Path),
    envvar="STAZA_CONTENT",
    default=Path("content"),
    show_default=True,
    help="The folder that holds the courses, where there is one: a key in it may wait to be published.",
)
@artefacts_option
def regrade(
    course: str,
    questions: tuple[str, ...],
    dry_run: bool,
    listed: bool,
    lower: bool,
    note: str,
    content: Path,
    artefacts: Path,
) -> None:
    """Re-mark submitted answers that were marked by another key than the released one.

    Results can rise. Results that would fall stay, and are counted. Running it again changes nothing.
    """
    if lower and not note:
        raise click.UsageError("Say with --note why results are lowered: those concerned will read it.")
    from lms import clock
    from lms.cli.opening import opened
    from lms.learning import regrade as verb
    from lms.learning.operate import operator
    from lms.library import library

    with opened():
        done = verb.regrade(operator(), library(), course, questions, clock.now(), note if lower else "", dry_run)
    _say_counts(done, dry_run)
    if listed:
        for outcome in done.kept:
            click.echo(f"  {_line(course, outcome)}")
    if not any((done.risen, done.same, done.lowered, done.kept, done.awaiting)):
        click.echo("No submitted answer was marked by another key than the released one: there is nothing to do.")
        if ids := _unpublished(Store(artefacts), content, course, questions):
            names = ", ".join(f"`{id}`" for id in ids)
            click.echo(f"The text has another key for {names}. Publish it first: staza publish {course}")


def _say_counts(done: Regraded, dry_run: bool) -> None:
    for outcomes, one, more in (
        (done.risen, "rises", "rise"),
        (done.same, "stays the same", "stay the same"),
        (done.lowered, "falls", "fall"),
    ):
        if outcomes:
            verb = f"would {more}" if dry_run else one if len(outcomes) == 1 else more
            click.echo(f"{count(len(outcomes), 'result')} {verb}{_below(outcomes)}.")
    if done.kept:
        stays = "stays as it is" if len(done.kept) == 1 else "stay as they are"
        click.echo(
            f"{count(len(done.kept), 'result')} would fall{_below(done.kept)}, and {stays}. "
            "--list lists them; --lower with --note lowers them."
        )
    if done.completed:
        click.echo(f"{count(done.completed, 'course')} completed by it.")
    if done.awaiting:
        click.echo(f"{count(done.awaiting, 'attempt')} passed over: a trainer has to mark an answer first.")


def _below(outcomes: Sequence[Outcome]) -> str:
    """How many of the results fall below the pass mark, if any."""
    fails = sum(outcome.fails for outcome in outcomes)
    return f" ({fails} of them below the pass mark)" if fails else ""


def _line(course: str, outcome: Outcome) -> str:
    day = f"{outcome.submitted_at:%Y-%m-%d}" if outcome.submitted_at else ""
    what = " (no longer passed)" * outcome.fails
    from lms.shares import whole

    return (
        f"{course}, {outcome.quiz_id}, attempt {outcome.number} of {day}: "
        f"{100 * whole(outcome.before):.0f}% → {100 * whole(outcome.after):.0f}%{what}"
    )


def _unpublished(store: Store, content: Path, course: str, questions: Sequence[str]) -> list[str]:
    """Those of the questions for which the text has another key than the release. None where the text is not on this
    machine, or has errors."""
    if not content.is_dir() or course not in course_ids(content):
        return []
    (result,) = build(content, store, (course,)).courses
    released = store.releases().get(course)
    if result.revision is None or released is None:
        return []
    old, new = (store.course(course, revision) for revision in (released.revision, result.revision))
    return [
        id for id in questions if new.bank_of(id) and store.question(old, id).key() != store.question(new, id).key()
    ]
