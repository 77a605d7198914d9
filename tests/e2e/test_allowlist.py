"""`peerwright allowlist`: only a valid file is written, and what that does is shown before."""

import json

import pytest
import yaml
from actor import ALL_TABLES
from terminal import terminal

from peerwright_client.describe import ASK_TAG

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
    applied = world.peerwright("allowlist", "apply", "--yes", "--file", world.file(GOOD))
    assert applied.returncode == 0, applied.stderr
    assert set(world.hub.allowlist()) >= KEYS
    listed = world.peerwright("allowlist", "list")
    assert listed.returncode == 0
    lines = [line.split() for line in listed.stdout.splitlines()]
    assert ["allow", "automatic", "-", "0", "-", "cli-allow"] in lines and ["deny", "-", "-", "-", "-", "cli-deny"] in lines
    assert "111111111111 -> e2e-cli" in listed.stdout
    assert "222222222222/eu-west-1/vpc-0123456789abcdef0" in listed.stdout
    items = json.loads(world.peerwright("allowlist", "list", "--json").stdout)
    assert {(item["accepter"], item["id"]) for item in items} == set(world.hub.allowlist())
    assert GOOD["rules"][0] in [item["rule"] for item in items]


def test_apply_is_idempotent(world):
    file = world.file(GOOD)
    world.write_rules(file)
    before = world.peerwright("allowlist", "list", "--json").stdout
    again = world.write_rules(file)
    assert again.returncode == 0 and "0 written, 3 unchanged" in again.stdout
    assert world.peerwright("allowlist", "list", "--json").stdout == before


def test_prune_removes_what_the_file_does_not_name_and_nothing_goes_without_it(world):
    # Those of other tests would be pruned as well.
    world.withdraw_rules()
    world.apply(*GOOD["rules"], aliases=GOOD["aliases"])
    less = world.file({**GOOD, "rules": GOOD["rules"][:1]}, "less.yaml")
    kept = world.write_rules(less)
    assert "kept cli-deny" in kept.stdout and set(world.hub.allowlist()) >= KEYS
    pruned = world.write_rules(less, "--prune")
    assert pruned.returncode == 0 and "- rule cli-deny" in pruned.stdout and "1 removed" in pruned.stdout
    assert set(world.hub.allowlist()) == KEYS - {("any", "cli-deny")}


def test_a_rule_whose_accepter_changes_account_is_found_in_one_place_only(world):
    world.apply(*GOOD["rules"], aliases=GOOD["aliases"])
    moved = {**GOOD["rules"][0], "accepter": {"accounts": ["111111111111"]}}
    world.apply(moved)
    assert [key for key, id in world.hub.allowlist() if id == "cli-allow"] == ["account#111111111111"]


def test_an_expired_rule_is_a_warning_in_a_file_and_in_the_table(world):
    old = {**GOOD["rules"][1], "id": "cli-old", "not_after": "2001-01-01T00:00:00Z"}
    applied = world.write_rules(world.file({"rules": [old]}))
    assert applied.returncode == 0, applied.stderr
    assert "(cli-old).not_after: has passed: the rule is over" in " ".join(applied.stdout.split())
    listed = world.peerwright("allowlist", "list")
    assert listed.returncode == 0 and ["deny", "-", "2001-01-01", "over", "-", "-", "cli-old"] in [line.split() for line in listed.stdout.splitlines()]


def test_an_item_under_the_wrong_key_is_told_also_where_it_allows(world):
    """It would be found for accepters in B only, and names one in A."""
    with world.item({"id": "cli-misfiled", "effect": "allow", "requester": FROM_A, "accepter": {"accounts": [world.a.account]}}):
        listed = world.peerwright("allowlist", "list")
    assert listed.returncode == 1 and "wrong  cli-misfiled" in listed.stdout
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
        and "there is no such table in that account and Region" in finished.stderr
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
        assert world.write_rules(world.file({"rules": rules})).returncode == 0
    others = [one["rule"] for one in json.loads(world.peerwright("allowlist", "list", "--json").stdout) if one["accepter"] != "alias"]
    aliases = {one["id"]: one["rule"] for one in json.loads(world.peerwright("allowlist", "list", "--json").stdout) if one["accepter"] == "alias"}
    left = {"aliases": aliases, "rules": [one for one in others if one["id"] != rule["id"]]}
    assert world.write_rules(world.file(left, "left.yaml"), "--prune").returncode == 0
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


