"""What all pages share: the names that templates know, the headers that every answer carries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from lms import i18n
from lms.records.people import Role
from lms.web.headers import HEADERS
from lms.web.reading import library


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation."""

    label: str
    url: str
    current: bool


def navigation() -> list[Link]:
    """Where the person who is signed in can go."""
    if not current_user.is_authenticated:
        return []
    roles = current_user.actor.roles
    entries = [(_("My learning"), "home.index", True), (_("Courses"), "catalogue.index", True)]
    entries += [
        (_("My courses as a trainer"), "trainer.index", Role.TRAINER in roles),
        (_("My institution"), "manager.completion", Role.MANAGER in roles),
        (_("The region"), "coordinator.index", Role.COORDINATOR in roles),
        (_("Administration"), "admin.institutions", Role.ADMINISTRATOR in roles),
    ]
    here = (request.blueprint or "").split(".")[0]
    beside = {
        "lessons": "catalogue",
        "paths": "catalogue",
        "attempts": "catalogue",
        "certificates": "home",
        "marking": "trainer",
        "releases": "trainer",
    }
    here = beside.get(here, here)
    return [Link(label, url_for(end), end.split(".")[0] == here) for label, end, open_to in entries if open_to]


@cache
def _fingerprint(path: Path, _changed: float) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def init_app(app: Flask) -> None:
    """Make the names known to templates, and put the headers on every answer."""
    static = Path(app.static_folder or "")

    @app.url_defaults
    def fingerprint_static(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and (path := static / str(values.get("filename", ""))).is_file():
            values["v"] = _fingerprint(path, path.stat().st_mtime)

    @app.context_processor
    def names() -> dict[str, Any]:
        known = not g.get("without_database") and current_user.is_authenticated
        person = current_user.person if known else None
        return {
            "navigation": navigation() if known else [],
            "locale": i18n.language().tag,
            "locales": [(language.code, language.name) for language in i18n.offered()],
            "programme": "" if person else library().title(),  # who signed in knows where they are
            "theme": (person.theme if person else session.get("theme")) or "auto",
        }

    @app.after_request
    def headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if app.config["SESSION_COOKIE_SECURE"]:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if request.endpoint not in ("static", "media.medium"):
            response.headers["Cache-Control"] = "no-store"
        return response
