"""Signing in and out, passwords, the profile, language and colours."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from lms import clock, i18n
from lms.db import db
from lms.learning import access, accounts
from lms.learning.refusal import Refused
from lms.records.accounts import actor_of, sign_ins_of
from lms.web.access import PUBLIC, SIGNED_IN, User, actor, allow
from lms.web.browsers import roughly
from lms.web.forms import safe_next
from lms.web.limits import (
    is_known,
    is_unknown,
    known_browser,
    limiter,
    refusals_only,
    remember_browser,
    tried_account,
    tried_link,
)
from lms.web.resend import after_sign_in, sign_in_page

blueprint = Blueprint("account", __name__)


@blueprint.get("/sign-in")
@allow(PUBLIC)
def sign_in() -> Response:
    """The sign-in page."""
    if current_user.is_authenticated:
        return redirect(url_for("home.index"))
    return sign_in_page(200, onward=safe_next(""))


@blueprint.post("/sign-in")
@allow(PUBLIC)
@limiter.limit("1000 per 15 minutes", exempt_when=is_known)
@limiter.limit("10 per 15 minutes", key_func=tried_account, exempt_when=is_known)
@limiter.limit("10 per 15 minutes", key_func=known_browser, exempt_when=is_unknown)
@refusals_only
def sign_in_now() -> Response:
    """Sign in, with a new session."""
    email, at = request.form.get("email", ""), clock.now()
    before, browser = str(session.get("_user_id", "")), roughly(request.headers.get("User-Agent", ""))
    token = accounts.sign_in(email, request.form.get("password", ""), at, browser, instead_of=before)
    who = actor_of(db.session(), access.token_hash(token), at) if token else None
    if token is None or who is None:
        error = _("That e-mail and password don’t match. Check both, or choose “Forgot your password?”.")
        return sign_in_page(422, email, error, kept=request.form.get("kept", ""), onward=safe_next(""))
    session.clear()
    session.permanent = True
    login_user(User(who, token))
    response = after_sign_in() or redirect(safe_next(url_for("home.index")), 303)
    remember_browser(response, email)
    return response


@blueprint.post("/sign-out")
@allow(SIGNED_IN)
def sign_out() -> Response:
    """End this sign-in."""
    accounts.sign_out(actor(), clock.now())
    logout_user()
    session.clear()
    flash(_("You have signed out."), "success")
    return redirect(url_for("account.sign_in"), 303)


@blueprint.get("/password")
@allow(PUBLIC)
def forgotten() -> str:
    """Ask for a link to choose a new password."""
    return render_template("account/forgotten.html")


@blueprint.post("/password")
@allow(PUBLIC)
@limiter.limit("200 per 15 minutes")
@limiter.limit("3 per 15 minutes", key_func=tried_account)
def forgotten_now() -> Response:
    """Mail the link, and say the same whether or not there is such an account."""
    accounts.ask_for_reset(request.form.get("email", ""), current_app.config["SETTINGS"].url, clock.now())
    flash(
        _("If this address has an account, we have sent it a link. The link works for two hours."),
        "success",
    )
    return redirect(url_for("account.sign_in"), 303)


@blueprint.get("/password/<token>")
@allow(PUBLIC)
def choose_password(token: str) -> str:
    """Choose a password through a mailed link."""
    return render_template(
        "account/choose.html", open=accounts.reset_is_open(token, clock.now()), errors=[], token=token
    )


@blueprint.post("/password/<token>")
@allow(PUBLIC)
@limiter.limit("300 per 15 minutes")
@limiter.limit("20 per 15 minutes", key_func=tried_link)
@refusals_only
def choose_password_now(token: str) -> Response | tuple[str, int]:
    """Set the password chosen through a mailed link."""
    try:
        _compare_repeated()
        accounts.reset_password(token, request.form.get("new", ""), clock.now())
    except Refused as refusal:
        still_open = accounts.reset_is_open(token, clock.now())
        page = render_template("account/choose.html", open=still_open, errors=[("new", str(refusal))], token=token)
        return page, 422
    session.clear()
    flash(_("Your password is set. You can sign in now."), "success")
    return redirect(url_for("account.sign_in"), 303)


@blueprint.get("/profile")
@allow(SIGNED_IN)
def profile() -> str:
    """What is known of the person, and their password."""
    return render_template("account/profile.html", actor=actor(), errors=[])


@blueprint.get("/profile/sign-ins")
@allow(SIGNED_IN)
def sign_ins() -> str:
    """The browsers in which the person is signed in."""
    rows = sign_ins_of(db.session(), actor().person.id, bool(actor().grants), clock.now())
    return render_template("account/sign_ins.html", rows=rows, here=actor().token_hash)


@blueprint.post("/profile/sign-ins/end-others")
@allow(SIGNED_IN)
def end_other_sign_ins() -> Response:
    """Sign out everywhere but here."""
    accounts.end_other_sign_ins(actor(), clock.now())
    flash(_("You have been signed out in all other browsers."), "success")
    return redirect(url_for("account.sign_ins"), 303)


@blueprint.post("/profile/password")
@allow(SIGNED_IN)
@limiter.limit("10 per 15 minutes", key_func=lambda: f"password {actor().person.id}")
@refusals_only
def change_password() -> Response | tuple[str, int]:
    """Set a new password."""
    try:
        _compare_repeated()
        accounts.change_password(actor(), request.form.get("old", ""), request.form.get("new", ""), clock.now())
    except Refused as refusal:
        return render_template("account/profile.html", actor=actor(), errors=[("new", str(refusal))]), 422
    flash(_("Your password has been changed. Other browsers have been signed out."), "success")
    return redirect(url_for("account.profile"), 303)


def _compare_repeated() -> None:
    if request.form.get("new") != request.form.get("again"):
        raise Refused(_("The two new passwords don’t match. Type the same one twice."))


@blueprint.post("/language")
@allow(PUBLIC)
def language() -> Response:
    """Show the pages in another language from now on."""
    code = request.form.get("locale", "")
    if code in {language.code for language in i18n.offered()}:
        session["locale"] = code
        if current_user.is_authenticated:
            accounts.set_preferences(actor(), locale=code)
        refresh()
    return redirect(safe_next(url_for("home.index")), 303)


@blueprint.post("/theme")
@allow(PUBLIC)
def theme() -> Response:
    """Light, dark, or as the device has it."""
    chosen = request.form.get("theme", "")
    if chosen in ("auto", "light", "dark"):
        session["theme"] = chosen
        if current_user.is_authenticated:
            accounts.set_preferences(actor(), theme=chosen)
    return redirect(safe_next(url_for("home.index")), 303)
