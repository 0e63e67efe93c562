"""A YAML file as its entries, and the texts of each, of a file and of its translation.

An entry is what has an id of its own (a question, an objective, a topic, a term), or the file's own texts (a course's
title and summary). A translation has the same ids, only the texts, and in `from` the hash of all the texts that it was
made from. A question is translated as a whole: half of one would ask in two languages at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel

from courses.problems import Problem
from courses.questions import TYPES
from courses.source import Document, Spot, Value, Where
from courses.translate.segments import DIGITS, Hashes

Spec = Mapping[str, Any]
"""The texts of something: None by each key that holds one, a Spec by each that holds more keys or a list of such."""
Key = tuple[str, ...]
"""Where a text stands within its entry: keys, and of things in a list their ids, or their places if they have none."""

_TITLE: Spec = {"title": None}
FILES: dict[str, tuple[Spec, dict[str, Spec]]] = {
    # kind of file: the file's own texts, and its lists of entries
    "course": ({"title": None, "summary": None}, {"objectives": {"text": None}}),
    "quiz": (_TITLE, {}),
    "programme": (
        _TITLE,
        {
            "topics": _TITLE,
            "countries": _TITLE,
            "audiences": _TITLE,
            "skills": _TITLE,
            "paths": {"title": None, "summary": None},
        },
    ),
    "needs-assessment": (
        {"title": None, "introduction": None},
        {"asks": {"text": None, "scale": {"text": None}}, "topics": {"text": None}, "skills": {"text": None}},
    ),
}
"""The texts of each kind of file that has any."""
GLOSSARY: Spec = {"term": None, "definition": None}
_FROM = re.compile(r"([0-9a-f]{8,64})(?: +(stale))?")


class Leaf(NamedTuple):
    """A text, or the words that are accepted as an answer, and the path to it in its file."""

    at: Where
    value: str | list[str]

    @property
    def text(self) -> str:
        """The text; words stand on lines of their own."""
        return self.value if isinstance(self.value, str) else "\n".join(self.value)


@dataclass(slots=True)
class Entry:
    """An entry of the source: its id after the key of its list, such as `objectives/know` ("" for the file's own
    texts), the path to it, what texts it may have, and those that it has."""

    id: str
    at: Where
    spec: Spec
    leaves: dict[Key, Leaf] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """The hash of all its texts, in whatever order and however broken into lines."""
        texts = sorted((key, " ".join(leaf.text.split())) for key, leaf in self.leaves.items())
        return sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()[:DIGITS]


@dataclass(slots=True)
class Translated:
    """The translation of an entry: the entry, the path to its translation (None: there is none), the texts that are
    there, and whether the source has changed since."""

    entry: Entry
    at: Where | None = None
    leaves: dict[Key, Leaf] = field(default_factory=dict)
    stale: bool = False

    @property
    def whole(self) -> bool:
        """Whether every text is there."""
        return bool(self.entry.leaves) and self.leaves.keys() >= self.entry.leaves.keys()


def spec_of(model: type[BaseModel]) -> Spec:
    """The texts that a model's fields hold: those in Markdown, and words that are typed."""
    found: dict[str, Any] = {}
    for name, one in model.model_fields.items():
        if "markdown" in one.metadata or "typed" in one.metadata or _is_typed(one.annotation):
            found[name] = None
        elif (inner := _model(one.annotation)) and (spec := spec_of(inner)):
            found[name] = spec
    return found


def _is_typed(annotation: Any) -> bool:
    if "typed" in getattr(annotation, "__metadata__", ()):
        return True
    return any(_is_typed(part) for part in get_args(annotation))


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model(part))), None)


QUESTIONS: dict[str, Spec] = {name: spec_of(model) for name, model in TYPES.items()}
"""The texts of each type of question."""


def lists_of(kind: str) -> tuple[str, ...]:
    """The keys of a file of this kind that hold lists of entries, beside the file's own texts."""
    return tuple(FILES.get(kind, ({}, {}))[1])


