"""How many pages a sweep has to read, and the items of the ledger's table."""

import json
import math

from world import World

from peerwright_client.aws import Place
from peerwright_client.hub import CONNECTIONS

TABLES_PER_PAGE, THINGS_PER_PAGE = 100, 1000
KINDS = {
    "DescribeVpcPeeringConnections": ("describe_vpc_peering_connections", "VpcPeeringConnections", THINGS_PER_PAGE),
    "DescribeVpcs": ("describe_vpcs", "Vpcs", THINGS_PER_PAGE),
    "DescribeRouteTables": ("describe_route_tables", "RouteTables", TABLES_PER_PAGE),
    "DescribeSecurityGroups": ("describe_security_groups", "SecurityGroups", THINGS_PER_PAGE),
    "DescribeSecurityGroupRules": ("describe_security_group_rules", "SecurityGroupRules", THINGS_PER_PAGE),
    "DescribeSubnets": ("describe_subnets", "Subnets", THINGS_PER_PAGE),
}


def page_count(world: World, place: Place, action: str) -> int:
    """How many pages a Describe call has in a place; there is no entry for calls that a sweep must not make."""
    verb, key, size = KINDS[action]
    found = [one for page in world.aws.ec2(place).get_paginator(verb).paginate() for one in page[key]]
    pages = max(1, math.ceil(len(found) / size))
    if action == "DescribeSecurityGroupRules":
        # Asked for by the ids of 200 groups at a time, and once more by our tag.
        groups = world.aws.ec2(place).get_paginator("describe_security_groups").paginate()
        return pages + max(1, math.ceil(sum(len(page["SecurityGroups"]) for page in groups) / 200))
    return pages


def stored_items(world: World) -> list[str]:
    """Every item of the connections' table as it is stored: history, claims and members, too, and not when a sweep began or looked last."""
    pages = world.aws.client("dynamodb", world.aws.hub).get_paginator("scan").paginate(TableName=CONNECTIONS)
    items = [item for page in pages for item in page["Items"] if item["connection"]["S"] not in ("quiet", "sweep")]
    return sorted(json.dumps(item, sort_keys=True) for item in items)
