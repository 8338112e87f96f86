"""A page's fingerprint without a browser: what is fetched, what is left out, the time-out.

The page is fetched as a browser would, forms filled in and buttons pressed included; then the style
sheets, scripts and images that it loads from its own server. What differs from run to run (tokens,
times, ports) is left out, each by a rule with a name (`timestamps`, `output_comparison`).
"""

from __future__ import annotations

import hashlib
import http.client
import mimetypes
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path

from course.docs import built_page
from course.docs.consoles import output_comparison
from course.docs.pictures import timestamps
from course.docs.pictures.catalogue import Action, Picture, definition, uploaded
from course.errors import CourseError

_TOKENS = (
    re.compile(r"(name=[\"']csrfmiddlewaretoken[\"']\s+value=[\"'])[^\"']*"),
    re.compile(r"(\bnonce=[\"'])[^\"']*"),
    re.compile(r"(\bcsrf-?token[\"']\s+content=[\"'])[^\"']*", re.IGNORECASE),
)
# A name of this kind is regenerated whenever a file is stored: a UUID, or its hexadecimal digits.
_RANDOM_NAME = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_TIMEOUT = 30.0
# What a browser would like best: some addresses have a page for it, and data for programs.
_ACCEPT = "text/html,*/*;q=0.8"


class NeedsBrowser(Exception):
    """An action that plain HTTP cannot do."""


