//! Mistakes in the keys of a file, and in the values that every rule has.

use peerwright_core::allowlist::{OnRevoke, Replace};

use super::file::{ingress, problems, read, refused, requester, rule, warnings};

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
    assert_eq!(found, [None, Some(OnRevoke::Keep), Some(OnRevoke::Isolate), Some(OnRevoke::Delete)]);
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
fn an_id_that_is_used_twice_is_told_whatever_else_is_wrong_with_either_rule() {
    let second = rule("").trim_start_matches("rules:\n").replace("effect: allow", "efect: allow");
    let (alone, both) = (format!("rules:\n{second}"), format!("{}{second}", rule("")));
    assert_eq!(problems(&alone).len() + 1, problems(&both).len());
    assert!(problems(&both).contains(&"rules[1] (r): has the id of an earlier rule; give each rule an id of its own".to_owned()));
    let first = format!("{alone}{}", rule("").trim_start_matches("rules:\n"));
    assert!(problems(&first).contains(&"rules[1] (r): has the id of an earlier rule; give each rule an id of its own".to_owned()));
}

#[test]
fn an_id_must_serve_as_a_tag_value() {
    refused(
        &rule("").replace("id: r", "id: \"dev to shared\""),
        &["rules[0] (dev to shared).id: `dev to shared` is not a rule id (1 to 128 letters, digits, - _ .); fix the value"],
    );
}

#[test]
fn an_expired_rule_is_a_warning_in_a_file() {
    let written = "line 6, column 5: rules[0] (r).not_after: has passed: the rule is over; set a later time, or remove the rule";
    assert_eq!(warnings(&rule("not_after: 2026-01-01T00:00:00Z")), [written]);
    assert!(warnings(&rule("not_after: 2026-01-01T00:00:01Z")).is_empty());
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
fn a_deny_rule_has_no_actions_and_asks_nobody() {
    let deny = rule(
        "routes: { requester: { tables: all } }\n    dns_resolution: { accepter: true }\n    security_groups: { accepter: [] }\n    \
         approval: automatic\n    replace: new-first",
    );
    refused(
        &deny.replace("allow", "deny"),
        &[
            "rules[0] (r).approval: has no meaning in a deny rule; remove the key",
            "rules[0] (r).routes: has no meaning in a deny rule; remove the key",
            "rules[0] (r).security_groups: has no meaning in a deny rule; remove the key",
            "rules[0] (r).dns_resolution: has no meaning in a deny rule; remove the key",
            "rules[0] (r).replace: has no meaning in a deny rule; remove the key",
        ],
    );
}

#[test]
fn a_deny_rule_says_what_becomes_of_the_connections_it_comes_to_match() {
    let deny = |with: &str| read(&rule(with).replace("allow", "deny")).rules[0].0.on_revoke;
    assert_eq!(["", "on_revoke: keep", "on_revoke: delete"].map(deny), [None, Some(OnRevoke::Keep), Some(OnRevoke::Delete)]);
}

#[test]
fn a_rule_says_what_goes_first_where_a_quota_has_no_room_for_both() {
    let replace = |with: &str| read(&rule(with)).rules[0].0.replace;
    let found = ["", "replace: new-first", "replace: in-place"].map(replace);
    assert_eq!(found, [Replace::NewFirst, Replace::NewFirst, Replace::InPlace]);
    refused(&rule("replace: old-first"), &["rules[0] (r).replace: is the text `old-first`; write new-first or in-place"]);
}

#[test]
fn a_key_without_a_value_is_refused_never_read_as_its_default() {
    for key in ["approval", "not_after", "on_revoke", "replace", "routes", "security_groups", "dns_resolution"] {
        for nothing in ["", "~", "null"] {
            refused(&rule(&format!("{key}: {nothing}")), &[&format!("rules[0] (r).{key}: has no value; give it one, or remove the key")]);
        }
    }
    let empty = |written: &str, place: &str| {
        refused(&rule(written), &[&format!("rules[0] (r).{place}: has no value; give it one, or remove the key")]);
    };
    empty("routes: { requester: { tables: all, exclude: } }", "routes.requester.exclude");
    empty("routes: { requester: { tables: all, destinations: } }", "routes.requester.destinations");
    empty("routes: { requester: { tables: } }", "routes.requester.tables");
    empty("routes: { requester: }", "routes.requester");
    empty("dns_resolution: { accepter: }", "dns_resolution.accepter");
    empty("security_groups: { accepter: [{ groups: [sg-b0000001], ingress: [], egress: }] }", "security_groups.accepter[0].egress");
    refused("aliases:\nrules: []", &["aliases: has no value; give it one, or remove the key"]);
    refused("rules:", &["rules: has no value; give it one, or remove the key"]);
}

#[test]
fn text_is_that_of_yaml_1_2_where_no_and_y_are_words() {
    for word in ["no", "yes", "y", "n", "on", "off", "No", "\"1.10\"", "\"null\"", "\"true\""] {
        let allowlist = read(&rule("").replace("id: r", &format!("id: {word}")));
        assert_eq!(allowlist.rules[0].0.id.as_str(), word.trim_matches('"'));
    }
    refused(&rule("").replace("id: r", "id: 1.10"), &["rules[0].id: is a number, not text; write it in quotes, with all its zeros"]);
    refused(&rule("").replace("id: r", "id: true"), &["rules[0].id: is the truth value true, not text; write it in quotes: \"true\""]);
}

#[test]
fn an_effect_is_allow_or_deny_and_nothing_like_it() {
    refused(&rule("").replace("allow", "permit"), &["rules[0] (r).effect: is the text `permit`; write allow or deny"]);
    refused(&rule("").replace("allow", "Allow"), &["rules[0] (r).effect: is the text `Allow`; write allow or deny"]);
    refused(&rule("").replace("allow", "yes"), &["rules[0] (r).effect: is the text `yes`; write allow or deny"]);
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
         dns_resolution, on_revoke, replace",
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
