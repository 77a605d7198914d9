//! Golden plans: each file of `tests/plans` is a world and an allowlist as text, with the plan that comes of them.
//!
//! Every scenario is carried out as well, and planned again: the second plan must have no steps. The format is described in
//! `tests/common/scenario.rs`.

#[path = "common/apply.rs"]
mod apply;
#[path = "common/scenario.rs"]
mod scenario;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

use scenario::Scenario;

/// Rewrites the expected plans with what came out. Read the difference before you commit it.
const UPDATE: &str = "UPDATE_GOLDEN";

/// One test per scenario, of the same name, so that a failure names what is broken and a filter finds it.
macro_rules! scenarios {
    ($($name:ident,)+) => {
        const NAMES: &[&str] = &[$(stringify!($name)),+];
        $(#[test] fn $name() { check(stringify!($name)); })+
    };
}

scenarios! {
    a_black_hole_of_a_dead_peering_is_a_conflict_and_stays,
    a_connection_that_is_not_accepted_waits_as_a_whole,
    a_connection_that_is_provisioning_waits_as_a_whole,
    a_converged_connection_has_nothing_to_do,
    a_denied_connection_gets_no_plan,
    a_destination_that_is_not_the_peers_is_refused,
    a_destination_with_two_routes_is_served_if_one_leads_over_the_connection,
    a_more_specific_route_of_somebody_is_left_alone,
    a_part_of_the_peers_addresses_can_be_the_destination,
    a_peer_whose_blocks_are_not_shown_yet_is_waited_for,
    a_peers_group_in_another_region_becomes_its_vpcs_blocks,
    a_peers_group_in_the_same_region_is_referred_to_with_its_account,
    a_reference_that_is_there_already_is_left_alone,
    a_route_crosses_regions_like_any_other,
    a_route_to_another_target_is_a_conflict_and_stays,
    a_rule_that_somebody_else_made_is_left_alone,
    a_rule_without_wishes_allows_and_changes_nothing,
    a_selection_that_means_no_group_is_reported,
    a_selection_that_means_no_table_is_reported,
    a_side_without_a_role_of_which_nothing_is_wanted_is_not_waited_for,
    a_state_that_nobody_has_heard_of_waits_by_its_name,
    a_stranger_gets_no_plan,
    all_protocols_are_one_rule_per_block,
    an_alias_names_the_vpc_of_a_rule,
    an_ended_connection_gets_nothing,
    blocks_inside_an_exclusion_get_no_route,
    dns_resolution_that_is_on_is_left_on,
    dns_resolution_waits_for_a_person_where_a_vpc_is_not_ready,
    egress_rules_lead_to_the_peer,
    icmp_exists_once_per_address_family,
    ingress_and_egress_of_a_group_are_a_step_each,
    ipv6_is_routed_only_where_both_ends_have_it,
    one_side_without_a_role_waits_and_the_other_is_done,
    only_the_main_table_gets_routes,
    only_the_tables_that_are_named_get_routes,
    protocols_go_by_name_or_number,
    routes_go_one_way_where_one_way_is_wanted,
    routes_that_are_there_already_are_left_alone,
    rules_that_match_add_up,
    rules_that_want_the_same_are_one_step,
    tables_by_tag_bear_each_tag_with_one_of_its_values,
    the_other_partitions_are_planned_alike,
    two_ipv4_blocks_and_an_ipv6_block_reach_every_table_on_both_sides,
    two_vpcs_of_one_account_are_done_on_both_sides,
}

#[test]
fn every_scenario_file_has_its_test() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("tests/plans can be listed")
        .map(|entry| entry.expect("an entry can be read").path())
        .map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned())
        .collect();
    let tests: BTreeSet<String> = NAMES.iter().map(ToString::to_string).collect();
    assert_eq!(files, tests, "name each file of tests/plans in `scenarios!` of tests/plans.rs, and the reverse");
}

fn check(name: &str) {
    let path = folder().join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let scenario = Scenario::read(&text);
    let found = scenario.play();
    if env::var_os(UPDATE).is_some() {
        fs::write(&path, format!("{}{found}", scenario.given)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    assert!(
        found == scenario.expected,
        "{} expects\n{}\nbut the plan is\n{found}\nIf that is right, run the test again with {UPDATE}=1 and read the difference.",
        path.display(),
        scenario.expected,
    );
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/plans")
}
