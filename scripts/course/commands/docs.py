"""``course docs``: build the site, show it while it is written, prove it, and take its pictures."""

from __future__ import annotations

from pathlib import Path

import click

from course import console
from course.repository import Repository


@click.group()
def docs() -> None:
    """Build the site, show it, prove that it is true, and take its pictures."""


@docs.command()
@click.option("--strict", is_flag=True, help="What MkDocs warns of is a fault too.")
@click.option(
    "--site-dir", type=click.Path(path_type=Path), help="Where to build it (default: site)."
)
def build(strict: bool, site_dir: Path | None) -> None:
    """Build the site, with a zip of each step."""
    from course.docs.publish.build import SITE, build
    from course.docs.site import Site

    repository = Repository.find()
    folder = (site_dir or repository.root / SITE).resolve()
    with console.spinner("building the site …"):
        faults = build(Site.of(repository), folder, strict=strict)
    _tell(faults)
    console.note(f"the site is in {folder}")


@docs.command()
@click.option("--port", type=int, default=0, help="The port of 127.0.0.1 (default: a free one).")
def serve(port: int) -> None:
    """Show the site, and build again what changes: pages, snapshots, catalogue."""
    from course.docs.publish.preview import Server
    from course.serve import registry

    repository = Repository.find()
    with registry.recorded(repository, "course docs serve"), Server(repository, port) as server:
        console.out.print(server.address)
        server.run()


@docs.command()
@click.option("--no-consoles", is_flag=True, help="Run no console block, and make no mistake.")
@click.option("--fresh", is_flag=True, help="Build, look and run again, though nothing changed.")
def check(no_consoles: bool, fresh: bool) -> None:
    """Prove the site: nothing unexplained, nothing untrue, nothing from another host.

    What is true is remembered by the content of every file, and the site as it was built; in CI (CI
    is set) all pages are built and looked at.
    """
    from course.docs.publish.build import SITE
    from course.docs.site import Site
    from course.site_check import check as check_site

    repository = Repository.find()
    with console.progress("checking the site …") as tell:
        report = check_site(
            Site.of(repository),
            repository.root / SITE,
            run_consoles=not no_consoles,
            fresh=fresh,
            tell=tell,
        )
    results = report.consoles
    not_run = [*results.not_run, *report.mistakes.not_run]
    for block in not_run:
        console.note(f"not run: {block}")
    _tell(report.faults)
    made = report.mistakes
    blocks = f"{results.run} console blocks run{_again(results.remembered)}"
    blocks += _answered(results.answered)
    said = f"{blocks}; {made.made} mistakes made{_again(made.remembered)}"
    if no_consoles:
        said = "console blocks not run, mistakes not made"
    pages = f"{report.pages} pages true{_again(report.pages if report.remembered else 0)}"
    console.out.print(f"{pages}; {said}; {len(not_run)} not run")


def _again(remembered: int) -> str:
    return f", {remembered} of them known from before" if remembered else ""


def _answered(count: int) -> str:
    said = f"{count} command{'s' if count != 1 else ''} answered by what `course verify` printed"
    return f", {said}" if count else ""


@docs.command()
@click.argument("steps", nargs=-1)
@click.option("--write", is_flag=True, help="Write into the pages what it says instead.")
def mistakes(steps: tuple[str, ...], write: bool) -> None:
    """Make the mistakes that the pages of STEPS (default: all) show, and compare what is said."""
    from course.docs import pages
    from course.docs.checked import Checked
    from course.docs.publish.build import SITE
    from course.docs.site import Site
    from course.play import mistake_check as made

    site = Site.of(Repository.find())
    root = site.chain.repository.root
    checked = Checked(site, {page.uri: page for page in pages.every(root)}, {}, root / SITE)
    links = [site.chain.find(step) for step in steps]
    faults: list[object] = []
    count = 0
    written: list[int] = []

    def finish(page: pages.Page, results: made.Results) -> None:
        if write:
            written.append(made.write(root, page, results.said))

    for results in made.of_pages(checked, made.pages_of(checked, links), console.note, finish):
        count += results.made
        for block in results.not_run:
            console.note(f"not run: {block}")
        faults += results.faults if write else [*results.faults, *results.untrue]
    _tell(faults)
    console.out.print(f"{count} mistakes made" + (f"; {sum(written)} rewritten" if write else ""))


