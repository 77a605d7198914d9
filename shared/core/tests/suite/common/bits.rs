//! CIDR containment, the slow way: bit by bit.

use std::net::IpAddr;

use ipnet::IpNet;

/// True when every address of `inner` is one of `outer`.
pub(crate) fn inside(inner: &IpNet, outer: &IpNet) -> bool {
    let (inner_bits, outer_bits) = (bits(inner.addr()), bits(outer.addr()));
    let fixed = usize::from(outer.prefix_len());
    inner_bits.len() == outer_bits.len() && inner.prefix_len() >= outer.prefix_len() && inner_bits[..fixed] == outer_bits[..fixed]
}

fn bits(address: IpAddr) -> Vec<bool> {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    octets.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1)).collect()
}
