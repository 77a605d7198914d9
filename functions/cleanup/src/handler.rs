//! Removes what is ours and no longer wanted.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_engine::cleanup::cleanup;
use peerwright_lambda::{Function, Payload, Reply};

/// Follows the hints of a batch, an event or a person.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    function.handle(event, async |hint, ports| Box::pin(cleanup(hint, function.config.limits, ports)).await).await
}
