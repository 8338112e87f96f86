"""EC2: four types that MiniStack's CloudFormation lacks. They are data: no packet passes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Created = tuple[str, dict[str, str]]


class Network:
    """Handlers of the types, over MiniStack's own store.

    Args:
        provisioners: where CloudFormation finds its handlers.
        ec2: the store.
    """

    def __init__(self, provisioners: Any, ec2: Any) -> None:
        self._provisioners, self._ec2 = provisioners, ec2
        provisioners._RESOURCE_HANDLERS.update(
            {
                "AWS::EC2::EIP": {
                    "create": self.create_address,
                    "delete": self.delete_address,
                },
                "AWS::EC2::NatGateway": {
                    "create": self.create_gateway,
                    "delete": self.delete_gateway,
                },
                "AWS::EC2::SecurityGroupIngress": self._rules("IpPermissions"),
                "AWS::EC2::SecurityGroupEgress": self._rules("IpPermissionsEgress"),
            }
        )

    def create_address(self, logical_id: str, properties: Any, stack: str) -> Created:
        """Allocate an elastic address."""
        before = set(self._ec2._addresses)
        self._ec2._allocate_address({"Domain": ["vpc"]})
        (name,) = set(self._ec2._addresses) - before
        self._provisioners._ec2_apply_tags(name, properties)
        address = self._ec2._addresses[name]["PublicIp"]
        return address, {"AllocationId": name, "PublicIp": address}

    def delete_address(self, name: str, properties: Any) -> None:
        """Release it."""
        for key, address in list(self._ec2._addresses.items()):
            if address["PublicIp"] == name:
                del self._ec2._addresses[key]

    def create_gateway(self, logical_id: str, properties: Any, stack: str) -> Created:
        """Create a NAT gateway in a subnet, with an address, which both must be there."""
        subnet, address = properties["SubnetId"], properties.get("AllocationId")
        if subnet not in self._ec2._subnets:
            raise ValueError(f"NatGateway: there is no subnet {subnet}")
        if address not in self._ec2._addresses:
            raise ValueError(f"NatGateway: there is no address {address}")
        before = set(self._ec2._nat_gateways)
        self._ec2._create_nat_gateway({"SubnetId": [subnet], "AllocationId": [address]})
        (name,) = set(self._ec2._nat_gateways) - before
        self._provisioners._ec2_apply_tags(name, properties)
        return name, {"NatGatewayId": name}

    def delete_gateway(self, name: str, properties: Any) -> None:
        """Take it away."""
        self._ec2._nat_gateways.pop(name, None)

    def _rules(self, direction: str) -> dict[str, Callable[..., Any]]:
        """Return handlers of rules that stand beside their security group."""

        read = self._provisioners._ec2_sg_permissions

        def create(logical_id: str, properties: Any, stack: str) -> Created:
            group = self._ec2._security_groups.get(properties["GroupId"])
            if group is None:
                raise ValueError(f"{logical_id}: there is no group {properties['GroupId']}")
            group[direction] = [*group.get(direction, ()), *read([properties])]
            return f"sgr-{logical_id}", {"Id": f"sgr-{logical_id}"}

        def delete(name: str, properties: Any) -> None:
            group = self._ec2._security_groups.get(properties.get("GroupId"))
            if group is not None:
                gone = read([properties])
                group[direction] = [rule for rule in group[direction] if rule not in gone]

        return {"create": create, "delete": delete}
