//! Golden checks before acceptance: each file of `prechecks` is a world, what is around it and an allowlist as text, with what
//! the checks find.
//!
//! The world is described in `common/world_text.rs`; around it:
//!
//! ```text
//! requester peer pcx-00000002 active to 333333333333/eu-west-1/vpc-c0000000 10.30.0.0/16   or `from`: the other VPC asked
//! requester peers 49                      so many more active ones, with addresses of no interest
//! requester peers unknown <why>
//! requester quotas peerings 50 routes 500 rules 60 groups 5
//! ```

use crate::common::world_text::read_world;
use crate::golden::{Played, golden};
use jiff::Timestamp;
use peerwright_core::allowlist::{Allowlist, StoredAllowlist};
use peerwright_core::cidr::CidrSet;
use peerwright_core::desired::Desired;
use peerwright_core::ids::{Side, Sides, VpcRef};
use peerwright_core::policy::{Verdict, decide};
use peerwright_core::precheck::{PrecheckContext, precheck};
use peerwright_core::quota::Quotas;
use peerwright_core::world::{Connection, Fact, ObservedConnection, PeeringState, Tags};

golden! {
    "prechecks",
    play,
    a_connection_is_no_duplicate_of_itself,
    a_default_route_is_no_obstacle,
    a_destination_that_a_rule_names_takes_over_a_part_of_a_summary,
    a_destination_that_leads_elsewhere_is_told,
    a_more_specific_route_shadows_a_part_of_the_peer,
    a_named_route_table_of_a_gateway_is_told,
    a_part_of_another_peers_block_is_told_as_well,
    a_peer_of_the_vpc_that_shows_no_blocks_is_not_checked,
    a_peer_whose_blocks_are_not_shown_is_accepted_where_the_rule_says_what_will_be_routed,
    a_peer_whose_blocks_are_not_shown_is_held_where_the_rule_leaves_the_destinations_to_it,
    a_peering_beyond_the_quota_is_told,
    a_peering_within_the_quota_is_not,
    a_prefix_list_counts_with_its_largest_size,
    a_prefix_list_in_a_group_counts_with_its_largest_size,
    a_prefix_list_without_entries_may_be_of_either_family,
    a_reference_to_a_group_counts_in_both_families,
    a_request_in_the_other_direction_that_is_active_is_a_duplicate,
    a_request_in_the_other_direction_that_is_being_provisioned_is_a_duplicate,
    a_rule_to_a_prefix_list_that_nobody_read_counts_once,
    a_second_peer_with_the_same_block_in_the_same_table_is_held,
    a_second_vendor_with_the_first_ones_block_is_held_though_it_shows_none,
    a_selection_that_means_no_table_is_told,
    a_side_without_a_role_is_not_checked_and_hinders_nothing,
    a_summary_keeps_its_addresses_unless_a_rule_names_them,
    a_table_that_is_full_does_not_matter_where_nothing_is_added,
    a_wider_route_of_a_dead_peering_is_nobodys,
    a_wider_route_over_another_peering_keeps_its_addresses,
    addresses_that_are_excluded_may_be_shared_with_another_peer,
    another_peer_with_the_same_addresses_is_told,
    destinations_of_one_side_are_not_compared_with_peers_of_the_other,
    each_table_and_group_of_each_side_is_counted_apart,
    everything_is_told_at_once,
    groups_of_an_interface_bound_the_rules_of_each,
    ipv6_blocks_that_overlap_are_told,
    nothing_in_the_way_is_nothing_said,
    of_two_requests_for_each_other_the_first_goes_on,
    of_two_requests_for_each_other_the_second_waits,
    one_of_several_blocks_that_overlaps_is_told,
    one_rule_that_accepts_by_itself_is_enough,
    peers_that_have_ended_or_only_ask_count_for_nothing,
    propagated_routes_have_a_quota_of_their_own,
    public_space_that_no_rule_names_is_told,
    route_tables_of_gateways_that_are_left_out_are_noted,
    routes_are_counted_for_each_family_apart,
    routes_over_the_connection_that_stand_already_are_nothing_in_the_way,
    rules_are_counted_for_each_direction_and_family_apart,
    two_peers_with_the_same_block_in_different_tables_are_accepted,
    what_can_be_fixed_in_use_is_nothing_in_the_way,
}

