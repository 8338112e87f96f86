"""Where packages come from and whom to trust is taken from pip, in pip's own order."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from course.install import pip_settings
from course.install.pip_settings import Setting

ADDRESS = "https://packages.invalid/simple"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that tells pip nothing."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_", "SSL_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    for name in ("REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "shared"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    found = pip_settings.files()
    monkeypatch.setattr(
        pip_settings, "files", lambda: [p for p in found if not p.startswith("/etc")]
    )
    return tmp_path


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def told(**values: str) -> dict[str, Setting]:
    return {name.replace("_", "-"): Setting(value, "x") for name, value in values.items()}


@pytest.mark.skipif(sys.platform != "linux", reason="the places of Linux")
def test_files_are_looked_for_where_pip_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("HOME", "/home/p")
    for name in ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    places = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf"]
    places += ["/home/p/.pip/pip.conf", "/home/p/.config/pip/pip.conf"]
    assert pip_settings.files() == places
    monkeypatch.setenv("PIP_CONFIG_FILE", "/named")
    assert pip_settings.files() == [*places, "/named"]
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert pip_settings.files() == []


def test_the_later_file_the_closer_section_and_the_variable_win(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / "shared/pip/pip.conf", "[install]\nuser = no\n[global]\ncert = /a\nproxy = p\n")
    own = write(
        home / "own/pip/pip.conf",
        "[global]\nuser = true\n--Cert = /b%20\nno_index = on\n[freeze]\ntimeout = 9\n",
    )
    monkeypatch.setenv("PIP_PROXY", "q")
    monkeypatch.setenv("PIP_TIMEOUT", "")
    found = pip_settings.read()
    assert found["cert"] == Setting("/b%20", own) and found["proxy"] == Setting("q", "PIP_PROXY")
    assert found["user"].value == "no" and not pip_settings.is_set(found, "user")
    assert pip_settings.is_set(found, "no-index") and "timeout" not in found
    assert not pip_settings.is_set(found, "unknown") and pip_settings.unreadable() == []


def test_a_file_that_cannot_be_read_is_named_and_passed_over(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home / "own/pip/pip.conf"
    write(path, "cert = /a\n")
    assert pip_settings.read() == {}
    ((problem, remedy),) = pip_settings.unreadable()
    assert "no section headers" in problem and remedy == f"Fix {path}."
    path.write_bytes(b"[global]\ncert = /\xff\n")
    assert pip_settings.read() == {}
    assert pip_settings.unreadable() == [(f"{path} is not UTF-8.", "Save it as UTF-8.")]

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("configparser.RawConfigParser.read", refuse)
    assert pip_settings.read() == {}
    refused = [problem for problem, _ in pip_settings.unreadable()]
    assert f"{path}: Permission denied" in refused


def test_pip_is_told_where_packages_come_from_and_not_where_to_install_to(home: Path) -> None:
    settings = told(index_url=ADDRESS, cert="~/own.pem", user="true", target="/t", no_index="1")
    assert pip_settings.pip_variables(settings) == {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": ADDRESS,
        "PIP_CERT": f"{home}/own.pem",
        "PIP_NO_INDEX": "1",
    }
    assert pip_settings.without_pip({"PIP_USER": "1", "PATH": "x"}) == {"PATH": "x"}


def test_the_authorities_of_the_system_are_found(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pip_settings, "_BUNDLES", (str(home / "none"), str(home / "all.pem")))
    assert pip_settings.system_bundle() == ""
    assert pip_settings.more_to_trust({}) == [{"PIP_USE_FEATURE": "truststore"}]
    write(home / "all.pem", "")
    assert pip_settings.system_bundle() == str(home / "all.pem")
    assert pip_settings.more_to_trust({})[0] == {"PIP_CERT": str(home / "all.pem")}
    monkeypatch.setenv("SSL_CERT_FILE", write(home / "named.pem", ""))
    assert pip_settings.system_bundle() == str(home / "named.pem")
    # If one is named, that one is trusted.
    assert pip_settings.more_to_trust(told(cert="/own.pem")) == []


def test_uv_is_told_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_settings, "system_bundle", lambda: "/all.pem")
    links = home / "links"
    links.mkdir()
    settings = told(
        index_url=ADDRESS,
        extra_index_url="https://a.invalid\n  https://b.invalid",
        find_links=f"{links} /nowhere https://c.invalid",
        no_index="true",
        cert="~/own.pem",
        client_cert="/client.pem",
        trusted_host="a.invalid\nb.invalid",
        timeout="60",
        proxy="proxy.invalid:8080",
    )
    assert pip_settings.uv_variables(settings) == {
        "UV_SYSTEM_CERTS": "1",
        "UV_DEFAULT_INDEX": ADDRESS,
        "UV_INDEX": "https://a.invalid https://b.invalid",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": f"{links},https://c.invalid",
        "SSL_CERT_FILE": f"{home}/own.pem",
        "SSL_CLIENT_CERT": "/client.pem",
        "UV_INSECURE_HOST": "a.invalid b.invalid",
        "UV_HTTP_TIMEOUT": "60",
        "HTTPS_PROXY": "http://proxy.invalid:8080",
        "HTTP_PROXY": "http://proxy.invalid:8080",
    }
    local = told(find_links=str(links), no_index="true")
    assert pip_settings.uv_variables(local)["UV_OFFLINE"] == "1"
    # What uv is told itself holds; only a certificate of pip's is more exact.
    for name in ("UV_DEFAULT_INDEX", "SSL_CERT_FILE", "HTTPS_PROXY", "UV_NATIVE_TLS"):
        monkeypatch.setenv(name, "own")
    found = pip_settings.uv_variables(settings)
    assert not {"UV_DEFAULT_INDEX", "HTTPS_PROXY", "UV_SYSTEM_CERTS"} & set(found)
    assert found["SSL_CERT_FILE"] == f"{home}/own.pem"


def test_the_authorities_of_the_system_count_for_uv_where_there_are_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pip_settings, "system_bundle", lambda: "")
    for system, wanted in (("linux", {}), ("darwin", {"UV_SYSTEM_CERTS": "1"})):
        monkeypatch.setattr(sys, "platform", system)
        assert pip_settings.uv_variables({}) == wanted
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("SSL_CERT_DIR", "/certs")
    assert pip_settings.uv_variables({}) == {"UV_SYSTEM_CERTS": "1"}


def test_poetry_and_node_are_told_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_settings, "system_bundle", lambda: "")
    assert pip_settings.other_variables({}) == {}
    monkeypatch.setattr(pip_settings, "system_bundle", lambda: "/all.pem")
    names = ("REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    assert pip_settings.other_variables({}) == dict.fromkeys(names, "/all.pem")
    settings = told(cert="/own.pem", proxy="http://p.invalid")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/mine.pem")
    assert pip_settings.other_variables(settings) == {
        "NODE_EXTRA_CA_CERTS": "/own.pem",
        "HTTPS_PROXY": "http://p.invalid",
        "HTTP_PROXY": "http://p.invalid",
    }
