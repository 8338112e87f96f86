"""Visitors, the door, versions of a snapshot, and what the emulation tells: each by itself."""

from __future__ import annotations

import datetime
import http.client
import http.server
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from course.catalogue import Change
from course.emulation import front, load
from course.emulation.aws import prepare, tell
from course.emulation.state import State, more
from course.emulation.versions import Copy
from course.planted_faults import Wrong


class Site(http.server.ThreadingHTTPServer):
    """A load balancer: it tells what it was asked, and ``/broken`` fails."""

    daemon_threads = True

    def __init__(self) -> None:
        self.hosts: set[str] = set()
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.hosts.add(self.headers["Host"])
        told = {"method": self.command, "path": self.path, "body": body.decode()}
        content = json.dumps(told).encode()
        self.send_response(503 if self.path == "/broken" else 200)
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def visited(port: int, *paths: str) -> load.Load:
    """Let visitors ask for pages until each of them has asked several times."""
    asked = threading.Event()
    with load.visitors(port, "site.example:443", paths) as seen:
        while seen.count < 20:
            asked.wait(0.01)
    return seen


class TestLoad:
    def test_visitors_ask_by_name_until_they_are_told_to_stop(self, site: Site) -> None:
        seen = visited(site.server_port, "/", "/other")
        assert not seen.failures and site.hosts == {"site.example:443"}
        count = seen.count
        threading.Event().wait(0.1)
        assert seen.count == count
        assert str(seen).startswith(f"{count} requests, 0 failed, the slowest took 0.")

    def test_answer_that_is_an_error_is_counted_with_its_page(self, site: Site) -> None:
        seen = visited(site.server_port, "/", "/broken")
        assert 0 < len(seen.failures) < seen.count
        assert seen.failures[0].startswith('/broken: 503 \'{"method"')

    def test_request_without_an_answer_is_counted(self, site: Site) -> None:
        site.shutdown()
        site.server_close()
        seen = visited(site.server_port, "/")
        assert len(seen.failures) == seen.count
        assert seen.failures[0].startswith("/: ConnectionRefusedError")


class TestDoor:
    def test_program_that_knows_nothing_of_the_emulation_gets_through(self, site: Site) -> None:
        with front.door(site.server_port, "site.example:443") as url:
            request = urllib.request.Request(f"{url}/new/?a=b", b"text", {"Accept": "x"})
            with urllib.request.urlopen(request, timeout=10) as response:
                assert json.load(response) == {
                    "method": "POST",
                    "path": "/new/?a=b",
                    "body": "text",
                }
                assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
        assert site.hosts == {"site.example:443"}

    def test_error_comes_through_as_it_is(self, site: Site) -> None:
        with front.door(site.server_port, "site.example:443") as url:
            with pytest.raises(urllib.error.HTTPError, match="503"):
                urllib.request.urlopen(f"{url}/broken", timeout=10)
            site.shutdown()
            site.server_close()
            with pytest.raises(urllib.error.HTTPError, match="502.*ConnectionRefused"):
                urllib.request.urlopen(url, timeout=10)

    def test_page_is_text(self, site: Site) -> None:
        assert '"path": "/a"' in front.page(site.server_port, "site.example:443", "/a")
        with pytest.raises((OSError, http.client.HTTPException)):
            front.page(1, "site.example:443", "/a")


class TestVersions:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Copy:
        (tmp_path / "page.html").write_text("one two two")
        return Copy(tmp_path, tmp_path / "log")

    def test_version_stays_or_goes(self, copy: Copy) -> None:
        copy.change([Change(path="page.html", old="one", new="1")])
        new = Change(path="migrations/0002.py", new="fails")
        with copy.changed([Change(path="page.html", old="1", new="I"), new]):
            assert (copy.folder / "page.html").read_text() == "I two two"
            assert (copy.folder / "migrations/0002.py").read_text() == "fails"
        assert (copy.folder / "page.html").read_text() == "1 two two"
        assert not (copy.folder / "migrations/0002.py").exists()

    @pytest.mark.parametrize(
        "change, problem",
        [
            (Change(path="page.html", old="two", new=""), "page.html has 'two' 2 times"),
            (Change(path="gone.html", old="two", new=""), "gone.html has 'two' 0 times"),
            (Change(path="page.html", new="x"), "page.html is there already"),
        ],
    )
    def test_version_that_does_not_fit_is_refused(
        self, copy: Copy, change: Change, problem: str
    ) -> None:
        with pytest.raises(Wrong) as raised:
            copy.change([change])
        assert problem in raised.value.message and "catalogue" in raised.value.message


