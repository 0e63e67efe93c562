"""Days. A day is a day in the time zone of an institution: a moment has no day of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

NOWHERE = "UTC"
"""The time zone where no institution is known."""


def zone_of_country(country: str) -> str:
    """The time zone that an institution of this country begins with (“RS” → “Europe/Belgrade”): the first one that the
    Unicode CLDR lists for it."""
    zones = get_global("territory_zones").get(country) or []
    return next((zone for zone in zones if zone in zones_known()), NOWHERE)


@cache
def zones_known() -> frozenset[str]:
    """The names of all time zones (IANA)."""
    return frozenset(available_timezones())


def zones_offered() -> list[str]:
    """The time zones to choose from."""
    return [NOWHERE, *sorted(zone for zone in zones_known() if zone.startswith("Europe/"))]


def day_of(moment: datetime, zone: str) -> date:
    """The day that it is in a time zone at this moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def start_of(day: date, zone: str) -> datetime:
    """The moment at which a day begins in a time zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
