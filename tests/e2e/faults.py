"""Faults that a test causes for a while: in a function's configuration, permissions, tables, or the member role."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from world import World

from peerwright_client.aws import Place
from peerwright_client.hub import CONNECTIONS, MEMBER_ROLES

WRITES = ("TransactWriteItems", "PutItem", "DeleteItem")


@contextmanager
def configured(world: World, function: str, **variables: str) -> Iterator[None]:
    """Gives a function other environment variables.

    It waits for a function that is running: one that is changed meanwhile leaves its messages hidden in the queue.
    """
    client, name = world.aws.client("lambda", world.aws.hub), f"peerwright-{function}"
    before = client.get_function_configuration(FunctionName=name)["Environment"]
    changed = {"Variables": {**before["Variables"], **variables}}
    world.hub.wait_until_idle(10)
    client.update_function_configuration(FunctionName=name, Environment=changed)
    try:
        yield
        world.hub.wait_until_idle(10)
    finally:
        client.update_function_configuration(FunctionName=name, Environment=before)


@contextmanager
def max_tries(world: World, function: str, count: int) -> Iterator[None]:
    """Lets a function give a message up after so many tries."""
    url = world.queue_url(f"peerwright-{function}")
    names = ["RedrivePolicy"]
    before = world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    policy = {**json.loads(before["RedrivePolicy"]), "maxReceiveCount": count}
    world.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    try:
        with configured(world, function, PEERWRIGHT_MAX_RECEIVES=str(count)):
            yield
    finally:
        world.sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@contextmanager
def without_permission(world: World, function: str, action: str) -> Iterator[None]:
    """Takes from a function's role the statement that is about this action alone, also where all functions have it from one policy."""
    iam, role = world.aws.client("iam", world.aws.hub), f"peerwright-{function}"
    world.denials.expect(f"assumed-role/{role}/", action)
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    before = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    [attached] = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    shared = _document(iam, attached["PolicyArn"])
    every = [*before["Statement"], *shared["Statement"]]
    statements = [one for one in every if _actions(one) != [action]]
    assert len(statements) < len(every), f"{role} has no statement about {action} alone"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**before, "Statement": statements}))
    iam.detach_role_policy(RoleName=role, PolicyArn=attached["PolicyArn"])
    try:
        yield
    finally:
        iam.attach_role_policy(RoleName=role, PolicyArn=attached["PolicyArn"])
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(before))


def _document(iam, policy: str) -> dict:
    version = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]["Document"]


@contextmanager
def unreadable_entry(world: World, connection: str) -> Iterator[None]:
    """Puts an entry into the ledger that no function can have written."""
    dynamodb = world.aws.client("dynamodb", world.aws.hub)
    key = {"connection": {"S": connection}, "entry": {"S": "current"}}
    dynamodb.put_item(TableName=CONNECTIONS, Item=key)
    try:
        yield
    finally:
        dynamodb.delete_item(TableName=CONNECTIONS, Key=key)


@contextmanager
def without_role(world: World, place: Place) -> Iterator[None]:
    """Deletes the member roles of an account: existing sessions of them are refused, too."""
    iam = world.aws.client("iam", place)
    roles = [iam.get_role(RoleName=f"{MEMBER_ROLES}{one}")["Role"] for one in ("accept", "cleanup", "configure", "read", "request")]
    world.denials.expect(place.account, MEMBER_ROLES)
    policies = {role["RoleName"]: _take_away(iam, role["RoleName"]) for role in roles}
    try:
        yield
    finally:
        for role in roles:
            name, trust = role["RoleName"], json.dumps(role["AssumeRolePolicyDocument"])
            iam.create_role(RoleName=name, Path=role["Path"], AssumeRolePolicyDocument=trust)
            inline, attached = policies[name]
            for policy, document in inline.items():
                iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
            for arn in attached:
                iam.attach_role_policy(RoleName=name, PolicyArn=arn)


def _take_away(iam, name: str) -> tuple[dict, list[str]]:
    """Deletes a role; its inline policies, and the ARNs of those that were attached."""
    names = iam.list_role_policies(RoleName=name)["PolicyNames"]
    inline = {one: iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"] for one in names}
    attached = [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]]
    for one in names:
        iam.delete_role_policy(RoleName=name, PolicyName=one)
    for arn in attached:
        iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    iam.delete_role(RoleName=name)
    return inline, attached


@contextmanager
def refused_write(world: World, function: str, word: str) -> Iterator[list[str]]:
    """Refuses the first write of a function that contains this word, as if the function had crashed before it.

    Yields a list, which gets the refused write.
    """
    refused: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            text = body.decode()
            if self.headers["X-Amz-Target"].rpartition(".")[2] in WRITES and word in text and not refused:
                refused.append(text)
                self._answer(400, _refusal())
            else:
                self._answer(*self._forwarded(body))

        def _forwarded(self, body: bytes) -> tuple[int, bytes]:
            # The headers name the host that it was signed for.
            request = urllib.request.Request(world.aws.endpoint, data=body, headers=dict(self.headers))
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    world.quiet()
    try:
        with configured(world, function, AWS_ENDPOINT_URL_DYNAMODB=f"http://127.0.0.1:{server.server_port}"):
            yield refused
            world.quiet()
    finally:
        server.shutdown()
        server.server_close()


def _refusal() -> bytes:
    error = "com.amazon.coral.service#AccessDeniedException"
    return json.dumps({"__type": error, "message": "User is not authorized to perform this write"}).encode()


def _actions(statement: dict) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions
