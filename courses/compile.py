"""One source file → one `Unit`: what is known of it, and the object it compiles to.

A lesson is compiled here; files of keys are compiled by `keyed`, which is loaded for the first of them.
"""

from __future__ import annotations

import re
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from unicodedata import normalize

from courses.facts import Fact, Place, Shelf, Unit
from courses.layout import SHARED_LANGUAGE, Role, is_slug, role, translated
from courses.letters import told
from courses.markdown.reader import Reader
from courses.media import measure
from courses.problems import Problem, has_errors, in_source
from courses.script import latin_lesson
from courses.text import Text, decode
from courses.translate.segments import count
from courses.units import attach, begin, names, spell, take


def compile_file(content: Path, path: str, shelf: Shelf, draft: bool = False, advice: bool = False) -> Unit:
    """The unit of the file at the path (from the content folder); an empty one of a file that nothing reads.

    A draft is for the eyes of its author: it has a body whatever is wrong with it, made of all that can be rendered,
    whose elements say in `data-line` at which line of the file they begin; it has no object, so it is never built.
    With `advice` the unit has that on teaching quality too. Raises `OSError` if the file cannot be read.
    """
    data = (content / path).read_bytes()
    where = role(path)
    if where is None:
        unit = Unit(path)
    elif where.kind == "medium":
        unit = medium(path, path.removeprefix(f"{where.course}/"), data)
    else:
        source, problems = decode(path, data)
        if source is None:
            unit = _unread(path, where)
            unit.problems += problems
        elif where.locale:
            unit = _translation(source, where, content / translated(path), shelf, draft, problems)
        else:
            unit = _by_kind(source, where, shelf, draft)
            unit.problems += problems
        if advice and source and not where.locale:
            from courses import lint

            lint.advise(unit, source)
            own = (unit.data or {}).get("language") if where.kind == "course" else shelf.get("language")
            unit.problems += _letters(source, where, own or SHARED_LANGUAGE)
            if where.kind == "quiz":
                unit.needs["language"] = own
    unit.problems = told(unit.problems)
    unit.hash = sha256(data).hexdigest()
    if draft:
        unit.object, unit.variants = "", {}
    elif not unit.object or has_errors(in_source(unit.problems)):
        unit.object, unit.body = "", None
    return unit


def _letters(source: Text, where: Role, language: str) -> list[Problem]:
    """Advice on texts of a course that are not in the letters of its own language."""
    if where.course and language != SHARED_LANGUAGE:
        from courses.source import Document
        from courses.translate import letters
        from courses.translate.entries import entries
        from courses.translate.segments import segments

        if where.kind == "lesson":
            texts = [(one.text, partial(_in_block, one.text, one.first, one.column)) for one in segments(source)]
            return letters.told(source.file, language, texts)
        document = Document(source)
        leaves = [leaf for entry in entries(where.kind, document.data) for leaf in entry.leaves.values()]
        inside = [(leaf.text, partial(document.inside, leaf.at)) for leaf in leaves if isinstance(leaf.value, str)]
        return letters.told(source.file, language, inside)
    return []


def _in_block(text: str, first: int, column: int, offset: int) -> Place:
    """The place of the character at the offset of a block that begins in a column of the line `first`."""
    before = text[:offset].split("\n")
    return Place(first + len(before) - 1, len(before[-1]) + (column if len(before) == 1 else 1))


def _unread(path: str, where: Role) -> Unit:
    """The unit of a file that cannot be read as text."""
    if where.locale:
        from courses.translate.lesson import begin as begin_translation

        return begin_translation(path, where)
    return Unit(path, defines=[Fact(where.kind, where.id, 1, 1)] if where.kind != "course" else [])


def _by_kind(source: Text, where: Role, shelf: Shelf, draft: bool) -> Unit:
    if where.kind == "lesson":
        return lesson(source, where.id, shelf, draft)
    from courses import keyed

    if where.kind == "bank":
        return keyed.bank(source, where.id, shelf)
    if where.kind == "quiz":
        return keyed.quiz(source, where.id)
    if where.kind == "course":
        return keyed.course(source, where.id)
    if where.kind == "sources":
        return keyed.sources(source)
    if where.kind == "needs-assessment":
        return keyed.needs_assessment(source)
    return keyed.programme(source) if where.kind == "programme" else keyed.glossary(source)