def task(name: str, service: str = "web", **other: Any) -> dict[str, Any]:
    return {
        "name": name,
        "service": service,
        "image": "assets:1",
        "status": "RUNNING",
        "created": 5.0,
        "stopped": None,
        "code": None,
        "reason": "",
        **other,
    }


def service(**other: Any) -> dict[str, Any]:
    return {"name": "web", "running": 1, "desired": 1, "rollout": "COMPLETED", **other}


class TestState:
    def test_tasks_are_those_of_services_or_alone(self) -> None:
        ended: dict[str, Any] = {"status": "STOPPED", "stopped": 4.0, "code": 0}
        tasks = [task("b"), task("old", **ended), task("m2", "", created=3.0, **ended)]
        tasks += [task("a", image="assets:2"), task("m1", "", created=1.0, **ended)]
        state = State.of({"stacks": {"s": "OK"}, "services": [], "tasks": tasks})
        assert [t.name for t in state.alone] == ["m1", "m2"]
        assert state.running == {"a", "b"}
        assert state.images == {"web": ["assets:1", "assets:2"]}

    @pytest.mark.parametrize("other", [{"running": 0}, {"rollout": "IN_PROGRESS"}])
    def test_service_that_does_not_run_as_it_should_is_named(self, other: Any) -> None:
        settled = State.of({"stacks": {}, "services": [service()], "tasks": []})
        assert not settled.unsettled
        state = State.of({"stacks": {}, "services": [service(**other)], "tasks": []})
        (said,) = state.unsettled
        assert said.startswith("web runs ")

    def test_what_is_left_is_what_was_not_there_before(self) -> None:
        before = {"roles": ["cdk"], "buckets": []}
        after = {"roles": ["cdk", "left"], "buckets": [], "networks": ["vpc-1"]}
        assert more(before, after) == {"roles": ["left"], "networks": ["vpc-1"]}


