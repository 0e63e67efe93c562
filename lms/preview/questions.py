"""Questions as the pages show them: tried out, graded, and forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any, cast

from flask import abort, render_template, request, url_for

from courses.layout import FOLDERS
from courses.problems import Problem
from courses.questions.base import Question, as_asked
from lms.preview import eyes as as_whom
from lms.preview import places
from lms.preview.desk import CourseText, Text
from lms.web import forms
from lms.web.forms import Check, found


@dataclass(frozen=True, slots=True)
class Item:
    """A question on a page: what a trainee gets, and for the author the question itself and what is wrong with it.
    `print` changes when the question does, so that an open page knows whether an answer half given is still one to
    this question. `refusal`: why an answer that was sent is not marked, in words. `lang`: its
    language, where it is not the page's."""

    id: str
    check: Check | None = None
    question: Question | None = None
    problems: tuple[Problem, ...] = ()
    print: str = ""
    refusal: str = ""
    lang: str = ""


def answering(page: Callable[[str, str], str], folder: str) -> Callable[..., str]:
    """The view of a page with questions on it, which shows a file of this folder. An answer comes to the page's own
    address with the question's id in the query, since what the page links to is relative to that address. A script gets
    the question alone; else the page comes with what became of the answer on it."""

    def view(course_id: str, text_id: str) -> str:
        if request.method == "GET" or not forms.is_fetch():
            return page(course_id, text_id)
        shown = found(as_whom.course(course_id))
        one = item(shown, request.args.get("check", ""))
        if one.check is None or one.refusal:
            abort(422)  # the script then sends the form itself, and the page says why
        around = as_whom.foreign(course_id, f"{course_id}/{folder}/{text_id}{FOLDERS[folder][1]}")
        return render_template(
            "lessons/check.html",
            id=one.id,
            check=one.check,
            again_url=request.path,
            lang=one.lang,
            untranslated=one.lang and not around,
            locale=as_whom.tag(),
        )

    return view


def item(shown: CourseText, id: str, bank: Text | None = None) -> Item:
    """The question with this id as it stands on the page asked for: graded, if the page was sent an answer to it.
    `bank`: the bank that it is shown as a part of; None for wherever it is."""
    bank = bank or shown.bank_of(id)
    if bank is None:
        return Item(id)
    question = shown.items(bank).get(id)
    problems = tuple(places.by_question(bank.unit, shown.problems_of(bank.unit.file)).get(id, ()))
    if question is None:
        return Item(id, problems=problems)
    order = question.order(Random(id))  # noqa: S311 - the same at each look, so that the page stays still
    payload, given, grade, refusal = question.payload(order), None, None, ""
    if request.method == "POST" and request.args.get("check") == id:
        given = forms.answer(payload, request.form)
        refusal = forms.refusal(question, given)
    if given is not None:
        payload = question.payload(order, given)
        grade = as_asked(payload, question.grade(given)) if question.finished(given) and not refusal else None
    lang = as_whom.foreign(shown.id, bank.unit.file, id)
    print = sha256(repr(question).encode()).hexdigest()[:12]
    url = url_for(str(request.endpoint), **cast(dict[str, Any], request.view_args), check=id)
    return Item(id, Check(payload, url, given, grade), question, problems, print, refusal, lang)
