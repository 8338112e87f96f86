"""A step is run as it stands, beside others, without a trace in its folder, and ends as a whole."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from tests import small_course
from tests.small_course import SmallCourse

from course import console, processes
from course.chain import Link
from course.commands import run as verb
from course.errors import CourseError
from course.ports import is_free, may_bind
from course.serve.step_server import Running, Stage, held_port
from course.verify.sandbox import HOST

POSIX = os.name == "posix"


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return small_course.make(tmp_path)


@pytest.fixture(autouse=True)
def children() -> Iterator[None]:
    """No server outlives its test."""
    yield
    for child in list(processes._living.values()):
        processes.end(child)
    processes.resume()


def stage(course: SmallCourse, name: str) -> Stage:
    chain = course.chain
    return Stage(chain, chain.find(name))


def prepared(course: SmallCourse, name: str, told: list[str] | None = None) -> Stage:
    """Make a step ready as `course run` does."""
    made = stage(course, name)
    with made.held():
        made.prepare((told if told is not None else []).append)
    return made


def notes(made: Stage) -> list[str]:
    with closing(sqlite3.connect(made.mirror / "notes.sqlite3")) as database:
        return [row[0] for row in database.execute("SELECT text FROM note ORDER BY id")]


def add_note(made: Stage, text: str) -> None:
    with closing(sqlite3.connect(made.mirror / "notes.sqlite3")) as database, database:
        database.execute("INSERT INTO note (text) VALUES (?)", (text,))


def fetch(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return str(answer.read().decode())


def wait_for(what: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds, for no longer than some seconds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@contextmanager
def listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield server.getsockname()[1]


# Making a step ready


def test_a_step_is_made_ready_in_a_mirror_with_its_database_and_demo_data(
    course: SmallCourse,
) -> None:
    told: list[str] = []
    made = prepared(course, "02-notes", told)
    assert notes(made) == ["bread"]
    assert (made.mirror / ".git").is_dir()
    assert told == [
        "the packages of its lock",
        "its files",
        "its configuration",
        "its database",
        "its demo data",
    ]


def test_the_snapshot_stays_as_it_was(course: SmallCourse) -> None:
    before = {path: path.stat().st_mtime_ns for path in (course.root / "steps").rglob("*")}
    tree = course.chain.tree
    prepared(course, "02-notes")
    after = {path: path.stat().st_mtime_ns for path in (course.root / "steps").rglob("*")}
    assert after == before
    assert course.chain.tree == tree and course.git("status", "--short") == ""


def test_the_configuration_is_written_once_and_the_variables_of_a_command_reach_it(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "another.project")
    monkeypatch.setenv("SECRET", "of another project")
    code = "import os; open('.env', 'a').write(repr((os.environ.get('SECRET'), os.environ['X'])))"
    course.set("02-notes", env=f'X=1 python -c "{code}"')
    for _ in range(2):
        made = prepared(course, "02-notes")
        assert (made.mirror / ".env").read_text() == "(None, '1')"
    course.set("02-notes", env=f'X=2 python -c "{code}"')
    assert (prepared(course, "02-notes").mirror / ".env").read_text() == "(None, '2')"


def test_a_second_run_keeps_the_database_and_makes_no_second_demo(course: SmallCourse) -> None:
    add_note(prepared(course, "02-notes"), "milk")
    told: list[str] = []
    assert notes(prepared(course, "02-notes", told)) == ["bread", "milk"]
    assert "its files" not in told and "its demo data" not in told


def test_a_database_is_migrated_along_when_the_step_changes(course: SmallCourse) -> None:
    add_note(prepared(course, "02-notes"), "milk")
    course.write("02-notes", "migrations/002.sql", "ALTER TABLE note ADD COLUMN price INTEGER;\n")
    course.delete("02-notes", "README.md")
    made = prepared(course, "02-notes")
    assert notes(made) == ["bread", "milk"]
    assert not (made.mirror / "README.md").exists()
    with closing(sqlite3.connect(made.mirror / "notes.sqlite3")) as database:
        assert database.execute("SELECT price FROM note").fetchall() == [(None,), (None,)]


def test_a_database_in_a_folder_of_its_own_is_kept_with_its_journal(course: SmallCourse) -> None:
    for path in ("migrate.py", "demo.py"):
        course.edit("02-notes", path, '"notes.sqlite3"', '"data/notes.sqlite3"')
    course.edit("02-notes", "migrate.py", "import pathlib\n", "import os\nimport pathlib\n")
    course.edit(
        "02-notes", "migrate.py", "\ndatabase =", '\nos.makedirs("data", exist_ok=True)\ndatabase ='
    )
    course.set("02-notes", database="data/notes.sqlite3", migrate="python migrate.py")
    made = prepared(course, "02-notes")
    (made.mirror / "data" / "notes.sqlite3-other").write_text("x")
    (made.mirror / "data" / "notes.sqlite3-wal").write_bytes(b"")
    course.write("02-notes", "more.py", "x = 1\n")
    course.set("02-notes", migrate=[])
    made = prepared(course, "02-notes")
    assert {path.name for path in (made.mirror / "data").iterdir()} == {
        "notes.sqlite3",
        "notes.sqlite3-wal",
    }


def test_a_database_that_does_not_take_the_migrations_is_put_aside_each_time(
    course: SmallCourse, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        made = prepared(course, "02-notes")
        with closing(sqlite3.connect(made.mirror / "notes.sqlite3")) as database, database:
            database.execute("PRAGMA user_version = 0")
            database.execute("INSERT INTO note (text) VALUES (?)", (f"mine {number}",))
        made = prepared(course, "02-notes")
        # The new database has its demo data, too.
        assert notes(made) == ["bread"]
    said = capsys.readouterr().err
    assert "the earlier database does not take the migrations" in said
    for number, name in enumerate(["notes.sqlite3.set-aside", "notes.sqlite3.set-aside-2"], 1):
        with closing(sqlite3.connect(made.folder / name)) as database:
            rows = database.execute("SELECT text FROM note").fetchall()
        assert (f"mine {number}",) in rows


def test_a_mistake_in_a_migration_does_not_put_the_database_aside(course: SmallCourse) -> None:
    add_note(prepared(course, "02-notes"), "milk")
    course.write("02-notes", "migrations/002.sql", "ALTER TABEL note;\n")
    with pytest.raises(CourseError, match="`python migrate.py` ended with code 1") as caught:
        prepared(course, "02-notes")
    assert "run.log" in caught.value.remedy and "course verify 02" in caught.value.remedy
    course.delete("02-notes", "migrations/002.sql")
    assert notes(prepared(course, "02-notes")) == ["bread", "milk"]


def test_a_first_migration_that_fails_leaves_nothing_aside(course: SmallCourse) -> None:
    course.write("02-notes", "migrate.py", "raise SystemExit('error: no')\n")
    with pytest.raises(CourseError, match="error: no"):
        prepared(course, "02-notes")
    assert not list((course.repository.state / "run" / "notes").glob("*set-aside*"))


def test_demo_data_that_was_half_made_is_made_to_the_end(course: SmallCourse) -> None:
    fails = "python fails.py"
    course.write("02-notes", "fails.py", "raise SystemExit('error: not yet')\n")
    course.set("02-notes", demo=["python demo.py", fails])
    with pytest.raises(CourseError, match="not yet"):
        prepared(course, "02-notes")
    course.write("02-notes", "fails.py", "import demo\n")
    assert notes(prepared(course, "02-notes")) == ["bread", "bread"]
    assert notes(prepared(course, "02-notes")) == ["bread", "bread"]


def test_demo_data_outside_a_database_is_made_with_each_new_mirror(course: SmallCourse) -> None:
    course.set("01-greeting", demo="python -c \"open('demo', 'a').write('x')\"")
    for _ in range(2):
        made = prepared(course, "01-greeting")
        assert (made.mirror / "demo").read_text() == "x"
    course.write("01-greeting", "more.py", "x = 1\n")
    assert (prepared(course, "01-greeting").mirror / "demo").read_text() == "x"


def test_a_mirror_that_was_deleted_is_made_again(course: SmallCourse) -> None:
    shutil.rmtree(prepared(course, "02-notes").mirror)
    assert notes(prepared(course, "02-notes")) == ["bread"]


def test_a_command_whose_program_is_missing_sends_to_the_doctor(course: SmallCourse) -> None:
    course.set("02-notes", migrate="no-such-program --x")
    with pytest.raises(CourseError, match="there is no program no-such-program") as caught:
        prepared(course, "02-notes")
    assert caught.value.remedy == "course doctor"


# Following edits


def test_edits_deletions_and_new_files_reach_the_mirror(course: SmallCourse) -> None:
    made = prepared(course, "02-notes")
    course.write("02-notes", "README.md", "# Other\n")
    course.write("02-notes", "a/b/new é.py", "x = 1\n")
    course.delete("02-notes", "tests")
    (made.mirror / "mine.txt").write_text("made by the app")
    assert made.sync() == [
        "README.md",
        "a/b/new é.py",
        "tests/__init__.py",
        "tests/test_greeting.py",
        "tests/test_notes.py",
    ]
    assert (made.mirror / "README.md").read_text() == "# Other\n"
    assert (made.mirror / "a/b/new é.py").exists()
    assert not (made.mirror / "tests").exists()
    assert (made.mirror / "mine.txt").exists() and notes(made) == ["bread"]
    assert made.sync() == []


@pytest.mark.skipif(not POSIX, reason="Windows has no such modes and links")
def test_modes_links_and_files_that_become_folders_reach_the_mirror(course: SmallCourse) -> None:
    made = prepared(course, "02-notes")
    script = course.folder("02-notes") / "server.py"
    script.chmod(0o755)
    (course.folder("02-notes") / "link").symlink_to("notes.py")
    made.sync()
    assert os.access(made.mirror / "server.py", os.X_OK)
    assert os.readlink(made.mirror / "link") == "notes.py"
    course.edit("02-notes", "server.py", "Handler", "Answer")
    made.sync()
    assert os.access(made.mirror / "server.py", os.X_OK)
    script.chmod(0o644)
    (course.folder("02-notes") / "link").unlink()
    course.write("02-notes", "link/inside.py", "x = 1\n")
    made.sync()
    assert not os.access(made.mirror / "server.py", os.X_OK)
    assert (made.mirror / "link" / "inside.py").exists()


def test_a_mirror_that_is_gone_is_said(course: SmallCourse) -> None:
    made = prepared(course, "02-notes")
    shutil.rmtree(course.repository.state)
    with pytest.raises(CourseError, match="in which 02-notes runs, is gone") as caught:
        made.sync()
    assert caught.value.remedy == "course run 02"


# Ports and the server


def held(link: Link, wanted: int | None = None) -> int:
    with held_port(link, wanted) as port:
        return port


def test_a_step_has_a_port_of_its_own_or_another_that_is_free(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = course.chain.find("2")
    taken: set[int] = set()
    monkeypatch.setattr("course.ports._bind", lambda port, *_: OSError() if port in taken else None)
    assert held(link) == 8002
    taken.add(8002)
    assert held(link) == 8102
    taken.update(range(8002, 11000))
    found = held(link)
    assert found not in taken
    monkeypatch.undo()
    assert is_free(found)


def test_two_that_start_the_same_step_in_one_moment_have_a_port_each(course: SmallCourse) -> None:
    link = course.chain.find("2")
    with held_port(link, None) as first, held_port(link, None) as second:
        assert first != second
        with pytest.raises(CourseError, match=f"Port {first} is taken"):
            held(link, first)
    assert held(link, first) == first


def test_a_port_that_was_asked_for_is_taken_or_refused(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = course.chain.find("2")
    with listening() as port:
        assert not is_free(port) and may_bind(port)
        with pytest.raises(CourseError, match=f"Port {port} is taken") as caught:
            held(link, port)
        assert "--port" in caught.value.remedy
    assert held(link, port) == port
    monkeypatch.setattr("course.ports._bind", lambda _: PermissionError())
    with pytest.raises(CourseError, match="Port 80 needs an administrator's rights"):
        held(link, 80)


def test_a_server_is_started_and_shows_what_it_prints_once_it_is_up(course: SmallCourse) -> None:
    made = prepared(course, "02-notes")
    lines: list[str] = []
    environment = made.prepare(lambda _: None)
    running = made.serve(environment, None, lines.append)
    assert fetch(running.url) == "Hello, world!"
    assert (made.folder / "address").read_text() == running.url
    wait_for(lambda: any("GET /" in line for line in lines))
    processes.end(running.child)


def test_what_runs_beside_the_server_begins_and_ends_with_it(course: SmallCourse) -> None:
    course.write(
        "02-notes", "worker.py", "import time\nprint('ready', flush=True)\ntime.sleep(600)\n"
    )
    course.set("02-notes", beside="python worker.py")
    made = prepared(course, "02-notes")
    lines: list[str] = []
    running = made.serve(made.prepare(lambda _: None), None, lines.append)
    wait_for(lambda: "ready" in lines)
    assert running.ended() == ""
    worker = running.beside["`python worker.py`"]
    processes.end(worker)
    assert re.fullmatch(r"`python worker.py` of 02-notes ended with code -\d+\.", running.ended())
    running.end()
    assert not processes._living
    assert running.ended().startswith("The server of 02-notes ended")


def test_a_server_is_ended_if_what_runs_beside_it_is_not_there(course: SmallCourse) -> None:
    course.set("02-notes", beside="no-such-program")
    made = prepared(course, "02-notes")
    with pytest.raises(CourseError, match="there is no program no-such-program"):
        made.serve(made.prepare(lambda _: None), None, print)
    assert not processes._living


def test_a_server_that_dies_is_said_with_its_last_words(course: SmallCourse) -> None:
    course.write("02-notes", "server.py", "raise SystemExit('error: no such setting')\n")
    made = prepared(course, "02-notes")
    with pytest.raises(CourseError) as caught:
        made.serve(made.prepare(lambda _: None), None, print)
    assert "the server ended with code 1: error: no such setting" in caught.value.problem
    assert "course verify 02" in caught.value.remedy


def test_a_server_that_never_answers_is_ended(course: SmallCourse) -> None:
    course.write("02-notes", "server.py", "import time\ntime.sleep(600)\n")
    course.set("02-notes", start_timeout=0.3)
    made = prepared(course, "02-notes")
    with pytest.raises(CourseError, match="did not answer within"):
        made.serve(made.prepare(lambda _: None), None, print)
    assert not processes._living


@pytest.mark.parametrize(
    ("serve", "said"),
    [([], "02-notes has no server"), ("no-such-program", "there is no program no-such-program")],
)
def test_a_step_without_a_server_or_its_program_is_said(
    course: SmallCourse, serve: object, said: str
) -> None:
    course.set("02-notes", serve=serve)
    made = prepared(course, "02-notes")
    with pytest.raises(CourseError, match=said):
        made.serve(made.prepare(lambda _: None), None, print)


def test_a_step_that_runs_already_is_answered_with_its_address(course: SmallCourse) -> None:
    first, second = stage(course, "2"), stage(course, "2")
    with first.held():
        with pytest.raises(CourseError, match=r"02-notes is running already\."), second.held():
            pass
        (first.folder / "address").write_text("http://here/")
        with pytest.raises(CourseError, match="already at http://here/"), second.held():
            pass
    (first.folder / "address").write_text("of a run that was killed")
    with second.held():
        assert not (first.folder / "address").exists()


# The verbs, in this process


def invoke(course: SmallCourse, monkeypatch: pytest.MonkeyPatch, command: str, *words: str) -> str:
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(getattr(verb, command), [*words, "--check"])
    if done.exception:
        raise done.exception
    return done.output


def test_run_and_start_with_check_end_as_soon_as_the_server_answers(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.set("02-notes", hint="Sign in as [admin].")
    said = invoke(course, monkeypatch, "run", "2")
    assert "http://127.0.0.1:" in said and "Sign in as [admin]." in said and "its database" in said
    assert "final: Notes" in invoke(course, monkeypatch, "start")
    assert "01-greeting: Greeting" in invoke(course, monkeypatch, "start", "1")
    assert not processes._living


@pytest.mark.parametrize("command", ["run", "start"])
def test_run_and_start_follow_the_step_until_its_server_ends(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    course.edit(
        "01-greeting",
        "server.py",
        "class Handler",
        "import os, threading\n"
        "def watch():\n"
        "    while not os.path.exists('stop'):\n"
        "        threading.Event().wait(0.02)\n"
        "    os._exit(3)\n"
        "threading.Thread(target=watch).start()\n\n\nclass Handler",
    )
    monkeypatch.chdir(course.root)
    said: list[str] = []
    monkeypatch.setattr(console, "note", said.append)

    def edit() -> None:
        wait_for(lambda: any("Ctrl-C" in line for line in said))
        # The watcher may not look yet: the edit is made again until it is seen.
        number = 0
        while not any("README.md" in line for line in said):
            number += 1
            course.write("01-greeting", "README.md", f"# {number}\n")
            time.sleep(0.1)
        course.write("01-greeting", "stop", "x")

    editor = threading.Thread(target=edit)
    editor.start()
    done = CliRunner().invoke(getattr(verb, command), ["1"])
    editor.join()
    assert isinstance(done.exception, CourseError)
    assert "The server of 01-greeting ended with code 3." in done.exception.problem
    assert "  steps/01-greeting/README.md" in said


def test_an_edit_that_cannot_be_read_yet_is_read_later(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stage(course, "1")
    child = processes.start(["sleep", "600"], cwd=course.root, env=dict(os.environ))
    running = Running(made.link, "http://here/", child, made.mirror)
    monkeypatch.setitem(verb._stages, made.link.name, made)
    changes = [{"an edit"}, set(), set(), {"an edit"}, set(), set(), set(), set(), set()]
    monkeypatch.setattr(verb, "watch", lambda *_, **__: iter(changes))
    tries: list[int] = []

    def sync() -> list[str]:
        tries.append(len(tries))
        if len(tries) != 3:
            raise CourseError("half written")
        return ["a.py"]

    monkeypatch.setattr(made, "sync", sync)
    with pytest.raises(CourseError, match="half written"):
        verb.follow(made.chain, [running])
    # Twice in vain, then read; and at the second edit as often as it is tried, and no more.
    assert len(tries) == 3 + verb._TRIES + 1


def test_following_ends_when_nothing_is_left_to_watch(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verb, "watch", lambda *_, **__: iter(()))
    verb.follow(course.chain, [])


# As a program of its own


@contextmanager
def program(course: SmallCourse, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``course run …`` until the block ends, and give its process and address."""
    child = subprocess.Popen(
        course.command("run", *words),
        cwd=course.root,
        env=course.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    assert child.stdout is not None
    try:
        address = next((line.split()[0] for line in child.stdout if "http://" in line), "")
        yield child, address
    finally:
        for process in [psutil.Process(child.pid)] if child.poll() is None else []:
            process.terminate()
        child.wait(60)
        child.stdout.close()


@pytest.mark.skipif(not POSIX, reason="Windows has no such signals")
def test_two_steps_run_at_once_and_ctrl_c_leaves_no_process_and_no_trace(
    course: SmallCourse,
) -> None:
    tree = course.chain.tree
    with program(course, "1") as (first, one), program(course, "2") as (second, two):
        assert one != two
        assert fetch(one) == fetch(two) == "Hello, world!"
        again = course.run("run", "1")
        assert again.returncode == 1
        assert f"01-greeting is running already at {one}" in again.stderr
        course.edit("02-notes", "server.py", "greet(", "greet('all of ' + ")
        mirror = course.repository.state / "run/notes/project/server.py"
        wait_for(lambda: "all of" in mirror.read_text(encoding="utf-8"))
        course.edit("02-notes", "server.py", "greet('all of ' + ", "greet(")
        family = [
            p for c in (first, second) for p in psutil.Process(c.pid).children(recursive=True)
        ]
        assert len(family) >= 2
        first.send_signal(signal.SIGINT)
        second.send_signal(signal.SIGTERM)
        assert (first.wait(60), second.wait(60)) == (130, 130)
    assert not [process for process in family if process.is_running()]
    assert course.chain.tree == tree and course.git("status", "--short") == ""


@pytest.mark.skipif(not POSIX, reason="Windows has no such signals")
def test_a_terminal_that_is_closed_ends_the_server_too(course: SmallCourse) -> None:
    with listening() as port:
        done = course.run("run", "1", "--port", str(port))
        assert (done.returncode, f"Port {port} is taken." in done.stderr) == (1, True)
    with program(course, "1", "--port", str(port)) as (child, address):
        assert address == f"http://127.0.0.1:{port}/"
        family = psutil.Process(child.pid).children(recursive=True)
        assert family
        child.send_signal(signal.SIGHUP)
        assert child.wait(60) == 130
    assert not [process for process in family if process.is_running()]


@pytest.mark.skipif(not POSIX, reason="the course is unpacked without git as on other systems")
def test_a_course_from_a_zip_runs_and_is_verified(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1, name="zip [1] köln")
    shutil.rmtree(course.root / ".git")
    done = course.run("run", "1", "--check")
    assert (done.returncode, "http://" in done.stdout) == (0, True), done.stderr
    verified = course.run("verify", "1")
    assert verified.returncode == 0, verified.stdout + verified.stderr
