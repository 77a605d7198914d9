//! A member account and Region: whether the hub gets in, is kept out where it should be, and hears of what happens there.

use std::collections::BTreeMap;

use serde_json::Value;

use super::compare::differences;
use super::hub::Stack;
use super::template::{Made, Resource, Template};
use super::{Check, Finding, Found, Unread, fix};
use crate::count::counted;
use crate::ids::Place;

/// How AWS answered an attempt to enter, or a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It would be done, or was.
    Yes,
    /// It is refused for want of a permission.
    No(String),
    /// The Region is switched off there.
    RegionOff(String),
    /// Anything else: nobody knows.
    Other(String),
}

/// A trail that covers the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// Its name or ARN.
    pub name: String,
    /// True where it covers all Regions.
    pub all_regions: bool,
    /// Where it was made.
    pub home: String,
    /// True where it is the organization's.
    pub of_organization: bool,
    /// Whether it logs.
    pub logs: Found<bool>,
    /// Whether it records management events that write; true of an organization's, which is another account's.
    pub records_writes: Found<bool>,
}

/// Everything that is read of a place.
#[derive(Debug)]
pub struct Facts {
    /// The place.
    pub place: Place,
    /// Entering it with the external id.
    pub enters: Answer,
    /// Entering it without one.
    pub without_external_id: Answer,
    /// A dry run of a call that the role needs.
    pub needed: Answer,
    /// A dry run of a call that it must not have.
    pub forbidden: Answer,
    /// The member roles, where they were asked for.
    pub roles: Vec<(Resource, Found<Value>)>,
    /// The forwarding rules.
    pub rules: Vec<(Resource, Found<Value>)>,
    /// The queue of what could not be forwarded.
    pub queues: Vec<(Resource, Found<Value>)>,
    /// The trails.
    pub trails: Found<Vec<Trail>>,
}

/// What `infra/member.yaml` makes in a place of a hub, from the parameters of the hub's stack.
pub fn expected(member: &Template, hub: &Stack, made: &Made, place: &Place) -> Vec<Resource> {
    let given = |name: &str| hub.parameters.get(name).map(|value| (name.to_owned(), value.clone()));
    let mut parameters: BTreeMap<String, String> =
        ["ExternalId", "OrganizationId", "Prefix", "RolePath"].into_iter().filter_map(given).collect();
    parameters.insert("HubAccount".into(), made.account.clone());
    parameters.insert("HubRegion".into(), made.region.clone());
    // Wherever the roles were made: they belong to the account.
    parameters.insert("RoleRegion".into(), place.region.to_string());
    let there =
        Made { parameters, account: place.account.to_string(), region: place.region.to_string(), partition: made.partition.clone() };
    let looked_at =
        |one: &Resource| matches!(one.kind.as_str(), "AWS::Events::Rule" | "AWS::IAM::Role" | "AWS::SQS::Queue") && one.name().is_some();
    let mut resources: Vec<Resource> = member.resources(&there).into_iter().filter(looked_at).collect();
    for rule in resources.iter_mut().filter(|one| one.kind == "AWS::Events::Rule") {
        rule.properties["State"] = "ENABLED".into();
    }
    resources
}

/// All that is wrong with a place, in the order of the checks.
pub fn findings(facts: &Facts) -> Vec<Finding> {
    let place = facts.place.to_string();
    if let Some(why) = region_off(facts) {
        let fix = format!(
            "enable the Region in the account, or stop sweeping it: aws account enable-region --region-name {}, or peerwright members remove {place}",
            facts.place.region
        );
        return vec![Finding::new(Check::Region, place, format!("the Region is not enabled in the account: {why}"), fix)];
    }
    let mut found: Vec<Finding> = enter(facts).into_iter().collect();
    if found.is_empty() {
        found.extend(without_external_id(facts));
        // Of the account, and not of one of its Regions.
        let account = facts.place.account.as_str();
        found.extend(
            facts.roles.iter().flat_map(|(role, is)| compared(Check::MemberTrust, account, role, is, &["AssumeRolePolicyDocument"])),
        );
        found.extend(facts.roles.iter().flat_map(|(role, is)| match is {
            // That it can't be read, or is gone, is told once.
            Found::Is(_) => compared(Check::MemberPolicy, account, role, is, &["ManagedPolicyArns", "Policies"]),
            Found::Missing | Found::Unread(_) => Vec::new(),
        }));
        found.extend(permissions(facts));
        found.extend(
            facts.rules.iter().flat_map(|(rule, is)| compared(Check::Forwarding, &place, rule, is, &["EventPattern", "State", "Targets"])),
        );
        found.extend(facts.queues.iter().flat_map(|(queue, is)| unforwarded(&place, queue, is)));
        found.extend(trail(facts));
    }
    found
}

