//! What an order or invoice is owed: due, paid, open, overpaid, and the status that follows from them.
//!
//! `due = gross − corrected` (a cancelled document's gross counts 0), `open = due − paid`, where paid includes payouts
//! as negative sums. Nothing is clipped: a negative open amount says what the merchant owes (domain.md I11, lesson R14).

use crate::domain::money::Money;
use crate::error::Error;

crate::codes! {
    pub enum OrderStatus {
        Open = "open",
        Invoiced = "invoiced",
        Cancelled = "cancelled",
    }
    pub enum PaymentStatus {
        Unpaid = "unpaid",
        PartiallyPaid = "partially_paid",
        Paid = "paid",
    }
    pub enum InvoiceStatus {
        Open = "open",
        PartiallyPaid = "partially_paid",
        Paid = "paid",
        Credited = "credited",
        Cancelled = "cancelled",
    }
    /// Folders of the invoice list.
    pub enum InvoiceFolder {
        Open = "open",
        Paid = "paid",
        Credited = "credited",
        Cancelled = "cancelled",
    }
    /// How money reached or left a document.
    pub enum PaymentMethod {
        AccountMovement = "account_movement",
        Cash = "cash",
        Ec = "ec",
        BankTransfer = "bank_transfer",
        Other = "other",
        Refund = "refund",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    Live,
    Cancelled,
}

/// The sums a balance is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BalanceFacts {
    pub gross: Money,
    pub corrected: Money,
    pub paid: Money,
    pub lifecycle: Lifecycle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    pub gross: Money,
    pub corrected: Money,
    pub due: Money,
    pub paid: Money,
    pub open: Money,
    pub overpaid: Money,
}

impl BalanceFacts {
    pub fn balance(&self) -> Result<Balance, Error> {
        let counted = match self.lifecycle {
            Lifecycle::Live => self.gross,
            Lifecycle::Cancelled => Money::zero(self.gross.currency()),
        };
        let due = counted.checked_sub(self.corrected)?;
        let open = due.checked_sub(self.paid)?;
        let overpaid = if open.is_negative() { open.checked_neg()? } else { Money::zero(open.currency()) };
        Ok(Balance { gross: self.gross, corrected: self.corrected, due, paid: self.paid, open, overpaid })
    }
}

impl Balance {
    pub const fn payment_status(&self) -> PaymentStatus {
        if !self.open.is_positive() {
            PaymentStatus::Paid
        } else if self.paid.is_positive() {
            PaymentStatus::PartiallyPaid
        } else {
            PaymentStatus::Unpaid
        }
    }

    /// Status of an invoice (SM5): credited when corrections took everything, else by what is open.
    pub fn invoice_status(&self, lifecycle: Lifecycle) -> InvoiceStatus {
        match lifecycle {
            Lifecycle::Cancelled => InvoiceStatus::Cancelled,
            Lifecycle::Live if self.corrected.is_positive() && self.corrected.minor() >= self.gross.minor() => {
                InvoiceStatus::Credited
            }
            Lifecycle::Live => match self.payment_status() {
                PaymentStatus::Paid => InvoiceStatus::Paid,
                PaymentStatus::PartiallyPaid => InvoiceStatus::PartiallyPaid,
                PaymentStatus::Unpaid => InvoiceStatus::Open,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    fn balance(gross: i64, corrected: i64, paid: i64, lifecycle: Lifecycle) -> Balance {
        let eur = |minor| Money::new(minor, Currency::EUR);
        BalanceFacts { gross: eur(gross), corrected: eur(corrected), paid: eur(paid), lifecycle }.balance().unwrap()
    }

    #[test]
    fn the_status_of_an_invoice_follows_its_sums() {
        use InvoiceStatus::*;
        let cases = [
            (9_000, 0, 0, Lifecycle::Live, Open, 9_000, 0),
            (9_000, 0, 4_000, Lifecycle::Live, PartiallyPaid, 5_000, 0),
            (9_000, 0, 9_000, Lifecycle::Live, Paid, 0, 0),
            (9_000, 0, 9_500, Lifecycle::Live, Paid, -500, 500),
            (9_000, 3_000, 9_000, Lifecycle::Live, Paid, -3_000, 3_000),
            (9_000, 3_000, 6_000, Lifecycle::Live, Paid, 0, 0),
            (9_000, 9_000, 9_000, Lifecycle::Live, Credited, -9_000, 9_000),
            (9_000, 0, 9_000, Lifecycle::Cancelled, Cancelled, -9_000, 9_000),
        ];
        for (gross, corrected, paid, lifecycle, status, open, overpaid) in cases {
            let balance = balance(gross, corrected, paid, lifecycle);
            assert_eq!(balance.invoice_status(lifecycle), status);
            assert_eq!((balance.open.minor(), balance.overpaid.minor()), (open, overpaid));
        }
    }

    #[test]
    fn a_cancelled_order_is_overpaid_by_everything_paid() {
        assert_eq!(balance(8_000, 0, 8_000, Lifecycle::Cancelled).overpaid.minor(), 8_000);
        assert_eq!(balance(8_000, 0, 0, Lifecycle::Cancelled).overpaid.minor(), 0);
    }
}
