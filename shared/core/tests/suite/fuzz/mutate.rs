//! Changes inputs a little: bytes, words, and parts of JSON.

use serde_json::{Map, Value, json};

use super::random::Random;

/// Words that inputs are full of, right and wrong.
const WORDS: &[&str] = &[
    "allow",
    "deny",
    "all",
    "main",
    "none",
    "peer-vpc",
    "tag",
    "groups",
    "subnets",
    "tables",
    "destinations",
    "exclude",
    "routes",
    "security_groups",
    "ingress",
    "egress",
    "protocol",
    "ports",
    "icmp_type",
    "icmp_code",
    "from",
    "to",
    "requester",
    "accepter",
    "accounts",
    "organizational_units",
    "regions",
    "cidrs",
    "tags",
    "vpcs",
    "alias",
    "aliases",
    "rules",
    "id",
    "effect",
    "approval",
    "not_after",
    "on_revoke",
    "replace",
    "dns_resolution",
    "\"111111111111\"",
    "111111111111",
    "eu-west-1",
    "cn-north-1",
    "10.0.0.0/8",
    "10.0.0.1/8",
    "0.0.0.0/0",
    "::/0",
    "fd00::/8",
    "10.0.0.0/33",
    "vpc-a0000000",
    "rtb-a0000001",
    "sg-a0000001",
    "pl-00000001",
    "subnet-00000001",
    "pcx-0c4f1d20aa83b76e5",
    "tcp",
    "icmp",
    "-1",
    "0-65535",
    "65536",
    "443-80",
    "2027-06-30T00:00:00Z",
    "2027-06-30",
    "true",
    "~",
    "null",
    "&a",
    "*a",
    "<<: *a",
    "!!str",
    "|",
    ">",
    "- ",
    "? ",
    ": ",
    "{}",
    "[]",
    "\"",
    "'",
    "\t",
    "\n",
    "\u{0}",
    "\u{feff}",
    "ä",
    "1e999",
    "0x10",
    ".nan",
];

/// One to eight changes of bytes, words and lines; now and then a piece of another input.
pub(crate) fn bytes(input: &[u8], others: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut changed = input.to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(changed.len() + 1);
        let to = at + random.below((changed.len() - at).min(40) + 1);
        match random.below(7) {
            0 if at < changed.len() => changed[at] ^= 1 << random.below(8),
            1 => changed.insert(at, random.byte()),
            2 => drop(changed.drain(at..to)),
            3 => drop(changed.splice(at..at, random.choose(WORDS).bytes())),
            4 => drop(changed.splice(at..to, random.choose(WORDS).bytes())),
            5 => {
                let piece = changed[at..to].to_vec();
                drop(changed.splice(at..at, piece));
            }
            _ => {
                let other = random.choose(others);
                let from = random.below(other.len());
                let piece = &other[from..other.len().min(from + 200)];
                drop(changed.splice(at..to, piece.iter().copied()));
            }
        }
    }
    changed
}

/// One to four changes of values and keys.
pub(crate) fn tree(value: &Value, random: &mut Random) -> Value {
    let mut changed = value.clone();
    for _ in 0..=random.below(4) {
        change(&mut changed, random);
    }
    changed
}

/// Goes down at random, and changes what it comes to.
fn change(value: &mut Value, random: &mut Random) {
    let stop = random.below(4) == 0;
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            let key = random.choose(&entries.keys().cloned().collect::<Vec<_>>()).clone();
            if stop {
                change_entry(entries, &key, random);
            } else if let Some(child) = entries.get_mut(&key) {
                change(child, random);
            }
        }
        Value::Array(entries) if !entries.is_empty() && !stop => {
            let at = random.below(entries.len());
            change(&mut entries[at], random);
        }
        other => *other = any(random),
    }
}

fn change_entry(entries: &mut Map<String, Value>, key: &str, random: &mut Random) {
    let old = entries.remove(key);
    match random.below(4) {
        0 => {}
        1 => drop(entries.insert((*random.choose(WORDS)).to_owned(), old.unwrap_or_default())),
        2 => drop(entries.insert(key.to_owned(), json!([old]))),
        _ => drop(entries.insert(key.to_owned(), any(random))),
    }
}

fn any(random: &mut Random) -> Value {
    match random.below(9) {
        0 => Value::Null,
        1 => json!(random.below(2) == 0),
        2 => json!(random.next()),
        3 => json!(-1.5e300),
        4 => json!([]),
        5 => json!({}),
        6 => json!("x".repeat(random.below(5000))),
        7 => (0..random.below(60)).fold(json!("deep"), |inner, _| json!([inner])),
        _ => json!(random.choose(WORDS)),
    }
}
