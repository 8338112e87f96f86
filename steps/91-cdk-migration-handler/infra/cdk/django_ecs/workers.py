"""What runs beside the web service: workers, beat, and a shell when somebody asks for one."""

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from django_ecs.checks import acknowledge
from django_ecs.options import Options
from django_ecs.tasks import Tasks

# What the agent of ECS Exec needs, in the role of the task. It knows no resources.
EXEC_ACTIONS = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
]
# In seconds: a shell that somebody forgets ends by itself.
SHELL_TIME = 3600


class Workers(Construct):
    """The services of the queue, and the task in which commands are run by hand.

    Attributes:
        worker: runs what is in the queue; any number of tasks.
        beat: publishes the schedule; one task, never two.
        shell: the definition of a task that does nothing but wait for ECS Exec.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        tasks: Tasks,
        worker: ecs.FargateTaskDefinition,
        beat: ecs.FargateTaskDefinition,
        options: Options,
    ) -> None:
        super().__init__(scope, id)
        self.worker = tasks.service("WorkerService", worker, count=options.worker_count)
        self.beat = tasks.service(
            "BeatService",
            beat,
            count=1,
            # The old one ends before the new one begins.
            min_healthy_percent=0,
            max_healthy_percent=100,
        )
        self.shell = tasks.define(
            "Shell",
            ["sleep", str(SHELL_TIME)],
            task_role=self._shell_role(tasks),
            read_only=False,  # The agent of ECS Exec writes beside the program.
        )

    def _shell_role(self, tasks: Tasks) -> iam.Role:
        role = tasks.role("ShellRole")
        role.add_to_policy(iam.PolicyStatement(actions=EXEC_ACTIONS, resources=["*"]))
        acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": "ssmmessages knows no resources."})
        return role