def _translation(source: Text, where: Role, original: Path, shelf: Shelf, draft: bool, problems: list[Problem]) -> Unit:
    """A file in the folder of a locale: `original` is the file that it translates, whose hash the shelf holds under
    `file:` and its path. That file is compiled along with it, since it says what the translation must hold. `problems`
    are those of its characters."""
    from courses.translate import lesson as translated_lesson

    path = translated(source.file)
    there = original.is_file() and not original.is_symlink()
    text, _problems = decode(path, original.read_bytes()) if there else (None, [])
    unit = translated_lesson.begin(source.file, where)
    unit.problems += problems
    unit.needs["language"] = shelf.get("language")
    if not there:
        translated_lesson.without_source(unit, path)
    elif where.locale == (shelf.get("language") or SHARED_LANGUAGE):
        translated_lesson.of_own_language(unit, where.locale)
    elif text is not None:
        made = _by_kind(text, where, shelf, False)
        if where.kind == "lesson":
            translated_lesson.lesson(unit, source, text, made, translated_lesson.Reading(where, shelf, draft))
        else:
            from courses.translate.keyed import keyed_translation

            keyed_translation(unit, source, where, text, made, shelf)
        unit.needs |= made.needs  # whether the source is right decides what is held against its translation
    unit.needs[f"file:{path}"] = shelf.get(f"file:{path}")
    return unit


def lesson(source: Text, id: str, shelf: Shelf, draft: bool = False) -> Unit:
    """A lesson. `data`: title, objectives, minutes, checks, sources."""
    unit = begin(source, "lesson", id)
    found, stated, start = _front(source, unit)
    unit.needs["language"] = shelf.get("language")
    language = shelf.get("language") or SHARED_LANGUAGE
    reader = Reader(source.file, shelf, id, draft, language)
    blocks = reader.block(source, start)
    take(unit, reader)
    unit.texts = count(source, start, reader.tokens, bool(stated.get("title")))
    right = found and not has_errors(unit.problems)
    if right or draft:
        data = (
            {"title": id, "objectives": [], "minutes": 0}
            | stated
            | {
                "checks": names(reader.uses, "question"),
                "sources": names(reader.uses, "source", "term-source"),
            }
        )
        shown = id if is_slug(id) else "unnamed"  # which is an error, but a draft is shown all the same
        value = data | {"id": shown, "words": reader.words, "blocks": blocks, "terms": reader.terms}
        attach(unit, value)
        spell(unit, language, value, latin_lesson)
        unit.data = data if right else None
    return unit


def _front(source: Text, unit: Unit) -> tuple[bool, dict[str, Any], int]:
    """Whether the front matter is right (if not, that is added to the unit's problems), what it states as far as it can
    be read, and the offset at which the Markdown begins. The objectives it names are added to what the unit uses."""
    from courses import schema
    from courses.source import front_matter

    document, start, problems = front_matter(source)
    keys = schema.validate(document, schema.FrontMatter) if document else None
    unit.problems += document.problems if document else problems
    if document is None or keys is None:
        return False, _stated(document.data if document else None), start
    for place, objective in enumerate(keys.objectives):
        unit.uses.append(Fact("objective", objective, *document.place(("objectives", place))))
    return True, keys.model_dump(mode="json"), start


def _stated(data: Any) -> dict[str, Any]:
    """Title and minutes, where values of front matter that is wrong have them."""
    title, minutes = (data.get(key) if isinstance(data, dict) else None for key in ("title", "minutes"))
    stated: dict[str, Any] = {"title": title} if isinstance(title, str) else {}
    if isinstance(minutes, str) and re.fullmatch("[0-9]{1,3}", minutes):
        stated["minutes"] = int(minutes)
    return stated


def medium(file: str, path: str, data: bytes) -> Unit:
    """A media file; `path` is that from the course's folder. `data`: the medium."""
    unit = Unit(file, defines=[Fact("media", path, 1, 1)])
    if normalize("NFC", path) != path:
        message, hint = f"The name `{path}` is not typed as links to it are.", "Give it one of plain letters."
        unit.problems.append(Problem(file, 1, 1, "error", "bad-file-name", message, hint))
    found = measure(file, data)
    if isinstance(found, Problem):
        unit.problems.append(found)
    else:
        unit.data, unit.object, unit.body = {"medium": list(found.medium)}, found.medium.name, found.data
    return unit
