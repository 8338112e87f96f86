"""The bundle of packages for work offline: its wheels, downloads at once, time-out, packing.

The folder holds wheels, each with the hash that a lock pins. Where it lies at `FOLDER`, or where
``COURSE_BUNDLE`` says, everything that installs takes packages from it first: `environments` for
the steps, ``scripts/bootstrap.py`` for the tool.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course import names, processes
from course.chain import Chain
from course.errors import CourseError
from course.install import environments, failure_causes, package_index
from course.repository import Repository, replacing, tool_python

# Where a bundle is found by itself; the same words stand in `scripts/bootstrap.py`.
FOLDER = ".course/bundle"
VARIABLE = "COURSE_BUNDLE"
_TOOL = "requirements_dev.txt"
# So many packages are fetched by one call: a stop loses no more, and the progress is seen.
_AT_ONCE = 8
_TIMEOUT = 900.0
# A requirement of `poetry export` or of a person: a pin, perhaps a marker, perhaps hashes.
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)"
    r"(?P<rest>(?:[^\n]*\\\n)*[^\n]*)",
    re.MULTILINE,
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """One version of a package.

    Attributes:
        name: its name, as the index normalises it.
        version: its version.
        line: the requirement, with its marker and its hashes.
        hashes: the sums of its files; none where a step pins without.
    """

    name: str
    version: str
    line: str
    hashes: frozenset[str]


@dataclass(frozen=True)
class Target:
    """The machine that a bundle is for.

    Attributes:
        platforms: platform tags such as ``macosx_11_0_arm64``; none for this machine.
        python: a version of Python such as ``3.12``; empty for this one.
    """

    platforms: tuple[str, ...] = ()
    python: str = ""

    @property
    def words(self) -> list[str]:
        """The options by which pip is told of it."""
        if not (self.platforms or self.python):
            return ["--prefer-binary"]
        words = ["--only-binary=:all:"]
        for platform in self.platforms:
            words += ["--platform", platform]
        return [*words, *(["--python-version", self.python] if self.python else [])]


def variables(repository: Repository) -> dict[str, str]:
    """Return the environment variables by which installers find the bundle; none without one."""
    folder = found(repository)
    if folder is None:
        return {}
    # An address, for pip splits its value at blanks and uv at commas.
    address = folder.as_uri().replace(",", "%2C")
    return {"UV_FIND_LINKS": address, "PIP_FIND_LINKS": address}


def found(repository: Repository) -> Path | None:
    """Return the folder of the bundle; None where there is none."""
    named = os.environ.get(VARIABLE, "")
    folder = (Path(named) if named else repository.root / FOLDER).absolute()
    return folder if folder.is_dir() else None


def pins(chain: Chain) -> list[Pin]:
    """Return every package that a step or the tool installs, each version once."""
    texts = []
    tool = chain.repository.root / _TOOL
    if tool.is_file():
        texts.append(tool.read_text(encoding="utf-8"))
    for link in chain:
        entries = chain.entries(link)
        named = {word for command in link.step.commands.install for word in command.words}
        texts += [chain.read(link, path).decode("utf-8") for path in sorted(named & set(entries))]
    known: dict[tuple[str, str], Pin] = {}
    for text in dict.fromkeys(texts):
        for pin in _pins(text):
            other = known.get((pin.name, pin.version))
            # A pin with hashes says more than one without.
            if other is None or (pin.hashes and not other.hashes):
                known[pin.name, pin.version] = pin
    return [known[key] for key in sorted(known)]


def _pins(text: str) -> Iterator[Pin]:
    for match in _PIN.finditer(text):
        name = re.sub(r"[-_.]+", "-", match["name"]).lower()
        yield Pin(name, match["version"], match[0], frozenset(_HASH.findall(match["rest"])))


def make(chain: Chain, folder: Path, target: Target, say: Callable[[str], None]) -> tuple[int, int]:
    """Fetch what a folder does not hold yet.

    A file is put there whole, and only if it has its hash; so what a stopped call left is kept,
    and the next one goes on from there.

    Args:
        chain: the course.
        folder: the folder.
        target: the machine that it is for.
        say: called with what goes on.

    Returns:
        How many packages there are, and how many were fetched.

    Raises:
        CourseError: when a package cannot be fetched.
    """
    wanted = pins(chain)
    if not wanted:
        raise CourseError(
            "no step installs a package by its version, and neither does the tool.",
            "Pin them: course lock",
        )
    folder.mkdir(parents=True, exist_ok=True)
    present = _present(folder)
    missing = [pin for pin in wanted if not _holds(present, pin)]
    say(f"{len(wanted)} packages, {len(wanted) - len(missing)} of them there already")
    groups = _groups(missing)
    done = 0
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as place:
        for group in groups:
            _fetch(group, Path(place), target)
            for path in sorted(Path(place).iterdir()):
                if path.suffix != ".txt":
                    path.replace(folder / path.name)
            done += len(group)
            say(f"  {done} of {len(missing)}: {', '.join(pin.name for pin in group)}")
        # A source is built where it is installed, and what builds it comes from the bundle too.
        needed = sorted({need for path in folder.glob("*.tar.gz") for need in _builders(path)})
        lacking = [need for need in needed if _name(need) not in _names(folder)]
        if lacking:
            say(f"  what builds packages that have no wheel: {', '.join(lacking)}")
            builders = [Pin(_name(need), "to build", need, frozenset()) for need in lacking]
            _fetch(builders, Path(place), target, "--only-binary=:all:")
            for path in sorted(Path(place).glob("*.whl")):
                path.replace(folder / path.name)
    return len(wanted), done


def _builders(source: Path) -> list[str]:
    """Return what a source of a package asks for to be built (PEP 518, and pip's default)."""
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                if member.isfile() and re.fullmatch(r"[^/]+/pyproject\.toml", member.name):
                    file = archive.extractfile(member)
                    found = tomllib.loads(file.read().decode()) if file else {}
                    return [str(need) for need in found["build-system"]["requires"]]
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, KeyError):
        pass
    return ["setuptools>=40.8.0"]


