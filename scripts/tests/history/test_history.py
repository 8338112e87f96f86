"""The chain as a branch, and how far a change reaches."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from course import history, reach
from course.chain import Chain
from course.commands import history as verbs
from course.errors import CourseError
from course.repository import Repository
from tests import propagation_chains as made


@pytest.fixture
def course(tmp_path: Path) -> Repository:
    text = b"".join(b"line %d\n" % number for number in range(1, 13))
    snapshots: list[made.Files] = [
        {"a.py": (made.FILE, text)},
        {"a.py": (made.FILE, text), "run": (made.PROGRAM, b"b\n")},
        {"a.py": (made.FILE, text.replace(b"line 5\n", b"line five\n")), "l": (made.LINK, b"a.py")},
    ]
    return made.make(tmp_path / "course", snapshots, pages="docs/steps")


def references(course: Repository) -> dict[str, str]:
    lines = made.sh(course.root, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split(" ") for line in lines)


def write(course: Repository, branch: str = "history", revision: str = "") -> history.History:
    return history.write(Chain(course), branch, revision)


def test_each_commit_is_a_snapshot_with_a_tag(course: Repository) -> None:
    commits = write(course).commits
    chain = Chain(course)
    for link in chain:
        tree = made.sh(course.root, "rev-parse", f"step/{link.name}^{{tree}}")
        assert tree == chain.tree_of(link)
        assert made.sh(course.root, "rev-parse", f"step/{link.name}") == commits[link.name]
    assert made.sh(course.root, "log", "--reverse", "--format=%s", "history").splitlines() == [
        "About s1",
        "About s2",
        "About s3",
    ]
    assert made.sh(course.root, "fsck", "--strict") == ""


def test_the_same_chain_gives_the_same_hashes(course: Repository) -> None:
    write(course)
    before = references(course)
    assert write(course).changed == 0
    shutil.rmtree(course.state)
    assert write(course).changed == 0
    assert references(course) == before


def test_neither_index_nor_working_copy_is_touched(course: Repository) -> None:
    (course.root / "steps/02-s2/run").write_text("edited")
    (course.root / "steps/02-s2/new").write_text("new")
    made.sh(course.root, "add", "steps/02-s2/new")
    index = (course.root / ".git/index").read_bytes()
    files = made.everything(course.root)
    write(course)
    assert (course.root / ".git/index").read_bytes() == index
    assert made.everything(course.root) == files
    assert made.sh(course.root, "show", "step/02-s2:run") == "edited"
    assert not (course.root / ".git/FETCH_HEAD").exists()


def test_a_commit_may_be_named(course: Repository) -> None:
    before = write(course).commits
    (course.root / "steps/02-s2/run").write_text("edited")
    assert write(course, revision="HEAD").commits == before
    assert write(course).commits != before


def test_tags_of_steps_that_are_gone_go(course: Repository) -> None:
    write(course)
    (course.root / "steps/course.toml").write_text(made.catalogue(["s1", "s2"]))
    write(course)
    assert "refs/tags/step/03-s3" not in references(course)


def test_a_branch_of_a_person_is_left_alone(course: Repository) -> None:
    made.sh(course.root, "branch", "history")
    before = references(course)
    with pytest.raises(CourseError, match="The branch 'history' was not made by"):
        write(course)
    assert references(course) == before
    assert write(course, "other").changed == 4


def test_a_tag_of_a_person_is_left_alone(course: Repository) -> None:
    made.sh(course.root, "tag", "step/mine")
    with pytest.raises(CourseError, match="The tag 'step/mine' was not made by"):
        write(course)


def test_a_branch_with_a_persons_commit_on_top_is_left_alone(course: Repository) -> None:
    write(course)
    made.sh(course.root, "config", "user.name", "A person")
    tree = made.sh(course.root, "rev-parse", "history^{tree}")
    mine = made.sh(course.root, "commit-tree", tree, "-p", "history", "-m", "mine")
    made.sh(course.root, "update-ref", "refs/heads/history", mine)
    with pytest.raises(CourseError, match="was not made by"):
        write(course)


def test_a_branch_that_is_checked_out_is_left_alone(course: Repository) -> None:
    write(course)
    made.sh(course.root, "worktree", "add", "-q", str(course.root.parent / "other"), "history")
    assert write(course).changed == 0
    (course.root / "steps/02-s2/run").write_text("edited")
    with pytest.raises(CourseError, match="is checked out"):
        write(course)


def test_a_name_that_is_no_branch_is_refused(course: Repository) -> None:
    with pytest.raises(CourseError, match="cannot be the name of a branch"):
        write(course, "a..b")


def test_forty_links_take_about_a_second(tmp_path: Path) -> None:
    course = made.make(tmp_path / "course", made.chain(1, 40))
    write(course)
    (course.root / "steps/01-s1/new").write_text("new")
    begun = time.monotonic()
    write(course)
    # Under a second on an idle machine; this one may run other tests at the same time.
    assert time.monotonic() - begun < 5


# -- reach -------------------------------------------------------------------------------------


def edit(course: Repository, old: bytes, new: bytes, position: int = 0) -> None:
    path = course.root / made.folder_of(position) / "a.py"
    path.write_bytes(path.read_bytes().replace(old, new))


def test_an_edit_reaches_the_steps_that_have_the_line(course: Repository) -> None:
    edit(course, b"line 12\n", b"line twelve\n")
    first, second, third = reach.reach(Chain(course))
    assert first.files == ("a.py",) and first.page == "docs/steps/s1.md"
    # The later steps do not change that line, so their pages stay as they are.
    assert second.missing == third.missing == ("a.py",)
    assert second.page == third.page == ""


def test_a_page_is_reached_where_its_difference_changes(course: Repository) -> None:
    edit(course, b"line 4\n", b"line four\n")
    assert [reached.page for reached in reach.reach(Chain(course))][0::2] == [
        "docs/steps/s1.md",
        "docs/steps/s3.md",
    ]


def test_a_conflict_to_come_is_named(course: Repository) -> None:
    edit(course, b"line 5\n", b"line V\n")
    assert reach.reach(Chain(course))[2].conflicts == ("a.py",)


def test_a_change_that_was_carried_is_not_missing(course: Repository) -> None:
    for position in range(3):
        edit(course, b"line 12\n", b"line twelve\n", position)
    base = made.sh(course.root, "rev-parse", "HEAD")
    made.commit(course.root)
    found = reach.reach(Chain(course), base)
    assert [reached.files for reached in found] == [("a.py",)] * 3
    assert not any(reached.missing for reached in found)


# -- the command line --------------------------------------------------------------------------


def call(course: Repository, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.chdir(course.root)
    verb = {"history": verbs.history, "reach": verbs.reach}[words[0]]
    done = CliRunner().invoke(verb, words[1:], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_the_verbs(course: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    call(course, monkeypatch, "history")
    call(course, monkeypatch, "history")
    assert "touches no step" in call(course, monkeypatch, "reach", "--markdown")
    call(course, monkeypatch, "reach")
    edit(course, b"line 5\n", b"line V\n")
    call(course, monkeypatch, "reach")
    first, *_, last = json.loads(call(course, monkeypatch, "reach", "--json"))
    assert first == {
        "step": "01-s1",
        "folder": "steps/01-s1",
        "files": ["a.py"],
        "missing": [],
        "conflicts": [],
        "page": "docs/steps/s1.md",
    }
    assert last["conflicts"] == ["a.py"]
    text = call(course, monkeypatch, "reach", "--markdown")
    assert "| 01-s1 | `a.py` | `docs/steps/s1.md` |" in text
    assert "`a.py` (**conflict**)" in text and "`a.py` (still to be carried)" in text


def test_a_course_without_pages_reaches_none(tmp_path: Path) -> None:
    course = made.make(tmp_path / "course", [{"a.py": (made.FILE, b"1\n")}] * 2)
    edit(course, b"1", b"2")
    assert [reached.page for reached in reach.reach(Chain(course))] == ["", ""]
