"""Names of files in messages, and every verb where names are odd, windows narrow, disks full."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from course import cli, console, git, names, reach
from course.docs import navigation, pages
from course.docs.publish import archives
from course.docs.site import Site
from course.errors import CourseError
from course.journal import _numbered
from course.repository import beside, is_full, write_if_changed
from tests import small_course
from tests.small_course import SmallCourse

LINUX = sys.platform == "linux"
ODD = [b"a\nb.txt", b"t\tab", b"q\"u'o", b"-rf", b"[x]", b"*", b"trail ", b"con", b"N", b"n"]
ODD += [b"\x1b[31m", b"l" * 255, "\U0001f600\u202e".encode(), b"bad\xff.txt", b"a\\b", b"|`x`"]

# Each verb with words that need no network and no program that goes on; None says why not.
CALLS: dict[str, list[str] | None] = {
    "list": ["list"],
    "show": ["show 01"],
    "diff": ["diff 01 02", "diff 01 02 --stat"],
    "start": None,  # goes on until it is stopped; so does `run`
    "run": None,
    "stop": ["stop"],
    "play": ["play", "play 02"],
    "check": ["check"],
    "hint": ["hint"],
    "compare": ["compare"],
    "take": ["take 01 notes/-rf --to ."],
    "solve": ["solve"],
    "reset": ["reset --list", "reset"],
    "progress": ["progress"],
    "class": ["class ."],
    "containers": ["containers"],
    "browser-tests": ["browser-tests"],
    "deploy-emulated": ["deploy-emulated"],
    "bundle": ["bundle", "bundle --unpack gone.zip"],
    "verify": ["verify 01"],
    "lint": ["lint", "lint --fix"],
    "lock": ["lock"],
    "propagate": ["propagate --dry-run", "propagate", "propagate --continue", "propagate --abort"],
    "new": ["new --after 01 fresh"],
    "rename": ["rename 02 other"],
    "remove": ["remove 02"],
    "history": ["history"],
    "reach": ["reach", "reach --json", "reach --markdown"],
    "docs": ["docs build", "docs check --no-consoles", "docs quotes", "docs mistakes", "docs nav"],
    "workflows": ["workflows"],
    "services": ["services status"],
    "doctor": None,  # looks at the machine, and at no file of the course
}


def put_odd(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in ODD:
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(b"x\n")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> SmallCourse:
    course = small_course.make(tmp_path_factory.mktemp("odd"), only=("test",))
    put_odd(course.folder("01-greeting"))
    (course.root / ".gitignore").write_text("/.course/\n/playground/\n/site/\n")
    course.commit()
    assert course.run("propagate", "--base", "HEAD").returncode == 0
    assert course.run("play", "01").returncode == 0
    put_odd(course.root / "playground")
    course.edit("01-greeting", "greeting.py", "Hello", "Hi")
    return course


def copy(template: SmallCourse, folder: Path) -> SmallCourse:
    shutil.copytree(template.root, folder / "course", symlinks=True)
    return SmallCourse(folder / "course", template.tables)


def test_every_verb_has_a_call() -> None:
    assert set(CALLS) == set(cli.VERBS)


@pytest.mark.skipif(not LINUX, reason="other systems take no such names")
@pytest.mark.parametrize("words", [call for calls in CALLS.values() for call in calls or ()])
def test_odd_names_and_a_narrow_window(template: SmallCourse, tmp_path: Path, words: str) -> None:
    course = copy(template, tmp_path)
    done = subprocess.run(
        course.command(*words.split()),
        cwd=course.root,
        env=course.variables(COLUMNS="40"),
        capture_output=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert b"Traceback" not in said and done.returncode in (0, 1), said
    # A patch that goes into a pipe is written byte for byte, as git does it.
    assert b"\x1b" not in said and (b"\xff" not in said or words.startswith(("diff", "compare")))
    for name in ODD:
        kept = [course.root / "playground", *(course.root / ".course/backups").glob("*/playground")]
        places = [os.path.join(os.fsencode(folder), name) for folder in kept]
        assert any(os.path.exists(place) for place in places), name


def test_names_are_shown_and_can_be_pasted() -> None:
    assert names.shown("a b.txt") == "a b.txt"
    assert names.shown("a\nb") == r"$'a\nb'"
    assert names.shown("end ") == "'end '"
    assert names.shown("") == "''"
    assert names.word("-rf") == "./-rf"
    assert names.visible("\udcff\x1b\u202e") == r"\xff\x1b\xe2\x80\xae"
    assert names.is_utf8("é") and not names.is_utf8("\udcff")


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
@pytest.mark.parametrize("name", ODD, ids=repr)
def test_a_shell_reads_a_word_as_the_name(name: bytes) -> None:
    word = names.word(os.fsdecode(name))
    done = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert done.stdout.removeprefix(b"./") == name


def test_a_long_list_ends_with_how_many_more_there_are() -> None:
    assert names.some(["a", "b"], 2) == "a, b"
    assert names.some(["a", "b", "c", "d"], 2) == "a, b and 2 more"


def test_no_text_commands_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shown = console._Console(
        force_terminal=True, color_system="standard", soft_wrap=True, highlight=False
    )
    shown.print("[red]a\x1b[2Jb[/]\tc\nd")
    out = capsys.readouterr().out
    assert r"a\x1b[2Jb" in out and "\x1b[31m" in out and "\x1b[2J" not in out and "\nd" in out


def test_a_name_in_a_table_of_markdown_stays_code() -> None:
    assert reach._code("a.py") == "`a.py`"
    assert reach._code("a|`b`") == "`` a\\|`b` ``"


def test_a_page_without_utf8_in_its_name_is_named_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(CourseError) as raised:
        pages.require_address("bad\udcff.md")
    assert raised.value.remedy.startswith(r"mv $'docs/bad\xff.md' docs/bad_.md")
    pages.require_address("good.md")


@pytest.mark.skipif(not LINUX, reason="other systems take no such names")
def test_a_zip_names_what_it_cannot_hold(template: SmallCourse, tmp_path: Path) -> None:
    course = copy(template, tmp_path)
    site = Site.of(course.repository)
    with pytest.raises(CourseError, match="no zip can hold it") as raised:
        archives.content(site.chain.find("01"), site)
    assert raised.value.remedy.startswith("git mv ")


def test_the_navigation_quotes_what_yaml_would_misread() -> None:
    lines = navigation._yaml(["a.md", "#c: d.md", {'x "\\ \x7f': ["b.md"]}], 0)
    assert lines == ["- a.md", '- "#c: d.md"', '- "x \\"\\\\ \\U0000007f":', "    - b.md"]


def test_the_longest_name_can_be_written_and_backed_up(tmp_path: Path) -> None:
    path = tmp_path / ("l" * 255)
    assert write_if_changed(path, b"x") and len(beside(path).name) < 40
    assert _numbered("a/" + "é" * 127, 12).startswith("a/é")
    assert len(os.fsencode(_numbered("l" * 255, 12))) == 255
    assert _numbered("a/b", 2) == "a/b.2"


@pytest.mark.parametrize("number", [*cli._OF_FILES], ids=errno.errorcode.get)
def test_what_the_system_says_of_a_file_is_said_in_words(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def body() -> None:
        raise OSError(number, os.strerror(number), "/nowhere/at/all")

    command = click.Command("x", callback=body)
    monkeypatch.setattr(cli._Verbs, "get_command", lambda self, ctx, name: command)
    with pytest.raises(SystemExit) as ended:
        cli.main(["x"])
    said = capsys.readouterr().err
    # What stands in the way of a folder is above the file.
    named = "/" if number == errno.ENOTDIR else "/nowhere/at/all"
    assert ended.value.code == 1 and f"error: {named}: " in said and "  → " in said
    assert "{}" not in said


@pytest.mark.parametrize(
    "said", ["fatal: sha1 file 'x' write error. Out of diskspace", "No space left on device"]
)
def test_git_on_a_full_disk_asks_for_space(said: str, tmp_path: Path) -> None:
    assert git._remedy(said, tmp_path) == "Free some space, and try again."


def test_a_disk_is_full_when_next_to_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_full(tmp_path / "gone")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(9, 8, 1))
    assert is_full(tmp_path)
    # Git says here only that it cannot write.
    assert "Free some space" in git._remedy("fatal: could not set 'core.filemode'", tmp_path)


@pytest.mark.skipif(not LINUX, reason="other systems limit files otherwise")
@pytest.mark.parametrize("words", ["list", "propagate", "solve", "new --after 01 fresh", "reset"])
@pytest.mark.parametrize("size", [0, 2000])
def test_where_no_file_may_grow_nothing_is_lost(
    template: SmallCourse, tmp_path: Path, words: str, size: int
) -> None:
    course = copy(template, tmp_path)
    limited = "import resource, runpy, sys; n = int(sys.argv.pop(1));"
    limited += " resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)); sys.argv.pop(0);"
    limited += " sys.argv.insert(0, 'course'); runpy.run_module('course', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", limited, str(size), *words.split()],
        cwd=course.root,
        env=course.variables(),
        capture_output=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert b"Traceback" not in said and done.returncode in (0, 1), said
    assert course.run("list").returncode == 0
    assert "Hi" in course.read("01-greeting", "greeting.py")
    kept = [course.root / "playground", *(course.root / ".course/backups").glob("*/playground")]
    for name in ODD:
        places = [os.path.join(os.fsencode(folder), name) for folder in kept]
        assert any(os.path.exists(place) for place in places), name
