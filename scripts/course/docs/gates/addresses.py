"""Links lead to pages and anchors that exist, and no page loads anything from another host."""

from __future__ import annotations

import posixpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

from course.docs import built_page
from course.docs.checked import Checked
from course.docs.pages import Page
from course.docs.site import Fault


def links(checked: Checked) -> list[Fault]:
    """Check every link and picture inside the site, anchors included."""
    by_target = {_html(uri): page for uri, page in checked.built.items()}
    faults = []
    for uri, found in checked.built.items():
        page = checked.pages[uri]
        for address in dict.fromkeys([*found.links, *found.loads]):
            problem = _problem(checked, uri, address, by_target)
            if problem:
                parts = urlsplit(address)
                text = parts.fragment or posixpath.basename(parts.path).removesuffix(".html")
                line = checked.line_of(page, unquote(text))
                faults.append(
                    Fault(page.place, line, problem, f"Fix the link `{address}`, or its target.")
                )
    return faults


def _problem(
    checked: Checked, uri: str, address: str, by_target: dict[str, built_page.BuiltPage]
) -> str:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return ""
    path = unquote(parts.path)
    if path.startswith("/"):
        return f"the link {address} begins with a slash; the site may lie anywhere."
    target = posixpath.normpath(posixpath.join(posixpath.dirname(_html(uri)), path))
    target = _html(uri) if not path else target
    if target.startswith("../"):
        return f"the link {address} leads out of the site."
    file = checked.folder / target
    if file.is_dir():
        target = posixpath.join(target, "index.html") if target != "." else "index.html"
        file = checked.folder / target
    if not file.is_file():
        return f"the link {address} leads to nothing."
    fragment = unquote(parts.fragment)
    if fragment and target in by_target and not _has(by_target[target], fragment):
        return f"the link {address} leads to an anchor that is not there."
    return ""


def _has(page: built_page.BuiltPage, fragment: str) -> bool:
    # Material's own links to the top, and to states of its drawers.
    return fragment in page.ids or fragment.startswith("__")


def hosts(checked: Checked) -> list[Fault]:
    """Check that pages and style sheets load nothing from another host."""
    faults = []
    remedy = "Keep a copy of it under docs/assets/, with its licence, and name that."
    for uri, found in checked.built.items():
        page = checked.pages[uri]
        for address in dict.fromkeys(found.loads):
            if built_page.is_elsewhere(address):
                line = checked.line_of(page, address)
                problem = f"loads {address} from another host."
                faults.append(Fault(page.place, line, problem, remedy))
        if found.diagrams and not _draws_diagrams(checked.folder):
            problem = "has a diagram, and the script that draws it would come from another host."
            line = checked.line_of(page, "mermaid")
            faults.append(Fault(page.place, line, problem, remedy))
    for sheet in sorted(checked.folder.rglob("*.css")):
        text = sheet.read_text(encoding="utf-8", errors="replace")
        for address in built_page.loads_of_css(text):
            if built_page.is_elsewhere(address):
                place = sheet.relative_to(checked.folder).as_posix()
                faults.append(Fault(place, 0, f"loads {address} from another host.", remedy))
    return faults


def _draws_diagrams(folder: Path) -> bool:
    return any(folder.glob("assets/vendor/mermaid*.js"))


def _html(uri: str) -> str:
    return f"{uri.removesuffix('.md')}.html"


def target_of(page: Page) -> str:
    """Return where a page is built, inside the site."""
    return _html(page.uri)
