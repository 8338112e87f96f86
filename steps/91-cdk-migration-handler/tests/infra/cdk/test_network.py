"""Who reaches whom."""

import pytest


def rules(template):
    """Return what each group lets in, and where it may go: (from, to, port)."""
    groups = template.all("EC2::SecurityGroup")

    def name(value):
        if isinstance(value, str):
            return value
        return groups[value["Fn::GetAtt"][0]]["GroupDescription"]

    found = set()
    for id, group in groups.items():
        own = group["GroupDescription"]
        for rule in group.get("SecurityGroupIngress", []):
            found.add(("in", rule.get("CidrIp") or rule["CidrIpv6"], own, rule["FromPort"]))
        for rule in group.get("SecurityGroupEgress", []):
            found.add(("out", own, rule["CidrIp"], rule.get("FromPort", "all")))
    for rule in template.all("EC2::SecurityGroupIngress").values():
        source, target = name(rule["SourceSecurityGroupId"]), name(rule["GroupId"])
        found.add(("in", source, target, rule["FromPort"]))
    for rule in template.all("EC2::SecurityGroupEgress").values():
        source, target = name(rule["GroupId"]), name(rule["DestinationSecurityGroupId"])
        found.add(("out", source, target, rule["FromPort"]))
    return found


def test_these_rules_and_no_others(production):
    nowhere = "255.255.255.255/32"  # CDK's way to write that there is no way out.
    assert rules(production) == {
        ("in", "0.0.0.0/0", "The load balancer", 443),
        ("in", "0.0.0.0/0", "The load balancer", 80),
        ("out", "The load balancer", "The tasks", 8000),
        ("in", "The load balancer", "The tasks", 8000),
        ("out", "The tasks", "0.0.0.0/0", "all"),
        ("in", "The tasks", "Postgres", 5432),
        ("in", "The tasks", "The cache and broker", 6379),
        ("out", "Postgres", nowhere, 252),
        ("out", "The cache and broker", nowhere, 252),
    }


@pytest.mark.parametrize(
    "kind, way_out",
    [("public", "GatewayId"), ("private", "NatGatewayId"), ("isolated", None)],
)
def test_ways_out_of_the_subnets(production, kind, way_out):
    routes = {
        key
        for id, route in production.all("EC2::Route").items()
        if f"{kind}Subnet" in id
        for key in route
        if key.endswith("GatewayId")
    }
    assert routes == ({way_out} if way_out else set())
    subnets = [
        subnet for id, subnet in production.all("EC2::Subnet").items() if f"{kind}Subnet" in id
    ]
    assert len(subnets) == 2
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets)
