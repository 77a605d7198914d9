"""`deploy`: deploys Peerwright's templates and binaries on the running local AWS, as a user does on the real one."""

import json
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from peerwright_local import Failure, packages, stacks, state
from peerwright_local.clients import Clients
from peerwright_local.state import EXTERNAL_ID, ORGANIZATION_ID

PREFIX = "peerwright"
PEOPLE_STACK = f"{PREFIX}-people"
MEMBER_STACK = f"{PREFIX}-member"
TRAIL = "everything"


def deploy(directory: Path, artifacts: Path, *, prefix: str = PREFIX, organization: bool = False, as_json: bool) -> None:
    """Deploys the hub's stacks, and the member's in both member accounts and every Region, and names these places for sweeps.

    All names begin with the prefix: another one is another hub in the same account. The hub takes the organization's accounts
    for its members and sweeps all of them, or does so with those that are named to it."""
    running = state.require(directory)
    try:
        _deploy(running, artifacts, prefix, organization, as_json)
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"{error}: see {running['log']} for the local AWS's own messages") from error


def deploy_member(
    cloudformation, template: str, hub_account: str, hub_region: str, prefix: str = PREFIX, organization: str = ""
) -> None:
    """Deploys the member's stack, by the text of its template, in the account and Region of this client."""
    parameters = {
        "Prefix": prefix,
        "ExternalId": EXTERNAL_ID,
        "OrganizationId": organization,
        "HubAccount": hub_account,
        "HubRegion": hub_region,
        "RoleRegion": hub_region,
    }
    stacks.put(cloudformation, f"{prefix}-member", template, parameters)


def _deploy(running: dict, artifacts: Path, prefix: str, organization: bool, as_json: bool) -> None:
    started = time.monotonic()
    accounts, regions = running["accounts"], running["regions"]
    members = [accounts["member_a"], accounts["member_b"]]
    places = [(account, region) for account in members for region in regions]
    clients = Clients(running["aws_endpoint"])
    progress = _Progress(6 + len(places), as_json)

    progress.step("packaging the functions")
    hub = (accounts["hub"], running["hub_region"])
    template = packages.packaged(artifacts, clients.client("s3", *hub))

    progress.step(f"deploying {prefix}-hub in account {hub[0]}, {hub[1]}")
    whose = {"OrganizationId": ORGANIZATION_ID} if organization else {"MemberAccounts": ",".join(members)}
    ours = {"Prefix": prefix, **whose}
    swept = {"MemberRegions": ",".join(regions)} if organization else {}
    parameters = {**ours, **swept, "Architecture": _architecture(), "ExternalId": EXTERNAL_ID}
    # A template of an older release has fewer parameters.
    parameters = {name: value for name, value in parameters.items() if name in template["Parameters"]}
    cloudformation = clients.client("cloudformation", *hub)
    stacks.put(cloudformation, f"{prefix}-hub", packages.text(template), parameters)
    for name, parameters in (("people", ours), ("watch", {"Prefix": prefix})):
        stack = f"{prefix}-{name}"
        progress.step(f"deploying {stack} in account {hub[0]}, {hub[1]}")
        stacks.put(cloudformation, stack, packages.template_without_functions(f"{name}.yaml", artifacts), parameters)

    member_template = packages.template_without_functions("member.yaml", artifacts)
    # The clients are made in this thread: botocore's session is not safe for threads.
    member_clients = [clients.client("cloudformation", *place) for place in places]
    with ThreadPoolExecutor(len(places)) as pool:
        deployments = [pool.submit(deploy_member, client, member_template, *hub, prefix, whose.get("OrganizationId", "")) for client in member_clients]
        for (account, region), deployment in zip(places, deployments, strict=True):
            progress.step(f"deploying {prefix}-member in account {account}, {region}")
            deployment.result()

    progress.step(f"making a trail in each of {len(members)} accounts")
    for account in members:
        _make_trail(clients.client("cloudtrail", account, hub[1]), clients.client("s3", account, hub[1]))

    # Behind the members' roles: a sweep looks at a place as soon as it is named.
    named = [] if organization else places
    progress.step(f"naming {len(named)} places for sweeps")
    dynamodb = clients.client("dynamodb", *hub)
    for account, region in named:
        member = {"accepter": {"S": "member"}, "id": {"S": f"{account}/{region}"}}
        dynamodb.put_item(TableName=f"{prefix}-allowlist", Item=member)
    progress.done(time.monotonic() - started)


def _make_trail(cloudtrail, s3) -> None:
    """A trail of all Regions, as an account has that was not made for us."""
    bucket = f"trail-{cloudtrail._request_signer._credentials.access_key}"
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    with suppress(cloudtrail.exceptions.TrailAlreadyExistsException):
        cloudtrail.create_trail(Name=TRAIL, S3BucketName=bucket, IsMultiRegionTrail=True)
    cloudtrail.start_logging(Name=TRAIL)


class _Progress:
    def __init__(self, steps: int, as_json: bool):
        self._steps = steps
        self._done = 0
        self._as_json = as_json

    def step(self, text: str) -> None:
        """Reports that a step begins, and that those before it are done."""
        self._say({"step": text, "done": self._done, "of": self._steps}, f"[{self._done + 1}/{self._steps}] {text}")
        self._done += 1

    def done(self, seconds: float) -> None:
        self._say({"deployed": True, "seconds": round(seconds, 2)}, f"Deployed in {seconds:.1f} s.")

    def _say(self, message: dict, line: str) -> None:
        print(json.dumps(message) if self._as_json else line, flush=True)


def _architecture() -> str:
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
