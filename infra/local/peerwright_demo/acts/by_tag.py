"""A VPC requests a connection by its tag."""

from peerwright_client import describe
from peerwright_client.aws import eventually
from peerwright_client.describe import ASK_TAG, CREATED_TAG, RULE_TAG, STATUS_TAG
from peerwright_demo import handshake, promises, story
from peerwright_demo.stage import Request, Stage
from peerwright_local import Failure

# An alias of the allowlist.
_TARGET = "shared-services"


def play(stage: Stage) -> None:
    web, shared = stage.vpcs["web"], stage.vpcs["shared-services"]
    stage.aws.ec2(web.place).create_tags(Resources=[web.id], Tags=[{"Key": ASK_TAG, "Value": _TARGET}])
    asked_at = stage.aws.last_call("CreateTags")
    stage.report.progress(f"web has the tag {ASK_TAG}")
    stage.report.tell("asks", f"{story.end(stage, web)} gets the tag", f"{ASK_TAG} = {_TARGET}")
    made = eventually(lambda: describe.between(stage.aws, web, shared), seconds=30)
    if not made:
        raise Failure(f"no connection was requested for the tag {ASK_TAG} of {web.id}: see the log of the function `request`")
    stage.requests["by tag"] = request = Request(web, shared, made[0], asked_at, "tag")
    promise = promises.shared_services(stage, web)
    handshake.check(stage, request, promise)
    _check_only_connection(stage, request)
    _check_status_tags(stage, request, promise.rule)


def _check_only_connection(stage: Stage, request: Request) -> None:
    made = describe.between(stage.aws, request.requester, request.accepter)
    mark = describe.tags_of_connection(stage.aws, request.requester.place, request.connection).get(CREATED_TAG)
    stage.report.check(
        f"it is the only connection of the two VPCs, and its tag {CREATED_TAG} names web",
        made == [request.connection] and mark == request.requester.id,
        f"{', '.join(made)}, created for {mark}",
    )


def _check_status_tags(stage: Stage, request: Request, rule: str) -> None:
    tags = describe.tags_of_vpc(stage.aws, request.requester)
    status = f"{_TARGET} active {request.connection} converged"
    stage.report.check(
        f"web's tag {STATUS_TAG} reports: {status}",
        (tags.get(STATUS_TAG), tags.get(RULE_TAG)) == (status, rule),
        f"{tags.get(STATUS_TAG)} by {tags.get(RULE_TAG)}",
    )
