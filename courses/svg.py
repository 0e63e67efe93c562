"""SVG: which drawings are accepted, and how large one is.

A drawing is read by an XML parser, as a browser reads it, and judged by lists of what a drawing needs: elements,
attributes, and references within itself. So it does not matter how something is spelt or encoded. The parser is expat:
it fetches nothing, says at which line and column it stands, and is told to stop at the first entity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from courses.problems import Problem

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"
SEPARATOR = "\n"
"""Between a namespace and a name: no name holds it."""

_ELEMENTS = """
    svg g defs symbol use switch title desc metadata style path rect circle ellipse line polyline polygon text tspan
    textPath image linearGradient radialGradient stop pattern clipPath mask marker view filter feBlend feColorMatrix
    feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow
    feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight
    feSpecularLighting feSpotLight feTile feTurbulence
"""
ELEMENTS = frozenset(_ELEMENTS.split())
"""The shapes, texts, paints and filters of SVG 2. What runs (`script`), what moves and can change a reference
(`animate`, `set`), what leads elsewhere (`a`, `feImage`) and what holds another language (`foreignObject`) is not
there."""
_ATTRIBUTES = """
    id class style lang tabindex role version baseProfile width height viewBox preserveAspectRatio zoomAndPan x y x1 y1
    x2 y2 cx cy r rx ry fx fy fr dx dy d points pathLength rotate textLength lengthAdjust startOffset method side
    spacing transform transform-origin offset gradientUnits gradientTransform spreadMethod patternUnits
    patternContentUnits patternTransform clipPathUnits maskUnits maskContentUnits markerUnits markerWidth markerHeight
    refX refY orient filterUnits primitiveUnits filterRes in in2 result mode type values operator k1 k2 k3 k4 order
    kernelMatrix divisor bias targetX targetY edgeMode preserveAlpha surfaceScale diffuseConstant specularConstant
    specularExponent limitingConeAngle kernelUnitLength scale xChannelSelector yChannelSelector azimuth elevation z
    pointsAtX pointsAtY pointsAtZ stdDeviation radius baseFrequency numOctaves seed stitchTiles tableValues slope
    intercept amplitude exponent requiredFeatures requiredExtensions systemLanguage media title href content
    contentScriptType contentStyleType enable-background overflow data-name
    alignment-baseline baseline-shift clip clip-path clip-rule color color-interpolation color-interpolation-filters
    color-profile color-rendering cursor direction display dominant-baseline fill fill-opacity fill-rule filter
    flood-color flood-opacity font font-family font-feature-settings font-kerning font-size font-size-adjust
    font-stretch font-style font-variant font-variant-ligatures font-weight glyph-orientation-horizontal
    glyph-orientation-vertical image-rendering isolation kerning letter-spacing lighting-color line-height marker
    marker-end marker-mid marker-start mask mask-type mix-blend-mode opacity paint-order pointer-events shape-rendering
    shape-inside solid-color solid-opacity stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset
    stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-align text-anchor text-decoration
    text-overflow text-rendering unicode-bidi vector-effect visibility white-space word-spacing writing-mode
