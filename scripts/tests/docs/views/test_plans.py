"""Minutes come from the page and the snapshot; every table that shows them adds up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests import small_course
from tests.docs.site_course import SECOND_PAGE, SiteCourse
from tests.small_course import SmallCourse

from course import catalogue
from course.chain import Chain
from course.docs import fences, pace
from course.docs.fences import Fence
from course.docs.views import plans, timetable
from course.errors import CourseError
from course.lint import chain_rules
from course.repository import Repository
from course.restructure import catalogue_text

ROOT = Path(__file__).parents[4]
PATH = """
[[path]]
slug = "short"
title = "Short"
minutes = 40
steps = ["first", "second"]
"""


def test_words_are_read_and_lines_are_typed() -> None:
    assert pace.Work(words=pace.WORDS_PER_MINUTE * 7, lines=0).minutes == 10
    assert pace.Work(words=0, lines=pace.LINES_PER_MINUTE * 10).minutes == 10
    assert pace.Work(words=pace.WORDS_PER_MINUTE * 5, lines=1).minutes == 10
    assert pace.Work(words=0, lines=0).minutes == 5
    # 3,085 words and 291 lines are no 25 minutes.
    assert pace.Work(words=3085, lines=291).minutes == 75


def test_a_page_is_read_without_what_it_folds() -> None:
    text = (
        "---\nstep: x\n---\n# Two words\n\nIt's [one link](to/some/where.md). <!-- not\nread -->\n"
        '1. Do it.\n\n    ??? question "A hint"\n        Not read at all.\n\n        ```console\n'
        "        $ nor typed\n        ```\n\n2. And this.\n"
        "```console\n$ one\n> more\noutput\n```\n```diff-file\na.py\nfold: copied\n```\n"
        "```diff-file\nb.py\n```\n```diff-file\nc.py\ncolour: red\n```\n```python\nx = 1\n```\n"
    )
    words, commands, folded = pace.read(text)
    assert commands == 2
    assert folded == {"a.py"}
    read = "Two words It's one link 1 Do it. 2 And this. x 1".split()
    assert words == len(read)


def test_a_step_takes_what_its_page_and_its_lines_take(course: SiteCourse) -> None:
    course.replace("steps/course.toml", 'minutes = 10\nminutes_because = "a test"\n', "")
    chain = course.site.chain
    second = chain.find("second")
    without = pace.work(chain, second)
    course.write("steps/02-second/more.py", "x = 1\n" * 50)
    course.write("steps/02-second/more.lock", "x = 1\n" * 500)
    course.page("steps/second.md", SECOND_PAGE + "word " * 1000)
    chain = course.site.chain
    work = pace.work(chain, second)
    assert (work.words, work.lines) == (without.words + 1000, without.lines + 50)
    assert pace.minutes(chain, second) == work.minutes
    course.page("steps/second.md", SECOND_PAGE + "```diff-file\nmore.py\nfold: copy it\n```\n")
    assert pace.work(course.site.chain, second).lines == without.lines


def test_a_page_that_is_not_there_has_no_words(course: SiteCourse) -> None:
    course.delete("docs/steps/second.md")
    chain = course.site.chain
    assert pace.work(chain, chain.find("second")).words == 0


def test_minutes_by_hand_need_a_reason(tmp_path: Path) -> None:
    course = small_course.make(tmp_path)
    course.set("02-notes", minutes_because=" ")
    chain_rules.fix(course.chain)
    (found,) = [
        finding for finding in chain_rules.lint(course.chain) if "minutes" in finding.problem
    ]
    assert "step 'notes'" in found.problem and "minutes_because" in found.remedy
    course.set("02-notes", minutes_because="it waits for a build")
    assert chain_rules.lint(course.chain) == []


@pytest.mark.parametrize(
    ("minutes", "said"), [(45, "45 minutes"), (60, "1 h"), (200, "3 h 20"), (125, "2 h 05")]
)
def test_minutes_are_said_as_a_person_says_them(minutes: int, said: str) -> None:
    assert pace.hours(minutes) == said


# --- Tables


def minutes_in(html: str) -> tuple[list[int], int]:
    """Return the minutes in the last column of a table's rows, and in its last row."""
    body, _, foot = html.partition("<tfoot>")
    numbers = [int(n) for n in re.findall(r"<td>(\d+) min</td></tr>", body)]
    numbers = numbers or [int(n) for n in re.findall(r"<td>(\d+) min</td>", body)]
    return numbers, int(re.findall(r"(\d+) min</td>", foot)[-1])


def real() -> Chain:
    return Chain(Repository(ROOT))


@pytest.mark.parametrize("length", ["45", "75", "90"])
def test_the_lessons_of_a_timetable_add_up(length: str) -> None:
    chain = real()
    asked = Fence("timetable", (), {"minutes": (length,)})
    numbers, total = minutes_in(timetable.render(asked, chain, lambda link: ""))
    steps = [link for link in chain if not link.is_copy]
    assert sum(numbers) == total == pace.total(chain, steps)


