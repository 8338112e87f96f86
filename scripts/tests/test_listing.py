"""The chain is shown as it is: a table, one step, and differences that `git apply` takes."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from tests import small_course
from tests.small_course import SmallCourse

from course import cli, console, git, listing
from course.errors import CourseError

POSIX = os.name == "posix"


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return small_course.make(tmp_path, steps=2)


def shown(*things: object) -> str:
    stream = io.StringIO()
    out = Console(file=stream, width=200, emoji=False, highlight=False, soft_wrap=True)
    for thing in things:
        out.print(thing)
    return stream.getvalue()


def test_the_table_has_every_link_below_the_title_of_its_part(course: SmallCourse) -> None:
    course.set("01-greeting", factors=["I", "XII"], title="Say [bold] :cat:")
    lines = shown(listing.chain_table(course.chain)).splitlines()
    assert "Part 1 · All of it" in lines[1]
    assert "01-greeting" in lines[2] and "I XII" in lines[2] and "Say [bold] :cat:" in lines[2]
    assert "02-notes" in lines[3] and "+" in lines[3]
    assert "(a copy of the step before)" in lines[4]


def test_size_counts_lines_without_binary_generated_and_vendored_files(
    course: SmallCourse,
) -> None:
    (course.root / ".gitattributes").write_text("*.lock linguist-generated\n")
    before = listing.size(course.chain, course.chain.find("2"))
    course.write("02-notes", "x.lock", "a\n" * 500)
    course.write("02-notes", "x.bin", b"\0" * 500)
    course.write("02-notes", "two words.txt", "a\nb\n")
    course.write("02-notes", "greet é.py", course.read("02-notes", "greeting.py") + "# more\n")
    course.delete("02-notes", "greeting.py")
    chain = course.chain
    after = listing.size(chain, chain.find("2"))
    # Two lines of the new file, one of the file that was renamed.
    assert after == (before[0] + 3, before[1])


def test_a_step_is_shown_with_its_summary_tree_marks_and_neighbours(course: SmallCourse) -> None:
    (course.root / ".gitattributes").write_text("*.lock linguist-generated\n")
    course.write("02-notes", "deep/er/x.lock", "a\n")
    course.delete("02-notes", "README.md")
    course.set("02-notes", factors=["II"], services=["redis"])
    chain = course.chain
    text = shown(*listing.step_details(chain, chain.find("2")))
    assert "02-notes: Notes" in text and "The reader gains notes." in text
    assert "factors II" in text and "services redis" in text
    assert "before: 01-greeting · after: final" in text
    assert "notes.py  new" in text and "x.lock  new  generated" in text and "er/" in text
    assert "deleted: README.md" in text
    assert "course run 02" in text


def test_the_first_and_the_last_link_have_one_neighbour(course: SmallCourse) -> None:
    chain = course.chain
    assert "before: – · after: 02-notes" in shown(*listing.step_details(chain, chain.links[0]))
    assert "after: –" in shown(*listing.step_details(chain, chain.links[-1]))


def test_the_difference_of_two_links_is_a_patch(course: SmallCourse) -> None:
    text = listing.difference(course.chain, "1", "2")
    assert "+++ b/notes.py" in text and "new file mode 100644" in text
    assert listing.difference(course.chain, "2", "final") == ""


def test_the_difference_leaves_generated_files_out_unless_all_are_asked_for(
    course: SmallCourse,
) -> None:
    (course.root / ".gitattributes").write_text("*.lock linguist-generated\n")
    course.write("01-greeting", "old.lock", "".join(f"line {n}\n" for n in range(20)))
    course.write("02-notes", "new.lock", "".join(f"line {n}\n" for n in range(21)))
    assert ".lock" not in listing.difference(course.chain, "1", "2")
    assert "rename to new.lock" in listing.difference(course.chain, "1", "2", everything=True)


@pytest.mark.parametrize("path", ["tests", "tests/", "./tests", "tests/../tests"])
def test_a_path_narrows_the_difference(course: SmallCourse, path: str) -> None:
    text = listing.difference(course.chain, "1", "2", path)
    assert "tests/test_notes.py" in text and "migrate.py" not in text


def test_a_path_that_neither_holds_is_an_error_and_not_an_empty_difference(
    course: SmallCourse,
) -> None:
    with pytest.raises(CourseError, match="Neither 1 nor 2 holds nothing.py"):
        listing.difference(course.chain, "1", "2", "nothing.py")


def test_the_current_folder_as_path_is_everything(course: SmallCourse) -> None:
    assert listing.difference(course.chain, "1", "2", ".") == listing.difference(
        course.chain, "1", "2"
    )


def test_stat_names_the_files_and_counts_their_lines(course: SmallCourse) -> None:
    text = listing.difference(course.chain, "1", "2", stat=True)
    assert "notes.py" in text and "files changed" in text and "+++ b/" not in text


@pytest.mark.skipif(not POSIX, reason="Windows refuses such names")
def test_names_with_blanks_patterns_and_other_scripts_are_shown_as_they_are(
    course: SmallCourse,
) -> None:
    course.write("02-notes", "mein Öl [1]*.txt", "x\n")
    text = listing.difference(course.chain, "1", "2", "mein Öl [1]*.txt")
    assert "+++ b/mein Öl [1]*.txt" in text and "notes.py" not in text


def test_binary_files_and_renames_are_said_and_not_spilt(course: SmallCourse) -> None:
    course.write("02-notes", "x.bin", b"\0\1\2" * 100)
    course.write("02-notes", "hello.py", course.read("02-notes", "greeting.py"))
    course.delete("02-notes", "greeting.py")
    text = listing.difference(course.chain, "1", "2")
    assert "Binary files" in text and "rename from greeting.py" in text


def test_a_link_differs_from_a_folder_without_what_the_folder_ignores(
    course: SmallCourse, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for path in course.folder("01-greeting").rglob("*"):
        if path.is_file():
            target = mine / path.relative_to(course.folder("01-greeting"))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    assert listing.difference(course.chain, "1", str(mine)) == ""
    (mine / ".gitignore").write_text("*.log\n")
    (mine / "a.log").write_text("x\n")
    (mine / "more.py").write_text("x\n")
    text = listing.difference(course.chain, "1", str(mine))
    assert "+++ b/more.py" in text and "a.log" not in text
    assert "--- a/more.py" in listing.difference(course.chain, str(mine), "1")


def test_two_folders_can_be_compared_too(course: SmallCourse, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text(name)
    assert "+b" in listing.difference(course.chain, str(tmp_path / "a"), str(tmp_path / "b"))


def test_what_is_neither_a_step_nor_a_folder_is_said(course: SmallCourse) -> None:
    with pytest.raises(CourseError, match="'nothing' is neither a step nor a folder"):
        listing.difference(course.chain, "1", "nothing")


def test_a_printed_difference_can_be_applied_byte_for_byte(
    course: SmallCourse, tmp_path: Path
) -> None:
    odd = b"all:\n\techo :cat: [bold]x[/bold]\n\x1b[0m caf\xe9 " + b"x" * 300 + b"\n"
    course.write("02-notes", "Makefile", odd)
    done = subprocess.run(
        course.command("diff", "1", "2"),
        cwd=course.root,
        env=course.variables(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    target = tmp_path / "copy"
    target.mkdir()
    for path in course.folder("01-greeting").rglob("*"):
        if path.is_file():
            file = target / path.relative_to(course.folder("01-greeting"))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(path.read_bytes())
    git.run(["init", "-q"], cwd=target)
    git.run(["apply", "--whitespace=nowarn", "-"], cwd=target, stdin=done.stdout)
    assert (target / "Makefile").read_bytes() == odd


def test_a_difference_goes_as_it_is_to_a_stream_that_takes_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(console, "out", Console(file=stream))
    listing.print_patch("+\t:cat:\n")
    assert stream.getvalue() == "+\t:cat:\n"


def test_on_a_terminal_a_difference_has_colours_and_whole_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    terminal = Console(
        file=stream, force_terminal=True, width=40, soft_wrap=True, emoji=False, highlight=False,
        color_system="standard",
    )  # fmt: skip
    monkeypatch.setattr(console, "out", terminal)
    listing.print_patch("diff --git a b\n@@ -1 +1 @@\n-old\n+" + "x" * 100 + "\n same\n")
    text = stream.getvalue()
    assert "\x1b[31m-old" in text and "x" * 100 in text and "\x1b[36m@@" in text


# The verbs


def test_the_verbs_list_show_and_diff_print_and_end_with_their_codes(course: SmallCourse) -> None:
    listed = course.run("list")
    assert (listed.returncode, "02-notes" in listed.stdout) == (0, True)
    show = course.run("show", "notes")
    assert (show.returncode, "notes.py" in show.stdout) == (0, True)
    assert course.run("diff", "2", "final").returncode == 0
    differs = course.run("diff", "1", "2", "tests", "--stat", "--all")
    assert (differs.returncode, "tests/test_notes.py" in differs.stdout) == (1, True)
    wrong = course.run("show", "9")
    assert (wrong.returncode, "→ course list" in wrong.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["list"], 0, "01-greeting"),
        (["show", "1"], 0, "The reader gains greeting."),
        (["diff", "1", "2"], 1, "+++ b/notes.py"),
        (["diff", "2", "final"], 0, ""),
    ],
)
def test_the_verbs_do_the_same_in_this_process(
    course: SmallCourse,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(cli.cli, words)
    assert (done.exit_code, said in done.output) == (code, True)
