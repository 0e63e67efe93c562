"""A content folder as it stands at this moment, compiled as far as it can be, ready to be shown.

The desk compiles what changed and puts a new `Snapshot` in place of the old one; whoever holds a snapshot may go on
reading it, since nothing in it changes. What is wrong with a text is in its problems; nothing here raises for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Condition
from typing import Any

from courses import questions
from courses.build import Session
from courses.facts import Unit
from courses.layout import MADE, role, translated
from courses.manifest import shared_objects
from courses.model import Lesson, Named, Programme, Quiz, Source
from courses.problems import Problem
from courses.questions.base import Question
from courses.script import latin


@dataclass(frozen=True)
class Text:
    """One file of a course that is shown on a page of its own: a lesson, a bank or a quiz. `listed`: whether
    course.yaml names it (lessons only; a bank or quiz needs no listing)."""

    id: str
    title: str
    unit: Unit
    listed: bool = True

    @property
    def questions(self) -> tuple[str, ...]:
        """The ids of the questions of a bank, readable or not, each once."""
        return tuple(dict.fromkeys(fact.name for fact in self.unit.defines if fact.kind == "question"))


@dataclass(frozen=True)
class CourseText:
    """A course as its files have it. `problems` are those of its files, and between them."""

    id: str
    units: Mapping[str, Unit]
    problems: tuple[Problem, ...] = ()
    translated: frozenset[str] = frozenset()
    """The files that stand here in another language than they were written in."""
    untranslated: frozenset[str] = frozenset()
    """The questions in such files that stand there as they were written."""

    def in_language(self, language: str) -> CourseText:
        """The course in a language, as far as it is translated into it."""
        if language not in self._languages:
            self._languages[language] = self._in(language)
        return self._languages[language]

    @cached_property
    def _languages(self) -> dict[str, CourseText]:
        return {}

    def _in(self, language: str) -> CourseText:
        written = next((one for one, made in MADE.items() if made == language), language)
        convert = latin if language in MADE.values() else str
        if written != language and self.keys.get("language") == written:
            return self._respelt(convert)
        units, found, left = dict(self.units), set(), set()
        for file, unit in self.units.items():
            where, source = role(file), units.get(translated(file))
            if where is None or where.locale != written or source is None:
                continue
            body = unit.body if written == language else next(iter(unit.bodies.values()), None)
            units[source.file] = replace(source, body=body or source.body, data=_worded(source, unit, convert))
            if body or where.kind not in ("lesson", "bank"):
                found.add(source.file)
                left.update((unit.data or {}).get("untranslated", ()))
        if not found:
            return self
        return replace(self, units=units, translated=frozenset(found), untranslated=frozenset(left))

    def _respelt(self, convert: Callable[[str], str]) -> CourseText:
        """The course, which is written in a language of two scripts, in the other one."""
        units = dict(self.units)
        for file, unit in self.units.items():
            where = role(file)
            if where is not None and not where.locale and where.kind != "medium":
                data = unit.data and {key: _spelt(key, value, convert) for key, value in unit.data.items()}
                units[file] = replace(unit, body=next(iter(unit.bodies.values()), unit.body), data=data)
        return replace(self, units=units, translated=frozenset(units))

    @cached_property
    def keys(self) -> dict[str, Any]:
        """What course.yaml says, as schema.CourseFile has it; {} while it is too wrong to say anything."""
        unit = self.units.get(f"{self.id}/course.yaml")
        return dict(unit.data or {}) if unit else {}

    @property
    def title(self) -> str:
        """Its title, or its id while course.yaml is broken."""
        return str(self.keys.get("title", self.id))

    @cached_property
    def lessons(self) -> tuple[Text, ...]:
        """The lessons: those that course.yaml lists in its order, then the other files of the folder by name."""
        found = {unit.defines[0].name: unit for unit in self._of("lessons")}
        listed = [id for id in self.keys.get("lessons", ()) if id in found]
        order = [*dict.fromkeys(listed), *(id for id in found if id not in listed)]
        return tuple(Text(id, _title(found[id], id), found[id], not self.keys or id in listed) for id in order)

    @cached_property
    def banks(self) -> tuple[Text, ...]:
        """The banks of questions, by name."""
        return tuple(Text(unit.defines[0].name, unit.defines[0].name, unit) for unit in self._of("questions"))

    @cached_property
    def quizzes(self) -> tuple[Text, ...]:
        """The quizzes, by name."""
        units = self._of("quizzes")
        return tuple(Text(unit.defines[0].name, _title(unit, unit.defines[0].name), unit) for unit in units)

    @cached_property
    def _items(self) -> dict[str, dict[str, Question]]:
        found: dict[str, dict[str, Question]] = {}
        for bank in self.banks:
            items = found[bank.id] = {}
            for fields in json.loads(bank.unit.body) if bank.unit.body else ():
                items[fields["id"]] = questions.parse(fields)
        return found

    @cached_property
    def media(self) -> dict[str, str]:
        """The path of each media file from the content folder, by the name that compiled texts show it under."""
        return {unit.data["medium"][0]: unit.file for unit in self._of("media") if unit.data}

    def lesson(self, text: Text) -> Lesson | None:
        """The lesson, or None where nothing of it can be shown."""
        if not text.unit.body:
            return None
        return Lesson.model_validate(json.loads(text.unit.body) | {"id": "draft"})  # its name may not be an id yet

    def items(self, bank: Text) -> dict[str, Question]:
        """The questions of the bank that could be read, by id, in the author's order."""
        return self._items[bank.id]

    def bank_of(self, question: str) -> Text | None:
        """The first bank with a question of this id, readable or not."""
        return next((bank for bank in self.banks if question in bank.questions), None)

    def quiz(self, text: Text) -> Quiz | None:
        """The quiz, or None while it is too wrong to be drawn."""
        return Quiz.model_validate(text.unit.data) if text.unit.data else None

    def problems_of(self, file: str) -> tuple[Problem, ...]:
        """The problems of one file of the course."""
        return tuple(problem for problem in self.problems if problem.file == file)

    def _of(self, folder: str) -> list[Unit]:
        """The units of a folder's files, by name."""
        start = f"{self.id}/{folder}/"
        return [self.units[file] for file in sorted(self.units) if file.startswith(start)]