# ---- what a program reads of a file ----

BAD = {"aliases": {"db": {"account": "2222"}}, "rules": [{"id": "r", "effect": "allow", "requester": {"alias": "dbb"}, "accepter": {"alias": "db"}}]}


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "diff", "lint"])
def test_all_that_is_wrong_with_a_file_is_data_for_a_program(world, command):
    bad = world.file(BAD, "bad.yaml")
    for form, read in (("--json", json.loads), ("--output=yaml", yaml.safe_load)):
        told = world.peerwright("allowlist", command, "-f", bad, form)
        assert told.returncode == 1, told.stderr
        answer = read(told.stdout)
        assert (answer["valid"], answer["counts"]) == (False, {"rules": None, "aliases": None, "problems": len(answer["problems"])})
        [typo] = [one for one in answer["problems"] if one["at"] == "rules[0] (r).requester.alias"]
        assert typo["message"] == "`dbb` is not among the aliases" and typo["help"] == "did you mean `db`?"
        assert typo["line"] > 1 and typo["column"] >= 1
        assert not [one for one in answer["problems"] if "accepter" in one["at"]], "the alias is there, and told where it is wrong"
    person = world.peerwright("allowlist", command, "-f", bad)
    assert person.returncode == 1 and person.stdout == "" and "did you mean `db`?" in person.stderr


def test_a_valid_file_is_counted_for_a_program(world):
    told = world.peerwright("allowlist", "validate", "-f", world.file(GOOD), "--json")
    answer = json.loads(told.stdout)
    assert told.returncode == 0 and answer["valid"] is True and answer["problems"] == []
    assert answer["counts"] == {"rules": len(GOOD["rules"]), "aliases": len(GOOD["aliases"]), "problems": 0}


def test_what_has_no_form_for_a_program_refuses_to_be_asked_for_it(world):
    exported = world.peerwright("allowlist", "export", "--json")
    assert exported.returncode == 1 and exported.stdout == "" and "allowlist list --json" in exported.stderr
    planned = world.peerwright("allowlist", "plan", "-f", world.file(GOOD), "--markdown", "--json")
    assert planned.returncode == 1 and planned.stdout == "" and "--markdown" in planned.stderr


# ---- what a file would do ----


@pytest.fixture
def carried(world):
    """A connection, and the rule that carries it. No other rule is there."""
    world.withdraw_rules()
    requester, accepter = world.vpc(world.a), world.vpc(world.b)
    rule = world.rule(requester, accepter, routes=ALL_TABLES)
    world.apply(rule)
    connection = world.ask(requester, accepter)
    world.becomes("converged", connection)
    world.quiet()
    return requester, accepter, rule, connection


def plan(world, content, *more, **environment):
    return world.peerwright("allowlist", "plan", "-f", world.file(content, "planned.yaml"), *more, **environment)


def effect_on(finished, connection):
    [effect] = [one for one in json.loads(finished.stdout)["effects"]["changes"] if one["connection"] == connection]
    return effect


def test_a_plan_shows_rule_by_rule_what_changes_and_what_that_does_and_the_apply_does_it(world, carried):
    requester, accepter, rule, connection = carried
    narrower = {**rule, "routes": {"requester": {"tables": "all"}}, "on_revoke": "keep"}
    world.count_calls_from_here()
    planned = plan(world, {"rules": [narrower]}, COLUMNS="80")
    assert planned.returncode == 2, planned.stderr
    assert f"~ rule {rule['id']} on_revoke: not given -> \"keep\"" in " ".join(planned.stdout.split())
    assert f"changed {connection} (converged)" in planned.stdout and all(len(line) <= 80 or len(line.split()) == 1 for line in planned.stdout.splitlines())
    gone = world.routes(accepter, connection)
    told = effect_on(plan(world, {"rules": [narrower]}, "--json"), connection)
    assert told["rules"] == [rule["id"]] and len(told["closed"]) == len(gone) > 0 and told["opened"] == []
    assert world.role_writes() == [] and world.routes(accepter, connection) == gone
    applied = world.peerwright("allowlist", "apply", "--yes", "-f", world.file({"rules": [narrower]}))
    assert applied.returncode == 0 and f"changed {connection}" in applied.stdout, applied.stderr
    world.until(lambda: world.routes(accepter, connection) == set())
    world.quiet()
    same = plan(world, {"rules": [narrower]})
    assert same.returncode == 0 and "1 unchanged" in same.stdout


