"""What the acts share: clients, VPCs, the requests so far and the rows of the result."""

from dataclasses import dataclass, field
from pathlib import Path

from peerwright_client.aws import Aws, Place
from peerwright_client.hub import Hub
from peerwright_client.vpcs import Vpc
from peerwright_demo.report import Report


@dataclass(frozen=True)
class Request:
    """A connection that one VPC requested from another."""

    requester: Vpc
    accepter: Vpc
    connection: str
    asked_at: str
    # The only thing that anybody did.
    asked_by: str = "request"

    @property
    def name(self) -> str:
        return f"{self.requester.name} → {self.accepter.name}"


@dataclass
class Stage:
    directory: Path
    cli: Path
    aws: Aws
    hub: Hub
    report: Report
    vpcs: dict[str, Vpc] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    rows: list[dict] = field(default_factory=list)

    @classmethod
    def set_up(cls, directory: Path, cli: Path, report: Report) -> "Stage":
        aws = Aws(directory)
        return cls(directory, cli, aws, Hub(aws), report)

    def place(self, account: str, region: int = 0) -> Place:
        """The place of an account, by its name, and a Region, by its index."""
        return Place(self.aws.accounts[account], self.aws.regions[region])
