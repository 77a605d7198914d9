"""The server of EC2 and STS on a loopback port, and its clients."""

from __future__ import annotations

import itertools
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable

import boto3
import pytest
from aws_world import document, eventually
from botocore.config import Config
from botocore.exceptions import ClientError

from peerwright_local import policies, refusals
from peerwright_local.ec2.server import make_server
from peerwright_local.settings import Settings
from peerwright_local.state import ACCOUNTS, REGIONS

HUB, A, B, STRANGER = ACCOUNTS.values()
WEST, CENTRAL = REGIONS
# The client does not check parameters: the server is to refuse wrong ones.
ONCE = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
# What most tests are not about: everything is known everywhere at once, and what other tests did does not count.
AT_ONCE = {
    "initiating_seconds": 0,
    "provisioning_seconds": 0,
    "side_lag_seconds": 0,
    "reference_lag_seconds": 0,
    "throttling": False,
    "outstanding_requests_per_vpc": 1000,
}


def statement(actions: str | list[str], resources: str | list[str] = "*", effect: str = "Allow", **conditions) -> dict:
    """A statement of a policy, with conditions if there are any: `StringEquals={…}`."""
    made = {"Effect": effect, "Action": actions, "Resource": resources}
    return {**made, "Condition": conditions} if conditions else made


class World:
    def __init__(self):
        policies.install()
        self.settings = Settings()
        self.delivered: list[dict] = []
        self.roles: dict[tuple[str, str], dict] = {}
        self.principals: dict[str, dict] = {}
        self._server = make_server(
            "127.0.0.1",
            0,
            self.settings,
            self._deliver,
            lambda *key: self.roles.get(key),
            self.principals.get,
            records={"refusals": refusals.refusals},
        )
        self.endpoint = f"http://127.0.0.1:{self._server.port}"
        self._clients: dict[tuple, object] = {}
        self._second_octet = itertools.count(1)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _deliver(self, envelope: dict) -> None:
        self.delivered.append(envelope)

    def close(self) -> None:
        self._server.shutdown()

    def wait_for_deliveries(self) -> None:
        wait_for(lambda: self.get("status")["counters"]["waiting"] == 0)

    def reset(self) -> None:
        self.wait_for_deliveries()
        self.settings.reset()
        self.settings.change(AT_ONCE)
        self.delivered.clear()
        self.roles.clear()
        self.principals.clear()

    def client(self, service: str, account: str, region: str = WEST, **credentials):
        key = (service, account, region, credentials.get("aws_access_key_id"))
        if key not in self._clients:
            keys = credentials or {"aws_access_key_id": account, "aws_secret_access_key": "local"}
            self._clients[key] = boto3.client(
                service, region_name=region, endpoint_url=self.endpoint, config=ONCE, **keys
            )
        return self._clients[key]

    def ec2(self, account: str = A, region: str = WEST):
        return self.client("ec2", account, region)

    def role(
        self,
        account: str = A,
        name: str = "peerwright-member",
        *,
        allowed: list[dict] | None = None,
        boundary: list[dict] | None = None,
        trust: list[dict] | None = None,
        path: str = "/",
    ) -> str:
        """Makes a role, or makes it anew; returns its ARN. Without more it trusts the hub and may do everything."""
        arn = f"arn:aws:iam::{account}:role{path}{name}"
        trusting_hub = [{"Effect": "Allow", "Principal": {"AWS": HUB}, "Action": "sts:AssumeRole"}]
        self.roles[account, name] = {
            "arn": arn,
            "trust_policy": {"Version": "2012-10-17", "Statement": trust or trusting_hub},
            "policies": [document(*([statement("*")] if allowed is None else allowed))],
            "boundary": None if boundary is None else document(*boundary),
        }
        return arn

    def assume(self, caller: str, role_arn: str, **more) -> dict:
        answer = self.client("sts", caller).assume_role(RoleArn=role_arn, RoleSessionName="hub", **more)
        return answer["Credentials"]

    def ec2_as(self, credentials: dict, region: str = WEST):
        return self.client(
            "ec2",
            "",
            region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    def vpc(self, account: str = A, region: str = WEST, cidr: str | None = None, ipv6: bool = False) -> str:
        number = next(self._second_octet)
        cidr = cidr or f"10.{number % 256}.0.0/16"
        ec2 = self.ec2(account, region)
        return ec2.create_vpc(CidrBlock=cidr, AmazonProvidedIpv6CidrBlock=ipv6)["Vpc"]["VpcId"]

    def request(self, requester: str, accepter: str, requested_by=(A, WEST), owner=B, region=WEST, **more) -> str:
        answer = self.ec2(*requested_by).create_vpc_peering_connection(
            VpcId=requester, PeerVpcId=accepter, PeerOwnerId=owner, PeerRegion=region, **more
        )
        return answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]

    def active(self, requester_at=(A, WEST), accepter_at=(B, WEST)) -> tuple[str, str, str]:
        """Makes an active connection; returns it with its two VPCs."""
        requester, accepter = self.vpc(*requester_at), self.vpc(*accepter_at)
        connection = self.request(requester, accepter, requester_at, *accepter_at)
        self.ec2(*accepter_at).accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
        return connection, requester, accepter

    def seen(self, connection: str, account: str = A, region: str = WEST) -> dict:
        answer = self.ec2(account, region).describe_vpc_peering_connections(VpcPeeringConnectionIds=[connection])
        return answer["VpcPeeringConnections"][0]

    def state(self, connection: str, account: str = A, region: str = WEST) -> str:
        return self.seen(connection, account, region)["Status"]["Code"]

    def main_table(self, vpc: str, account: str = A, region: str = WEST) -> dict:
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
        return self.ec2(account, region).describe_route_tables(Filters=filters)["RouteTables"][0]

    def route(self, vpc: str, destination: str, account: str = A, region: str = WEST) -> dict | None:
        for route in self.main_table(vpc, account, region)["Routes"]:
            if destination in (route.get("DestinationCidrBlock"), route.get("DestinationIpv6CidrBlock")):
                return route
        return None

    def advance(self, seconds: float) -> None:
        assert self.post("clock", {"advance_seconds": seconds})[0] == 200

    def get(self, name: str):
        with urllib.request.urlopen(f"{self.endpoint}/_local/{name}") as answer:
            return json.load(answer)

    def post(self, name: str, body: object) -> tuple[int, dict]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_local/{name}", data=data, method="POST")
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def events(self, name: str) -> list[dict]:
        """The envelopes of this event name, once all events have been delivered."""
        self.wait_for_deliveries()
        return [one for one in list(self.delivered) if one["detail"].get("eventName", one["detail-type"]) == name]


def wait_for(condition: Callable[[], object], seconds: float = 5.0):
    return eventually(condition, seconds)


def error_of(call: Callable, **params) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    response = raised.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def code_of(call: Callable, **params) -> str:
    return error_of(call, **params)[0]
