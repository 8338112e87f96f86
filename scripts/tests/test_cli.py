"""However the command line is called or stopped, it says what happened and ends with its code."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests import small_course
from tests.small_course import SmallCourse

from course import cli, entry, processes, services
from course.errors import CourseError
from course.repository import tool_command

POSIX = os.name == "posix"


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], int]:
    """Run something as a verb of the command line, and return the exit code."""

    def call(body: Callable[[], object]) -> int:
        command = click.Command("made-up", callback=body)
        monkeypatch.setattr(cli._Verbs, "get_command", lambda self, ctx, name: command)
        with pytest.raises(SystemExit) as caught:
            cli.main(["made-up"])
        assert isinstance(caught.value.code, int)
        return caught.value.code

    return call


def raising(error: BaseException) -> Callable[[], object]:
    def body() -> object:
        raise error

    return body


Verb = Callable[[Callable[[], object]], int]


def test_a_verb_that_ends_well_ends_with_0(verb: Verb) -> None:
    assert verb(lambda: None) == 0
    assert verb(lambda: "a result") == 0


def test_a_verb_may_choose_its_code(verb: Verb) -> None:
    assert verb(raising(SystemExit(1))) == 1


def test_a_problem_is_said_with_what_mends_it(
    verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb(raising(CourseError("steps/[x] is gone", "git checkout"))) == 1
    assert capsys.readouterr().err == "error: steps/[x] is gone\n  → git checkout\n"
    assert str(CourseError("alone")) == "alone"


def test_wrong_words_end_with_2(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(raising(click.UsageError("wrong words"))) == 2
    assert "wrong words" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), processes.Interrupted(), click.Abort()])
def test_being_stopped_ends_with_130(
    verb: Verb, error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb(raising(error)) == 130
    assert capsys.readouterr().err.endswith("stopped\n")


@pytest.mark.parametrize(
    ("number", "path", "remedy"),
    [
        (errno.ENOSPC, None, "Free some space, and try again."),
        (errno.EDQUOT, None, "Free some space, and try again."),
        (errno.EROFS, "/a", "The folder is read-only: work in a copy of the course"),
        (errno.EACCES, None, "course doctor"),
        (errno.EMFILE, None, "course doctor"),
        (errno.EIO, "/a", "course doctor"),
    ],
)
def test_a_machine_that_refuses_is_said_with_what_mends_it_and_no_traceback(
    verb: Verb, number: int, path: str | None, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb(raising(OSError(number, os.strerror(number), path))) == 1
    said = capsys.readouterr().err
    assert f"error: {path or 'the disk'}: {os.strerror(number)}\n  → {remedy}" in said


def test_two_folders_on_two_file_systems_are_both_named(
    verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    error = OSError(errno.EXDEV, os.strerror(errno.EXDEV), "/a", None, "/b")
    assert verb(raising(error)) == 1
    said = capsys.readouterr().err
    assert f"error: /a and /b: {os.strerror(errno.EXDEV)}\n" in said
    assert "→ Both must lie on one file system" in said


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
@pytest.mark.parametrize(
    ("closed", "named", "remedy"),
    [
        ("a file", "a file", "Make the file readable and writable: chmod u+rw {!r}"),
        ("sub", "sub", "Make the folder readable and writable: chmod u+rwx {}"),
        # To replace a file, or to make one, the folder must be writable.
        ("sub", "sub/inner", "Make the folder readable and writable: chmod u+rwx {}"),
        ("sub", "sub/new/file", "Make the folder readable and writable: chmod u+rwx {}"),
    ],
)
def test_a_file_or_folder_that_is_closed_is_named_with_the_command_that_opens_it(
    verb: Verb,
    number: int,
    closed: str,
    named: str,
    remedy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a file", "sub/inner"):
        (tmp_path / name).touch()
    # Root may do everything, and Windows has no such modes.
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(tmp_path / closed))
    error = PermissionError(number, os.strerror(number), str(tmp_path / named))
    assert verb(raising(error)) == 1
    said = capsys.readouterr().err
    assert f"error: {tmp_path / named}: {os.strerror(number)}\n" in said
    assert f"→ {remedy.format(str(tmp_path / closed))}\n" in said


def test_folders_closed_one_in_the_other_are_opened_at_once(
    verb: Verb,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).startswith(f"{tmp_path}/a"))
    error = PermissionError(errno.EACCES, "no", f"{tmp_path}/a/b/c/file")
    assert verb(raising(error)) == 1
    assert f" readable and writable: chmod -R u+rwX {tmp_path}/a\n" in capsys.readouterr().err


@pytest.mark.skipif(not POSIX, reason="Windows has other owners")
def test_a_file_of_another_user_is_named_with_what_makes_it_ones_own(
    verb: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert verb(raising(PermissionError(errno.EPERM, "no", f"{tmp_path}/a"))) == 1
    assert f'sudo chown -R "$(id -un)" {tmp_path}\n' in capsys.readouterr().err


def test_a_file_in_the_place_of_a_folder_is_named(
    verb: Verb, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    error = NotADirectoryError(errno.ENOTDIR, "Not a directory", f"{tmp_path}/file/a/b")
    assert verb(raising(error)) == 1
    said = capsys.readouterr().err
    assert f"error: {tmp_path}/file: Not a directory\n" in said
    assert said.endswith(f"name another place: ls -la {tmp_path}\n")


def test_a_file_that_seems_open_is_named_all_the_same(
    verb: Verb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: True)
    assert verb(raising(PermissionError(errno.EPERM, "no", b"/a"))) == 1
    assert "chmod u+rw /a\n" in capsys.readouterr().err
    monkeypatch.setattr(os, "access", lambda path, mode: os.path.exists(path))
    assert verb(raising(PermissionError(errno.EPERM, "no", "/gone/a/b"))) == 1
    assert "chmod u+rw /gone/a/b\n" in capsys.readouterr().err
    monkeypatch.delattr(os, "geteuid", raising=False)  # as on Windows
    assert verb(raising(PermissionError(errno.EPERM, "no", "/a"))) == 1
    assert "chmod u+rw /a\n" in capsys.readouterr().err


def test_any_other_error_of_the_system_is_a_fault_of_the_tool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = click.Command("x", callback=raising(OSError(errno.EBADF, "bad")))
    monkeypatch.setattr(cli._Verbs, "get_command", lambda self, ctx, name: command)
    with pytest.raises(OSError, match="bad"):
        cli.main(["x"])


def test_every_child_is_ended_with_the_program(verb: Verb, tmp_path: Path) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def body() -> None:
        words = [sys.executable, "-c", "import time; time.sleep(600)"]
        started.append(processes.start(words, cwd=tmp_path, env=dict(os.environ)))

    assert verb(body) == 0
    assert started[0].poll() is not None


@pytest.mark.skipif(not POSIX, reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_ends_it_like_ctrl_c(verb: Verb, name: str) -> None:
    def body() -> None:
        os.kill(os.getpid(), getattr(signal, name))
        processes.run([sys.executable, "-c", ""], cwd=Path.cwd(), env={}, timeout=10)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    assert verb(body) == 130


@pytest.mark.skipif(not POSIX, reason="Windows has no such signal")
def test_who_ignores_the_end_of_the_terminal_goes_on(verb: Verb) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert verb(lambda: os.kill(os.getpid(), signal.SIGHUP)) == 0


# As a program of its own


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return small_course.make(tmp_path, steps=1)


@pytest.fixture
def script() -> str:
    """The program of the console script, as an installer makes it."""
    with (Path(__file__).parents[2] / "pyproject.toml").open("rb") as file:
        module, _, name = tomllib.load(file)["project"]["scripts"]["course"].partition(":")
    return f"import sys; from {module} import {name}; sys.exit({name}())"


@pytest.mark.parametrize("how", ["script", "module"])
@pytest.mark.parametrize("library", ["click", "rich"])
def test_ctrl_c_while_it_is_being_loaded_is_no_traceback(
    course: SmallCourse, tmp_path: Path, script: str, how: str, library: str
) -> None:
    slow = tmp_path / "slow"
    slow.mkdir()
    # The second line is for a signal that is lost, as it may be in a callback.
    body = "import signal, sys; signal.raise_signal(signal.SIGINT)\nsys.exit('went on')\n"
    (slow / f"{library}.py").write_text(body)
    env = course.variables()
    # In isolation no variable leads to another library: the path itself is told.
    code = f"import runpy, sys; sys.path.insert(0, {str(slow)!r});"
    code += f"runpy.run_path({tool_command()[-1]!r}, run_name='__main__')"
    module = [sys.executable, "-I", "-c", code, "list"]
    done = subprocess.run(
        module if how == "module" else [sys.executable, "-c", script, "list"],
        cwd=course.root,
        env={**env, "PYTHONPATH": os.pathsep.join([str(slow), env["PYTHONPATH"]])},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (130, "stopped\n", "")


def test_loaded_it_leaves_ctrl_c_to_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found: list[object] = []
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(cli, "main", lambda: found.append(signal.getsignal(signal.SIGINT)))
    try:
        entry.main()
    finally:
        signal.signal(signal.SIGINT, before)
    assert found == [signal.default_int_handler]


def test_stopped_between_loading_and_running_it_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(cli, "main", raising(KeyboardInterrupt()))
    entry.main()
    assert (codes, capsys.readouterr().err) == ([130], "stopped\n")


def test_a_script_that_was_installed_before_the_entry_module_goes_on_working(
    course: SmallCourse,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from course.cli import main; main()", "list"],
        cwd=course.root,
        env=course.variables(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0 and "01-greeting" in done.stdout


def test_an_unknown_verb_is_said(course: SmallCourse) -> None:
    done = course.run("publish")
    assert done.returncode == 2 and "No such command 'publish'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_option_and_a_missing_word_are_said(course: SmallCourse) -> None:
    assert "No such option" in course.run("list", "--nothing").stderr
    assert "Missing argument 'STEP'" in course.run("show").stderr
    assert "0 is not in the range" in course.run("run", "1", "--port", "0").stderr


def test_outside_a_course_it_says_where_to_go(tmp_path: Path, course: SmallCourse) -> None:
    done = subprocess.run(
        course.command("list"),
        cwd=tmp_path,
        env=course.variables(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1 and "is not inside a course" in done.stderr


@pytest.mark.parametrize(
    ("catalogue", "said"),
    [
        ("not toml", "not valid TOML"),
        ("[course]\ntitle = 'x'", "step"),
        ("step = 3\n[course]\ntitle = 'x'", "[[step]]"),
    ],
)
def test_a_catalogue_that_is_wrong_is_said_and_no_traceback(
    course: SmallCourse, catalogue: str, said: str
) -> None:
    (course.root / "steps" / "course.toml").write_text(catalogue)
    done = course.run("list")
    assert done.returncode == 1
    assert said in done.stderr and "course.toml" in done.stderr and "Traceback" not in done.stderr


def test_the_help_of_every_verb_loads(capsys: pytest.CaptureFixture[str]) -> None:
    for words in [[], *([name] for name in cli.VERBS)]:
        with pytest.raises(SystemExit) as caught:
            cli.main([*words, "--help"])
        assert caught.value.code == 0, words
        said = capsys.readouterr().out
        assert said.startswith(f"Usage: course{' ' if words else ''}{' '.join(words)}"), words
    assert cli._Verbs("x").get_command(click.Context(click.Command("x")), "nothing") is None


def test_the_verbs_are_listed_with_a_line_each_in_the_order_of_their_use(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    listed = [
        line.split() for line in capsys.readouterr().out.partition("Commands:")[2].splitlines()
    ]
    listed = [words for words in listed if words and words[0] in cli.VERBS]
    assert [words[0] for words in listed] == list(cli.VERBS)
    assert all(len(words) > 2 for words in listed)


def test_its_version_is_told(course: SmallCourse) -> None:
    assert course.run("--version").stdout.startswith("course ")


@pytest.mark.skipif(not POSIX, reason="a closed pipe is no error on Windows")
def test_a_reader_who_has_seen_enough_sees_no_traceback(course: SmallCourse) -> None:
    course.write("01-greeting", "long.txt", "x\n" * 100_000)
    for words in (["list"], ["diff", "1", "final"], ["diff", str(course.root / "steps"), "1"]):
        child = subprocess.Popen(
            course.command(*words),
            cwd=course.root,
            env=course.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        said = child.stderr.read()
        child.stderr.close()
        assert child.wait(60) == 141, (words, said)
        assert said == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full here")
def test_output_onto_a_full_disk_is_said(course: SmallCourse) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            course.command("list"),
            cwd=course.root,
            env=course.variables(),
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        "error: the disk: No space left on device\n  → Free some space, and try again.\n"
    )


def test_a_repository_that_is_no_git_checkout_can_be_listed(course: SmallCourse) -> None:
    import shutil

    shutil.rmtree(course.root / ".git")
    done = course.run("list")
    assert done.returncode == 0 and "01-greeting" in done.stdout


def test_in_a_hook_of_git_it_reads_its_own_course(course: SmallCourse, tmp_path: Path) -> None:
    env = {"GIT_DIR": str(tmp_path / "no"), "GIT_INDEX_FILE": "no", "GIT_WORK_TREE": "no"}
    done = course.run("list", env=env)
    assert done.returncode == 0 and "01-greeting" in done.stdout


def test_a_folder_with_blanks_brackets_and_other_letters_is_no_obstacle(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1, name="my [bold] köln")
    assert course.run("list").returncode == 0
    done = course.run("show", "9")
    assert done.returncode == 1
    course.write("final", "x.txt", "x")
    assert "error final: differs" in course.run("lint").stdout


# Services


@pytest.fixture
def backing(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What the services were asked for; they themselves have tests of their own."""
    asked: list[tuple[str, ...]] = []
    mail = services.Running(
        name="mail", url="smtp://[h]:1", urls={"http": "http://h:2"}, pid=7, log=Path("/a [b]/c")
    )

    def up(names: tuple[str, ...], *, state: Path) -> list[services.Running]:
        asked.append(("up", *names))
        return [mail]

    def down(names: tuple[str, ...], *, state: Path) -> list[str]:
        asked.append(("down", *names))
        return list(names) if len(names) == 1 else []

    monkeypatch.setattr(services, "up", up)
    monkeypatch.setattr(services, "down", down)
    monkeypatch.setattr(services, "status", lambda *, state: [mail] if asked else [])
    reasons = {name: None if name == "mail" else "[no] wheel" for name in services.NAMES}
    monkeypatch.setattr(services, "unavailable", reasons.__getitem__)
    return asked


