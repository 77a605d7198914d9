//! Mistakes in the conditions on an end.

use super::file::{ingress, problems, refused, requester, rule};

#[test]
fn an_end_without_a_condition_is_refused_for_it_would_match_every_vpc() {
    refused(
        &requester("{}"),
        &["rules[0] (r).requester: names no condition, so it would match every VPC; name at least one, such as accounts: [\"…\"]"],
    );
}

#[test]
fn a_condition_without_a_value_is_refused_for_it_could_mean_any_or_none() {
    for (written, is) in [("[]", "an empty list"), ("{}", "an empty map")] {
        for key in ["accounts", "organizational_units", "regions", "vpcs", "cidrs", "tags", "alias"] {
            refused(
                &requester(&format!("{{ {key}: {written} }}")),
                &[&format!("rules[0] (r).requester.{key}: is {is}, which could mean any or none; name a value, or remove the key")],
            );
        }
    }
    for nothing in ["", "~"] {
        for key in ["accounts", "organizational_units", "organization", "regions", "vpcs", "cidrs", "tags", "alias"] {
            refused(
                &requester(&format!("{{ {key}: {nothing} }}")),
                &[&format!("rules[0] (r).requester.{key}: has no value; give it one, or remove the key")],
            );
        }
    }
    refused(
        &requester("{ tags: { env: [] } }"),
        &["rules[0] (r).requester.tags.env: names no value, so no resource could bear it; name one, or remove the tag"],
    );
}

#[test]
fn an_allow_rule_names_an_identity_of_the_requester() {
    let problem = "rules[0] (r).requester: names no identity: tags, CIDR blocks and Regions do not say who asks; \
                   add accounts, organizational_units, vpcs, alias or `organization: true`";
    for claimed in ["{ tags: { env: dev } }", "{ cidrs: [10.0.0.0/8] }", "{ regions: [eu-west-1] }"] {
        refused(&requester(claimed), &[problem]);
        let deny = requester(claimed).replace("allow", "deny");
        assert!(problems(&deny).is_empty(), "a deny rule may speak of anybody");
    }
    for identity in ["accounts: [\"111111111111\"]", "organizational_units: [Root/Workloads]", "organization: true", "vpcs: [vpc-a0000000]"]
    {
        assert!(problems(&requester(&format!("{{ {identity}, tags: {{ env: dev }} }}"))).is_empty(), "{identity}");
    }
}

#[test]
fn an_organization_is_asked_for_with_true_alone() {
    let place = "rules[0] (r).requester.organization";
    refused(
        &requester("{ organization: false, accounts: [\"111111111111\"] }"),
        &[&format!("{place}: is false, which asks for nothing; write true, or remove the key and name the accounts")],
    );
    refused(&requester("{ organization: yes }"), &[&format!("{place}: is the text `yes`, not true or false; write true or false")]);
}

#[test]
fn wildcards_are_refused_everywhere_but_in_the_values_of_tags() {
    let fix = "write it out: `*` and `?` stand for other characters only in the values of tags";
    for (key, text) in
        [("accounts", "11111111111?"), ("organizational_units", "Root/*"), ("regions", "eu-*"), ("vpcs", "vpc-*"), ("cidrs", "10.*.0.0/16")]
    {
        let [problem] = &problems(&requester(&format!("{{ {key}: [\"{text}\"] }}")))[..] else { panic!("one problem: {key}") };
        assert!(problem.starts_with(&format!("rules[0] (r).requester.{key}[0]: `{text}` is n")) && problem.ends_with(fix), "{problem}");
    }
    let [problem, ..] = &problems(&requester("{ alias: \"shared-*\" }"))[..] else { panic!("a problem") };
    assert!(problem.ends_with(fix), "{problem}");
    refused(
        &requester("{ organization: true, tags: { \"team-*\": web } }"),
        &[&format!("rules[0] (r).requester.tags.team-*: has `*` or `?` in the key of a tag; {fix}")],
    );
    assert!(problems(&requester("{ organization: true, tags: { team: [\"web-*\", \"?\"] } }")).is_empty());
}

#[test]
fn a_unit_that_could_never_match_is_refused_for_a_deny_rule_would_deny_nothing() {
    refused(
        &requester("{ organizational_units: [Root/Workloads, ou-ab12-11111111, ou-ab12, Workloads/Dev] }"),
        &["ou-ab12", "Workloads/Dev"]
            .map(|unit| {
                let index = if unit == "ou-ab12" { 2 } else { 3 };
                format!(
                    "rules[0] (r).requester.organizational_units[{index}]: `{unit}` is neither the id of an organizational unit \
                 (r-… or ou-…-…) nor a path such as Root/Workloads/Dev; fix the value"
                )
            })
            .each_ref()
            .map(String::as_str),
    );
}

#[test]
fn an_unknown_alias_is_refused() {
    refused(
        &requester("{ alias: shared }"),
        &["rules[0] (r).requester.alias: `shared` is not among the aliases; add it to `aliases`, or name the VPC by its id"],
    );
}

