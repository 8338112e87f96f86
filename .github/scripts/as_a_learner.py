"""Install and test each step as a learner does: in a copy of its folder, with the commands typed.

    python as_a_learner.py [STEP …]

Nothing of the course's tool takes part, only the standard library. Where there is `make`, its
targets are typed; on Windows, the commands that they stand for. A step without a Makefile is
installed with pip. Every step is tried; each that fails gets a line at the end.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = os.name == "nt"
# In this order, as far as the step has them.
TARGETS = ("install", "env", "test")
NOT_COPIED = shutil.ignore_patterns(".venv", ".env", "__pycache__", "*.sqlite3", "node_modules")
TIMEOUT = 900


def links() -> dict[str, dict[str, object]]:
    """Return the folders of the chain, each with its settings from the catalogue."""
    catalogue = tomllib.loads((ROOT / "steps/course.toml").read_text("utf-8"))
    onwards = dict(catalogue.get("defaults", {}))
    width = max(2, len(str(len(catalogue["step"]))))
    found = {}
    for number, step in enumerate(catalogue["step"], 1):
        since = step.get("onwards", {})
        services = [*onwards.get("services", []), *since.get("services", [])]
        onwards.update(since.get("settings", {}), services=services)
        folder = f"steps/{number:0{width}}-{step['slug']}"
        found[folder] = {**onwards, **step.get("settings", {})}
    if "final" in catalogue:
        found["final"] = {**onwards, **catalogue["final"].get("settings", {})}
    return found


def commands(folder: Path, windows: bool = WINDOWS) -> list[list[str]]:
    """Return what a learner types in a step's folder."""
    makefile = folder / "Makefile"
    if not makefile.is_file():
        python = r".venv\Scripts\python.exe" if windows else ".venv/bin/python"
        return [
            [sys.executable, "-m", "venv", ".venv"],
            [str(folder / python), "-m", "pip", "install", "-r", "requirements.txt"],
            [str(folder / python), "manage.py", "test"],
        ]
    text = makefile.read_text("utf-8")
    typed = []
    for target in TARGETS:
        recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
        if recipe is None:
            continue
        if windows:
            typed += [shlex.split(line.strip().lstrip("@")) for line in recipe[1].splitlines()]
        else:
            typed.append(["make", target])
    return typed


def follow(folder: Path) -> str:
    """Type a step's commands; return the first that failed, or nothing."""
    for words in commands(folder):
        print("$ " + shlex.join(words), flush=True)
        program = shutil.which(words[0])
        if program is None:
            return f"{words[0]} is not installed"
        try:
            done = subprocess.run([program, *words[1:]], cwd=folder, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            return f"{shlex.join(words)} took more than {TIMEOUT} s"
        if done.returncode:
            return f"{shlex.join(words)} ended with code {done.returncode}"
    return ""


def main(wanted: list[str]) -> int:
    """Try the steps; return the exit code."""
    failed = []
    chain = links()
    for name in wanted or chain:
        services = chain[name].get("services")
        if services:
            print(f"::warning::NOT RUN {name}: it needs {services}", flush=True)
            continue
        print(f"::group::{name}", flush=True)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
            folder = Path(place).resolve() / "mublog"
            shutil.copytree(ROOT / name, folder, ignore=NOT_COPIED)
            problem = follow(folder)
            poetry = shutil.which("poetry")
            if poetry and (folder / "poetry.lock").is_file():
                # Its environment lies elsewhere, under a name made from this folder.
                subprocess.run([poetry, "env", "remove", "--all"], cwd=folder, check=False)
        print("::endgroup::", flush=True)
        if problem:
            failed.append(f"{name}: {problem}")
    for line in failed:
        print(f"::error::{line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
