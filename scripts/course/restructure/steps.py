"""Insert, rename and take out a step: folders, catalogue, pages, links, pictures, references.

Each verb makes one plan, and the journal does all of it or nothing. Folders are renamed whole, so
that changes that are not committed and files that git ignores go along.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit

from course import catalogue, journal, names, overview
from course.catalogue import SLUG, Course
from course.chain import FINAL, STEPS, Chain, Link, links
from course.docs import navigation, pages
from course.docs.pictures import list_editing as picture_list
from course.docs.pictures.catalogue import FOLDER, LIST
from course.docs.publish.redirects import FILE as REDIRECTS
from course.errors import CourseError
from course.git import EMPTY_TREE, Entry
from course.journal import Move, Plan, Write
from course.propagate import lineage, state as states
from course.propagate.git_objects import Objects
from course.propagate.working_copy import plan_tree
from course.repository import CATALOGUE, Repository
from course.restructure import catalogue_text, references
from course.restructure.references import Renaming

# A list of files is cut off after this many.
_NAMED = 5
_REDIRECTS_HEAD = """# Addresses of pages that moved: "old/page.md" = "new/page.md".\n\n"""


@dataclass
class Done:
    """What a verb did, for the code that prints it.

    Attributes:
        folder: the folder of the step it was about; empty when it is gone.
        renamed: new names of other links by old ones.
        files: files outside the steps that were brought up to date.
        look: places that a person should look at.
        backup: where what was taken away lies now; empty when nothing was.
        said: what the journal has to say.
    """

    folder: str = ""
    renamed: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    look: list[str] = field(default_factory=list)
    backup: str = ""
    said: list[str] = field(default_factory=list)


def new(
    repository: Repository,
    after: str,
    slug: str,
    *,
    title: str = "",
    summary: str = "",
) -> Done:
    """Insert a step that begins as a copy of the one it follows.

    Raises:
        CourseError: when the slug is taken or is none, or something is in the way.
    """
    with journal.changing(repository, "new") as writer:
        chain = _chain(repository, "new")
        before = chain.find(after)
        if before.number is None:
            raise CourseError(f"Nothing follows {before.name}.", f"course new --after … {slug}")
        _free_slug(chain, slug)
        title = title or slug.replace("-", " ").capitalize()
        summary = summary or f"What {title} brings is still to be written."
        text = _catalogue(repository)
        changed = catalogue_text.insert(text, before.step.slug, slug, title, summary)
        course = catalogue.parse(changed, CATALOGUE)
        done = Done()
        plan = _renumbered(chain, course, done)
        link = _link(course, slug)
        done.folder = link.folder
        with Objects(chain.store) as objects:
            plan_tree(
                plan, objects, link.folder, EMPTY_TREE, objects.subtree(chain.tree, before.folder)
            )
        _write_text(plan, repository, CATALOGUE, text.encode(), changed.encode())
        page = _page(chain, slug)
        if page and not (repository.root / page).exists():
            content = f"# {title}\n\n{summary}\n"
            plan.writes.append(Write(page, content.encode(), None))
        _follow(plan, chain, course, Renaming(names=done.renamed, numbers=_numbers(done)), done)
        done.said += _carry_out(writer, plan)
        return done


def rename(repository: Repository, step: str, slug: str, *, title: str = "") -> Done:
    """Give a step another slug, and with it its folder, page and pictures another place.

    Raises:
        CourseError: when the slug is taken or is none, or something is in the way.
    """
    with journal.changing(repository, "rename") as writer:
        chain = _chain(repository, "rename")
        link = chain.find(step)
        if link.number is None:
            raise CourseError(f"{FINAL}/ has no name of its own.", "course list")
        old = link.step.slug
        if slug != old:
            _free_slug(chain, slug)
        text = _catalogue(repository)
        changed = catalogue_text.rename(text, old, slug, title)
        course = catalogue.parse(changed, CATALOGUE)
        done = Done()
        if slug == old:
            plan = Plan()
        else:
            plan = Plan(moves=[Move(link.folder, _link(course, slug).folder)])
            done.renamed = {link.name: _link(course, slug).name}
        done.folder = _link(course, slug).folder
        _write_text(plan, repository, CATALOGUE, text.encode(), changed.encode())
        paths = _moved_docs(plan, chain, old, slug) if slug != old else {}
        renaming = Renaming(
            names=done.renamed,
            slugs={old: slug} if slug != old else {},
            paths=paths,
            pictures=picture_list.renamed(_pictures(repository), old, slug),
        )
        page = _page(chain, old)
        if page in paths and _published(chain, page):
            _redirect(plan, chain, page, paths[page], done)
        _rename_state(plan, repository, old, slug)
        _follow(plan, chain, course, renaming, done)
        done.said += _carry_out(writer, plan)
        return done


