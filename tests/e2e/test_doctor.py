"""`peerwright doctor`: nothing is wrong with what was deployed, and each fault is found with its fix."""

import json
import time

import hub_faults
import place_faults
import pytest
import schedule
from silence import silence

HEALTHY, FINDINGS, FAILED = 0, 2, 1
# A fault, the check that finds it, what the finding is about, and words of what it says and of its fix.
OF_HUB = [
    (hub_faults.another_parameter, "stack", "peerwright-people", "MemberAccounts", "deploy infra/people.yaml again"),
    (hub_faults.another_template, "version", "peerwright-people", "DoctorRole", "infra/people.yaml"),
    (hub_faults.wider_bus, "bus", "peerwright", "Policy", "remove-permission"),
    (hub_faults.disabled_rule, "rule", "peerwright-ended", "State is DISABLED", "aws events enable-rule --name peerwright-ended"),
    (hub_faults.rule_without_letters, "rule", "peerwright-ended", "DeadLetterConfig", "aws events put-targets"),
    (hub_faults.deleted_rule, "rule", "peerwright-ended", "not there", "EndedRule"),
    (hub_faults.queue_without_letters, "queue", "peerwright-cleanup", "RedrivePolicy", "peerwright-cleanup-dead-letter"),
    (hub_faults.wider_queue, "queue", "peerwright-cleanup", "Policy", "aws sqs set-queue-attributes"),
    (hub_faults.a_letter, "letters", "peerwright-cleanup-dead-letter", "about 1", "section cleanup-dead-letter"),
    (hub_faults.less_time, "function", "peerwright-cleanup", "Timeout is 3", "update-function-configuration"),
    (hub_faults.disabled_mapping, "mapping", "peerwright-cleanup", "Disabled", "update-event-source-mapping --uuid"),
    (hub_faults.switched_off, "concurrency", "peerwright-cleanup", "it does not run", "delete-function-concurrency"),
    (hub_faults.without_recovery, "table", "peerwright-connections", "PointInTimeRecovery", "update-continuous-backups"),
    (hub_faults.without_expiry, "table", "peerwright-connections", "TimeToLive", "update-time-to-live"),
    (hub_faults.without_protection, "table", "peerwright-connections", "DeletionProtection", "--deletion-protection-enabled"),
    (hub_faults.without_table_policy, "table", "peerwright-allowlist", "ResourcePolicy", "put-resource-policy"),
    (hub_faults.old_sweep, "sweep", "peerwright-sweep", "2023-11-14", "section sweep-overdue"),
    (hub_faults.other_version, "version", "peerwright-sweep", "0.0.9", "deploy the functions"),
    (hub_faults.silent_alarm, "alarm", "peerwright-drift", "ActionsEnabled", "enable-alarm-actions"),
    (hub_faults.an_alarm, "alarm", "peerwright-drift", "a test", "section drift"),
    (hub_faults.wider_topic, "topic", "peerwright-attention", "Policy", "set-topic-attributes"),
    (hub_faults.nobody_subscribed, "topic", "peerwright-attention", "nobody is subscribed", "aws sns subscribe"),
    (hub_faults.open_function_role, "trust", "peerwright-cleanup", "AssumeRolePolicyDocument", "update-assume-role-policy"),
    (hub_faults.wider_function_policy, "policy", "peerwright-cleanup", "Policies", "put-role-policy --role-name peerwright-cleanup"),
    (hub_faults.open_role_of_people, "trust", "peerwright-approve", "AssumeRolePolicyDocument", "update-assume-role-policy"),
]
OF_PLACE = [
    (place_faults.region_off, "region", "not enabled", "aws account enable-region"),
    (place_faults.no_way_in, "enter", "can't be assumed", "infra/member.yaml"),
    (place_faults.open_member_role, "member-trust", "peerwright-member-cleanup", "update-assume-role-policy"),
    (place_faults.wider_member_policy, "member-policy", "peerwright-member-cleanup", "put-role-policy"),
    (place_faults.an_unforwarded_event, "unforwarded", "about 1 event", "purge-queue"),
    (place_faults.trail_of_what_is_read, "trail", "records no management events", "put-event-selectors"),
    (place_faults.less_power, "permission", "may not describe VPCs", "infra/member.yaml"),
    (place_faults.more_power, "permission", "may delete", "list-role-policies"),
    (place_faults.disabled_forwarding, "forwarding", "State is DISABLED", "aws events enable-rule --name peerwright-forward"),
    (place_faults.forwarding_elsewhere, "forwarding", "Targets", "aws events put-targets"),
    (place_faults.silent_trail, "trail", "does not log", "start-logging"),
    (place_faults.trail_of_another_region, "trail", "no trail covers", "create-trail"),
]


@pytest.fixture
def swept(world):
    """A deployment with its schedule, after a sweep."""
    with schedule.on(world):
        world.sweep()
        world.quiet()
        yield world


def doctor(world, *arguments: str, **environment: str) -> tuple[int, list[dict]]:
    finished = world.peerwright("doctor", *arguments, "--json", **environment)
    assert finished.returncode != FAILED, finished.stderr
    return finished.returncode, json.loads(finished.stdout)["findings"]


def expect_trials(world) -> None:
    """What the doctor tries in each place in order to be refused."""
    world.denials.expect("peerwright-doctor", "AssumeRole", "member-read")
    world.denials.expect("peerwright-doctor", "DeleteVpcPeeringConnection")


def names(call: tuple) -> str:
    return call[0].__name__


