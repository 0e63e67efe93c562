"""Maths as authors write it in TeX → MathML.

latex2mathml knows the symbols and how a formula is built, but takes unbalanced braces, unknown commands and missing
parts without a word. So a formula is read here first, against what Staza supports: a mistake has its place, and what
is not supported is told. What latex2mathml makes of a right one is brought into MathML Core, the part that browsers
draw, and holds no other elements and attributes than those listed here.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape, unescape
from typing import NamedTuple, NoReturn
from xml.etree.ElementTree import Element, tostring

from courses.vocabulary import Vocabulary

LONGEST = 2_000
"""Characters of one formula."""
DEPTH = 30
"""How deep groups may be nested."""
WIDE = 30
"""Characters that are shown from which a formula in a line of text may be too wide for a phone."""


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


_SPACES = frozenset(("\\,", "\\:", "\\;", "\\!", "\\>", "\\ ", "\\quad", "\\qquad", "\\enspace", "~"))
_ESCAPED = frozenset(("\\{", "\\}", "\\%", "\\#", "\\$", "\\&", "\\_", "\\|"))
_ONE = _listed(
    "sqrt hat bar vec dot ddot tilde acute grave check breve widehat widetilde overline underline overbrace "
    "underbrace overrightarrow overleftarrow mathring mathbb mathbf mathcal mathfrak mathit mathrm mathsf mathtt "
    "mathscr boldsymbol pmod phantom mathbin mathrel mathop mathord substack"
)
"""Commands that are followed by one part."""
_TWO = _listed("frac dfrac tfrac cfrac binom dbinom tbinom overset underset stackrel")
"""Commands that are followed by two parts."""
_TEXTS = _listed("text textbf textit textrm mbox")
"""Commands that are followed by words in braces."""
_UNSUPPORTED = _listed(
    "tag label ref eqref boxed fbox color textcolor colorbox def newcommand style class href cancel "
    "bcancel xcancel sout hspace kern rule nonumber notag require unicode verb hline over choose atop"
)
"""Commands of TeX that are not meant to be other ones."""
_STYLES = _listed("displaystyle textstyle limits nolimits")
_UNOPENED = {
    "right": ("`\\right` has no `\\left` before it.", "Write `\\left(` where it begins."),
    "middle": ("`\\middle` has no `\\left` before it.", "Write `\\left(` where it begins."),
    "end": ("`\\end` has no `\\begin` before it.", "Write `\\begin{…}` with the same name where it begins."),
}
_UNCLOSED = {
    "}": ("This brace is never closed.", "Write `}` where it ends."),
    "\\right": ("`\\left` has no `\\right`.", "Write `\\right)` where it ends, or `\\right.` for no bracket."),
    "\\end": ("`\\begin` has no `\\end`.", "Write `\\end{…}` with the same name where it ends."),
}
_BIG = frozenset(f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "m", "r"))
_NAMES = _listed(
    "arccos arcsin arctan cos cosh cot coth csc ctg deg dim exp hom ker ln lg log sec sin sinh tan tanh tg lim sup "
    "inf max min argmax argmin det gcd liminf limsup Pr bmod"
)
"""Functions by their names."""
_LIMITS = ("lim", "sup", "inf", "max", "min")
"""Those whose limit is written below them where there is room."""
_MATRICES = _listed("matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix cases array")
_REPLACED = {"aligned": "align*", "align": "align*", "align*": "align*", "split": "align*", "gathered": "matrix"}
"""Environments that latex2mathml knows under another name, or numbers, which nobody could refer to here."""
_SYMBOLS = _listed(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi "
    "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega sum prod int times cdot div pm leq geq "
    "neq approx equiv infty in notin subset subseteq cup cap forall exists partial nabla rightarrow leftarrow "
    "Rightarrow to ldots cdots"
)
"""What a mistyped command may have been meant to be."""
_ELEMENTS = _listed(
    "mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd mstyle "
    "mpadded mphantom"
)
_ATTRIBUTES = _listed(
    "accent displaystyle fence form largeop linebreak linethickness lspace maxsize minsize movablelimits rspace "
    "scriptlevel separator stretchy width height depth voffset"
)
_STYLED = {
    # the first capital, the first small letter and the first digit (0: none) among the letters of this style
    "bold": (0x1D400, 0x1D41A, 0x1D7CE),
    "italic": (0x1D434, 0x1D44E, 0),
    "bold-italic": (0x1D468, 0x1D482, 0x1D7CE),
    "script": (0x1D49C, 0x1D4B6, 0),
    "fraktur": (0x1D504, 0x1D51E, 0),
    "double-struck": (0x1D538, 0x1D552, 0x1D7D8),
    "sans-serif": (0x1D5A0, 0x1D5BA, 0x1D7E2),
    "monospace": (0x1D670, 0x1D68A, 0x1D7F6),
}
_EXCEPTIONS = {
    ("italic", "h"): "ℎ",
    **{("script", letter): sign for letter, sign in zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ", strict=True)},
    **{("fraktur", letter): sign for letter, sign in zip("CHIRZ", "ℭℌℑℜℨ", strict=True)},
    **{("double-struck", letter): sign for letter, sign in zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)},
}
"""Letters that Unicode had before the rest of their style."""
_DELIMITERS = _listed(
    "( ) [ ] | / . < > \\{ \\} \\| \\lbrace \\rbrace \\lbrack \\rbrack \\langle \\rangle \\lceil \\rceil \\lfloor "
    "\\rfloor \\vert \\Vert \\lvert \\rvert \\lVert \\rVert \\backslash \\uparrow \\downarrow"
)
_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\s+|.", re.DOTALL)
_TEXT = re.compile(r"\s*\{([^{}]*)\}")
_ENVIRONMENT = re.compile(r"\s*\{([a-zA-Z]+\*?)\}")
_COLUMNS = re.compile(r"\s*\{[lcr| ]+\}")
_OPTIONAL = re.compile(r"\s*\[([^\[\]]*)\]")
_OPERATOR = re.compile(r"\s*\{[a-zA-Z ]+\}")


class MathsError(Exception):
    """A formula that cannot be shown: the offset of the mistake in its TeX, what is wrong, and how to mend it."""

    def __init__(self, offset: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.hint = hint


class Maths(NamedTuple):
    """A formula as HTML, and how many characters it shows."""

    html: str
    width: int


def maths(tex: str, display: bool) -> Maths:
    """The formula, on lines of its own if `display`. Raises `MathsError`."""
    right = _Reading(tex).right()
    from latex2mathml.converter import Converter

    try:
        made = Converter(display="block" if display else "inline").convert_to_element(right)
    except Exception as error:  # its own share no other base
        raise MathsError(0, "This formula cannot be shown.", "Write it in another way, or in words.") from error
    (row,) = made
    _bring_into_core(row, display)
    width = len("".join(row.itertext()))
    body = tostring(row, encoding="unicode", short_empty_elements=False)
    source = f'<annotation encoding="application/x-tex">{escape(" ".join(tex.split()), quote=False)}</annotation>'
    opening = '<math display="block">' if display else "<math>"
    return Maths(f"{opening}<semantics>{body}{source}</semantics></math>", width)


# ── what an author may write ───────────────────────────────────────────────────────────────────────────────────────


class _Reading:
    """Reads a formula once, from left to right, and gathers it as latex2mathml should have it."""

    def __init__(self, tex: str) -> None:
        self._tex = tex
        self._at = 0
        self._depth = 0
        self._lefts = 0
        self._out: list[str] = []

    def right(self) -> str:
        """The formula, if it is right."""
        if len(self._tex) > LONGEST:
            _fail(0, f"A formula has at most {LONGEST} characters.", "Divide it.")
        if not self._tex.strip():
            _fail(0, "This formula is empty.", "Write it between the dollar signs, or delete them.")
        self._group(0, "")
        return re.sub(r"(?<=\d),(?=\d)", "{,}", "".join(self._out))  # a decimal comma, as people here write it

    def _peek(self) -> str:
        match = _TOKEN.match(self._tex, self._at)
        return match[0] if match else ""

    def _next(self) -> tuple[int, str]:
        at, piece = self._at, self._peek()
        self._at += len(piece)
        return at, piece

    def _spaces(self) -> None:
        while self._peek().isspace():
            self._next()

    def _group(self, opened: int, end: str, rows: bool = False) -> None:
        """All before the piece `end` ("": the end of the formula) of what was opened at the offset. `rows`: whether
        `&` and `\\\\` divide it."""
        self._deeper(opened)
        scripts: set[str] = set()
        while (piece := self._peek()) != end:
            if not piece:
                _fail(opened, *_UNCLOSED[end])
            elif piece in ("^", "_"):
                self._script(scripts)
            else:
                if not piece.isspace() and piece not in ("'", "\\limits", "\\nolimits"):
                    scripts.clear()
                self._atom(rows)
        self._depth -= 1

    def _script(self, seen: set[str]) -> None:
        at, piece = self._next()
        if piece in seen:
            where = "above" if piece == "^" else "below"
            hint = f"Put braces around what belongs together: `{{a{piece}b}}{piece}c`."
            _fail(at, f"Two things are set {where} the same sign.", hint)
        seen.add(piece)
        self._out.append(piece)
        self._part(at, piece)

    def _part(self, at: int, of: str) -> None:
        """What a command, or `^`, applies to: a group in braces or one sign."""
        self._spaces()
        if self._peek() in ("", "}", "&", "\\\\", "^", "_", "\\right", "\\end"):
            _fail(at, f"Something is missing after `{of}`.", "Write it in braces: `{…}`.")
        self._deeper(at)
        self._atom(False)
        self._depth -= 1

    def _deeper(self, at: int) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            _fail(at, "Too many parts are nested here.", "Divide the formula.")

    def _atom(self, rows: bool) -> None:
        at, piece = self._next()
        if piece == "{":
            self._braces(at)
        elif piece == "}":
            _fail(at, "This brace closes none.", "Delete it, or write `\\}` for the sign itself.")
        elif piece in ("&", "\\\\"):
            if not rows:
                hint = "Write them between `\\begin{aligned}` and `\\end{aligned}`."
                _fail(at, f"`{piece}` divides the columns or lines of several formulas, and this is one.", hint)
            self._out.append(f"{piece} ")
        elif piece in ("%", "#", "$"):
            _fail(at, f"`{piece}` has another meaning in maths.", f"Write `\\{piece}` for the sign itself.")
        elif piece == "\\":
            _fail(at, "Nothing follows this backslash.", "Delete it.")
        elif piece in _SPACES or piece in _ESCAPED or not piece.startswith("\\"):
            self._out.append(piece)
        else:
            self._command(at, piece)

    def _braces(self, at: int, rows: bool = False) -> None:
        self._out.append("{")
        self._group(at, "}", rows)
        self._next()
        self._out.append("}")

    def _command(self, at: int, piece: str) -> None:
        name = piece[1:]
        if name in _TEXTS:
            form = f"Write `{piece}{{words}}`, without braces in it."
            self._words(piece, self._taken(_TEXT, at, f"`{piece}` is followed by words in braces.", form))
        elif name == "operatorname":
            found = self._taken(
                _OPERATOR, at, f"`{piece}` is followed by a name in braces.", f"Write `{piece}{{name}}`."
            )
            self._out.append(piece + found[0].strip())
        elif name == "left" or name in _BIG or (name == "middle" and self._lefts):
            self._bracket(at, piece)
        elif name == "begin":
            self._environment(at)
        elif name in _UNOPENED:
            _fail(at, *_UNOPENED[name])
        elif name in _ONE or name in _TWO:
            self._parts(at, piece)
        elif name in _STYLES or name in _NAMES or _is_symbol(piece):
            self._out.append(f"{piece} ")
        else:
            known = Vocabulary(sorted({*_ONE, *_TWO, *_TEXTS, *_NAMES, *_SYMBOLS}))
            near = [] if name in _UNSUPPORTED else known.like(name)
            hint = f"Did you mean `\\{near[0]}`?" if near else "Write it in another way, or in words: `\\text{words}`."
            _fail(at, f"`{piece}` is not supported in maths.", hint)

    def _parts(self, at: int, piece: str) -> None:
        self._out.append(piece)
        if piece == "\\substack":
            self._spaces()
            if self._peek() == "{":
                return self._braces(self._next()[0], rows=True)
        if piece == "\\sqrt" and (root := _OPTIONAL.match(self._tex, self._at)):
            self._out.append("[")
            begin, self._at = self._at, root.start(1)
            self._group(begin, "]")
            self._next()
            self._out.append("]")
        self._out.append(" ")
        for _ in range(2 if piece[1:] in _TWO else 1):
            self._part(at, piece)
        return None

    def _taken(self, pattern: re.Pattern[str], at: int, message: str, hint: str) -> re.Match[str]:
        match = pattern.match(self._tex, self._at)
        if match is None:
            _fail(at, message, hint)
        self._at = match.end()
        return match

    def _words(self, piece: str, found: re.Match[str]) -> None:
        for strange in re.finditer(r"\\(?![%#$&_ ])[a-zA-Z]*|(?<!\\)\$", found[1]):
            message = f"`{strange[0]}` cannot be used in `{piece}`: it holds words."
            _fail(found.start(1) + strange.start(), message, "Close the brace before it, and continue after it.")
        self._out.append(f"{piece}{{{found[1]}}}")

    def _bracket(self, at: int, piece: str) -> None:
        self._spaces()
        sign = self._next()[1]
        if sign not in _DELIMITERS:
            _fail(at, f"`{piece}` is followed by a bracket.", f"Write `{piece}(`, or `{piece}.` for none.")
        self._out.append(f"{piece}{sign} ")
        if piece == "\\left":
            self._lefts += 1
            self._group(at, "\\right")
            self._lefts -= 1
            self._bracket(*self._next())

    def _environment(self, at: int) -> None:
        name = self._taken(_ENVIRONMENT, at, "`\\begin` is followed by a name.", "Write `\\begin{cases}`.")[1]
        known = {**dict.fromkeys(_MATRICES), **_REPLACED}
        if name not in known:
            _fail(at, f"`\\begin{{{name}}}` is not supported in maths.", f"There are {', '.join(sorted(known))}.")
        self._out.append(f"\\begin{{{known[name] or name}}}")
        if name == "array":
            hint = "Write `\\begin{array}{lcr}`: one letter a column."
            self._out.append(self._taken(_COLUMNS, at, "`array` says how its columns are aligned.", hint)[0].strip())
        self._group(at, "\\end", rows=True)
        end = self._next()[0]
        closed = self._taken(_ENVIRONMENT, end, "`\\end` is followed by a name.", f"Write `\\end{{{name}}}`.")[1]
        if closed != name:
            _fail(end, f"`{name}` is open here, and `\\end{{{closed}}}` ends another.", f"Write `\\end{{{name}}}`.")
        self._out.append(f"\\end{{{known[name] or name}}}")


def _fail(offset: int, message: str, hint: str) -> NoReturn:
    raise MathsError(offset, message, hint)


def _is_symbol(piece: str) -> bool:
    from latex2mathml.symbols_parser import convert_symbol

    return convert_symbol(piece) is not None


# ── what browsers draw ─────────────────────────────────────────────────────────────────────────────────────────────


def _bring_into_core(row: Element, display: bool) -> None:
    """Make of what latex2mathml made what MathML Core has: letters of another style as characters of their own, classes
    for the alignment of columns, and nothing that is not listed."""
    for element in row.iter():
        if element.tag not in _ELEMENTS:
            raise MathsError(0, "This formula cannot be shown.", "Write it in another way, or in words.")
        style = element.attrib.get("mathvariant", "")
        text = unescape(element.text or "")
        if element.tag == "mtext":
            text = re.sub(r"\\([%#$&_ ])", r"\1", text)
        elif text == "\u2015":  # a line that browsers do not stretch
            text = "¯"
        element.text = text if element.tag == "mtext" else _styled(text, style)
        side = element.attrib.get("columnalign")
        kept = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES}
        if style == "normal" and element.tag == "mi" and len(text) == 1:
            kept["mathvariant"] = "normal"
        if style in ("bold", "italic") and element.tag == "mtext":
            kept["class"] = style
        if side:
            kept["class"] = f"align-{side}"
        element.attrib.clear()
        element.attrib.update(kept)
        if element.tag == "mi" and len(text) == 1 and unicodedata.category(text) == "Sm":
            element.tag = "mo"
        if display and element.tag == "msub" and element[0].tag == "mo" and element[0].text in _LIMITS:
            element.tag = "munder"
        _join_numbers(element)
        for empty in [one for one in element if one.tag == "mi" and not one.text]:
            element.remove(empty)
    if row.findall(".//mspace[@linebreak]"):
        raise MathsError(0, "A formula is one line.", "Write several between `\\begin{aligned}` and `\\end{aligned}`.")


def _join_numbers(row: Element) -> None:
    """Make one number of `3{,}5`, which latex2mathml takes apart."""
    at = 0
    while at + 2 < len(row):
        before, comma, after = row[at : at + 3]
        if [before.tag, comma.tag, after.tag] == ["mn", "mrow", "mn"] and "".join(comma.itertext()) in (
            ",",
            "&#x0002C;",
        ):
            before.text = f"{before.text},{after.text}"
            row.remove(comma)
            row.remove(after)
        else:
            at += 1


def _styled(text: str, style: str) -> str:
    """The text in letters that are of this style by themselves: browsers know no other style of letters."""
    if style not in _STYLED:
        return text
    capital, small, digit = _STYLED[style]
    made = []
    for letter in text:
        if "A" <= letter <= "Z":
            made.append(_EXCEPTIONS.get((style, letter)) or chr(capital + ord(letter) - ord("A")))
        elif "a" <= letter <= "z":
            made.append(_EXCEPTIONS.get((style, letter)) or chr(small + ord(letter) - ord("a")))
        elif "0" <= letter <= "9" and digit:
            made.append(chr(digit + ord(letter) - ord("0")))
        else:
            made.append(letter)
    return "".join(made)
