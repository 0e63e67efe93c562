"""Skeletons: the text that a new programme, course, lesson, question, quiz or source begins as, and where it is put.

Each is without mistakes; what its author has to replace stands in it as a sentence that says so, of which advice tells.
A list that somebody wrote is added to in its text, so that its comments and its layout stay; where that cannot be done
for sure the functions return None, and the author adds to it by hand.
"""

from __future__ import annotations

import re

from courses.source import Document, Text, Value

PLACEHOLDERS = (
    "Say what its courses are about",
    "Say in one or two sentences what the course is about and what for.",
    "Say what trainees can do afterwards, in a verb that can be observed.",
    "Begin with a case from practice that this lesson helps to solve.",
    "Write what is needed for it, and cite a source for each statement of law.",
    "Say in a sentence what to remember.",
    "Write who published it",
    "# Write the year in which it was published or adopted",
    "Write the number it is found by, or its address as `url`",
    "Ask what a trainee has to know or to decide.",
    "Say why it is right.",
    "Say why it is wrong.",
    "Right: say why.",
    "Say why it is true after all.",
    "why: Say why.",
    "Say why it comes here.",
    "Say why this word and no other.",
    "Say how one comes to it.",
    "Ask for an answer in the trainee's own words, which a trainer will mark.",
    "Write a model answer, which is shown afterwards.",
    "Say what makes an answer good.",
    "Say what comes of it.",
    "Ask how trainees found something.",
)
"""The sentences by which a skeleton tells its author what to write in their place. Those that an author might write are
not among them, but every skeleton has one that is."""
_DASH = re.compile(r"^( *)- ", re.MULTILINE)


def programme(title: str) -> dict[str, str]:
    """The files that all courses share, by their paths from the content folder."""
    return {
        "programme.yaml": f"""\
title: {quoted(title)}
topics:
  - {{id: first-topic, title: Say what its courses are about, origin: curricula}}
countries:
  - {{id: RS, title: Serbia}}
  - {{id: BA, title: Bosnia and Herzegovina}}
  - {{id: ME, title: Montenegro}}
  - {{id: MK, title: North Macedonia}}
audiences:
  - {{id: border-police, title: Border police}}
  - {{id: reception, title: Reception and asylum staff}}
""",
        "sources.yaml": "# What courses cite, by keys: [@the-key, art. 3]. Begin one with: staza new source\n",
        "glossary.yaml": "# Terms explained in the lessons: [the word](term:its-id)\n",
    }


def course(id: str, title: str, topic: str, audience: list[str]) -> dict[str, str]:
    """The files of a new course, by their paths from its folder."""
    return {
        "course.yaml": f"""\
id: {id}
topic: {topic}
title: {quoted(title)}
summary: Say in one or two sentences what the course is about and what for.
audience: [{", ".join(audience)}]
hours: 1
enrolment: open
objectives:
  - id: first-objective
    text: Say what trainees can do afterwards, in a verb that can be observed.
lessons: [introduction]
completion:
  lessons: all
review: {{trainer: pending, legal: pending, language: pending}}
""",
        "lessons/introduction.md": lesson("Introduction", "first-objective", "first-check"),
        "questions/checks.yaml": question("single-choice", "first-check", "first-objective"),
    }


def lesson(title: str, objective: str, check: str = "") -> str:
    """A lesson that teaches the objective, with a check if there is one."""
    asked = f"\n:::check {check}\n" if check else ""
    return f"""\
---
title: {quoted(title)}
objectives: [{objective}]
minutes: 10
---
Begin with a case from practice that this lesson helps to solve.

## What to know

Write what is needed for it, and cite a source for each statement of law.
{asked}
## Summary

- Say in a sentence what to remember.
"""


def quiz(title: str, bank: str, count: int) -> str:
    """A quiz that draws so many questions from the bank."""
    return f"""\
title: {quoted(title)}
draw:
  - {count} from {bank}
shuffle: true
attempts: 3
review: full
"""


def source(key: str, kind: str, title: str) -> str:
    """An entry of sources.yaml."""
    return f"""\
{key}:
  kind: {kind}
  title: {quoted(title)}
  short: {quoted(title[:300])}
  publisher: Write who published it
  year: 2000  # Write the year in which it was published or adopted
  number: Write the number it is found by, or its address as `url`
"""


