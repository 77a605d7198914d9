"""`deploy`: Peerwright's templates on the local AWS, and the path of an event through their resources."""

import json

import pytest
from aws_world import (
    CENTRAL,
    FUNCTIONS,
    HUB,
    STRANGER,
    WEST,
    A,
    B,
    World,
    bootstrap,
    command,
    ended,
    eventually,
    hub,
    served,
)
from botocore.exceptions import ClientError

from peerwright_local import state

IDLE = 'print(json.dumps({"event": event}))\nreturn {"batchItemFailures": []}'


class Deployment:
    def __init__(self, world: World, artifacts):
        self.world = world
        self.artifacts = artifacts

    def build(self, handler: str, *names: str) -> None:
        for name in names or FUNCTIONS:
            (self.artifacts / name).write_bytes(bootstrap(handler))

    def deploy(self, *flags: str) -> tuple[int, str, str]:
        return ended(
            command("deploy", "--state", self.world.directory, "--artifacts", self.artifacts, *flags), seconds=60
        )

    def events(self, function: str) -> list[dict]:
        """The events that a function received from its queue."""
        lines = [json.loads(line) for line in self.world.logged(function) if line.startswith('{"event"')]
        return [json.loads(record["body"]) for line in lines for record in line["event"]["Records"]]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    with served(tmp_path_factory.mktemp("deployed")) as world:
        deployment = Deployment(world, tmp_path_factory.mktemp("artifacts"))
        deployment.build(IDLE)
        status, _, err = deployment.deploy()
        assert status == 0, err
        yield deployment


def test_it_makes_the_hubs_stack_once_and_the_members_in_both_accounts_and_regions(deployment):
    made = [
        (account, region, stack["StackName"], stack["StackStatus"])
        for account in (HUB, A, B, STRANGER)
        for region in (WEST, CENTRAL)
        for stack in deployment.world.client("cloudformation", account, region).describe_stacks()["Stacks"]
    ]

    assert made == [
        *((HUB, WEST, f"peerwright-{stack}", "CREATE_COMPLETE") for stack in ("hub", "people", "watch")),
        *((account, region, "peerwright-member", "CREATE_COMPLETE") for account in (A, B) for region in (WEST, CENTRAL)),
    ]


@pytest.mark.parametrize("region", [WEST, CENTRAL])
@pytest.mark.parametrize("account", [A, B])
def test_a_request_in_a_member_account_reaches_accept_and_no_other_function(deployment, account, region):
    sent = deployment.world.deliver(account=account, region=region)

    assert eventually(lambda: sent in deployment.events("peerwright-accept"))
    assert sent not in deployment.events("peerwright-configure")


def test_an_acceptance_in_a_member_account_reaches_configure_and_no_other_function(deployment):
    sent = deployment.world.deliver(
        account=B, detail={"eventSource": "ec2.amazonaws.com", "eventName": "AcceptVpcPeeringConnection"}
    )

    assert eventually(lambda: sent in deployment.events("peerwright-configure"))
    assert sent not in deployment.events("peerwright-accept")


@pytest.mark.parametrize(
    "ignored",
    [
        pytest.param({"account": STRANGER}, id="in an account without a member stack"),
        pytest.param({"detail": {"errorCode": "Client.DryRunOperation"}}, id="that failed"),
        pytest.param({"detail": {"eventName": "DescribeVpcPeeringConnections"}}, id="that only reads"),
        pytest.param({"detail": {"eventSource": "s3.amazonaws.com"}}, id="of another service"),
    ],
)
def test_no_function_hears_of_a_call(deployment, ignored):
    call = {"eventSource": "ec2.amazonaws.com", "eventName": "CreateVpcPeeringConnection"}
    unheard = deployment.world.deliver(**{**ignored, "detail": {**call, **ignored.get("detail", {})}})
    heard = deployment.world.deliver()

    assert eventually(lambda: heard in deployment.events("peerwright-accept"))
    assert unheard not in deployment.events("peerwright-accept")


