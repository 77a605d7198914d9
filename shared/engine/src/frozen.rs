//! Whether anything may be changed: the stop switch acts within seconds.

use crate::failure::Failure;
use crate::freeze::{Look, Stop};
use crate::ports::{Backend, Clock, Ports, StopSwitch};

impl<B: Backend> Ports<B> {
    /// Why nothing may be changed anywhere, if that is so. Asked before each change: a run lasts longer than a person wants to wait.
    pub(crate) async fn frozen(&self) -> Result<Option<String>, Failure> {
        if self.freeze.by_stack {
            return Ok(Some("everything is frozen by the stack's parameter Freeze".to_owned()));
        }
        let now = self.clock.now();
        let look = if let Some(look) = self.freeze.seen(now) {
            look
        } else {
            let look = Look { at: now, stop: self.ledger.stop().await? };
            self.freeze.remember(look.clone());
            look
        };
        Ok(look.stop.map(|Stop { by, at, reason }| format!("everything is frozen by {by} since {at}: {reason}")))
    }
}
