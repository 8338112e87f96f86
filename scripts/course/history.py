"""The chain as a git branch: names of branch and tags, authors, dates; a commit for each step.

Author, committer and date come from the chain and not from the moment, so the same chain gives
the same hashes, on every machine. Nothing but the branch and the tags is touched: no index, no
working copy.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from course import git
from course.chain import Chain, Link
from course.errors import CourseError
from course.propagate import committed
from course.propagate.git_objects import Objects, format_commit

BRANCH = "history"
TAGS = "step/"
# 2000-01-01 in UTC, and a minute more for each link, so that git sorts them as the chain does.
_BEGIN, _MINUTE = 946684800, 60
_TRAILER = "Course-Step: "
_IDENTITY = "committer course <course@localhost> "


@dataclass(frozen=True)
class History:
    """What `write` made.

    Attributes:
        branch: the branch's name.
        commits: by the link's name, its commit.
        changed: how many references were made, moved or taken away.
    """

    branch: str
    commits: Mapping[str, str]
    changed: int


def write(chain: Chain, branch: str = BRANCH, revision: str = "") -> History:
    """Make the branch and the tags, or bring them up to date.

    Args:
        chain: the chain.
        branch: the branch's name.
        revision: the commit whose snapshots to take; empty for the working copy as it stands.

    Raises:
        CourseError: when the branch or a tag is there and was not made by this function, or is
            checked out.
    """
    root = chain.repository.root
    done = git.run(["check-ref-format", "--branch", branch], cwd=root, codes=(0, 1, 128))
    if done.returncode:
        raise CourseError(
            f"{branch!r} cannot be the name of a branch.", "course history --branch NAME"
        )
    commits = make(chain, revision)
    wanted = {f"refs/tags/{TAGS}{name}": commit for name, commit in commits.items()}
    wanted[f"refs/heads/{branch}"] = list(commits.values())[-1]
    present = _references(chain, branch)
    for name, old in present.items():
        if wanted.get(name) != old:
            _refuse_if_not_ours(chain, name, old)
    lines = []
    for name, commit in wanted.items():
        if name not in present:
            lines.append(f"create {name} {commit}\n")
        elif present[name] != commit:
            lines.append(f"update {name} {commit} {present[name]}\n")
    lines += [f"delete {name} {old}\n" for name, old in present.items() if name not in wanted]
    if lines:
        _refuse_if_checked_out(chain, branch)
        _hand_over(chain, wanted[f"refs/heads/{branch}"])
        git.run(["update-ref", "--stdin"], cwd=root, stdin="".join(lines).encode())
    return History(branch, commits, len(lines))


def make(chain: Chain, revision: str = "") -> dict[str, str]:
    """Store the commits of a chain in the tool's store and return them by the link's name."""
    with Objects(chain.store) as objects:
        if revision:
            trees = committed.trees(chain, objects, committed.revision(chain, revision))
        else:
            root = chain.tree
            trees = {link.step.slug: objects.subtree(root, link.folder) for link in chain}
        commits: dict[str, str] = {}
        parent: list[str] = []
        for link in chain:
            commit = objects.write(
                "commit",
                format_commit(
                    trees[link.step.slug],
                    parent,
                    message(link),
                    _BEGIN + link.position * _MINUTE,
                ),
            )
            commits[link.name] = commit
            parent = [commit]
    return commits


def message(link: Link) -> str:
    """Return a commit's message: title, summary, and which link it is."""
    title = " ".join(link.step.title.split())
    summary = textwrap.fill(" ".join(link.step.summary.split()), 72)
    return f"{title}\n\n{summary}\n\n{_TRAILER}{link.name}\n"


def _references(chain: Chain, branch: str) -> dict[str, str]:
    names = [f"refs/heads/{branch}", f"refs/tags/{TAGS}"]
    done = git.run(
        ["for-each-ref", "--format=%(objectname) %(refname)", *names], cwd=chain.repository.root
    )
    found = {}
    for line in done.stdout.decode("utf-8", "surrogateescape").splitlines():
        commit, _, name = line.partition(" ")
        found[name] = commit
    return found


def _refuse_if_not_ours(chain: Chain, name: str, commit: str) -> None:
    done = git.run(["cat-file", "-p", commit], cwd=chain.repository.root)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    ours = any(line.startswith(_IDENTITY) for line in lines) and any(
        line.startswith(_TRAILER) for line in lines
    )
    if not ours:
        short = name.removeprefix("refs/heads/").removeprefix("refs/tags/")
        kind = "branch" if name.startswith("refs/heads/") else "tag"
        raise CourseError(
            f"The {kind} {short!r} was not made by `course history`, and stays as it is.",
            (
                "course history --branch NAME"
                if kind == "branch"
                else f"Rename or delete it: git tag -d {short}"
            ),
        )


def _refuse_if_checked_out(chain: Chain, branch: str) -> None:
    done = git.run(["worktree", "list", "--porcelain"], cwd=chain.repository.root)
    if f"branch refs/heads/{branch}" in done.stdout.decode("utf-8", "replace").splitlines():
        raise CourseError(
            f"The branch {branch!r} is checked out, and its files would no longer fit it.",
            "git switch -   (or: course history --branch NAME)",
        )


def _hand_over(chain: Chain, tip: str) -> None:
    """Copy the objects of the commits from the tool's store into the person's repository."""
    store = chain.store
    store.run("update-ref", "refs/course/history", tip)
    git.run(
        [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            store.folder,
            "refs/course/history",
        ],
        cwd=chain.repository.root,
    )
