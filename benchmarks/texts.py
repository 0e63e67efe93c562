"""Made-up courses of any size, and the same lessons as other tools want them.

The text is drawn from a fixed seed, so every run measures the same bytes. A lesson has about 20 KB: headings,
paragraphs with emphasis, links and citations, lists, a table, boxes, country blocks, a picture and checks; each course
has ten lessons, and four questions for each of them. The other tools get all of it: what is a question here is a part
of a page there.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import yaml

LESSONS = 10
"""Lessons of a course."""
QUESTIONS = 4
"""Questions for each lesson."""
SIZE = 20_000
"""Bytes of a lesson."""
SOURCES = 60
_WORDS = """
the a of and to in is that for it as was with be by on not he his but at are this have from or had an they which one
you were all her she there would their we him been has when who will no more if out so up said what its about than into
them can only other time new some could these two may first then do any like my now over such our man even most made
after also did many off before must well back through years much where your way down should because long each just state
those people too how little good world make very year still see own work men day get here old life both between being
under three never know same last another while us might great go come since against right came take used himself few
house use place during without again home around small however found part school general once high upon say every does
border officer person law country protection asylum application interview witness document evidence court decision
authority police reception centre family child guardian risk danger vehicle driver payment route journey smuggler
trafficking victim statement interpreter lawyer record register procedure deadline appeal return transfer agreement
convention protocol article obligation detention measure assessment referral support shelter translation cooperation
"""
WORDS = _WORDS.split()
COURSE = """id: {id}
topic: topic
title: {title}
summary: {summary}
audience: [officers]
hours: 3
objectives:
{objectives}
lessons: [{lessons}]
completion:
  lessons: all
  quizzes: {{final: 80%}}
certificate: {{valid_for: 24 months}}
"""
QUIZ = "title: Final quiz\ndraw:\n  - 8 from bank\nattempts: 3\n"
PROGRAMME = """title: A programme
topics:
  - {id: topic, title: A topic, origin: assessment}
countries:
  - {id: RS, title: Serbia}
  - {id: ME, title: Montenegro}
audiences:
  - {id: officers, title: Officers}
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><path d="M0 20h120"/></svg>\n'


class Author:
    """Writes courses."""

    def __init__(self, seed: int = 2026) -> None:
        self.random = Random(seed)

    def phrase(self, low: int, high: int) -> str:
        """Some words, in plain text."""
        return " ".join(self.random.choices(WORDS, k=self.random.randint(low, high)))

    def sentence(self) -> str:
        """A sentence; some have emphasis, a link or a citation."""
        words = self.random.choices(WORDS, k=self.random.randint(8, 22))
        place = self.random.randrange(len(words))
        kind = self.random.randrange(12)
        if kind == 0:
            words[place] = f"*{words[place]}*"
        elif kind == 1:
            words[place] = f"**{words[place]}**"
        elif kind == 2:
            words[place] = f"[{words[place]}](https://example.org/{words[place]})"
        elif kind == 3:
            words.append(f"[@source-{self.random.randrange(SOURCES)}, art. {self.random.randrange(1, 40)}]")
        return " ".join(words).capitalize() + "."

    def paragraph(self) -> str:
        """A few sentences."""
        return " ".join(self.sentence() for _ in range(self.random.randint(3, 6)))

    def table(self) -> str:
        """A table of three columns."""
        rows = [[self.phrase(2, 6) for _ in range(3)] for _ in range(self.random.randint(4, 8))]
        return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], ["---"] * 3, *rows[1:]])

    def section(self, number: int, others: list[str]) -> str:
        """A heading and what stands under it."""
        box, marker = self.random.choice(("note", "warning", "case")), self.random.choice(("-", "1."))
        parts = [f"## {self.phrase(3, 6).capitalize()} {number}", self.paragraph(), self.paragraph()]
        parts.append("\n".join(f"{marker} {self.sentence()}" for _ in range(self.random.randint(3, 6))))
        if number % 2:
            parts += [self.table(), f"See [the other lesson](lesson:{self.random.choice(others)})."]
        else:
            parts += [f":::{box} {self.phrase(2, 4)}\n{self.paragraph()}\n:::", self.paragraph()]
        if number == 3:
            parts += [f":::country {code}\n{self.paragraph()}\n:::" for code in ("RS", "ME")]
            parts.append("![A route with two stations](media/route.svg)")
        return "\n\n".join(parts)

    def lesson(self, objective: str, others: list[str], checks: list[str]) -> str:
        """A lesson."""
        text = f"---\ntitle: {self.phrase(3, 7).capitalize()}\nobjectives: [{objective}]\nminutes: 90\n---\n"
        number = 0
        while len(text) < SIZE:
            number += 1
            text += self.section(number, others) + "\n\n"
        return text + "\n\n".join(f":::check {check}" for check in checks[:2]) + "\n"

    def question(self, id: str, objective: str) -> str:
        """A question with one right choice or with two."""
        several = self.random.random() < 0.3
        lines = [f"- id: {id}", f"  type: {'multiple-choice' if several else 'single-choice'}"]
        lines += [f"  objective: {objective}", f'  stem: "{self.sentence()[:-1]}?"', "  choices:"]
        right = set(self.random.sample(range(4), 2 if several else 1))
        for place in range(4):
            lines += [f"    - id: choice-{place}", f'      text: "{self.phrase(4, 10).capitalize()}."']
            lines += ["      correct: true"] * (place in right) + [f'      why: "{self.sentence()}"']
        return "\n".join(lines)


