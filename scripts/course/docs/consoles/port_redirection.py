"""Redirects port 8000 of a page's console blocks to a free port, in Python programs and curl.

What listens on port 8000 of this machine, or another check beside this one, then changes nothing:
the commands run as the page shows them, and they print what the page shows. Python programs are
redirected to the other port as they start (this very file, as ``sitecustomize``, which Python
imports by itself), and curl is by its ``connect-to``. Any other program is left alone; when it
listens, the check says that nothing does on the port of the page.
"""

import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

VARIABLE = "COURSE_DETOUR"
_HERE = ("", "localhost", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1")
_CURL = ("127.0.0.1", "localhost", "0.0.0.0", "[::1]")


def lay(folder: Path, ports: Mapping[int, int], env: Mapping[str, str]) -> dict[str, str]:
    """Write what leads programs to other ports, and return the variables that make them read it.

    Args:
        folder: a new folder for it.
        ports: the port that a program uses, by the one that a page names.
        env: the variables that the programs would have otherwise.
    """
    if not ports:
        return {}
    folder.mkdir(parents=True)
    (folder / "sitecustomize.py").write_bytes(Path(__file__).read_bytes())
    lines = [
        f'connect-to = "{host}:{named}:{host}:{used}"\n'
        for named, used in ports.items()
        for host in _CURL
    ]
    (folder / ".curlrc").write_text("".join(lines), encoding="utf-8")
    path = filter(None, (str(folder), env.get("PYTHONPATH", "")))
    return {
        "PYTHONPATH": os.pathsep.join(path),
        "CURL_HOME": str(folder),
        VARIABLE: " ".join(f"{named}={used}" for named, used in ports.items()),
    }


def read(text: str) -> dict[int, int]:
    """Return the ports that the variable names; those that are none are passed over."""
    pairs = (pair.partition("=") for pair in text.split())
    return {int(a): int(b) for a, _, b in pairs if a.isdigit() and b.isdigit()}


def leads(ports: Mapping[int, int], address: object) -> object:
    """Return the address to use for one that a program names."""
    if not isinstance(address, tuple) or len(address) < 2:
        return address
    host, port = address[:2]
    local = isinstance(host, str) and (host in _HERE or host.startswith("127."))
    return (host, ports[port], *address[2:]) if local and port in ports else address


def install(ports: Mapping[int, int], target: type[socket.socket] = socket.socket) -> None:
    """Lead every socket of this program to other ports; it sees the ones that it named.

    Args:
        ports: the port to use, by the one that the program names.
        target: the class of sockets.
    """
    back = {used: named for named, used in ports.items()}

    def taking(real: Callable[..., object]) -> Callable[..., object]:
        return lambda self, address, *rest: real(self, leads(ports, address), *rest)

    def giving(real: Callable[..., object]) -> Callable[..., object]:
        return lambda self: leads(back, real(self))

    for name in ("bind", "connect", "connect_ex"):
        setattr(target, name, taking(getattr(target, name)))
    for name in ("getsockname", "getpeername"):
        setattr(target, name, giving(getattr(target, name)))


if __name__ == "sitecustomize":  # pragma: no cover (in the programs of pages)
    install(read(os.environ.get(VARIABLE, "")))