def entries(kind: str, data: Value) -> list[Entry]:
    """The entries of a file of this kind (`course`, `quiz`, `bank`, `programme` …) that have texts."""
    found = []
    own, lists = FILES.get(kind, ({}, {}))
    if own and isinstance(data, dict):
        found.append(Entry("", (), own, dict(_leaves(data, own, ()))))
    for name, spec in lists.items():
        items = data.get(name) if isinstance(data, dict) else None
        found += _listed(items, spec, (name,), f"{name}/")
    if kind in ("bank", "glossary"):
        found += _listed(data, GLOSSARY if kind == "glossary" else None, (), "")
    return [entry for entry in found if entry.leaves]


def _listed(items: Value, spec: Spec | None, at: Where, prefix: str) -> Iterator[Entry]:
    """The entries of a list; without a `spec` they are questions."""
    for place, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            texts = QUESTIONS.get(str(item.get("type")), {}) if spec is None else spec
            path = (*at, place)
            yield Entry(prefix + item["id"], path, texts, dict(_leaves(item, texts, path)))


def _leaves(value: Value, spec: Spec, at: Where, key: Key = ()) -> Iterator[tuple[Key, Leaf]]:
    if isinstance(value, list):
        for place, item in enumerate(value):
            if isinstance(item, dict):
                yield from _leaves(item, spec, (*at, place), (*key, step_of(item, place)))
    elif isinstance(value, dict):
        for name, inner in spec.items():
            held = value.get(name)
            if inner is not None:
                yield from _leaves(held, inner, (*at, name), (*key, name))
            elif isinstance(held, str) or (isinstance(held, list) and held and _are_words(held)):
                yield (*key, name), Leaf((*at, name), held)


def step_of(item: dict[str, Value], place: int) -> str:
    """What names a thing in a list: its id, or its place counted from 1."""
    id = item.get("id")
    return id if isinstance(id, str) else str(place + 1)


def _are_words(value: list[Value]) -> bool:
    return all(isinstance(word, str) for word in value)


# ── the translation ────────────────────────────────────────────────────────────────────────────────────────────────


def translated(source: list[Entry], kind: str, document: Document, right: bool = True) -> list[Translated]:
    """The translation of each of the source's entries that the document holds; what is wrong with it is added to the
    document's problems. `kind` is that of both files. `right`: whether the source has no error; what one that has any
    seems to lack is held against no translation."""
    found = {entry.id: Translated(entry) for entry in source}
    for id, at, value in _written(kind, document):
        one = found.get(id)
        name = id.rpartition("/")[2]
        if one is None or one.at is not None:
            twice = one is not None
            if not twice and not right:
                continue
            message = f"`{name}` is translated twice." if twice else f"The source has no `{name}` to translate."
            hint = "Delete one of them." if twice else "Correct the id, or delete this entry."
            _tell(document, (*at, "id"), "translation-id", message, hint)
            continue
        one.at = at
        one.stale = _is_stale(document, at, value, one.entry)
        one.leaves = dict(_leaves(value, one.entry.spec, at))
        if right:
            _judge(document, one, value)
    return list(found.values())


def _written(kind: str, document: Document) -> Iterator[tuple[str, Where, dict[str, Value]]]:
    """Each entry of a translation with its id and its path."""
    data = document.data
    own, lists = FILES.get(kind, ({}, {}))
    if data is None:
        return
    if not isinstance(data, dict if own else list):
        if not document.broken:
            what = "keys with values" if own else "a list of entries, each beginning with `- id:`"
            _tell(document, (), "wrong-type", f"The file must hold {what}.", "Write it as the source does.")
        return
    parts: list[tuple[str, Value]] = [("", data)]
    if isinstance(data, dict):
        mine = {name: value for name, value in data.items() if name not in lists}
        if mine:
            yield "", (), mine
        parts = [(name, data.get(name)) for name in lists]
    for name, items in parts:
        at: Where = (name,) if name else ()
        for place, item in enumerate(items if isinstance(items, list) else ()):
            path = (*at, place)
            if not isinstance(item, dict) or not isinstance(item.get("id"), str):
                message = "An entry of a translation has the id of what it translates."
                _tell(document, path, "translation-id", message, "Begin it with `id:`, as the source does.")
            else:
                yield (f"{name}/" if name else "") + item["id"], path, item


