"""What is about the service itself: whether it can serve, and what it says about its accessibility."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template
from sqlalchemy.exc import SQLAlchemyError

from lms import clock
from lms.db import BUSY, FULL, GONE, READ_ONLY, db, trouble
from lms.learning import duties
from lms.library import ArtefactError, library
from lms.records import institutions, writing
from lms.web.access import PUBLIC, allow

blueprint = Blueprint("system", __name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: whether people can be served; what is wrong all the same, in sentences that name no file and
    no person, as anybody may read them; and what else it says. The log has more."""

    ready: bool
    problems: tuple[str, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)


TROUBLES = {
    FULL: "The disk of the database is full.",
    READ_ONLY: "The database can't be written.",
    BUSY: "The database is busy.",
    GONE: "The database does not answer.",
}


BELIEVED = 10.0
"""Seconds for which a process believes what it found when it last tried to write, however often it is asked."""


def _writing() -> str:
    known: tuple[float, str] = current_app.extensions.get("staza_writing", (float("-inf"), ""))
    if time.monotonic() >= known[0] + BELIEVED:
        known = current_app.extensions["staza_writing"] = (time.monotonic(), writing.trouble())
    return known[1]


def _database() -> Finding:
    try:
        institutions.get(db.session(), 1)
    except SQLAlchemyError as error:
        what = trouble(error) or GONE
        return Finding(False, (TROUBLES[what],), {"database": False, "trouble": what})
    if what := _writing():
        return Finding(False, (TROUBLES[what],), {"database": True, "writable": False, "trouble": what})
    return Finding(True, (), {"database": True, "writable": True})


def _courses() -> Finding:
    try:
        shown, damage = library().courses(), library().damage()
    except (ArtefactError, OSError):
        return Finding(False, ("The programme or the list of releases can't be read.",), {"courses": False})
    problems = [f"The course {id} is damaged." for id in sorted(damage) if id]
    if "" in damage:
        problems.append("The list of releases can't be read; its copy is used.")
    ready = bool(shown) or not damage
    return Finding(ready, tuple(problems), {"courses": ready})


def _worker() -> Finding:
    """A worker that is late leaves the service ready, since pages are served without it: a balancer that took this
    server away would make matters worse."""
    try:
        state = duties.worker_state(clock.now())
    except SQLAlchemyError:
        return Finding(True, (), {"worker": "unknown"})
    return Finding(True, ("The worker is late.",) if state["worker"] == "late" else (), state)


CHECKS = (_database, _courses, _worker)


@blueprint.get("/healthz")
@allow(PUBLIC)
def healthz() -> Response:
    """200 once people can be served, 503 before; and what is wrong, check by check."""
    found = [check() for check in CHECKS]
    ready = all(finding.ready for finding in found)
    problems = [problem for finding in found for problem in finding.problems]
    said: dict[str, object] = {"status": "unavailable" if not ready else "degraded" if problems else "ok"}
    for finding in found:
        said |= finding.more
    return make_response(jsonify(**said, problems=problems), 200 if ready else 503)


@blueprint.get("/accessibility")
@allow(PUBLIC)
def accessibility() -> str:
    """The accessibility statement."""
    return render_template("system/accessibility.html")
