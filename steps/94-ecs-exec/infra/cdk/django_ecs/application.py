"""The construct that other projects use."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import CfnOutput
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from django_ecs.data import Data
from django_ecs.migrations import Migrations
from django_ecs.network import Network
from django_ecs.options import Options
from django_ecs.tasks import PRIVATE, Tasks
from django_ecs.web import Web
from django_ecs.workers import Workers


class DjangoEcs(Construct):
    """A Django application on ECS, with everything that it needs.

    Attributes:
        network: the VPC and its security groups.
        data: the database, the cache and broker, the bucket.
        tasks: the cluster, the image, the roles.
        migrations: the task that brings the database up to date.
        web: the load balancer and the web service.
        workers: the workers, beat, and the task for a shell.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        code: Path,
        dockerfile: Path,
        domain_name: str,
        zone_name: str,
        hosted_zone_id: str,
        web_command: Sequence[str],
        worker_command: Sequence[str],
        beat_command: Sequence[str],
        migrate_command: Sequence[str] = ("python", "manage.py", "migrate", "--no-input"),
        certificate_arn: str | None = None,
        environment: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        health_check_path: str = "/health/live/",
        options: Options = Options(),
    ) -> None:
        """Make the resources.

        Args:
            scope: the stack.
            id: the name in it.
            code: the folder of the application; the image is built from it.
            dockerfile: the Dockerfile, which is in that folder.
            domain_name: the name of the site: ``mublog.example``.
            zone_name: the hosted zone of Route 53 that has the name, or ends it.
            hosted_zone_id: the id of that zone.
            web_command: what serves requests, on the port 8000, as a list of strings.
            worker_command: what runs the queue.
            beat_command: what publishes the schedule.
            migrate_command: what brings the database up to date.
            certificate_arn: a certificate for the name, in the region of the stack. Without one, a
                new one is asked for.
            environment: variables for all tasks, beside those that the construct sets itself.
            secrets: variables whose values are in Secrets Manager, by their names there.
            health_check_path: what responds with 200 as long as a process is alive.
            options: sizes, numbers, and what happens to the data.
        """
        super().__init__(scope, id)
        self.network = Network(self, "Network", options=options)
        self.data = Data(self, "Data", network=self.network, options=options)
        self.tasks = Tasks(
            self,
            "Tasks",
            network=self.network,
            code=code,
            dockerfile=dockerfile,
            bucket=self.data.bucket,
            environment={
                "ALLOWED_HOSTS": domain_name,
                "SITE_URL": f"https://{domain_name}",
                "TRUSTED_PROXIES": "1",  # The load balancer.
                **self.data.environment,
                **(environment or {}),
            },
            secrets={
                "SECRET_KEY": ecs.Secret.from_secrets_manager(self.data.secret_key),
                "DATABASE_PASSWORD": ecs.Secret.from_secrets_manager(
                    self.data.database.secret, "password"
                ),
                **self._secrets(secrets or {}),
            },
            options=options,
        )
        commands = {"Web": web_command, "Worker": worker_command, "Beat": beat_command}
        definitions = {id: self.tasks.define(id, command) for id, command in commands.items()}
        self.migrations = Migrations(
            self,
            "Migrations",
            network=self.network,
            tasks=self.tasks,
            command=migrate_command,
            options=options,
        )
        self.web = Web(
            self,
            "Web",
            network=self.network,
            tasks=self.tasks,
            definition=definitions["Web"],
            zone=route53.HostedZone.from_hosted_zone_attributes(
                self, "Zone", zone_name=zone_name, hosted_zone_id=hosted_zone_id
            ),
            domain_name=domain_name,
            certificate_arn=certificate_arn,
            health_check_path=health_check_path,
            options=options,
        )
        self.workers = Workers(
            self,
            "Workers",
            tasks=self.tasks,
            worker=definitions["Worker"],
            beat=definitions["Beat"],
            options=options,
        )
        for service in [self.web.service, self.workers.worker, self.workers.beat]:
            service.node.add_dependency(self.migrations.done)

        # What `aws ecs run-task` needs, for a shell or a management command.
        outputs = {
            "Cluster": self.tasks.cluster.cluster_name,
            "ShellTask": self.workers.shell.task_definition_arn,
            "Subnets": ",".join(
                self.network.vpc.select_subnets(subnet_type=PRIVATE.subnet_type).subnet_ids
            ),
            "SecurityGroup": self.network.application.security_group_id,
            "Balancer": self.web.balancer.load_balancer_dns_name,
        }
        for name, value in outputs.items():
            CfnOutput(self, f"{name}Output", value=value).override_logical_id(name)

    def _secrets(self, names: Mapping[str, str]) -> dict[str, ecs.Secret]:
        return {
            variable: ecs.Secret.from_secrets_manager(
                secretsmanager.Secret.from_secret_name_v2(self, f"{variable}Secret", name)
            )
            for variable, name in names.items()
        }
