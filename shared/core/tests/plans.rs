//! Golden plans: each file of `tests/plans` is a world and an allowlist as text, with the plan that comes of them.
//!
//! Every scenario is carried out as well, and planned again: the second plan must have no steps. The format is described in
//! `tests/common/scenario.rs`.

#[path = "common/apply.rs"]
mod apply;
#[path = "common/scenario.rs"]
mod scenario;
#[path = "common/world_text.rs"]
mod world_text;

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
    a_black_hole_of_somebody_else_over_an_ended_connection_stays,
    a_block_that_is_added_later_gets_its_routes_and_rules_and_nothing_else_moves,
    a_block_that_the_peer_lost_takes_its_routes_and_rules_along,
    a_conflict_elsewhere_in_the_table_keeps_no_route,
    a_connection_that_a_rule_allows_is_not_taken_apart,
    a_connection_that_is_not_accepted_waits_as_a_whole,
    a_connection_that_is_provisioning_waits_as_a_whole,
    a_connection_that_shows_no_blocks_keeps_what_is_ours,
    a_connection_whose_rule_is_in_doubt_is_not_taken_apart,
    a_converged_connection_has_nothing_to_do,
    a_denied_connection_gets_no_plan,
    a_destination_that_is_excluded_later_loses_its_route,
    a_destination_that_is_not_the_peers_is_refused,
    a_destination_with_two_routes_is_served_if_one_leads_over_the_connection,
    a_direction_that_is_switched_off_loses_its_routes,
    a_freeze_leaves_an_ended_connections_things_where_they_are,
    a_freeze_plans_and_changes_nothing,
    a_group_of_the_peer_that_loses_its_tag_is_referred_to_no_longer,
    a_group_that_is_meant_no_longer_loses_its_rules,
    a_limit_leaves_over_by_name_and_later_runs_finish,
    a_limit_that_is_not_reached_changes_nothing,
    a_limited_removal_never_overtakes_what_replaces_it,
    a_living_route_of_somebody_else_shows_that_a_vanished_connection_is_there,
    a_living_route_over_an_ended_connection_goes_like_any_other,
    a_more_specific_route_of_somebody_is_left_alone,
    a_part_of_the_peers_addresses_can_be_the_destination,
    a_peer_whose_blocks_are_not_shown_yet_is_waited_for,
    a_peers_group_in_another_region_becomes_its_vpcs_blocks,
    a_peers_group_in_the_same_region_is_referred_to_with_its_account,
    a_port_that_is_wanted_no_longer_is_closed_after_the_new_one_is_open,
    a_prefix_list_is_the_destination_of_one_route,
    a_prefix_list_stands_beside_blocks,
    a_prefix_list_that_can_not_be_read_is_reported,
    a_prefix_list_that_is_not_there_is_reported,
    a_prefix_list_with_an_excluded_entry_is_refused,
    a_prefix_list_with_entries_that_are_not_the_peers_is_refused,
    a_propagated_route_for_a_destination_is_a_conflict_and_stays,
    a_reference_that_is_there_already_is_left_alone,
    a_reference_to_a_group_becomes_its_vpcs_blocks_new_before_old,
    a_remembered_route_that_is_gone_or_leads_elsewhere_is_no_step,
    a_route_crosses_regions_like_any_other,
    a_route_of_ours_is_kept_where_its_replacement_is_in_conflict,
    a_route_of_ours_is_kept_while_a_part_of_its_block_is_excluded,
    a_route_of_ours_that_is_wanted_no_longer_is_removed,
    a_route_of_ours_that_somebody_deleted_is_made_again,
    a_route_of_ours_that_somebody_turned_elsewhere_is_a_conflict_and_stays,
    a_route_of_ours_that_somebody_turned_elsewhere_is_not_removed_either,
    a_route_to_a_prefix_list_is_kept_while_the_list_can_not_be_read,
    a_route_to_a_prefix_list_is_taken_away_like_any_other,
    a_route_to_a_prefix_list_that_leads_elsewhere_is_a_conflict,
    a_route_to_another_target_is_a_conflict_and_stays,
    a_rule_for_every_port_is_there_already_as_the_whole_range,
    a_rule_of_another_connection_is_left_alone,
    a_rule_of_somebody_that_refers_to_a_prefix_list_is_left_alone,
    a_rule_that_goes_takes_only_what_no_other_rule_wants,
    a_rule_that_somebody_else_made_is_left_alone,
    a_rule_without_wishes_allows_and_changes_nothing,
    a_selection_that_means_no_group_is_reported,
    a_selection_that_means_no_subnet_is_reported,
    a_selection_that_means_no_table_is_reported,
    a_side_without_a_role_and_without_anything_of_ours_is_not_waited_for_in_the_end,
    a_side_without_a_role_of_which_nothing_is_wanted_is_not_waited_for,
    a_side_without_a_role_waits_for_its_own_cleaning_and_the_other_is_done,
    a_state_that_nobody_has_heard_of_waits_by_its_name,
    a_step_that_is_larger_than_the_limit_goes_alone,
    a_stranger_gets_no_plan,
    a_subnet_that_gets_a_table_of_its_own_is_followed_there,
    a_subnet_that_loses_its_tag_takes_no_route_from_one_that_shares_its_table,
    a_subnet_without_an_association_means_the_main_table,
    a_table_that_is_meant_no_longer_loses_its_routes,
    a_table_that_is_new_gets_the_routes_of_the_others,
    a_tag_alone_removes_nothing_where_nothing_is_wanted,
    a_vanished_connection_loses_its_black_holes_and_its_rules,
    a_vanished_connection_with_a_living_route_of_ours_keeps_everything,
    a_wider_destination_stands_before_the_narrower_ones_go,
    a_wider_route_that_leads_elsewhere_is_no_conflict,
    all_protocols_are_one_rule_per_block,
    an_active_connection_that_is_denied_is_taken_apart,
    an_active_connection_that_no_rule_allows_any_more_is_taken_apart,
    an_adopted_route_is_noted_and_stays_when_it_is_wanted_no_longer,
    an_alias_names_the_vpc_of_a_rule,
    an_egress_rule_of_ours_that_is_wanted_no_longer_is_removed,
    an_end_without_a_role_waits_with_what_is_ours_there,
    an_ended_connection_gets_nothing,
    an_ended_connection_loses_what_is_ours_on_both_sides_and_nothing_else,
    an_ended_connection_of_which_nothing_is_left_is_done_with,
    an_exclusion_inside_a_block_refuses_the_block,
    blocks_are_kept_while_the_prefix_list_that_replaces_them_is_in_conflict,
    blocks_become_a_prefix_list_new_before_old,
    blocks_become_a_reference_to_a_group_new_before_old,
    blocks_inside_an_exclusion_get_no_route,
    dns_resolution_goes_ahead_where_the_peer_can_not_be_read,
    dns_resolution_needs_both_vpcs_even_where_one_side_wants_it,
    dns_resolution_that_is_on_and_not_wanted_is_left_on,
    dns_resolution_that_is_on_is_left_on,
    dns_resolution_waits_for_a_person_where_a_vpc_is_not_ready,
    egress_rules_lead_to_the_peer,
    everything_of_ours_goes_when_nothing_is_wanted_any_more,
    groups_of_one_account_are_referred_to_with_that_account,
    icmp_exists_once_per_address_family,
    icmp_types_and_codes_are_rules_of_their_own,
    icmpv6_types_go_to_ipv6_blocks_only,
    ingress_and_egress_of_a_group_are_a_step_each,
    ipv6_is_routed_only_where_both_ends_have_it,
    ipv6_routes_go_when_this_end_loses_its_ipv6_block,
    narrower_destinations_stand_before_the_wider_one_goes,
    one_side_without_a_role_waits_and_the_other_is_done,
    only_the_main_table_gets_routes,
    only_the_tables_that_are_named_get_routes,
    protocols_go_by_name_or_number,
    routes_go_one_way_where_one_way_is_wanted,
    routes_of_ours_are_kept_while_a_destination_is_not_the_peers,
    routes_of_ours_are_kept_while_a_selection_of_tables_means_nothing,
    routes_that_are_there_already_are_left_alone,
    rules_of_ours_are_kept_while_a_selection_of_groups_means_nothing,
    rules_of_ours_are_kept_while_the_peers_groups_mean_nothing,
    rules_of_ours_that_two_groups_lose_are_a_step_each,
    rules_on_a_side_without_a_role_wait_as_well,
    rules_that_both_ends_show_are_removed_once,
    rules_that_match_add_up,
    rules_that_want_the_same_are_one_step,
    several_groups_and_directions_are_taken_away_in_a_step_each,
    subnets_by_tag_mean_their_tables_and_the_main_one_where_one_has_none,
    subnets_mean_the_tables_they_are_associated_with,
    tables_by_tag_bear_each_tag_with_one_of_its_values,
    the_gov_partition_is_planned_alike,
    the_other_partitions_are_planned_alike,
    the_peers_groups_are_found_by_their_tag,
    the_peers_groups_by_tag_in_another_region_are_its_vpcs_blocks,
    the_peers_groups_can_not_be_found_by_tag_without_a_role_there,
    the_peers_groups_that_bear_no_such_tag_are_reported,
    the_routes_of_both_sides_are_made_in_one_plan,
    two_ipv4_blocks_and_an_ipv6_block_reach_every_table_on_both_sides,
    two_vpcs_of_one_account_are_done_on_both_sides,
    what_is_taken_away_is_limited_too_and_later_runs_finish,
    what_replaces_a_route_is_made_even_while_removals_are_kept,
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