def test_a_change_deep_in_a_rule_is_told_at_its_place_and_one_that_changes_nothing_by_its_own_word(world, carried):
    *_, rule, connection = carried
    opens = {"accepter": [{"groups": {"tag": {"role": "none"}}, "ingress": [{"protocol": "tcp", "ports": "5432", "from": "peer-vpc"}]}]}
    world.apply({**rule, "security_groups": opens})
    world.quiet()
    other = json.loads(json.dumps(opens).replace("5432", "5433"))
    planned = plan(world, {"rules": [{**rule, "security_groups": other}]}, COLUMNS="200")
    [line] = [line.strip() for line in planned.stdout.splitlines() if "security_groups" in line]
    assert line == 'security_groups.accepter[0].ingress[0].ports: "5432" -> "5433"'
    kept = effect_on(plan(world, {"rules": [{**rule, "security_groups": opens, "on_revoke": "delete"}]}, "--json"), connection)
    assert kept["effect"] == "carried-by-changed-rules"


def test_a_rule_that_goes_and_one_that_denies_are_told_with_what_becomes_of_the_connection(world, carried):
    requester, accepter, rule, connection = carried
    pruned = effect_on(plan(world, {"rules": []}, "--prune", "--json"), connection)
    assert (pruned["effect"], pruned["rules"], pruned["closed"]) == ("kept", [rule["id"]], [])
    deny = world.rule(requester, accepter, effect="deny")
    denied = effect_on(plan(world, {"rules": [rule, deny]}, "--json"), connection)
    assert denied["effect"] == "isolated" and denied["why"] == [f"rule {deny['id']} denies it"]
    assert len(denied["closed"]) == len(world.routes(requester, connection) | world.routes(accepter, connection))


def test_a_request_and_an_ask_that_a_file_would_answer_are_told(world):
    world.withdraw_rules()
    requester, accepter, other = world.vpc(world.a), world.vpc(world.b), world.vpc(world.b)
    connection = world.ask(requester, accepter)
    world.becomes("held", connection)
    world.tag(requester, {ASK_TAG: f"{other.id}/{other.place.account}"})
    world.quiet()
    allow = world.rule({"accounts": [world.a.account]}, {"accounts": [world.b.account]}, routes=ALL_TABLES)
    planned = plan(world, {"rules": [allow]}, "--json")
    told = effect_on(planned, connection)
    assert told["effect"] == "accepted" and told["rules"] == [allow["id"]] and told["opened"] != []
    asked = [one for one in json.loads(planned.stdout)["effects"]["changes"] if one["connection"] is None]
    assert [(one["effect"], one["accepter"].rpartition("/")[2]) for one in asked] == [("requested", other.id)]


def test_a_plan_for_a_pull_request_is_markdown_and_needs_no_more_than_the_role_that_reads(world, carried):
    requester, accepter, rule, connection = carried
    deny = world.rule(requester, accepter, effect="deny")
    reader = world.session(world.aws.hub, "peerwright-explain").environment
    planned = plan(world, {"rules": [rule, deny]}, "--markdown", **reader)
    assert planned.returncode == 2, planned.stderr
    assert planned.stdout.startswith("### Allowlist: 1 added, 0 changed, 0 removed, 1 unchanged\n\n```diff\n+ rule ")
    assert f"\n- isolated {connection} (converged)\n" in planned.stdout and planned.stdout.count("```") == 4
    assert world.peerwright("allowlist", "lint", **reader).returncode in (0, 2)


def test_without_a_terminal_nothing_is_written_unless_that_is_said(world):
    before = world.hub.allowlist()
    new = world.file({"rules": [{**GOOD["rules"][1], "id": "cli-unasked"}]})
    for arguments, stdin in ((["-f", new], ""), (["-f", "-"], new.read_text())):
        refused = world.peerwright("allowlist", "apply", "--rules-only", *arguments, stdin=stdin)
        assert refused.returncode == 1 and "nothing was written" in refused.stderr and "add --yes" in refused.stderr
        assert "+ rule cli-unasked" in refused.stdout
    assert world.hub.allowlist() == before
    assert world.peerwright("allowlist", "apply", "--rules-only", "--yes", "-f", "-", stdin=new.read_text()).returncode == 0


