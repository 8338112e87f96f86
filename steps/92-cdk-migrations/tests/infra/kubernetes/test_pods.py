"""The Pods of all processes, and the Service in front of those of the web."""

import re
import runpy

from django.conf import settings

from config import health
from tests.infra.kubernetes.conftest import IMAGE, containers

GRACEFUL_TIMEOUT = runpy.run_path(settings.BASE_DIR / "gunicorn.conf.py")["graceful_timeout"]


def test_pods_have_only_rights_that_the_namespace_allows(named, objects, pods):
    namespace = named("Namespace", "mublog")
    assert namespace is objects[0]
    assert namespace["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    for pod in pods.values():
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod["spec"].keys()
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert "privileged" not in container["securityContext"]


def test_pods_can_neither_call_kubernetes_nor_get_variables_from_it(pods):
    for pod in pods.values():
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["enableServiceLinks"] is False


def test_processes_run_as_the_user_of_the_image(pods):
    dockerfile = (settings.BASE_DIR / "Dockerfile").read_text(encoding="utf-8")
    ((user, group),) = re.findall(r"(?m)^USER ([0-9]+):([0-9]+)$", dockerfile)
    for pod in pods.values():
        context = pod["spec"]["securityContext"]
        assert context["runAsUser"] == int(user) > 0
        assert context["runAsGroup"] == context["fsGroup"] == int(group)


def test_processes_write_to_the_folder_tmp_in_memory_alone(pods):
    for pod in pods.values():
        (volume,) = pod["spec"]["volumes"]
        assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "64Mi"}
        for container in containers(pod):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["volumeMounts"] == [{"name": volume["name"], "mountPath": "/tmp"}]


def test_memory_that_a_process_may_use_is_reserved_for_it(pods):
    for pod in pods.values():
        for container in containers(pod):
            wanted, limits = container["resources"]["requests"], container["resources"]["limits"]
            assert limits == {"memory": wanted["memory"]} and wanted["cpu"]


def test_processes_have_more_time_to_stop_than_they_need(pods):
    needed = max(GRACEFUL_TIMEOUT, settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT)
    for pod in pods.values():
        (container,) = pod["spec"]["containers"]
        first = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert pod["spec"]["terminationGracePeriodSeconds"] > first + needed


def test_web_process_is_asked_by_the_views_that_are_made_for_it(pods):
    (container,) = pods["web"]["spec"]["containers"]
    asked = {
        name: health.VIEWS[probe["httpGet"]["path"]].__name__
        for name, probe in container.items()
        if name.endswith("Probe")
    }
    # A restart brings no database back: only the readiness may depend on it.
    assert asked == {
        "livenessProbe": "live",
        "readinessProbe": "ready",
        "startupProbe": "live",
    }
    timeout = container["readinessProbe"]["timeoutSeconds"]
    assert timeout > settings.DATABASES["default"]["OPTIONS"]["connect_timeout"]


def test_requests_and_probes_reach_the_port_that_the_image_listens_on(named, pods):
    (container,) = pods["web"]["spec"]["containers"]
    dockerfile = (settings.BASE_DIR / "Dockerfile").read_text(encoding="utf-8")
    (port,) = container["ports"]
    assert f"EXPOSE {port['containerPort']}\n" in dockerfile
    service = named("Service", "web")["spec"]
    assert service["selector"] == pods["web"]["metadata"]["labels"]
    probes = [container[name] for name in container if name.endswith("Probe")]
    used = [probe["httpGet"]["port"] for probe in probes]
    assert {*used, service["ports"][0]["targetPort"]} == {port["name"]}


def test_new_pod_is_ready_before_an_old_one_is_stopped(named, pods):
    web = named("Deployment", "web")["spec"]
    assert web["replicas"] >= 2
    assert web["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    (container,) = pods["web"]["spec"]["containers"]
    assert container["lifecycle"]["preStop"]["sleep"]["seconds"] > 0


def test_pods_are_replaced_when_their_configuration_changes_and_only_then(run, pods):
    def template(*arguments):
        _, objects = run("--image", IMAGE, *arguments)
        by_name = {(found["kind"], found["metadata"]["name"]): found for found in objects}
        return by_name["Deployment", "web"]["spec"]["template"]

    assert template() == pods["web"]
    assert template("--host", "other.example") != pods["web"]
