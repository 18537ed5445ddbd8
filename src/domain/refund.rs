//! A refund: money back by the way it came, once and only once.
//!
//! ```text
//! generate → not_sent | awaiting_approval        (payout booked at once, money moves at send)
//! awaiting_approval ─approve→ not_sent     ─reject→ awaiting_approval (rejected: edit or delete only)
//! not_sent, failed  ─send→ sending         ─edit→ same, approval void     ─delete→ (gone, all restored)
//! sending ─accepted→ sent   ─refused→ failed   ─unknown→ sending (outcome_unknown)   ─resend→ sending, same key
//! failed ─accepted late→ sent          (the provider paid what it had refused; nothing may be sent again)
//! sending, sent ─provider's movement imported→ confirmed
//! ```
//! Everything else is refused (domain.md SM7). An unknown outcome never makes a new key: the key changes only after a
//! final refusal (contract section 11), so that the provider itself can refuse the second payout.

use sha2::{Digest, Sha256};

use crate::domain::approval::ApprovalState;
use crate::domain::id::RefundId;
use crate::error::{Code, Error};

crate::codes! {
    pub enum RefundStatus {
        NotSent = "not_sent",
        AwaitingApproval = "awaiting_approval",
        Sending = "sending",
        Sent = "sent",
        Confirmed = "confirmed",
        Failed = "failed",
    }
    pub enum RefundFolder {
        NotSent = "not_sent",
        Sent = "sent",
        Failed = "failed",
    }
    /// What the money is paid back for.
    pub enum RefundOrigin {
        InvoiceCorrection = "invoice_correction",
        OrderCancellation = "order_cancellation",
        CancelledOrder = "cancelled_order",
        RemainingAmount = "remaining_amount",
    }
    pub enum RefundMethod {
        Original = "original",
    }
    /// What became of one attempt to send.
    pub enum AttemptState {
        Open = "open",
        Unknown = "unknown",
        Accepted = "accepted",
        Refused = "refused",
    }
}

/// What can happen to a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundEvent {
    Edit,
    Comment,
    Delete,
    Approve,
    Reject,
    Send,
    ResendUnknown,
    Accepted,
    /// The provider paid after its refusal was recorded.
    AcceptedLate,
    Refused,
    OutcomeUnknown,
    Confirmed,
}

/// The part of a refund its state machine looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundFacts {
    pub status: RefundStatus,
    pub approval: ApprovalState,
    pub outcome_unknown: OutcomeKnowledge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKnowledge {
    Known,
    Unknown,
}

impl RefundFacts {
    /// The status after an event.
    ///
    /// # Errors
    /// `outgoing_payment_already_sent` for whatever would change a sent refund, `approval_required` for sending what
    /// is not approved, `invalid_transition` naming state and event otherwise.
    pub fn apply(&self, event: RefundEvent) -> Result<RefundStatus, Error> {
        use RefundEvent as E;
        use RefundStatus as S;
        match (self.status, event) {
            (status, E::Comment) => Ok(status),
            (S::NotSent | S::AwaitingApproval | S::Failed, E::Edit | E::Delete) => Ok(self.status),
            (S::AwaitingApproval, E::Approve) if self.approval == ApprovalState::Pending => Ok(S::NotSent),
            (S::AwaitingApproval, E::Reject) if self.approval == ApprovalState::Pending => Ok(S::AwaitingApproval),
            (S::AwaitingApproval, E::Send) => Err(Error::new(Code::ApprovalRequired)),
            (S::NotSent | S::Failed, E::Send) => match self.approval {
                ApprovalState::NotRequired | ApprovalState::Approved => Ok(S::Sending),
                ApprovalState::Pending | ApprovalState::Rejected => Err(Error::new(Code::ApprovalRequired)),
            },
            (S::Sending, E::ResendUnknown) if self.outcome_unknown == OutcomeKnowledge::Unknown => Ok(S::Sending),
            (S::Sending, E::Accepted) | (S::Failed, E::AcceptedLate) => Ok(S::Sent),
            (S::Sending, E::Refused) => Ok(S::Failed),
            (S::Sending, E::OutcomeUnknown) => Ok(S::Sending),
            (S::Sending | S::Sent, E::Confirmed) => Ok(S::Confirmed),
            (S::Sent | S::Confirmed, E::Edit | E::Delete | E::Send | E::ResendUnknown | E::Approve | E::Reject) => {
                Err(Error::new(Code::OutgoingPaymentAlreadySent).with("status", self.status))
            }
            (
                S::NotSent | S::AwaitingApproval | S::Sending | S::Sent | S::Confirmed | S::Failed,
                E::Edit
                | E::Delete
                | E::Approve
                | E::Reject
                | E::Send
                | E::ResendUnknown
                | E::Accepted
                | E::AcceptedLate
                | E::Refused
                | E::OutcomeUnknown
                | E::Confirmed,
            ) => Err(self.invalid(event)),
        }
    }
}

impl RefundFacts {
    /// What was rejected is still waiting, but says so.
    fn invalid(&self, event: RefundEvent) -> Error {
        let rejected = self.status == RefundStatus::AwaitingApproval && self.approval == ApprovalState::Rejected;
        let state = if rejected { self.approval.as_str() } else { self.status.as_str() };
        Error::new(Code::InvalidTransition).with("state", state).with("event", event_name(event))
    }
}

const fn event_name(event: RefundEvent) -> &'static str {
    match event {
        RefundEvent::Edit => "edit",
        RefundEvent::Comment => "comment",
        RefundEvent::Delete => "delete",
        RefundEvent::Approve => "approve",
        RefundEvent::Reject => "reject",
        RefundEvent::Send => "send",
        RefundEvent::ResendUnknown => "resend",
        RefundEvent::Accepted => "accepted",
        RefundEvent::AcceptedLate => "accepted_late",
        RefundEvent::Refused => "refused",
        RefundEvent::OutcomeUnknown => "outcome_unknown",
        RefundEvent::Confirmed => "confirmed",
    }
}

