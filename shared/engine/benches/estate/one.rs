//! The EC2 calls of one connection, from the tag to the last answer, against the least that it could take.

use std::time::Duration;

use peerwright_core::ask::ASK_TAG;
use peerwright_core::event::Hint;
use peerwright_engine::outcome::Recipient;

use crate::estate::Estate;
use crate::hub::Hub;

/// One read of each kind in each of the two places before the writes and after them: connections, VPCs, tables, groups and rules.
const READS: u64 = 2 * 5 * 2;

pub(crate) fn print() {
    let estate = Estate { spokes: 1, accounts: 1, spokes_per_hub: 1 };
    let world = estate.world();
    world.tag(&Estate::spoke(0), ASK_TAG, &estate.target(0));
    let hub = Hub::new(&world);
    hub.send(Recipient::Request, Hint::Vpc(world.vpc_ref(&Estate::spoke(0))), Duration::from_secs(2), true);
    hub.run();
    let (calls, _) = world.metered_calls();
    let is_read = |action: &str| action.starts_with("Describe") || action.starts_with("Get");
    let reads: u64 = calls.iter().filter(|((_, action), _)| is_read(action)).map(|(_, count)| count).sum();
    let writes: u64 = calls.iter().filter(|((_, action), _)| !is_read(action)).map(|(_, count)| count).sum();
    println!("## One connection, from the tag to the answer\n");
    println!(
        "The least: the writes, and one read of each kind (connections, VPCs, tables, groups, rules) in each place before and after them.\n"
    );
    println!("| EC2 calls | reads | writes | the least | ratio |\n|---|---|---|---|---|");
    let (all, least) = (reads + writes, READS + writes);
    println!("| {all} | {reads} | {writes} | {least} | × {:.2} |\n", all as f64 / least as f64);
    println!("Runs: {:?}\n", hub.log().runs);
}
