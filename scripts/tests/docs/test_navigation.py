"""The navigation for pages that do not be there yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.docs import navigation
from course.errors import CourseError
from tests.docs import site_course

BEFORE = "site_name: x\n# nav: begin\nold\n# nav: end\nplugins: []\n"


def test_pages_may_be_given_in_any_order(tmp_path: Path) -> None:
    course = site_course.make(tmp_path / "course")
    lie = ["contributors/index.md", "steps/second.md", "steps/first.md", "index.md", "z.md"]
    made = navigation.entries(course.site.chain, [*lie, "contributors/a.md", "a.md"])
    assert made == [
        "index.md",
        {
            "1 · All of it": [
                {"1 · The first": "steps/first.md"},
                {"2 · The second": "steps/second.md"},
            ]
        },
        {"Look it up": ["a.md", "z.md"]},
        {"Contribute": ["contributors/index.md", "contributors/a.md"]},
    ]


def test_a_long_part_is_grouped_and_its_tab_has_the_short_title(tmp_path: Path) -> None:
    course = site_course.make(tmp_path / "course")
    course.replace("steps/course.toml", 'title = "All of it"', 'title = "All of it"\nshort = "All"')
    for slug, group in (("first", "One"), ("second", "Two")):
        course.replace(
            "steps/course.toml", f'slug = "{slug}"', f'slug = "{slug}"\ngroup = "{group}"'
        )
    course.replace("steps/course.toml", 'title = "The first"', 'title = "The `first`"')
    chain = course.site.chain
    uris = ["steps/first.md", "steps/second.md"]
    assert navigation.entries(chain, uris) == [
        {
            "1 · All": [
                {"One": [{"1 · The first": "steps/first.md"}]},
                {"Two": [{"2 · The second": "steps/second.md"}]},
            ]
        }
    ]
    assert (
        '  - "1 · All":\n      - "One":\n          - "1 · The first": steps/first.md\n'
        in navigation.written(chain, uris)
    )


def test_the_end_of_the_chain_has_no_number_and_no_group(tmp_path: Path) -> None:
    course = site_course.make(tmp_path / "course")
    text = (course.root / "steps/course.toml").read_text()
    text = text.replace("part = 1\n", 'part = 1\ngroup = "All"\n')
    final = '[final]\ntitle = "The end"\nsummary = "Done."\npart = 1\ncopy = true\n'
    course.write("steps/course.toml", f"{text}\n{final}")
    assert navigation.entries(course.site.chain, ["steps/first.md", "steps/final.md"]) == [
        {
            "1 · All of it": [
                {"All": [{"1 · The first": "steps/first.md"}]},
                {"The end": "steps/final.md"},
            ]
        }
    ]


def test_only_what_lies_between_the_marks_is_replaced(tmp_path: Path) -> None:
    course = site_course.make(tmp_path / "course")
    made = navigation.replaced(course.site.chain, BEFORE, ["index.md"])
    assert made == (
        "site_name: x\n# nav: begin (written by `course docs nav` from the catalogue)\nnav:\n"
        "  - index.md\n# nav: end\nplugins: []\n"
    )


@pytest.mark.parametrize("text", ["", "# nav: begin\n", "# nav: end\n# nav: begin\n"])
def test_without_both_marks_in_order_there_is_no_place(tmp_path: Path, text: str) -> None:
    assert navigation.place(text) is None
    course = site_course.make(tmp_path / "course")
    with pytest.raises(CourseError, match="has no lines"):
        navigation.replaced(course.site.chain, text)
