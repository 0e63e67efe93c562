"""The library as the reader of a page has it: in the language of the page, as far as courses are translated."""

from __future__ import annotations

from courses.model import Course
from lms import i18n
from lms.library import Library
from lms.library import library as written
from lms.records.attempts import Attempt


def library() -> Library:
    """The library in the language of the page."""
    return written().in_language(i18n.language().code)


def foreign(course: Course, *, lesson: str = "", question: str = "") -> str:
    """The language of a lesson, of a question or of the course's title, as browsers know it, where it is not the
    page's: screen readers change their voice. Otherwise ""."""
    code = course.language_of(lesson=lesson, question=question)
    return "" if i18n.language().code == code else i18n.LANGUAGES[code].tag


def foreign_question(attempt: Attempt, question_id: str) -> str:
    """The same of a question of an attempt, which stays in the language that the attempt was begun in."""
    course = written().in_language(attempt.locale).course(attempt.course_id, attempt.revision)
    return foreign(course, question=question_id) if course else ""
