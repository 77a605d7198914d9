//! The example files of the how-to texts.

use std::fs;
use std::path::Path;

use serde_json::Value;

fn how_to(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/how-to/{name}"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn workflow() -> Value {
    serde_saphyr::from_str(&how_to("allowlist-in-git.yaml")).unwrap_or_else(|error| panic!("no YAML: {error}"))
}

/// What a step of a job runs, or the action that it uses with its role.
fn steps(job: &str) -> Vec<String> {
    let workflow = workflow();
    let steps = workflow["jobs"][job]["steps"].as_array().unwrap_or_else(|| panic!("{job} has no steps")).clone();
    let words = |step: &Value| match (step["run"].as_str(), step["with"]["role-to-assume"].as_str()) {
        (Some(run), _) => run.to_owned(),
        (None, Some(role)) => format!("as {role}"),
        (None, None) => step["uses"].as_str().unwrap_or_default().to_owned(),
    };
    steps.iter().map(words).collect()
}

fn is_there(steps: &[String], words: &str) -> bool {
    steps.iter().any(|step| step.contains(words))
}

#[test]
fn a_pull_request_plans_with_the_role_that_reads_and_only_what_is_merged_is_written() {
    let (plan, apply) = (steps("plan"), steps("apply"));
    assert!(
        is_there(&plan, "role/peerwright/peerwright-explain")
            && is_there(&plan, "peerwright allowlist plan -f allowlist.yaml --prune --markdown")
    );
    assert!(!is_there(&plan, "peerwright-allowlist") && !is_there(&plan, "allowlist apply"));
    assert!(
        is_there(&apply, "role/peerwright/peerwright-allowlist")
            && is_there(&apply, "peerwright allowlist apply -f allowlist.yaml --prune --yes")
    );
    let jobs = workflow()["jobs"].clone();
    assert_eq!(jobs["plan"]["if"], "github.event_name == 'pull_request'");
    assert_eq!(
        (jobs["apply"]["if"].as_str(), jobs["apply"]["environment"].as_str()),
        (Some("github.event_name == 'push'"), Some("allowlist"))
    );
}

#[test]
fn the_workflow_runs_for_each_pull_request_and_for_what_is_merged() {
    let on = workflow()["on"].clone();
    assert!(on["pull_request"]["paths"][0] == "allowlist.yaml" && on["push"]["branches"][0] == "main", "{on}");
}
