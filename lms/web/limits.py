"""Rate limits: the one limiter, for views to be decorated with. It counts in the database, see `records.limits`.

A try is counted before it is looked at, and the count decides: of tries that come at the same moment, no more pass than
of tries one by one. Where refusals alone count (`refusals_only`), a try that was none is given back.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, request
from flask_limiter import Limiter, RequestLimit
from itsdangerous import BadData, URLSafeTimedSerializer
from limits import parse
from sqlalchemy.exc import SQLAlchemyError

from lms.config import Settings
from lms.learning.access import token_hash
from lms.records.limits import DatabaseStorage  # registers the storage that `staza://` names

View = TypeVar("View", bound=Callable[..., Any])

KNOWN_FOR = 180 * 24 * 3600
"""Seconds for which a browser is known after somebody signed in with it."""
MOST_KNOWN = 5
"""Accounts by which a browser is known: a shared computer has several."""
UNSEEN_PROXY = "proxy that STAZA_PROXIES does not name"
A_DAY = 24 * 3600
AN_HOUR = 3600.0


def visitor_address() -> str:
    """The network address to count by; of an IPv6 address the first half, as whoever has one has all that share it
    (RFC 6177 §2)."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return request.remote_addr or "unknown"
    if address.version == 4 or address.ipv4_mapped:
        return str(address)
    return str(ip_network((int(address), 64), strict=False))


def tried_account() -> str:
    """The account that a form names, so that guessing one account from many addresses is slowed down too."""
    return "account " + _account(request.form.get("email", ""))


def tried_link() -> str:
    """The link through which a password is chosen: whoever types one that is refused hinders nobody else."""
    return "link " + token_hash(str((request.view_args or {}).get("token", "")))


def _account(email: str) -> str:
    return token_hash(email.strip().lower())


def is_refusal(status: int) -> bool:
    """Whether a try counts. A failure of ours does too: then there may be no database to give it back."""
    return status in (422, 429) or status >= 500


def refusals_only(view: View) -> View:
    """Let only refused tries count against the limits of this view. Stands below them."""
    setattr(view, "refusals_only", True)  # noqa: B010 -- a function's own attribute, which types know nothing of
    return view


def _note_wait(over: RequestLimit) -> None:
    """Keep how long the limit that was exceeded lasts, for the page that says so."""
    g.seconds_to_wait = max(1, int(over.reset_at - time.time()))


limiter = Limiter(visitor_address, storage_uri="staza://", default_limits=[], on_breach=_note_wait)


# ── browsers that are known ────────────────────────────────────────────────────────────────────────────────────────
# After the device cookies of OWASP ("Slow Down Online Guessing Attacks with Device Cookies"): who has signed in with a
# browser before is not locked out by strangers who guess at the account, or behind the same address.


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="browser that is known")


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-known"


def _known() -> dict[str, str]:
    """The accounts by which this browser is known, each with a secret of the browser's own."""
    try:
        read = _signer().loads(request.cookies.get(_cookie(), ""), max_age=KNOWN_FOR)
    except BadData:
        return {}
    return cast("dict[str, str]", read)


def known_browser() -> str:
    """What to count by in a browser that is known by the account that the form names; "" in any other."""
    own = _known().get(_account(request.form.get("email", "")))
    return f"browser {own}" if own else ""


def is_known() -> bool:
    """Whether somebody has signed in to the account that the form names with this browser."""
    return bool(known_browser())


def is_unknown() -> bool:
    """Whether nobody has."""
    return not is_known()


def remember_browser(response: Any, email: str) -> None:
    """Let the browser be known by this account from now on."""
    known = _known()
    own = known.pop(_account(email), "") or secrets.token_hex(8)
    kept = dict([*known.items(), (_account(email), own)][-MOST_KNOWN:])
    response.set_cookie(
        _cookie(),
        _signer().dumps(kept),
        max_age=KNOWN_FOR,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


# ── what follows from a count ──────────────────────────────────────────────────────────────────────────────────────


def _storage() -> DatabaseStorage:
    return cast(DatabaseStorage, limiter.storage)


def _settle(response: Response) -> Response:
    """Give a try back that was no refusal, or say when the next may be made."""
    view = current_app.view_functions.get(request.endpoint or "")
    if not g.get("without_database") and getattr(view, "refusals_only", False) and not is_refusal(response.status_code):
        with suppress(SQLAlchemyError):  # then the try stays counted: what was done is not lost for that
            for limit in limiter.current_limits:
                _storage().give_back(limit.key)
    if response.status_code == 429:
        response.headers["Retry-After"] = str(g.get("seconds_to_wait", 60))
    return response


def count_try(name: str) -> Callable[[], None]:
    """Count a try, of which ten are allowed in 15 minutes; what is returned gives it back. 429 beyond."""
    limit = parse("10 per 15 minutes")
    if not limiter.limiter.hit(limit, name):
        g.seconds_to_wait = max(1, int(limiter.limiter.get_window_stats(limit, name).reset_time - time.time()))
        abort(429)
    return lambda: _storage().give_back(limit.key_for(name))


# ── a proxy that nobody told us of ─────────────────────────────────────────────────────────────────────────────────


def _notice_proxy() -> None:
    """Notice requests that came through a proxy while STAZA_PROXIES is 0: all visitors then share the limits of one.

    Anybody can send the header; it is believed from addresses at which a proxy stands and the public does not.
    """
    if "X-Forwarded-For" not in request.headers or not _is_near(request.remote_addr or ""):
        return
    known: dict[str, float] = current_app.extensions["staza_unseen_proxy"]
    if time.monotonic() < known["again"]:
        return
    known["again"] = time.monotonic() + AN_HOUR
    with suppress(SQLAlchemyError):  # a database that can't be written to still shows pages
        _storage().incr(UNSEEN_PROXY, A_DAY)
    current_app.logger.warning(
        "requests come through a proxy, but STAZA_PROXIES is 0: all visitors count as one in the limits of sign-ins. "
        "Set STAZA_PROXIES to the number of proxies."
    )


def _is_near(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return True  # a socket of this machine


def is_behind_unseen_proxy() -> bool:
    """Whether requests came through a proxy in the last day while STAZA_PROXIES is 0."""
    return cast(Settings, current_app.config["SETTINGS"]).proxies == 0 and _storage().get(UNSEEN_PROXY) > 0


def init_app(app: Flask) -> None:
    """Count, and act by the counts."""
    limiter.init_app(app)
    app.after_request(_settle)
    if not app.config["SETTINGS"].proxies:
        app.extensions["staza_unseen_proxy"] = {"again": 0.0}
        app.before_request(_notice_proxy)
