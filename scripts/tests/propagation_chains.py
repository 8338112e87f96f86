"""Made-up chains that are not Django, random edits of them, and git's own rebase to compare with.

Everything random comes from one ``random.Random``, so that a seed is a whole case.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from course import git
from course.repository import Repository

# A snapshot: by path, the mode and the content (of a symbolic link, where it leads).
Files = dict[str, tuple[str, bytes]]
FILE, PROGRAM, LINK = "100644", "100755", "120000"

_NAMES = ("app.py", "über uns.html", "read me.txt", "data.bin", "win.txt", "日本.md", "urls.py")
_FOLDERS = ("", "blog/", "blog/views/", "größe/", "a b/")
_WORDS = ("alpha", "beta", "gamma", "delta", "import os", "return None", "}", "", "# a comment")


def slug_of(position: int) -> str:
    """Return the slug of the link at a position, from 0."""
    return f"s{position + 1}"


def folder_of(position: int) -> str:
    """Return the folder of the link at a position, from 0."""
    return f"steps/{position + 1:02}-{slug_of(position)}"


def catalogue(slugs: Sequence[str], *, final: str = "", pages: str = "", extra: str = "") -> str:
    """Return a catalogue with these steps; ``final`` is the body of the table of that name."""
    lines = ["# A course made for a test.", "[course]", 'title = "Small"']
    lines += [f'pages = "{pages}"'] if pages else []
    lines += ["", "[[part]]", 'title = "One"', "", "[commands]", 'check = "true"', ""]
    for slug in slugs:
        lines += ["[[step]]", f'slug = "{slug}"', f'title = "About {slug}"']
        lines += [
            f'summary = "What {slug} brings."',
            "part = 1",
            "minutes = 5",
            'minutes_because = "a test"',
            "",
        ]
    if final:
        lines += ["[final]", 'title = "The end"', 'summary = "All of it."', "part = 1"]
        lines += ["minutes = 5", 'minutes_because = "a test"', final, ""]
    return "\n".join(lines) + extra


def sh(folder: Path, *words: str, stdin: bytes = b"", codes: tuple[int, ...] = (0,)) -> str:
    """Run git in a folder, with nobody's configuration, and return what it printed."""
    done = subprocess.run(
        ["git", "-c", "core.quotePath=false", *words],
        cwd=folder,
        env=git.environment({"GIT_EDITOR": "true"}),
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode in codes, (words, done.stdout, done.stderr)
    return done.stdout.decode("utf-8", "surrogateescape").strip("\n")


def make(root: Path, snapshots: Sequence[Files], *, final: str = "", pages: str = "") -> Repository:
    """Make and commit a course of these snapshots; with ``final`` the last of them is final/."""
    numbered = len(snapshots) - (1 if final else 0)
    root.mkdir(parents=True)
    (root / "steps").mkdir()
    text = catalogue([slug_of(i) for i in range(numbered)], final=final, pages=pages)
    (root / "steps/course.toml").write_text(text)
    (root / ".gitignore").write_text("/.course/\n.env\n")
    for position, files in enumerate(snapshots):
        write(root / (folder_of(position) if position < numbered else "final"), files)
    sh(root, "init", "-q", "-b", "main")
    commit(root)
    return Repository(root.resolve())


def commit(root: Path) -> str:
    """Commit everything as it stands and return the commit."""
    sh(root, "add", "-A")
    sh(root, "commit", "-q", "--allow-empty", "-m", "The course")
    return sh(root, "rev-parse", "HEAD")


def write(folder: Path, files: Files) -> None:
    """Make a folder hold just these files (and what git ignores)."""
    have = read(folder)
    for path in have.keys() - files.keys():
        (folder / path).unlink()
        for parent in (folder / path).parents:
            if parent == folder or any(parent.iterdir()):
                break
            parent.rmdir()
    folder.mkdir(parents=True, exist_ok=True)
    for path, (mode, content) in files.items():
        if have.get(path) == (mode, content):
            continue
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if mode == LINK:
            target.symlink_to(os.fsdecode(content))
        else:
            target.write_bytes(content)
            target.chmod(0o755 if mode == PROGRAM else 0o644)


def read(folder: Path) -> Files:
    """Return what a folder holds, without ``.env``, which git ignores in these courses."""
    files: Files = {}
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in [*names, *links]:
            path = Path(parent) / name
            key = path.relative_to(folder).as_posix()
            if name == ".env":
                continue
            if path.is_symlink():
                files[key] = (LINK, os.fsencode(os.readlink(path)))
            else:
                mode = PROGRAM if path.stat().st_mode & 0o100 else FILE
                files[key] = (mode, path.read_bytes())
    return files


def everything(root: Path) -> dict[str, tuple[str, bytes]]:
    """Return every file of a course but git's and the tool's own, ``.env`` included."""
    found = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if relative.parts[0] in (".git", ".course") or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink():
            found[relative.as_posix()] = (LINK, os.fsencode(os.readlink(path)))
        else:
            mode = PROGRAM if path.stat().st_mode & 0o100 else FILE
            found[relative.as_posix()] = (mode, path.read_bytes())
    return found


# -- random snapshots and edits --------------------------------------------------------------


def lines_of(rng: random.Random, count: int) -> list[bytes]:
    """Return some lines, many of which occur more than once."""
    return [f"{rng.choice(_WORDS)} {rng.randrange(6)}\n".encode() for _ in range(count)]


def first(rng: random.Random, count: int = 9) -> Files:
    """Return a random first snapshot."""
    files: Files = {}
    for _ in range(count):
        files[_new_path(rng, files)] = _content(rng)
    return files


def _content(rng: random.Random) -> tuple[str, bytes]:
    kind = rng.randrange(12)
    if kind == 0:
        return FILE, bytes(rng.randrange(256) for _ in range(300)) + b"\0"
    if kind == 1:
        return LINK, rng.choice((b"app.py", b"../x", b"nowhere"))
    text = b"".join(lines_of(rng, rng.randrange(3, 30)))
    # No file with the line endings of Windows: those an edit does not change, unlike in a rebase.
    if kind == 3:
        text = text.rstrip(b"\n")
    return (PROGRAM if kind == 4 else FILE), text


def _new_path(rng: random.Random, files: Files) -> str:
    while True:
        path = rng.choice(_FOLDERS) + rng.choice(("", f"{rng.randrange(30)}-")) + rng.choice(_NAMES)
        if free(path, files):
            return path


def free(path: str, files: Files) -> bool:
    """Whether a file of this path can be added."""
    if path in files or any(name.startswith(path + "/") for name in files):
        return False
    return not any(path.startswith(name + "/") for name in files)


def edit(rng: random.Random, files: Files, operations: int) -> Files:
    """Return a snapshot after some random operations."""
    files = dict(files)
    for _ in range(operations):
        _operation(rng, files)
    return files


def _operation(rng: random.Random, files: Files) -> None:
    if len(files) < 3:
        files[_new_path(rng, files)] = _content(rng)
        return
    kind = rng.randrange(16)
    path = rng.choice(sorted(files))
    mode, content = files[path]
    if kind < 7:
        files[path] = (mode, _changed(rng, mode, content))
    elif kind == 7:
        files[_new_path(rng, files)] = _content(rng)
    elif kind == 8:
        del files[path]
    elif kind in (9, 10):
        del files[path]
        if kind == 10:
            content = _changed(rng, mode, content)
        files[_new_path(rng, files)] = (mode, content)
    elif kind == 11 and mode != LINK:
        files[path] = (FILE if mode == PROGRAM else PROGRAM, content)
    elif kind == 12:
        files[path] = _content(rng)
    elif kind == 13 and "/" in path:
        _move_folder(rng, files, path.split("/")[0])
    elif kind == 14 and mode != LINK:
        files[path] = (mode, content.rstrip(b"\n") if content.endswith(b"\n") else content + b"\n")
    elif kind == 15:
        # A file makes room for a folder of its name.
        del files[path]
        files[f"{path}/inner.txt"] = _content(rng)


def _move_folder(rng: random.Random, files: Files, folder: str) -> None:
    target = f"moved{rng.randrange(3)}"
    for path in [path for path in files if path.startswith(folder + "/")]:
        new = target + path[len(folder) :]
        if free(new, files):
            files[new] = files.pop(path)


def _changed(rng: random.Random, mode: str, content: bytes) -> bytes:
    if mode == LINK:
        return rng.choice((b"app.py", b"../y", b"elsewhere"))
    if b"\0" in content:
        return (
            content[: rng.randrange(len(content))]
            + b"\1\0"
            + content[rng.randrange(len(content)) :]
        )
    lines = content.split(b"\n")
    for _ in range(rng.randrange(1, 3)):
        at = rng.randrange(len(lines))
        new = rng.choice(lines_of(rng, 3)).rstrip(b"\n")
        what = rng.randrange(3)
        if what == 0:
            lines[at] = new
        elif what == 1:
            lines.insert(at, new)
        elif len(lines) > 2:
            del lines[at]
    return b"\n".join(lines)


def chain(seed: int, length: int) -> list[Files]:
    """Return a chain of random snapshots, each a few operations after the one before."""
    rng = random.Random(seed)
    snapshots = [first(rng)]
    while len(snapshots) < length:
        snapshots.append(edit(rng, snapshots[-1], rng.randrange(1, 5)))
    return snapshots


# -- git's rebase ----------------------------------------------------------------------------


class Rebase:
    """The same chain as commits in a repository of its own, for git to rebase.

    It can use every object of the tool's store.

    Args:
        folder: where it is made.
        source: the course's repository.
        branch: the branch that `course history` made there.
    """

    def __init__(self, folder: Path, source: Path, branch: str) -> None:
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        sh(source.parent, "clone", "-q", "--no-tags", "-b", branch, str(source), str(folder))
        self.commits = sh(folder, "rev-list", "--reverse", branch).split()
        alternates = folder / ".git/objects/info/alternates"
        alternates.write_text(f"{source}/.course/store.git/objects\n")

    def commit(self, tree: str, parent: str | None) -> str:
        """Store a commit of a tree."""
        parents = ["-p", parent] if parent else []
        return sh(self.folder, "commit-tree", tree, *parents, "-m", "edited")

    def tree_of(self, commit: str) -> str:
        """Return a commit's tree."""
        return sh(self.folder, "rev-parse", f"{commit}^{{tree}}")

    def run(self, onto: str, old: str, tip: str) -> bool:
        """Rebase the commits after ``old`` up to ``tip``; True when git did it without conflict."""
        sh(self.folder, "checkout", "-q", "-f", "--detach", tip)
        sh(self.folder, "clean", "-fdxq")
        return self._go(
            "rebase", "-q", "--empty=keep", "--reapply-cherry-picks", "--onto", onto, old
        )

    def resolve(self, tree: str) -> bool:
        """Take a whole tree as the solution of a conflict, and go on."""
        sh(self.folder, "read-tree", "--reset", "-u", tree)
        sh(self.folder, "clean", "-fdxq")
        return self._go("rebase", "--continue")

    def _go(self, *words: str) -> bool:
        sh(self.folder, "-c", "advice.mergeConflict=false", *words, codes=(0, 1))
        return not (self.folder / ".git/rebase-merge").exists()

    def made(self, onto: str) -> list[str]:
        """Return the trees of the commits that were made on top of ``onto``, in order."""
        commits = sh(self.folder, "rev-list", "--reverse", f"{onto}..HEAD").split()
        return [self.tree_of(commit) for commit in commits]

    def conflicts(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Return the files in conflict by path, each with mode and content by stage."""
        found: dict[str, dict[str, tuple[str, str]]] = {}
        for record in filter(None, sh(self.folder, "ls-files", "-u", "-z").split("\0")):
            meta, _, path = record.partition("\t")
            mode, blob, stage = meta.split()
            found.setdefault(path, {})[stage] = (mode, blob)
        return found

    def abort(self) -> None:
        """Give up a rebase that stopped."""
        if (self.folder / ".git/rebase-merge").exists():
            sh(self.folder, "rebase", "--abort")


# Files in conflict by path: mode and blob by the number of the stage.
Conflicts = Mapping[str, Mapping[str, tuple[str, str]]]


def blob(folder: Path, name: str) -> bytes:
    """Return the content of a blob."""
    return subprocess.run(
        ["git", "cat-file", "blob", name],
        cwd=folder,
        env=git.environment(),
        capture_output=True,
        check=True,
    ).stdout


def swapped(
    conflicts: Mapping[str, Mapping[str, tuple[str, str]]],
) -> dict[str, dict[str, tuple[str, str]]]:
    """Return git's conflicts as the tool names them: a rebase calls ours what it calls theirs."""
    other = {"1": "1", "2": "3", "3": "2"}
    found = {}
    for path, stages in conflicts.items():
        path = re.sub(r"~HEAD", "~edit", path)
        path = re.sub(r"~[0-9a-f]{7,40} \(.*?\)", "~step", path)
        found[path] = {other[stage]: side for stage, side in stages.items()}
    return found
