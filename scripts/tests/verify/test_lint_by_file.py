"""A linter that judges each file by itself looks at none twice, and its answer stays the truth."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SCRIPTS, SmallCourse
from tests.verify.helpers import fault, faults, passes

from course import git, workspace
from course.cache import check_results
from course.cache.check_results import Memory
from course.errors import CourseError
from course.repository import Repository
from course.verify import inputs, lint_by_file
from course.verify.affected_steps import changed, names
from course.verify.outcome import FAILED, PASSED, Outcome

# It refuses long lines and names that its settings forbid, and notes what it looked at.
_LINTER = """import hashlib
import os
import pathlib
import subprocess
import sys

settings = dict(
    line.split("=", 1) for line in pathlib.Path("lint.cfg").read_text("utf-8").splitlines()
)
fixes = "fix" in settings
faults = 0
listed = subprocess.run(["git", "ls-files"], capture_output=True, check=True)
with open(os.environ["LOOKED"], "a", encoding="utf-8") as looked:
    for path in sorted(map(pathlib.Path, listed.stdout.decode().split())):
        if not path.exists() or path.as_posix().startswith(settings.get("exclude", "/")):
            continue
        content = path.read_bytes()
        name = hashlib.sha256(content).hexdigest()
        print(sys.argv[1:], path.as_posix(), name, path.stat().st_mode, file=looked)
        for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
            if len(line) > int(settings["limit"]):
                print(f"{path.as_posix()}:{number}: too long")
                faults += 1
        if settings.get("forbid", "/") in path.name:
            print(f"{path.as_posix()}:1: a bad name")
            faults += 1
        if fixes and faults:
            path.write_text("short", "utf-8")
sys.exit(faults > 0)
"""
_COMMAND = "python lint.py"
_SETTINGS = ["lint.py", "lint.cfg"]
_LONG = "x = '" + "x" * 150 + "'\n"
_LINKS = ("01-greeting", "02-notes", "03-stars")


class Linted(SmallCourse):
    """A small course whose linter says what it looks at."""

    @property
    def record(self) -> Path:
        """The file that names it."""
        return self.root.parent / "looked.txt"

    def looked(self) -> list[str]:
        """Return the paths that the linter has looked at since the last call, sorted."""
        found = [line.split(" ")[-3] for line in self.lines()]
        return sorted(found)

    def lines(self) -> list[str]:
        """Return the lines of the record, and empty it."""
        text = self.record.read_text(encoding="utf-8") if self.record.exists() else ""
        self.record.write_text("", encoding="utf-8")
        return text.splitlines()

    def own_files(self, link: str) -> list[str]:
        """Return the paths of a link's files."""
        return sorted(self.chain.entries(self.chain.find(link)))

    def everywhere(self, path: str, content: str, links: Iterable[str] = _LINKS) -> None:
        """Write a file of some links, and make the copy equal."""
        for link in links:
            self.write(link, path, content)
        self.renew_copy()


@pytest.fixture
def course(tmp_path: Path) -> Linted:
    """Three links, with tests and a linter that judges file by file."""
    made = small_course.make(tmp_path, only=["test"])
    course = Linted(made.root, made.tables)
    course.everywhere("lint.py", _LINTER)
    course.everywhere("lint.cfg", "limit=120\n")
    claim(course)
    course.commit()
    return course


def claim(course: Linted, **more: object) -> None:
    """Set the linter, and what the catalogue says of it."""
    command = f"LOOKED={course.record} {_COMMAND}"
    table = {"command": command, "settings": _SETTINGS, **more}
    course.set_all(lint=command, lint_by_file=[table])


def notes(outcomes: dict[tuple[str, str], Outcome], link: str) -> tuple[str, ...]:
    """Return what is to be known of a link's lint."""
    return outcomes[link, "lint"].notes


