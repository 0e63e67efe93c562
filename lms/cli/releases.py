"""`staza diff` and `staza publish`: what a change does to people, before it is made.

They load the web application only where the instance has a database in which somebody could be concerned.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from courses.artefact import KINDS, Kind, Release, Store, in_force
from courses.diff import Change, changes_rules, compare, kind_of, lessons_to_see, takes_away
from courses.layout import course_ids
from courses.model import Course
from courses.released import gone
from lms.cli.changes import say_changes, say_effects
from lms.cli.commits import commit_of, git
from lms.cli.content import artefacts_option, built, content_option, count, require, show_built

if TYPE_CHECKING:
    from lms.reports.releases import Effects

RELEASED, TEXT = "released", "text"
SHORTEST = 4
"""Characters of a revision or commit that are enough to name it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A release that is about to be made: the revision, what it changes, and against which one. `again`: what people
    see stays, and was changed by the release before; this one asks them to look at it."""

    course: Course
    release: Release
    before: Release | None
    changes: tuple[Change, ...] = ()
    again: bool = False


# ── diff ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@click.command(epilog="Example: staza diff smuggling-mixed-flows")
@click.argument("course")
@click.argument("old", default=RELEASED)
@click.argument("new", default=TEXT)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@content_option
@artefacts_option
def diff(course: str, old: str, new: str, form: str, content: Path, artefacts: Path) -> None:
    """Show what changed in a course, and how many people it affects.

    OLD and NEW are `released` (default of OLD), `text` (the current text; default of NEW), or the beginning of a
    revision or of the git commit of a release.
    """
    store = Store(artefacts)
    if not store.history(course):
        require(content, (course,))
    was, now = (store.course(course, _revision(store, course, name, content)) for name in (old, new))
    changes = compare(store, was, now)
    effects = _effects(store, {course: (now, changes)}).get(course)
    if form == "json":
        found = {
            "course": course,
            "kind": kind_of(changes),
            "changes": [change.as_json() for change in changes],
            "effects": asdict(effects) if effects else None,
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    say_changes(changes, in_full=True)
    if changes and effects:
        say_effects(effects, changes, course)


def _revision(store: Store, course: str, name: str, content: Path) -> str:
    """The whole revision that is called `name`."""
    history = store.history(course)
    if name == TEXT:
        (result,) = built((course,), content, store).courses
        if result.revision is None:
            raise click.ClickException(f"The text of {course} has errors, so there is nothing to compare yet.")
        return result.revision
    if name == RELEASED:
        if not history:
            raise click.ClickException(f"Nothing of {course} has been released yet. Run: staza publish {course}")
        return history[-1].revision
    found = {revision for revision in store.revisions(course) if revision.startswith(name)}
    found |= {release.revision for release in history if release.commit.startswith(name)}
    if len(found) != 1 or len(name) < SHORTEST:
        known = ", ".join(release.revision[:12] for release in history) or "none"
        what = "More than one revision" if len(found) > 1 or len(name) < SHORTEST else "No revision"
        raise click.ClickException(f"{what} of {course} is called {name}. Released so far: {known}.")
    return found.pop()


# ── publish ────────────────────────────────────────────────────────────────────────────────────────────────────────


@click.command(epilog='Example: staza publish smuggling-mixed-flows --note "The law of 2027"')
@click.argument("courses", nargs=-1, metavar="[COURSE]...")
@click.option("--note", default="", help="What changed and why, for readers of the list of releases.")
@click.option("--author", default="", help="Who releases; git's user.name if left out.")
@click.option("--class", "kind", type=click.Choice(KINDS), help="Raise the class found; with a note, lower it.")
@click.option("--refresher/--no-refresher", help="Ask those who completed the course to review changed lessons.")
@click.option("--lesson", "lessons", multiple=True, help="A lesson to review, instead of those found.")
@click.option("--back", is_flag=True, help="Go back to the release before, without building anything.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@content_option
@artefacts_option
def publish(
    content: Path,
    artefacts: Path,
    courses: tuple[str, ...] = (),
    note: str = "",
    author: str = "",
    kind: Kind | None = None,
    refresher: bool = False,
    lessons: tuple[str, ...] = (),
    back: bool = False,
    yes: bool = False,
) -> None:
    """Build the courses (all, or those named) and release them.

    It first shows whom the changes affect, and asks before it changes more than the wording or removes a requirement.
    Attempts that have begun finish as they were. Completions stay.

    With --refresher, a course that you name is released again even if its text has not changed. Use this to ask for a
    refresher later.
    """
    store, author = Store(artefacts), author or git(content, "config", "user.name")
    if lessons and not refresher:
        raise click.UsageError("--lesson says what a refresher asks for: add --refresher.")
    if back:
        plans = [_plan_back(store, course, author, note) for course in courses]
        if not plans:
            raise click.UsageError("Name the course to go back with.")
    else:
        result = built(courses, content, store)
        right = {course.id: course.revision for course in result.courses if course.revision}
        new = dict(right.items() - _current(store))
        asked = courses if refresher else ()
        plans = [
            _declared(_plan(store, content, id, revision, author, note), kind, refresher, lessons)
            for id, revision in right.items()
            if id in new or id in asked
        ]
        if right and not plans:
            click.echo(
                "Nothing has changed since the last release, so there is no new one"
                + " to keep the note with" * bool(note)
                + "."
                + " To ask for a refresher anyway, name the course." * refresher
            )
    if not courses:
        _say_gone(store, content)
    _say_plans(store, plans)
    asks = any(plan.release.kind != "cosmetic" or any(map(takes_away, plan.changes)) for plan in plans)
    if asks and not yes and sys.stdin.isatty():
        click.confirm("Publish?", abort=True)
    for plan in plans:
        store.release(plan.course.id, plan.release)
    if any(changes_rules(plan.changes) for plan in plans):
        _apply_rules(store)
    if any(plan.release.refresher for plan in plans):
        _mail_refreshers(store)
    if back:
        for plan in plans:
            click.echo(f"{plan.course.id}  {plan.release.revision[:12]} is what people see again.")
    else:
        show_built(result, {plan.course.id for plan in plans})


@click.command(epilog='Example: staza withdraw smuggling-mixed-flows --note "Replaced by a new course"')
@click.argument("courses", nargs=-1, required=True, metavar="COURSE...")
@click.option("--undo", is_flag=True, help="Offer them again.")
@click.option("--note", default="", help="Why, for readers of the list of releases.")
@click.option("--author", default="", help="Who withdraws; git's user.name if left out.")
@click.option(
    "--content",
    type=click.Path(path_type=Path),
    envvar="STAZA_CONTENT",
    default=Path("content"),
    show_default=True,
    help="The folder that holds the courses, where there is one.",
)
@artefacts_option
def withdraw(courses: tuple[str, ...], undo: bool, note: str, author: str, content: Path, artefacts: Path) -> None:
    """Take courses out of the catalogue; with --undo, offer them again.

    Nobody new can enrol. People who are enrolled can finish the course. Completions, certificates and reports stay.
    """
    store = Store(artefacts)
    author = author or (git(content, "config", "user.name") if content.is_dir() else "")
    known = store.releases()
    for course in courses:
        if course not in known:
            raise click.ClickException(f"No course {course!r} has been released. Released: {', '.join(known)}.")
    for course in courses:
        if (course in store.withdrawn()) == (not undo):
            click.echo(f"{course} {'is not withdrawn' if undo else 'is withdrawn already'}.")
            continue
        store.withdraw(course, not undo, _now(), author, note)
        click.echo(
            f"{course} is offered again."
            if undo
            else f"{course} is withdrawn. To offer it again: staza withdraw --undo {course}"
        )
    _say_who_asks(store)


def _say_who_asks(store: Store) -> None:
    """Name the courses that ask for a withdrawn one as a prerequisite: nobody new can complete that."""
    withdrawn = store.withdrawn()
    for id, release in store.releases().items():
        wanted = withdrawn & set(store.course(id, release.revision).prerequisites)
        if id not in withdrawn and wanted:
            click.echo(f"{id} asks for {', '.join(sorted(wanted))} first, which nobody new can take.", err=True)


def _say_gone(store: Store, content: Path) -> None:
    for id in gone(store, course_ids(content)):
        click.echo(
            f"The folder of {id} is gone, and people still see its release. To take it out of the catalogue: "
            f"staza withdraw {id}",
            err=True,
        )


def publish_first(content: Path, store: Store) -> None:
    """Build all courses and release those that never were. Of the others whose text has changed it is said how to
    release that: what people see changes only where somebody asked for it."""
    result = built((), content, store)
    right = [(course.id, course.revision) for course in result.courses if course.revision]
    current = _current(store)
    new = [(id, revision) for id, revision in right if not store.history(id)]
    for id, revision in new:
        store.release(id, _plan(store, content, id, revision, git(content, "config", "user.name"), "").release)
    show_built(result, {id for id, _ in new})
    if changed := [id for id, revision in right if (id, revision) not in {*new, *current}]:
        click.echo(
            "The text differs from the release that people see. To release it: staza publish " + " ".join(changed)
        )


def _current(store: Store) -> set[tuple[str, str]]:
    return {(id, release.revision) for id, release in store.releases().items()}


def _plan(store: Store, content: Path, id: str, revision: str, author: str, note: str) -> Plan:
    course, history = store.course(id, revision), store.history(id)
    again = bool(history) and history[-1].revision == revision
    commit, why_not = commit_of(content, id)
    if why_not:
        click.echo(f"{id}: no commit is recorded with the release: {why_not}.", err=True)
    # what a revision changed that people see already is found by the one that stood before it
    standing = in_force(history)
    older = [release.revision for release in standing if not again or release.revision != revision]
    changes = compare(store, store.course(id, older[-1]), course) if older else ()
    kind = standing[-1].kind if again else kind_of(changes)
    release = Release(revision, commit, _now(), author, kind, note)
    return Plan(course, release, history[-1] if history else None, changes, again)


def _plan_back(store: Store, id: str, author: str, note: str) -> Plan:
    standing = in_force(store.history(id))
    if len(standing) < 2:
        raise click.ClickException(f"There is no release of {id} to go back to.")
    to, now = standing[-2:]
    course = store.course(id, to.revision)
    changes = compare(store, store.course(id, now.revision), course)
    note = note or f"Back to {to.revision[:12]}" + (f" ({to.note})" if to.note else "")
    release = Release(to.revision, to.commit, _now(), author, kind_of(changes), note, back=True)
    return Plan(course, release, now, changes)


def _declared(plan: Plan, kind: Kind | None, refresher: bool, lessons: tuple[str, ...]) -> Plan:
    """The plan with what the options say of it; a course's first release concerns nobody."""
    release = plan.release
    if plan.before is None:
        return plan
    if kind and KINDS.index(kind) < KINDS.index(release.kind) and not release.note:
        raise click.UsageError(f"{plan.course.id} is of the class {release.kind}; to lower it, say why with --note.")
    found = kind or release.kind
    if refresher and found != "retrain":
        raise click.UsageError(f"{plan.course.id} is of the class {found}; a refresher needs --class retrain.")
    unknown = set(lessons) - {lesson.id for lesson in plan.course.lessons}
    if unknown:
        raise click.UsageError(f"{plan.course.id} has no lesson {', '.join(sorted(unknown))}.")
    named = lessons or lessons_to_see(plan.course, plan.changes)
    release = replace(release, kind=found, refresher=refresher, lessons=named if refresher else ())
    return replace(plan, release=release)


