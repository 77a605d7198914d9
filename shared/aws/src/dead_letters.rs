//! The dead letters of a function: what they are, and how they come back to its queue.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::get_queue_url::GetQueueUrlError;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use jiff::Timestamp;
use peerwright_engine::failure::{Class, Failure};

use crate::classify::failure;

/// How many messages one call returns at most (`ReceiveMessage`, SQS API reference).
const PER_CALL: i32 = 10;
/// How many calls may show nothing new before the letters count as seen: SQS asks only some of its servers each time.
const VAIN_CALLS: usize = 5;

/// A message that a function gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The message.
    pub body: String,
    /// The kind of failure; none where SQS moved the message, because its function never came to an end.
    pub error_type: Option<String>,
    /// What failed and what to do, in words.
    pub reason: Option<String>,
    /// When it was given up.
    pub sent_at: Option<Timestamp>,
}

/// A queue of dead letters.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    client: Client,
    name: String,
    url: String,
    arn: String,
    count: usize,
}

/// How far a move of letters is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// `RUNNING`, `COMPLETED`, `FAILED`, `CANCELLING` or `CANCELLED`.
    pub status: String,
    /// About how many letters were moved.
    pub moved: u64,
    /// Why it failed.
    pub why: Option<String>,
}

impl DeadLetters {
    /// The queue of this name, in the process's own account and Region; none where there is no such queue.
    pub async fn named(config: &SdkConfig, name: &str) -> Result<Option<Self>, Failure> {
        let client = Client::new(config);
        let url = match client.get_queue_url().queue_name(name).send().await {
            Ok(found) => found.queue_url.unwrap_or_default(),
            Err(error) if error.as_service_error().is_some_and(GetQueueUrlError::is_queue_does_not_exist) => return Ok(None),
            Err(error) => return Err(failure(format!("find the queue {name}"), None, error)),
        };
        let names = [QueueAttributeName::QueueArn, QueueAttributeName::ApproximateNumberOfMessages];
        let request = client.get_queue_attributes().queue_url(&url).set_attribute_names(Some(names.to_vec()));
        let found = request.send().await.map_err(|error| failure(format!("count the messages of {name}"), None, error))?;
        let [arn, count] = names.map(|name| found.attributes().and_then(|all| all.get(&name)).cloned().unwrap_or_default());
        let count = count.parse().unwrap_or_default();
        Ok(Some(Self { client, name: name.to_owned(), url, arn, count }))
    }

    /// About how many letters there are.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// As many letters as there are, or as are wanted. They stay where they are, and nobody else is kept from them.
    pub async fn read(&self, most: usize) -> Result<Vec<Letter>, Failure> {
        let mut letters: BTreeMap<String, Letter> = BTreeMap::new();
        let mut in_vain = 0;
        while in_vain < VAIN_CALLS && letters.len() < most.min(self.count) {
            let before = letters.len();
            let request = self.client.receive_message().queue_url(&self.url).max_number_of_messages(PER_CALL).visibility_timeout(0);
            let request = request.message_attribute_names("All").message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
            let found = request.send().await.map_err(|error| failure(format!("read the letters of {}", self.name), None, error))?;
            for message in found.messages() {
                letters.insert(message.message_id().unwrap_or_default().to_owned(), letter(message));
            }
            in_vain = if letters.len() > before { 0 } else { in_vain + 1 };
        }
        let mut letters: Vec<Letter> = letters.into_values().take(most).collect();
        letters.sort_by(|a, b| (a.sent_at, &a.body).cmp(&(b.sent_at, &b.body)));
        Ok(letters)
    }

    /// Begins to move all letters to the queue of their function. It is named: SQS does not know where those came from that functions sent themselves.
    pub async fn start_move(&self) -> Result<(), Failure> {
        let Some(destination) = self.arn.strip_suffix("-dead-letter") else {
            let source = "its name does not say whose letters it has".into();
            return Err(Failure { what: format!("move the letters of {}", self.name), place: None, class: Class::Refused, source });
        };
        let request = self.client.start_message_move_task().source_arn(&self.arn).destination_arn(destination);
        request.send().await.map(drop).map_err(|error| failure(format!("move the letters of {}", self.name), None, error))
    }

    /// How far the last move is.
    pub async fn last_move(&self) -> Result<Option<Move>, Failure> {
        let found = self.client.list_message_move_tasks().source_arn(&self.arn).max_results(1).send().await;
        let found = found.map_err(|error| failure(format!("ask how far the letters of {} are", self.name), None, error))?;
        Ok(found.results().first().map(|task| Move {
            status: task.status().unwrap_or_default().to_owned(),
            moved: task.approximate_number_of_messages_moved().try_into().unwrap_or_default(),
            why: task.failure_reason().map(str::to_owned),
        }))
    }
}

fn letter(message: &aws_sdk_sqs::types::Message) -> Letter {
    let attribute = |name: &str| message.message_attributes()?.get(name)?.string_value().map(str::to_owned);
    let sent = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp)).and_then(|text| text.parse().ok());
    Letter {
        body: message.body().unwrap_or_default().to_owned(),
        error_type: attribute("error_type"),
        reason: attribute("reason"),
        sent_at: sent.and_then(|at| Timestamp::from_millisecond(at).ok()),
    }
}