@pytest.mark.parametrize("jobs", [1, 8])
def test_in_the_whole_chain_each_file_is_looked_at_once(course: Linted, jobs: int) -> None:
    found = course.verify(jobs=jobs)
    assert not faults(course, found)
    lines = [line for line in course.lines() if line.split(" ")[1] not in _SETTINGS]
    assert lines and set(Counter(lines).values()) == {1}
    assert {line.split(" ")[1] for line in lines} == {
        path for link in _LINKS for path in course.own_files(link) if path not in _SETTINGS
    }
    said = {outcome.link: outcome.notes for outcome in found if outcome.check == "lint"}
    assert said["01-greeting"] == ()
    assert said["02-notes"][0].endswith(f"{_COMMAND}` looked at 5 of 11 files")


def test_nothing_new_is_nothing_to_run(course: Linted) -> None:
    passes(course)
    course.lines()
    course.delete("02-notes", "demo.py")
    outcomes = passes(course)
    assert outcomes["02-notes", "lint"].state == PASSED
    assert notes(outcomes, "02-notes")[0].endswith("looked at 0 of 10 files")
    assert course.looked() == []


def test_without_a_claim_everything_is_looked_at(course: Linted) -> None:
    course.set_all(lint_by_file=[])
    passes(course)
    assert len(course.looked()) == sum(len(course.own_files(link)) for link in _LINKS)


def test_fresh_looks_at_everything_and_remembers_it(course: Linted) -> None:
    passes(course)
    whole = sum(len(course.own_files(link)) for link in _LINKS)
    course.lines()
    assert not faults(course, course.verify(fresh=True))
    assert len(course.looked()) == whole
    course.write("02-notes", "more.txt", "more")
    passes(course)
    assert course.looked() == ["lint.cfg", "lint.py", "more.txt"]


def test_a_fault_is_found_though_the_same_path_passed_elsewhere(course: Linted) -> None:
    course.set_all(lint_by_file=[])
    course.write("02-notes", "greeting.py", course.read("02-notes", "greeting.py") + _LONG)
    expected = fault(course, "02-notes")
    assert expected.log is not None
    log = expected.log.read_text(encoding="utf-8")
    course.edit("02-notes", "greeting.py", _LONG, "")
    claim(course)
    passes(course)
    course.write("02-notes", "greeting.py", course.read("02-notes", "greeting.py") + _LONG)
    for _ in range(2):
        course.lines()
        found = fault(course)
        assert (found.link, found.check) == ("02-notes", "lint")
        assert found.message == expected.message
        assert found.log is not None and found.log.read_text(encoding="utf-8") == log
        assert set(course.own_files("02-notes")) <= set(course.looked())
    # The same file is no better in another link, or when another one is fixed.
    course.write("01-greeting", "greeting.py", course.read("02-notes", "greeting.py"))
    course.write("02-notes", "README.md", "# More\n")
    assert {o.link for o in course.verify() if o.state == FAILED} == {"01-greeting", "02-notes"}


def test_of_a_mended_file_only_that_is_looked_at(course: Linted) -> None:
    course.write("02-notes", "more.txt", _LONG)
    passes(course, "01-greeting")
    assert fault(course).check == "lint"
    course.write("02-notes", "more.txt", "short")
    course.lines()
    passes(course, "02-notes")
    # What else is new in the link was never in a run that passed, unless a later link had it.
    assert "more.txt" in course.looked()


def test_a_changed_setting_is_another_answer(course: Linted) -> None:
    passes(course)
    course.lines()
    course.write("02-notes", "lint.cfg", "limit=119\n")
    passes(course)
    assert course.looked() == course.own_files("02-notes")
    course.write("02-notes", "lint.cfg", "limit=40\n")
    assert fault(course).link == "02-notes"
    course.delete("02-notes", "lint.cfg")
    assert fault(course).link == "02-notes"


def test_a_new_lock_is_another_answer(course: Linted) -> None:
    passes(course)
    course.lines()
    course.write("03-stars", "lock.txt", "a package\n")
    course.set("03-stars", install="python -c pass lock.txt")
    course.renew_copy()
    passes(course)
    assert course.looked() == course.own_files("03-stars")
    course.write("03-stars", "lock.txt", "another version\n")
    course.renew_copy()
    passes(course)
    assert course.looked() == course.own_files("03-stars")


