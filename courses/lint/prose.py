"""Advice on one lesson, from its text alone.

The text is read in chunks that blank lines divide, without a parser: advice may be a little coarse. Each rule says
where it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from courses.facts import Fact
from courses.problems import Problem
from courses.source import Text

WORDS_A_MINUTE = 145
"""Reading speed of officials who study English text as a second language. Most adults read English non-fiction
silently at 175 to 300 words a minute, 238 on average (M. Brysbaert, "How many words do we read per minute?", Journal of
Memory and Language 109 (2019), 104047); studying it in a second language takes about 20% longer (N. Dirix et al.,
"Reading text when studying in a second language", Reading Research Quarterly 55 (2020), 371-397). Taken is the slow
end, 175 / 1.2, so that the stated time is enough for nearly everybody. Slavic languages need fewer words for the same
message and are read at fewer words a minute, which comes to the same."""
MINUTES_A_CHECK = 1.0
"""Reading, answering and reading the reasons. An estimate of ours."""
PARAGRAPH = 150
"""Words: "no more than 150 words in three to eight sentences" (Federal Plain Language Guidelines, rev. 1, 2011,
"Write short paragraphs")."""
STRETCH = 400
"""Words, nearly three minutes of reading: learners who get a lesson in segments understand more of it (R. E. Mayer and
P. Chandler, "When learning is just a click away", Journal of Educational Psychology 93 (2001), 390-397)."""
CARD = 110
"""Words of a lesson's summary: with those of seven lessons, a card of one page of A4 in two columns."""
GRADE = 15.0
"""School years by the Automated Readability Index: beyond 14 it is the language of a university. An official who reads
English at level B2 follows it only slowly."""
FAR = 20
"""School years beyond which the number says no more."""
ENOUGH = 300
"""Words below which an index says little."""

_CHUNK = re.compile(r"\S[^\n]*(?:\n[ \t]*\S[^\n]*)*")
_LIST = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]", re.MULTILINE)
_LEADING = re.compile(r"(?:(?:#{1,6}[ \t]|:::)[^\n]*(?:\n|$))+")
_TRAILING = re.compile(r"\n:{3,}[ \t]*$")
_CITATIONS = re.compile(r"\[@[^\[\]]*\]")
_LINK = re.compile(r"\]\([^()\s]*\)")
_SUMMARY = re.compile(r"^:{3,}[ \t]*summary[^\n]*\n(.*?)^:{3,}[ \t]*$", re.MULTILINE | re.DOTALL)
_SENTENCE_ENDS = re.compile(r"(?<![.!?…])[.!?…]+[\"”’)*_\]]*(?=\s|$)")
_LETTERS = re.compile(r"[^\W_]")
_NUMBERS = re.compile(r"\d+")
_PROVISION = re.compile(
    r"\b(?:[Aa]rticles?|[Aa]rts?\.|[Čč]l(?:an[a-z]{0,3}|\.)|[Чч]л(?:[ае]н[а-ш]{0,3}|\.)|[Nn]eni[nt]?)\s+(\d+)"
)
_RULE = re.compile(
    r"\bCourt (?:has |also |of [A-Z]\w+(?: [A-Z]\w+)* )?(?:held|found|ruled|decided|stated)\b"
    r"|\b(?:Law|Act|Code|Directive|Regulation|Convention|Protocol|Covenant|Constitution) (?:on [\w ]{1,60} )?"
    r"(?:requires?|obliges?|forbids?|prohibits?|permits?|allows?|provides?|guarantees?|lays down|says|asks)\b"
)
_PICTURE = re.compile(r"!\[([^\[\]]{0,2000})\]\(\s*<?(media/[^\s)>]+\.(?:png|jpe?g|gif|webp))", re.IGNORECASE)
_OF_TEXT = re.compile(
    r"screen[ _-]?shot|(?<![a-z])scan(?:ned|s)?(?![a-z])|facsimile|skenira|скенира|snimak ekrana|снимак екрана",
    re.IGNORECASE,
)
LONG_ALT = 40
"""Words of alternative text: who needs as many is copying a text out of the picture."""