@dataclass
class _Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    """Finds the forms and the links of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[_Form] = []
        self.links: list[tuple[str, str]] = []
        self._href: str | None = None
        self._text = ""
        self._inside = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = values.get("method", "get").lower()
            self.forms.append(_Form(values.get("action", ""), method))
            self._inside = True
        elif tag in ("input", "textarea", "select") and self._inside:
            name = values.get("name", "")
            if values.get("id"):
                self.forms[-1].ids[values["id"]] = name
            kind = values.get("type", "text")
            if kind == "file":
                self.forms[-1].files.add(name)
            ticked = kind not in ("checkbox", "radio") or "checked" in values
            if name and kind not in ("submit", "button", "file") and ticked:
                self.forms[-1].fields[name] = values.get("value", "")
        elif tag == "a" and "href" in values:
            self._href, self._text = values["href"], ""

    def handle_data(self, data: str) -> None:
        if self._href is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "a" and self._href is not None:
            self.links.append((" ".join(self._text.split()), self._href))
            self._href = None


class Visitor:
    """Somebody who looks at a snapshot over HTTP, with cookies.

    Args:
        base: the server's address, with its port.
        root: the course, where files that are uploaded lie.
    """

    def __init__(self, base: str, root: Path) -> None:
        self.base = base
        self._root = root
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        ).open
        self.address = base
        self.html = ""
        self.status = 200
        self._filled: dict[str, str] = {}
        self._files: dict[str, tuple[str, bytes]] = {}

    def fetch(self, address: str) -> bytes:
        """Return what is at an address.

        Raises:
            CourseError: when the server gives an error.
        """
        found, status, content = self._ask(address)
        require_status(found, status, 200)
        return content

    def _ask(
        self, address: str, data: bytes | None = None, kind: str = ""
    ) -> tuple[str, int, bytes]:
        headers = {"Referer": self.address, "Accept": _ACCEPT}
        request = urllib.request.Request(address, data, headers=headers)
        if kind:
            request.add_header("Content-Type", kind)
        try:
            with self._open(request, timeout=_TIMEOUT) as answer:
                return answer.url, answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.url, error.code, error.read()
        except (OSError, http.client.HTTPException) as error:
            raise CourseError(f"{address} does not answer: {error}") from None

    def go(self, url: str, data: bytes | None = None, kind: str = "") -> None:
        """Open a page, be it that of an error.

        Args:
            url: its address, from the page before.
            data: what is posted; nothing to get the page.
            kind: the media type of ``data``, if not that of an ordinary form.
        """
        target = urllib.parse.urljoin(self.address, url)
        self.address, self.status, content = self._ask(target, data, kind)
        self.html = content.decode("utf-8", "replace")
        self._filled.clear()
        self._files.clear()

    def do(self, action: Action) -> None:
        """Do what an action says.

        Raises:
            NeedsBrowser: when only a browser can.
            CourseError: when the page before it is that of an error.
        """
        require_status(self.address, self.status, 200)
        if action.wait:
            raise NeedsBrowser(action.wait)
        if action.goto:
            self.go(urllib.parse.urljoin(self.base, action.goto))
        elif action.fill:
            self._filled[_named(action.fill)] = action.value
        elif action.upload:
            self._files[_named(action.upload)] = uploaded(self._root, action)
        elif self._filled or self._files:
            self._submit()
        else:
            self._follow(action.click)

    def _submit(self) -> None:
        for form in _Forms(self.html).forms:
            names = {key: form.ids.get(key, key) for key in (*self._filled, *self._files)}
            if not all(names[key] in form.fields for key in self._filled):
                continue
            if not all(names[key] in form.files for key in self._files):
                continue
            values = form.fields | {names[key]: text for key, text in self._filled.items()}
            query = urllib.parse.urlencode(values)
            target = form.action or self.address
            if self._files:
                files = {names[key]: file for key, file in self._files.items()}
                self.go(target, *_multipart(values, files))
            elif form.method == "post":
                self.go(target, query.encode())
            else:
                self.go(f"{form.action}?{query}")
            return
        raise NeedsBrowser("a form without these fields")

    def _follow(self, click: str) -> None:
        wanted = click.removeprefix("text=").strip("\"'")
        for text, href in _Forms(self.html).links:
            if click.startswith("text=") and text == wanted:
                self.go(href)
                return
        raise NeedsBrowser(click)


def _named(selector: str) -> str:
    """Return the id or the name of a field.

    Raises:
        NeedsBrowser: when it is told by something else.
    """
    match = re.fullmatch(r"#([\w-]+)|\[name=[\"']?([\w-]+)[\"']?\]", selector)
    if match is None:
        raise NeedsBrowser(selector)
    return match[1] or match[2]


def _multipart(
    values: Mapping[str, str], files: Mapping[str, tuple[str, bytes]]
) -> tuple[bytes, str]:
    """Return what a form with files sends (RFC 7578), and its media type."""
    boundary = "course-of-many-parts"
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in values.items()
    ]
    for name, (file, content) in files.items():
        kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
        head = f'Content-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n")
    line = f"--{boundary}".encode()
    body = b"".join(line + b"\r\n" + part for part in parts) + line + b"--\r\n"
    return body, f"multipart/form-data; boundary={boundary}"


def of_picture(picture: Picture, base: str, root: Path) -> str:
    """Return the fingerprint of what a picture shows.

    Args:
        picture: the picture.
        base: the address of the server of its snapshot.
        root: the course, where files that are uploaded lie.

    Raises:
        NeedsBrowser: when one of its actions needs a browser.
        CourseError: when the page does not come.
    """
    visitor = Visitor(base, root)
    visitor.go(picture.address)
    for action in picture.action:
        visitor.do(action)
    require_status(visitor.address, visitor.status, picture.status)
    return of_page(picture, visitor.html, visitor.address, visitor.fetch)


def require_status(address: str, status: int, wanted: int) -> None:
    """Make sure that a page answers as it should.

    Raises:
        CourseError: when it has another HTTP status.
    """
    if status != wanted:
        remedy = "Fix the url or the actions of the picture"
        raise CourseError(
            f"{urllib.parse.urlsplit(address).path} answers {status}, not {wanted}.",
            f"{remedy}, or write `status = {status}` if that is what it should show.",
        )


def of_page(picture: Picture, html: str, address: str, fetch: Callable[[str], bytes]) -> str:
    """Return the fingerprint of a page.

    Args:
        picture: how it is looked at.
        html: the page.
        address: where it is.
        fetch: returns what is at an address.
    """
    digest = hashlib.sha256(definition(picture).encode())
    for pattern in _TOKENS:
        html = pattern.sub(r"\1", html)
    loaded = {}
    found = assets(html, address, fetch)
    if picture.element:
        html = _part(html, picture.element)
    for name, total in found.items():
        path, _, query = name.partition("?")
        folder, _, file = path.rpartition("/")
        if not query and _RANDOM_NAME.fullmatch(file.partition(".")[0]):
            # A stored file is known by its content; its name is another one in every database.
            name = f"{folder}/{total}"
            html = html.replace(path, name)
        loaded[name] = total
    digest.update(
        "\n".join(map(output_comparison.normal, timestamps.named(html).split("\n"))).encode()
    )
    for asset in sorted(loaded.items()):
        digest.update(f"\0{asset[0]}\0{asset[1]}".encode())
    return digest.hexdigest()


def _part(html: str, selector: str) -> str:
    """Return the first element of a page that a selector names.

    Raises:
        CourseError: when there is none.
    """
    parts = _Parts(html, selector)
    if parts.start < 0:
        raise CourseError(f"the page has no element {selector}.", "Fix `element` of the picture.")
    return html[parts.start : parts.end]


class _Parts(HTMLParser):
    """Finds where an element begins and ends."""

    def __init__(self, html: str, selector: str) -> None:
        super().__init__()
        self._selector = selector
        self._lines = [0, *(match.end() for match in re.finditer("\n", html))]
        self._tag = ""
        self._depth = 0
        self.start, self.end = -1, len(html)
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.start < 0 and self._selector in (tag, f"#{dict(attrs).get('id')}"):
            self.start, self._tag = self._offset, tag
        self._depth += self.start >= 0 and tag == self._tag

    def handle_endtag(self, tag: str) -> None:
        if self._depth and tag == self._tag:
            self._depth -= 1
            if not self._depth:
                self.end, self._tag = self._offset, ""

    @property
    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def assets(html: str, address: str, fetch: Callable[[str], bytes]) -> dict[str, str]:
    """Return the sum of everything that a page loads from its own server, by path and query.

    Args:
        html: the page.
        address: where it is.
        fetch: returns what is at an address, or raises a CourseError.
    """
    found: dict[str, str] = {}
    waiting = [urllib.parse.urljoin(address, load) for load in built_page.read(html).loads]
    host = urllib.parse.urlsplit(address).netloc
    while waiting:
        target = waiting.pop()
        parts = urllib.parse.urlsplit(target)
        key = f"{parts.path}?{parts.query}"
        if parts.netloc != host or key in found:
            continue
        try:
            content = fetch(urllib.parse.urldefrag(target)[0])
        except CourseError:
            # Missing on the page as well: that it is missing is what the picture shows.
            content = b""
        found[key] = hashlib.sha256(content).hexdigest()
        if parts.path.endswith(".css"):
            loads = built_page.loads_of_css(content.decode("utf-8", "replace"))
            waiting += [urllib.parse.urljoin(target, load) for load in loads]
    return found
