"""uv and Poetry are told which index pip uses, without any address in a file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.install import package_index, pip_settings

ADDRESS = "https://packages.invalid/simple"


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ask again in each test, on a machine that tells pip nothing."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    # What is trusted: see test_pip_settings.
    monkeypatch.setenv("UV_SYSTEM_CERTS", "1")
    monkeypatch.setattr(pip_settings, "system_bundle", lambda: "")
    package_index.variables.cache_clear()
    yield
    package_index.variables.cache_clear()


def test_what_pip_is_told_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", ADDRESS)
    assert package_index.variables() == {
        "POETRY_PYPI_MIRROR_URL": ADDRESS,
        "UV_DEFAULT_INDEX": ADDRESS,
    }


def test_a_configuration_file_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[global]\nindex-url = {ADDRESS}\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    assert package_index.variables()["UV_DEFAULT_INDEX"] == ADDRESS


def test_an_authority_is_told_to_uv_to_poetry_and_to_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", ADDRESS)
    monkeypatch.setenv("PIP_CERT", "/own.pem")
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.delenv(name, raising=False)
    found = package_index.variables()
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    assert [found[name] for name in names] == ["/own.pem"] * 3


def test_without_settings_poetry_gets_the_address_that_pip_was_built_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A stand-in for pip on a machine without settings: this one's are not the test's to change.
    asked = "print('https://built-in.invalid/simple')"
    monkeypatch.setattr(package_index, "_ASK", asked)
    assert package_index.variables() == {
        "POETRY_PYPI_MIRROR_URL": "https://built-in.invalid/simple"
    }


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "pass"])
def test_where_pip_cannot_say_the_defaults_hold(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_index, "_ASK", code)
    assert package_index.variables() == {}


def test_pip_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", ADDRESS)
    package_index.variables()
    monkeypatch.setattr(subprocess, "run", None)
    assert package_index.variables()["UV_DEFAULT_INDEX"] == ADDRESS
