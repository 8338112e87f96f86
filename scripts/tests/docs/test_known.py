"""A site that was found true is believed as long as nothing changed that its truth depends on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.docs.site_course import SiteCourse

from course import site_check
from course.commands.docs import docs
from course.docs import navigation
from course.docs.consoles import check as consoles
from course.docs.consoles.check import Results
from course.play import mistake_check

BLOCK = "---\nstep: second\n---\n# Try\n\n```console\n$ cat new.txt\none line\n…\n```\n"
OFTEN_WRONG = """
```mistake
app.py
-        return self.start + 1
+        return self.start + 2
---
1  it says so
```
"""


@pytest.fixture
def course(course: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> SiteCourse:
    """A course that is true, and known to be, away from CI."""
    monkeypatch.delenv("CI", raising=False)
    assert course.check().faults == []
    assert course.check().remembered
    return course


def test_a_site_that_is_known_is_not_built(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*words: object, **more: object) -> None:
        raise AssertionError("built")

    monkeypatch.setattr(site_check, "build", never)
    report = course.check()
    assert (report.faults, report.pages) == ([], 3)
    with pytest.raises(AssertionError, match="built"):
        site_check.check(course.site, course.root / "site", fresh=True)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(AssertionError, match="built"):
        course.check()


def _page(course: SiteCourse) -> None:
    course.replace("docs/steps/second.md", "# The second", "# Another")


def _snapshot(course: SiteCourse) -> None:
    course.write("steps/02-second/more.txt", "not explained\n")


def _catalogue(course: SiteCourse) -> None:
    course.replace("steps/course.toml", 'title = "The second"', 'title = "Another"')


def _configuration(course: SiteCourse) -> None:
    course.replace("mkdocs.yml", "  - admonition\n", "")


def _theme(course: SiteCourse) -> None:
    course.replace("theme/main.html", "<body>", "<body class='other'>")


def _attributes(course: SiteCourse) -> None:
    course.write(".gitattributes", "*.lock linguist-generated\n")


def _ignored_page(course: SiteCourse) -> None:
    course.write(".git/info/exclude", "mine.md\n")
    course.page("mine.md", "# Mine\n")


def _built(course: SiteCourse) -> None:
    course.write("site/index.html", "<p>another</p>")


def _gone(course: SiteCourse) -> None:
    course.delete("site/steps/second.html")


CHANGES = [
    _page,
    _snapshot,
    _catalogue,
    _configuration,
    _theme,
    _attributes,
    _ignored_page,
    _built,
    _gone,
]


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_the_site_is_built_again(
    course: SiteCourse, change: Callable[[SiteCourse], None]
) -> None:
    change(course)
    assert not course.check().remembered
    assert (course.root / "site/steps/second.html").is_file()


def test_another_address_another_folder_and_other_code_build_again(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    navigation.write(course.site.chain)
    assert not site_check.check(course.site, tmp_path / "elsewhere").remembered
    with monkeypatch.context() as context:
        context.setenv("COURSE_SITE_URL", "https://example.org/notes/")
        assert not course.check().remembered
    monkeypatch.setattr("course.cache.code_version.version", lambda *modules: "another")
    assert not course.check().remembered


def test_a_fault_is_found_each_time(course: SiteCourse) -> None:
    _snapshot(course)
    first = course.check()
    again = course.check()
    assert first.faults == again.faults != []
    assert not again.remembered


def test_blocks_run_on_a_site_that_is_known_and_again_when_asked(
    course: SiteCourse,
) -> None:
    course.page("try.md", BLOCK)
    first = course.check(consoles=True)
    assert (first.faults, first.consoles.run, first.consoles.remembered) == ([], 1, 0)
    again = course.check(consoles=True)
    assert again.remembered and (again.consoles.run, again.consoles.remembered) == (1, 1)
    fresh = site_check.check(course.site, course.root / "site", fresh=True)
    assert (fresh.faults, fresh.consoles.run, fresh.consoles.remembered) == ([], 1, 0)


def test_mistakes_that_are_known_are_not_made_again(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def said(playground: object, *words: object) -> list[str]:
        made.append("made")
        return ["1  it says so"]

    monkeypatch.setattr(mistake_check, "_said", said)
    monkeypatch.setattr(consoles, "_of_page", lambda *words: Results())
    text = (course.root / "docs/steps/second.md").read_text()
    course.page("steps/second.md", text + OFTEN_WRONG)

    def outcome(fresh: bool = False) -> tuple[int, int, int]:
        results = site_check.check(course.site, course.root / "site", fresh=fresh).mistakes
        assert (results.faults, results.untrue) == ([], [])
        return results.made, results.remembered, len(made)

    assert outcome() == (1, 0, 1)
    assert outcome() == (1, 1, 1)
    # One by one, where another page changed.
    course.replace("docs/index.md", "# Home", "# At home")
    assert outcome() == (1, 1, 1)
    assert outcome(fresh=True) == (1, 0, 2)
    # All at once, without a look at any.
    monkeypatch.setattr(mistake_check, "jobs", lambda *words: pytest.fail("looked at"))
    assert outcome() == (1, 1, 2)
    monkeypatch.setattr("course.cache.code_version.version", lambda *modules: "another")
    with pytest.raises(pytest.fail.Exception):
        outcome()


def test_a_mistake_that_is_answered_otherwise_is_not_remembered(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mistake_check, "_said", lambda *words: ["1  it says something else"])
    text = (course.root / "docs/steps/second.md").read_text()
    course.page("steps/second.md", text + OFTEN_WRONG)
    for _ in range(2):
        assert len(site_check.check(course.site, course.root / "site").mistakes.untrue) == 1


def test_the_command_says_what_it_knew(course: SiteCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(docs, ["check", "--no-consoles"])
    assert done.output.splitlines()[-1].startswith("3 pages true, 3 of them known from before; ")
    done = CliRunner().invoke(docs, ["check", "--no-consoles", "--fresh"])
    assert done.output.splitlines()[-1].startswith("3 pages true; ")
