"""The words of an item that somebody looks at who does not know the answer."""

from __future__ import annotations

import re
from html import unescape

from courses.plain import without_maths

HEDGES = {
    "en": (
        "usually",
        "normally",
        "generally",
        "often",
        "sometimes",
        "mostly",
        "typically",
        "frequently",
        "rarely",
        "in general",
        "in principle",
        "in most cases",
        "in some cases",
        "as a rule",
        "as far as",
        "as long as",
        "may",
        "might",
        "can",
        "could",
        "should",
        "some",
        "most",
        "many",
        "likely",
        "possible",
        "possibly",
        "probably",
        "perhaps",
        "reasonable",
        "reasonably",
        "appropriate",
        "necessary",
        "relevant",
        "at least",
        "in part",
        "partly",
        "unless",
        "if",
        "except",
        "where possible",
        "provided that",
        "depending on",
        "depends on",
        "tends to",
        "subject to",
    ),
}
"""By language: words that make a statement hold in fewer cases, as careful authors write them into what is right."""

ABSOLUTES = {
    "en": (
        "always",
        "never",
        "all",
        "every",
        "everyone",
        "everybody",
        "everything",
        "none",
        "nobody",
        "no",
        "nothing",
        "only",
        "solely",
        "exclusively",
        "alone",
        "entirely",
        "completely",
        "fully",
        "totally",
        "automatically",
        "any",
        "must",
        "cannot",
        "whatever",
        "whenever",
        "in any case",
        "in every case",
        "in all cases",
        "at once",
        "immediately",
        "without exception",
        "under no circumstances",
        "impossible",
        "certain",
        "certainly",
    ),
}
"""By language: words that leave no exception, as careless authors write them into what is wrong. They and the hedges
are the "specific determiners" of J. Millman, C. H. Bishop and R. Ebel, "An analysis of test-wiseness", Educational and
Psychological Measurement 25 (1965), 707-726."""

_ENGLISH = """
about above after against also another answer because been before being below between both case complete correct
description does done during each following from gaps have here into itself just kind made make match more must next
other over place right same should situation statement statements step steps such than that their them then there
these they thing this those through true under until upon very want were what when where which while whom whose will
with within would wrong your
"""
_COMMON = {"en": frozenset(_ENGLISH.split())}
"""By language: words that say nothing of what an item is about."""

SHORTEST = 4
"""Letters from which on a word may say what an item is about."""
ROOT = 6
"""Letters by which words are held against each other, so that *smuggling* and *smuggled* are the same."""

_CITATION = re.compile(r'<span class="citation">.*?</span>', re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def plain(html: str) -> str:
    """The text of compiled HTML as one reads it, without citations: they are links, not what is said."""
    return " ".join(unescape(_TAG.sub("", _CITATION.sub("", without_maths(html)))).split())


def count(text: str, listed: tuple[str, ...]) -> int:
    """How many of the listed words and phrases stand in the plain text, each as often as it does."""
    if not listed:
        return 0
    longest_first = "|".join(re.escape(word) for word in sorted(listed, key=len, reverse=True))
    return len(re.findall(rf"(?<![\w-])(?:{longest_first})(?![\w-])", text, re.IGNORECASE))


def roots(text: str, language: str) -> frozenset[str]:
    """What the plain text is about: its words of at least SHORTEST letters, without common ones, each cut to ROOT
    letters."""
    common = _COMMON.get(language, frozenset())
    words = (word.lower() for word in _WORD.findall(text))
    return frozenset(word[:ROOT] for word in words if len(word) >= SHORTEST and word not in common)
