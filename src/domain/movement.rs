//! An account movement: what a bank or provider reported, how much of it is assigned, and what may be done with it.
//!
//! ```text
//! assignment  unassigned ⇄ partially_assigned ⇄ fully_assigned      (from the remainder, never from the status)
//! processing  (none) → completed | in_progress | aborted;  in_progress → completed | failed
//! visibility  visible ⇄ hidden
//! ```
//! Rules: domain.md SM1 to SM3, features 31 to 63 and 75, 76. The three machines never touch each other (I5, I6).

use crate::domain::money::Money;
use crate::error::{Code, Error};

crate::codes! {
    /// What kind of booking it is (features 51 to 57).
    pub enum BookingType {
        Incoming = "incoming",
        SepaPrenoted = "sepa_prenoted",
        SepaDirectDebit = "sepa_direct_debit",
        Outgoing = "outgoing",
        Refund = "refund",
        BankChargeback = "bank_chargeback",
        Fee = "fee",
    }
    /// How far bank or provider are with it (features 59 to 62).
    pub enum MovementStatus {
        Completed = "completed",
        InProgress = "in_progress",
        Aborted = "aborted",
        Failed = "failed",
    }
    /// How much of it is assigned; `none` for fees and for what is not completed.
    pub enum AssignmentState {
        None = "none",
        Unassigned = "unassigned",
        PartiallyAssigned = "partially_assigned",
        FullyAssigned = "fully_assigned",
    }
    /// Colour of the assignment state, never of the processing status (feature 39).
    pub enum Colour {
        None = "none",
        Red = "red",
        Yellow = "yellow",
        Green = "green",
    }
    /// The way a movement came in; only `provider` can be paid back through the provider (feature 13).
    pub enum ImportChannel {
        Provider = "provider",
        Camt = "camt",
        Mt940 = "mt940",
        Csv = "csv",
    }
    pub enum Direction {
        In = "in",
        Out = "out",
    }
    /// Folders of the movement list; they overlap (features 31 to 36).
    pub enum Folder {
        NotAssigned = "not_assigned",
        FullyAssigned = "fully_assigned",
        PartiallyAssigned = "partially_assigned",
        Pending = "pending",
        Failed = "failed",
        Hidden = "hidden",
    }
    /// What somebody may do with a movement now.
    pub enum MovementAction {
        Assign = "assign",
        ReturnRemainingAmount = "return_remaining_amount",
        ReturnCancelledOrder = "return_cancelled_order",
        Hide = "hide",
        Unhide = "unhide",
        Comment = "comment",
        /// It is no duplicate.
        Keep = "keep",
    }
}

/// What a provider says about a payment when it is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    Final,
    Pending,
    Expired,
}

/// The status after a delivery. `None`: the delivery changes nothing (a completed movement stays completed).
pub const fn next_status(known: Option<MovementStatus>, delivered: Delivered) -> Option<MovementStatus> {
    match (known, delivered) {
        (None | Some(MovementStatus::InProgress), Delivered::Final) => Some(MovementStatus::Completed),
        (None, Delivered::Pending) => Some(MovementStatus::InProgress),
        (None, Delivered::Expired) => Some(MovementStatus::Aborted),
        (Some(MovementStatus::InProgress), Delivered::Expired) => Some(MovementStatus::Failed),
        (Some(MovementStatus::InProgress), Delivered::Pending)
        | (Some(MovementStatus::Completed | MovementStatus::Aborted | MovementStatus::Failed), _) => None,
    }
}

/// The facts about a movement that rules ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovementFacts {
    pub amount: Money,
    /// Not assigned yet: 0 ≤ free ≤ |amount|.
    pub free: Money,
    pub booking_type: BookingType,
    pub status: MovementStatus,
    pub hidden: bool,
    pub possible_duplicate: bool,
    pub returnable: bool,
}

impl MovementFacts {
    pub const fn direction(&self) -> Direction {
        if self.amount.is_negative() { Direction::Out } else { Direction::In }
    }

    pub fn assignment_state(&self) -> AssignmentState {
        let assignable = !matches!(self.booking_type, BookingType::Fee);
        match (assignable, self.status) {
            (true, MovementStatus::Completed) if self.free.is_zero() => AssignmentState::FullyAssigned,
            (true, MovementStatus::Completed)
                if self.free.minor().unsigned_abs() == self.amount.minor().unsigned_abs() =>
            {
                AssignmentState::Unassigned
            }
            (true, MovementStatus::Completed) => AssignmentState::PartiallyAssigned,
            (false, _) | (true, MovementStatus::InProgress | MovementStatus::Aborted | MovementStatus::Failed) => {
                AssignmentState::None
            }
        }
    }

    pub fn colour(&self) -> Colour {
        match self.assignment_state() {
            AssignmentState::None => Colour::None,
            AssignmentState::Unassigned => Colour::Red,
            AssignmentState::PartiallyAssigned => Colour::Yellow,
            AssignmentState::FullyAssigned => Colour::Green,
        }
    }

