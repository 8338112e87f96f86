"""A zip of each snapshot: dates, file modes, compression; the same bytes for the same snapshot."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from course import names
from course.chain import Link
from course.docs.pieces import ARCHIVES
from course.docs.site import Site
from course.errors import CourseError
from course.git import Entry
from course.repository import write_if_changed

# The first moment that a zip can name (APPNOTE.TXT, section 4.4.6).
_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
# Of zlib, 1 to 9. The higher ones take several times as long, for a few per cent.
_LEVEL = 4


def write(site: Site, folder: Path) -> None:
    """Write the zip of every link into the built site; those made before are only copied.

    Args:
        site: the course.
        folder: the built site.
    """
    kept = site.chain.repository.state_folder("docs") / "zips"
    target = folder / ARCHIVES
    target.mkdir(parents=True, exist_ok=True)
    wanted = set()
    for link in site.chain:
        made = kept / f"{link.name}-{site.chain.tree_of(link)}.zip"
        wanted.add(made.name)
        if not made.exists():
            write_if_changed(made, content(link, site))
        shutil.copyfile(made, target / f"{link.name}.zip")
    for old in kept.glob("*.zip"):
        if old.name not in wanted:
            old.unlink()


def content(link: Link, site: Site) -> bytes:
    """Return the zip of a link: one folder, named like the link's."""
    entries = site.entries(link)
    contents = site.blobs(entry.blob for entry in entries.values())
    return packed(link, entries, contents)


def packed(link: Link, entries: Mapping[str, Entry], contents: Mapping[str, bytes]) -> bytes:
    """Return a zip with just these files in a folder named like the link's, in order of path.

    Raises:
        CourseError: when a file's name is not UTF-8, which a zip cannot hold.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, entry in sorted(entries.items()):
            if not names.is_utf8(path):
                place = f"{link.folder}/{path}"
                raise CourseError(
                    f"{names.shown(place)}: its name is not UTF-8, so no zip can hold it.",
                    f"git mv {names.word(place)} NAME   (in each step that has it)",
                )
            info = zipfile.ZipInfo(f"{link.name}/{path}", _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = _UNIX
            mode = int(entry.mode, 8)
            info.external_attr = (mode if mode & 0o777 else mode | 0o777) << 16
            archive.writestr(info, contents[entry.blob], compresslevel=_LEVEL)
    return out.getvalue()