class Api:
    """A stand-in for boto3's clients: each call answers what a table says."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, service: str) -> Any:
        def call(name: str) -> Any:
            def answer(**words: Any) -> Any:
                self.asked.append((f"{service}.{name}", words))
                found = self.answers[name]
                return found(**words) if callable(found) else found

            return answer

        class Client:
            def __getattr__(self, name: str) -> Any:
                return call(name)

        return Client()


MOMENT = datetime.datetime.fromtimestamp(100, datetime.UTC)


class TestTold:
    def test_state_is_read_as_it_is_told(self) -> None:
        tasks = {
            "RUNNING": {
                "taskArn": "arn:task/main/a1",
                "group": "service:web",
                "lastStatus": "RUNNING",
                "createdAt": MOMENT,
                "containers": [{"image": "registry/assets:1"}],
            },
            "STOPPED": {
                "taskArn": "arn:task/main/m1",
                "group": "family:migrate",
                "lastStatus": "STOPPED",
                "createdAt": MOMENT,
                "stoppedAt": MOMENT,
                "containers": [{"image": "registry/assets:1", "exitCode": 0}],
                "stoppedReason": "Essential container exited",
            },
        }
        deployed = {"serviceName": "web", "runningCount": 1, "desiredCount": 1}
        deployed["deployments"] = [{"status": "PRIMARY", "rolloutState": "COMPLETED"}]
        api = Api(
            describe_stacks={"Stacks": [{"StackName": "s", "StackStatus": "CREATE_COMPLETE"}]},
            list_clusters={"clusterArns": ["main"]},
            list_services={"serviceArns": ["web"]},
            describe_services={"services": [deployed]},
            list_tasks=lambda cluster, desiredStatus: {"taskArns": [desiredStatus]},
            describe_tasks=lambda cluster, tasks: {"tasks": [tasks_of(t) for t in tasks]},
        )

        def tasks_of(status: str) -> Any:
            return tasks[status]

        state = State.of(json.loads(json.dumps(tell.state(api))))
        assert state.stacks == {"s": "CREATE_COMPLETE"} and not state.unsettled
        assert state.images == {"web": ["assets:1"]}
        (migration,) = state.alone
        assert (migration.name, migration.code, migration.stopped) == ("m1", 0, 100.0)

    def test_cluster_without_services_and_tasks_has_none(self) -> None:
        api = Api(
            describe_stacks={"Stacks": []},
            list_clusters={"clusterArns": ["main"]},
            list_services={"serviceArns": []},
            list_tasks={"taskArns": []},
        )
        assert tell.state(api) == {"services": [], "tasks": [], "stacks": {}}

    def test_logs_are_lines_with_their_streams(self) -> None:
        api = Api(
            describe_log_groups={"logGroups": [{"logGroupName": "tasks"}]},
            describe_log_streams={"logStreams": [{"logStreamName": "beat/beat/1"}]},
            get_log_events={"events": [{"message": "sent"}, {"message": "done"}]},
        )
        assert tell.logs(api) == [["beat/beat/1", "sent"], ["beat/beat/1", "done"]]

    def test_what_is_left_leaves_out_what_is_gone_and_what_every_account_has(self) -> None:
        records = [{"Name": "a.example.", "Type": "A"}, {"Name": "example.", "Type": "NS"}]
        stacks = [{"StackName": "kept", "StackStatus": "CREATE_COMPLETE"}]
        stacks += [{"StackName": "gone", "StackStatus": "DELETE_COMPLETE"}]
        api = Api(
            list_hosted_zones={"HostedZones": [{"Id": "Z1"}]},
            list_resource_record_sets={"ResourceRecordSets": records},
            describe_stacks={"Stacks": stacks},
            list_clusters={"clusterArns": []},
            describe_clusters={"clusters": [{"clusterName": "old", "status": "INACTIVE"}]},
            describe_vpcs={"Vpcs": [{"VpcId": "vpc-0", "IsDefault": True}]},
            describe_nat_gateways={"NatGateways": [{"NatGatewayId": "n", "State": "deleted"}]},
            describe_addresses={"Addresses": []},
            describe_security_groups={"SecurityGroups": [{"GroupId": "s", "GroupName": "default"}]},
            describe_load_balancers={"LoadBalancers": [{"LoadBalancerName": "lb"}]},
            describe_target_groups={"TargetGroups": []},
            describe_db_instances={"DBInstances": []},
            describe_db_snapshots={"DBSnapshots": [{"DBSnapshotIdentifier": "last"}]},
            describe_cache_clusters={"CacheClusters": [{"CacheClusterId": "c2"}]},
            describe_replication_groups={"ReplicationGroups": [{"ReplicationGroupId": "c1"}]},
            list_buckets={"Buckets": []},
            describe_repositories={"repositories": []},
            list_secrets={"SecretList": []},
            list_functions={"Functions": []},
            list_roles={"Roles": [{"RoleName": "cdk"}]},
            describe_log_groups={"logGroups": []},
            list_certificates={"CertificateSummaryList": []},
        )
        found = {kind: names for kind, names in tell.left(api).items() if names}
        assert found == {
            "stacks": ["kept"],
            "load balancers": ["lb"],
            "snapshots": ["last"],
            "caches": ["c1", "c2"],
            "roles": ["cdk"],
            "records": ["a.example."],
        }

    def test_account_has_what_it_is_given(self) -> None:
        api = Api(create_hosted_zone={}, create_secret={})
        prepare.prepare(api, {"zones": ["site.example"], "secrets": {"mail": "smtp://mail"}})
        assert [name for name, _ in api.asked] == [
            "route53.create_hosted_zone",
            "secretsmanager.create_secret",
        ]
        assert api.asked[1][1] == {"Name": "mail", "SecretString": "smtp://mail"}