class Chunk(NamedTuple):
    """Lines between blank ones: the offset at which their text begins, and the text without headings and directives.
    `divides` whether something in front of it gives the eye a hold, `kind` what it is."""

    offset: int
    text: str
    divides: bool
    heading: bool
    kind: str


def lesson(source: Text, start: int, minutes: int, checks: int) -> tuple[list[Problem], list[Fact]]:
    """Advice on the lesson whose Markdown begins at the offset `start`, and a fact `grade` (school years) if it reads
    hard; whether that counts is for the course to say, since the formula holds for English only."""
    chunks = list(_chunks(source.text, start))
    problems = [
        *_time(source, start, minutes, checks),
        *_walls(source, chunks),
        *_law(source, chunks, start),
        *_pictures(source, start),
        *_card(source, start),
    ]
    return problems, _grade(source, chunks, start)


def _chunks(text: str, start: int) -> Iterator[Chunk]:
    fenced = False
    for match in _CHUNK.finditer(text, start):
        chunk, offset = match[0], match.start()
        leading = _LEADING.match(chunk)
        head = leading[0] if leading else ""
        chunk, offset = chunk[len(head) :], offset + len(head)
        divides, heading = bool(head), head.startswith("#") or "\n#" in head
        marks = chunk.count("```")
        if fenced or marks:
            fenced ^= marks % 2 == 1
            yield Chunk(offset, "", True, heading, "code")
        elif chunk.startswith("|"):
            yield Chunk(offset, chunk, divides, heading, "table")
        elif chunk.startswith((">", "![")):
            yield Chunk(offset, chunk, divides, heading, "quote" if chunk.startswith(">") else "picture")
        else:
            chunk = _TRAILING.sub("", chunk)
            first = _LIST.search(chunk)
            prose = chunk[: first.start()] if first else chunk
            if prose.strip() or head:
                yield Chunk(offset, prose, divides, heading, "prose")
            if first:
                yield Chunk(offset + first.start(), chunk[first.start() :], divides, heading and not prose, "list")


def _tell(source: Text, offset: int, code: str, message: str, hint: str) -> Problem:
    return Problem(source.file, *source.place(offset), "advice", code, message, hint)


def _front(source: Text, start: int, key: str) -> int:
    """The offset of the key in the front matter, or of the file's beginning."""
    return max(source.text.find(f"\n{key}:", 0, start) + 1, 0)


# ── the rules ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _time(source: Text, start: int, minutes: int, checks: int) -> Iterator[Problem]:
    """A lesson that takes longer than it says: who was given half an hour for it gets into trouble."""
    words = len(source.text[start:].split())
    needed = words / WORDS_A_MINUTE + checks * MINUTES_A_CHECK
    if needed > minutes + 0.5:
        stated, asked = _count(minutes, "minute"), _count(checks, "check")
        message = f"The lesson states {stated}, but its {words:,} words and {asked} take about {needed:.0f}."
        hint = f"State more, or divide it: in a second language officials study some {WORDS_A_MINUTE} words a minute."
        yield _tell(source, _front(source, start, "minutes"), "long-lesson", message, hint)


def _walls(source: Text, chunks: list[Chunk]) -> Iterator[Problem]:
    """Paragraphs that are too long, and too many in a row with nothing between them."""
    stretch, begin, told = 0, 0, False
    for chunk in chunks:
        if chunk.divides or chunk.kind != "prose":
            stretch, told = 0, False
        if chunk.kind != "prose":
            continue
        words = len(chunk.text.split())
        if words > PARAGRAPH:
            message = f"This paragraph has {words} words; nobody finds their place again in more than {PARAGRAPH}."
            hint = "Begin a new one where a new thought begins."
            yield _tell(source, chunk.offset, "long-paragraph", message, hint)
        if not stretch:
            begin = chunk.offset
        stretch += words
        if stretch > STRETCH and not told:
            told = True
            message = f"More than {STRETCH} words begin here without a heading, list, picture or check between them."
            hint = "Divide them: a text in segments is understood better and found again."
            yield _tell(source, begin, "wall-of-text", message, hint)


