//! The trails that cover a place.

use aws_config::SdkConfig;
use peerwright_core::doctor::place::Trail;
use peerwright_engine::failure::Failure;

use super::{answered, found};

/// All that are shown in the Region: its own, those of all Regions, and the organization's.
pub(super) async fn trails(config: &SdkConfig) -> Result<Option<Vec<Trail>>, Failure> {
    let client = aws_sdk_cloudtrail::Client::new(config);
    let asked = client.describe_trails().include_shadow_trails(true).send().await;
    let Some(told) = answered("describe the trails", asked)? else { return Ok(None) };
    let mut trails = Vec::new();
    for trail in told.trail_list() {
        // By its ARN: a trail of another Region or of the organization is not known by its name.
        let name = trail.trail_arn().or(trail.name()).unwrap_or_default().to_owned();
        let status = client.get_trail_status().name(&name).send().await;
        trails.push(Trail {
            logs: found(answered(format!("read the status of the trail {name}"), status).map(|told| told?.is_logging)),
            all_regions: trail.is_multi_region_trail().unwrap_or_default(),
            home: trail.home_region().unwrap_or_default().to_owned(),
            of_organization: trail.is_organization_trail().unwrap_or_default(),
            name,
        });
    }
    Ok(Some(trails))
}
