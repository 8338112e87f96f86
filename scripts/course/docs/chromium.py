"""A headless Chromium: the names it is found by, its flags, and what is said when it refuses."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from course.errors import CourseError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# So that a page looks the same on every machine.
_DRAWN = ("--hide-scrollbars", "--font-render-hinting=none")


def find() -> str:
    """Return the program of a browser: ``CHROMIUM``, a system's own, or Playwright's; or ``""``."""
    wanted = os.environ.get("CHROMIUM", "")
    if wanted:
        return shutil.which(wanted) or ""
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if path and Path(path).exists() else ""


def flags(*more: str) -> list[str]:
    """Return what Chromium is started with: the flags that it always gets, and more."""
    # Its own sandbox refuses to work for root.
    root = hasattr(os, "getuid") and os.getuid() == 0
    return [*_FLAGS, *more, *(["--no-sandbox"] if root else [])]


def refused(program: str, error: Error) -> CourseError:
    """Return the fault of a browser that does not start."""
    said = error.message.splitlines()[0]
    return CourseError(f"{program} does not start: {said}", "course doctor")


@contextmanager
def opened(program: str) -> Iterator[Browser]:
    """Open a browser for a while.

    Raises:
        CourseError: when it does not start.
    """
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program, args=flags(*_DRAWN))
        except Error as error:
            raise refused(program, error) from None
        try:
            yield browser
        finally:
            browser.close()
