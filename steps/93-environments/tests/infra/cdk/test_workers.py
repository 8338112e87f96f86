"""Workers, the one beat, and the shell."""

from tests.infra.cdk.test_tasks import definition, statements


def test_old_beat_ends_before_the_new_one_begins(production):
    beat = production.one("ECS::Service", "Beat")
    assert beat["DesiredCount"] == 1
    deployment = beat["DeploymentConfiguration"]
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (0, 100)


def test_workers_are_replaced_without_a_gap(production):
    worker = production.one("ECS::Service", "Worker")
    deployment = worker["DeploymentConfiguration"]
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (100, 200)


def test_nobody_opens_a_shell_in_a_service(production):
    services = production.all("ECS::Service")
    assert len(services) == 3
    assert not any(service["EnableExecuteCommand"] for service in services.values())


def test_only_the_shell_has_the_rights_of_exec(production):
    policies = [
        id
        for id in production.all("IAM::Policy")
        if "ssmmessages" in str(production.all("IAM::Policy")[id])
    ]
    assert policies == [production.id("IAM::Policy", "ShellRoleDefaultPolicy")]
    rights = set(statements(production, "ShellRole"))
    everywhere = {action for action, resource in rights if resource == '"*"'}
    assert everywhere == {
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }
    assert rights >= set(statements(production, "TaskRole"))
    role = definition(production, "Shell")["TaskRoleArn"]["Fn::GetAtt"][0]
    assert role == production.id("IAM::Role", "ShellRole")


def test_forgotten_shell_ends_by_itself(production):
    (container,) = definition(production, "Shell")["ContainerDefinitions"]
    assert container["Command"] == ["sleep", "3600"]
