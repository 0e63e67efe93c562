"""Markdown → blocks and facts.

A lesson's links, media and citations are rendered against the `Shelf`, and
what the text refers to is kept as facts with their places; whether those things exist is for `check` to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown_it.token import Token

from courses import glossary
from courses.facts import Fact, Place, Shelf
from courses.markdown.blocks import Block, blocks
from courses.markdown.directives import Flaw
from courses.markdown.maths import WIDE, MathsError, maths
from courses.markdown.places import Places
from courses.markdown.slips import INLINE, SLIPS, Slip, possible, slips
from courses.markdown.syntax import MARKDOWN, MATHS
from courses.markdown.tables import name_columns
from courses.plain import plain
from courses.problems import Problem, Severity
from courses.text import Text

_CITED = re.compile(r"\s*@([a-z0-9]+(?:-[a-z0-9]+)*)\s*(?:,\s*(.*\S))?\s*$", re.DOTALL)
_SECOND = re.compile(r"@[a-z][a-z0-9-]*")
"""A source within the citation of another."""
_CITE = "Write `[@key]` or `[@key, art. 3; @other-key, para. 12]`."
_UNREAD = re.compile(
    r"\]\((\s*(?:media/|#|(?:lesson|term|https?|mailto):)(?:[^()\n]|\([^()\n]*\))*)(\)?)"
    r"|!\[[^\[\]\n]*\]\(((?:[^()\n]|\([^()\n]*\))*)(\)?)"
)
"""In a text that Markdown took for nothing else: the address of what was to be a link or a picture, and its end."""
_TEX_BRACKETS = re.compile(
    r"\\\((?=[^\n]{0,200}?(?:\\[a-zA-Z]|[=^_]))[^\n]{0,300}?\\\)"
    r"|\\\[(?=[^\]]{0,200}?(?:\\[a-zA-Z]|[=^_]))[^\]]{0,300}?\\\]"
)
"""Maths in the brackets that TeX has for it."""
_NOT_IN_ANCHORS = re.compile(r"[^\w\s-]")
_MARKS = re.compile(r"[^\s\w](?<!\S.)[^\s\w]*(?!\S)")
"""What stands between spaces and is no word: a dash, or the full stop after a citation."""
At = Callable[[int], Place]
"""Where the character at an offset, counted from the beginning of the token concerned, stands."""
Locate = Callable[[Token, int], Place]
"""Where the character at an offset of the token stands."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MAY_BE_BLOCKS = re.compile(r"\n|^(?:[>#]|\$\$|:::)")
"""In a text that may be more than one paragraph. One line is one, but for a quote, a formula and what is refused: a
question may begin with a year or a dash."""
_KINDS = {
    "bullet_list_open": "A list",
    "ordered_list_open": "A list",
    "table_open": "A table",
    "blockquote_open": "A quote",
    "heading_open": "A heading",
    "fence": "A block of code",
    "code_block": "An indented block of code",
    "math_block": "A formula on its own lines",
    "hr": "A line across",
    "directive": "A directive",
}
"""What blocks are called to an author."""
_SCHEMES = ("http", "https", "mailto", "tel")


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Reader:
    """Reads the texts of one file, and gathers what they define, refer to and get wrong.

    `lesson` is the id of the lesson the file is, or "" for a file of questions: only a lesson has a list of sources
    to link to, headings, and pages next to it. In a draft each element says at which line of the file it begins.
    `locale` is the language of a translation, whose `marks` say by line what is untranslated or stale.
    """

    def __init__(self, file: str, shelf: Shelf, lesson: str = "", draft: bool = False, locale: str = "") -> None:
        self.file = file
        self.shelf = shelf
        self.lesson = lesson
        self.draft = draft
        self.locale = locale
        self.marks: dict[int, Block] = {}
        self.problems: list[Problem] = []
        self.defines: list[Fact] = []
        self.uses: list[Fact] = []
        self.needs: dict[str, Any] = {}
        self.tokens: list[Token] = []
        """Those of a lesson's Markdown."""
        self._said: list[str] = []
        self._anchors: dict[str, int] = {}
        self._heading = 1
        self._term: dict[str, Any] | None = None
        self._terms: dict[str, dict[str, Any]] = {}
        self._html_told = False
        self._slips: list[Slip] = []

    @property
    def words(self) -> int:
        """How many words the texts have."""
        said = "\n".join(self._said)
        return len(said.split()) - len(_MARKS.findall(said))

    @property
    def terms(self) -> list[dict[str, Any]]:
        """The terms of the glossary that the texts use, in the order of their first use."""
        return list(self._terms.values())

    def block(self, source: Text, start: int) -> list[Block]:
        """The blocks of the Markdown that begins at the offset `start`, which is that of a line's beginning: what
        model.Block holds, as plain values."""
        first = source.place(start).line
        flaws: list[Flaw] = []
        env: dict[str, Any] = {"flaws": flaws, "marks": {line - first: mark for line, mark in self.marks.items()}}
        text = source.text[start:]
        self.tokens = tokens = MARKDOWN.parse(text, env)
        for flaw in flaws:
            place = Place(first + flaw.line, flaw.column + 1)
            self._problem(place, flaw.code, flaw.message, flaw.hint)
        locate = Places(source, first)
        self._slips = possible(f"\n{text}")
        self._read(tokens, locate)
        name_columns(tokens)
        for token in tokens if "deep" in env else ():
            if token.content in env["deep"]:
                self._deep(locate(token, env["deep"][token.content]))
        for token in tokens if self.draft else ():
            if token.map and token.nesting >= 0 and token.type != "inline":
                token.attrs["data-line"] = first + token.map[0]
        return blocks(tokens, env)

    def inline(self, text: str, locate: At) -> str:
        """Inline HTML of a text that is one paragraph; `locate` says where the character at an offset stands."""
        if "\n" in text.strip() and (blocks := _blocks_of(text)):
            kind, offset = blocks[-1]
            what = _KINDS.get(kind, "A second paragraph")
            hint = "Write it in one, and put the rest into the `stem`."
            self._problem(
                locate(offset), "question-text", f"{what} has no room here: this text is one paragraph.", hint
            )
        return self._paragraph(text, locate, INLINE)

    def passage(self, text: str, locate: At) -> str:
        """HTML of a text of a question: inline HTML if it is one paragraph, otherwise that of blocks. `locate` says
        where the character at an offset stands."""
        if not _MAY_BE_BLOCKS.search(text.strip()) or not _blocks_of(text):
            return self._paragraph(text, locate, SLIPS if "\n" in text else INLINE)
        lines = Text(self.file, text)
        places = Places(lines, 1)

        def at(token: Token, offset: int) -> Place:
            place = places(token, offset)
            return locate(lines.line_start(place.line) + place.column - 1)

        flaws: list[Flaw] = []
        env: dict[str, Any] = {"flaws": flaws, "question": True}
        tokens = MARKDOWN.parse(text, env)
        for flaw in flaws:
            self._problem(locate(lines.line_start(flaw.line + 1) + flaw.column), flaw.code, flaw.message, flaw.hint)
        self._slips = possible(f"\n{text}")
        self._read(tokens, at)
        name_columns(tokens)
        for token in tokens if "deep" in env else ():
            if token.content in env["deep"]:
                self._deep(at(token, env["deep"][token.content]))
        html = str(MARKDOWN.renderer.render(tokens, MARKDOWN.options, env)).strip()
        if "<img" not in html and not plain(html):
            hint = "Say something beside marks and the addresses of links."
            self._problem(locate(0), "question-text", "Nothing of this text would be shown.", hint)
        return html

    def _paragraph(self, text: str, locate: At, among: Iterable[Slip]) -> str:
        self._slips = possible(f"\n{text}", among)
        env: dict[str, Any] = {}
        tokens = MARKDOWN.parseInline(text, env)
        self._read(tokens, lambda _token, offset: locate(offset))
        if "deep" in env:
            self._deep(locate(next(iter(env["deep"].values()))))
        return str(MARKDOWN.renderer.render(tokens, MARKDOWN.options, env)).strip()

    def _problem(self, place: Place, code: str, message: str, hint: str = "", severity: Severity = "error") -> None:
        self.problems.append(Problem(self.file, *place, severity, code, message, hint))

    def _deep(self, place: Place) -> None:
        message = "Brackets are nested too deep here to be read as links."
        self._problem(place, "too-deep", message, "Write fewer; `\\[` is the character itself.")

    def _use(self, kind: str, name: str, place: Place) -> None:
        self.uses.append(Fact(kind, name, *place))

    def _read(self, tokens: list[Token], locate: Locate) -> None:
        """Take note of all that the tokens say, and make them what is to be rendered."""
        for index, token in enumerate(tokens):
            if token.type == "inline":
                self._texts(token, locate)
            elif token.type in _BLOCK:
                _BLOCK[token.type](self, tokens, index, locate)

    def _texts(self, token: Token, locate: Locate) -> None:
        read = 0
        for child in token.children or ():
            kind = child.type
            if kind == "text":
                self._said.append(child.content)
                if "](" in child.content:
                    read = self._unread(child.content, token, locate, read)
            elif kind == "code_inline":
                self._said.append(child.content)
            elif kind in _INLINE:
                _INLINE[kind](self, child, _counted_from(child.meta.get("offset", 0), token, locate))
        if self._slips:
            self._tell_slips(token, locate)
        if "\\(" in token.content or "\\[" in token.content:
            self._tell_brackets(token, locate)

    def _tell_brackets(self, token: Token, locate: Locate) -> None:
        """Tell of maths in the brackets that TeX has for it, of which Markdown leaves the brackets alone."""
        code = [child.content for child in token.children or () if child.type in ("code_inline", *MATHS)]
        for match in _TEX_BRACKETS.finditer(token.content):
            if not any(match[0] in text for text in code):
                message = f"`{match[0][:2]}` begins no maths: it is shown as a bracket."
                hint = "Write `$…$`." if match[0][1] == "(" else "Write `$$…$$`."
                self._problem(locate(token, match.start()), "maths", message, hint)

    def _tell_slips(self, token: Token, locate: Locate) -> None:
        for slip, match in slips(token.content, token.children or (), self._slips):
            found = match.groupdict()
            if key := found.get("key"):
                self.needs[f"source:{key}"] = known = self.shelf.get(f"source:{key}")
                if known is None:
                    continue
            message, hint = (words.replace("{x}", found["x"]) for words in (slip.message, slip.hint))
            self._problem(locate(token, match.start("x")), slip.code, message, hint, slip.severity)

    def _unread(self, text: str, token: Token, locate: Locate, read: int) -> int:
        """Tell of links and pictures that are none, since their addresses have a space or no end: Markdown prints what
        was written. `text` is part of the token's content, of which the first `read` characters were gone through; how
        many have been by now."""
        for match in _UNREAD.finditer(text):
            address, end = (match[1].strip(), match[2]) if match[1] else (match[3].strip(), match[4])
            read = max(token.content.find(f"]({match[1] or match[3]}", read), read)
            place = locate(token, read)
            read += 1
            if not end:
                self._problem(place, "link", "The address that begins here has no end.", "Write `)` after it.")
            elif len(pieces := address.split()) > 1:
                message = f"The address `{address}` has a space in it, so this is no link or picture."
                hint = f"Write it without: `{_without_spaces(address)}`."
                if match[3] or address.startswith("media/"):
                    name = re.sub(r"[^\w./-]", "", "-".join(pieces)).lower()
                    hint = f"Give the file a name without spaces, such as `{name}`."
                self._problem(place, "link", message, hint)
        return read

    # ── one kind of token each ────────────────────────────────────────────────────────────────────────────────────

    def _cell(self, tokens: list[Token], index: int, _locate: Locate) -> None:
        """Make the cell of a table fit for a page with a strict Content-Security-Policy, which allows no style
        attribute, and for readers who hear it: the empty corner above the names of the rows is no heading."""
        opening, inside, closing = tokens[index : index + 3]
        if opening.attrs:
            align = str(opening.attrs.pop("style")).removeprefix("text-align:")
            opening.attrs["class"] = f"align-{align}"
        if not inside.content:
            opening.tag = closing.tag = "td"

    def _code(self, tokens: list[Token], index: int, locate: Locate) -> None:
        self._said.append(tokens[index].content)
        if tokens[index].type == "code_block":
            message = "Four spaces at the beginning of a line make it a block of code, shown as typed."
            hint = "Delete the spaces; if code is meant, write a line ` ``` ` before and after it instead."
            self._problem(locate(tokens[index], 0), "as-typed", message, hint, "advice")
        if tokens[index].info.strip() == "math":
            hint = "Write a line `$$` before and after it instead."
            self._problem(locate(tokens[index], 0), "maths", "A block of code is shown as code, not as maths.", hint)

    def _formula(self, token: Token, at: At) -> None:
        """Render a formula of a text, or say at which sign it cannot be."""
        token.meta["html"] = self._rendered(token, at, len(token.markup))

    def _math_block(self, tokens: list[Token], index: int, locate: Locate) -> None:
        token = tokens[index]
        token.meta["html"] = self._rendered(token, lambda offset: locate(token, offset), 0) + "\n"

    def _rendered(self, token: Token, at: At, start: int) -> str:
        """The HTML of a formula whose TeX begins at the offset `start`."""
        display = token.type != "math_inline"
        try:
            html, width = maths(token.content, display)
        except MathsError as error:
            self._problem(at(start + error.offset), "maths", error.message, error.hint)
            return f"<code>{escape(token.content)}</code>"
        wide = width >= WIDE
        reached = ' tabindex="0"' if wide else ""  # what scrolls can be reached by keyboard
        if token.type == "math_block":
            return f'<div class="maths"{reached}>{html}</div>'
        if display:
            return f'<span class="maths"{reached}>{html}</span>'
        return f'<span class="maths-long"{reached}>{html}</span>' if wide else html

    def _html_block(self, tokens: list[Token], index: int, locate: Locate) -> None:
        self._html(tokens[index], lambda _offset: locate(tokens[index], 0))

    def _check(self, tokens: list[Token], index: int, locate: Locate) -> None:
        self._use("question", tokens[index].meta["argument"], locate(tokens[index], 0))

    def _directive(self, tokens: list[Token], index: int, locate: Locate) -> None:
        token = tokens[index]
        argument = token.meta["argument"]
        if token.info != "country":
            self._said.append(argument)
        elif argument:
            self._use("country", argument, locate(token, 0))
        else:
            message = "A `country` directive names the country."
            self._problem(locate(token, 0), "directive-argument", message, "Write its code after it: `:::country RS`.")

    def _line_across(self, tokens: list[Token], index: int, locate: Locate) -> None:
        if not self.lesson:
            hint = "Delete it; leave a line empty to begin a new paragraph."
            self._problem(locate(tokens[index], 0), "question-text", "A question has no line across it.", hint)

    def _heading_open(self, tokens: list[Token], index: int, locate: Locate) -> None:
        token, inline = tokens[index : index + 2]
        if not self.lesson:
            hint = "Write it in `**bold**`; `\\#` is the character itself."
            if token.markup in ("-", "="):
                hint = "Delete the line below it, or leave a line empty before that."
            self._problem(locate(token, 0), "question-text", "A question has no headings: the page has its own.", hint)
            return
        level = int(token.tag[1])
        if level == 1:
            message = "A heading inside a lesson begins at level two: level one is the lesson's title."
            self._problem(locate(token, 0), "heading-level", message, "Write `##`.")
        elif level > self._heading + 1:
            message = f"This heading is at level {level}, but the one before it at level {self._heading}."
            hint = f"Write `{'#' * (self._heading + 1)}`: readers who hear the page find their way by levels."
            self._problem(locate(token, 0), "heading-skipped", message, hint, "advice")
        self._heading = level
        text = "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))
        slug = "-".join(_NOT_IN_ANCHORS.sub("", text.lower()).split()) or "section"
        anchor = slug
        while anchor in self._anchors:
            self._anchors[slug] += 1
            anchor = f"{slug}-{self._anchors[slug]}"
        self._anchors[anchor] = 1
        token.attrs["id"] = anchor
        self.defines.append(Fact("anchor", f"{self.lesson}#{anchor}", *locate(token, 0)))

    def _html(self, token: Token, at: At) -> None:
        if token.content.startswith("</") and self._html_told:
            return  # the tag it closes has been told of
        self._html_told = True
        message = f"Raw HTML (`{token.content.strip().splitlines()[0][:30]}`) is not allowed."
        hint = "Use Markdown or a directive; write `\\<` for the character itself."
        self._problem(at(0), "raw-html", message, hint)

    def _cite(self, token: Token, at: At) -> None:
        cited: list[str] = []
        offset = 1  # after the bracket
        for piece in token.content.split(";"):
            place = at(offset + len(piece) - len(piece.lstrip()))
            offset += len(piece) + 1
            match = _CITED.match(piece)
            if match is None:
                message, hint = f"`{piece.strip()}` is not a citation.", _CITE
                if meant := _CITED.match(piece.lower()):
                    key = piece[meant.start(1) : meant.end(1)]
                    message = f"`{key}` has capitals; the key of a source is in small letters."
                    hint = f"Write `[{piece.strip().replace(key, meant[1], 1)}]`."
                self._problem(place, "citation", message, hint)
                continue
            key, locator = match[1], " ".join((match[2] or "").split())
            self._use("source", key, place)
            if second := _SECOND.search(piece, match.end(1)):
                message = f"`{second[0]}` is inside the citation of `{key}`: only `; ` divides two sources."
                self._problem(place, "citation", message, _CITE)
            short = self.needs[f"source:{key}"] = self.shelf.get(f"source:{key}")
            name = escape(short or key)
            linked = f'<a href="#source-{key}">{name}</a>' if self.lesson else name
            cited.append(f"{linked}, {escape(locator)}" if locator else linked)
        token.content = f'<span class="citation">[{"; ".join(cited)}]</span>'

    def _link(self, token: Token, at: At) -> None:
        place = at(0)
        href = unquote(str(token.attrs["href"]))
        scheme = href.partition(":")[0].lower() if ":" in href else ""
        lesson, _, anchor = href.removeprefix("lesson:").partition("#")
        if scheme == "lesson" or (href.startswith("#") and self.lesson):
            token.attrs["href"] = href.removeprefix("lesson:")
            if lesson:
                self._use("lesson", lesson, place)
            if anchor:
                self._use("anchor", f"{lesson or self.lesson}#{anchor}", place)
        elif scheme == "term":
            self._term_begin(href.removeprefix("term:"), token, place)
        elif href.startswith("media/"):
            token.attrs["href"] = self._medium(href, place)
        elif scheme in _SCHEMES:
            self._use("address", href, place)
            if scheme in ("http", "https") and not _is_address(href):
                self._problem(place, "link", f"`{href}` is not an address.", "Write `https://` and the host's name.")
        else:
            hint = "Write `https://…` for a page of the web, `lesson:id` for a lesson of this course."
            self._problem(place, "link", f"A link cannot lead to `{href}`.", hint)

    def _term_begin(self, id: str, token: Token, place: Place) -> None:
        """A term of the glossary: a text that shows its definition where the reader points at it or comes to it by
        keyboard or touch; the list of terms at the lesson's end has it for all others."""
        if not self.lesson:
            message = "Terms of the glossary belong in lessons; a question has no list of terms below it."
            self._problem(place, "term-place", message, "Write the word without the link, or say what it means.")
            return
        self._use("term", id, place)
        self._term = glossary.term(self.shelf, id, self.locale, self.needs)
        if self._term["id"] not in self._terms:
            self._terms[self._term["id"]] = self._term
            if self._term["source"]:
                self._use("term-source", self._term["source"], place)
        token.tag = "span"
        token.attrs = {"class": "term", "role": "term", "tabindex": 0, "aria-describedby": f"term-{id}"}

    def _link_end(self, token: Token, _at: At) -> None:
        if self._term:
            token.type, token.content = "term_close", glossary.tip(self._term)
            self._term = None

    def _span(self, token: Token, at: At) -> None:
        if "insecure_attrs" in token.meta or not _LANGUAGE.fullmatch(str(token.attrs.get("lang", ""))):
            message = "Braces after a text in brackets say the language it is in, and nothing else."
            self._problem(at(0), "span-language", message, "Write `[text]{lang=mk}`.")

    def _image(self, token: Token, at: At) -> None:
        place = at(0)
        src = unquote(str(token.attrs["src"]))
        if not token.content.strip():
            message = f"The picture `{src}` has no text for those who cannot see it."
            self._problem(place, "image-text", message, "Say in the brackets what it shows: `![…](media/…)`.")
        if not src.startswith("media/"):
            message = f"The picture `{src}` is not in the course's folder `media/`."
            self._problem(place, "image-place", message, "Put the file there and write `media/` and its name.")
            return
        token.attrs["src"] = self._medium(src, place)
        if (medium := self.shelf.medium(src)) and medium.width:
            token.attrs |= {"width": medium.width, "height": medium.height}
        token.attrs["loading"] = "lazy"
        for child in token.children or ():
            if child.type in MATHS:  # the text of a picture is read out: a formula in it stays as it was typed
                child.type = "text"

    def _medium(self, path: str, place: Place) -> str:
        if ".." in path.split("/") or "\\" in path:
            message = f"`{path}` leads out of the course's folder."
            self._problem(place, "path-leaves-course", message, "Put the file into the course's folder `media/`.")
            return path
        self._use("media", path, place)
        self.needs[f"media:{path}"] = self.shelf.get(f"media:{path}")
        medium = self.shelf.medium(path)
        return f"../media/{medium.name}" if medium else path


_BLOCK: dict[str, Callable[[Reader, list[Token], int, Locate], None]] = {
    "heading_open": Reader._heading_open,
    "th_open": Reader._cell,
    "td_open": Reader._cell,
    "html_block": Reader._html_block,
    "directive_check": Reader._check,
    "directive_open": Reader._directive,
    "fence": Reader._code,
    "code_block": Reader._code,
    "math_block": Reader._math_block,
    "hr": Reader._line_across,
}
_INLINE: dict[str, Callable[[Reader, Token, At], None]] = {
    "citation": Reader._cite,
    "link_open": Reader._link,
    "link_close": Reader._link_end,
    "span_open": Reader._span,
    "image": Reader._image,
    "html_inline": Reader._html,
    "math_inline": Reader._formula,
    "math_inline_double": Reader._formula,
}


def _blocks_of(text: str) -> list[tuple[str, int]]:
    """The blocks of a text, each as the kind of its first token and the offset of its line; [] if it is one
    paragraph."""
    tokens: list[Token] = []
    flaws: list[Flaw] = []
    MARKDOWN.block.parse(text, MARKDOWN, {"flaws": flaws, "question": True}, tokens)
    top = [token for token in tokens if token.level == 0 and token.nesting >= 0]
    if [token.type for token in top] == ["paragraph_open"] and not flaws:
        return []
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found = [(token.type, starts[token.map[0]] if token.map else 0) for token in top]
    return found + [("directive", starts[flaw.line]) for flaw in flaws[:1]] or [("", 0)]


def _counted_from(start: int, token: Token, locate: Locate) -> At:
    return lambda offset: locate(token, start + offset)


def _without_spaces(address: str) -> str:
    """What an address with a space in it was to be: ids and anchors have hyphens there, addresses of the web a code."""
    scheme, colon, rest = address.partition(":")
    if colon and scheme in _SCHEMES:
        return f"{scheme}:{'%20'.join(rest.split())}"
    head = f"{scheme}{colon}" if colon else ""
    return head + "-".join((rest if colon else address).split())


def _is_address(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False
