//! Adds routes, security group rules and DNS resolution.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_engine::configure::configure;
use peerwright_lambda::{Function, Payload, Reply};

/// Follows the hints of a batch, an event or a person.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    function.handle(event, async |hint, ports| Box::pin(configure(hint, function.config.limits, ports)).await).await
}