@pytest.mark.parametrize("what", ["tool", "python"])
def test_another_tool_or_python_is_another_answer(
    course: Linted, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    passes(course, "01-greeting")
    course.lines()
    if what == "tool":
        monkeypatch.setattr(check_results, "tool_hash", lambda: "another tool")
    else:
        monkeypatch.setattr("course.install.environments.platform.machine", lambda: "another")
    passes(course, "01-greeting")
    assert course.looked() == course.own_files("01-greeting")


def test_another_command_or_claim_is_another_answer(course: Linted) -> None:
    passes(course, "01-greeting")
    for more in ({"settings": ["lint.*"]}, {"run": f"LOOKED={course.record} {_COMMAND} --part"}):
        course.lines()
        claim(course, **more)
        passes(course, "01-greeting")
        assert course.looked() == course.own_files("01-greeting")


def test_a_changed_configuration_command_is_another_answer(course: Linted) -> None:
    passes(course, "01-greeting")
    course.lines()
    course.set("01-greeting", env="python -c pass")
    passes(course, "01-greeting")
    assert course.looked() == course.own_files("01-greeting")


def test_what_the_settings_exclude_stays_excluded(course: Linted) -> None:
    course.everywhere("lint.cfg", "limit=120\nexclude=old/\n")
    passes(course)
    course.lines()
    course.write("02-notes", "old/long.py", _LONG)
    passes(course)
    assert course.looked() == ["lint.cfg", "lint.py"]
    course.write("02-notes", "new/long.py", _LONG)
    assert fault(course).check == "lint"


def test_a_new_name_is_judged_and_an_old_one_too(course: Linted) -> None:
    course.everywhere("lint.cfg", "limit=120\nforbid=bad\n")
    course.write("02-notes", "good.txt", "words")
    passes(course)
    course.delete("02-notes", "good.txt")
    passes(course)
    course.write("02-notes", "bad.txt", "words")
    assert fault(course).check == "lint"
    course.delete("02-notes", "bad.txt")
    course.lines()
    course.write("02-notes", "folder/good.txt", "words")
    passes(course)
    assert course.looked() == ["folder/good.txt", "lint.cfg", "lint.py"]


def test_a_new_mode_is_judged(course: Linted) -> None:
    passes(course)
    course.lines()
    (course.folder("02-notes") / "README.md").chmod(0o755)
    passes(course)
    assert course.looked() == ["README.md", "lint.cfg", "lint.py"]


def test_what_a_link_leads_to_counts_for_all(course: Linted) -> None:
    for link in _LINKS:
        (course.folder(link) / "link.txt").symlink_to("README.md")
    course.renew_copy()
    passes(course)
    course.lines()
    (course.folder("02-notes") / "link.txt").unlink()
    (course.folder("02-notes") / "link.txt").symlink_to("notes.py")
    passes(course)
    assert course.looked() == course.own_files("02-notes")


def test_a_linter_that_mends_what_it_finds_is_not_believed_after_it(course: Linted) -> None:
    course.everywhere("lint.cfg", "limit=120\nmend=yes\n")
    passes(course)
    course.write("02-notes", "more.txt", _LONG)
    for _ in range(2):
        assert "more.txt:1: too long" in fault(course).message


def test_a_linter_that_does_not_judge_by_file_is_told_of(course: Linted) -> None:
    together = "import pathlib, sys\nsys.exit(not pathlib.Path('greeting.py').exists())\n"
    course.everywhere("together.py", together)
    table = {"command": "python together.py", "settings": ["together.py"]}
    course.set_all(lint="python together.py", lint_by_file=[table])
    outcomes = passes(course)
    assert notes(outcomes, "01-greeting") == ()
    assert notes(outcomes, "02-notes") == (
        "`python together.py` fails on a part of the files and passes on all of them: it does not"
        " judge each by itself; take it out of lint_by_file in the catalogue",
    )
    # A wrong claim may pass what the whole command would not: that is what --fresh is for.
    course.delete("02-notes", "greeting.py")
    found = course.verify(fresh=True)
    assert ("02-notes", "lint") in {(o.link, o.check) for o in found if o.state == FAILED}


def test_a_claim_holds_for_the_configuration_that_it_is_for(course: Linted) -> None:
    digest = hashlib.sha256(b"limit=120\n").hexdigest()
    claim(course, only_for={"lint.cfg": digest})
    outcomes = passes(course)
    assert notes(outcomes, "02-notes")[0].endswith("looked at 5 of 11 files")
    course.everywhere("lint.cfg", "limit=121\n", ["01-greeting", "02-notes"])
    course.lines()
    outcomes = passes(course)
    for link in ("01-greeting", "02-notes"):
        assert "ran whole: the catalogue's lint_by_file is for another lint.cfg" in str(
            notes(outcomes, link)
        )
    whole = [*course.own_files("01-greeting"), *course.own_files("02-notes")]
    assert course.looked() == sorted(whole)
    claim(course, only_for={"lint.cfg": digest, "more.cfg": digest})
    assert "for another more.cfg" in str(notes(passes(course), "03-stars"))


def test_what_is_apart_runs_in_every_snapshot(course: Linted) -> None:
    apart = f"LOOKED={course.record} {_COMMAND} --apart"
    claim(course, apart=[{"command": apart}])
    passes(course)
    lines = [line for line in course.lines() if line.startswith("['--apart']")]
    for link in ("02-notes", "03-stars"):
        assert all(any(path in line for line in lines) for path in course.own_files(link))
    # The first link ran whole.
    assert len(lines) == len(course.own_files("02-notes")) + len(course.own_files("03-stars"))
    course.delete("02-notes", "demo.py")
    passes(course)
    assert course.looked() == course.own_files("02-notes")


def test_what_is_apart_runs_again_when_what_it_reads_has_changed(course: Linted) -> None:
    apart = f"LOOKED={course.record} {_COMMAND} --apart"
    claim(course, apart=[{"command": apart, "reads": ["README.md", "lint.*"]}])
    passes(course)
    assert not [line for line in course.lines() if line.startswith("['--apart']")]
    course.write("03-stars", "README.md", "# Stars\n")
    course.renew_copy()
    passes(course)
    lines = [line.split(" ")[1] for line in course.lines() if line.startswith("['--apart']")]
    assert lines == course.own_files("03-stars")
    course.write("03-stars", "more.txt", "more")
    course.renew_copy()
    passes(course)
    assert course.looked() == ["lint.cfg", "lint.py", "more.txt"]


def test_when_what_is_apart_fails_the_whole_command_says_why(course: Linted) -> None:
    refuse = "import pathlib, sys\nsys.exit('no' if pathlib.Path('bad.txt').exists() else 0)\n"
    course.everywhere("refuse.py", refuse)
    both = f"{refuse}sys.exit(0)\n"
    course.everywhere("both.py", both)
    table = {
        "command": "python both.py",
        "run": "python -c pass",
        "settings": ["both.py", "refuse.py"],
        "apart": [{"command": "python refuse.py", "reads": ["bad.txt", "refuse.py"]}],
    }
    course.set_all(lint="python both.py", lint_by_file=[table])
    passes(course)
    course.write("02-notes", "bad.txt", "words")
    for _ in range(2):
        found = fault(course)
        assert "`python both.py`" in found.message and "no" in found.message
    course.delete("02-notes", "bad.txt")
    passes(course)


def test_a_linter_that_is_not_there_is_said_as_ever(course: Linted) -> None:
    passes(course)
    course.set_all(lint=["no-such-linter", course.tables["commands"]["lint"]])
    found = course.verify()
    assert {o.link for o in faults(course, found)} == set(_LINKS)
    assert all("no-such-linter" in o.message for o in found if o.state == FAILED)


def test_a_changed_claim_touches_the_links_that_it_is_for(course: Linted) -> None:
    course.commit()
    assert changed(course.chain, "HEAD") == []
    claim(course, settings=["lint.py"])
    assert names(changed(course.chain, "HEAD")) == [*_LINKS, "final"]


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ([{"command": "flake9"}], "lint_by_file: `flake9` is among the `lint` of no step"),
        ([{"command": _COMMAND}] * 2, f"lint_by_file: `{_COMMAND}` is named twice"),
        ([{"command": ["a", "b"]}], "a command is a string"),
        ([{"command": _COMMAND, "run": ["a", "b"]}], "lint_by_file.0.run: a command is a string"),
        ([{"command": _COMMAND, "only_for": {"x": "12"}}], "only_for.x"),
        ([{"command": _COMMAND, "files": ["*.py"]}], "unknown key"),
        ([{"command": _COMMAND, "apart": [{"reads": []}]}], "apart.0.command"),
    ],
)
def test_a_claim_that_cannot_be_is_refused(
    course: Linted, tables: list[dict[str, object]], said: str
) -> None:
    course.set_all(lint=_COMMAND, lint_by_file=tables)
    with pytest.raises(CourseError) as caught:
        course.chain  # noqa: B018
    assert said in caught.value.problem


