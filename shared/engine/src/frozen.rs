//! Whether anything may be changed: a stop, and the freeze of a connection, act within seconds.

use peerwright_core::ids::PcxId;

use crate::failure::Failure;
use crate::freeze::{Look, Stop, Stops};
use crate::ports::{Backend, Clock, Freezes, Ports};

/// Why nothing is changed by a function whose stack says so.
const BY_STACK: &str = "everything is frozen by the stack's parameter Freeze";

/// What keeps a connection as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    /// Who froze it, when and why.
    pub(crate) why: String,
    /// True where it is this connection that is frozen, and not everything.
    pub(crate) singly: bool,
}

impl Hold {
    const fn of_everything(why: String) -> Self {
        Self { why, singly: false }
    }

    /// By the stack's parameter.
    pub(crate) fn by_stack() -> Self {
        Self::of_everything(BY_STACK.to_owned())
    }
}

impl<B: Backend> Ports<B> {
    /// Why nothing may be changed anywhere, if that is so. Asked before each change: a run lasts longer than a person wants to wait.
    pub(crate) async fn stopped(&self) -> Result<Option<String>, Failure> {
        if self.freeze.by_stack {
            return Ok(Some(BY_STACK.to_owned()));
        }
        let stop = self.stops(None).await?.everything;
        Ok(stop.map(|stop| format!("everything is frozen {}", stop.words())))
    }

    /// Who froze a connection, if somebody did.
    pub(crate) async fn frozen(&self, id: &PcxId) -> Result<Option<Stop>, Failure> {
        Ok(self.stops(Some(id)).await?.connection)
    }

    /// Why nothing may be changed of a connection, for either reason, if that is so.
    pub(crate) async fn hold(&self, id: &PcxId) -> Result<Option<Hold>, Failure> {
        let singly = if self.freeze.by_stack { None } else { self.frozen(id).await? };
        Ok(match singly {
            Some(stop) => Some(Hold { why: stop.words(), singly: true }),
            None => self.stopped().await?.map(Hold::of_everything),
        })
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
