//! The Lambda function `cleanup`.

mod handler;

use lambda_runtime::{Error, service_fn};
use peerwright_core::permissions;
use peerwright_lambda::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("cleanup", permissions::CLEANUP).await;
    lambda_runtime::run(service_fn(|event| handler::handle(event, &function))).await
}