    /// Whether the movement lies in a folder; the list's SQL says the same and a test holds them together.
    pub fn is_in(&self, folder: Folder) -> bool {
        let state = self.assignment_state();
        match folder {
            Folder::Hidden => self.hidden,
            _ if self.hidden => false,
            Folder::NotAssigned => {
                matches!(state, AssignmentState::Unassigned | AssignmentState::PartiallyAssigned)
            }
            Folder::PartiallyAssigned => state == AssignmentState::PartiallyAssigned,
            Folder::FullyAssigned => state == AssignmentState::FullyAssigned,
            Folder::Pending => self.status == MovementStatus::InProgress,
            Folder::Failed => matches!(self.status, MovementStatus::Failed | MovementStatus::Aborted),
        }
    }

    /// Whether money of this movement may be assigned (features 58, 63, 76).
    ///
    /// # Errors
    /// `movement_hidden`, `movement_is_fee`, `movement_not_completed`.
    pub fn check_assignable(&self) -> Result<(), Error> {
        if self.hidden {
            return Err(Error::new(Code::MovementHidden));
        }
        if self.booking_type == BookingType::Fee {
            return Err(Error::new(Code::MovementIsFee));
        }
        if self.status != MovementStatus::Completed {
            return Err(Error::new(Code::MovementNotCompleted).with("status", self.status));
        }
        Ok(())
    }

    /// Whether money may go back by the way this movement came (I7, I9, features 13 and 137).
    ///
    /// # Errors
    /// As [`Self::check_assignable`], `not_incoming`, `movement_not_returnable`.
    pub fn check_returnable(&self) -> Result<(), Error> {
        if self.direction() == Direction::Out {
            return Err(Error::new(Code::NotIncoming));
        }
        self.check_assignable()?;
        if !self.returnable {
            return Err(Error::new(Code::MovementNotReturnable).with("reason", "file_import"));
        }
        Ok(())
    }

    /// Whether the remaining amount may be paid back (feature 133, Q5).
    ///
    /// # Errors
    /// As [`Self::check_returnable`], `not_partially_assigned`, `outgoing_payment_already_generated`.
    pub fn check_remainder_returnable(&self, allow_unassigned: UnassignedReturns) -> Result<(), Error> {
        self.check_returnable()?;
        match (self.assignment_state(), allow_unassigned) {
            (AssignmentState::FullyAssigned | AssignmentState::None, _) => {
                Err(Error::new(Code::OutgoingPaymentAlreadyGenerated))
            }
            (AssignmentState::Unassigned, UnassignedReturns::Refused) => Err(Error::new(Code::NotPartiallyAssigned)),
            (AssignmentState::PartiallyAssigned, _) | (AssignmentState::Unassigned, UnassignedReturns::Allowed) => {
                Ok(())
            }
        }
    }

    /// Whether what it paid on cancelled orders may be paid back (feature 74).
    ///
    /// # Errors
    /// As [`Self::check_returnable`], `order_not_cancelled`, `outgoing_payment_already_generated`.
    pub fn check_cancelled_returnable(&self, orders: CancelledOrders) -> Result<(), Error> {
        self.check_returnable()?;
        match orders {
            CancelledOrders::None => Err(Error::new(Code::OrderNotCancelled)),
            CancelledOrders::PaidBack => Err(Error::new(Code::OutgoingPaymentAlreadyGenerated)),
            CancelledOrders::Refundable => Ok(()),
        }
    }

    /// Every action with the code that forbids it, for `allowed_actions`.
    pub fn actions(
        &self,
        (allow_unassigned, cancelled): (UnassignedReturns, CancelledOrders),
    ) -> Vec<(MovementAction, Option<Code>)> {
        let refused = |result: Result<(), Error>| result.err().map(|error| error.code());
        let assign = self.check_assignable().and_then(|()| match self.free.is_zero() {
            true => Err(Error::new(Code::AmountExceedsOpenAmount)),
            false => Ok(()),
        });
        let hide = if self.hidden { Some(Code::MovementHidden) } else { None };
        let unhide = if self.hidden { None } else { Some(Code::InvalidTransition) };
        let keep = if self.possible_duplicate { None } else { Some(Code::InvalidTransition) };
        vec![
            (MovementAction::Assign, refused(assign)),
            (MovementAction::ReturnRemainingAmount, refused(self.check_remainder_returnable(allow_unassigned))),
            (MovementAction::ReturnCancelledOrder, refused(self.check_cancelled_returnable(cancelled))),
            (MovementAction::Hide, hide),
            (MovementAction::Unhide, unhide),
            (MovementAction::Comment, None),
            (MovementAction::Keep, keep),
        ]
    }
}

/// What is left to pay back on cancelled orders that a movement has paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelledOrders {
    None,
    PaidBack,
    Refundable,
}

/// Setting `allow_return_of_unassigned` (Q5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnassignedReturns {
    Refused,
    Allowed,
}

#[cfg(test)]
mod tests;
