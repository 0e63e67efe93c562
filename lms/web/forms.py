"""Questions as pages show them, and reading what a browser sent: small helpers without a decision in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from flask import abort, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from courses.questions.base import Answer, Grade, Payload, Question

Found = TypeVar("Found")

CHOOSE = "choose"
"""The button that makes a choice in a scenario: other buttons of the same form leave a ticked choice alone, since what
was done is not undone."""
SECRET = frozenset({"password", "old", "new", "again", "confirm_password"})
"""The fields of all forms that hold a password: no page keeps or shows what was typed there."""
LONGEST_PATH = 200
"""Steps of a scenario that are read; no scenario has a way that long."""


@dataclass(frozen=True, slots=True)
class Check:
    """A question as a page shows it: unanswered with its payload alone, answered with its grade as well."""

    payload: Payload
    url: str
    answer: Answer | None = None
    grade: Grade | None = None
    version: str = ""


def found(thing: Found | None) -> Found:
    """The thing, or the page that says that there is nothing here."""
    if thing is None:
        abort(404)
    return thing


def safe_next(default: str) -> str:
    """The local address that the form or the query asks to go on to, or `default`."""
    target = request.values.get("next", "")
    return target.rstrip("?") if local(target) else default


def local(target: str) -> bool:
    """Whether an address leads to this server and nowhere else."""
    inside = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return inside and target.isprintable()


def day(text: str) -> date | None:
    """The day written as YYYY-MM-DD; None for an empty or impossible one."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def is_fetch() -> bool:
    """Whether a script of ours asks, and wants a fragment instead of a page."""
    return request.headers.get("X-Requested-With") == "fetch"


def answer(asked: Payload, form: MultiDict[str, str]) -> Answer | None:
    """The answer to a question as the fields of `macros/question.html` give it; None where nothing was answered.
    Whether the ids make sense is for the question's grade() to say."""
    match asked.shape:
        case "id":
            return form.get("answer", "")[:64] or None
        case "ids":
            return sorted({value[:64] for value in form.getlist("answer")[:100]}) or None
        case "places":
            placed = sorted((int(v), k.removeprefix("place-")) for k, v in _filled(form, "place-") if v.isdecimal())
            distinct = len({place for place, _ in placed}) == len(placed)
            return [id for _, id in placed] if placed and distinct else None
        case "slots":
            return {key.removeprefix("slot-"): value for key, value in _filled(form, "slot-")} or None
        case "text":  # a browser sends every line end as two characters and counts it as one
            return form.get("answer", "").replace("\r\n", "\n").strip()[: asked.limit] or None
        case "path":
            path = [value[:64] for value in form.getlist("path")[:LONGEST_PATH]]
            chosen = form.get("answer", "")[:64] if CHOOSE in form else ""
            return [*path, chosen] if chosen else path or None


def refusal(question: Question, given: Answer | None) -> str:
    """Why the answer that was sent to a check is not marked, in words; "" where it is."""
    if given is None or (CHOOSE in request.form and "answer" not in request.form):
        return _("Nothing was chosen. Choose an answer, then check it again.")
    if not question.readable(given):
        return _(
            "“%(answer)s” is not a number, so it was not marked. Use digits; you can leave out the unit.", answer=given
        )
    return ""


def _filled(form: MultiDict[str, str], prefix: str) -> list[tuple[str, str]]:
    fields = [(key[:80], value.strip()[:500]) for key, value in form.items() if key.startswith(prefix)]
    return [(key, value) for key, value in fields if value][:100]
