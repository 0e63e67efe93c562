"""What is wrong with the texts, in the words and with the places that pages show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import current_app, url_for
from markupsafe import Markup, escape

from courses.problems import Problem
from courses.text import decode
from lms.preview import eyes as as_whom
from lms.preview.desk import CourseText, Snapshot


@dataclass(frozen=True, slots=True)
class Heap:
    """The problems of one file, and the page that shows them."""

    file: str
    url: str
    problems: tuple[Problem, ...]


def heaps(now: Snapshot, only: str) -> list[Heap]:
    """The problems by file: of one course, or of all (""); those of the shared files always."""
    by_file: dict[str, list[Problem]] = {}
    urls: dict[str, str] = {}
    for shown in now.courses.values():
        if only in ("", shown.id):
            urls |= _urls(shown)
            for problem in shown.problems:
                by_file.setdefault(problem.file, []).append(problem)
                urls.setdefault(problem.file, url_for("course", course_id=shown.id))
    for problem in now.problems:
        by_file.setdefault(problem.file, []).append(problem)
        urls[problem.file] = url_for("index")
    return [Heap(file, urls[file], tuple(problems)) for file, problems in sorted(by_file.items())]


def _urls(shown: CourseText) -> dict[str, str]:
    pages = (("lesson", shown.lessons), ("bank", shown.banks), ("quiz", shown.quizzes))
    return {
        text.unit.file: url_for(name, course_id=shown.id, text_id=text.id) for name, texts in pages for text in texts
    }


def anchor(problem: Problem) -> str:
    """The address of the problem on its page."""
    place = f"{problem.file}:{problem.line}:{problem.column}:{problem.code}:{problem.message}"
    return "problem-" + sha256(place.encode()).hexdigest()[:10]


def excerpt(problem: Problem) -> tuple[str, str, str] | None:
    """The line that the problem stands in: what is before the place, the character there, what is after it."""
    path = as_whom.desk().content / problem.file
    if path.suffix not in (".md", ".yaml") or path.is_symlink():
        return None
    try:
        text, _problems = decode(problem.file, path.read_bytes())
    except OSError:
        return None
    lines = text.text.split("\n") if text else []
    line = lines[problem.line - 1] if problem.line <= len(lines) else ""
    at = problem.column - 1
    begin = max(0, at - 60)
    before = ("…" if begin else "") + line[begin:at]
    return (before, line[at : at + 1] or " ", line[at + 1 : at + 60]) if line.strip() else None


def said(text: str) -> Markup:
    """The words of a problem, what is quoted in them set as code."""
    return Markup(re.sub("`(.+?)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped


def html(problem: Problem) -> str:
    macros: Any = current_app.jinja_env.get_template("preview/problem.html").module
    return str(macros.problem(problem))
