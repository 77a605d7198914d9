//! The order of the accounts from left to right.

use std::collections::BTreeSet;

use super::Network;

/// All orders are tried up to this many accounts: 5040.
const TRIED: usize = 7;

/// Account ids, connected ones beside each other; otherwise in the order of their first VPC.
pub(super) fn accounts(network: &Network) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let accounts: Vec<_> = network.vpcs.iter().map(|vpc| vpc.account.clone()).filter(|account| seen.insert(account.clone())).collect();
    if accounts.len() > TRIED {
        return accounts;
    }
    let pairs: Vec<(String, String)> = network
        .connections
        .iter()
        .filter_map(|connection| Some((account(network, &connection.requester)?, account(network, &connection.accepter)?)))
        .collect();
    let mut best = accounts.clone();
    permute(&mut accounts.clone(), 0, &mut |order| {
        if length(order, &pairs) < length(&best, &pairs) {
            best = order.to_vec();
        }
    });
    best
}

fn account(network: &Network, vpc: &str) -> Option<String> {
    network.vpcs.iter().find(|known| known.id == vpc).map(|known| known.account.clone())
}

/// How many columns the connections cross together. Squared, so that none is very long.
fn length(order: &[String], pairs: &[(String, String)]) -> usize {
    let place = |account: &str| order.iter().position(|known| known == account).unwrap_or(0);
    pairs.iter().map(|(one, other)| place(one).abs_diff(place(other)).pow(2)).sum()
}

fn permute(order: &mut [String], fixed: usize, visit: &mut impl FnMut(&[String])) {
    if fixed == order.len() {
        visit(order);
        return;
    }
    for next in fixed..order.len() {
        // Rotation keeps the rest in its order, so that of equal orders the one nearest to the given is met first.
        order[fixed..=next].rotate_right(1);
        permute(order, fixed + 1, visit);
        order[fixed..=next].rotate_left(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_that_all_others_are_connected_to_stands_between_them() {
        let network: Network = serde_json::from_value(serde_json::json!({
            "vpcs": (["a", "b", "c"]).map(|name| serde_json::json!({"account": name, "account_name": name, "region": "r", "vpc": name, "name": "", "cidrs": []})),
            "connections": ([("a", "c"), ("b", "c")]).map(|(from, to)| serde_json::json!(
                {"id": "x", "name": "x", "requester": from, "accepter": to, "state": "active", "held": [], "ended": [], "routes": 0, "rules": 0, "dns": false})),
        }))
        .expect("a network");
        assert_eq!(accounts(&network), ["a", "c", "b"]);
    }
}