fn region_off(facts: &Facts) -> Option<&str> {
    [&facts.enters, &facts.needed]
        .into_iter()
        .find_map(|answer| if let Answer::RegionOff(why) = answer { Some(why.as_str()) } else { None })
}

const MEMBER: &str = "deploy infra/member.yaml in the account again, with this hub's account, Region and external id (docs/deploy.md)";

fn enter(facts: &Facts) -> Option<Finding> {
    let place = facts.place.to_string();
    match &facts.enters {
        Answer::Yes => None,
        Answer::No(why) => Some(Finding::new(
            Check::Enter,
            place,
            format!("the member role that reads can't be assumed: {why}"),
            format!("{MEMBER}; an account outside the organization must be one of the hub's MemberAccounts as well"),
        )),
        Answer::RegionOff(why) | Answer::Other(why) => Some(Finding::unknown(Check::Enter, place, &Unread::other(why), "")),
    }
}

fn without_external_id(facts: &Facts) -> Option<Finding> {
    let place = facts.place.to_string();
    match &facts.without_external_id {
        Answer::No(_) => None,
        Answer::Yes => Some(Finding::new(
            Check::ExternalId,
            place,
            "the member role that reads can be assumed without the external id: its trust policy does not ask for it",
            MEMBER,
        )),
        Answer::RegionOff(why) | Answer::Other(why) => Some(Finding::unknown(Check::ExternalId, place, &Unread::other(why), "")),
    }
}

fn compared(check: Check, place: &str, resource: &Resource, is: &Found<Value>, properties: &[&str]) -> Vec<Finding> {
    let name = resource.name().unwrap_or(&resource.logical);
    match is {
        Found::Missing => vec![Finding::new(check, place, format!("{name} is not there, and infra/member.yaml makes it"), MEMBER)],
        Found::Unread(why) => vec![Finding::unknown(check, place, why, format!("{MEMBER}: its role for reading may do that"))],
        Found::Is(is) => {
            let told = properties.iter().flat_map(|property| {
                let differences = differences(property, resource.properties.get(*property), is.get(*property));
                differences
                    .into_iter()
                    .map(|one| Finding::new(check, place, format!("of {name}, {one}"), there(&fix::of(resource, property, is), place)))
            });
            told.collect()
        }
    }
}

/// Whether what happens there reaches the hub's bus.
fn unforwarded(place: &str, queue: &Resource, is: &Found<Value>) -> Vec<Finding> {
    let count = |is: &Value| is["ApproximateNumberOfMessages"].as_str().and_then(|text| text.parse::<usize>().ok()).unwrap_or_default();
    match is {
        Found::Is(is) if count(is) > 0 => {
            let name = queue.name().unwrap_or(&queue.logical);
            let fix = format!(
                "read in it why (docs/runbook.md, section Unforwarded), mend that, and empty it: \
                 aws sqs purge-queue --queue-url \"$(aws sqs get-queue-url --queue-name {name} --query QueueUrl --output text)\""
            );
            let what = format!("about {} could not be forwarded to the hub: {name}", counted(count(is), "event", "events"));
            vec![Finding::new(Check::Unforwarded, place, what, there(&fix, place))]
        }
        is => compared(Check::Unforwarded, place, queue, is, &[]),
    }
}

fn there(fix: &str, place: &str) -> String {
    format!("with credentials for {place}: {fix}")
}

