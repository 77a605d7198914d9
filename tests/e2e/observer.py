"""What AWS, the ledger and Peerwright's notifications show to an observer who changes nothing."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path

from listener import Listener

from functions import Functions
from peerwright_client import describe
from peerwright_client.aws import Place, eventually
from peerwright_client.describe import STATUS_TAG, Route, Rule
from peerwright_client.hub import is_of_member_role, writes
from peerwright_client.vpcs import Vpc

ENDED = ("deleted", "deleting", "rejected", "expired", "failed")


class Observer(Functions):
    def __init__(self, directory: Path):
        super().__init__(directory)
        self.begin_observation()

    def begin_observation(self) -> None:
        """From now on, the calls of functions are those of the present test."""
        self.count_calls_from_here()

    def until(self, look: Callable[[], object], seconds: float = 60.0) -> None:
        assert eventually(look, seconds), f"not within {seconds} s"

    # ---- the ledger ----

    def becomes(self, status: str, connection: str, seconds: float = 60.0) -> dict:
        """The ledger's entry of a connection, once it has this status and both sides know of what was done."""
        entry = self.hub.becomes(connection, status, seconds=seconds)
        assert entry.get("status") == status, entry or f"the ledger has no {connection}"
        places = [Place(end["account"], end["region"]) for end in entry.get("ends", {}).values()]
        eventually(lambda: describe.is_known(self.aws, places, connection), 5)
        return entry

    # ---- connections ----

    def state(self, vpc: Vpc, connection: str) -> str:
        """The state of a connection for the account of a VPC. A deletion that is under way is waited for."""
        eventually(lambda: describe.state(self.aws, vpc.place, connection) != "deleting", 5)
        return describe.state(self.aws, vpc.place, connection)

    def between(self, one: Vpc, other: Vpc, *, ended: bool = False) -> list[str]:
        """The connections of two VPCs in either direction, as the first one's account sees them."""
        found = []
        for own, peer in (("requester", "accepter"), ("accepter", "requester")):
            filters = [
                {"Name": f"{own}-vpc-info.vpc-id", "Values": [one.id]},
                {"Name": f"{peer}-vpc-info.vpc-id", "Values": [other.id]},
            ]
            found += self.aws.ec2(one.place).describe_vpc_peering_connections(Filters=filters)["VpcPeeringConnections"]
        return [
            peering["VpcPeeringConnectionId"] for peering in found if ended or peering["Status"]["Code"] not in ENDED
        ]

    def joined(self, one: Vpc, other: Vpc, status: str = "converged", seconds: float = 60.0) -> str:
        """The only connection of two VPCs, once it exists and has this status in the ledger."""
        self.until(lambda: self.between(one, other), seconds)
        [connection] = self.between(one, other)
        self.becomes(status, connection, seconds)
        assert self.between(one, other) == [connection]
        return connection

    def resolves(self, vpc: Vpc, connection: str) -> bool:
        return describe.resolves(self.aws, vpc, connection)

    # ---- tags ----

    def tags(self, vpc: Vpc) -> dict[str, str]:
        """The tags of a VPC, as its own account sees them."""
        return describe.tags_of_vpc(self.aws, vpc)

    def connection_tags(self, vpc: Vpc, connection: str) -> dict[str, str]:
        """The tags of a connection for the account and Region of a VPC: each has its own."""
        return describe.tags_of_connection(self.aws, vpc.place, connection)

    def says(self, vpc: Vpc, *words: str, seconds: float = 60.0) -> str:
        """The status tag of a VPC, once it contains all of these words."""
        eventually(lambda: all(word in self.tags(vpc).get(STATUS_TAG, "") for word in words), seconds)
        status = self.tags(vpc).get(STATUS_TAG, "")
        missing = [word for word in words if word not in status]
        assert missing == [], f"{vpc.id} has the status {status!r}, without {missing}"
        return status

    # ---- routes, security group rules and CIDR blocks ----

    def routes(self, vpc: Vpc, connection: str) -> set[Route]:
        return describe.routes_over(self.aws, vpc, connection)

    def rules(self, vpc: Vpc, connection: str | None = None) -> set[Rule]:
        return describe.rules_in(self.aws, vpc, connection)

    def blocks(self, vpc: Vpc) -> list[str]:
        return describe.cidrs(self.aws, vpc)

    def every_route(self, vpc: Vpc, peer: Vpc) -> set[Route]:
        """An active route from each table of a VPC to each block of its peer."""
        return {Route(table, block, "active") for table in vpc.all_tables for block in self.blocks(peer)}

    def routed(self, requester: Vpc, accepter: Vpc, connection: str) -> None:
        """Asserts that both sides have every route, and no other over this connection."""
        for vpc, peer in ((requester, accepter), (accepter, requester)):
            assert self.routes(vpc, connection) == self.every_route(vpc, peer)

    def target(self, vpc: Vpc, table: str, block: str) -> str | None:
        """The gateway or connection that is the target of a table's route to a block."""
        [found] = self.aws.ec2(vpc.place).describe_route_tables(RouteTableIds=[table])["RouteTables"]
        [route] = [one for one in found["Routes"] if describe.destination(one) == block]
        return route.get("GatewayId") or route.get("VpcPeeringConnectionId")

    # ---- the calls that functions made as member roles ----

    def count_calls_from_here(self) -> None:
        self._earlier_calls = self.aws.calls_so_far()

    def role_calls(self) -> list[dict]:
        """Those since the test began."""
        return [call for call in self.aws.calls(self._earlier_calls) if is_of_member_role(call)]

    def role_writes(self) -> list[str]:
        """The actions of those that changed something."""
        return [call["action"] for call in writes(self.role_calls())]

    def refusals(self, code: str) -> list[dict]:
        """Those that EC2 refused with this code."""
        return [call for call in self.role_calls() if call["error"] == code]

    def times(self, function: str, action: str, place: Place) -> list[datetime]:
        """When a function made this call in a place."""
        wanted = {"session": f"peerwright-{function}", "action": action, **place._asdict()}
        return [datetime.fromisoformat(call["time"]) for call in self.role_calls() if wanted.items() <= call.items()]

    # ---- events on the hub's bus, and mails of its topic ----

    @cached_property
    def listener(self) -> Listener:
        return Listener(self.aws)

    def told(self, connection: str) -> list[tuple[str, dict]]:
        """The outcome events about a connection so far: kind and detail, oldest first."""
        events = [(event["detail-type"], event["detail"]) for event in self.listener.told()]
        return [(kind, detail) for kind, detail in events if detail.get("connection") == connection]

    def tells(self, kind: str, connection: str, seconds: float = 60.0) -> dict:
        """The detail of the newest event of this kind about a connection, once there is one."""
        eventually(lambda: kind in dict(self.told(connection)), seconds)
        told = dict(self.told(connection))
        assert kind in told, f"no event {kind!r} about {connection}, only {list(told)}"
        return told[kind]

    def mailed(self, connection: str) -> list[str]:
        """The mails about a connection so far."""
        return [mail for mail in self.listener.mailed() if connection in mail]

    def mails(self, connection: str, *words: str, seconds: float = 60.0) -> str:
        """The newest mail about a connection with all of these words, once there is one."""

        def fitting():
            return [mail for mail in self.mailed(connection) if all(word in mail for word in words)]

        found = eventually(fitting, seconds)
        assert found, f"no mail about {connection} has all of {words}: {self.mailed(connection)}"
        return found[-1]
