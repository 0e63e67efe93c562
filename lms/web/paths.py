"""The programme's learning paths, in the order for one's own country."""

from __future__ import annotations

from math import ceil

from flask import Blueprint, render_template

from lms import clock
from lms.db import db
from lms.learning.access import own
from lms.learning.paths import way
from lms.records import enrolments
from lms.web.access import SIGNED_IN, actor, allow
from lms.web.reading import library

blueprint = Blueprint("paths", __name__, url_prefix="/paths")


@blueprint.get("")
@allow(SIGNED_IN)
def index() -> str:
    """Every path with its courses, and where one stands in each: one statement beyond the sign-in."""
    who, programme = actor(), library().programme()
    today = who.today(clock.now())
    courses = {course.id: course for course in library().offered()}
    country = who.institution.country
    mine = enrolments.of_person(db.session(), own(who), who.person.id)
    ways = [(path, way(path, programme, courses, country)) for path in programme.paths]
    return render_template(
        "catalogue/paths.html",
        paths=[(path, stops, ceil(sum(stop.course.hours for stop in stops))) for path, stops in ways],
        mine={row.course_id: row.state(today).value for row in mine},
        country=next((named.title for named in programme.countries if named.id == country), ""),
        audiences={audience.id: audience.title for audience in programme.audiences},
    )
