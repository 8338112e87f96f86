"""The doctor finds what keeps packages from being installed, with the command that fixes it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from course.install import machine_checks, pip_call, pip_settings
from course.install.machine_checks import Finding

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the stand-ins are scripts")
UNKNOWN = "certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)"
Stand = Callable[..., str]


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one file that tells pip something, which is not there yet."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_", "COURSE_", "SSL_")):
            monkeypatch.delenv(name)
    path = tmp_path / "pip.conf"
    monkeypatch.setattr(pip_settings, "files", lambda: [str(path)])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return path


@pytest.fixture
def python(tmp_path: Path) -> Stand:
    """A Python whose pip prints a text and ends with a code; with PIP_CERT it may succeed."""

    def make(printed: str = "", code: int = 0, trusting: bool = False, venv: int = 0) -> str:
        file = tmp_path / "python"
        lines = ["#!/bin/sh", f'if [ "$3" = "import venv, ensurepip" ]; then exit {venv}; fi']
        lines += ['echo "$PIP_CERT" >> "$0.certs"']
        lines += ['[ -n "$PIP_CERT" ] && exit 0'] if trusting else []
        lines += [f"echo {shlex.quote(printed)}", f"exit {code}"]
        file.write_text("\n".join(lines) + "\n")
        file.chmod(0o755)
        return str(file)

    return make


def found(subject: str, root: Path, python: str = sys.executable) -> Finding:
    return {each.subject: each for each in machine_checks.examine(str(root), python)}[subject]


def basic(subject: str, root: Path) -> Finding:
    return {each.subject: each for each in machine_checks.basics(str(root), (3, 11))}[subject]


def test_a_machine_that_lacks_nothing(tmp_path: Path, python: Stand) -> None:
    findings = machine_checks.examine(str(tmp_path), python())
    assert [(each.subject, each.state) for each in findings] == [
        (subject, "ok") for subject in ("settings", "variables", "venv", "cache", "index")
    ]
    assert all(each.state == "ok" for each in machine_checks.basics(str(tmp_path), (3, 11)))


def test_what_is_missing_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 1, "final", 0))
    assert basic("Python", tmp_path).found == "3.9.1; 3.11 or later is needed"
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert basic("git", tmp_path).state == "missing"
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024**3))
    assert basic("disk", tmp_path).found == "1.0 GiB free; 2 GiB are needed"
    monkeypatch.setattr(machine_checks, "_can_write", lambda _: False)
    assert basic("folder", tmp_path).remedy == "Clone into your own folder."


def test_a_folder_that_takes_no_file(tmp_path: Path) -> None:
    assert machine_checks._can_write(str(tmp_path))
    assert not machine_checks._can_write(str(tmp_path / "none"))


def test_settings_that_stop_a_persons_own_pip_are_named_with_where_they_are(
    tmp_path: Path, settings: Path, python: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.write_text("[global]\nuser = true\ntarget = /t\n")
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    finding = found("settings", tmp_path, python())
    assert finding.state == "optional" and f"`user` ({settings})" in finding.found
    assert finding.remedy == (
        f"take the line `user` out of {settings}; unset PIP_REQUIRE_VIRTUALENV;"
        f" take the line `target` out of {settings}"
    )


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("cert = /none.pem", "names /none.pem, which is not there", "take the line `cert` out of"),
        ("no-index = yes", "pip asks no index", "take the line `no-index` out of"),
        ("[x", "pip cannot read its settings", "Fix "),
    ],
)
def test_settings_that_stop_the_course_are_missing(
    tmp_path: Path, settings: Path, python: Stand, text: str, problem: str, remedy: str
) -> None:
    settings.write_text(f"[global]\n{text}\n" if "=" in text else text)
    finding = found("settings", tmp_path, python())
    assert finding.state == "missing"
    assert problem in finding.found and remedy in finding.remedy


def test_a_variable_that_names_no_file_of_authorities_is_missing(
    tmp_path: Path, settings: Path, python: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv trusts nobody then, though pip passes over it."""
    monkeypatch.setenv("SSL_CERT_FILE", "/none.pem")
    finding = found("settings", tmp_path, python())
    assert (finding.state, finding.remedy) == ("missing", "unset SSL_CERT_FILE")
    # What pip is told is told to uv instead.
    settings.write_text(f"[global]\ncert = {settings}\n")
    assert found("settings", tmp_path, python()).state == "ok"


