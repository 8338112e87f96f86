"""Git is asked without the person's settings in the way, and its store can always be rebuilt."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests import small_course
from tests.small_course import SmallCourse

from course import git
from course.errors import CourseError
from course.git import EMPTY_TREE, Entry, Store
from course.repository import Repository

POSIX = os.name == "posix"


@pytest.fixture
def course(tmp_path: Path) -> SmallCourse:
    return small_course.make(tmp_path, steps=2)


def paths(store: Store) -> set[str]:
    return set(store.entries(store.snapshot("steps", "final")))


def program(folder: Path, body: str) -> Path:
    """Make a stand-in for git, first on the path."""
    folder.mkdir(exist_ok=True)
    file = folder / "git"
    file.write_text(f"#!{small_course.PYTHON}\n{body}\n", encoding="utf-8")
    file.chmod(0o755)
    return folder


def failing(said: str, verb: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one verb of git fail, and say something; all others are git's own."""
    real = shutil.which("git")
    body = (
        "import os, sys\n"
        f"if {verb!r} in sys.argv:\n    sys.stderr.write({said!r})\n    sys.exit(128)\n"
        f"os.execv({real!r}, [{real!r}, *sys.argv[1:]])"
    )
    monkeypatch.setenv("PATH", str(program(folder, body)), prepend=os.pathsep)


# The environment


def test_variables_that_git_sets_for_a_hook_do_not_reach_it(
    course: SmallCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert "GIT_INDEX_FILE" not in git.environment()
    assert "steps/01-greeting/greeting.py" in paths(Store(course.repository))
    assert not (tmp_path / "index").exists()


def test_what_is_asked_for_is_added_to_the_environment() -> None:
    assert git.environment({"GIT_DIR": "here"})["GIT_DIR"] == "here"


def test_a_persons_configuration_changes_nothing(
    course: SmallCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "gitconfig"
    config.write_text(
        "[core]\n\tautocrlf = true\n\tfileMode = false\n[commit]\n\tgpgsign = true\n"
        "[diff]\n\trenames = false\n\tnoprefix = true\n[init]\n\tdefaultBranch = other\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text(config.read_text())
    own = course.root / ".git" / "config"
    own.write_text(own.read_text() + config.read_text())
    course.write("01-greeting", "crlf.txt", b"one\r\ntwo\r\n")
    store = Store(course.repository)
    entries = store.entries(store.snapshot("steps"))
    blob = entries["steps/01-greeting/crlf.txt"].blob
    assert store.blobs([blob])[blob] == b"one\r\ntwo\r\n"


def test_attributes_of_the_repository_change_no_byte(course: SmallCourse) -> None:
    (course.root / ".gitattributes").write_text("* text=auto eol=lf\n*.x ident\n")
    course.write("01-greeting", "crlf.x", b"$Id$\r\n")
    store = Store(course.repository)
    blob = store.entries(store.snapshot("steps"))["steps/01-greeting/crlf.x"].blob
    assert store.blobs([blob])[blob] == b"$Id$\r\n"


# Failures


@pytest.mark.skipif(not POSIX, reason="the stand-in is a script")
def test_without_git_the_message_sends_to_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match="git is not installed") as caught:
        git.run(["status"], cwd=tmp_path)
    assert caught.value.remedy == "course doctor"
    assert git.version() == (0, 0)


@pytest.mark.skipif(not POSIX, reason="the stand-in is a script")
def test_a_git_that_is_too_old_is_named_before_anything_is_made(
    course: SmallCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = program(tmp_path / "old", "print('git version 2.34.1')")
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    with pytest.raises(CourseError, match=r"This is git 2\.34; the course needs 2\.38"):
        Store(course.repository)
    assert not (course.repository.state / "store.git").exists()


@pytest.mark.skipif(not POSIX, reason="the stand-in is a script")
def test_a_failure_of_an_old_git_is_put_down_to_its_age(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "import sys\nif '--version' in sys.argv: print('git version 2.9')\nelse: sys.exit(129)"
    monkeypatch.setenv("PATH", str(program(tmp_path / "old", body)), prepend=os.pathsep)
    with pytest.raises(CourseError, match="This is git 2.9"):
        git.run(["merge-tree"], cwd=tmp_path)


@pytest.mark.skipif(not POSIX, reason="the stand-in is a script")
def test_a_git_that_says_no_version_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(program(tmp_path / "odd", "print('?')")), prepend=os.pathsep)
    assert git.version() == (0, 0)


def test_a_failure_says_the_words_the_folder_and_what_git_said(tmp_path: Path) -> None:
    git.run(["init", "-q"], cwd=tmp_path)
    with pytest.raises(CourseError) as caught:
        git.run(["rev-parse", "--verify", "nothing"], cwd=tmp_path)
    assert "git rev-parse --verify nothing failed in" in caught.value.problem
    assert "fatal:" in caught.value.problem


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (
            'error: open("blog/models.py"): Permission denied\nfatal: adding files failed',
            "Make it readable: chmod u+r {}/blog/models.py",
        ),
        (
            'error: open("it\'s mine.py"): Permission denied',
            "Make it readable: chmod u+r '{}/it'\"'\"'s mine.py'",
        ),
        (
            "fatal: could not open directory 'blog/': Permission denied",
            "Make it readable: chmod u+rx {}/blog",
        ),
        ("blog: Permission denied", "Make it readable: chmod u+rx {}/blog"),
        (
            "fatal: Unable to create '{}/.git/index.lock': Permission denied",
            "Make its folder writable: chmod u+w {}/.git",
        ),
        ("fatal: git rm: 'blog/z': Permission denied", "chmod u+w {}/blog"),
        (
            "error: insufficient permission for adding an object to repository database objects",
            "Make it writable: chmod -R u+w {}/objects",
        ),
        (
            "error: unable to create temporary file: Permission denied",
            "Make it readable and writable: chmod u+rw FILE",
        ),
        (
            "error: unable to write loose object file: No space left on device",
            "Free some space, and try again.",
        ),
        ("fatal: something else", "course doctor"),
    ],
)
@pytest.mark.skipif(not POSIX, reason="the stand-in is a script")
def test_a_failure_is_said_with_what_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, remedy: str
) -> None:
    place = tmp_path / "place"
    (place / "blog").mkdir(parents=True)
    failing(said.replace("{}", str(place)), "status", tmp_path / "refused", monkeypatch)
    with pytest.raises(CourseError) as caught:
        git.run(["status"], cwd=place)
    assert caught.value.remedy.endswith(remedy.replace("{}", str(place)))


