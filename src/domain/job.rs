//! Background jobs: kinds, states, and when a failed one is tried again.

use chrono::Duration;

crate::codes! {
    pub enum JobKind {
        SendRefund = "send_refund",
        ResolveRefund = "resolve_refund",
        ImportStatement = "import_statement",
        FetchFeed = "fetch_feed",
        AssignMovements = "assign_movements",
        Prune = "prune",
    }
    pub enum JobState {
        Queued = "queued",
        Running = "running",
        Done = "done",
        Dead = "dead",
    }
}

impl JobKind {
    /// How often a job is tried before it is dead and a person has to look. Money that may have left is asked about
    /// for days.
    pub const fn attempts_max(self) -> i32 {
        match self {
            Self::SendRefund | Self::ResolveRefund => 60,
            Self::ImportStatement | Self::FetchFeed | Self::AssignMovements => 5,
            Self::Prune => 3,
        }
    }

    /// How often a try may be cut off, by a kill or a crash, before the job is dead. Most often the job is not to
    /// blame: a deployment, the power, another job's memory. So the number is far above that of failed tries, and
    /// stops only the job that ends its process again and again. Money that may have left is given up last.
    pub const fn interruptions_max(self) -> i32 {
        match self {
            Self::SendRefund | Self::ResolveRefund => 200,
            Self::ImportStatement | Self::FetchFeed | Self::AssignMovements | Self::Prune => 20,
        }
    }

    /// Whether the next worker may take it up at once when its process stops in the middle. A call that moves money may
    /// still be on its way then: that job stays in its lease, as after a kill.
    pub const fn may_be_parked(self) -> bool {
        match self {
            Self::SendRefund | Self::ResolveRefund => false,
            Self::ImportStatement | Self::FetchFeed | Self::AssignMovements | Self::Prune => true,
        }
    }

    /// Pause before the next try: 1 s, 2 s, 4 s … at most 16,384 s (four and a half hours).
    pub fn back_off(self, attempts: i32) -> Duration {
        let exponent = u32::try_from(attempts.clamp(1, 15)).unwrap_or(1).saturating_sub(1);
        Duration::seconds(2_i64.saturating_pow(exponent))
    }
}

/// From here on a job that was cut off waits before it is claimed again, so that a server whose process it ends
/// answers requests in between.
pub const SUSPECT_AFTER: i32 = 10;

/// How long it waits then.
pub const SUSPECT_PAUSE: Duration = Duration::seconds(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_below_five_hours() {
        let pauses: Vec<i64> = (1..40).map(|attempt| JobKind::SendRefund.back_off(attempt).num_seconds()).collect();
        assert_eq!(pauses[..4], [1, 2, 4, 8]);
        assert!(pauses.is_sorted() && pauses.last() == Some(&16_384));
    }
}
