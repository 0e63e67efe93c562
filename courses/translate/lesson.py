"""A translated file → its unit: the object that takes the source's place for whoever reads its language.

Keys, ids, checks and places come from the source, which was compiled before. Whatever has no translation stays in the
source's language: of a lesson the block, of anything else the entry. What has a mistake counts as missing: the mistake
is told, and holds up no release. A block whose source has changed is shown and
marked as stale as long as it cites, links to and shows what the source does; a question whose source has changed is not
shown, since it would be graded by another text than the one that was read.

A unit's `data` holds in `texts` the translated texts by entry and key (of a lesson its title under ""), in `translated`
how many texts of the source are shown translated and up to date; of a bank also `untranslated`, the ids of its
other questions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from courses.facts import Fact, Shelf, Unit
from courses.layout import LANGUAGES, SHARED_LANGUAGE, Role
from courses.markdown.reader import Reader
from courses.problems import Problem, has_errors
from courses.script import latin_lesson
from courses.source import Text, front_matter
from courses.translate import letters
from courses.translate.pairing import Pair, Pairing, fits, lacks, pair
from courses.translate.segments import (
    TITLE,
    Hashes,
    Rendering,
    Segment,
    definitions,
    form_of,
    name_of,
    renderings,
    segments,
)
from courses.translate.slips import alike
from courses.translate.weave import Woven, in_front_matter, references, weave
from courses.units import attach, names, spell

_HEADING = re.compile(r'(<h[1-6][^>]*? id=")[^"]*(")')
WHOLE = "Translate each of them, and add none; Staza shows the source until then."
_STRUCTURE = ("heading-level", "heading-skipped")
"""What the source decides, and is told of."""


def begin(file: str, where: Role) -> Unit:
    """The unit of a translation."""
    return Unit(file, defines=[Fact("translation", f"{where.locale}/{where.kind}/{where.id}", 1, 1)])


def without_source(unit: Unit, path: str) -> None:
    """Add to the unit that the file which it translates is not there; `path` is where it would be."""
    message = f"There is no file {path} that this could translate."
    hint = "Give it the name of the file that it translates, or delete it."
    unit.problems.append(Problem(unit.file, 1, 1, "error", "translation-file", message, hint))


def of_own_language(unit: Unit, locale: str) -> None:
    """Add to the unit that what it translates is written in this language."""
    message = f"What this translates is written in {LANGUAGES[locale]} itself, so this is shown nowhere."
    hint = "Delete it, or correct `language` in course.yaml."
    unit.problems.append(Problem(unit.file, 1, 1, "error", "translation-language", message, hint))


def give(unit: Unit, locale: str, value: Any, convert: Callable[[Any], Any]) -> None:
    """Give the unit its object, and the same in the other script of its language. What has a mistake is not in it."""
    attach(unit, value, anyway=True)
    spell(unit, locale, value, convert)


# ── a lesson ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Reading:
    """What a lesson is compiled with."""

    def __init__(self, where: Role, shelf: Shelf, draft: bool) -> None:
        self.where = where
        self.shelf = shelf
        self.draft = draft
        self.language = shelf.get("language") or SHARED_LANGUAGE
        """That of the source."""

    def read(self, woven: Woven, start: int, anchors: Iterable[str]) -> tuple[Reader, list[dict[str, Any]]]:
        """The blocks of the woven text, which begins at the offset `start`, with the source's anchors."""
        reader = Reader(woven.text.file, self.shelf, self.where.id, self.draft, self.where.locale)
        reader.marks = {line: mark._asdict() for line, mark in woven.marks.items()}
        blocks = reader.block(woven.text, start)
        ids = iter(anchors)
        for block in blocks:
            _anchor(block, ids)
        return reader, blocks


def _anchor(block: dict[str, Any], ids: Any) -> None:
    """Give the headings of the block the source's anchors, so that links to them hold in every language."""
    block["html"] = _HEADING.sub(lambda found: found[1] + next(ids, "section") + found[2], block["html"])
    for inner in block["blocks"]:
        _anchor(inner, ids)


