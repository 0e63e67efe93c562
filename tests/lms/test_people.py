"""How people are found by name."""

from __future__ import annotations

import pytest

from lms.names import SEARCH_LENGTH, fold, searched


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Đorđe", "djordje"),
        ("Ђорђе", "Djordje"),
        ("Ѓорѓи Ќосев", "gjorgji kjosev"),
        ("Žarko Šćekić", "zarko scekic"),
        ("Çelë", "cele"),
        ("Đorđe", "dorde"),
        ("Ђорђе", "dorde"),
        ("Ќосевски", "kosevski"),
        ("Ќосевски", "kjosevski"),
        ("Işık", "ışık"),
        ("Işık", "isik"),
        ("Łukasz", "lukasz"),
        ("O'Brien", "obrien"),
        ("O’Brien", "o'brien"),
        ("Petrović-Kovač", "petrovic-kovac"),
        ("Петровић–Ковач", "Petrovic Kovac"),
        ("Његош", "njegos"),
        ("Søren", "soren"),
    ],
)
def test_scripts_and_diacritics_meet(written: str, typed: str) -> None:
    assert fold(written) == fold(typed)


def test_what_people_are_searched_by_fits_its_column() -> None:
    assert len(searched("ﷺ" * 200, "a" * 254)) == SEARCH_LENGTH