fn permissions(facts: &Facts) -> Vec<Finding> {
    let place = || facts.place.to_string();
    let needed = match &facts.needed {
        Answer::Yes | Answer::RegionOff(_) => None,
        Answer::No(why) => Some(Finding::new(
            Check::Permission,
            place(),
            format!("the member role that reads may not describe VPCs: {why}"),
            format!("{MEMBER}, or look for a service control policy that takes it away"),
        )),
        Answer::Other(why) => Some(Finding::unknown(Check::Permission, place(), &Unread::other(why), "")),
    };
    let forbidden = match &facts.forbidden {
        Answer::No(_) | Answer::RegionOff(_) => None,
        Answer::Yes => Some(Finding::new(
            Check::Permission,
            place(),
            "the member role that reads may delete VPC peering connections: somebody gave it more than the template does",
            {
                let role = reading_role(facts);
                format!(
                    "with credentials for {}: aws iam list-role-policies --role-name {role}; aws iam list-attached-role-policies --role-name {role}; take \
                     away what was added, and find out who added it (CloudTrail)",
                    facts.place.account
                )
            },
        )),
        Answer::Other(why) => Some(Finding::unknown(Check::Permission, place(), &Unread::other(why), "")),
    };
    needed.into_iter().chain(forbidden).collect()
}

/// The role that reads, where roles are looked at: in the first Region of an account.
fn reading_role(facts: &Facts) -> &str {
    let names = facts.roles.iter().filter_map(|(role, _)| role.name());
    names.into_iter().find(|name| name.ends_with("-member-read")).unwrap_or("<THE-ROLE-THAT-READS>")
}

fn trail(facts: &Facts) -> Option<Finding> {
    let place = facts.place.to_string();
    let trails = match &facts.trails {
        Found::Unread(why) => {
            return Some(Finding::unknown(Check::Trail, place, why, format!("{MEMBER}: its role for reading may do that")));
        }
        Found::Missing => &[][..],
        Found::Is(trails) => trails,
    };
    let covering = || trails.iter().filter(|one| one.all_regions || one.home == facts.place.region.as_str());
    let logging = || covering().filter(|one| one.logs == Found::Is(true));
    if logging().any(|one| one.records_writes == Found::Is(true)) {
        return None;
    }
    if let Some(one) = logging().next() {
        return Some(match &one.records_writes {
            Found::Unread(why) => {
                let why = why.about(&format!("which events the trail {} records", one.name));
                Finding::unknown(Check::Trail, place, &why, format!("{MEMBER}: its role for reading may do that"))
            }
            _ => Finding::new(
                Check::Trail,
                place,
                format!("the trail {} records no management events that write: calls of EC2 are no events", one.name),
                format!(
                    "in the account that owns the trail, with the data events that it records beside: aws cloudtrail put-event-selectors --trail-name {} \
                     --region {} --event-selectors '[{{\"ReadWriteType\":\"All\",\"IncludeManagementEvents\":true}}]'",
                    one.name, one.home
                ),
            ),
        });
    }
    if let Some((name, why)) = covering().find_map(|one| if let Found::Unread(why) = &one.logs { Some((&one.name, why)) } else { None }) {
        let why = why.about(&format!("whether the trail {name} logs"));
        return Some(Finding::unknown(
            Check::Trail,
            place,
            &why,
            format!("in the account that owns the trail: aws cloudtrail get-trail-status --name {name}"),
        ));
    }
    if let Some(silent) = covering().next() {
        let whose = if silent.of_organization { "the organization's management account" } else { "the account" };
        let fix = format!("in {whose}: aws cloudtrail start-logging --name {} --region {}", silent.name, silent.home);
        return Some(Finding::new(Check::Trail, place, format!("the trail {} does not log: calls of EC2 are no events", silent.name), fix));
    }
    let elsewhere: Vec<&str> = trails.iter().map(|one| one.name.as_str()).collect();
    let what = if elsewhere.is_empty() {
        "no trail covers the Region".to_owned()
    } else {
        format!("no trail covers the Region: {} is of another one", elsewhere.join(", "))
    };
    let fix = format!(
        "make one of the organization (docs/deploy.md), or with credentials for {}: aws cloudtrail create-trail --name <NAME> --s3-bucket-name <BUCKET> \
         --is-multi-region-trail; aws cloudtrail start-logging --name <NAME>",
        facts.place.account
    );
    Some(Finding::new(Check::Trail, place, format!("{what}: calls of EC2 are no events, and only sweeps find what happens there"), fix))
}
