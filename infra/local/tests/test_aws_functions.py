"""The process of a function: its environment, its life time, and how often EventBridge invokes it."""

import json
import queue
import subprocess
import sys
import threading

from aws_world import HUB, eventually
from ministack.core.lambda_runtime import ProvidedWorker

from peerwright_local.aws.function_logs import whole

DOCUMENTED = {
    "_HANDLER",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_FORMAT",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_LEVEL",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "PATH",
    "TZ",
}
BESIDE_EC2 = {"AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_SERVICE_QUOTAS", "AWS_ENDPOINT_URL_STS"}
OF_THE_LOCAL_AWS = {"AWS_ENDPOINT_URL", *BESIDE_EC2}
# Python itself sets this one.
OF_THE_INTERPRETER = {"LC_CTYPE"}


def invoke(local_aws, function: str, payload: object = None):
    answer = local_aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload))
    return json.load(answer["Payload"])


def test_a_function_sees_its_configuration_and_what_lambda_documents_and_nothing_else(local_aws):
    function = local_aws.function(
        "return dict(os.environ)",
        environment={"PEERWRIGHT_PARTITION": "aws"},
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"},
    )

    seen = invoke(local_aws, function)

    assert set(seen) - OF_THE_INTERPRETER == DOCUMENTED | OF_THE_LOCAL_AWS | {"PEERWRIGHT_PARTITION"}
    assert (seen["AWS_LAMBDA_LOG_FORMAT"], seen["AWS_LAMBDA_LOG_LEVEL"]) == ("JSON", "DEBUG")
    assert seen["AWS_ENDPOINT_URL"] == local_aws.state["aws_endpoint"]
    assert {seen[name] for name in BESIDE_EC2} == {local_aws.state["ec2_endpoint"]}


def test_a_function_runs_as_its_role_and_may_do_what_that_allows(local_aws):
    function = local_aws.function("return dict(os.environ)")

    seen = invoke(local_aws, function)

    role = local_aws.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    name = role.rpartition("/")[2]
    assert local_aws.ask_ec2("/principal", seen["AWS_ACCESS_KEY_ID"]) == {
        "account": HUB,
        "role": role,
        "arn": f"arn:aws:sts::{HUB}:assumed-role/{name}/{function}",
    }


def test_a_key_that_no_function_was_given_belongs_to_nobody(local_aws):
    assert local_aws.ask_ec2("/principal", "ASIA0000000000000000") is None


def test_a_role_is_known_by_account_and_name_with_its_trust_policy(local_aws):
    name = local_aws.unique("role")
    arn = local_aws.role(HUB, name, "lambda.amazonaws.com", [])

    found = local_aws.ask_ec2("/role", HUB, name)

    assert found["arn"] == arn
    assert found["trust_policy"]["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert local_aws.ask_ec2("/role", "111111111111", name) is None


def test_a_warm_function_keeps_its_process(local_aws):
    function = local_aws.function("return os.getpid()")

    assert invoke(local_aws, function) == invoke(local_aws, function)


def test_eventbridge_tries_a_failing_function_twice_more(local_aws):
    function = local_aws.function('print("tried", flush=True)\nraise ValueError("no")')
    events, rule = local_aws.client("events"), local_aws.unique("rule")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    arn = local_aws.client("lambda").get_function_configuration(FunctionName=function)["FunctionArn"]
    events.put_targets(Rule=rule, Targets=[{"Id": "function", "Arn": arn}])

    events.put_events(Entries=[{"Source": rule, "DetailType": "x", "Detail": "{}"}])

    assert eventually(lambda: local_aws.logged(function).count("tried") == 3)


# Tries to send to a queue as the function's role.
SENDING = """\
import boto3
try:
    boto3.client("sqs").send_message(QueueUrl=event, MessageBody="x")
except Exception as error:
    return str(error)
"""


def test_a_call_that_the_role_does_not_allow_is_refused_and_listed_by_the_control_api(local_aws):
    queue, function = local_aws.queue(), local_aws.function(SENDING)

    assert "AccessDenied" in invoke(local_aws, function, queue.url)

    [told] = [one for one in local_aws.ask_ec2("/refusals") if one["who"].endswith(f"/{function}")]
    assert (told["code"], told["message"]) == ("AccessDenied", f"sqs:SendMessage on {queue.arn}")


def test_the_log_of_a_run_has_what_the_process_wrote_before_it_answered_however_late_it_is_read():
    script = "print('first', flush=True); print('last', flush=True)"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    process.wait()
    worker = object.__new__(ProvidedWorker)
    worker._proc, worker._stderr_queue = process, queue.Queue()
    reader = threading.Timer(0.4, worker._pump_output, (process.stdout, worker._stderr_queue))
    reader.start()
    assert whole(ProvidedWorker._drain_stderr_bounded)(worker) == "first\nlast"
    reader.join()
