"""The road and the strip of the factors, as the home page shows them, come from the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.site_course import SiteCourse

from course.docs.views import factor_strip, road
from course.docs.views.step_header import FACTORS

ROOT = Path(__file__).parents[4]


def shown(course: SiteCourse, fence: str) -> str:
    course.page("index.md", f"# Home\n\n```{fence}\n```\n")
    assert course.build() == []
    return course.built("index.html")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_road_tells_parts_steps_and_hours(course: SiteCourse) -> None:
    course.replace(
        "steps/course.toml", '"All of it"', '"All of it"\nsummary = "What you gain, `really`."'
    )
    html = shown(course, "road")
    assert "Part 1 steps 1–2 15 minutes All of it What you gain, really ." in words(html)
    assert "In all: 2 steps, 15 minutes." in words(html)
    assert '<a href="steps/first.html">All of it</a>' in html
    assert "<code>really</code>" in html and "ch-groups" not in html


def test_the_road_names_groups_once_and_parts_apart(course: SiteCourse) -> None:
    text = (course.root / "steps/course.toml").read_text()
    text = text.replace("part = 1\n", 'part = 1\ngroup = "One"\n', 1)
    text = text.replace("[[step]]", '[[part]]\ntitle = "More"\n\n[[step]]', 1)
    first, second = text.split('slug = "second"')
    course.write(
        "steps/course.toml", first + 'slug = "second"' + second.replace("part = 1", "part = 2")
    )
    course.delete("docs/steps/second.md")
    html = shown(course, "road")
    assert "Part 1 step 1 5 minutes All of it One Part 2 step 2 10 minutes More" in words(html)
    # A part whose first step has no page is not linked.
    assert '<p class="ch-title">More</p>' in html


def test_the_final_snapshot_is_named_where_it_is_a_link_of_its_own(course: SiteCourse) -> None:
    text = (course.root / "steps/course.toml").read_text()
    course.write(
        "steps/course.toml",
        f'{text}\n[final]\ntitle = "The end"\nsummary = "It ends."\npart = 2\n'.replace(
            "[[step]]", '[[part]]\ntitle = "More"\n\n[[step]]', 1
        ),
    )
    course.write("final/end.txt", "The end.\n")
    html = words(shown(course, "road"))
    assert "Part 1 steps 1–2" in html and "Part 2 final 5 minutes More" in html
    assert "In all: 2 steps and final, 20 minutes." in html


@pytest.mark.parametrize(
    ("minutes", "said"), [(5, "5 minutes"), (119, "119 minutes"), (120, "about 2 hours")]
)
def test_hours(minutes: int, said: str) -> None:
    assert road.hours(minutes) == said


def test_the_strip_shows_where_each_factor_is_answered(course: SiteCourse) -> None:
    course.replace("steps/course.toml", '["II", "III"]', '["I", "III"]')
    html = shown(course, "factors")
    assert "I Codebase steps 1 , 2 II Dependencies still to come III Config step 2" in words(html)
    assert html.count('<li class="ch-') == 12
    assert '<a href="steps/second.html" title="The second">2</a>' in html
    assert "twelve-factors" not in html
    course.page("twelve-factors.md", "# Factors\n\n## III. Config\n")
    assert '<a href="twelve-factors.html#iii-config"><b>III</b> Config</a>' in shown(
        course, "factors"
    )
    course.delete("docs/steps/second.md")
    assert "steps <a " in shown(course, "factors") and ", 02</span>" in course.built("index.html")


def test_the_anchors_are_those_of_the_real_page() -> None:
    text = (ROOT / "docs/twelve-factors.md").read_text()
    linked = set(re.findall(r"\]\(#([\w-]+)\)", text))
    assert {factor_strip.anchor(n, name) for n, name in FACTORS.items()} <= linked
