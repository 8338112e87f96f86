"""Private, encrypted, and kept or deleted as the environment wants."""

import json

import pytest


def group(template, name):
    return {"Fn::GetAtt": [template.id("EC2::SecurityGroup", f"Network{name}"), "GroupId"]}


def test_database_is_private_and_encrypted(production):
    database = production.one("RDS::DBInstance")
    assert database["PubliclyAccessible"] is False
    assert database["StorageEncrypted"] is True
    assert database["VPCSecurityGroups"] == [group(production, "Database")]
    subnets = production.one("RDS::DBSubnetGroup")["SubnetIds"]
    assert all("isolatedSubnet" in subnet["Ref"] for subnet in subnets)


def test_password_is_made_and_read_by_secrets_manager(production):
    secret = production.one("SecretsManager::Secret", "DatabaseSecret")
    generated = secret["GenerateSecretString"]
    assert json.loads(generated["SecretStringTemplate"]) == {"username": "django"}
    assert generated["PasswordLength"] >= 30
    password = json.dumps(production.one("RDS::DBInstance")["MasterUserPassword"])
    assert "{{resolve:secretsmanager:" in password


def test_cache_is_one_encrypted_private_node_that_drops_nothing(production):
    cache = production.one("ElastiCache::ReplicationGroup")
    assert cache["NumCacheClusters"] == 1
    assert cache["AtRestEncryptionEnabled"] is cache["TransitEncryptionEnabled"] is True
    assert cache["SecurityGroupIds"] == [group(production, "Cache")]
    subnets = production.one("ElastiCache::SubnetGroup")["SubnetIds"]
    assert all("isolatedSubnet" in subnet["Ref"] for subnet in subnets)
    parameters = production.one("ElastiCache::ParameterGroup")
    assert parameters["Properties"] == {"maxmemory-policy": "noeviction"}


def test_bucket_is_private_and_refuses_plain_http(production):
    bucket = production.one("S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert "BucketEncryption" in bucket
    (statement,) = production.one("S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    "environment, database, bucket",
    [("production", "Snapshot", "Retain"), ("on_demand", "Delete", "Delete")],
)
def test_data_is_kept_or_deleted_with_the_stack(request, environment, database, bucket):
    template = request.getfixturevalue(environment)
    policies = {
        kind: template.resources[template.id(kind)]["DeletionPolicy"]
        for kind in ["RDS::DBInstance", "S3::Bucket"]
    }
    assert policies == {"RDS::DBInstance": database, "S3::Bucket": bucket}
    protected = template.one("RDS::DBInstance")["DeletionProtection"]
    assert protected is (environment == "production")
    assert bool(template.all("Custom::S3AutoDeleteObjects")) is (environment == "on_demand")


def test_files_go_to_s3_without_the_nat_gateway(production):
    endpoint = production.one("EC2::VPCEndpoint")
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert endpoint["ServiceName"]["Fn::Join"][1][-1] == ".s3"


def test_each_function_has_a_log_that_is_deleted_with_the_stack(on_demand):
    for function in on_demand.all("Lambda::Function").values():
        log = on_demand.resources[function["LoggingConfig"]["LogGroup"]["Ref"]]
        assert (log["Type"], log["DeletionPolicy"]) == ("AWS::Logs::LogGroup", "Delete")
