"""docs/runbook.md: a section for each alarm and each kind of mail, and commands that work."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from actor import ALL_TABLES, role_of
from faults import max_tries, without_permission
from samtranslator.yaml_helper import yaml_parse


ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
WATCH = yaml_parse((ROOT / "infra" / "watch.yaml").read_text())["Resources"]
# The AWS CLI of the tests' own environment, or else the machine's.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
# The AWS CLI 1 has an address of its own for queues, whatever the environment says.
AWS = """\
aws() {
  if [ "$1" = sqs ]; then command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; else command aws "$@"; fi
}
"""
# What the reader sets, and here the test.
PLACEHOLDER = "CONNECTION=pcx-0123456789abcdef0\n"
# `explain` says the one of a request that waits; the other `retry` does, and `doctor` of a schedule that is off.
NOT_ALLOWED, NOT_DONE = 3, 2


def sections() -> dict[str, str]:
    """The commands of each section, by its heading: a shell session each."""
    parts = re.split(r"^#+ (.+)$", RUNBOOK, flags=re.MULTILINE)
    texts = zip(parts[1::2], parts[2::2], strict=True)
    return {name: "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)) for name, text in texts}


def resources(kind: str) -> list[dict]:
    return [one["Properties"] for one in WATCH.values() if one["Type"] == kind]


def test_each_alarm_and_each_kind_of_mail_has_a_section_and_each_alarm_names_its_own():
    headings = sections()
    for alarm in resources("AWS::CloudWatch::Alarm"):
        name = alarm["AlarmName"]["Fn::Sub"].removeprefix("${Prefix}-")
        assert name in headings, name
        assert alarm["AlarmDescription"].endswith(f" docs/runbook.md, section {name}."), name
    for rule in resources("AWS::Events::Rule"):
        assert set(rule["EventPattern"]["detail-type"]) <= set(headings), rule["Name"]


def test_every_alarm_publishes_to_the_topic(world):
    cloudwatch = world.aws.client("cloudwatch", world.aws.hub)
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="peerwright-")["MetricAlarms"]
    assert len(alarms) == len(resources("AWS::CloudWatch::Alarm"))
    for alarm in alarms:
        name = alarm["AlarmName"]
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
        world.until(lambda name=name: any(f'"{name}"' in mail for mail in world.listener.mailed()))
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test")


def role_for(commands: str) -> str | None:
    """The role of people that the runbook names for a section's commands; none for what any reader of CloudWatch may do."""
    if verb := re.search(r"\bpeerwright ([a-z]+)( [a-z]+)?", commands):
        return f"peerwright-{role_of(*verb[0].split()[1:])}"
    services = set(re.findall(r"\baws ([a-z-]+)", commands))
    return "peerwright-operate" if services == {"sqs"} else None


class Shell:
    """Runs a section's commands, with what the runbook leaves to its reader."""

    def __init__(self, world, **variables: str):
        self._world, self._variables = world, {"PREFIX": "peerwright", **variables}

    def run(self, commands: str, place=None) -> str:
        elsewhere = place is not None
        place = place or self._world.aws.hub
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        finished = subprocess.run(
            ["sh", "-e", "-c", AWS + commands.replace(PLACEHOLDER, "")],
            env={
                **own,
                **self._world.aws.environment(place),
                **(self._world.session(place, role).environment if (role := role_for(commands)) and not elsewhere else {}),
                **self._variables,
                "AWS_DEFAULT_REGION": place.region,
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_PAGER": "",
                "PATH": os.pathsep.join([str(self._world.program.parent), PATH]),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        waits = {"peerwright explain": NOT_ALLOWED, "peerwright retry": NOT_DONE, "peerwright doctor": NOT_DONE}
        allowed = {0, *(status for command, status in waits.items() if command in commands)}
        assert finished.returncode in allowed, f"{commands}\n{finished.stdout}\n{finished.stderr}"
        return finished.stdout


@pytest.fixture
def ends(world):
    return world.vpc(world.a), world.vpc(world.b)


def test_every_command_of_the_runbook_works(world, ends):
    world.allow(*ends, approval="manual", routes=ALL_TABLES)
    connection = world.ask(*ends)
    world.becomes("awaiting-approval", connection)
    place = ends[1].place
    shell = Shell(world, CONNECTION=connection, ACCOUNT=place.account, REGION=place.region)
    told = {}
    for heading, commands in sections().items():
        told[heading] = shell.run(commands, place if heading == "Unforwarded" else None)
    assert connection in told["held"] and connection in told["Peering Held"]
    # What was approved by the runbook's own command.
    world.becomes("converged", connection)


def test_a_letter_that_is_redriven_as_documented_is_worked_on(world, ends):
    world.allow(*ends, routes=ALL_TABLES)
    world.quiet()
    with max_tries(world, "configure", 1), without_permission(world, "configure", "dynamodb:Query"):
        connection = world.ask(*ends)
        world.until(lambda: world.waiting("configure-dead-letter") > 0)
        world.quiet()
    shell, commands = Shell(world, CONNECTION=connection), sections()
    assert "peerwright-allowlist" in shell.run(commands["configure-dead-letter"])
    redriven = shell.run(commands["Redrive"])
    # As many as hints failed: a function that made something leaves one, and the event tells of the same.
    assert re.search(r"configure: \d+ letters? brought back", redriven) and '"COMPLETED"' in redriven
    world.becomes("converged", connection)
    world.routed(*ends, connection)
