"""The tests of a page in a browser: axe-core, keyboard, width, copying; time-outs, tabs at once.

How a page is looked at, view by view, is said in `course.docs.inspect.inspection`. A tab stays for
as long as its views do: a new one is a new process of the browser, which costs more than many
pages do.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Error,
    Page,
    async_playwright,
)

from course import deadline
from course.docs import chromium
from course.docs.inspect.flaws import Flaw
from course.docs.inspect.views import View
from course.ports import HOST

_PROBES = Path(__file__).with_name("inspection.js")
# Seconds for one page: on a machine that many share, much is slow that works.
_PATIENCE = 300
_LATER = 10_000
_HEIGHT = 800
_PRESSES = 25
_TAB = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
_RIGHT = {"key": "ArrowRight", "code": "ArrowRight", "windowsVirtualKeyCode": 39}
_LEFT = {"key": "ArrowLeft", "code": "ArrowLeft", "windowsVirtualKeyCode": 37}
_ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
_SPACE = {"key": " ", "code": "Space", "windowsVirtualKeyCode": 32, "text": " "}
# Does nothing by itself: when it comes up, the page notes what the key before it did, and goes on.
_NEXT = {"key": "Shift", "code": "ShiftLeft", "windowsVirtualKeyCode": 16}
# Whatever a page asks for, nothing leaves this machine.
_HERE = f"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {HOST}"
# Copying is caught here: pages share one clipboard, and are looked at side by side.
_CLIPBOARD = """
Object.defineProperty(navigator, "clipboard", {
  value: { writeText: async (text) => { globalThis.courseCopied = text; } },
});
"""

# Told of each flaw, and of the view in which it was seen.
Tell = Callable[[Flaw, View], None]
# Told how many code blocks of a page are cut off, and how many it has.
Count = Callable[[str, int, int], None]


async def look(
    program: str,
    base: str,
    visits: Iterable[tuple[Sequence[View], str]],
    axe: str,
    tell: Tell,
    count: Count,
) -> set[str]:
    """Look at pages, and return those for which there was no time (see `course.deadline`).

    Args:
        program: the browser.
        base: the address of the site, with a slash at its end.
        visits: each a page, from the site's root, and the views to look at it in when it is loaded.
        axe: the program of axe-core; empty to go without.
        tell: is told what is wrong.
        count: is told how many code blocks are cut off, where a view measures them.

    Raises:
        CourseError: when the browser does not start.
    """
    flags = chromium.flags(_HERE)
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=program, args=flags)
        except Error as error:
            raise chromium.refused(program, error) from None
        try:
            waiting = deque(visits)
            probes = _PROBES.read_text(encoding="utf-8")
            async with asyncio.TaskGroup() as group:
                # A page waits for its timers now and then; the processors need not.
                for _ in range((os.cpu_count() or 2) + 1):
                    tab = _Tab(browser, base, probes, axe, tell, count)
                    group.create_task(tab.work(waiting))
        finally:
            await browser.close()
    return {name for _, name in waiting}


class _Tab:
    """A window of the browser, in which one page after another is looked at."""

    def __init__(
        self, browser: Browser, base: str, probes: str, axe: str, tell: Tell, count: Count
    ) -> None:
        self._browser = browser
        self._base = base
        self._probes = probes
        self._axe = axe
        self._tell = tell
        self._count = count
        self._views: Sequence[View] = ()
        self._visit: _Visit | None = None

    async def work(self, waiting: deque[tuple[Sequence[View], str]]) -> None:
        """Look at what waits, until nothing does, or the time is up."""
        context: BrowserContext | None = None
        while waiting and not deadline.missed(deadline.LAST):
            views, name = waiting.popleft()
            if context is None or views != self._views:
                if context is not None:
                    await context.close()
                context = await self._opened(views)
                page = await self._page_in(context)
                keys = await context.new_cdp_session(page)
            visit = self._visit = _Visit(
                page, keys, self._base, name, views, self._tell, self._count
            )
            if not await visit.made(self._probes, self._axe):
                # Whatever holds it up would hold up the next page too.
                await context.close()
                context = None
        if context is not None:
            await context.close()

    async def _opened(self, views: Sequence[View]) -> BrowserContext:
        view = views[0]
        context = await self._browser.new_context(
            viewport={"width": view.width, "height": _HEIGHT},
            color_scheme="dark" if view.theme == "dark" else "light",
            java_script_enabled=view.scripts,
            service_workers="block",
            locale="en-GB",
        )
        context.set_default_timeout(_PATIENCE * 1000)
        await context.add_init_script(_CLIPBOARD)
        self._views = views
        return context

    async def _page_in(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.on("request", lambda request: self._now.requested(request.url))
        page.on("websocket", lambda socket: self._now.requested(socket.url))
        page.on("console", lambda message: self._now.said(message))
        page.on("pageerror", lambda error: self._now.error(str(error)))
        return page

    @property
    def _now(self) -> _Visit:
        assert self._visit is not None
        return self._visit


class _Visit:
    """One page that is loaded, in one view after the other."""

    def __init__(
        self,
        page: Page,
        keys: CDPSession,
        base: str,
        name: str,
        views: Sequence[View],
        tell: Tell,
        count: Count,
    ) -> None:
        self.base = base
        self.name = name
        self.view = views[0]
        self._views = views
        self._page = page
        self._keys = keys
        self._tell = tell
        self._count = count

    def _flaw(self, rule: str, selector: str, problem: str, remedy: str) -> None:
        # The port is another one each time.
        problem = problem.replace(self.base, "/")
        self._tell(Flaw(self.name, rule, selector, problem, remedy), self.view)

    async def made(self, probes: str, axe: str) -> bool:
        """Look at the page; return whether it could be looked at to the end."""
        try:
            # An answer of the page itself, unlike one of the browser, has no time limit.
            async with asyncio.timeout(_PATIENCE):
                await self._page.set_viewport_size({"width": self.view.width, "height": _HEIGHT})
                await self._page.goto(self.base + quote(self.name), wait_until="load")
                await self._page.evaluate(probes + "\n0")
                await self._look(axe)
            for view in self._views[1:]:
                async with asyncio.timeout(_PATIENCE):
                    self.view = view
                    await self._page.set_viewport_size({"width": view.width, "height": _HEIGHT})
                    await self._look(axe)
            return True
        except TimeoutError:
            problem = f"did not answer within {_PATIENCE} s"
            remedy = "Open the page in a browser, and look for a script that never ends."
        except Error as error:
            problem = f"the browser says: {error.message.splitlines()[0]}"
            remedy = "Open the page in a browser, and look at its console."
        for view in self._views[self._views.index(self.view) :]:
            self.view = view
            self._flaw("does-not-work", "", problem, remedy)
        return False

    async def _look(self, axe: str) -> None:
        if self.view.scripts:
            # The theme's scripts settle. Without scripts, a page's timers do not run.
            await asyncio.sleep(0.2)
        await self._ask("prepare")
        await self._widths()
        if self.view.measured:
            self._count(self.name, *await self._ask("clipped"))
            await self._navigation()
        if not self.view.scripts:
            await self._without_scripts()
            return
        for address in await self._ask("hints"):
            self.requested(address)
        await self._scrollers()
        if axe and self.view.axe is not None:
            await self._run_axe(axe)
        if self.view.keyboard:
            await self._walk()
            # A search that the focus opened keeps the keys that follow to itself.
            await self._press("Escape")
            await self._switches()
            await self._buttons()
        await self._page.wait_for_load_state("networkidle")

    async def _ask(self, probe: str, value: object = None) -> Any:
        return await self._page.evaluate(f"(value) => courseProbe.{probe}(value)", value)

    async def _type(self, keys: Iterable[Mapping[str, object]]) -> None:
        """Press keys, one after the other.

        To wait for one press before the next is sent takes longer than the press; the browser takes
        them in order.
        """
        down = [{**key, "type": "keyDown" if "text" in key else "rawKeyDown"} for key in keys]
        up = [{**key, "type": "keyUp"} for key in down]
        events = [event for both in zip(down, up, strict=True) for event in both]
        await asyncio.gather(*(self._keys.send("Input.dispatchKeyEvent", e) for e in events))

    async def _press(self, key: str) -> None:
        await self._page.keyboard.press(key)

    # --- Hosts and the console

    def _is_here(self, address: str) -> bool:
        socket = self.base.replace("http:", "ws:")
        return address.startswith((self.base, socket, "data:", "blob:", "about:"))

    def requested(self, address: str) -> None:
        if not self._is_here(address):
            self._flaw(
                "other-host",
                "",
                f"asks another host for {address}",
                "Keep a copy of it under docs/assets/, with its licence, and name that.",
            )

    def said(self, message: ConsoleMessage) -> None:
        address = message.location.get("url", "")
        # What is asked of another host fails, and is a fault already.
        if message.type == "error" and (not address or self._is_here(address)):
            self.error(f"{message.text} ({unquote(address)})" if address else message.text)

    def error(self, text: str) -> None:
        self._flaw(
            "console-error", "", " ".join(text.split()), "Fix the script, or what it asks for."
        )

    # --- What is seen

    async def _widths(self) -> None:
        for selector, width, limit in await self._ask("tooWide"):
            self._flaw(
                "too-wide",
                selector,
                f"reaches to {width} px in a window of {limit} px",
                "Let it wrap (`overflow-wrap: anywhere`), or scroll in an element around it.",
            )

    async def _navigation(self) -> None:
        problem = await self._ask("lost")
        if problem:
            self._flaw(
                "navigation",
                ".md-tabs, .md-sidebar--primary",
                problem,
                "Name the page once in the navigation: course docs nav",
            )

    async def _scrollers(self) -> None:
        for selector in await self._ask("unreachableScrollers"):
            self._flaw(
                "scroll-by-keyboard",
                selector,
                "scrolls, but cannot be focused",
                'Give it `tabindex="0"`, a role and an `aria-label`.',
            )

    async def _without_scripts(self) -> None:
        remedies: Mapping[str, tuple[str, str]] = {
            "code-hidden": (
                "code cannot be read without scripts",
                "Show it by default; let a script only add to it.",
            ),
            "dead-button": (
                "does nothing without scripts",
                "Give it `hidden`; let a script show it.",
            ),
        }
        for rule, selector in await self._ask("withoutScripts"):
            self._flaw(rule, selector, *remedies[rule])

    async def _run_axe(self, axe: str) -> None:
        if not await self._page.evaluate("'axe' in globalThis"):
            await self._page.evaluate(axe + "\n0")
        for rule, selector, problem, remedy in await self._ask("axe", self.view.axe):
            self._flaw(rule, selector, problem, f"axe-core: {remedy}")

    # --- The keyboard

    async def _walk(self) -> None:
        """Press Tab until the focus has been everywhere, or is caught."""
        count = await self._ask("startWalk")
        order: list[int] = []
        last = ""
        async for number, selector, fault in self._tabs(count * 2 + 20):
            if number < 0 or (order and number == order[0] and len(order) > 1):
                break
            if number in order:
                self._trap(selector)
                return
            order.append(number)
            last = selector
            self._focus(fault, selector)
        missed = await self._ask("missed", order)
        known = [number for number in order if number < _LATER]
        if missed and known and missed[0][0] > max(known):
            self._trap(last)
            return
        for _, selector in missed[:3]:
            self._flaw(
                "not-by-keyboard",
                selector,
                "is a control that Tab never comes to",
                "Let no script move the focus away; do not use a `tabindex` above 0.",
            )

    async def _tabs(self, most: int) -> AsyncIterator[tuple[int, str, str]]:
        """Press Tab, some times before asking where it led: asking takes longer than pressing."""
        for _ in range(0, most, _PRESSES):
            await self._type([_TAB] * _PRESSES)
            for number, selector, fault in await self._ask("taken"):
                yield number, selector, fault

    def _trap(self, selector: str) -> None:
        self._flaw(
            "keyboard-trap",
            selector,
            "Tab does not lead on from here",
            "Let Tab do what it does by itself: no `preventDefault`, no moved focus.",
        )

    def _focus(self, fault: str, selector: str) -> None:
        said = {
            "focus-invisible": (
                "looks the same with the focus as without",
                "Give it an outline for `:focus-visible`.",
            ),
            "focus-outside": (
                "has the focus, but lies outside of the window",
                "Hide it with `visibility: hidden` while it is closed.",
            ),
            "focus-covered": (
                "has the focus, but is under something fixed",
                "Set `scroll-margin-top` or `scroll-padding-top` to the height of what covers it.",
            ),
        }
        if fault:
            self._flaw(fault, selector, *said[fault])

    async def _switches(self) -> None:
        count = await self._ask("startSwitches")
        await self._type([_RIGHT, _NEXT, _LEFT, _NEXT] * count)
        for selector, changes in await self._ask("noted"):
            if not changes:
                self._flaw(
                    "switch-by-keyboard",
                    selector,
                    "the arrow keys do not change the view",
                    "Use two radio buttons of one name, and style by `:checked`.",
                )

    async def _buttons(self) -> None:
        count = await self._ask("startButtons")
        keys = [(_ENTER, _SPACE)[number % 2] for number in range(count)]
        await self._type([pressed for key in keys for pressed in (key, _NEXT)])
        for number, (selector, copied) in enumerate(await self._ask("noted")):
            if not copied:
                key = ("Enter", "Space")[number % 2]
                self._flaw(
                    "copy-by-keyboard",
                    selector,
                    f"{key} does not copy anything",
                    "Use a `button`, and listen to its `click`.",
                )
