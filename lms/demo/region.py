"""The four institutions of the demo region, with units as such institutions have them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """An institution or unit, what stands under it, and its weight among its neighbours: twice as much, twice as many
    people."""

    name: str
    under: tuple[Node, ...]
    weight: int


def _unit(name: str, *under: Node, weight: int = 2) -> Node:
    return Node(name, under, weight)


REGION = {
    "ME": _unit(
        "Ministry of Interior of Montenegro",
        _unit(
            "Border Police Sector",
            _unit("Border Police Bar"),
            _unit("Border Police Pljevlja"),
            _unit("Airport Podgorica"),
            weight=4,
        ),
        _unit("Directorate for Foreigners and Migration", _unit("Asylum Seekers Centre, Spuž"), weight=3),
        _unit("Criminal Police Sector"),
        _unit("Human Resources and Training", weight=1),
    ),
    "BA": _unit(
        "Ministry of Security of Bosnia and Herzegovina",
        _unit(
            "Service for Foreigners' Affairs",
            _unit("Immigration Centre, Lukavica"),
            _unit("Field Office Bihać"),
            _unit("Field Office Tuzla"),
            weight=4,
        ),
        _unit("Border Police", _unit("Field Office West"), _unit("Field Office South"), weight=4),
        _unit("Sector for Asylum"),
        _unit("Sector for Immigration", weight=1),
    ),
    "MK": _unit(
        "Ministry of Interior of North Macedonia",
        _unit(
            "Border Police",
            _unit("Regional Centre South"),
            _unit("Regional Centre North"),
            _unit("Regional Centre East"),
            weight=5,
        ),
        _unit("Sector for Asylum"),
        _unit("Unit against Smuggling and Trafficking"),
        _unit("Reception Centre for Foreigners", weight=1),
        _unit("Training Centre", weight=1),
    ),
    "RS": _unit(
        "Commissariat for Refugees and Migration of the Republic of Serbia",
        _unit(
            "Reception and Accommodation",
            _unit("Reception Centre Preševo"),
            _unit("Reception Centre Šid"),
            _unit("Asylum Centre Krnjača"),
            _unit("Asylum Centre Sjenica"),
            weight=6,
        ),
        _unit("Department for Integration"),
        _unit("Department for Readmission and Return", weight=1),
        _unit("Trustees in the Municipalities"),
        _unit("Office of the Commissioner", weight=1),
    ),
}
"""By country (ISO 3166-1 alpha-2)."""
