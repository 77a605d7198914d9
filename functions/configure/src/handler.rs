//! Adds routes, security group rules and DNS resolution.

use lambda_runtime::{Diagnostic, LambdaEvent};
use peerwright_engine::configure::configure;
use peerwright_lambda::{Function, Payload, Reply};

/// What this function may do in EC2 besides reading.
pub(crate) use peerwright_lambda::CONFIGURE_ACTIONS as WRITES;

/// Follows the hints of a batch, an event or a person.
pub(crate) async fn handle(event: LambdaEvent<Payload>, function: &Function) -> Result<Reply, Diagnostic> {
    function.handle(event.payload, async |hint, ports| configure(hint, ports).await).await
}
