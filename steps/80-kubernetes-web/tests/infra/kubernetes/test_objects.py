"""All objects: what the schema says of each, and what it cannot say of several."""

import runpy

import kubernetes_validate
import pytest
from django.conf import settings

from config.environment import Environment
from tests.infra.kubernetes.conftest import IMAGE

SECRETS = {
    "SECRET_KEY": "long-enough-for-Django-and-used-by-this-test-alone",
    "DATABASE_URL": "postgres://mublog:password@db.example:5432/mublog",
    "CACHE_URL": "rediss://cache.example:6379/0",
    "BROKER_URL": "rediss://cache.example:6379/1",
    "EMAIL_URL": "smtp+tls://user:password@mail.example:587",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


def test_each_object_follows_the_schema_of_its_kind(objects):
    assert objects
    for found in objects:
        # An unknown kind and an unknown field raise, too.
        kubernetes_validate.validate(found, "1.33", strict=True)


def test_each_object_has_a_name_of_its_own_in_the_namespace(objects, named):
    for found in objects:
        assert found is named(found["kind"], found["metadata"]["name"])
        if found["kind"] != "Namespace":
            assert found["metadata"]["namespace"] == "mublog"


def test_deployment_selects_its_own_pods_and_no_others(objects, pods):
    for found in objects:
        if found["kind"] == "Deployment":
            selector = found["spec"]["selector"]["matchLabels"].items()
            chosen = [name for name, pod in pods.items() if selector <= pod_labels(pod)]
            assert chosen == [found["metadata"]["name"]]


def pod_labels(pod):
    return pod["metadata"]["labels"].items()


def test_processes_run_in_the_image_that_is_asked_for(pods):
    for pod in pods.values():
        assert {container["image"] for container in pod["spec"]["containers"]} == {IMAGE}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--image", "mublog"],
        ["--image", "mublog:latest"],
        ["--image", "mublog:Not_a_name"],
        ["--image", "registry.example:5000/mublog"],
    ],
)
def test_image_without_a_tag_of_its_own_is_refused(run, arguments):
    done, objects = run(*arguments)
    assert done.returncode == 1 and objects == []
    assert done.stderr.startswith("--image ") and done.stderr.count("\n") == 1


def test_configuration_and_secrets_are_all_that_the_settings_need(named, pods, monkeypatch):
    configuration = named("ConfigMap", "mublog")["data"]
    (container,) = pods["web"]["spec"]["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": "mublog"}}]
    for name in set(SECRETS) | {"DEBUG", "LOG_FORMAT", "MEDIA_ENDPOINT"}:
        monkeypatch.delenv(name, raising=False)
    for name, value in configuration.items():
        monkeypatch.setenv(name, value)
    for variable in container["env"]:
        monkeypatch.setenv(variable["name"], SECRETS[variable["name"]])
    monkeypatch.setattr(Environment, "read_file", lambda *_: None)
    found = runpy.run_path(settings.BASE_DIR / "config" / "settings.py")
    assert not found["DEBUG"] and found["IS_HTTPS"] and found["MEDIA_BUCKET"]
    assert found["ALLOWED_HOSTS"] == ["mublog.example"]


def test_secret_values_are_in_no_object(named, objects, pods):
    assert not SECRETS.keys() & named("ConfigMap", "mublog")["data"].keys()
    assert "Secret" not in {found["kind"] for found in objects}
    for pod in pods.values():
        for variable in pod["spec"]["containers"][0]["env"]:
            key = {"name": "mublog", "key": variable["name"]}
            assert variable == {"name": variable["name"], "valueFrom": {"secretKeyRef": key}}
