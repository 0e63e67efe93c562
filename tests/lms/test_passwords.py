"""Which passwords are refused, wherever one is set, and what is said."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask

from lms import clock
from lms.config import Settings
from lms.learning import operate, passwords
from lms.learning.passwords import Whose
from lms.learning.refusal import Refused

from .conftest import PASSWORD, Visitor, World
from .test_security import link

Visit = Callable[[str], Visitor]

ANA = Whose("Đorđe Jović-Ћирић", "djordje.jovic@mup.example.org", ("Ministry of Interior", "Border Police"))
REFUSED = {
    "password1234": "common",
    "Password1234!": "common",
    "P@ssw0rd1234": "common",
    "пассворд1234": "common",
    "lozinka12345": "common",
    "Лозинка12345": "common",
    "Šifra!123456": "common",
    "qwertyuiop12": "common",
    "administrator": "common",
    "iloveyou2026!": "common",
    "Beograd2026!": "common",
    "123456789012": "common",
    "abcabcabcabc": "small",
    "mnbvcxzlkjhg": "common",
    "23456789abcdefghi": "pattern",
    "djordje.jovic@mup.example.org": "address",
    "DJORDJE.JOVIC@MUP.EXAMPLE.ORG": "address",
    "mup.example.org": "address",
    "Đorđe Jović-Ћирић": "name",
    "DordeJovic2026": "name",
    "ђорђе јовић 1": "name",
    "jovic-ciric-1985": "name",
    "Ministry of Interior": "institution",
    "border_police_1": "institution",
    "Staza2026Staza": "product",
    "staza-staza-staza": "product",
    "стаза 2026 стаза": "product",
}
SAID = {
    "common": "common password",
    "pattern": "easy to guess",
    "name": "your name",
    "address": "e-mail address",
    "institution": "institution’s name",
    "product": "the name Staza",
    "small": "too few different",
}
TAKEN = (
    PASSWORD,
    "four brave words here",
    "konj baterija spajalica",
    "коњ батерија спајалица",
    "g7!kQ2#zP9@w",
    "kali i bardhë mbi urë",
    "Jović never eats green pears",
    "the interior of my lamp is blue",
)


@pytest.mark.parametrize("password", REFUSED)
def test_a_password_that_is_guessed_first_is_refused_with_its_reason(app: Flask, password: str) -> None:
    with pytest.raises(Refused, match=SAID[REFUSED[password]]) as refusal:
        passwords.check(password, ANA)
    assert "words" in str(refusal.value), "what to do instead"


@pytest.mark.parametrize("password", TAKEN)
def test_a_password_of_several_words_is_taken(app: Flask, password: str) -> None:
    passwords.check(password, ANA)


def test_words_about_one_person_are_not_kept_for_the_next(app: Flask) -> None:
    passwords.check("gorgonzola pecorino", Whose())
    with pytest.raises(Refused):
        passwords.check("gorgonzola pecorino", Whose("Gorgonzola Pecorino"))
    passwords.check("gorgonzola pecorino", Whose())


@pytest.mark.parametrize(
    "hostile", ["4@8({[<3691!|1|70$5+7%2" * 8, "aB1$" * 50, "ј" * 3 + "4@8(3691!0$5+7%2xyzabc" * 8]
)
def test_no_password_keeps_the_server_busy(app: Flask, hostile: str) -> None:
    begun = time.process_time()
    with contextlib.suppress(Refused):
        passwords.check(hostile[: passwords.LONGEST], ANA)
    assert time.process_time() - begun < 1.0


def test_a_password_is_asked_about_wherever_one_is_set(
    app: Flask, settings: Settings, world: World, visitor: Visit
) -> None:
    for bad in ("password1234", world.email("trainee"), "Ministry A 2026!", "staza border 1"):
        new = {"new": bad, "again": bad}
        refused = visitor("trainee").post("/profile/password", {"old": PASSWORD, **new})
        assert (refused.status_code, "Choose three or four words" in refused.get_data(as_text=True)) == (422, True), bad
        token = link(settings, world)
        assert visitor("").post(f"/password/{token}", new).status_code == 422, bad
        with pytest.raises(Refused):
            operate.set_password(world.email("trainee"), bad, clock.now())
    visitor("").sign_in("trainee", PASSWORD)


def test_two_at_once_do_not_see_each_other() -> None:
    """zxcvbn's own function keeps the words of its caller where other threads read them."""
    failures: list[str] = []

    def choose(name: str, other: str) -> None:
        for _ in range(20):
            try:
                passwords.check(f"{other} {other[::-1]}xq", Whose(name))
            except Refused:
                failures.append(name)

    threads = [
        threading.Thread(target=choose, args=pair)
        for pair in (("Vukoslavac", "zlatomirka"), ("Zlatomirka", "vukoslavac"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
