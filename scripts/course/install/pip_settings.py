"""Which of pip's settings are used and given to uv; where systems keep the authorities they trust.

A machine of a company has an index of its own, an authority for certificates, a proxy; pip's
settings name them. ``scripts/bootstrap.py`` uses this module before anything is installed: it needs
the standard library alone, and is written for Python 3.6, which can then say that it is too old.
"""

import configparser
import os
import re
import shlex
import sys
from typing import Dict, List, NamedTuple, Tuple

# Of what pip is told, this is where packages come from and how they are fetched: it holds for every
# installer. Everything else (where to install to, what to refuse) is meant for other projects.
KEPT = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "cert",
    "client-cert",
    "proxy",
    "trusted-host",
    "timeout",
    "retries",
    "cache-dir",
    "keyring-provider",
)
# Where Linux distributions and the BSDs keep the authorities that the system trusts, in one file.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_TRUE = ("1", "y", "yes", "t", "true", "on")


class Setting(NamedTuple):
    """A setting of pip's, with the file or the variable that it comes from."""

    value: str
    source: str


def files() -> List[str]:
    """Return where pip looks for its settings on this system; a later file has the last word."""
    home = os.path.expanduser("~")
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return []
    if os.name == "nt":  # pragma: no cover (windows)
        shared = [os.path.join(os.environ.get("PROGRAMDATA", "C:\\ProgramData"), "pip", "pip.ini")]
        own = [
            os.path.join(home, "pip", "pip.ini"),
            os.path.join(os.environ.get("APPDATA", home), "pip", "pip.ini"),
        ]
    else:
        folders = [
            part for part in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if part
        ]
        shared = [os.path.join(folder, "pip", "pip.conf") for folder in folders] + ["/etc/pip.conf"]
        settings = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        own = [
            os.path.join(home, ".pip", "pip.conf"),
            os.path.join(settings, "pip", "pip.conf"),
        ]
        if sys.platform == "darwin":  # pragma: no cover (macos)
            own[1:1] = [os.path.join(home, "Library", "Application Support", "pip", "pip.conf")]
    return shared + own + ([named] if named else [])


def read() -> Dict[str, Setting]:
    """Return what pip is told on this machine, by the long name of each option.

    The section of ``pip install`` goes before the one for every command, and variables before
    files, as in pip itself. A file that pip could not read is passed over: `unreadable` names it.
    """
    ranked = {"global": {}, "install": {}}  # type: Dict[str, Dict[str, Setting]]
    for path in files():
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue
        for section, into in ranked.items():
            if parser.has_section(section):
                for name, value in parser.items(section):
                    key = name.lower().replace("_", "-")
                    into[key[2:] if key.startswith("--") else key] = Setting(value, path)
    found = dict(ranked["global"])
    found.update(ranked["install"])
    for name, value in os.environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE" and value:
            found[name[4:].lower().replace("_", "-")] = Setting(value, name)
    return found


def unreadable() -> List[Tuple[str, str]]:
    """Return which settings files of pip's it cannot read: what is wrong, and what fixes it."""
    found = []
    for path in files():
        try:
            configparser.RawConfigParser().read(path, encoding="utf-8")
        except configparser.Error as error:
            said = " ".join(str(error).split())
            found.append(("pip cannot read its settings: %s" % said, "Fix %s." % path))
        except UnicodeDecodeError:
            found.append(("%s is not UTF-8." % path, "Save it as UTF-8."))
        except OSError as error:
            problem = "%s: %s" % (path, error.strerror)
            found.append((problem, "Make it readable: chmod u+r %s" % shlex.quote(path)))
    return found


def is_set(settings: Dict[str, Setting], name: str) -> bool:
    """Whether a setting that is on or off is on."""
    return name in settings and settings[name].value.strip().lower() in _TRUE


def system_bundle() -> str:
    """Return the file with the authorities that this system trusts; ``""`` where it has none."""
    named = os.environ.get("SSL_CERT_FILE", "")
    for path in ([named] if named else []) + list(_BUNDLES):
        if os.path.isfile(path):
            return path
    return ""


