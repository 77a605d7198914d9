"""Sessions of roles: what somebody does who has the credentials of one."""

from contextlib import contextmanager
import json
from collections.abc import Iterator

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from peerwright_client.aws import Aws, Place

# One try: what is refused is to be seen as it is.
_ONCE = Config(retries={"total_max_attempts": 1})
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def assume(sts, role_arn: str, **more: object) -> dict:
    return sts.assume_role(RoleArn=role_arn, RoleSessionName="e2e", **more)["Credentials"]


class Session:
    def __init__(self, aws: Aws, credentials: dict):
        self._aws = aws
        self._credentials = credentials

    @property
    def environment(self) -> dict[str, str]:
        """The credentials as environment variables."""
        return {
            "AWS_ACCESS_KEY_ID": self._credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self._credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self._credentials["SessionToken"],
        }

    def client(self, service: str, place: Place):
        return boto3.client(
            service,
            region_name=place.region,
            endpoint_url=self._aws.endpoints.get(service, self._aws.endpoint),
            aws_access_key_id=self._credentials["AccessKeyId"],
            aws_secret_access_key=self._credentials["SecretAccessKey"],
            aws_session_token=self._credentials["SessionToken"],
            config=_ONCE,
        )

    def assume(self, place: Place, role: str, **more: object) -> "Session":
        """A session of another role, with the external id of the deployment unless something else is given."""
        return Session(self._aws, assume(self.client("sts", place), f"arn:aws:iam::{place.account}:role{role}", **more))


def is_denied(call) -> bool:
    """Whether AWS refuses a call, or a dry run, for want of a permission. Anything else that goes wrong is an error."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in (*DENIED, "DryRunOperation"):
            raise
        return code in DENIED
    return False


@contextmanager
def stolen(aws: Aws, role: str) -> Iterator[Session]:
    """What somebody has who got hold of the credentials of a function."""
    iam, name = aws.client("iam", aws.hub), role.rsplit("/", 1)[-1]
    before = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    thief = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{aws.hub.account}:root"}, "Action": "sts:AssumeRole"}
    opened = {**before, "Statement": [*before["Statement"], thief]}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(opened))
    try:
        arn = f"arn:aws:iam::{aws.hub.account}:role{role}"
        yield Session(aws, assume(aws.client("sts", aws.hub), arn))
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(before))
