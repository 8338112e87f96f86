"""Whether the site's search answers the terms of ``docs/search.toml`` first; its time-out.

The terms are in ``docs/search.toml``, each with the page that explains it::

    "migration" = "steps/custom-user.md"

They are typed into the search of the site in a browser, as a reader does.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from playwright.sync_api import Error, Page

from course.docs import chromium, pages
from course.docs.folder_server import serving
from course.docs.inspect.flaws import Flaw
from course.errors import CourseError

FILE = "search.toml"
_HOME = "index.html"
_PATIENCE = 30_000
_FIELD = ".md-search__input"
# What stands over the answers: how many there are, or, while nothing is asked, to begin.
_SAID = "() => document.querySelector('.md-search-result__meta')?.textContent.trim() ?? ''"
_COUNTS = f"() => /[0-9]/.test(({_SAID})())"
_CHANGED = f"(before) => ({_SAID})() !== before"
_READY = f"""(term) => {{
  const field = document.querySelector("{_FIELD}");
  const said = globalThis.courseSaid ??= ({_SAID})();
  if (({_SAID})() !== said) {{
    return true;
  }}
  field.value = field.value === term ? "" : term;
  field.dispatchEvent(new Event("keyup"));
  return false;
}}"""
_FIRST = """() => {
  const link = document.querySelector(".md-search-result__item a");
  return link ? new URL(link.href).pathname.replace(/^\\//, "") : "";
}"""


def terms(root: Path) -> dict[str, str]:
    """Return the terms of a course, each with the page that explains it; none without a list.

    Args:
        root: the folder of the course.

    Raises:
        CourseError: when the list cannot be read, or names a page that is not there.
    """
    path = root / pages.DOCS / FILE
    place = f"{pages.DOCS}/{FILE}"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CourseError(f"{place}: {error}", 'Write a line a term: "term" = "page.md".') from None
    for term, uri in found.items():
        if not isinstance(uri, str) or not (root / pages.DOCS / uri).is_file():
            raise CourseError(
                f"{place}: {term!r}: there is no page {uri!r} in {pages.DOCS}/.",
                "Name the page that explains the term, as in steps/posts.md.",
            )
    return found


def look_up(program: str, folder: Path, wanted: Mapping[str, str]) -> Iterator[Flaw]:
    """Search a built site for terms; yield a flaw for each whose page is not the first answer.

    Args:
        program: the browser.
        folder: the site.
        wanted: the terms, as `terms` returns them.
    """
    with serving(folder, {}) as base, chromium.opened(program) as opened:
        page = opened.new_page()
        page.set_default_timeout(_PATIENCE)
        try:
            page.goto(base + _HOME, wait_until="load")
            page.locator(_FIELD).focus()
            # Only an answer tells that the index is read. A question from before that may be lost.
            known = next(iter(wanted))
            page.wait_for_function(_READY, arg=known, polling=500)
            _type(page, known)
            page.wait_for_function(_COUNTS)
            _type(page, "")
            page.wait_for_function(f"!({_COUNTS})()")
            idle = str(page.evaluate(_SAID))
            for term, uri in wanted.items():
                expected = f"{uri.removesuffix('.md')}.html"
                first = _answer(page, term, idle)
                if first != expected:
                    yield _flaw(term, expected, uri, f"answers with {first or 'no page'} first")
        except Error as error:
            said = error.message.splitlines()[0]
            yield Flaw(
                _HOME,
                "search",
                _FIELD,
                f"the search does not work: {said}",
                "Open the site in a browser, and search for something.",
            )


def _type(page: Page, text: str) -> None:
    page.fill(_FIELD, text)
    # The theme listens to keys.
    page.dispatch_event(_FIELD, "keyup")


def _answer(page: Page, term: str, idle: str) -> str:
    """Return the page of the first answer to a term; empty when there is none."""
    _type(page, term)
    page.wait_for_function(_CHANGED, arg=idle)
    first = page.evaluate(_FIRST)
    _type(page, "")
    page.wait_for_function(f"({_SAID})() === {json.dumps(idle)}")
    return str(first)


def _flaw(term: str, expected: str, uri: str, problem: str) -> Flaw:
    return Flaw(
        expected,
        "search",
        _FIELD,
        f"“{term}” {problem}",
        f"Add the term to `tags` in the front matter of {pages.DOCS}/{uri}, or correct"
        f" {pages.DOCS}/{FILE}.",
    )
