"""`peerwright allowlist`: only a valid file is written."""

import json

import pytest

FROM_A = {"accounts": ["111111111111"]}
GOOD = {
    "aliases": {"e2e-cli": {"account": "222222222222", "region": "eu-west-1", "vpc": "vpc-0123456789abcdef0"}},
    "rules": [
        {"id": "cli-allow", "effect": "allow", "requester": FROM_A, "accepter": {"alias": "e2e-cli"}},
        {"id": "cli-deny", "effect": "deny", "requester": FROM_A, "accepter": {"regions": ["eu-north-1"]}},
    ],
}
KEYS = {("alias", "e2e-cli"), ("account#222222222222", "cli-allow"), ("any", "cli-deny")}


def test_apply_writes_rules_and_aliases_and_list_shows_them(world):
    applied = world.peerwright("allowlist", "apply", "--file", world.file(GOOD))
    assert applied.returncode == 0, applied.stderr
    assert set(world.hub.allowlist()) >= KEYS
    listed = world.peerwright("allowlist", "list")
    assert listed.returncode == 0
    for line in ("allow  cli-allow", "deny   cli-deny"):
        assert line in listed.stdout.splitlines()
    assert "222222222222/eu-west-1/vpc-0123456789abcdef0" in listed.stdout
    items = json.loads(world.peerwright("allowlist", "list", "--json").stdout)
    assert {(item["accepter"], item["id"]) for item in items} == set(world.hub.allowlist())
    assert GOOD["rules"][0] in [item["rule"] for item in items]


def test_apply_is_idempotent(world):
    file = world.file(GOOD)
    world.peerwright("allowlist", "apply", "-f", file)
    before = world.peerwright("allowlist", "list", "--json").stdout
    again = world.peerwright("allowlist", "apply", "-f", file)
    assert again.returncode == 0 and "0 written, 3 unchanged" in again.stdout
    assert world.peerwright("allowlist", "list", "--json").stdout == before


def test_prune_removes_what_the_file_does_not_name_and_nothing_goes_without_it(world):
    world.apply(*GOOD["rules"], aliases=GOOD["aliases"])
    less = world.file({**GOOD, "rules": GOOD["rules"][:1]}, "less.yaml")
    kept = world.peerwright("allowlist", "apply", "-f", less)
    assert "kept cli-deny" in kept.stdout and set(world.hub.allowlist()) >= KEYS
    pruned = world.peerwright("allowlist", "apply", "-f", less, "--prune")
    assert pruned.returncode == 0 and "removed cli-deny" in pruned.stdout
    assert set(world.hub.allowlist()) == KEYS - {("any", "cli-deny")}


def test_a_rule_whose_accepter_changes_account_is_found_in_one_place_only(world):
    world.apply(*GOOD["rules"], aliases=GOOD["aliases"])
    moved = {**GOOD["rules"][0], "accepter": {"accounts": ["111111111111"]}}
    world.apply(moved)
    assert [key for key, id in world.hub.allowlist() if id == "cli-allow"] == ["account#111111111111"]


def test_an_expired_rule_is_a_warning_in_a_file_and_in_the_table(world):
    old = {**GOOD["rules"][1], "id": "cli-old", "not_after": "2001-01-01T00:00:00Z"}
    applied = world.peerwright("allowlist", "apply", "-f", world.file({"rules": [old]}))
    assert applied.returncode == 0, applied.stderr
    assert "(cli-old).not_after: has passed: the rule is over" in applied.stdout
    listed = world.peerwright("allowlist", "list")
    assert listed.returncode == 0 and "deny   cli-old expired at 2001-01-01T00:00:00Z" in listed.stdout


def test_an_item_under_the_wrong_key_is_told_also_where_it_allows(world):
    """It would be found for accepters in B only, and names one in A."""
    with world.item({"id": "cli-misfiled", "effect": "allow", "requester": FROM_A, "accepter": {"accounts": [world.a.account]}}):
        listed = world.peerwright("allowlist", "list")
    assert listed.returncode == 1 and "wrong  cli-misfiled: " in listed.stdout
    assert f"is stored under `account#{world.b.account}`" in listed.stdout