def _worded(source: Unit, unit: Unit, convert: Callable[[str], str]) -> dict[str, Any] | None:
    """What is known of a file, with the titles and other texts that its translation `unit` has for them."""
    if source.data is None or unit.data is None:
        return source.data
    texts = {id: {key: convert(text) for key, text in one.items()} for id, one in unit.data["texts"].items()}
    data = source.data | texts.get("", {})
    if "objectives" in data and "summary" in data:  # course.yaml
        words = {id.partition("/")[2]: one["text"] for id, one in texts.items() if id}
        data["objectives"] = [one | {"text": words.get(one["id"], one["text"])} for one in data["objectives"]]
    return data


def _spelt(key: str, value: Any, convert: Callable[[str], str]) -> Any:
    """What a file says under a key, its texts converted."""
    if key in ("title", "summary"):
        return convert(value)
    if key == "objectives" and value and isinstance(value[0], dict):
        return [one | {"text": convert(one["text"])} for one in value]
    return value


def _title(unit: Unit, id: str) -> str:
    """The title of a lesson or quiz, or its id where it has none that can be read."""
    known = unit.data or (json.loads(unit.body) if unit.body else {})
    return str(known.get("title", id))


@dataclass(frozen=True)
class Snapshot:
    """The content folder at a moment. `problems` are those of the files that all courses share, `programmes` the
    programme by language, "" being the one that it was written in; none while its file is broken."""

    version: int = 0
    courses: Mapping[str, CourseText] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    programmes: Mapping[str, Programme] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def countries(self) -> tuple[Named, ...]:
        """The programme's countries, as it was written."""
        return self.programmes[""].countries if self.programmes else ()


def _programmes(shared: dict[str, Unit]) -> dict[str, Programme]:
    if "programme.yaml" not in shared or shared["programme.yaml"].data is None:
        return {}
    found = shared_objects(shared)  # programme.json, programme.sr.json
    return {
        name[len("programme.") : -len("json")].rstrip("."): Programme.model_validate(found[name])
        for name in found
        if name.startswith("programme.")
    }


class Desk:
    """The newest snapshot of a content folder. `only`: the courses asked for; () for all."""

    def __init__(self, content: Path, only: tuple[str, ...] = ()) -> None:
        self.content = content
        self.only = only
        self.now = Snapshot()
        self._session = Session(content, only)
        self._changed = Condition()
        self.refresh()

    def refresh(self) -> None:
        """Compile what changed since the last time, and tell those who wait if anything did. Raises `OSError` where
        the folder cannot be read."""
        result = self._session.refresh()
        courses = {
            course.id: CourseText(course.id, dict(self._session.units(course.id)), tuple(course.problems))
            for course in result.courses
            if not self.only or course.id in self.only
        }
        shared = dict(self._session.units())
        sources = shared["sources.yaml"].data if "sources.yaml" in shared else None
        fresh = Snapshot(
            self.now.version + 1,
            courses,
            tuple(result.problems),
            _programmes(shared),
            {id: Source(**source) for id, source in (sources or {}).items()},
        )
        if replace(fresh, version=self.now.version) == self.now:
            return
        with self._changed:
            self.now = fresh
            self._changed.notify_all()

    def wait(self, version: int, seconds: float) -> Snapshot:
        """The newest snapshot, once it is another than that of `version`, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.now.version != version, seconds)
            return self.now
