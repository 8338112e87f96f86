"""The SVG drawings of ``docs/figures``: elements, classes and sizes allowed, and their HTML.

A drawing becomes a part of the page, so that its lines and letters take the colours of the theme.
Therefore it is checked like code: it has the elements, attributes and classes listed here and no
others. A script, an event handler, a colour of its own or an address of another host is none of
them. All drawings are equally wide, so that their text has one size, which a phone can show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from course.docs.highlight import attribute, escape, inline
from course.errors import CourseError

FOLDER = "docs/figures"
SUFFIX = ".svg"

NAMESPACE = "http://www.w3.org/2000/svg"
# In units of a drawing. A phone of 390 px shows 400 units in 358 px: code is 11.6 px high there.
WIDTH = 400
MOST_HEIGHT = 600
TEXT = 14
CODE = 13

_GEOMETRY = "x y width height rx ry cx cy r x1 y1 x2 y2 d points class id"
_MARKERS = ("marker-start", "marker-mid", "marker-end")
_SHAPE = frozenset([*_GEOMETRY.split(), *_MARKERS])
_TEXT = frozenset("x y dx dy class id".split())
# Element → the attributes that it may have.
ELEMENTS: Mapping[str, frozenset[str]] = {
    "svg": frozenset({"xmlns", "viewBox"}),
    "title": frozenset(),
    "desc": frozenset(),
    "defs": frozenset(),
    "marker": frozenset(
        "id class viewBox refX refY markerWidth markerHeight markerUnits orient".split()
    ),
    "g": frozenset({"class", "id"}),
    "path": _SHAPE,
    "rect": _SHAPE,
    "line": _SHAPE,
    "polyline": _SHAPE,
    "circle": _SHAPE,
    "ellipse": _SHAPE,
    "text": _TEXT,
    "tspan": _TEXT,
}
# The style sheet says how each looks, in both themes.
CLASSES = frozenset(
    "box soft mark good bad note line arrow dashed head code bold muted middle end".split()
)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_VIEW = re.compile(rf"0 0 {WIDTH} ([1-9]\d*)")
_REFERENCE = re.compile(r"url\(#([\w-]+)\)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# How wide a letter is on average, as a part of the height of its text; a little too wide.
_WIDE = {"code": 0.605, "bold": 0.58, "": 0.53}


@dataclass
class Node:
    """An element of a drawing.

    Attributes:
        name: of the element.
        values: its attributes.
        line: its line in the file, from 1.
        inside: what it holds: texts and elements.
    """

    name: str
    values: Mapping[str, str]
    line: int
    inside: list[str | Node] = field(default_factory=list)

    @property
    def classes(self) -> frozenset[str]:
        """Its classes."""
        return frozenset(self.values.get("class", "").split())

    @property
    def text(self) -> str:
        """All its text."""
        return "".join(part if isinstance(part, str) else part.text for part in self.inside)

    def all(self) -> Iterator[Node]:
        """Yield it, and every element inside it."""
        yield self
        for part in self.inside:
            if isinstance(part, Node):
                yield from part.all()


@dataclass(frozen=True)
class Problem:
    """Something that a drawing must not be.

    Attributes:
        line: its line in the file, from 1; 0 when it is about the whole file.
        text: what is wrong.
        remedy: what to do about it.
    """

    line: int
    text: str
    remedy: str


def every(root: Path) -> list[Path]:
    """Return the files of drawings, in order of name."""
    return sorted(path for path in (root / FOLDER).glob("*") if not path.name.startswith("."))


def read(root: Path, name: str) -> Node:
    """Return a drawing.

    Args:
        root: the folder of the course.
        name: the name of its file, with ``.svg``.

    Raises:
        CourseError: when there is none of this name, or it may not be part of a page.
    """
    path = root / FOLDER / name
    known = [other.name for other in every(root)]
    if name not in known:
        names = ", ".join(known) or "none yet"
        raise CourseError(f"{FOLDER} has no file {name}.", f"It has: {names}.")
    drawing, problems = examine(path)
    if drawing is None or problems:
        first = problems[0]
        place = f"{FOLDER}/{name}" + (f":{first.line}" if first.line else "")
        raise CourseError(f"{place}: {first.text}", first.remedy)
    return drawing


def examine(path: Path) -> tuple[Node | None, list[Problem]]:
    """Return a file's drawing, if it is one, and everything that is wrong with it."""
    if path.suffix != SUFFIX or not _NAME.fullmatch(path.stem):
        remedy = "Call it by lower-case words with hyphens between them, and .svg."
        return None, [Problem(0, "is not the name of a drawing.", remedy)]
    try:
        drawing = parse(path.read_bytes())
    except OSError as error:
        return None, [Problem(0, f"cannot be read: {error.strerror}.", "Restore the file.")]
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        return None, [Problem(error.lineno, f"not valid XML: {said}.", "Fix that line.")]
    except _NotADrawing as error:
        remedy = "Leave it out: a drawing needs none."
        return None, [Problem(error.line, f"has a {error.what}.", remedy)]
    return drawing, list(_problems(drawing))


