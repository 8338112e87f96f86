"""A machine with Python and git alone gets the tool's environment, or a line that says why not."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest
from tests.small_course import SCRIPTS

POSIX = os.name == "posix"
SOURCE = SCRIPTS / "bootstrap.py"
# Every line but the last of a pinned package ends with a backslash.
PINS = (
    "uv-other==9 \\\n    --hash=sha256:00\n"
    "uv==1.2 ; python_version >= '3.11' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    "zip==3 \\\n    --hash=sha256:cc\n"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout in a folder with a blank and another letter in its name."""
    folder = tmp_path / "my köln"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(SOURCE, folder / "scripts")
    (folder / "requirements_dev.txt").write_text(PINS)
    (folder / "pyproject.toml").write_text("[project]\n")
    return folder


@pytest.fixture
def module(place: Path) -> ModuleType:
    spec = util.spec_from_file_location("bootstrap_under_test", place / "scripts/bootstrap.py")
    assert spec is not None and spec.loader is not None
    loaded = util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def made(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the environment was made, by something that only makes its folder."""
    times: list[str] = []

    def make() -> None:
        shutil.rmtree(module.VENV, ignore_errors=True)
        os.makedirs(module.VENV)
        times.append("made")

    monkeypatch.setattr(module, "make", make)
    return times


def stopped(call: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as caught:
        call()
    assert caught.value.code == 1
    return capsys.readouterr().err


def test_it_can_be_read_by_a_python_that_is_too_old() -> None:
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_a_python_that_is_too_old_is_told_so(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 10, "final", 0))
    said = stopped(lambda: module.main([]), capsys)
    assert said == (
        "error: This is Python 3.8; the course needs 3.11 or later.\n"
        "  -> Install a newer one; then, for example: make PYTHON=python3.12 start\n"
    )


def test_an_old_python_that_is_here_says_it_too(place: Path) -> None:
    names = [f"python3.{minor}" for minor in range(6, 11)]
    found = [path for name in names if (path := shutil.which(name))]
    for path in found:
        asked = subprocess.run(
            [path, str(place / "scripts/bootstrap.py")],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if "pyenv: " in asked.stderr:  # A stand-in for a Python that is not there.
            continue
        assert asked.returncode == 1 and "the course needs 3.11 or later" in asked.stderr


def test_the_environment_is_made_once_and_anew_only_if_something_changed(
    module: ModuleType, made: list[str], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module.main([])
    module.main([])
    assert len(made) == 1
    (place / "requirements_dev.txt").write_text(PINS + "more==1\n")
    module.main([])
    (place / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    module.main([])
    monkeypatch.setattr(sys, "version", "3.99")
    module.main([])
    assert len(made) == 4
    shutil.rmtree(module.VENV)
    module.main([])
    module.main([])
    assert len(made) == 5


def test_its_own_environment_being_active_is_no_reason_to_make_it_anew(
    module: ModuleType, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module.main([])
    monkeypatch.setattr(sys, "executable", os.path.join(module.PROGRAMS, "python"))
    module.main([])
    assert len(made) == 1
    assert not module.PYTHON.startswith(module.VENV)


def test_what_was_interrupted_is_made_again(
    module: ModuleType,
    made: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = module.make

    def stop() -> None:
        whole()
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "make", stop)
    with pytest.raises(SystemExit) as caught:
        module.main([])
    assert caught.value.code == 130 and capsys.readouterr().err == "stopped\n"
    monkeypatch.setattr(module, "make", whole)
    module.main([])
    assert len(made) == 2


def test_a_process_that_waited_for_another_does_not_make_it_a_second_time(
    module: ModuleType, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = module.alone

    @contextmanager
    def other_first() -> Iterator[None]:
        with turn():
            module.make()
            Path(module.STAMP).write_text(module.identity())
            yield

    monkeypatch.setattr(module, "alone", other_first)
    module.main([])
    assert len(made) == 1


def test_a_disk_that_takes_nothing_is_said(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "make", full)
    said = stopped(lambda: module.main([]), capsys)
    assert said.startswith(f"error: {module.ROOT}: No space left on device\n  -> Is there space")


def test_a_file_that_is_missing_comes_with_the_command_that_brings_it_back(
    module: ModuleType, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "pyproject.toml").unlink()
    assert "git checkout -- pyproject.toml" in stopped(module.identity, capsys)


def test_the_pin_of_a_package_is_taken_with_all_its_hashes(module: ModuleType) -> None:
    assert module.pinned("uv") == (
        "uv==1.2 ; python_version >= '3.11' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )


def test_a_package_that_is_not_pinned_is_said(
    module: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "does not pin pip" in stopped(lambda: module.pinned("pip"), capsys)


def test_settings_of_another_project_do_not_reach_it(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in module.STRAY:
        monkeypatch.setenv(name, "stray")
    monkeypatch.setenv("KEPT", "yes")
    clean = module.clean_environment()
    assert not set(module.STRAY) & set(clean) and clean["KEPT"] == "yes"
    assert {"VIRTUAL_ENV", "PYTHONPATH", "UV_PYTHON"} <= set(module.STRAY)


def test_without_git_nothing_is_made(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert "git is not installed" in stopped(module.make, capsys)
    assert not os.path.exists(module.VENV)


def test_without_the_venv_module_the_package_that_holds_it_is_named(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "PYTHON", _python_without_venv(Path(module.ROOT)))
    said = stopped(module.make, capsys)
    version = "%d.%d" % sys.version_info[:2]
    assert "No module named venv" in said and f"sudo apt install python{version}-venv" in said
    assert not os.path.exists(module.VENV)


def _python_without_venv(folder: Path) -> str:
    if not POSIX:  # pragma: no cover (windows)
        pytest.skip("the stand-in is a script")
    file = folder / "python-without-venv"
    file.write_text("#!/bin/sh\necho 'No module named venv'\nexit 1\n")
    file.chmod(0o755)
    return str(file)


def test_a_program_that_fails_is_quoted(
    module: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [sys.executable, "-c", "raise SystemExit('no network')"]
    said = stopped(lambda: module.run(words, "Installing"), capsys)
    assert said.startswith("no network") and "error: Installing failed." in said


def test_the_index_that_pip_is_told_of_is_told_to_uv(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://" + "index.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", address)
    assert module.package_index(sys.executable) == address
    monkeypatch.setattr(module, "package_index", lambda _: address)
    told: list[dict[str, str]] = []
    monkeypatch.setattr(module, "make_empty", lambda: None)
    monkeypatch.setattr(module, "install_uv", lambda _: None)
    monkeypatch.setattr(module, "run", lambda words, what, env=None: told.append(env))
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    module.make()
    assert [env["UV_DEFAULT_INDEX"] for env in told] == [address] * 2
    monkeypatch.setattr(module, "package_index", lambda _: "")
    module.make()
    assert "UV_DEFAULT_INDEX" not in told[-1]


@pytest.mark.skipif(not POSIX, reason="Windows starts the program as a child")
def test_a_verb_is_handed_over_to_the_course(
    module: ModuleType, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "stray")
    handed: list[tuple[str, list[str], bool]] = []
    monkeypatch.setattr(
        os,
        "execve",
        lambda path, words, env: handed.append((path, words[1:], "PYTHONPATH" in env)),
    )
    module.main(["list", "--x"])
    assert handed == [(os.path.join(module.PROGRAMS, "course"), ["list", "--x"], False)]


def test_a_real_environment_is_made_in_a_folder_with_any_name(place: Path) -> None:
    """Slow (about ten seconds): everything that requirements_dev.txt pins, into a new folder."""
    root = SCRIPTS.parent
    for name in ("pyproject.toml", "requirements_dev.txt"):
        shutil.copy(root / name, place)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "scripts/course", place / "scripts/course", ignore=ignored)
    stray = {"VIRTUAL_ENV": "/no", "PYTHONPATH": "/no", "UV_PYTHON": "3.0", "PIP_USER": "1"}
    command = [sys.executable, str(place / "scripts/bootstrap.py"), "--version"]

    def call() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=place.parent,
            env={**os.environ, **stray},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    done = call()
    if done.returncode and "is the network there?" in done.stderr:
        pytest.skip(f"NOT RUN: without a network nothing can be installed: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("course ")
    assert "Setting up the course's tools, once, in .venv" in done.stderr
    again = call()
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == done.stdout


# -- a bundle of packages, without a network


def test_packages_come_from_the_bundle_first(
    module: ModuleType,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("COURSE_BUNDLE", raising=False)
    assert module.bundle() == ""
    folder = place / ".course" / "bundle"
    folder.mkdir(parents=True)
    assert module.bundle() == folder.absolute().as_uri()
    other = place / "a, b"
    other.mkdir()
    monkeypatch.setenv("COURSE_BUNDLE", str(other))
    assert module.bundle().endswith("a%2C%20b")
    out = place / "out.txt"
    code = (
        "import os, sys; told = os.environ.get('UV_OFFLINE', 'online');"
        "open({!r}, 'a').write(told + '\\n'); sys.exit({})"
    )
    module.fetch([sys.executable, "-c", code.format(str(out), 0)], "Installing")
    assert out.read_text() == "1\n"
    # What the bundle lacks is asked of the network.
    lacking = code.format(str(out), "told == '1'")
    module.fetch([sys.executable, "-c", lacking], "Installing", dict(os.environ))
    assert out.read_text() == "1\n1\nonline\n"
    assert "not all of it is in the bundle" in capfd.readouterr().err
