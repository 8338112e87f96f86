"""What minikube gets beside the application, and what `make minikube-up` does."""

import subprocess

import environ
import kubernetes_validate
import pytest
from django.conf import settings

from tests.infra.kubernetes.conftest import IMAGE, containers, node, pods_of
from tests.infra.kubernetes.test_network import model

FOLDER = settings.BASE_DIR / "infra" / "kubernetes"
SERVERS = {"postgres": 5432, "redis": 6379}


@pytest.fixture(scope="session")
def development(run):
    done, objects = run("--image", IMAGE, "--development", "--host", "mublog.test")
    assert done.stderr == ""
    return objects


@pytest.fixture
def secrets():
    text = (FOLDER / ".env.template").read_text(encoding="utf-8")
    return dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))


def test_each_object_follows_its_schema_and_has_a_name_of_its_own(development):
    for found in development:
        kubernetes_validate.validate(found, "1.33", strict=True)
    names = {(found["kind"], found["metadata"]["name"]) for found in development}
    assert len(names) == len(development)


def test_pods_of_the_services_have_only_rights_that_the_namespace_allows(development):
    for name in SERVERS:
        pod = pods_of(development)[name]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = pod["containers"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert not container["image"].endswith(":latest") and ":" in container["image"]


def test_secrets_are_those_that_the_pods_read_and_name_services_that_are_there(
    development, pods, secrets
):
    (container,) = pods["web"]["spec"]["containers"]
    assert list(secrets) == [variable["name"] for variable in container["env"]]
    services = {
        found["metadata"]["name"]: found["spec"]
        for found in development
        if found["kind"] == "Service"
    }
    database = environ.Env.db_url_config(secrets["DATABASE_URL"])
    assert (database["HOST"], database["PORT"]) == (
        "postgres",
        services["postgres"]["ports"][0]["port"],
    )
    for name in ("CACHE_URL", "BROKER_URL"):
        assert secrets[name].startswith(f"redis://redis:{services['redis']['ports'][0]['port']}/")
    for name, port in SERVERS.items():
        labels = pods_of(development)[name]["metadata"]["labels"]
        assert services[name] == {"selector": labels, "ports": [{"port": port}]}


def test_services_are_reached_by_the_processes_that_need_them_and_by_nobody_else(development):
    reaches = model(development, pods_of(development))
    for name in ("web", "worker", "beat", "migrate"):
        assert reaches(name, "postgres", 5432)
        assert reaches(name, "redis", 6379) is (name != "migrate")
    assert not reaches("stranger", "postgres", 5432) and not reaches("controller", "redis", 6379)
    assert not reaches("redis", "postgres", 5432) and not reaches("postgres", "stranger", 443)


def test_images_are_in_a_volume_that_web_and_worker_share(development):
    (claim,) = [found for found in development if found["kind"] == "PersistentVolumeClaim"]
    for name in ("web", "worker"):
        pod = pods_of(development)[name]
        volume = {
            "name": "media",
            "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]},
        }
        assert volume in pod["spec"]["volumes"]
        for container in containers(pod):
            assert {"name": "media", "mountPath": "/app/media"} in container["volumeMounts"]


def test_another_cluster_gets_none_of_it(objects, development):
    ours, theirs = pods_of(development).keys(), pods_of(objects).keys()
    assert ours - theirs == SERVERS.keys() and not theirs - ours
    assert "PersistentVolumeClaim" not in {found["kind"] for found in objects}


def test_objects_of_an_earlier_run_are_not_applied(run, tmp_path):
    for options in (["--development"], []):
        done = node("build/main.js", "--image", IMAGE, *options, MANIFESTS=str(tmp_path))
        assert done.returncode == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["0000-namespace.k8s.yaml", "0001-mublog.k8s.yaml"]


def test_make_applies_the_namespace_then_the_secrets_then_the_rest_to_one_cluster():
    command = ["make", "--dry-run", "minikube-up", "CONTEXT=laptop", "REVISION=4f2c1d9"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)
    lines = [line.strip() for line in done.stdout.replace("\\\n", " ").splitlines()]
    steps = [
        "image build",
        "--image mublog:4f2c1d9",
        "0000-namespace",
        "create secret",
        "manifests\n",
    ]
    places = [next(at for at, line in enumerate(lines) if step in f"{line}\n") for step in steps]
    assert places == sorted(places)
    for line in lines:
        assert line.count("kubectl ") == line.count("kubectl --context laptop ")
