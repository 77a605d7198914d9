//! A connection that nobody asks for any more, and that stays all the same: it is frozen, or everything is.

use peerwright_core::ids::VpcRef;
use peerwright_engine::entry::Entry;
use peerwright_engine::freeze::Stop;
use peerwright_engine::ports::{Freezes as _, Ledger as _};

use crate::session::Session;

/// Why the connection of two VPCs, which Peerwright created, is not deleted now; none where it is, or where the caller may not read the ledger.
pub(super) async fn stays(asking: &VpcRef, other: &VpcRef, session: &Session) -> Option<String> {
    let ledger = session.ledger().await.ok()?;
    let ids = ledger.connections_in(&asking.place).await.ok()?;
    let entries = ledger.load_all(&ids).await.ok()?.read;
    let joins = |entry: &&Entry| {
        let peer = entry.ends.side_of(asking).map(|side| entry.ends.of(side.peer()));
        peer == Some(other) && entry.is_created_by_us() && !entry.is_over()
    };
    let id = &entries.iter().find(joins)?.connection;
    let stops = ledger.stops(Some(id)).await.ok()?;
    let by_stack = async || session.deployed().await.is_ok_and(|deployed| deployed.frozen);
    let (why, thaw) = match (stops.everything.as_ref().map(Stop::words), stops.connection.as_ref().map(Stop::words)) {
        (Some(everything), _) => (format!("everything is frozen {everything}"), "`peerwright thaw --all`".to_owned()),
        (None, Some(it)) => (format!("it is frozen {it}"), format!("`peerwright thaw {id}`")),
        (None, None) if by_stack().await => {
            ("everything is frozen by the stack's parameter Freeze".to_owned(), "an update of the stack".to_owned())
        }
        (None, None) => return None,
    };
    Some(format!("{id} stays until it is thawed by {thaw}: {why}"))
}
