//! The checks, by name: what `docs/reference/doctor.md` lists.

use serde::Serialize;

macro_rules! checks {
    ($($name:ident $text:literal $group:literal $about:literal;)*) => {
        /// A check.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Check {
            $(#[doc = $about] $name,)*
        }

        impl Check {
            /// All of them, in the order in which they are reported.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it belongs to: the hub, or each place.
            pub const fn group(self) -> &'static str {
                match self { $(Self::$name => $group,)* }
            }

            /// What it looks at.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $about,)* }
            }
        }
    };
}

checks! {
    Stack "stack" "hub" "The stacks of infra/hub.yaml, people.yaml and watch.yaml are there, complete, and agree in the parameters that they share.";
    Version "version" "hub" "The stacks were made from the templates of this `peerwright`, and the functions that run are of its version.";
    Bus "bus" "hub" "The bus is there, and its policy admits whom the template admits and nobody else.";
    Rule "rule" "hub" "Each rule is enabled, has the template's pattern, and leads to the template's targets with their dead-letter queue.";
    Queue "queue" "hub" "Each queue exists, has the template's policy, and has its dead-letter queue.";
    Letters "letters" "hub" "No dead-letter queue holds a message.";
    Function "function" "hub" "Each function is there, active, and configured as the template says.";
    Mapping "mapping" "hub" "Each function is woken by its queue, and `sweep` by the allowlist's stream: the event source mapping is there and enabled.";
    Concurrency "concurrency" "hub" "No reserved concurrency is below what the event source mappings use, and the account's concurrency limit is high enough.";
    Table "table" "hub" "Point-in-time recovery, time to live, stream, encryption, deletion protection and the policy of each table.";
    Schedule "schedule" "hub" "The schedule of the sweeps is enabled and leads to the queue of `sweep`.";
    Sweep "sweep" "hub" "A sweep began within twice the time that the schedule leaves between two.";
    Alarm "alarm" "hub" "Each alarm exists, notifies the topic, and is not in the ALARM state.";
    Topic "topic" "hub" "The topic is there with the template's policy, and somebody has confirmed a subscription.";
    Trust "trust" "hub" "Who may assume the roles of functions and people is what the template says.";
    Policy "policy" "hub" "What the roles of functions and people may do, by their inline policies and the policies attached to them, is what the template says.";
    Organization "organization" "hub" "If the stack names an organization, it is the hub's own, and the hub may read its accounts and units.";
    Region "region" "place" "The Region is enabled in the account.";
    Enter "enter" "place" "The member role that reads can be assumed with the external id.";
    ExternalId "external-id" "place" "The member role that reads can't be assumed without the external id.";
    MemberTrust "member-trust" "place" "Who may assume each member role is what infra/member.yaml says.";
    MemberPolicy "member-policy" "place" "What each member role may do is what infra/member.yaml says.";
    Permission "permission" "place" "A dry run of a call that the role needs is allowed, and one of a call that it must not have is refused.";
    Forwarding "forwarding" "place" "Each forwarding rule is enabled and leads to the hub's bus.";
    Unforwarded "unforwarded" "place" "The queue of events that could not be forwarded is there and empty.";
    Trail "trail" "place" "A trail that is logging covers the Region, and records the management events that write (of an organization's trail that is not looked at): without one, EC2 API calls cause no events.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_called_the_same_in_json_and_in_the_reference() {
        for check in Check::ALL {
            assert_eq!(serde_json::json!(check), check.name());
        }
    }
}
