//! A function's own queue and its dead-letter queue.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry};
use peerwright_engine::failure::{Class, Failure};

use crate::classify::failure;

/// The longest delay that SQS takes (`DelaySeconds`, `SendMessage` in the SQS API reference).
const LONGEST_DELAY: Duration = Duration::from_mins(15);

/// A queue with its dead-letter queue.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
    dead_letters: String,
}

/// How many messages a queue has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Those that can be received.
    pub waiting: u64,
    /// Those that were sent for later.
    pub delayed: u64,
    /// Those that were received, and are worked on or hidden for a while.
    pub under_way: u64,
}

impl Queue {
    /// The queues at these URLs.
    pub fn new(config: &SdkConfig, url: impl Into<String>, dead_letters: impl Into<String>) -> Self {
        Self { client: Client::new(config), url: url.into(), dead_letters: dead_letters.into() }
    }

    /// Another function's queue, by the same client: making one takes a tenth of a millisecond at each start.
    pub fn outbox(&self, url: impl Into<String>) -> Outbox {
        Outbox { client: self.client.clone(), url: url.into() }
    }

    /// Hides a received message for a while before it is delivered again.
    pub async fn delay(&self, receipt: &str, time: Duration) -> Result<(), Failure> {
        let request = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let request = request.visibility_timeout(seconds(time));
        request.send().await.map(drop).map_err(|error| failure("delay a message", None, error))
    }

    /// Sends a message again, with a count of how often that was done.
    pub async fn send_later(&self, body: &str, waits: u32, time: Duration) -> Result<(), Failure> {
        let request = self.client.send_message().queue_url(&self.url).message_body(body).delay_seconds(seconds(time));
        let request = request.message_attributes(WAITS, number(waits));
        request.send().await.map(drop).map_err(|error| failure("send a message again", None, error))
    }

    /// About how many messages there are (`GetQueueAttributes`, SQS API reference).
    pub async fn backlog(&self) -> Result<Backlog, Failure> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let request = self.client.get_queue_attributes().queue_url(&self.url).set_attribute_names(Some(names.to_vec()));
        let found = request.send().await.map_err(|error| failure("count the messages that wait", None, error))?;
        let counts = names.map(|name| found.attributes().and_then(|counts| counts.get(&name)?.parse().ok()).unwrap_or_default());
        let [waiting, delayed, under_way] = counts;
        Ok(Backlog { waiting, delayed, under_way })
    }

    /// Moves a message to the dead-letter queue with the reason.
    pub async fn dead_letter(&self, body: &str, error_type: &str, reason: &str) -> Result<(), Failure> {
        let request = self.client.send_message().queue_url(&self.dead_letters).message_body(body);
        let request = request.message_attributes("error_type", string(error_type)).message_attributes("reason", string(reason));
        request.send().await.map(drop).map_err(|error| failure("send a message to the dead-letter queue", None, error))
    }
}

/// Another function's queue: work is left there, and nothing is read.
#[derive(Debug, Clone)]
pub struct Outbox {
    client: Client,
    url: String,
}

impl Outbox {
    /// The queue of this name, in the process's own account and Region.
    pub async fn named(config: &SdkConfig, name: &str) -> Result<Self, Failure> {
        let client = Client::new(config);
        let found = client.get_queue_url().queue_name(name).send().await;
        let found = found.map_err(|error| failure(format!("find the queue {name}"), None, error))?;
        Ok(Self { client, url: found.queue_url.unwrap_or_default() })
    }

    /// Leaves messages.
    pub async fn send(&self, bodies: &[String]) -> Result<(), Failure> {
        const WHAT: &str = "leave a message for another function";
        for bodies in bodies.chunks(MESSAGES_PER_CALL) {
            let entry = |(index, body): (usize, &String)| {
                let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build();
                entry.unwrap_or_else(|_| unreachable!("an entry with an id and a body"))
            };
            let entries = bodies.iter().enumerate().map(entry).collect();
            let sent = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
            let sent = sent.map_err(|error| failure(WHAT, None, error))?;
            if let Some(refused) = sent.failed().first() {
                let source = format!("{} of {}: {}", sent.failed().len(), bodies.len(), refused.code()).into();
                return Err(Failure { what: WHAT.to_owned(), place: None, class: Class::Transient, source });
            }
        }
        Ok(())
    }
}

/// How many messages one call takes (`SendMessageBatch`, SQS API reference).
const MESSAGES_PER_CALL: usize = 10;

/// The message attribute that counts how often a message was sent again because something wasn't ready.
pub const WAITS: &str = "waits";

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.min(LONGEST_DELAY).as_secs()).unwrap_or(i32::MAX)
}

fn string(text: &str) -> MessageAttributeValue {
    attribute("String", if text.is_empty() { "none" } else { text })
}

fn number(count: u32) -> MessageAttributeValue {
    attribute("Number", &count.to_string())
}

fn attribute(kind: &str, text: &str) -> MessageAttributeValue {
    let mut value = MessageAttributeValue::builder().string_value(text);
    value = value.data_type(kind);
    // The data type is set on the line above; without it the builder has nothing else to refuse.
    value.build().unwrap_or_else(|_| unreachable!("a message attribute with a data type"))
}