def test_validate_writes_nothing(world):
    before = world.hub.allowlist()
    new = world.file({"rules": [{**GOOD["rules"][1], "id": "cli-never-applied"}]})
    valid = world.peerwright("allowlist", "validate", "-f", new, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert valid.returncode == 0 and "1 rule and 0 aliases, all valid" in valid.stdout
    assert world.hub.allowlist() == before


WRONG = """\
rules:
  - id: typo
    effect: alow
    requester: { accounts: [111111111111] }
    accepter: { cidrs: ["10.0.0.1/8"], acounts: [] }
  - id: expired
    effect: allow
    requester: { accounts: ["111111111111"] }
    accepter: { accounts: ["222222222222"] }
    not_after: 2001-01-01
  - id: expired
    effect: allow
    on_revoke: forget
    requester: { accounts: ["111111111111"] }
    accepter: {}
"""
PROBLEMS = [
    "rules[0] (typo).effect",
    "rules[0] (typo).requester.accounts[0]",
    "rules[0] (typo).accepter.cidrs[0]",
    "did you mean `accounts`?",
    "line 10, column 5: rules[1] (expired).not_after: `2001-01-01` is not a time with a zone",
    "rules[2] (expired): has the id of an earlier rule",
    "rules[2] (expired).on_revoke: is the text `forget`; write keep, isolate or delete",
    "rules[2] (expired).accepter: names no condition",
]


ONE = "rules: [{ id: r, effect: allow, requester: FROM, accepter: { vpcs: [vpc-0123456789abcdef1] } }]"


@pytest.mark.parametrize("verb", ["validate", "apply"])
def test_a_wrong_file_gets_every_problem_at_once_and_changes_nothing(world, verb):
    before = world.peerwright("allowlist", "list", "--json").stdout
    finished = world.peerwright("allowlist", verb, "-f", world.file(WRONG))
    assert finished.returncode == 1
    assert [problem for problem in PROBLEMS if problem not in finished.stderr] == [], finished.stderr
    assert "nothing was changed" in finished.stderr
    assert world.peerwright("allowlist", "list", "--json").stdout == before


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("rules: [", "YAML"),
        ("", "the file"),
        ("rules: 5", "rules"),
        (ONE.replace("FROM", "{ tags: { env: dev } }"), "names no identity"),
        (ONE.replace("FROM", '{ organizational_units: ["Root/*"] }'), "only in the values of tags"),
        (ONE.replace("FROM", "{ vpcs: [vpc-0123456789abcdef0] }, approval: "), "has no value"),
        ("{rules: [], role: []}", "role"),
        ("- a", "the file"),
    ],
)
def test_a_file_that_is_no_allowlist_is_refused(world, content, word):
    finished = world.peerwright("allowlist", "validate", "-f", world.file(content))
    assert finished.returncode == 1 and word in finished.stderr


def test_a_file_that_is_not_there_is_named(world):
    finished = world.peerwright("allowlist", "validate", "-f", "no-such-file.yaml")
    assert finished.returncode == 1 and "no-such-file.yaml" in finished.stderr


def test_a_table_that_is_not_there_is_named(world):
    # As the account itself: who may write one table is refused any other, there or not.
    account = {**world.aws.environment(world.aws.hub), "AWS_SESSION_TOKEN": ""}
    finished = world.peerwright("allowlist", "apply", "-f", world.file(GOOD), "--allowlist-table", "no-such-table", **account)
    assert (
        finished.returncode == 1
        and "no-such-table" in finished.stderr
        and "ResourceNotFoundException" in finished.stderr
    )


@pytest.mark.parametrize(
    "arguments", [[], ["allowlist"], ["allowlist", "apply"], ["allowlist", "list", "--jsn"], ["alowlist"]]
)
def test_wrong_usage_ends_with_status_2(world, arguments):
    finished = world.peerwright(*arguments)
    assert finished.returncode == 2 and "Usage: peerwright" in finished.stderr


def test_list_reports_a_rule_that_another_client_wrote_wrongly(world):
    with world.item({"id": "cli-broken", "effect": "allow"}):
        listed = world.peerwright("allowlist", "list")
    assert listed.returncode == 1
    assert "wrong  cli-broken" in listed.stdout and "lacks the key `requester`" in listed.stdout


def test_who_changed_which_rule_is_told_and_stands_in_the_history(world):
    rule = {"id": "e2e-told", "effect": "deny", "requester": FROM_A, "accepter": {"regions": ["eu-north-1"]}}
    changed = {**rule, "accepter": {"regions": ["eu-south-1"]}}
    for rules in ([rule], [changed]):
        assert world.peerwright("allowlist", "apply", "-f", world.file({"rules": rules})).returncode == 0
    others = [one["rule"] for one in json.loads(world.peerwright("allowlist", "list", "--json").stdout) if one["accepter"] != "alias"]
    aliases = {one["id"]: one["rule"] for one in json.loads(world.peerwright("allowlist", "list", "--json").stdout) if one["accepter"] == "alias"}
    left = {"aliases": aliases, "rules": [one for one in others if one["id"] != rule["id"]]}
    assert world.peerwright("allowlist", "apply", "--prune", "-f", world.file(left, "left.yaml")).returncode == 0
    world.quiet()
    told = [event["detail"] for event in world.listener.told() if event["detail-type"] == "Allowlist Changed"]
    told = [one for one in told if one.get("rule") == rule["id"]]
    assert [one["change"] for one in told] == ["added", "changed", "removed"]
    assert [(one["before"], one["after"]) for one in told] == [(None, rule), (rule, changed), (changed, None)]
    who = f"arn:aws:sts::{world.aws.hub.account}:assumed-role/peerwright-allowlist/e2e"
    assert {one["by"] for one in told} == {who}
    lines = [line for line in world.hub.history("allowlist") if rule["id"] in line["rules"]]
    assert [line["what"] for line in lines] == [f"rule e2e-told {verb}" for verb in ("added", "changed", "removed")]
    assert all(line["details"][0] == f"by {who}" for line in lines)
