"""Error pages that help: what happened, what to do next, and the id under which the log knows it."""

from __future__ import annotations

from contextlib import suppress

from flask import Flask, Response, flash, g, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as WerkzeugResponse

from lms.db import FULL, READ_ONLY, db, trouble
from lms.learning.refusal import Refused
from lms.library import ArtefactError


def _texts(code: int) -> tuple[str, str, str]:
    """Title, what happened, what to do."""
    match code:
        case 400:
            return (
                _("This form could not be accepted"),
                _(
                    "Part of the form was lost on the way, or it held characters that can’t be stored. "
                    "Nothing was saved."
                ),
                _("Reload this page: your browser sends the form again, with everything you typed."),
            )
        case 403:
            return (
                _("You don’t have access to this page"),
                _("Your account doesn’t have the role this page needs."),
                _("If you need it for your work, ask your administrator."),
            )
        case 404:
            return (
                _("Page not found"),
                _("This page doesn’t exist, or you don’t have access to it."),
                _("Go back to the home page."),
            )
        case 405:
            return (
                _("This address can’t be opened directly"),
                _("It only accepts a form sent from its own page."),
                _("Go back to the home page."),
            )
        case 413:
            return (
                _("This file is too large"),
                _("A file may have at most 2 MB."),
                _("Split it into several files and send them one at a time."),
            )
        case 429:
            return (
                _("Too many attempts"),
                _("Attempts on this page are limited to protect accounts."),
                _wait(),
            )
        case 503:
            return (
                _("The service is busy"),
                _("The database did not answer in time."),
                _("Wait a moment and reload the page. What was acknowledged is saved."),
            )
        case _:
            return (
                _("Something went wrong on our side"),
                _("The error has been logged."),
                _("Try again in a moment. If it happens again, give your administrator the number below."),
            )


def _trouble_texts(what: str) -> tuple[str, str, str]:
    """Title, what happened and what to do when the database is in this trouble."""
    saved = _("Everything that was confirmed as saved is still there.")
    match what:
        case "full":
            return (
                _("Nothing can be saved at the moment"),
                _("The server’s disk is full.") + " " + saved,
                _("Tell your administrator. Then try again: reloading this page sends your form again."),
            )
        case "read-only":
            return (
                _("Nothing can be saved at the moment"),
                _("The database can be read but not written.") + " " + saved,
                _("Tell your administrator. Then try again: reloading this page sends your form again."),
            )
        case "busy":
            return _texts(503)
        case _:
            return (
                _("The service can’t be reached at the moment"),
                _("The database does not answer.") + " " + saved,
                _("Wait a moment and reload this page: your browser sends your form again."),
            )


def _wait() -> str:
    minutes = -(-g.get("seconds_to_wait", 900) // 60)
    return ngettext("Try again in %(num)s minute.", "Try again in %(num)s minutes.", minutes)


def page(code: int, title: str = "", happened: str = "", advice: str = "") -> Response:
    """The error page of this HTTP status, with its usual texts or with these."""
    usual = _texts(code)
    html = render_template(
        "errors/error.html",
        title=title or usual[0],
        happened=happened or usual[1],
        advice=advice or usual[2],
        code=code,
        request_id=g.get("request_id", ""),
    )
    return make_response(html, code)


def init_app(app: Flask) -> None:
    """Answer every failure with a page."""

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        if error.code is None or error.code < 400:
            return error
        if isinstance(error, InternalServerError) and isinstance(error.original_exception, Exception):
            return unexpected(
                error.original_exception
            )  # raised after the answer was made, by what looks at each answer
        response = page(error.code)
        for name, value in error.get_headers(request.environ):
            if name.lower() in ("retry-after", "allow"):
                response.headers[name] = value
        return response

    @app.errorhandler(Refused)
    def refused(error: Refused) -> WerkzeugResponse:
        if request.headers.get("X-Requested-With") == "fetch":
            return make_response(str(error), 409)
        flash(str(error), "error")
        _scheme, _host, page_before = (request.referrer or "").partition(f"://{request.host}/")
        return redirect("/" + page_before.lstrip("/\\"), 303)  # "//host" would lead elsewhere

    @app.errorhandler(DataError)
    def unfit(error: DataError) -> Response:
        db.session.rollback()
        app.logger.warning("the database can't hold what was sent", exc_info=error)
        return page(400)

    @app.errorhandler(ArtefactError)
    def damaged(error: ArtefactError) -> Response:
        db.session.rollback()
        app.logger.error("a course can't be read", exc_info=error)
        return page(
            503,
            _("This course can’t be shown right now"),
            _("One of its files is damaged. The error has been logged."),
            _("Your saved work is safe. Try again later, or give your administrator the number below."),
        )

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        g.without_database = True  # from here on: the page, its language, the cookies
        with suppress(SQLAlchemyError):
            db.session.rollback()
        if what := trouble(error):
            first_line = str(getattr(error, "orig", None) or error).partition("\n")[0]
            g.trouble = {"trouble": what, "error": f"{type(error).__name__}: {first_line}"[:300]}
            response = page(503, *_trouble_texts(what))
            response.headers["Retry-After"] = "30" if what in (FULL, READ_ONLY) else "5"
            return response
        app.logger.error("unexpected error", exc_info=error)
        return page(500)
