"""Takes one picture: clicks and typing, waiting until a page is still, cropping, frozen texts."""

from __future__ import annotations

import mimetypes
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    FilePayload,
    FloatRect,
    Page,
    Response,
)

from course.docs.pictures.catalogue import Action, Picture, uploaded
from course.docs.pictures.fingerprints import require_status
from course.docs.pictures.timestamps import CLOCK, frozen
from course.errors import CourseError

# How Chromium says that something does not come.
_MISSING = "Failed to load resource"
# Characters of a message that are kept at each end.
_HALF = 200
# How often a page may go on changing by itself, a second at a time.
_CHANGES = 10
# A page's timers fire in the order of their time, however busy the machine is: after this one, all
# have fired that were set before and are shorter. An editor draws its arrows after 600 ms.
_A_SECOND = "() => new Promise((resolve) => setTimeout(resolve, 1000))"
# Every text that a person sees: text nodes, and what stands in fields.
_TEXTS = """() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) texts.push(node);
  window.courseTexts = texts.map((node) => [node, "data"]);
  for (const field of document.querySelectorAll("input:not([type=file]), textarea")) {
    window.courseTexts.push([field, "value"]);
  }
  return window.courseTexts.map(([node, key]) => node[key]);
}"""
# Where an element is on the page, from an anchor in it on, with a margin.
_BOX = """(element, anchor) => {
  // What floats over the page, a header, goes back to its top.
  scrollTo({ top: 0, behavior: "instant" });
  const box = element.getBoundingClientRect();
  const from = anchor && element.querySelector("#" + CSS.escape(anchor));
  const top = from ? from.getBoundingClientRect().top : box.top;
  const x = Math.max(box.left + scrollX - 16, 0);
  const y = Math.max(top + scrollY - 16, 0);
  return { x, y, width: box.right + scrollX + 16 - x, height: box.bottom + scrollY + 16 - y };
}"""
_REPLACE = """(found) => {
  for (const [number, text] of found) {
    const [node, key] = window.courseTexts[number];
    node[key] = text;
  }
  delete window.courseTexts;
}"""


def take(browser: Browser, picture: Picture, base: str, root: Path, target: Path) -> str:
    """Take a picture; return the HTML of the page as it was then.

    Args:
        browser: the browser.
        picture: what to show.
        base: the address of the server.
        root: the course, where files that are uploaded lie.
        target: the file to write.

    Raises:
        CourseError: when an action cannot be done, the page answers otherwise than the picture
            says, it asks for another host, or the browser reports an error, such as a script that
            fails, or something that the page's policy forbids.
    """
    width, height = picture.viewport
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=picture.theme,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    elsewhere: list[str] = []
    answers: list[int] = []
    errors: list[str] = []
    context.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((base, "data:", "blob:"))
            else elsewhere.append(request.url)
        ),
    )
    try:
        context.clock.set_fixed_time(CLOCK)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("response", lambda response: _note(response, page, answers))
        page.on("console", lambda message: _hear(message, errors))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(urljoin(base, picture.address), wait_until="networkidle")
        for action in picture.action:
            _do(page, action, base, root)
        _settle(page)
        require_status(page.url, answers[-1] if answers else 200, picture.status)
        html = str(page.content())
        _freeze(page)
        target.parent.mkdir(parents=True, exist_ok=True)
        clip = _clip(page, picture)
        page.screenshot(
            path=target, animations="disabled", caret="hide", clip=clip, full_page=bool(clip)
        )
    except Error as error:
        said = error.message.splitlines()[0]
        raise CourseError(f"picture {picture.name}: {said}", "Fix its url or actions.") from None
    finally:
        context.close()
    if elsewhere:
        raise CourseError(
            f"picture {picture.name}: the page asks another host for {elsewhere[0]}.",
            "Keep a copy of that in the snapshot.",
        )
    if errors:
        raise CourseError(
            f"picture {picture.name}: the browser reports: {_short(errors[0])}",
            "Open the page in a browser, and look at its console.",
        )
    return html


def _settle(page: Page) -> None:
    """Wait until nothing is loaded any more, and scripts have drawn what they draw a moment later.

    A page that never stands still is shown as it is after some seconds.
    """
    now = ""
    for _ in range(_CHANGES):
        page.wait_for_load_state("networkidle")
        before, now = now, str(page.content())
        if now == before:
            return
        page.evaluate(_A_SECOND)


def _note(response: Response, page: Page, answers: list[int]) -> None:
    """Keep the status of a page, and not that of what it loads."""
    if response.request.is_navigation_request() and response.frame == page.main_frame:
        answers.append(response.status)


def _hear(message: ConsoleMessage, errors: list[str]) -> None:
    """Keep an error of the console; not that something is missing, which a picture may show."""
    if message.type == "error" and not message.text.startswith(_MISSING):
        errors.append(message.text)


def _short(text: str) -> str:
    """Return a message in one line, without the middle of a long one: of a data: URL, mostly."""
    line = " ".join(text.split())
    return line if len(line) <= 2 * _HALF else f"{line[:_HALF]} … {line[-_HALF:]}"


def _clip(page: Page, picture: Picture) -> FloatRect | None:
    """Return what the picture shows of the whole page; None for all that the window shows."""
    if not picture.element:
        return None
    anchor = urldefrag(picture.address).fragment
    found: FloatRect | None = page.locator(picture.element).first.evaluate(_BOX, anchor)
    assert found is not None
    found["height"] = min(found["height"], picture.viewport[1])
    return found


def _freeze(page: Page) -> None:
    """Let the page show the moment of `CLOCK` where it shows when it was made."""
    now = datetime.now(timezone.utc)
    texts = page.evaluate(_TEXTS)
    changed = [[i, new] for i, text in enumerate(texts) if (new := frozen(text, now)) != text]
    page.evaluate(_REPLACE, changed)


def _do(page: Page, action: Action, base: str, root: Path) -> None:
    if action.goto:
        page.goto(urljoin(base, action.goto))
    elif action.fill:
        page.fill(action.fill, action.value)
    elif action.upload:
        name, content = uploaded(root, action)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file: FilePayload = {"name": name, "mimeType": kind, "buffer": content}
        page.set_input_files(action.upload, file)
    elif action.wait:
        page.wait_for_selector(action.wait)
    else:
        page.click(action.click)
        page.wait_for_load_state("networkidle")
