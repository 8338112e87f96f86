"""Environments of snapshots: shared by content, made once, closed to the person's own settings."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from course import environments, package_index, processes
from course.catalogue import Command
from course.environments import Environment
from course.errors import CourseError
from course.repository import Repository, tool_programs

INSTALL = (
    "import os, pathlib\n"
    "[site] = pathlib.Path(os.environ['VIRTUAL_ENV']).rglob('site-packages')\n"
    "(site / 'made_here.py').write_text('')\n"
    "print(sorted(os.listdir('.')), os.environ.get('UV_OFFLINE'))\n"
)
COMMANDS = (Command.parse("python install.py requirements.txt"),)
FILES = {"install.py": INSTALL.encode(), "requirements.txt": b"", "README.md": b"not named"}


@pytest.fixture(autouse=True)
def go_on() -> Iterator[None]:
    """Allow children again after a test that forbids them."""
    yield
    processes.resume()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A course with nothing in it."""
    return Repository(tmp_path.resolve())


def make(
    repository: Repository,
    commands: tuple[Command, ...] = COMMANDS,
    files: dict[str, bytes] = FILES,
) -> Environment:
    """Make an environment."""
    return environments.ensure(repository, commands, files, repository.root / "logs" / "log")


def test_an_environment_is_filled_from_the_files_that_its_commands_name(
    repository: Repository,
) -> None:
    made = make(repository)
    assert (made.programs / "python").exists()
    assert list(made.folder.rglob("made_here.py"))
    log = (repository.root / "logs" / "log").read_text(encoding="utf-8")
    assert "$ python install.py requirements.txt\n['install.py', 'requirements.txt'] 1\n" in log
    assert "README.md" not in log
    names = {path.name for path in (repository.state / "environments").iterdir()}
    assert names - {f"{made.key}.lock"} == {made.key}


def test_it_is_made_once(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(repository)
    monkeypatch.setattr(processes, "start", None)
    assert make(repository) == made
    assert make(repository, files={**FILES, "README.md": b"other"}) == made


def test_it_is_made_once_also_by_several_at_a_time(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = environments._make

    def counted(*arguments: Any) -> None:
        calls.append(arguments)
        original(*arguments)

    monkeypatch.setattr(environments, "_make", counted)
    threads = [threading.Thread(target=make, args=(repository,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_its_identity_is_its_content() -> None:
    key = environments.key(COMMANDS, FILES)
    assert environments.key(COMMANDS, dict(reversed(FILES.items()))) == key
    assert environments.key(COMMANDS, {**FILES, "README.md": b"other"}) == key
    assert environments.key(COMMANDS, {**FILES, "requirements.txt": b"x"}) != key
    assert environments.key((*COMMANDS, *COMMANDS), FILES) != key


def test_an_environment_that_was_half_made_is_made_anew(repository: Repository) -> None:
    made = make(repository)
    (made.folder / ".course-ready").unlink()
    (made.folder / "left.txt").touch()
    assert make(repository) == made
    assert not (made.folder / "left.txt").exists()


def test_a_command_that_fails_leaves_nothing(repository: Repository) -> None:
    bad = (Command.parse("python -c 'raise SystemExit(\"no such package\")'"),)
    with pytest.raises(CourseError, match="`python -c .*` failed.") as caught:
        make(repository, bad, {})
    assert "course lock" in caught.value.remedy
    left = {path.suffix for path in (repository.state / "environments").iterdir()}
    assert left <= {".lock"}
    assert "no such package" in (repository.root / "logs" / "log").read_text(encoding="utf-8")


def test_the_index_is_asked_only_when_the_cache_lacks_something(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def variables() -> dict[str, str]:
        asked.append(1)
        return {"UV_DEFAULT_INDEX": "an index"}

    monkeypatch.setattr(package_index, "variables", variables)
    make(repository)
    assert not asked
    code = (
        "import os, sys; print(os.environ.get('UV_DEFAULT_INDEX'));"
        " sys.exit('UV_OFFLINE' in os.environ)"
    )
    make(repository, (Command.parse(f'python -c "{code}"'),), {})
    assert asked
    log = (repository.root / "logs" / "log").read_text(encoding="utf-8")
    assert "\nNone\n" in log
    assert log.endswith("\nan index\n")


def test_a_program_that_is_not_installed_is_named(repository: Repository) -> None:
    with pytest.raises(CourseError, match="cannot start no-such-installer"):
        make(repository, (Command.parse("no-such-installer --all"),), {})


def test_waiting_for_another_run_ends_when_the_program_is_stopped(repository: Repository) -> None:
    name = environments.key(COMMANDS, FILES)
    folder = repository.state_folder("environments")
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            make(repository)
        except BaseException as error:
            caught.append(error)

    with FileLock(str(folder / f"{name}.lock")):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        processes.end_all()
        thread.join(30)
    assert [type(error) for error in caught] == [processes.Interrupted]


def test_stray_variables_do_not_reach_a_snapshot(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stray = tmp_path / "other-venv"
    inside = stray / ("Scripts" if os.name == "nt" else "bin")
    for name in ("PYTHONPATH", "DJANGO_SETTINGS_MODULE", "UV_PYTHON", "SECRET_KEY", "GIT_DIR"):
        monkeypatch.setenv(name, "stray")
    monkeypatch.setenv("VIRTUAL_ENV", str(stray))
    path = [str(inside), str(tool_programs()), str(tmp_path)]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    made = Environment(tmp_path / "env", "key")
    found = environments.variables(repository, made)
    assert "stray" not in found.values()
    assert found["VIRTUAL_ENV"] == str(made.folder)
    own = [str(made.programs), str(repository.state / "bin")]
    kept = path[2:] if sys.prefix != sys.base_prefix else path[1:]
    assert found["PATH"].split(os.pathsep) == own + kept
    assert {p.name for p in (repository.state / "bin").iterdir()} >= {"uv"}


def test_a_person_without_a_path_gets_the_default_one(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PATH")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    found = environments.variables(repository, Environment(tmp_path, "key"))
    assert found["PATH"].endswith(os.pathsep + os.defpath)


def test_a_tool_outside_of_an_environment_keeps_its_folder_on_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("PATH", str(tool_programs()))
    assert environments.clean_variables()["PATH"] == str(tool_programs())


def test_the_tools_own_programs_are_linked_anew_when_they_move(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = environments._tool_links(repository)
    first = os.readlink(folder / "uv")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "uv").symlink_to(first)
    monkeypatch.setattr(environments, "tool_programs", lambda: elsewhere)
    environments._tool_links(repository)
    assert os.readlink(folder / "uv") == str(elsewhere / "uv")
