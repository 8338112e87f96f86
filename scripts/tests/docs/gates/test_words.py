"""Paths, make targets and verbs in inline code must exist."""

from __future__ import annotations

import pytest
from tests.docs.site_course import SECOND_PAGE, SiteCourse


def _of_words(course: SiteCourse) -> list[str]:
    """Return the faults, but for those of what the page quotes."""
    return [fault for fault in course.faults() if "quotes" not in fault and "example:" not in fault]


def said(course: SiteCourse, words: str) -> list[str]:
    """Return the faults of a step's page that says these words."""
    course.page("steps/second.md", f"{SECOND_PAGE}\n{words}\n")
    return _of_words(course)


@pytest.mark.parametrize(
    "code",
    [
        "app.py",
        "./app.py",
        "gone.txt",
        "steps/02-second/app.py",
        "steps/",
        "*.txt",
        "site/",
        "Makefile",
        "text/html",
        "1/2",
        "/some/url/",
        "a.b",
        "x = app.y",
        "make help",
        "make",
        "make -C somewhere help NAME=1",
        "make TARGET",
        "course list",
        "course docs check --no-consoles",
        "course verify --help",
        "course show STEP",
        "python app.py",
        "*.py",
        "docs/steps/<slug>.md",
    ],
)
def test_what_exists_may_be_named(course: SiteCourse, code: str) -> None:
    course.write("steps/02-second/.gitignore", "*.pyc\n.env\n")
    course.replace("docs/steps/second.md", "It runs", "```diff-file\n.gitignore\n```\n\nIt runs")
    assert said(course, f"`{code}` and `.env`") == [
        "docs/steps/second.md: .gitignore (new) is not on the page."
        " → paste: ```diff-file ⏎ .gitignore ⏎ ```"
    ]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("nothing.py", "`nothing.py`: there is no such path in the step or the repository."),
        ("config/", "`config/`: there is no such path"),
        ("python nothing.py", "`nothing.py`: there is no such path"),
        (".env.example", "`.env.example`: there is no such path"),
        ("Dockerfile", "`Dockerfile`: there is no such path"),
        ("x*.txt", "`x*.txt`: there is no such path"),
        ("make nothing", "`make nothing`: no Makefile has the target nothing."),
        ("course nothing", "`course nothing`: `course` has no verb nothing."),
        ("course docs nothing", "`course docs nothing`: `course docs` has no verb nothing."),
        ("course docs build --no", "`course docs build` has no option --no."),
    ],
)
def test_what_does_not_exist_is_named_with_page_and_line(
    course: SiteCourse, code: str, problem: str
) -> None:
    (fault,) = said(course, f"Some `{code}`.")
    line = SECOND_PAGE.count("\n") + 2
    assert fault.startswith(f"docs/steps/second.md:{line}: ")
    assert problem in fault


def test_a_word_may_be_marked_as_no_path(course: SiteCourse) -> None:
    mark = "<!-- not-a-path: and/or, his/hers -- words -->"
    assert said(course, f"{mark}\n\n`and/or`, `his/hers`") == []
    assert "not-a-path" not in course.built("steps/second.html")


def test_a_mark_over_several_lines(course: SiteCourse) -> None:
    assert said(course, "<!-- not-a-path: and/or,\n  his/hers -->\n\n`and/or`, `his/hers`") == []


def test_a_mark_that_nothing_needs_is_a_fault(course: SiteCourse) -> None:
    (fault,) = said(course, "<!-- not-a-path: and/or -->")
    assert "`and/or` is marked as not a path, and nothing here is called so." in fault


def test_commands_of_blocks_that_never_run_are_checked_too(course: SiteCourse) -> None:
    block = '```console not-run="why"\n$ echo\n$ make nothing\n```'
    (fault,) = said(course, block)
    line = SECOND_PAGE.count("\n") + 4
    assert fault.startswith(f"docs/steps/second.md:{line}: `make nothing`")
    (fault,) = said(course, "```console not-run=\n$ make nothing\n```")
    assert "without a value" in fault


def test_code_in_blocks_and_comments_is_left_alone(course: SiteCourse) -> None:
    assert said(course, "```text\n`nothing.py`\n```\n\n<!-- `nothing.py` -->") == []


def test_a_page_of_no_step_may_speak_of_any(course: SiteCourse) -> None:
    course.page("index.md", "# Home\n\n`gone.txt` and `new.txt` but not `other.txt`\n")
    (fault,) = course.faults()
    assert "other.txt" in fault


def test_a_step_may_not_name_what_only_a_later_one_has(course: SiteCourse) -> None:
    page = course.root / "docs/steps/first.md"
    page.write_text(page.read_text() + "\n`new.txt`\n")
    (fault,) = course.faults()
    assert "`new.txt`" in fault
