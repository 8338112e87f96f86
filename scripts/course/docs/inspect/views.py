"""The views of an inspection: window widths, themes, and which tests are made in which view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Colours depend on the theme, everything else on the width: of each pair, one view is enough.
_COLOURS = ("color-contrast", "link-in-text-block")
_ALL: Mapping[str, object] = {}
_ONLY_COLOURS: Mapping[str, object] = {"runOnly": list(_COLOURS)}
_NO_COLOURS: Mapping[str, object] = {"rules": {name: {"enabled": False} for name in _COLOURS}}


@dataclass(frozen=True)
class View:
    """A way to look at a page.

    Attributes:
        width: of the window, in pixels.
        theme: ``light`` or ``dark``.
        axe: which rules of axe-core are held against it, in its words; None for none at all.
        keyboard: whether the page is walked by keyboard in it.
        scripts: whether the page's scripts run.
        measured: whether its code blocks that are cut off are counted.
    """

    width: int
    theme: str
    axe: Mapping[str, object] | None = None
    keyboard: bool = False
    scripts: bool = True
    measured: bool = False

    def __str__(self) -> str:
        return f"{self.width} px {self.theme}{'' if self.scripts else ' without scripts'}"


VIEWS = (
    View(1300, "light", axe=_ALL, keyboard=True, measured=True),
    View(1300, "dark", axe=_ONLY_COLOURS),
    View(1600, "light"),
    View(360, "dark", axe=_NO_COLOURS, keyboard=True),
    View(360, "light", scripts=False),
)
# A page is loaded once for two views: the window is made narrower then. The theme stays, for the
# site asks for it only when it is loaded. To walk a page by keyboard leaves traces: it comes last.
LOADS = ((VIEWS[2], VIEWS[0]), (VIEWS[1], VIEWS[3]), (VIEWS[4],))
