"""The region at a glance: counts by country, institution and topic, and nobody's name."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, Response, abort, render_template
from flask_babel import format_datetime
from flask_babel import gettext as _

from lms import clock
from lms.db import db
from lms.learning.access import region
from lms.learning.look import looked
from lms.records import institutions
from lms.records.people import Role
from lms.reports.files import SHEET_TYPES
from lms.reports.region import ALL, HIDDEN, STATES, Region, counts
from lms.reports.table import state_label
from lms.web.access import actor, allow
from lms.web.reading import library
from lms.web.sending import sheets_sent

blueprint = Blueprint("coordinator", __name__)


def _region() -> Region:
    """The tables, without any choice of the reader's: what one filter hides, another would give away."""
    courses = library().courses()
    topics = {course.id: course.topic for course in courses}
    session = db.session()
    roots = institutions.below(session, None)
    return Region(
        library().programme(),
        roots,
        Counter(topics.values()),
        counts(session, region(actor()), topics, roots, clock.now()),
    )


@blueprint.get("/region")
@allow(Role.COORDINATOR)
def index() -> str:
    """The region in counts."""
    tables = _region()
    figures = [(tables.people(ALL), _("People enrolled")), (tables.value(ALL), _("Enrolments"))]
    figures += [(tables.value(ALL, state=state.value), state_label(state.value)) for state in STATES]
    return render_template("coordinator/index.html", sheets=tables.sheets(), figure_values=figures, hidden=HIDDEN)


@blueprint.get("/region.<kind>")
@allow(Role.COORDINATOR)
def file(kind: str) -> Response:
    """The same tables as a file."""
    if kind not in SHEET_TYPES:
        abort(404)
    who, at = actor(), clock.now()
    looked(who, "exported", at, report="region", format=kind)
    sheets = _region().sheets()
    about = [
        (_("Report"), _("The region")),
        (_("Created on"), format_datetime(at, "long")),
        (_("Created by"), f"{who.person.name} <{who.person.email}>"),
        (HIDDEN, _("Hidden to protect privacy (fewer than 5 people, or a number that would reveal one).")),
    ]
    return sheets_sent(kind, f"staza-region-{who.today(at)}", sheets, about)
