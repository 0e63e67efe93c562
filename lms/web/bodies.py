"""A form that broke off on its way is never taken for a whole one, whatever server stands in front.

Some servers say with `wsgi.input_terminated` that the body ends where its stream ends. Werkzeug then believes the
stream and never compares it with Content-Length, so that the first half of a form passes for the form. Without that
word it counts, and a body that is shorter than announced is a 400 before any view has seen a field of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WholeBodies:
    """WSGI middleware: where a length was announced, the body has to have it. A chunked body has its own end mark,
    which the server checks."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, wsgi: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if wsgi.get("CONTENT_LENGTH") and not wsgi.get("HTTP_TRANSFER_ENCODING"):
            wsgi.pop("wsgi.input_terminated", None)
        return self.app(wsgi, start_response)


def init_app(app: Flask) -> None:
    """Count every body."""
    app.wsgi_app = WholeBodies(app.wsgi_app)  # type: ignore[assignment, method-assign]  # as Flask documents middleware
