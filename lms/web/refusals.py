"""Refusals leave a trace: why, in the request's line of the log; and in the audit log, if somebody was signed in.

Who tries over and over does not fill the audit log: a process writes down `MOST` refusals of a kind by one person
within `WINDOW` seconds. The log has them all.
"""

from __future__ import annotations

import time

from flask import Flask, Response, current_app, g, request, url_for
from flask_login import current_user

from lms import clock
from lms.learning.look import refused

MOST = 5
WINDOW = 600.0
REMEMBERED = 10_000

Counts = dict[tuple[str, str, int], int]


def _kind(response: Response) -> str:
    """Why the request was refused; "" where it was not."""
    status = response.status_code
    if status == 403:
        return "role"
    if status == 429:
        return "limit"
    if status == 404 and any(name.endswith("id") for name in request.view_args or {}):
        return "id"
    if status == 401 or (
        status == 302 and response.location and response.location.startswith(url_for("account.sign_in"))
    ):
        return "signed-out"
    if status == 400 and request.method == "POST" and not g.get("csrf_valid"):
        return "form-token"
    return ""


def _few(counts: Counts, who: str, kind: str) -> bool:
    """Whether this is one of the first such refusals within the window."""
    key = (who, kind, int(time.monotonic() / WINDOW))
    if len(counts) > REMEMBERED:
        counts.clear()
    counts[key] = counts.get(key, 0) + 1
    return counts[key] <= MOST


def _note(response: Response) -> Response:
    if g.get("without_database") or request.endpoint == "static" or not (kind := _kind(response)):
        return response
    g.refused = kind
    if current_user.is_authenticated:
        actor = current_user.actor
        if _few(current_app.extensions["staza_refusals"], str(actor.person.id), kind):
            ids = {name: str(value) for name, value in (request.view_args or {}).items() if name.endswith("id")}
            refused(actor, clock.now(), kind, request.endpoint or "", ids)
    return response


def init_app(app: Flask) -> None:
    """Look at every answer. Comes right after the logs, so that the line of the request tells."""
    app.extensions["staza_refusals"] = {}
    app.after_request(_note)
