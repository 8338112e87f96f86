"""Small, made-up courses, without Django or any package, for the tests of the tool.

    course = small_course.make(tmp_path)          # three steps and final/, committed to git
    course.edit("02-notes", "notes.py", "text", "words")    # change a file of a step …
    course.write("02-notes", "tests/test_more.py", "…")     # … or make one
    course.delete("02-notes", "demo.py")
    course.set("02-notes", lint="python lint.py .")  # a command (or several) of a step …
    course.set("02-notes", timeout=1, holds={"tests.test_x.X.test_y": "why"})  # … a setting, a key
    course.set_all(serve=[])                      # … or a default for all steps
    chain = course.chain                          # read again at each call
    outcomes = course.verify("02-notes")          # in this process; all links without a name
    done = course.run("verify", "--json")         # `course …` as a program of its own, in the root

Each step is plain Python, tested by ``unittest``; its environment is an empty one, made in
milliseconds and without a network. What the steps are:

==============  ==============================================================================
01-greeting     ``greeting.py``, a server, a linter, a test; no database
02-notes        ``notes.py``: rows in SQLite, a migration, demo data
03-stars        a second migration, on a table that has rows
final           a declared copy of 03-stars (``final=False`` leaves it out)
==============  ==============================================================================

``make(tmp_path, steps=1)`` takes the first steps only, ``only=("test", "lint")`` gives the steps
these verbs alone (``env`` and ``install`` have no command anyway). Each edit is left uncommitted:
the tool takes the working copy as it stands. ``course.commit()`` commits everything. After
`course.edit` of the last numbered step, ``final/`` is made equal by `course.renew_copy`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import tomlkit

from course import copies, git
from course.cache.check_results import Memory
from course.catalogue import CommandTable
from course.chain import Chain, Link
from course.install.environments import base_python
from course.repository import CATALOGUE, Repository, tool_command
from course.verify.outcome import Outcome
from course.verify.plan import Plan, Task, at_once
from course.workspace import Workspace

SCRIPTS = Path(__file__).resolve().parent.parent
SLUGS = ("greeting", "notes", "stars")
# For the first line of a program, where no path may hold a blank: the interpreter below the tool's.
PYTHON = str(base_python())

VERBS = frozenset(CommandTable.model_fields)

COMMANDS: dict[str, str | list[str]] = {
    "check": "python check.py",
    "lint": "python lint.py",
    "test": "python -m unittest discover --verbose --start-directory tests -t .",
    "migrate": "python migrate.py",
    "demo": "python demo.py",
    "serve": "python server.py {host} {port}",
}

_LINT = '''"""Refuse lines that are too long or end in blanks."""
import pathlib
import sys

faults = 0
for path in sorted(pathlib.Path().rglob("*.py")):
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if len(line) > 79 or line != line.rstrip():
            print(f"{path.as_posix()}:{number}:80: E501 line too long")
            faults += 1
sys.exit(faults > 0)
'''

_CHECK = '''"""Look at the code without running it, and for a migration that is missing."""
import pathlib
import sqlite3
import sys

for path in sorted(pathlib.Path().rglob("*.py")):
    try:
        compile(path.read_text("utf-8"), str(path), "exec")
    except SyntaxError as error:
        sys.exit(f"{path}: SyntaxError: {error}")
if pathlib.Path("notes.py").exists():
    import notes

    database = sqlite3.connect(":memory:")
    for path in sorted(pathlib.Path("migrations").glob("*.sql")):
        database.executescript(path.read_text("utf-8"))
    made = [row[1] for row in database.execute("PRAGMA table_info(note)")]
    database.close()
    missing = set(notes.FIELDS) - set(made)
    if missing:
        sys.exit(f"error: no migration makes the column {min(missing)!r}")
'''

_SERVER = '''"""The greeting over HTTP."""
import http.server
import sys

from greeting import greet


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = greet("world").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    address = sys.argv[1], int(sys.argv[2])
    http.server.ThreadingHTTPServer(address, Handler).serve_forever()
'''

_GREETING = '''"""A greeting."""


def greet(name):
    return f"Hello, {name}!"
'''

_TEST_GREETING = """import unittest

from greeting import greet


class Greeting(unittest.TestCase):
    def test_names_whom_it_greets(self):
        self.assertEqual(greet("world"), "Hello, world!")
