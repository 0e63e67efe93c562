"""Categorise: each item goes into one of two or more categories.

Partial credit is the share of the items put into their category, as by the response template `map_response` of IMS QTI
2.2 with equal weights.

The browser knows items and categories by made ids (`base.concealed`), since an author calls an item by what it is, and
that is its category. Items stand in an order drawn by lot, or by those ids: authors list items by category.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from courses.model import Frozen, Slug
from courses.questions.base import (
    ANY,
    Grade,
    Mistake,
    Option,
    OptionalPassage,
    Part,
    Payload,
    Question,
    Slot,
    Text,
    arranged,
    concealed,
    doubled,
    filled_slots,
)
from courses.vocabulary import Vocabulary


class Category(Frozen):
    """A category."""

    id: Slug
    text: Text


class Item(Frozen):
    """An item, the id of its category, and why."""

    id: Slug
    text: Text
    category: str
    """The id of the category that it belongs to."""
    why: OptionalPassage = ""


class Categorise(Question):
    """The answer maps the id of each item's slot to the id of an option."""

    type: Literal["categorise"]
    categories: Annotated[tuple[Category, ...], Field(min_length=2)]
    """What the items are put into."""
    items: Annotated[tuple[Item, ...], Field(min_length=2)]
    """Each with the id of the category it belongs to."""

    def option_id(self, id: str) -> str:
        """The id under which the browser knows the category with the id `id`."""
        return concealed(self.id, "category", id)

    def slot_id(self, id: str) -> str:
        """The id under which the browser knows the item with the id `id`."""
        return concealed(self.id, "item", id)

    def mistakes(self) -> Iterator[Mistake]:
        yield from doubled(self.categories, ("categories",), "categories")
        yield from doubled(self.items, ("items",), "items")
        known = {category.id for category in self.categories}
        names = Vocabulary(category.id for category in self.categories)
        for place, item in enumerate(self.items):
            if item.category not in known:
                yield Mistake(
                    ("items", place, "category"),
                    "unknown-category",
                    f"There is no category `{item.category}`.",
                    names.hint(item.category),
                    rests_on=(("categories", ANY, "id"),),
                )
        seen: set[str] = set()
        for place, category in enumerate(self.categories):
            if category.text in seen:
                yield Mistake(
                    ("categories", place, "text"),
                    "doubled-text",
                    f"Two categories are called “{category.text}”, so nobody can tell them apart.",
                    "Word one of them differently, or join them.",
                    rests_on=(),
                )
            seen.add(category.text)

    def order(self, rng: Random) -> tuple[str, ...]:
        """The ids are those of the items' slots; categories stand in the author's order."""
        ids = [self.slot_id(item.id) for item in self.items]
        return tuple(rng.sample(ids, len(ids)))

    def payload(self, order: Sequence[str] = (), answer: object = None) -> Payload:  # noqa: ARG002
        """As of every question, but items that `order` does not name stand by their ids."""
        options = tuple(Option(self.option_id(category.id), category.text) for category in self.categories)
        texts = {self.slot_id(item.id): item.text for item in self.items}
        slots = tuple(Slot(id, texts[id], options) for id in arranged(sorted(texts), order))
        return Payload(self.id, self.type, self.stem, slots=slots, shape="slots")

    def grade(self, answer: object) -> Grade:
        given = filled_slots(answer, (self.slot_id(item.id) for item in self.items))
        texts = {self.option_id(category.id): category.text for category in self.categories}
        parts = []
        for item in self.items:
            id, key = self.slot_id(item.id), self.option_id(item.category)
            parts.append(
                Part(
                    id=id,
                    text=item.text,
                    chosen=given[id] in texts,
                    right=given[id] == key,
                    given=texts.get(given[id], ""),
                    expected=texts.get(key, ""),
                    why=item.why,
                )
            )
        return Grade(sum(part.right for part in parts) / len(parts), tuple(parts))
