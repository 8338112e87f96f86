"""What cdk-nag finds and we keep, each with its reason."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Keep what the rules of cdk-nag find in a construct and below it.

    Args:
        construct: where the rules no longer fail.
        reasons: the id of each rule, and why it is no fault here.
    """
    Validations.of(construct).acknowledge(
        *[Acknowledgment(id=id, reason=reason) for id, reason in reasons.items()]
    )
