"""The way of a visitor to the web service."""

import pytest

from tests.infra.cdk.conftest import CERTIFICATE


@pytest.fixture
def listeners(production):
    listeners = production.all("ElasticLoadBalancingV2::Listener").values()
    return {listener["Port"]: listener for listener in listeners}


def test_http_is_redirected_to_https(listeners):
    (action,) = listeners[80]["DefaultActions"]
    assert action["Type"] == "redirect"
    assert action["RedirectConfig"] == {
        "Port": "443",
        "Protocol": "HTTPS",
        "StatusCode": "HTTP_301",
    }


def test_https_has_a_certificate_that_the_domain_proves(production, listeners):
    https = listeners[443]
    assert https["Protocol"] == "HTTPS"
    assert "TLS13" in https["SslPolicy"]
    certificate = production.id("CertificateManager::Certificate")
    assert https["Certificates"] == [{"CertificateArn": {"Ref": certificate}}]
    properties = production.one("CertificateManager::Certificate")
    assert properties["DomainName"] == "mublog.example"
    assert properties["ValidationMethod"] == "DNS"


def test_given_certificate_is_used(pre_production):
    assert not pre_production.all("CertificateManager::Certificate")
    listeners = pre_production.all("ElasticLoadBalancingV2::Listener").values()
    certificates = [listener.get("Certificates") for listener in listeners]
    assert [{"CertificateArn": CERTIFICATE}] in certificates


def test_balancer_asks_whether_the_process_is_alive(production):
    group = production.one("ElasticLoadBalancingV2::TargetGroup")
    assert group["HealthCheckPath"] == "/health/live/"
    assert (group["Protocol"], group["Port"], group["TargetType"]) == ("HTTP", 8000, "ip")


def test_open_requests_end_before_the_process_is_stopped(production):
    group = production.one("ElasticLoadBalancingV2::TargetGroup")
    attributes = {item["Key"]: item["Value"] for item in group["TargetGroupAttributes"]}
    assert attributes["deregistration_delay.timeout_seconds"] == "30"


def test_domain_leads_to_the_balancer(production):
    record = production.one("Route53::RecordSet")
    assert (record["Name"], record["Type"]) == ("mublog.example.", "A")
    balancer = production.id("ElasticLoadBalancingV2::LoadBalancer")
    assert balancer in str(record["AliasTarget"]["DNSName"])


def test_application_trusts_this_proxy_and_answers_to_this_name(production):
    (container,) = production.one("ECS::TaskDefinition", "TasksWeb")["ContainerDefinitions"]
    variables = {item["Name"]: item["Value"] for item in container["Environment"]}
    assert variables["TRUSTED_PROXIES"] == "1"
    assert variables["ALLOWED_HOSTS"] == "mublog.example"
    assert variables["SITE_URL"] == "https://mublog.example"


def test_web_tasks_are_private_and_replaced_without_a_gap(production):
    service = production.one("ECS::Service", "Web")
    network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert all("privateSubnet" in subnet["Ref"] for subnet in network["Subnets"])
    deployment = service["DeploymentConfiguration"]
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (100, 200)
    assert service["LoadBalancers"][0]["ContainerPort"] == 8000


def test_every_service_goes_back_when_a_version_does_not_start(production):
    services = production.all("ECS::Service")
    assert services
    for service in services.values():
        breaker = service["DeploymentConfiguration"].get("DeploymentCircuitBreaker")
        assert breaker == {"Enable": True, "Rollback": True}
        assert service["PlatformVersion"] == "1.4.0"


@pytest.mark.parametrize(
    "environment, domain",
    [
        ("production", "mublog.example."),
        ("pre_production", "pre-production.mublog.example."),
        ("on_demand", "likes.mublog.example."),
    ],
)
def test_each_environment_has_a_name_and_each_kind_a_secret(request, environment, domain):
    template = request.getfixturevalue(environment)
    assert template.one("Route53::RecordSet")["Name"] == domain
    assert f"secret:mublog/{environment.replace('_', '-')}/email-url" in template.text