class _NotADrawing(Exception):
    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


def parse(content: bytes) -> Node:
    """Return the root of an XML document; comments and processing instructions are left out.

    Raises:
        ExpatError: when it is not XML.
        _NotADrawing: when it declares a document type, and so perhaps entities.
    """
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    top = Node("", {}, 0)
    open_nodes = [top]

    def start(name: str, values: dict[str, str]) -> None:
        node = Node(name, values, parser.CurrentLineNumber)
        open_nodes[-1].inside.append(node)
        open_nodes.append(node)

    def text(data: str) -> None:
        open_nodes[-1].inside.append(data)

    def document_type(*_: object) -> None:
        raise _NotADrawing("document type", parser.CurrentLineNumber)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_nodes.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = document_type
    parser.Parse(content, True)
    (root,) = (part for part in top.inside if isinstance(part, Node))
    return root


# -- what may be in one ----------------------------------------------------------------------------


def _problems(drawing: Node) -> Iterator[Problem]:
    """Yield what is wrong with a drawing."""
    height = _VIEW.fullmatch(drawing.values.get("viewBox", ""))
    if drawing.name != "svg" or drawing.values.get("xmlns") != NAMESPACE:
        yield Problem(drawing.line, "is no SVG.", f'Begin with <svg xmlns="{NAMESPACE}" …>.')
        return
    if height is None or int(height[1]) > MOST_HEIGHT:
        remedy = f'viewBox="0 0 {WIDTH} HEIGHT", at most {MOST_HEIGHT} high: text has one size.'
        yield Problem(drawing.line, "its viewBox is not that of a drawing.", remedy)
    else:
        yield from _outside(drawing, int(height[1]))
    for name, what in (("title", "what it is called"), ("desc", "what it shows, in sentences")):
        found = [part for part in drawing.inside if isinstance(part, Node) and part.name == name]
        if len(found) != 1 or not found[0].text.strip():
            remedy = f"Say {what}, for people who cannot see it: <{name}>…</{name}> below <svg>."
            yield Problem(drawing.line, f"has no <{name}>.", remedy)
    ids = [node.values["id"] for node in drawing.all() if "id" in node.values]
    for node in drawing.all():
        yield from _of_node(node, ids)


def _of_node(node: Node, ids: list[str]) -> Iterator[Problem]:
    known = ELEMENTS.get(node.name)
    if known is None:
        remedy = f"A drawing has: {', '.join(ELEMENTS)}."
        yield Problem(node.line, f"<{node.name}> is no element of a drawing.", remedy)
        return
    for name, value in node.values.items():
        if name not in known:
            names = ", ".join(sorted(known)) or "no attribute"
            remedy = f"It has: {names}. Colours and sizes come from classes."
            yield Problem(node.line, f"<{node.name}> has an attribute `{name}`.", remedy)
        elif name in _MARKERS:
            reference = _REFERENCE.fullmatch(value)
            if reference is None or reference[1] not in ids:
                remedy = f'{name}="url(#ID)", with the id of a <marker> of this file.'
                yield Problem(node.line, f"{name} leads to nothing: {value}", remedy)
        elif name == "id" and (ids.count(value) > 1 or not _NAME.fullmatch(value)):
            yield Problem(
                node.line, f"the id {value!r} is no id, or not the only one.", "Rename it."
            )
    for name in sorted(node.classes - CLASSES):
        remedy = f"The classes: {', '.join(sorted(CLASSES))}."
        yield Problem(node.line, f"there is no class `{name}`.", remedy)
    if node.name not in ("title", "desc", "text", "tspan"):
        stray = "".join(part for part in node.inside if isinstance(part, str)).strip()
        if stray:
            yield Problem(node.line, f"text that nobody sees: {stray[:40]}", "Put it into <text>.")


