"""Who may open a view: one decision a view, written above it, and none by default.

A view without `@allow(…)` keeps the application from starting. What a role may see *within* a view is the business of
the `Scope` that the view passes on: what lies outside is not found (404), a view for another role is refused (403).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin, current_user
from flask_login import logout_user as forget_user
from sqlalchemy.exc import OperationalError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as Redirect

from lms import clock
from lms.db import db
from lms.learning.access import token_hash
from lms.records import accounts
from lms.records.accounts import Actor
from lms.records.people import Person, Role

View = TypeVar("View", bound=Callable[..., Any])

SEEN_EVERY = timedelta(minutes=1)
"""How often it is kept that a browser asks for something."""
PUBLIC = "public"
SIGNED_IN = "signed in"


class User(UserMixin):
    """What Flask-Login keeps for a request: the actor, under the token of their sign-in."""

    def __init__(self, actor: Actor, token: str) -> None:
        self.actor = actor
        self.token = token

    @property
    def person(self) -> Person:
        """The person who is signed in."""
        return self.actor.person

    @property
    def name(self) -> str:
        """Their name."""
        return self.actor.person.name

    def get_id(self) -> str:
        """What the session cookie holds: the token of this sign-in, not the person's id."""
        return self.token


def actor() -> Actor:
    """Who is signed in. Only for views that are not public."""
    return cast(User, current_user).actor


def allow(*who: Role | str) -> Callable[[View], View]:
    """Say who may open the view: PUBLIC, SIGNED_IN, or roles of which one is enough."""

    def mark(view: View) -> View:
        setattr(view, "allowed", frozenset(who))  # noqa: B010 -- a function's own attribute, which types know nothing of
        return view

    return mark


def allowed(app: Flask, endpoint: str) -> frozenset[Role | str]:
    """Who may open the view behind this endpoint."""
    if endpoint == "static":
        return frozenset({PUBLIC})
    return cast("frozenset[Role | str]", getattr(app.view_functions[endpoint], "allowed", frozenset()))


def check_every_view(app: Flask) -> None:
    """Refuse to start with a view that does not say who may open it."""
    silent = [endpoint for endpoint in app.view_functions if not allowed(app, endpoint)]
    if silent:
        raise RuntimeError(f"Views without @allow(…): {', '.join(sorted(silent))}")


def _load_user(token: str) -> User | None:
    if g.get("without_database"):
        return None  # an error page is being made
    hashed, at = token_hash(token), clock.now()
    found = accounts.actor_of(db.session(), hashed, at)
    if found and found.seen_at and at - found.seen_at >= SEEN_EVERY:
        with suppress(OperationalError):  # a database that can't be written to still shows pages
            accounts.note_seen(hashed, at)
    return User(found, token) if found else None


def _guard() -> Redirect | None:
    if request.endpoint is None:
        return None  # no such address: 404 or 405 follow
    who = allowed(current_app, request.endpoint)
    if PUBLIC in who:
        return None
    if not current_user.is_authenticated:
        forget_user()
        if request.method not in ("GET", "HEAD"):
            abort(401)  # what was typed is kept, see `resend`
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
    if SIGNED_IN not in who and not (who & actor().roles):
        abort(403)
    return None


class Sessions(SecureCookieSessionInterface):
    """Sessions in signed cookies, with which static files have nothing to do: they must stay in the browser's cache
    when somebody signs in, and `Vary: Cookie` would have them fetched anew."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie where it changed."""
        if request.endpoint != "static":
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Load who is signed in, and guard every view."""
    app.session_interface = Sessions()
    login = LoginManager(app)
    login.session_protection = None  # a phone changes its network on the way; the token is what counts
    login.user_loader(_load_user)
    app.before_request(_guard)
    if proxies := app.config["SETTINGS"].proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
