"""The network while most connections live: what the picture shows."""

import json
import os
import subprocess

from peerwright_client.hub import ROLE_PATH
from peerwright_demo.network import ENDED
from peerwright_demo.stage import Stage
from peerwright_local import Failure

# Of people who look: it may enter the member accounts, and change nothing.
_ROLE = "peerwright-explain"


class Peak:
    def __init__(self, stage: Stage):
        self._stage = stage
        self._most = -1
        self.map: dict = {}

    def look(self) -> None:
        """Draws the network if more connections live than ever before, or other ones."""
        living = self._living()
        if living >= self._most:
            self._most, self.map = living, self._graph()

    def _living(self) -> int:
        aws = self._stage.aws
        shown = (aws.ec2(place).describe_vpc_peering_connections()["VpcPeeringConnections"] for place in aws.places())
        return len({one["VpcPeeringConnectionId"] for here in shown for one in here if one["Status"]["Code"] not in ENDED})

    def _graph(self) -> dict:
        finished = subprocess.run(
            [self._stage.cli, "graph", "--format", "json"],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if finished.returncode != 0:
            raise Failure(f"peerwright graph failed: {finished.stderr.strip()}")
        return json.loads(finished.stdout)

    def _environment(self) -> dict[str, str]:
        aws = self._stage.aws
        role = f"arn:aws:iam::{aws.hub.account}:role{ROLE_PATH}{_ROLE}"
        session = aws.client("sts", aws.hub).assume_role(RoleArn=role, RoleSessionName="demo")["Credentials"]
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **own,
            **aws.environment(aws.hub),
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
        }