def test_the_functions_get_the_environment_that_they_are_promised(deployment):
    functions = deployment.world.client("lambda")

    for name in FUNCTIONS:
        made = functions.get_function_configuration(FunctionName=f"peerwright-{name}")
        queues = f"{deployment.world.state['aws_endpoint']}/{HUB}"
        queue = f"{queues}/peerwright-{name}"
        variables = made["Environment"]["Variables"]
        others = {f"PEERWRIGHT_{other.upper()}_QUEUE_URL": f"{queues}/peerwright-{other}" for other in FUNCTIONS}
        assert {key: variables[key] for key in others if key in variables}.items() <= others.items()
        assert variables.items() >= {
            "PEERWRIGHT_ALLOWLIST_TABLE": "peerwright-allowlist",
            "PEERWRIGHT_CONNECTIONS_TABLE": "peerwright-connections",
            "PEERWRIGHT_MEMBER_ROLE": f"/peerwright/peerwright-member-{member_role_of(name)}",
            "PEERWRIGHT_EXTERNAL_ID": "peerwright-local",
            "PEERWRIGHT_FREEZE": "false",
            "PEERWRIGHT_MAX_CHANGES": "200",
            "PEERWRIGHT_ON_DENY": "hold",
            "PEERWRIGHT_PARTITION": "aws",
            "PEERWRIGHT_QUEUE_URL": queue,
            "PEERWRIGHT_DEAD_LETTER_QUEUE_URL": f"{queue}-dead-letter",
            "PEERWRIGHT_MAX_RECEIVES": "8",
        }.items()


def test_the_number_of_tries_of_a_function_is_that_of_its_queue(deployment):
    sqs = deployment.world.client("sqs")

    for name in (f"peerwright-{function}" for function in FUNCTIONS):
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(attributes["RedrivePolicy"])
        assert redrive["deadLetterTargetArn"] == f"{attributes['QueueArn']}-dead-letter"
        assert int(redrive["maxReceiveCount"]) == 8


# What a function tries with its own role, and whether the template allows it.
TRIES = {
    "Query allowlist": True,
    "Scan allowlist": False,
    "PutItem allowlist": False,
    "PutItem connections": True,
    "UpdateItem connections": False,
    "GetItem connections": True,
    "Query connections": True,
    "DeleteItem connections": False,
    "DeleteItem places": True,
    "SendMessage own": True,
    "SendMessage own dead letters": True,
    "ReceiveMessage own dead letters": False,
}
# What else a function may, or may not.
OTHERWISE = {"sweep": {"Scan allowlist": True, "DeleteItem places": False}}
# The functions to whose queues a function may send, besides its own.
SENDS = {
    "accept": {"configure", "request"},
    "cleanup": {"accept", "configure", "request"},
    "configure": {"accept", "cleanup", "request"},
    "request": {"accept", "cleanup"},
    "sweep": {"accept", "cleanup", "configure", "request"},
}

