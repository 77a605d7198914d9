"""What the acts share."""

from dataclasses import dataclass, field
from pathlib import Path

from peerwright_local.demo.aws import Aws, Place
from peerwright_local.demo.handshake import Request
from peerwright_local.demo.hub import Hub
from peerwright_local.demo.report import Report
from peerwright_local.demo.world import Vpc


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
        """A place by the account's name and the Region's number."""
        return Place(self.aws.accounts[account], self.aws.regions[region])
