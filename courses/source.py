"""Files → values, each with the place it stands at.

YAML here is data: every scalar stays the text that the author wrote (so `no` is no false and `1.10` no number; the
schema says what is a number), an empty value is None, and nothing refers to anything else. libyaml reads the file;
this module keeps the positions, which it counts from the character offsets of libyaml's events because that library
takes more characters for line ends than editors do.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from courses.facts import Place
from courses.problems import Problem
from courses.text import CONTROL
from courses.text import Text as Text
from courses.text import decode as decode

_DEPTH_LIMIT = 20
_WRITTEN_OUT = "If text is meant, put it in quotes. If the other place is meant, write its value here again."
_WORDS = re.compile(r"\S+")
_AHEAD = 1000
"""How many characters of indentation, and of escapes, a word of a text is looked for behind."""
Where = tuple[str | int, ...]
Events = Callable[[], Any]
Value = Any
"""str, None, list[Value] or dict[str, Value]."""


class Spot(NamedTuple):
    """Offsets: where a value's key begins (the value itself, if it has none), where it begins and where it ends.
    `inner` holds the spots of what stands in it, by key or number."""

    key: int
    start: int
    end: int
    inner: dict[str | int, Any] | None


class Document:
    """The value that a YAML text holds, where each part of it stands, and what was wrong with the text.

    `broken` means that the text could not be read to its end, so that what `data` lacks need not be missing.
    """

    _alignment: tuple[Where, list[int], list[int]] | None = None
    """Of the path that was asked for last, what `_aligned` found."""

    def __init__(self, source: Text, start: int = 0, end: int | None = None) -> None:
        """Read the text from the offset `start` to `end` (None: to its end)."""
        self.source = source
        self.problems: list[Problem] = []
        self.broken = False
        self.data: Value = None
        self._run_in: list[int] = []
        self._start = start
        self._end = len(source.text) if end is None else end
        self._spot = Spot(start, start, start, None)
        self._read()

    # ── places ────────────────────────────────────────────────────────────────────────────────────────────────────

    def place(self, path: Where) -> Place:
        """Where the value at the path begins; if there is none, where what should contain it begins."""
        return self.source.place(self.spot(path).start)

    def key_place(self, path: Where) -> Place:
        """Where the key of the value at the path begins; if there is none, as `place`."""
        return self.source.place(self.spot(path).key)

    def spot(self, path: Where) -> Spot:
        """The spot of the value at the path; if there is none, that of what should contain it, as if it had no key."""
        spot = self._spot
        for step in path:
            if spot.inner is None or step not in spot.inner:
                return spot._replace(key=spot.start)
            spot = spot.inner[step]
        return spot

    def inside(self, path: Where, offset: int) -> Place:
        """Where the character stands that is at the offset of the text at the path.

        Exact for texts that stand as they are; in folded texts and those with escapes the word is looked for, since
        the decoded text has other offsets than the written one.
        """
        if self._alignment is None or self._alignment[0] != path:
            _, start, end, _ = self.spot(path)
            self._alignment = (path, *_aligned(self.at(path), self.source.text, start, end))
        _, decoded, written = self._alignment
        number = bisect_right(decoded, offset) - 1
        return self.source.place(min(written[number] + offset - decoded[number], self.spot(path).end))

    def at(self, path: Where) -> Value:
        """The value at the path."""
        value = self.data
        for step in path:
            value = value[step]
        return value

    # ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _problem(self, offset: int, code: str, message: str, hint: str = "") -> None:
        self.problems.append(self.source.problem(offset, code, message, hint))

    def _read(self) -> None:
        loader = yaml.CBaseLoader(self.source.text[self._start : self._end])
        try:
            loader.get_event()
            if isinstance(loader.get_event(), yaml.DocumentStartEvent):
                self.data, self._spot = self._value(loader.get_event, loader.get_event(), self._start, 0)
                loader.get_event()
                if isinstance(extra := loader.get_event(), yaml.DocumentStartEvent):
                    self.broken = True
                    self._problem(
                        self._offset(extra.start_mark),
                        "yaml-documents",
                        "A line `---` begins a second document here.",
                        "A file holds one: delete the line, or move what follows to a file of its own.",
                    )
        except yaml.YAMLError as error:
            self.broken = True
            if isinstance(self.data, str):  # keys that were not read as such
                self.data = None
            offset, code, message, hint = explain(error, self.source.text[self._start : self._end])
            self._problem(self._start + offset, code, message, hint)
        except RecursionError:  # libyaml composes as deep as it is told to
            self.broken = True
            self._problem(self._start, "yaml-depth", "The values are nested too deeply.")
        finally:
            loader.dispose()
        for offset in () if self.broken else self._run_in:  # a quote that was never closed runs over lines too
            message = "This line runs into the one before it: only a text that begins with `|` keeps its lines."
            self._problem(offset, "yaml-folded", message, "Write `|` behind the key, and the text below it.")
        text = self.source.text
        if not self.broken and (" #" in text or any(quote in text for quote in "“„«")):
            from courses.remarks import doubtful

            self.problems += doubtful(self.source, self._start, self._end, self._spot)

    def _offset(self, mark: Any) -> int:
        return self._start + int(mark.index)

    def _value(self, following: Events, event: Any, key: int, depth: int) -> tuple[Value, Spot]:
        """The value that begins with the event, and its spot; `key` is where its key begins."""
        kind, start, end = type(event), self._offset(event.start_mark), self._offset(event.end_mark)
        if depth > _DEPTH_LIMIT:
            raise yaml.MarkedYAMLError(problem="too deep", problem_mark=event.start_mark)
        if kind is yaml.AliasEvent or event.anchor is not None or event.tag is not None:
            self._refuse(event, start)
        if kind is yaml.ScalarEvent:
            value = self._scalar(event, start, end) if event.value or not event.implicit[0] else None
            return value, Spot(key, start, end, None)
        if kind is yaml.SequenceStartEvent:
            items: list[Value] = []
            spots: dict[str | int, Spot] = {}
            while type(event := following()) is not yaml.SequenceEndEvent:
                begin = self._offset(event.start_mark)
                item, spots[len(items)] = self._value(following, event, begin, depth + 1)
                items.append(item)
            return items, Spot(key, start, end, spots)
        if kind is yaml.MappingStartEvent:
            mapping, spots = self._mapping(following, depth + 1)
            return mapping, Spot(key, start, end, spots)
        return self.source.text[start:end], Spot(key, start, end, None)

    def _scalar(self, event: Any, start: int, end: int) -> str:
        """The text of a scalar. Only an escape such as `\\0` can bring a control character in."""
        value: str = event.value
        escaped = event.style == '"' and self.source.text.find("\\", start, end) >= 0
        if event.style != "|" and (folded := _folded(self.source.text[start:end])):
            self._run_in.append(start + folded)
        if escaped and "$" in value and (formula := _FORMULA.search(self.source.text, start, end)):
            command = formula["x"]
            message = f"Inside double quotes YAML takes `{command[:2]}` for a code, so that `{command}` is lost."
            hint = f"Put the text in single quotes, or write `\\{command}`."
            self._problem(formula.start("x"), "yaml-escape", message, hint)
            return CONTROL.sub(" ", value)
        if escaped and (control := CONTROL.search(value)):
            message = f"An escape in this text makes an invisible control character (U+{ord(control[0]):04X})."
            hint = "Delete it; where a backslash is meant, write it twice."
            self._problem(start, "control-character", message, hint)
            return CONTROL.sub(" ", value)
        return value

    def _mapping(self, following: Events, depth: int) -> tuple[dict[str, Value], dict[str | int, Spot]]:
        mapping: dict[str, Value] = {}
        spots: dict[str | int, Spot] = {}
        while type(event := following()) is not yaml.MappingEndEvent:
            start = self._offset(event.start_mark)
            if type(event) is not yaml.ScalarEvent:
                self._problem(start, "yaml-key", "A key must be plain text.", "Put it in quotes.")
                self._value(following, event, start, depth)
                self._value(following, following(), start, depth)
                continue
            if event.anchor is not None or event.tag is not None:
                self._refuse(event, start)
            key = self._scalar(event, start, self._offset(event.end_mark))
            if key in mapping:
                first = self.source.place(spots[key].key).line
                message = f"The key `{key}` is here a second time; the first is in line {first}."
                self._problem(start, "doubled-key", message, "Delete one of them.")
                self._value(following, following(), start, depth)
                continue
            mapping[key], spots[key] = self._value(following, following(), start, depth)
        return mapping, spots

    def _refuse(self, event: Any, start: int) -> None:
        if isinstance(event, yaml.AliasEvent):
            message = f"YAML reads `*{event.anchor}` as a reference to another place, not as text."
            self._problem(start, "yaml-alias", message, _WRITTEN_OUT)
        elif event.anchor is not None:
            message = f"YAML reads `&{event.anchor}` as the name of this place, not as text."
            self._problem(start, "yaml-alias", message, _WRITTEN_OUT)
        if getattr(event, "tag", None) is not None:
            self._problem(start, "yaml-tag", "YAML reads a `!` here as a tag, not as text.", "Put the text in quotes.")


_EXPLANATIONS: list[tuple[str, str, str, str, str]] = [
    # what libyaml says, of the problem or its context; code; which mark to point at; message; hint
    (
        "while scanning an alias",
        "yaml-alias",
        "context",
        "YAML reads a `*` at the start as a reference, not as text.",
        "Put the text in quotes.",
    ),
    (
        "while scanning an anchor",
        "yaml-alias",
        "context",
        "YAML reads a `&` at the start as a name, not as text.",
        "Put the text in quotes.",
    ),
    (
        "tab character",
        "yaml-tab",
        "problem",
        "There is a tab here; YAML allows only spaces.",
        "Replace it with spaces.",
    ),
    (
        "found unexpected end of stream",
        "yaml-open-quote",
        "context",
        "The quote that opens here is never closed.",
        "Close it; a quote inside the text is written twice ('') or as \\\".",
    ),
    (
        "found unexpected document indicator",
        "yaml-open-quote",
        "context",
        "The quote that opens here is never closed.",
        "Close it; a quote inside the text is written twice ('') or as \\\".",
    ),
    (
        "mapping values are not allowed",
        "yaml-colon",
        "problem",
        "A colon with a space after it begins a value, and none may begin here.",
        "If it belongs to the text, put the text in quotes; otherwise look at the indentation.",
    ),
    (
        "could not find expected ':'",
        "yaml-colon",
        "context",
        "This line among keys has no colon.",
        "Write `key: value`; the second line of a text must be indented more than its key.",
    ),
    (
        "while parsing a flow",
        "yaml-open-bracket",
        "problem",
        "The list or the braces that began before this do not continue like this.",
        "Close the bracket; put a text in quotes if it contains a colon, a comma or a bracket.",
    ),
    (
        "unknown escape",
        "yaml-escape",
        "problem",
        "Inside double quotes a backslash begins a code, and this is none.",
        "Write the backslash twice, or use single quotes.",
    ),
    (
        "did not find expected key",
        "yaml-indent",
        "problem",
        "This does not continue what is above it.",
        "Look at the indentation, and whether a quote closed too early.",
    ),
    (
        "did not find expected '-' indicator",
        "yaml-indent",
        "problem",
        "The list above must continue with `-` or end.",
        "Look at the indentation of this line.",
    ),
    (
        "block sequence entries are not allowed",
        "yaml-indent",
        "problem",
        "A list may not begin here.",
        "Begin it on a line of its own.",
    ),
    ("too deep", "yaml-depth", "problem", "The values are nested too deeply.", "Use fewer brackets."),
]


_FORMULA = re.compile(
    r"\$(?![ ])[^$]*?(?<!\\)(?P<x>\\(?:a(?:lpha|pprox|ngle|st)|b(?:eta|egin|ar|inom|ullet|ig|igl|igr|oldsymbol|ot)"
    r"|e(?:ll|psilon|quiv|ta|xists|mptyset|xp|nd)|f(?:rac|orall|loor)|L(?:ambda|eftarrow)"
    r"|N(?:abla)?|P(?:hi|i|si|r)|n(?:u|eq?|eg|abla|i|ot|otin|earrow)|r(?:ho|ight|ightarrow|angle|brace|ceil|floor)"
    r"|t(?:ext|extbf|extit|heta|imes|an|au|ilde|frac|o|riangle)|v(?:ec|arepsilon|arphi|ert|dots|ee)))(?![a-zA-Z])[^$]*\$"
)
"""A command of TeX within a formula that begins like a code of YAML."""
_MARKED = re.compile(r"^[ \t]*(?:[-*+•][ \t]|\d{1,3}[.)][ \t]|\|)", re.MULTILINE)


def _folded(written: str) -> int:
    """The offset of the first line, in a text whose lines run into one, that was to be an item of a list or a row of a
    table of several; 0 if there is none."""
    if "\n" not in written:
        return 0
    lines = [match.start() for match in _MARKED.finditer(written) if match.start()]
    if len(lines) < 2:  # a line may be broken before a dash
        return 0
    for line in lines:
        before = written[:line].rstrip("\n")
        if len(before) == line - 1 and before.rpartition("\n")[2].strip(" \t>-+0123456789"):
            return line + len(written[line:]) - len(written[line:].lstrip())
    return 0


def _aligned(value: str, text: str, start: int, end: int) -> tuple[list[int], list[int]]:
    """Offsets in a decoded value, in rising order, and those at which the same stands in the text between `start` and
    `end`, which is what it was decoded of."""
    for skip in (0, 1):
        if text.startswith(value, start + skip, end):
            return [0], [start + skip]
    decoded, written, at = [0], [start], start
    for word in _WORDS.finditer(value):
        found = text.find(word[0], at, min(end, at + _AHEAD + len(word[0])))
        if found >= 0:  # a word with an escape in it is not
            decoded.append(word.start())
            written.append(found)
        at = max(found, at) + len(word[0])
    return decoded, written


def explain(error: yaml.YAMLError, text: str) -> tuple[int, str, str, str]:
    """Offset, code, message and hint for what libyaml says of the text."""
    if not isinstance(error, yaml.MarkedYAMLError):
        offset = getattr(error, "position", 0)
        return offset, "yaml-syntax", "There is a character here that YAML does not allow.", "Delete it."
    marks = {"problem": error.problem_mark or error.context_mark, "context": error.context_mark or error.problem_mark}
    offsets = {name: min(int(mark.index), len(text)) if mark else 0 for name, mark in marks.items()}
    said = f"{error.context} {error.problem}"
    if "found unexpected" not in said and (early := _ended_early(text, offsets["problem"])):
        return early
    if "cannot start any token" in said:
        character = text[offsets["problem"] : offsets["problem"] + 1]
        if character != "\t":
            shown = "a backtick" if character == "`" else f"`{character}`"
            message = f"A text may not begin with {shown}."
            return offsets["problem"], "yaml-quote", message, "Put the text in quotes."
        said = "tab character"
    for words, code, mark, message, hint in _EXPLANATIONS:
        if words in said:
            if code in ("yaml-colon", "yaml-indent") and (slip := _slip(text, offsets[mark])):
                return slip
            return offsets[mark], code, message, f"{hint}{printed_quotes(text, offsets['problem'])}"
    return offsets["problem"], "yaml-syntax", f"This is not YAML: {error.problem}.", "Put the text in quotes."


_KEY = re.compile(r"[ \t]*(?:- +)?([A-Za-z][\w-]*):(?=[^\s/]|\u00a0)")
_ENTRY = re.compile(r"[ \t]*(?:(-)(?=[\w{\[\"'\u00a0])|([–—•·]))")
_WIDE = re.compile(r"[ \t]*(?:- +)?([A-Za-z][\w-]*)[ \t]*([\uff1a\ua789\u2236\ufe55])")
_LISTED = re.compile(r"[ \t]*(?:- +)?(?:[A-Za-z][\w-]*: +)?([\[{])[^\n]*?[\]}][ \t]*")
_PLAIN_KEY = re.compile(r"[ \t]*(?:- +)?[\w-]+$")


def _slip(text: str, offset: int) -> tuple[int, str, str, str] | None:
    """A key or an entry of a list that was not read as one, in the line of the offset, where reading stopped, or in the
    one before it, if that seemed to go on: a space is missing, or is none that YAML knows, or the hyphen is a longer
    dash. Offset, code, message and hint of that."""
    start = text.rfind("\n", 0, offset) + 1
    lines = [start]
    if start and _PLAIN_KEY.match(text[start:offset]):
        lines.append(text.rfind("\n", 0, start - 1) + 1)
    for line in lines:
        if wide := _WIDE.match(text, line):
            from courses.letters import called

            message = f"After `{wide[1]}` there is {called(wide[2])}, which YAML does not read as a colon."
            return wide.start(2), "yaml-colon", message, f"Type a plain one, and a space: `{wide[1]}: …`."
        if listed := _LISTED.fullmatch(text, line, offset):
            message = f"YAML takes the `{listed[1]}` at the beginning of a text for that of a list or of keys."
            return listed.start(1), "yaml-indent", message, "Put the text in quotes."
        if key := _KEY.match(text, line):
            message = f"After the colon of `{key[1]}` a space is missing."
            if text.startswith("\u00a0", key.end()):
                message = f"After the colon of `{key[1]}` there is a no-break space, as word processors write it."
            return key.end() - 1, "yaml-colon", message, f"Type a plain space there: `{key[1]}: …`."
        if dash := _ENTRY.match(text, line):
            message = f"`{dash[2]}` begins no entry of a list: it is no hyphen." if dash[2] else ""
            message = message or "A hyphen begins an entry of a list only with a plain space after it."
            return dash.end() - 1, "yaml-indent", message, "Type a hyphen and a space: `- `."
    return None


_PRINTED = re.compile(r"[:\[{,-][ \t]*[“”„«»‘‚]")


def printed_quotes(text: str, offset: int) -> str:
    """What to say besides of a mistake at the offset, where a text before it in its line begins with quotes as word
    processors print them."""
    if _PRINTED.search(text, text.rfind("\n", 0, offset) + 1, offset):
        return ' Quotes such as “ and „ are letters here: type `"`.'
    return ""


_FOLLOWS = re.compile(r"[ \t]*(?:$|[,:\]}]|[ \t]#)|[ \t]+[\w-]+:(?:[ \t]|$)", re.MULTILINE)
"""What may stand behind a text in quotes; a key does where a comma is missing."""


def _ended_early(text: str, wrong: int) -> tuple[int, str, str, str] | None:
    """The first text in quotes that more text follows: the quote was never closed, so that it ends where the next one
    should begin, or a quote stands inside it. Offset, code, message and hint of that; None if there is no such text
    before the offset `wrong`, where reading stopped."""
    try:
        for token in yaml.scan(text, yaml.CBaseLoader):
            if token.start_mark.index >= wrong:
                return None
            if not isinstance(token, yaml.ScalarToken) or token.style not in ("'", '"'):
                continue
            end, lines = token.end_mark.index, token.end_mark.line - token.start_mark.line
            if _FOLLOWS.match(text, end):
                continue
            inside = 'is written \\"' if token.style == '"' else "is written twice ('')"
            rest = text[end:].split("\n")[0].strip()
            where = f" {_lines_below(lines)}, right" if lines else ""
            message = f"The quote that opens here ends{where} before `{rest[:20]}{'…' * (len(rest) > 20)}`."
            hint = f"Close it where its text ends; a quote inside the text {inside}."
            return token.start_mark.index, "yaml-open-quote", message, hint
    except yaml.YAMLError:
        pass
    return None


def _lines_below(number: int) -> str:
    return "in the next line" if number == 1 else f"{number} lines below"


def front_matter(source: Text) -> tuple[Document | None, int, list[Problem]]:
    """The front matter of a lesson (or None, and why), and the offset at which its Markdown begins.

    The front matter stands between a first line `---` and the next line `---`.
    """
    fences = list(re.finditer(r"^---[ \t]*$\n?", source.text, re.MULTILINE))[:2]
    if not fences or fences[0].start() != 0:
        message = "The lesson does not begin with front matter."
        hint = "Begin with a line `---`, then `title: …`, `objectives: […]`, `minutes: …`, and a line `---`."
        return None, 0, [source.problem(0, "front-matter-missing", message, hint)]
    if len(fences) == 1:
        message = "The front matter that begins here has no end."
        hint = "Write a line `---` after its last key."
        paragraph = source.text.find("\n\n")  # where the Markdown begins is a guess, but most of it is read so
        start = paragraph + 2 if paragraph >= 0 else len(source.text)
        return None, start, [source.problem(0, "front-matter-open", message, hint)]
    document = Document(source, fences[0].end(), fences[1].start())
    return document, fences[1].end(), []
