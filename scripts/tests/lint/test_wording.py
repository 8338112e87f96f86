"""Words of the course's list are found wherever people read, and exceptions need their reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse

from course.errors import CourseError
from course.lint import wording
from course.lint.chain_rules import fix, lint
from course.lint.wording import FILE, Found, check

# Put together, so that this file has none of them itself.
FORM = "men" + "d"
LIST = f"""\
[[word]]
forms = ["{FORM}", "to the e{''}nd of"]
write = "fix"
"""


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    made = small_course.make(tmp_path, steps=2)
    fix(made.chain)
    write(made, FILE, LIST)
    return made


def write(course: SmallCourse, path: str, text: str) -> None:
    file = course.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def found(course: SmallCourse) -> list[Found]:
    return list(check(course.chain))


def test_a_course_without_a_list_or_without_its_words_has_no_findings(course: SmallCourse) -> None:
    assert found(course) == []
    (course.root / FILE).unlink()
    write(course, "steps/01-greeting/notes.md", f"{FORM} it")
    assert found(course) == []


def test_a_word_is_found_in_upper_case_with_its_lines_and_what_to_write(
    course: SmallCourse,
) -> None:
    text = f"One {FORM}.\n\n{FORM.upper()} it, or {FORM} that.\n"
    write(course, "steps/01-greeting/notes.md", text)
    problem = f"lines 1, 3, 3: “{FORM}”"
    assert found(course) == [Found("steps/01-greeting/notes.md", problem, "Write: fix")]
    [finding] = [item for item in lint(course.chain) if "notes.md" in item.where]
    assert (finding.problem, finding.remedy) == (problem, "Write: fix")
    assert not finding.warning


def test_many_lines_are_counted(course: SmallCourse) -> None:
    write(course, "steps/01-greeting/a.py", f"# {FORM}\n" * 7)
    assert [item.problem for item in found(course)] == [f"lines 1, 2, 3, 4, 5 and 2 more: “{FORM}”"]


@pytest.mark.parametrize("text", [f"a{FORM}", f"{FORM}s", f"{FORM}-all", f"a-{FORM}", f"{FORM}_it"])
def test_a_part_of_another_word_is_none(course: SmallCourse, text: str) -> None:
    write(course, "steps/01-greeting/notes.md", text)
    assert found(course) == []


@pytest.mark.parametrize("text", ["to the\nend of", "# to the\n# end  of", "// To\n// the end of"])
def test_several_words_are_found_over_the_end_of_a_line(course: SmallCourse, text: str) -> None:
    write(course, "steps/01-greeting/a.js", text)
    assert [item.problem for item in found(course)] == ["line 1: “to the end of”"]


def test_pictures_locks_vendored_files_and_copies_are_not_read(course: SmallCourse) -> None:
    write(course, ".gitattributes", "x.md linguist-vendored\ny.md linguist-generated\n")
    for name in ["x.md", "y.md", "a.png", "poetry.lock", "a.svg"]:
        write(course, f"steps/01-greeting/{name}", FORM)
    (course.root / "steps/01-greeting/bad.md").write_bytes(b"\xff " + FORM.encode())
    assert found(course) == []


def test_a_file_without_an_ending_is_read_in_a_snapshot(course: SmallCourse) -> None:
    for name in ["Procfile", "Makefile"]:
        write(course, f"steps/01-greeting/{name}", FORM)
    write(course, "LICENSE", FORM)
    assert {item.path for item in found(course)} == {
        "steps/01-greeting/Makefile",
        "steps/01-greeting/Procfile",
    }


def test_an_exception_holds_for_its_word_in_its_place(course: SmallCourse) -> None:
    exception = f'[[exception]]\nform = "{FORM}"\nwhere = ["steps/*/a.md"]\nreason = "a name"\n'
    write(course, FILE, LIST + exception)
    write(course, "steps/01-greeting/a.md", FORM)
    assert found(course) == []
    write(course, "steps/01-greeting/b.md", FORM)
    assert [item.path for item in found(course)] == ["steps/01-greeting/b.md"]


def test_an_exception_that_nothing_needs_is_a_fault(course: SmallCourse) -> None:
    exception = f'[[exception]]\nform = "{FORM}"\nwhere = ["a.md"]\nreason = "a name"\n'
    write(course, FILE, LIST + exception)
    problem = f"the exception of “{FORM}” in a.md is not needed"
    assert found(course) == [Found(FILE, problem, "Take it out.")]


def test_an_empty_list_finds_nothing(course: SmallCourse) -> None:
    write(course, FILE, "")
    write(course, "steps/01-greeting/a.md", FORM)
    assert found(course) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("word = [", "not valid TOML"),
        ("[[word]]\nforms = []\nwrite = 'a'", "word.0.forms: "),
        ("[[word]]\nforms = ['a']", "word.0.write: "),
        ("[[exception]]\nform = 'a'\nwhere = ['b']", "exception.0.reason: "),
        ("[[other]]", "other: "),
    ],
)
def test_a_list_that_cannot_be_read_names_the_place(
    course: SmallCourse, text: str, said: str
) -> None:
    write(course, FILE, text)
    with pytest.raises(CourseError, match=r"docs/wording\.toml: ") as error:
        found(course)
    assert said in error.value.problem and error.value.remedy
    assert [item.where for item in lint(course.chain)] == [FILE]


def test_a_list_that_is_no_text_is_named(course: SmallCourse) -> None:
    (course.root / FILE).write_bytes(b"\xff")
    with pytest.raises(CourseError, match="cannot be read"):
        found(course)


def test_the_course_of_this_repository_reads_its_own_list() -> None:
    text = (Path(__file__).parents[3] / FILE).read_text(encoding="utf-8")
    words, exceptions = wording.read(text)
    assert words and all(exception.reason for exception in exceptions)
