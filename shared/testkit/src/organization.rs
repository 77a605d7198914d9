//! The organization: where accounts stand.

use std::collections::BTreeMap;

use peerwright_core::ids::AccountId;
use peerwright_core::organization::Unit;
use peerwright_core::world::Fact;
use peerwright_engine::failure::{Class, Failure, chain};
use peerwright_engine::ports::Organization;

use crate::cloud::FakeCloud;
use crate::operation::Operation;
use crate::parse::parse;

impl Organization for FakeCloud {
    /// What may pass by itself is a failure; any other refusal makes the units unknown.
    async fn units(&self, account: &AccountId) -> Result<Fact<Vec<Unit>>, Failure> {
        match self.gate.enter(Operation::ReadUnits, None).await {
            Err(failure) if matches!(failure.class, Class::Throttled | Class::Transient | Class::Unexpected) => Err(failure),
            Err(failure) => Ok(Fact::Unknown(chain(&failure))),
            Ok(()) => {
                let network = self.network.lock().expect("no test panics while it holds the network");
                // An account outside is in no unit: the API says that it doesn't know the child.
                Ok(Fact::Known(network.units.get(account).cloned().unwrap_or_default()))
            }
        }
    }

    async fn accounts(&self) -> Result<BTreeMap<AccountId, String>, Failure> {
        self.gate.enter(Operation::ReadAccounts, None).await?;
        let network = self.network.lock().expect("no test panics while it holds the network");
        Ok(network.units.keys().map(|account| (account.clone(), format!("account {account}"))).collect())
    }
}

/// The units of a path such as `Root/Workloads/Dev`. A unit's id is made of its depth.
pub(crate) fn line(path: &str) -> Vec<Unit> {
    let id = |depth: usize| if depth == 0 { "r-ab12".to_owned() } else { format!("ou-ab12-{depth:08}") };
    Unit::line(path.split('/').enumerate().map(|(depth, name)| (parse(&id(depth)), name.to_owned())))
}
