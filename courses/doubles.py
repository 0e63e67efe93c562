"""Documents that stand twice in sources.yaml, under two keys.

Title, publisher, number and address are compared without regard to case, marks and spaces. What is the same is not
always the same document: an official gazette prints several laws under one number, a treaty collection several
treaties in one volume, a portal lists documents under one address, four countries have a Law on Foreigners, and an act
is amended under its old title. So:

    same                                    numbers differ      numbers are the same, or one is missing
    title, publisher and year               advice              error
    title (or its beginning) and number     -                   error
    title (or its beginning) and address    nothing             error
    title and year                          nothing             advice
    number alone, address alone             nothing             advice

Advice can be switched off by an author who looked. An entry whose title, number and address all differ from those of
another is not told of, even where a reader would see that they are one document.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple
from urllib.parse import urlsplit

_NAMES = frozenset(("no", "nos", "nr", "number", "vol", "p", "pp", "page"))
"""Words of a number that only say what the digits are."""
_WORDS = re.compile(r"\w+")


class Double(NamedTuple):
    """An entry that is, or (not `certain`) may be, the same document as an earlier one; `same`: what they share."""

    key: str
    earlier: str
    certain: bool
    same: str


class _Entry(NamedTuple):
    title: str
    publisher: str
    year: int
    number: str
    address: str


def doubles(sources: Mapping[str, Mapping[str, object]]) -> Iterator[Double]:
    """The doubles among the sources, whose fields stand under their keys in the order of the file: each entry once,
    with the first earlier one that it certainly is, or else may be."""
    seen: dict[tuple[str, str], list[str]] = defaultdict(list)
    entries: dict[str, _Entry] = {}
    for key, fields in sources.items():
        entry = entries[key] = _entry(fields)
        traits = [(name, getattr(entry, name)) for name in ("title", "number", "address") if getattr(entry, name)]
        alike = dict.fromkeys(chain.from_iterable(seen[trait] for trait in traits))
        found = [(other, *verdict) for other in alike if (verdict := _verdict(entries[other], entry))]
        if found:
            yield Double(key, *min(found, key=lambda each: not each[1]))
        for trait in traits:
            seen[trait].append(key)


def _entry(fields: Mapping[str, object]) -> _Entry:
    title, publisher, number, address = (str(fields[name]) for name in ("title", "publisher", "number", "url"))
    digits = (word.lstrip("0") for word in _words(number) if word not in _NAMES)
    return _Entry(
        _joined(_words(title)), _joined(_words(publisher)), int(str(fields["year"])), _joined(digits), _address(address)
    )


def _words(text: str) -> list[str]:
    """The words of the text, without case and diacritics."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    if not apart.isascii():
        apart = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return _WORDS.findall(apart)


def _joined(words: Iterable[str]) -> str:
    return " ".join(words)


def _address(url: str) -> str:
    """The address without what leads to the same page: scheme, `www.`, a slash at the end."""
    parts = urlsplit(url)
    rest = url.partition("//")[2].partition("/")[2]
    return f"{parts.netloc.lower().removeprefix('www.')}/{rest}".rstrip("/") if url else ""


class _Verdict(NamedTuple):
    certain: bool
    same: str


def _verdict(one: _Entry, two: _Entry) -> _Verdict | None:
    """Whether the entries are certainly the same document, and what they share; None for two documents."""
    number, address = one.number == two.number != "", one.address == two.address != ""
    together = (one.publisher, one.year) == (two.publisher, two.year)
    if one.number and two.number and not number:  # of one act under one title, one number may be written in two ways
        return _Verdict(False, "title") if one.title == two.title and together else None
    longer, shorter = (one.title, two.title) if len(one.title) > len(two.title) else (two.title, one.title)
    if (number or address) and f"{longer} ".startswith(f"{shorter} "):
        return _Verdict(True, "title")
    if one.title == two.title:
        return _Verdict(together, "title") if one.year == two.year else None
    shared = "number" if number else "address" if address else ""
    return _Verdict(False, shared) if shared else None
