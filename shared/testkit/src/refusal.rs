//! The errors of EC2 that the fake gives, with the classes that the AWS adapters give them.

use peerwright_core::ids::Place;
use peerwright_engine::failure::{AwsMessage, Class, Failure};

/// An error code with its class.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal(&'static str, Class);

pub(crate) const NO_ROLE: Refusal = Refusal("AccessDenied (the member role can't be assumed)", Class::NoRole);
pub(crate) const REGION_OFF: Refusal = Refusal("OptInRequired", Class::Denied);
pub(crate) const CONNECTION_NOT_FOUND: Refusal = Refusal("InvalidVpcPeeringConnectionID.NotFound", Class::Stale);
pub(crate) const NOT_PENDING: Refusal = Refusal("InvalidStateTransition", Class::Stale);
pub(crate) const NOT_PERMITTED: Refusal = Refusal("OperationNotPermitted", Class::Refused);
/// The words tell lag from what is refused as such (`LAGS` in the AWS adapters).
pub(crate) const NOT_ACTIVE: Refusal = Refusal("OperationNotPermitted (the peering is not active)", Class::Stale);
pub(crate) const VPC_GONE: Refusal = Refusal("the VPC is gone", Class::Gone);
/// To a request the VPC is what it is about, to other calls what they rest on.
pub(crate) const NO_SUCH_VPC: Refusal = Refusal("InvalidVpcID.NotFound", Class::Gone);
pub(crate) const VPC_NOT_FOUND: Refusal = Refusal("InvalidVpcID.NotFound", Class::Stale);
pub(crate) const TOO_MANY_REQUESTS: Refusal = Refusal("OutstandingVpcPeeringConnectionLimitExceeded", Class::Quota);
pub(crate) const VPC_FULL: Refusal = Refusal("ActiveVpcPeeringConnectionPerVpcLimitExceeded", Class::Quota);
pub(crate) const TOO_MANY_TAGS: Refusal = Refusal("TagLimitExceeded", Class::Refused);
pub(crate) const FORBIDDEN_TAG: Refusal = Refusal("TagPolicyViolation", Class::Refused);
pub(crate) const ALREADY_EXISTS: Refusal = Refusal("VpcPeeringConnectionAlreadyExists", Class::Stale);
pub(crate) const TABLE_NOT_FOUND: Refusal = Refusal("InvalidRouteTableID.NotFound", Class::Stale);
pub(crate) const OTHER_NETWORK: Refusal = Refusal("InvalidParameterValue (they belong to different networks)", Class::Stale);
pub(crate) const GATEWAY_TABLE: Refusal =
    Refusal("InvalidParameterValue (the route table of a gateway takes no route over a peering connection)", Class::Refused);
pub(crate) const INSIDE_VPC: Refusal =
    Refusal("InvalidParameterValue (the destination is more specific than one of this VPC's blocks)", Class::Refused);
pub(crate) const LOCAL_ROUTE: Refusal = Refusal("InvalidParameterValue (a local route can't be removed)", Class::Refused);
pub(crate) const TABLE_CHANGES: Refusal = Refusal("InvalidParameterException", Class::Stale);
pub(crate) const ROUTE_EXISTS: Refusal = Refusal("RouteAlreadyExists", Class::Stale);
pub(crate) const GROUP_NOT_FOUND: Refusal = Refusal("InvalidGroup.NotFound", Class::Stale);
pub(crate) const DUPLICATE_RULE: Refusal = Refusal("InvalidPermission.Duplicate", Class::Stale);
pub(crate) const ROUTE_NOT_FOUND: Refusal = Refusal("InvalidRoute.NotFound", Class::Stale);
pub(crate) const RULE_NOT_FOUND: Refusal = Refusal("InvalidSecurityGroupRuleId.NotFound", Class::Stale);
pub(crate) const TABLE_FULL: Refusal = Refusal("RouteLimitExceeded", Class::Quota);
pub(crate) const GROUP_FULL: Refusal = Refusal("RulesPerSecurityGroupLimitExceeded", Class::Quota);
pub(crate) const DNS_DISABLED: Refusal = Refusal("InvalidVpcPeeringConnectionState.DnsHostnamesDisabled", Class::Refused);

impl Refusal {
    /// The failure as the engine sees it.
    pub(crate) fn of(self, what: impl Into<String>, place: &Place) -> Failure {
        Failure { what: what.into(), place: Some(place.clone()), class: self.1, source: AwsMessage(self.0.to_owned()).into() }
    }
}