def test_the_steps_of_the_table_add_up() -> None:
    chain = real()
    html = plans.steps(Fence("steps", ()), chain, lambda link: f"{link.step.slug}.html")
    numbers, total = minutes_in(html)
    steps = [link for link in chain if not link.is_copy]
    assert sum(numbers) == total and len(numbers) == len(steps)
    assert '<a href="likes.html">Likes</a>' in html
    assert "<em>Publish</em>" in html
    some = plans.steps(Fence("steps", (), {"from": ("likes",), "to": ("like-form",)}), chain, str)
    assert len(minutes_in(some)[0]) == 2


@pytest.mark.parametrize("slug", ["half-a-day", "a-day", "two-days"])
def test_the_paths_reach_likes_and_an_api_in_their_time(slug: str) -> None:
    chain = real()
    path = next(path for path in chain.course.paths if path.slug == slug)
    assert "likes" in path.steps
    assert any(step.startswith(("rest-", "graphql-")) for step in path.steps)
    numbers, total = minutes_in(plans.path(Fence("path", (slug,)), chain, lambda link: ""))
    assert sum(numbers) == total <= path.minutes
    # Not the first steps, one after the other: what lies between is skipped by a command.
    assert [begin for begin, _ in plans.legs(chain, path) if begin][1:]


def path_course(course: SiteCourse, text: str = PATH) -> SiteCourse:
    course.replace("steps/course.toml", "[[part]]", text + "\n[[part]]")
    return course


def test_a_path_says_what_to_type_before_each_step(course: SiteCourse) -> None:
    path_course(course)
    course.page("teach.md", "# Teach\n\n```path\nshort\n```\n\n```steps\n```\n")
    assert course.build() == []
    html = course.built("teach.html")
    assert "<code>course play nothing</code>" in html and "<td>go on</td>" in html
    assert "of 40 min" in html and '<a href="steps/second.html">The second</a>' in html
    course.page("teach.md", "# Teach\n\n```path\nlong\n```\n")
    (fault,) = course.build()
    assert "no path long. It has: short." in str(fault)


@pytest.mark.parametrize(("minutes", "said"), [(10, "more than its 10"), (100, "much less than")])
def test_a_path_that_does_not_fit_its_time_is_named(
    course: SiteCourse, minutes: int, said: str
) -> None:
    path_course(course, PATH.replace("40", str(minutes)))
    found = [
        finding for finding in chain_rules.lint(course.site.chain) if "path" in finding.problem
    ]
    assert len(found) == 1 and said in found[0].problem


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ('["first", "none"]', "there is no step 'none'"),
        ('["second", "first"]', "not in the course's order"),
        ('["first", "first"]', "not in the course's order"),
    ],
)
def test_a_path_of_steps_that_are_not_there(course: SiteCourse, steps: str, said: str) -> None:
    path_course(course, PATH.replace('["first", "second"]', steps))
    with pytest.raises(CourseError, match=said):
        catalogue.read(course.root / "steps/course.toml")


@pytest.mark.parametrize(
    "steps",
    [
        '["first", "second"]',
        '["second"]',
        '[\n  "first",\n  \'second\',\n]  # "second"',
        '["first",  "second" ]',
    ],
)
def test_paths_follow_a_step_that_is_renamed_or_removed(course: SiteCourse, steps: str) -> None:
    path_course(course, PATH.replace('["first", "second"]', steps))
    text = (course.root / "steps/course.toml").read_text()
    renamed = catalogue.parse(catalogue_text.rename(text, "second", "other"), "x")
    assert renamed.paths[0].steps[-1] == "other"
    if "first" in steps:
        removed = catalogue.parse(catalogue_text.remove(text, "second"), "x")
        assert removed.paths[0].steps == ("first",)
    else:
        with pytest.raises(CourseError, match="path"):
            catalogue.parse(catalogue_text.remove(text, "second"), "x")


def test_line_of_a_path_goes_with_its_step_and_comments_stay_as_they_are(
    course: SiteCourse,
) -> None:
    steps = '[\n  "first",  # before "second"\n  "second",  # the last\n]  # "second"\n'
    path_course(course, PATH.replace('["first", "second"]', steps))
    text = (course.root / "steps/course.toml").read_text()
    said = "".join(catalogue_text.rename(text, "second", "other").partition("steps = [")[1:])
    assert '"first",  # before "second"\n  "other",  # the last\n]  # "second"\n' in said
    said = "".join(catalogue_text.remove(text, "second").partition("steps = [")[1:])
    assert '[\n  "first",  # before "second"\n]  # "second"\n' in said


def test_a_fence_of_steps_that_are_not_in_order(tmp_path: Path) -> None:
    course: SmallCourse = small_course.make(tmp_path)
    asked = Fence("steps", (), {"from": ("stars",), "to": ("notes",)})
    with pytest.raises(CourseError, match="there is no step"):
        plans.steps(asked, course.chain, lambda link: "")
    with pytest.raises(CourseError, match="names a path"):
        fences.read(fences.Block("steps", "", ("a.py",), 0, 1))