def pip_variables(settings: Dict[str, Setting]) -> Dict[str, str]:
    """Return the variables for one call of pip: what is kept of its settings, and no file."""
    found = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for name in KEPT:
        if name in settings:
            found["PIP_" + name.upper().replace("-", "_")] = _path(name, settings[name].value)
    return found


def more_to_trust(settings: Dict[str, Setting]) -> List[Dict[str, str]]:
    """Return by which variables pip, told of no authorities, trusts what the system does.

    A new pip does so by itself; one before 24.2 knows its own authorities alone.
    """
    if "cert" in settings:
        return []
    bundle = system_bundle()
    return ([{"PIP_CERT": bundle}] if bundle else []) + [{"PIP_USE_FEATURE": "truststore"}]


def without_pip(environment: Dict[str, str]) -> Dict[str, str]:
    """Return an environment without any of pip's variables."""
    return {name: value for name, value in environment.items() if not name.startswith("PIP_")}


def uv_variables(settings: Dict[str, Setting]) -> Dict[str, str]:
    """Return the variables that tell uv what pip is told, unless uv is told something itself.

    The authorities that the system trusts count, for a company's own is there; on a system that
    has none, those that uv brings.
    """
    found = {}
    own = os.name == "nt" or sys.platform == "darwin"  # They are no files there.
    asked = {"UV_NATIVE_TLS", "UV_SYSTEM_CERTS"} & set(os.environ)
    if not asked and (own or system_bundle() or os.environ.get("SSL_CERT_DIR")):
        found["UV_SYSTEM_CERTS"] = "1"
    told = {name: _path(name, setting.value) for name, setting in settings.items()}
    if told.get("index-url"):
        found["UV_DEFAULT_INDEX"] = told["index-url"]
    if told.get("extra-index-url"):
        found["UV_INDEX"] = " ".join(told["extra-index-url"].split())
        # As pip does it. What is installed is pinned by its hash, so that no index can take over.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    links = [
        link for link in told.get("find-links", "").split() if "://" in link or _is_there(link)
    ]
    if links:
        found["UV_FIND_LINKS"] = ",".join(links)
    if is_set(settings, "no-index") and not [link for link in links if "://" in link]:
        # uv has no variable for that; but what is not in the folders then comes from nowhere.
        found["UV_OFFLINE"] = "1"
    if told.get("cert"):
        found["SSL_CERT_FILE"] = told["cert"]
    if told.get("client-cert"):
        found["SSL_CLIENT_CERT"] = told["client-cert"]
    if told.get("trusted-host"):
        found["UV_INSECURE_HOST"] = " ".join(told["trusted-host"].split())
    if re.match(r"\d+$", told.get("timeout", "")):
        found["UV_HTTP_TIMEOUT"] = told["timeout"]
    found.update(_proxies(told.get("proxy", "")))
    # pip's certificate is more exact than a variable for every program: for pip it wins, too.
    return {n: v for n, v in found.items() if n == "SSL_CERT_FILE" or not os.environ.get(n)}


def other_variables(settings: Dict[str, Setting]) -> Dict[str, str]:
    """Return the variables by which Poetry, Node and npm trust and reach what pip does."""
    cert = _path("cert", settings["cert"].value) if "cert" in settings else system_bundle()
    found = _proxies(settings["proxy"].value if "proxy" in settings else "")
    if cert:
        found["REQUESTS_CA_BUNDLE"] = cert
        # Node adds them to its own; `cafile` would take the place of those.
        found["NODE_EXTRA_CA_CERTS"] = cert
    return {name: value for name, value in found.items() if not os.environ.get(name)}


def _proxies(proxy: str) -> Dict[str, str]:
    if not proxy:
        return {}
    whole = proxy if "://" in proxy else "http://" + proxy
    return {"HTTPS_PROXY": whole, "HTTP_PROXY": whole}


def _path(name: str, value: str) -> str:
    return os.path.expanduser(value) if name in ("cert", "client-cert", "cache-dir") else value


def _is_there(path: str) -> bool:
    return os.path.exists(os.path.expanduser(path))