def lesson(unit: Unit, source: Text, original: Text, made: Unit, reading: Reading) -> None:
    """Add to the unit what the translated lesson comes to. `original` is the text of the lesson that it translates, and
    `made` its unit."""
    written, problems = renderings(source)
    pairing = pair(segments(original), written)
    unit.problems += problems
    if has_errors(made.problems):  # what the source seems to lack may be what could not be read
        pairing = pairing._replace(orphans=[])
    texts = [(one.text, one.place) for one in written if one.lines]
    unit.problems += letters.told(source.file, reading.where.locale, texts)
    pairs = _formed(unit, source, pairing, reading.where)
    start = front_matter(original)[1]
    anchors = [fact.name.partition("#")[2] for fact in made.defines if fact.kind == "anchor"]
    woven = weave(original, source.file, pairs, reading.language)
    reader, blocks = reading.read(woven, start, anchors)
    kept = _same(unit, source, pairs, woven, reader, made)
    if kept != pairs:
        pairs = kept
        woven = weave(original, source.file, pairs, reading.language)
        reader, blocks = reading.read(woven, start, anchors)
    _tell(unit, reader, woven)
    kept = _right(pairs, unit.problems)
    if kept != pairs:
        pairs = kept
        woven = weave(original, source.file, pairs, reading.language)
        reader, blocks = reading.read(woven, start, anchors)
    _take(unit, reader, woven)
    fresh = sum(bool(one.rendering and one.rendering.lines and not one.stale) for one in pairs)
    unit.data = {"texts": {}, "translated": fresh}
    if made.data is None or not any(one.rendering and one.rendering.lines for one in pairs):
        return
    title = made.data["title"]
    first = pairs[0]
    if in_front_matter(original, first.segment) and first.rendering and first.rendering.lines:
        title = first.rendering.text.strip()
        unit.data["texts"] = {"": {"title": title}}
    value = made.data | {
        "id": reading.where.id,
        "title": title,
        "sources": names(reader.uses, "source", "term-source"),
        "words": reader.words,
        "blocks": blocks,
        "terms": reader.terms,
    }
    give(unit, reading.where.locale, value, latin_lesson)


def _formed(unit: Unit, source: Text, pairing: Pairing, role: Role) -> list[Pair]:
    """The pairs, without translations that are of another form than their block; these and those that translate nothing
    any more are told of."""
    mistyped = _mistyped(source.file, pairing)
    unit.problems += mistyped.values()
    shown = {one.segment.hash: one.rendering.line for one in pairing.pairs if one.rendering}
    for orphan in pairing.orphans:
        if orphan.lines and orphan.line not in mistyped:
            message = f"No block of the source has the hash {orphan.hash} any more, so this is shown nowhere."
            hint = "Move the text below the line of the block that it translates, or delete it."
            if orphan.hash in shown:
                line = shown[orphan.hash]
                message = f"The block {orphan.hash} is translated in line {line} already, so this is shown nowhere."
            unit.problems.append(Problem(source.file, orphan.line, 1, "advice", "translation-orphan", message, hint))
    pairs: list[Pair] = []
    for one in pairing.pairs:
        if one.rendering and not one.stale:
            if hidden := _hidden(one.rendering, one.segment):
                message = "This line begins with `%%` and is not the source's: it is shown to nobody."
                hint = "Write the translation in a line of its own, without `%%`."
                unit.problems.append(Problem(source.file, hidden, 1, "error", "translation-hidden", message, hint))
            elif one.rendering.lines:
                locale = role.locale
                unit.problems += alike(source.file, locale, one.segment.text, one.rendering.text, one.rendering.place)
        if one.rendering and not fits(one.rendering, one.segment):
            after = pairing.pairs[len(pairs) + 1 : len(pairs) + 2]
            unit.problems.append(_misformed(source.file, one.rendering, one.segment, after))
            one = Pair(one.segment, None, False)
        elif one.rendering and one.rendering.lines and (problem := _redefined(source.file, one.rendering, one.segment)):
            unit.problems += [problem] * (not one.stale)
            one = Pair(one.segment, None, False)
        elif one.rendering and (lost := lacks(one)):
            line = one.rendering.lines[0][0]
            unit.problems.append(Problem(source.file, line, 1, "error", "translation-form", lost, WHOLE))
            one = Pair(one.segment, None, False)
        pairs.append(one)
    return pairs


def _hidden(rendering: Rendering, segment: Segment) -> int:
    """The line in which the translation of a block stands that was written over the source's text; 0 if none does."""
    if rendering.lines:
        return 0
    shown = {line.strip() for line in segment.text.split("\n")}
    return next((number for number, line in rendering.comments if line and line not in shown), 0)


def _mistyped(file: str, pairing: Pairing) -> dict[int, Problem]:
    """The problems of texts whose hash is that of a block without a translation but for a digit, by the lines of their
    headers: that the source has changed is no reason for that."""
    known = {one.segment.hash for one in pairing.pairs}
    exact = {one.rendering.hash for one in pairing.pairs if one.rendering} & known
    lacking = Hashes(known - exact)
    found = {}
    for one in (*pairing.orphans, *(one.rendering for one in pairing.pairs if one.rendering)):
        if one.hash not in known and (hash := lacking.meant(one.hash)):
            message = f"No block of the source has the number {one.hash}."
            problem = Problem(file, one.line, 1, "error", "translation-block", message, f"Did you mean `{hash}`?")
            found[one.line] = problem
    return found


