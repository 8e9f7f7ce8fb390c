"""The program behind `landing.cloud`: moto's server, with two gaps closed, both in log groups.

moto's CloudFormation cannot change a log group that exists: the update is lost, and so is the stack's hold on the
group, which then outlives the stack. Retention is a parameter of every zone, so the missing step is added. And the
attribute `Arn` of a log group ends in `:*` on AWS, which roles rely on, and does not in moto.
"""

import sys
from typing import Any

from moto.logs.models import LogGroup
from moto.server import main


def _update(
    original_resource: LogGroup,
    new_resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> LogGroup:
    """Follow the template's retention, in place, as CloudFormation does."""
    days = cloudformation_json["Properties"].get("RetentionInDays")
    original_resource.retention_in_days = int(days) if days is not None else None
    return original_resource


def _attribute(self: LogGroup, attribute_name: str) -> str:
    found = _plain_attribute(self, attribute_name)
    return f"{found}:*" if attribute_name == "Arn" else found


_plain_attribute = LogGroup.get_cfn_attribute
LogGroup.update_from_cloudformation_json = staticmethod(_update)  # type: ignore[method-assign]
LogGroup.get_cfn_attribute = _attribute  # type: ignore[method-assign]

if __name__ == "__main__":
    main(sys.argv[1:])
