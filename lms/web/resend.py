"""What somebody typed is kept when its form can't be accepted: because the sign-in has ended, or is another one by now.

The fields go along, signed, as a hidden field of the page that says so, never in an address and never on the server.
After signing in, one page shows what was typed, and one click sends it with a fresh token.

Each form says whose page it stood on, by a mark that only this server can make. So what one person typed is neither
shown to nor sent for somebody else who signs in at the same browser; and as no other site knows the mark, no other site
can have a form of its own kept. Passwords and files are never kept.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as WerkzeugResponse

from lms import errors
from lms.config import SIGN_IN_LASTS
from lms.records.people import Person
from lms.web.access import PUBLIC, allowed
from lms.web.forms import SECRET, is_fetch, local

OWNER = "by"
"""The field that says whose page a form stood on."""
UNTYPED = frozenset({"csrf_token", OWNER, "version", "end", "tab", "sequence", "go", "seen", "step", "next"})
"""Fields that a page fills in by itself: kept, but not shown as what was typed."""
LONGEST_ID = 24
"""Characters from which on a single word counts as a text."""
MOST = 300_000
"""Characters of what is kept; the server accepts forms of up to 500 kB."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was sent in vain: where to, the page it stood on, whose page that was, its fields in their order, and
    whether there were files among them."""

    path: str
    back: str
    owner: str
    fields: list[tuple[str, str]]
    files: bool

    @property
    def typed(self) -> list[str]:
        """What a person chose or wrote."""
        return [value for name, value in self.fields if name not in UNTYPED and value.strip()]

    @property
    def texts(self) -> list[str]:
        """What to show of it: texts. The id of a choice is one short word, and tells a reader nothing."""
        return [value for value in self.typed if any(map(str.isspace, value.strip())) or len(value) > LONGEST_ID]


def owner_mark(person: Person) -> str:
    """What the forms of this person's pages carry."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(secret, b"forms of " + person.id.bytes, "sha256").hex()[:32]


def _own_mark() -> str:
    return owner_mark(current_user.person) if current_user.is_authenticated else ""


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="a form sent in vain")


def _from_elsewhere() -> bool:
    """Whether the browser says that another site sent this form."""
    origin = request.headers.get("Origin") or request.referrer or ""
    return origin != "" and urlsplit(origin).netloc != request.host


def _back() -> str:
    """The page that the form stood on, if it is one of this server's; or ""."""
    referrer = urlsplit(request.referrer or "")
    path = referrer.path + (f"?{referrer.query}" if referrer.query else "")
    return path if referrer.netloc == request.host and local(path) else ""


def this_form() -> Kept | None:
    """The form of this request, to be kept; None where that can't be."""
    owner = request.form.get(OWNER, "")
    if not owner or _from_elsewhere() or request.blueprint == "account":
        return None
    fields = [item for item in request.form.items(multi=True) if item[0] not in SECRET | {"csrf_token", OWNER}]
    files = any(file.filename for file in request.files.values())
    return Kept(request.full_path.rstrip("?"), _back() or url_for("home.index"), owner, fields, files)


def packed(kept: Kept) -> str:
    """The form as a hidden field carries it; "" where it is too long."""
    text = _serializer().dumps([kept.path, kept.back, kept.owner, kept.fields, kept.files])
    token = text if isinstance(text, str) else text.decode()
    return token if len(token) <= MOST else ""


def unpacked(token: str) -> Kept | None:
    """What `packed` made; None of anything else, and of what is too old."""
    if not token:
        return None
    try:
        path, back, owner, fields, files = _serializer().loads(token, max_age=int(SIGN_IN_LASTS.total_seconds()))
    except BadData:
        return None
    return Kept(path, back, owner, [(name, value) for name, value in fields], files)


def sign_in_page(
    status: int, email: str = "", error: str = "", ended: bool = False, kept: str = "", onward: str = ""
) -> Response:
    """The sign-in page; `ended` says that a form came too late, `kept` is that form."""
    errors = [("email", error)] if error else []
    form = unpacked(kept)
    html = render_template(
        "account/sign_in.html",
        email=email,
        errors=errors,
        next=onward,
        ended=ended,
        kept=kept,
        typed=form is not None and bool(form.typed),
        files=form is not None and form.files,
    )
    return make_response(html, status)


def after_sign_in() -> WerkzeugResponse | None:
    """Where the sign-in form brought a form along that was sent in vain: the page that sends it again."""
    kept = unpacked(request.form.get("kept", ""))
    if kept is None:
        return None
    if not hmac.compare_digest(kept.owner, _own_mark()):
        flash(_("Somebody else typed something on this computer. It has not been saved."), "warning")
        return redirect(url_for("home.index"), 303)
    if not kept.typed:
        if kept.files:
            flash(_("Your file was not sent: you had been signed out. Choose it again."), "warning")
        return redirect(kept.back, 303)
    return _again(kept, 200)


def _again(kept: Kept, status: int) -> Response:
    return make_response(render_template("account/again.html", kept=kept, signed_in=status == 200), status)


def _sign_in_ended(_error: Exception) -> Response:
    """Somebody whose sign-in ended has sent a form."""
    if is_fetch():
        return make_response(
            _("Not saved: you have been signed out. Press a button below to sign in. What you typed is kept."), 401
        )
    form = this_form()
    kept = packed(form) if form else ""
    return sign_in_page(401, ended=True, kept=kept, onward=_back())


def _token_unknown(error: CSRFError) -> WerkzeugResponse:
    """A form without the token of this session: its page is older than the sign-in, or cookies are blocked."""
    cookies = current_app.config["SESSION_COOKIE_NAME"] in request.cookies
    if request.endpoint == "account.sign_in_now":
        return _sign_in_again(cookies)
    if request.endpoint and PUBLIC not in allowed(current_app, request.endpoint) and not current_user.is_authenticated:
        return _sign_in_ended(error)
    if is_fetch():
        return make_response(_("Not saved. Press a button below to see why."), 400)
    form = this_form() if current_user.is_authenticated else None
    if form and form.typed and hmac.compare_digest(form.owner, _own_mark()):
        return _again(form, 400)
    if not cookies:
        return errors.page(400, _("Cookies are blocked"), _cookies_blocked(), _("Then open the page again."))
    return errors.page(
        400,
        advice=_("Open the page again and send the form from there."),
        happened=_("You signed in or out after this page was opened. Nothing has been saved."),
    )


def _cookies_blocked() -> str:
    return _("Your browser didn’t send Staza’s cookie. Allow cookies for this site.")


def _sign_in_again(cookies: bool) -> WerkzeugResponse:
    """The sign-in form itself came without the token of this browser's session."""
    if current_user.is_authenticated:  # the page that followed was reloaded
        return after_sign_in() or redirect(url_for("home.index"), 303)
    error = _("This page was open for a long time. Sign in again.") if cookies else _cookies_blocked()
    kept, onward = request.form.get("kept", ""), request.form.get("next", "")
    return sign_in_page(400, request.form.get("email", ""), error, kept=kept, onward=onward)


def init_app(app: Flask) -> None:
    """Say in each form whose page it stands on, and keep those that can't be accepted."""
    app.jinja_env.globals["form_owner"] = _own_mark
    app.register_error_handler(Unauthorized, _sign_in_ended)
    app.register_error_handler(CSRFError, _token_unknown)
