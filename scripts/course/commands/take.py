"""``course take``: fetch a generated or vendored file of a step."""

from __future__ import annotations

from pathlib import Path

import click

from course import console, journal, names, take as taking
from course.chain import Chain, Link
from course.errors import CourseError
from course.play import file_changes, folder as playground_of, screens
from course.play.folder import NAME, Playground
from course.repository import Repository


@click.command()
@click.argument("words", nargs=-1, metavar="[STEP] [PATH]...")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    help=f"The folder of your project.  [default: {NAME}/, or outside the course the current one]",
)
@click.option(
    "--course",
    "root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of the course, when yours lies outside it.",
)
def take(words: tuple[str, ...], folder: Path | None, root: Path | None) -> None:
    """Fetch files of STEP into a project of your own: PATHs, or all that a program made.

    In the playground, STEP is the next step unless you name another. A file that is replaced is
    kept, and it is said where.
    """
    repository = Repository.find(root or _beside(folder or Path()))
    if folder is None and _is_inside(repository):
        _into_playground(repository, words)
        return
    chain = Chain(repository)
    if not words:
        raise click.UsageError("Name a STEP: course take STEP [PATH]...")
    table = console.plain_table("file", "", "sha256", "what was there before")
    for file in taking.take(chain, chain.find(words[0]), list(words[1:]), folder or Path()):
        shown = [names.shown(path) for path in (file.path, str(file.backup or "")) if path]
        cells = [shown[0], file.state, file.digest, "".join(shown[1:])]
        table.add_row(*map(console.escape, cells))
    console.out.print(table)


def _is_inside(repository: Repository) -> bool:
    """Whether the person stands in the folder of the course or in the playground."""
    here = Path.cwd().resolve()
    own = playground_of.folder(repository).resolve()
    return here in (repository.root, own) or own in here.parents


def _into_playground(repository: Repository, words: tuple[str, ...]) -> None:
    for line in journal.recover(repository):
        console.note(line)
    chain = Chain(repository)
    if not playground_of.folder(repository).is_dir():
        raise CourseError(
            "You are in the folder of the course, and there is no playground/ to fetch files into.",
            "course play STEP, or for a folder of your own: course take STEP --to FOLDER",
        )
    playground = Playground.find(chain)
    link = _named(chain, words[0]) if words else None
    paths = list(words[1:] if link else words)
    link = link or playground.required_aim()
    names = [file_changes.inside(playground, path) for path in paths]
    with playground_of.alone(chain):
        done = file_changes.replace(playground, taking.wanted(chain, link, names), "take")
    for line in screens.changes(done):
        console.out.print(console.escape(line))


def _named(chain: Chain, text: str) -> Link | None:
    """Return the step that a word means; None for a path."""
    try:
        return chain.find(text)
    except CourseError:
        return None


def _beside(folder: Path) -> Path:
    """Return where to look for the course: here, or where the tool itself lies."""
    here = folder.resolve()
    for place in (Path.cwd(), here):
        if any((parent / "steps" / "course.toml").exists() for parent in (place, *place.parents)):
            return place
    return Path(__file__).resolve().parent
