"""Carrying edits, stopping at conflicts, going on, putting back."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from course.chain import Chain, Link
from course.errors import CourseError
from course.locks import regenerate
from course.propagate.lineage import FORGET
from course.propagate.operation import Propagation, Report
from course.repository import Repository
from tests import propagation_chains as made

TEXT = "".join(f"line {number}\n" for number in range(1, 13)).encode()
SCRIPTS = Path(__file__).parents[2]


def files(text: bytes = TEXT, **others: bytes) -> made.Files:
    found: made.Files = {"f.txt": (made.FILE, text)}
    return found | {name.replace("_", "."): (made.FILE, data) for name, data in others.items()}


@pytest.fixture
def course(tmp_path: Path) -> Repository:
    """Four links: the third changes line 5, the fourth adds a file."""
    third = TEXT.replace(b"line 5\n", b"line five\n")
    return made.make(
        tmp_path / "course",
        [files(), files(b_txt=b"b\n"), files(third, b_txt=b"b\n"), files(third, d_txt=b"d\n")],
    )


@pytest.fixture
def with_copy(tmp_path: Path) -> Repository:
    """Two steps, and final/ as a copy of the second."""
    return made.make(
        tmp_path / "course",
        [files(), files(b_txt=b"b\n"), files(b_txt=b"b\n")],
        final="copy = true",
    )


def begin(repository: Repository, **options: str) -> Report:
    with Propagation(repository) as propagation:
        return propagation.begin(**options)


def resume(repository: Repository) -> Report:
    with Propagation(repository) as propagation:
        return propagation.resume()


def abort(repository: Repository) -> Report:
    with Propagation(repository) as propagation:
        return propagation.abort()


def path_of(repository: Repository, position: int, name: str = "f.txt") -> Path:
    return repository.root / made.folder_of(position) / name


def replace(repository: Repository, position: int, old: str, new: str) -> None:
    path = path_of(repository, position)
    content = path.read_bytes()
    assert old.encode() in content
    path.write_bytes(content.replace(old.encode(), new.encode()))


def replace_in(repository: Repository, position: int, name: str) -> None:
    path = path_of(repository, position, name)
    path.write_bytes(path.read_bytes().replace(b"line 5\n", b"line V\n"))


def texts(repository: Repository) -> list[str]:
    chain = Chain(repository)
    return [(chain.path(link) / "f.txt").read_text() for link in chain]


def changed(report: Report) -> list[str]:
    return [outcome.link.label for outcome in report.outcomes if outcome.changed]


def test_an_edit_reaches_every_later_link(course: Repository) -> None:
    replace(course, 0, "line 10", "line ten")
    report = begin(course)
    assert [o.link.label for o in report.edited] == ["01"]
    assert changed(report) == ["02", "03", "04"]
    assert all("line ten" in text for text in texts(course))
    assert "line five" in texts(course)[2]


def test_links_before_the_edit_are_left(course: Repository) -> None:
    replace(course, 2, "line 10", "line ten")
    assert changed(begin(course)) == ["04"]
    assert "line ten" not in texts(course)[1]


def test_several_edits_compose(course: Repository) -> None:
    replace(course, 0, "line 10", "line ten")
    replace(course, 1, "line 1\n", "line one\n")
    replace(course, 3, "line 12", "line twelve")
    begin(course)
    assert "line one" not in texts(course)[0]
    for text in texts(course)[1:]:
        assert "line ten" in text and "line one" in text
    assert ["line twelve" in text for text in texts(course)] == [False, False, False, True]


def test_nothing_is_carried_where_nothing_was_edited(course: Repository) -> None:
    report = begin(course)
    assert not report.edited and not changed(report)
    assert not (course.state / "propagate/state.json").exists()


def test_a_second_call_has_nothing_to_do(course: Repository) -> None:
    replace(course, 0, "line 10", "line ten")
    begin(course)
    again = begin(course)
    assert not again.edited and not changed(again)


def test_from_a_step_on(course: Repository) -> None:
    replace(course, 0, "line 10", "line ten")
    replace(course, 2, "line 12", "line twelve")
    begin(course, start="3")
    assert ["line ten" in text for text in texts(course)] == [True, False, False, False]
    assert ["line twelve" in text for text in texts(course)] == [False, False, True, True]
    begin(course)
    assert all("line ten" in text for text in texts(course))


def test_an_edit_that_is_committed_is_measured_from_a_base(course: Repository) -> None:
    replace(course, 0, "line 10", "line ten")
    made.commit(course.root)
    assert not changed(begin(course))
    assert changed(begin(course, base="HEAD~1")) == ["02", "03", "04"]


def test_an_unknown_base_is_refused(course: Repository) -> None:
    with pytest.raises(CourseError, match="There is no commit 'nope'"):
        begin(course, base="nope")


def test_without_a_commit_there_is_nothing_to_measure_from(tmp_path: Path) -> None:
    repository = made.make(tmp_path / "course", [files(), files()])
    shutil.rmtree(repository.root / ".git")
    made.sh(repository.root, "init", "-q")
    with pytest.raises(CourseError, match=r"(?s)Nothing is committed yet.* git clone"):
        begin(repository)


def test_a_copy_inside_another_repository_is_not_to_be_committed_there(
    course: Repository, tmp_path: Path
) -> None:
    shutil.rmtree(course.root / ".git")
    made.sh(tmp_path, "init", "-q")
    made.sh(tmp_path, "commit", "-q", "--allow-empty", "-m", "x")
    replace(course, 0, "line 10", "line ten")
    with pytest.raises(CourseError, match="holds no steps/course.toml") as caught:
        begin(course)
    assert "clone the course beside it" in caught.value.remedy


def test_a_base_without_catalogue_is_refused(course: Repository) -> None:
    made.sh(course.root, "commit", "-q", "--allow-empty", "-m", "x")
    empty = made.sh(course.root, "commit-tree", "-m", "x", made.sh(course.root, "mktree"))
    with pytest.raises(CourseError, match="holds no steps/course.toml"):
        begin(course, base=empty)


def test_a_missing_folder_is_not_an_edit(course: Repository) -> None:
    shutil.rmtree(course.root / made.folder_of(1))
    before = made.everything(course.root)
    with pytest.raises(CourseError, match="steps/02-s2: the folder is missing or empty"):
        begin(course)
    assert made.everything(course.root) == before


# -- a copy at the end ----------------------------------------------------------------------


def test_a_copy_at_the_end_is_made_anew_and_never_merged(with_copy: Repository) -> None:
    replace(with_copy, 0, "line 10", "line ten")
    report = begin(with_copy)
    assert report.outcomes[-1].copied
    assert made.read(with_copy.root / "final") == made.read(with_copy.root / made.folder_of(1))


def test_an_edit_of_the_copy_is_kept_in_the_backups(with_copy: Repository) -> None:
    replace(with_copy, 0, "line 10", "line ten")
    (with_copy.root / "final/f.txt").write_text("an edit in the wrong place")
    report = begin(with_copy)
    (folder,) = report.backups
    assert (folder / "final/f.txt").read_text() == "an edit in the wrong place"
    assert made.read(with_copy.root / "final") == made.read(with_copy.root / made.folder_of(1))


# -- conflicts -------------------------------------------------------------------------------


def conflict(course: Repository) -> Report:
    replace(course, 0, "line 5", "line V")
    report = begin(course)
    assert report.stopped is not None
    return report


def test_a_conflict_stops_at_its_link_with_markers(course: Repository) -> None:
    report = conflict(course)
    assert report.stopped is not None and report.stopped.link.label == "03"
    assert list(report.stopped.conflicts) == ["f.txt"]
    first, second, third, fourth = texts(course)
    assert "line V" in second
    assert "<<<<<<< 03-s3\nline five\n=======\nline V\n>>>>>>> edited-02-s2\n" in third
    assert "line V" not in fourth
    sides = course.state / "propagate/sides"
    assert {p.parent.name: b"five" in p.read_bytes() for p in sides.rglob("f.txt")} == {
        "before": False,
        "step": True,
        "edit": False,
    }


def test_markers_that_remain_are_named(course: Repository) -> None:
    conflict(course)
    with pytest.raises(CourseError) as caught:
        resume(course)
    assert "steps/03-s3/f.txt:5: a conflict marker" in str(caught.value)
    assert "steps/03-s3/f.txt:9: a conflict marker" in str(caught.value)


def fix(course: Repository, text: str = "line five, or V\n") -> None:
    path = path_of(course, 2)
    begin, _, rest = path.read_text().partition("<<<<<<<")
    path.write_text(begin + text + rest.partition(">>>>>>>")[2].partition("\n")[2])


def test_after_mending_it_goes_on(course: Repository) -> None:
    conflict(course)
    fix(course)
    report = resume(course)
    assert report.stopped is None
    assert "line five, or V\n" in texts(course)[3]
    assert not (course.state / "propagate/sides").exists()
    again = begin(course)
    assert not again.edited and not changed(again)


def test_a_conflict_mended_by_keeping_what_was_there(course: Repository) -> None:
    conflict(course)
    fix(course, "line five\n")
    assert resume(course).stopped is None
    assert "line five\n" in texts(course)[3] and "line V" not in texts(course)[3]
    replace(course, 0, "line 12", "line twelve")
    assert begin(course).stopped is None
    assert all("line twelve" in text for text in texts(course))


def test_while_one_waits_no_other_begins(course: Repository) -> None:
    conflict(course)
    with pytest.raises(CourseError, match="a propagation stopped at 's3'"):
        begin(course)


def test_while_one_waits_no_other_is_foretold(course: Repository) -> None:
    conflict(course)
    with Propagation(course) as propagation:
        with pytest.raises(
            CourseError, match="--dry-run` must wait: a propagation stopped at 's3'"
        ):
            propagation.preview()


@pytest.mark.parametrize("act", [resume, abort])
def test_without_a_stop_there_is_nothing_to_end(course: Repository, act: object) -> None:
    with pytest.raises(CourseError, match="There is nothing to"):
        act(course)  # type: ignore[operator]


def test_abort_puts_everything_back_edits_included(course: Repository) -> None:
    replace(course, 1, "line 1\n", "line one\n")
    replace(course, 2, "line 12", "line twelve")
    path_of(course, 3, "new.txt").write_text("not committed")
    replace(course, 0, "line 5", "line V")
    before = made.everything(course.root)
    report = begin(course)
    assert report.stopped is not None
    assert made.everything(course.root) != before
    abort(course)
    assert made.everything(course.root) == before
    assert not (course.state / "propagate/state.json").exists()


def test_what_was_written_after_the_stop_is_kept_on_abort(course: Repository) -> None:
    conflict(course)
    fix(course)
    path_of(course, 2, "new.txt").write_text("an idea")
    (folder,) = abort(course).backups
    kept = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert kept == {"steps/03-s3/f.txt", "steps/03-s3/new.txt"}
    assert "line five, or V" in (folder / "steps/03-s3/f.txt").read_text()
    assert (folder / "steps/03-s3/new.txt").read_text() == "an idea"
    assert not path_of(course, 2, "new.txt").exists()


def test_abort_keeps_what_an_earlier_propagation_carried(course: Repository) -> None:
    replace(course, 0, "line 10", "line ten")
    begin(course)
    before = made.everything(course.root)
    replace(course, 0, "line 5", "line V")
    edited = made.everything(course.root)
    assert begin(course).stopped is not None
    abort(course)
    assert made.everything(course.root) == edited
    replace(course, 0, "line V", "line 5")
    assert not changed(begin(course))
    assert made.everything(course.root) == before


def test_later_links_edited_during_the_stop_count(course: Repository) -> None:
    conflict(course)
    fix(course)
    replace(course, 3, "line 1\n", "line one\n")
    resume(course)
    assert "line one" in texts(course)[3] and "line five, or V" in texts(course)[3]


def test_earlier_links_edited_during_the_stop_count(course: Repository) -> None:
    conflict(course)
    fix(course)
    replace(course, 0, "line 12", "line twelve")
    resume(course)
    assert all("line twelve" in text for text in texts(course))


def test_a_file_put_back_by_git_counts_as_never_carried(course: Repository) -> None:
    replace(course, 0, "line 10", "line ten")
    begin(course)
    made.sh(course.root, "checkout", "-q", "--", ".")
    replace(course, 0, "line 10", "line TEN")
    report = begin(course)
    assert report.stopped is None
    assert all("line TEN" in text for text in texts(course))


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("content", ["x = 1\n", "y = 2\n"])
def test_a_file_written_again_after_git_put_all_back_is_an_edit(
    course: Repository, place: int, content: str
) -> None:
    path_of(course, 0, "feature.py").write_text("x = 1\n")
    begin(course)
    made.sh(course.root, "checkout", "-q", "--", ".")
    made.sh(course.root, "clean", "-fdq", "steps")
    path_of(course, place, "feature.py").write_text(content)
    assert begin(course).stopped is None
    for at in range(len(texts(course))):
        path = path_of(course, at, "feature.py")
        assert (path.read_text() if path.exists() else None) == (content if at >= place else None)


def test_what_a_solution_left_out_is_carried_once_git_put_all_back(course: Repository) -> None:
    own = [path_of(course, at, "own.txt") for at in range(4)]
    own[1].write_text("mine\n")
    replace(course, 1, "line 5", "line V")
    assert begin(course).stopped is not None
    fix(course)
    own[2].unlink()
    assert resume(course).stopped is None
    assert [path.exists() for path in own] == [False, True, False, False]
    # Left out, it stays so.
    begin(course)
    assert [path.exists() for path in own] == [False, True, False, False]
    made.sh(course.root, "reset", "-q", "--hard")
    made.sh(course.root, "clean", "-fdq")
    own[1].write_text("mine\n")
    assert begin(course).stopped is None
    assert [path.exists() for path in own] == [False, True, True, True]


def test_an_amended_commit_forgets_nothing_that_was_carried(course: Repository) -> None:
    replace(course, 0, "line 10", "line ten")
    begin(course)
    made.sh(course.root, "commit", "-q", "--allow-empty", "--amend", "-m", "Other words")
    replace(course, 0, "line ten", "line TEN")
    assert begin(course).stopped is None
    assert all("line TEN" in text for text in texts(course))


def test_a_stop_that_git_put_back_is_forgotten(course: Repository) -> None:
    conflict(course)
    made.sh(course.root, "checkout", "-q", "--", ".")
    with pytest.raises(CourseError, match="There is nothing to continue"):
        resume(course)
    replace(course, 0, "line 12", "line twelve")
    report = begin(course)
    assert report.stopped is None and "is forgotten" in report.said[0]
    assert all("line twelve" in text for text in texts(course))


@pytest.fixture
def stopped(tmp_path: Path) -> Repository:
    """Four links and an edit of the first: it deletes, it adds, and it stops at the third."""
    others = {f"{name}_txt": name.encode() for name in "abc"}
    third = TEXT.replace(b"line 5\n", b"line five\n")
    links = [files(**others), files(**others), files(third, **others), files(third, **others)]
    links[3]["d.txt"] = (made.FILE, b"d\n")
    course = made.make(tmp_path / "course", links)
    replace(course, 0, "line 5", "line V")
    for name in "abc":
        path_of(course, 0, f"{name}.txt").unlink()
    path_of(course, 0, "own.txt").write_text("mine\n")
    stop = begin(course).stopped
    assert stop is not None and stop.link.position == 2
    return course


def put_all_back(course: Repository) -> None:
    made.sh(course.root, "checkout", "-q", "-f", "--", ".")
    made.sh(course.root, "clean", "-fdq", "steps")


def names(course: Repository) -> list[set[str]]:
    return [set(made.read(course.root / made.folder_of(at))) for at in range(4)]


@pytest.mark.parametrize("edit", ["delete", "folder", "write", "write in conflict"])
def test_an_edit_like_what_git_put_back_of_a_stop_is_an_edit(
    stopped: Repository, edit: str
) -> None:
    put_all_back(stopped)
    before, texts_before = names(stopped), texts(stopped)
    gone, new = {"a.txt"}, set()
    if edit == "delete":
        path_of(stopped, 2, "a.txt").unlink()
    elif edit == "folder":
        path_of(stopped, 2, "a.txt").unlink()
        path_of(stopped, 2, "a.txt").mkdir()
        path_of(stopped, 2, "a.txt/b.txt").write_text("b\n")
        new = {"a.txt/b.txt"}
    else:
        path_of(stopped, 2, "own.txt").write_text("mine\n")
        gone, new = set(), {"own.txt"}
    if edit == "write in conflict":
        replace(stopped, 2, "line 12", "line twelve")
        texts_before = [*texts_before[:2], *(texts(stopped)[2],) * 2]
    report = begin(stopped)
    assert report.stopped is None and "is forgotten" in report.said[0]
    name = "own.txt" if edit.startswith("write") else "a.txt"
    counted = f"Counted as your edits: {made.folder_of(2)}/{name}."
    assert (counted in report.said[0]) == (edit != "folder")
    assert names(stopped) == [*before[:2], *((have - gone) | new for have in before[2:])]
    assert texts(stopped) == texts_before
    assert not report.backups


def test_a_folder_for_the_only_file_that_a_stop_deleted_is_an_edit(course: Repository) -> None:
    path_of(course, 1, "b.txt").unlink()
    replace(course, 1, "line 5", "line V")
    assert begin(course).stopped is not None
    put_all_back(course)
    path_of(course, 2, "b.txt").unlink()
    path_of(course, 2, "b.txt").mkdir()
    path_of(course, 2, "b.txt/c.txt").write_text("c\n")
    report = begin(course)
    assert report.stopped is None and "is forgotten" in report.said[0]
    assert path_of(course, 3, "f.txt").read_text() == texts(course)[2]


@pytest.mark.parametrize("marked", [False, True])
def test_where_only_a_person_knows_what_git_put_back_the_refusal_says_what_to_do(
    stopped: Repository, marked: bool
) -> None:
    for at in range(2):
        made.sh(stopped.root, "checkout", "-q", "--", made.folder_of(at))
        path_of(stopped, at, "own.txt").unlink()
    made.sh(stopped.root, "checkout", "-q", "--", f"{made.folder_of(2)}/f.txt")
    if marked:  # Only own.txt is left, as the tool wrote it.
        made.sh(stopped.root, "checkout", "-q", "--", made.folder_of(2))
    else:
        path_of(stopped, 2, "own.txt").unlink()
    there = made.everything(stopped.root)
    with pytest.raises(CourseError, match=re.escape(" && ".join(FORGET))):
        begin(stopped)
    stash, _, pop = (command.split() for command in FORGET)
    made.sh(stopped.root, *stash[1:])
    assert "is forgotten" in begin(stopped).said[0]
    made.sh(stopped.root, *pop[1:])
    assert made.everything(stopped.root) == there
    report = begin(stopped)
    assert report.stopped is None and not report.said
    assert names(stopped)[2] - {"d.txt"} == names(stopped)[3] - {"d.txt"}
    assert texts(stopped)[3] == texts(stopped)[2] and "line V" not in texts(stopped)[2]


def test_no_stash_is_named_where_it_would_not_help(course: Repository) -> None:
    conflict(course)
    made.sh(course.root, "checkout", "-q", "--", made.folder_of(2))
    made.sh(course.root, "commit", "-q", "-a", "-m", "The edit alone")
    replace(course, 3, "line 1\n", "line one\n")
    with pytest.raises(CourseError, match="must wait") as raised:
        begin(course)
    assert "git stash" not in str(raised.value)
    made.sh(course.root, "stash", "-q", "-u")
    with pytest.raises(CourseError, match="must wait"):
        begin(course)


def kept_in(report: Report) -> dict[str, str]:
    """Return what is in the backups of a propagation, by path."""
    found = [(top, path) for top in report.backups for path in top.rglob("*") if path.is_file()]
    return {path.relative_to(top).as_posix(): path.read_text() for top, path in found}


@pytest.mark.parametrize("by_git", [True, False])
def test_the_last_copy_of_an_edit_that_was_put_back_is_kept(
    course: Repository, by_git: bool
) -> None:
    before = made.everything(course.root)
    replace(course, 1, "line 10", "line ten")
    path_of(course, 1, "own.txt").write_text("mine\n")
    begin(course)
    if by_git:
        made.sh(course.root, "checkout", "-q", "--", made.folder_of(1))
    else:
        replace(course, 1, "line ten", "line 10")
    path_of(course, 1, "own.txt").unlink()
    found = kept_in(begin(course))
    assert sorted(found) == ["steps/03-s3/f.txt", "steps/03-s3/own.txt"]
    assert "line ten" in found["steps/03-s3/f.txt"] and found["steps/03-s3/own.txt"] == "mine\n"
    assert made.everything(course.root) == before


def test_the_last_copy_of_a_file_that_was_put_back_is_kept_under_its_later_name(
    tmp_path: Path,
) -> None:
    one, other = files(), {"g.txt": (made.FILE, TEXT)}
    course = made.make(tmp_path / "course", [one, one, other, other])
    replace(course, 1, "line 10", "line ten")
    begin(course)
    assert "line ten" in path_of(course, 2, "g.txt").read_text()
    made.sh(course.root, "checkout", "-q", "--", made.folder_of(1))
    assert sorted(kept_in(begin(course))) == ["steps/03-s3/g.txt"]


def test_what_is_still_written_elsewhere_needs_no_backup(course: Repository) -> None:
    path_of(course, 1, "own.txt").write_text("mine\n")
    begin(course)
    path_of(course, 1, "own.txt").rename(path_of(course, 0, "other.txt"))
    assert begin(course).backups == []
    assert not path_of(course, 3, "own.txt").exists()


def test_a_second_thought_needs_no_backup(course: Repository) -> None:
    replace(course, 1, "line 10", "line ten")
    begin(course)
    replace(course, 1, "line ten", "line TEN")
    assert begin(course).backups == []


def test_abort_keeps_the_last_copy_of_an_edit_that_was_put_back_meanwhile(
    course: Repository,
) -> None:
    replace(course, 0, "line 5", "line V")
    assert begin(course).stopped is not None
    made.sh(course.root, "checkout", "-q", "--", made.folder_of(0))
    found = kept_in(abort(course))
    assert "line V\n" in found["steps/02-s2/f.txt"]


@pytest.mark.parametrize("commit", [False, True])
def test_what_was_in_the_stash_during_another_propagation_meets_no_conflict_twice(
    course: Repository, commit: bool
) -> None:
    conflict(course)
    fix(course)
    resume(course)
    carried = texts(course)
    made.sh(course.root, "stash", "-q", "-u")
    path_of(course, 0, "other.txt").write_text("more\n")
    begin(course)
    if commit:
        made.commit(course.root)
    else:
        made.sh(course.root, "clean", "-fdq", "steps")
    made.sh(course.root, "stash", "pop", "-q")
    report = begin(course)
    assert report.stopped is None and not changed(report)
    assert texts(course) == carried


def test_a_step_put_back_between_two_others_meets_no_conflict_twice(tmp_path: Path) -> None:
    own = TEXT.replace(b"line 5\n", b"line five\n")
    course = made.make(tmp_path / "course", [files(), files(), files(own), files(own)])
    replace(course, 0, "line 5", "line V")
    assert begin(course).stopped is not None
    made.sh(course.root, "checkout", "-q", "--", made.folder_of(2))
    assert resume(course).stopped is None
    made.sh(course.root, "checkout", "-q", "--", made.folder_of(1))
    assert begin(course).stopped is None
    assert ["line V\n" in text for text in texts(course)] == [True, True, False, False]


def test_a_memory_whose_objects_are_gone_is_passed_over(course: Repository) -> None:
    replace(course, 0, "line 10", "line ten")
    begin(course)
    replace(course, 0, "line 12", "line twelve")
    begin(course)
    file = course.state / "propagate/state.json"
    state = json.loads(file.read_text())
    (older,) = state["older"]
    older["carried"] = dict.fromkeys(older["carried"], "0" * 40)
    file.write_text(json.dumps(state))
    replace(course, 0, "line 1\n", "line one\n")
    assert begin(course).stopped is None
    assert all("line one\n" in text and "line twelve" in text for text in texts(course))


def test_of_earlier_propagations_the_last_ten_are_remembered(course: Repository) -> None:
    for number in range(13):
        path_of(course, 0, "own.txt").write_text(f"{number}\n")
        begin(course)
    state = json.loads((course.state / "propagate/state.json").read_text())
    assert len(state["older"]) == 10


def test_edits_replaced_by_a_merge_are_kept(course: Repository) -> None:
    replace(course, 2, "line 12", "line twelve")
    replace(course, 0, "line 1\n", "line one\n")
    (folder,) = begin(course).backups
    assert "line twelve" in (folder / made.folder_of(2) / "f.txt").read_text()


def test_the_same_conflict_is_solved_as_before(tmp_path: Path) -> None:
    old, new = b"x = 1\n", b"x = 2\n"
    ours = TEXT + old
    snapshots = [
        {"a.py": (made.FILE, ours), "b.py": (made.FILE, ours)},
        {"a.py": (made.FILE, TEXT + new), "b.py": (made.FILE, ours)},
        {"a.py": (made.FILE, TEXT + new), "b.py": (made.FILE, TEXT + new)},
        {"a.py": (made.FILE, TEXT + new), "b.py": (made.FILE, TEXT + new), "c": (made.FILE, b"")},
    ]
    repository = made.make(tmp_path / "course", snapshots)
    for name in ("a.py", "b.py"):
        path_of(repository, 0, name).write_bytes(TEXT + b"x = 3\n")
    report = begin(repository)
    assert report.stopped is not None and list(report.stopped.conflicts) == ["a.py"]
    path_of(repository, 1, "a.py").write_bytes(TEXT + b"x = 2 + 3\n")
    report = resume(repository)
    assert report.stopped is None
    assert [o.solved for o in report.outcomes] == [(), (), ("b.py",), ()]
    assert path_of(repository, 3, "b.py").read_bytes() == TEXT + b"x = 2 + 3\n"
    assert not (repository.state / "store.git/rr-cache").exists()


def test_all_sides_of_a_binary_conflict_are_there(tmp_path: Path) -> None:
    contents = [b"\0one", b"\0two", b"\0two"]
    snapshots: list[made.Files] = [{"logo.png": (made.FILE, data)} for data in contents]
    repository = made.make(tmp_path / "course", snapshots)
    path_of(repository, 0, "logo.png").write_bytes(b"\0three")
    (line,) = begin(repository).choices
    assert "no markers. It is there as this step has it" in line
    assert "the other version is .course/propagate/sides/edit/logo.png" in line
    sides = repository.state / "propagate/sides"
    assert (sides / "before/logo.png").read_bytes() == b"\0one"
    assert (sides / "step/logo.png").read_bytes() == b"\0two"
    assert (sides / "edit/logo.png").read_bytes() == b"\0three"
    path_of(repository, 1, "logo.png").write_bytes(b"\0three")
    assert resume(repository).stopped is None
    assert path_of(repository, 2, "logo.png").read_bytes() == b"\0three"


def test_a_file_put_beside_a_folder_must_be_sorted_out(tmp_path: Path) -> None:
    snapshots: list[made.Files] = [
        {"a": (made.FILE, TEXT), "z": (made.FILE, b"z")},
        {"a/inner": (made.FILE, b"new\n"), "z": (made.FILE, b"z")},
    ]
    repository = made.make(tmp_path / "course", snapshots)
    path_of(repository, 0, "a").write_bytes(TEXT + b"more\n")
    report = begin(repository)
    assert report.stopped is not None
    aside = [path for path in os.listdir(repository.root / made.folder_of(1)) if "~" in path]
    assert aside == ["a~edited-01-s1"]
    assert report.choices == []
    with pytest.raises(CourseError, match="put beside another file of its name"):
        resume(repository)
    path_of(repository, 1, aside[0]).unlink()
    assert resume(repository).stopped is None


def test_a_text_about_markers_is_no_conflict(course: Repository) -> None:
    about = TEXT + b"<<<<<<< is how a conflict begins\n"
    for position in range(4):
        path = path_of(course, position)
        path.write_bytes(path.read_bytes() + b"<<<<<<< is how a conflict begins\n")
    made.commit(course.root)
    conflict(course)
    with pytest.raises(CourseError) as caught:
        resume(course)
    assert str(caught.value).count("a conflict marker") == 2
    assert about


MARKED = "<<<<<<< HEAD\nline 5\n=======\nline V\n>>>>>>> topic\n"


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("position", [0, 3])
def test_an_edit_with_markers_is_not_taken_up(
    course: Repository, position: int, preview: bool
) -> None:
    replace(course, position, "line 1\n", MARKED)
    before = made.everything(course.root)
    with Propagation(course) as propagation:
        with pytest.raises(CourseError) as caught:
            propagation.preview() if preview else propagation.begin()
    folder = made.folder_of(position)
    for line in (1, 5):
        assert f"{folder}/f.txt:{line}: a conflict marker" in str(caught.value)
    assert made.everything(course.root) == before


def test_markers_whose_propagation_is_forgotten_are_not_nested(course: Repository) -> None:
    conflict(course)
    shutil.rmtree(course.state)
    with pytest.raises(CourseError, match="steps/03-s3/f.txt:5: a conflict marker"):
        begin(course)


def test_markers_before_the_step_to_begin_from_are_no_concern(course: Repository) -> None:
    replace(course, 0, "line 1\n", MARKED)
    replace(course, 2, "line 12", "line twelve")
    assert changed(begin(course, start="3")) == ["04"]


def test_a_committed_text_about_markers_is_carried(course: Repository) -> None:
    for position in range(4):
        path = path_of(course, position)
        path.write_bytes(path.read_bytes() + MARKED.encode())
    made.commit(course.root)
    replace(course, 0, "line 12", "line twelve")
    assert begin(course).stopped is None
    assert all("line twelve" in text for text in texts(course))


# -- choices in a conflict, and what was chosen ------------------------------------------------


def test_a_text_in_conflict_offers_no_choice(course: Repository) -> None:
    assert conflict(course).choices == []


def test_which_side_of_a_text_was_taken_is_said(course: Repository) -> None:
    conflict(course)
    fix(course, "line five\n")
    assert resume(course).taken == ["steps/03-s3 keeps its own version of f.txt."]


def test_the_side_of_the_edit_is_said_as_well(course: Repository) -> None:
    conflict(course)
    fix(course, "line V\n")
    assert resume(course).taken == ["steps/03-s3 took the edit's version of f.txt."]


def test_of_a_mixture_nothing_is_said(course: Repository) -> None:
    conflict(course)
    fix(course)
    assert resume(course).taken == []


@pytest.fixture
def deleting(tmp_path: Path) -> Repository:
    """Two steps, of which the second deletes a.txt and changes b.txt."""
    return made.make(
        tmp_path / "course",
        [
            files(a_txt=TEXT, b_txt=TEXT),
            files(b_txt=TEXT.replace(b"line 5\n", b"line five\n")),
        ],
    )


@pytest.mark.parametrize("delete", [False, True])
def test_a_file_that_the_step_deleted_and_an_edit_changes(
    deleting: Repository, delete: bool
) -> None:
    replace_in(deleting, 0, "a.txt")
    (line,) = begin(deleting).choices
    assert line.startswith("steps/02-s2/a.txt: this step deleted it, the edit changes it.")
    assert "--continue keeps it; to leave it deleted, delete it first" in line
    path = path_of(deleting, 1, "a.txt")
    assert b"line V" in path.read_bytes()
    if delete:
        path.unlink()
    (said,) = resume(deleting).taken
    words = "stays without a.txt" if delete else "took the edit's version of a.txt"
    assert said == f"steps/02-s2 {words}."
    assert path.exists() is not delete


@pytest.mark.parametrize("delete", [False, True])
def test_a_file_that_an_edit_deletes_and_the_step_changed(
    deleting: Repository, delete: bool
) -> None:
    path_of(deleting, 0, "b.txt").unlink()
    (line,) = begin(deleting).choices
    assert line.startswith("steps/02-s2/b.txt: the edit deletes it, this step changed it.")
    assert "--continue keeps it; to follow the edit, delete it first" in line
    path = path_of(deleting, 1, "b.txt")
    if delete:
        path.unlink()
    (said,) = resume(deleting).taken
    words = "lost b.txt, as in the edit" if delete else "keeps its own version of b.txt"
    assert said == f"steps/02-s2 {words}."
    assert path.exists() is not delete


def test_a_preview_writes_nothing_and_looks_past_a_conflict(course: Repository) -> None:
    replace(course, 0, "line 5", "line V")
    path_of(course, 0, "new.txt").write_text("new")
    before = made.everything(course.root)
    with Propagation(course) as propagation:
        report = propagation.preview()
    assert made.everything(course.root) == before
    assert not (course.state / "propagate").exists()
    assert [bool(o.conflicts) for o in report.outcomes] == [False, False, True, False]
    assert changed(report) == ["02", "03", "04"]


# -- signs that a step lost its idea ----------------------------------------------------------


def test_a_step_that_lost_its_idea_is_reported(course: Repository) -> None:
    path_of(course, 0, "b.txt").write_text("b\n")
    (line,) = [line for line in begin(course).warnings if "nothing is left" in line]
    assert line.startswith("steps/02-s2:")


def test_a_line_that_comes_back_is_reported(tmp_path: Path) -> None:
    taken_out = TEXT.replace(b"line 3\n", b"")
    repository = made.make(tmp_path / "course", [files(), files(taken_out, b_txt=b"b\n")])
    # The edit moves the line; the step took it out where it was.
    moved = TEXT.replace(b"line 3\n", b"") + b"line 3\n"
    path_of(repository, 0).write_bytes(moved)
    report = begin(repository)
    assert report.warnings == ["steps/02-s2/f.txt: a line that the step took out is back: line 3"]


# -- generated files --------------------------------------------------------------------------


PROJECT = b'[project]\ndependencies = ["a"]\n\n[tool.black]\nline-length = 100\n'


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The labels of the steps whose locks are regenerated; nothing comes of it."""
    found: list[str] = []

    def relock(chain: Chain, links: list[Link]) -> Mapping[str, bytes]:
        found.extend(link.label for link in links)
        return {}

    monkeypatch.setattr(regenerate, "relock", relock)
    return found


