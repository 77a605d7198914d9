//! Many VPCs that ask at once: how long until all are connected, against what EC2's token buckets allow.

use std::time::Duration;

use peerwright_core::ask::ASK_TAG;
use peerwright_core::event::Hint;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::Clock;
use peerwright_testkit::least_seconds;

use crate::estate::{Estate, LATENCY};
use crate::hub::{AT_ONCE, Hub};

pub(crate) fn print() {
    println!("## Many VPCs ask at once\n");
    println!(
        "Every VPC asks for one of the hubs in one account at the same moment. {AT_ONCE} messages of each function are worked on at once, and a call of EC2 takes {} ms.\n",
        LATENCY.as_millis()
    );
    println!(
        "| connections | accounts | virtual seconds | the buckets allow, for the writes | ratio | EC2 calls a connection | throttled |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut notes = Vec::new();
    for (spokes, accounts) in [(100, 20), (1000, 100)] {
        let estate = Estate { spokes, accounts, spokes_per_hub: 50 };
        let world = estate.world();
        let hub = Hub::new(&world);
        let began = world.clock.now();
        for spoke in 0..spokes {
            world.tag(&Estate::spoke(spoke), ASK_TAG, &estate.target(spoke));
            hub.send(Recipient::Request, Hint::Vpc(world.vpc_ref(&Estate::spoke(spoke))), Duration::from_secs(2), true);
        }
        hub.run();
        let converged = world.connections().iter().filter(|(id, _)| world.ledger.entry(id).status == "converged").count();
        assert_eq!(converged, spokes, "every VPC is connected");
        let seconds = world.clock.now().duration_since(began).as_secs_f64();
        let (calls, throttled) = world.metered_calls();
        let writes = calls.iter().filter(|((_, action), _)| !action.starts_with("Describe") && *action != "CreateTags");
        let least = writes.map(|((_, action), count)| least_seconds(action, *count)).fold(1.0, f64::max);
        let each = calls.values().sum::<u64>() as f64 / spokes as f64;
        println!("| {spokes} | {accounts} | {seconds:.0} | {least:.0} | × {:.2} | {each:.1} | {throttled} |", seconds / least);
        let kinds = calls.iter().map(|((place, action), count)| (least_seconds(action, *count), place, action, count));
        if let Some((bound, place, action, count)) = kinds.max_by(|a, b| a.0.total_cmp(&b.0)) {
            notes.push(format!(
                "{spokes} connections: the kind of call that bounds it is {action} in {place}: {count} times, {bound:.0} s at the least."
            ));
        }
        notes.push(format!("{spokes} connections took these runs: {:?}.", hub.log().runs));
    }
    println!();
    for note in notes {
        println!("{note}\n");
    }
}
