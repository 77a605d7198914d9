//! Looks at whole places, and leaves a hint for everything that is not as it should be.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_core::event::Hint;
use peerwright_engine::sweep::sweep;
use peerwright_lambda::{Function, Payload, Reply, is_of_table};

/// Follows the hints of a batch, an event or a person, or the changes of the allowlist's table.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    let members = &function.config.members;
    if is_of_table(&event.payload) {
        // Whoever a rule lets ask may be in any account, and asks by a tag that nobody sets anew.
        let changed = async |ports: &_| Box::pin(sweep(&Hint::Everywhere, members, ports)).await;
        return function.handle_plainly(&event.context.request_id, changed).await;
    }
    function.handle(event, async |hint, ports| Box::pin(sweep(hint, members, ports)).await).await
}
