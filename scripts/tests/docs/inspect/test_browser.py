"""`course docs inspect`: each fault is planted on a tiny built site, and found."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mkdocs.config import load_config

from course import deadline
from course.commands.docs_browser import inspect as command
from course.docs import chromium
from course.docs.inspect import inspection, search_check
from course.docs.inspect.flaws import Flaw
from course.docs.inspect.inspection import Report
from course.docs.inspect.views import VIEWS, View
from course.docs.inspect.visits import Count, Tell
from course.docs.publish import build
from course.errors import CourseError
from course.install import npm
from course.repository import Repository

ROOT = Path(__file__).resolve().parents[4]
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Small</title>'
    '<link rel="icon" href="data:,"></head><body><main><h1>Small</h1>'
    '<p><a href="#a">One</a></p>{}<p><a href="#b">Two</a></p></main></body></html>'
)


@pytest.fixture(autouse=True)
def _needs_browser() -> None:
    if not chromium.find() and os.environ.get("CI") != "true":
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
TABS = (
    '<nav class="md-tabs"><ul><li class="md-tabs__item{}"><a href="#t">Tab</a></li></ul></nav>'
    '<div class="md-sidebar--primary"><a class="md-nav__link{}" href="#u">Entry</a></div>'
)
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
    "place": (TABS.format(" md-tabs__item--active", " md-nav__link--active"), ""),
    "no-tab": (TABS.format("", " md-nav__link--active"), "navigation"),
    "no-entry": (TABS.format(" md-tabs__item--active", ""), "navigation"),
    "404": (TABS.format("", ""), ""),
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


def test_code_blocks_that_are_cut_off_are_counted(tmp_path: Path) -> None:
    code = f"<pre tabindex=0 style='overflow:auto'><code>{'{}'}</code></pre>"
    blocks = [code.format("x" * length) for length in (10, 100, 1000)]
    hidden = f"<div hidden>{blocks[2]}</div>"
    (tmp_path / "index.html").write_text(PAGE.format("".join(blocks) + hidden), "utf-8")
    report = inspection.inspect(Repository(ROOT), tmp_path, ["index.html"], fresh=True)
    assert report.clipped == (1, 3)


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
            program: str,
            base: str,
            visits: list[tuple[Sequence[View], str]],
            axe: str,
            tell: Tell,
            count: Count,
        ) -> set[str]:
            with urllib.request.urlopen(base + inspection.SEARCH) as answer:
                assert json.load(answer) == {"config": {}, "docs": []}
            for views, name in visits:
                names.add(name)
                count(name, 1, 20)
                with urllib.request.urlopen(base + name) as answer:
                    bad = b"<img" in answer.read()
                for view in views if bad else ():
                    tell(Flaw(name, "image", "", "bad", "fix"), view)
            return set()

        monkeypatch.setattr("course.docs.inspect.visits.look", look)
        return names

    def test_only_what_changed_is_looked_at(
        self, course: Repository, site: Path, looked: set[str]
    ) -> None:
        def again(*, fresh: bool = False) -> set[str]:
            looked.clear()
            report = inspection.inspect(course, site, fresh=fresh)
            assert (report.pages, report.flaws, report.not_run) == (2, {}, [])
            assert report.remembered == 2 - len(looked)
            assert report.clipped == (2, 40)
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
        async def slow(*_: object) -> set[str]:
            (site / "other.html").write_text(PAGE.format("<p>Changed</p>"), "utf-8")
            return set()

        with monkeypatch.context() as patch:
            patch.setattr("course.docs.inspect.visits.look", slow)
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
                "other.html (1300 px light, 1300 px dark, 1600 px light, 360 px dark,"
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

    def test_too_many_code_blocks_cut_off_are_a_flaw_of_the_whole_site(
        self, course: Repository, site: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cut = 1

        async def look(*words: Any) -> set[str]:
            words[-1]("index.html", 0, 20)
            words[-1]("other.html", cut, 20)
            return set()

        monkeypatch.setattr("course.docs.inspect.visits.look", look)
        for cut, flaws in ((2, 0), (3, 1)):
            report = inspection.inspect(course, site, fresh=True)
            assert len(report.flaws) == flaws
        (line,) = report.lines()
        assert line.startswith("other.html (1300 px light): clipped: pre: 3 of 40 code blocks")
        assert "more than 5 %; most on other.html: 3, index.html: 0 →" in line
        # One page says nothing about all of them.
        assert inspection.inspect(course, site, ["other.html"], fresh=True).flaws == {}

    def test_terms_are_searched_for_until_nothing_changes(
        self, course: Repository, site: Path, looked: set[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def look_up(program: str, folder: Path, wanted: dict[str, str]) -> list[Flaw]:
            asked.append(dict(wanted))
            return [Flaw("a.html", "search", "", "bad", "fix")] if "bad" in wanted else []

        monkeypatch.setattr(search_check, "look_up", look_up)
        inspection.inspect(course, site)
        assert asked == []
        (course.root / "docs").mkdir()
        (course.root / "docs/a.md").write_text("# A\n", "utf-8")
        terms = course.root / "docs" / search_check.FILE
        terms.write_text('"one" = "a.md"\n', "utf-8")
        for _ in range(2):
            assert inspection.inspect(course, site).terms == 1
        assert asked == [{"one": "a.md"}]
        inspection.inspect(course, site, fresh=True)
        (site / inspection.SEARCH).write_text("{}", "utf-8")
        inspection.inspect(course, site)
        assert len(asked) == 3
        terms.write_text('"bad" = "a.md"\n', "utf-8")
        for _ in range(2):
            assert [flaw.problem for flaw in inspection.inspect(course, site).flaws] == ["bad"]
        assert len(asked) == 5


class TestSearch:
    """The list of terms, and the search of a site that the theme made."""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("x", "search.toml: "),
            ('"a" = 1', "there is no page 1"),
            ('"a" = "b.md"', "no page 'b.md'"),
        ],
    )
    def test_a_list_that_makes_no_sense(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / search_check.FILE).write_text(text, "utf-8")
        with pytest.raises(CourseError, match=said):
            search_check.terms(tmp_path)

    def test_the_first_answer_is_compared(self, tmp_path: Path) -> None:
        (tmp_path / "docs").mkdir()
        (tmp_path / "mkdocs.yml").write_text(
            "site_name: x\nuse_directory_urls: false\ntheme:\n  name: material\n  font: false\n"
        )
        (tmp_path / "docs/index.md").write_text("# Home\n\nA cursor is used here.\n")
        (tmp_path / "docs/a.md").write_text("# The cursor\n\nIt is this.\n")
        (tmp_path / "docs/b.md").write_text("---\ntags: [keyset]\n---\n# B\n\nWords.\n")
        config = load_config(str(tmp_path / "mkdocs.yml"), site_dir=str(tmp_path / "site"))
        config.plugins.on_startup(command="build", dirty=False)
        build.run_mkdocs(config)
        wanted = {"cursor": "a.md", "keyset": "b.md"}
        program = chromium.find()
        assert list(search_check.look_up(program, tmp_path / "site", wanted)) == []
        wanted |= {"keyset": "a.md", "zebra": "b.md"}
        flaws = list(search_check.look_up(program, tmp_path / "site", wanted))
        assert [(flaw.page, flaw.problem) for flaw in flaws] == [
            ("a.html", "“keyset” answers with b.html first"),
            ("b.html", "“zebra” answers with no page first"),
        ]
        assert "`tags` in the front matter of docs/a.md" in flaws[0].remedy

    def test_a_site_without_a_search_is_a_flaw(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search_check, "_PATIENCE", 500)
        (tmp_path / "index.html").write_text(PAGE.format(""), "utf-8")
        (flaw,) = search_check.look_up(chromium.find(), tmp_path, {"a": "a.md"})
        assert flaw.problem.startswith("the search does not work: ")


class TestAtTheDeadline:
    """What there is no time for is said by name, also in CI."""

    def test_pages_are_named_and_not_remembered(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("index", "other"):
            (tmp_path / f"{name}.html").write_text(PAGE.format(""), "utf-8")
        monkeypatch.setenv("CI", "true")
        monkeypatch.chdir(ROOT)
        monkeypatch.setenv(deadline.VARIABLE, str(time.time() - deadline.LAST - 1))
        for _ in range(2):
            command(standalone_mode=False, args=["--site-dir", str(tmp_path)])
            out = " ".join(capfd.readouterr().out.split())
            assert "NOT RUN docs inspect: index.html, other.html, in a browser" in out
            assert f"{deadline.REASON}. → course docs inspect" in out


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
