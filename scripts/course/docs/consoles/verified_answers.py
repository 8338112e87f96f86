"""Which commands of a page are answered from what ``course verify`` remembers, and not run.

A page ends with the tests and linters of its step, which `course verify` has run with the same
content, settings and environment, and whose output it keeps. A command of a page is not run again,
but answered from that memory, when all of this holds:

- it is one of the step's own commands in the catalogue (without where results are to go), or
  ``make TARGET``, and `make -n` says that the recipe is such commands; ``poetry run`` may stand
  before each;
- the check that they belong to passed, and is remembered by all that its result depends on;
- the copy is still the step: no file differs that git does not ignore, none that the configuration
  left, no variable, no package; and the shell is in its folder;
- what the page types in that copy afterwards is answered, too: nobody reads what the command would
  have left.

``make`` itself is run, with a stand-in for its shell that answers the lines of the recipe: what it
prints of its own is what it prints. A line that the stand-in does not know leads to a real run.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from course import git, processes
from course.cache.check_results import Memory
from course.catalogue import Command
from course.chain import Chain, Link
from course.docs.consoles.terminal import Shell
from course.errors import CourseError
from course.processes import Finished
from course.verify import kept_output
from course.verify.plan import Plan
from course.workspace import Workspace

# The checks whose commands leave nothing that a reader is to see.
_CHECKS = frozenset({"check", "lint", "extra", "test"})
_RUN = "poetry run "
# What a shell hands on as it stands.
_PLAIN = re.compile(r"[\w./:=@%+,-]+(?: [\w./:=@%+,-]+)*")
_MAKE = re.compile(r"make ([\w.-]+)")
# The variables that change from command to command by themselves.
_FLEETING = re.compile(r"^declare -x (?:OLDPWD|PWD|SHLVL|_)(?:=.*)?\n", re.MULTILINE)

_STAND_IN = '''"""A shell that answers some lines, and notes that it was asked another."""

import json
import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).parent
line = sys.argv[-1]
said = json.loads((here / "known.json").read_bytes()).get(line)
if said is not None and line.startswith("poetry run ") and not (here / "poetry").exists():
    done = subprocess.run(
        ["poetry", "run", "true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode or done.stdout:
        said = None
    (here / "poetry").touch()
if said is None:
    (here / "unknown").touch()
    sys.exit(1)
sys.stdout.buffer.write(said.encode("utf-8", "surrogateescape"))
'''


def known(chain: Chain, link: Link, space: Workspace) -> dict[str, str | None]:
    """Return what the commands of a step's passed checks printed, as far as it is remembered.

    Args:
        chain: the chain.
        link: the step.
        space: where copies would be made; none is.

    Returns:
        The output by command, None where only that it passed is known.
    """
    memory = Memory(chain.repository)
    found: dict[str, str | None] = {}
    for task in Plan(chain, [link], space).tasks:
        if task.link is not link or task.check not in _CHECKS:
            continue
        facts = (memory.get(task.key) or {}).get("facts")
        for command, said in kept_output.of_facts(facts if isinstance(facts, dict) else {}).items():
            found[command] = said if found.get(command, said) == said else None
    return found


class Answers:
    """The answers to what is typed in one copy, which is as it was made when this begins.

    Args:
        shell: the shell in the copy.
        known: the output by command.
        scratch: a folder of its own, which is not there yet.
        database: the database of the step, which may change.

    Attributes:
        partly: whether what was answered last is known of a part of the tests alone.
    """

    partly = False

    def __init__(
        self, shell: Shell, known: Mapping[str, str | None], scratch: Path, database: str
    ) -> None:
        self._shell = shell
        self._known = known
        self._scratch = scratch
        self._database = database
        self._recipes: dict[str, list[str] | None] = {}
        if known:
            shell.run(":", 60)
            self._begun = self._state()
            self._ignored = self._ignored_files()

    def of(
        self, text: str, after: Iterable[str], shown: bool, counted: bool = False
    ) -> Finished | None:
        """Return what a command would print, and that it passes; None when it has to be run.

        Args:
            text: what is typed.
            after: what is typed in this copy later.
            shown: whether the page shows what it prints.
            counted: whether what it shows says how many tests there are: where some of them run
                apart, nobody has counted all.
        """
        if not self._known:
            return None
        try:
            if not self._is_untouched():
                return None
        except (CourseError, OSError):
            return None
        lines = self._lines(text)
        if lines is None or any(self._lines(later) is None for later in after):
            return None
        said = {line: self._said(line) for line in lines}
        if shown and None in said.values():
            return None
        self.partly = any((output or "").startswith(kept_output.PART) for output in said.values())
        if counted and self.partly:
            return None
        plain = {k: (output or "").removeprefix(kept_output.PART) for k, output in said.items()}
        return self._answered(text, plain)

    def _lines(self, text: str) -> list[str] | None:
        """Return the commands that a typed one stands for; None if one of them is unknown."""
        text = text.strip()
        made = _MAKE.fullmatch(text)
        if made and text not in self._recipes:
            done = processes.run(
                ["make", "-n", made[1]], cwd=self._shell.folder, env=self._shell.env, timeout=60
            )
            lines = done.text.splitlines()
            self._recipes[text] = lines if done.code == 0 and lines else None
        found = self._recipes[text] if made else [text]
        if found is None or not all(_command(line) in self._known for line in found):
            return None
        return found

    def _said(self, line: str) -> str | None:
        said = self._known[_command(line)]
        return said and said.replace(kept_output.FOLDER, str(self._shell.folder))

    def _answered(self, text: str, said: Mapping[str, str]) -> Finished | None:
        self._scratch.mkdir(exist_ok=True)
        script = self._scratch / "shell.py"
        script.write_text(_STAND_IN, encoding="utf-8")
        (self._scratch / "known.json").write_text(json.dumps(said), encoding="utf-8")
        shell = self._scratch / "shell"
        words = f'exec {shlex.quote(sys.executable)} -I {shlex.quote(str(script))} "$@"'
        shell.write_text(f"#!/bin/sh\n{words}\n", encoding="utf-8")
        shell.chmod(0o755)
        place = shlex.quote(str(shell))
        made = _MAKE.fullmatch(text.strip())
        typed = f"make SHELL={place} {made[1]}" if made else f"{place} -c {shlex.quote(text)}"
        done = self._shell.run(typed, 60)
        if (self._scratch / "unknown").exists() or done.code:
            (self._scratch / "unknown").unlink(missing_ok=True)
            return None
        return done

    def _state(self) -> object:
        """Return what may not differ: the files, the packages, the variables and the folder."""
        folder, scratch = self._shell.folder, self._shell.scratch
        tree = git.run(["rev-parse", "HEAD^{tree}"], cwd=folder).stdout
        status = git.run(["status", "--porcelain", "-z", "--untracked-files=all"], cwd=folder)
        environment = Path(self._shell.env["VIRTUAL_ENV"])
        packages = (*environment.glob("lib/*/site-packages/*"), *environment.glob("bin/*"))
        exported = (scratch / "exported").read_text("utf-8", "surrogateescape")
        return (
            tree,
            status.stdout,
            sorted(str(path) for path in packages if path.name != "__pycache__"),
            _FLEETING.sub("", exported),
            (scratch / "folder").read_text("utf-8", "surrogateescape"),
        )

    def _ignored_files(self) -> dict[str, str]:
        """Return the hashes of the files that git ignores, but for the database."""
        folder = self._shell.folder
        listed = git.run(
            ["ls-files", "-z", "--others", "--ignored", "--exclude-standard"], cwd=folder
        )
        found = {}
        for name in filter(None, listed.stdout.decode("utf-8", "surrogateescape").split("\0")):
            path = folder / name
            if path.is_file() and not (self._database and name.startswith(self._database)):
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def _is_untouched(self) -> bool:
        if self._state() != self._begun:
            return False
        now = self._ignored_files()
        return all(now.get(name) == digest for name, digest in self._ignored.items())


def _command(line: str) -> str:
    """Return a line of a recipe as `kept_output` names commands; empty if a shell changes it."""
    line = line.removeprefix(_RUN)
    return Command.parse(line).plain if _PLAIN.fullmatch(line) else ""
