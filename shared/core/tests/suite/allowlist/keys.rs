//! Mistakes in the keys of a file, and in the values that every rule has.

use peerwright_core::allowlist::OnRevoke;

use super::file::{ingress, problems, read, refused, requester, rule};

#[test]
fn a_key_with_a_typo_is_refused_with_the_key_that_was_meant() {
    refused(&rule("aproval: automatic"), &["rules[0] (r).aproval: is not a key that exists here; did you mean `approval`?"]);
    refused(&requester("{ acounts: [] }"), &["rules[0] (r).requester.acounts: is not a key that exists here; did you mean `accounts`?"]);
    refused("rulse: []", &["rulse: is not a key that exists here; did you mean `rules`?", "the file: lacks the key `rules`; add it"]);
    refused(
        &rule("routes: { requester: { table: all } }"),
        &[
            "rules[0] (r).routes.requester.table: is not a key that exists here; did you mean `tables`?",
            "rules[0] (r).routes.requester: lacks the key `tables`; add it",
        ],
    );
}

#[test]
fn an_unknown_key_is_refused_with_the_keys_there_are() {
    refused("rules: []\nversion: 1", &["version: is not a key that exists here; the keys here are aliases, rules"]);
    refused(
        &ingress("{ protocol: tcp, ports: all, from: peer-vpc, description: x }"),
        &["rules[0] (r).security_groups.accepter[0].ingress[0].description: is not a key that exists here; \
           the keys here are protocol, ports, icmp_type, icmp_code, from, across_regions"],
    );
    refused(
        &ingress("{ protocol: tcp, ports: all, to: peer-vpc }"),
        &[
            "rules[0] (r).security_groups.accepter[0].ingress[0].to: is not a key that exists here; \
             the keys here are protocol, ports, icmp_type, icmp_code, from, across_regions",
            "rules[0] (r).security_groups.accepter[0].ingress[0]: lacks the key `from`; add it",
        ],
    );
}

#[test]
fn what_becomes_of_a_connection_without_a_rule_is_one_of_three() {
    let on_revoke = |with: &str| read(&rule(with)).rules[0].0.on_revoke;
    let found = ["", "on_revoke: keep", "on_revoke: isolate", "on_revoke: delete"].map(on_revoke);
    assert_eq!(found, [OnRevoke::Keep, OnRevoke::Keep, OnRevoke::Isolate, OnRevoke::Delete]);
}

#[test]
fn a_value_that_is_none_of_a_keys_own_is_refused_not_ignored() {
    refused(&rule("on_revoke: remove"), &["rules[0] (r).on_revoke: is the text `remove`; write keep, isolate or delete"]);
    refused(&rule("on_revoke: Delete"), &["rules[0] (r).on_revoke: is the text `Delete`; write keep, isolate or delete"]);
    refused(&rule("on_revoke: [delete]"), &["rules[0] (r).on_revoke: is a list; write keep, isolate or delete"]);
    refused(&rule("approval: never"), &["rules[0] (r).approval: is the text `never`; write automatic or manual"]);
}

#[test]
fn a_key_that_is_missing_is_named() {
    refused(
        "rules: [{ accepter: { accounts: [\"222222222222\"] } }]",
        &[
            "rules[0]: lacks the key `id`; add it",
            "rules[0]: lacks the key `effect`; add it",
            "rules[0]: lacks the key `requester`; add it",
        ],
    );
    refused("aliases: {}", &["the file: lacks the key `rules`; add it"]);
    refused(
        "aliases: { shared: { account: \"222222222222\" } }\nrules: []",
        &["aliases.shared: lacks the key `region`; add it", "aliases.shared: lacks the key `vpc`; add it"],
    );
    refused(
        &ingress("{ ports: all, from: peer-vpc }"),
        &["rules[0] (r).security_groups.accepter[0].ingress[0]: lacks the key `protocol`; add it"],
    );
    refused(
        &rule("security_groups: { accepter: [{ ingress: [] }] }"),
        &["rules[0] (r).security_groups.accepter[0]: lacks the key `groups`; add it"],
    );
}

#[test]
fn an_id_may_be_used_once() {
    let twice = format!("{}{}", rule(""), rule("").trim_start_matches("rules:\n"));
    refused(&twice, &["rules[1] (r): has the id of an earlier rule; give each rule an id of its own"]);
}

