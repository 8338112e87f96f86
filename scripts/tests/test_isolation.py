"""What is meant for another project's Python stops no program of the course."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SCRIPTS, SmallCourse

from course import entry, isolation
from course.repository import tool_command

POSIX = os.name == "posix"
# What another project may have, and what the standard library has: each ends who imports it.
OTHERS = ("click", "rich", "typing", "subprocess", "re", "sitecustomize")


@pytest.fixture
def stray(tmp_path: Path) -> dict[str, str]:
    """Variables for another project's Python, whose libraries end any program that imports them."""
    folder = tmp_path / "another project"
    folder.mkdir()
    for name in OTHERS:
        text = f"raise SystemExit('{name} of another project')\n"
        # Python itself imports this one, and passes over its end.
        text = "import warnings\nwarnings.warn('odd')\n" if name == "sitecustomize" else text
        (folder / f"{name}.py").write_text(text)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {"PYTHONPATH": str(folder), "PYTHONWARNINGS": "error"}


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return small_course.make(tmp_path, steps=1)


@pytest.mark.parametrize("how", ["isolated", "by its path", "as an installer starts it"])
def test_each_way_to_start_the_tool_passes_over_them(
    course: SmallCourse, stray: dict[str, str], tmp_path: Path, how: str
) -> None:
    command = tool_command()
    if how == "by its path":
        command = [command[0], command[-1]]
    elif how == "as an installer starts it":
        program = tmp_path / "bin" / "course"
        program.parent.mkdir()
        program.write_text(
            f"import sys\nsys.path.append({str(SCRIPTS)!r})\n"
            "from course.entry import main\nsys.exit(main())\n"
        )
        command = [command[0], str(program)]
    done = subprocess.run(
        [*command, "list"], cwd=course.root, env=stray, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert "01-greeting" in done.stdout and "Traceback" not in done.stderr


def test_the_other_variables_hold_and_the_arguments_arrive(
    tmp_path: Path, stray: dict[str, str]
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        f"import sys\nsys.path.insert(0, {str(SCRIPTS)!r})\n"
        "from course import isolation\nisolation.ensure(__file__)\n"
        "import os\n"
        "print(sys.flags.utf8_mode, sys.dont_write_bytecode, sys.pycache_prefix, sys.argv[1:])\n"
        "print([n for n in os.environ if n.startswith('PYTHON')], isolation.passed_over())\n"
    )
    env = stray | {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/x"}
    done = subprocess.run(
        [sys.executable, str(program), "a b", ""],
        env=env,
        capture_output=True,
        encoding="utf-8",
    )
    first, second = done.stdout.splitlines()
    assert first == "1 True /x ['a b', '']"
    names, passed = second.split("] [")
    assert "PYTHONPATH" not in names and "PYTHONUTF8" in names
    assert passed == "'PYTHONPATH', 'PYTHONWARNINGS']"


@pytest.mark.skipif(not POSIX, reason="Windows starts the program as a child")
def test_a_program_starts_again_in_isolation_with_what_the_harmless_variables_ask_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, words: started.append(words))
    monkeypatch.setattr(sys, "argv", ["program", "list"])
    for name in isolation._HARMLESS:
        monkeypatch.delenv(name, raising=False)
    isolation.ensure("/program")
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    isolation.ensure("/program")
    monkeypatch.setenv("PYTHONUTF8", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "/x")
    isolation.ensure("/program")
    more = ["-I", "-X", "utf8", "-u", "-B", "-X", "pycache_prefix=/x"]
    assert started == [
        [sys.executable, "-I", "/program", "list"],
        [sys.executable, "-I", "-u", "/program", "list"],
        [sys.executable, *more, "/program", "list"],
    ]


@pytest.mark.skipif(not POSIX, reason="Windows starts the program as a child")
def test_the_program_that_an_installer_makes_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def execv(path: str, words: list[str]) -> None:
        started.append(words)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr(sys, "argv", ["/any/bin/course", "list"])
    with pytest.raises(KeyboardInterrupt):
        entry.main()
    assert started[0][-2:] == [tool_command()[-1], "list"]


def test_in_isolation_the_children_get_none_of_them_and_the_doctor_knows_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = {"PYTHONPATH": "/other", "PYTHONUTF8": "1", "COURSE_PASSED_OVER": "PYTHONHOME"}
    monkeypatch.setattr(os, "environ", environment)
    monkeypatch.setattr(sys, "flags", type("Flags", (), {"isolated": 1}))
    isolation.ensure("/program")
    assert environment == {"PYTHONUTF8": "1", "COURSE_PASSED_OVER": "PYTHONHOME PYTHONPATH"}
    assert isolation.passed_over() == ["PYTHONHOME", "PYTHONPATH"]


def test_what_only_looks_like_a_variable_of_pythons_stays() -> None:
    kept = {"PYTHON": "python3.12", "PYTHON_VERSION": "3.12.1", "PATH": "/bin", "PYTHONUTF8": "1"}
    assert isolation.clean({**kept, "PYTHONHOME": "/x", "PYTHONSTARTUP": "/y"}) == kept


def test_a_python_without_the_tools_libraries_is_told_what_to_call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> None:
        raise ModuleNotFoundError("No module named 'click'", name="click")

    monkeypatch.setattr(sys, "argv", ["x", "list"])
    monkeypatch.setattr(entry, "_load", missing)
    with pytest.raises(SystemExit) as caught:
        entry.main()
    assert caught.value.code == 1
    assert capsys.readouterr().err == (
        f"error: {sys.executable} does not have click, which the tool needs.\n"
        f"  -> {sys.executable} scripts/bootstrap.py list\n"
    )


@pytest.mark.parametrize("name", ["course.no_such", "curses", None])
def test_a_fault_of_the_tool_is_not_taken_for_a_missing_library(
    monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    def missing() -> None:
        raise ModuleNotFoundError("No such module", name=name)

    monkeypatch.setattr(entry, "_load", missing)
    with pytest.raises(ModuleNotFoundError):
        entry.main()


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_every_target_of_the_makefile_passes_over_them_and_the_doctor_names_them(
    stray: dict[str, str], tmp_path: Path
) -> None:
    root = SCRIPTS.parent
    code = "import os; print([n for n in os.environ if n.startswith('PYTHON') and n != 'PYTHON']);"
    code += " print(os.environ['COURSE_PASSED_OVER'])"
    stand_in = tmp_path / "python"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -c "{code}"\n')
    stand_in.chmod(0o755)
    done = subprocess.run(
        ["make", "-f", str(root / "Makefile"), f"PYTHON={stand_in}", "setup"],
        cwd=tmp_path,
        env=stray,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stdout == "[]\nPYTHONPATH PYTHONWARNINGS\n", done.stderr


def test_every_bench_starts_again_in_isolation() -> None:
    """None is imported before: the first lines are compared, for a bench runs for minutes."""
    guard = (
        'import os\nimport sys\n\nif __name__ == "__main__" and not sys.flags.isolated:\n'
        "    # Again, without what PYTHONPATH and the like would bring; nothing else is imported"
        " yet.\n    os.execv("
    )
    benches = [path for path in (SCRIPTS / "bench").iterdir() if path.is_file()]
    assert benches
    for path in benches:
        text = path.read_text(encoding="utf-8")
        before, found, _ = text.partition(guard)
        assert found, path
        imports = [line for line in before.splitlines() if line.startswith(("import ", "from "))]
        assert imports == ["from __future__ import annotations"], path