TRYING = """\
import boto3
dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")
own, dead = os.environ["PEERWRIGHT_QUEUE_URL"], os.environ["PEERWRIGHT_DEAD_LETTER_QUEUE_URL"]
def send(name):
    return lambda: sqs.send_message(QueueUrl=own.rpartition("-")[0] + "-" + name, MessageBody="{}", DelaySeconds=900)
rule, entry = {"accepter": {"S": "x"}, "id": {"S": "x"}}, {"connection": {"S": "pcx-0"}, "entry": {"S": "x"}}
other = {"connection": {"S": "place#x"}, "entry": {"S": "x"}}
allowlist, connections = {"TableName": "peerwright-allowlist"}, {"TableName": "peerwright-connections"}
def query(key):
    # "connection" is a reserved word.
    names, values = {"#key": key}, {":x": {"S": "x"}}
    return {"KeyConditionExpression": "#key = :x", "ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
tries = {
    "Query allowlist": lambda: dynamodb.query(**allowlist, **query("accepter")),
    "Scan allowlist": lambda: dynamodb.scan(**allowlist),
    "PutItem allowlist": lambda: dynamodb.put_item(**allowlist, Item=rule),
    "PutItem connections": lambda: dynamodb.put_item(**connections, Item=entry),
    "UpdateItem connections": lambda: dynamodb.update_item(**connections, Key=entry),
    "GetItem connections": lambda: dynamodb.get_item(**connections, Key=entry),
    "Query connections": lambda: dynamodb.query(**connections, **query("connection")),
    "DeleteItem connections": lambda: dynamodb.delete_item(**connections, Key=entry),
    "DeleteItem places": lambda: dynamodb.delete_item(**connections, Key=other),
    "SendMessage own": lambda: sqs.send_message(QueueUrl=own, MessageBody="{}", DelaySeconds=900),
    "SendMessage own dead letters": lambda: sqs.send_message(QueueUrl=dead, MessageBody="{}"),
    "ReceiveMessage own dead letters": lambda: sqs.receive_message(QueueUrl=dead),
    **{"SendMessage " + name: send(name) for name in event},
}
def allowed(attempt):
    try:
        attempt()
    except Exception as error:
        if "AccessDenied" not in str(error):
            raise
        return False
    return True
return {name: allowed(attempt) for name, attempt in tries.items()}
"""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_role_allows_what_it_needs_and_no_more(deployment, name):
    deployment.build(TRYING, name)
    assert deployment.deploy()[0] == 0

    others = [one for one in FUNCTIONS if one != name]
    answer = deployment.world.client("lambda").invoke(FunctionName=f"peerwright-{name}", Payload=json.dumps(others))

    sends = {f"SendMessage {one}": one in SENDS[name] for one in others}
    assert json.load(answer["Payload"]) == TRIES | sends | OTHERWISE.get(name, {})
    deployment.build(IDLE, name)
    assert deployment.deploy()[0] == 0


@pytest.mark.parametrize("account", [A, B])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_member_role_trusts_the_role_of_its_function_with_the_external_id(deployment, account, name):
    role = deployment.world.ask_ec2("/role", account, f"peerwright-member-{member_role_of(name)}")

    assert role["arn"] == f"arn:aws:iam::{account}:role/peerwright/peerwright-member-{member_role_of(name)}"
    (statement,) = role["trust_policy"]["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{HUB}:root"}
    trusted = [f"arn:aws:iam::{HUB}:role/peerwright/peerwright-{one}" for one in (name, "explain", "allowlist", "doctor")]
    assert statement["Condition"] == {
        "StringEquals": {"sts:ExternalId": "peerwright-local"},
        "ArnEquals": {"aws:PrincipalArn": trusted if name == "sweep" else trusted[0]},
    }
    function = deployment.world.ask_ec2("/role", HUB, f"peerwright-{name}")
    assert function["arn"] == trusted[0]


def member_role_of(name: str) -> str:
    return "read" if name == "sweep" else name


def test_a_second_deployment_of_the_same_changes_nothing(deployment):
    functions = deployment.world.client("lambda")
    before = functions.get_function_configuration(FunctionName="peerwright-accept")["LastModified"]

    status, out, err = deployment.deploy()

    assert (status, err) == (0, "")
    assert out.splitlines()[-1].startswith("Deployed in ")
    assert functions.get_function_configuration(FunctionName="peerwright-accept")["LastModified"] == before


def test_a_changed_binary_runs_after_the_next_deployment(deployment):
    functions = deployment.world.client("lambda")
    deployment.build('return "changed"', "accept")

    assert deployment.deploy()[0] == 0

    answer = functions.invoke(FunctionName="peerwright-accept", Payload="{}")
    assert json.load(answer["Payload"]) == "changed"
    deployment.build(IDLE, "accept")
    assert deployment.deploy()[0] == 0


def test_its_progress_is_one_json_object_a_line(deployment):
    _, out, _ = deployment.deploy("--json")

    *steps, last = map(json.loads, out.splitlines())
    assert [(step["done"], step["of"]) for step in steps] == [(done, 10) for done in range(10)]
    assert steps[0]["step"] == "packaging the functions"
    assert last.keys() == {"deployed", "seconds"}


def test_every_missing_binary_is_named_with_the_command_that_builds_it(deployment, tmp_path):
    status, _, err = ended(command("deploy", "--state", deployment.world.directory, "--artifacts", tmp_path))

    assert status == 1
    assert err.count("\n") == 1
    assert ", ".join(f"no file {tmp_path}/{name}" for name in FUNCTIONS) in err
    assert f"`cargo build {' '.join(f'--bin {name}' for name in FUNCTIONS)}`" in err


