"""Creates or updates CloudFormation stacks, and reports why one fails."""

import time

from botocore.exceptions import ClientError

from peerwright_local import Failure

_CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_POLL_SECONDS = 0.05
_LIMIT_SECONDS = 60.0


def put(cloudformation, name: str, body: str, parameters: dict[str, str]) -> None:
    """Creates or updates a stack, and waits until that is done."""
    stack = _describe(cloudformation, name)
    if stack is not None and stack["StackStatus"] == "ROLLBACK_COMPLETE":
        # A stack whose creation failed can only be deleted.
        cloudformation.delete_stack(StackName=name)
        _wait(cloudformation, stack["StackId"], 0)
        stack = None
    wanted = {
        "StackName": name,
        "TemplateBody": body,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": _CAPABILITIES,
    }
    started = time.time()
    try:
        if stack is None:
            identity = cloudformation.create_stack(**wanted, OnFailure="ROLLBACK")["StackId"]
        else:
            identity = cloudformation.update_stack(**wanted)["StackId"]
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise Failure(f"stack {name} in {_place(cloudformation)}: {error.response['Error']['Message']}") from error
    _wait(cloudformation, identity, started)


def _wait(cloudformation, identity: str, started: float) -> None:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < deadline:
        stack = _describe(cloudformation, identity)
        status = "DELETE_COMPLETE" if stack is None else stack["StackStatus"]
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"):
            return
        if status.endswith(("_FAILED", "ROLLBACK_COMPLETE")):
            raise Failure(
                f"stack {stack['StackName']} in {_place(cloudformation)} ended as {status}: "
                + "; ".join(_reasons(cloudformation, identity, started))
            )
        time.sleep(_POLL_SECONDS)
    raise Failure(f"stack {identity} did not end within {_LIMIT_SECONDS:.0f} s")


def _reasons(cloudformation, identity: str, started: float) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=identity)["StackEvents"]
    failed = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("_FAILED")
        and event["Timestamp"].timestamp() >= started - 1
        # Resources that were cancelled because another one failed are not the reason.
        and "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    return failed or ["CloudFormation gave no reason"]


def _describe(cloudformation, name: str) -> dict | None:
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _place(cloudformation) -> str:
    account = cloudformation._request_signer._credentials.access_key
    return f"account {account}, {cloudformation.meta.region_name}"
