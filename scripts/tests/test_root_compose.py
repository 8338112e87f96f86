"""The root's compose files, and the targets of the root that run the finished application."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from tests.small_course import PYTHON, SCRIPTS

ROOT = SCRIPTS.parent
FILES = ("docker-compose.yml", "docker-compose.app.yml")
SUPPORTING = {"postgres", "redis", "mailhog", "pgadmin", "redis-commander"}
# The targets of the root that are those of final/.
DELEGATED = ("up", "down", "logs", "shell", "psql", "e2e")


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def run(*words: str, path: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that finds others on a path of its own."""
    program = shutil.which(words[0])
    assert program is not None
    env = {"PATH": path, "PYTHON": PYTHON}
    done = [program, *words[1:]]
    return subprocess.run(done, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


class TestFiles:
    @pytest.mark.parametrize("name", FILES)
    def test_each_follows_the_schema_of_compose(self, name: str) -> None:
        words = ["-I", "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", name]
        done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout

    def test_the_root_includes_final_and_describes_nothing_a_second_time(self) -> None:
        root = read("docker-compose.yml")
        assert root == {"include": [{"path": ["final/docker-compose.yml", FILES[1]]}]}
        assert all(
            service == {"profiles": ["app"]} for service in read(FILES[1])["services"].values()
        )

    def test_what_runs_the_image_waits_for_the_profile_and_the_rest_does_not(self) -> None:
        services = read("final/docker-compose.yml")["services"]
        application = {name for name, service in services.items() if "build" in service}
        assert read(FILES[1])["services"].keys() == application
        assert services.keys() - application == SUPPORTING

    def test_each_supporting_service_is_published_to_this_machine_alone(self) -> None:
        services = read("final/docker-compose.yml")["services"]
        for name in SUPPORTING:
            assert services[name]["ports"]
            assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])


class TestCompose:
    """What Compose itself makes of the files. It needs no engine for that."""

    @pytest.fixture
    def config(self, tmp_path: Path) -> Any:
        if not shutil.which("docker"):
            pytest.skip("NOT RUN: docker compose config: docker is not on the PATH")
        if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
            pytest.skip("NOT RUN: docker compose config: docker has no plugin named compose")
        for name in FILES:
            shutil.copy(ROOT / name, tmp_path)
        (tmp_path / "final").mkdir()
        shutil.copy(ROOT / "final/docker-compose.yml", tmp_path / "final")

        def config(*words: str) -> Any:
            command = ["docker", "compose", *words, "config", "--format", "json"]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)["services"]

        return config

    def test_supporting_services_start_without_any_env_file(self, config: Any) -> None:
        services = config()
        assert services.keys() == SUPPORTING
        ports = [port for service in services.values() for port in service["ports"]]
        assert {port["host_ip"] for port in ports} == {"127.0.0.1"}

    def test_the_profile_adds_the_application_of_final(self, config: Any, tmp_path: Path) -> None:
        (tmp_path / "final/.env").write_text("DEBUG=true\n", "utf-8")
        services = config("--profile", "app")
        assert services.keys() == read("final/docker-compose.yml")["services"].keys()
        assert Path(services["backend"]["build"]["context"]) == (tmp_path / "final").resolve()
        assert services["backend"]["environment"]["DEBUG"] == "true"


@pytest.mark.skipif(os.name != "posix", reason="make and its shell are those of POSIX")
class TestTargets:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A copy of what the targets need, and ``bin``, where a test puts its docker."""
        (tmp_path / "final/config").mkdir(parents=True)
        (tmp_path / "bin").mkdir()
        # The package imports Celery, which the root's Python does not have.
        config = ("final/config/__init__.py", "final/config/celery.py", "final/config/dotenv.py")
        for name in ("Makefile", "final/Makefile", "final/.env.template", *config):
            shutil.copy(ROOT / name, tmp_path / name)
        return tmp_path

    @staticmethod
    def docker(root: Path, script: str) -> None:
        program = root / "bin/docker"
        program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        program.chmod(0o755)

    @pytest.mark.parametrize("target", DELEGATED)
    def test_each_is_delegated_to_the_same_target_of_final(self, root: Path, target: str) -> None:
        makefile = (root / "Makefile").read_text("utf-8")
        assert re.search(rf"(?m)^{target}:.*## .+\n\t@\$\(MAKE\) -C final {target}$", makefile)
        assert re.search(rf"(?m)^{target}:", (root / "final/Makefile").read_text("utf-8"))
        listed = run("make", "help", path="/usr/bin:/bin", cwd=root).stdout
        assert f"  make {target} " in listed

    def test_up_writes_the_configuration_once_and_starts_the_containers(self, root: Path) -> None:
        self.docker(root, 'echo "docker $@ in $(basename "$(pwd)")"')
        for _ in range(2):
            done = run("make", "up", path=f"{root}/bin:/usr/bin:/bin", cwd=root)
            assert (done.returncode, done.stderr) == (0, "")
            assert "docker compose up --detach --wait in final\n" in done.stdout
        assert "SECRET_KEY=\n" not in (root / "final/.env").read_text("utf-8")

    @pytest.mark.parametrize(
        ("script", "missing"),
        [
            ("", "docker is not on the PATH"),
            ('[ "$1" != compose ]', "docker has no plugin named compose"),
            ('[ "$1" != info ]', "no engine responds to docker"),
        ],
    )
    def test_without_an_engine_up_says_what_is_missing_and_what_works(
        self, root: Path, script: str, missing: str
    ) -> None:
        if script:
            self.docker(root, script)
        done = run("make", "up", path=f"{root}/bin", cwd=root)
        assert done.returncode == 2 and missing in done.stderr
        targets = set(re.findall(r"make ([a-z0-9-]+)", done.stderr))
        assert targets >= {"doctor", "start", "run", "services", "test"}
        makefile = (root / "Makefile").read_text("utf-8")
        assert not [name for name in targets if not re.search(rf"(?m)^{name}:", makefile)]
        assert not (root / "final/.env").exists()
