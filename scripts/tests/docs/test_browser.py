"""`course docs inspect`: each fault is planted on a tiny built site, and found."""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path

import pytest

from course import npm
from course.commands.docs_browser import inspect as command
from course.docs import browser, inspection
from course.docs.flaws import VIEWS, Flaw, View
from course.docs.inspection import Report
from course.docs.visits import Tell
from course.errors import CourseError
from course.repository import Repository

ROOT = Path(__file__).resolve().parents[3]
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Small</title>'
    '<link rel="icon" href="data:,"></head><body><main><h1>Small</h1>'
    '<p><a href="#a">One</a></p>{}<p><a href="#b">Two</a></p></main></body></html>'
)


@pytest.fixture(autouse=True)
def _needs_browser() -> None:
    if not browser.find() and os.environ.get("CI") != "true":
        pytest.skip("NOT RUN: no Chromium is installed")


# Two buttons, the second of which is pressed by the space bar; without scripts they are not there.
BUTTONS = (
    "<figure>"
    "<button class=cd-copy hidden onclick='navigator.clipboard.writeText(`a`)'>Copy</button>"
    "<button class=cd-copy hidden onclick='navigator.clipboard.writeText(`b`)'>Copy</button>"
    "</figure>"
    "<script>document.querySelectorAll(`button`).forEach((b) => { b.hidden = false; })</script>"
)
# A search that the focus opens takes every key until Tab or Escape closes it. There are as many
# controls as it takes for the last press of Tab to lead to it.
SEARCH = (
    '<label>Search <input id="q"></label><script>'
    'let open = false; q.addEventListener("focus", () => { open = true; });'
    'addEventListener("keydown", (event) => {'
    '  if (["Tab", "Escape"].includes(event.key)) open = false;'
    "  else if (open && document.activeElement !== q) { q.focus(); event.preventDefault(); }"
    "});</script>"
) + "".join(f'<a href="#x{n}">{n}</a> ' for n in range(17))
# By name: what stands on a page, and the rule that it breaks.
PLANTED = {
    "good": ("", ""),
    "host": ('<img src="http://other.invalid/a.png" alt="A">', "other-host"),
    "console": ('<script>console.error("no")</script>', "console-error"),
    "wide": ('<div style="width:900px">wide</div>', "too-wide"),
    "axe": ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "image-alt"),
    "pale": ('<p style="color:#bbb;background:#fff">pale</p>', "color-contrast"),
    "trap": (
        '<button onkeydown="if (event.key == `Tab`) event.preventDefault()">stay</button>',
        "keyboard-trap",
    ),
    "dim": ('<button style="outline:none">dim</button>', "focus-invisible"),
    "label": (
        "<style>#i { outline: none } label:has(:focus) { background: #dde }</style>"
        '<label>Name <input id="i"></label>',
        "",
    ),
    "code": ('<pre id="c" hidden>x</pre><script>c.hidden = false</script>', "code-hidden"),
    "buttons": (BUTTONS, ""),
    "deaf": (BUTTONS.replace("navigator.clipboard.writeText(`b`)", ""), "copy-by-keyboard"),
    "dead": (BUTTONS.replace(" hidden", ""), "dead-button"),
    "search": (SEARCH + BUTTONS, ""),
}


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """What is found on a site with all those pages; one browser looks at them side by side."""
    folder = tmp_path_factory.mktemp("site")
    for name, (content, _) in PLANTED.items():
        (folder / f"{name}.html").write_text(PAGE.format(content), "utf-8")
    return inspection.inspect(Repository(ROOT), folder, fresh=True)


@pytest.mark.parametrize("name", PLANTED)
def test_planted_fault_is_found(looked_at: Report, name: str) -> None:
    """Exactly the fault that was planted is found; nothing on a good page."""
    if looked_at.not_run:
        pytest.skip(f"NOT RUN: {looked_at.not_run[0].what}: {looked_at.not_run[0].why}")
    rule = PLANTED[name][1]
    found = {flaw.rule for flaw in looked_at.flaws if flaw.page == f"{name}.html"}
    assert found == ({rule} if rule else set())


