"""A failed install names the cause that the installer names. The texts are what they print."""

from __future__ import annotations

import pytest

from course.install import failure_causes
from course.install.failure_causes import AUTHORITY, LOCK

FETCH = "error: Failed to fetch: https://h/six/\n  cause: error sending request for url (https://h)"
CONNECT = FETCH + "\n  cause: client error (Connect)\n  cause: "
NONE = (
    "\nERROR: Could not find a version that satisfies the requirement six==1.17.0 (from versions:"
    " none)\nERROR: No matching distribution found for six==1.17.0\n"
)
RETRY = (
    "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after"
    " connection broken by "
)
SKIP = "Could not fetch URL https://h/six/: There was a problem confirming the ssl certificate: "
SSL = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
POOL = "HTTPSConnectionPool(host='h', port=443): Max retries exceeded with url: /six/ (Caused by "

MESSAGES = {
    "uv: unknown authority": (
        CONNECT + "invalid peer certificate: UnknownIssuer\n\nhint: Consider enabling use of system"
        " TLS certificates with the `--system-certs` command-line flag",
        "that this machine does not know",
        "pip config set global.cert",
    ),
    "pip 26: unknown authority": (
        SKIP + SSL + "unable to get local issuer certificate (_ssl.c:1006) - skipping" + NONE,
        "that this machine does not know",
        "SSL_CERT_FILE=",
    ),
    "pip 23: unknown authority": (
        SKIP + POOL + "SSLError(SSLCertVerificationError(1, '" + SSL + "self-signed certificate in"
        " certificate chain (_ssl.c:992)'))) - skipping" + NONE,
        "that this machine does not know",
        "pip config set global.cert",
    ),
    "npm: unknown authority": (
        "npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error request to https://h/x failed",
        "that this machine does not know",
        "pip config set global.cert",
    ),
    "uv: another host": (
        CONNECT + 'invalid peer certificate: certificate not valid for name "127.0.0.1";'
        ' certificate is only valid for DnsName("localhost")',
        "for another host",
        "HTTPS_PROXY",
    ),
    "pip 26: another host": (
        SKIP + SSL + "IP address mismatch, certificate is not valid for '127.0.0.1'." + NONE,
        "for another host",
        "pip config list",
    ),
    "pip 23: another host": (
        SKIP + POOL + "SSLError(CertificateError(\"hostname 'a' doesn't match 'b'\")))" + NONE,
        "for another host",
        "pip config list",
    ),
    "uv: expired": (
        CONNECT + "invalid peer certificate: certificate expired: verification time 1 (UNIX)",
        "not valid today",
        "clock",
    ),
    "pip: expired": (SKIP + SSL + "certificate has expired" + NONE, "not valid today", "clock"),
    "pip: no TLS": (
        RETRY + "'SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number'))'",
        "does not speak TLS",
        "pip config get global.index-url",
    ),
    "pip: an index without TLS": (
        "WARNING: The repository located at index.example is not a trusted or secure host and is"
        " being ignored." + NONE,
        "unless it is told to trust it: index.example.",
        "global.trusted-host",
    ),
    "pip: no file of authorities": (
        "ERROR: Could not install packages due to an OSError: Could not find a suitable TLS CA"
        " certificate bundle, invalid path: /nope.pem\n",
        "is not there: /nope.pem.",
        "pip config get global.cert",
    ),
    "uv: no file of authorities": (
        "warning: Invalid `SSL_CERT_FILE`. Path does not exist: /nope.pem. No default certificates"
        " will be trusted.\n" + CONNECT + "invalid peer certificate: UnknownIssuer",
        "is not there: /nope.pem.",
        "SSL_CERT_FILE",
    ),
    "pip: user": (
        "ERROR: Can not perform a '--user' install. User site-packages are not visible in this"
        " virtualenv.",
        "`user = true`",
        "pip config unset global.user",
    ),
    "pip: require-virtualenv": (
        "ERROR: Could not find an activated virtualenv (required).",
        "`require-virtualenv`",
        "unset PIP_REQUIRE_VIRTUALENV",
    ),
    "pip: target and prefix": (
        "ERROR: Cannot set --home and --prefix together",
        "`target` or `prefix`",
        "pip config unset global.target",
    ),
    "pip: of the system": (
        "error: externally-managed-environment\n\n× This environment is externally managed",
        "belongs to the system",
        "make setup",
    ),
    "pip: settings": (
        "Configuration file could not be loaded.\nFile contains no section headers.\n"
        "file: '/home/p/pip.conf', line: 1\n'cert = x\\n'",
        "pip cannot read its settings: /home/p/pip.conf.",
        "PIP_CONFIG_FILE",
    ),
    "pip: an old one": (
        "Usage:\n  pip install [options]\n\nno such option: --use-feature",
        "does not know --use-feature.",
        "newer Python",
    ),
    "a warning": (
        'Traceback (most recent call last):\n  File "x.py", line 1\nDeprecationWarning: it\'s old',
        "turned into an error: DeprecationWarning.",
        "PYTHONWARNINGS",
    ),
    "a warning of a library": (
        "Traceback:\nurllib3.exceptions.NotOpenSSLWarning: v2 only supports OpenSSL 1.1.1+\n",
        "turned into an error: NotOpenSSLWarning.",
        "PYTHONWARNINGS",
    ),
    "uv: offline": (
        "error: No solution found when resolving dependencies\n  cause: Because six was not found"
        " in the cache\n\nhint: Packages were unavailable because the network was disabled.",
        "told to ask no index",
        "UV_OFFLINE",
    ),
    "uv: no name and password": (
        "  cause: Because six was not found in the package registry\n\nhint: An index URL"
        " (https://h/) could not be queried due to a lack of valid authentication credentials (401"
        " Unauthorized)",
        "refuses this machine",
        "pip config get global.index-url",
    ),
    "pip: no name and password": (
        "Looking in indexes: https://h/" + NONE + "  Could not fetch URL https://h/six/: 401 Client"
        " Error: Unauthorized for url: https://h/six/ - skipping",
        "refuses this machine",
        "pip config get global.index-url",
    ),
    "uv: proxy": (
        FETCH + "\n  cause: HTTP status client error (407 Proxy Authentication Required)",
        "The proxy does not let",
        "global.proxy",
    ),
    "pip: proxy": (
        RETRY
        + "'ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403'))'",
        "The proxy does not let",
        "HTTPS_PROXY",
    ),
    "uv: no such name": (
        CONNECT + "dns error\n  cause: failed to lookup address information: Name or service not"
        " known",
        "the name of the index is not found",
        "Connect to the network, or correct the index",
    ),
    "pip: no such name": (
        RETRY + "'NameResolutionError(\"HTTPSConnection(host='h', port=443): Failed to resolve 'h'"
        "\")': /six/" + NONE,
        "the name of the index is not found",
        "Connect to the network",
    ),
    "uv: no answer": (
        CONNECT + "tcp connect error\n  cause: Connection refused (os error 111)",
        "the index does not answer",
        "Connect to the network",
    ),
    "pip: no answer": (
        RETRY + "'ProtocolError('Connection aborted.', ConnectionResetError(104, 'Connection reset"
        " by peer'))': /six/" + NONE,
        "the index does not answer",
        "Connect to the network",
    ),
    "uv: no cache": (
        "error: Failed to initialize cache at `/proc/x`\n  cause: failed to create directory",
        "cannot make its cache: /proc/x.",
        "UV_CACHE_DIR",
    ),
    "pip: not allowed": (
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/opt'",
        "may not write where it wants to /opt.",
        "/the/course",
    ),
    "uv: read-only": (
        "error: failed to open file `/x`: Read-only file system (os error 30)",
        "is read-only",
        "/the/course",
    ),
    "pip: no wheel": (
        "ERROR: x-1-cp311-none-any.whl is not a supported wheel on this platform.",
        "no package for this system",
        "make PYTHON=python3.12 setup",
    ),
    "Debian's venv": (
        "The virtual environment was not created successfully because ensurepip is not available.",
        "venv module does not work",
        "sudo apt install python",
    ),
    "a full disk": ("No space left on device (os error 28)", "No space is left", "Free some"),
    "pip: another file": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "not the one in the lock",
        "uv cache clean",
    ),
    "pip: a version that is not there": (
        "ERROR: No matching distribution found for six==99",
        "does not have six==99.",
        "pip config list",
    ),
    "uv: a version that is not there": (
        "error: No solution found when resolving dependencies\n  cause: Because there is no version"
        " of six==99 and you require six==99, we can conclude",
        "does not have six==99.",
        "pip config list",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_what_an_installer_prints_gives_the_cause_and_what_fixes_it(name: str) -> None:
    printed, problem, remedy = MESSAGES[name]
    found = failure_causes.find(printed, "/the/course")
    assert found is not None
    assert problem in found.problem and remedy in found.remedy
    assert found.problem.endswith(".") and "{}" not in found.problem and "%s" not in found.remedy
    assert found.kind == (
        AUTHORITY
        if "unknown authority" in name
        else LOCK if "another file" in name or "not there" in name else ""
    )


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "error: no such package",
        # A warning that stopped nothing, and a word that only looks like one.
        "DeprecationWarning: it's old\nerror: something else",
        "warning: odd",
    ],
)
def test_what_is_not_known_is_not_guessed(printed: str) -> None:
    assert failure_causes.find(printed) is None
