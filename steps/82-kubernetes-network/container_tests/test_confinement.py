"""Containers as they run in production: what they cannot do, and how they end."""

import json

import pytest
from conftest import CONFINED, PREFIX, docker, options, page, wait_for

WRITE = """
import errno, pathlib, sys
for folder in sys.argv[1:]:
    try:
        pathlib.Path(folder, "written").touch()
        print("written")
    except OSError as error:
        print(errno.errorcode[error.errno])
"""
READY = {"worker": " ready.", "beat": "beat: Starting"}


def state(container):
    return json.loads(docker("inspect", container).stdout)[0]["State"]


def wait_until_ready(process, container):
    if process == "web":
        wait_for(lambda: page(container, "/health/live/"))
    else:
        wait_for(lambda: READY[process] in docker("logs", container).stdout)


@pytest.mark.parametrize("user", ["10001", "0"])
def test_only_tmp_and_the_uploads_can_be_written(start, user):
    web, uploads = start("web"), "/app/media" if user == "10001" else "/tmp"
    refused = ["/", "/app", "/app/config", "/opt/venv/bin", "/etc", "/run", "/var/tmp"]
    command = ["exec", f"--user={user}", web, "python", "-c", WRITE, *refused, "/tmp", uploads]
    assert docker(*command).stdout.split() == ["EROFS"] * len(refused) + ["written"] * 2


def test_process_has_no_capability_and_gets_none(start):
    status = docker("exec", "--user=0", start("web"), "cat", "/proc/self/status").stdout
    found = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert {found[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapInh")} == {"0" * 16}
    assert found["NoNewPrivs"] == "1"


def test_no_program_of_the_image_runs_as_another_user(image):
    find = ["find", "/", "-xdev", "-type", "f", "-perm", "/6000"]
    assert not docker("run", "--rm", "--user=0", image, *find).stdout


@pytest.mark.parametrize("process", ["web", "worker", "beat"])
def test_sigterm_reaches_the_process_which_ends_in_order(start, process):
    container = start(process)
    wait_until_ready(process, container)
    docker("stop", "--time=60", container)
    assert (state(container)["ExitCode"], state(container)["OOMKilled"]) == (0, False)


def test_sigterm_ends_a_command_that_does_not_handle_it(image):
    name, sleep = f"{PREFIX}-sleep", ["python", "-c", "import time; print(1); time.sleep(600)"]
    docker("run", "--detach", f"--name={name}", *CONFINED, *options(), image, *sleep)
    wait_for(lambda: docker("logs", name).stdout)
    docker("stop", "--time=60", name)
    assert state(name)["ExitCode"] == 128 + 15  # SIGTERM; after SIGKILL, it would be 128 + 9.
    docker("rm", "--force", name)
