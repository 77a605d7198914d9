//! A sweep of converged connections: calls, and time in virtual seconds.

use std::time::{Duration, Instant};

use peerwright_core::ask::ASK_TAG;
use peerwright_core::event::Hint;
use peerwright_engine::outcome::Recipient;
use peerwright_engine::ports::Clock;

use crate::estate::Estate;
use crate::hub::{Hub, places};

const CASES: [(usize, usize); 5] = [(100, 1), (100, 20), (1000, 20), (1000, 100), (10_000, 100)];

pub(crate) fn print() {
    println!("## A sweep in which nothing is to be done\n");
    println!("Each thousand VPCs ask for hubs in an account of their own, which is swept as well.\n");
    println!("| connections | accounts | EC2 calls | calls a place | virtual seconds | seconds of this machine | messages for others |");
    println!("|---|---|---|---|---|---|---|");
    for (spokes, accounts) in CASES {
        let estate = Estate { spokes, accounts, spokes_per_hub: 50 };
        let world = estate.world();
        connect(estate, &world);
        let before: u64 = world.metered_calls().0.values().sum();
        let (began, started) = (world.clock.now(), Instant::now());
        let hub = Hub::new(&world);
        let places = places(&world);
        for place in &places {
            hub.sweep(place.clone(), began);
        }
        hub.run();
        let calls = world.metered_calls().0.values().sum::<u64>() - before;
        let virtual_seconds = world.clock.now().duration_since(began).as_secs_f64();
        let log = hub.log();
        let others: u64 = log.runs.iter().filter(|(of, _)| **of != "sweep").map(|(_, runs)| runs).sum();
        let each = calls as f64 / places.len() as f64;
        let seconds = started.elapsed().as_secs_f64();
        println!("| {spokes} | {accounts} | {calls} | {each:.1} | {virtual_seconds:.1} | {seconds:.2} | {others} |");
    }
    println!();
}

/// Connects every spoke, without events.
fn connect(estate: Estate, world: &peerwright_testkit::World) {
    let hub = Hub::new(world);
    for spoke in 0..estate.spokes {
        world.tag(&Estate::spoke(spoke), ASK_TAG, &estate.target(spoke));
        hub.send(Recipient::Request, Hint::Vpc(world.vpc_ref(&Estate::spoke(spoke))), Duration::ZERO, true);
    }
    hub.run();
}
