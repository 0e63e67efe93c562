"""The inline Markdown that most texts are made of, read with one pattern: text, `*emphasis*`, `**strong emphasis**`,
`[links](https://…)`, `[@citations]` and line ends.

Nothing of Markdown is decided here. A form is matched only where what stands before and after it lets it be nothing
else; a text that holds anything more is left to the parser as a whole. A test holds the tokens against the parser's.
"""

from __future__ import annotations

import re

from markdown_it.token import Token

ADDRESS = (
    r"(?:https?://[a-z0-9]{1,20}(?:[.-][a-z0-9]{1,20}){0,9}(?:/[A-Za-z0-9_/-]*)?|(?:lesson|term):[a-z0-9-]*|media/[a-z0-9.-]+)"
    r"(?:#[A-Za-z0-9_-]+)?"
)
"""Addresses in which nothing has to be escaped, and whose hosts are short enough to exist."""
_SPECIAL = "\n\\`*_[]<&"
"""The characters that begin, or end, anything but text; before a bracket, `!` does too."""
_NEXT = re.compile(f"[{re.escape(_SPECIAL)}]")
_TEXT = f"[^{re.escape(_SPECIAL)}]+"
_BEGIN = r"(?:(?<![^ \n])(?=\*{1,2}[^\s*])|(?<=[(/\"'-])(?=\*{1,2}[^\W_]))"
"""Before stars that can only begin: behind a space, or behind one of these marks if a letter follows."""
_END = r"(?:(?<=\S)(?=\*{1,2}(?:[ \n]|\Z))|(?<=[^\W_])(?=\*{1,2}[.,;:?!)/\"'-]))"
"""Before stars that can only end."""
_FORM = re.compile(
    rf"\[(@[^\[\]]*)\]|(?<!!)\[({_TEXT})\]\(({ADDRESS})\)"
    rf"|{_BEGIN}(\*{{1,2}})({_TEXT}){_END}\4(?!\*)|(?<! )(\n)(?=[^ \t\n])"
)
_CITATION, _LINK, _STRESSED = 1, 3, 5
"""The last group of each form but the line's end."""


def is_plain(text: str) -> bool:
    """Whether the text, read as inline Markdown, is nothing but itself."""
    # nine searches for one character each take a tenth of what one search for nine characters takes
    return not (
        "*" in text or "[" in text or "\n" in text or "]" in text or "_" in text or "&" in text or "<" in text
        or "\\" in text or "`" in text
    )  # fmt: skip


def spans(text: str) -> list[Token] | None:
    """The tokens of the text, or None if it holds more than the forms above."""
    tokens: list[Token] = []
    done = 0
    beside_strong = False
    while special := _NEXT.search(text, done):
        begin = special.start()
        match = _FORM.match(text, begin)
        if match is None:
            return None
        form = match.lastindex
        strong = form == _STRESSED and match[4] == "**"
        if begin > done or strong or beside_strong:  # the parser leaves a text beside strong emphasis, be it empty
            tokens.append(Token("text", "", 0, content=text[done:begin]))
        done, beside_strong = match.end(), strong
        if form == _STRESSED:
            tokens += _pair("strong" if strong else "em", match[5], match[4])
        elif form == _CITATION:
            tokens.append(Token("citation", "", 0, content=match[1], meta={"offset": begin}))
        elif form == _LINK:
            tokens += _link(match[2], match[3], begin)
        else:
            tokens.append(Token("softbreak", "br", 0))
    if done < len(text) or beside_strong:
        tokens.append(Token("text", "", 0, content=text[done:]))
    return tokens


def _pair(kind: str, inside: str, markup: str) -> tuple[Token, Token, Token]:
    return (
        Token(f"{kind}_open", kind, 1, markup=markup),
        Token("text", "", 0, content=inside, level=1),
        Token(f"{kind}_close", kind, -1, markup=markup),
    )


def _link(label: str, href: str, offset: int) -> tuple[Token, Token, Token]:
    return (
        Token("link_open", "a", 1, {"href": href}, meta={"offset": offset}),
        Token("text", "", 0, content=label, level=1),
        Token("link_close", "a", -1),
    )