def test_nothing_is_wrong_with_what_was_deployed(swept):
    expect_trials(swept)
    assert doctor(swept, "--all") == (HEALTHY, [])


@pytest.mark.parametrize("case", OF_HUB, ids=names)
def test_a_fault_of_the_hub_is_found_with_its_fix(swept, case):
    fault, check, subject, what, fix = case
    with fault(swept):
        status, found = doctor(swept)
    assert status == FINDINGS
    assert [(one["check"], one["subject"], one["unknown"]) for one in found] == [(check, subject, False)], found
    assert what in found[0]["what"] and fix in found[0]["fix"], found


@pytest.mark.parametrize("case", OF_PLACE, ids=names)
def test_a_fault_of_a_place_is_found_with_its_fix(swept, case):
    fault, check, what, fix = case
    swept.denials.expect("peerwright-doctor")
    with fault(swept):
        status, found = doctor(swept, "--account", swept.b.account)
        swept.quiet()
    assert status == FINDINGS
    # A role is the account's, everything else the place's.
    there = {swept.b.account if check in ("member-trust", "member-policy") else f"{swept.b.account}/{swept.b.region}"}
    found = [one for one in found if one["subject"] in there]
    assert [(one["check"], one["unknown"]) for one in found] == [(check, False)], found
    assert what in found[0]["what"] and fix in found[0]["fix"], found


def test_a_role_without_external_id_is_found_by_trying_it_and_by_its_trust(swept):
    swept.denials.expect("peerwright-doctor")
    with place_faults.no_external_id(swept):
        _, found = doctor(swept, "--account", swept.b.account)
    assert {one["check"] for one in found} == {"external-id", "member-trust"}


def test_a_schedule_that_is_off_is_found(world):
    world.sweep()
    world.quiet()
    _, found = doctor(world)
    assert [one["check"] for one in found] == ["schedule"]
    assert "--state ENABLED" in found[0]["fix"]


def test_what_aws_does_not_tell_is_a_finding_and_never_silence(swept):
    explain = swept.session(swept.aws.hub, "peerwright-explain")
    swept.denials.expect("peerwright-explain")
    status, found = doctor(swept, **explain.environment)
    assert status == FINDINGS
    assert all(one["unknown"] for one in found), found
    assert [one["subject"] for one in found if one["check"] == "stack"] == [
        "infra/hub.yaml",
        "infra/people.yaml",
        "infra/watch.yaml",
    ]


def test_where_nobody_answers_the_doctor_says_so_once_and_in_time(world):
    for arguments in ((), ("--all",), ("--left",)):
        with silence() as url:
            began = time.monotonic()
            # STS answers: the doctor knows who asks.
            finished = world.peerwright("doctor", *arguments, AWS_ENDPOINT_URL=url)
        assert time.monotonic() - began < 20
        assert finished.returncode == FAILED and finished.stdout == "", finished.stdout
        assert "no answer in time" in finished.stderr and "role" not in finished.stderr and len(finished.stderr.splitlines()) <= 2, finished.stderr


def test_one_service_that_is_silent_is_told_without_a_word_about_permissions(swept):
    with silence() as url:
        began = time.monotonic()
        status, found = doctor(swept, AWS_ENDPOINT_URL_SQS=url, AWS_ENDPOINT_URL_IAM=url, AWS_ENDPOINT_URL_ORGANIZATIONS=url)
    assert status == FINDINGS and time.monotonic() - began < 60
    silent = [one for one in found if one["unknown"]]
    assert {"queue", "trust"} <= {one["check"] for one in silent}
    assert all("firewall" in one["fix"] and "role" not in one["fix"] for one in silent), silent


def test_a_fix_can_be_run_as_it_is_printed(swept):
    with hub_faults.nobody_subscribed(swept):
        _, [found] = doctor(swept)
        topic = found["fix"].split()[4]
        assert topic.startswith("arn:aws:sns:") and topic.endswith(":peerwright-attention"), found["fix"]
    with hub_faults.less_time(swept):
        _, [found] = doctor(swept)
    assert found["fix"].startswith("aws lambda update-function-configuration --function-name peerwright-cleanup --timeout "), found["fix"]


def test_an_account_that_is_not_swept_is_no_place_to_look_at(swept):
    finished = swept.peerwright("doctor", "--account", swept.stranger.account)
    assert finished.returncode == FAILED
    assert "peerwright members add" in finished.stderr


def test_a_person_reads_lines_of_their_screen_and_nothing_is_broken(swept):
    with hub_faults.disabled_rule(swept):
        finished = swept.peerwright("doctor", COLUMNS="80")
    assert "! rule: peerwright-ended\n" in finished.stdout
    assert "1 finding" in finished.stdout
    assert all(len(line) <= 80 for line in finished.stdout.splitlines()), finished.stdout


def test_what_is_left_of_the_hub_is_listed_with_what_takes_it_away(swept):
    finished = swept.peerwright("doctor", "--left", "--json")
    assert finished.returncode == FINDINGS, finished.stderr
    left = {one["name"]: one["removed_by"] for one in json.loads(finished.stdout)["left"]}
    assert "delete-table --table-name peerwright-connections" in left["peerwright-connections"]
    assert "infra/watch.yaml" in left["peerwright-drift"]
    # The role has gone with the stack: whoever removes it is an administrator.
    root = swept.aws.environment(swept.aws.hub)
    nothing = swept.peerwright("doctor", "--left", "--prefix", "peerwright-gone", without=("AWS_SESSION_TOKEN",), **root)
    assert nothing.returncode == HEALTHY, nothing.stdout + nothing.stderr
