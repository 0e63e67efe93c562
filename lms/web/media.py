"""The pictures of courses, named by their content.

A compiled text leads to them by `../media/<name>`, so they are found beside the folder of whatever page shows the text:
a lesson, a question of an attempt, a result, the trainer's pages.
"""

from __future__ import annotations

from flask import Blueprint, abort, send_file
from werkzeug.wrappers import Response

from lms.library import ArtefactError, library
from lms.web.access import SIGNED_IN, allow
from lms.web.headers import MEDIA_POLICY

blueprint = Blueprint("media", __name__)


@blueprint.get("/<path:_page>/media/<name>")
@allow(SIGNED_IN)
def medium(_page: str, name: str) -> Response:
    """A picture, wherever the page stands that shows it."""
    try:
        path = library().store.media(name)
    except ArtefactError:
        abort(404)
    response = send_file(path, max_age=31536000)
    response.headers["Content-Security-Policy"] = MEDIA_POLICY
    return response
