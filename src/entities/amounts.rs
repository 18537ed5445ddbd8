//! Rows' amounts as [`Money`]: the one place where a minor-units column meets its currency column.

use super::{
    account_movement, assignment, invoice, invoice_correction, invoice_correction_line, invoice_line, payment, refund,
    refund_attempt, sales_order, sales_order_line,
};
use crate::domain::balance::{Balance, BalanceFacts, Lifecycle, OrderStatus};
use crate::domain::document::{CorrectableLine, Quantity, TaxRate, Totals};
use crate::domain::money::{Currency, Money};
use crate::domain::movement::MovementFacts;
use crate::error::Error;

fn totals(net: i64, tax: i64, gross: i64, currency: Currency) -> Totals {
    Totals { net: Money::new(net, currency), tax: Money::new(tax, currency), gross: Money::new(gross, currency) }
}

macro_rules! amount {
    ($($table:ident),+) => {$(
        impl $table::Model {
            pub const fn amount(&self) -> Money {
                Money::new(self.amount_minor, self.currency)
            }
        }
    )+};
}

amount!(account_movement, assignment, payment, refund, refund_attempt);

impl account_movement::Model {
    pub const fn free(&self) -> Money {
        Money::new(self.free_minor, self.currency)
    }

    pub const fn facts(&self) -> MovementFacts {
        MovementFacts {
            amount: self.amount(),
            free: self.free(),
            booking_type: self.booking_type,
            status: self.status,
            hidden: self.hidden,
            possible_duplicate: self.possible_duplicate,
            returnable: self.returnable,
        }
    }
}

impl payment::Model {
    pub const fn refundable(&self) -> Money {
        Money::new(self.refundable_minor, self.currency)
    }
}

impl sales_order::Model {
    pub fn totals(&self) -> Totals {
        totals(self.net_minor, self.tax_minor, self.gross_minor, self.currency)
    }

    pub const fn lifecycle(&self) -> Lifecycle {
        match self.status {
            OrderStatus::Cancelled => Lifecycle::Cancelled,
            OrderStatus::Open | OrderStatus::Invoiced => Lifecycle::Live,
        }
    }

    /// What came in for it, less what went out.
    pub const fn paid(&self) -> Money {
        Money::new(self.paid_minor, self.currency)
    }

    pub fn balance(&self) -> Result<Balance, Error> {
        BalanceFacts {
            gross: Money::new(self.gross_minor, self.currency),
            corrected: Money::new(self.corrected_minor, self.currency),
            paid: self.paid(),
            lifecycle: self.lifecycle(),
        }
        .balance()
    }
}

impl invoice::Model {
    pub fn totals(&self) -> Totals {
        totals(self.net_minor, self.tax_minor, self.gross_minor, self.currency)
    }

    pub const fn lifecycle(&self) -> Lifecycle {
        if self.cancelled_at.is_some() { Lifecycle::Cancelled } else { Lifecycle::Live }
    }

    /// What came in for it, less what went out.
    pub const fn paid(&self) -> Money {
        Money::new(self.paid_minor, self.currency)
    }

    pub fn balance(&self) -> Result<Balance, Error> {
        BalanceFacts {
            gross: Money::new(self.gross_minor, self.currency),
            corrected: Money::new(self.corrected_minor, self.currency),
            paid: self.paid(),
            lifecycle: self.lifecycle(),
        }
        .balance()
    }
}

impl sales_order_line::Model {
    pub fn totals(&self, currency: Currency) -> Totals {
        totals(self.net_minor, self.tax_minor, self.gross_minor, currency)
    }
}

impl invoice_line::Model {
    pub fn totals(&self, currency: Currency) -> Totals {
        totals(self.net_minor, self.tax_minor, self.gross_minor, currency)
    }

    pub const fn rate(&self) -> TaxRate {
        TaxRate(self.tax_rate_ppm)
    }

    /// What is left of the line, as the correction rules see it.
    pub fn correctable(&self, currency: Currency) -> Result<CorrectableLine, Error> {
        let left_gross = self.correctable_net_minor.checked_add(self.correctable_tax_minor);
        let left_gross =
            left_gross.ok_or_else(|| Error::inconsistent("invoice_line", "correctable_tax_minor", self.id))?;
        let left = totals(self.correctable_net_minor, self.correctable_tax_minor, left_gross, currency);
        let invoiced = self.totals(currency);
        Ok(CorrectableLine {
            invoiced_quantity: Quantity(self.quantity_micros),
            invoiced,
            corrected_quantity: Quantity(self.quantity_micros.saturating_sub(self.correctable_micros)),
            corrected: invoiced.checked_sub(left)?,
        })
    }
}

impl invoice_correction::Model {
    pub fn totals(&self) -> Totals {
        totals(self.net_minor, self.tax_minor, self.gross_minor, self.currency)
    }

    pub const fn refundable(&self) -> Money {
        Money::new(self.refundable_minor, self.currency)
    }

    pub const fn sent(&self) -> Money {
        Money::new(self.sent_minor, self.currency)
    }
}

impl invoice_correction_line::Model {
    pub fn totals(&self, currency: Currency) -> Totals {
        totals(self.net_minor, self.tax_minor, self.gross_minor, currency)
    }
}