class TestMemory:
    """A page that had no flaw is not looked at again until something of it changes."""

    @pytest.fixture
    def site(self, tmp_path: Path) -> Path:
        folder = tmp_path / "site"
        folder.mkdir()
        (folder / "style.css").write_text("body { background: white; }", "utf-8")
        (folder / "script.js").write_text("", "utf-8")
        (folder / "search").mkdir()
        (folder / inspection.SEARCH).write_text('{"config": {}, "docs": [{}]}', "utf-8")
        page = PAGE.format("").replace("<link", '<link rel="stylesheet" href="style.css"><link')
        (folder / "index.html").write_text(page, "utf-8")
        (folder / "other.html").write_text(PAGE.format("<p>Other</p>"), "utf-8")
        return folder

    @pytest.fixture
    def course(self, tmp_path: Path) -> Repository:
        """A course with a state of its own, and an axe-core of the version of its lock."""
        root = tmp_path / "course"
        installed = root / "node_modules" / inspection.AXE
        installed.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            (root / name).write_bytes((ROOT / name).read_bytes())
        version = npm.version(root / npm.LOCK, "packages", "node_modules/axe-core", "version")
        (installed / "package.json").write_text(f'{{"version": "{version}"}}', "utf-8")
        (installed / "axe.min.js").write_text("axe", "utf-8")
        return Repository(root)

    @pytest.fixture
    def looked(self, monkeypatch: pytest.MonkeyPatch) -> set[str]:
        """The pages that were looked at: here by nobody. Those with an image are bad."""
        names: set[str] = set()

        async def look(
            program: str, base: str, visits: list[tuple[View, str]], axe: str, tell: Tell
        ) -> None:
            with urllib.request.urlopen(base + inspection.SEARCH) as answer:
                assert json.load(answer) == {"config": {}, "docs": []}
            for view, name in visits:
                names.add(name)
                with urllib.request.urlopen(base + name) as answer:
                    if b"<img" in answer.read():
                        tell(Flaw(name, "image", "", "bad", "fix"), view)

        monkeypatch.setattr("course.docs.visits.look", look)
        return names

    def test_only_what_changed_is_looked_at(
        self, course: Repository, site: Path, looked: set[str]
    ) -> None:
        def again(*, fresh: bool = False) -> set[str]:
            looked.clear()
            report = inspection.inspect(course, site, fresh=fresh)
            assert (report.pages, report.flaws, report.not_run) == (2, {}, [])
            assert report.remembered == 2 - len(looked)
            return set(looked)

        everything = {"index.html", "other.html"}
        assert again() == everything
        assert again() == set()
        (site / inspection.SEARCH).write_text('{"config": {}, "docs": []}', "utf-8")
        assert again() == set()
        (site / "style.css").write_text("body { background: #fefefe; }", "utf-8")
        assert again() == {"index.html"}
        (site / "other.html").write_text(PAGE.format("<p>Changed</p>"), "utf-8")
        assert again() == {"other.html"}
        (site / "script.js").write_text("other = 1", "utf-8")
        assert again() == everything
        (course.root / "node_modules/axe-core/axe.min.js").write_text("newer", "utf-8")
        assert again() == everything
        assert again(fresh=True) == everything

    def test_a_page_that_changed_meanwhile_is_looked_at_again(
        self,
        course: Repository,
        site: Path,
        looked: set[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def slow(*_: object) -> None:
            (site / "other.html").write_text(PAGE.format("<p>Changed</p>"), "utf-8")

        with monkeypatch.context() as patch:
            patch.setattr("course.docs.visits.look", slow)
            inspection.inspect(course, site)
        assert inspection.inspect(course, site).remembered == 1
        assert looked == {"other.html"}

    def test_a_page_with_a_flaw_is_looked_at_each_time(
        self, course: Repository, site: Path, looked: set[str]
    ) -> None:
        (site / "other.html").write_text(PAGE.format('<img src="x.png">'), "utf-8")
        for remembered in (0, 1):
            report = inspection.inspect(course, site)
            assert {flaw.page for flaw in report.flaws} == {"other.html"}
            assert list(report.flaws.values()) == [list(VIEWS)]
            assert report.remembered == remembered
            assert report.lines() == [
                "other.html (1280 px light, 1280 px dark, 360 px dark,"
                " 360 px light without scripts): image: the page: bad → fix"
            ]

    def test_without_axe_nothing_is_remembered(
        self, course: Repository, site: Path, looked: set[str]
    ) -> None:
        (course.root / "package-lock.json").write_text("{}", "utf-8")
        for _ in range(2):
            report = inspection.inspect(course, site)
            assert report.not_run[0].what == "axe-core, on every page"
            assert report.remembered == 0


class TestWithoutABrowser:
    """What is not looked at is said by name."""

    @pytest.fixture(autouse=True)
    def _none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "index.html").write_text(PAGE.format(""), "utf-8")
        monkeypatch.setenv("CHROMIUM", "there-is-none")
        monkeypatch.delenv("CI", raising=False)
        monkeypatch.chdir(ROOT)
        self.words = ["--site-dir", str(tmp_path)]

    def test_it_is_said_and_passes(self, capfd: pytest.CaptureFixture[str]) -> None:
        command(standalone_mode=False, args=self.words)
        out = capfd.readouterr().out
        assert "NOT RUN docs inspect: every check of a page in a browser" in out
        assert "playwright install chromium" in out

    def test_in_ci_it_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")
        with pytest.raises(CourseError, match="In CI, every page must be looked at"):
            command(standalone_mode=False, args=self.words)
