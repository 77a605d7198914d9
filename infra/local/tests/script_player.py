"""Plays one of the scripts in tests/fixtures/scripts against EC2 of the local AWS; its README says what they may contain."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from botocore.exceptions import ClientError, ConnectionClosedError
from ec2_world import CENTRAL, WEST, A, B

SCRIPTS = Path(__file__).parents[3] / "tests/fixtures/scripts"
ACCOUNTS, REGIONS = {"A": A, "B": B}, {"west": WEST, "central": CENTRAL}
ACTIONS = {
    "request": "CreateVpcPeeringConnection",
    "accept": "AcceptVpcPeeringConnection",
    "reject": "RejectVpcPeeringConnection",
    "delete": "DeleteVpcPeeringConnection",
    "create route": "CreateRoute",
    "authorize": "AuthorizeSecurityGroupIngress",
    "dns": "ModifyVpcPeeringConnectionOptions",
    "tag": "CreateTags",
}
SETTINGS = {
    "initiating": "initiating_seconds",
    "provisioning": "provisioning_seconds",
    "side lag": "side_lag_seconds",
    "throttling": "throttling",
    "identical route": "identical_route",
    "route changes conflict": "route_changes_conflict",
    "tag policy": "tag_policy",
    "routes per table": "routes_per_table",
    "rules per group": "rules_per_group",
    "outstanding requests": "outstanding_requests_per_vpc",
    "connections per VPC": "connections_per_vpc",
}
LIVING = ("initiating-request", "pending-acceptance", "provisioning", "active")
# Long enough that calls which are sent together meet.
TOGETHER_SECONDS = 0.3
MADE_FOR = "the tag of a request"
NOT_THERE = {"vpc": "vpc-0badbad0badbad000", "table": "rtb-0badbad0badbad000", "group": "sg-0badbad0badbad000"}


def scripts() -> list[dict]:
    return [script for file in sorted(SCRIPTS.glob("*.json")) for script in json.loads(file.read_text())]


class Player:
    def __init__(self, world, script: dict):
        self._world = world
        self._script = script
        self._vpcs: dict[str, dict] = {}
        self._connections: dict[str, str] = {}
        self._rules: dict[tuple, str] = {}

    def play(self) -> None:
        self._set({"settings": self._script.get("settings", {})})
        for name, vpc in self._script["vpcs"].items():
            self._vpcs[name] = self._make(name, vpc)
        for number, step in enumerate(self._script["steps"], 1):
            if step.get("only", "local") == "local":
                try:
                    self._step(step)
                except AssertionError as error:
                    raise AssertionError(f"step {number}, {json.dumps(step)}: {error}") from error

    def _make(self, name: str, wanted: dict) -> dict:
        account, region = _place(wanted["at"])
        if wanted.get("missing"):
            return {**NOT_THERE, "at": (account, region)}
        ec2 = self._world.ec2(account, region)
        first, *more = wanted["blocks"]
        vpc = ec2.create_vpc(CidrBlock=first)["Vpc"]["VpcId"]
        for block in more:
            ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=block)
        if wanted.get("dns", True):
            ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        return {
            "vpc": vpc,
            "at": (account, region),
            "table": self._world.main_table(vpc, account, region)["RouteTableId"],
            "group": ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"],
        }

    def _step(self, step: dict) -> None:
        verb = getattr(self, "_" + step["do"].replace(" ", "_"))
        if step["do"] == "together":
            verb(step)
            return
        for _ in range(step.get("times", 1)):
            _compare(step.get("refused"), _refusal(lambda: verb(step)))

    def _together(self, step: dict) -> None:
        """One of the calls is refused, whichever comes second, or none."""
        self._world.settings.change({"latency_seconds": TOGETHER_SECONDS})

        def call(one: dict) -> dict | None:
            return _refusal(lambda: getattr(self, "_" + one["do"].replace(" ", "_"))(one))

        with ThreadPoolExecutor(len(step["steps"])) as pool:
            refusals = [refusal for refusal in pool.map(call, step["steps"]) if refusal]
        self._world.settings.change({"latency_seconds": 0})
        assert len(refusals) == ("refused" in step), refusals
        _compare(step.get("refused"), refusals[0] if refusals else None)

    def _set(self, step: dict) -> None:
        for name, value in step["settings"].items():
            if name in SETTINGS:
                self._world.settings.change({SETTINGS[name]: value})
            elif name == "reference lag":
                never = value == "never"
                lag = {} if never else {"reference_lag_seconds": value}
                self._world.settings.change({"references_never_resolve": never, **lag})
            elif name == "denied":
                self._world.settings.change({"denied": " ".join(map(_action, value))})
            elif name == "regions off":
                self._world.settings.change({"regions_off": " ".join("/".join(_place(one)) for one in value)})
            else:
                assert name == "lose answer", name
                self._world.settings.change({"lose_answers": _action(value)})

    def _advance(self, step: dict) -> None:
        self._world.advance(step["seconds"])

    def _request(self, step: dict) -> None:
        requester, accepter = self._vpcs[step["from"]], self._vpcs[step["to"]]
        tags = [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": MADE_FOR, "Value": "x"}]}]
        made = self._world.request(
            requester["vpc"], accepter["vpc"], requester["at"], *accepter["at"], TagSpecifications=tags
        )
        if "same as" in step:
            assert made == self._connections[step["same as"]]
        else:
            assert made not in self._connections.values(), "it is not new"
        self._connections[step["connection"]] = made

    def _accept(self, step: dict) -> None:
        self._ec2(step).accept_vpc_peering_connection(VpcPeeringConnectionId=self._connections[step["connection"]])

    def _reject(self, step: dict) -> None:
        self._ec2(step).reject_vpc_peering_connection(VpcPeeringConnectionId=self._connections[step["connection"]])

    def _delete(self, step: dict) -> None:
        self._ec2(step).delete_vpc_peering_connection(VpcPeeringConnectionId=self._connections[step["connection"]])

    def _create_route(self, step: dict) -> None:
        vpc = self._vpcs[step["in"]]
        self._world.ec2(*vpc["at"]).create_route(
            RouteTableId=vpc["table"],
            VpcPeeringConnectionId=self._connections[step["over"]],
            **_destination(step["to"]),
        )

    def _delete_route(self, step: dict) -> None:
        vpc = self._vpcs[step["in"]]
        self._world.ec2(*vpc["at"]).delete_route(RouteTableId=vpc["table"], **_destination(step["to"]))

    def _authorize(self, step: dict) -> None:
        vpc, direction = self._vpcs[step["in"]], step.get("direction", "ingress")
        call = getattr(self._world.ec2(*vpc["at"]), f"authorize_security_group_{direction}")
        made = call(GroupId=vpc["group"], IpPermissions=[self._permission(step["port"], one) for one in step["from"]])
        for source, rule in zip(step["from"], made["SecurityGroupRules"], strict=True):
            self._rules[step["in"], direction, step["port"], source] = rule["SecurityGroupRuleId"]

    def _permission(self, port: int, source: str) -> dict:
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        if source in self._vpcs:
            pair = {"GroupId": self._vpcs[source]["group"], "UserId": self._vpcs[source]["at"][0]}
            return {**permission, "UserIdGroupPairs": [pair]}
        if ":" in source:
            return {**permission, "Ipv6Ranges": [{"CidrIpv6": source}]}
        return {**permission, "IpRanges": [{"CidrIp": source}]}

    def _revoke(self, step: dict) -> None:
        """By id, also of a rule that was there once."""
        vpc, direction = self._vpcs[step["in"]], step.get("direction", "ingress")
        ids = [self._rules[step["in"], direction, step["port"], source] for source in step["from"]]
        call = getattr(self._world.ec2(*vpc["at"]), f"revoke_security_group_{direction}")
        call(GroupId=vpc["group"], SecurityGroupRuleIds=ids)

    def _dns(self, step: dict) -> None:
        name = f"{step['side'].title()}PeeringConnectionOptions"
        self._ec2(step).modify_vpc_peering_connection_options(
            VpcPeeringConnectionId=self._connections[step["connection"]],
            **{name: {"AllowDnsResolutionFromRemoteVpc": step["on"]}},
        )

    def _tag(self, step: dict) -> None:
        tags = step.get("tags") or {f"key-{number}": "x" for number in range(step["count"])}
        self._ec2(step).create_tags(
            Resources=[self._resource(step["what"])], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
        )

    def _untag(self, step: dict) -> None:
        self._ec2(step).delete_tags(
            Resources=[self._resource(step["what"])], Tags=[{"Key": key} for key in step["keys"]]
        )

    def _see(self, step: dict) -> None:
        connection = self._connections[step["connection"]]
        ids = {"Name": "vpc-peering-connection-id", "Values": [connection]}
        found = self._ec2(step).describe_vpc_peering_connections(Filters=[ids])["VpcPeeringConnections"]
        assert (found[0]["Status"]["Code"] if found else "absent") == step["state"], found
        for side in ("requester", "accepter"):
            if f"{side} blocks" in step:
                blocks = [one["CidrBlock"] for one in found[0][f"{side.title()}VpcInfo"].get("CidrBlockSet", [])]
                assert sorted(blocks) == sorted(step[f"{side} blocks"]), blocks
        if "tagged" in step:
            assert [tag["Key"] for tag in found[0]["Tags"]] == [MADE_FOR] * step["tagged"], found[0]["Tags"]
        if "dns" in step:
            own = self._own_side(found[0], step)
            assert own["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] == step["dns"], own

    def _see_connections(self, step: dict) -> None:
        vpc = self._vpcs[step["of"]]
        found = self._world.ec2(*vpc["at"]).describe_vpc_peering_connections()["VpcPeeringConnections"]
        ends = [(one, (one["RequesterVpcInfo"]["VpcId"], one["AccepterVpcInfo"]["VpcId"])) for one in found]
        own = [one["VpcPeeringConnectionId"] for one, vpcs in ends if vpc["vpc"] in vpcs and one["Status"]["Code"] in LIVING]
        assert self._names(own) == sorted(step["connections"])

    def _see_pending(self, step: dict) -> None:
        """Of those that were made here: other scripts left theirs."""
        owner = {"Name": "accepter-vpc-info.owner-id", "Values": [_place(step["at"])[0]]}
        state = {"Name": "status-code", "Values": ["pending-acceptance"]}
        found = self._ec2(step).describe_vpc_peering_connections(Filters=[owner, state])["VpcPeeringConnections"]
        ours = [one["VpcPeeringConnectionId"] for one in found if one["VpcPeeringConnectionId"] in self._connections.values()]
        assert self._names(ours) == sorted(step["connections"])

    def _see_routes(self, step: dict) -> None:
        vpc = self._vpcs[step["of"]]
        routes = self._world.main_table(vpc["vpc"], *vpc["at"])["Routes"]
        made = [route for route in routes if route.get("GatewayId") != "local"]
        seen = {route.get("DestinationCidrBlock") or route["DestinationIpv6CidrBlock"]: route["State"] for route in made}
        assert seen == step["routes"], seen

    def _see_rules(self, step: dict) -> None:
        """Those into the group: a new one lets everything out."""
        vpc = self._vpcs[step["of"]]
        names = {one["group"]: name for name, one in self._vpcs.items()}
        filters = [{"Name": "group-id", "Values": [vpc["group"]]}]
        rules = self._world.ec2(*vpc["at"]).describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        seen = []
        for rule in rules:
            if not rule["IsEgress"]:
                source = rule.get("CidrIpv4") or rule.get("CidrIpv6") or names[rule["ReferencedGroupInfo"]["GroupId"]]
                seen.append(f"{rule['FromPort']} {source}")
        assert sorted(seen) == sorted(step["rules"]), seen

    def _see_tags(self, step: dict) -> None:
        vpc = self._vpcs[step["of"]]
        tags = self._world.ec2(*vpc["at"]).describe_vpcs(VpcIds=[vpc["vpc"]])["Vpcs"][0].get("Tags", [])
        assert len(tags) == step["count"], tags

    def _ec2(self, step: dict):
        return self._world.ec2(*_place(step["at"]))

    def _resource(self, name: str) -> str:
        return self._connections.get(name) or self._vpcs[name]["vpc"]

    def _names(self, ids: list[str]) -> list[str]:
        names = {connection: name for name, connection in reversed(self._connections.items())}
        return sorted(names[one] for one in ids)

    def _own_side(self, seen: dict, step: dict) -> dict:
        account, region = _place(step["at"])
        sides = seen["RequesterVpcInfo"], seen["AccepterVpcInfo"]
        return next(side for side in sides if (side["OwnerId"], side["Region"]) == (account, region))


def _place(text: str) -> tuple[str, str]:
    account, region = text.split("/")
    return ACCOUNTS[account], REGIONS[region]


def _action(text: str) -> str:
    account, verb = text.split("/")
    return f"{ACCOUNTS[account]}/{ACTIONS[verb]}"


def _destination(block: str) -> dict:
    return {"DestinationIpv6CidrBlock" if ":" in block else "DestinationCidrBlock": block}


def _refusal(call) -> dict | None:
    """A call that gets no answer is refused without a code."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]
    except ConnectionClosedError:
        return {}
    return None


def _compare(expected: dict | None, found: dict | None) -> None:
    assert (expected is None) == (found is None), found
    if expected is not None:
        assert found.get("Code") == expected.get("code"), found
        assert expected.get("words", "") in found.get("Message", ""), found