def test_without_a_running_local_aws_it_says_how_to_start_one(tmp_path):
    status, _, err = ended(command("deploy", "--state", tmp_path, "--artifacts", tmp_path))

    assert status == 1
    assert err == f"error: no local AWS runs from {tmp_path}: start one with `serve --state {tmp_path}`\n"


def test_a_local_aws_that_does_not_answer_is_reported_in_one_line_with_its_log(tmp_path):
    accounts = {"hub": HUB, "member_a": A, "member_b": B}
    for name in FUNCTIONS:
        (tmp_path / name).touch()
    state.write(tmp_path, {
        "aws_endpoint": "http://127.0.0.1:1", "accounts": accounts, "regions": [WEST], "hub_region": WEST, "log": "the.log"
    })

    status, _, err = ended(command("deploy", "--state", tmp_path, "--artifacts", tmp_path))

    assert status == 1
    assert err.startswith("error: Could not connect") and err.count("\n") == 1 and "the.log" in err


def test_the_hub_needs_the_accounts_whose_events_it_accepts(deployment):
    template = json.dumps({"Rules": hub()["Rules"], "Parameters": hub()["Parameters"], "Resources": BUCKET})
    parameters = [{"ParameterKey": "ExternalId", "ParameterValue": "some-id"}]

    with pytest.raises(ClientError, match="Give OrganizationId, MemberAccounts or both"):
        deployment.world.client("cloudformation").create_stack(
            StackName="nobody", TemplateBody=template, Parameters=parameters
        )


BUCKET = {"Queue": {"Type": "AWS::SQS::Queue"}}


def test_the_table_names_every_place_of_the_members_for_sweeps(deployment):
    items = deployment.world.client("dynamodb").scan(TableName="peerwright-allowlist")["Items"]

    named = sorted(item["id"]["S"] for item in items if item["accepter"]["S"] == "member")
    assert named == sorted(f"{account}/{region}" for account in (A, B) for region in (WEST, CENTRAL))


@pytest.mark.parametrize(
    ("account", "bus", "queue", "count"), [(HUB, "peerwright", "undelivered", 10), (A, "default", "unforwarded", 3)]
)
def test_whatever_a_rule_can_not_deliver_has_a_queue(deployment, account, bus, queue, count):
    events = deployment.world.client("events", account)
    rules = [rule["Name"] for rule in events.list_rules(EventBusName=bus)["Rules"] if rule["Name"].startswith("peerwright-")]

    targets = [one for rule in rules for one in events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]]

    assert len(targets) == count
    expected = f"arn:aws:sqs:{WEST}:{account}:peerwright-{queue}"
    assert {one.get("DeadLetterConfig", {}).get("Arn") for one in targets} == {expected}
    sqs = deployment.world.client("sqs", account)
    url = sqs.get_queue_url(QueueName=f"peerwright-{queue}")["QueueUrl"]
    assert "Policy" in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]


def test_what_the_schedule_can_not_send_and_what_no_sweep_came_of_have_queues_of_their_own(deployment):
    schedule = deployment.world.client("scheduler").get_schedule(Name="peerwright-sweep")
    functions = deployment.world.client("lambda")
    mappings = functions.list_event_source_mappings(FunctionName="peerwright-sweep")["EventSourceMappings"]

    assert schedule["Target"]["DeadLetterConfig"]["Arn"].endswith(":peerwright-undelivered")
    [of_stream] = [one for one in mappings if ":dynamodb:" in one["EventSourceArn"]]
    assert of_stream["DestinationConfig"]["OnFailure"]["Destination"].endswith(":peerwright-missed-changes")


@pytest.mark.parametrize("account", [A, B])
def test_a_trail_of_all_regions_logs_in_each_member_account(deployment, account):
    for region in (WEST, CENTRAL):
        cloudtrail = deployment.world.client("cloudtrail", account, region)
        [trail] = cloudtrail.describe_trails()["trailList"]
        assert trail["IsMultiRegionTrail"] and cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"]
