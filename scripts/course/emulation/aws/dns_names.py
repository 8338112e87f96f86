"""Route 53: a request for a name whose record leads to a load balancer reaches that balancer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def number(route53: Any, zones: Iterable[str]) -> None:
    """Let the zones that are created first have these ids."""
    given, usual = iter(list(zones)), route53._zone_id
    route53._zone_id = lambda: next(given, None) or usual()


def resolve(gateway: Any, balancers: Any, route53: Any) -> None:
    """Let the balancer answer for the names of the alias records that point to it.

    Args:
        gateway: what takes the requests (``ministack.app``).
        balancers: the load balancers.
        route53: the records.
    """
    may_be, find = gateway._is_potential_alb_request, balancers.find_lb_for_host

    def target(host: str) -> str:
        wanted = host.split(":")[0].lower().rstrip(".") + "."
        for records in route53._records.values():
            for record in records:
                if record.get("Name", "").lower() == wanted and record.get("AliasTarget"):
                    name = record["AliasTarget"]["DNSName"].lower()
                    return str(name).removeprefix("dualstack.").rstrip(".")
        return ""

    def may_be_named(host: str, path: str) -> bool:
        return bool(may_be(host, path) or target(host))

    def find_named(host: str) -> Any:
        return find(host) or find(target(host))

    gateway._is_potential_alb_request = may_be_named
    balancers.find_lb_for_host = find_named
