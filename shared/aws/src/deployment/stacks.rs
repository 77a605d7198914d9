//! The stacks of the account, and the templates that they were made from.

use peerwright_core::doctor::Found;
use peerwright_core::doctor::hub::Stack;
use peerwright_core::doctor::template::Template;
use peerwright_engine::failure::Failure;

use super::{Deployment, found};
use crate::classify::{failure, unreadable};

impl Deployment {
    /// The stack whose parameter `Prefix` is this and that has this output: whoever deployed it gave it a name of their own.
    pub async fn stack(&self, prefix: &str, output: &str) -> Found<Stack> {
        found(self.find_stack(prefix, output).await)
    }

    async fn find_stack(&self, prefix: &str, output: &str) -> Result<Option<Stack>, Failure> {
        let client = aws_sdk_cloudformation::Client::new(&self.config);
        let mut stacks = client.describe_stacks().into_paginator().items().send();
        while let Some(stack) = stacks.next().await {
            let stack = stack.map_err(|error| failure("describe the stacks", None, error))?;
            let is_ours =
                stack.parameters().iter().any(|one| one.parameter_key() == Some("Prefix") && one.parameter_value() == Some(prefix));
            if is_ours && stack.outputs().iter().any(|one| one.output_key() == Some(output)) {
                return Ok(Some(Stack {
                    name: stack.stack_name().unwrap_or_default().to_owned(),
                    status: stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
                    parameters: stack
                        .parameters()
                        .iter()
                        .filter_map(|one| Some((one.parameter_key()?.to_owned(), one.parameter_value()?.to_owned())))
                        .collect(),
                }));
            }
        }
        Ok(None)
    }

    /// The template that a stack was made from, as it was given to CloudFormation.
    pub async fn template(&self, stack: &str) -> Found<Template> {
        let client = aws_sdk_cloudformation::Client::new(&self.config);
        let asked = client.get_template().stack_name(stack).template_stage("Original".into()).send().await;
        let read = asked.map_err(|error| failure(format!("read the template of the stack {stack}"), None, error)).and_then(|answer| {
            let text = answer.template_body.unwrap_or_default();
            Template::read(&text).map_err(|error| unreadable(format!("read the template of the stack {stack}"), None, error)).map(Some)
        });
        found(read)
    }
}