def remove(repository: Repository, step: str) -> Done:
    """Take a step out; its folder, page and pictures go to the backups.

    Raises:
        CourseError: when it is the last there is, or something is in the way.
    """
    with journal.changing(repository, "remove") as writer:
        chain = _chain(repository, "remove")
        link = chain.find(step)
        if link.number is None:
            raise CourseError(
                f"{FINAL}/ is the end of the chain.", f"Take [final] out of {CATALOGUE} by hand."
            )
        if len(chain.course.steps) == 1:
            raise CourseError("A course has at least one step.", "course rename")
        slug = link.step.slug
        text = _catalogue(repository)
        changed = catalogue_text.remove(text, slug)
        course = catalogue.parse(changed, CATALOGUE)
        done = Done(backup=journal.backup_folder(repository, "remove"))
        plan = Plan()
        if chain.path(link).exists():
            plan.moves.append(Move(link.folder, f"{done.backup}/{link.folder}"))
        renumbered = _renumbered(chain, course, done)
        plan.moves += renumbered.moves
        plan.removals, plan.writes = renumbered.removals, renumbered.writes
        _write_text(plan, repository, CATALOGUE, text.encode(), changed.encode())
        page = _page(chain, slug)
        neighbour = chain.before(link) or chain.after(link)
        assert neighbour is not None
        paths = {}
        lost = picture_list.names(_pictures(repository), slug)
        pictures = [f"{FOLDER}/{slug}", *(f"{FOLDER}/{name}.png" for name in lost)]
        for path in filter(None, (page, *pictures)):
            if (repository.root / path).exists():
                plan.moves.append(Move(path, f"{done.backup}/{path}"))
        target = _page(chain, neighbour.step.slug)
        if page and (repository.root / page).exists():
            paths = {page: target}
            if _published(chain, page):
                _redirect(plan, chain, page, target, done)
        renaming = Renaming(
            names=done.renamed,
            numbers=_numbers(done),
            paths=paths,
            gone=slug,
            lost=frozenset(lost),
        )
        _follow(plan, chain, course, renaming, done, gone=link)
        done.look += _left(chain, course, link)
        done.said += _carry_out(writer, plan, done.backup)
        return done


def _left(chain: Chain, course: Course, gone: Link) -> list[str]:
    """Return a line when what a step brought is in the step after it too, and so stays.

    A copy at the end holds nothing of its own.
    """
    before, after = chain.before(gone), chain.after(gone)
    if after is None or after.is_copy:
        return []
    with Objects(chain.store) as objects:
        old, own, later = (
            objects.subtree(chain.tree, link.folder) if link else EMPTY_TREE
            for link in (before, gone, after)
        )
        # What the step deleted is no file that anybody could look at.
        paths = [
            path
            for path, (was, now) in objects.differences(old, own).items()
            if now is not None and objects.file(later, path) not in (None, was)
        ]
    if not paths:
        return []
    some = names.some([*map(names.shown, paths)], _NAMED)
    folder = _link(course, after.step.slug).folder
    return [
        f"{folder} still has from {gone.name}: {some}. Take out of it what is to go as well,"
        " then: course propagate"
    ]


# -- parts that the verbs share -----------------------------------------------------------------


def _chain(repository: Repository, verb: str) -> Chain:
    lineage.refuse_while_stopped(repository, verb)
    return Chain(repository)


def _catalogue(repository: Repository) -> str:
    # Not read_text: its line ends must survive.
    return repository.catalogue.read_bytes().decode()


def _link(course: Course, slug: str) -> Link:
    return next(link for link in links(course) if link.step.slug == slug)


def _pictures(repository: Repository) -> str:
    """Return the list of pictures; empty if there is none."""
    try:
        return (repository.root / LIST).read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _free_slug(chain: Chain, slug: str) -> None:
    if not re.fullmatch(SLUG, slug):
        raise CourseError(
            f"{slug!r} cannot be the name of a step.",
            "Use small letters, digits and single hyphens, such as sign-in.",
        )
    if slug == FINAL or any(link.step.slug == slug for link in chain):
        raise CourseError(f"There is a step {slug!r} already.", "course list")


