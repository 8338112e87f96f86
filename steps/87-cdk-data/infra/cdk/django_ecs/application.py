"""The construct that other projects use."""

from constructs import Construct

from django_ecs.data import Data
from django_ecs.network import Network
from django_ecs.options import Options


class DjangoEcs(Construct):
    """A Django application on ECS, with everything that it needs.

    Attributes:
        network: the VPC and its security groups.
        data: the database, the cache and broker, the bucket.
    """

    def __init__(self, scope: Construct, id: str, *, options: Options = Options()) -> None:
        """Make the resources.

        Args:
            scope: the stack.
            id: the name in it.
            options: sizes, numbers, and what happens to the data.
        """
        super().__init__(scope, id)
        self.network = Network(self, "Network", options=options)
        self.data = Data(self, "Data", network=self.network, options=options)
