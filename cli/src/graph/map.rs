//! The network as plain words and numbers: what `--format json` prints, and all that any other format is made of.

use peerwright_engine::network::Standing;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that was seen, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct NetworkMap {
    /// When it was looked at (RFC 3339).
    pub(crate) at: String,
    /// The accounts, with what is in them.
    pub(crate) accounts: Vec<Account>,
    /// Every connection once, whichever ends of it were seen.
    pub(crate) connections: Vec<Connection>,
    /// The rules that connections name, as they are written in the allowlist.
    #[serde(default)]
    pub(crate) rules: Vec<Rule>,
    /// What could not be read, and why: it is missing above.
    #[serde(default)]
    pub(crate) unread: Vec<Unread>,
}

/// An account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Account {
    /// Its 12 digits.
    pub(crate) id: String,
    /// Its name in the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Its Regions in which something was seen.
    pub(crate) regions: Vec<Region>,
}

/// A Region of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Region {
    /// Its code.
    pub(crate) name: String,
    /// Its VPCs.
    pub(crate) vpcs: Vec<Vpc>,
    /// Why it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unread: Option<String>,
}

/// A VPC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Vpc {
    /// Its id.
    pub(crate) id: String,
    /// Its names in the allowlist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) aliases: Vec<String>,
    /// Its tag `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Its CIDR blocks.
    pub(crate) cidrs: Vec<String>,
    /// What it asks for by its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) asks: Vec<String>,
    /// What its tag `peerwright:status` answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
    /// False where only a connection tells of it.
    pub(crate) seen: bool,
}

/// A peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Connection {
    /// Its id.
    pub(crate) id: String,
    /// The end that asked.
    pub(crate) requester: End,
    /// The end that was asked.
    pub(crate) accepter: End,
    /// Its state in EC2.
    pub(crate) state: String,
    /// The word that the ledger has for it; none where the ledger does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
    /// The two together in one word: working, limited, waiting, held, blocked, isolated, unmanaged, unknown or ended.
    #[schemars(with = "String")]
    pub(crate) standing: Standing,
    /// The rules that allow it, or decided against it.
    #[serde(default)]
    pub(crate) rules: Vec<String>,
    /// What security group rules of ours let through, in words.
    #[serde(default)]
    pub(crate) openings: Vec<String>,
    /// The one reason that counts, where it does not simply work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked_by: Option<String>,
    /// When the ledger's entry was written last: it has stood like this since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<String>,
    /// What happened to it, the latest first, where that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) history: Vec<Happening>,
}

/// One end of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct End {
    /// The account.
    pub(crate) account: String,
    /// The Region.
    pub(crate) region: String,
    /// The VPC.
    pub(crate) vpc: String,
    /// True where its place could not be read: what is there of the following, nobody knows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unread: bool,
    /// The route tables with routes over the connection.
    #[serde(default)]
    pub(crate) tables: Vec<Table>,
    /// The security group rules that were made for it.
    #[serde(default)]
    pub(crate) group_rules: Vec<GroupRule>,
    /// Whether this end lets the other resolve its DNS names to private addresses; unknown where the place was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dns: Option<bool>,
}

/// A route table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Table {
    /// Its id.
    pub(crate) id: String,
    /// Its tag `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// True for the main one of its VPC.
    pub(crate) main: bool,
    /// Where its routes over the connection lead.
    pub(crate) routes: Vec<Route>,
}

/// A route over a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Route {
    /// Where it leads.
    pub(crate) destination: String,
    /// True where it leads nowhere any more.
    #[serde(default)]
    pub(crate) blackhole: bool,
    /// True where the ledger says that Peerwright made it.
    #[serde(default)]
    pub(crate) ours: bool,
}

/// A security group rule that was made for a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct GroupRule {
    /// The group.
    pub(crate) group: String,
    /// Its tag `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// `ingress` or `egress`.
    pub(crate) direction: String,
    /// What it lets through.
    pub(crate) traffic: String,
    /// From or to whom.
    pub(crate) peer: String,
}

/// A line of a connection's history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Happening {
    /// When.
    pub(crate) at: String,
    /// What.
    pub(crate) what: String,
    /// More about it.
    #[serde(default)]
    pub(crate) details: Vec<String>,
}

/// A rule of the allowlist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Rule {
    /// Its id.
    pub(crate) id: String,
    /// As it is written.
    pub(crate) text: String,
}

/// Something that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Unread {
    /// What.
    pub(crate) what: String,
    /// Why not, and what to do.
    pub(crate) why: String,
}