def _name(text: str) -> str:
    """Return the name that a requirement, or a file, begins with, as the index normalises it."""
    found = re.match(r"[A-Za-z0-9][\w.]*(?:-[A-Za-z][\w.]*)*", text)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _names(folder: Path) -> set[str]:
    return {_name(path.name.partition("-")[0]) for path in folder.glob("*.whl")}


def _present(folder: Path) -> dict[str, set[str]]:
    """Return the sums of the files of a folder by the beginning of their names."""
    sums: dict[str, set[str]] = {}
    for path in folder.iterdir():
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            name, _, rest = path.name.partition("-")
            version = rest.split("-")[0].removesuffix(".tar.gz").removesuffix(".zip")
            key = f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"
            sums.setdefault(key, set()).add(digest)
    return sums


def _holds(present: Mapping[str, set[str]], pin: Pin) -> bool:
    held = present.get(f"{pin.name}=={pin.version}", set())
    return bool(held & pin.hashes if pin.hashes else held)


def _groups(missing: Sequence[Pin]) -> list[list[Pin]]:
    """Return packages in groups of which pip can fetch each at once.

    All of a group have hashes, or none, and none is in it twice.
    """
    groups: list[list[Pin]] = []
    for hashed in (True, False):
        open_groups: list[list[Pin]] = []
        for pin in missing:
            if bool(pin.hashes) != hashed:
                continue
            for group in open_groups:
                if len(group) < _AT_ONCE and all(pin.name != other.name for other in group):
                    group.append(pin)
                    break
            else:
                open_groups.append([pin])
        groups += open_groups
    return groups


def _fetch(group: Sequence[Pin], place: Path, target: Target, deps: str = "--no-deps") -> None:
    listed = place / "wanted.txt"
    listed.write_text("\n".join(pin.line for pin in group) + "\n", encoding="utf-8")
    words = [str(tool_python()), "-m", "pip", "download", deps, "--quiet"]
    words += ["--disable-pip-version-check", "--no-input", "-d", str(place), "-r", str(listed)]
    if group[0].hashes:
        words.append("--require-hashes")
    env = environments.clean_variables()
    done = processes.run([*words, *target.words], cwd=place, env=env, timeout=_TIMEOUT)
    if done.code:
        wanted = ", ".join(f"{pin.name} {pin.version}" for pin in group)
        said = "\n".join(line for line in done.text.splitlines() if line.strip())[-800:]
        known = failure_causes.find(done.text)
        cause, remedy = (known.problem, known.remedy) if known else ("", "Read the lines above.")
        raise CourseError(
            f"{said}\nthese packages cannot be fetched: {wanted}. {cause}".rstrip(),
            f"{remedy} What was fetched is kept: the same command goes on from there.",
        )


def pack(folder: Path, file: Path) -> None:
    """Write a folder of packages into one zip, whole or not at all."""
    # Wheels are compressed already.
    with replacing(file) as fresh, zipfile.ZipFile(fresh, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.iterdir()):
            if path.is_file():
                archive.write(path, path.name)


def unpack(file: Path, folder: Path) -> int:
    """Put the packages of a zip into a folder, and return how many.

    Raises:
        CourseError: when it is no zip of packages.
    """
    count = 0
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                name = info.filename
                if "/" in name or "\\" in name or not name.endswith((".whl", ".tar.gz", ".zip")):
                    raise CourseError(
                        f"{file} holds {name!r}, which is no package.", "course bundle"
                    )
                folder.mkdir(parents=True, exist_ok=True)
                with replacing(folder / name) as fresh, archive.open(info) as source:
                    with fresh.open("wb") as out:
                        shutil.copyfileobj(source, out)
                count += 1
    except (FileNotFoundError, IsADirectoryError):
        raise CourseError(
            f"There is no file {names.shown(str(file))}.",
            "Name the zip that `course bundle NAME.zip` made.",
        ) from None
    except (OSError, zipfile.BadZipFile) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise CourseError(f"{file} is no zip of packages.", "course bundle") from None
    return count


def installing(repository: Repository) -> dict[str, str]:
    """Return what installers are told to take packages from the cache and the bundle alone."""
    return {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", **variables(repository)}


def online(repository: Repository) -> dict[str, str]:
    """Return what installers are told to ask the index for what a bundle does not hold."""
    return {**package_index.variables(), **variables(repository)}
