//! Whether anything may be changed: a stop, and the freeze of a connection, act within seconds.

use peerwright_core::ids::PcxId;

use crate::failure::Failure;
use crate::freeze::{Look, Stop, Stops};
use crate::ports::{Backend, Clock, Freezes, Ports};

impl<B: Backend> Ports<B> {
    /// Why nothing may be changed anywhere, if that is so. Asked before each change: a run lasts longer than a person wants to wait.
    pub(crate) async fn stopped(&self) -> Result<Option<String>, Failure> {
        if self.freeze.by_stack {
            return Ok(Some("everything is frozen by the stack's parameter Freeze".to_owned()));
        }
        let stop = self.stops(None).await?.everything;
        Ok(stop.map(|Stop { by, at, reason }| format!("everything is frozen by {by} since {at}: {reason}")))
    }

    /// Who froze a connection, if somebody did.
    pub(crate) async fn frozen(&self, id: &PcxId) -> Result<Option<Stop>, Failure> {
        Ok(self.stops(Some(id)).await?.connection)
    }

    /// True where nothing may be changed of a connection, for either reason.
    pub(crate) async fn is_held(&self, id: &PcxId) -> Result<bool, Failure> {
        Ok(self.freeze.by_stack || self.frozen(id).await?.is_some() || self.stopped().await?.is_some())
    }

    /// What is frozen, as it was a moment ago.
    async fn stops(&self, id: Option<&PcxId>) -> Result<Stops, Failure> {
        let now = self.clock.now();
        if let Some(stops) = self.freeze.seen(id, now) {
            return Ok(stops);
        }
        let stops = self.ledger.stops(id).await?;
        self.freeze.remember(Look { at: now, connection: id.cloned(), stops: stops.clone() });
        Ok(stops)
    }
}
