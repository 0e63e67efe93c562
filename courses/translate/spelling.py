"""Questions in the other script of their language."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from courses.script import latin, latin_html
from courses.translate.entries import QUESTIONS, Spec


def latin_bank(ids: set[str], questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The questions (as JSON), of which those with these ids are Serbian, in Latin letters."""
    return [_latin_question(question) if question["id"] in ids else question for question in questions]


def _latin_question(question: dict[str, Any]) -> dict[str, Any]:
    changed = deepcopy(question)
    _convert(changed, QUESTIONS[question["type"]])
    return changed


def _convert(value: Any, spec: Spec) -> None:
    """Convert the texts in the value, in place."""
    if isinstance(value, list):
        for item in value:
            _convert(item, spec)
    elif isinstance(value, dict):
        for name, inner in spec.items():
            held = value.get(name)
            if inner is not None:
                _convert(held, inner)
            elif isinstance(held, str):
                value[name] = latin_html(held)
            elif isinstance(held, list):
                value[name] = [latin(word) for word in held]
