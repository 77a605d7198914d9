//! Meshes: the register of the VPCs that bear a mesh's tag.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use peerwright_core::ids::{MeshName, VpcRef};
use peerwright_engine::failure::Failure;
use peerwright_engine::ports::Meshes;

use super::{LedgerTable, SORT, beside, key};
use crate::attribute::text;

const MESH: &str = "mesh";

fn register(name: &MeshName) -> String {
    format!("mesh#{name}")
}

impl Meshes for LedgerTable {
    async fn mesh_of(&self, vpc: &VpcRef) -> Result<Option<MeshName>, Failure> {
        let found = self.item(&beside(vpc), MESH).await?;
        Ok(found.and_then(|item| text(&item, "name").parse().ok()))
    }

    async fn mesh(&self, name: &MeshName) -> Result<BTreeSet<VpcRef>, Failure> {
        let items = self.partition(&register(name), "").await?;
        Ok(items.iter().filter_map(|item| text(item, SORT).parse().ok()).collect())
    }

    async fn set_mesh(&self, vpc: &VpcRef, before: Option<&MeshName>, now: Option<&MeshName>) -> Result<(), Failure> {
        let mut parts = Vec::new();
        if let Some(name) = before.filter(|name| Some(*name) != now) {
            parts.push(self.removal(&register(name), &vpc.to_string(), None));
        }
        match now {
            Some(name) => {
                parts.push(Self::part(self.put(key(&register(name), &vpc.to_string()))));
                let mut item = key(&beside(vpc), MESH);
                item.insert("name".to_owned(), AttributeValue::S(name.to_string()));
                parts.push(Self::part(self.put(item)));
            }
            None => parts.push(self.removal(&beside(vpc), MESH, None)),
        }
        self.transact("a mesh", parts).await
    }
}
