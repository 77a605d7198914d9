//! Requests that nobody tells us of: an account that sends us no events asks, and only the accepter's place shows it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::allowlist::{Effect, Rule, Selector, StoredAllowlist};
use crate::ids::{AccountId, Place, VpcId};

/// The places whose events reach us.
#[derive(Debug)]
struct Heard<'p> {
    places: &'p BTreeSet<Place>,
    accounts: BTreeSet<&'p AccountId>,
}

/// The rules by which somebody may be let in who sends us no events.
#[derive(Debug)]
pub struct OpenToStrangers<'a>(Vec<&'a Selector>);

impl<'a> OpenToStrangers<'a> {
    /// Of rules, those that may allow a request of somebody else than these places at a moment.
    ///
    /// Whose account has a place among them is heard wherever it asks, but for Regions that the rule names itself. The organization's accounts are
    /// heard: its templates are deployed there.
    pub fn of(allowlist: &'a StoredAllowlist, places: &BTreeSet<Place>, now: Timestamp) -> Self {
        let heard = Heard { places, accounts: places.iter().map(|place| &place.account).collect() };
        let lets_in = |rule: &&Rule| rule.effect == Effect::Allow && !rule.expired(now) && heard.misses_some_of(&rule.ends.requester);
        Self(allowlist.rules.iter().flatten().filter(lets_in).map(|rule| &rule.ends.accepter).collect())
    }

    /// True where one of them may accept in a place with these VPCs. A VPC that was made since is in no rule that was written before; tags, blocks and
    /// units change, and so may always be met.
    pub fn may_reach(&self, place: &Place, vpcs: &BTreeSet<VpcId>) -> bool {
        self.0.iter().any(|accepter| {
            accepter.alias.as_ref().is_none_or(|(_, vpc)| vpc.place == *place)
                && (accepter.accounts.is_empty() || accepter.accounts.contains(&place.account))
                && (accepter.regions.is_empty() || accepter.regions.contains(&place.region))
                && (accepter.vpcs.is_empty() || !accepter.vpcs.is_disjoint(vpcs))
        })
    }
}

impl Heard<'_> {
    /// True where a VPC of a place that is not heard may meet the conditions.
    fn misses_some_of(&self, requester: &Selector) -> bool {
        let Selector { accounts, units, organization, regions, alias, .. } = requester;
        if let Some((_, vpc)) = alias {
            return !self.places.contains(&vpc.place);
        }
        if *organization || !units.is_empty() {
            return false;
        }
        let is_heard = |account: &AccountId| {
            let in_region = |region| self.places.contains(&Place { account: account.clone(), region });
            self.accounts.contains(account) && regions.iter().cloned().all(in_region)
        };
        // An id alone may be of any account.
        accounts.is_empty() || !accounts.iter().all(is_heard)
    }
}
