//! Sets of CIDR blocks, against an oracle that asks bit by bit.

use std::collections::BTreeSet;

use ipnet::IpNet;
use peerwright_core::cidr::CidrSet;
use peerwright_core::world::Destination;

use super::random::Random;
use super::run::run;
use crate::common::bits::inside;

/// Two lists of blocks, close to each other so that they meet; with host bits, and now and then not a block at all.
fn lists(random: &mut Random) -> Vec<u8> {
    let lists: Vec<String> = (0..2)
        .map(|_| {
            let count = random.below(6);
            let blocks: Vec<String> = (0..count).map(|_| block(random)).collect();
            blocks.join(" ")
        })
        .collect();
    lists.join("\n").into_bytes()
}

fn block(random: &mut Random) -> String {
    match random.below(12) {
        0 => (*random.choose(&["", "10.0.0.0", "10.0.0.0/33", "fd00::/129", "a/8", "pl-00000001", "::ffff:10.0.0.0/104"])).to_owned(),
        1..=3 => format!("fd0{}:{:x}::{:x}/{}", random.below(2), random.below(3), random.below(4), random.below(129)),
        _ => format!("10.{}.{}.{}/{}", random.below(4), random.below(256), random.below(256), random.below(33)),
    }
}

fn read(line: &str) -> Vec<IpNet> {
    line.split(' ').filter_map(|block| block.parse().ok()).collect()
}

fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (one, other) = text.split_once('\n').unwrap_or((&text, ""));
    for word in one.split(' ') {
        if let Ok(destination) = word.parse::<Destination>() {
            assert_eq!(destination.to_string().parse::<Destination>().as_ref(), Ok(&destination), "{word}");
        }
    }
    let (one, other): (Vec<IpNet>, Vec<IpNet>) = (read(one), read(other));
    let (ours, theirs): (CidrSet, CidrSet) = (one.iter().copied().collect(), other.iter().copied().collect());
    let blocks: Vec<IpNet> = ours.iter().copied().collect();
    assert!(blocks.is_sorted() && blocks.len() == BTreeSet::from_iter(&blocks).len() && blocks.len() == ours.len(), "{ours}");
    assert_eq!(ours, one.iter().rev().copied().collect(), "the order of writing matters");
    assert_eq!(ours, ours.iter().copied().collect(), "a set of a set is another set");
    assert_eq!(ours.is_empty(), one.is_empty());
    for block in &one {
        assert!(ours.contains(block) && blocks.iter().any(|mine| inside(block, mine)), "{block} is lost");
    }
    for block in &blocks {
        assert_eq!(theirs.contains(block), theirs.iter().any(|wide| inside(block, wide)), "{block} in {theirs}");
    }
    let outside: Vec<IpNet> = blocks.iter().filter(|block| !theirs.iter().any(|wide| inside(block, wide))).copied().collect();
    assert_eq!(ours.outside(&theirs).copied().collect::<Vec<_>>(), outside);
    let meet = |(a, b): &(&IpNet, &IpNet)| inside(a, b) || inside(b, a);
    let overlapping: BTreeSet<(&IpNet, &IpNet)> = blocks.iter().flat_map(|a| theirs.iter().map(move |b| (a, b))).filter(meet).collect();
    assert_eq!(ours.overlaps(&theirs).collect::<BTreeSet<_>>(), overlapping);
    assert_eq!(theirs.overlaps(&ours).map(|(b, a)| (a, b)).collect::<BTreeSet<_>>(), overlapping);
}

#[test]
fn sets_of_blocks_agree_with_their_bits() {
    run("cidr_sets", lists, check);
}
