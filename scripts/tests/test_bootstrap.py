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
# What it needs of the tool before anything is installed.
PARTS = [
    SCRIPTS / "course" / name
    for name in (
        "__init__.py",
        "install/__init__.py",
        "install/failure_causes.py",
        "install/machine_checks.py",
        "install/pip_call.py",
        "install/pip_settings.py",
        "isolation.py",
    )
]
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
    (folder / "scripts/course/install").mkdir(parents=True)
    shutil.copy(SOURCE, folder / "scripts")
    for part in PARTS:
        shutil.copy(part, folder / part.relative_to(SCRIPTS.parent))
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


@pytest.mark.parametrize("path", [SOURCE, *PARTS], ids=lambda path: str(path.name))
def test_it_can_be_read_by_a_python_that_is_too_old(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
    assert "from __future__ import annotations" not in path.read_text(encoding="utf-8")


def test_the_standard_library_is_enough_for_it(place: Path) -> None:
    """-S: without the packages that are installed; the parts are all that was copied."""
    code = f"import runpy; runpy.run_path({str(place / 'scripts/bootstrap.py')!r}); print('read')"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("read\n", "")


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
    stray = [*module.STRAY, "PYTHONPATH", "PYTHONWARNINGS", "PYTHONHOME"]
    for name in stray:
        monkeypatch.setenv(name, "stray")
    monkeypatch.setenv("KEPT", "yes")
    clean = module.clean_environment()
    assert not set(stray) & set(clean) and clean["KEPT"] == "yes"
    assert {"VIRTUAL_ENV", "UV_PYTHON"} <= set(module.STRAY)


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


def test_a_failure_names_the_cause_that_the_installer_names(
    module: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = "  cause: invalid peer certificate: UnknownIssuer"
    words = [sys.executable, "-c", f"raise SystemExit({printed!r})"]
    said = stopped(lambda: module.run(words, "Installing the tools"), capsys)
    assert said.startswith(printed + "\nerror: Installing the tools failed. The certificate of")
    assert "  -> Ask your administrator" in said and "pip config set global.cert" in said
    # What nobody knows is read, and looked into.
    unknown = stopped(lambda: module.failed("", "Installing"), capsys)
    assert unknown == "error: Installing failed.\n  -> Read the lines above; then: make doctor\n"


@pytest.fixture
def told(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The environments that uv is called with while the environment is made."""
    found: list[dict[str, str]] = []
    monkeypatch.setattr(module, "make_empty", lambda: os.makedirs(module.PROGRAMS, exist_ok=True))
    monkeypatch.setattr(module, "install_uv", lambda _: None)
    monkeypatch.setattr(module, "run", lambda words, what, env=None: found.append(env))
    for name in ("UV_DEFAULT_INDEX", "PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE", "PIP_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(Path(module.ROOT) / "pip.conf"))
    return found


def test_what_pip_is_told_of_its_index_is_told_to_uv(
    module: ModuleType, told: list[dict[str, str]], place: Path
) -> None:
    address = "https://" + "index.example/simple"
    (place / "pip.conf").write_text(
        f"[global]\nindex-url = {address}\ncert = /own.pem\nuser = true\n"
    )
    module.make()
    assert len(told) == 2
    for env in told:
        assert (env["UV_DEFAULT_INDEX"], env["SSL_CERT_FILE"]) == (address, "/own.pem")
        assert not [name for name in env if name.startswith("PIP_")]


@pytest.mark.skipif(not POSIX, reason="an installer writes a program on Windows")
def test_the_program_starts_python_in_isolation_from_any_folder(
    module: ModuleType, told: list[dict[str, str]], place: Path
) -> None:
    (place / "scripts/course/__main__.py").write_text(
        "import sys\nprint(sys.flags.isolated, sys.argv[1:])\n"
    )
    module.make()
    os.symlink(sys.executable, os.path.join(module.PROGRAMS, "python"))
    course = os.path.join(module.PROGRAMS, "course")
    done = subprocess.run([course, "a b", "$c"], capture_output=True, text=True)
    assert done.stdout == "1 ['a b', '$c']\n", done.stderr


@pytest.mark.skipif(not POSIX, reason="the stand-ins are scripts")
@pytest.mark.parametrize(
    ("printed", "fits"),
    [
        ("OSError: [Errno 28] No space left on device", "No space is left on the disk."),
        ("Error: something of Debian's", "Python's venv module does not work here."),
    ],
)
def test_an_environment_that_cannot_be_made_says_why(
    module: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    printed: str,
    fits: str,
) -> None:
    monkeypatch.setattr(module, "PYTHON", _script(Path(module.ROOT), printed))
    said = stopped(module.make_empty, capsys)
    assert printed in said and f"error: Making an environment failed. {fits}" in said
    assert not os.path.exists(module.VENV)


@pytest.mark.skipif(not POSIX, reason="the stand-ins are scripts")
def test_uv_is_installed_by_pip_and_a_failure_of_it_has_its_cause(
    module: ModuleType, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = place / "words"
    python = place / "pip-that-works"
    python.write_text('#!/bin/sh\necho "$@" > words\n')
    python.chmod(0o755)
    module.install_uv(str(python))
    assert log.read_text().startswith("-I -m pip install --no-input --require-hashes --no-deps -r ")
    printed = "ERROR: Can not perform a '--user' install."
    said = stopped(lambda: module.install_uv(_script(place, printed)), capsys)
    assert "Installing uv failed. pip is told to install for the user" in said
    # A bundle that is enough is all that is asked.
    log.unlink()
    (place / ".course/bundle").mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$PIP_NO_INDEX $UV_OFFLINE" >> words\n')
    module.install_uv(str(python))
    assert log.read_text() == "1 1\n"


def _script(folder: Path, printed: str) -> str:
    """A Python, or a pip, that prints a line and fails."""
    file = folder / "fails"
    file.write_text(f'#!/bin/sh\necho "{printed}"\nexit 1\n')
    file.chmod(0o755)
    return str(file)


# -- the doctor, before anything is installed


@pytest.fixture
def examined(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What `machine_checks.examine` finds; a test adds to it."""
    found: list[object] = []
    monkeypatch.setattr(module.machine_checks, "examine", lambda *_: found)
    return found


def test_the_doctor_works_before_anything_is_installed(
    module: ModuleType,
    made: list[str],
    examined: list[object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    finding = module.machine_checks.Finding
    examined.append(finding("index", "missing", "an authority", "pip config set …"))
    with pytest.raises(SystemExit) as caught:
        module.main(["doctor"])
    assert caught.value.code == 1 and made == []
    said = capsys.readouterr().out
    assert "ok       Python        " in said and "ok       git           " in said
    assert f"MISSING  index         an authority\n{'':22}  -> pip config set …\n" in said
    # What is no hindrance is none: the rest is made, and the whole doctor is called.
    examined[:] = [finding("x", "optional", "odd", "unset X")]
    handed: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda path, words, env: handed.append(words[3:]))
    module.main(["doctor"])
    assert "-        x             odd\n" in capsys.readouterr().out
    if POSIX:
        assert (handed, made) == ([["doctor"]], ["made"])
        # And where all is there, that one alone.
        module.main(["doctor"])
        assert (handed, capsys.readouterr().out) == ([["doctor"]] * 2, "")


def test_the_doctor_says_it_to_an_old_python_too(
    module: ModuleType,
    examined: list[object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 10, "final", 0))
    with pytest.raises(SystemExit):
        module.main(["doctor"])
    said = capsys.readouterr().out
    assert "MISSING  Python        3.8.10; 3.11 or later is needed\n" in said
    assert "make PYTHON=python3.12 doctor" in said


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
    words = ["-I", module.MAIN, "list", "--x"]
    assert handed == [(os.path.join(module.PROGRAMS, "python"), words, False)]


def test_a_real_environment_is_made_in_a_folder_with_any_name(place: Path) -> None:
    """Slow (about ten seconds): everything that requirements_dev.txt pins, into a new folder."""
    root = SCRIPTS.parent
    for name in ("pyproject.toml", "requirements_dev.txt"):
        shutil.copy(root / name, place)
    ignored = shutil.ignore_patterns("__pycache__")
    # An address would end at the #; and none of this is meant for the course.
    place = place.rename(place.with_name("my köln #1"))
    other = place.parent / "other"
    other.mkdir()
    for name in ("click", "typing", "re"):
        (other / f"{name}.py").write_text("raise SystemExit('of another project')\n")
    shutil.copytree(
        root / "scripts/course", place / "scripts/course", ignore=ignored, dirs_exist_ok=True
    )
    stray = {"VIRTUAL_ENV": "/no", "PYTHONPATH": str(other), "PYTHONWARNINGS": "error"}
    stray |= {"UV_PYTHON": "3.0", "PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "0"}
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
    if done.returncode and "The packages cannot be fetched" in done.stderr:
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
    words = [sys.executable, "-c", code.format(str(out), 0)]
    module.fetch(words, "Installing", dict(os.environ))
    assert out.read_text() == "1\n"
    # What the bundle lacks is asked of the network.
    lacking = code.format(str(out), "told == '1'")
    module.fetch([sys.executable, "-c", lacking], "Installing", dict(os.environ))
    assert out.read_text() == "1\n1\nonline\n"
    assert "not all of it is in the bundle" in capfd.readouterr().err
