"""The frozen types that a compiled course is made of, and nothing that computes.

Texts in these types are rendered: `Html` is safe block HTML, `Inline` safe inline HTML; both were made by the compiler
from Markdown in which raw HTML is an error. Plain `str` is plain text, to be escaped by whoever shows it. Ids are the
author's and never change once a course is released; answers and progress are stored under them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from courses.layout import SLUG

Slug = Annotated[str, Field(pattern=SLUG, max_length=64)]
Html = str
Inline = str
Locale = Literal["en", "sr", "sr_Latn", "bs", "cnr", "mk", "sq"]


class Frozen(BaseModel):
    """Base of all content types: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ── the programme ──────────────────────────────────────────────────────────────────────────────────────────────────


class Topic(Frozen):
    """One of the programme's priority topics; `origin` tells whether the needs assessment itself names it."""

    id: Slug
    title: str
    origin: Literal["assessment", "curricula"]


class Named(Frozen):
    """A country (id: ISO 3166-1 alpha-2) or an audience, with its name in English."""

    id: str
    title: str


class Skill(Frozen):
    """A skill that the needs assessment names: the countries that put it first, and the courses that train it."""

    id: Slug
    title: str
    first_in: tuple[str, ...] = ()
    courses: tuple[str, ...] = ()


class LearningPath(Frozen):
    """A way through several courses for those who do a certain work, in the order for a country that puts nothing
    first."""

    id: Slug
    title: str
    summary: str
    audience: str
    courses: Annotated[tuple[str, ...], Field(min_length=1)]


class Programme(Frozen):
    """The regional programme that courses belong to. `skills` stand in the order in which they come first."""

    title: str
    topics: tuple[Topic, ...]
    countries: tuple[Named, ...]
    audiences: tuple[Named, ...]
    skills: tuple[Skill, ...] = ()
    paths: tuple[LearningPath, ...] = ()


class Point(Frozen):
    """A point of a scale."""

    id: Slug
    text: str


class Ask(Frozen):
    """What the needs assessment asks of every topic and skill, with the points of its scale from least to most."""

    id: Literal["level", "importance", "experience"]
    text: str
    scale: Annotated[tuple[Point, ...], Field(min_length=2, max_length=7)]


class Need(Frozen):
    """A topic or a skill of the programme as the needs assessment puts it to an official: what who has it can do."""

    id: Slug
    text: str


class NeedsAssessment(Frozen):
    """The questionnaire of the training needs assessment: each of `asks`, for each of `topics` and `skills`."""

    title: str
    introduction: str
    asks: Annotated[tuple[Ask, ...], Field(min_length=1)]
    topics: Annotated[tuple[Need, ...], Field(min_length=1)]
    skills: tuple[Need, ...] = ()


class Source(Frozen):
    """A document that courses cite. `year` is the year of publication, `as_of` the day it was last looked up."""

    id: Slug
    kind: Literal["treaty", "law", "judgment", "guidance", "statistics", "report", "book", "article"]
    title: str
    short: str
    publisher: str
    year: int
    number: str = ""
    url: str = ""
    as_of: date | None = None


# ── a lesson ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Block(Frozen):
    """A piece of a lesson, in reading order.

    kind       carries
    html       html
    note, warning, case, activity   title (may be ""), blocks
    summary    blocks: what of the lesson is to be kept; at most one a lesson
    countries  blocks, all of kind country: neighbours in the text; who shows them may put one first
    country    country (ISO code), blocks
    check      question: the id of a question of the course

    In a translated lesson `lang` is the language of a block that stands there untranslated ("": the lesson's own), and
    `stale` marks a translation whose original has changed since.
    """

    kind: Literal["html", "note", "warning", "case", "activity", "summary", "countries", "country", "check"]
    html: Html = ""
    title: str = ""
    country: str = ""
    question: str = ""
    blocks: tuple[Block, ...] = ()
    lang: str = ""
    stale: bool = False


class Term(Frozen):
    """A term of the glossary, explained in plain text; `lang` is its language where that is not the lesson's. `source`
    is the key of a source of the lesson, and `locator` the place in it ("": none). `equivalents`: what it is called in
    other languages, by locale."""

    id: Slug
    term: str
    definition: str
    source: str = ""
    locator: str = ""
    lang: str = ""
    equivalents: dict[Locale, str] = Field(default_factory=dict)


class Lesson(Frozen):
    """A compiled lesson. `minutes` is the stated time, `words` the words of its text, `checks` the ids of the
    questions its blocks show, `sources` the keys it cites, and `terms` those of the glossary that it uses, all in the
    order of their first appearance."""

    id: Slug
    title: str
    objectives: tuple[str, ...]
    minutes: int
    words: int
    blocks: tuple[Block, ...]
    checks: tuple[str, ...]
    sources: tuple[str, ...]
    terms: tuple[Term, ...] = ()

    @property
    def summary(self) -> tuple[Block, ...]:
        """The blocks of its summary; none if it has none."""
        return next((block.blocks for block in self.blocks if block.kind == "summary"), ())


# ── a course ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Objective(Frozen):
    """A learning objective, in an observable verb."""

    id: Slug
    text: str


class LessonEntry(Frozen):
    """What a course's table of contents knows of a lesson, and the object that holds the rest."""

    id: Slug
    title: str
    objectives: tuple[str, ...]
    minutes: int
    checks: tuple[str, ...]
    object: str


