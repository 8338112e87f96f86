"""How tasks run: few rights, no secret in sight."""

import json
import re

import pytest

TASKS = ["Web", "Worker", "Beat", "Shell"]


def definition(template, name):
    return template.one("ECS::TaskDefinition", f"Tasks{name}")


def statements(template, role):
    """Return what a role may do, as (action, resource)."""
    policy = template.one("IAM::Policy", f"{role}DefaultPolicy")
    for statement in policy["PolicyDocument"]["Statement"]:
        actions, resources = statement["Action"], statement["Resource"]
        for action in actions if isinstance(actions, list) else [actions]:
            for resource in resources if isinstance(resources, list) else [resources]:
                yield action, json.dumps(resource)


@pytest.mark.parametrize("name", TASKS)
def test_process_is_confined(production, name):
    (container,) = definition(production, name)["ContainerDefinitions"]
    assert container["User"] == "10001:10001"
    assert container["ReadonlyRootFilesystem"] is (name != "Shell")
    assert container["LinuxParameters"] == {
        "Capabilities": {"Drop": ["ALL"]},
        "InitProcessEnabled": True,
    }
    assert container["MountPoints"] == [
        {"ContainerPath": "/tmp", "ReadOnly": False, "SourceVolume": "tmp"}
    ]


@pytest.mark.parametrize("name", TASKS)
def test_no_secret_is_in_the_environment(production, name):
    (container,) = definition(production, name)["ContainerDefinitions"]
    plain = {variable["Name"] for variable in container["Environment"]}
    assert plain == {
        *("DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER", "DATABASE_SSLMODE"),
        *("CACHE_URL", "BROKER_URL", "MEDIA_BUCKET", "MEDIA_REGION", "DEFAULT_FROM_EMAIL"),
        *("ALLOWED_HOSTS", "SITE_URL", "TRUSTED_PROXIES"),
    }
    assert "resolve:secretsmanager" not in str(container["Environment"])  # Nor in a value.
    secret = {variable["Name"] for variable in container["Secrets"]}
    assert secret == {"DATABASE_PASSWORD", "EMAIL_URL", "SECRET_KEY"}


@pytest.mark.parametrize("name", TASKS)
def test_log_is_kept_for_a_while_under_the_name_of_the_task(production, name):
    (container,) = definition(production, name)["ContainerDefinitions"]
    options = container["LogConfiguration"]["Options"]
    assert options["awslogs-stream-prefix"] == name.lower()
    assert production.all("Logs::LogGroup")[options["awslogs-group"]["Ref"]]["RetentionInDays"]


@pytest.mark.parametrize("name", TASKS)
def test_process_has_longer_to_stop_than_it_grants_itself(production, name):
    (container,) = definition(production, name)["ContainerDefinitions"]
    assert 30 < container["StopTimeout"] <= 120  # Fargate's limit.


def test_one_image_named_by_its_content_runs_every_command(production):
    containers = [definition(production, name)["ContainerDefinitions"][0] for name in TASKS]
    assert len({str(container["Command"]) for container in containers}) == len(TASKS)
    (image,) = {json.dumps(container["Image"]) for container in containers}
    tag = image.rsplit(":", 1)[1]
    assert re.fullmatch('[0-9a-f]{64}"}', tag)


def test_image_is_built_for_the_platform_of_the_tasks(assembly, production):
    assets = json.loads((assembly / "mublog-production.assets.json").read_text())
    (image,) = assets["dockerImages"].values()
    assert image["source"]["platform"] == "linux/amd64"
    for name in TASKS:
        platform = definition(production, name)["RuntimePlatform"]
        assert platform == {"CpuArchitecture": "X86_64", "OperatingSystemFamily": "LINUX"}


def test_program_may_use_the_objects_of_the_bucket_and_nothing_else(production):
    bucket = production.id("S3::Bucket")
    objects = json.dumps({"Fn::Join": ["", [{"Fn::GetAtt": [bucket, "Arn"]}, "/*"]]})
    rights = set(statements(production, "TaskRole"))
    assert rights == {(f"s3:{verb}Object", objects) for verb in ["Get", "Put", "Delete"]}


def test_ecs_may_pull_one_image_and_read_its_secrets(production):
    rights = dict(statements(production, "ExecutionRole"))
    assert {action for action, resource in rights.items() if resource == '"*"'} == {
        "ecr:GetAuthorizationToken"  # Knows no resources.
    }
    assert "cdk-hnb659fds-container-assets-" in rights["ecr:BatchGetImage"]
    read = [
        resource
        for action, resource in statements(production, "ExecutionRole")
        if action == "secretsmanager:GetSecretValue"
    ]
    assert len(read) == 3
    assert "*" not in "".join(read)
    assert not any("*" in action for action in rights)
