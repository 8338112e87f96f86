"""The whole application, as `make up` starts it, and what is left when parts of it are killed."""

import base64
import ipaddress
import json
import os
import re
import secrets
import socket
import subprocess
import threading
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from conftest import PREFIX, PROJECT, docker, wait_for

FORM = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nA GIF of one pixel\r\n--x\r\n'
FORM += b'Content-Disposition: form-data; name="image"; filename="a.gif"\r\n\r\n%b\r\n--x--\r\n'
FORM %= base64.b64decode("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=")


def compose(*words):
    return docker("compose", *words).stdout


@pytest.fixture(scope="module")
def stack(image):
    """The containers of `make up`, with free ports, and behind a proxy: these tests."""
    variables = {"COMPOSE_PROJECT_NAME": f"{PREFIX}-stack", "IMAGE": image}
    names = re.findall(r"\b[A-Z_]+_PORT\b", (PROJECT / "docker-compose.yml").read_text())
    variables |= {name: "0" for name in names} | {"TRUSTED_PROXIES": "1"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        variables["BACKEND_PORT"] = str(free.getsockname()[1])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        subprocess.run(["make", "up"], cwd=PROJECT, check=True)
        yield
        compose("down", "--volumes")


def send(path, body=None, content_type="application/json"):
    """Send a request as a client with an address of its own; return status and body."""
    client = ipaddress.IPv4Address(secrets.randbits(32))
    headers = {"Content-Type": content_type, "X-Forwarded-For": str(client)}
    url = f"http://127.0.0.1:{os.environ['BACKEND_PORT']}{path}"
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except OSError as error:
        return getattr(error, "code", 0), b""  # An error without one: there was no answer.


def tool(service, port, path):
    """Return what a tool answers: as JSON, if it is, and "" while it does not answer."""
    address = compose("port", service, str(port)).strip()
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=30) as response:
            body = response.read().decode()
    except OSError:
        return ""
    return json.loads(body) if body.startswith("{") else body


@contextmanager
def clients():
    """Four clients that publish without a pause: the texts that were accepted, and the others."""
    accepted, refused, done = [], [], threading.Event()

    def publish():
        while not done.is_set():
            text = str(uuid.uuid4())
            status, _ = send("/api/fbv/posts/", json.dumps({"text": text}).encode())
            (accepted if status == 201 else refused).append(text)
            done.wait(0 if status else 0.1)

    with ThreadPoolExecutor() as pool:
        for _ in range(4):
            pool.submit(publish)
        try:
            yield accepted, refused
        finally:
            done.set()


def wait_for_more(accepted):
    count = len(accepted)
    wait_for(lambda: len(accepted) > count + 20)


def stored():
    """Return the texts of all posts."""
    copy = "--command=COPY (SELECT text FROM blog_post) TO STDOUT"
    return set(compose("exec", "postgres", "psql", "--username=mublog", copy).splitlines())


def list_services():
    """Return what Compose says about each service, by its name."""
    lines = compose("ps", "--all", "--format", "json").splitlines()
    return {service["Service"]: service for service in map(json.loads, lines)}


def test_everything_runs_and_migrations_have_ended(stack):
    services = list_services()
    migrations = services.pop("migrations")
    assert (migrations["State"], migrations["ExitCode"]) == ("exited", 0)
    assert {service["State"] for service in services.values()} == {"running"}
    unchecked = {name for name, service in services.items() if service["Health"] != "healthy"}
    assert unchecked == {"celery_beat", "mailhog", "pgadmin", "redis-commander"}


def test_only_this_machine_reaches_the_ports(stack):
    ports = [port for service in list_services().values() for port in service["Publishers"] or []]
    assert {port["URL"] for port in ports if port["URL"]} == {"127.0.0.1"}


@pytest.mark.parametrize("service", ["backend", "celery_worker", "celery_beat", "migrations"])
def test_process_is_confined_and_limited(stack, service):
    (found,) = json.loads(docker("inspect", list_services()[service]["Name"]).stdout)
    user, host = found["Config"]["User"], found["HostConfig"]
    assert (user, host["ReadonlyRootfs"], host["Init"]) == ("10001:10001", True, True)
    assert (host["CapDrop"], host["SecurityOpt"]) == (["ALL"], ["no-new-privileges:true"])
    assert 0 < host["Memory"] <= 512 * 1024**2 and 0 < host["PidsLimit"] <= 100


def test_post_with_an_image_is_published_and_survives_new_containers(stack):
    post = json.loads(send("/api/fbv/posts/", FORM, "multipart/form-data; boundary=x")[1])
    compose("up", "--detach", "--wait", "--force-recreate", "backend", "postgres", "redis")
    assert send(f"/api/fbv/posts/{post['id']}/")[0] == 200
    file = f"/app/media/posts/{os.path.basename(post['image'])}"
    assert compose("exec", "backend", "stat", "--format=%u", file).strip() == "10001"


def test_mail_of_a_sign_up_is_sent_by_the_worker(stack):
    address = f"{uuid.uuid4()}@mublog.example"
    account = {"email": address, "password": "correct horse battery"}
    assert send("/api/fbv/accounts/", json.dumps(account).encode())[0] == 202
    wait_for(lambda: tool("mailhog", 8025, f"/api/v2/search?kind=to&query={address}")["total"] == 1)


def test_redis_commander_shows_redis_and_pgadmin_its_sign_in(stack):
    wait_for(lambda: "Redis Commander" in tool("redis-commander", 8081, "/"))
    wait_for(lambda: "pgAdmin 4" in tool("pgadmin", 80, "/login"))


def test_pgadmin_has_the_server_of_the_application(stack):
    servers = json.loads(compose("exec", "pgadmin", "cat", "/etc/servers.json"))["Servers"]
    (server,) = servers.values()
    assert server["Host"] in list_services()  # Not localhost, which is pgAdmin's own container.
    query = ["psql", f"--host={server['Host']}", f"--username={server['Username']}"]
    query += [f"--dbname={server['MaintenanceDB']}", "--command=SELECT FROM blog_post"]
    compose("exec", "--env=PGPASSWORD=mublog", "postgres", *query)


def test_no_accepted_post_is_lost_when_worker_and_database_are_killed_under_load(stack):
    with clients() as (accepted, refused):
        for service in ["celery_worker", "postgres"]:
            wait_for_more(accepted)
            compose("kill", service)
            compose("up", "--detach", "--wait", service)
        wait_for_more(accepted)
    print(f"{len(accepted)} posts accepted, {len(refused)} refused, 0 lost.")
    assert refused and not set(accepted) - stored()
    test_mail_of_a_sign_up_is_sent_by_the_worker(stack)


def test_everything_that_is_stopped_under_load_ends_in_order_and_cuts_off_no_answer(stack):
    before = stored()
    with clients() as (accepted, _):
        wait_for_more(accepted)
        compose("stop")
        services = list_services()
    compose("up", "--detach", "--wait")
    names = "backend celery_worker celery_beat migrations postgres redis".split()
    assert [services[name]["ExitCode"] for name in names] == [0] * len(names)
    assert stored() - before == set(accepted)  # All that was stored was answered, and is there.
