"""What pydantic finds wrong with an author's values, as problems in words for people who write courses."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from courses.problems import Problem
from courses.questions.base import near
from courses.questions.unread import keys_at, model_at
from courses.source import Document, Where, printed_quotes

SLUG_RULE = "it must be lower-case words (a-z, 0-9) joined by single hyphens, at most 64 letters"
_KINDS = {
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
_NUMBER = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?(?:\s*[^\W\d_]+\.?)?")
_SHOWN = 40
"""How many letters of a value are quoted."""
_BOUNDS = {
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
}


def worded(document: Document, model: type[BaseModel], at: Where, found: ErrorDetails) -> Problem:
    """The problem for one of pydantic's errors in the value at `at`, at the place of the value or key concerned."""
    path = (*at, *found["loc"])
    at_its_key = found["type"] == "extra_forbidden" or found["input"] is None
    place = document.key_place(path) if at_its_key else document.place(path)
    code, message, hint = _said(model, path, found)
    if code == "unknown-key":
        hint += printed_quotes(document.source.text, document.source.line_start(place.line) + place.column - 1)
    return Problem(document.source.file, *place, "error", code, message, hint)


def _said(model: type[BaseModel], path: Where, found: ErrorDetails) -> tuple[str, str, str]:
    """Code, message and hint."""
    kind, given = found["type"], found["input"]
    name = next((f"`{step}`" for step in reversed(path) if isinstance(step, str)), "The file")
    if kind == "missing":
        return "missing-key", f"The key {name} is missing.", f"Add `{path[-1]}: …` here."
    if kind == "extra_forbidden":
        return _unknown_key(model, found["loc"], given)
    if given is None:
        return "empty-value", f"{name} is empty.", "Write its value after the colon."
    if kind in _KINDS:
        hint = _form(kind, model, found["loc"], given) if isinstance(given, str) else ""
        return "wrong-type", f"{name} must be {_KINDS[kind]}, not {shown(given)}.", hint
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(found["ctx"]["expected"]))
        return "unknown-value", f"{name} cannot be {shown(given)}.", near(str(given), allowed)
    if kind.startswith("date") or kind == "bad-date":
        message = f"{name} must be a day of the calendar, not {shown(given)}."
        return "bad-date", message, "Write it like `2026-11-21`."
    if kind == "string_pattern_mismatch" and path[-1] == "url":
        return "bad-address", f"{shown(given)} is not an address of the web.", "Begin it with `https://`."
    if kind in ("string_pattern_mismatch", "string_too_long") and path[-1] == "id":
        return "bad-id", f"{shown(given)} is no id: {SLUG_RULE}.", ""
    if "-" in kind:  # raised by a validator of ours
        return kind, f"{name} {found['msg']}, not {shown(given)}.", ""
    return _measured(kind, name, given, found.get("ctx", {})) or ("wrong-type", f"{name}: {found['msg']}.", "")


def _form(kind: str, model: type[BaseModel], loc: Where, given: str) -> str:
    """How what is given as a text is written as what it must be: an example, if one can be made."""
    inner = model_at(model, loc)
    keys = [name for name, one in inner.model_fields.items() if one.is_required()] if inner else []
    keys = keys or (list(inner.model_fields) if inner else [])
    if kind == "tuple_type":
        if given.startswith(("-", "–", "—", "•")):
            return "Begin each entry on a line of its own, with a hyphen and a space: `- `."
        if keys:
            return f"Give each entry a line below it that begins with `- {keys[0]}: …`."
        return f"Write it in brackets: `[{given if len(given) <= _SHOWN else 'one, two'}]`."
    if kind == "model_type" and keys:
        return f"Write its keys in braces: `{{{', '.join(f'{key}: …' for key in keys)}}}`."
    number = _NUMBER.fullmatch(given)
    if number and number[2] and kind.startswith("float"):
        return f"Write it with a point: `{number[1]}.{number[2]}`."
    if number and not number[2] and kind.startswith(("float", "int")):
        return f"Write the number alone: `{number[1]}`."
    return ""


def _measured(kind: str, name: str, given: object, limits: dict[str, Any]) -> tuple[str, str, str] | None:
    """What is too short, too long, too small or too large; None for anything else."""
    if kind == "too_short":
        least = limits["min_length"]
        return "too-few", f"{name} needs at least {least} {'entries' if least > 1 else 'entry'}.", ""
    if kind == "string_too_short":
        return "empty-value", f"{name} is empty.", "Write its text between the quotes."
    if kind == "too_long":
        return "too-many", f"{name} may have at most {limits['max_length']} entries.", ""
    if kind == "string_too_long":
        return "too-long", f"{name} has {len(str(given))} letters; it may have {limits['max_length']}.", ""
    if kind not in _BOUNDS:
        return None
    share = isinstance(given, str) and given.endswith("%")  # written in hundredths, kept as 0..1
    bound = _BOUNDS[kind].format(**{key: 100 * limit if share else limit for key, limit in limits.items()})
    return "out-of-range", f"{name} must be {bound}{'%' * share}, not {shown(given)}.", ""


def _unknown_key(model: type[BaseModel], loc: tuple[str | int, ...], given: object) -> tuple[str, str, str]:
    key = str(loc[-1])
    hint = near(key, keys_at(model, loc[:-1]))
    if ":" in key:
        hint = "A key ends with a colon and a space."
    elif given is None:
        hint = "Inside braces a comma begins a new key: put a text that has one in quotes."
    return "unknown-key", f"There is no key `{key}` here.", hint


def shown(value: object) -> str:
    """The value as a message quotes it."""
    if isinstance(value, str):
        return f"`{value if len(value) <= _SHOWN else value[: _SHOWN - 1] + '…'}`"
    return "a list" if isinstance(value, list) else "keys with values" if isinstance(value, dict) else "nothing"
