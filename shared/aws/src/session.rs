//! What a function may do under the member role: less than the role itself.

use serde_json::json;

/// Reading, for every function.
pub const OBSERVE_ACTIONS: &[&str] = &[
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
];

/// Writing, for `accept`.
pub const ACCEPT_ACTIONS: &[&str] = &["ec2:AcceptVpcPeeringConnection", "ec2:RejectVpcPeeringConnection"];

/// Writing, for `configure`.
pub const CONFIGURE_ACTIONS: &[&str] = &[
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateRoute",
    "ec2:CreateTags",
    "ec2:ModifyVpcPeeringConnectionOptions",
];

/// A session policy: the actions that remain of the role's for one function.
#[derive(Debug, Clone)]
pub struct SessionPolicy(String);

impl SessionPolicy {
    /// Reading and the given writes.
    pub fn new(writes: &[&str]) -> Self {
        let actions: Vec<&str> = OBSERVE_ACTIONS.iter().chain(writes).copied().collect();
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }],
        });
        Self(policy.to_string())
    }

    /// The policy document (at most 2,048 characters, AssumeRole in the STS API reference).
    pub fn document(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use peerwright_core::plan::Step;
    use peerwright_core::world::Direction;
    use peerwright_core::ids::Side;

    use super::*;

    fn steps() -> Vec<Step> {
        let connection: peerwright_core::ids::PcxId = "pcx-1a2b3c4d".parse().expect("an id");
        let side = Side::Requester;
        let group: peerwright_core::ids::GroupId = "sg-1a2b3c4d".parse().expect("an id");
        let authorize = |direction| Step::AuthorizeRules {
            side,
            group: group.clone(),
            direction,
            rules: BTreeSet::new(),
            connection: connection.clone(),
        };
        vec![
            Step::CreateRoute {
                side,
                table: "rtb-1a2b3c4d".parse().expect("an id"),
                destination: "10.0.0.0/16".parse().expect("a CIDR"),
                connection: connection.clone(),
            },
            authorize(Direction::Ingress),
            authorize(Direction::Egress),
            Step::EnableDnsResolution { side, connection: connection.clone() },
        ]
    }

    #[test]
    fn configure_may_do_what_its_steps_need_and_nothing_else() {
        let steps = steps();
        let needed: BTreeSet<&str> = steps.iter().flat_map(Step::actions).copied().collect();
        let granted: BTreeSet<&str> = CONFIGURE_ACTIONS.iter().copied().collect();
        assert_eq!(needed, granted);
    }

    #[test]
    fn a_session_policy_is_short_enough_for_sts() {
        assert!(SessionPolicy::new(CONFIGURE_ACTIONS).document().len() <= 2048);
    }
}
