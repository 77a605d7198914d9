//! Quotas of a place, from Service Quotas.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use aws_sdk_servicequotas::Client;
use aws_sdk_servicequotas::operation::get_service_quota::GetServiceQuotaError;
use peerwright_core::ids::Place;
use peerwright_core::quota::Quotas;
use peerwright_core::world::Fact;
use peerwright_engine::failure::{Failure, chain};

use crate::classify::failure;

/// The service that has the quotas of VPCs.
const SERVICE: &str = "vpc";
/// Codes of the quotas (Service Quotas console, Amazon VPC).
const PEERINGS_PER_VPC: &str = "L-7E9ECCDB";
const ROUTES_PER_TABLE: &str = "L-93826ACB";
const RULES_PER_GROUP: &str = "L-0EA8095F";
const GROUPS_PER_INTERFACE: &str = "L-2AFB9258";

/// How long an answer is kept. AWS takes longer than that to raise a quota.
const KEPT: Duration = Duration::from_hours(1);
/// How many places are remembered: more than a process sees in its life as a rule.
const MOST: usize = 1024;

/// The quotas of places, for a while.
#[derive(Debug, Default)]
pub(crate) struct QuotaCache(Mutex<HashMap<Place, (Instant, Quotas)>>);

impl QuotaCache {
    /// The quotas of a place. There are documented ones to fall back on, so every failure makes them unknown and none is kept.
    pub(crate) async fn quotas(&self, client: &Client, place: &Place) -> Fact<Quotas> {
        if let Some(quotas) = self.kept(place) {
            return Fact::Known(quotas);
        }
        match read(client, place).await {
            Ok(quotas) => {
                self.keep(place, quotas);
                Fact::Known(quotas)
            }
            Err(failure) => Fact::Unknown(chain(&failure)),
        }
    }

    fn kept(&self, place: &Place) -> Option<Quotas> {
        self.0.lock().ok()?.get(place).filter(|(at, _)| at.elapsed() < KEPT).map(|(_, quotas)| *quotas)
    }

    fn keep(&self, place: &Place, quotas: Quotas) {
        if let Ok(mut kept) = self.0.lock() {
            if kept.len() >= MOST {
                kept.clear();
            }
            kept.insert(place.clone(), (Instant::now(), quotas));
        }
    }
}

async fn read(client: &Client, place: &Place) -> Result<Quotas, Failure> {
    let documented = Quotas::DOCUMENTED;
    Ok(Quotas {
        peerings_per_vpc: value(client, place, PEERINGS_PER_VPC).await?.unwrap_or(documented.peerings_per_vpc),
        routes_per_table: value(client, place, ROUTES_PER_TABLE).await?.unwrap_or(documented.routes_per_table),
        rules_per_group: value(client, place, RULES_PER_GROUP).await?.unwrap_or(documented.rules_per_group),
        groups_per_interface: value(client, place, GROUPS_PER_INTERFACE).await?.unwrap_or(documented.groups_per_interface),
    })
}

/// The value in force; none where the account has never had another than the default.
async fn value(client: &Client, place: &Place, code: &str) -> Result<Option<usize>, Failure> {
    match client.get_service_quota().service_code(SERVICE).quota_code(code).send().await {
        Ok(found) => Ok(found.quota.and_then(|quota| quota.value).and_then(whole)),
        Err(error) if error.as_service_error().is_some_and(GetServiceQuotaError::is_no_such_resource_exception) => Ok(None),
        Err(error) => Err(failure(format!("read the quota {code}"), Some(place), error)),
    }
}

/// Service Quotas has fractions; a quota of things has none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within a range that fits")]
fn whole(value: f64) -> Option<usize> {
    (0.0..=f64::from(u32::MAX)).contains(&value).then_some(value as usize)
}
