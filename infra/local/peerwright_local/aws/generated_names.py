"""Names that CloudFormation makes for resources that have none in the template."""

import hashlib

from ministack.core.responses import get_region
from ministack.services.cloudformation import provisioners

from peerwright_local.aws.replace import replace

_SUFFIX = 13


def install() -> None:
    replace(provisioners, "_physical_name", _of_the_region)


def _of_the_region(physical_name):
    def name(stack_name, logical_id, **keywords):
        made = physical_name(stack_name, logical_id, **keywords)
        suffix = hashlib.sha256(f"{made} {get_region()}".encode()).hexdigest()[:_SUFFIX]
        return made[:-_SUFFIX] + (suffix if made.islower() else suffix.upper())

    return name
