"""One version of each package in the whole course: every lock and every export regenerated.

Poetry keeps the versions that a lock file holds already. So the lock of the end of the chain is
laid into every other link before Poetry locks there, and all links get the same versions.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from course import processes, workspace
from course.cache import check_results
from course.cache.check_results import Memory
from course.chain import Chain, Link
from course.errors import CourseError
from course.git import Entry
from course.install import environments, failure_causes, package_index
from course.locks import lock_files
from course.locks.lock_files import LOCK, PROJECT
from course.repository import tool_programs
from course.verify.failure_reason import tail
from course.verify.plan import cores
from course.workspace import Workspace

_TIMEOUT = 600.0
Content = dict[str, bytes]


def relock(
    chain: Chain,
    links: Sequence[Link] | None = None,
    *,
    upgrade: bool = False,
    package: str = "",
    tell: Callable[[str], None] = lambda _: None,
    programs: Path | None = None,
) -> dict[str, bytes]:
    """Regenerate the locks and exports of links, in memory.

    Args:
        chain: the chain, as it is in the working copy.
        links: the links; all that are no copy, if none are given.
        upgrade: whether versions may rise as far as the projects allow.
        package: the one package that may rise.
        tell: told of what is done.
        programs: the folder with the ``poetry`` that locks; the tool's own unless given.

    Returns:
        The files whose content is another than now, by their path from the root. Nothing is
        written: the caller does that, all or nothing.

    Raises:
        CourseError: when Poetry finds no solution, with the place of its log.
    """
    chosen = [link for link in (links or chain.links) if not link.is_copy]
    place = programs or tool_programs()
    seed, last = _end_of_chain(chain)
    found: dict[str, bytes] = {}
    made: Content = {}
    with Workspace() as space:
        if last is not None:
            # The end comes first: what it gets is what all the others get.
            named = lock_files.of_lock(seed.decode(), LOCK) if seed else {}
            if package and lock_files.normal(package) not in named:
                raise CourseError(
                    f"{last.folder}/{LOCK} has no package {package!r}.",
                    "course lock --upgrade NAME, with a name that stands in that file",
                )
            if upgrade:
                tell(f"{last.name}: upgrading {package or 'every package'} …")
                chosen = [link for link in chain.links if not link.is_copy]
            made = _lock(chain, last, seed, space, place, upgrade=upgrade, package=package)
            seed = made.get(LOCK, seed)
        versions = lock_files.of_lock(seed.decode(), LOCK) if seed else {}

        def work(link: Link) -> tuple[Link, Content]:
            content = made if link == last else _renewed(chain, link, seed, versions, space, place)
            tell(f"{link.name}: {'regenerated' if content else 'nothing to lock'}")
            return link, content

        with processes.pool(cores()) as pool:
            for link, content in pool.map(work, chosen):
                entries = chain.entries(link)
                old = chain.store.blobs(entries[p].blob for p in content if p in entries)
                for path, data in content.items():
                    if path not in entries or old[entries[path].blob] != data:
                        found[f"{link.folder}/{path}"] = data
    return found


def _end_of_chain(chain: Chain) -> tuple[bytes, Link | None]:
    """Return the last lock of the chain, and the link that has a project to lock last."""
    for link in reversed(chain.links):
        entries = chain.entries(link)
        if not link.is_copy and _is_project(link, entries):
            lock = entries.get(LOCK)
            return (chain.store.blobs([lock.blob])[lock.blob] if lock else b""), link
    return b"", None


def _is_project(link: Link, entries: Mapping[str, Entry]) -> bool:
    """Whether Poetry has something to lock: a ``pyproject.toml`` may hold only tools' tables."""
    return PROJECT in entries and (LOCK in entries or bool(link.step.commands.export))


def _renewed(
    chain: Chain,
    link: Link,
    seed: bytes,
    versions: dict[str, str],
    space: Workspace,
    programs: Path,
) -> Content:
    entries = chain.entries(link)
    if _is_project(link, entries):
        return _lock(chain, link, seed, space, programs)
    # A link without a lock of its own pins by hand.
    content = {}
    for path, entry in entries.items():
        if lock_files.is_requirements(path):
            text = chain.store.blobs([entry.blob])[entry.blob].decode()
            content[path] = lock_files.replace_pins(text, versions).encode()
    return content


def _lock(
    chain: Chain,
    link: Link,
    seed: bytes,
    space: Workspace,
    programs: Path,
    *,
    upgrade: bool = False,
    package: str = "",
) -> Content:
    entries = chain.entries(link)
    project = chain.store.blobs([entries[PROJECT].blob])[entries[PROJECT].blob]
    export = link.step.commands.export
    key = check_results.key("lock", project, seed, export)
    remembered = Memory(chain.repository)
    known = None if upgrade else remembered.get(key)
    if known is not None:
        return {path: str(text).encode() for path, text in known.items()}
    folder = space.new("project")
    folder.mkdir(parents=True)
    (folder / PROJECT).write_bytes(project)
    if seed:
        (folder / LOCK).write_bytes(seed)
    log = chain.repository.state_folder("logs") / link.name / "lock.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    first = ["poetry", "update", "--lock", *([package] if package else [])]
    commands = [first if upgrade else ["poetry", "lock"]]
    commands += [list(command.words) for command in export]
    for words in commands:
        _poetry(words, folder, log, link, programs)
    content = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != PROJECT and ".poetry" not in path.parts
    }
    if not upgrade:
        remembered.put(key, {path: data.decode() for path, data in content.items()})
    workspace.remove(folder)
    return content


def _poetry(words: list[str], folder: Path, log: Path, link: Link, programs: Path) -> None:
    env = environments.clean_variables() | package_index.variables()
    env["PATH"] = os.pathsep.join([str(programs), env.get("PATH", os.defpath)])
    env["POETRY_NO_INTERACTION"] = "1"
    # No environment is needed to lock; one that happens to be active must not be touched.
    env["POETRY_VIRTUALENVS_CREATE"] = "false"
    program = shutil.which(words[0], path=env["PATH"])
    if program is None:
        raise CourseError(f"there is no program {words[0]}.", "course doctor")
    with log.open("ab") as output:
        output.write(f"$ {' '.join(words)}\n".encode())
        output.flush()
        done = processes.run(
            [program, *words[1:]], cwd=folder, env=env, timeout=_TIMEOUT, log=output
        )
    if done.code:
        known = failure_causes.find(log.read_bytes().decode("utf-8", "replace"), str(folder))
        if known is not None and known.kind != failure_causes.LOCK:
            raise CourseError(
                f"{link.folder}: `{' '.join(words)}` failed: {known.problem}", known.remedy
            )
        raise CourseError(
            f"{link.folder}: `{' '.join(words)}` failed: {tail(log)}",
            f"Read {log}; fix {link.folder}/{PROJECT}; then: course lock",
        )
