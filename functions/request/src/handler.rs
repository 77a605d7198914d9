//! Requests the connections that VPCs ask for by their tags, and writes the status there.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_engine::request::request;
use peerwright_lambda::{Function, Payload, Reply};

/// Follows the hints of a batch, an event or a person.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    function.handle(event, async |hint, ports| Box::pin(request(hint, ports)).await).await
}