def test_settings_that_installing_needs_are_listed(
    tmp_path: Path, settings: Path, python: Stand
) -> None:
    settings.write_text("[global]\nproxy = p\nno-index = 1\nfind-links = /l\nquiet = 1\n")
    finding = found("settings", tmp_path, python())
    assert (finding.state, finding.found) == ("ok", "find-links, no-index, proxy")


def test_variables_for_another_python_are_named(
    tmp_path: Path, python: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_PASSED_OVER", "PYTHONWARNINGS")
    monkeypatch.setenv("PYTHONPATH", "/other")
    finding = found("variables", tmp_path, python())
    assert finding.state == "optional" and finding.found.startswith("PYTHONPATH, PYTHONWARNINGS:")
    assert finding.remedy == "unset PYTHONPATH PYTHONWARNINGS"


def test_a_python_without_venv(tmp_path: Path, python: Stand) -> None:
    finding = found("venv", tmp_path, python(venv=1))
    assert finding.state == "missing" and "sudo apt install python" in finding.remedy


def test_a_cache_that_cannot_be_written(
    tmp_path: Path, python: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_checks, "_can_write", lambda _: False)
    finding = found("cache", tmp_path, python())
    assert finding.state == "missing" and finding.found == f"{tmp_path} cannot be written"
    monkeypatch.undo()
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path))
    assert found("cache", tmp_path, python()).found == str(tmp_path)


def test_an_index_of_an_unknown_authority(
    tmp_path: Path, settings: Path, python: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pip_settings, "system_bundle", lambda: "/system.pem")
    settings.write_text("[global]\nindex-url = https://name:secret@index.invalid/simple\n")
    finding = found("index", tmp_path, python(UNKNOWN, 1))
    assert finding.state == "missing" and "pip config set global.cert" in finding.remedy
    assert finding.found.startswith("index.invalid: The certificate of the index is of an")
    # First what pip trusts by itself, then the system's authorities, then the newer way to them.
    tried = tmp_path / "python.certs"
    assert tried.read_text() == "\n/system.pem\n\n"
    tried.unlink()
    assert found("index", tmp_path, python(UNKNOWN, 1, trusting=True)).state == "ok"
    assert tried.read_text() == "\n/system.pem\n"


@pytest.mark.parametrize(
    ("printed", "code", "said"),
    [
        ("Could not fetch URL x: Connection refused", 0, "the index does not answer"),
        ("something new\nat the end", 1, "the index: at the end"),
        ("", 1, "the index: pip says nothing"),
    ],
)
def test_an_index_that_does_not_answer(
    tmp_path: Path, python: Stand, printed: str, code: int, said: str
) -> None:
    finding = found("index", tmp_path, python(printed, code))
    assert finding.state == "missing" and said in finding.found and finding.remedy
    # With a bundle the index may be missing.
    (tmp_path / ".course/bundle").mkdir(parents=True)
    finding = found("index", tmp_path, python(printed, code))
    assert finding.state == "optional" and "There is a bundle" in finding.found


def test_the_pip_that_python_brings_is_called(tmp_path: Path) -> None:
    words = [sys.executable, "-I", "-c", pip_call.BROUGHT, "--version"]
    done = pip_call.run(words, pip_call.variables(dict(os.environ)))
    assert done.returncode == 0 and done.stdout.startswith(b"pip "), done.stdout


def test_what_is_no_matter_of_trust_is_tried_once(
    tmp_path: Path, python: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pip_settings, "more_to_trust", lambda _: SimpleNamespace())
    done = pip_call.run([python("No space left on device", 3)], {"PATH": os.defpath})
    assert (done.returncode, done.stdout) == (3, b"No space left on device\n")


def test_what_pip_says_only_to_those_who_want_to_know_more_is_asked_for(tmp_path: Path) -> None:
    """A refusal of the index (401), as pip 23 and 26 have it."""
    refusal = "  Could not fetch URL https://h/uv/: 401 Client Error: Unauthorized for url: x"
    file = tmp_path / "python"
    file.write_text(
        "#!/bin/sh\n"
        f'for word; do [ "$word" = -vv ] && echo "Created x\n{refusal}"; done\n'
        "echo 'ERROR: No matching distribution found for uv'\nexit 1\n"
    )
    file.chmod(0o755)
    finding = found("index", tmp_path, str(file))
    assert finding.state == "missing" and "refuses this machine" in finding.found
    said = pip_call.run([str(file)], {"PATH": os.defpath}).stdout.decode()
    assert said == f"ERROR: No matching distribution found for uv\n{refusal}\n"
