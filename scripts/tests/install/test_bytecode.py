"""What was compiled in one environment is not compiled in another one that has the same files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.install import bytecode


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment with a package, whose modules were imported."""
    package = tmp_path / "first" / "lib" / "package"
    package.mkdir(parents=True)
    for name in ("__init__", "one", "two"):
        (package / f"{name}.py").write_text(f"NAME = {name!r}\n")
    _import(package, "import package.one, package.two")
    assert len(list(package.glob("__pycache__/*.pyc"))) == 3
    return tmp_path / "first"


def _import(package: Path, line: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-v", "-c", line],
        cwd=package.parent,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


def _copy(environment: Path) -> Path:
    target = environment.with_name("second")
    shutil.copytree(environment, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def test_equal_files_are_not_compiled_again(environment: Path) -> None:
    target = _copy(environment)
    assert bytecode.share(environment, target) == 3
    said = _import(target / "lib" / "package", "import package.one; print(package.one.__file__)")
    assert "# wrote" not in said
    assert f"{target}/lib/package/one.py" in said
    assert bytecode.share(environment, target) == 0


def test_a_file_with_another_time_size_or_place_is_compiled_by_python(environment: Path) -> None:
    target = _copy(environment)
    package = target / "lib" / "package"
    os.utime(package / "one.py", (1, 1))
    (package / "two.py").unlink()
    assert bytecode.share(environment, target) == 1
    assert [path.name.partition(".")[0] for path in package.glob("__pycache__/*")] == ["__init__"]


def test_what_another_tool_wrote_stays_where_it_is(environment: Path) -> None:
    caches = environment / "lib" / "package" / "__pycache__"
    shutil.copy2(next(caches.glob("one.*")), caches / "one.cpython-311-pytest-9.2.0.pyc")
    assert bytecode.share(environment, _copy(environment)) == 3


def test_it_is_copied_where_it_cannot_be_linked(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", refuse)
    target = _copy(environment)
    assert bytecode.share(environment, target) == 3
    monkeypatch.setattr(shutil, "copy2", refuse)
    shutil.rmtree(target / "lib" / "package" / "__pycache__")
    assert bytecode.share(environment, target) == 0


def test_an_environment_that_is_not_there_gives_nothing(environment: Path, tmp_path: Path) -> None:
    assert bytecode.share(tmp_path / "none", environment) == 0
    assert bytecode.share(environment, tmp_path / "none") == 0
