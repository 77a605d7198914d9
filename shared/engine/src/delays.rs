//! How long to wait for the world, and when to look again.

use std::time::Duration;

/// How long a function looks again by itself before it gives the message back: growing, under 4 seconds in all.
/// A request is pending, and a connection active, within a second or two as a rule.
pub(crate) const LOOKS: [Duration; 7] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_secs(1),
    Duration::from_millis(1200),
];

/// When to go on with what one run did not finish.
pub(crate) const SOON: Duration = Duration::from_secs(1);

/// When to look again at something that isn't ready.
pub(crate) const LATER: Duration = Duration::from_secs(5);

/// How long to let EC2 settle when the world was not as it had looked a moment ago.
pub(crate) const SETTLING: Duration = Duration::from_millis(500);

/// By when EC2 shows what somebody changed: longer than its answers lag as a rule, and what takes longer is found by the next sweep.
pub const SHOWN_BY_THEN: Duration = Duration::from_secs(10);

/// How long "not found" and "not active" behind a change are lag: far longer than EC2's answers lag, and short enough for somebody who waits.
pub const LAG: Duration = Duration::from_mins(10);

/// How long a connection must not be shown before it counts as ended: far longer than EC2's answers lag ("Eventual consistency", EC2 API
/// reference).
pub const MISSING: Duration = Duration::from_secs(30);