def _is_stale(document: Document, at: Where, value: dict[str, Value], entry: Entry) -> bool:
    written = value.get("from")
    match = _FROM.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        message = "`from` must be the hash of the texts that this was translated from."
        if "from" not in value:
            message = "The key `from` is missing: the hash of the texts that this was translated from."
        hint = f"Write `from: {entry.hash}` if this translates the texts as they are now."
        _tell(document, (*at, "from"), "translation-from", message, hint)
        return True
    if match[1] != entry.hash and Hashes([entry.hash]).meant(match[1]):
        message = "`from` is not the hash of what this translates, but very like it."
        _tell(document, (*at, "from"), "translation-from", message, f"Did you mean `{entry.hash}`?")
    return match[2] is not None or match[1] != entry.hash


def _judge(document: Document, one: Translated, value: dict[str, Value]) -> None:
    """Add what is wrong with the keys and texts of a translation."""
    for at, name in _strange(value, one.entry.spec, one.at or (), ("id", "from")):
        message = f"A translation has no key `{name}`: it takes all but texts from the source."
        place = document.key_place((*at, name))
        document.problems.append(
            Problem(document.source.file, *place, "error", "translation-key", message, "Delete it.")
        )
    known = {key[:length] for key in one.entry.leaves for length in range(len(key) + 1)}
    told: set[Key] = set()
    for key, leaf in list(one.leaves.items()):
        original = one.entry.leaves.get(key)
        if original is None:
            unknown = next((key[:length] for length in range(1, len(key)) if key[:length] not in known), key)
            if unknown not in told:
                message = f"The source has no text at `{'.'.join(key)}`: it knows no `{unknown[-1]}` here."
                _tell(document, leaf.at, "translation-id", message, "Correct the id or key, or delete this text.")
            told.add(unknown)
        elif isinstance(original.value, str) is not isinstance(leaf.value, str):
            kind = "text" if isinstance(original.value, str) else "a list of words"
            _tell(document, leaf.at, "wrong-type", f"`{key[-1]}` must be {kind}, as in the source.", "")
        else:
            continue
        del one.leaves[key]
    if one.leaves and not one.whole:
        missing = next(key for key in one.entry.leaves if key not in one.leaves)
        more = len(one.entry.leaves) - len(one.leaves)
        message = f"`{'.'.join(missing)}` is not translated."
        if more > 1:
            message = f"{more} texts are not translated, `{'.'.join(missing)}` being the first."
        hint = "What is not translated as a whole is shown in the language of the source."
        place = document.place(one.at or ())
        problem = Problem(document.source.file, *place, "advice", "translation-partial", message, hint)
        document.problems.append(problem)


def _strange(value: Value, spec: Spec, at: Where, allowed: tuple[str, ...]) -> Iterator[tuple[Where, str]]:
    """The keys of a translation that hold no text of the source."""
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from _strange(item, spec, (*at, place), ("id",))
    elif isinstance(value, dict):
        for name, held in value.items():
            if name not in spec and name not in allowed:
                yield at, name
            elif spec.get(name) is not None:
                yield from _strange(held, spec[name], (*at, name), ())


def _tell(document: Document, at: Where, code: str, message: str, hint: str) -> None:
    document.problems.append(Problem(document.source.file, *document.place(at), "error", code, message, hint))


class Woven(Document):
    """The source's document with the texts of whole translations in their places. Places are those of the translation:
    of an entry, where it begins there."""

    def __init__(self, source: Document, translation: Document, found: list[Translated]) -> None:
        """Weave the texts of the entries in `found` into the source's values."""
        self.source = translation.source
        self.problems: list[Problem] = []
        self.broken = False
        self.data = deepcopy(source.data)
        self._spots: dict[Where, Spot] = {(): translation.spot(())}
        for one in found:
            if one.at is None:
                continue
            self._spots[one.entry.at] = translation.spot(one.at)
            for key, leaf in one.leaves.items():
                at = one.entry.leaves[key].at
                self._put(at, leaf.value)
                self._spots[at] = translation.spot(leaf.at)
                if isinstance(leaf.value, list):
                    for place in range(len(leaf.value)):
                        self._spots[*at, place] = translation.spot((*leaf.at, place))

    def spot(self, path: Where) -> Spot:
        """The spot in the translation, as that of a value without a key."""
        while path not in self._spots:
            path = path[:-1]
        spot = self._spots[path]
        return spot._replace(key=spot.start)

    def _put(self, at: Where, value: Value) -> None:
        inner = self.at(at[:-1])
        inner[at[-1]] = value
