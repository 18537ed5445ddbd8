//! Double entry: every money event as postings that balance by construction.
//!
//! A posting names a debit account, a credit account and one positive amount, so an entry cannot be out of balance,
//! not in memory and not in the database (ADR 0004). Accounts are found by role; which account has a role is data. The
//! events and their sides stand in docs/ledger.md: nothing is posted for drafts and for refused sends.

use crate::domain::document::Totals;
use crate::domain::money::Money;
use crate::error::Error;

crate::codes! {
    /// What an account is for. One account per role; numbers follow the German standard chart SKR 03.
    pub enum AccountRole {
        Bank = "bank",
        MoneyInTransit = "money_in_transit",
        UnassignedReceipts = "unassigned_receipts",
        Customer = "customer",
        RefundsPayable = "refunds_payable",
        Revenue = "revenue",
        Vat = "vat",
        BankFees = "bank_fees",
        Cash = "cash",
    }
    pub enum AccountType {
        Asset = "asset",
        Liability = "liability",
        Income = "income",
        Expense = "expense",
    }
    /// The event an entry was posted for.
    pub enum EntryKind {
        MovementImported = "movement_imported",
        FeeImported = "fee_imported",
        Assigned = "assigned",
        AssignmentUndone = "assignment_undone",
        PaymentKeyed = "payment_keyed",
        InvoiceIssued = "invoice_issued",
        CorrectionFormalised = "correction_formalised",
        RefundGenerated = "refund_generated",
        RefundEdited = "refund_edited",
        RefundDeleted = "refund_deleted",
        RefundSent = "refund_sent",
        RefundConfirmed = "refund_confirmed",
    }
    pub enum Side {
        Debit = "debit",
        Credit = "credit",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    pub debit: AccountRole,
    pub credit: AccountRole,
    /// Always positive.
    pub amount: Money,
}

/// Postings of one event, empty when nothing is to be posted.
pub type Postings = Vec<Posting>;

/// Debits and credits the amount; a negative amount swaps the sides, a zero one posts nothing.
pub fn signed(debit: AccountRole, credit: AccountRole, amount: Money) -> Result<Postings, Error> {
    Ok(if amount.is_zero() {
        Vec::new()
    } else if amount.is_negative() {
        vec![Posting { debit: credit, credit: debit, amount: amount.checked_neg()? }]
    } else {
        vec![Posting { debit, credit, amount }]
    })
}

/// A booked movement arrives: Dr bank / Cr unassigned receipts; money that left the other way round.
pub fn movement_imported(amount: Money) -> Result<Postings, Error> {
    signed(AccountRole::Bank, AccountRole::UnassignedReceipts, amount)
}

/// A fee leaves the account: Dr bank fees / Cr bank; a fee refund the other way round.
pub fn fee_imported(amount: Money) -> Result<Postings, Error> {
    signed(AccountRole::Bank, AccountRole::BankFees, amount)
}

/// Money is assigned: Dr unassigned receipts / Cr customer. `amount` is negative for an outgoing movement.
pub fn assigned(amount: Money) -> Result<Postings, Error> {
    signed(AccountRole::UnassignedReceipts, AccountRole::Customer, amount)
}

/// A payment keyed by hand: Dr cash (or bank) / Cr customer.
pub fn payment_keyed(to: AccountRole, amount: Money) -> Result<Postings, Error> {
    signed(to, AccountRole::Customer, amount)
}

/// Dr customer / Cr revenue and VAT.
pub fn invoice_issued(totals: Totals) -> Result<Postings, Error> {
    let mut postings = signed(AccountRole::Customer, AccountRole::Revenue, totals.net)?;
    postings.extend(signed(AccountRole::Customer, AccountRole::Vat, totals.tax)?);
    Ok(postings)
}

/// The reverse of the invoice.
pub fn correction_formalised(totals: Totals) -> Result<Postings, Error> {
    reversed(invoice_issued(totals)?)
}

/// What a refund is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundSource {
    /// The customer's account: correction and cancelled order.
    Customer,
    /// The movement's unassigned rest.
    UnassignedReceipts,
}

/// Dr customer (remaining amount: unassigned receipts) / Cr refunds payable. A negative amount gives back.
pub fn refund_generated(source: RefundSource, amount: Money) -> Result<Postings, Error> {
    let debit = match source {
        RefundSource::Customer => AccountRole::Customer,
        RefundSource::UnassignedReceipts => AccountRole::UnassignedReceipts,
    };
    signed(debit, AccountRole::RefundsPayable, amount)
}

/// Dr refunds payable / Cr money in transit.
pub fn refund_sent(amount: Money) -> Result<Postings, Error> {
    signed(AccountRole::RefundsPayable, AccountRole::MoneyInTransit, amount)
}

/// Dr money in transit / Cr bank, when the provider's movement arrives and is recognised at once; a movement that
/// was imported before it could be recognised sits in unassigned receipts and is taken from there.
pub fn refund_confirmed(movement_booked: MovementBooked, amount: Money) -> Result<Postings, Error> {
    let credit = match movement_booked {
        MovementBooked::Now => AccountRole::Bank,
        MovementBooked::Before => AccountRole::UnassignedReceipts,
    };
    signed(AccountRole::MoneyInTransit, credit, amount)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementBooked {
    Now,
    Before,
}

/// The same entry with the sides swapped.
pub fn reversed(postings: Postings) -> Result<Postings, Error> {
    Ok(postings
        .into_iter()
        .map(|posting| Posting { debit: posting.credit, credit: posting.debit, amount: posting.amount })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn amounts_are_positive_and_the_sign_chooses_the_side() {
        let out = movement_imported(eur(-50)).unwrap();
        assert_eq!(
            out,
            vec![Posting { debit: AccountRole::UnassignedReceipts, credit: AccountRole::Bank, amount: eur(50) }]
        );
        assert!(movement_imported(eur(0)).unwrap().is_empty());
    }

    #[test]
    fn an_invoice_and_its_full_correction_cancel_out() {
        let totals = Totals { net: eur(10_000), tax: eur(1_900), gross: eur(11_900) };
        let invoice = invoice_issued(totals).unwrap();
        let correction = correction_formalised(totals).unwrap();
        assert_eq!(reversed(correction).unwrap(), invoice);
        assert_eq!(invoice.len(), 2);
    }
}
