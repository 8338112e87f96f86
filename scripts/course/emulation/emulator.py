"""The container of the emulated AWS: region, account, network, addresses, its start's time-out."""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from course import processes
from course.catalogue import Account
from course.containers.engine import Engine, Unavailable
from course.emulation import image
from course.emulation.state import State, Task
from course.errors import CourseError
from course.planted_faults import last_line

REGION = "us-east-1"
ACCOUNT = "000000000000"
# How the names of all that a run makes begin, before the name of the run.
PREFIX = "course-"
# What CDK calls the images that it builds, and the registry of the emulated account.
_IMAGES = ("cdkasset-", f"{ACCOUNT}.dkr.ecr.")
# The image of a container, by its id, and the commit that its label names.
_IMAGE = '{{.Image}} {{index .Config.Labels "org.opencontainers.image.revision"}}'
_SOCKET = "/var/run/docker.sock"
_PORT = 4566
# Where tasks on ECS get the credentials of their role: SDKs ask at this address alone. The range is
# what all other containers get their addresses from.
_ADDRESS = "169.254.170.2"
_SUBNET = ("--subnet", "169.254.170.0/24", "--ip-range", "169.254.170.128/25")
_START_TIMEOUT = 60.0
_PAUSE = 0.25
# To look at everything takes some seconds on a machine that is busy.
_TELL_TIMEOUT = 120.0


@dataclass(frozen=True)
class Emulator:
    """An emulated AWS that runs.

    Attributes:
        engine: the engine that its containers are in.
        name: what the names of all its containers begin with.
        port: where it is reached, on this machine.
        inside: its address for tasks. On Linux, this machine reaches it by that, too.
        companions: the addresses of what stands beside it, by name.
    """

    engine: Engine
    name: str
    port: int
    inside: str
    companions: Mapping[str, str]

    @property
    def variables(self) -> dict[str, str]:
        """What programs are told so that this is their AWS, and that they use no other.

        Credentials for a real account are in files, or in variables that reach no command of a
        step.
        """
        return {
            # By this name: CDK puts the names of buckets before it.
            "AWS_ENDPOINT_URL": f"http://localhost:{self.port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": REGION,
            "CDK_DOCKER": str(image.PUSHER),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_NOTICES": "false",
            "CDK_VALIDATION": "false",
            "CI": "true",
            "EMULATION_PORT": str(self.port),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        }

    def state(self) -> State:
        """Return what is deployed at this moment."""
        return State.of(self._told("state"))

    def logs(self) -> list[tuple[str, str]]:
        """Return the lines of all logs, each with its stream."""
        return [(stream, line) for stream, line in self._told("logs")]

    def left(self) -> dict[str, list[str]]:
        """Return the names of all that costs money or is in the way, by kind."""
        found: dict[str, list[str]] = self._told("left")
        tasks = self.engine.ask("ps", "--filter", f"name=^{self.name}-", "--format", "{{.Names}}")
        own = {self.name, f"{self.name}-aws", *(f"{self.name}-{name}" for name in self.companions)}
        return {**found, "containers": sorted({*tasks.split()} - own)}

    def said(self) -> str:
        """Return what the emulation printed."""
        return self.engine.ask("logs", f"{self.name}-aws")

    def _told(self, what: str) -> Any:
        return json.loads(self.run("emulated_aws.tell", what))

    def ran(self, tasks: Iterable[Task]) -> frozenset[tuple[str, str]]:
        """Return the images that tasks run: the id of each, and the commit it is made from."""
        names = self.engine.ask("ps", "--format", "{{.Names}}").split()
        begins = tuple(f"{self.name}-ecs-{task.name[:8]}-" for task in tasks)
        wanted = [name for name in names if begins and name.startswith(begins)]
        if not wanted:
            return frozenset()
        lines = self.engine.ask("inspect", "--format", _IMAGE, *wanted).splitlines()
        return frozenset((line.split()[0], line.split()[-1]) for line in lines if line)

    def tokens(self, asked: Mapping[str, object]) -> dict[str, Any]:
        """Ask what became of the tokens of jobs, or say which may be given."""
        found: dict[str, Any] = json.loads(self.run("emulated_aws.tokens", json.dumps(asked)))
        return found

    def taken(self) -> list[str]:
        """Return for whose tokens a key was given, the oldest first."""
        return [str(subject) for subject in self.tokens({})["taken"]]

    def run(self, module: str, word: str) -> str:
        """Run a module in the container of the emulation, and return what it printed."""
        words = ("exec", f"{self.name}-aws", "python", "-m", module, word)
        return self.engine.ask(*words, timeout=_TELL_TIMEOUT)


