"""What the container of the emulated AWS changes in MiniStack, over stand-ins of its modules."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace as Module
from typing import Any

import pytest

from course.emulation.aws import (
    buckets,
    cache,
    container_names,
    credentials,
    database,
    dns_names,
    ecs_services,
    images,
    network,
    stopping,
    task_definitions,
    tls_trust,
    traffic,
)


def handlers(**types: Any) -> Module:
    """Return stand-in provisioners with the handlers of some types."""
    table = {kind.replace("_", "::"): dict(verbs) for kind, verbs in types.items()}
    return Module(_RESOURCE_HANDLERS=table, _ec2_apply_tags=lambda *words: None)


def test_containers_are_named_for_the_run_and_have_no_port() -> None:
    asked: list[Any] = []

    class Collection:
        def create(self, image: str, command: Any = None, **settings: Any) -> None:
            asked.append((image, command, settings))

        def get(self, container: str) -> None:
            asked.append(container)

    container_names.name(Collection, "course-1-2-ab")
    Collection().create("postgres", None, name="ministack-rds-x", ports={"5432/tcp": 15432})
    Collection().create("other", ["sh"], name="mine", ports={"80/tcp": 80})
    Collection().get("ministack-rds-x")
    Collection().get("0123abc")
    assert asked == [
        ("postgres", None, {"name": "course-1-2-ab-rds-x"}),
        ("other", ["sh"], {"name": "mine", "ports": {"80/tcp": 80}}),
        "course-1-2-ab-rds-x",
        "0123abc",
    ]


class TestDefinitions:
    def test_template_reaches_the_definition(self) -> None:
        provisioners = Module(_normalize_container_defs=lambda given: [{"name": "web"}])
        ecs = Module(_build_run_kwargs=lambda *words: {"labels": {"a": "b"}})
        secrets = Module(_secrets={"database": {"ARN": "arn:aws:secretsmanager:db"}})
        task_definitions.complete(provisioners, ecs, secrets)
        given = {
            "Name": "web",
            "User": "10001:10001",
            "StopTimeout": 40,
            "Secrets": [
                {"Name": "KEY", "ValueFrom": "arn:key"},
                {"Name": "PASSWORD", "ValueFrom": "database:password::"},
            ],
            "Unknown": "left out",
        }
        (made,) = provisioners._normalize_container_defs([given])
        assert made == {
            "name": "web",
            "user": "10001:10001",
            "stopTimeout": 40,
            "secrets": [
                {"name": "KEY", "valueFrom": "arn:key"},
                {"name": "PASSWORD", "valueFrom": "arn:aws:secretsmanager:db:password::"},
            ],
        }
        found = ecs._build_run_kwargs(made, {})
        assert found["user"] == "10001:10001"
        assert found["labels"] == {"a": "b", task_definitions.STOP_TIMEOUT: "40"}

    def test_container_is_as_confined_as_its_definition_says(self) -> None:
        definition = {
            "readonlyRootFilesystem": "true",
            "linuxParameters": {
                "InitProcessEnabled": True,
                "Capabilities": {"Drop": ["ALL"]},
                "Tmpfs": [{"ContainerPath": "/run", "Size": 16, "MountOptions": ["noexec"]}],
            },
            "mountPoints": [
                {"sourceVolume": "tmp", "containerPath": "/tmp"},
                {"sourceVolume": "host", "containerPath": "/data"},
            ],
        }
        volumes = [{"Name": "tmp"}, {"Name": "host", "Host": {"SourcePath": "/srv"}}]
        found = task_definitions.settings(definition, {"volumes": volumes, "memory": "512"}, {})
        assert (found["read_only"], found["init"], found["cap_drop"]) == (True, True, ["ALL"])
        assert found["tmpfs"] == {"/run": "size=16m,noexec", "/tmp": "mode=1777"}
        assert found["mem_limit"] == "512m"

    def test_what_the_definition_does_not_say_is_left_as_it_is(self) -> None:
        found = task_definitions.settings({"readonlyRootFilesystem": "false"}, {}, {"labels": {}})
        assert found == {"labels": {task_definitions.STOP_TIMEOUT: "30"}}

    def test_health_check_is_in_nanoseconds(self) -> None:
        check = {"Command": ["CMD", "true"], "Interval": 5, "StartPeriod": 60}
        found = task_definitions.settings({"healthCheck": check}, {}, {})["healthcheck"]
        assert found["test"] == ["CMD", "true"]
        assert (found["interval"], found["timeout"]) == (5_000_000_000, 5_000_000_000)
        assert (found["retries"], found["start_period"]) == (3, 60_000_000_000)


class Container:
    """A stand-in for a container."""

    def __init__(self, done: list[Any], stop_timeout: str = "40", status: str = "running") -> None:
        self.labels = {task_definitions.STOP_TIMEOUT: stop_timeout}
        self.status = status
        self.attrs = {"NetworkSettings": {"Networks": {"n": {"IPAddress": "10.0.0.2"}}}}
        self._done = done

    def stop(self, timeout: int) -> None:
        self._done.append(f"stop within {timeout}")
        if self.status == "exited":
            raise RuntimeError("it is not running")


class TestStopping:
    @pytest.mark.parametrize("status", ["running", "exited"])
    def test_container_has_the_time_of_its_definition(self, status: str) -> None:
        done: list[Any] = []
        container = Container(done, status=status)
        ecs = Module(_remove_docker_container=lambda client, found: done.append("removed"))
        stopping.with_grace(ecs, lambda host: True, lambda work: work(), done.append)
        client = Module(containers=Module(get=lambda name: container))
        ecs._remove_docker_container(client, "name")
        assert done == [1.0, "stop within 40", 1.0, "removed"]

    @pytest.mark.parametrize("answers, waited", [([False, False, True], 3), ([False] * 99, 30)])
    def test_request_under_way_is_waited_for_and_not_for_ever(
        self, answers: list[bool], waited: int
    ) -> None:
        done: list[Any] = []
        asked: list[str] = []

        def is_idle(host: str) -> bool:
            asked.append(host)
            return answers.pop(0)

        ecs = Module(_remove_docker_container=lambda client, found: done.append("removed"))
        stopping.with_grace(ecs, is_idle, lambda work: work(), done.append)
        ecs._remove_docker_container(Module(), Container(done))
        assert done == [1.0] * waited + ["stop within 40", 1.0, "removed"]
        assert asked == ["10.0.0.2"] * waited

    def test_container_that_is_gone_is_nobodys_problem(self) -> None:
        done: list[Any] = []
        ecs = Module(_remove_docker_container=lambda *words: done.append(words))
        stopping.with_grace(ecs, lambda host: True, lambda work: work(), done.append)

        def get(name: str) -> None:
            raise LookupError(name)

        ecs._remove_docker_container(Module(containers=Module(get=get)), "name")
        ecs._remove_docker_container(None, "name")
        assert not done

    def test_caller_does_not_wait(self) -> None:
        ended = threading.Event()
        ecs = Module(_remove_docker_container=lambda client, found: ended.set())
        stopping.with_grace(ecs, lambda host: True, sleep=lambda seconds: None)
        ecs._remove_docker_container(Module(), Container([]))
        assert ended.wait(10)


def service(**other: Any) -> dict[str, Any]:
    return {
        "serviceArn": "arn:web",
        "serviceName": "web",
        "taskDefinition": "web:2",
        "deployments": [{"status": "PRIMARY", "rolloutState": "COMPLETED"}],
        "runningCount": 1,
        "desiredCount": 1,
        **other,
    }


class TestStability:
    def test_stack_waits_until_its_service_is_stable(self) -> None:
        found = service(runningCount=0)
        waited: list[float] = []

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            found["runningCount"] = 1

        types = {"AWS_ECS_Service": {"create": lambda *w: ("arn:web", {"Name": "web"})}}
        types["AWS_ECS_Service"]["update"] = lambda *w: ("arn:web", {})
        provisioners = handlers(**types)
        ecs_services.wait_for_stability(provisioners, Module(_services={"a": found}), sleep)
        verbs = provisioners._RESOURCE_HANDLERS["AWS::ECS::Service"]
        arn, attributes = verbs["create"]("Web", {"EnableExecuteCommand": "true"}, "stack")
        assert (arn, attributes, waited) == ("arn:web", {"Name": "web"}, [0.5])
        assert found["enableExecuteCommand"] is True
        verbs["update"]("arn:web", {"EnableExecuteCommand": True}, {}, "stack")
        assert found["enableExecuteCommand"] is False

    @pytest.mark.parametrize(
        "later",
        [
            {"taskDefinition": "web:1"},
            {"deployments": [{"status": "PRIMARY", "rolloutState": "FAILED"}]},
        ],
    )
    def test_stack_fails_with_its_service(self, later: dict[str, Any]) -> None:
        found = service(runningCount=0)
        with pytest.raises(RuntimeError, match="Circuit Breaker was triggered"):
            ecs_services.await_stability(found, lambda seconds: found.update(later))

    def test_stack_does_not_wait_for_ever(self) -> None:
        with pytest.raises(RuntimeError, match="web did not become stable"):
            ecs_services.await_stability(service(runningCount=0), lambda seconds: None)


class TestHealth:
    def ecs(self, statuses: dict[str, str], marked: list[str]) -> Module:
        def get(name: str) -> Module:
            return Module(status=statuses[name])

        return Module(
            _mark_task_running=lambda arn, task: marked.append(arn),
            _cluster_name_from_arn=lambda arn: arn.rsplit("/", 1)[-1],
            _services={"main/web": {"loadBalancers": [{"targetGroupArn": "group"}]}},
            _task_is_active=lambda arn, task: True,
            _get_docker=lambda: Module(containers=Module(get=get)),
            _task_ip=lambda task: "10.0.0.2",
        )

    balancers = Module(_tgs={"group": {"HealthCheckPath": "/health/"}})
    task = {"clusterArn": "cluster/main", "group": "service:web", "_docker_ids": ["a"]}

    def mark(
        self,
        answers: list[object],
        task: dict[str, Any],
        status: str = "running",
        sleep: Callable[[float], None] = lambda seconds: None,
    ) -> tuple[list[str], list[Any]]:
        marked: list[str] = []
        asked: list[Any] = []

        def probe(host: str, port: int, path: str) -> object:
            asked.append((host, port, path))
            return answers.pop(0) if len(answers) > 1 else answers[0]

        ecs = self.ecs({"a": status}, marked)
        ecs_services.check_health(ecs, self.balancers, probe, sleep)
        ecs._mark_task_running("task", task)
        return marked, asked

    def test_task_runs_once_it_is_healthy(self) -> None:
        marked, asked = self.mark([OSError("refused"), 503, 200], self.task)
        assert (marked, len(asked), asked[0]) == (["task"], 3, ("10.0.0.2", 80, "/health/"))

    def test_task_without_a_load_balancer_is_not_asked(self) -> None:
        assert self.mark([200], {**self.task, "group": "family:x"}) == (["task"], [])

    def test_task_that_has_ended_never_runs(self) -> None:
        with pytest.raises(RuntimeError, match="exited before it was healthy"):
            self.mark([200], self.task, "exited")
        assert self.mark([200], {**self.task, "_docker_ids": ["gone"]})[0] == ["task"]

    def test_task_that_stays_unhealthy_fails(self) -> None:
        with pytest.raises(RuntimeError, match="health checks: /health/ answered 503"):
            self.mark([503], self.task)

    def test_nobody_answers_at_a_closed_port(self) -> None:
        assert isinstance(ecs_services.status("127.0.0.1", 1, "/"), OSError)


class TestDatabase:
    def make(self, codes: list[int], done: list[str]) -> tuple[Module, Module]:
        networks = {"NetworkSettings": {"Networks": {"n": {"IPAddress": "10.0.0.3"}}}}
        container = Module(
            exec_run=lambda words: (codes.pop(0) if len(codes) > 1 else codes[0], b""),
            reload=lambda: done.append("reloaded"),
            attrs=networks,
            remove=lambda **how: done.append("removed"),
        )
        rds = Module(
            _instances={"db": {"MasterUsername": "django", "Endpoint": {"Address": "x"}}},
            _start_rds_container_for_instance=lambda name, instance: done.append(f"start {name}"),
            _get_docker=lambda: Module(containers=Module(get=lambda name: container)),
            _rds_docker_name=lambda name: f"ministack-{name}",
        )
        provisioners = handlers(
            AWS_RDS_DBInstance={
                "create": lambda *words: ("db", {}),
                "delete": lambda *words: done.append("deleted"),
            }
        )
        provisioners._rds_db_instance_attrs = lambda instance: dict(instance["Endpoint"])
        database.start_servers(provisioners, rds, lambda seconds: None)
        return provisioners, rds

    def test_stack_goes_on_when_the_server_is_ready(self) -> None:
        done: list[str] = []
        provisioners, _ = self.make([1, 1, 0], done)
        verbs = provisioners._RESOURCE_HANDLERS["AWS::RDS::DBInstance"]
        assert verbs["create"]("Db", {}, "stack") == ("db", {"Address": "10.0.0.3", "Port": 5432})
        verbs["delete"]("db", {})
        assert done == ["start db", "reloaded", "removed", "deleted"]

    def test_server_that_does_not_start_fails_the_stack(self) -> None:
        provisioners, rds = self.make([1], [])
        verbs = provisioners._RESOURCE_HANDLERS["AWS::RDS::DBInstance"]
        with pytest.raises(RuntimeError, match="the database db did not start"):
            verbs["create"]("Db", {}, "stack")
        rds._get_docker = lambda: None
        verbs["delete"]("db", {})


class TestNetwork:
    @pytest.fixture
    def made(self) -> tuple[network.Network, Module]:
        ec2 = Module(_addresses={}, _subnets={"subnet-1": {}}, _nat_gateways={})
        ec2._security_groups = {"sg-1": {"IpPermissions": ["first"]}}
        ec2._allocate_address = lambda given: ec2._addresses.update(a1={"PublicIp": "192.0.2.1"})
        ec2._create_nat_gateway = lambda given: ec2._nat_gateways.update(nat1=given)
        provisioners = handlers()
        provisioners._ec2_sg_permissions = lambda rules: [f"peer {r['Peer']}" for r in rules]
        return network.Network(provisioners, ec2), ec2

    def test_nat_gateway_has_an_address(self, made: tuple[network.Network, Module]) -> None:
        types, ec2 = made
        name, attributes = types.create_address("Eip", {}, "stack")
        assert (name, attributes["AllocationId"]) == ("192.0.2.1", "a1")
        asked = {"SubnetId": "subnet-1", "AllocationId": "a1"}
        assert types.create_gateway("Nat", asked, "stack") == ("nat1", {"NatGatewayId": "nat1"})
        types.delete_gateway("nat1", {})
        types.delete_address(name, {})
        assert (ec2._nat_gateways, ec2._addresses) == ({}, {})

    @pytest.mark.parametrize(
        "asked, missing",
        [({"SubnetId": "subnet-9"}, "subnet-9"), ({"SubnetId": "subnet-1"}, "address None")],
    )
    def test_nat_gateway_needs_what_it_names(
        self, made: tuple[network.Network, Module], asked: Any, missing: str
    ) -> None:
        with pytest.raises(ValueError, match=missing):
            made[0].create_gateway("Nat", asked, "stack")

    @pytest.mark.parametrize(
        "kind, direction", [("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")]
    )
    def test_rule_comes_and_goes(
        self, made: tuple[network.Network, Module], kind: str, direction: str
    ) -> None:
        types, ec2 = made
        verbs = types._provisioners._RESOURCE_HANDLERS[f"AWS::EC2::SecurityGroup{kind}"]
        rule, group = {"GroupId": "sg-1", "Peer": "sg-2"}, ec2._security_groups["sg-1"]
        name, _ = verbs["create"]("Rule", rule, "stack")
        assert group[direction][-1] == "peer sg-2"
        verbs["delete"](name, rule)
        verbs["delete"](name, {"GroupId": "gone"})
        assert (group["IpPermissions"], group.get("IpPermissionsEgress", [])) == (["first"], [])
        with pytest.raises(ValueError, match="sg-9"):
            verbs["create"]("Rule", {"GroupId": "sg-9"}, "stack")


def test_bucket_has_its_tags() -> None:
    provisioners = handlers(AWS_S3_Bucket={"create": lambda *words: ("bucket", {})})
    s3 = Module(_bucket_tags={})
    buckets.tag(provisioners, s3)
    create = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]["create"]
    create("Bucket", {"Tags": [{"Key": "aws-cdk:auto-delete-objects", "Value": "true"}]}, "stack")
    create("Other", {}, "stack")
    assert s3._bucket_tags == {"bucket": {"aws-cdk:auto-delete-objects": "true"}}


def test_image_that_nobody_pushed_is_an_error() -> None:
    def describe(data: Any) -> str:
        return "described"

    ecr = Module(
        _describe_images=describe,
        _actions={"DescribeImages": describe},
        _repositories={"assets": {}},
        _find_image=lambda repository, image: image == "there",
        error_response_json=lambda code, text, status: (status, code),
    )
    images.refuse_missing(ecr)
    asked = ecr._actions["DescribeImages"]
    assert asked({"repositoryName": "assets", "imageIds": ["gone"]})[1] == "ImageNotFoundException"
    assert asked({"repositoryName": "assets", "imageIds": ["there"]}) == "described"
    assert asked({"repositoryName": "unknown", "imageIds": ["gone"]}) == "described"


class TestNames:
    def test_name_with_an_alias_record_leads_to_the_balancer(self) -> None:
        alias = {"DNSName": "dualstack.lb-1.elb.amazonaws.com."}
        records = [{"Name": "other.example."}, {"Name": "site.example.", "AliasTarget": alias}]
        gateway = Module(_is_potential_alb_request=lambda host, path: host.startswith("lb-"))
        balancers = Module(find_lb_for_host=lambda h: h == "lb-1.elb.amazonaws.com" and "balancer")
        dns_names.resolve(gateway, balancers, Module(_records={"Z1": records}))
        assert gateway._is_potential_alb_request("Site.example:443", "/")
        assert balancers.find_lb_for_host("Site.example:443") == "balancer"
        assert not gateway._is_potential_alb_request("other.example", "/")
        assert not balancers.find_lb_for_host("other.example")

    def test_zones_have_the_ids_that_were_given(self) -> None:
        route53 = Module(_zone_id=lambda: "random")
        dns_names.number(route53, ["Z1"])
        assert [route53._zone_id(), route53._zone_id()] == ["Z1", "random"]


def test_tasks_trust_the_authorities_of_the_emulation(tmp_path: Path) -> None:
    tls_trust.publish(["first\n", "second\n"], tmp_path)
    assert (tmp_path / "authorities.pem").read_text() == "first\nsecond\n"
    ecs = Module(_build_run_kwargs=lambda: {"environment": {"A": "b"}, "volumes": ["x:/x:ro"]})
    tls_trust.share(ecs, "run-trust")
    found = ecs._build_run_kwargs()
    assert found["volumes"] == ["x:/x:ro", "run-trust:/emulated-trust:ro"]
    assert found["environment"]["SSL_CERT_FILE"] == "/emulated-trust/authorities.pem"


def test_cache_with_tls_starts_in_any_image() -> None:
    asked: list[Any] = []

    class Collection:
        def create(self, image: str, command: Any = None, **settings: Any) -> None:
            asked.append(settings.get("user"))

    elasticache = Module(_NODE_TLS_DIR="/tls", _NODE_TLS_WRAPPER="for one image")
    cache.start_anywhere(elasticache, Collection)
    assert elasticache._NODE_TLS_WRAPPER.startswith("while [ ! -e /tls/ready ]")
    wrapped = ["sh", "-c", elasticache._NODE_TLS_WRAPPER, "tls"]
    Collection().create("valkey", ["--tls-port", "6379"], entrypoint=wrapped)
    Collection().create("postgres")
    assert asked == ["0:0", None]


def test_credentials_of_a_task_are_known() -> None:
    known: dict[str, Any] = {}
    given = {"AccessKeyId": "ASIA1", "SecretAccessKey": "secret", "Token": "token"}
    given["RoleArn"] = "arn:aws:iam::000000000000:role/tasks"
    imds = Module(_ecs_task_credentials_doc=lambda: given)
    credentials.register(imds, Module(register_session=known.__setitem__))
    assert imds._ecs_task_credentials_doc() == given
    session = known["ASIA1"]
    assert session["Arn"] == "arn:aws:sts::000000000000:assumed-role/tasks/task"
    assert (session["AccountId"], session["SessionToken"]) == ("000000000000", "token")


class Stream:
    """A stand-in for a response whose body is passed on as it comes."""

    def __init__(self, runner: Any) -> None:
        self.runner = runner


class TestTraffic:
    def make(self, answer: Any) -> tuple[traffic.Traffic, Module]:
        async def forward(target: Any, *words: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return 200, {}, answer

        balancers = Module(_proxy_http_target=forward)
        return traffic.Traffic(balancers, Stream), balancers

    def test_request_is_under_way_until_its_body_has_been_sent(self) -> None:
        seen: list[bool] = []

        async def send() -> None:
            seen.append(watched.is_idle("10.0.0.2"))

        watched, balancers = self.make(Stream(send))

        async def request() -> None:
            _, _, body = await balancers._proxy_http_target({"Id": "10.0.0.2"})
            seen.append(watched.is_idle("10.0.0.2"))
            await body.runner()

        asyncio.run(request())
        assert seen == [False, False]
        assert watched.is_idle("10.0.0.2") and watched.is_idle("10.0.0.3")

    @pytest.mark.parametrize("answer", [b"text", RuntimeError("cut off")])
    def test_request_with_another_end_is_no_longer_under_way(self, answer: Any) -> None:
        watched, balancers = self.make(answer)
        with suppress(RuntimeError):
            asyncio.run(balancers._proxy_http_target({"Id": "10.0.0.2"}))
        assert watched.is_idle("10.0.0.2")
