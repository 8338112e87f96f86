"""What the tests of the containers share. They need Docker, and the `.env` of `make env`."""

import os
import secrets
import subprocess
import time
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# Everything that the tests make in Docker has a name that begins so.
PREFIX = os.environ.get("COMPOSE_PROJECT_NAME", f"mublog-test-{secrets.token_hex(3)}")
# What a deploy sets.
VARIABLES = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ALLOWED_HOSTS": "localhost",
    "SITE_URL": "http://localhost",
    "DATABASE_URL": "postgres://mublog:mublog@postgres/mublog",
    "CACHE_URL": "redis://redis/0",
    "BROKER_URL": "redis://redis/1",
    "EMAIL_URL": "consolemail://",
    "DEFAULT_FROM_EMAIL": "mublog@localhost",
}

# The only places that a process can write to are /tmp, which is in memory, and the uploads. It has
# no right of root, and no program can give it one. --init starts a small program before it, which
# passes signals on, and without which a process that ignores SIGTERM would only end when killed.
CONFINED = [
    "--init",
    "--read-only",
    "--tmpfs=/tmp:size=64m",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    f"--mount=type=volume,source={PREFIX}-media,target=/app/media",
]
PROCESSES = {
    "web": "",  # The command of the image itself.
    "worker": "celery --quiet --app config worker --loglevel INFO",
    "beat": "celery --quiet --app config beat --loglevel INFO",
    "migrations": "python manage.py migrate",
}


def docker(*words, check=True, timeout=120):
    """Run a command of Docker, and return its exit code, ``stdout`` and ``stderr``."""
    done = subprocess.run(
        ["docker", *words], cwd=PROJECT, capture_output=True, text=True, timeout=timeout
    )
    assert not check or done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done


def options(**changed):
    """Return the options of ``docker run`` that set the variables, some of them changed."""
    variables = VARIABLES | changed
    return [f"--env={name}={value}" for name, value in variables.items() if value is not None]


def wait_for(condition):
    """Wait until a condition holds, and return how many seconds that took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < 60
        time.sleep(0.1)
    return time.monotonic() - begun


def page(container, path):
    """Return a page, asked for in the container, which publishes no port; "" after an error."""
    url = f"http://localhost:8000{path}"
    script = f"import urllib.request as r; print(r.urlopen({url!r}).read().decode())"
    return docker("exec", container, "python", "-c", script, check=False).stdout


@pytest.fixture(scope="session")
def image():
    """The image of the project, built as `make image` builds it."""
    name = f"{PREFIX}-image"
    subprocess.run(["make", "image", f"IMAGE={name}"], cwd=PROJECT, check=True)
    yield name
    docker("image", "rm", "--force", name)


@pytest.fixture(scope="session")
def network():
    """A network with Postgres and Redis, in which each has the name of its service."""
    name, password = f"{PREFIX}-network", "--env=POSTGRES_PASSWORD=mublog"
    servers = {
        "postgres": ["--env=POSTGRES_USER=mublog", password, "postgres:18"],
        "redis": ["valkey/valkey:8"],
    }
    docker("network", "create", name)
    for alias, words in servers.items():
        where = [f"--name={PREFIX}-{alias}", f"--network={name}", f"--network-alias={alias}"]
        docker("run", "--detach", *where, *words)
    yield name
    docker("rm", "--force", "--volumes", *(f"{PREFIX}-{alias}" for alias in servers))
    docker("network", "rm", name)


@pytest.fixture
def start(image, network):
    """Start a process in the network with the services, and return its container's name."""
    names = []

    def start(process):
        names.append(f"{PREFIX}-{process}")
        where = [f"--name={names[-1]}", f"--network={network}", *options()]
        docker("run", "--detach", *CONFINED, *where, image, *PROCESSES[process].split())
        return names[-1]

    yield start
    docker("rm", "--force", *names)
    docker("volume", "rm", "--force", f"{PREFIX}-media")
