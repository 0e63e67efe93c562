"""What changed between two revisions of a course, by stable ids, and what each change asks of people.

    cosmetic   nothing: wording, pictures, titles, order, what banks hold and quizzes draw
    rules      that completion be worked out anew: a lesson or quiz is required no more, a pass mark fell, or a quiz has
               another limit of attempts
    regrade    that answers be marked anew: the key of a question changed
    retrain    that something be learnt: an objective, a required lesson or a required quiz is new, or a pass mark rose

Answers, progress and grades are stored under ids, so what has another id is another thing: a question that changed its
id, or its type, was removed, and one was added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Literal, TypeVar

from courses.artefact import KINDS, Kind, Store
from courses.layout import LANGUAGES
from courses.model import Block, Course, Lesson, LessonEntry, Quiz
from courses.plain import brief, plain
from courses.questions.base import Question
from courses.translate.share import percent

What = Literal["course", "objective", "lesson", "question", "quiz", "source", "media", "translation"]
WHATS: tuple[What, ...] = ("course", "objective", "lesson", "question", "quiz", "source", "media", "translation")
Deed = Literal["added", "removed", "changed"]
Id = TypeVar("Id", bound=str)
Fields = dict[tuple[str, ...], str]
"""Plain texts by where they stand: the author's own keys and ids, from the thing down."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What one field says, before and after, as plain text: "" where it says nothing. `at` leads to it by the author's
    own keys and ids (`choices`, `benefit`, `correct`)."""

    at: tuple[str, ...]
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one thing. `title` names it to a reader, in plain text. A thing that changed without an edit
    changed in form alone: in its markup, its links or its pictures."""

    kind: Kind
    what: What
    id: str
    deed: Deed
    title: str
    edits: tuple[Edit, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The object that `staza diff --format json` prints."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text that stayed, went, or came."""

    deed: Literal["same", "removed", "added"]
    text: str


def compare(store: Store, old: Course, new: Course, newer: Store | None = None) -> tuple[Change, ...]:
    """What changed from `old` to `new`, two revisions of one course: what asks most of people first, then by what it
    is, in the author's order. `store` holds both; `newer`, if given, the new one.

    Raises `ArtefactError` where an object of either can't be read.
    """
    newer = newer or store
    found = [
        *_course(old, new),
        *_objectives(old, new),
        *_lessons(store, old, newer, new),
        *_questions(store, old, newer, new),
        *_translated_keys(store, old, newer, new),
        *_quizzes(old, new),
        *_others(old, new),
    ]
    return tuple(sorted(found, key=lambda change: (-KINDS.index(change.kind), WHATS.index(change.what))))


def kind_of(changes: Iterable[Change]) -> Kind:
    """The class of a release that brings these changes: that of the change which asks most."""
    return max((change.kind for change in changes), key=KINDS.index, default="cosmetic")


def changes_rules(changes: Iterable[Change]) -> bool:
    """Whether somebody halfway may have completed the course by these changes, or be further from it."""
    return any(change.kind in ("rules", "retrain") for change in changes)


def takes_away(change: Change) -> bool:
    """Whether something that was required is so no more: an objective, or a lesson or quiz that completes the
    course."""
    if change.what == "objective":
        return change.deed == "removed"
    return any(edit.at == ("completion",) and edit.old and not edit.new for edit in change.edits)


def lessons_to_see(new: Course, changes: Iterable[Change]) -> tuple[str, ...]:
    """The lessons of `new` that whoever completed the course before should look at again: those required ones that are
    new to them, read otherwise, or teach a new objective. All required ones where there is none, as where only the pass
    mark rose."""
    changes = tuple(changes)
    objectives = {change.id for change in changes if change.what == "objective" and change.deed == "added"}
    touched = {
        change.id
        for change in changes
        if change.what == "lesson" and (change.kind == "retrain" or any(edit.at == ("text",) for edit in change.edits))
    }
    required = [entry for entry in new.lessons if entry.id in new.completion.lessons]
    seen = [entry.id for entry in required if entry.id in touched or objectives & set(entry.objectives)]
    return tuple(seen or [entry.id for entry in required])


# ── the parts of a course ──────────────────────────────────────────────────────────────────────────────────────────


def _course(old: Course, new: Course) -> Iterator[Change]:
    if edits := _edits(_course_fields(old), _course_fields(new)):
        yield Change("cosmetic", "course", new.id, "changed", new.title, edits)


def _course_fields(course: Course) -> Fields:
    names = ("topic", "title", "summary", "language", "audience", "hours", "enrolment", "prerequisites", "review")
    fields: dict[str, Any] = {name: value for name, value in course.model_dump(mode="json").items() if name in names}
    fields["lessons"] = [lesson.id for lesson in course.lessons]
    months = course.certificate_months
    return _flat(fields | {"certificate": None if months is None else f"{months} months"})


def _objectives(old: Course, new: Course) -> Iterator[Change]:
    before, after = ({each.id: each.text for each in course.objectives} for course in (old, new))
    for id, deed in _met(before, after):
        kind: Kind = "retrain" if deed == "added" else "cosmetic"
        edits = _edits(_flat({"text": before.get(id)}), _flat({"text": after.get(id)}))
        if edits:
            yield Change(kind, "objective", id, deed, after.get(id) or before[id], edits)


def _lessons(store: Store, old: Course, newer: Store, new: Course) -> Iterator[Change]:
    before, after = ({lesson.id: lesson for lesson in course.lessons} for course in (old, new))
    for id, deed in _met(before, after):
        was, now = before.get(id), after.get(id)
        asked, asks = id in old.completion.lessons, id in new.completion.lessons
        if was == now and asked == asks:
            continue
        edits = _edits(_lesson_fields(store, old, was), _lesson_fields(newer, new, now))
        if edits or (was and now and was.object != now.object):
            title = (now or before[id]).title
            kind: Kind = "cosmetic" if asks == asked else "retrain" if asks else "rules"
            yield Change(kind, "lesson", id, deed, title, edits)


def _lesson_fields(store: Store, course: Course, entry: LessonEntry | None) -> Fields:
    if entry is None:
        return {}
    lesson: Lesson = store.lesson(course, entry.id)
    fields = lesson.model_dump(include={"title", "objectives", "minutes"})
    fields["completion"] = "required" if entry.id in course.completion.lessons else None
    return _flat(fields) | {("text",): "\n".join(_lines(lesson.blocks))}


def _lines(blocks: Iterable[Block]) -> Iterator[str]:
    """The text of the blocks, a paragraph a line; directives as their author writes them."""
    for block in blocks:
        if block.kind == "html":
            yield from plain(block.html).split("\n")
        elif block.kind == "check":
            yield f":::check {block.question}"
        elif block.kind == "countries":
            yield from _lines(block.blocks)
        else:
            yield f":::{block.kind} {block.country or plain(block.title)}".rstrip()
            yield from _lines(block.blocks)


def _questions(store: Store, old: Course, newer: Store, new: Course) -> Iterator[Change]:
    before, after = _banks(store, old, new), _banks(newer, new, old)
    for id, deed in _met(before, after):
        was, now = before.get(id), after.get(id)
        if was and now and was[1].type != now[1].type:
            yield _question(id, "removed", was, None)
            yield _question(id, "added", None, now)
        elif was != now:
            yield _question(id, deed, was, now)


def _translated_keys(store: Store, old: Course, newer: Store, new: Course) -> Iterator[Change]:
    """The questions of which the key changed in a translation alone: in the words that it accepts."""
    told = {change.id for change in _questions(store, old, newer, new) if change.kind == "regrade"}
    for locale in [locale for locale in new.translations if locale in old.translations]:
        was, now = old.in_language(locale), new.in_language(locale)
        for change in _questions(store, was, newer, now):
            before, after = (course.language_of(question=change.id) for course in (was, now))
            if change.kind == "regrade" and before == after == locale and change.id not in told:
                told.add(change.id)
                edits = tuple(Edit((locale, *edit.at), edit.old, edit.new) for edit in change.edits)
                yield Change("regrade", "question", change.id, "changed", change.title, edits)


def _banks(store: Store, course: Course, other: Course) -> dict[str, tuple[str, Question]]:
    """The questions of the course by id, each with its bank's; those of banks that `other` has as well are left out."""
    same = {(bank.id, bank.object) for bank in other.banks}
    return {
        question.id: (bank.id, question)
        for bank in course.banks
        if (bank.id, bank.object) not in same
        for question in store.bank(course, bank.id)
    }


def _question(id: str, deed: Deed, was: tuple[str, Question] | None, now: tuple[str, Question] | None) -> Change:
    rekeyed = was is not None and now is not None and was[1].key() != now[1].key()
    stem = "".join(found[1].stem for found in [now or was] if found)
    edits = _edits(_question_fields(was), _question_fields(now))
    return Change("regrade" if rekeyed else "cosmetic", "question", id, deed, brief(stem), edits)


def _question_fields(found: tuple[str, Question] | None) -> Fields:
    if found is None:
        return {}
    bank, question = found
    return _flat({"bank": bank} | question.model_dump(mode="json", exclude={"id"}))


def _quizzes(old: Course, new: Course) -> Iterator[Change]:
    before, after = ({quiz.id: quiz for quiz in course.quizzes} for course in (old, new))
    for id, deed in _met(before, after):
        was, now = before.get(id), after.get(id)
        asked, asks = (course.completion.quizzes.get(id, -1.0) for course in (old, new))
        limits = was is not None and now is not None and was.attempts != now.attempts
        if edits := _edits(_quiz_fields(old, was), _quiz_fields(new, now)):
            title = (now or before[id]).title
            kind: Kind = "retrain" if asks > asked else "rules" if asks < asked or limits else "cosmetic"
            yield Change(kind, "quiz", id, deed, title, edits)


def _quiz_fields(course: Course, quiz: Quiz | None) -> Fields:
    if quiz is None:
        return {}
    fields = quiz.model_dump(mode="json", exclude={"id", "draw"})
    fields["draw"] = [f"{part.count} from {part.bank}" for part in quiz.draw]
    share = course.completion.quizzes.get(quiz.id)
    return _flat(fields | {"completion": None if share is None else f"{100 * share:g}%"})


def _others(old: Course, new: Course) -> Iterator[Change]:
    before, after = ({source.id: source for source in course.sources} for course in (old, new))
    for id, deed in _met(before, after):
        was, now = before.get(id), after.get(id)
        edits = _edits(*(_flat(each.model_dump(mode="json", exclude={"id"}) if each else {}) for each in (was, now)))
        if edits:
            yield Change("cosmetic", "source", id, deed, (now or before[id]).title, edits)
    if set(old.media) != set(new.media):
        yield Change("cosmetic", "media", "", "changed", "")
    ours, theirs = old.translations, new.translations
    for locale, deed in _met(dict(ours), dict(theirs)):
        if ours.get(locale) != theirs.get(locale):
            shares = (
                _flat({"share": percent(found[locale].share)} if locale in found else {}) for found in (ours, theirs)
            )
            yield Change("cosmetic", "translation", str(locale), deed, LANGUAGES[locale], _edits(*shares))


# ── fields and texts ───────────────────────────────────────────────────────────────────────────────────────────────


def _met(before: Mapping[Id, object], after: Mapping[Id, object]) -> Iterator[tuple[Id, Deed]]:
    """The ids of both in their new order, then those that went."""
    for id in after:
        yield id, "changed" if id in before else "added"
    for id in before:
        if id not in after:
            yield id, "removed"


def _flat(value: Any, at: tuple[str, ...] = ()) -> Fields:
    """The texts in a value. Of a list of things the order of their ids is a text too."""
    match value:
        case None | "" | []:
            return {}
        case dict():
            return {path: text for key, inner in value.items() for path, text in _flat(inner, (*at, key)).items()}
        case list() | tuple() if any(isinstance(item, dict) for item in value):
            ids = [str(item.get("id", place)) for place, item in enumerate(value, 1)]
            found = {at: ", ".join(ids)}
            for id, item in zip(ids, value, strict=True):
                found |= _flat({key: inner for key, inner in item.items() if key != "id"}, (*at, id))
            return found
        case list() | tuple():
            return {at: ", ".join(map(str, value))}
        case bool():
            return {at: str(value).lower()}
        case float():
            return {at: f"{value:g}"}
        case _:
            return {at: plain(str(value))}


def _edits(old: Fields, new: Fields) -> tuple[Edit, ...]:
    found = (Edit(at, old.get(at, ""), new.get(at, "")) for at in dict.fromkeys((*new, *old)))
    return tuple(edit for edit in found if edit.old != edit.new)


_WORD = re.compile(r"\s+|\w+|[^\w\s]")


def words(old: str, new: str) -> tuple[Piece, ...]:
    """What stayed, went and came, word by word. Texts that have little in common go and come as a whole."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    pieces: list[Piece] = []
    if matcher.ratio() < 0.4:
        pieces = [Piece("removed", old), Piece("added", new)]
    else:
        for deed, i, j, k, m in matcher.get_opcodes():
            if deed == "equal":
                pieces.append(Piece("same", "".join(before[i:j])))
            else:
                pieces += [Piece("removed", "".join(before[i:j])), Piece("added", "".join(after[k:m]))]
    return tuple(piece for piece in pieces if piece.text)


def passages(old: str, new: str) -> tuple[tuple[Piece, ...], ...]:
    """The paragraphs that differ, word by word; those that stayed are left out."""
    before, after = old.split("\n"), new.split("\n")
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        words(was, now)
        for deed, i, j, k, m in matcher.get_opcodes()
        if deed != "equal"
        for was, now in zip_longest(before[i:j], after[k:m], fillvalue="")
    )
