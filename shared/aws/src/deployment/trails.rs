//! The trails that cover a place.

use aws_config::SdkConfig;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{AdvancedEventSelector, AdvancedFieldSelector, ReadWriteType};
use peerwright_core::doctor::Found;
use peerwright_core::doctor::place::Trail;
use peerwright_engine::failure::Failure;

use super::{answered, found};

/// All that are shown in the Region: its own, those of all Regions, and the organization's.
pub(super) async fn trails(config: &SdkConfig) -> Result<Option<Vec<Trail>>, Failure> {
    let client = Client::new(config);
    let asked = client.describe_trails().include_shadow_trails(true).send().await;
    let Some(told) = answered("describe the trails", asked)? else { return Ok(None) };
    let mut trails = Vec::new();
    for trail in told.trail_list() {
        // By its ARN: a trail of another Region or of the organization is not known by its name.
        let name = trail.trail_arn().or(trail.name()).unwrap_or_default().to_owned();
        let status = client.get_trail_status().name(&name).send().await;
        trails.push(Trail {
            logs: found(answered(format!("read the status of the trail {name}"), status).map(|told| told?.is_logging)),
            records_writes: records_writes(&client, &name, trail.is_organization_trail().unwrap_or_default()).await,
            all_regions: trail.is_multi_region_trail().unwrap_or_default(),
            home: trail.home_region().unwrap_or_default().to_owned(),
            of_organization: trail.is_organization_trail().unwrap_or_default(),
            name,
        });
    }
    Ok(Some(trails))
}

/// Whether a trail records what is changed. What an organization's trail records is told in its own account alone.
async fn records_writes(client: &Client, name: &str, of_organization: bool) -> Found<bool> {
    if of_organization {
        return Found::Is(true);
    }
    let asked = client.get_event_selectors().trail_name(name).send().await;
    found(answered(format!("read which events the trail {name} records"), asked).map(|told| {
        let told = told?;
        let basic = told.event_selectors().iter().any(|selector| {
            selector.include_management_events() != Some(false) && selector.read_write_type() != Some(&ReadWriteType::ReadOnly)
        });
        Some(basic || told.advanced_event_selectors().iter().any(selects_writes))
    }))
}

fn selects_writes(selector: &AdvancedEventSelector) -> bool {
    let is = |field: &str, value: &str| {
        let of = |one: &&AdvancedFieldSelector| one.field() == field;
        selector.field_selectors().iter().find(of).map(|one| one.equals().iter().any(|equal| equal == value))
    };
    is("eventCategory", "Management") == Some(true) && is("readOnly", "false") != Some(false)
}
