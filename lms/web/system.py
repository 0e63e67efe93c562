"""What is about the service itself: whether it can serve, and what it says about its accessibility."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, render_template
from sqlalchemy.exc import SQLAlchemyError

from lms import clock
from lms.db import db
from lms.learning import duties
from lms.library import ArtefactError, library
from lms.records import institutions
from lms.web.access import PUBLIC, allow

blueprint = Blueprint("system", __name__)


@blueprint.get("/healthz")
@allow(PUBLIC)
def healthz() -> Response:
    """200 once the database and the courses can be read, 503 before. A worker that is late leaves it at 200, since
    pages are served without it: a balancer that took this server away would make matters worse."""
    state = {"database": True, "courses": True}
    worker: dict[str, object] = {"worker": "unknown"}
    try:
        institutions.get(db.session(), 1)
        worker = duties.worker_state(clock.now())
    except SQLAlchemyError:
        state["database"] = False
    try:
        library().courses()
    except (ArtefactError, OSError):
        state["courses"] = False
    ready = all(state.values())
    return make_response(jsonify(status="ok" if ready else "unavailable", **state, **worker), 200 if ready else 503)


@blueprint.get("/accessibility")
@allow(PUBLIC)
def accessibility() -> str:
    """The accessibility statement."""
    return render_template("system/accessibility.html")
