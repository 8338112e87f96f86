"""A diff as HTML holds the change itself: what is read from it gives the new file again."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.docs.site_course import SiteCourse

from course.difference import changes
from course.difference.changes import Edit, FileChange, Lines
from course.docs import built_page
from course.docs.gates.differences import rebuild
from course.docs.views import diff
from course.git import Change, Entry

_LINES = st.lists(
    st.sampled_from(
        [
            "x = 1\n",
            "\n",
            "\ttab\n",
            "trailing  \n",
            "crlf\r\n",
            'text = """\n',
            "<b> & </b>\n",
            "def f():\n",
            "    return 'ü' # …\n",
            "\u2028line\x85\n",
            "&amp;\n",
            "\r\n",
        ]
    ),
    max_size=12,
)
_TEXT = st.tuples(_LINES, st.sampled_from(["", "", "end", "end\r", "  "])).map(
    lambda pair: "".join(pair[0]) + pair[1]
)


def change_of(old: bytes, new: bytes, path: str = "a.py") -> FileChange:
    """Return a change as git would tell it, found without git."""
    before, after = changes.lines_of(old), changes.lines_of(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    edits = tuple(Edit(*codes[1:]) for codes in matcher.get_opcodes() if codes[0] != "equal")
    entry = Entry("100644", "0" * 40)
    change = Change("M", entry, Entry("100644", "1" * 40), path, path)
    return FileChange(change, "", old, new, edits)


@settings(max_examples=150, deadline=None)
@given(old=_TEXT, new=_TEXT, path=st.sampled_from(["a.py", "a.html", "Makefile", "a.unknown"]))
def test_any_text_survives(old: str, new: str, path: str) -> None:
    file = change_of(old.encode(), new.encode(), path)
    shown = built_page.read(diff.render(file, file.lines)).files
    assert rebuild(shown, file.old) == file.new
    assert Lines(frozenset(shown[0].removed), frozenset(shown[0].added)) == file.lines


@settings(max_examples=80, deadline=None)
@given(old=_TEXT, new=_TEXT, data=st.data())
def test_pieces_together_give_the_whole(old: str, new: str, data: st.DataObject) -> None:
    file = change_of(old.encode(), new.encode())
    chosen = Lines(
        frozenset(n for n in file.lines.removed if data.draw(st.booleans())),
        frozenset(n for n in file.lines.added if data.draw(st.booleans())),
    )
    html = diff.render(file, chosen) + diff.render(file, file.lines - chosen)
    shown = built_page.read(html).files
    assert rebuild(shown, file.old) == file.new
    assert frozenset(shown[0].added) == chosen.added


@pytest.mark.parametrize("content", [b"caf\xe9\n", b"a\0b\n", b"\x1b[0m\n"])
def test_what_is_not_text_travels_whole(course: SiteCourse, content: bytes) -> None:
    course.write("steps/02-second/data.bin", content)
    assert course.faults() == []


def test_large_content_is_named_by_its_sum(
    course: SiteCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diff, "CARRIED", 10)
    assert course.faults() == []
    assert "it is in the zip of the step" in course.built("steps/second.html")


def test_line_endings_and_a_missing_one_survive_a_whole_build(course: SiteCourse) -> None:
    course.write("steps/01-first/old.txt", "one\r\ntwo\ttab \nthree\n")
    course.delete("steps/02-second/new.txt")
    course.write("steps/02-second/old.txt", "one\r\ntwo\ttab\nthree")
    course.replace("docs/steps/second.md", "new.txt", "old.txt")
    assert course.faults() == []
    html = course.built("steps/second.html")
    assert "one&#13;\n" in html
    assert '<i class="w"> </i>' in html
    assert '<ins class="n">three</ins>' in html


def test_a_link_that_becomes_a_file(course: SiteCourse) -> None:
    for step in ("01-first", "02-second"):
        (course.root / f"steps/{step}/there").symlink_to("app.py")
    course.replace("docs/steps/first.md", "tool.sh\n", "tool.sh\nthere\n")
    assert course.faults() == []
    link = course.root / "steps/02-second/there"
    link.unlink()
    link.write_text("a file now\n")
    course.replace("docs/steps/second.md", "It runs", "```diff-file\nthere\n```\n\nIt runs")
    assert course.faults() == []
    link.unlink()
    link.symlink_to("tool.sh")
    assert course.faults() == []
    assert "symbolic link" in course.built("steps/second.html")


def test_a_binary_that_changes_or_goes(course: SiteCourse, tmp_path: Path) -> None:
    course.write("steps/01-first/data.bin", b"\0\1")
    course.write("steps/01-first/other.bin", b"\0\2\3")
    course.replace("docs/steps/first.md", "tool.sh\n", "tool.sh\n*.bin\n")
    course.replace("docs/steps/second.md", "It runs", "```diff-file\nother.bin\n```\n\nIt runs")
    assert course.faults() == []
    course.write("steps/02-second/moved.bin", b"\0\2\3")
    course.replace("docs/steps/second.md", "other.bin", "moved.bin")
    assert course.faults() == []
    course.write("steps/02-second/pixel.png", b"\x89PNG\0")
    course.replace("docs/steps/second.md", "It runs", "```diff-file\npixel.png\n```\n\nIt runs")
    assert course.faults() == []
    assert '<img alt="The picture pixel.png"' in course.built("steps/second.html")
