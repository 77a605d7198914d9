//! Looks at whole places, and leaves a hint for everything that is not as it should be.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_engine::sweep::{allowlist_changed, sweep};
use peerwright_lambda::{Function, Payload, Reply, changed_items};

/// Follows the hints of a batch, an event or a person, or the changes of the allowlist's table.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    let members = &function.config.members;
    if let Some(keys) = changed_items(&event.payload) {
        let changed = async |ports: &_| Box::pin(allowlist_changed(&keys, members, ports)).await;
        return function.handle_plainly(&event.context.request_id, changed).await;
    }
    function.handle(event, async |hint, ports| Box::pin(sweep(hint, members, ports)).await).await
}