"""
ATTRIBUTES = frozenset(_ATTRIBUTES.split())
TEXTS = ("aria-", "data-", "content", "title", "id", "class")
"""Attributes whose parentheses are those of a sentence."""
OF_EDITORS = (
    "http://www.inkscape.org/namespaces/inkscape",
    "http://sodipodi.sourceforge.net/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://creativecommons.org/ns#",
    "http://web.resource.org/cc/",
    "http://purl.org/dc/",
    "http://www.bohemiancoding.com/sketch/ns",
    "http://www.serif.com/",
    "http://www.figma.com/figma/ns",
    "http://ns.adobe.com/",
    "http://www.openswatchbook.org/",
    "http://vectornator.io/",
)
"""What programs for drawing write for themselves: notes that no browser looks at."""
PICTURE = re.compile(r"data:image/(?:png|jpeg|jpg|gif|webp);base64,[A-Za-z0-9+/=\s]*\Z", re.IGNORECASE)
FONT = re.compile(
    r"data:(?:font/[a-z0-9-]+|application/(?:x-)?font-[a-z0-9-]+)(?:;charset=[a-z0-9-]+)?;base64,[A-Za-z0-9+/=\s]*\Z",
    re.IGNORECASE,
)
WITHIN = re.compile(r"\s*#[^\s\"'()\\]+\s*\Z")
URL = re.compile(r"url\(\s*(\"[^\"]*\"|'[^']*'|[^)]*)\s*(?:\)|\Z)", re.IGNORECASE)
FETCHES = re.compile(
    r"(?:image-set|src|image|element|cross-fade|expression)\(|-moz-binding|behavior\s*:", re.IGNORECASE
)
AT_RULES = frozenset({"media", "font-face", "supports", "charset", "namespace"})
ENCODINGS = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii", "utf-16"})
LENGTH = re.compile(r"\s*([\d.]+)(?:px)?\s*\Z")
BOX = re.compile(r"\s*[\d.+-]+[\s,]+[\d.+-]+[\s,]+([\d.]+)[\s,]+([\d.]+)\s*\Z")


class _Refused(Exception):
    pass


@dataclass(slots=True)
class _Reader:
    """A drawing while it is read."""

    file: str
    parser: expat.XMLParserType
    size: tuple[int, int] = (0, 0)
    fault: Problem | None = None
    open: list[str] = field(default_factory=list)
    style: list[str] = field(default_factory=list)
    style_at: tuple[int, int] = (1, 1)

    def refuse(self, what: str, hint: str = "Export it as a plain SVG.", at: tuple[int, int] | None = None) -> None:
        line, column = at or (self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)
        message = f"The drawing holds {what}."
        self.fault = Problem(self.file, line, column, "error", "media-active", message, hint)
        raise _Refused

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "").lower() not in ENCODINGS:
            self.refuse(f"text in the encoding {encoding}", "Save it as UTF-8.")

    def doctype(self, _name: str, _system: str | None, _public: str | None, subset: int) -> None:
        if subset:
            self.refuse("definitions of its own (a DOCTYPE with `[…]`)")

    def entity(self, name: str, *_rest: object) -> None:
        self.refuse(f"an entity, `{name}`")

    def instruction(self, target: str, _data: str) -> None:
        if target != "xpacket":
            self.refuse(f"an instruction to the reader, `<?{target} …?>`")

    def begin(self, name: str, attributes: list[str]) -> None:
        space, _, local = name.rpartition(SEPARATOR)
        if not self.open and (space, local) != (SVG, "svg"):
            self._no_drawing(local)
        self.open.append(name)
        if space.startswith(OF_EDITORS):
            return
        if space != SVG or local not in ELEMENTS:
            self.refuse(f"`<{local}>`, which is no shape, text or paint")
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        for key, value in pairs:
            self._attribute(local, key, value)
        if len(self.open) == 1:
            self.size = _size({key: value for key, value in pairs if SEPARATOR not in key})
        if local == "style":
            self.style, self.style_at = [], (self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def _no_drawing(self, local: str) -> None:
        message = f"The file begins with `<{local}>`, not with `<svg>`."
        if local == "svg":
            message = "The `<svg>` does not say that it is one, so browsers show nothing."
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        self.fault = Problem(
            self.file, line, column, "error", "media-unreadable", message, f'Write `<svg xmlns="{SVG}" …>`.'
        )
        raise _Refused

    def _attribute(self, element: str, key: str, value: str) -> None:
        space, _, local = key.rpartition(SEPARATOR)
        if space.startswith(OF_EDITORS):
            return
        if space == XLINK:
            if local == "href":
                self._reference(element, value)
            elif local not in ("title", "role", "show", "actuate", "type", "arcrole"):
                self.refuse(f"the attribute `xlink:{local}`")
        elif space == XML:
            if local not in ("space", "lang", "id"):
                self.refuse(f"the attribute `xml:{local}`")
        elif space or not (local in ATTRIBUTES or local.startswith(("data-", "aria-"))):
            self.refuse(f"the attribute `{local}`")
        elif local == "href":
            self._reference(element, value)
        elif local == "style" or ("(" in value and not local.startswith(TEXTS)):
            self._style(value)

    def _reference(self, element: str, value: str) -> None:
        picture = element == "image" and PICTURE.match(value.strip())
        if not (picture or WITHIN.match(value) or not value.strip()):
            self.refuse("a reference to something outside of it", "Put the picture into the drawing, or leave it out.")

    def _style(self, text: str, at: tuple[int, int] | None = None) -> None:
        """Refuse what a style sheet, or an attribute that is read as one, fetches from elsewhere. Comments are read as
        all else: what looks like one may stand in a string."""
        if "\\" in text:
            self.refuse("a style with a backslash, which may hide something", at=at)
        if FETCHES.search(text):
            self.refuse("a style that fetches something", at=at)
        for found in URL.finditer(text):
            value = found[1].strip().strip("\"'")
            if not (WITHIN.match(value) or PICTURE.match(value) or FONT.match(value)):
                self.refuse("a style that refers to something outside of it", at=at)
        for rule in re.findall(r"@\s*([\w-]*)", text):
            if rule.lower() not in AT_RULES:
                self.refuse(f"the rule `@{rule}` in its style", at=at)

    def text(self, data: str) -> None:
        if self.open and self.open[-1] == f"{SVG}{SEPARATOR}style":
            self.style.append(data)

    def end(self, name: str) -> None:
        self.open.pop()
        if name == f"{SVG}{SEPARATOR}style":
            self._style("".join(self.style), at=self.style_at)


def read(file: str, data: bytes) -> tuple[int, int] | Problem:
    """Width and height in pixels (zeros where the drawing does not say), or why the drawing is refused."""
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.ordered_attributes = True
    parser.buffer_text = True
    reader = _Reader(file, parser)
    parser.XmlDeclHandler = reader.declaration
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.EntityDeclHandler = reader.entity
    parser.SkippedEntityHandler = reader.entity
    parser.ProcessingInstructionHandler = reader.instruction
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)
    except _Refused:
        return reader.fault or (0, 0)
    except expat.ExpatError as error:
        message = f"The drawing can’t be read as SVG: {expat.ErrorString(error.code)}."
        place = file, error.lineno, error.offset + 1
        return Problem(*place, "error", "media-unreadable", message, "Export it as a plain SVG again.")
    except (ValueError, LookupError, UnicodeError):  # what Python raises for an encoding that it lacks
        message = "The drawing is written in an encoding that browsers may read in another way."
        return Problem(file, 1, 1, "error", "media-unreadable", message, "Save it as UTF-8.")
    return reader.size


def _size(root: dict[str, str]) -> tuple[int, int]:
    width, height = LENGTH.match(root.get("width", "")), LENGTH.match(root.get("height", ""))
    box = BOX.match(root.get("viewBox", ""))
    pair = (width[1], height[1]) if width and height else (box[1], box[2]) if box else ("0", "0")
    try:
        return round(float(pair[0])), round(float(pair[1]))
    except (ValueError, OverflowError):
        return 0, 0