class BankEntry(Frozen):
    """A bank of questions: their ids in the author's order, and the object that holds them."""

    id: Slug
    questions: tuple[str, ...]
    object: str


class Draw(Frozen):
    """`count` questions taken at random from the bank `bank`."""

    count: int
    bank: str


class Quiz(Frozen):
    """A quiz: what it draws, and the rules of an attempt.

    `time_limit` in minutes (None: no limit); `attempts` allowed (None: any number); `review`: what is shown after
    submission: everything, only which answers were wrong, or the score alone.
    """

    id: Slug
    title: str
    draw: tuple[Draw, ...]
    shuffle: bool = True
    time_limit: int | None = None
    attempts: int | None = None
    review: Literal["full", "wrong", "score"] = "full"


class Completion(Frozen):
    """What completes a course: these lessons, and these quizzes with at least this share of their points (0..1)."""

    lessons: tuple[str, ...]
    quizzes: dict[str, float]


class Review(Frozen):
    """The day of each expert review, or None while it is pending."""

    trainer: date | None = None
    legal: date | None = None
    language: date | None = None


class Translation(Frozen):
    """A course in another language: whatever of it was translated, by id. What is missing stays in the course's own
    language. `lessons` and `banks` name objects like those of LessonEntry and BankEntry; `untranslated` names the
    questions of those banks that stand in the course's own language; `share` (0..1) is how much of the course's text
    is translated and up to date."""

    title: str = ""
    summary: str = ""
    objectives: dict[str, str] = Field(default_factory=dict)
    titles: dict[str, str] = Field(default_factory=dict)
    quizzes: dict[str, str] = Field(default_factory=dict)
    lessons: dict[str, str] = Field(default_factory=dict)
    banks: dict[str, str] = Field(default_factory=dict)
    untranslated: tuple[str, ...] = ()
    share: float = 0.0


class Course(Frozen):
    """One compiled revision of a course: everything but the texts of its lessons and questions, which stand in the
    objects it names. `certificate_months`: how long a certificate is valid (None: the course gives none).
    `translations` by locale; `titles` there are those of lessons."""

    id: Slug
    topic: str
    title: str
    summary: str
    language: str
    audience: tuple[str, ...]
    hours: float
    enrolment: Literal["open", "on-request"]
    prerequisites: tuple[str, ...]
    objectives: tuple[Objective, ...]
    lessons: tuple[LessonEntry, ...]
    banks: tuple[BankEntry, ...]
    quizzes: tuple[Quiz, ...]
    completion: Completion
    certificate_months: int | None
    review: Review
    sources: tuple[Source, ...]
    media: tuple[str, ...] = ()
    translations: dict[Locale, Translation] = Field(default_factory=dict)

    def lesson(self, id: str) -> LessonEntry | None:
        """The table-of-contents entry of the lesson, or None."""
        return next((lesson for lesson in self.lessons if lesson.id == id), None)

    def quiz(self, id: str) -> Quiz | None:
        """The quiz, or None."""
        return next((quiz for quiz in self.quizzes if quiz.id == id), None)

    def bank_of(self, question: str) -> BankEntry | None:
        """The bank that holds the question, or None."""
        return next((bank for bank in self.banks if question in bank.questions), None)

    def in_language(self, locale: str) -> Course:
        """The course as it is read in a language: its texts and the objects it names are those of the translation, as
        far as there is one. Without a translation into that language it is the course itself."""
        words = self.translations.get(locale)  # type: ignore[call-overload]
        return _translated(self, locale, words) if words else self

    def language_of(self, *, lesson: str = "", question: str = "") -> str:  # noqa: ARG002 - for translated ones
        """The language that the lesson or question with the id stands in; without either, that of the title."""
        return self.language


class TranslatedCourse(Course):
    """A course in another language than it was written in: `source` is that course, `words` the translation."""

    source: Course
    words: Translation

    def in_language(self, locale: str) -> Course:
        """As of every course."""
        return self if locale == self.language else self.source.in_language(locale)

    def language_of(self, *, lesson: str = "", question: str = "") -> str:
        """As of every course."""
        if lesson:
            here = lesson in self.words.lessons
        elif question:
            bank = self.bank_of(question)
            here = bank is not None and bank.id in self.words.banks and question not in self.words.untranslated
        else:
            here = bool(self.words.title)
        return self.language if here else self.source.language


def _translated(course: Course, locale: str, words: Translation) -> TranslatedCourse:
    changed = {
        "title": words.title or course.title,
        "summary": words.summary or course.summary,
        "language": locale,
        "objectives": tuple(
            one.model_copy(update={"text": words.objectives.get(one.id, one.text)}) for one in course.objectives
        ),
        "lessons": tuple(
            one.model_copy(
                update={
                    "title": words.titles.get(one.id, one.title),
                    "object": words.lessons.get(one.id, one.object),
                }
            )
            for one in course.lessons
        ),
        "banks": tuple(one.model_copy(update={"object": words.banks.get(one.id, one.object)}) for one in course.banks),
        "quizzes": tuple(
            one.model_copy(update={"title": words.quizzes.get(one.id, one.title)}) for one in course.quizzes
        ),
    }
    fields = dict(course) | changed | {"translations": {}}
    return TranslatedCourse.model_construct(source=course, words=words, **fields)
