"""The image of the emulated AWS, and the programs that are pinned for it."""

from __future__ import annotations

import shutil
from pathlib import Path

from course.containers.engine import Engine
from course.install import npm
from course.repository import Repository

_AWS = Path(__file__).with_name("aws")
_PINNED = Path(__file__).with_name("pinned")
_CDK = _PINNED / "cdk"
_RUNNER = _PINNED / "runner"
# What stands in for `docker` where CDK pushes images.
PUSHER = _PINNED / "cdk-docker"
NAME = "course-emulated-aws"
# In what jobs of pipelines run; and the same as a service of a job, which finds it by the name of
# its repository.
RUNNER = "course-pipeline-runner"
ENGINE = "docker:course-stand-in"
# What of the pinned files goes into the image.
_CONTEXT = ("Dockerfile", "requirements.txt", "package.json", "package-lock.json")
# How the package with our modules is called there.
_PACKAGE = "emulated_aws"


def build(engine: Engine, folder: Path) -> str:
    """Build the image, and return its name; with the same content, it is kept.

    Args:
        engine: where it is built.
        folder: where its files are put together; it must not be there yet.
    """
    (folder / _PACKAGE).mkdir(parents=True)
    for name in _CONTEXT:
        shutil.copyfile(_PINNED / name, folder / name)
    for module in sorted(_AWS.glob("*.py")):
        shutil.copyfile(module, folder / _PACKAGE / module.name)
    engine.build(NAME, folder)
    return NAME


def build_runner(engine: Engine, folder: Path, requirements: bytes, npx: str) -> None:
    """Build the image that jobs of pipelines run in, under both names.

    Args:
        engine: where it is built.
        folder: where its files are put together; it must not be there yet.
        requirements: the packages that jobs install, with hashes.
        npx: the package that jobs run by ``npx``, with its version.
    """
    shutil.copytree(_RUNNER, folder)
    shutil.copyfile(PUSHER, folder / "bin" / PUSHER.name)
    (folder / "requirements_dev.txt").write_bytes(requirements)
    (folder / "npx.txt").write_text(f"{npx}\n", encoding="utf-8")
    engine.build(RUNNER, folder)
    engine.ask("tag", RUNNER, ENGINE)


def cdk(repository: Repository) -> Path:
    """Return the folder with the program ``cdk``, installed if it is not there.

    Raises:
        Unavailable: when Node.js or npm is missing here, or no registry is reached.
    """
    npm.node()
    folder = repository.state_folder("emulation-npm")
    npm.pinned(repository, "aws-cdk", folder, _CDK)
    return folder / "node_modules" / ".bin"


def versions() -> str:
    """Return the content of all that is pinned or runs in the image: what an outcome depends on."""
    files = [*_AWS.glob("*.py"), *(path for path in _PINNED.rglob("*") if path.is_file())]
    return "\0".join(f"{path.name}\0{path.read_text('utf-8')}" for path in sorted(files))
