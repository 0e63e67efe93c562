"""The only door to compiled courses.

Revisions are immutable, so what was loaded once is kept; which revision is current is asked of one small file, which
is read again when it changes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import cast

from flask import Flask, current_app

from courses.artefact import ArtefactError, Release, Store
from courses.model import Course, Lesson, Programme
from courses.questions.base import Question

_log = logging.getLogger(__name__)
_A_MINUTE = 60.0


class Library:
    """The compiled courses in one artefact store, in the language `locale` as far as they are translated ("": as they
    were written). Safe to share between threads."""

    def __init__(self, root: Path) -> None:
        self.store = Store(root)
        self.locale = ""
        self._withdrawn: frozenset[str] = frozenset()
        self._damage: tuple[float, dict[str, list[str]]] = (0.0, {})
        self._others: dict[str, Library] = {"": self}
        self._histories: tuple[float, dict[str, tuple[Release, ...]]] = (-1.0, {})
        self._written = lru_cache(maxsize=256)(self.store.course)
        self._keep()

    def _keep(self) -> None:
        """Make room for what is loaded in this language."""
        self._course = lru_cache(maxsize=256)(self._load_course)
        self._lesson = lru_cache(maxsize=512)(
            lambda id, revision, lesson: self.store.lesson(self._course(id, revision), lesson)
        )
        self._bank = lru_cache(maxsize=512)(self._load_bank)
        self._programme: tuple[float, Programme] | None = None

    def _load_course(self, course_id: str, revision: str) -> Course:
        course = self._written(course_id, revision)
        return course.in_language(self.locale) if self.locale else course

    def _load_bank(self, course_id: str, revision: str, bank_id: str) -> dict[str, Question]:
        return {question.id: question for question in self.store.bank(self._course(course_id, revision), bank_id)}

    def in_language(self, locale: str) -> Library:
        """The library in another language; what both of them hold is loaded once."""
        if locale not in self._others:
            other = copy(self)
            other.locale = locale
            other._keep()
            self._others[locale] = other
        return self._others[locale]

    def _all_histories(self) -> dict[str, tuple[Release, ...]]:
        path = self.store.root / "releases.json"
        changed = path.stat().st_mtime if path.exists() else 0.0
        if changed != self._histories[0]:
            self._withdrawn = self.store.withdrawn()
            try:
                self._histories = (changed, self.store.histories())
            except ArtefactError:
                copied = self.store.copied_histories()
                if copied is None:
                    raise
                return copied  # people go on; `damage` tells of it
        return self._histories[1]

    def damage(self) -> dict[str, list[str]]:
        """What is missing or damaged of the current releases, by the id of the course ("": the list of releases). It is
        looked for once a minute, as every file is read for it."""
        if time.monotonic() > self._damage[0]:
            found = {id: self.store.damage_of(id, release.revision) for id, release in self.releases().items()}
            said = {id: [str(error) for error in errors] for id, errors in found.items() if errors}
            try:
                self.store.histories()
            except ArtefactError as error:
                said[""] = [str(error)]
            for line in (line for lines in said.values() for line in lines):
                _log.error("%s", line)
            self._damage = (time.monotonic() + _A_MINUTE, said)
        return self._damage[1]

    def releases(self) -> dict[str, Release]:
        """The current release of each course."""
        return {course: history[-1] for course, history in self._all_histories().items()}

    def history(self, course_id: str) -> tuple[Release, ...]:
        """The releases of the course, oldest first; the last one is current."""
        return self._all_histories().get(course_id, ())

    def programme(self) -> Programme:
        """The programme: topics, countries, audiences."""
        path = self.store.root / "programme.json"
        changed = path.stat().st_mtime if path.exists() else 0.0
        if not self._programme or self._programme[0] != changed:
            self._programme = (changed, self.store.programme(self.locale))
        return self._programme[1]

    def title(self) -> str:
        """What the programme is called; "" while none can be read, as every page asks, those of errors too."""
        try:
            return self.programme().title
        except ArtefactError:
            return ""

    def courses(self) -> tuple[Course, ...]:
        """The current revision of every released course, in the order of the programme's topics, without those that are
        damaged."""
        order = {topic.id: place for place, topic in enumerate(self.programme().topics)}
        current = [course for id in self.releases() if (course := self.readable(id)) is not None]
        return tuple(sorted(current, key=lambda course: (order.get(course.topic, len(order)), course.title)))

    def revision_of(self, course_id: str) -> str | None:
        """The current revision of the course, or None."""
        release = self.releases().get(course_id)
        return release.revision if release else None

    def course(self, course_id: str, revision: str | None = None) -> Course | None:
        """The course at that revision, or at its current one; None if there is no such course."""
        revision = revision or self.revision_of(course_id)
        return self._course(course_id, revision) if revision else None

    def offered(self) -> tuple[Course, ...]:
        """The courses that one can take up: those that are not withdrawn."""
        return tuple(course for course in self.courses() if not self.is_withdrawn(course.id))

    def is_withdrawn(self, course_id: str) -> bool:
        """Whether nobody new can take the course. Who is enrolled in it goes on."""
        self._all_histories()
        return course_id in self._withdrawn

    def readable(self, course_id: str) -> Course | None:
        """The course at its current revision; None if there is none, or if it is damaged: for pages that show several,
        which go on without it."""
        try:
            return self.course(course_id)
        except ArtefactError:
            return None

    def lesson(self, course_id: str, lesson_id: str, revision: str | None = None) -> Lesson | None:
        """The lesson at that revision of the course, or at the current one; None if it has no such lesson."""
        course = self.course(course_id, revision)
        revision = revision or self.revision_of(course_id)
        if course is None or course.lesson(lesson_id) is None:
            return None
        return self._lesson(course_id, revision, lesson_id)

    def card(self, course_id: str) -> tuple[Lesson, ...]:
        """The lessons of the course's current revision that have a summary."""
        course = self.course(course_id)
        lessons = [self.lesson(course_id, entry.id) for entry in course.lessons] if course else []
        return tuple(lesson for lesson in lessons if lesson and lesson.summary)

    def question(self, course_id: str, question_id: str, revision: str | None = None) -> Question | None:
        """The question at that revision of the course, or at the current one; None if it has no such question."""
        course = self.course(course_id, revision)
        revision = revision or self.revision_of(course_id)
        bank = course.bank_of(question_id) if course else None
        if bank is None or revision is None:
            return None
        return self._bank(course_id, revision, bank.id)[question_id]

    def versions(self, course_id: str, question_id: str, revision: str) -> Iterator[Question]:
        """The question at that revision in every language: first as this library has it, then as it was written, then
        the others. Languages differ in the words that they accept."""
        course = self.course(course_id, revision)
        others = self._written(course_id, revision).translations if course else {}
        for locale in dict.fromkeys((self.locale, "", *others)):
            if question := self.in_language(locale).question(course_id, question_id, revision):
                yield question


def init_app(app: Flask, root: Path) -> None:
    """Open the library for the application."""
    app.extensions["library"] = Library(root)


def library() -> Library:
    """The library of the running application."""
    return cast(Library, current_app.extensions["library"])


__all__ = ["ArtefactError", "Library", "init_app", "library"]
