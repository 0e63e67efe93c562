"""The pages of the preview. Nothing that is done on them is stored: an answer is graded, shown, and forgotten."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any, cast

from flask import Flask, Response, g, redirect, render_template, request, send_file, url_for
from werkzeug.exceptions import NotFound

from courses.model import Lesson, Quiz
from lms import i18n
from lms.preview import eyes as as_whom
from lms.preview import live, places, questions, wrong
from lms.preview.desk import CourseText, Text
from lms.preview.eyes import Eyes
from lms.web.forms import found
from lms.web.headers import MEDIA_POLICY


def _course(id: str) -> CourseText:
    return found(as_whom.course(id))


def _text(texts: tuple[Text, ...], id: str) -> Text:
    return found(next((text for text in texts if text.id == id), None))


# ── the pages ──────────────────────────────────────────────────────────────────────────────────────────────────────


def index() -> str:
    """The courses of the folder."""
    courses = [_course(id) for id in as_whom.now().courses]
    return _page("preview/index.html", "", courses=courses, shared=as_whom.now().problems)


def course(course_id: str) -> str:
    """A course: what course.yaml says, and all its files."""
    shown = _course(course_id)
    programme = as_whom.programme()
    audiences = as_whom.titles(programme.audiences)
    own = {text.unit.file for text in (*shown.lessons, *shown.banks, *shown.quizzes)}
    return _page(
        "preview/course.html",
        course_id,
        course=shown,
        topics=as_whom.titles(programme.topics),
        audience=[audiences.get(id, id) for id in shown.keys.get("audience", ())],
        before=[one.title if (one := as_whom.course(id)) else id for id in shown.keys.get("prerequisites", ())],
        problems=[problem for problem in shown.problems if problem.file not in own],
        types={bank.id: Counter(question.type for question in shown.items(bank).values()) for bank in shown.banks},
        drawn=Counter(draw["bank"] for quiz in shown.quizzes for draw in (quiz.unit.data or {}).get("draw", ())),
    )


def lesson(course_id: str, text_id: str) -> str:
    """A lesson, as far as it can be read, with what is wrong with it at the block concerned."""
    shown = _course(course_id)
    text = _text(shown.lessons, text_id)
    compiled = shown.lesson(text)
    problems = shown.problems_of(text.unit.file)
    blocks = places.in_lesson(compiled.blocks if compiled else (), text.unit, problems, wrong.html)
    named = compiled.objectives if compiled else ()
    listed = [one for one in shown.lessons if one.listed]
    place = listed.index(text) if text in listed else None
    return _page(
        "preview/lesson.html",
        course_id,
        course=shown,
        text=text,
        lesson=compiled,
        blocks=blocks,
        checks={id: questions.item(shown, id) for id in (compiled.checks if compiled else ())},
        sources=_sources(compiled),
        objectives=[each for each in shown.keys.get("objectives", ()) if each["id"] in named],
        before=listed[place - 1] if place else None,
        after=listed[place + 1] if place is not None and place + 1 < len(listed) else None,
    )


def bank(course_id: str, text_id: str) -> str:
    """A bank: each question as a trainee gets it."""
    shown = _course(course_id)
    text = _text(shown.banks, text_id)
    above = places.by_question(text.unit, shown.problems_of(text.unit.file)).get("", [])
    items = [questions.item(shown, id, text) for id in text.questions]
    return _page("preview/bank.html", course_id, course=shown, text=text, items=items, problems=above)


def quiz(course_id: str, text_id: str) -> str:
    """A quiz: its rules, and questions drawn as an attempt would draw them. Each lot (`final`, `final.2`, …) is another
    drawing, and always the same one."""
    id, _, number = text_id.partition(".")
    lot = int(number) if number.isdecimal() and len(number) < 6 else 1
    shown = _course(course_id)
    text = _text(shown.quizzes, id)
    rules = shown.quiz(text)
    drawn = _drawn(shown, rules, Random(f"{id}.{lot}")) if rules else []  # noqa: S311 - anybody may foretell a preview
    return _page(
        "preview/quiz.html",
        course_id,
        course=shown,
        text=text,
        quiz=rules,
        problems=shown.problems_of(text.unit.file),
        required=(shown.keys.get("completion") or {}).get("quizzes", {}).get(id),
        items=[questions.item(shown, question) for question in drawn],
        another=_url("quiz", course_id, f"{id}.{lot + 1}"),
    )


def _drawn(shown: CourseText, rules: Quiz, rng: Random) -> list[str]:
    """The ids of the questions that an attempt might get; fewer than the rules ask for where a bank has fewer."""
    drawn: list[str] = []
    for draw in rules.draw:
        of = next((bank for bank in shown.banks if bank.id == draw.bank), None)
        pool = [id for id in shown.items(of) if id not in drawn] if of else []
        drawn += rng.sample(pool, min(draw.count, len(pool)))
    if rules.shuffle:
        rng.shuffle(drawn)
    return drawn


# ── what all pages share ───────────────────────────────────────────────────────────────────────────────────────────


def _page(template: str, course_id: str, **names: Any) -> str:
    now = as_whom.now()
    heaps = wrong.heaps(now, course_id)
    counts = Counter(problem.severity for heap in heaps for problem in heap.problems)
    return render_template(
        template,
        eyes=as_whom.current(),
        countries=as_whom.titles(as_whom.programme().countries),
        languages=i18n.offered(),
        locale=as_whom.tag(),
        heaps=heaps,
        errors=counts["error"],
        advice=counts["advice"],
        here=request.path,
        lang=as_whom.foreign(course_id, names["text"].unit.file if "text" in names else ""),
        **names,
    )


def _url(name: str, course_id: str, text_id: str) -> str:
    return url_for(name, course_id=course_id, text_id=text_id)


def _sources(compiled: Lesson | None) -> list[Any]:
    known = as_whom.now().sources
    return [known[id] for id in (compiled.sources if compiled else ()) if id in known]


def look_url(eyes: Eyes) -> str:
    """The address of this page for other eyes."""
    return url_for(request.endpoint or "index", **(request.view_args or {}), eyes=eyes.path())


def media(course_id: str, name: str) -> Response:
    """A picture of a course."""
    path = found(_course(course_id).media.get(name))
    response = send_file((as_whom.desk().content / path).resolve())
    response.headers["Content-Security-Policy"] = MEDIA_POLICY
    return response


def events() -> Response:
    """The stream that tells an open page of each change."""
    response = Response(live.events(as_whom.desk()), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def missing(_error: NotFound) -> tuple[str, int]:
    """The page of what is not, or not any more: it turns into the page once the file is there."""
    return _page("preview/missing.html", ""), 404


def init_app(app: Flask, default: Eyes) -> None:
    """Register the pages. `default`: as whom one looks who opens the address that the command printed."""
    app.jinja_env.globals.update(anchor=wrong.anchor, excerpt=wrong.excerpt, look_url=look_url, said=wrong.said)
    app.add_url_rule("/", "start", lambda: redirect(url_for("index", eyes=default.path())))
    app.register_error_handler(NotFound, missing)
    app.add_url_rule("/-/events", "events", events)
    rules = (
        ("", "index", index),
        ("/<course_id>", "course", course),
        ("/<course_id>/media/<name>", "media", media),
        ("/<course_id>/lessons/<text_id>", "lesson", questions.answering(lesson, "lessons")),
        ("/<course_id>/banks/<text_id>", "bank", questions.answering(bank, "questions")),
        ("/<course_id>/quizzes/<text_id>", "quiz", questions.answering(quiz, "quizzes")),
    )
    for rule, name, view in rules:
        methods = ["GET", "POST"] if "<text_id>" in rule else ["GET"]
        app.add_url_rule(f"/<eyes>{rule}", name, cast(Any, view), methods=methods)

    @app.url_value_preprocessor
    def look(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.eyes, g.now = default, as_whom.desk().now
        if values and "eyes" in values:
            g.eyes = found(as_whom.read(values.pop("eyes")))

    @app.url_defaults
    def keep_looking(endpoint: str, values: dict[str, Any]) -> None:
        if app.url_map.is_endpoint_expecting(endpoint, "eyes"):
            values.setdefault("eyes", as_whom.current().path())
