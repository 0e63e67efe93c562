"""Whether a translation is in the letters of its language.

Serbian and Macedonian are written in Cyrillic here: people who chose Cyrillic read what the translator wrote, and for
those who chose Latin letters Staza makes them. A Latin letter in a Cyrillic word looks right, and is not found, read
out or turned into the other script. Foreign names and codes may stand in Cyrillic text, so only words count
that are no such name: those that begin with a small letter, and those with a letter of the Latin alphabet of Serbian.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from courses.facts import Place
from courses.layout import LANGUAGES
from courses.problems import Problem

_CYRILLIC = ("sr", "mk")
_FOREIGN = re.compile(
    r"(?s)```.*?```|`[^`]*`"  # code
    r"|\$\$[^$]*\$\$|\$[^$\n]*\$"  # maths
    r"|\w+://\S+|[\w.+-]+@[\w-]+\.[\w.-]+"  # addresses
    r"|\[@[^\]]*\]|\[\[[^\]]*\]\]"  # citations, gaps
    r"|\[[^\]]*\]\{lang=[^}]*\}"  # words marked as being in another language
    r"|\]\([^)]*\)|<[^>]*>|&\w+;"
)
_WORD = re.compile(r"[^\W\d_]+")
_RUSSIAN = "ёйщъыьэюяіїєґў"
_NOT_IN = {
    "sr": re.compile(f"[ѓќѕ{_RUSSIAN}]"),
    "mk": re.compile(f"[ђћ{_RUSSIAN}]"),
    "bs": re.compile(r"[\u0400-\u04ffëç]"),
    "cnr": re.compile(r"[\u0400-\u04ffëç]"),
    "sq": re.compile(r"[\u0400-\u04ffčćđšž]"),
}
"""Letters that a language does not have, and its neighbours do."""
_SEAM = re.compile(r"[\u0400-\u04ff][A-Za-zÀ-ž]|[A-Za-zÀ-ž][\u0400-\u04ff]")
"""Where a letter of one script stands beside one of the other."""

Located = tuple[str, Callable[[int], Place]]
"""A text, and where the character at an offset of it stands."""


def told(file: str, locale: str, texts: Iterable[Located]) -> list[Problem]:
    """Advice on the translated texts of the file: one on all that are in Latin letters but should not be, at the first,
    one on all words of which some letters are Latin and some Cyrillic, which look right and are not, and one on the
    first letter of another language."""
    texts = list(texts)
    return [*_in_latin(file, locale, texts), *_mixed(file, texts), *_of_another(file, locale, texts)]


def unwritten(locale: str, text: str) -> bool:
    """Whether the text is in Latin letters and the language is not, which is told of all such texts at once."""
    return locale in _CYRILLIC and in_latin(text)


def _of_another(file: str, locale: str, texts: Sequence[Located]) -> Iterator[Problem]:
    """Advice on the first letter that the language does not have: the text may be in another one."""
    foreign = _NOT_IN.get(locale)
    for text, place in texts if foreign else ():
        for word in _WORD.finditer(_prose(text)):
            if not foreign or not word[0][0].islower() or _SEAM.search(word[0]):
                continue
            if letter := foreign.search(word[0]):
                message = f"The letter `{letter[0]}` of `{word[0]}` is none of {LANGUAGES[locale]}."
                hint = "See whether this is in the right language; mark words of another one: `[word]{lang=en}`."
                yield Problem(file, *place(word.start()), "advice", "translation-letters", message, hint)
                return


def _in_latin(file: str, locale: str, texts: Sequence[Located]) -> Iterator[Problem]:
    found = [place(0) for text, place in texts if in_latin(text)] if locale in _CYRILLIC else []
    if not found:
        return
    number = "This text is" if len(found) == 1 else f"{len(found)} texts are"
    message = f"{number} in Latin letters{', this being the first' if len(found) > 1 else ''}; {LANGUAGES[locale]} is "
    message += "written in Cyrillic here."
    hint = "Write it in Cyrillic; mark words of another language, as in `[Frontex]{lang=en}`."
    if locale == "sr":
        hint = "Write it in Cyrillic, of which Staza makes the Latin; mark foreign words, as in `[border]{lang=en}`."
    yield Problem(file, *found[0], "advice", "translation-letters", message, hint)


def _mixed(file: str, texts: Sequence[Located]) -> Iterator[Problem]:
    found = [
        (word, place)
        for text, place in texts
        if _SEAM.search(prose := _prose(text))
        for word in _WORD.finditer(prose)
        if _SEAM.search(word[0])
    ]
    if not found:
        return
    word, place = found[0]
    letters = dict.fromkeys(word[0])
    scripts = {
        script: [letter for letter in letters if _is_cyrillic(letter) == (script == "Cyrillic")]
        for script in ("Latin", "Cyrillic")
    }
    few, many = sorted(scripts, key=lambda script: len(scripts[script]))
    odd = ", ".join(f"`{letter}`" for letter in scripts[few])
    message = f"In the word `{word[0]}` {odd} {'is' if len(scripts[few]) == 1 else 'are'} {few}, and the rest {many}."
    hint = "Retype it in one script; a name in the other takes its ending after a hyphen."
    if len(found) > 1:
        hint += f" Of such words {len(found)} stand in this file."
    yield Problem(file, *place(word.start()), "advice", "translation-letters", message, hint)


def _is_cyrillic(letter: str) -> bool:
    return "\u0400" <= letter <= "\u04ff"


def _prose(text: str) -> str:
    """The text, with spaces in the place of what is no prose."""
    return _FOREIGN.sub(lambda found: " " * len(found[0]), text)


def in_latin(text: str) -> bool:
    """Whether more of the text, names and what is no prose aside, is in Latin letters than in Cyrillic ones."""
    latin = cyrillic = 0
    for word in _WORD.findall(_prose(text)):
        if _is_cyrillic(word[0]):
            cyrillic += len(word)
        elif word[0].islower() or any(letter in "čćđšž" for letter in word.lower()):
            latin += len(word)
    return latin > cyrillic
