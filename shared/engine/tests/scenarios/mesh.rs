//! VPCs that bear the tag of one mesh.

use std::collections::BTreeSet;

use peerwright_core::ask::{ASK_TAG, MESH_TAG};
use peerwright_core::event::Hint;
use peerwright_core::ids::{PcxId, VpcId};
use peerwright_engine::outcome::Recipient;
use peerwright_testkit::{FakeTable, FakeVpc, World, parse};

use crate::demo::{A, B, DB, FAR, FRANKFURT, IRELAND, ODD, WEB, world};
use crate::hub::{Hub, assert_quiet};
use crate::request::{EITHER, living, status};

const MORE: &str = "vpc-0000000d";
const FOUR: [&str; 4] = [WEB, DB, FAR, MORE];

fn four(rules: &str) -> World {
    world(rules).vpc(FakeVpc::new(A, FRANKFURT, MORE).cidr("10.50.0.0/16").table(FakeTable::new("rtb-000000d1")))
}

/// Each order of four.
fn orders() -> Vec<[usize; 4]> {
    let all = (0..256_usize).map(|code| [code / 64, code / 16 % 4, code / 4 % 4, code % 4]);
    all.filter(|order| order.iter().collect::<BTreeSet<_>>().len() == 4).collect()
}

/// The pairs that are joined, each by one connection.
fn pairs(world: &World) -> BTreeSet<BTreeSet<VpcId>> {
    let ids: Vec<PcxId> = living(world);
    let pairs: BTreeSet<BTreeSet<VpcId>> = ids.iter().map(|id| world.ends(id).iter().map(|(_, end)| end.vpc.clone()).collect()).collect();
    assert_eq!(pairs.len(), ids.len(), "two connections of a pair");
    pairs
}

#[test]
fn a_mesh_of_four_has_six_connections_in_whichever_order_they_join() {
    for order in orders() {
        let world = four(EITHER);
        let hub = Hub::new(&world);
        for index in order {
            hub.tag(FOUR[index], MESH_TAG, "core");
        }
        assert_eq!(pairs(&world).len(), 6, "{order:?}");
        hub.sweep_until_quiet();
        for vpc in FOUR {
            assert_eq!(status(&world, vpc).matches("converged").count(), 3, "{order:?}: {}", status(&world, vpc));
        }
        assert_quiet(&hub);
    }
}

#[test]
fn a_mesh_of_four_has_six_connections_in_whichever_order_their_events_come() {
    for order in orders() {
        let world = four(EITHER);
        for vpc in FOUR {
            world.tag(vpc, MESH_TAG, "core");
        }
        let hub = Hub::new(&world);
        hub.deliver(order.map(|index| (Recipient::Request, Hint::Vpc(world.vpc_ref(FOUR[index])))));
        hub.sweep_until_quiet();
        assert_eq!(pairs(&world).len(), 6, "{order:?}");
        assert_quiet(&hub);
    }
}

#[test]
fn a_mesh_whose_events_are_all_lost_is_made_by_sweeps() {
    let world = four(EITHER);
    for vpc in FOUR {
        world.tag(vpc, MESH_TAG, "core");
    }
    let hub = Hub::new(&world).deaf();
    hub.sweep_until_quiet();
    assert_eq!(pairs(&world).len(), 6);
    assert_quiet(&hub);
}

#[test]
fn only_those_pairs_of_a_mesh_are_joined_that_a_rule_allows_in_either_direction() {
    let one_way = r#"
rules:
  - { id: a-to-b, effect: allow, requester: { accounts: ["111111111111"] }, accepter: { accounts: ["222222222222"] } }
"#;
    let world = four(one_way);
    let hub = Hub::new(&world);
    for vpc in FOUR {
        hub.tag(vpc, MESH_TAG, "core");
    }
    hub.sweep_until_quiet();
    assert_eq!(pairs(&world).len(), 4, "each of A's two with each of B's two");
    for id in living(&world) {
        let ends = world.ends(&id);
        assert_eq!((ends.requester.place.account.as_str(), ends.accepter.place.account.as_str()), (A, B));
    }
    assert!(status(&world, WEB).contains(&format!("{MORE} not allowed")), "{}", status(&world, WEB));
    assert_quiet(&hub);
}