@pytest.mark.skipif(not POSIX, reason="the stand-in is a script")
def test_a_file_that_cannot_be_read_is_named_with_the_command_that_opens_it(
    course: SmallCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(course.repository)
    said = 'error: open("a.py"): Permission denied'
    failing(said, "add", tmp_path / "refused", monkeypatch)
    mine = tmp_path / "mine"
    mine.mkdir()
    with pytest.raises(CourseError, match="git add failed in") as caught:
        store.folder_tree(mine)
    assert caught.value.remedy == f"Make it readable: chmod u+r {mine}/a.py"


@pytest.mark.skipif(not POSIX, reason="the stand-in is a script")
def test_on_a_full_disk_the_store_is_not_taken_for_damaged(
    course: SmallCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(course.repository)
    said = "error: unable to write: No space left on device\nfatal: error building trees"
    failing(said, "write-tree", tmp_path / "full", monkeypatch)
    with pytest.raises(CourseError) as caught:
        store.folder_tree(tmp_path / "full")
    assert caught.value.remedy == "Free some space, and try again."
    assert not list(course.repository.state.glob("store.git.damaged-*"))


def test_a_call_with_very_many_words_gives_a_message_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(CourseError) as caught:
        git.run(["rev-parse", "--verify", *["x" * 50] * 50], cwd=tmp_path)
    assert len(caught.value.problem.splitlines()[0]) < 300 + len(str(tmp_path))


def test_a_folder_that_is_gone_is_not_mistaken_for_a_missing_git(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="gone is gone"):
        git.run(["status"], cwd=tmp_path / "gone")


def test_exit_codes_that_are_an_answer_are_no_failure(tmp_path: Path) -> None:
    assert git.run(["rev-parse", "--verify", "x"], cwd=tmp_path, codes=(0, 128)).returncode == 128


# Snapshots


def test_a_snapshot_counts_what_is_not_committed(course: SmallCourse) -> None:
    course.write("01-greeting", "new file é.txt", "x")
    course.delete("01-greeting", "README.md")
    found = paths(Store(course.repository))
    assert "steps/01-greeting/new file é.txt" in found
    assert "steps/01-greeting/README.md" not in found


def test_a_snapshot_leaves_the_persons_index_alone(course: SmallCourse) -> None:
    course.write("01-greeting", "new.txt", "x")
    before = (course.root / ".git" / "index").read_bytes()
    paths(Store(course.repository))
    assert (course.root / ".git" / "index").read_bytes() == before
    assert course.git("status", "--short") == "?? steps/01-greeting/new.txt"


def test_a_folder_that_is_gone_is_gone_from_the_next_snapshot(course: SmallCourse) -> None:
    store = Store(course.repository)
    store.snapshot("steps", "final")
    shutil.rmtree(course.folder("final"))
    assert not any(path.startswith("final/") for path in paths(store))


def test_the_trees_of_folders_that_do_not_exist_are_empty(course: SmallCourse) -> None:
    store = Store(course.repository)
    tree = store.snapshot("steps")
    assert store.subtree(tree, "nothing") == EMPTY_TREE
    assert store.subtrees(tree, ["steps/01-greeting/README.md"]) == {
        "steps/01-greeting/README.md": EMPTY_TREE
    }
    assert store.subtrees(EMPTY_TREE, ["steps"]) == {"steps": EMPTY_TREE}
    assert store.subtrees(tree, []) == {}
    assert store.entries(EMPTY_TREE) == {}


@pytest.fixture(params=["by default", "configured", "info/exclude"])
def ignore(
    request: pytest.FixtureRequest,
    course: SmallCourse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A file in which a person has git ignore much of what steps have."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    file = tmp_path / "xdg" / "git" / "ignore"
    if request.param == "configured":
        file = tmp_path / "mine"
        course.git("config", "core.excludesFile", str(file))
    elif request.param == "info/exclude":
        file = course.root / ".git" / "info" / "exclude"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("*.lock\n.env*\n*.py\n*.log\n*.kept\n")
    return file


def test_what_the_course_ignores_is_left_out_and_what_a_person_ignores_is_not(
    course: SmallCourse, ignore: Path
) -> None:
    course.write("01-greeting", ".gitignore", "*.log\n!a.kept\n")
    for name in ("a.lock", ".env.example", "a.py", "a.log", "a.kept"):
        course.write("01-greeting", name, "x")
    store = Store(course.repository)
    tree = store.snapshot("steps")
    seen = {path for path in store.entries(tree) if path.startswith("steps/01-greeting/")}
    step = "steps/01-greeting/"
    assert seen >= {f"{step}{name}" for name in ("a.lock", ".env.example", "a.py", "a.kept")}
    assert f"{step}a.log" not in seen
    # What is committed is git's already; what the course's rule takes back is not ignored.
    found = store.ignored_by_person(tree)
    assert set(found) == {f"{step}a.lock", f"{step}.env.example", f"{step}a.py"}
    assert {course.root / name for name in found.values()} == {ignore}


def test_a_folder_elsewhere_is_seen_whatever_a_person_ignores(
    course: SmallCourse, ignore: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "work"
    mine.mkdir()
    for name in ("poetry.lock", "a.py", "left"):
        (mine / name).write_text("x")
    store = Store(course.repository)
    assert set(store.entries(store.folder_tree(mine))) == {"poetry.lock", "a.py", "left"}
    assert set(store.entries(store.folder_tree(mine, ["left"]))) == {"poetry.lock", "a.py"}


def test_rules_that_an_older_version_of_the_tool_copied_no_longer_count(
    course: SmallCourse,
) -> None:
    store = Store(course.repository)
    (store.folder / "info" / "exclude").write_text("*.py\n")
    course.write("01-greeting", "a.py", "x")
    assert "steps/01-greeting/a.py" in paths(Store(course.repository))


@pytest.mark.skipif(not POSIX, reason="files of Windows have no such mode")
def test_modes_and_symbolic_links_are_kept(course: SmallCourse) -> None:
    course.write("01-greeting", "run.sh", "x").chmod(0o755)
    (course.folder("01-greeting") / "link").symlink_to("greeting.py")
    store = Store(course.repository)
    entries = store.entries(store.snapshot("steps"))
    assert entries["steps/01-greeting/run.sh"].mode == "100755"
    assert entries["steps/01-greeting/link"].mode == "120000"
    assert store.blobs([entries["steps/01-greeting/link"].blob]) == {
        entries["steps/01-greeting/link"].blob: b"greeting.py"
    }


@pytest.mark.skipif(not POSIX, reason="the mode is set as on other systems first")
def test_where_files_have_no_modes_those_of_the_commit_hold(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "_knows_modes", lambda: False)
    store = Store(course.repository)
    store.run("config", "core.fileMode", "false")
    store.snapshot("steps")
    file = course.write("01-greeting", "run.sh", "x")
    file.chmod(0o755)
    course.commit()
    file.chmod(0o644)
    for _ in range(2):
        entries = store.entries(store.snapshot("steps"))
        assert entries["steps/01-greeting/run.sh"].mode == "100755"


def test_names_in_any_script_come_back_as_they_were(course: SmallCourse) -> None:
    names = ["ü/日本 語.txt", "a\ttab.txt" if POSIX else "a.txt", "[x]*.txt" if POSIX else "x.txt"]
    for name in names:
        course.write("01-greeting", name, name)
    store = Store(course.repository)
    entries = store.entries(store.subtree(store.snapshot("steps"), "steps/01-greeting"))
    assert set(names) <= set(entries)


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such a name")
def test_a_name_that_is_not_utf8_comes_back_as_it_was(course: SmallCourse) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    (course.folder("01-greeting") / name).write_text("x")
    store = Store(course.repository)
    tree = store.subtree(store.snapshot("steps"), "steps/01-greeting")
    entries = store.entries(tree)
    assert name in entries
    assert store.write_tree(entries) == tree


def test_a_step_that_became_a_repository_of_its_own_is_read_as_before(course: SmallCourse) -> None:
    folder = course.folder("01-greeting")
    git.run(["init", "-q"], cwd=folder)
    git.run(["add", "-A"], cwd=folder)
    git.run(["commit", "-q", "-m", "mine"], cwd=folder)
    assert "steps/01-greeting/greeting.py" in paths(Store(course.repository))


def test_a_repository_in_a_step_that_hides_files_is_named(course: SmallCourse) -> None:
    course.write("01-greeting", "own/a.py", "x")
    folder = course.folder("01-greeting") / "own"
    git.run(["init", "-q"], cwd=folder)
    with pytest.raises(CourseError, match="steps/01-greeting/own is a git repository of its own"):
        Store(course.repository).snapshot("steps")
    git.run(["add", "-A"], cwd=folder)
    git.run(["commit", "-q", "-m", "mine"], cwd=folder)
    for _ in range(2):
        with pytest.raises(CourseError, match="01-greeting/own is a git repository") as caught:
            Store(course.repository).snapshot("steps")
    assert "own/.git" in caught.value.remedy
    (folder / ".git").rename(course.root.parent / "taken out")
    assert "steps/01-greeting/own/a.py" in paths(Store(course.repository))


def test_a_submodule_that_is_committed_is_named(course: SmallCourse, tmp_path: Path) -> None:
    inner = small_course.make(tmp_path, steps=1, name="inner")
    add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.root)]
    course.git(*add, "steps/01-greeting/inner")
    course.commit()
    store = Store(course.repository)
    tree = store.snapshot("steps")
    with pytest.raises(CourseError, match="repository of its own"):
        store.subtree(tree, "steps/01-greeting/inner")
    with pytest.raises(CourseError, match="^steps/01-greeting/inner is a git repository"):
        store.entries(tree)
    with pytest.raises(CourseError, match="^steps/01-greeting/inner is a git repo") as raised:
        course.chain.entries(course.chain.find("01"))
    assert raised.value.remedy.startswith("git rm --cached steps/01-greeting/inner, ")


def test_another_failure_to_read_the_working_copy_is_said(course: SmallCourse) -> None:
    store = Store(course.repository)
    (store.folder / "config").write_text("[core]\n\trepositoryformatversion = 9\n\tbare = true\n")
    with pytest.raises(CourseError, match="repo version"):
        store.snapshot("steps")


def test_a_folder_anywhere_has_a_tree_without_what_it_ignores(
    course: SmallCourse, tmp_path: Path
) -> None:
    mine = tmp_path / "my own"
    (mine / "sub").mkdir(parents=True)
    (mine / ".gitignore").write_text("*.log\n")
    (mine / "a.log").write_text("x")
    (mine / "sub" / "a.py").write_text("x")
    store = Store(course.repository)
    assert set(store.entries(store.folder_tree(mine))) == {".gitignore", "sub/a.py"}
    (tmp_path / "empty").mkdir()
    assert store.folder_tree(tmp_path / "empty") == EMPTY_TREE
    assert not [path for path in store.folder.iterdir() if path.name.startswith("folder-")]


def test_a_folder_that_is_a_repository_itself_can_be_read(
    course: SmallCourse, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    git.run(["init", "-q"], cwd=mine)
    (mine / "a.py").write_text("x")
    store = Store(course.repository)
    assert set(store.entries(store.folder_tree(mine))) == {"a.py"}


# Where the course lies


def test_a_commit_has_the_tree_of_the_course(course: SmallCourse) -> None:
    store = Store(course.repository)
    assert store.commit_tree("HEAD") == course.git("rev-parse", "HEAD^{tree}")
    assert store.commit_tree("nothing") == ""


def test_a_course_in_a_folder_of_a_larger_repository_has_its_own_tree(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1)
    shutil.rmtree(course.root / ".git")
    git.run(["init", "-q"], cwd=tmp_path)
    (tmp_path / "other.txt").write_text("x")
    git.run(["add", "-A"], cwd=tmp_path)
    git.run(["commit", "-q", "-m", "all"], cwd=tmp_path)
    store = Store(course.repository)
    root = store.commit_tree("HEAD")
    assert "other.txt" not in store.entries(root)
    assert store.subtree(root, "steps") == store.subtree(store.snapshot("steps"), "steps")


def test_a_course_without_a_commit_can_be_read(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1)
    shutil.rmtree(course.root / ".git")
    git.run(["init", "-q"], cwd=course.root)
    store = Store(course.repository)
    assert store.commit_tree("HEAD") == ""
    assert "final/greeting.py" in paths(store)


def test_a_course_that_was_unpacked_from_a_zip_can_be_read(tmp_path: Path) -> None:
    course = small_course.make(tmp_path, steps=1)
    shutil.rmtree(course.root / ".git")
    store = Store(course.repository)
    assert store.commit_tree("HEAD") == ""
    assert "final/greeting.py" in paths(store)


def test_a_work_tree_and_a_submodule_can_be_read(course: SmallCourse, tmp_path: Path) -> None:
    course.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    store = Store(Repository((tmp_path / "tree").resolve()))
    assert "final/greeting.py" in paths(store)
    assert store.commit_tree("HEAD") == course.git("rev-parse", "HEAD^{tree}")
    outer = tmp_path / "outer"
    git.run(["init", "-q", str(outer)], cwd=tmp_path)
    add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(course.root)]
    git.run([*add, "inner"], cwd=outer)
    inner = Store(Repository((outer / "inner").resolve()))
    assert "final/greeting.py" in paths(inner)
    assert inner.commit_tree("HEAD") == course.git("rev-parse", "HEAD^{tree}")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away"
)
def test_a_repository_that_another_user_owns_can_be_read(course: SmallCourse) -> None:
    for path in [course.root, *course.root.rglob("*")]:
        os.chown(path, 12345, 12345, follow_symlinks=False)
    store = Store(course.repository)
    assert store.commit_tree("HEAD")
    assert "final/greeting.py" in paths(store)


# Objects


def test_blobs_and_trees_are_written_and_read(course: SmallCourse) -> None:
    store = Store(course.repository)
    blob = store.write_blob(b"\0binary\n")
    tree = store.write_tree({"a b/c": Entry("100755", blob), "d": Entry("100644", blob)})
    assert store.entries(tree) == {"a b/c": Entry("100755", blob), "d": Entry("100644", blob)}
    assert store.blobs([blob, blob]) == {blob: b"\0binary\n"}
    assert store.blobs([]) == {}
    assert store.write_tree({}) == EMPTY_TREE


def test_changes_name_what_was_added_deleted_modified_renamed_and_retyped(
    course: SmallCourse,
) -> None:
    store = Store(course.repository)
    text = store.write_blob(b"".join(b"line %d\n" % n for n in range(30)))
    near = store.write_blob(b"".join(b"line %d\n" % n for n in range(29)))
    word = store.write_blob(b"word")
    old = store.write_tree(
        {
            "gone": Entry("100644", word),
            "kept": Entry("100644", word),
            "mode": Entry("100644", word),
            "old name": Entry("100644", text),
            "type": Entry("100644", near),
        }
    )
    new = store.write_tree(
        {
            "come": Entry("100644", store.write_blob(b"other")),
            "kept": Entry("100644", word),
            "mode": Entry("100755", word),
            "new name": Entry("100644", near),
            "type": Entry("120000", word),
        }
    )
    found = {change.path: change for change in store.changes(old, new)}
    assert {path: change.status for path, change in found.items()} == {
        "come": "A",
        "gone": "D",
        "mode": "M",
        "new name": "R",
        "type": "T",
    }
    assert found["new name"].old_path == "old name"
    assert found["come"].old is None and found["gone"].new is None
    assert store.changes(old, old) == []
    pairs = [(old, new), (new, new), (EMPTY_TREE, old), (old, new)]
    assert store.changes_between(pairs) == {pair: store.changes(*pair) for pair in pairs}
    assert store.changes_between([]) == {}


def test_lines_are_counted_for_each_pair_of_trees(course: SmallCourse) -> None:
    store = Store(course.repository)
    text = b"".join(b"line %d\n" % n for n in range(30))
    old = store.write_tree(
        {
            "old\nname": Entry("100644", store.write_blob(text)),
            "gone": Entry("100644", store.write_blob(b"a\nb")),
            "picture": Entry("100644", store.write_blob(b"\0")),
        }
    )
    new = store.write_tree(
        {
            "new name": Entry("100644", store.write_blob(text[7:] + b"more\nand more\n")),
            "picture": Entry("100644", store.write_blob(b"\0\n\0")),
        }
    )
    assert store.lines_between([(EMPTY_TREE, old), (old, new), (new, new)]) == {
        (EMPTY_TREE, old): {"old\nname": (30, 0), "gone": (2, 0), "picture": (0, 0)},
        (old, new): {"new name": (2, 1), "gone": (0, 2), "picture": (0, 0)},
        (new, new): {},
    }
    assert store.lines_between([]) == {}


@pytest.mark.parametrize("place", [0, 1])
def test_a_tree_that_is_missing_is_no_tree_without_changes(course: SmallCourse, place: int) -> None:
    # Of pairs that it is told on its standard input, git passes over those it does not have.
    store = Store(course.repository)
    there = store.snapshot("steps")
    pairs = [(EMPTY_TREE, there)]
    pairs.insert(place, (there, "1" * 40))
    with pytest.raises(CourseError, match=f"git has no object {there}, or none {'1' * 40}"):
        store.changes_between(pairs)


def test_attributes_are_read_for_paths_with_any_name(course: SmallCourse) -> None:
    (course.root / ".gitattributes").write_text("*.lock linguist-generated -merge\n")
    store = Store(course.repository)
    found = store.attributes(["linguist-generated", "merge"], ["a b.lock", "é"])
    assert found == {
        "a b.lock": {"linguist-generated": "set", "merge": "unset"},
        "é": {"linguist-generated": "unspecified", "merge": "unspecified"},
    }
    assert store.attributes(["merge"], []) == {}


def test_a_large_binary_file_is_stored_and_read(course: SmallCourse) -> None:
    content = os.urandom(1024) * 1024 * 24
    course.write("01-greeting", "film.bin", content)
    store = Store(course.repository)
    blob = store.entries(store.snapshot("steps"))["steps/01-greeting/film.bin"].blob
    assert store.blobs([blob])[blob] == content


# Damage


def objects(store: Store) -> list[Path]:
    return [path for path in (store.folder / "objects").glob("??/*") if path.is_file()]


@pytest.mark.parametrize("damage", ["index", "config", "head", "objects", "all"])
def test_a_damaged_store_is_made_anew_and_the_old_one_kept(
    course: SmallCourse, damage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    course.write("01-greeting", "new.txt", "only in the store")
    store = Store(course.repository)
    tree = store.snapshot("steps", "final")
    if damage == "index":
        (store.folder / "course-index").write_bytes(b"DIRC" + b"\0" * 100)
    elif damage == "config":
        (store.folder / "config").write_bytes(b"[core\n")
    elif damage == "head":
        (store.folder / "HEAD").write_bytes(b"")
    elif damage == "objects":
        for path in objects(store):
            path.chmod(stat.S_IRWXU)
            path.write_bytes(b"")
    else:
        shutil.rmtree(store.folder / "refs")
    again = Store(course.repository)
    assert again.snapshot("steps", "final") == tree
    assert set(again.entries(tree)) >= {"steps/01-greeting/new.txt"}
    blob = again.entries(tree)["steps/01-greeting/new.txt"].blob
    assert again.blobs([blob])[blob] == b"only in the store"
    assert "it is rebuilt, and kept as store.git.damaged-1" in capfd.readouterr().err
    assert (course.repository.state / "store.git.damaged-1").is_dir()


def test_a_second_damaged_store_does_not_replace_the_first(course: SmallCourse) -> None:
    for number in (1, 2):
        store = Store(course.repository)
        store.snapshot("steps")
        (store.folder / "HEAD").write_bytes(b"")
        store.snapshot("steps")
        assert (course.repository.state / f"store.git.damaged-{number}").is_dir()


def test_a_state_folder_that_is_deleted_meanwhile_is_made_anew(
    course: SmallCourse, capfd: pytest.CaptureFixture[str]
) -> None:
    course.write("01-greeting", "new.txt", "only in the store")
    store = Store(course.repository)
    tree = store.snapshot("steps")
    blob = store.entries(tree)["steps/01-greeting/new.txt"].blob
    shutil.rmtree(course.repository.state)
    assert store.blobs([blob])[blob] == b"only in the store"
    assert store.snapshot("steps") == tree
    assert "is gone: it is rebuilt" in capfd.readouterr().err


def test_objects_that_the_persons_git_threw_away_are_stored_again(course: SmallCourse) -> None:
    course.write("01-greeting", "new.txt", "staged")
    course.git("add", "-A")
    store = Store(course.repository)
    tree = store.snapshot("steps")
    blob = store.entries(tree)["steps/01-greeting/new.txt"].blob
    course.git("reset", "-q")
    course.git("-c", "gc.pruneExpire=now", "prune", "--expire=now")
    again = Store(course.repository)
    assert again.snapshot("steps") == tree
    assert again.blobs([blob])[blob] == b"staged"


def test_what_another_process_made_anew_meanwhile_is_not_set_aside(course: SmallCourse) -> None:
    store, other = Store(course.repository), Store(course.repository)
    tree = store.snapshot("steps")
    other.snapshot("steps")
    (store.folder / "HEAD").write_bytes(b"")
    assert other.snapshot("steps") == tree
    (course.repository.state / "store.git.damaged-1").replace(course.root.parent / "old")
    store._renew()
    assert not (course.repository.state / "store.git.damaged-1").exists()


def test_an_object_that_never_was_is_missed(course: SmallCourse) -> None:
    store = Store(course.repository)
    with pytest.raises(CourseError, match="git has no object 1111") as caught:
        store.blobs(["1" * 40])
    assert "Delete .course" in caught.value.remedy


# Several at once


def test_the_lock_of_a_process_that_was_killed_holds_nobody_up(course: SmallCourse) -> None:
    store = Store(course.repository)
    (store.folder / "course-index.lock").write_bytes(b"")
    assert "final/greeting.py" in paths(store)


def test_processes_that_read_the_working_copy_at_once_all_get_the_same(
    course: SmallCourse,
) -> None:
    code = (
        "from course.git import Store; from course.repository import Repository;"
        "store = Store(Repository.find());"
        "print(*{store.snapshot('steps', 'final') for _ in range(5)})"
    )
    command = [sys.executable, "-c", code]
    children = [
        subprocess.Popen(
            command, cwd=course.root, env=course.variables(), stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    said = {child.communicate(timeout=60)[0].strip() for child in children}
    assert said == {Store(course.repository).snapshot("steps", "final")}


def test_one_process_at_a_time_makes_the_store(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr(git, "_PATIENCE", 0.01)
    course.repository.state.mkdir(exist_ok=True)
    with FileLock(str(course.repository.state / "store.lock")):
        with pytest.raises(CourseError, match="Another `course` has held"):
            Store(course.repository)
    Store(course.repository)
    with FileLock(str(course.repository.state / "store.lock")):
        Store(course.repository)


def test_a_process_that_holds_the_store_for_ever_is_named(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr(git, "_PATIENCE", 0.01)
    store = Store(course.repository)
    with FileLock(str(course.repository.state / "store.lock")):
        with pytest.raises(CourseError, match="Another `course` has held"):
            store.snapshot("steps")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_state_folder_that_cannot_be_written_is_named(course: SmallCourse) -> None:
    course.repository.state.mkdir()
    course.repository.state.chmod(0o500)
    done = course.run("list")
    assert done.returncode == 1
    assert "Permission denied" in done.stderr and ".course" in done.stderr
    assert "Traceback" not in done.stderr
