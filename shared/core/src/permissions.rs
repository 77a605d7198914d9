//! IAM actions that each function needs (Service Authorization Reference), most of them in a member account.
//!
//! `infra/member.yaml` grants the union of them, and a test holds the two together. Each function narrows its session to its own.

/// Reading, for every function.
pub const OBSERVE: &[&str] = &[
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "ec2:GetManagedPrefixListEntries",
    "servicequotas:GetServiceQuota",
];

/// Writing, for `request`.
pub const REQUEST: &[&str] = &["ec2:CreateTags", "ec2:CreateVpcPeeringConnection", "ec2:DeleteTags"];

/// Writing, for a function that only reads.
pub const NONE: &[&str] = &[];

/// Reading in the hub's own account, for every function: where accounts stand in the organization.
pub const ORGANIZATION: &[&str] = &["organizations:DescribeOrganizationalUnit", "organizations:ListParents", "organizations:ListRoots"];

/// Reading in the hub's own account, for `sweep`: which accounts there are.
pub const ACCOUNTS: &[&str] = &["organizations:ListAccounts"];

/// Writing, for `accept`: the decision, and the answer as tags (the member role allows none but our own).
pub const ACCEPT: &[&str] = &["ec2:AcceptVpcPeeringConnection", "ec2:CreateTags", "ec2:RejectVpcPeeringConnection"];

/// Writing, for `configure`: what the steps of a plan need that add.
pub const CONFIGURE: &[&str] = &[
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateRoute",
    "ec2:CreateTags",
    "ec2:ModifyVpcPeeringConnectionOptions",
];

/// Writing, for `cleanup`: what the steps of a plan need that remove, the end of connections that we created, and the answer.
pub const CLEANUP: &[&str] = &[
    "ec2:CreateTags",
    "ec2:DeleteRoute",
    "ec2:DeleteVpcPeeringConnection",
    "ec2:ModifyVpcPeeringConnectionOptions",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ids::{GroupId, PcxId, RouteTableId, Side};
    use crate::plan::Step;
    use crate::world::{Destination, Direction};

    fn one_step_of_each_kind() -> Vec<Step> {
        let side = Side::Requester;
        let connection: PcxId = "pcx-1a2b3c4d".parse().expect("an id");
        let group: GroupId = "sg-1a2b3c4d".parse().expect("an id");
        let authorize = |direction| Step::AuthorizeRules {
            side,
            group: group.clone(),
            direction,
            rules: BTreeSet::new(),
            connection: connection.clone(),
        };
        let revoke =
            |direction| Step::RevokeRules { side, group: group.clone(), direction, rules: BTreeSet::new(), connection: connection.clone() };
        let hand_over = Step::HandOverRules {
            side,
            group: group.clone(),
            direction: Direction::Ingress,
            rules: BTreeSet::new(),
            connection: connection.clone(),
            to: "pcx-2b3c4d5e".parse().expect("an id"),
        };
        let table: RouteTableId = "rtb-1a2b3c4d".parse().expect("an id");
        let destination: Destination = "10.0.0.0/16".parse().expect("a destination");
        vec![
            Step::CreateRoute { side, table: table.clone(), destination: destination.clone(), connection: connection.clone() },
            authorize(Direction::Ingress),
            authorize(Direction::Egress),
            Step::EnableDnsResolution { side, connection: connection.clone() },
            Step::DeleteRoute { side, table, destination, connection: connection.clone() },
            hand_over,
            revoke(Direction::Ingress),
            revoke(Direction::Egress),
            Step::DisableDnsResolution { side, connection: connection.clone() },
        ]
    }

    fn needed(removing: bool) -> BTreeSet<&'static str> {
        one_step_of_each_kind().iter().filter(|step| step.removes() == removing).flat_map(Step::actions).copied().collect()
    }

    #[test]
    fn configure_may_do_what_its_steps_need_and_nothing_else() {
        assert_eq!(needed(false), CONFIGURE.iter().copied().collect());
    }

    #[test]
    fn cleanup_may_do_what_its_steps_need_and_nothing_else() {
        let beside = ["ec2:CreateTags", "ec2:DeleteVpcPeeringConnection"];
        assert_eq!(needed(true).into_iter().chain(beside).collect::<BTreeSet<_>>(), CLEANUP.iter().copied().collect());
    }
}