def _say_plans(store: Store, plans: Sequence[Plan]) -> None:
    concerned = {plan.course.id: (plan.course, plan.changes) for plan in plans if plan.before}
    effects = _effects(store, concerned) if concerned else {}
    for plan in plans:
        if plan.before is None:
            continue
        what = ". The text is the one that people see; it brought:" if plan.again else ""
        click.echo(f"{plan.course.id}: {plan.release.kind}{what}")
        say_changes(plan.changes)
        if found := effects.get(plan.course.id):
            say_effects(found, plan.changes, plan.course.id, plan.release)
        click.echo()


@contextmanager
def _database(store: Store) -> Iterator[bool]:
    """The application, where a database belongs to this store; whether one does."""
    instance = Path(os.environ.get("STAZA_INSTANCE") or "instance")
    if not os.environ.get("DATABASE_URL") and not (instance / "staza.db").exists():
        yield False
        return
    from lms.cli.opening import is_migrated, opened, settings_of

    with opened(migrated=False) as app:
        yield settings_of(app).artefacts.resolve() == store.root.resolve() and is_migrated()


def _effects(store: Store, concerned: Mapping[str, tuple[Course, tuple[Change, ...]]]) -> dict[str, Effects]:
    """Who is concerned by the changes to each course; nothing, where no database belongs to this store."""
    with _database(store) as known:
        if not known:
            return {}
        from lms.db import db
        from lms.learning import access
        from lms.learning.operate import operator
        from lms.library import library
        from lms.reports.releases import effects

        scope = access.administered(operator())
        return {
            id: effects(db.session(), scope, library(), store, course, changes)
            for id, (course, changes) in concerned.items()
        }


def _mail_refreshers(store: Store) -> None:
    """Mail those who are asked to look again. Where no database belongs to this store, `staza jobs` does so."""
    with _database(store) as known:
        if not known:
            return
        from lms import clock
        from lms.learning import remind
        from lms.learning.operate import operator
        from lms.library import library

        if mails := remind.refreshers(operator(), library(), clock.now()):
            click.echo(f"{count(mails, 'mail')} about what to review will be sent.")


def _apply_rules(store: Store) -> None:
    """Hold what was done against the new rules. Where no database belongs to this store, `staza jobs` does so."""
    with _database(store) as known:
        if not known:
            return
        from lms import clock
        from lms.learning import rules
        from lms.learning.operate import operator
        from lms.library import library

        done, failed = rules.apply(operator(), library(), clock.now())
        if done:
            click.echo(f"{count(done, 'enrolment')} worked out anew by the new rules.")
        if failed:
            click.echo(f"{count(failed, 'enrolment')} could not be; staza jobs tries again.", err=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
