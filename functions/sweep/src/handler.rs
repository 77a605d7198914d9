//! Looks at whole places, and leaves a hint for everything that differs from what the rules want.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_core::event::Hint;
use peerwright_engine::sweep::sweep;
use peerwright_lambda::{Function, Payload, Reply, is_of_table, is_scheduled_sweep};

/// Follows the hints of a batch, an event or a person, or the changes of the allowlist's table.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    let members = &function.config.members;
    if is_of_table(&event.payload) {
        // A rule may let VPCs of any account ask, and their tags were set before: no event comes of them.
        let changed = async |ports: &_| Box::pin(sweep(&Hint::Everywhere, members, false, ports)).await;
        return function.handle_changes(&event.context, changed).await;
    }
    // The schedule goes on while a large sweep is still under way: the places that wait would be looked at twice.
    let may_wait = is_scheduled_sweep(&event.payload) && function.has_backlog().await;
    function.handle(event, async |hint, ports| Box::pin(sweep(hint, members, may_wait, ports)).await).await
}
