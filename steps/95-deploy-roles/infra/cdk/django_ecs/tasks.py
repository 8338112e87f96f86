"""How the processes of an application run: one image, and a task definition for each of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from django_ecs.checks import acknowledge
from django_ecs.network import Network
from django_ecs.options import Options

# Longer than what the processes grant themselves: gunicorn 30 seconds, a Celery worker 20.
STOP_TIMEOUT = Duration.seconds(40)
# A user without any right; the number of the Dockerfile's.
USER = "10001:10001"
ECS = iam.ServicePrincipal("ecs-tasks.amazonaws.com")
PRIVATE = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


class Tasks(Construct):
    """The cluster, the image, the logs and the roles that all tasks of an application share.

    Attributes:
        cluster: where the tasks run.
        log_group: where their output goes; each has streams that begin with its own name.
        execution_role: what ECS may do to start a task.
        task_role: what the program in a task may do.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        network: Network,
        code: Path,
        dockerfile: Path,
        bucket: s3.IBucket,
        environment: Mapping[str, str],
        secrets: Mapping[str, ecs.Secret],
        options: Options,
    ) -> None:
        super().__init__(scope, id)
        self._network = network
        self._bucket = bucket
        self._environment = dict(environment)
        self._secrets = dict(secrets)
        self._options = options
        self.cluster = ecs.Cluster(self, "Cluster", vpc=network.vpc)
        acknowledge(self.cluster, {"AwsSolutions-ECS4": "Container Insights bill each metric."})
        self._image = self._image_of(code, dockerfile)
        self.removal_policy = RemovalPolicy.RETAIN if options.keep_data else RemovalPolicy.DESTROY
        self.log_group = logs.LogGroup(
            self, "Logs", retention=options.log_retention, removal_policy=self.removal_policy
        )
        # Each definition adds what it needs: to pull the image, read its secrets, write to its log.
        self.execution_role = iam.Role(self, "ExecutionRole", assumed_by=ECS)
        acknowledge(
            self.execution_role,
            {"AwsSolutions-IAM5[Resource::*]": "ecr:GetAuthorizationToken knows no resources."},
        )
        self.task_role = self.role("TaskRole")

    def _image_of(self, code: Path, dockerfile: Path) -> ecs.ContainerImage:
        # The tag is a hash of the archive or of the code, so it never means another image.
        if self._options.image_archive:
            return ecs.ContainerImage.from_tarball(str(self._options.image_archive))
        platform = (
            ecr_assets.Platform.LINUX_ARM64
            if self._options.arm
            else ecr_assets.Platform.LINUX_AMD64
        )
        return ecs.ContainerImage.from_docker_image_asset(
            ecr_assets.DockerImageAsset(
                self,
                "Image",
                directory=str(code),
                file=str(dockerfile.relative_to(code)),
                platform=platform,
            )
        )

    def role(self, id: str) -> iam.Role:
        """Return a new role for programs, which may use the objects of the bucket, and no more."""
        role = iam.Role(self, id, assumed_by=ECS)
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                resources=[self._bucket.arn_for_objects("*")],
            )
        )
        bucket = Stack.of(self).get_logical_id(self._bucket.node.default_child)
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::<{bucket}.Arn>/*]": "Its own bucket."})
        return role

    def define(
        self,
        id: str,
        command: Sequence[str],
        *,
        task_role: iam.IRole | None = None,
        read_only: bool = True,
    ) -> ecs.FargateTaskDefinition:
        """Return a new task definition: a command in the image, with few rights.

        Args:
            id: its name, in the stack and, in lower case, in the logs.
            command: the program and its arguments. No shell reads them.
            task_role: what the program may do; what all may, unless given.
            read_only: whether it can write to /tmp alone.
        """
        definition = ecs.FargateTaskDefinition(
            self,
            id,
            cpu=self._options.cpu,
            memory_limit_mib=self._options.memory,
            execution_role=self.execution_role,
            task_role=task_role or self.task_role,
            # The image is built for the same.
            runtime_platform=ecs.RuntimePlatform(
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
                cpu_architecture=(
                    ecs.CpuArchitecture.ARM64 if self._options.arm else ecs.CpuArchitecture.X86_64
                ),
            ),
            volumes=[ecs.Volume(name="tmp")],
        )
        # A first process that passes signals on; and no right of root, even if the user had it.
        linux = ecs.LinuxParameters(self, f"{id}Linux", init_process_enabled=True)
        linux.drop_capabilities(ecs.Capability.ALL)
        name = id.lower()
        container = definition.add_container(
            name,
            image=self._image,
            command=list(command),
            environment=self._environment,
            secrets=self._secrets,
            logging=ecs.LogDrivers.aws_logs(log_group=self.log_group, stream_prefix=name),
            readonly_root_filesystem=read_only,
            user=USER,
            linux_parameters=linux,
            stop_timeout=STOP_TIMEOUT,
        )
        container.add_mount_points(
            ecs.MountPoint(source_volume="tmp", container_path="/tmp", read_only=False)
        )
        acknowledge(definition, {"AwsSolutions-ECS2": "They hold no secret: a test says so."})
        return definition

    def service(
        self,
        id: str,
        definition: ecs.FargateTaskDefinition,
        *,
        count: int,
        min_healthy_percent: int = 100,
        max_healthy_percent: int = 200,
        **options: Any,
    ) -> ecs.FargateService:
        """Return a service, which keeps so many tasks running and replaces them without a gap.

        If the tasks of a new version do not start, the circuit breaker goes back to the old one.

        Args:
            id: its name in the stack.
            definition: what its tasks are.
            count: how many of them run.
            min_healthy_percent: how many of them run at least while they are replaced.
            max_healthy_percent: and how many at most, the new ones included.
            options: passed on to the service.
        """
        return ecs.FargateService(
            self,
            id,
            cluster=self.cluster,
            task_definition=definition,
            desired_count=count,
            min_healthy_percent=min_healthy_percent,
            max_healthy_percent=max_healthy_percent,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            # Not LATEST, which would be another one one day.
            platform_version=ecs.FargatePlatformVersion.VERSION1_4,
            vpc_subnets=PRIVATE,
            security_groups=[self._network.application],
            assign_public_ip=False,
            enable_execute_command=False,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            **options,
        )
