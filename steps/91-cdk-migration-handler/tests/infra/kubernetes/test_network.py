"""Who reaches whom. A cluster with policies drops what this model says is not allowed."""

import pytest
from django.conf import settings

from tests.infra.kubernetes.conftest import IMAGE

# Pods that no object here makes, by name: the namespace, and the labels. One is new in ours.
OTHERS = {
    "new": ("mublog", {"app.kubernetes.io/component": "new"}),
    "controller": ("ingress-nginx", {"app.kubernetes.io/name": "ingress-nginx"}),
    "dns": ("kube-system", {"k8s-app": "kube-dns"}),
    "api": ("kube-system", {"component": "kube-apiserver"}),
    "stranger": ("default", {"app.kubernetes.io/name": "mublog"}),
    "postgres": ("services", {}),
}


def model(objects, pods):
    """Return a function: whether one Pod may open a connection to a port of another one."""
    everybody = OTHERS | {
        name.partition("-4f2c1d9")[0]: ("mublog", pod["metadata"]["labels"])
        for name, pod in pods.items()
    }
    policies = [found["spec"] for found in objects if found["kind"] == "NetworkPolicy"]

    def allowed(direction, peers, one, other, port, protocol):
        namespace, labels = everybody[one]
        mine = [
            policy
            for policy in policies
            if namespace == "mublog"
            and direction in policy["policyTypes"]
            and chosen(policy["podSelector"], labels)
        ]
        rules = [rule for policy in mine for rule in policy.get(direction.lower(), [])]
        return not mine or any(
            {"port": port, "protocol": protocol} in rule["ports"]
            and (peers not in rule or any(is_peer(peer, *everybody[other]) for peer in rule[peers]))
            for rule in rules
        )

    def reaches(source, target, port, protocol="TCP"):
        return allowed("Egress", "to", source, target, port, protocol) and allowed(
            "Ingress", "from", target, source, port, protocol
        )

    return reaches


@pytest.fixture(scope="session")
def reaches(objects, pods):
    return model(objects, pods)


def chosen(selector, labels):
    return selector.get("matchLabels", {}).items() <= labels.items()


def is_peer(peer, namespace, labels):
    names = peer.get("namespaceSelector")
    there = {"kubernetes.io/metadata.name": namespace}
    here = chosen(names, there) if names is not None else namespace == "mublog"
    return here and chosen(peer.get("podSelector", {}), labels)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("new", "stranger", 443),
        ("stranger", "new", 8000),
        ("stranger", "web", 8000),
        ("controller", "worker", 8000),
        ("controller", "web", 22),
        ("worker", "web", 8000),
        ("web", "worker", 5432),
        ("web", "postgres", 587),
        ("web", "postgres", 80),
        ("web", "api", 8443),
        ("beat", "postgres", 443),
        ("migrate", "postgres", 6379),
    ],
)
def test_process_reaches_nothing_else(reaches, source, target, port):
    assert not reaches(source, target, port), f"{source} reaches {target} on port {port}"


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("controller", "web", 8000),
        ("web", "postgres", 5432),
        ("web", "postgres", 6379),
        ("worker", "postgres", 587),
        ("beat", "postgres", 6379),
        ("migrate", "postgres", 5432),
    ],
)
def test_process_reaches_what_it_needs(reaches, source, target, port):
    assert reaches(source, target, port), f"{source} does not reach {target} on port {port}"
    if source != "controller":
        for protocol in ("TCP", "UDP"):
            assert reaches(source, "dns", 53, protocol), f"{source} asks for no names by {protocol}"


def test_ingress_leads_to_the_service_by_https_and_lets_uploads_through(named, run):
    ingress = named("Ingress", "web")
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    service = path["backend"]["service"]
    ports = named("Service", service["name"])["spec"]["ports"]
    assert service["port"]["name"] in {port["name"] for port in ports}
    assert (path["path"], path["pathType"]) == ("/", "Prefix")
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    size = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert size == f"{settings.UPLOAD_MAX_SIZE // 1024**2}m"
    _, objects = run("--image", IMAGE, "--host", "other.example")
    (other,) = [found for found in objects if found["kind"] == "Ingress"]
    assert other["spec"]["rules"][0]["host"] == "other.example"


def test_one_web_process_may_be_away_at_a_time(named, pods):
    budget = named("PodDisruptionBudget", "web")["spec"]
    assert budget["selector"]["matchLabels"] == pods["web"]["metadata"]["labels"]
    assert 0 < budget["minAvailable"] < named("Deployment", "web")["spec"]["replicas"]