def _misformed(file: str, rendering: Rendering, segment: Segment, after: list[Pair]) -> Problem:
    """The problem of a translation that is of another form than its block. `after` holds the pair of the block that
    comes next, if one does: where that has no translation, the line that names it may be what is missing."""
    wanted = name_of(segment.kind)
    form = form_of(rendering.text)
    message = f"The source has {wanted} here; this is something else."
    hint = "Give the translation the form of its source: as many blocks, of the same kind."
    if form.second:
        message = f"The source has {wanted} but here are two blocks or more; the second begins in this line."
        if after and after[0].rendering is None and form.second == after[0].segment.kind:
            hint = f"If it translates the block that comes next, write `:::block {after[0].segment.hash}` above it."
    return Problem(file, rendering.lines[form.line][0], 1, "error", "translation-form", message, hint)


def _redefined(file: str, rendering: Rendering, segment: Segment) -> Problem | None:
    """The problem of a translation that gives other addresses to names of links than its source does. They hold for the
    whole lesson, so links of blocks that are not translated here would change too."""
    have, want = definitions(rendering.text), definitions(segment.text)
    for name, (address, at) in have.items():
        if name not in want or want[name][0] != address:
            message = f"This would change where links by the name `{name.lower()}` lead, in the whole lesson."
            hint = "Delete it: a link by a name leads where the lesson's source says."
            return Problem(file, rendering.lines[at][0], 1, "error", "translation-defines", message, hint)
    for name in want.keys() - have.keys():
        message = f"The source says here where links by the name `{name.lower()}` lead; its translation does not."
        hint = f"Take over the line that begins with `[{name.lower()}]:` as it is."
        return Problem(file, rendering.lines[0][0], 1, "error", "translation-defines", message, hint)
    return None


def _same(unit: Unit, source: Text, pairs: list[Pair], woven: Woven, reader: Reader, made: Unit) -> list[Pair]:
    """The pairs, without those stale ones that cite, link to or show other things than the source has by now. One that
    does so and is not stale is an error."""
    lines = {line: one.segment for one in pairs for line in range(one.segment.first, one.segment.last)}
    wanted, found = references(made.uses, lines), references(reader.uses, woven.blocks)
    kept = []
    for one in pairs:
        have, want = found.get(one.segment, set()), wanted.get(one.segment, set())
        if have != want and one.rendering and one.rendering.lines and one.segment.kind != TITLE:
            if not one.stale:
                unit.problems.append(difference(source.file, one.rendering.lines[0][0], 1, have, want))
            one = Pair(one.segment, None, False)
        kept.append(one)
    return kept


def difference(file: str, line: int, column: int, have: set[tuple[str, str]], want: set[tuple[str, str]]) -> Problem:
    """The problem of a translation that refers to `have`, where its source refers to `want`."""
    missing, more = sorted(want - have), sorted(have - want)
    kind, name = (missing or more)[0]
    shown = {"source": f"[@{name}]", "lesson": f"lesson:{name}", "anchor": f"#{name.partition('#')[2]}"}
    shown |= {"media": name, "term": f"term:{name}", "address": name}
    message = f"The source refers to `{shown[kind]}` here, and its translation does not."
    if not missing:
        message = f"The translation refers to `{shown[kind]}`, and its source does not."
    hint = "Cite, link to and show what the source does; correct the source if it is wrong there."
    return Problem(file, line, column, "error", "translation-refers", message, hint)


def _right(pairs: list[Pair], problems: list[Problem]) -> list[Pair]:
    """The pairs, without translations that have a mistake in one of their lines: such a block counts as missing."""
    wrong = {problem.line for problem in problems if problem.severity == "error"}
    kept = []
    for one in pairs:
        if one.rendering and wrong.intersection(
            [one.rendering.line, *(number for number, _line in one.rendering.lines)]
        ):
            one = Pair(one.segment, None, False)
        kept.append(one)
    return kept


def _tell(unit: Unit, reader: Reader, woven: Woven) -> None:
    """Add to the unit what is wrong in lines of the translation, at their places in it."""
    for problem in reader.problems:
        place = woven.place(problem.line, problem.column)
        if place and problem.code not in _STRUCTURE:
            unit.problems.append(replace(problem, line=place.line, column=place.column))


def _take(unit: Unit, reader: Reader, woven: Woven) -> None:
    """Add to the unit what the texts of the translation refer to, and what they took from the shelf."""
    for fact in reader.uses:
        place = woven.place(fact.line, fact.column)
        if place:
            unit.uses.append(Fact(fact.kind, fact.name, *place))
    unit.needs |= reader.needs | {"language": reader.shelf.get("language")}
