//! Routes that are spoken for: one item beside each VPC.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use peerwright_core::ids::{Sides, VpcRef};
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::ports::Reservations;
use peerwright_engine::reservation::VpcReservations;

use super::{LedgerTable, beside, fields, keyed, names};

const ROUTES: &str = "routes";

impl LedgerTable {
    /// A write that finds the version that it was made from.
    fn next_version(&self, vpc: &VpcRef, noted: &VpcReservations) -> Result<TransactWriteItem, Failure> {
        let next = VpcReservations { version: noted.version + 1, ..noted.clone() };
        let item = keyed(&next, &beside(vpc), ROUTES).map_err(|error| self.unreadable("the reserved routes", error))?;
        let put = self.put(item).set_expression_attribute_names(Some(names(&["version"])));
        Ok(Self::part(if noted.version == 0 {
            put.condition_expression("attribute_not_exists(#version)")
        } else {
            put.condition_expression("#version = :before")
                .expression_attribute_values(":before", AttributeValue::N(noted.version.to_string()))
        }))
    }
}

impl Reservations for LedgerTable {
    async fn reservations(&self, vpc: &VpcRef) -> Result<VpcReservations, Failure> {
        let Some(item) = self.item(&beside(vpc), ROUTES).await? else {
            return Ok(VpcReservations::default());
        };
        serde_json::from_value(fields(&item)).map_err(|error| self.unreadable(&format!("the reserved routes of {vpc}"), error))
    }

    async fn reserve(&self, vpcs: &Sides<VpcRef>, noted: &Sides<VpcReservations>) -> Result<bool, Failure> {
        let parts = vpcs.iter().map(|(side, vpc)| self.next_version(vpc, noted.of(side))).collect::<Result<Vec<_>, _>>()?;
        match self.transact("the reserved routes", parts).await {
            Ok(()) => Ok(true),
            Err(failure) if failure.class == Class::Stale => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}
