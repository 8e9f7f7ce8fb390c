"""The program behind `landing.cloud`: moto's server, with one gap closed.

moto's CloudFormation cannot change a log group that exists: the update is lost, and so is the stack's hold on the group,
which then outlives the stack. Retention is a parameter of every landing zone, so the missing step is added here.
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


LogGroup.update_from_cloudformation_json = staticmethod(_update)  # type: ignore[method-assign]

if __name__ == "__main__":
    main(sys.argv[1:])
