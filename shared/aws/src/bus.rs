//! The hub's bus, where outcomes are published.

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use peerwright_engine::failure::{Class, Failure};
use peerwright_engine::outcome_event::{OutcomeEvent, SOURCE};

use crate::classify::failure;

/// An event bus.
#[derive(Debug, Clone)]
pub struct Bus {
    config: SdkConfig,
    /// Made with the first outcome that is told: most events change nothing. All clones have the same.
    client: Arc<OnceLock<Client>>,
    name: String,
}

impl Bus {
    /// The bus of this name, in the process's own account and Region.
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        Self { config: config.clone(), client: Arc::default(), name: name.into() }
    }

    /// Puts an event on the bus. EventBridge answers for each entry apart: a refused one is a failure like a refused call.
    pub async fn publish(&self, event: &OutcomeEvent) -> Result<(), Failure> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(event.kind)
            .detail(event.detail.to_string())
            .build();
        let what = || format!("put the event {} on the bus {}", event.kind, self.name);
        let answer = self
            .client
            .get_or_init(|| Client::new(&self.config))
            .put_events()
            .entries(entry)
            .send()
            .await
            .map_err(|error| failure(what(), None, error))?;
        match answer.entries().iter().find_map(|entry| entry.error_code()) {
            None => Ok(()),
            Some(code) => Err(Failure { what: what(), place: None, class: Class::Transient, source: code.into() }),
        }
    }
}
