"""A drawing of ``docs/figures`` becomes a part of its page, and must be fit for that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.site_course import SECOND_PAGE, SiteCourse

from course.docs import figures
from course.docs.gates import quotes

NAME = "docs/figures/path.svg"
TITLE = "<title>The path</title>"
DESC = "<desc>From here\n    to there &amp; back.</desc>"
MARKER = (
    '<defs><marker id="head" viewBox="0 0 8 8"><path class="head" d="M0 0 L8 4 Z"/></marker></defs>'
)
BODY = """
  <!-- A comment. -->
  <g class="bold">
    <rect class="box mark" x="4" y="4" width="100" height="40" rx="6"/>
    <text class="middle" x="54" y="30">From <tspan class="code">greet</tspan> &lt;</text>
    <text class="muted end" y="60"><tspan x="396">to here</tspan></text>
  </g>
  <path class="arrow" d="M104 24 H200" marker-end="url(#head)"/>
"""


def svg(
    body: str = BODY, *, title: str = TITLE, desc: str = DESC, view: str = "0 0 400 100"
) -> str:
    return (
        f'<svg xmlns="{figures.NAMESPACE}" viewBox="{view}">\n  {title}\n  {desc}\n  {MARKER}'
        f"{body}</svg>\n"
    )


def drawn(course: SiteCourse, text: str | bytes, fence: str = "path.svg\n") -> list[str]:
    """Return the faults of a site whose second page shows a drawing."""
    course.write(NAME, text)
    course.page("steps/second.md", f"{SECOND_PAGE}\n```figure\n{fence}```\n")
    return course.faults()


def test_a_drawing_is_a_part_of_its_page_with_words_for_those_who_do_not_see_it(
    course: SiteCourse,
) -> None:
    assert drawn(course, svg(), "path.svg\ncaption: From `greet` *on* and back.\n") == []
    html = course.built("steps/second.html")
    assert '<figure class="cf" id="figure-path"><svg viewBox="0 0 400 100" role="img"' in html
    assert 'aria-labelledby="figure-path-title figure-path-desc"' in html
    assert '<title id="figure-path-title">The path</title>' in html
    assert '<desc id="figure-path-desc">From here to there &amp; back.</desc>' in html
    assert 'From <tspan class="code">greet</tspan> &lt;</text>' in html
    assert 'rx="6"></rect>' in html and "A comment" not in html
    assert "<figcaption>From <code>greet</code> <em>on</em> and back.</figcaption></figure>" in html


def test_ids_are_different_where_a_page_shows_a_drawing_twice(course: SiteCourse) -> None:
    course.write(NAME, svg())
    fence = "```figure\npath.svg\n```\n"
    course.page("steps/second.md", f"{SECOND_PAGE}\n{fence}\n{fence}")
    assert course.faults() == []
    html = course.built("steps/second.html")
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for prefix in ("figure-path", "figure-path-2"):
        assert f'<marker id="{prefix}-head"' in html
        assert f'marker-end="url(#{prefix}-head)"' in html
    assert "<figcaption>" not in html.partition("figure-path-2")[2]


@pytest.mark.parametrize(
    ("fence", "problem"),
    [
        ("other.svg\n", "docs/figures has no file other.svg. → It has: path.svg."),
        ("../index.md\n", "docs/figures has no file ../index.md."),
        ("", "a figure fence with no path. → Its first line is the name of a file of docs/figures"),
        ("path.svg\nsymbol: x\n", "a figure fence has no key `symbol`. → Its keys: caption."),
    ],
)
def test_a_fence_that_shows_nothing(course: SiteCourse, fence: str, problem: str) -> None:
    faults = drawn(course, svg(), fence)
    assert any(fault.startswith("docs/steps/second.md:") and problem in fault for fault in faults)


def test_a_course_without_drawings_says_so(course: SiteCourse) -> None:
    course.page("steps/second.md", f"{SECOND_PAGE}\n```figure\npath.svg\n```\n")
    (fault,) = course.faults()
    assert "docs/figures has no file path.svg. → It has: none yet." in fault


def test_a_drawing_that_no_page_shows(course: SiteCourse) -> None:
    course.write(NAME, svg())
    course.write("docs/figures/.hidden", "no drawing")
    (fault,) = course.faults()
    assert fault.startswith(f"{NAME}: is on no page. → Show it: ```figure ⏎ path.svg ⏎ ```; or:")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (svg("<script>alert(1)</script>"), 5, "<script> is no element of a drawing."),
        (svg("<foreignObject/>"), 5, "<foreignObject> is no element"),
        (svg('<image href="https://elsewhere.example/a.png"/>'), 5, "<image> is no element"),
        (svg("<style>*{fill:red}</style>"), 5, "<style> is no element"),
        (svg('<x:rect xmlns:x="urn:x"/>'), 5, "<x:rect> is no element"),
        (svg('<rect onclick="alert(1)"/>'), 5, "<rect> has an attribute `onclick`."),
        (svg('<rect fill="#f00"/>'), 5, "an attribute `fill`. → It has: class, cx, cy,"),
        (svg('<text style="font-size:8px">a</text>'), 5, "an attribute `style`."),
        (svg('<g transform="scale(0.1)"/>'), 5, "an attribute `transform`."),
        (svg('<text font-size="8">a</text>'), 5, "an attribute `font-size`."),
        (svg('<desc class="a">x</desc>'), 5, "It has: no attribute."),
        (svg('<rect class="red"/>'), 5, "there is no class `red`. → The classes: arrow, bad,"),
        (svg('<path d="M0 0" marker-end="url(#tail)"/>'), 5, "marker-end leads to nothing"),
        (svg('<path marker-end="url(https://a.example/#head)"/>'), 5, "leads to nothing"),
        (svg('<g id="head"/>'), 5, "the id 'head' is no id, or not the only one."),
        (svg('<g id="A b"/>'), 5, "the id 'A b' is no id"),
        (svg("<g>words</g>"), 5, "text that nobody sees: words → Put it into <text>."),
        (svg('<text x="300" y="50">a long line of words</text>'), 5, "runs out of the drawing."),
        (svg('<text class="end" x="20" y="50">words</text>'), 5, "“words” runs out"),
        (svg('<g class="code"><text x="1" y="99">low</text></g>'), 5, "“low” runs out"),
        (svg("<text x='a' y='50'>here</text><text>high</text>"), 5, "“high” runs out"),
        (svg(view="0 0 720 100"), 1, 'its viewBox is not that of a drawing. → viewBox="0 0 400'),
        (svg(view="0 0 400 601"), 1, "its viewBox is not that of a drawing."),
        (svg(title=""), 1, "has no <title>. → Say what it is called, for people who cannot see it"),
        (svg(desc="<desc> </desc>"), 1, "has no <desc>. → Say what it shows, in sentences"),
        (svg(desc=DESC * 2), 1, "has no <desc>."),
        ("<svg>\n<g>\n</svg>", 3, "not valid XML: mismatched tag. → Fix that line."),
        (b"<svg>\xff</svg>", 1, "not valid XML"),
        ("", 1, "not valid XML: no element found."),
        ("<svg/>", 1, "is no SVG. → Begin with <svg xmlns="),
        (f'<g xmlns="{figures.NAMESPACE}"/>', 1, "is no SVG."),
        ('\n<!DOCTYPE svg [<!ENTITY a "b">]>\n<svg/>', 2, "has a document type. → Leave it out"),
    ],
)
def test_what_a_drawing_must_not_be(
    tmp_path: Path, text: str | bytes, line: int, problem: str
) -> None:
    path = tmp_path / "path.svg"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    _, problems = figures.examine(path)
    found = [f"{each.text} → {each.remedy}" for each in problems if each.line == line]
    assert any(problem in each for each in found), problems


def test_a_page_shows_what_is_wrong_with_a_drawing_and_nothing_of_it(course: SiteCourse) -> None:
    faults = drawn(course, svg("<script>alert(1)</script>"))
    remedy = f"<script> is no element of a drawing. → A drawing has: {', '.join(figures.ELEMENTS)}."
    assert f"{NAME}:5: {remedy}" in faults
    assert f"docs/steps/second.md:37: {NAME}:5: {remedy}" in faults
    html = course.built("steps/second.html")
    assert "cd-error" in html and "<svg" not in html


@pytest.mark.parametrize("name", ["Path.svg", "path.png", "a b.svg"])
def test_a_file_that_is_called_like_no_drawing(course: SiteCourse, name: str) -> None:
    course.write(f"docs/figures/{name}", svg())
    course.page("steps/second.md", f"{SECOND_PAGE}\n```figure\n{name}\n```\n")
    named = [fault for fault in course.faults() if "is not the name of a drawing." in fault]
    assert f"docs/figures/{name}: is not the name of a drawing." in named[0]
    assert len(named) == 2


def test_a_file_that_cannot_be_read(course: SiteCourse) -> None:
    (course.root / NAME).mkdir(parents=True)
    course.page("steps/second.md", f"{SECOND_PAGE}\n```figure\npath.svg\n```\n")
    faults = course.faults()
    assert f"{NAME}: cannot be read: Is a directory. → Restore the file." in faults


def test_names_of_code_in_a_drawing_are_those_of_the_step(course: SiteCourse) -> None:
    body = '<text class="code" x="4" y="30">greet</text><text class="code" x="4" y="50">wave</text>'
    (fault,) = drawn(course, svg(body))
    assert fault.startswith("docs/steps/second.md:37: `wave`: neither the step nor the step before")
    course.write(
        quotes.FILE,
        '[[quoted]]\npage = "steps/second.md"\nreason = "a test"\ncode = ["wave"]\n',
    )
    assert course.faults() == []
