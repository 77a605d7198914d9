"""A VPC asks by its tag."""

from peerwright_local.demo import handshake, promises, verify
from peerwright_local.demo.aws import eventually
from peerwright_local.demo.handshake import Request
from peerwright_local.demo.stage import Stage
from peerwright_local.demo.verify import ASK_TAG, CREATED_TAG, RULE_TAG, STATUS_TAG
from peerwright_local.failure import Failure

TITLE = "web is given the tag peerwright:peer-with = shared-services, and that is all"
# An alias of the allowlist.
_TARGET = "shared-services"


def play(stage: Stage) -> None:
    web, shared = stage.vpcs["web"], stage.vpcs["shared-services"]
    stage.aws.ec2(web.place).create_tags(Resources=[web.id], Tags=[{"Key": ASK_TAG, "Value": _TARGET}])
    asked_at = stage.aws.last_call("CreateTags")
    stage.report.progress(f"web was given the tag {ASK_TAG}")
    made = eventually(lambda: verify.between(stage.aws, web, shared), seconds=30)
    if not made:
        raise Failure(f"{web.id} bears the tag {ASK_TAG}, and no connection was asked for")
    stage.requests["by tag"] = request = Request(web, shared, made[0], asked_at, "tag")
    promise = promises.shared_services(stage, web)
    handshake.check(stage, request, promise)
    _check_one(stage, request)
    _check_answer(stage, request, promise.rule)


def _check_one(stage: Stage, request: Request) -> None:
    made = verify.between(stage.aws, request.requester, request.accepter)
    mark = verify.tags_of_connection(stage.aws, request.requester.place, request.connection).get(CREATED_TAG)
    stage.report.check(
        f"it is the only connection of the two, and its tag {CREATED_TAG} names web",
        made == [request.connection] and mark == request.requester.id,
        f"{', '.join(made)}, created for {mark}",
    )


def _check_answer(stage: Stage, request: Request, rule: str) -> None:
    tags = verify.tags_of_vpc(stage.aws, request.requester)
    status = f"{_TARGET} active {request.connection} converged"
    stage.report.check(
        f"web is answered by its tag {STATUS_TAG}: {status}",
        (tags.get(STATUS_TAG), tags.get(RULE_TAG)) == (status, rule),
        f"{tags.get(STATUS_TAG)} by {tags.get(RULE_TAG)}",
    )
