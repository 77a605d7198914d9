//! The Lambda function `sweep`.

mod handler;

use lambda_runtime::{Error, service_fn};
use peerwright_core::permissions;
use peerwright_lambda::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start("sweep", permissions::NONE).await;
    lambda_runtime::run(service_fn(|event| handler::handle(event, &function))).await
}