@pytest.fixture
def locked(tmp_path: Path) -> Repository:
    """Three links with a lock; the third has one of its own."""
    repository = made.make(
        tmp_path / "course",
        [
            files(pyproject_toml=PROJECT, x_lock=b"1\n"),
            files(pyproject_toml=PROJECT, x_lock=b"1\n", b_txt=b"b"),
            files(pyproject_toml=PROJECT, x_lock=b"3\n", b_txt=b"b"),
        ],
    )
    (repository.root / ".gitattributes").write_text("x.lock linguist-generated -merge\n")
    made.commit(repository.root)
    return repository


def test_a_generated_file_is_taken_over_or_left_to_be_made_anew(
    locked: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def relock(chain: Chain, links: list[Link]) -> Mapping[str, bytes]:
        asked.extend(link.label for link in links)
        return {"steps/03-s3/x.lock": b"regenerated\n"}

    monkeypatch.setattr(regenerate, "relock", relock)
    path_of(locked, 0, "x.lock").write_bytes(b"2\n")
    report = begin(locked)
    assert [o.generated for o in report.outcomes] == [(), ("x.lock",), ()]
    assert [o.stale for o in report.outcomes] == [(), (), ("x.lock",)]
    assert asked == ["03"]
    assert report.locked == ["steps/03-s3/x.lock"]
    assert path_of(locked, 1, "x.lock").read_bytes() == b"2\n"
    assert path_of(locked, 2, "x.lock").read_bytes() == b"regenerated\n"
    assert not begin(locked).edited


def test_locks_are_made_anew_where_dependencies_changed(
    locked: Repository, asked: list[str]
) -> None:
    path = path_of(locked, 0, "pyproject.toml")
    path.write_bytes(PROJECT.replace(b"100", b"99"))
    begin(locked)
    assert asked == []
    path.write_bytes(path.read_bytes().replace(b'"a"', b'"a", "b"'))
    begin(locked)
    assert asked == ["01", "02", "03"]


def test_a_lock_that_cannot_be_made_is_reported(
    locked: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def relock(chain: Chain, links: list[Link]) -> Mapping[str, bytes]:
        raise CourseError("no network")

    monkeypatch.setattr(regenerate, "relock", relock)
    for position in range(3):
        path_of(locked, position, "pyproject.toml").write_bytes(b"not TOML [")
    report = begin(locked)
    assert report.unlocked == "no network"
    asked: list[str] = []

    def again(chain: Chain, links: list[Link]) -> Mapping[str, bytes]:
        asked.extend(link.label for link in links)
        return {}

    monkeypatch.setattr(regenerate, "relock", again)
    begin(locked)
    begin(locked)
    assert asked == ["01", "02", "03"]


def test_locks_of_links_before_a_conflict_are_made_anew_at_the_end(
    locked: Repository, asked: list[str]
) -> None:
    path_of(locked, 1, "f.txt").write_bytes(TEXT.replace(b"line 5", b"line five"))
    made.commit(locked.root)
    replace(locked, 0, "line 5", "line V")
    path = path_of(locked, 0, "pyproject.toml")
    path.write_bytes(PROJECT.replace(b'"a"', b'"b"'))
    assert begin(locked).stopped is not None
    assert asked == []
    path_of(locked, 1, "f.txt").write_bytes(TEXT)
    while resume(locked).stopped is not None:
        path_of(locked, 2, "f.txt").write_bytes(TEXT)
    assert asked == ["01", "02", "03"]


def test_a_copy_follows_a_lock_that_was_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = files(pyproject_toml=PROJECT, x_lock=b"1\n")
    repository = made.make(tmp_path / "course", [snapshot] * 3, final="copy = true")
    (repository.root / ".gitattributes").write_text("x.lock linguist-generated\n")
    made.commit(repository.root)
    monkeypatch.setattr(regenerate, "relock", lambda chain, links: {"steps/02-s2/x.lock": b"2\n"})
    path = path_of(repository, 1, "pyproject.toml")
    path.write_bytes(PROJECT.replace(b'"a"', b'"b"'))
    begin(repository)
    assert (repository.root / "final/x.lock").read_bytes() == b"2\n"
    assert not begin(repository).edited


# -- links that are new, gone or called otherwise ---------------------------------------------


def rewrite(repository: Repository, slugs: list[str]) -> None:
    (repository.root / "steps/course.toml").write_text(made.catalogue(slugs))


def test_what_is_written_into_a_new_step_reaches_all_later_ones(course: Repository) -> None:
    steps = course.root / "steps"
    (steps / "04-s4").rename(steps / "05-s4")
    (steps / "03-s3").rename(steps / "04-s3")
    shutil.copytree(steps / "02-s2", steps / "03-new")
    rewrite(course, ["s1", "s2", "new", "s3", "s4"])
    (steps / "03-new/idea.py").write_text("an idea\n")
    begin(course)
    assert (steps / "04-s3/idea.py").exists() and (steps / "05-s4/idea.py").exists()


def test_a_step_called_otherwise_is_still_the_same(course: Repository) -> None:
    steps = course.root / "steps"
    (steps / "03-s3").rename(steps / "03-third")
    rewrite(course, ["s1", "s2", "third", "s4"])
    replace(course, 0, "line 10", "line ten")
    report = begin(course)
    assert [o.link.label for o in report.edited] == ["01"]
    assert all("line ten" in text for text in texts(course))


# -- things that are in the way ---------------------------------------------------------------


def test_an_ignored_file_where_a_new_one_is_to_be_is_not_overwritten(course: Repository) -> None:
    (course.root / "steps/.gitignore").write_text("/0[234]*/local.txt\n")
    path_of(course, 2, "local.txt").write_text("mine")
    path_of(course, 0, "local.txt").write_text("everyone's")
    before = made.everything(course.root)
    with pytest.raises(CourseError, match="local.txt is to be made, but is there already"):
        begin(course)
    assert made.everything(course.root) == before


def test_a_state_that_cannot_be_read_says_how_to_go_on(course: Repository) -> None:
    state = course.state_folder("propagate") / "state.json"
    state.write_text("{")
    with pytest.raises(CourseError, match="cannot be read"):
        begin(course)


def test_a_state_whose_objects_are_gone_is_forgotten(course: Repository) -> None:
    replace(course, 0, "line 10", "line ten")
    begin(course)
    state = course.state / "propagate/state.json"
    data = json.loads(state.read_text())
    data["carried"]["s1"] = "1" * 40
    state.write_text(json.dumps(data))
    replace(course, 0, "line 12", "line twelve")
    assert begin(course).stopped is None
    assert all("line ten" in text and "line twelve" in text for text in texts(course))


def test_attributes_of_a_snapshot_hold_as_in_a_rebase(tmp_path: Path) -> None:
    rules: made.Files = {"sub/.gitattributes": (made.FILE, b"*.log merge=union\n")}
    log: made.Files = {"sub/a.log": (made.FILE, b"1\n")}
    own: made.Files = {"sub/a.log": (made.FILE, b"1\n2\n")}
    repository = made.make(tmp_path / "course", [rules | log, rules | own])
    path_of(repository, 0, "sub/a.log").write_bytes(b"1\n3\n")
    assert begin(repository).stopped is None
    assert sorted(path_of(repository, 1, "sub/a.log").read_bytes().split()) == [b"1", b"2", b"3"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is copied at each operation")
def test_killed_at_any_moment_it_is_carried_or_not(tmp_path: Path) -> None:
    third = TEXT.replace(b"line 5\n", b"line five\n")
    repository = made.make(tmp_path / "template", [files(), files(b_txt=b"b\n"), files(third)])
    replace(repository, 0, "line 5", "line V")
    before = made.everything(repository.root)
    program = SCRIPTS / "tests/journal/kills.py"
    work = "tests.journal.works:propagation"
    done = subprocess.run(
        [sys.executable, str(program), str(SCRIPTS), work, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cases = done.stdout.splitlines()
    assert len(cases) > 20
    for number in range(1, len(cases) + 1):
        copy = Repository(tmp_path / f"case-{number}")
        if made.everything(copy.root) == before:
            assert not (copy.state / "propagate/state.json").exists()
            continue
        with pytest.raises(CourseError, match="f.txt:5: a conflict marker"):
            resume(copy)
        abort(copy)
        assert made.everything(copy.root) == before
