//! Accepts, rejects or holds pending requests.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_engine::accept::accept;
use peerwright_lambda::{Function, Payload, Reply};

/// Follows the hints of a batch, an event or a person.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    function.handle(event, async |hint, ports| Box::pin(accept(hint, function.config.on_deny, ports)).await).await
}
