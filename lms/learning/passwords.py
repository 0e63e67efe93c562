"""Which passwords may be chosen, and how they are kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _

from lms.learning.refusal import Refused
from lms.names import fold
from lms.records.institutions import Institution
from lms.records.people import Person

SHORTEST = 12
LONGEST = 200
FEWEST_GUESSES = 10**10
"""What zxcvbn's authors call safely unguessable: years of trying against one argon2id hash (D. L. Wheeler, "zxcvbn:
Low-Budget Password Strength Estimation", USENIX Security 2016)."""
READ = 32
"""Characters that are estimated: the time grows with them, and nobody needs more of them to be safe."""
FEWEST_LETTERS = 6
"""Letters that have to be left when the words about the person are taken away."""
SHORTEST_WORD = 3
PRODUCT = ("staza", "стаза", "e-learning")
LOCAL = """
    lozinka sifra fjalekalim fjalekalimi password dobrodosli dobredojde miresevini administrator ministarstvo
    ministerstvo ministria policija policia granica kufiri beograd belgrade srbija podgorica crna gora sarajevo bosna
    skopje makedonija tirana shqiperia prishtina migracije migracija migration komesarijat zdravo volimte
"""
"""Words that somebody tries first here, beside the lists of zxcvbn, which are of English and of leaked passwords."""

_hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106 §4, second recommendation
_NOBODY = _hasher.hash(secrets.token_hex(8))


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose password it is to be: what is known of them may not be all that it consists of."""

    name: str = ""
    email: str = ""
    institutions: tuple[str, ...] = ()

    @classmethod
    def of(cls, person: Person, *at: Institution) -> Whose:
        """A person who works at these."""
        return cls(person.name, person.email, tuple(dict.fromkeys(place.name for place in at)))


def check(password: str, whose: Whose) -> None:
    """Refuse a password that is too short, common, or made of what everybody knows of its owner.

    Length over composition: NIST SP 800-63B §3.1.1.2. Common ones and words of the context: ASVS 5.0, 6.2.4 and 6.2.11.
    """
    if len(password) < SHORTEST:
        raise Refused(
            _("A password needs at least %(count)s characters. Three or four words make a good one.", count=SHORTEST)
        )
    if len(password) > LONGEST:
        raise Refused(_("A password may have at most %(count)s characters.", count=LONGEST))
    if len(set(password)) < 5:
        raise Refused(_("This password uses too few different characters. Three or four words make a good one."))
    words = _words(whose)
    if kind := _made_of(fold(password), words):
        raise Refused(_of_whose(kind))
    if kind := _guessed(password, words):
        raise Refused(_of_whose(kind))


def _words(whose: Whose) -> dict[str, str]:
    """Words about the person → what they are."""
    found = dict.fromkeys(map(fold, PRODUCT), "product")
    for kind, texts in (("institution", whose.institutions), ("address", (whose.email,)), ("name", (whose.name,))):
        for text in texts:
            parts = "".join(c if c.isalnum() else " " for c in fold(text)).split()
            for word in (fold(text), "".join(parts), *parts):
                if len(word) >= SHORTEST_WORD:
                    found[word] = kind
    return found


def _made_of(folded: str, words: Mapping[str, str]) -> str:
    """The kind of words of which the password mostly consists; "" where enough else is left."""
    rest, first = folded, ""
    for word in sorted(words, key=len, reverse=True):
        if word in rest:
            first = first or words[word]
            rest = rest.replace(word, " ")
    return first if sum(map(str.isalpha, rest)) < FEWEST_LETTERS else ""


def _of_whose(kind: str) -> str:
    return {
        "product": _(
            "This password is based on the name Staza. Choose three or four words that don’t belong together."
        ),
        "institution": _(
            "This password is based on your institution’s name. Choose three or four words that don’t belong together."
        ),
        "address": _(
            "This password is based on your e-mail address. Choose three or four words that don’t belong together."
        ),
        "name": _("This password is based on your name. Choose three or four words that don’t belong together."),
        "common": _(
            "This is a common password, and one of the first to be tried. "
            "Choose three or four words that don’t belong together."
        ),
        "pattern": _(
            "This password is easy to guess: it is a pattern, a date or a repetition. "
            "Choose three or four words that don’t belong together."
        ),
    }[kind]


def _guessed(password: str, words: Mapping[str, str]) -> str:
    """Why the password is guessed soon, as it was typed or folded; "" where it is not."""
    for text in dict.fromkeys((password[:READ], fold(password)[:READ])):
        guesses, parts = _estimate(text, tuple(words))
        if guesses < FEWEST_GUESSES:
            return next((words[part] for part in parts if part in words), "common" if parts else "pattern")
    return ""


def _estimate(text: str, words: tuple[str, ...]) -> tuple[float, list[str]]:
    """How many guesses the text takes, and the words of lists that it holds.

    The function `zxcvbn.zxcvbn` keeps the words of its last caller in a table that all threads share; its two parts,
    which it calls, are given a table of our own.
    """
    from zxcvbn import matching, scoring  # loaded when the first password is chosen: its lists take some megabytes

    ours = {word: rank for rank, word in enumerate((*words, *_local()), 1)}
    matches = matching.omnimatch(text, {**matching.RANKED_DICTIONARIES, "user_inputs": ours})
    result = scoring.most_guessable_match_sequence(text, matches)
    parts = [str(match["matched_word"]) for match in result["sequence"] if match["pattern"] == "dictionary"]
    return float(result["guesses"]), parts


@cache
def _local() -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(fold, LOCAL.split())))


def hashed(password: str) -> str:
    """The argon2id hash to store."""
    return _hasher.hash(password)


def verify(password_hash: str, password: str) -> bool:
    """Whether the password is the one of the hash; with "" for a hash, the same time is spent."""
    try:
        return _hasher.verify(password_hash or _NOBODY, password[:LONGEST]) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def has_other_cost(password_hash: str) -> bool:
    """Whether the hash was made at another cost than today's."""
    return _hasher.check_needs_rehash(password_hash)
