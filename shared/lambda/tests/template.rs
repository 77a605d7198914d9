//! The template sets every variable that the functions read, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use peerwright_aws::CALL;
use peerwright_engine::outcome::Recipient;
use peerwright_lambda::variables;

fn hub() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/hub.yaml");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One resource of the template, as text.
fn resource<'t>(template: &'t str, name: &str) -> &'t str {
    let (_, rest) = template.split_once(&format!("\n  {name}:\n")).unwrap_or_else(|| panic!("the template has no {name}"));
    let next = rest.match_indices("\n  ").find(|(at, _)| !rest[at + 3..].starts_with([' ', '#']));
    next.map_or(rest, |(at, _)| &rest[..at])
}

#[test]
fn each_function_may_send_to_just_the_functions_that_it_leaves_work_to() {
    let template = hub();
    for function in Recipient::ALL {
        let name = format!("{function:?}");
        let expected: BTreeSet<String> = function.enqueues_for().iter().map(|other| format!("{other:?}Queue")).collect();
        let told: BTreeSet<String> = resource(&template, &format!("{name}Function"))
            .lines()
            .filter_map(|line| line.trim().strip_prefix("PEERWRIGHT_")?.split_once("_QUEUE_URL: !Ref "))
            .filter(|(key, _)| *key != "DEAD_LETTER")
            .map(|(_, queue)| queue.to_owned())
            .collect();
        assert_eq!(told, expected, "the variables of {name}");
        let role = resource(&template, &format!("{name}Role"));
        let (_, statement) = role.split_once("Sid: LeaveWorkToOthers").unwrap_or_else(|| panic!("{name} may leave work to nobody"));
        let statement = statement.split("- Sid:").next().unwrap_or_default();
        let allowed: BTreeSet<String> =
            statement.split("!GetAtt ").skip(1).filter_map(|text| text.split_once(".Arn")).map(|(queue, _)| queue.to_owned()).collect();
        // Into its own queue it may send anyway: what waits is sent again.
        let others = expected.into_iter().filter(|queue| *queue != format!("{name}Queue")).collect();
        assert_eq!(allowed, others, "the role of {name}");
    }
}

#[test]
fn the_hub_sets_just_the_variables_that_are_read() {
    let template = hub();
    let set: BTreeSet<&str> = template
        .lines()
        .filter_map(|line| line.trim().split_once(':'))
        .map(|(key, _)| key)
        .filter(|key| key.starts_with("PEERWRIGHT_"))
        .collect();
    assert_eq!(set, variables::ALL.iter().map(|variable| variable.name).collect());
}

#[test]
fn a_call_takes_no_more_than_a_quarter_of_a_functions_time() {
    let template = hub();
    let seconds: Vec<u64> =
        template.lines().filter_map(|line| line.trim().strip_prefix("Timeout: ")).filter_map(|number| number.parse().ok()).collect();
    assert!(!seconds.is_empty());
    assert!(seconds.iter().all(|seconds| *seconds >= 4 * CALL.as_secs()), "{seconds:?}");
}
