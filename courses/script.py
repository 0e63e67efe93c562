"""Serbian in Cyrillic → Serbian in Latin letters, as the orthography has it: letter by letter, Љ Њ Џ being two.

Only this way is taken, since it loses nothing; the way back would make *ињекција* of *инјекција*. What is no Serbian
text stays as it is: what is Latin already, addresses of the web, code, the names of cited sources, and whatever is
marked as being in another language.
"""

from __future__ import annotations

import re
from typing import Any

_DIGRAPH = re.compile("[ЉЊЏ]")
_ADDRESS = re.compile(r"(\w+://\S+|[\w.+-]+@[\w-]+\.[\w.-]+)")
_TAG = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"</?([a-z0-9]+)")
_LANGUAGE = re.compile(r'\slang="([^"]*)"')
_SHOWN = re.compile(r'(\s(?:alt|title|data-label)=")([^"]*)(")')
_CITATION = '<span class="citation">'
_NAME_CITED = re.compile(r"((?:^\[|; )[^,;\]]*)")
_VOID = ("img", "br", "hr", "wbr")
_RENDERED = ("html", "title", "text", "term", "definition")
"""The keys of a compiled lesson that hold text, rendered or plain."""


def latin(text: str) -> str:
    """Plain text in Latin letters. A digraph is in capitals throughout where its neighbours are: ЉУБАВ is LJUBAV, and
    Љубав Ljubav."""
    parts = _ADDRESS.split(text)
    return "".join(part if number % 2 else _letters(part) for number, part in enumerate(parts))


def _letters(text: str) -> str:
    import cyrtranslit

    def digraph(found: re.Match[str]) -> str:
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        two = {"Љ": "Lj", "Њ": "Nj", "Џ": "Dž"}[found[0]]
        return two.upper() if after.isupper() or (not after.isalpha() and before.isupper()) else two

    return str(cyrtranslit.to_latin(_DIGRAPH.sub(digraph, text), "sr"))


def latin_html(html: str) -> str:
    """HTML as the compiler makes it, its texts and the attributes that are read out in Latin letters."""
    pieces = _TAG.split(html)
    shut: list[str] = []  # the elements inside one that is left as it is, that one first
    cited = False
    for number, piece in enumerate(pieces):
        if not piece:
            continue
        if number % 2 == 0:
            if not shut:
                pieces[number] = _around_names(piece) if cited else latin(piece)
            continue
        name = found[1] if (found := _NAME.match(piece)) else ""
        if piece.startswith("</"):
            cited = cited and name != "span"
            if shut:
                shut.pop()
            continue
        if not shut:
            pieces[number] = _SHOWN.sub(lambda shown: shown[1] + latin(shown[2]) + shown[3], piece)
            cited = cited or piece == _CITATION
        if name not in _VOID and (shut or _is_foreign(name, piece) or (cited and name == "a")):
            shut.append(name)
    return "".join(pieces)


def _is_foreign(name: str, tag: str) -> bool:
    language = _LANGUAGE.search(tag)
    return name in ("code", "pre") or (language is not None and language[1].partition("-")[0] != "sr")


def _around_names(text: str) -> str:
    """A text of a citation: names of sources, which begin it or follow a semicolon, stay; what locates does not."""
    return "".join(part if number % 2 else latin(part) for number, part in enumerate(_NAME_CITED.split(text)))


def latin_lesson(lesson: dict[str, Any]) -> dict[str, Any]:
    """A compiled lesson (model.Lesson as JSON) in Latin letters."""
    return {
        key: latin(value)
        if key == "title"
        else [_block(part) for part in value]
        if key in ("blocks", "terms")
        else value
        for key, value in lesson.items()
    }


def _block(block: dict[str, Any]) -> dict[str, Any]:
    if block.get("lang"):
        return block
    changed = dict(block)
    for key in _RENDERED:
        if block.get(key):
            changed[key] = latin_html(block[key]) if key == "html" else latin(block[key])
    if block.get("blocks"):
        changed["blocks"] = [_block(part) for part in block["blocks"]]
    return changed
