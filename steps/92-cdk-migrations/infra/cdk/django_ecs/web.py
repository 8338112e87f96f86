"""The way of visitors: a name, a load balancer with TLS, and the service that responds."""

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from django_ecs.checks import acknowledge
from django_ecs.network import WEB_PORT, Network
from django_ecs.options import Options
from django_ecs.tasks import Tasks


class Web(Construct):
    """The web service behind a load balancer, under a domain name.

    Attributes:
        service: the service that serves requests.
        balancer: the load balancer.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        network: Network,
        tasks: Tasks,
        definition: ecs.FargateTaskDefinition,
        zone: route53.IHostedZone,
        domain_name: str,
        certificate_arn: str | None,
        health_check_path: str,
        options: Options,
    ) -> None:
        super().__init__(scope, id)
        self.balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            internet_facing=True,
            security_group=network.balancer,
            drop_invalid_header_fields=True,
            deletion_protection=options.keep_data,
        )
        acknowledge(
            self.balancer, {"AwsSolutions-ELB2": "The application logs each request itself."}
        )
        # `open`: the network has the rules already.
        self.balancer.add_redirect(open=False)  # http to https
        https = self.balancer.add_listener(
            "Https",
            port=443,
            certificates=[self._certificate(zone, domain_name, certificate_arn)],
            ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS,
            open=False,
        )

        definition.default_container.add_port_mappings(ecs.PortMapping(container_port=WEB_PORT))
        self.service = tasks.service(
            "WebService",
            definition,
            count=options.web_count,
            # A task that starts is not asked in vain.
            health_check_grace_period=Duration.seconds(60),
        )
        https.add_targets(
            "Web",
            port=WEB_PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            targets=[self.service],
            # Whether the process responds; not whether its database does. Otherwise, all tasks
            # would be replaced while the database is away, which makes nothing better.
            health_check=elbv2.HealthCheck(
                path=health_check_path,
                healthy_http_codes="200",
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
            # So long, a task that is to stop may finish the requests that it has.
            deregistration_delay=Duration.seconds(30),
        )
        route53.ARecord(
            self,
            "Record",
            zone=zone,
            record_name=f"{domain_name}.",
            target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.balancer)),
        )

    def _certificate(
        self, zone: route53.IHostedZone, domain_name: str, arn: str | None
    ) -> acm.ICertificate:
        """Return the given certificate, or a new one; a record in the zone proves whose it is."""
        if arn:
            return acm.Certificate.from_certificate_arn(self, "Certificate", arn)
        return acm.Certificate(
            self,
            "Certificate",
            domain_name=domain_name,
            validation=acm.CertificateValidation.from_dns(zone),
        )
