//! Looks at whole places, and leaves a hint for everything that differs from what the rules want.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_core::event::Hint;
use peerwright_engine::outcome::Report;
use peerwright_engine::sweep::sweep;
use peerwright_lambda::{AwsPorts, Function, Payload, Reply, is_of_queue, is_of_table};

/// Follows the hints of a batch, an event or a person, or the changes of the allowlist's table.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    let members = &function.config.members;
    if is_of_table(&event.payload) {
        // A rule may let VPCs of any account ask, and their tags were set before: no event comes of them.
        let changed = async |ports: &_| Box::pin(sweep(&Hint::Everywhere, members, ports)).await;
        return function.handle_changes(&event.context, changed).await;
    }
    let queued = is_of_queue(&event.payload);
    let work = async |hint: &Hint, ports: &AwsPorts| {
        // The schedule goes on while a large sweep is still under way: the places that wait would be looked at twice.
        if queued && *hint == Hint::Everywhere && function.has_backlog().await {
            return Ok(Report::nothing("the sweep before is still under way"));
        }
        Box::pin(sweep(hint, members, ports)).await
    };
    function.handle(event, work).await
}
