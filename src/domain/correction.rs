//! An invoice correction: takes back part or all of an invoice.
//!
//! ```text
//! (new) → draft ──edit lines, date, note──▶ draft ──delete──▶ (gone, no number was used)
//!         draft ──formalise [lines, both warnings acknowledged]──▶ formalised ──cancel──▶ cancelled
//! ```
//! A draft moves no money (lesson R36); a formalised correction is never edited (features 108 to 112).

use crate::domain::money::Money;
use crate::error::{Code, Error};

crate::codes! {
    pub enum CorrectionStatus {
        Draft = "draft",
        Formalised = "formalised",
        Cancelled = "cancelled",
    }
    /// How far the correction has been paid back; derived.
    pub enum Settlement {
        Open = "open",
        PayoutGenerated = "payout_generated",
        PartiallySettled = "partially_settled",
        Settled = "settled",
    }
    /// The two warnings that must be read before formalising (feature 109).
    pub enum Acknowledgement {
        InvoiceCorrection = "invoice_correction",
        Formalisation = "formalisation",
    }
    /// What happens to the payment of a corrected invoice.
    pub enum PaymentDisposition {
        KeepForRefund = "keep_for_refund",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorrectionEvent {
    Edit,
    Delete,
    Formalise,
    GenerateRefund,
}

/// Whether an event is possible in a state; the refusal names what would help.
///
/// # Errors
/// `correction_formalised` for changes of what is final, `correction_not_formalised` for payouts of a draft.
pub fn check(status: CorrectionStatus, event: CorrectionEvent) -> Result<(), Error> {
    use CorrectionEvent::{Delete, Edit, Formalise, GenerateRefund};
    match (status, event) {
        (CorrectionStatus::Draft, Edit | Delete | Formalise) | (CorrectionStatus::Formalised, GenerateRefund) => Ok(()),
        (CorrectionStatus::Draft, GenerateRefund) => Err(Error::new(Code::CorrectionNotFormalised)),
        (CorrectionStatus::Formalised | CorrectionStatus::Cancelled, Edit | Delete | Formalise) => {
            Err(Error::new(Code::CorrectionFormalised).with("status", status))
        }
        (CorrectionStatus::Cancelled, GenerateRefund) => {
            Err(Error::new(Code::InvalidTransition).with("state", status).with("event", "generate_refund"))
        }
    }
}

/// # Errors
/// `confirmation_required` with the missing acknowledgements, comma separated, in `missing`.
pub fn check_acknowledged(given: &[Acknowledgement]) -> Result<(), Error> {
    let missing: Vec<&str> =
        Acknowledgement::ALL.iter().filter(|needed| !given.contains(needed)).map(|needed| needed.as_str()).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::new(Code::ConfirmationRequired).with("missing", missing.join(",")))
    }
}

/// The settlement of a formalised correction: from its gross, what is not generated yet, and what has left the house.
pub fn settlement(gross: Money, refundable: Money, sent: Money) -> Settlement {
    if gross.is_zero() || sent.minor() >= gross.minor() {
        Settlement::Settled
    } else if sent.is_positive() {
        Settlement::PartiallySettled
    } else if refundable.minor() < gross.minor() {
        Settlement::PayoutGenerated
    } else {
        Settlement::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    #[test]
    fn every_state_meets_every_event() {
        use CorrectionEvent::*;
        for status in CorrectionStatus::ALL.iter().copied() {
            for event in [Edit, Delete, Formalise, GenerateRefund] {
                let allowed = matches!(
                    (status, event),
                    (CorrectionStatus::Draft, Edit | Delete | Formalise)
                        | (CorrectionStatus::Formalised, GenerateRefund)
                );
                assert_eq!(check(status, event).is_ok(), allowed, "{status} {event:?}");
            }
        }
    }

    #[test]
    fn missing_acknowledgements_are_listed() {
        let error = check_acknowledged(&[]).unwrap_err();
        assert_eq!(error.params()[0], ("missing", "invoice_correction,formalisation".to_owned()));
        let error = check_acknowledged(&[Acknowledgement::Formalisation]).unwrap_err();
        assert_eq!(error.params()[0].1, "invoice_correction");
        assert!(check_acknowledged(Acknowledgement::ALL).is_ok());
    }

    #[test]
    fn settlement_goes_from_open_to_settled() {
        let eur = |minor| Money::new(minor, Currency::EUR);
        assert_eq!(settlement(eur(30), eur(30), eur(0)), Settlement::Open);
        assert_eq!(settlement(eur(30), eur(0), eur(0)), Settlement::PayoutGenerated);
        assert_eq!(settlement(eur(30), eur(0), eur(10)), Settlement::PartiallySettled);
        assert_eq!(settlement(eur(30), eur(0), eur(30)), Settlement::Settled);
        assert_eq!(settlement(eur(0), eur(0), eur(0)), Settlement::Settled);
    }
}