impl NetworkMap {
    /// The same with a box for every end that a connection names: it may be in an account that was not read.
    pub(crate) fn completed(mut self) -> Self {
        let ends: Vec<End> = self.connections.iter().flat_map(Connection::ends).cloned().collect();
        for End { account, region, vpc, .. } in ends {
            let account = entry(&mut self.accounts, |known| known.id == account, || Account { id: account.clone(), ..Account::default() });
            let region = entry(&mut account.regions, |known| known.name == region, || Region { name: region.clone(), ..Region::default() });
            entry(&mut region.vpcs, |known| known.id == vpc, || Vpc { id: vpc.clone(), ..Vpc::default() });
        }
        self
    }

    /// What a picture shows of it: living connections, and VPCs that have one or ask for one. Each account has VPCs that nobody uses.
    pub(crate) fn shown(&self, ended: bool, unconnected: bool) -> Self {
        let mut map = self.clone();
        map.connections.retain(|connection| ended || connection.standing != Standing::Ended);
        let is_end = |account: &str, region: &str, vpc: &str| {
            let named = |end: &&End| end.account == account && end.region == region && end.vpc == vpc;
            map.connections.iter().flat_map(Connection::ends).any(|end| named(&end))
        };
        for account in &mut map.accounts {
            for region in &mut account.regions {
                region.vpcs.retain(|vpc| (unconnected && vpc.seen) || !vpc.asks.is_empty() || is_end(&account.id, &region.name, &vpc.id));
            }
            account.regions.retain(|region| !region.vpcs.is_empty() || region.unread.is_some());
        }
        map.accounts.retain(|account| !account.regions.is_empty());
        map
    }

    /// Every VPC with its account and Region.
    pub(crate) fn vpcs(&self) -> impl Iterator<Item = (&Account, &Region, &Vpc)> {
        let regions = self.accounts.iter().flat_map(|account| account.regions.iter().map(move |region| (account, region)));
        regions.flat_map(|(account, region)| region.vpcs.iter().map(move |vpc| (account, region, vpc)))
    }
}

/// The one that is meant, which is added where there is none.
fn entry<T>(all: &mut Vec<T>, is_it: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> &mut T {
    let at = all.iter().position(is_it).unwrap_or_else(|| {
        all.push(new());
        all.len() - 1
    });
    &mut all[at]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::example;

    #[test]
    fn an_end_that_was_not_seen_has_a_box_all_the_same() {
        let mut map = example::map();
        map.accounts.clear();
        let ends: Vec<String> =
            map.completed().vpcs().map(|(account, region, vpc)| format!("{}/{}/{}", account.id, region.name, vpc.id)).collect();
        assert_eq!(
            ends,
            [
                "111111111111/eu-west-1/vpc-0a11c0ffee0000001",
                "111111111111/eu-west-1/vpc-0a11c0ffee0000003",
                "111111111111/eu-central-1/vpc-0a11c0ffee0000002",
                "222222222222/eu-west-1/vpc-0b22c0ffee0000001",
                "222222222222/eu-central-1/vpc-0b22c0ffee0000002",
                "999999999999/eu-west-1/vpc-0999c0ffee0000001",
            ]
        );
    }

    #[test]
    fn ended_connections_are_left_out_with_what_only_they_told_of() {
        let mut map = example::map();
        let ended = map.connections.iter_mut().find(|connection| connection.requester.account == "999999999999").expect("there");
        ended.standing = Standing::Ended;
        for unconnected in [false, true] {
            let living = map.shown(false, unconnected);
            assert!(living.connections.iter().all(|connection| connection.standing != Standing::Ended));
            assert!(living.accounts.iter().all(|account| account.id != "999999999999"));
            assert_eq!(living.vpcs().count(), 5);
        }
        assert_eq!(map.shown(true, false).vpcs().count(), 6);
    }

    #[test]
    fn a_vpc_without_a_connection_is_left_out_unless_it_asks_for_one() {
        let mut map = example::map();
        map.connections.clear();
        let called = |map: &NetworkMap| map.vpcs().map(|(_, _, vpc)| vpc.label().to_owned()).collect::<Vec<_>>();
        assert_eq!(called(&map.shown(false, false)), ["app"]);
        assert_eq!(called(&map.shown(false, true)), ["app", "web", "app-central", "shared-services", "data"]);
        let unread: Vec<_> =
            map.shown(false, false).accounts.iter().flat_map(|account| account.regions.clone()).map(|region| region.name).collect();
        assert_eq!(unread, ["eu-west-1", "us-east-1"], "what could not be read stays");
    }

    #[test]
    fn what_is_printed_is_read_back() {
        let map = example::map();
        let text = serde_json::to_string(&map).expect("text");
        assert_eq!(serde_json::from_str::<NetworkMap>(&text).expect("what was written"), map);
    }
}
