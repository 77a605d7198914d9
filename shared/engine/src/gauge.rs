//! What a sweep saw at one moment, in figures for whoever watches. Of several the worst counts.

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gauge {
    /// For how many hours the oldest request has waited for a rule, for an obstacle to go away, or for a person.
    OldestHeldHours,
    /// For how many minutes the oldest drift has been found without being repaired.
    OldestDriftMinutes,
    /// What is left of the quota that is closest, in percent: routes of a table, rules of a group, connections of a VPC.
    QuotaRoomPercent,
}

impl Gauge {
    /// Every figure.
    pub const ALL: [Self; 3] = [Self::OldestHeldHours, Self::OldestDriftMinutes, Self::QuotaRoomPercent];

    /// Its name: the label of the metric.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OldestHeldHours => "oldestHeldHours",
            Self::OldestDriftMinutes => "oldestDriftMinutes",
            Self::QuotaRoomPercent => "quotaRoomPercent",
        }
    }

    /// The worse of two values.
    pub fn worse(self, one: u64, other: u64) -> u64 {
        match self {
            Self::OldestHeldHours | Self::OldestDriftMinutes => one.max(other),
            Self::QuotaRoomPercent => one.min(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_and_the_least_room_are_the_worst() {
        assert_eq!(Gauge::ALL.map(|gauge| gauge.worse(3, 5)), [5, 5, 3]);
    }
}
