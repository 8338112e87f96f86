"""Linting file by file: a linter is not given the files that it passed before.

From one link to the next most files stay the same. Of a linter that judges each file by itself
(``lint_by_file`` in the catalogue) the answer about a file holds as long as the file, its path,
what the catalogue calls the linter's settings, and the environment are the same. So the files that
passed are left out of a copy, and the linter's own command runs in what remains: it finds its files
itself, and what its settings exclude stays excluded. Where that fails, the whole command runs on
the whole snapshot, and its answer counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from course import copies, git
from course.cache import check_results
from course.cache.check_results import Memory
from course.catalogue import ByFile, Command
from course.git import Entry
from course.verify import kept_output
from course.verify.checks import Facts
from course.verify.inputs import matches
from course.verify.kept_output import PRINTED
from course.verify.outcome import Fault
from course.verify.sandbox import Place
from course.verify.workbench import Bench

_LINK = "120000"


def lint(bench: Bench, remembered: Memory) -> Facts:
    """The code has the form that the project asks for.

    Args:
        bench: the link's bench.
        remembered: which files passed before.

    Raises:
        Fault: when a linter's whole command fails on the whole snapshot.
    """
    linting = _Linting(bench, remembered)
    for command in bench.link.step.commands.lint:
        linting.judge(command)
    return {"notes": linting.notes, PRINTED: linting.printed}


class _Linting:
    """The linters of one link, one after the other."""

    def __init__(self, bench: Bench, remembered: Memory) -> None:
        self.notes: list[str] = []
        self.printed: list[dict[str, str]] = []
        self._bench = bench
        self._memory = remembered
        self._log = bench.log("lint")
        self._entries = bench.chain.entries(bench.link)
        self._whole: Place | None = None
        self._first: Place | None = None
        tables = bench.link.step.commands.lint_by_file
        self._tables = {table.command: table for table in tables}

    def judge(self, command: Command) -> None:
        """Run one linter, on as few files as will do."""
        table = self._tables.get(command)
        if table is None:
            self._run_whole(command)
            return
        if unknown := self._unknown(table):
            self.notes.append(
                f"`{command}` ran whole: the catalogue's lint_by_file is for another {unknown};"
                " see whether it is true of this one, and set its SHA-256 in `only_for`"
            )
            self._run_whole(command)
            return
        common = {path for path in self._entries if self._is_common(table, path)}
        context = self._key(table, common)
        files = {
            path: check_results.key(context, path, entry.mode, entry.blob)
            for path, entry in self._entries.items()
            if path not in common
        }
        known = self._memory.files(context)
        passed = [path for path, file in files.items() if file in known]
        new = [file for file in files.values() if file not in known]
        if not passed:
            self._run_whole(command)
        elif self._passes_in_part(table, passed, bool(new)):
            self.printed.append(kept_output.unknown(command))
            self.notes.append(f"`{command}` looked at {len(new)} of {len(files)} files")
        else:
            self._run_whole(command)
            self.notes.append(
                f"`{command}` fails on a part of the files and passes on all of them: it does not"
                " judge each by itself; take it out of lint_by_file in the catalogue"
            )
        if new:
            self._memory.add_files(context, new)
        for apart in table.apart:
            if apart.reads:
                self._memory.put(self._apart_key(table, apart.command, apart.reads), {})

    def _run_whole(self, command: Command) -> None:
        if self._whole is None:
            self._whole = self._place()
        self.printed += self._run(command, self._whole)

    def _place(self) -> Place:
        """Return a copy; linters write into no backing service, so that one room does for all."""
        place = self._bench.place(like=self._first)
        self._first = self._first or place
        return place

    def _run(self, command: Command, place: Place) -> list[dict[str, str]]:
        with place.kept_inside(self._log):
            return place.commands("lint", [command], self._log)

    def _passes_in_part(self, table: ByFile, passed: list[str], new: bool) -> bool:
        """Whether a linter passes on the files that have not passed before, and on what is apart.

        Each command has a copy of its own: some linters change what they find fault with.
        """
        begun = self._log.stat().st_size
        try:
            if new:
                place = self._place()
                leave_out(place.folder, passed)
                self._run(table.run or table.command, place)
            for apart in table.apart:
                key = self._apart_key(table, apart.command, apart.reads)
                if not apart.reads or self._memory.get(key) is None:
                    self._run(apart.command, self._place())
        except Fault:
            # What the whole command says is what a person would see.
            with self._log.open("r+b") as log:
                log.truncate(begun)
            return False
        return True

    def _unknown(self, table: ByFile) -> str:
        """Return the path of a file that the table is not for; empty when there is none."""
        for path, digest in table.only_for.items():
            if path not in self._entries:
                return path
            content = self._bench.chain.read(self._bench.link, path)
            if hashlib.sha256(content).hexdigest() != digest:
                return path
        return ""

    def _is_common(self, table: ByFile, path: str) -> bool:
        # What is behind a link is another file's content.
        return self._entries[path].mode == _LINK or matches(path, table.settings)

    def _apart_key(self, table: ByFile, command: Command, reads: Iterable[str]) -> str:
        read = [path for path in self._entries if matches(path, reads)]
        return check_results.key(command, self._key(table, read))

    def _key(self, table: ByFile, paths: Iterable[str]) -> str:
        """Return what identifies a table of the catalogue, an environment, and some files."""
        entries: list[tuple[str, Entry]] = [(path, self._entries[path]) for path in sorted(paths)]
        return check_results.key(
            "by file",
            table,
            self._bench.inputs.environment_key,
            self._bench.link.step.commands.env,
            *entries,
        )


def leave_out(folder: Path, paths: Iterable[str]) -> None:
    """Take files of a copy away, and out of its git repository, as if they had never been there."""
    for path in paths:
        copies.take_away(folder, path)
    # Only these: what the configuration made stays as unknown to git as it was.
    git.run(["add", "-u"], cwd=folder)
    git.run(["commit", "-q", "--allow-empty", "-m", "Some of its files"], cwd=folder)