impl RefundStatus {
    /// Whether it is being sent: what becomes of it is still open.
    pub const fn is_under_way(self) -> bool {
        match self {
            Self::Sending => true,
            Self::NotSent | Self::AwaitingApproval | Self::Sent | Self::Confirmed | Self::Failed => false,
        }
    }

    pub const fn folder(self) -> RefundFolder {
        match self {
            Self::NotSent | Self::AwaitingApproval | Self::Sending => RefundFolder::NotSent,
            Self::Sent | Self::Confirmed => RefundFolder::Sent,
            Self::Failed => RefundFolder::Failed,
        }
    }

    /// yellow not sent, green sent, red failed (feature 40).
    pub const fn colour(self) -> crate::domain::movement::Colour {
        match self.folder() {
            RefundFolder::NotSent => crate::domain::movement::Colour::Yellow,
            RefundFolder::Sent => crate::domain::movement::Colour::Green,
            RefundFolder::Failed => crate::domain::movement::Colour::Red,
        }
    }
}

/// The key under which the provider knows a payout: the first 128 bits, as 32 hex characters, of
/// SHA-256(installation id ‖ refund id ‖ n), ids as 16 bytes, n as 4 bytes big endian, where n is the number of final
/// refusals recorded so far. A retry, a restart or an unknown outcome never changes it (contract section 11). 32
/// characters because that is the shortest limit among providers.
pub fn provider_key(installation: uuid::Uuid, refund: RefundId, final_refusals: u32) -> String {
    let mut hash = Sha256::new();
    hash.update(installation.as_bytes());
    hash.update(refund.0.as_bytes());
    hash.update(final_refusals.to_be_bytes());
    let mut key = hex::encode(hash.finalize());
    key.truncate(32);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const EVENTS: [RefundEvent; 12] = [
        RefundEvent::Edit,
        RefundEvent::Comment,
        RefundEvent::Delete,
        RefundEvent::Approve,
        RefundEvent::Reject,
        RefundEvent::Send,
        RefundEvent::ResendUnknown,
        RefundEvent::Accepted,
        RefundEvent::AcceptedLate,
        RefundEvent::Refused,
        RefundEvent::OutcomeUnknown,
        RefundEvent::Confirmed,
    ];

    fn expected(facts: RefundFacts, event: RefundEvent) -> Result<RefundStatus, Code> {
        use ApprovalState as A;
        use RefundEvent as E;
        use RefundStatus as S;
        let invalid = Err(Code::InvalidTransition);
        let sent = Err(Code::OutgoingPaymentAlreadySent);
        let waits = Err(Code::ApprovalRequired);
        let approved = matches!(facts.approval, A::NotRequired | A::Approved);
        let pending = facts.approval == A::Pending;
        let unknown = facts.outcome_unknown == OutcomeKnowledge::Unknown;
        match facts.status {
            S::NotSent | S::Failed => match event {
                E::AcceptedLate if facts.status == S::Failed => Ok(S::Sent),
                E::Edit | E::Comment | E::Delete => Ok(facts.status),
                E::Send => {
                    if approved {
                        Ok(S::Sending)
                    } else {
                        waits
                    }
                }
                _ => invalid,
            },
            S::AwaitingApproval => match event {
                E::Edit | E::Comment | E::Delete => Ok(facts.status),
                E::Approve if pending => Ok(S::NotSent),
                E::Reject if pending => Ok(S::AwaitingApproval),
                E::Send => waits,
                _ => invalid,
            },
            S::Sending => match event {
                E::Comment | E::OutcomeUnknown => Ok(S::Sending),
                E::ResendUnknown if unknown => Ok(S::Sending),
                E::Accepted => Ok(S::Sent),
                E::Refused => Ok(S::Failed),
                E::Confirmed => Ok(S::Confirmed),
                _ => invalid,
            },
            S::Sent => match event {
                E::Comment => Ok(S::Sent),
                E::Confirmed => Ok(S::Confirmed),
                E::Accepted | E::AcceptedLate | E::Refused | E::OutcomeUnknown => invalid,
                _ => sent,
            },
            S::Confirmed => match event {
                E::Comment => Ok(S::Confirmed),
                E::Accepted | E::AcceptedLate | E::Refused | E::OutcomeUnknown | E::Confirmed => invalid,
                _ => sent,
            },
        }
    }

    #[test]
    fn every_state_meets_every_event() {
        for status in RefundStatus::ALL.iter().copied() {
            for approval in ApprovalState::ALL.iter().copied() {
                for outcome_unknown in [OutcomeKnowledge::Known, OutcomeKnowledge::Unknown] {
                    for event in EVENTS {
                        let facts = RefundFacts { status, approval, outcome_unknown };
                        let found = facts.apply(event).map_err(|error| error.code());
                        assert_eq!(found, expected(facts, event), "{facts:?} {event:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_provider_key_changes_with_a_final_refusal_and_with_nothing_else() {
        let (installation, refund) = (Uuid::from_u128(1), RefundId(Uuid::from_u128(2)));
        let key = provider_key(installation, refund, 0);
        assert_eq!(key.len(), 32);
        assert!(key.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()));
        assert_eq!(key, provider_key(installation, refund, 0));
        assert_ne!(key, provider_key(installation, refund, 1));
        assert_ne!(key, provider_key(installation, RefundId(Uuid::from_u128(3)), 0));
        assert_ne!(key, provider_key(Uuid::from_u128(9), refund, 0));
    }
}
