"""The mistakes of pages: read, made in a copy of the step, and compared with what is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.play.conftest import Learner
from tests.small_course import SmallCourse

from course import deadline
from course.docs import fences, mistake_fence
from course.docs.checked import Checked
from course.docs.mistake_fence import Planted
from course.docs.pages import Page
from course.docs.site import Site
from course.docs.views import mistake as mistake_view
from course.errors import CourseError
from course.play import mistake_check
from course.play.mistake_check import Results
from course.site_check import check, run

STARRED = """```mistake
notes.py
-    return titled(text) + "*" * stars
+    return titled(text) + " " + "*" * stars
```
"""
ANSWER = """---
1  notes.py, line 10 (starred)
   test        are shown (tests/test_stars.py)
   expected    'Bread **'
   happened    'Bread**'
   read again  …
"""


def read(text: str) -> Planted:
    return mistake_fence.read(next(fences.blocks(text.split("\n"))))


def made(course: SmallCourse, text: str, page: str = "steps/stars.md") -> Results:
    """Return what becomes of the mistakes of a page that holds a text."""
    target = course.root / "docs" / page
    before = target.read_text(encoding="utf-8").split("\n## What", 1)[0] if target.exists() else ""
    target.write_text(f"{before}\n## What often goes wrong\n\n{text}", encoding="utf-8")
    site = Site.of(course.repository)
    source = Page(page, target.read_text(encoding="utf-8"))
    checked = Checked(site, {page: source}, {}, course.root / "site")
    return run(checked, 1)[1]


# -- reading


def test_a_fence_holds_hunks_missing_files_and_an_answer() -> None:
    found = read(
        "```mistake\ntests: all\na.py\n one\n-two\n+three\n\n+four\n\nb c.txt\n-x\n"
        "missing: d/e.py\n---\n1  a\n   b\n```"
    )
    first, second = found.hunks
    assert (first.path, first.mine, first.theirs) == (
        "a.py",
        ("one", "two", ""),
        ("one", "three", "", "four"),
    )
    assert (second.path, second.mine, second.theirs) == ("b c.txt", ("x",), ())
    assert (found.missing, found.all_tests) == (("d/e.py",), True)
    assert found.says == ("1  a", "   b")
    assert found.paths == ["a.py", "b c.txt", "d/e.py"]


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "without a mistake"),
        ("---\nsaid", "without a mistake"),
        ("-x\n+y", "begins with the line `-x`"),
        ("a.py", "nothing is wrong with a.py"),
        ("a.py\n-x\n+x", "nothing is wrong with a.py"),
        ("tests: some\na.py\n-x\n+y", "`tests: some`"),
    ],
)
def test_a_fence_that_makes_no_sense(text: str, said: str) -> None:
    with pytest.raises(CourseError, match=said):
        read(f"```mistake\n{text}\n```")


def test_a_mistake_is_planted_where_the_lines_of_the_step_stand() -> None:
    text = "a\nb\nc\nb\n"
    mistake = read("```mistake\nx\n a\n-B\n+b\nx\n c\n+b\nmissing: y\n```")
    assert mistake_fence.plant(mistake, {"x": text, "y": ""}) == {"x": "a\nB\nc\n", "y": None}


@pytest.mark.parametrize(
    "text, said",
    [
        ("x\n-B\n+b", "in 2 places"),
        ("x\n-B\n+d", "nowhere"),
        ("x\n-B", "nowhere|in . places"),
        ("other\n-B\n+b", "no file other"),
    ],
)
def test_a_mistake_that_fits_nowhere(text: str, said: str) -> None:
    with pytest.raises(CourseError, match=said):
        mistake_fence.plant(read(f"```mistake\n{text}\n```"), {"x": "a\nb\nc\nb\n"})


# -- making


def test_what_is_said_is_compared_and_remembered(course: SmallCourse) -> None:
    shown = STARRED.removesuffix("```\n") + ANSWER + "```\n"
    first = made(course, shown)
    assert (first.faults, first.untrue, first.made, first.remembered) == ([], [], 1, 0)
    again = made(course, "Other words.\n\n" + shown)
    assert (again.untrue, again.remembered) == ([], 1)
    wrong = made(course, shown.replace("'Bread**'", "'Loaf**'"))
    (fault,) = wrong.untrue
    assert "'Bread**'" in fault.problem and "docs mistakes --write 03" in fault.remedy
    course.edit("03-stars", "tests/test_stars.py", "Bread **", "Bread  **")
    assert made(course, shown).remembered == 0


def test_a_mistake_that_has_not_begun_at_the_deadline_is_named(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(deadline.VARIABLE, "1000")
    results = made(course, STARRED)
    assert (results.made, results.faults, results.untrue) == (0, [], [])
    assert [mistake.reason for mistake in results.not_run] == [deadline.REASON]


def test_an_answer_that_is_not_there_is_a_fault_and_can_be_written(course: SmallCourse) -> None:
    indented = "\n".join(f"    {line}".rstrip() for line in STARRED.split("\n"))
    results = made(course, f'??? failure "Too little room"\n\n{indented}\n{STARRED}')
    assert len(results.untrue) == 2 and "does not say" in results.untrue[0].problem
    path = course.root / "docs/steps/stars.md"
    page = Page("steps/stars.md", path.read_text(encoding="utf-8"))
    assert mistake_check.write(course.root, page, results.said) == 2
    text = path.read_text(encoding="utf-8")
    assert "    ---\n    1  notes.py, line 10 (starred)\n" in text
    assert "\n---\n1  notes.py, line 10 (starred)\n" in text
    after = made(course, text.split("wrong\n\n", 1)[1])
    assert (after.untrue, after.made) == ([], 2)
    assert mistake_check.write(course.root, page, {}) == 0


def test_files_that_are_missing_or_cannot_be_read(course: SmallCourse) -> None:
    results = made(
        course,
        "```mistake\nmissing: notes.py\n```\n\n"
        "```mistake\nnotes.py\n-def titled(text)\n+def titled(text):\n```\n",
    )
    missing, unreadable = results.said.values()
    assert missing[0] == "1  notes.py is missing"
    assert "def titled(text)" in "\n".join(unreadable)


def test_only_the_tests_of_the_step_are_run_unless_all_are_wanted(course: SmallCourse) -> None:
    course.set_all(test_files="python -m unittest --verbose {files}")
    fence = '```mistake\n{}greeting.py\n-    return name\n+    return f"Hello, {{name}}!"\n```\n'
    (fault,) = made(course, fence.format("")).faults
    assert "no test notices" in fault.problem and "tests: all" in fault.remedy
    (said,) = made(course, fence.format("tests: all\n")).said.values()
    assert "names whom it greets (tests/test_greeting.py)" in said[1]


@pytest.mark.parametrize(
    "text, said",
    [
        ("```mistake\n```\n", "without a mistake"),
        ("```mistake\nnothing.py\n-x\n+y\n```\n", "no file nothing.py"),
        ("```mistake\nlogo.bin\n-x\n+y\n```\n", "not text"),
    ],
)
def test_a_mistake_that_cannot_be_made_is_a_fault(
    course: SmallCourse, text: str, said: str
) -> None:
    course.write("03-stars", "logo.bin", b"\xff\x00")
    (fault,) = made(course, text).faults
    assert said in fault.problem and fault.place == "docs/steps/stars.md"


def test_a_mistake_belongs_to_a_step(course: SmallCourse) -> None:
    (fault,) = made(course, STARRED, "other.md").faults
    assert "page of no step" in fault.problem


def test_the_first_step_has_mistakes_too(course: SmallCourse) -> None:
    fence = '```mistake\ngreeting.py\n-    return name\n+    return f"Hello, {name}!"\n```\n'
    (said,) = made(course, fence, "steps/greeting.md").said.values()
    assert said[0] == "1  greeting.py, line 5 (greet)"


def test_what_is_untrue_is_not_remembered(course: SmallCourse) -> None:
    wrong = STARRED.removesuffix("```\n") + ANSWER.replace("'Bread**'", "'Loaf**'") + "```\n"
    assert len(made(course, wrong).untrue) == 1
    again = made(course, wrong)
    assert (len(again.untrue), again.remembered) == (1, 0)


def test_mistakes_that_are_made_side_by_side_end_nothing_of_each_other(
    course: SmallCourse,
) -> None:
    """The tests of one go on after those of the other have ended, with the children they have."""
    wait = (
        "import subprocess, sys\n\n"
        "        words = [sys.executable, '-c', 'import time; time.sleep(4)']\n"
    )
    course.edit(
        "03-stars",
        "tests/test_stars.py",
        "        self.assertEqual",
        f"        {wait}        subprocess.run(words, check=True)\n        self.assertEqual",
    )
    quick = "```mistake\nnotes.py\n-    return text\n+    return text.strip().title()\n```\n"
    pages = {"steps/notes.md": Page("steps/notes.md", quick)}
    pages["steps/stars.md"] = Page("steps/stars.md", STARRED)
    checked = Checked(Site.of(course.repository), pages, {}, course.root / "site")
    said = run(checked, 2)[1].said
    assert "'Bread**'" in "".join(said["steps/stars.md", 1])
    assert "CalledProcessError" not in "".join(said["steps/stars.md", 1])


def test_the_verb_compares_and_writes(learner: Learner) -> None:
    path = learner.course.root / "docs/steps/stars.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n{STARRED}", encoding="utf-8")
    assert "does not say" in learner.type("docs", "mistakes", code=1)
    assert "0 mistakes made" in learner.type("docs", "mistakes", "notes")
    assert "1 mistakes made; 1 rewritten" in learner.type("docs", "mistakes", "--write")
    assert "1 mistakes made" in learner.type("docs", "mistakes", "stars")


# -- showing


def test_a_mistake_is_shown_as_a_comparison_and_an_answer() -> None:
    html = mistake_view.render(
        read("```mistake\na.py\n x = 1\n-y = <2>\n+y = 2\nmissing: b.py\n---\n1  a.py & more\n```")
    )
    assert html.count("<figure") == html.count("</figure>") == 3
    assert "<del>" in html and "<ins>" in html and "&lt;" in html
    assert "it is missing" in html and "<samp>1  a.py &amp; more\n</samp>" in html


def test_a_check_of_the_site_makes_them(course: SmallCourse, tmp_path: Path) -> None:
    path = course.root / "docs/steps/stars.md"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{STARRED}", encoding="utf-8")
    site = Site.of(course.repository)
    (course.root / "mkdocs.yml").write_text(
        "site_name: Small\nmarkdown_extensions:\n  - course.docs.extension\n"
        "# nav: begin\n# nav: end\n",
        encoding="utf-8",
    )
    report = check(site, tmp_path / "site")
    assert report.mistakes.made == 1
    assert any("does not say" in fault.problem for fault in report.faults)
    assert check(site, tmp_path / "site", run_consoles=False).mistakes.made == 0
