"""``playground/``: the learner's files, the git of their own, the environment that they run in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from course import git
from course.chain import Chain, Link
from course.errors import CourseError
from course.git import EMPTY_TREE, Entry
from course.install import environments
from course.install.environments import Environment
from course.play import progress as progress_of
from course.play.backing_services import learners_room, set_variables
from course.play.progress import Progress
from course.repository import Repository
from course.serve.step_server import perform

NAME = "playground"
ENVIRONMENT = ".venv"
# Under which names the playground's own git keeps the steps as they were when they were begun.
KEPT = "refs/course/"
_BEGIN = "course play STEP   (for an empty folder: course play nothing)"


@dataclass(frozen=True)
class Playground:
    """A learner's folder, and where they are with it.

    Attributes:
        chain: the course.
        progress: where they are.
        begun: the step that it began from; None for an empty folder.
        aim: the step worked towards; None after the last one.
    """

    chain: Chain
    progress: Progress
    begun: Link | None
    aim: Link | None

    @classmethod
    def find(cls, chain: Chain) -> Playground:
        """Return the playground of a course.

        Raises:
            CourseError: when there is none, or what it began from is gone.
        """
        found = cls.remembered(chain)
        if found is None or not found.root.is_dir():
            raise CourseError(f"There is no {NAME}/ yet.", _BEGIN)
        return found

    @classmethod
    def remembered(cls, chain: Chain) -> Playground | None:
        """Return the playground as it is remembered, its folder there or not; None before any.

        Raises:
            CourseError: when what it began from is gone.
        """
        found = progress_of.read(chain.repository)
        if found is None:
            return None
        begun = progress_of.begun_link(chain, found)
        return cls(chain, found, begun, progress_of.next_link(chain, begun))

    @property
    def root(self) -> Path:
        """The folder."""
        return folder(self.chain.repository)

    def required_aim(self) -> Link:
        """Return the step worked towards.

        Raises:
            CourseError: when the last one is reached.
        """
        if self.aim is None:
            raise CourseError(
                f"You have {progress_of.named(self.begun)}, the last step: nothing is left to do.",
                "course play STEP   (to do an earlier one again)",
            )
        return self.aim

    @cached_property
    def tree(self) -> str:
        """The tree of the learner's files, without what their ``.gitignore`` leaves out."""
        return self.chain.store.folder_tree(self.root, leave=(ENVIRONMENT,))

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """The learner's files by path."""
        return self.chain.store.entries(self.tree)

    def tree_as_in(self, link: Link) -> str:
        """Return the tree of the learner's files, with the line endings of a step's.

        An editor on Windows may save CRLF where the step has LF: that is no difference to speak of.
        """
        store = self.chain.store
        wanted = self.chain.entries(link)
        pairs = {
            path: (entry, wanted[path])
            for path, entry in self.entries.items()
            if path in wanted and wanted[path].blob != entry.blob and entry.mode.startswith("100")
        }
        contents = store.blobs(entry.blob for pair in pairs.values() for entry in pair)
        changed = {}
        for path, (mine, theirs) in pairs.items():
            content, other = contents[mine.blob], contents[theirs.blob]
            if b"\r\n" in content and b"\r\n" not in other and b"\0" not in content + other:
                changed[path] = Entry(mine.mode, store.write_blob(content.replace(b"\r\n", b"\n")))
        return store.write_tree(self.entries | changed) if changed else self.tree

    @cached_property
    def begun_tree(self) -> str:
        """The tree of the step that it began from, as it was then.

        It comes from the playground's own git, if the course no longer has it.
        """
        wanted = self.progress.tree
        store = self.chain.store
        if wanted == EMPTY_TREE or _has(store.folder, wanted):
            return wanted
        own = self.root / ".git"
        if own.is_dir() and _has(own, wanted):
            _carry(own, store.folder, wanted)
            return wanted
        return self.chain.tree_of(self.begun) if self.begun else EMPTY_TREE


def folder(repository: Repository) -> Path:
    """Return the folder of the playground, whether it is there or not."""
    return repository.root / NAME


@contextmanager
def alone(
    chain: Chain, what: str = "fill", said: str = f"Another command is filling {NAME}/."
) -> Iterator[None]:
    """Hold the playground for one command: while it is changed and filled, or checked.

    Args:
        chain: the course.
        what: what is done to it.
        said: what a command is told that wants to do the same meanwhile.

    Raises:
        CourseError: when another command does that.
    """
    lock = FileLock(str(chain.repository.state_folder("playground") / f"{what}.lock"))
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        raise CourseError(said, "Wait until it has ended, and try again.") from None
    with held:
        yield


