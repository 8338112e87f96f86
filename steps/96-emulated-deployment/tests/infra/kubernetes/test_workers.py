"""Migrations, workers and beat: what runs first, what waits, and what is there once."""

import os
import signal
import subprocess

import pytest
import yaml
from django.conf import settings

from tests.infra.kubernetes.conftest import IMAGE

MIGRATE = ["python", "manage.py", "migrate", "--no-input"]


@pytest.fixture
def wait(pods, tmp_path):
    """Return a function that starts the command that waits, with another program as python."""
    (container,) = pods["web"]["spec"]["initContainers"]

    def start(python):
        for name, script in [("python", python), ("sleep", "exec /bin/sleep 0.01")]:
            (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (tmp_path / name).chmod(0o755)
        path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
        return subprocess.Popen(
            container["command"],
            cwd=tmp_path,
            env=os.environ | {"PATH": path},
            stdout=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.mark.parametrize("tag", ["4f2c1d9", "4f2c1d9-dirty", "v2"])
def test_job_is_named_by_the_tag_so_that_each_version_has_its_own(run, tag):
    _, objects = run("--image", f"registry.example:5000/team/mublog:{tag}")
    jobs = [found["metadata"]["name"] for found in objects if found["kind"] == "Job"]
    assert jobs == [f"migrate-{tag}"]


def test_job_of_a_version_is_the_same_whatever_else_changes(run, named):
    # Kubernetes would refuse to change it.
    _, objects = run("--image", IMAGE, "--host", "other.example", "--bucket", "other")
    assert named("Job", "migrate-4f2c1d9") in objects


def test_job_migrates_waits_for_nothing_and_comes_to_an_end(named):
    job = named("Job", "migrate-4f2c1d9")["spec"]
    pod = job["template"]["spec"]
    assert pod["containers"][0]["command"] == MIGRATE and "initContainers" not in pod
    assert pod["restartPolicy"] == "Never"
    assert 0 < job["backoffLimit"] < 6 and job["activeDeadlineSeconds"] <= 3600


def test_every_process_waits_for_the_migrations_in_its_own_version(pods):
    waiting = {name for name in pods if not name.startswith("migrate-")}
    assert waiting == {"web", "worker", "beat"}
    for name in waiting:
        (container,) = pods[name]["spec"]["initContainers"]
        (process,) = pods[name]["spec"]["containers"]
        assert "migrate --check" in container["command"][-1]
        for key in ("image", "env", "envFrom"):
            assert container[key] == process[key]


def test_waiting_ends_when_the_database_is_up_to_date(wait):
    # Fails twice: each time, it leaves a file.
    process = wait('echo "$@"; for n in 1 2; do mkdir tried-$n 2>/dev/null && exit 1; done; exit 0')
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert output == "manage.py migrate --check\n" * 3


def test_waiting_ends_when_the_pod_is_stopped(wait):
    process = wait("echo asked; exit 1")
    assert process.stdout.readline() == "asked\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 1


def test_one_beat_is_stopped_before_the_next_one_starts(named):
    beat = named("Deployment", "beat")["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


def test_processes_run_the_commands_of_compose(pods):
    text = (settings.BASE_DIR / "docker-compose.yml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"]
    assert MIGRATE == services["migrations"]["command"].split()
    assert "command" not in pods["web"]["spec"]["containers"][0]
    for name in ("worker", "beat"):
        (container,) = pods[name]["spec"]["containers"]
        assert container["command"] == services[f"celery_{name}"]["command"].split()