fn play(text: &str) -> Played {
    Played::of(text, "== checks\n", checks)
}

fn checks(given: &str) -> String {
    let (_, rest) = given.split_once("== world\n").expect("a file has a line `== world`");
    let (world, rest) = rest.split_once("== around\n").expect("a file has a line `== around`");
    let (around, yaml) = rest.split_once("== allowlist\n").expect("a file has a line `== allowlist`");
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let file = Allowlist::from_yaml(yaml, now).unwrap_or_else(|problems| panic!("{problems}"));
    let (world, vpcs) = read_world(world);
    let decision = decide(&vpcs, &StoredAllowlist::read(&file.items()), now);
    let Verdict::Allowed(rules) = &decision.verdict else { panic!("only what is allowed is checked: {:?}", decision.reasons) };
    let around = context(around, &world.connection.ends);
    let found = precheck(&Desired::of(rules), &world, &around);
    let obstacles = found.obstacles.iter().map(|obstacle| format!("! {obstacle}\n"));
    obstacles.chain(found.notes.iter().map(|note| format!("~ {note}\n"))).collect()
}

fn context(text: &str, ends: &Sides<VpcRef>) -> PrecheckContext {
    let none = || Fact::Known(Vec::new());
    let mut around = PrecheckContext {
        peerings: Sides { requester: none(), accepter: none() },
        quotas: Sides { requester: Quotas::DOCUMENTED, accepter: Quotas::DOCUMENTED },
    };
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let side = if words[0] == "requester" { Side::Requester } else { Side::Accepter };
        let here = ends.of(side);
        match &words[1..] {
            ["peers", "unknown", why @ ..] => *around.peerings.of_mut(side) = Fact::Unknown(why.join(" ")),
            ["peers", count] => {
                let count: usize = count.parse().expect("a number");
                known(&mut around, side).extend((0..count).map(|index| {
                    let id = format!("pcx-e{index:07}");
                    peering(&id, "active", here, &format!("333333333333/eu-west-1/vpc-e{index:07}"), true, &["192.168.0.0/24"])
                }));
            }
            ["peer", id, state, way, other, blocks @ ..] => {
                let found = peering(id, state, here, other, *way == "to", blocks);
                known(&mut around, side).push(found);
            }
            ["quotas", "peerings", peerings, "routes", routes, "rules", rules, "groups", groups] => {
                let number = |text: &&str| text.parse::<usize>().expect("a number");
                *around.quotas.of_mut(side) = Quotas {
                    peerings_per_vpc: number(peerings),
                    routes_per_table: number(routes),
                    rules_per_group: number(rules),
                    groups_per_interface: number(groups),
                };
            }
            other => panic!("there is nothing like {other:?} around a world"),
        }
    }
    around
}

fn known(around: &mut PrecheckContext, side: Side) -> &mut Vec<ObservedConnection> {
    match around.peerings.of_mut(side) {
        Fact::Known(found) => found,
        Fact::Unknown(_) => panic!("the peers are unknown"),
    }
}

fn peering(id: &str, state: &str, here: &VpcRef, other: &str, asks: bool, blocks: &[&str]) -> ObservedConnection {
    let other: VpcRef = other.parse().expect("a VPC");
    let blocks: CidrSet = blocks.iter().map(|block| block.parse::<ipnet::IpNet>().expect("a block")).collect();
    let (ends, cidrs) = if asks {
        (Sides { requester: here.clone(), accepter: other }, Sides { requester: CidrSet::default(), accepter: blocks })
    } else {
        (Sides { requester: other, accepter: here.clone() }, Sides { requester: blocks, accepter: CidrSet::default() })
    };
    let id = id.parse().expect("an id");
    ObservedConnection {
        connection: Connection { id, state: PeeringState::from(state), message: String::new(), ends },
        cidrs,
        tags: Tags::new(),
        shown_in: here.place.clone(),
        dns_resolution: Sides::default(),
    }
}
