"""A bundle holds the packages of all steps and of the tool, and is enough to install them."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from tests import small_course
from tests.small_course import SmallCourse

from course import cli, processes
from course.catalogue import Command
from course.errors import CourseError
from course.install import environments, offline_bundle, package_index
from course.install.offline_bundle import Pin, Target


class Index:
    """A package index in a folder, with packages that hold one module each."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, name: str, version: str) -> str:
        """Add a package, and return the requirement that pins it."""
        folder = self.root / name.replace("_", "-")
        folder.mkdir(parents=True, exist_ok=True)
        wheel = folder / f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
            archive.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            )
            archive.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{info}/RECORD", "")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        names = sorted(path.name for path in folder.glob("*.whl"))
        (folder / "index.html").write_text("".join(f'<a href="{n}">{n}</a>' for n in names))
        return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    made = Index(tmp_path / "simple")
    monkeypatch.setenv("PIP_INDEX_URL", made.root.as_uri())
    monkeypatch.delenv("COURSE_BUNDLE", raising=False)
    return made


@pytest.fixture
def course(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> SmallCourse:
    """A course of which the tool and two steps have locks, and one step has none."""
    made = small_course.make(tmp_path, name="a course, with blanks")
    one, two = index.add("alpha", "1.0"), index.add("beta", "2.0")
    (made.root / "requirements_dev.txt").write_text(two)
    (made.root / "steps/02-notes/requirements.txt").write_text(one)
    (made.root / "steps/03-stars/requirements.txt").write_text(one + index.add("alpha_two", "3"))
    for step in ("02-notes", "03-stars"):
        made.set(step, install="uv pip sync --require-hashes requirements.txt")
    monkeypatch.chdir(made.root)
    return made


def call(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, ["bundle", *words])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


WHEELS = ["alpha-1.0-py3-none-any.whl", "alpha_two-3-py3-none-any.whl", "beta-2.0-py3-none-any.whl"]


def test_the_packages_of_all_steps_and_of_the_tool_are_fetched_once(course: SmallCourse) -> None:
    done = call()
    assert done.exception is None, done.output
    assert names(course.root / offline_bundle.FOLDER) == WHEELS
    assert "3 packages are in" in done.output and "3 of them new" in done.output
    assert "3 of 3: alpha, alpha-two, beta" in done.output
    assert "0 of them new" in call().output


def test_what_is_damaged_or_missing_is_fetched_again(course: SmallCourse, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    call(str(folder))
    (folder / WHEELS[0]).write_bytes(b"cut off")
    (folder / WHEELS[1]).unlink()
    assert "2 of them new" in call(str(folder)).output
    assert names(folder) == WHEELS and "0 of them new" in call(str(folder)).output


def test_steps_are_installed_from_it_without_a_network(
    course: SmallCourse, index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    call()
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/")
    monkeypatch.setattr(package_index, "variables", dict)
    link = course.chain.find("stars")
    files = {"requirements.txt": course.chain.read(link, "requirements.txt")}
    log = tmp_path / "log"
    made = environments.ensure(course.repository, link.step.commands.install, files, log)
    assert list(made.folder.rglob("alpha_two.py"))
    # Without the bundle it fails, so the bundle it was.
    monkeypatch.setenv("COURSE_BUNDLE", str(tmp_path / "none"))
    other = Command.parse("uv pip sync --quiet --require-hashes requirements.txt")
    with pytest.raises(CourseError, match="failed"):
        environments.ensure(course.repository, (other,), files, log)


def test_a_bundle_is_found_where_the_variable_says(
    course: SmallCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offline_bundle.variables(course.repository) == {}
    folder = tmp_path / "a, b"
    folder.mkdir()
    monkeypatch.setenv("COURSE_BUNDLE", str(folder))
    address = offline_bundle.variables(course.repository)["PIP_FIND_LINKS"]
    assert address.startswith("file:///") and address.endswith("a%2C%20b")
    assert offline_bundle.installing(course.repository)["UV_OFFLINE"] == "1"
    assert offline_bundle.online(course.repository)["UV_FIND_LINKS"] == address


def test_a_zip_carries_it_to_another_machine(course: SmallCourse, tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"
    assert "3 packages are in" in call(str(file)).output
    own = course.root / offline_bundle.FOLDER
    for path in own.iterdir():
        path.unlink()
    assert "3 packages of" in call(str(file), "--unpack").output
    assert names(own) == WHEELS
    assert "needs the FILE" in call("--unpack").output


@pytest.mark.parametrize("name", ["../out.whl", "a\\b.whl", "run.sh", "/etc/x.whl"])
def test_a_zip_that_holds_something_else_is_refused(
    course: SmallCourse, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "bad.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x")
    assert "which is no package" in str(call(str(file), "--unpack").exception)
    file.write_bytes(b"no zip")
    assert "is no zip of packages" in str(call(str(file), "--unpack").exception)
    assert isinstance(call(str(tmp_path / "none.zip"), "--unpack").exception, CourseError)


def test_a_package_that_cannot_be_fetched_is_named_and_the_others_are_kept(
    course: SmallCourse, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_bundle, "_AT_ONCE", 1)
    (index.root / "beta" / "index.html").write_text("")
    said = str(call().exception)
    assert "these packages cannot be fetched: beta 2.0" in said and "goes on from there" in said
    assert names(course.root / offline_bundle.FOLDER) == WHEELS[:2]


def test_a_wrong_hash_never_gets_into_it(course: SmallCourse, index: Index) -> None:
    (course.root / "requirements_dev.txt").write_text(f"beta==2.0 --hash=sha256:{'0' * 64}\n")
    assert "beta 2.0" in str(call().exception)
    assert "beta-2.0-py3-none-any.whl" not in names(course.root / offline_bundle.FOLDER)


@pytest.mark.parametrize(
    "said", ["OSError: [Errno 28] No space left on device", "Name or service not known", "else"]
)
def test_a_full_disk_and_a_lost_network_are_said(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr(processes, "run", lambda *_, **__: SimpleNamespace(code=1, text=said))
    told = str(call().exception)
    assert {"OS": "No space is left", "Na": "Connect to the", "el": "Read the"}[said[:2]] in told
    assert names(course.root / offline_bundle.FOLDER) == []


def test_a_course_that_pins_nothing_has_no_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = small_course.make(tmp_path)
    monkeypatch.chdir(made.root)
    assert "course lock" in str(call().exception)


def test_packages_are_grouped_so_that_pip_can_fetch_each_group() -> None:
    def pin(name: str, version: str, *hashes: str) -> Pin:
        return Pin(name, version, "", frozenset(hashes))

    pins = [pin("a", "1", "x"), pin("a", "2", "y"), pin("b", "1"), pin("c", "1", "z")]
    groups = [[(p.name, p.version) for p in group] for group in offline_bundle._groups(pins)]
    assert groups == [[("a", "1"), ("c", "1")], [("a", "2")], [("b", "1")]]


def test_a_pin_with_hashes_counts_more_than_one_without(course: SmallCourse) -> None:
    (course.root / "steps/02-notes/requirements.txt").write_text("beta==2.0\nAlpha_Two==3\n")
    found = {pin.name: pin for pin in offline_bundle.pins(course.chain)}
    assert found["beta"].hashes and found["alpha-two"].hashes


def test_another_machine_is_told_to_pip() -> None:
    assert Target().words == ["--prefer-binary"]
    words = Target(("win_amd64",), "3.12").words
    assert words == ["--only-binary=:all:", "--platform", "win_amd64", "--python-version", "3.12"]
    assert Target(python="3.13").words[1:] == ["--python-version", "3.13"]
    assert Target(("any",)).words[1:] == ["--platform", "any"]


def source(path: Path, pyproject: str | None) -> Path:
    """Write a source of a package."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in (("setup.py", ""), ("pyproject.toml", pyproject)):
            if text is not None:
                member = tarfile.TarInfo(f"old-1/{name}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize(
    ("pyproject", "needs"),
    [
        ('[build-system]\nrequires = ["alpha_two>=1", "beta"]\n', ["alpha_two>=1", "beta"]),
        ("[tool.x]\n", ["setuptools>=40.8.0"]),
        ("[broken\n", ["setuptools>=40.8.0"]),
        (None, ["setuptools>=40.8.0"]),
    ],
)
def test_what_builds_a_source_is_read_from_it(
    tmp_path: Path, pyproject: str | None, needs: list[str]
) -> None:
    assert offline_bundle._builders(source(tmp_path / "old-1.tar.gz", pyproject)) == needs


def test_what_builds_a_source_is_in_the_bundle(course: SmallCourse, index: Index) -> None:
    index.add("maker", "1")
    folder = course.root / offline_bundle.FOLDER
    folder.mkdir(parents=True)
    source(folder / "old-1.tar.gz", '[build-system]\nrequires = ["maker>=1"]\n')
    (folder / "cut-1.tar.gz").write_bytes(b"cut off")
    index.add("setuptools", "80.0")
    assert call().exception is None
    assert "maker-1-py3-none-any.whl" in names(folder)
    assert any(name.startswith("setuptools-") for name in names(folder))
    assert "what builds" not in call().output


def test_a_name_is_what_a_requirement_begins_with() -> None:
    found = [
        offline_bundle._name(text)
        for text in ("Alpha_Two>=1", "a.b==2", "poetry-core<3", "", "x-1.0")
    ]
    assert found == ["alpha-two", "a-b", "poetry-core", "", "x"]
