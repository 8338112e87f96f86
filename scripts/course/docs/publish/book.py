"""The whole course as one PDF: what is left out, contents and page numbers, the time-out.

The built site is its source: the pages, in the order of the navigation, become one document, whose
links lead inside it. A browser prints it twice. The first print says on which page each heading
comes to lie; the second has the contents with those numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Error
from pypdf import PdfReader

from course.catalogue import Part
from course.docs import chromium, navigation
from course.docs.folder_server import serving
from course.docs.navigation import Entry
from course.docs.publish.build import build
from course.docs.site import Fault, Site
from course.errors import CourseError
from course.repository import write_if_changed

PDF = "book.pdf"
_SHEET = Path(__file__).with_name("book.css")
_PAGE = "book.html"
# How deep the contents go: a page's title, and its sections.
_DEPTH = 2
_TIMEOUT = 300_000
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
# What is only for a screen.
_DROPPED_CLASSES = frozenset({"headerlink", "md-content__button", "cs-steps", "cd-tools"})
_ARTICLE = re.compile(r"<article\b[^>]*>(.*)</article>", re.DOTALL)
_BODY = re.compile(r"<body\b[^>]*>(.*)</body>", re.DOTALL)
_LINK = re.compile(r"<link\b[^>]*rel=\"stylesheet\"[^>]*>")
_HREF = re.compile(r"href=\"([^\"]+)\"")
_MARKER = re.compile(r"url\(#([^)]+)\)")
_SOURCES = ("src", "href", "data", "poster")


@dataclass(frozen=True)
class Heading:
    """A line of the contents.

    Attributes:
        anchor: its id in the document.
        text: what it says.
        depth: 0 for a part, 1 for a page, 2 for a section.
        page: the page on which it lies, from 1; 0 while that is not known.
    """

    anchor: str
    text: str
    depth: int
    page: int = 0


@dataclass(frozen=True)
class Chapter:
    """A page of the site.

    Attributes:
        uri: its path inside ``docs/``.
        part: the heading over it in the navigation, where it is the first below it.
    """

    uri: str
    part: str = ""


def make(site: Site, target: Path) -> tuple[int, list[Fault]]:
    """Make the book.

    Args:
        site: the course.
        target: the file to write.

    Returns:
        How many pages it has, and what is wrong with the pages of the site.

    Raises:
        CourseError: when there is no browser, or it cannot print.
    """
    program = chromium.find()
    if not program:
        raise CourseError("There is no browser to print with.", "course doctor")
    with TemporaryDirectory(prefix="course-book-") as folder:
        root = Path(folder).resolve() / "site"
        faults = build(site, root)
        found = _chapters(navigation.entries(site.chain), site.chain.course.parts)
        document = Document.of(site.chain.course.about.title, root, found)
        pdf = _printed_twice(program, root, document)
        write_if_changed(target, pdf.read_bytes())
        return len(PdfReader(target).pages), faults


def _chapters(entries: Sequence[Entry], parts: Sequence[Part]) -> list[Chapter]:
    """Return the pages of the navigation in order; the first of each tab begins a part.

    A tab is called as briefly as it can be; the book has room for a part's whole title.
    """
    whole = {
        navigation.tab_of(number, part): f"{number} · {part.title}"
        for number, part in enumerate(parts, 1)
    }
    found = []
    for entry in entries:
        if isinstance(entry, str):
            found.append(Chapter(entry))
            continue
        for title, inner in entry.items():
            inside = [Chapter(uri) for uri in _uris(inner)]
            found += [replace(inside[0], part=whole.get(title, title)), *inside[1:]]
    return found


def _uris(entry: str | Sequence[Entry]) -> list[str]:
    """Return the pages below an entry of the navigation."""
    if isinstance(entry, str):
        return [entry]
    inner = [value for e in entry for value in (e.values() if isinstance(e, dict) else (e,))]
    return [uri for value in inner for uri in _uris(value)]


# -- the document ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Document:
    """All pages as one.

    Attributes:
        title: the name of the course.
        sheets: the style sheets of the site, from its root.
        body: the pages' HTML.
        headings: its headings in order.
    """

    title: str
    sheets: tuple[str, ...]
    body: str
    headings: tuple[Heading, ...]

    @classmethod
    def of(cls, title: str, root: Path, chapters: Sequence[Chapter]) -> Document:
        """Return the document that the pages of a built site make."""
        known = {f"{chapter.uri.removesuffix('.md')}.html" for chapter in chapters}
        body, headings, sheets = [], list[Heading](), dict[str, None]()
        for number, chapter in enumerate(chapters):
            uri = f"{chapter.uri.removesuffix('.md')}.html"
            path = root / uri
            if not path.is_file():
                continue
            html = path.read_text(encoding="utf-8")
            sheets |= dict.fromkeys(_sheets(html, uri))
            if chapter.part:
                part = Heading(f"part-{number}", chapter.part, 0)
                headings.append(part)
                body.append(f'<h1 class="book-part" id="{part.anchor}">{escape(part.text)}</h1>')
            chapter_html = _Chapter(uri, known)
            inner = _ARTICLE.search(html) or _BODY.search(html)
            chapter_html.feed(inner[1] if inner else "")
            chapter_html.close()
            headings += chapter_html.headings
            body.append(
                f'<section class="book-page" id="{_anchor(uri)}">{chapter_html.html}</section>'
            )
        return cls(title, tuple(sheets), "\n".join(body), tuple(headings))

    def html(self, pages: Mapping[str, int]) -> str:
        """Return it as HTML.

        Args:
            pages: the pages of the headings by their anchors; empty while they are not known.
        """
        sheets = "".join(f'<link rel="stylesheet" href="{escape(s)}">' for s in self.sheets)
        lines = "".join(
            f'<li class="book-depth-{heading.depth}"><a href="#{heading.anchor}">'
            f"<span>{escape(heading.text)}</span>"
            f"<b>{pages.get(heading.anchor, 0) or '000'}</b></a></li>"
            for heading in self.headings
        )
        own = _SHEET.read_text(encoding="utf-8")
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f"<title>{escape(self.title)}</title>{sheets}<style>{own}</style></head>"
            f'<body data-md-color-scheme="default" class="md-typeset">'
            f'<header class="book-title"><p>{escape(self.title)}</p></header>'
            f'<nav class="book-contents"><p>Contents</p><ol>{lines}</ol></nav>'
            f"{self.body}</body></html>"
        )


def _sheets(html: str, uri: str) -> Iterator[str]:
    for link in _LINK.findall(html):
        match = _HREF.search(link)
        if match:
            yield _from(uri, match[1])


def _from(uri: str, address: str) -> str:
    """Return what an address on a page means from the root of the site."""
    parts = uri.split("/")[:-1]
    for word in unquote(address).split("/"):
        if word == "..":
            parts = parts[:-1]
        elif word not in (".", ""):
            parts.append(word)
    return "/".join(parts)


def _anchor(uri: str, fragment: str = "") -> str:
    plain = re.sub(r"[^a-zA-Z0-9]+", "-", uri.removesuffix(".html")).strip("-")
    return f"{plain}--{fragment}" if fragment else plain


@dataclass
class _Chapter(HTMLParser):
    """Rewrites a page so that it can be beside the others: ids, links, and what it loads."""

    uri: str
    known: set[str]
    headings: list[Heading] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._out: list[str] = []
        self._dropping = 0
        self._heading: Heading | None = None

    @property
    def html(self) -> str:
        return "".join(self._out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        classes = set(found.get("class", "").split())
        if self._dropping or classes & _DROPPED_CLASSES or tag in ("script", "button"):
            self._dropping += tag not in _VOID
            return
        if re.fullmatch(r"h[1-6]", tag) and int(tag[1]) <= _DEPTH:
            anchor = _anchor(self.uri, found.get("id") or f"h{len(self.headings)}")
            found["id"] = found.get("id") or f"h{len(self.headings)}"
            self._heading = Heading(anchor, "", int(tag[1]))
        if tag == "details":
            found["open"] = ""
        self._out.append(self._tag(tag, found))

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            self._dropping -= tag not in _VOID
            return
        if self._heading and re.fullmatch(r"h[1-6]", tag):
            text = " ".join(self._heading.text.split())
            self.headings.append(replace(self._heading, text=text))
            self._heading = None
        self._out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._text(data, data)

    def handle_entityref(self, name: str) -> None:
        self._text(f"&{name};", unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        self._text(f"&#{name};", unescape(f"&#{name};"))

    def _text(self, raw: str, read: str) -> None:
        if self._dropping:
            return
        if self._heading:
            self._heading = replace(self._heading, text=self._heading.text + read)
        self._out.append(raw)

    def _tag(self, tag: str, found: dict[str, str]) -> str:
        for name in ("id", "for", "name", "aria-labelledby"):
            if found.get(name):
                named = (_anchor(self.uri, one) for one in found[name].split())
                found[name] = " ".join(named)
        for name in ("marker-start", "marker-mid", "marker-end"):
            if found.get(name):
                found[name] = _MARKER.sub(
                    lambda match: f"url(#{_anchor(self.uri, match[1])})", found[name]
                )
        for name in _SOURCES:
            if found.get(name):
                found[name] = self._address(tag, found[name])
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in found.items())
        return f"<{tag}{attributes}>"

    def _address(self, tag: str, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            return address
        if not parts.path:
            return f"#{_anchor(self.uri, parts.fragment)}" if parts.fragment else address
        path = _from(self.uri, parts.path)
        if tag == "a" and path in self.known:
            return f"#{_anchor(path, parts.fragment)}"
        return path


# -- the print -------------------------------------------------------------------------------------


def _printed_twice(program: str, root: Path, document: Document) -> Path:
    pdf = root / PDF
    pages: dict[str, int] = {}
    # Numbers of another length may move a line of the contents over to the next page: then the
    # numbers of the third print are right.
    for _ in range(3):
        (root / _PAGE).write_text(document.html(pages), encoding="utf-8")
        with serving(root) as base:
            _print(program, f"{base}{_PAGE}", base, document.title, pdf)
        found = positions(pdf, document.headings)
        if found == pages:
            break
        pages = found
    return pdf


def _print(program: str, url: str, base: str, title: str, target: Path) -> None:
    number = (
        '<div style="width:100%;font-size:8px;text-align:center;color:#555">'
        f'{escape(title)} · <span class="pageNumber"></span></div>'
    )
    elsewhere: list[str] = []
    try:
        with chromium.opened(program) as opened:
            page = opened.new_page()
            page.set_default_timeout(_TIMEOUT)
            page.on(
                "request",
                lambda asked: (
                    None
                    if asked.url.startswith((base, "data:", "blob:"))
                    else elsewhere.append(asked.url)
                ),
            )
            page.goto(url, wait_until="load")
            page.emulate_media(media="print")
            page.pdf(
                path=target,
                format="A4",
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=number,
                margin={"top": "16mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
                tagged=True,
                outline=True,
            )
    except Error as error:
        said = error.message.splitlines()[0]
        raise CourseError(f"The browser cannot print: {said}", "course doctor") from None
    if elsewhere:
        raise CourseError(
            f"The book asks another host for {elsewhere[0]}.",
            "Keep a copy of it under docs/assets/, with its licence, and name that.",
        )


def positions(pdf: Path, headings: Sequence[Heading]) -> dict[str, int]:
    """Return the pages of headings by their anchors, from 1, as the PDF's own links know them."""
    reader = PdfReader(pdf)
    wanted = {heading.anchor for heading in headings}
    numbers = {
        page.indirect_reference.idnum: number
        for number, page in enumerate(reader.pages, 1)
        if page.indirect_reference is not None
    }
    found: dict[str, int] = {}
    for name, destination in reader.named_destinations.items():
        # Names are written with a slash (ISO 32000-1, 7.3.5).
        anchor = unquote(str(name).removeprefix("/"))
        place: Any = destination.page
        number = numbers.get(getattr(place, "idnum", -1), 0)
        if anchor in wanted and number:
            found[anchor] = number
    return found
