"""Texts, days and shares as templates ask for them: the answers of Flask-Babel, kept.

A page with a table asks hundreds of times. Flask-Babel looks for the catalogue at each of them and merges it anew in
each request, and Babel formats the same few days and shares again; that was a third of such a page's time.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, cached_property, lru_cache
from gettext import NullTranslations
from typing import Any

import flask_babel
from babel import Locale
from flask import Flask
from flask_babel import get_locale

from courses.plain import brief, is_block, parted
from lms import shares

KEPT = 5_000
"""Days, and shares, that are kept."""


class Babel(flask_babel.Babel):
    """Flask-Babel with one set of catalogues for all requests."""

    @cached_property
    def domain_instance(self) -> flask_babel.Domain:
        """What holds the catalogues."""
        return flask_babel.Domain(domain=self.domain)


@cache
def _catalogue(_locale: Locale) -> NullTranslations:
    return flask_babel.get_translations()


def _gettext(text: str) -> str:
    return _catalogue(get_locale()).gettext(text)


def _ngettext(one: str, many: str, count: int) -> str:
    return _catalogue(get_locale()).ngettext(one, many, count)


@lru_cache(KEPT)
def _kept_day(value: date, _locale: Locale) -> str:
    return flask_babel.format_date(value, "medium")


@lru_cache(KEPT)
def _kept_percent(value: float, _locale: Locale) -> str:
    return shares.percent(value)


def _day(value: date | datetime | None) -> str:
    if isinstance(value, datetime):
        return flask_babel.format_date(value, "medium")
    return _kept_day(value, get_locale()) if value else ""


def _moment(value: datetime | None) -> str:
    return flask_babel.format_datetime(value, "medium") if value else ""


def _machine(value: datetime) -> str:
    """A moment as HTML's `datetime` attribute takes it: at most three digits of a second."""
    return value.isoformat(timespec="seconds")


def _percent(value: float) -> str:
    return _kept_percent(value, get_locale())


def init_app(app: Flask) -> None:
    """Make gettext and the filters `moment`, `day`, `machine`, `number` and `percent` known to templates; of compiled
    texts the filters `brief` and `parted` and the test `blocks`.

    Comes after Flask-Babel.
    """
    environment: Any = app.jinja_env  # Jinja's extension adds the method
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)
    environment.filters.update(
        moment=_moment,
        day=_day,
        machine=_machine,
        number=flask_babel.format_decimal,
        percent=_percent,
        mark=shares.mark,
    )
    environment.filters.update(brief=brief, parted=parted)
    environment.tests["blocks"] = is_block
