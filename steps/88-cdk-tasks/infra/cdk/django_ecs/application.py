"""The construct that other projects use."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from django_ecs.data import Data
from django_ecs.network import Network
from django_ecs.options import Options
from django_ecs.tasks import Tasks


class DjangoEcs(Construct):
    """A Django application on ECS, with everything that it needs.

    Attributes:
        network: the VPC and its security groups.
        data: the database, the cache and broker, the bucket.
        tasks: the cluster, the image, the roles.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        code: Path,
        dockerfile: Path,
        web_command: Sequence[str],
        worker_command: Sequence[str],
        beat_command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        options: Options = Options(),
    ) -> None:
        """Make the resources.

        Args:
            scope: the stack.
            id: the name in it.
            code: the folder of the application; the image is built from it.
            dockerfile: the Dockerfile, which is in that folder.
            web_command: what serves requests, on the port 8000, as a list of strings.
            worker_command: what runs the queue.
            beat_command: what publishes the schedule.
            environment: variables for all tasks, beside those that the construct sets itself.
            secrets: variables whose values are in Secrets Manager, by their names there.
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
            environment={**self.data.environment, **(environment or {})},
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
        for id, command in commands.items():
            self.tasks.define(id, command)

    def _secrets(self, names: Mapping[str, str]) -> dict[str, ecs.Secret]:
        return {
            variable: ecs.Secret.from_secrets_manager(
                secretsmanager.Secret.from_secret_name_v2(self, f"{variable}Secret", name)
            )
            for variable, name in names.items()
        }
