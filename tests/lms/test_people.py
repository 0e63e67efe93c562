"""How people are found by name."""

from __future__ import annotations

import pytest

from lms.records.people import fold


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Đorđe", "djordje"),
        ("Ђорђе", "Djordje"),
        ("Ѓорѓи Ќосев", "gjorgji kjosev"),
        ("Žarko Šćekić", "zarko scekic"),
        ("Çelë", "cele"),
    ],
)
def test_scripts_and_diacritics_meet(written: str, typed: str) -> None:
    assert fold(written) == fold(typed)
