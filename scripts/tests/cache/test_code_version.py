"""What a module reaches is found in its source; a memory forgets when that changes, not else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.small_course import SCRIPTS, SmallCourse, make

from course.cache import check_results, code_version


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package in which ``root`` reaches some modules and not others."""
    folder = tmp_path / "tool"
    files = {
        "__init__.py": "",
        "root.py": "import os\nimport tool.one\nfrom tool import two, NAME\n",
        "one.py": "def a():\n    from tool.part import three\n    from tool.part.four import x\n",
        "two.py": 'SCRIPT = "script.js"\nDATA = "data"\nTEXT = "no file"\nPART = "part"\n',
        "script.js": "1",
        "data/a.txt": "a",
        "data/b/c.txt": "c",
        "part/__init__.py": "",
        "part/three.py": "from . import five\nfrom .. import six\nfrom ..seven import y\n",
        "part/four.py": 'import importlib\nimportlib.import_module("tool.eight")\n',
        "part/five.py": "from .nine import z\n",
        "part/nine.py": "",
        "part/alone.py": "import tool.ten\n",
        "six.py": 'import importlib\nprint("__main__.py")\n',
        "seven.py": "",
        "eight.py": "",
        "ten.py": "",
        "other.js": "2",
        "__main__.py": "import tool.ten\n",
        "cli.py": "import importlib\nimportlib.import_module(verb)\nimport tool.seven\n",
        "computed.py": "__import__(name)\n",
        "empty.py": "import runpy\nrunpy.run_path()\n",
        "named.py": "(lambda: 1)()\nimport_module('os')\n",
        "data/__pycache__/a.pyc": "",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def names(package: Path, *modules: str) -> set[str]:
    return {
        p.relative_to(package).as_posix() for p in code_version.reached(*modules, package=package)
    }


def test_what_is_reached(package: Path) -> None:
    inner = {"__init__", "three", "four", "five", "nine"}
    outer = {"__init__", "root", "one", "two", "six", "seven", "eight"}
    modules = {f"part/{name}.py" for name in inner} | {f"{name}.py" for name in outer}
    assert names(package, "tool.root") == modules | {"script.js", "data/a.txt", "data/b/c.txt"}
    assert names(package, "tool.cli", "tool.ten") == {
        *("__init__.py", "cli.py", "ten.py", "seven.py")
    }
    assert names(package, "tool.part") == {"__init__.py", "part/__init__.py"}
    assert names(package, "tool.named") == {"__init__.py", "named.py"}


@pytest.mark.parametrize("name", ["computed", "empty"])
def test_a_computed_name_is_refused(package: Path, name: str) -> None:
    with pytest.raises(code_version.Unknowable, match=f"{name}.py:[12] imports by a name"):
        code_version.reached(f"tool.{name}", package=package)


def test_no_such_module(package: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="has no module other.thing"):
        code_version.reached("other.thing", package=package)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("part/nine.py", False),
        ("script.js", False),
        ("data/b/c.txt", False),
        ("__init__.py", False),
        ("part/alone.py", True),
        ("ten.py", True),
        ("other.js", True),
    ],
)
def test_a_change_counts_where_it_is_reached(package: Path, name: str, known: bool) -> None:
    before = code_version.version_in(package, "tool.root")
    (package / name).write_text("# changed\n")
    assert (code_version.version_in(package, "tool.root") == before) is known


REMEMBERING = {
    "course.verify.plan": ("verify/checks.py", "audit/sitecustomize.py", "docs/views/diff.py"),
    "course.docs.consoles.check": (
        "docs/consoles/terminal.py",
        "docs/consoles/verified_answers.py",
        "docs/views/diff.py",
    ),
    "course.play.mistake_check": ("play/diagnosis.py", "verify/checks.py", "docs/publish/book.py"),
}


@pytest.mark.parametrize("module", REMEMBERING)
def test_each_memory_reaches_what_it_runs_and_not_the_rest(module: str) -> None:
    found = names(code_version.PACKAGE, module)
    *inside, outside = REMEMBERING[module]
    assert found >= {*inside, "cache/code_version.py", "processes.py"}
    assert outside not in found
    assert "doctor.py" not in found


def test_what_the_checks_load_is_reached(tmp_path: Path) -> None:
    course: SmallCourse = make(tmp_path / "course", steps=2, final=False)
    code = (
        "import sys\nfrom course.repository import Repository\nfrom course.chain import Chain\n"
        "from course.cache.check_results import Memory\nfrom course.verify.plan import Plan\n"
        "from course.workspace import Workspace\nfrom pathlib import Path\n"
        "chain = Chain(Repository(Path(sys.argv[1])))\n"
        "with Workspace() as space:\n"
        "    plan = Plan(chain, list(chain), space)\n"
        "    found = plan.run(Memory(chain.repository), 2, lambda _: None)\n"
        "assert {outcome.state for outcome in found} == {'passed'}, found\n"
        "found = [m.__file__ for n, m in list(sys.modules.items()) if n.startswith('course.')]\n"
        "print(*found, sep='\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(course.root)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    loaded = {Path(name) for name in done.stdout.splitlines()}
    assert code_version.PACKAGE / "verify/checks.py" in loaded
    assert loaded <= set(code_version.reached(check_results.CHECKS))
