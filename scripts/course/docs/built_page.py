"""Reads built HTML: what counts as a diff, a link, a load, or Markdown left unread (and where not).

Reads HTML alone, and knows nothing of how it was made; so what it finds is what a reader gets.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from course.difference.changes import lines_of

# Attributes that make a browser fetch something, by element. A link to follow is none of them.
_LOADS = {
    "img": ("src", "srcset"),
    "script": ("src",),
    "iframe": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src",),
    "use": ("href",),
    "image": ("href",),
}
_LOADING_RELS = frozenset(
    "stylesheet icon preload prefetch preconnect dns-prefetch modulepreload manifest"
    " apple-touch-icon mask-icon shortcut prerender".split()
)
_CSS_LOADS = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)|@import\s+['\"]([^'\"]+)['\"]")
# Elements whose text is as it stands, backticks included.
_VERBATIM = frozenset({"code", "kbd", "pre", "samp", "script", "style", "textarea"})


@dataclass
class ShownFile:
    """A file's change as one figure of a page shows it.

    Attributes:
        path: its path after (before, for a deleted file).
        old_path: its path before.
        status: git's letter for what happened.
        old: the name of its content before; empty for a new file.
        new: the name of its content after; empty for a deleted one.
        old_mode: its mode before.
        new_mode: its mode after.
        removed: the lines shown as removed, by number in the old file, from 0.
        added: the lines shown as added, by number in the new file, from 0.
        context: the lines shown as unchanged: old number, new number, text.
        content: the content that the page carries of a file that is not text.
    """

    path: str
    old_path: str
    status: str
    old: str
    new: str
    old_mode: str
    new_mode: str
    removed: dict[int, str] = field(default_factory=dict)
    added: dict[int, str] = field(default_factory=dict)
    context: list[tuple[int, int, str]] = field(default_factory=list)
    content: bytes | None = None


@dataclass
class BuiltPage:
    """What was found in a page.

    Attributes:
        files: the changes that it shows, in order.
        waived: the paths that it leaves out with a reason.
        marked: the generated and vendored files that it lists, each with its sum.
        ids: every id and anchor.
        links: every address that a reader can follow, in order.
        loads: every address that a browser fetches by itself.
        diagrams: whether it holds a diagram that a script draws.
        raw: texts outside of code that hold a backtick: Markdown that nothing has read.
    """

    files: list[ShownFile] = field(default_factory=list)
    waived: set[str] = field(default_factory=set)
    marked: dict[str, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    diagrams: bool = False
    raw: list[str] = field(default_factory=list)


def read(html: str) -> BuiltPage:
    """Read a built page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


def loads_of_css(text: str) -> list[str]:
    """Return every address that a style sheet makes a browser fetch."""
    return [first or second for first, second in _CSS_LOADS.findall(text)]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = BuiltPage()
        self._file: ShownFile | None = None
        self._hunk: list[tuple[str, str]] | None = None
        self._start = (0, 0)
        self._spans: list[str] = []
        self._hidden = 0
        self._sign = " "
        self._row = ""
        self._in_style = False
        self._sum_of = ""
        self._verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._note(tag, values)
        self._verbatim += tag in _VERBATIM
        classes = values.get("class", "").split()
        if tag == "figure" and "data-diff" in values:
            self._file = _shown(values)
            self.page.files.append(self._file)
        elif self._file is not None:
            if tag == "span":
                self._open_span(classes, values)
            elif tag in ("ins", "del"):
                self._sign = "+" if tag == "ins" else "-"
            elif tag == "a" and "data-content" in values:
                self._file.content = _content(values.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        self._verbatim -= tag in _VERBATIM
        if tag == "style":
            self._in_style = False
        if tag == "tr":
            self._sum_of = ""
        if self._file is None:
            return
        if tag == "span" and self._spans:
            closed = self._spans.pop()
            if closed == "h":
                self._close_hunk()
            elif closed == "g":
                self._hidden -= 1
        elif tag in ("ins", "del"):
            self._sign = " "
        elif tag == "figure":
            self._file = None
            self._spans.clear()
            self._hidden = 0

    def handle_data(self, data: str) -> None:
        if "`" in data and not self._verbatim:
            self.page.raw.append(" ".join(data.split()))
        if self._hunk is not None and not self._hidden:
            self._hunk.append((self._sign, data))
        elif self._in_style:
            self.page.loads += loads_of_css(data)
        elif self._sum_of and re.fullmatch(r"[0-9a-f]{64}", data):
            self.page.marked[self._sum_of] = data

    def _open_span(self, classes: list[str], values: dict[str, str]) -> None:
        kind = next((name for name in classes if name in ("h", "g")), "")
        self._spans.append(kind)
        if kind == "h":
            self._hunk = []
            self._start = (_number(values, "data-o"), _number(values, "data-n"))
        elif kind == "g":
            self._hidden += 1

    def _close_hunk(self) -> None:
        assert self._file is not None
        old, new = self._start
        # A line's pieces (its colours) are joined before it is counted.
        joined: list[tuple[str, str]] = []
        for sign, text in self._hunk or []:
            if joined and joined[-1][0] == sign:
                joined[-1] = (sign, joined[-1][1] + text)
            else:
                joined.append((sign, text))
        for sign, text in joined:
            for line in lines_of(text.encode("utf-8", "surrogatepass")):
                if sign == "-":
                    self._file.removed[old] = line
                elif sign == "+":
                    self._file.added[new] = line
                else:
                    self._file.context.append((old, new, line))
                old += sign != "+"
                new += sign != "-"
        self._hunk = None

    def _note(self, tag: str, values: dict[str, str]) -> None:
        page = self.page
        page.ids.update(values[name] for name in ("id",) if values.get(name))
        if tag == "a":
            if values.get("name"):
                page.ids.add(values["name"])
            if "href" in values and "data-content" not in values:
                page.links.append(values["href"])
        for name in _LOADS.get(tag, ()):
            if values.get(name):
                listed = values[name].split(",") if name == "srcset" else [values[name]]
                page.loads += [part.split()[0] for part in listed if part.strip()]
        if tag == "link" and _LOADING_RELS & set(values.get("rel", "").lower().split()):
            page.loads.append(values.get("href", ""))
        if tag == "style":
            self._in_style = True
        page.loads += loads_of_css(values.get("style", ""))
        if "mermaid" in values.get("class", "").split():
            page.diagrams = True
        if "data-waived" in values:
            page.waived.update(values["data-waived"].split("\n"))
        if "data-marked" in values:
            self._sum_of = values["data-marked"]
            page.marked[self._sum_of] = ""


def _shown(values: dict[str, str]) -> ShownFile:
    return ShownFile(
        path=values.get("data-path", ""),
        old_path=values.get("data-old-path", ""),
        status=values["data-diff"],
        old=values.get("data-old", ""),
        new=values.get("data-new", ""),
        old_mode=values.get("data-old-mode", ""),
        new_mode=values.get("data-new-mode", ""),
    )


def _number(values: dict[str, str], name: str) -> int:
    """Return a position of a hunk, from 0; -1, which fits nowhere, for what is not a number."""
    text = values.get(name, "")
    return int(text) - 1 if text.isdigit() else -1


def _content(href: str) -> bytes | None:
    try:
        return base64.b64decode(href.partition(";base64,")[2], validate=True)
    except (binascii.Error, ValueError):
        return None


def is_elsewhere(address: str) -> bool:
    """Return whether an address is on another host (this machine's own name included)."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in ("http", "https", "ftp", "ws", "wss")