_CHOICES = """\
  choices:
    - {id: first, text: The right answer, correct: true, why: Say why it is right.}
    - {id: second, text: Another answer, why: Say why it is wrong.}
"""
_QUESTIONS = {
    "single-choice": f"  stem: Ask what a trainee has to know or to decide.\n{_CHOICES}",
    "multiple-choice": f"""\
  stem: "Ask which of these hold. Tick all that do."
{_CHOICES}    - {{id: third, text: Another right answer, correct: true, why: Say why it is right.}}
""",
    "true-false": """\
  stem: Make a statement that is true or false without doubt.
  answer: true
  why:
    true: "Right: say why."
    false: Say why it is true after all.
""",
    "matching": """\
  stem: Match each act with what it is.
  pairs:
    - {id: first, left: One act, right: What it is, why: Say why.}
    - {id: second, left: Another act, right: What that is, why: Say why.}
  distractors:
    - {id: neither, text: What neither of them is, why: Say why.}
""",
    "ordering": """\
  stem: Put the steps in order.
  steps:
    - {id: first, text: What comes before all else, why: Say why it comes here.}
    - {id: second, text: What comes then, why: Say why it comes here.}
    - {id: third, text: What comes after that, why: Say why it comes here.}
""",
    "gaps": """\
  stem: Complete the sentence.
  text: "A sentence with a word that is [[typed]] and one that is [[chosen]]."
  gaps:
    - id: typed
      accept: [left out]
      why: Say why this word and no other.
    - id: chosen
      choices:
        - {id: one, text: the right one, correct: true, why: Say why it is right.}
        - {id: other, text: another one, why: Say why it is wrong.}
""",
    "short-text": """\
  stem: Ask for a word or two.
  accept: [the answer, another way to put it]
  why: Say why it is right.
""",
    "number": """\
  stem: Ask for a number.
  answer: 12
  tolerance: 0.5
  unit: hours
  why: Say how one comes to it.
""",
    "categorise": """\
  stem: Put each act where it belongs.
  categories:
    - {id: one, text: One kind}
    - {id: other, text: The other kind}
  items:
    - {id: first, text: An act of the one kind, category: one, why: Say why.}
    - {id: second, text: An act of the other kind, category: other, why: Say why.}
""",
    "open": """\
  stem: Ask for an answer in the trainee's own words, which a trainer will mark.
  criteria:
    - {id: first, text: What an answer must name, points: 2}
    - {id: second, text: What it must weigh, points: 3}
  model: Write a model answer, which is shown afterwards.
  why: Say what makes an answer good.
""",
    "scenario": """\
  stem: Decide what to do.
  start: arrival
  states:
    - id: arrival
      text: Describe the situation.
      choices:
        - {id: look, text: Do what is right, to: first-ending, then: Say what comes of it., why: Say why.}
        - {id: leave, text: Do something else, to: second-ending, then: Say what comes of it., why: Say why.}
    - {id: first-ending, text: Say how it ends., ending: {score: 100%}}
    - {id: second-ending, text: Say how it ends., ending: {score: 0%}}
""",
    "rating": """\
  stem: Ask how trainees found something.
  scale:
    - {id: low, text: Not useful}
    - {id: middle, text: Useful}
    - {id: high, text: Very useful}
""",
}


def question(kind: str, id: str, objective: str) -> str:
    """An entry of a bank, of the question type `kind`."""
    return f"- id: {id}\n  type: {kind}\n  objective: {objective}\n  level: recall\n{_QUESTIONS[kind]}"


def quoted(text: str) -> str:
    """The text as a YAML value on one line."""
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# ── adding to what somebody wrote ──────────────────────────────────────────────────────────────────────────────────


def with_lesson(text: str, id: str) -> str | None:
    """The text of a course.yaml whose list `lessons` has this id as its last."""
    document = Document(Text("course.yaml", text))
    known = document.data.get("lessons") if isinstance(document.data, dict) else None
    if document.problems or not isinstance(known, list) or not known or not isinstance(known[-1], str):
        return None
    line, column = document.place(("lessons", len(known) - 1))
    start = document.source.line_start(line) + column - 1
    end = start + len(known[-1]) + (2 if text[start] in "'\"" else 0)
    before = text[document.source.line_start(line) : start]
    if before.strip() == "-":
        end = document.source.line_start(line + 1)
        newline = "" if text[:end].endswith("\n") else "\n"
        made = f"{text[:end]}{newline}{before}{id}\n{text[end:]}"
    else:
        made = f"{text[:end]}, {id}{text[end:]}"
    return made if _value(made).get("lessons") == [*known, id] else None


def with_question(text: str, entry: str) -> str | None:
    """The text of a bank with the entry after its last question."""
    before = _value(text)
    dash = _DASH.search(text)
    if not isinstance(before, list) or not dash:
        return None
    indented = "".join(f"{dash[1]}{line}" for line in entry.splitlines(keepends=True))
    made = f"{text.rstrip()}\n\n{indented}"
    after = _value(made)
    return made if isinstance(after, list) and after[:-1] == before else None


def with_source(text: str, key: str, entry: str) -> str | None:
    """The text of a sources.yaml with the entry, whose key is `key`, after its last source."""
    before = _value(text) or {}
    made = f"{text.rstrip()}\n\n{entry}"
    after = _value(made)
    return made if isinstance(before, dict) and before | {key: after.get(key)} == after else None


def _value(text: str) -> Value:
    """The value that the YAML text holds, or {} if something is wrong with it."""
    document = Document(Text("", text))
    return {} if document.problems else document.data
