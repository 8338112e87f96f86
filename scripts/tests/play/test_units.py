"""The small parts: what failures say, what files hold, what a catalogue may say, timetables."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import small_course
from tests.docs import site_course

from course import catalogue
from course.chain import Link
from course.docs import fences, pace
from course.docs.fences import Block, Fence
from course.docs.views import timetable
from course.errors import CourseError
from course.play import failure, unreadable_files
from course.play.failure import Failure

# -- failures


@pytest.mark.parametrize(
    "name, title",
    [
        ("tests.test_a.A.test_names_whom_it_greets", "names whom it greets"),
        ("tests.test_a.test_[a.b-1]", "test_ [a.b-1]"),
        ("tests.test_a.test_it[" + "x" * 50 + "]", "it [" + "x" * 30 + " …]"),
        ("tests.test_a", "a"),
    ],
)
def test_a_test_is_called_by_the_sentence_that_names_it(name: str, title: str) -> None:
    assert Failure(name, "", "").title == title


def test_a_command_is_called_by_itself() -> None:
    assert Failure("a b", "", "", is_test=False).title == "`a b`"


@pytest.mark.parametrize(
    "raised, expected, happened",
    [
        (
            "AssertionError: assert (2 == 2 and False)",
            "",
            "AssertionError: assert (2 == 2 and False)",
        ),
        (
            "AssertionError: assert True == ('a' == 'b'",
            "",
            "AssertionError: assert True == ('a' == 'b' …)",
        ),
        ("AssertionError: assert (1, 2) == (2, 1)", "(2, 1)", "(1, 2)"),
        ("assert 404 == 200", "200", "404"),
        ("AssertionError: assert 'a' == 'b'", "'b'", "'a'"),
        ("AssertionError: 302 != 200 : words", "200", "302"),
        ("AssertionError: 'x' not found in ['y']", "'x' in it", "it is not in ['y']"),
        ("assert 'x' in 'y'", "'x' in it", "it is not in 'y'"),
        (
            "AssertionError: Regex didn't match: 'x' not found in 'y'",
            "'x' in it",
            "it is not in 'y'",
        ),
        (
            "AssertionError: False is not true : Couldn't find '<h1>' in the following response",
            "'<h1>' in it",
            "it is not in the response",
        ),
        ("AssertionError: ValueError not raised", "ValueError is raised", "nothing was raised"),
        (
            "Failed: DID NOT RAISE <class 'a.b.Error'>",
            "a.b.Error is raised",
            "nothing was raised",
        ),
        ("KeyError: 'posts'", "", "KeyError: 'posts'"),
        ("", "", "it printed nothing"),
        ("x" * 200, "", "x" * 160 + " …"),
    ],
)
def test_what_was_expected_and_what_happened(raised: str, expected: str, happened: str) -> None:
    found = Failure("t", raised, raised)
    assert (found.expected, found.happened) == (expected, happened)


@pytest.mark.parametrize(
    "raised, below, happened",
    [
        (
            "AssertionError: assert (True and None)",
            "E   AssertionError: assert (True and None)\n"
            "E    +  where True = <method startswith of str at 0x7f5>('/a/')\n"
            "E    +    where <method startswith of str at 0x7f5> = '/a/b.js'.startswith\n"
            "E    +  and   None = find('b.js')\n"
            "E    +    where find = <finders>.find\n",
            "find('b.js') is None",
        ),
        (
            "assert None",
            "E    +  where None = <function find at 0x7f5>('b.js')\n"
            "E    +    where <function find at 0x7f5> = finders.find\n",
            "finders.find('b.js') is None",
        ),
        ("assert not True", "E    +  where True = is_open('a')\n", "is_open('a') is True"),
        ("assert False", "", "assert False"),
        ("assert not True", "E    +  where True = any(<generator at 0x7f5>)", "assert not True"),
        ("KeyError: 'x'", "E    +  where None = find('b.js')\n", "KeyError: 'x'"),
    ],
)
def test_where_only_a_truth_is_told_the_call_is_named_that_it_comes_from(
    raised: str, below: str, happened: str
) -> None:
    assert Failure("t", raised, below).happened == happened


def test_the_places_are_those_in_the_copy(tmp_path: Path) -> None:
    for name in ("app.py", "tests/test_app.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    text = (
        "tests/test_app.py:3: in test_it\n"
        'E     File "/usr/lib/python3/x.py", line 1\n'
        f'  File "{tmp_path}/app.py", line 12, in f\n'
        "nowhere.py:1: Error\n"
    )
    found = failure.of_test("t", "Error", text, tmp_path)
    assert found.frames == (("tests/test_app.py", 3), ("app.py", 12))


def test_a_command_says_what_was_raised_or_its_last_line(tmp_path: Path) -> None:
    said = "$ call\nTraceback\nValueError: no\nbye\n"
    assert failure.of_command("c", said, tmp_path).raised == "ValueError: no"
    assert failure.of_command("c", "$ call\none\ntwo\n", tmp_path).raised == "two"
    assert failure.of_command("c", "", tmp_path).happened == "it printed nothing"


def test_failures_with_the_same_cause_are_one() -> None:
    found = [Failure("a", "KeyError: 'x'", ""), Failure("b", "KeyError: 'y'", "")]
    other = Failure("c", "KeyError: 'x'", "", (("app.py", 1),))
    assert [len(group) for group in failure.same_cause([*found, other]).values()] == [2, 1]


# -- files


@pytest.mark.parametrize(
    "path, content, line, said",
    [
        ("a.py", "x = (\n", 1, "SyntaxError: '(' was never closed"),
        ("a.py", "if x:\ny = 1\n", 2, "IndentationError"),
        ("a.toml", "a = 1\nb = \n", 2, "not valid TOML"),
        ("a.toml", "a = 1\na = 2", 0, "not valid TOML"),
        ("a.toml", 'a = "', 0, "not valid TOML"),
        ("a.json", '{"a": 1,}\n', 1, "not valid JSON"),
        ("a.cfg", "a = 1\n", 1, "no [section]"),
        ("a.ini", "[x]\nno sense\n", 2, "neither [section] nor"),
        ("a.py", "<<<<<<< a\n", 1, "mark of git's"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(path: str, content: str, line: int, said: str) -> None:
    (found,) = unreadable_files.unreadable(
        {path: content.encode(), "b.py": b"x = 1\n", "c.txt": b"("}
    )
    assert (found.path, found.line) == (path, line)
    assert said in found.problem


def test_files_that_can_be_read_are_none(tmp_path: Path) -> None:
    files = {"a.toml": b"a = 1", "a.json": b"{}", "a.cfg": b"[a]\nb = 1\n", "a.py": b"x = '\\d'\n"}
    assert unreadable_files.unreadable(files) == []


# -- the catalogue


@pytest.mark.parametrize(
    "mistake, said",
    [
        ({"pattern": "(", "says": "x"}, "no regular expression"),
        ({"pattern": "x", "beside": "(", "says": "x"}, "no regular expression"),
        ({"pattern": "(?P<a>x)", "says": "{b}"}, "a group that is not there"),
        ({"pattern": "x", "says": "{"}, "a group that is not there"),
    ],
)
def test_a_mistake_that_cannot_be_told_is_refused(
    tmp_path: Path, mistake: dict[str, str], said: str
) -> None:
    course = small_course.make(tmp_path)
    course.tables["mistake"] = [mistake]
    course.save()
    with pytest.raises(CourseError, match=said):
        catalogue.read(course.repository.catalogue)


# -- timetables


def asked(**keys: str) -> Fence:
    return Fence("timetable", (), {name.rstrip("_"): (value,) for name, value in keys.items()})


def test_steps_are_put_into_lessons_in_order(tmp_path: Path) -> None:
    course = small_course.make(tmp_path)
    course.set("03-stars", minutes=70)
    chain = course.chain
    links = [link for link in chain if not link.is_copy]

    def minutes(link: Link) -> int:
        return pace.minutes(chain, link)

    lessons, left = timetable.plan(links, 30, 10, minutes)
    assert [(lesson.name, lesson.minutes) for lesson in lessons] == [("1", 20), ("2–4", 70)]
    assert left == []
    lessons, left = timetable.plan(links, 30, 2, minutes)
    assert len(lessons) == 1 and [link.step.slug for link in left] == ["stars"]
    assert sum(lesson.minutes for lesson in lessons) + minutes(left[0]) == pace.total(chain, links)


def test_a_timetable_is_written_with_links_and_what_is_left(tmp_path: Path) -> None:
    chain = small_course.make(tmp_path).chain
    html = timetable.render(
        asked(minutes="20", lessons="1", to="stars"), chain, lambda link: f"{link.step.slug}.html"
    )
    assert '<a href="greeting.html">Greeting</a> · <a href="notes.html">Notes</a>' in html
    assert "there is no more time; it takes 10 minutes" in html
    html = timetable.render(asked(from_="notes"), chain, lambda link: "")
    assert "Greeting" not in html and "Notes · Stars" in html and "no more time" not in html


@pytest.mark.parametrize(
    "keys", [{"minutes": "many"}, {"lessons": "0"}, {"from_": "stars", "to": "notes"}, {"to": "x"}]
)
def test_a_timetable_that_cannot_be_made_is_said(tmp_path: Path, keys: dict[str, str]) -> None:
    with pytest.raises(CourseError):
        timetable.render(asked(**keys), small_course.make(tmp_path).chain, lambda link: "")


def test_a_timetable_stands_on_any_page(tmp_path: Path) -> None:
    course = site_course.make(tmp_path / "course")
    course.page("for-teachers.md", "# Teach\n\n```timetable\nminutes: 5\nlessons: 1\n```\n")
    assert course.build() == []
    html = course.built("for-teachers.html")
    assert '<a href="steps/first.html">The first</a>' in html and "10 minutes" in html
    with pytest.raises(CourseError, match="names a path"):
        fences.read(Block("timetable", "", ("a.py",), 0, 1))


# -- what was learnt from learners


def test_what_a_command_says_below_its_headings_belongs_to_its_error(tmp_path: Path) -> None:
    said = "x.SystemCheckError: Some issues:\n\nERRORS:\n<A>: (admin.E033) The value.\n\nOne issue."
    found = failure.of_command("check", said, tmp_path)
    assert found.happened == "x.SystemCheckError: Some issues: <A>: (admin.E033) The value."
    assert failure.of_command("check", "ValueError: so:\n", tmp_path).happened == "ValueError: so:"


def test_a_file_of_tests_that_cannot_be_loaded_is_called_by_its_path() -> None:
    assert Failure("tests.a.test_b", "", "", whole=True).title == "all tests of tests/a/test_b.py"


@pytest.mark.parametrize(
    "text, line",
    [
        ("run:\n    echo\n", 2),
        ("run: other\n  echo\n", 2),
        ("run:\n\techo\n", 0),
        ("FILES := a \\\n    b\n", 0),
        ("a b: c \\\n    d\n\techo\n", 0),
        ("run:\n\techo \\\n    more\n", 0),
        ("# note:\n  # more\n", 0),
    ],
)
def test_a_makefile_with_spaces_for_tabs_cannot_be_read(text: str, line: int) -> None:
    found = unreadable_files.unreadable({"Makefile": text.encode()})
    assert [fault.line for fault in found] == ([line] if line else [])


def test_what_a_fixture_raises_is_told_as_if_the_test_had_raised_it(tmp_path: Path) -> None:
    found = failure.of_test("t", 'failed on setup with "x.Missing: a.html"', "", tmp_path)
    assert found.happened == "x.Missing: a.html"


@pytest.mark.parametrize(
    "explained, expected, happened",
    [
        (
            ["Extra items in the left set:", "('in', 1)", "('in', 2)"],
            "nothing else",
            "also ('in', 1), ('in', 2)",
        ),
        (
            ["Extra items in the right set:", "3", "Use -v to get more diff"],
            "also 3",
            "missing",
        ),
        (["Extra items in the left set:", "1", "Extra items in the right set:", "2"], "2", "1"),
        (["Right contains 1 more item:", "{'b': 2}"], "also {'b': 2}", "missing"),
        (["Left contains 1 more item:", "{'b': 2}"], "nothing else", "also {'b': 2}"),
        (
            [
                "Omitting 9 identical items",
                "Differing items:",
                "{'b': 1} != {'b': 2}",
                "Left contains 1 more item:",
            ],
            "{'b': 2}",
            "{'b': 1}",
        ),
        (
            ["Skipping 9 identical", '-   "b": 2,', "?        ^", '+   "b": 1,'],
            '"b": 2,',
            '"b": 1,',
        ),
        (["- ab", "+ aab"], "ab", "aab"),
        (
            ["Left contains one more item: 1"],
            "{'a': 1, ...}",
            "Left contains one more item: 1",
        ),
        (["At index 2 diff: 1 != 2"], "{'a': 1, ...}", "At index 2 diff: 1 != 2"),
        (
            ["Left contains 2 more items, first extra item: 1"],
            "{'a': 1, ...}",
            "Left contains 2 more items, first extra item: 1",
        ),
        ([], "{'a': 1, ...}", "{'a': 1, ...}"),
    ],
)
def test_two_values_that_look_alike_are_told_by_what_differs(
    explained: list[str], expected: str, happened: str, tmp_path: Path
) -> None:
    raised = "AssertionError: assert {'a': 1, ...} == {'a': 1, ...}"
    text = "".join(f"E       {line}\n" for line in [raised, "", *explained])
    found = failure.of_test("t", raised, text, tmp_path)
    assert (found.expected, found.happened) == (expected, happened)


def test_of_two_long_sets_only_what_differs_is_told(tmp_path: Path) -> None:
    raised = "AssertionError: assert {'a', 'b', ...} == {'b', 'c', ...}"
    text = f"E   {raised}\nE\nE     Extra items in the left set:\nE     'd'\n"
    assert failure.of_test("t", raised, text, tmp_path).happened == "also 'd'"
    cut = f"{text}E     'e'...\nE\nE     ...Full output truncated (9 lines hidden)\n"
    assert failure.of_test("t", raised, cut, tmp_path).happened == "{'a', 'b', ...}"
    told = failure.of_test("t", raised.replace(", ...", ""), text, tmp_path)
    assert (told.expected, told.happened) == ("{'b', 'c'}", "{'a', 'b'}")


def test_what_was_counted_is_told() -> None:
    raised = "AssertionError: 1 != 2 : Found 1 instances of 'token' (expected 2) in the response"
    found = Failure("t", raised, raised)
    assert (found.expected, found.happened) == ("'token' twice", "it is there once")