@contextmanager
def running(engine: Engine, built: str, account: Account) -> Iterator[Emulator]:
    """Run an emulated AWS for a while. All that it made goes with it.

    Args:
        engine: where its containers run.
        built: its image.
        account: what the account has, and what runs beside it.

    Raises:
        Unavailable: when the engine is on another machine.
        CourseError: when it does not start.
    """
    engine.forget_killed(PREFIX)
    socket = find_socket(engine)
    name = f"{PREFIX}{processes.run_name()}-{secrets.token_hex(3)}"
    with engine.swept(name, *_IMAGES):
        engine.ask("network", "create", *_SUBNET, name)
        addresses = {}
        for other, companion in account.companions.items():
            container = f"{name}-{other}"
            words = ["--name", container, "--network", name, "--network-alias", other]
            engine.ask("run", "--detach", *words, *_published(companion.port), companion.image)
            addresses[other] = f"http://127.0.0.1:{_port(engine, container, companion.port)}"
        container = f"{name}-aws"
        told = {"DOCKER_NETWORK": name, "EMULATION_NAME": name, "AWS_REGION": REGION}
        told["EMULATION_ZONES"] = " ".join(account.zones.values())
        words = ["--name", container, "--network", name, "--ip", _ADDRESS]
        words += ["--volume", f"{socket}:{_SOCKET}"]
        words += ["--volume", f"{name}-trust:/trust"]
        for variable, value in told.items():
            words += ["--env", f"{variable}={value}"]
        engine.ask("run", "--detach", *words, *_published(_PORT), built)
        try:
            port = _port(engine, container, _PORT)
            inside = f"http://{_ADDRESS}:{_PORT}"
            emulator = Emulator(engine, name, port, inside, addresses)
            _await_answer(emulator)
            given = {"zones": list(account.zones), "secrets": dict(account.secrets)}
            emulator.run("emulated_aws.prepare", json.dumps(given))
            yield emulator
        finally:
            # First, so that it starts no other container while the rest is taken away.
            engine.remove(container)
            # Jobs of a pipeline, too, and their services.
            engine.clear(name)


def find_socket(engine: Engine) -> str:
    """Return the socket of the engine, which the emulation needs to start containers itself.

    Raises:
        Unavailable: when the engine is on another machine.
    """
    form = "{{.Endpoints.docker.Host}}"
    host = os.environ.get("DOCKER_HOST") or engine.ask("context", "inspect", "--format", form)
    scheme, _, path = host.strip().partition("://")
    if scheme in ("tcp", "ssh", "http", "https"):
        raise Unavailable(
            f"the container engine is on another machine ({scheme}).",
            "Use an engine on this machine: unset DOCKER_HOST, or docker context use default",
        )
    # Elsewhere the engine is in a virtual machine, where its socket has the usual place.
    return path if scheme == "unix" and sys.platform == "linux" else _SOCKET


def _published(port: int) -> list[str]:
    return ["--publish", f"127.0.0.1::{port}"]


def _port(engine: Engine, container: str, port: int) -> int:
    lines = engine.ask("port", container, f"{port}/tcp").splitlines()
    return int(lines[0].rpartition(":")[2])


def _await_answer(emulator: Emulator) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    url = f"http://127.0.0.1:{emulator.port}/_ministack/health"
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(_PAUSE)
    said = last_line(emulator.said())
    raise CourseError(f"the emulated AWS does not start: {said}", "course doctor")
