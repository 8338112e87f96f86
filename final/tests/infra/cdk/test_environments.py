"""The table of environments is what the templates say."""

import json

import pytest


@pytest.mark.parametrize(
    "environment, nat, web, worker, cpu, database, copies, backups, log, protected",
    [
        ("production", 2, 2, 2, "512", "db.t4g.small", True, 14, 90, True),
        ("pre_production", 1, 2, 1, "512", "db.t4g.micro", False, 1, 30, False),
        ("on_demand", 1, 1, 1, "256", "db.t4g.micro", False, 0, 7, False),
    ],
)
def test_table_is_the_template(
    request, environment, nat, web, worker, cpu, database, copies, backups, log, protected
):
    template = request.getfixturevalue(environment)
    assert len(template.all("EC2::NatGateway")) == nat
    assert template.one("ECS::Service", "Web")["DesiredCount"] == web
    assert template.one("ECS::Service", "Worker")["DesiredCount"] == worker
    assert {task["Cpu"] for task in template.all("ECS::TaskDefinition").values()} == {cpu}
    instance = template.one("RDS::DBInstance")
    assert instance["DBInstanceClass"] == database
    assert instance["MultiAZ"] is copies
    assert instance["BackupRetentionPeriod"] == backups
    assert instance["DeletionProtection"] is protected
    assert {group["RetentionInDays"] for group in template.all("Logs::LogGroup").values()} == {log}


def test_environments_have_the_same_kinds_of_resources(production, pre_production, on_demand):
    def kinds(template):
        """Return the types, but for what a given certificate spares and what empties a bucket."""
        return {resource["Type"] for resource in template.resources.values()} - {
            "AWS::CertificateManager::Certificate",
            "Custom::S3AutoDeleteObjects",
        }

    assert kinds(production) == kinds(pre_production) == kinds(on_demand)


def test_only_production_is_protected_from_being_deleted(assembly):
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    assert [
        name
        for name, artifact in artifacts.items()
        if artifact.get("properties", {}).get("terminationProtection")
    ] == ["mublog-production"]


@pytest.mark.parametrize("name", ["", "Likes", "a.b", "-a", "a-", "a" * 31])
def test_name_that_no_domain_has_is_refused(name):
    from environments import options_of

    with pytest.raises(SystemExit):
        options_of(name)