def test_the_services_that_can_run_here_are_started_shown_and_ended(
    course: SmallCourse, backing: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)

    def say(*words: str) -> str:
        done = CliRunner().invoke(cli.cli, ["services", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "nothing is running\n  → course services up" in say("status")
    said = say("up")
    assert "postgres cannot run here: [no] wheel" in said
    assert "smtp://[h]:1" in said and "http://h:2" in said and "/a [b]/c" in said
    assert "mail" in say("status") and "mail" in say("up", "mail")
    assert say("down", "mail") == "ended: mail\n"
    assert say("down") == "nothing was running\n"
    assert backing == [("up", "mail"), ("up", "mail"), ("down", "mail"), ("down", *services.NAMES)]


# A copy without .git


_MEASURING = ("propagate", "propagate --dry-run", "verify --changed")
_ANY = (*_MEASURING, "history", "rename 01 other", "remove 01", "new other --after 01")


@pytest.mark.parametrize(
    "words, begun", [*((words, False) for words in _ANY), *((words, True) for words in _MEASURING)]
)
def test_a_copy_without_a_commit_is_told_the_way_that_keeps_every_edit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: str,
    begun: bool,
) -> None:
    course = small_course.make(tmp_path / "course")
    shutil.rmtree(course.root / ".git")
    course.write("01-greeting", "README.md", "edited\n")
    if begun:
        subprocess.run(["git", "init", "-q"], cwd=course.root, check=True)
    monkeypatch.chdir(course.root)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        cli.main(words.split())
    said = " ".join(capfd.readouterr().err.split())
    assert ended.value.code == 1 and "Do not begin one here" in said
    assert said.index("git clone ADDRESS") < said.index("copy each file that you edited")
    assert "git add" not in said
    assert (course.folder("01-greeting") / "README.md").read_text() == "edited\n"


# Odd names, narrow windows, closed streams

_ODD = (b"a\nb.txt", b"t\tab.txt", b"q\"u'o.txt", b"-dash.txt", b"[red]x[red].txt", b"l" * 240)
_ODD_BYTES = (b"bad\xff.txt",) if sys.platform == "linux" else ()


@pytest.mark.skipif(not POSIX, reason="Windows allows no such names")
@pytest.mark.parametrize(
    "words", ["list", "show 01", "lint", "propagate --dry-run", "propagate", "diff 01 02"]
)
@pytest.mark.parametrize("closed", [False, True])
def test_odd_names_a_narrow_window_and_a_closed_stream_give_no_traceback(
    tmp_path: Path, words: str, closed: bool
) -> None:
    course = small_course.make(tmp_path / "course")
    for name in (*_ODD, *_ODD_BYTES):
        with open(os.path.join(os.fsencode(course.folder("01-greeting")), name), "wb") as file:
            file.write(b"x\n")
    command = [sys.executable, "-m", "course", *words.split()]
    if closed:
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    done = subprocess.run(
        command, cwd=course.root, env=os.environ | {"COLUMNS": "40"}, capture_output=True
    )
    assert b"Traceback" not in done.stdout + done.stderr
    assert done.returncode == 0 or words in ("lint", "diff 01 02"), done.stderr
    assert bool(done.stdout) != closed
