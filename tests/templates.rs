//! What must hold of the templates as texts.

use std::fs;
use std::path::Path;

fn template(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../infra/{name}.yaml"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// "Template body size in a request" (CloudFormation quotas): a larger one can be deployed from a bucket only.
#[test]
fn each_template_is_small_enough_to_be_deployed_as_it_is() {
    for name in ["archive", "guardrails", "hub", "member", "people", "watch"] {
        let bytes = template(name).len();
        assert!(bytes <= 51_200, "infra/{name}.yaml has {bytes} bytes");
    }
}

/// Two hubs live side by side in one account, and two in one member account.
#[test]
fn whatever_has_a_name_has_one_that_begins_with_the_prefix() {
    let keys = ["AlarmName", "BucketName", "DashboardName", "DeliveryStreamName", "FunctionName", "LogGroupName", "ManagedPolicyName"];
    let keys = [&keys[..], &["Name", "QueueName", "RoleName", "TableName", "TopicName"]].concat();
    for name in ["archive", "hub", "member", "people", "watch"] {
        let text = template(name);
        let (_, resources) = text.split_once("\nResources:\n").unwrap_or_else(|| panic!("{name} has no resources"));
        let named: Vec<&str> = resources
            .lines()
            // At the depth of a resource's own properties.
            .filter_map(|line| line.strip_prefix("      ").filter(|line| !line.starts_with(' ')))
            .filter(|line| line.split_once(": ").is_some_and(|(key, _)| keys.contains(&key)))
            .collect();
        assert!(!named.is_empty(), "{name} names nothing");
        for line in named {
            assert!(line.contains("${Prefix}-") || line.ends_with("!Ref Prefix"), "infra/{name}.yaml: {line}");
        }
    }
}