def _outside(drawing: Node, height: int) -> Iterator[Problem]:
    """Yield the lines of text that do not fit into the drawing, as far as one can tell."""
    for line in lines_of_text(drawing):
        left, right = line.left, line.left + line.width
        if left < 0 or right > WIDTH or not CODE <= line.y <= height - 3:
            problem = f"“{line.text}” runs out of the drawing."
            remedy = f"It is about {line.width:.0f} wide; the drawing is {WIDTH} × {height}."
            yield Problem(line.node.line, problem, remedy)


@dataclass(frozen=True)
class TextLine:
    """A line of text of a drawing.

    Attributes:
        node: its element.
        text: what it says.
        classes: those of the element and of what is around it.
        x: where it is put.
        y: the height of its base line, from the top.
    """

    node: Node
    text: str
    classes: frozenset[str]
    x: float
    y: float

    @property
    def width(self) -> float:
        """About how wide it is; rather too wide."""
        if "code" in self.classes:
            return len(self.text) * CODE * _WIDE["code"]
        return len(self.text) * TEXT * _WIDE["bold" if "bold" in self.classes else ""]

    @property
    def left(self) -> float:
        """Where it begins."""
        if "middle" in self.classes:
            return self.x - self.width / 2
        return self.x - self.width if "end" in self.classes else self.x


def lines_of_text(node: Node, around: frozenset[str] = frozenset()) -> Iterator[TextLine]:
    """Yield the texts of a drawing; a ``tspan`` counts to its text unless it is put elsewhere."""
    classes = around | node.classes
    if node.name == "text":
        apart = [part for part in node.all() if part.name == "tspan" and "x" in part.values]
        for part in apart or [node]:
            x, y = (_number({**node.values, **part.values}.get(name, "")) for name in ("x", "y"))
            yield TextLine(part, part.text.strip(), classes | part.classes, x, y)
        return
    for inner in node.inside:
        if isinstance(inner, Node):
            yield from lines_of_text(inner, classes)


def _number(text: str) -> float:
    return float(text) if _NUMBER.fullmatch(text) else 0.0


def code_of(drawing: Node) -> list[str]:
    """Return the names of code that a drawing shows: the texts of the class ``code``."""
    nodes = (node for node in drawing.all() if node.name in ("text", "tspan"))
    found = (node.text.strip() for node in nodes if "code" in node.classes)
    return list(dict.fromkeys(filter(None, found)))


# -- how a page shows one --------------------------------------------------------------------------


def render(drawing: Node, name: str, caption: str) -> str:
    """Return a drawing as a figure.

    Args:
        drawing: it, checked.
        name: what its ids begin with; no two figures of a page have the same.
        caption: what stands below it, in Markdown; empty for nothing.
    """
    said = f"<figcaption>{inline(caption)}</figcaption>" if caption else ""
    return f'<figure class="cf" id="{attribute(name)}">{_html(drawing, name)}{said}</figure>'


def _html(node: Node, name: str) -> str:
    """Return an element as HTML: each ends by a tag of its own, and white space is left out."""
    values = {key: _renamed(key, value, name) for key, value in node.values.items()}
    if node.name == "svg":
        values.pop("xmlns")
        values |= {"role": "img", "aria-labelledby": f"{name}-title {name}-desc"}
        # The labels alone say little: a search finds the page by its words and the caption.
        values["data-search-exclude"] = ""
    elif node.name in ("title", "desc"):
        values["id"] = f"{name}-{node.name}"
    attributes = "".join(f' {key}="{attribute(value)}"' for key, value in values.items())
    if node.name in ("title", "desc"):
        inside = escape(" ".join(node.text.split()))
    else:
        inside = "".join(
            _html(part, name) if isinstance(part, Node) else _text(part) for part in node.inside
        )
    return f"<{node.name}{attributes}>{inside}</{node.name}>"


def _text(text: str) -> str:
    """Return text between elements: a space stays, an indented line's beginning goes."""
    return escape(re.sub(r"\s*\n\s*", "", text))


def _renamed(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    return _REFERENCE.sub(rf"url(#{name}-\1)", value) if key in _MARKERS else value
