"""What ``course doctor`` examines: oldest git and Python, programs, ports; how to install each."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Callable

from course import git, services
from course.install import environments, machine_checks
from course.install.machine_checks import Finding
from course.ports import is_free
from course.repository import Repository
from course.serve.step_server import FIRST_PORT

GIT = git.OLDEST
PYTHON = (3, 11)

# By system, how a program is installed. Debian stands for what is like it.
_INSTALL = {
    "git": {"Linux": "sudo apt install git", "Darwin": "xcode-select --install"},
    "make": {"Linux": "sudo apt install make", "Darwin": "xcode-select --install"},
    "docker": {
        "Linux": "sudo apt install docker.io docker-compose-v2",
        "Darwin": "brew install --cask docker",
    },
    "npm": {"Linux": "sudo apt install nodejs npm", "Darwin": "brew install node"},
    "chromium": {"Linux": "sudo apt install chromium", "Darwin": "brew install --cask chromium"},
}
_ANYWHERE = {"poetry": "pipx install poetry"}
_WINGET = {
    "git": "Git.Git",
    "make": "GnuWin32.Make",
    "docker": "Docker.DockerDesktop",
    "npm": "OpenJS.NodeJS.LTS",
    "chromium": "Hibbiki.Chromium",
}


def examine(repository: Repository) -> list[Finding]:
    """Return everything that the course needs or can use, and whether it is here."""
    root = str(repository.root)
    checks: list[Callable[[], Finding]] = [
        lambda: machine_checks.python(PYTHON),
        _git,
        lambda: _program("make", "the short commands; without it: course VERB", optional=True),
        lambda: _program("poetry", "doing the steps by hand", optional=True),
        lambda: machine_checks.disk(root),
        lambda: machine_checks.folder(root),
        _ports,
        lambda: _docker(),
        lambda: _program("npm", "checking the workflows, and the deployment", optional=True),
        lambda: _browser(),
        *[_service(name) for name in services.NAMES],
    ]
    found = [check() for check in checks]
    about = machine_checks.examine(root, str(environments.base_python()))
    return found + about


def install_hint(name: str, system: str | None = None) -> str:
    """Return the command that installs a program on this system."""
    found = system or platform.system()
    if name in _ANYWHERE:
        return _ANYWHERE[name]
    if found == "Windows":
        return f"winget install {_WINGET[name]}"
    return _INSTALL[name].get(found, f"Install {name} with your system's package manager.")


def _git() -> Finding:
    said = _say("git", "--version")
    match = re.search(r"(\d+)\.(\d+)", said)
    if not match:
        return Finding("git", "missing", "the chain is read with it", install_hint("git"))
    if (int(match[1]), int(match[2])) < GIT:
        wanted = ".".join(map(str, GIT))
        return Finding(
            "git", "missing", f"{match[0]}; {wanted} or later is needed", install_hint("git")
        )
    return Finding("git", "ok", said.removeprefix("git version "))


def _program(name: str, purpose: str, optional: bool = False) -> Finding:
    path = shutil.which(name)
    if path:
        return Finding(name, "ok", path)
    state = "optional" if optional else "missing"
    return Finding(name, state, f"needed for {purpose}", install_hint(name))


def _docker() -> Finding:
    if not shutil.which("docker"):
        return Finding("Docker", "optional", "needed to build images", install_hint("docker"))
    said = _say("docker", "version", "--format", "{{.Server.Version}}")
    if re.match(r"\d", said):
        return Finding("Docker", "ok", f"engine {said}")
    start = "sudo systemctl start docker" if platform.system() == "Linux" else "open Docker Desktop"
    return Finding("Docker", "optional", "the client is here, but no engine answers", start)


def _browser() -> Finding:
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        path = shutil.which(name)
        if path:
            return Finding("Chromium", "ok", path)
    return Finding(
        "Chromium", "optional", "needed for new pictures of the app", install_hint("chromium")
    )


def _ports() -> Finding:
    taken = [port for port in range(FIRST_PORT, FIRST_PORT + 40) if not is_free(port)]
    if not taken:
        return Finding("ports", "ok", f"{FIRST_PORT}–{FIRST_PORT + 39} are free")
    words = ", ".join(map(str, taken))
    return Finding("ports", "ok", f"{words} taken; steps take others there")


def _service(name: str) -> Callable[[], Finding]:
    def look() -> Finding:
        reason = services.unavailable(name)
        if reason is None:
            return Finding(name, "ok", "can be started with: course services up")
        return Finding(name, "optional", reason, "docker compose up")

    return look


def _say(*words: str) -> str:
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=10, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
