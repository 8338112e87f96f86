"""Why an installer (pip, uv, Poetry, npm) failed, by what it printed, and what fixes it.

``scripts/bootstrap.py`` uses it before anything is installed: see `course.install.pip_settings`.
"""

import os
import re
import sys
from typing import NamedTuple, Optional


class Cause(NamedTuple):
    """Why an installer failed.

    Attributes:
        problem: in words.
        remedy: what fixes it.
        kind: ``AUTHORITY`` or ``LOCK`` where that matters to what is done about it.
    """

    problem: str
    remedy: str
    kind: str = ""


# A certificate is of an authority that is not known: there may be others to trust.
AUTHORITY = "authority"
# The lock may be the reason, and not the machine.
LOCK = "lock"
_TRUST = (
    "Ask your administrator for the authority's file, then: pip config set global.cert"
    " /path/to/authorities.pem   (or: export SSL_CERT_FILE=/path/to/authorities.pem)"
)
_AGAIN = "then run the same command again."
# Gives uv a cache in a new folder, where every system lets one be made.
OTHER_CACHE = 'export UV_CACHE_DIR="$(mktemp -d)"'


class _Known(NamedTuple):
    pattern: str
    problem: str
    remedy: str
    kind: str = ""


# What installers print (pip, uv, Poetry, npm; on Linux, macOS and Windows), the more exact first:
# a refused certificate is also a failed connection. `{}` takes what the pattern captured.
_CAUSES = (
    _Known(
        r"No space left on device|Disk quota exceeded|not enough space on the disk|ENOSPC",
        "No space is left on the disk.",
        "Free some space, " + _AGAIN,
    ),
    _Known(
        r"(?:ensurepip is not available|No module named '?(?:venv|ensurepip))",
        "Python's venv module does not work here.",
        "On Debian and Ubuntu: sudo apt install python%d.%d-venv" % sys.version_info[:2],
    ),
    _Known(
        r"Configuration file could not be loaded(?:.*\n)*?file: '([^'\n]*)'"
        r"|Configuration file contains invalid[^\n]* in ([^\n]*?)\.?$",
        "pip cannot read its settings: {}",
        "Fix that file; or, without it: export PIP_CONFIG_FILE=%s" % os.devnull,
    ),
    _Known(
        r"(?:suitable TLS CA certificate bundle, invalid path: |Could not read cert\w* file "
        r"|Invalid `SSL_CERT_FILE`. Path does not exist: )(\S+)",
        "The file of authorities that pip or a variable names is not there: {}",
        "Correct it: pip config get global.cert; and the variables PIP_CERT, REQUESTS_CA_BUNDLE,"
        " SSL_CERT_FILE.",
    ),
    _Known(
        r"hash mismatch|do not match the hashes|EINTEGRITY",
        "The index sent a file that is not the one in the lock.",
        "A damaged cache, or a proxy that changes files: pip cache purge; uv cache clean; then run"
        " the same command again.",
        LOCK,
    ),
    _Known(
        r"certificate has expired|certificate expired|CertExpired|CERT_HAS_EXPIRED"
        r"|certificate is not yet valid"
        r"|NotValidYet|invalid peer certificate: Expired",
        "The index shows a certificate that is not valid today.",
        "Is the clock of this machine right? Set it, " + _AGAIN,
    ),
    _Known(
        r"NotValidForName|not valid for name|hostname '[^'\n]*' doesn't match"
        r"|did not match expected hostname"
        r"|(?:Hostname|IP address) mismatch|certificate is not valid for|ERR_TLS_CERT_ALTNAME",
        "The certificate that answers is for another host: something stands between.",
        "Check the address of the index, and HTTPS_PROXY: pip config list",
    ),
    _Known(
        r"WRONG_VERSION_NUMBER|wrong version number|InvalidContentType|received corrupt message",
        "What answers does not speak TLS: a proxy, or an index whose address begins with http:.",
        "Correct the address: pip config get global.index-url; and the variable HTTPS_PROXY.",
    ),
    _Known(
        r"UnknownIssuer|CERTIFICATE_VERIFY_FAILED|certificate verify failed|self[- ]signed cert"
        r"|SELF_SIGNED_CERT|unable to get (?:local )?issuer|UNABLE_TO_(?:VERIFY|GET_ISSUER)"
        r"|invalid peer certificate|SSLCertVerificationError|SSLError",
        "The certificate of the index is of an authority that this machine does not know, as a"
        " company's own.",
        _TRUST,
        AUTHORITY,
    ),
    _Known(
        r"located at (\S+) is not a trusted or secure host",
        "pip asks no index without TLS unless it is told to trust it: {}",
        "Give it an address with https, or: pip config set global.trusted-host HOST",
    ),
    _Known(
        r"407 Proxy|Proxy Authentication|ProxyError|Cannot connect to proxy|proxy connect"
        r"|tunnel(?:l?ing)? (?:error|failed|connection failed)|unsuccessful tunnel",
        "The proxy does not let the installer through.",
        "Check HTTPS_PROXY, and: pip config get global.proxy   (its form:"
        " http://name:password@host:port)",
    ),
    _Known(
        r"Can ?not perform a '--user' install|User site-packages are not visible",
        "pip is told to install for the user (`user = true`), which an environment refuses.",
        "pip config unset global.user; pip config unset install.user; unset PIP_USER",
    ),
    _Known(
        r"Could not find an activated virtualenv",
        "pip is told to refuse work outside of an environment (`require-virtualenv`).",
        "pip config unset global.require-virtualenv; unset PIP_REQUIRE_VIRTUALENV",
    ),
    _Known(
        r"Can ?not (?:combine|set|use) .*--?(?:target|prefix|home|root)",
        "pip is told to install to another place (`target` or `prefix`).",
        "pip config unset global.target; pip config unset global.prefix",
    ),
    _Known(
        r"externally-managed-environment",
        "This Python belongs to the system, which lets nothing be installed into it.",
        "Use the environment of the course: make setup",
    ),
    _Known(
        r"index lookups were disabled|network was disabled|provided package locations"
        r"|Ignoring indexes",
        "The installer is told to ask no index (`no-index`, or offline).",
        "unset PIP_NO_INDEX UV_NO_INDEX UV_OFFLINE; pip config unset global.no-index",
    ),
    _Known(
        r"no such option: (\S+)|unrecognized arguments: (\S+)",
        "The installer is too old: it does not know {}",
        "Take a newer Python, which brings a newer pip; or: python3 -m pip install --upgrade pip",
    ),
    _Known(
        r"^(?-i:(?:\w+\.)*(\w+Warning)): .*\Z",
        "A warning was turned into an error: {}",
        "unset PYTHONWARNINGS, or take -W error out of PYTHON; " + _AGAIN,
    ),
    _Known(
        r"\b401\b[^\n]*(?:Unauthorized|error)|Unauthorized|\b403\b[^\n]*Forbidden|\bE40[13]\b"
        r"|403 Client Error|401 Client Error",
        "The index refuses this machine: it wants a name and a password, or other ones.",
        "Write them into its address: pip config get global.index-url",
    ),
    _Known(
        r"Read-only file system|EROFS|os error 30",
        "A folder that the installer writes to is read-only.",
        "Let its cache be elsewhere: " + OTHER_CACHE + "; is %s writable, too?",
    ),
    _Known(
        r"Failed to initialize cache at `([^`]*)`",
        "The installer cannot make its cache: {}",
        OTHER_CACHE,
    ),
    _Known(
        r"(?:Permission denied|Access is denied|EACCES|os error 13)(?:: '([^'\n]*)')?",
        "The installer may not write where it wants to {}",
        "Make the folder yours; for its cache: " + OTHER_CACHE + "; is %s writable, too?",
    ),
    _Known(
        r"is not a supported wheel on this platform|no wheels with a matching|has no wheels with",
        "There is no package for this system or this Python.",
        "Take another Python, from 3.11 on: make PYTHON=python3.12 setup",
    ),
    _Known(
        r"Name or service not known|nodename nor servname|name resolution|getaddrinfo failed"
        r"|failed to lookup address|dns error|failed to resolve|No such host is known|ENOTFOUND"
        r"|EAI_AGAIN|NameResolutionError",
        "The packages cannot be fetched: the name of the index is not found.",
        "Connect to the network, or correct the index (pip config get global.index-url), " + _AGAIN,
    ),
    _Known(
        r"tcp connect error|Failed to establish a new connection|All attempts to connect to"
        r"|Network is unreachable|No route to host|Connection refused|ECONNREFUSED|ECONNRESET"
        r"|connect ?timeout|Connection timed out|operation timed out|Read timed out|ETIMEDOUT"
        r"|Connection reset|RemoteDisconnected|client error \(Connect\)|error sending request",
        "The packages cannot be fetched: the index does not answer.",
        "Connect to the network, " + _AGAIN,
    ),
    _Known(
        r"No matching distribution found for (\S+)|Because (\S+) was not found in the package"
        r"|there is no version of ([^\s{]+)|Package (\S+ \([^)]*\)) not found|ETARGET|\bE404\b",
        "The index does not have {}",
        "Which index is asked, and does it lag behind? See: pip config list",
        LOCK,
    ),
)


def find(said: str, root: str = ".") -> Optional[Cause]:
    """Return why an installer failed, by what it printed; None when that says nothing known.

    Args:
        said: what it printed.
        root: the folder of the course.
    """
    text = said.strip()
    for known in _CAUSES:
        match = re.search(known.pattern, text, re.IGNORECASE | re.MULTILINE)
        if match:
            caught = next((group for group in match.groups() if group), "").strip(".,:;'\"()")
            problem = known.problem.replace("{}", caught).strip()
            problem = problem if problem.endswith(".") else problem.rstrip(": ") + "."
            return Cause(problem, known.remedy.replace("%s", root), known.kind)
    return None