"""

_MIGRATE = '''"""Apply the migrations that the database has not seen."""
import pathlib
import sqlite3

database = sqlite3.connect("notes.sqlite3")
done = database.execute("PRAGMA user_version").fetchone()[0]
paths = sorted(pathlib.Path("migrations").glob("*.sql"))
for number, path in enumerate(paths, 1):
    if number > done:
        database.executescript(path.read_text("utf-8"))
        database.execute(f"PRAGMA user_version = {number}")
        print(f"applied {path.name}")
database.close()
'''

_DEMO = '''"""Put a row into the database."""
import sqlite3

database = sqlite3.connect("notes.sqlite3")
with database:
    database.execute("INSERT INTO note (text) VALUES ('bread')")
database.close()
'''

_NOTES = '''"""Notes in a database."""
FIELDS = ("id", "text")


def titled(text):
    return text.strip().title()
'''

_TEST_NOTES = """import unittest


class Notes(unittest.TestCase):
    def test_are_titled(self):
        import notes

        self.assertEqual(notes.titled(" bread "), "Bread")
"""

_NOTES_WITH_STARS = '''"""Notes in a database, with stars."""
FIELDS = ("id", "text", "stars")


def titled(text):
    return text.strip().title()


def starred(text, stars):
    return titled(text) + " " + "*" * stars
'''

_TEST_STARS = """import unittest

import notes


class Stars(unittest.TestCase):
    def test_are_shown(self):
        self.assertEqual(notes.starred("bread", 2), "Bread **")
"""

_FIRST: dict[str, str] = {
    "README.md": "# Notes\n",
    "greeting.py": _GREETING,
    "server.py": _SERVER,
    "lint.py": _LINT,
    "check.py": _CHECK,
    "tests/__init__.py": "",
    "tests/test_greeting.py": _TEST_GREETING,
}
_SECOND = _FIRST | {
    "notes.py": _NOTES,
    "migrate.py": _MIGRATE,
    "demo.py": _DEMO,
    "migrations/001.sql": "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL);\n",
    "tests/test_notes.py": _TEST_NOTES,
}
_THIRD = _SECOND | {
    "notes.py": _NOTES_WITH_STARS,
    "migrations/002.sql": "ALTER TABLE note ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;\n",
    "tests/test_stars.py": _TEST_STARS,
}
FILES = {"01-greeting": _FIRST, "02-notes": _SECOND, "03-stars": _THIRD}


@dataclass
class SmallCourse:
    """A course in a folder of its own.

    Attributes:
        root: its folder, which is a git repository.
        tables: its catalogue, as it is written by `save`.
    """

    root: Path
    tables: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def repository(self) -> Repository:
        """The course as the tool knows it."""
        return Repository(self.root.resolve())

    @property
    def chain(self) -> Chain:
        """The chain as it stands now."""
        return Chain(self.repository)

    def folder(self, link: str) -> Path:
        """Return the folder of a link by its name (``02-notes``, ``final``)."""
        return self.root / ("final" if link == "final" else f"steps/{link}")

    def write(self, link: str, path: str, content: str | bytes) -> Path:
        """Write a file of a link, and return it."""
        target = self.folder(link) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return target

    def read(self, link: str, path: str) -> str:
        """Return a file of a link."""
        return (self.folder(link) / path).read_text(encoding="utf-8")

    def edit(self, link: str, path: str, old: str, new: str) -> None:
        """Replace a text, which must be there, in a file of a link."""
        text = self.read(link, path)
        assert old in text, f"{path} of {link} does not hold {old!r}"
        self.write(link, path, text.replace(old, new))

    def delete(self, link: str, path: str) -> None:
        """Take a file or folder of a link away."""
        target = self.folder(link) / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    def renew_copy(self) -> None:
        """Make ``final/`` equal to the last numbered step again."""
        copies.renew(self.chain)

    def step(self, link: str) -> dict[str, Any]:
        """Return a link's table in the catalogue; call `save` after changing it."""
        if link == "final":
            found: dict[str, Any] = self.tables["final"]
            return found
        slug = link.partition("-")[2]
        return next(step for step in self.tables["step"] if step["slug"] == slug)

    def set(self, link: str, **values: Any) -> None:
        """Set commands, settings and keys of a link in the catalogue."""
        _set(self.step(link), values)
        self.save()

    def set_all(self, **values: Any) -> None:
        """Set the commands and settings that hold for every link without its own."""
        for name, value in values.items():
            self.tables["commands" if name in VERBS else "defaults"][name] = value
        self.save()

    def save(self) -> None:
        """Write the catalogue."""
        path = self.root / CATALOGUE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tomlkit.dumps(self.tables).encode("utf-8"))

    def git(self, *words: str) -> str:
        """Run git in the course and return what it says."""
        return git.run(words, cwd=self.root).stdout.decode("utf-8").strip()

    def commit(self, message: str = "a change") -> str:
        """Commit everything, and return the commit's name."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def verify(self, *names: str, fresh: bool = False, jobs: int = 2) -> list[Outcome]:
        """Verify some links (all without a name) in this process."""
        chain = self.chain
        links = [chain.find(name) for name in names] or list(chain.links)
        return verify(chain, links, fresh=fresh, jobs=jobs)

    def command(self, *words: str) -> list[str]:
        """Return the words that start ``course`` as a program."""
        return [*tool_command(), *words]

    def variables(self, **extra: str) -> dict[str, str]:
        """Return the environment of ``course`` as a program."""
        return {**os.environ, "PYTHONPATH": str(SCRIPTS), "COLUMNS": "200", **extra}

    def run(
        self, *words: str, env: Mapping[str, str] | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run ``course`` as a program of its own in the root, to its end."""
        return subprocess.run(
            self.command(*words),
            cwd=self.root,
            env=self.variables(**(env or {})),
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )


