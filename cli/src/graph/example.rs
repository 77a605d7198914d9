//! A small network with everything in it that can be drawn.

use super::map::NetworkMap;

/// What somebody may write into a tag, a rule or a reason who wishes no good.
pub(crate) const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"]; '`{{scripts}}-->]]>\\\n&lt;";

/// The network of `example/map.json`.
pub(crate) fn map() -> NetworkMap {
    serde_json::from_str::<NetworkMap>(include_str!("example/map.json")).expect("a map").completed()
}

/// The same where every text that others choose is hostile.
pub(crate) fn hostile() -> NetworkMap {
    let mut map = map();
    let hostile = || HOSTILE.to_owned();
    for account in &mut map.accounts {
        account.name = Some(hostile());
        for vpc in account.regions.iter_mut().flat_map(|region| &mut region.vpcs) {
            vpc.name = Some(hostile());
            vpc.aliases.clear();
            vpc.asks = vec![hostile()];
            vpc.status = Some(hostile());
        }
    }
    for connection in &mut map.connections {
        connection.reason = Some(hostile());
        connection.asked_by = Some(hostile());
        connection.rules = vec![hostile()];
        connection.openings = vec![hostile()];
    }
    map
}
