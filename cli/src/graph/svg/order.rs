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
    let account = |vpc: usize| network.vpcs[vpc].account.clone();
    let pairs: Vec<(String, String)> =
        network.connections.iter().map(|connection| (account(connection.requester), account(connection.accepter))).collect();
    let mut best = accounts.clone();
    permute(&mut accounts.clone(), 0, &mut |order| {
        if length(order, &pairs) < length(&best, &pairs) {
            best = order.to_vec();
        }
    });
    best
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
    use crate::graph::example;

    #[test]
    fn the_account_that_all_others_are_connected_to_stands_between_them() {
        let network = Network::of(&example::map());
        assert_eq!(accounts(&network), ["111111111111", "222222222222", "999999999999"]);
        let mut turned = network.clone();
        turned.vpcs.iter_mut().for_each(|vpc| {
            vpc.account = if vpc.account.starts_with('2') {
                "999999999999"
            } else if vpc.account.starts_with('9') {
                "222222222222"
            } else {
                "111111111111"
            }
            .to_owned();
        });
        assert_eq!(accounts(&turned), ["111111111111", "999999999999", "222222222222"]);
    }
}