#[test]
fn an_id_must_serve_as_a_tag_value() {
    refused(
        &rule("").replace("id: r", "id: \"dev to shared\""),
        &["rules[0] (dev to shared).id: `dev to shared` is not a rule id (1 to 128 letters, digits, - _ .); fix the value"],
    );
}

#[test]
fn an_expired_rule_is_a_mistake_in_a_file() {
    refused(&rule("not_after: 2026-01-01T00:00:00Z"), &["rules[0] (r).not_after: has passed; set a later time, or remove the rule"]);
    assert!(problems(&rule("not_after: 2026-01-01T00:00:01Z")).is_empty());
}

#[test]
fn a_time_needs_its_zone() {
    refused(
        &rule("not_after: 2027-06-30"),
        &["rules[0] (r).not_after: `2027-06-30` is not a time with a zone; write it as 2027-06-30T00:00:00Z"],
    );
    refused(
        &rule("not_after: 20270630"),
        &["rules[0] (r).not_after: is the number 20270630, not a time; write it as 2027-06-30T00:00:00Z"],
    );
}

#[test]
fn a_deny_rule_has_no_actions() {
    let deny = rule(
        "routes: { requester: { tables: all } }\n    dns_resolution: { accepter: true }\n    security_groups: { accepter: [] }\n    \
         on_revoke: delete",
    );
    refused(
        &deny.replace("allow", "deny"),
        &[
            "rules[0] (r).routes: has no meaning in a deny rule; remove the key",
            "rules[0] (r).security_groups: has no meaning in a deny rule; remove the key",
            "rules[0] (r).dns_resolution: has no meaning in a deny rule; remove the key",
            "rules[0] (r).on_revoke: has no meaning in a deny rule; remove the key",
        ],
    );
}

#[test]
fn an_effect_is_allow_or_deny_and_nothing_like_it() {
    refused(&rule("").replace("allow", "permit"), &["rules[0] (r).effect: is the text `permit`; write allow or deny"]);
    refused(&rule("").replace("allow", "Allow"), &["rules[0] (r).effect: is the text `Allow`; write allow or deny"]);
    refused(&rule("").replace("allow", "yes"), &["rules[0] (r).effect: is the truth value true; write allow or deny"]);
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_with_the_kind_it_is() {
    refused("- 1", &["the file: is a list, not a map; give it the keys aliases, rules"]);
    refused("", &["the file: is empty, not a map; give it the keys aliases, rules"]);
    refused("rules: {}", &["rules: is not a list; write each rule as `- id: …`"]);
    refused("aliases: []\nrules: []", &["aliases: is not a map of names to VPCs; write `name: { account: \"…\", region: …, vpc: vpc-… }`"]);
    refused(
        "rules: [r]",
        &[
            "rules[0]: is the text `r`, not a map; give it the keys id, effect, requester, accepter, approval, not_after, routes, security_groups, \
         dns_resolution, on_revoke",
        ],
    );
    refused(
        &requester("{ accounts: \"111111111111\" }"),
        &["rules[0] (r).requester.accounts: is the text `111111111111`, not a list; write it in brackets: [ … ]"],
    );
    refused(&requester("{ tags: [env] }"), &["rules[0] (r).requester.tags: is a list, not a map of tags; write { key: value }"]);
    refused(
        &rule("dns_resolution: { requester: \"on\" }"),
        &["rules[0] (r).dns_resolution.requester: is the text `on`, not true or false; write true or false"],
    );
    refused(
        &rule("dns_resolution: true"),
        &["rules[0] (r).dns_resolution: is the truth value true, not a map; give it the keys requester, accepter"],
    );
    refused(
        &rule("security_groups: { accepter: { groups: all } }"),
        &["rules[0] (r).security_groups.accepter: is a map, not a list; write each entry as `- groups: …`"],
    );
    refused(
        &rule("security_groups: { accepter: [{ groups: [sg-b0000001], egress: all }] }"),
        &[
            "rules[0] (r).security_groups.accepter[0].egress: is the text `all`, not a list; write [{ protocol: tcp, ports: \"443\", to: peer-vpc }]",
        ],
    );
}