def write_content(folder: Path, lessons: int) -> None:
    """Write so many lessons, and all that belongs to them, into the folder, which must not exist."""
    author = Author()
    _write(folder / "programme.yaml", PROGRAMME)
    _write(folder / "sources.yaml", "\n".join(_source(author, number) for number in range(SOURCES)))
    for number in range(0, lessons, LESSONS):
        _write_course(author, folder, f"course-{number // LESSONS:03}", min(LESSONS, lessons - number))


def _write_course(author: Author, folder: Path, id: str, count: int) -> None:
    ids = [f"lesson-{number:02}" for number in range(count)]
    goals = [f"goal-{number}" for number in range(3)]
    questions: list[str] = []
    for number, lesson in enumerate(ids):
        own = [f"question-{number:02}-{place}" for place in range(QUESTIONS)]
        goal = goals[number % 3]
        questions += [author.question(question, goal) for question in own]
        _write(folder / id / "lessons" / f"{lesson}.md", author.lesson(goal, ids, own))
    _write(folder / id / "questions" / "bank.yaml", "\n\n".join(questions) + "\n")
    _write(folder / id / "quizzes" / "final.yaml", QUIZ)
    _write(folder / id / "media" / "route.svg", SVG)
    objectives = "\n".join(f"  - {{id: {goal}, text: {author.phrase(5, 9).capitalize()}.}}" for goal in goals)
    title, summary = author.phrase(3, 6).capitalize(), author.phrase(8, 16).capitalize()
    keys = {"id": id, "title": title, "summary": summary, "objectives": objectives, "lessons": ", ".join(ids)}
    _write(folder / id / "course.yaml", COURSE.format(**keys))


def _source(author: Author, number: int) -> str:
    return (
        f"source-{number}:\n  kind: treaty\n  title: {author.phrase(4, 9).capitalize()}\n"
        f"  short: Source {number}\n  publisher: A publisher\n  year: 2000\n  number: No. {number}\n"
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


# ── the same lessons for others ────────────────────────────────────────────────────────────────────────────────────

_FRONT = re.compile(r"---\n.*?\n---\n", re.DOTALL)
_BOX = re.compile(r"^:::(note|warning|case|country) (.*)\n(.*)\n:::$", re.MULTILINE)
_CHECK = re.compile(r"^:::check .*\n?", re.MULTILINE)


def lessons_of(content: Path) -> list[Path]:
    """The lessons in a content folder."""
    return sorted(content.glob("*/lessons/*.md"))


def markdown_of(lesson: Path) -> str:
    """The Markdown of a lesson, without its front matter."""
    return _FRONT.sub("", lesson.read_text("utf-8"), 1)


def write_mkdocs(content: Path, folder: Path) -> None:
    """The lessons as a project of MkDocs: boxes are admonitions of Python-Markdown, links lead to files, and the
    questions of a course are a page. Its theme and its search are those that it comes with."""
    for lesson in lessons_of(content):
        text = _BOX.sub(lambda box: f'!!! note "{box[2]}"\n    {box[3]}', markdown_of(lesson))
        _write(folder / "docs" / lesson.parent.parent.name / lesson.name, _plain(text))
    for bank in _banks(content):
        _write(folder / "docs" / bank.parent.parent.name / "questions.md", _questions(bank))
    _write(folder / "docs" / "index.md", "# Lessons\n")
    for route in content.glob("*/media/route.svg"):
        _write(folder / "docs" / route.relative_to(content), SVG)
    _write(
        folder / "mkdocs.yml",
        "site_name: Lessons\nmarkdown_extensions: [admonition, tables]\n",
    )


def write_sphinx(content: Path, folder: Path) -> None:
    """The lessons as a project of Sphinx with MyST: boxes are colon fences, links lead to files, and the questions of
    a course are a page. Its theme and its search are those that it comes with; there is one table of contents."""
    for lesson in lessons_of(content):
        text = _BOX.sub(lambda box: f":::{{admonition}} {box[2]}\n{box[3]}\n:::", markdown_of(lesson))
        _write(folder / lesson.parent.parent.name / lesson.name, f"# {lesson.stem}\n\n{_plain(text)}")
    for bank in _banks(content):
        _write(folder / bank.parent.parent.name / "questions.md", _questions(bank))
    for route in content.glob("*/media/route.svg"):
        _write(folder / route.relative_to(content), SVG)
    _write(folder / "index.md", "# Lessons\n\n:::{toctree}\n:glob:\n\n*/*\n:::\n")
    _write(
        folder / "conf.py",
        'project = "Lessons"\nextensions = ["myst_parser"]\nmyst_enable_extensions = ["colon_fence"]\n',
    )


def _banks(content: Path) -> list[Path]:
    return sorted(content.glob("*/questions/*.yaml"))


def _questions(bank: Path) -> str:
    """The questions of a bank as a page: each a heading, with a list of its choices and what is said of them."""
    parts = ["# Questions"]
    for question in yaml.load(bank.read_text("utf-8"), yaml.CBaseLoader):
        choices = (f"- {choice['text']}\n\n    {choice['why']}" for choice in question["choices"])
        parts += [f"## {question['stem']}", *choices]
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    return re.sub(r"\(lesson:([a-z0-9-]+)\)", r"(\1.md)", _CHECK.sub("", text))