def make_git(root: Path, chain: Chain, tree: str, name: str) -> None:
    """Make a folder that holds a step a git repository of its own.

    Args:
        root: the folder.
        chain: the course.
        tree: the step's tree, which becomes the first commit.
        name: what the step is called.
    """
    git.run(["init", "-q", "-b", "main", "--template=", "."], cwd=root)
    own = root / ".git"
    (own / "info").mkdir(exist_ok=True)
    (own / "info" / "exclude").write_bytes(f"/{ENVIRONMENT}/\n".encode())
    _carry(chain.store.folder, own, tree)
    git.run(["read-tree", tree], cwd=root)
    made = git.run(["commit-tree", "-m", f"Begin from {name}", tree], cwd=root)
    commit = made.stdout.decode("ascii").strip()
    git.run(["update-ref", "HEAD", commit], cwd=root)
    git.run(["update-index", "-q", "--refresh"], cwd=root, codes=(0, 1))


def keep(root: Path, chain: Chain, tree: str) -> None:
    """Let the playground's own git keep a step as it is now.

    A learner may have taken that git away: then it is not kept, and nothing else is lost.
    """
    own = root / ".git"
    if tree == EMPTY_TREE or not (own / "HEAD").is_file():
        return
    try:
        _carry(chain.store.folder, own, tree)
        git.run(["update-ref", f"{KEPT}{tree}", tree], cwd=root, env={"GIT_DIR": str(own)})
    except CourseError:
        pass


def _has(store: Path, name: str) -> bool:
    """Whether a store of git holds a tree with all that is in it."""
    words = ["rev-list", "--objects", "--quiet", name]
    env = {"GIT_DIR": str(store)}
    return git.run(words, cwd=store, env=env, codes=(0, 1, 128, 129)).returncode == 0


def _carry(source: Path, target: Path, tree: str) -> None:
    """Copy a tree with all that is in it from one store of git to another."""
    if tree == EMPTY_TREE:
        git.run(["hash-object", "-t", "tree", "-w", "--stdin"], cwd=target, env=_at(target))
        return
    words = ["pack-objects", "--revs", "--stdout", "-q"]
    packed = git.run(words, cwd=source, env=_at(source), stdin=f"{tree}\n".encode()).stdout
    git.run(["unpack-objects", "-q"], cwd=target, env=_at(target), stdin=packed)


def _at(store: Path) -> dict[str, str]:
    return {"GIT_DIR": str(store)}


def fill(
    playground: Playground, tell: Callable[[str], None], *, configure: bool
) -> Environment | None:
    """Make the environment ready in which the learner's own commands run.

    Args:
        playground: the playground; what it began from says how it is filled.
        tell: called with what is being done.
        configure: whether the configuration and the database are to be made, too.

    Returns:
        The environment; None when it began from an empty folder.

    Raises:
        CourseError: when a command fails.
    """
    if playground.begun is None:
        return None
    repository = playground.chain.repository
    commands = playground.begun.step.commands
    log = repository.state_folder("playground") / "begin.log"
    files = environments.files_named(playground.chain.store, playground.entries, commands.install)
    tell("the packages of its lock")
    environment = environments.refill(
        repository, playground.root / ENVIRONMENT, commands.install, files, log
    )
    log.write_bytes(b"")
    todo = (
        ("its configuration", commands.env),
        ("its database", commands.migrate),
        ("its demo data", commands.demo),
    )
    variables = environments.variables(repository, environment)
    addresses: dict[str, str] = {}
    if configure and playground.begun.step.services:
        tell("its services")
        found = learners_room(playground.chain, playground.begun.step.services, NAME)
        if found.aside is not None:
            # Of the playground before; a database in a file went with its folder.
            tell(f"the database of an earlier playground is kept as {found.aside()}")
        addresses = found.variables
        variables |= addresses
    there = {path.name for path in playground.root.iterdir()}
    for what, those in todo if configure else ():
        if not those:
            continue
        tell(what)
        for command in those:
            failed = perform(
                command,
                playground.root,
                variables | dict(command.variables),
                playground.begun.step.settings.timeout,
                log,
            )
            if failed:
                raise CourseError(
                    f"{NAME}/ is there, but in it {failed}",
                    f"Read {os.path.relpath(log)}; then: course reset",
                )
        if those is commands.env:
            # What `env` wrote has the addresses of an example; the learner's own commands read it.
            written = (path for path in playground.root.iterdir() if path.name not in there)
            set_variables(written, addresses)
    return environment