#[test]
fn an_alias_with_a_typo_is_refused_with_the_alias_that_was_meant() {
    let aliases = "aliases: { db: { account: \"222222222222\", region: eu-west-1, vpc: vpc-0000000b } }\n";
    let typo = |name: &str| format!("{aliases}{}", requester(&format!("{{ alias: {name} }}")));
    refused(&typo("dbb"), &["rules[0] (r).requester.alias: `dbb` is not among the aliases; did you mean `db`?"]);
    refused(&typo("ab"), &["rules[0] (r).requester.alias: `ab` is not among the aliases; did you mean `db`?"]);
    refused(&typo("xy"), &["rules[0] (r).requester.alias: `xy` is not among the aliases; add it to `aliases`, or name the VPC by its id"]);
}

#[test]
fn an_alias_that_is_there_and_wrong_is_one_mistake_and_not_missing_for_those_who_use_it() {
    refused(
        &format!(
            "aliases: {{ db: {{ account: \"2222\", region: eu-west-1, vpc: vpc-0000000b }} }}\n{}",
            requester("{ alias: db }").replace("{ accounts: [\"222222222222\"] }", "{ alias: db }")
        ),
        &["aliases.db.account: `2222` is not an account id (12 digits); fix the value"],
    );
    refused(
        &format!("aliases: [db]\n{}", requester("{ alias: db }")),
        &["aliases: is not a map of names to VPCs; write `name: { account: \"…\", region: …, vpc: vpc-… }`"],
    );
}

#[test]
fn an_alias_that_is_wrong_is_named_by_its_place() {
    refused(
        "aliases:\n  \"shared services\": { account: 222222222222, region: eu-west-1, vpc: vpc-1, owner: me }\nrules: []",
        &[
            "aliases.shared services.owner: is not a key that exists here; the keys here are account, region, vpc",
            "aliases.shared services.account: is the number 222222222222, not text; write it in quotes: \"222222222222\"",
            "aliases.shared services.vpc: `vpc-1` is not a VPC id (vpc- and 8 or 17 hexadecimal digits); fix the value",
            "aliases.shared services: `shared services` is not an alias (1 to 128 letters, digits, - _ .); fix the value",
        ],
    );
}

#[test]
fn a_bad_cidr_block_is_refused_wherever_it_stands() {
    refused(
        &requester("{ cidrs: [10.0.0.0/8, 10.0.0.0/33, ten] }"),
        &[
            "rules[0] (r).requester.cidrs[1]: `10.0.0.0/33` is not a CIDR block; write it as 10.0.0.0/8 or 2001:db8::/32",
            "rules[0] (r).requester.cidrs[2]: `ten` is not a CIDR block; write it as 10.0.0.0/8 or 2001:db8::/32",
        ],
    );
    refused(
        &rule("routes: { requester: { tables: all, exclude: [10.0.0.1] } }"),
        &["rules[0] (r).routes.requester.exclude[0]: `10.0.0.1` is not a CIDR block; write it as 10.0.0.0/8 or 2001:db8::/32"],
    );
}

#[test]
fn a_block_with_host_bits_is_refused_with_the_block_it_would_be() {
    refused(
        &requester("{ cidrs: [10.1.2.3/8, \"fd00:10::1/56\"] }"),
        &[
            "rules[0] (r).requester.cidrs[0]: `10.1.2.3/8` has bits set after its prefix; write 10.0.0.0/8",
            "rules[0] (r).requester.cidrs[1]: `fd00:10::1/56` has bits set after its prefix; write fd00:10::/56",
        ],
    );
    refused(
        &rule("routes: { requester: { tables: all, destinations: [10.20.0.1/16] } }"),
        &["rules[0] (r).routes.requester.destinations[0]: `10.20.0.1/16` has bits set after its prefix; write 10.20.0.0/16"],
    );
}

#[test]
fn an_account_without_quotes_is_refused_for_yaml_would_change_it() {
    refused(
        &requester("{ accounts: [111111111111] }"),
        &["rules[0] (r).requester.accounts[0]: is the number 111111111111, not text; write it in quotes: \"111111111111\""],
    );
    refused(
        &requester("{ accounts: [012345678901] }"),
        &["rules[0] (r).requester.accounts[0]: is a number, not text; write it in quotes, with all its zeros"],
    );
}

#[test]
fn other_values_without_quotes_are_refused_likewise() {
    refused(
        &requester("{ tags: { public: true, level: 3 } }"),
        &[
            "rules[0] (r).requester.tags.level: is the number 3, not text; write it in quotes: \"3\"",
            "rules[0] (r).requester.tags.public: is the truth value true, not text; write it in quotes: \"true\"",
        ],
    );
    refused(
        &ingress("{ protocol: tcp, ports: 443, from: peer-vpc }"),
        &["rules[0] (r).security_groups.accepter[0].ingress[0].ports: is the number 443, not text; write it in quotes: \"443\""],
    );
}

#[test]
fn ids_of_the_wrong_form_are_refused_with_the_right_one() {
    refused(
        &requester("{ accounts: [\"1111\"], regions: [Ireland], vpcs: [subnet-1a2b3c4d] }"),
        &[
            "rules[0] (r).requester.accounts[0]: `1111` is not an account id (12 digits); fix the value",
            "rules[0] (r).requester.regions[0]: `Ireland` is not a Region (such as eu-west-1); fix the value",
            "rules[0] (r).requester.vpcs[0]: `subnet-1a2b3c4d` is not a VPC id (vpc- and 8 or 17 hexadecimal digits); fix the value",
        ],
    );
}
