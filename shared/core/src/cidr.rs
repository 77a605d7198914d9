//! Sets of CIDR blocks, IPv4 and IPv6.

use std::fmt;

use ipnet::{IpNet, Ipv4Net};

/// CIDR blocks in canonical form, sorted, each once.
///
/// EC2 canonicalises too (`100.68.0.18/18` becomes `100.68.0.0/18`, `CreateRoute` in the EC2 API reference), so
/// equality here is equality there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CidrSet(Vec<IpNet>);

impl CidrSet {
    /// The blocks, sorted: IPv4 before IPv6.
    pub fn iter(&self) -> impl Iterator<Item = &IpNet> {
        self.0.iter()
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when `block` lies inside one of the blocks. IPv4 never contains IPv6, nor the reverse.
    pub fn contains(&self, block: &IpNet) -> bool {
        self.0.iter().any(|mine| mine.contains(block))
    }

    /// The blocks that lie inside none of `others`.
    pub fn outside<'a>(&'a self, others: &'a CidrSet) -> impl Iterator<Item = &'a IpNet> {
        self.0.iter().filter(|block| !others.contains(block))
    }

    /// Every pair of blocks, one of each set, that share an address.
    pub fn overlaps<'a>(&'a self, other: &'a CidrSet) -> impl Iterator<Item = (&'a IpNet, &'a IpNet)> {
        self.0
            .iter()
            .flat_map(|mine| other.0.iter().map(move |theirs| (mine, theirs)))
            .filter(|(mine, theirs)| mine.contains(*theirs) || theirs.contains(*mine))
    }
}

impl FromIterator<IpNet> for CidrSet {
    fn from_iter<I: IntoIterator<Item = IpNet>>(blocks: I) -> Self {
        let mut blocks: Vec<IpNet> = blocks.into_iter().map(|block| block.trunc()).collect();
        blocks.sort_unstable();
        blocks.dedup();
        Self(blocks)
    }
}

impl fmt::Display for CidrSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blocks: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&blocks.join(", "))
    }
}

/// IPv4 blocks that are not reachable from the internet ("IANA IPv4 Special-Purpose Address Registry"): networks use them as they like.
const PRIVATE: [Ipv4Net; 13] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([240, 0, 0, 0], 4),
];

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(a, b, c, d), length)
}

/// True for a block of addresses that are nobody's on the internet. A VPC may have others as well, without owning them ("VPC CIDR blocks", VPC
/// user guide); its IPv6 blocks are its own.
pub fn is_private(block: &IpNet) -> bool {
    match block {
        IpNet::V4(block) => PRIVATE.iter().any(|private| private.contains(block)),
        IpNet::V6(_) => true,
    }
}

/// True where some addresses of a block are private.
pub fn reaches_private(block: &IpNet) -> bool {
    match block {
        IpNet::V4(v4) => is_private(block) || PRIVATE.iter().any(|private| v4.contains(private)),
        IpNet::V6(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(blocks: &[&str]) -> CidrSet {
        blocks.iter().map(|block| block.parse::<IpNet>().expect("a CIDR")).collect()
    }

    #[test]
    fn host_bits_are_dropped_and_doubles_counted_once() {
        assert_eq!(set(&["100.68.0.18/18", "100.68.0.0/18"]).to_string(), "100.68.0.0/18");
    }

    #[test]
    fn public_space_is_ipv4_outside_the_special_ranges() {
        let block = |text: &str| text.parse::<IpNet>().expect("a CIDR");
        let private = ["10.1.0.0/16", "100.64.0.0/10", "172.31.0.0/16", "192.0.2.0/24", "198.19.0.0/16", "fd00::/8", "2600:1f00::/24"];
        for text in private {
            assert!(is_private(&block(text)) && reaches_private(&block(text)), "{text}");
        }
        for text in ["8.8.8.0/24", "11.0.0.0/8", "172.32.0.0/16", "100.128.0.0/16"] {
            assert!(!is_private(&block(text)) && !reaches_private(&block(text)), "{text}");
        }
        for text in ["0.0.0.0/0", "8.0.0.0/6", "192.0.0.0/8"] {
            assert!(!is_private(&block(text)) && reaches_private(&block(text)), "{text}");
        }
    }

    #[test]
    fn blocks_are_counted() {
        let sets = [set(&[]), set(&["10.0.0.0/8"]), set(&["10.0.0.0/8", "10.1.0.0/16", "10.0.0.0/8"])];
        assert_eq!(sets.map(|set| (set.len(), set.is_empty())), [(0, true), (1, false), (2, false)]);
    }

    #[test]
    fn a_block_is_contained_only_by_a_wider_one_of_its_own_family() {
        let any = set(&["0.0.0.0/0"]);
        assert!(any.contains(&"10.0.0.0/8".parse().expect("a CIDR")));
        assert!(!any.contains(&"fd00::/8".parse().expect("a CIDR")));
        assert!(!set(&["10.0.0.0/16"]).contains(&"10.0.0.0/8".parse().expect("a CIDR")));
    }

    #[test]
    fn overlap_is_found_whichever_block_is_the_wider() {
        let wide = set(&["10.0.0.0/8", "fd00::/8"]);
        let narrow = set(&["10.1.0.0/16", "192.168.0.0/16"]);
        assert_eq!(wide.overlaps(&narrow).count(), 1);
        assert_eq!(narrow.overlaps(&wide).count(), 1);
        assert_eq!(narrow.outside(&wide).map(ToString::to_string).collect::<Vec<_>>(), ["192.168.0.0/16"]);
    }
}