def _renumbered(chain: Chain, course: Course, done: Done) -> Plan:
    """Return the moves of folders whose number changes, and what a copy at the end becomes.

    The order is such that every new name is free when its turn comes: names hold slugs, so no two
    steps ever want the same one.
    """
    now = {link.step.slug: link for link in links(course)}
    plan = Plan()
    for link in chain:
        later = now.get(link.step.slug)
        if later is None or later.folder == link.folder:
            continue
        done.renamed[link.name] = later.name
        if chain.path(link).exists():
            plan.moves.append(Move(link.folder, later.folder))
    copy = next((link for link in now.values() if link.is_copy), None)
    if copy is not None:
        # The copy follows what is the last numbered step from now on.
        last = now[course.steps[-1].slug]
        known = {link.step.slug: link for link in chain}
        if last.step.slug in known:
            with Objects(chain.store) as objects:
                wanted = objects.subtree(chain.tree, known[last.step.slug].folder)
                lies = objects.subtree(chain.tree, copy.folder)
                was = objects.subtree(chain.tree, chain.links[-2].folder)
                plan_tree(plan, objects, copy.folder, lies, wanted, [was])
    return plan


def _numbers(done: Done) -> dict[str, str]:
    found = {}
    for old, new_name in done.renamed.items():
        found[old.partition("-")[0]] = new_name.partition("-")[0]
    return found


def _page(chain: Chain, slug: str) -> str:
    pages = chain.course.about.pages
    return f"{pages}/{slug}.md" if pages else ""


def _write_text(
    plan: Plan, repository: Repository, path: str, old: bytes | None, new: bytes
) -> None:
    """Add a file's new content to a plan, if it is new."""
    if old == new:
        return
    present = journal.entry_of(repository.root / path)
    expected = Entry(present.mode, journal.blob_of(old)) if present and old is not None else None
    mode = present.mode if present else journal.FILE
    plan.writes.append(Write(path, new, expected, mode))


def _moved_docs(plan: Plan, chain: Chain, old: str, new: str) -> dict[str, str]:
    """Add the moves of a step's page and pictures to a plan, and return them."""
    moves = {_page(chain, old): _page(chain, new), f"{FOLDER}/{old}": f"{FOLDER}/{new}"}
    for name, other in picture_list.renamed(_pictures(chain.repository), old, new).items():
        moves[f"{FOLDER}/{name}.png"] = f"{FOLDER}/{other}.png"
    found = {}
    for source, target in moves.items():
        if source and (chain.repository.root / source).exists():
            plan.moves.append(Move(source, target))
            found[source] = target
    return found


def _published(chain: Chain, page: str) -> bool:
    """Whether a page is committed, and so has an address that others may have kept."""
    tree = chain.store.commit_tree("HEAD")
    if not tree:
        return False
    with Objects(chain.store) as objects:
        return objects.file(tree, page) is not None


def _redirect(plan: Plan, chain: Chain, old: str, new: str, done: Done) -> None:
    """Add to a plan that a page's old address leads to another page.

    Addresses that led to the old page lead straight on; a page that exists again needs none.
    """
    path = chain.repository.root / REDIRECTS
    before = path.read_bytes() if path.exists() else None
    text = before.decode() if before is not None else _REDIRECTS_HEAD
    file = tomlkit.parse(text)
    document = file.setdefault("redirects", tomlkit.table())
    here, there = _site(chain, old), _site(chain, new)
    for address in list(document):
        if document[address] == here:
            document[address] = there
    document[here] = there
    if there in document:
        del document[there]
    for address in [address for address in document if document[address] == address]:
        del document[address]
    _write_text(plan, chain.repository, REDIRECTS, before, tomlkit.dumps(file).encode())
    done.files.append(REDIRECTS)


def _site(chain: Chain, page: str) -> str:
    """Return a page's path as the site knows it: below the first folder of ``course.pages``."""
    return page.removeprefix(chain.course.about.pages.partition("/")[0] + "/")


def _rename_state(plan: Plan, repository: Repository, old: str, new: str) -> None:
    """Let what is known of carried edits follow a step's new slug."""
    state = states.load(repository)
    if state is None or old == new:
        return
    for trees in (state.carried, state.written, state.committed):
        if old in trees:
            trees[new] = trees.pop(old)
    expected = journal.entry_of(repository.root / states.FILE)
    plan.writes.append(Write(states.FILE, state.dump(), expected))


