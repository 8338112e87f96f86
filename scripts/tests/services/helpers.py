"""What several test modules of the services use."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from course import services
from course.services import ledger, postgres, private_servers, redis, shared_servers

# A step's own means to reach its services: it has no package for it.
_MEANS = """import contextlib
import os
import socket
import subprocess
import time
from urllib.parse import urlsplit


def sql(*statements):
    words = [word for statement in statements for word in ("-c", statement)]
    done = subprocess.run(
        [PSQL, "-X", "-q", "-t", "-A", "-w", "-v", "ON_ERROR_STOP=1",
         "-d", os.environ["DATABASE_URL"], *words],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.strip()


def crash():
    address = urlsplit(os.environ["CACHE_URL"])
    with socket.create_connection((address.hostname, address.port)) as link:
        link.sendall(b"INFO server\\r\\n")
        with link.makefile() as lines:
            pid = next(line[11:] for line in lines if line.startswith("process_id:"))
    os.kill(int(pid), 9)
    end = time.monotonic() + 10
    with contextlib.suppress(ConnectionRefusedError):
        while time.monotonic() < end:
            socket.create_connection((address.hostname, address.port)).close()
            time.sleep(0.01)


def redis(*words):
    address = urlsplit(os.environ["CACHE_URL"])
    with socket.create_connection((address.hostname, address.port)) as link:
        number = address.path[1:]
        link.sendall(f"SELECT {number}\\r\\n{' '.join(words)}\\r\\n".encode())
        with link.makefile() as lines:
            lines.readline()
            return lines.readline().strip()
"""


def means() -> str:
    """Return a module for a step, with `sql` and `redis`, which reach its own room, and `crash`."""
    programs = postgres._programs()
    assert programs
    return _MEANS.replace("PSQL", repr(str(programs / "psql")))


def servers() -> list[str]:
    """The folders in which servers of runs are, in every place for them."""
    places = {Path(tempfile.gettempdir()), *postgres.FALLBACKS}
    return [str(f) for place in places for f in place.glob(f"{private_servers.PREFIX}*-services-*")]


def own_servers() -> list[str]:
    """Those of this process: another run of the tool may have some at the same time."""
    return [folder for folder in servers() if f"{private_servers.PREFIX}{os.getpid()}-" in folder]


def clean(folder: Path) -> None:
    """End whatever runs for a state folder, by whatever means."""
    try:
        services.down(services.NAMES, state=folder)
    finally:
        for name, service in shared_servers.SERVICES.items():
            if service.unavailable() is None:
                for process in ledger.find(service.arguments(folder / name)):
                    process.kill()


def wait_for(what: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def kill(pid: int) -> None:
    """``kill -9`` a server that a test started, and wait until it is gone."""
    process = psutil.Process(pid)
    process.kill()
    process.wait(10)


def redis_command(url: str, *words: str) -> str:
    """Send one command to a number of a Redis-protocol server; return its answer's first line."""
    address = urlsplit(url)
    assert address.hostname and address.port
    with socket.create_connection((address.hostname, address.port), 10) as link:
        sent = b"*%d\r\n" % len(words)
        for word in words:
            sent += b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode())
        lines = link.makefile("rb")
        if number := address.path[1:]:
            link.sendall(f"SELECT {number}\r\n".encode())
            assert lines.readline() == b"+OK\r\n"
        link.sendall(sent)
        first = lines.readline().decode().strip()
        return lines.readline().decode().strip() if first[0] == "$" and first != "$-1" else first


def sql(url: str, statement: str) -> str:
    """Run a statement through the wheel's psql and return what it answers, unaligned."""
    programs = postgres._programs()
    assert programs
    done = subprocess.run(
        [programs / "psql", "-X", "-q", "-t", "-A", "-w", "-d", url, "-c", statement],
        env={**os.environ, "LC_ALL": "C", "PGCLIENTENCODING": "UTF8"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


needs_servers = pytest.mark.skipif(
    any(service.unavailable() for service in (postgres, redis)),
    reason="there is no embedded Postgres or Valkey for this machine",
)
