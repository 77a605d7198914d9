"""What AWS shows that does not belong to some connections: it must not change when they end."""

from peerwright_client.describe import OWNER_TAG, tags

OUR_TAGS = "peerwright:"


def apart_from(shown: dict[str, list], connections: set[str], asking: set[str]) -> dict[str, list]:
    """Everything shown, except these connections, the routes over them, our rules for them, and our tags on them and
    on the VPCs that request them."""

    def is_for(rule: dict) -> bool:
        return tags(rule).get(OWNER_TAG) in connections

    def is_answer(tag: dict) -> bool:
        on_ours = tag["ResourceId"] in connections | asking and tag["Key"].startswith(OUR_TAGS)
        return on_ours or (tag["Key"] == OWNER_TAG and tag["Value"] in connections)

    def rest(kind: str, found: list[dict]) -> list[dict]:
        match kind:
            case "VpcPeeringConnections":
                return [one for one in found if one["VpcPeeringConnectionId"] not in connections]
            case "RouteTables":
                return [_without_routes(one, connections) for one in found]
            case "SecurityGroupRules":
                return [one for one in found if not is_for(one)]
            case "SecurityGroups":
                # Their rules are compared as SecurityGroupRules.
                return [{**one, "IpPermissions": [], "IpPermissionsEgress": []} for one in found]
            case "Tags":
                return [one for one in found if not is_answer(one)]
            case "Vpcs":
                return [_without_our_tags(one) if one["VpcId"] in asking else one for one in found]
        return found

    return {name: rest(name.rpartition(" ")[2], found) for name, found in shown.items()}


def _without_routes(table: dict, connections: set[str]) -> dict:
    routes = [route for route in table["Routes"] if route.get("VpcPeeringConnectionId") not in connections]
    return {**table, "Routes": routes}


def _without_our_tags(vpc: dict) -> dict:
    return {**vpc, "Tags": [tag for tag in vpc.get("Tags", []) if not tag["Key"].startswith(OUR_TAGS)]}