def _law(source: Text, chunks: list[Chunk], start: int) -> Iterator[Problem]:
    """Statements of law that nobody can look up: in a section that cites nothing, what a law or court says, or a
    numbered article that no citation of the lesson names. An official acts on it; the reviewing lawyer has to find
    it."""
    cited = {number for each in _CITATIONS.findall(source.text, start) for number in _NUMBERS.findall(each)}
    waiting: list[Problem] = []
    sourced = False
    for chunk in chunks:
        if chunk.heading:
            yield from () if sourced else waiting
            waiting, sourced = [], False
        sourced = sourced or "[@" in chunk.text
        if sourced or chunk.kind not in ("prose", "list"):
            continue
        for match in _PROVISION.finditer(chunk.text):
            if match[1] not in cited:
                message = f"Nothing in this lesson says where {match[0]} can be looked up."
                hint = f"Cite its source: `[@key, art. {match[1]}]`."
                waiting.append(_tell(source, chunk.offset + match.start(), "law-without-source", message, hint))
                break
        else:
            if rule := _RULE.search(chunk.text):
                message = "This says what the law is, and its section cites no source."
                hint = "Cite it, so that readers can look it up: `[@key, art. 3]`."
                waiting.append(_tell(source, chunk.offset + rule.start(), "law-without-source", message, hint))
    yield from () if sourced else waiting


def _pictures(source: Text, start: int) -> Iterator[Problem]:
    """Pictures of text can't be enlarged, translated or read aloud (WCAG 2.2, success criterion 1.4.5)."""
    if "![" not in source.text:
        return
    for match in _PICTURE.finditer(source.text, start):
        if len(match[1].split()) > LONG_ALT or _OF_TEXT.search(match[0]):
            message = f"`{match[2]}` seems to be a picture of text, which can't be enlarged, translated or read aloud."
            yield _tell(source, match.start(), "text-in-picture", message, "Write the text itself into the lesson.")


def _card(source: Text, start: int) -> Iterator[Problem]:
    """A summary that does not fit on a card with those of the other lessons."""
    if ":::summary" in source.text and (summary := _SUMMARY.search(source.text, start)):
        words = len(summary[1].split())
        if words > CARD:
            message = f"This summary has {words} words; the card of the course has room for {CARD} a lesson."
            yield _tell(source, summary.start(), "long-summary", message, "Keep what is needed at work, and no more.")


def _grade(source: Text, chunks: list[Chunk], start: int) -> list[Fact]:
    """The Automated Readability Index, 4.71 letters a word + 0.5 words a sentence - 21.43: school years of the United
    States (E. A. Smith and R. J. Senter, "Automated Readability Index", AMRL-TR-66-220, 1967). Like every such formula
    it was fitted to one language. None is known to hold for Serbian, Bosnian, Montenegrin, Macedonian or Albanian."""
    prose = [chunk.text for chunk in chunks if chunk.kind == "prose"]
    text = _LINK.sub("]", _CITATIONS.sub("", "\n\n".join(prose)))
    words = len(text.split())
    if words < ENOUGH:
        return []
    letters = sum(map(len, text.split())) - sum(map(text.count, '.,;:!?()*[]"“”’'))
    sentences = max(len(_SENTENCE_ENDS.findall(text)), len(prose))
    grade = 4.71 * letters / words + 0.5 * words / sentences - 21.43
    if grade <= GRADE:
        return []
    years = f"{grade:.0f}" if grade <= FAR else f"more than {FAR}"
    return [Fact("grade", f"{words / sentences:.0f} {years}", *source.place(_front(source, start, "title")))]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
