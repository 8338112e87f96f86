"""A person who types a page from top to bottom has what works, at every stop of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs.site_course import SECOND_PAGE, SiteCourse

from course.docs import built_page, fences, highlight, pages, selection
from course.docs.checked import Checked
from course.docs.gates import sequence
from course.docs.site import Site
from course.docs.views import diff
from course.repository import Repository

ROOT = Path(__file__).parents[4]

WORDS = '''"""Words."""

import re

WORD = re.compile("[a-z]+")


def count(text: str) -> int:
    return len(WORD.findall(text))


class Counter:
    """Counts."""

    start = 0

    def up(self) -> int:
        return self.start + 1


# The end.
'''


def fence(path: str, *keys: str) -> str:
    """Return a ``diff-file`` fence."""
    return "\n".join(["", "```diff-file", path, *keys, "```", ""])


def copied(html: str, path: str) -> str:
    """Return what the copy buttons of the figures of a new file give, one after the other."""
    shown = [file for file in built_page.read(html).files if file.path == path]
    return "".join(text for file in shown for _, text in sorted(file.added.items()))


@pytest.mark.parametrize(
    "pieces",
    [
        [["symbol: docstring"], ["symbol: imports", "symbol: WORD"], ["rest: yes"]],
        [
            ["symbol: docstring", "symbol: imports"],
            ["symbol: WORD", "symbol: count"],
            ["rest: yes"],
        ],
        [["rest: yes"], ["symbol: Counter.up"]],
        [["rest: yes"], ["symbol: Counter"]],
    ],
)
def test_the_pieces_of_a_new_file_pasted_in_order_are_the_file(
    course: SiteCourse, pieces: list[list[str]]
) -> None:
    text = WORDS if pieces[-1] == ["rest: yes"] else WORDS.removesuffix("\n\n# The end.\n")
    course.write("steps/02-second/words.py", text)
    shown = "".join(fence("words.py", *keys) for keys in pieces)
    course.page("steps/second.md", SECOND_PAGE + shown)
    assert course.faults() == []
    assert copied(course.built("steps/second.html"), "words.py") == text


def test_blank_lines_come_with_the_piece_after_them(course: SiteCourse) -> None:
    course.write("steps/02-second/words.py", WORDS)
    first = fence("words.py", "symbol: docstring", "symbol: imports", "symbol: WORD")
    course.page("steps/second.md", SECOND_PAGE + first + fence("words.py", "rest: yes"))
    assert course.faults() == []
    one, two = [
        file.added
        for file in built_page.read(course.built("steps/second.html")).files
        if file.path == "words.py"
    ]
    assert one[max(one)].startswith("WORD")
    assert [two[number] for number in sorted(two)][:2] == ["\n", "\n"]


def test_pieces_out_of_order_are_named_with_the_line(course: SiteCourse) -> None:
    course.write("steps/02-second/words.py", WORDS)
    shown = fence("words.py", "symbol: Counter") + fence("words.py", "rest: yes")
    course.page("steps/second.md", SECOND_PAGE + shown)
    (fault,) = course.faults()
    line = (SECOND_PAGE + shown.rpartition("```diff-file")[0]).count("\n") + 1
    assert fault.startswith(f"docs/steps/second.md:{line}: the pieces of words.py, copied one")
    assert 'line 1 ("""Words.""") comes after line' in fault
    assert "follow the order of the file" in fault


def test_a_line_that_two_pieces_show_is_not_pasted_twice(course: SiteCourse) -> None:
    course.write("steps/02-second/words.py", WORDS)
    course.page("steps/second.md", SECOND_PAGE + fence("words.py") + fence("words.py", "hunk: def"))
    assert any("do not give the file" in fault for fault in course.faults())


def test_an_import_comes_before_the_line_that_needs_it_or_with_it(course: SiteCourse) -> None:
    use = fence("app.py", "symbol: NAME")
    rest = fence("app.py", "symbol: imports", "symbol: greet", "symbol: Counter")
    other = SECOND_PAGE[SECOND_PAGE.index("```diff-file\nnew.txt") :]
    course.page("steps/second.md", "# The second\n" + use + rest + "\n" + other)
    (fault,) = course.faults()
    assert fault.startswith("docs/steps/second.md:3: shows line 7 of app.py, which needs `os`,")
    assert "before the import of it (line 3)" in fault
    assert "`symbol: imports`" in fault
    course.page("steps/second.md", "# The second\n" + rest + use + "\n" + other)
    assert course.faults() == []


@pytest.mark.parametrize("before", ["import os\n", "def broken(:\n", ""])
def test_an_import_that_was_there_or_a_file_that_is_no_python_needs_nothing(
    course: SiteCourse, before: str
) -> None:
    after = 'import os\nimport sys\n\nprint(os)\n"""sys"""\n' if before else "def broken(:\n"
    course.write("steps/01-first/more.py", before or "def broken(:\n    pass\n")
    course.write("steps/02-second/more.py", after)
    course.replace("docs/steps/first.md", "tool.sh\n", "tool.sh\nmore.py\n")
    pieces = [fence("more.py", "hunk: print"), fence("more.py", "rest: yes")]
    course.page(
        "steps/second.md", SECOND_PAGE + "".join(pieces if before else ["", fence("more.py")])
    )
    assert [fault for fault in course.faults() if "import of it" in fault] == []


def test_a_file_that_a_command_makes_comes_with_the_command(course: SiteCourse) -> None:
    course.replace(
        "steps/course.toml",
        "[[part]]",
        '[[made]]\nfiles = ["made/*"]\ncommand = "tool make"\n\n[[part]]',
    )
    course.write("steps/02-second/made/1.txt", "made\n")
    shown = SECOND_PAGE + fence("made/1.txt", "fold: made")
    course.page("steps/second.md", shown)
    (fault,) = course.faults()
    assert "made/1.txt is made by a command that the page does not show: tool make" in fault
    broken = '\n```console not-run=""\n$ ./tool make it\n```\n'
    course.page("steps/second.md", shown + broken)
    assert any("made/1.txt is made by" in fault for fault in course.faults())
    course.page(
        "steps/second.md", shown + '\n```console not-run="made already"\n$ ./tool make it\n```\n'
    )
    assert course.faults() == []


def test_a_fence_that_cannot_be_read_is_the_builds_concern(course: SiteCourse) -> None:
    extra = fence("app.py", "color: red") + fence("app.py", "symbol: nothing")
    course.page("steps/second.md", SECOND_PAGE + extra + fence("none.py") + fence("none.py"))
    assert all("do not give" not in fault for fault in course.faults())


def test_what_an_author_writes_in_a_fence_is_markdown(course: SiteCourse) -> None:
    text = SECOND_PAGE.replace(
        "rest: yes\n", "rest: yes\nfold: made by `tool <x>`, **really**\ntitle: *a* `b`\n"
    )
    course.page("steps/second.md", text)
    course.replace("steps/course.toml", "Something more.", "Something `more`.")
    quoted = '[[quoted]]\npage = "steps/second.md"\nreason = "examples"\ncode = ["b", "tool <x>"]\n'
    course.write("docs/quotes.toml", quoted)
    assert course.faults() == []
    html = course.built("steps/second.html")
    assert "<summary>made by <code>tool &lt;x&gt;</code>, <strong>really</strong></summary>" in html
    assert '<span class="cd-title"><em>a</em> <code>b</code></span>' in html
    assert '<p class="cs-summary">Something <code>more</code>.</p>' in html


def test_a_raw_backtick_is_a_fault(course: SiteCourse) -> None:
    course.replace("docs/steps/second.md", "new.txt\n", "new.txt\ntitle: half `open\n")
    (fault,) = course.faults()
    assert "shows a raw backtick: half `open" in fault


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain <b> & c", "plain &lt;b&gt; &amp; c"),
        ("`a` and ``b`c``", "<code>a</code> and <code>b`c</code>"),
        ("*.py and *.html", "*.py and *.html"),
        ("tests/*/x, a*b*c", "tests/*/x, a*b*c"),
        (
            "[a **b**](posts.md#x) & [c](https://a.b/c.md?d&e) [d] (e) `[f](g)`",
            '<a href="posts.html#x">a <strong>b</strong></a> &amp; '
            '<a href="https://a.b/c.md?d&amp;e">c</a> [d] (e) <code>[f](g)</code>',
        ),
        ("`**x**` **y** *z*", "<code>**x**</code> <strong>y</strong> <em>z</em>"),
    ],
)
def test_a_line_of_markdown(text: str, html: str) -> None:
    assert highlight.inline(text) == html


# --- The real pages


def test_every_new_file_of_the_course_is_the_sum_of_its_pieces() -> None:
    site = Site.of(Repository(ROOT))
    several = 0
    for page in pages.every(ROOT):
        link = pages.step_of(site.chain, page.uri, page.meta)
        if link is None or not pages.is_step_page(site.chain, page.uri, link):
            continue
        shown = [fences.read(b) for b in page.blocks if b.language == "diff-file"]
        for path in {found.path for found in shown}:
            file = site.changes(link)[path]
            same = [found for found in shown if found.path == path]
            if file.change.old is None and len(same) > 1:
                several += 1
                html = "".join(
                    diff.render(file, selection.of_fence(one, file, [f for f in same if f != one]))
                    for one in same
                )
                assert copied(html, path).encode() == file.new, f"{page.place}: {path}"
    assert several > 5


def test_the_pages_of_the_course_can_be_typed_from_top_to_bottom() -> None:
    site = Site.of(Repository(ROOT))
    checked = Checked(site, {page.uri: page for page in pages.every(ROOT)}, {}, ROOT)
    assert [str(fault) for fault in sequence.check(checked)] == []