def verify(
    chain: Chain,
    links: Sequence[Link],
    *,
    fresh: bool = False,
    jobs: int | None = None,
    tell: Callable[[Outcome | Task], None] = lambda _: None,
) -> list[Outcome]:
    """Verify some links as the command does, and return every outcome in the order of the chain.

    Args:
        chain: the chain.
        links: the links to verify.
        fresh: run everything, also what is remembered.
        jobs: how many checks run at once; as many as the command, if not given.
        tell: told of what starts and what is known.
    """
    remembered = Memory(chain.repository, use=not fresh)
    with Workspace() as space:
        return Plan(chain, links, space).run(remembered, jobs or at_once(), tell)


def _set(step: dict[str, Any], values: Mapping[str, Any]) -> None:
    own = {"slug", "title", "summary", "part", "factors", "services", "holds", "breaks", "copy"}
    own |= {
        "minutes",
        "minutes_because",
        "needs",
        "pipelines",
        "containers",
        "browser",
        "deployment",
        "delivery",
    }
    for name, value in values.items():
        if name in VERBS:
            step.setdefault("commands", {})[name] = value
        elif name in own:
            step[name] = value
        else:
            step.setdefault("settings", {})[name] = value


def make(
    folder: Path,
    *,
    steps: int = len(SLUGS),
    final: bool = True,
    only: Iterable[str] | None = None,
    name: str = "course",
) -> SmallCourse:
    """Make a small course in a new folder below ``folder``, committed to git.

    Args:
        folder: where; pytest's ``tmp_path``.
        steps: how many of the three steps it has.
        final: whether it has a ``final/``, a declared copy of the last step.
        only: the verbs that have commands; all unless given.
        name: the name of the new folder.
    """
    course = SmallCourse(folder / name)
    course.root.mkdir(parents=True)
    wanted = VERBS if only is None else frozenset(only)
    tables: dict[str, Any] = {
        "course": {"title": "Notes", "summary": "A course made for tests."},
        "commands": {verb: line for verb, line in COMMANDS.items() if verb in wanted},
        "defaults": {"database": "notes.sqlite3", "timeout": 60, "start_timeout": 30},
        "part": [{"title": "All of it"}],
        "step": [
            {
                "slug": slug,
                "title": slug.title(),
                "summary": f"The reader gains {slug}.",
                "part": 1,
                "minutes": 10,
                "minutes_because": "a test's own",
            }
            for slug in SLUGS[:steps]
        ],
    }
    if final:
        tables["final"] = {
            "title": "Notes",
            "summary": "The last snapshot.",
            "part": 1,
            "minutes": 5,
            "minutes_because": "a test's own",
            "copy": True,
        }
    course.tables = tables
    tables["step"][0]["commands"] = {"migrate": [], "demo": []}
    tables["step"][0]["settings"] = {"database": ""}
    links = list(FILES)[:steps]
    for link in [*links, *(["final"] if final else [])]:
        for path, content in FILES[links[-1] if link == "final" else link].items():
            course.write(link, path, content)
    if final and steps == 1:
        _set(tables["final"], {"migrate": [], "demo": [], "database": ""})
    (course.root / ".gitignore").write_bytes(b"/.course/\n/playground/\n__pycache__/\n")
    course.save()
    course.git("init", "-q", "-b", "main")
    course.commit("The course")
    return course
