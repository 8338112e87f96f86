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

from course import processes
from course.catalogue import Command
from course.errors import CourseError
from course.install import environments, package_index
from course.install.environments import Environment
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

    def counted(*arguments: Any, **named: Any) -> None:
        calls.append(arguments)
        original(*arguments, **named)

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


def test_an_environment_that_was_moved_is_made_anew(repository: Repository, tmp_path: Path) -> None:
    make(repository)
    refilled = repository.root / "playground" / ".venv"
    log = repository.root / "logs" / "log"
    environments.refill(repository, refilled, COMMANDS, FILES, log)
    (refilled / "kept.txt").touch()
    environments.refill(repository, refilled, COMMANDS, FILES, log)
    assert (refilled / "kept.txt").exists()
    other = Repository(tmp_path.resolve() / "moved")
    other.root.mkdir()
    for name in (".course", "playground"):
        (repository.root / name).rename(other.root / name)
    made = make(other)
    (made.folder / "kept.txt").touch()
    assert make(other) == made and (made.folder / "kept.txt").exists()
    moved = environments.refill(
        other, other.root / "playground" / ".venv", COMMANDS, FILES, other.root / "log"
    )
    assert not (moved.folder / "kept.txt").exists()
    for environment in (made, moved):
        text = (environment.programs / "activate").read_text(encoding="utf-8")
        assert str(environment.folder) in text


def test_a_command_that_fails_leaves_nothing(repository: Repository) -> None:
    bad = (Command.parse("python -c 'raise SystemExit(\"no such package\")'"),)
    with pytest.raises(CourseError, match="`python -c .*` failed.") as caught:
        make(repository, bad, {})
    assert "course lock" in caught.value.remedy
    left = {path.suffix for path in (repository.state / "environments").iterdir()}
    assert left <= {".lock"}
    assert "no such package" in (repository.root / "logs" / "log").read_text(encoding="utf-8")


# What the machine is to blame for, as uv and pip say it; and what the lock is.
FULL = "error: failed to write to file: No space left on device (os error 28)"
FULL_WINDOWS = "error: There is not enough space on the disk. (os error 112)"
OFFLINE = (
    "error: Request failed after 3 retries\n"
    "  cause: error sending request for url (https://h/simple/six/)\n"
    "  cause: dns error\n  cause: failed to lookup address information: Name or service not known"
)
REFUSED = "  cause: client error (Connect)\n  cause: tcp connect error\n  cause: Connection refused"
PIP_OFFLINE = (
    "WARNING: Retrying after connection broken by 'NewConnectionError(Failed to establish a new"
    " connection: [Errno 101] Network is unreachable)': /simple/six/"
)
CERTIFICATE = "  cause: client error (Connect)\n  cause: invalid peer certificate: UnknownIssuer"
WRONG_HASH = PIP_OFFLINE + "\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE."
# What uv says when it is kept from the index: so ends every first try that lacks a package.
KEPT_OFFLINE = "Network connectivity is disabled: Connection refused"


IN_A_STEP = "a lock is regenerated by: course lock"
IN_THE_PLAYGROUND = "then run the same command again, or: course reset"


@pytest.mark.parametrize(
    ("said", "in_a_step", "in_the_playground"),
    [
        (FULL, *["Free some space, then run the same command again."] * 2),
        (FULL_WINDOWS, *["Free some space, then run the same command again."] * 2),
        (OFFLINE, *["Connect to the network, or correct the index"] * 2),
        (REFUSED, *["Connect to the network, then run the same command again."] * 2),
        (PIP_OFFLINE, *["Connect to the network, then run the same command again."] * 2),
        (CERTIFICATE, *["pip config set global.cert"] * 2),
        (WRONG_HASH, IN_A_STEP, IN_THE_PLAYGROUND),
        ("error: no such package", IN_A_STEP, IN_THE_PLAYGROUND),
    ],
)
def test_the_remedy_fits_what_made_it_fail_and_where(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    in_a_step: str,
    in_the_playground: str,
) -> None:
    monkeypatch.setattr(package_index, "variables", dict)
    log = repository.root / "logs" / "log"
    code = f"sys.exit({KEPT_OFFLINE!r} if 'UV_OFFLINE' in os.environ else {said!r})"
    files = {"fail.py": f"import os, sys\n{code}\n".encode()}
    commands = (Command.parse("python fail.py"),)
    with pytest.raises(CourseError) as caught:
        environments.ensure(repository, commands, files, log)
    assert in_a_step in caught.value.remedy
    with pytest.raises(CourseError) as caught:
        environments.refill(repository, repository.root / ".venv", commands, files, log)
    assert in_the_playground in caught.value.remedy
    assert "course lock" not in caught.value.remedy
    if in_the_playground != IN_THE_PLAYGROUND:
        assert "`python fail.py` failed: " in caught.value.problem
    else:
        assert f"Read {log}; " in caught.value.remedy


@pytest.mark.parametrize("kind", ["a broken link", "a link to a folder", "a file", "nothing"])
def test_what_is_no_folder_makes_room_for_an_environment(
    repository: Repository, tmp_path: Path, kind: str
) -> None:
    folder = repository.root / ".venv"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept.txt").touch()
    if kind == "a broken link":
        folder.symlink_to("nowhere")
    elif kind == "a link to a folder":
        folder.symlink_to(elsewhere)
    elif kind == "a file":
        folder.write_text("my-environment\n")
    log = repository.root / "logs" / "log"
    made = environments.refill(repository, folder, COMMANDS, FILES, log)
    assert (made.programs / "python").exists() and not folder.is_symlink()
    assert [path.name for path in elsewhere.iterdir()] == ["kept.txt"]


def test_what_is_no_folder_makes_room_for_the_environment_of_a_step(
    repository: Repository,
) -> None:
    name = environments.key(COMMANDS, FILES)
    (repository.state_folder("environments") / name).symlink_to("nowhere")
    assert (make(repository).programs / "python").exists()


def test_a_link_to_an_environment_that_works_is_kept(
    repository: Repository, tmp_path: Path
) -> None:
    log = repository.root / "logs" / "log"
    environments.refill(repository, tmp_path / "elsewhere", COMMANDS, FILES, log)
    folder = repository.root / ".venv"
    folder.symlink_to(tmp_path / "elsewhere")
    environments.refill(repository, folder, COMMANDS, FILES, log)
    assert folder.is_symlink()


def test_a_folder_that_is_no_environment_is_not_emptied_but_named(
    repository: Repository,
) -> None:
    folder = repository.root / ".venv"
    folder.mkdir()
    (folder / "mine.txt").touch()
    with pytest.raises(CourseError) as caught:
        environments.refill(repository, folder, COMMANDS, FILES, repository.root / "log")
    assert f"Take {folder} away" in caught.value.remedy
    assert (folder / "mine.txt").exists()


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


def test_what_pip_is_told_about_where_to_install_does_not_reach_a_step(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nuser = true\ncert = /own.pem\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("PIP_TARGET", "elsewhere")
    monkeypatch.delenv("PIP_CERT", raising=False)
    code = (
        "import os; print([os.environ.get('PIP_' + n) for n in ('CONFIG_FILE', 'TARGET', 'CERT')])"
    )
    make(repository, (Command.parse(f'python -c "{code}"'),), {})
    log = (repository.root / "logs" / "log").read_text(encoding="utf-8")
    assert log.endswith(f"{[os.devnull, None, '/own.pem']}\n")


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
