"""The list ``docs/pictures/pictures.toml``: its keys, fingerprints and sums; which are stale.

``docs/pictures/pictures.toml`` lists them. Beside each picture stands the *fingerprint* of what it
shows: the page, its style sheets, scripts and images. A picture is stale when that has changed, and
when its file is not the one that was taken under its name: so the *sum* of each stands there too.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from course.chain import Chain, Link
from course.docs.pictures import drawing
from course.errors import CourseError
from course.repository import write_if_changed

FOLDER = "docs/pictures"
LIST = f"{FOLDER}/pictures.toml"
FINGERPRINTS = f"{FOLDER}/fingerprints.json"
SUMS = f"{FOLDER}/sums.json"
_LATER = ("page", "element", "upload", "wait")
_DRAWN = re.compile(r"drawn ([1-9]\d{0,3})x([1-9]\d{0,3})")


class Action(BaseModel):
    """Something done before a picture is taken; one key says what.

    Attributes:
        fill: a field, as a CSS selector; ``with`` is what goes into it.
        upload: a field for a file; ``with`` is a file's path inside ``docs/pictures``, or
            ``drawn WIDTHxHEIGHT`` for a picture that is drawn by code.
        click: a button or link: ``text=…``, or a CSS selector.
        goto: an address of the snapshot.
        wait: what a script is to have shown by now, as a CSS selector.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fill: str = ""
    upload: str = ""
    value: str = Field(default="", alias="with")
    click: str = ""
    goto: str = ""
    wait: str = ""


class Picture(BaseModel):
    """A picture.

    Attributes:
        name: its file's name without ``.png``.
        step: the snapshot that it shows.
        page: the page of the site that it shows instead, by its path inside ``docs/``.
        url: the address, from the server's root; of a page of the site, the anchor is enough.
        element: what it shows, if not all that the window does: an element, by its ``#id`` or its
            name. It begins where the address's anchor is, if it has one.
        viewport: width and height of the window, in pixels.
        theme: what the snapshot is told that the person prefers.
        status: the HTTP status of the page that is shown; a page of an error has another than 200.
        action: what is done on the page before the picture is taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    step: str = ""
    page: str = Field(default="", pattern=r"^([^/].*\.md)?$")
    url: str = Field(default="/", pattern=r"^[/#]")
    element: str = Field(default="", pattern=r"^(#[\w-]+|[a-z][a-z0-9-]*)?$")
    viewport: tuple[int, int] = (1280, 800)
    theme: Literal["light", "dark"] = "light"
    status: int = Field(default=200, ge=200, le=599)
    action: tuple[Action, ...] = ()

    @model_validator(mode="after")
    def _of_one_thing(self) -> Self:
        if bool(self.step) == bool(self.page):
            raise ValueError(
                "a picture is of a step (step = …) or of a page of the site (page = …)."
            )
        if self.page and not (self.url == "/" or self.url.startswith("#")):
            raise ValueError("the url of a page of the site is only an anchor (#…).")
        return self

    @property
    def address(self) -> str:
        """The address of what it shows, from the server's root."""
        if not self.page:
            return self.url
        return f"/{self.page.removesuffix('.md')}.html{self.url.removeprefix('/')}"

    def file(self, root: Path) -> Path:
        """Return where the picture lies."""
        return root / FOLDER / f"{self.name}.png"


def read(root: Path) -> list[Picture]:
    """Return the pictures that the site lists.

    Raises:
        CourseError: when the list is not as it should be.
    """
    try:
        tables = tomllib.loads((root / LIST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{LIST}: not valid TOML: {error}", "Fix that line.") from None
    try:
        pictures = [Picture.model_validate(table) for table in tables.pop("picture", [])]
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(word) for word in fault["loc"])
        said = fault["msg"].removeprefix("Value error, ")
        problem = ": ".join(filter(None, (LIST, place, said)))
        raise CourseError(problem, f"Fix {LIST}.") from None
    if tables:
        raise CourseError(f"{LIST}: unknown table {min(tables)!r}.", "Write [[picture]].")
    names = [picture.name for picture in pictures]
    for name in names:
        if names.count(name) > 1:
            raise CourseError(f"{LIST}: two pictures are called {name!r}.", "Rename one.")
    return pictures


def by_step(chain: Chain, pictures: Iterable[Picture]) -> list[tuple[Link, list[Picture]]]:
    """Return pictures of steps by the step that they show, in the order of the chain.

    Raises:
        CourseError: when one shows no step.
    """
    found: dict[int, list[Picture]] = {}
    for picture in pictures:
        if picture.page:
            continue
        found.setdefault(chain.find(picture.step).position, []).append(picture)
    return [(chain.links[position], found[position]) for position in sorted(found)]


def known(root: Path) -> dict[str, str]:
    """Return the fingerprints that were kept when the pictures were taken, by name."""
    return _kept(root / FINGERPRINTS)


def sums(root: Path) -> dict[str, str]:
    """Return the SHA-256 of each picture's file as it was taken, by name."""
    return _kept(root / SUMS)


def sum_of(content: bytes) -> str:
    """Return the SHA-256 of a picture's file."""
    return hashlib.sha256(content).hexdigest()


def exchanged(root: Path, listed: Iterable[Picture]) -> list[Picture]:
    """Return the pictures whose file is another than the one that was taken under their name."""
    taken = sums(root)
    return [
        picture
        for picture in listed
        if picture.file(root).is_file()
        and taken.get(picture.name) != sum_of(picture.file(root).read_bytes())
    ]


def keep(
    root: Path,
    fingerprints: Mapping[str, str],
    taken: Mapping[str, str],
    listed: Iterable[Picture],
) -> None:
    """Keep fingerprints and sums beside the pictures; those of pictures no longer listed go."""
    names = {picture.name for picture in listed}
    for path, new in ((FINGERPRINTS, fingerprints), (SUMS, taken)):
        merged = _kept(root / path) | dict(new)
        merged = {name: merged[name] for name in sorted(merged) if name in names}
        write_if_changed(root / path, (json.dumps(merged, indent=2) + "\n").encode())


def _kept(path: Path) -> dict[str, str]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(k): str(v) for k, v in data.items()} if isinstance(data, dict) else {}


def definition(picture: Picture) -> str:
    """Return what identifies how a picture is taken; a part of its fingerprint."""
    told = picture.model_dump(mode="json", by_alias=True)
    # A key that the list learnt later counts where it is used: the older fingerprints stay true.
    for table in (told, *told["action"]):
        for key in _LATER:
            if not table.get(key):
                table.pop(key, None)
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def uploaded(root: Path, action: Action) -> tuple[str, bytes]:
    """Return the name and the content of the file that an action uploads.

    Raises:
        CourseError: when there is none.
    """
    size = _DRAWN.fullmatch(action.value)
    if size is not None:
        return "drawn.png", drawing.png(int(size[1]), int(size[2]))
    path = (root / FOLDER / action.value).resolve()
    if not path.is_relative_to((root / FOLDER).resolve()) or not path.is_file():
        raise CourseError(
            f"{LIST}: upload {action.upload}: there is no file {action.value!r} in {FOLDER}.",
            'Put it there, or write `with = "drawn 640x480"`.',
        )
    return path.name, path.read_bytes()