def _follow(
    plan: Plan,
    chain: Chain,
    course: Course,
    renaming: Renaming,
    done: Done,
    *,
    gone: Link | None = None,
) -> None:
    """Add to a plan what brings every file outside the steps up to date."""
    repository = chain.repository
    planned = {write.path for write in plan.writes}
    moves = {move.source: move.target for move in plan.moves}
    overlay: dict[str, bytes] = {w.path: w.content for w in plan.writes}
    for path, content in references.texts(repository).items():
        if path == REDIRECTS or references.moved(path, moves).startswith(".course/"):
            continue
        changed = references.follow(path, content, renaming)
        target = references.moved(path, moves)
        overlay[target] = changed
        if changed != content and target not in planned:
            present = journal.entry_of(repository.root / path)
            assert present is not None
            plan.writes.append(
                Write(target, changed, Entry(present.mode, journal.blob_of(content)), present.mode)
            )
            done.files.append(target)
    overlay |= _overview(plan, chain, course, overlay, done)
    overlay |= _navigation(plan, Chain(repository, course), moves, overlay, done)
    if gone is not None:
        name = gone.name.encode()
        done.look += [
            f"{names.shown(path)} still speaks of {gone.name}"
            for path, content in sorted(overlay.items())
            if name in content
        ]


def _overview(
    plan: Plan, chain: Chain, course: Course, overlay: dict[str, bytes], done: Done
) -> dict[str, bytes]:
    """Add to a plan the pages at the root that are made from the catalogue, and return them."""
    if overview.PAGE not in overlay and overview.README not in overlay:
        return {}
    # They are made as if the plan were carried out: from a folder that looks so.
    folder = Path(tempfile.mkdtemp(prefix="course-overview-")).resolve()
    try:
        for path, content in overlay.items():
            if path.endswith(".md"):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
        (folder / STEPS).mkdir(exist_ok=True)
        made = overview.generated(_future(chain, Repository(folder), course, done))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for path, content in made.items():
        _replan(plan, chain.repository, path, content, done)
    return made


def _future(chain: Chain, repository: Repository, course: Course, done: Done) -> Chain:
    """Return the chain as it is once a plan is carried out: its snapshots are those of now.

    Args:
        chain: the chain as it is.
        repository: the folder that looks as the course will.
        course: the catalogue as it will be.
        done: what the verb does: the names that change.
    """
    future = Chain(repository, course)
    future.store = chain.store
    before = {done.renamed.get(link.name, link.name): chain.tree_of(link) for link in chain}
    trees: dict[str, str] = {}
    last = EMPTY_TREE
    for link in future:
        # A step that is new is a copy of the one that it follows.
        last = trees[link.name] = before.get(link.name, last)
    future.trees = trees
    return future


def _navigation(
    plan: Plan, chain: Chain, moves: Mapping[str, str], overlay: Mapping[str, bytes], done: Done
) -> dict[str, bytes]:
    """Add to a plan the site's navigation as it is once the plan is carried out, and return it.

    Links are followed in it as everywhere, but a page that is gone is no page twice, and one that
    is new is in no link.

    Args:
        plan: the plan, in which the files' content stands already.
        chain: the chain as it is to be.
        moves: where what moves will lie.
        overlay: the files outside the steps as they are to be.
        done: what the verb did.
    """
    path = navigation.CONFIGURATION
    try:
        text = overlay[path].decode()
    except (KeyError, UnicodeDecodeError):
        return {}
    if not chain.course.about.pages or navigation.place(text) is None:
        return {}
    docs = f"{pages.DOCS}/"
    lie = [references.moved(page.place, moves) for page in pages.every(chain.repository.root)]
    lie += [write.path for write in plan.writes if write.path.endswith(".md")]
    uris = sorted({page.removeprefix(docs) for page in lie if page.startswith(docs)})
    newline = "\r\n" if "\r\n" in text else "\n"
    made = navigation.replaced(chain, text.replace("\r\n", "\n"), uris)
    content = made.replace("\n", newline).encode()
    _replan(plan, chain.repository, path, content, done)
    return {path: content}


def _replan(plan: Plan, repository: Repository, path: str, content: bytes, done: Done) -> None:
    """Let a plan write a file so and not otherwise; not at all if it is there so already."""
    plan.writes[:] = [write for write in plan.writes if write.path != path]
    present = journal.entry_of(repository.root / path)
    if present is None or journal.blob_of(content) == present.blob:
        done.files[:] = [name for name in done.files if name != path]
        return
    plan.writes.append(Write(path, content, present, present.mode))
    if path not in done.files:
        done.files.append(path)


def _carry_out(writer: journal.Writer, plan: Plan, backup: str = "") -> list[str]:
    kept = writer.carry_out(plan)
    told = kept is None or kept == writer.repository.root / backup
    return [*writer.said, *([] if told else [f"What was replaced is in {kept}."])]
