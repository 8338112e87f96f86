"""The network, and who may talk to whom in it."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from django_ecs.checks import acknowledge
from django_ecs.options import Options

WEB_PORT = 8000
DATABASE_PORT = 5432
CACHE_PORT = 6379


class Network(Construct):
    """A VPC with three kinds of subnets in two zones, and a security group for each role.

    Attributes:
        vpc: the network itself.
        balancer: the group of the load balancer, the only one that the world reaches.
        application: the group of all tasks.
        database: the group of Postgres.
        cache: the group of the cache and broker.
    """

    def __init__(self, scope: Construct, id: str, *, options: Options) -> None:
        super().__init__(scope, id)
        kinds = {
            "public": ec2.SubnetType.PUBLIC,  # The load balancer and the NAT gateways.
            "private": ec2.SubnetType.PRIVATE_WITH_EGRESS,  # The tasks: out, but not in.
            "isolated": ec2.SubnetType.PRIVATE_ISOLATED,  # The data: neither out nor in.
        }
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=options.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name=name,
                    subnet_type=kind,
                    cidr_mask=24,
                    # The load balancer gets its addresses by itself; nothing else needs one.
                    map_public_ip_on_launch=False if name == "public" else None,
                )
                for name, kind in kinds.items()
            ],
            # The way to S3 costs nothing here, and the NAT gateway bills each gigabyte.
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        acknowledge(
            self.vpc, {"AwsSolutions-VPC7": "Flow logs cost more than a small site itself."}
        )

        self.balancer = self._group("Balancer", "The load balancer")
        self.application = self._group("Application", "The tasks", allow_all_outbound=True)
        self.database = self._group("Database", "Postgres")
        self.cache = self._group("Cache", "The cache and broker")

        for port in [443, 80]:  # Port 80 redirects to 443.
            self.balancer.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), "The world")
        acknowledge(self.balancer, {"AwsSolutions-EC23": "A public site: the world may reach it."})
        self.balancer.add_egress_rule(self.application, ec2.Port.tcp(WEB_PORT), "To the tasks")
        self._allow(self.balancer, self.application, WEB_PORT)
        self._allow(self.application, self.database, DATABASE_PORT)
        self._allow(self.application, self.cache, CACHE_PORT)

    def _group(
        self, name: str, description: str, allow_all_outbound: bool = False
    ) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self,
            name,
            vpc=self.vpc,
            description=description,
            allow_all_outbound=allow_all_outbound,
        )

    @staticmethod
    def _allow(source: ec2.SecurityGroup, target: ec2.SecurityGroup, port: int) -> None:
        target.add_ingress_rule(source, ec2.Port.tcp(port), "From the group before it")
