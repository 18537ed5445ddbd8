//! What can be followed while it is under way: runs and refunds.

use uuid::Uuid;

use crate::domain::id::{self, AssignmentRunId, RefundId, RunId};

crate::codes! {
    /// What an event of the stream is about.
    pub enum StreamEvent {
        ReconciliationRun = "reconciliation_run",
        AssignmentRun = "assignment_run",
        Refund = "refund",
        End = "end",
    }
    /// Why a stream has ended by itself.
    pub enum StreamEnd {
        Settled = "settled",
        Waited = "waited",
    }
}

/// One thing that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    Run(RunId),
    AssignmentRun(AssignmentRunId),
    Refund(RefundId),
}

impl Subject {
    /// The prefixes of the ids.
    pub const PREFIXES: [&'static str; 3] = [RunId::PREFIX, AssignmentRunId::PREFIX, RefundId::PREFIX];

    /// Reads an id by its prefix.
    pub fn parse(text: &str) -> Option<Self> {
        let of = |prefix| id::parse_text(text, prefix).ok();
        let run = || of(RunId::PREFIX).map(|id| Self::Run(RunId(id)));
        let assignment_run = || of(AssignmentRunId::PREFIX).map(|id| Self::AssignmentRun(AssignmentRunId(id)));
        let refund = || of(RefundId::PREFIX).map(|id| Self::Refund(RefundId(id)));
        run().or_else(assignment_run).or_else(refund)
    }

    pub const fn event(&self) -> StreamEvent {
        match self {
            Self::Run(_) => StreamEvent::ReconciliationRun,
            Self::AssignmentRun(_) => StreamEvent::AssignmentRun,
            Self::Refund(_) => StreamEvent::Refund,
        }
    }

    pub const fn uuid(&self) -> Uuid {
        match self {
            Self::Run(id) => id.0,
            Self::AssignmentRun(id) => id.0,
            Self::Refund(id) => id.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_is_followed() {
        let id = Uuid::from_u128(7);
        for subject in
            [Subject::Run(RunId(id)), Subject::AssignmentRun(AssignmentRunId(id)), Subject::Refund(RefundId(id))]
        {
            let text = match subject {
                Subject::Run(id) => id.to_string(),
                Subject::AssignmentRun(id) => id.to_string(),
                Subject::Refund(id) => id.to_string(),
            };
            assert_eq!(Subject::parse(&text), Some(subject));
            assert!(Subject::PREFIXES.iter().any(|prefix| text.starts_with(prefix)));
            assert_eq!(subject.uuid(), id);
        }
        for other in ["", "run_", "mov_01kapd3hzcf3sbvpdj0k4v8m2e", "rfd_8zzzzzzzzzzzzzzzzzzzzzzzzz"] {
            assert_eq!(Subject::parse(other), None, "{other}");
        }
    }
}
