"""`deploy`: Peerwright's own templates and binaries, deployed on the running local AWS as a user deploys them on the real one."""

import json
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from peerwright_local import packages, stacks, state
from peerwright_local.failure import Failure

HUB_STACK = "peerwright-hub"
MEMBER_STACK = "peerwright-member"
EXTERNAL_ID = "peerwright-local"

_INFRA = Path(__file__).resolve().parents[2]


def deploy(directory: Path, artifacts: Path, *, as_json: bool) -> None:
    """Deploys the hub's stack, and the member's in both member accounts and every Region."""
    running = state.read(directory)
    if running is None:
        raise Failure(f"no local AWS runs from {directory}: start one with `serve --state {directory}`")
    try:
        _deploy(running, artifacts, as_json)
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"{error}: see {running['log']} for what the local AWS says") from error


def _deploy(running: dict, artifacts: Path, as_json: bool) -> None:
    started = time.monotonic()
    accounts, regions = running["accounts"], running["regions"]
    members = [accounts["member_a"], accounts["member_b"]]
    places = [(account, region) for account in members for region in regions]
    aws = _Aws(running["aws_endpoint"])
    progress = _Progress(2 + len(places), as_json)

    progress.step("packaging the functions")
    hub = (accounts["hub"], running["hub_region"])
    template = packages.packaged(_INFRA / "hub.yaml", artifacts, aws.client("s3", *hub))

    progress.step(f"deploying {HUB_STACK} in account {hub[0]}, {hub[1]}")
    wishes = {
        "Architecture": _architecture(),
        "ExternalId": EXTERNAL_ID,
        "MemberAccounts": ",".join(members),
        "Members": ",".join(f"{account}/{region}" for account, region in places),
    }
    # A template of an older release has fewer parameters.
    wishes = {name: value for name, value in wishes.items() if name in template["Parameters"]}
    stacks.put(aws.client("cloudformation", *hub), HUB_STACK, packages.text(template), wishes)

    body = (_INFRA / "member.yaml").read_text()
    parameters = {
        "ExternalId": EXTERNAL_ID,
        "HubAccount": hub[0],
        "HubRegion": hub[1],
        "RoleRegion": running["hub_region"],
    }
    clients = [aws.client("cloudformation", *place) for place in places]
    with ThreadPoolExecutor(len(places)) as pool:
        waiting = [pool.submit(stacks.put, client, MEMBER_STACK, body, parameters) for client in clients]
        for (account, region), stack in zip(places, waiting, strict=True):
            progress.step(f"deploying {MEMBER_STACK} in account {account}, {region}")
            stack.result()
    progress.done(time.monotonic() - started)


class _Aws:
    """Clients of the local AWS, in any account: its access key id is the account's number."""

    def __init__(self, endpoint: str):
        self._endpoint = endpoint
        self._session = botocore.session.Session()

    def client(self, service: str, account: str, region: str):
        return self._session.create_client(
            service,
            region_name=region,
            endpoint_url=self._endpoint,
            aws_access_key_id=account,
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )


class _Progress:
    def __init__(self, steps: int, as_json: bool):
        self._steps = steps
        self._done = 0
        self._as_json = as_json

    def step(self, text: str) -> None:
        """A step begins; those before it are done."""
        self._say({"step": text, "done": self._done, "of": self._steps}, f"[{self._done + 1}/{self._steps}] {text}")
        self._done += 1

    def done(self, seconds: float) -> None:
        self._say({"deployed": True, "seconds": round(seconds, 2)}, f"Deployed in {seconds:.1f} s.")

    def _say(self, message: dict, line: str) -> None:
        print(json.dumps(message) if self._as_json else line, flush=True)


def _architecture() -> str:
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
