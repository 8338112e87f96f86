"""The construct that other projects use."""

from constructs import Construct

from django_ecs.network import Network
from django_ecs.options import Options


class DjangoEcs(Construct):
    """A Django application on ECS, with everything that it needs.

    Attributes:
        network: the VPC and its security groups.
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