#[test]
fn a_pair_of_a_mesh_that_is_denied_one_way_is_not_tried_the_other_way() {
    let deny = "  - { id: never, effect: deny, requester: { vpcs: [vpc-0000000b] }, accepter: { vpcs: [vpc-0000000a] } }\n";
    let world = four(&format!("{EITHER}{deny}"));
    let hub = Hub::new(&world);
    for vpc in FOUR {
        hub.tag(vpc, MESH_TAG, "core");
    }
    hub.sweep_until_quiet();
    let joined = pairs(&world);
    assert_eq!((joined.len(), joined.iter().any(|pair| [WEB, DB].iter().all(|vpc| pair.contains(&parse(vpc))))), (5, false));
    let found = status(&world, WEB);
    assert!(found.contains("denied: rule never denies it") && found.matches("denied").count() == 1, "{found}");
    assert_quiet(&hub);
}

#[test]
fn whoever_leaves_a_mesh_loses_its_connections_and_the_others_keep_theirs() {
    let world = four(EITHER);
    let hub = Hub::new(&world);
    for vpc in FOUR {
        hub.tag(vpc, MESH_TAG, "core");
    }
    hub.sweep_until_quiet();
    hub.untag(FAR, MESH_TAG);
    hub.sweep_until_quiet();
    let left = pairs(&world);
    assert_eq!(left.len(), 3);
    assert!(left.iter().all(|pair| pair.iter().all(|vpc| vpc.as_str() != FAR)), "{left:?}");
    assert_eq!(world.tags(FAR).keys().collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(!status(&world, WEB).contains(FAR), "{}", status(&world, WEB));
    assert_quiet(&hub);
    hub.tag(FAR, MESH_TAG, "core");
    hub.sweep_until_quiet();
    assert_eq!(pairs(&world).len(), 6, "it may come back");
    assert_quiet(&hub);
}

#[test]
fn a_connection_of_a_mesh_that_one_of_the_two_asks_for_by_name_stays() {
    let world = four(EITHER);
    let hub = Hub::new(&world);
    hub.tag(DB, ASK_TAG, "vpc-0000000a/111111111111");
    for vpc in [WEB, DB] {
        hub.tag(vpc, MESH_TAG, "core");
    }
    hub.untag(WEB, MESH_TAG);
    hub.sweep_until_quiet();
    assert_eq!(pairs(&world).len(), 1);
    assert_quiet(&hub);
    hub.untag(DB, ASK_TAG);
    hub.sweep_until_quiet();
    assert_eq!(pairs(&world).len(), 0);
    assert_quiet(&hub);
}

#[test]
fn vpcs_that_move_to_another_mesh_without_an_event_are_found_by_the_sweep() {
    let world = four(EITHER);
    let hub = Hub::new(&world).deaf();
    for vpc in FOUR {
        world.tag(vpc, MESH_TAG, "core");
    }
    hub.sweep_until_quiet();
    world.tag(WEB, MESH_TAG, "edge");
    world.tag(DB, MESH_TAG, "edge");
    hub.sweep_until_quiet();
    assert_eq!(pairs(&world).len(), 2, "two and two: {:?}", pairs(&world));
    // WEB and DB were joined before, so nothing happened that WEB would be told of.
    hub.deliver([(Recipient::Request, Hint::Vpc(world.vpc_ref(WEB)))]);
    assert_quiet(&hub);
}

#[test]
fn a_vpc_of_a_mesh_that_is_deleted_is_forgotten() {
    let world = four(EITHER);
    let hub = Hub::new(&world);
    for vpc in FOUR {
        hub.tag(vpc, MESH_TAG, "core");
    }
    world.delete_vpc(MORE);
    for id in living(&world) {
        if world.ends(&id).iter().any(|(_, end)| end.vpc.as_str() == MORE) {
            world.delete(&id, peerwright_core::ids::Side::Requester);
        }
    }
    hub.sweep_until_quiet();
    assert_eq!(pairs(&world).len(), 3);
    assert!(!status(&world, WEB).contains(MORE), "{}", status(&world, WEB));
    assert_eq!(hub.sweep().messages(Recipient::Request), 0, "nobody asks for it any more");
    assert_quiet(&hub);
}

#[test]
fn vpcs_that_meet_in_another_mesh_without_an_event_are_found_by_the_sweep() {
    let world = four(EITHER);
    let hub = Hub::new(&world);
    hub.tag(WEB, MESH_TAG, "core");
    hub.tag(DB, MESH_TAG, "rim");
    assert_eq!(pairs(&world).len(), 0);
    for vpc in [WEB, DB] {
        world.tag(vpc, MESH_TAG, "edge");
    }
    hub.sweep_until_quiet();
    assert_eq!(pairs(&world).len(), 1);
    assert_quiet(&hub);
}

#[test]
fn a_vpc_that_leaves_a_mesh_without_an_event_and_still_asks_by_name_is_found_by_the_sweep() {
    let world = four("rules: []");
    let hub = Hub::new(&world);
    for vpc in [WEB, DB] {
        hub.tag(vpc, MESH_TAG, "core");
    }
    hub.tag(DB, ASK_TAG, "vpc-0000000a/111111111111");
    world.untag(DB, MESH_TAG);
    hub.sweep_until_quiet();
    assert_eq!(status(&world, WEB), "mesh core has no other VPC yet");
    assert_eq!(
        hub.sweep().done.iter().filter(|(to, hint, _)| *to == Recipient::Request && *hint == Hint::Vpc(world.vpc_ref(WEB))).count(),
        0
    );
    assert_quiet(&hub);
}

#[test]
fn a_vpc_of_a_mesh_that_was_joined_to_nobody_is_forgotten_when_it_is_deleted() {
    let world = four("rules: []");
    let hub = Hub::new(&world);
    for vpc in [WEB, MORE] {
        hub.tag(vpc, MESH_TAG, "core");
    }
    world.delete_vpc(MORE);
    hub.sweep_until_quiet();
    assert_eq!(status(&world, WEB), "mesh core has no other VPC yet");
    assert_eq!(hub.sweep().messages(Recipient::Request), 0, "nobody asks for it any more");
    assert_quiet(&hub);
}

#[test]
fn a_mesh_name_that_can_not_be_read_is_told_and_nothing_is_left_for_it() {
    let world = four(EITHER);
    let hub = Hub::new(&world);
    for vpc in [WEB, DB] {
        hub.tag(vpc, MESH_TAG, "core");
    }
    hub.tag(WEB, MESH_TAG, "core team");
    hub.sweep_until_quiet();
    assert_eq!(pairs(&world).len(), 1, "a slip of the pen ends nothing");
    assert_eq!(status(&world, WEB), "mesh is no name: 1 to 128 letters or digits or - _ .");
    assert_quiet(&hub);
}

#[test]
fn a_mesh_of_one_says_so_and_a_stranger_can_not_join() {
    let world = four(EITHER);
    world.tag(ODD, MESH_TAG, "core");
    let hub = Hub::new(&world);
    hub.tag(WEB, MESH_TAG, "core");
    assert_eq!(status(&world, WEB), "mesh core has no other VPC yet");
    assert_eq!(pairs(&world).len(), 0);
    assert_eq!((A, IRELAND), (world.vpc_ref(WEB).place.account.as_str(), world.vpc_ref(WEB).place.region.as_str()));
    assert_quiet(&hub);
}
