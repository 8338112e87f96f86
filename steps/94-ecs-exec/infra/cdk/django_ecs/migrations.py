"""Migrations as a part of the deployment: if they fail, no service changes."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from django_ecs.checks import acknowledge
from django_ecs.network import Network
from django_ecs.options import Options
from django_ecs.tasks import PRIVATE, Tasks

HANDLER = Path(__file__).parent / "migration_handler"
# What Lambda allows at most.
TIMEOUT = Duration.minutes(15)


class Migrations(Construct):
    """A resource whose property is the migration task: whenever that changes, it is run.

    Attributes:
        definition: the definition of the migration task.
        done: depend on it to be deployed after the migrations, and only if they succeed.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        network: Network,
        tasks: Tasks,
        command: Sequence[str],
        options: Options,
    ) -> None:
        super().__init__(scope, id)
        self.definition = tasks.define("Migrate", command)
        function = self._function(tasks, options)
        resource = CustomResource(
            self,
            "Run",
            service_token=function.function_arn,
            resource_type="Custom::Migrations",
            # Without a response, for example because the function crashed.
            service_timeout=TIMEOUT.plus(Duration.minutes(1)),
            properties={
                "Cluster": tasks.cluster.cluster_name,
                "TaskDefinition": self.definition.task_definition_arn,
                "Subnets": network.vpc.select_subnets(subnet_type=PRIVATE.subnet_type).subnet_ids,
                "SecurityGroups": [network.application.security_group_id],
                "LogGroup": tasks.log_group.log_group_name,
                "LogStreamPrefix": "migrate/migrate",
            },
        )
        # What the task needs though its definition does not name it: rights, and a way out.
        resource.node.add_dependency(function.role, tasks.execution_role, tasks.task_role, network)
        self.done: IDependable = resource

    def _function(self, tasks: Tasks, options: Options) -> lambda_.Function:
        """Return the function, which may run this task and read its log, and nothing else."""
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=options.log_retention,
            removal_policy=tasks.removal_policy,
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="handler.handler",
            code=lambda_.Code.from_asset(str(HANDLER), exclude=["__pycache__"]),
            timeout=TIMEOUT,
            role=role,
            log_group=log_group,
        )
        log_group.grant_write(role)
        tasks.log_group.grant(role, "logs:GetLogEvents")
        stack = Stack.of(self)
        # Of this definition, also an older revision: a rollback sends it.
        revisions = stack.format_arn(
            service="ecs", resource="task-definition", resource_name=f"{self.definition.family}:*"
        )
        cluster = tasks.cluster.cluster_name
        runs = stack.format_arn(service="ecs", resource="task", resource_name=f"{cluster}/*")
        ecs = "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>"
        cluster_id = stack.get_logical_id(tasks.cluster.node.default_child)
        acknowledge(
            role,
            {
                f"{ecs}:task-definition/{self.definition.family}:*]": "Its revisions.",
                f"{ecs}:task/<{cluster_id}>/*]": "Tasks have no names before they run.",
            },
        )
        role.add_to_policy(iam.PolicyStatement(actions=["ecs:RunTask"], resources=[revisions]))
        role.add_to_policy(
            iam.PolicyStatement(actions=["ecs:DescribeTasks", "ecs:StopTask"], resources=[runs])
        )
        tasks.execution_role.grant_pass_role(role)
        tasks.task_role.grant_pass_role(role)
        acknowledge(function, {"AwsSolutions-L1": "The version of Python that the image has."})
        return function