@docs.command()
@click.option("--write", is_flag=True, help="Bring docs/quotes.toml up to date.")
def quotes(write: bool) -> None:
    """Name what pages quote that their step does not have: code, and numbers.

    With --write what is new is listed without a reason, and what no page quotes any more goes.
    """
    from course.docs import pages
    from course.docs.checked import Checked
    from course.docs.gates import quotes as gate
    from course.docs.publish.build import SITE
    from course.docs.site import Site

    site = Site.of(Repository.find())
    root = site.chain.repository.root
    checked = Checked(site, {page.uri: page for page in pages.every(root)}, {}, root / SITE)
    if write:
        came, gone = gate.write(checked)
        console.out.print(f"{gate.FILE}: {came} came, {gone} went")
    else:
        _tell(gate.check(checked))


@docs.command()
@click.argument("steps", nargs=-1)
@click.option("--check", "only_check", is_flag=True, help="Name the stale ones, and fail if any.")
@click.option("--force", is_flag=True, help="Take those again that are not stale, too.")
@click.option(
    "--fresh", is_flag=True, help="With --check: serve every step, though nothing changed."
)
def screenshots(steps: tuple[str, ...], only_check: bool, force: bool, fresh: bool) -> None:
    """Take the pictures of STEPS (default: all) that no longer show what is so.

    With --check, new pictures are put into .course/pictures-new, and the old ones stay.

    A check remembers the pictures that show what is so, with all that they depend on; in CI (CI is
    set) it believes none of that.
    """
    from course.docs.pictures import screenshots as pictures
    from course.docs.site import Site

    site = Site.of(Repository.find())
    links = [site.chain.find(step) for step in steps]
    outcome = pictures.update(site, links, check=only_check, force=force, fresh=fresh)
    for name, reason in outcome.unchecked.items():
        console.warn(f"picture {name} was NOT checked: {reason}.")
    missing = [name for name in outcome.stale if name not in outcome.taken]
    for name in missing:
        console.fail(f"picture {name} is stale, and there is no browser to take it with.")
    if only_check:
        for name in outcome.taken:
            new = pictures.new_folder(site.chain.repository) / f"{name}.png"
            console.fail(
                f"picture {name} is stale; the new one is {new}. → course docs screenshots"
            )
    elif outcome.taken:
        console.out.print(console.escape(f"took {', '.join(outcome.taken)}"))
    known = _again(outcome.remembered)
    console.out.print(f"{len(outcome.fresh)} pictures show what is so{known}")
    if missing or (only_check and outcome.stale):
        raise SystemExit(1)


@docs.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False), required=False)
def book(target: Path | None) -> None:
    """Print the whole course as one PDF, with contents and page numbers, to TARGET.

    Without TARGET it is book.pdf in the folder of the course. It needs a browser, and no network.
    """
    from course.docs.publish.book import PDF, make
    from course.docs.site import Site

    repository = Repository.find()
    path = (target or repository.root / PDF).resolve()
    with console.spinner("printing the course …"):
        count, faults = make(Site.of(repository), path)
    for fault in faults:
        console.warn(str(fault))
    console.out.print(f"{console.escape(str(path))}: {count} pages")


@docs.command()
def nav() -> None:
    """Write what is generated: the navigation in mkdocs.yml, the reference and the map of the tool.

    The navigation comes from the catalogue and the pages there are, the reference from the help,
    and the map from the code.
    """
    from course.chain import Chain
    from course.docs import navigation, pages, reference, tool_map

    repository = Repository.find()
    if reference.SECTION.write(repository):
        console.note(f"wrote {pages.DOCS}/{reference.PAGE}")
    if tool_map.SECTION.write(repository):
        console.note(f"wrote {pages.DOCS}/{tool_map.SECTION.page}")
    if navigation.write(Chain(repository)):
        console.note(f"wrote {navigation.CONFIGURATION}")


def _tell(faults: object) -> None:
    """Say what is wrong, a line each, and end with exit code 1 if anything is."""
    assert isinstance(faults, list)
    for fault in faults:
        console.err.print(console.escape(str(fault)), style="red")
    if faults:
        count = len(faults)
        console.fail(f"{count} fault{'s' if count != 1 else ''} on the site.")
        raise SystemExit(1)


from course.commands.docs_browser import inspect  # noqa: E402

docs.add_command(inspect)
