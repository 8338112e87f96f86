"""Migrations come first, and stop a deployment if they fail."""

import json

from tests.infra.cdk.test_tasks import definition, statements


def test_another_image_runs_the_migrations_again(production):
    run = production.one("Custom::Migrations")
    task = production.id("ECS::TaskDefinition", "TasksMigrate")
    assert run["TaskDefinition"] == {"Ref": task}
    (container,) = definition(production, "Migrate")["ContainerDefinitions"]
    (web,) = definition(production, "Web")["ContainerDefinitions"]
    assert container["Image"] == web["Image"]
    assert container["Command"] == ["python", "manage.py", "migrate", "--no-input"]


def test_every_service_waits_for_the_migrations(production):
    run = production.id("Custom::Migrations")
    services = production.all("ECS::Service")
    assert services
    for id in services:
        assert run in production.resources[id]["DependsOn"]


def test_migrations_wait_for_what_they_need(production):
    needed = production.resources[production.id("Custom::Migrations")]["DependsOn"]
    for policy in ["ExecutionRole", "TaskRole", "MigrationsRole"]:
        assert production.id("IAM::Policy", f"{policy}DefaultPolicy") in needed
    assert any("privateSubnet1DefaultRoute" in id for id in needed)
    assert any("Databasefrom" in id for id in needed)  # The rule that lets them in.


def test_function_may_run_this_task_and_no_other(production):
    rights = dict(statements(production, "MigrationsRole"))
    family = definition(production, "Migrate")["Family"]
    assert f":task-definition/{family}:*" in rights["ecs:RunTask"]
    cluster = json.dumps({"Ref": production.id("ECS::Cluster")})
    for action in ["ecs:DescribeTasks", "ecs:StopTask"]:
        assert cluster in rights[action]
    assert not any("*" in action or resource == '"*"' for action, resource in rights.items())


def test_cloudformation_waits_longer_than_the_function(production):
    function = production.one("Lambda::Function", "Migrations")
    assert int(production.one("Custom::Migrations")["ServiceTimeout"]) > function["Timeout"]
