"""The releases of a trainer's course: which there were, what publishing the text now would do to whom, and what changed
between two of them. Counts only, over the whole region, and none from 1 to 4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, current_app, render_template, request

from courses.artefact import ArtefactError, Kind, Release, in_force
from courses.diff import Change, Piece, compare, kind_of, lessons_to_see, passages
from courses.model import Course
from lms.config import Settings
from lms.db import db
from lms.learning import drafts
from lms.learning.access import region
from lms.library import library
from lms.records.people import Role
from lms.reports import releases as report
from lms.web.access import actor, allow
from lms.web.forms import found

blueprint = Blueprint("releases", __name__, url_prefix="/trainer/<course_id>/releases")


@dataclass(frozen=True, slots=True)
class Row:
    """A release in the list. `before` is the revision that it took the place of ("": it was the first), `stands`
    whether it was not taken back since."""

    release: Release
    released_at: datetime
    before: str
    stands: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A change with its texts, word by word: where each stands, and its paragraphs."""

    change: Change
    texts: tuple[tuple[str, tuple[tuple[Piece, ...], ...]], ...]


@dataclass(frozen=True, slots=True)
class Prospect:
    """What publishing the text as it stands would change, and whom it would concern. `failed`: it has errors;
    `waiting`: the worker has not read it yet."""

    failed: bool = False
    waiting: bool = False
    kind: Kind = "cosmetic"
    changes: tuple[Shown, ...] = ()
    effects: report.Effects | None = None
    lessons: tuple[str, ...] = ()


def _released(course_id: str) -> tuple[Course, tuple[Release, ...]]:
    if course_id not in actor().owned_courses:
        abort(404)
    return found(library().course(course_id)), library().history(course_id)


def _shown(changes: Sequence[Change]) -> tuple[Shown, ...]:
    return tuple(
        Shown(change, tuple((" › ".join(edit.at), passages(edit.old, edit.new)) for edit in change.edits))
        for change in changes
    )


def _prospect(released: Course) -> Prospect | None:
    """What would change; None where this server has no text of the course."""
    settings: Settings = current_app.config["SETTINGS"]
    if not (settings.content / released.id).is_dir():
        return None
    draft = drafts.find(settings.content, settings.artefacts, released.id)
    if draft is None:
        return Prospect(waiting=True)
    if draft.revision is None:
        return Prospect(failed=True)
    store = drafts.store(settings.artefacts)
    try:
        written = store.course(released.id, draft.revision)
        changes = compare(library().store, released, written, store)
    except ArtefactError:  # deleted meanwhile to make room; the worker reads the text again
        return Prospect(waiting=True)
    effects = report.effects(db.session(), region(actor()), library(), store, written, changes)
    titles = {lesson.id: lesson.title for lesson in written.lessons}
    to_see = tuple(titles[id] for id in lessons_to_see(written, changes))
    return Prospect(False, False, kind_of(changes), _shown(changes), effects, to_see)


@blueprint.get("")
@allow(Role.TRAINER)
def index(course_id: str) -> str:
    """The releases, newest first, and what publishing now would do: two statements, four where a key changed."""
    course, history = _released(course_id)
    standing = in_force(history)
    rows = [
        Row(
            release,
            datetime.fromisoformat(release.released_at),
            before.revision if before else "",
            release in standing or release.back,
        )
        for before, release in zip((None, *history), history, strict=False)
    ]
    return render_template(
        "releases/index.html",
        course=course,
        titles={lesson.id: lesson.title for lesson in course.lessons},
        rows=rows[::-1],
        prospect=_prospect(course),
        fewest=report.FEWEST,
    )


@blueprint.get("/difference")
@allow(Role.TRAINER)
def difference(course_id: str) -> str:
    """What changed between two releases, by default the last two: no statement of its own."""
    course, history = _released(course_id)
    days = {release.revision: datetime.fromisoformat(release.released_at) for release in history}
    revisions = list(days)
    old = request.args.get("old") or history[max(0, len(history) - 2)].revision
    new = request.args.get("new") or history[-1].revision
    if old not in days or new not in days:
        abort(404)
    before, after = (found(library().course(course_id, revision)) for revision in (old, new))
    return render_template(
        "releases/difference.html",
        course=course,
        changes=_shown(compare(library().store, before, after)),
        days=days,
        revisions=revisions,
        old=old,
        new=new,
    )
