//! Looks at whole places, and leaves a hint for everything that differs from what the rules want.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_core::event::Hint;
use peerwright_engine::allowlist_history::note_changes;
use peerwright_engine::sweep::{Schedule, sweep, sweep_added};
use peerwright_lambda::{Function, Payload, Reply, added_members, allowlist_changes, is_of_table, is_scheduled_sweep, is_tried_again};

/// Follows the hints of a batch, an event or a person, or the changes of the allowlist's table.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    let regions = &function.config.member_regions;
    if is_of_table(&event.payload) {
        if let Some(places) = added_members(&event.payload) {
            let added = async |ports: &_| Box::pin(sweep_added(&places, ports)).await;
            return Box::pin(function.handle_changes(&event.context, added)).await;
        }
        let changes = allowlist_changes(&event.payload);
        let work = async |ports: &_| {
            // A rule may let VPCs of any account ask, and their tags were set before: no event comes of them.
            let swept = Box::pin(sweep(&Hint::Everywhere, regions, None, ports)).await?;
            // Afterwards: what is revoked does not wait until that is told.
            note_changes(&changes, ports).await?;
            Ok(swept)
        };
        return Box::pin(function.handle_changes(&event.context, work)).await;
    }
    let mut schedule = None;
    if is_scheduled_sweep(&event.payload) {
        // The schedule goes on while a large sweep is still under way: the places that wait would be looked at twice.
        let backlog = !is_tried_again(&event.payload) && function.has_backlog(&event.payload).await;
        schedule = Some(Schedule { quiet: function.config.quiet, backlog });
    }
    Box::pin(function.handle(event, async |hint, ports| Box::pin(sweep(hint, regions, schedule, ports)).await)).await
}
