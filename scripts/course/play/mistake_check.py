"""The mistakes that pages show are made, and what `course check` says to them is compared.

Each is planted in a copy of the finished step, which nobody has on disk: the playground it is
looked at in consists of objects in the tool's store alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from course import deadline
from course.cache import check_results, code_version
from course.cache.findings import Kept
from course.chain import Chain, Link
from course.docs import mistake_fence as plants, parallel
from course.docs.checked import Checked
from course.docs.consoles import output_comparison
from course.docs.mistake_fence import MISTAKE, Planted
from course.docs.pages import Page
from course.docs.parallel import Job
from course.docs.site import Fault, NotRun
from course.errors import CourseError
from course.git import EMPTY_TREE
from course.install import environments
from course.play import diagnosis, next_step_tests, screens
from course.play.diagnosis import Difference
from course.play.folder import Playground
from course.play.progress import Progress
from course.repository import write_if_changed
from course.services import private_servers
from course.verify.plan import at_once
from course.workspace import Workspace


@dataclass
class Results:
    """What became of the mistakes of some pages.

    Attributes:
        made: how many were made, or known from before.
        remembered: how many of these were known.
        not_run: those that cannot be made on this machine.
        faults: those that could not be made.
        untrue: those to which `course check` says something else.
        said: what it says to these, by page and the line of the fence.
    """

    made: int = 0
    remembered: int = 0
    not_run: list[NotRun] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    untrue: list[Fault] = field(default_factory=list)
    said: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def add(self, other: Results) -> None:
        """Take in the results of another page."""
        self.made += other.made
        self.remembered += other.remembered
        self.not_run += other.not_run
        self.faults += other.faults
        self.untrue += other.untrue
        self.said |= other.said


@dataclass(frozen=True)
class _Planted(Playground):
    """The playground of somebody who has all of a step, but for a mistake.

    Attributes:
        mistake: the mistake.
    """

    mistake: Planted = Planted((), (), False, (), 0)

    @cached_property
    def tree(self) -> str:
        """The tree of their files."""
        aim = self.required_aim()
        entries = dict(self.chain.entries(aim))
        blobs = {p: entries[p].blob for p in self.mistake.paths if p in entries}
        contents = self.chain.store.blobs(blobs.values())
        try:
            files = {path: contents[blob].decode("utf-8") for path, blob in blobs.items()}
        except UnicodeDecodeError:
            raise CourseError("a mistake in a file that is not text.", "Name another.") from None
        for path, content in plants.plant(self.mistake, files).items():
            if content is None:
                del entries[path]
            else:
                blob = self.chain.store.write_blob(content.encode("utf-8"))
                entries[path] = replace(entries[path], blob=blob)
        return self.chain.store.write_tree(entries)


def jobs(
    checked: Checked, space: Workspace, tell: Callable[[str], None] = lambda _: None
) -> list[Job[Results]]:
    """Return the work of making the mistakes of all pages, page by page.

    Args:
        checked: the pages.
        space: where copies are made.
        tell: told of each mistake as it is made.
    """
    pages = list(checked.pages.values())
    total = sum(1 for page in pages for block in page.blocks if block.language == MISTAKE)
    begun = itertools.count(1)

    def progress(page: Page, line: int) -> None:
        tell(f"mistake {next(begun)} of {total}: {page.place}:{line}")

    return [
        Job(checked.weight(page, MISTAKE), partial(of_page, checked, page, space, progress))
        for page in pages
    ]


def of_pages(
    checked: Checked,
    pages: Sequence[Page],
    tell: Callable[[str], None],
    finish: Callable[[Page, Results], None],
) -> list[Results]:
    """Make the mistakes of some pages, several pages at a time; return what became of each.

    Args:
        checked: all pages.
        pages: these.
        tell: told of each page as it begins.
        finish: called with each page that is done, in its own thread: stopped later, a run has
            lost nothing of it.
    """
    with Workspace() as space:

        def make(page: Page) -> Results:
            tell(f"{page.place} …")
            results = of_page(checked, page, space)
            finish(page, results)
            return results

        found = [Job(checked.weight(page, MISTAKE), partial(make, page)) for page in pages]
        return parallel.done(found, at_once())


def of_page(
    checked: Checked,
    page: Page,
    space: Workspace | None = None,
    tell: Callable[[Page, int], None] = lambda _, __: None,
) -> Results:
    """Make the mistakes of one page; several pages at a time share a workspace."""
    results = Results()
    chain = checked.site.chain
    for block in page.blocks:
        if block.language != MISTAKE:
            continue
        line = block.first + 1
        tell(page, line)
        try:
            link = _step(checked, page)
            mistake = plants.read(block)
            playground = _playground(chain, link, mistake)
            path = chain.repository.results_folder("mistakes") / f"{_key(playground, link)}.json"
            known = Kept(path, fresh=checked.fresh)
            if (before := known.get()) is not None:
                said = before["says"]
                results.remembered += 1
            elif deadline.missed():
                results.not_run.append(NotRun(page.place, line, deadline.REASON))
                continue
            else:
                said = _said(playground, link, line, space)
        except private_servers.Missing as error:
            results.not_run.append(NotRun(page.place, line, error.problem))
            continue
        except CourseError as error:
            results.faults.append(Fault(page.place, line, error.problem, error.remedy))
            continue
        results.made += 1
        problem = output_comparison.difference(mistake.says, said)
        if not any(mistake.says):
            shown = "".join(f"\n    {text}" for text in said)
            problem = f"it does not say what `course check` says:{shown}"
        if problem:
            fault = Fault(
                page.place,
                line + 1 + mistake.offset,
                problem,
                f"course docs mistakes --write {link.label}",
            )
            results.untrue.append(fault)
            results.said[page.uri, line] = said
        elif before is None:
            # What was not expected is looked for again.
            known.put({"page": page.uri, "says": said})
    return results


def write(root: Path, page: Page, said: dict[tuple[str, int], list[str]]) -> int:
    """Write into a page what `course check` says to its mistakes; return to how many.

    Args:
        root: the course.
        page: the page.
        said: what it says, by page and line of the fence.
    """
    lines, count = page.text.split("\n"), 0
    for block in reversed(page.blocks):
        found = said.get((page.uri, block.first + 1))
        if block.language != MISTAKE or found is None:
            continue
        inside = list(block.lines)
        end = inside.index(plants.SEPARATOR) if plants.SEPARATOR in inside else len(inside)
        while end and not inside[end - 1].strip():
            end -= 1
        head = lines[block.first + 1 : block.first + 1 + end]
        tail = [(block.indent + text).rstrip() for text in (plants.SEPARATOR, *found)]
        lines[block.first + 1 : block.last] = [*head, *tail]
        count += 1
    if count:
        write_if_changed(root / page.place, "\n".join(lines).encode("utf-8"))
    return count


def _step(checked: Checked, page: Page) -> Link:
    link = checked.step_of(page)
    if link is None or link.is_copy:
        raise CourseError("a mistake on a page of no step.", "Show it on the page of a step.")
    return link


def _playground(chain: Chain, link: Link, mistake: Planted) -> _Planted:
    before = chain.before(link)
    slug, tree = (before.step.slug, chain.tree_of(before)) if before else ("", EMPTY_TREE)
    return _Planted(chain, Progress(slug, tree), before, link, mistake)


def _said(playground: _Planted, link: Link, line: int, space: Workspace | None) -> list[str]:
    difference = Difference(playground, link)
    mistakes = diagnosis.unreadable(difference)
    if not mistakes:
        tests = (
            []
            if playground.mistake.all_tests
            else list(next_step_tests.own_tests(playground.chain, link))
        )
        found = next_step_tests.run(playground, tests, f"mistake-{line}", space)
        mistakes = [*diagnosis.explain(difference, found), *diagnosis.forgotten(difference)]
    if not mistakes:
        raise CourseError(
            "no test notices this mistake.",
            "Make another one; or write `tests: all` if a test of an earlier step does.",
        )
    return screens.answer(difference, mistakes)


def _key(playground: _Planted, link: Link) -> str:
    """Return what the answer depends on: never the time."""
    chain = playground.chain
    difference = Difference(playground, link)
    sections = [difference.section(path) for path in difference.own]
    return check_results.key(
        code_version.version(__name__),
        playground.tree,
        playground.progress.tree,
        chain.tree_of(link),
        repr(link.step),
        private_servers.identity(link.step.services, chain.course.told),
        repr(chain.course.mistakes),
        [shown.section if shown else "" for shown in sections],
        playground.mistake.all_tests,
        environments.base_python(),
    )


def pages_of(checked: Checked, links: Sequence[Link]) -> list[Page]:
    """Return the pages with mistakes: of some steps, or all."""
    return [
        page
        for page in checked.pages.values()
        if any(block.language == MISTAKE for block in page.blocks)
        and (not links or checked.step_of(page) in links)
    ]
