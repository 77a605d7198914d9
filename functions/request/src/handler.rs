//! Asks for the connections that VPCs want by their tags, and answers there.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_engine::request::request;
use peerwright_lambda::{Function, Payload, Reply};

/// Follows the hints of a batch, an event or a person.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    function.handle(event, async |hint, ports| Box::pin(request(hint, ports)).await).await
}
