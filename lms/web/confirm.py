"""A fresh password before something that is hard to undo: roles, addresses, accounts.

A view that is marked `@fresh` changes nothing unless the password was given within the last minutes. Otherwise a page
asks for it, and carries what was typed along: with the right password, the same request goes through.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_login import current_user

from lms import clock
from lms.learning import accounts
from lms.learning.refusal import Refused
from lms.web.access import actor
from lms.web.limits import count_try

View = TypeVar("View", bound=Callable[..., Any])

FRESH = timedelta(minutes=10)
FIELD = "confirm_password"
OWN = frozenset({FIELD, "csrf_token", "by"})
"""Fields that the page has of its own."""


def fresh(view: View) -> View:
    """Ask for the password before this view if it was not given lately. Stands below `@allow`."""
    setattr(view, "fresh", True)  # noqa: B010 -- a function's own attribute, which types know nothing of
    return view


def _asks() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    if not getattr(view, "fresh", False) or not current_user.is_authenticated:
        return False
    confirmed = actor().confirmed_at
    return confirmed is None or clock.now() - confirmed > FRESH


def _confirm() -> Response | None:
    """Ask for the password, or go on with the right one."""
    if not _asks():
        return None
    given = request.form.get(FIELD)
    if given is None:
        return _page("", 401)
    give_back = count_try(f"confirmation {actor().person.id}")
    try:
        accounts.confirm(actor(), given, clock.now())
    except Refused as refusal:
        return _page(str(refusal), 422)
    give_back()
    return None


def _page(error: str, status: int) -> Response:
    fields = [item for item in request.form.items(multi=True) if item[0] not in OWN]
    errors = [(FIELD, error)] if error else []
    return make_response(render_template("account/confirm.html", fields=fields, errors=errors, name=FIELD), status)


def init_app(app: Flask) -> None:
    """Ask before the views that are marked. Comes after `access`: who may not open a view is refused first."""
    app.before_request(_confirm)
