"""Start MiniStack, and make it do what a deployment needs."""

from __future__ import annotations

import os
from pathlib import Path

from docker.models.containers import ContainerCollection
from ministack import app
from ministack.core.responses import StreamingResponse
from ministack.services import (
    alb,
    ec2,
    ecr,
    ecs,
    elasticache,
    imds,
    rds,
    route53,
    s3,
    secretsmanager,
    sts,
)
from ministack.services.cloudformation import provisioners, stacks

from . import (
    buckets,
    cache,
    container_names,
    credentials,
    database,
    dns_names,
    ecs_services,
    federation,
    images,
    network,
    stopping,
    task_definitions,
    tls_trust,
    tokens,
    traffic,
)

# Their handlers wait for containers. On the thread that answers requests, nothing else would be
# answered meanwhile, not even what the load balancer forwards.
_SLOW = ("AWS::ECS::Service", "AWS::RDS::DBInstance")


def main() -> None:
    """Change MiniStack, and run it until it is stopped."""
    container_names.name(ContainerCollection, os.environ["EMULATION_NAME"])
    cache.start_anywhere(elasticache, ContainerCollection)
    credentials.register(imds, sts)
    task_definitions.complete(provisioners, ecs, secretsmanager)
    tls_trust.publish(
        [rds.pg_ca_cert_pem(), elasticache._ensure_serverless_ca()[0]], Path("/trust")
    )
    tls_trust.share(ecs, f"{os.environ['EMULATION_NAME']}-trust")
    stopping.with_grace(ecs, traffic.Traffic(alb, StreamingResponse).is_idle)
    ecs_services.check_health(ecs, alb)
    ecs_services.wait_for_stability(provisioners, ecs)
    database.start_servers(provisioners, rds)
    network.Network(provisioners, ec2)
    buckets.tag(provisioners, s3)
    images.refuse_missing(ecr)
    dns_names.number(route53, os.environ["EMULATION_ZONES"].split())
    dns_names.resolve(app, alb, route53)
    slow = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda kind: kind in _SLOW or slow(kind)
    given = tokens.Tokens()
    federation.take(sts, given.note)
    # On the network of the containers, where jobs ask.
    tokens.serve(given, ("0.0.0.0", tokens.PORT))
    app.main()


if __name__ == "__main__":
    main()