@pytest.mark.parametrize(
    ("path", "patterns", "meant"),
    [
        ("a/.gitignore", [".gitignore"], True),
        (".gitignore", [".gitignore"], True),
        ("a/b.cfg", ["*.py", "a/*"], True),
        ("c/a/b.cfg", ["a/*"], False),
        ("b.cfg", ["b"], False),
        ("b.cfg", [], False),
    ],
)
def test_patterns(path: str, patterns: list[str], meant: bool) -> None:
    assert inputs.matches(path, patterns) is meant


def test_what_is_left_out_of_a_copy_was_never_there(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    for path in ("a/b/one.txt", "a/two.txt", "three.txt"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path, encoding="utf-8")
    workspace.make_repository(folder)
    (folder / "made.txt").write_text("made by the configuration", encoding="utf-8")
    (folder / "a/two.txt").unlink()
    lint_by_file.leave_out(folder, ["a/b/one.txt", "a/two.txt"])
    assert sorted(os.listdir(folder)) == [".git", "made.txt", "three.txt"]
    assert git.run(["ls-files"], cwd=folder).stdout == b"three.txt\n"
    assert git.run(["status", "--porcelain"], cwd=folder).stdout == b"?? made.txt\n"


def test_of_a_spoilt_memory_of_files_whole_lines_count(tmp_path: Path) -> None:
    store = Memory(Repository(tmp_path))
    one, two, three = (check_results.key(name) for name in ("one", "two", "three"))
    assert store.files("context") == frozenset()
    store.add_files("context", [one])
    path = tmp_path / ".course/results/context.files"
    path.write_bytes(path.read_bytes() + b"\xff\xfe\n" + two[:20].encode())
    store.add_files("context", [three])
    assert store.files("context") == {one, three}
    assert store.files("another") == frozenset()
    assert Memory(Repository(tmp_path), use=False).files("context") == frozenset()


def test_files_that_cannot_be_remembered_are_told_of(tmp_path: Path) -> None:
    store = Memory(Repository(tmp_path))
    (tmp_path / ".course/results/context.files").mkdir()
    store.add_files("context", ["x"])
    assert store.problem.endswith("Is a directory")
    assert store.files("context") == frozenset()


def test_runs_at_once_lose_no_file_of_each_other(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from course.repository import Repository
from course.cache import check_results
store = check_results.Memory(Repository(Path(sys.argv[1])))
for number in range(100):
    store.add_files("context", [check_results.key(sys.argv[2], number, i) for i in range(5)])
"""
    env = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    words = [sys.executable, "-c", script, str(tmp_path)]
    children = [subprocess.Popen([*words, name], env=env) for name in ("a", "b", "c")]
    assert [child.wait() for child in children] == [0, 0, 0]
    expected = {
        check_results.key(name, number, i)
        for name in "abc"
        for number in range(100)
        for i in range(5)
    }
    assert Memory(Repository(tmp_path)).files("context") == expected


def test_whole_commands_share_a_copy_as_ever(course: Linted) -> None:
    course.everywhere("make.py", "import pathlib\npathlib.Path('made').touch()\n")
    course.everywhere("use.py", "import pathlib\npathlib.Path('made').read_bytes()\n")
    course.set_all(lint=["python make.py", "python use.py"], lint_by_file=[])
    passes(course, "01-greeting")
