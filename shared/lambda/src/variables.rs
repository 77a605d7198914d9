//! The environment variables that a function reads.

/// One variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// Its value where it is not set; none where it must be set.
    pub default: Option<&'static str>,
}

/// Makes a constant of each row, and the list of all of them.
macro_rules! variables {
    ($($constant:ident $name:literal $default:expr, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: Variable = Variable { name: $name, meaning: $meaning, default: $default };
        )*

        /// Every variable that a function reads.
        pub const ALL: &[Variable] = &[$($constant),*];
    };
}

const REQUIRED: Option<&str> = None;
const NONE: Option<&str> = Some("");

variables! {
    ACCEPT_QUEUE_URL "PEERWRIGHT_ACCEPT_QUEUE_URL" NONE, "the queue of `accept`, where the function leaves work to it";
    ALLOWLIST_TABLE "PEERWRIGHT_ALLOWLIST_TABLE" REQUIRED, "name of the allowlist table";
    BUS "PEERWRIGHT_BUS" REQUIRED, "the bus that outcomes are published on";
    CLEANUP_QUEUE_URL "PEERWRIGHT_CLEANUP_QUEUE_URL" NONE, "the queue of `cleanup`, where the function leaves work to it";
    CONFIGURE_QUEUE_URL "PEERWRIGHT_CONFIGURE_QUEUE_URL" NONE, "the queue of `configure`, where the function leaves work to it";
    CONNECTIONS_TABLE "PEERWRIGHT_CONNECTIONS_TABLE" REQUIRED, "name of the table of connections";
    DEAD_LETTER_QUEUE_URL "PEERWRIGHT_DEAD_LETTER_QUEUE_URL" REQUIRED, "the queue for messages that were tried too often";
    EXTERNAL_ID "PEERWRIGHT_EXTERNAL_ID" REQUIRED, "the external id that the member role's trust policy asks for";
    FREEZE "PEERWRIGHT_FREEZE" REQUIRED, "true: plan, and change nothing";
    HISTORY_DAYS "PEERWRIGHT_HISTORY_DAYS" REQUIRED, "how many days history is kept; 0: for ever";
    MAX_CHANGES "PEERWRIGHT_MAX_CHANGES" REQUIRED, "how many things of a connection one run may change, at least 1";
    MAX_RECEIVES "PEERWRIGHT_MAX_RECEIVES" REQUIRED, "how often a message is tried: the queue's maxReceiveCount";
    MEMBER_REGIONS "PEERWRIGHT_MEMBER_REGIONS" NONE, "the Regions that sweeps look at in every account, separated by commas";
    MEMBER_ROLE "PEERWRIGHT_MEMBER_ROLE" REQUIRED, "path and name of the role to assume in member accounts, such as /peerwright/peerwright-member-accept";
    ON_DENY "PEERWRIGHT_ON_DENY" REQUIRED, "what becomes of a denied request: hold or reject";
    PARTITION "PEERWRIGHT_PARTITION" REQUIRED, "the partition of ARNs, such as aws-cn";
    QUEUE_URL "PEERWRIGHT_QUEUE_URL" REQUIRED, "the function's own queue";
    QUIET_MINUTES "PEERWRIGHT_QUIET_MINUTES" NONE, "how many minutes scheduled sweeps leave a place out where nothing concerned us";
    REQUEST_QUEUE_URL "PEERWRIGHT_REQUEST_QUEUE_URL" NONE, "the queue of `request`, where the function leaves work to it";
    SWEEP_QUEUE_URL "PEERWRIGHT_SWEEP_QUEUE_URL" NONE, "the queue of `sweep`, where the function leaves work to it";
}
