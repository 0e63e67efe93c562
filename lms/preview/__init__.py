"""`staza preview`: the courses of a content folder as trainees see them, for those who write them.

    desk      the folder at this moment, compiled
    live      watching it, and telling open pages
    eyes      as whom one looks: country, language, with or without the key
    places    where on a page a problem belongs
    pages     the views

It shows with the macros and the style sheet of the application, and has no part in anything else of it: no database,
no release, nobody signed in, nothing stored. It answers this computer alone.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask, Response
    from werkzeug.serving import BaseWSGIServer

    from lms.preview.desk import Desk
    from lms.preview.eyes import Eyes

ROOT = Path(__file__).resolve().parents[2]
HOSTS = ["127.0.0.1", "localhost"]
"""The names under which the preview answers: a page of the web that pretends to be a name for this computer, which
browsers then let it read (DNS rebinding), comes with another."""


def create_app(desk: Desk, eyes: Eyes) -> Flask:
    """The preview of what lies on the desk. `eyes`: as whom one looks who has not chosen."""
    from flask import Flask, request

    from lms import i18n
    from lms.preview import eyes as as_whom
    from lms.preview import pages
    from lms.web import texts
    from lms.web.headers import HEADERS

    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(
        TRUSTED_HOSTS=HOSTS,
        MAX_CONTENT_LENGTH=1024 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(0),
        BABEL_DEFAULT_LOCALE="en_GB",
    )
    app.jinja_options = app.jinja_options | {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["desk"] = desk
    texts.Babel(app, locale_selector=as_whom.babel_locale, default_translation_directories=str(i18n.TRANSLATIONS))
    texts.init_app(app)
    app.jinja_env.globals["csrf_token"] = lambda: ""  # nothing is stored, so there is nothing to protect
    pages.init_app(app, eyes)

    @app.after_request
    def headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        if request.method == "GET" and response.mimetype == "text/html":
            response.add_etag()
            response.make_conditional(request)  # what did not change need not be read again
        return response

    return app


def server(app: Flask, port: int) -> BaseWSGIServer:
    """The server of the preview: a thread for each request, since every open page holds one for its stream."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        """An author's terminal is not a log."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    return make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
