"""Drawings: what is refused however it is spelt, and what a drawing may hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from courses.media import measure
from courses.problems import Problem

ROOT = Path(__file__).parents[2]
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 120 40">'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'

ACTIVE = {
    "a script": "<script>alert(1)</script>",
    "a script under a prefix": '<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>',
    "a script of HTML": '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
    "a script in notes": f"<metadata><rdf:RDF {RDF}><script>alert(1)</script></rdf:RDF></metadata>",
    "an event": '<path d="M0 0" onload="alert(1)"/>',
    "an event over lines": '<path d="M0 0"\n onclick\n=\n"alert(1)"/>',
    "another language": "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>a</p></foreignObject>",
    "a link": '<a href="https://evil.example"><text>a</text></a>',
    "a link that runs": '<a xlink:href="javascript:alert(1)"><text>a</text></a>',
    "a link that runs, hidden": '<a xlink:href="java&#115;cript&#58;alert(1)"><text>a</text></a>',
    "something that moves a reference": '<set attributeName="href" to="https://evil.example/a"/>',
    "a picture from elsewhere": '<image href="https://evil.example/a.png"/>',
    "a picture from elsewhere, by protocol": '<image xlink:href="//evil.example/a.png"/>',
    "a picture beside it": '<image href="other.png"/>',
    "a drawing in a drawing": '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
    "a page": '<image href="data:text/html;base64,PHN2Zy8+"/>',
    "a shape from elsewhere": '<use href="https://evil.example/a.svg#b"/>',
    "a paint from elsewhere": '<path d="M0 0" fill="url(https://evil.example/a.svg#b)"/>',
    "a paint from elsewhere, escaped": r'<path d="M0 0" fill="\75rl(https://evil.example/a)"/>',
    "a style from elsewhere": "<style>@import 'https://evil.example/a.css';</style>",
    "a style from elsewhere, escaped": r"<style>@\69mport 'https://evil.example/a.css';</style>",
    "a style from elsewhere, by entities": "<style>&#64;import 'https://evil.example/a.css';</style>",
    "a style from elsewhere, in CDATA": "<style><![CDATA[@import url(https://evil.example/a.css);]]></style>",
    "a style that fetches": "<style>path { fill: url('https://evil.example/a') }</style>",
    "a style that fetches, not closed": "<style>path { fill: url(https://evil.example/a</style>",
    "a style that fetches, between comments in strings": '<style>a{content:"/*";fill:url(https://e.example);b:"*/"}</style>',
    "a style in parts": "<style>@imp<!-- -->ort 'https://evil.example/a.css';</style>",
    "a font from elsewhere": "<style>@font-face { src: url(https://evil.example/a.woff2) }</style>",
    "a set of pictures": "<style>path { cursor: image-set('https://evil.example/a.png' 1x) }</style>",
    "an attribute's style": '<path d="M0 0" style="fill:url(https://evil.example/a)"/>',
    "another base": '<g xml:base="https://evil.example/"><use href="#a"/></g>',
    "a filter that fetches": '<filter id="f"><feImage href="https://evil.example/a.png"/></filter>',
    "an iframe": '<iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example"/>',
}
HARMLESS = {
    "a text about a phase": "<text>Phase one = arrival, onload = 1, javascript: none</text>",
    "a title with parentheses": '<g aria-label="image (left), url (right)"><title>a\\b (c)</title></g>',
    "a paint of its own": '<linearGradient id="a"><stop offset="0"/></linearGradient><path d="M0 0" fill="url(#a)"/>',
    "a style of its own": "<style>@media print { .a { fill: url(#a) } } /* no more */</style>",
    "a shape of its own": '<path id="a" d="M0 0"/><use xlink:href="#a"/><use href="#a"/>',
    "a picture within": '<image href="data:image/png;base64,iVBORw0KGgo="/>',
    "notes of an editor": f'<metadata><rdf:RDF {RDF}><rdf:li rdf:resource="http://purl.org/x"/></rdf:RDF></metadata>',
    "an editor's attributes": '<g xmlns:i="http://www.inkscape.org/namespaces/inkscape" i:label="a(b)"/>',
    "words that say something": '<g data-note="a" aria-label="b" role="img" xml:space="preserve" lang="sr"/>',
}


def svg(inside: str) -> str:
    return f"{HEAD}{inside}</svg>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("what", ACTIVE)
def test_what_runs_or_leads_elsewhere_is_refused(what: str, encoding: str) -> None:
    text = svg(ACTIVE[what])
    if encoding == "utf-16-be":  # without its mark, which is declared
        text = f'<?xml version="1.0" encoding="UTF-16"?>{text}'
    found = measure("a.svg", text.encode(encoding))
    assert isinstance(found, Problem)
    assert (found.code, found.line) == ("media-active", 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("what", HARMLESS)
def test_what_a_drawing_holds_is_accepted(what: str, encoding: str) -> None:
    found = measure("a.svg", svg(HARMLESS[what]).encode(encoding))
    assert not isinstance(found, Problem), found
    assert found.medium[1:] == (120, 40)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("<text>&a;</text>").encode(), "media-active"),
        (b'<!DOCTYPE svg [<!ATTLIST path onload CDATA "alert(1)">]>' + svg("<path/>").encode(), "media-active"),
        (b'<!DOCTYPE svg SYSTEM "file:///etc/passwd">' + svg("<text>&a;</text>").encode(), "media-active"),
        (b'<?xml-stylesheet href="https://evil.example/a.css"?>' + svg("").encode(), "media-active"),
        (b'<?xml version="1.0" encoding="utf-7"?>' + svg("+ADw-script+AD4-").encode(), "media-active"),
        (b'<?xml version="1.0" encoding="windows-1251"?>' + svg("").encode(), "media-active"),
        (svg("<g>").encode(), "media-unreadable"),
        (b"not a drawing", "media-unreadable"),
        (b"", "media-unreadable"),
        (b"\x89PNG\r\n", "media-unreadable"),
        (b"<svg viewBox='0 0 1 1'/>", "media-unreadable"),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "media-kind"),
    ],
)
def test_what_is_no_plain_drawing_is_refused(data: bytes, code: str) -> None:
    found = measure("a.svg", data)
    assert isinstance(found, Problem)
    assert found.code == code


def test_the_place_is_that_of_the_fault() -> None:
    found = measure("a.svg", svg('\n  <g>\n    <path d="M0 0" onload="a"/></g>').encode())
    assert isinstance(found, Problem)
    assert (found.line, found.column) == (3, 5)
    assert "`onload`" in found.message


def test_a_doctype_that_drawing_programs_write_is_accepted() -> None:
    doctype = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">\n'
    assert not isinstance(measure("a.svg", (doctype + svg("")).encode()), Problem)


@pytest.mark.parametrize("file", sorted((ROOT / "content").rglob("*.svg")), ids=lambda file: file.name)
def test_the_drawings_of_the_courses_are_accepted(file: Path) -> None:
    assert not isinstance(measure(file.name, file.read_bytes()), Problem)