def test_what_the_table_says_is_written_as_a_file_that_changes_nothing(world):
    world.apply(*GOOD["rules"], aliases=GOOD["aliases"])
    exported = world.peerwright("allowlist", "export")
    assert exported.returncode == 0 and yaml.safe_load(exported.stdout)["aliases"]["e2e-cli"] == GOOD["aliases"]["e2e-cli"]
    for command in ("diff", "plan"):
        same = world.peerwright("allowlist", command, "--prune", "-f", "-", stdin=exported.stdout)
        assert same.returncode == 0 and "0 added, 0 changed, 0 removed" in same.stdout, same.stdout
    with world.item({"id": "cli-broken", "effect": "allow"}):
        broken = world.peerwright("allowlist", "export")
        assert broken.returncode == 1 and "cli-broken" in broken.stderr and broken.stdout == ""


def test_a_rule_is_shown_as_it_is_written_with_who_wrote_it_and_what_it_carries(world, carried):
    *_, rule, connection = carried
    shown = world.peerwright("allowlist", "show", rule["id"])
    assert shown.returncode == 0 and yaml.safe_load(shown.stdout.split("\nwritten by ")[0]) == rule
    assert "assumed-role/peerwright-allowlist/e2e" in shown.stdout and f"{connection} converged" in shown.stdout
    listed = json.loads(world.peerwright("allowlist", "list", "--json").stdout)
    [one] = [one for one in listed if one["id"] == rule["id"]]
    assert one["carries"] == 1 and one["last_matched"]
    missing = world.peerwright("allowlist", "show", "no-such-rule")
    assert missing.returncode == 1 and "peerwright allowlist list" in missing.stderr


def test_a_table_that_somebody_else_changes_while_a_person_reads_the_plan_is_not_overwritten(world):
    world.write_rules(world.file(GOOD))
    changed = {**GOOD["rules"][1], "accepter": {"regions": ["eu-south-1"]}}
    with terminal(world, "allowlist", "apply", "--rules-only", "-f", world.file({"rules": [changed]}, "mine.yaml")) as asked:
        asked.until("Write this? [y/N]")
        theirs = {**GOOD["rules"][1], "accepter": {"regions": ["eu-west-3"]}}
        assert world.write_rules(world.file({"rules": [theirs]}, "theirs.yaml")).returncode == 0
        asked.type("y\n")
        status, text = asked.end()
    assert status == 1 and "nothing was written" in text and "cli-deny was changed by arn:aws:sts::" in " ".join(text.split())
    assert "eu-west-3" in world.peerwright("allowlist", "show", "cli-deny").stdout


def test_a_person_is_asked_on_a_terminal_and_may_say_no(world):
    before = world.hub.allowlist()
    new = world.file({"rules": [{**GOOD["rules"][1], "id": "cli-asked"}]}, "asked.yaml")
    for answer, status in (("n\n", 1), ("y\n", 0)):
        with terminal(world, "allowlist", "apply", "--rules-only", "-f", new) as asked:
            asked.until("Write this? [y/N]")
            assert world.hub.allowlist() == before
            asked.type(answer)
            assert asked.end()[0] == status
    assert ("any", "cli-asked") in world.hub.allowlist()


def test_what_is_hardly_meant_is_told_for_a_file_and_for_the_table(world):
    world.withdraw_rules()
    shadowing = {**GOOD["rules"][1], "id": "cli-wide", "accepter": {"accounts": [world.b.account]}}
    shadowed = {**shadowing, "id": "cli-narrow", "accepter": {"accounts": [world.b.account], "regions": ["eu-west-1"]}}
    file = world.file({"rules": [shadowing, shadowed]})
    found = world.peerwright("allowlist", "lint", "-f", file, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert found.returncode == 2 and "cli-narrow shadowed" in found.stdout and "cli-wide" in found.stdout
    gone = {"e2e-gone": {"account": world.b.account, "region": world.b.region, "vpc": "vpc-0fedcba9876543210"}}
    foreign = {"id": "cli-foreign", "effect": "allow", "requester": {"accounts": ["555555555555"]}, "accepter": {"alias": "e2e-gone"}}
    world.apply(foreign, aliases=gone)
    told = json.loads(world.peerwright("allowlist", "lint", "--json").stdout)["findings"]
    assert {("e2e-gone", "vpc-gone"), ("cli-foreign", "foreign-account")} <= {(one["rule"], one["kind"]) for one in told}
    fine = world.peerwright("allowlist", "lint", "-f", world.file({"rules": [GOOD["rules"][1]]}, "fine.yaml"))
    assert fine.returncode == 0 and "nothing to say" in fine.stdout
