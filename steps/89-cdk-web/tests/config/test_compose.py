"""The compose file; container_tests starts it."""

import json
import runpy

import pytest
import yaml
from django.conf import settings

GRACEFUL_TIMEOUT = runpy.run_path(settings.BASE_DIR / "gunicorn.conf.py")["graceful_timeout"]
APPLICATION = {"backend", "celery_worker", "celery_beat", "migrations"}


def read(name, part="services"):
    return yaml.safe_load((settings.BASE_DIR / name).read_text(encoding="utf-8"))[part]


@pytest.fixture
def services():
    return read("docker-compose.yml")


def test_all_processes_run_in_one_image_with_few_rights(services):
    assert APPLICATION < services.keys()
    for name in APPLICATION:
        service = services[name]
        assert service["image"] == "${IMAGE:-mublog}" and "user" not in service
        assert (service["read_only"], service["cap_drop"], service["init"]) == (True, ["ALL"], True)
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"] and service["pids_limit"]


def test_processes_start_when_what_they_need_is_there(services):
    for name in APPLICATION - {"migrations"}:
        waits_for = services[name]["depends_on"]
        assert waits_for["migrations"]["condition"] == "service_completed_successfully"
        assert waits_for["redis"]["condition"] == "service_healthy"
    assert services["migrations"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["migrations"]["restart"] == "no"


def test_ports_are_open_to_this_machine_alone(services):
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) >= 7
    assert not [port for port in ports if not port.startswith("127.0.0.1:")]


def test_processes_have_more_time_to_end_than_they_need(services):
    needed = settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT, GRACEFUL_TIMEOUT
    for name in APPLICATION:
        assert int(services[name]["stop_grace_period"].rstrip("s")) > max(needed)


def test_development_mounts_each_package_of_the_project():
    packages = {path.parent.name for path in settings.BASE_DIR.glob("*/__init__.py")} - {"tests"}
    expected = {f"./{name}:/app/{name}:ro" for name in packages | {"static", "templates"}}
    for service in read("docker-compose.dev.yml").values():
        assert set(service["volumes"]) == expected


def test_tools_show_what_the_application_uses(services):
    urls = services["backend"]["environment"]
    assert urls["EMAIL_URL"] == "smtp://mailhog:1025"
    hosts = services["redis-commander"]["environment"]["REDIS_HOSTS"].split(",")
    shown = {"redis://{1}:{2}/{3}".format(*host.split(":")) for host in hosts}
    assert shown == {urls["CACHE_URL"], urls["BROKER_URL"]}
    content = read("docker-compose.yml", "configs")["pgadmin"]["content"]
    server = json.loads(content)["Servers"]["1"]
    address = "{Username}:mublog@{Host}:{Port}/{MaintenanceDB}".format(**server)
    assert urls["DATABASE_URL"] == f"postgres://{address}"
