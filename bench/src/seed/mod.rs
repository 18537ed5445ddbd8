//! A merchant's year in bulk SQL: movements, and everything that hangs on them, consistent to the cent.
//!
//! Movements and orders are numbered from 1. The first `free` of both are untouched: 119.00 came in, 100.00 is owed. The
//! others, called special, are of eight classes by the remainder of their number, so that every folder and every list has
//! its share.

mod around;
mod documents;
mod money;

use super::dialect::{Dialect, Kind};

/// How many movements and orders: untouched ones, and special ones.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub free: u64,
    pub special: u64,
}

/// Class of a special movement or order: the remainder of its number by eight.
mod class {
    pub const PARTLY_ASSIGNED: u64 = 0;
    pub const FULLY_ASSIGNED: u64 = 1;
    /// Of the movement; the order is cancelled.
    pub const PENDING: u64 = 2;
    /// Of the movement; the order is invoiced.
    pub const FAILED: u64 = 3;
    /// Of the movement; the order is invoiced and corrected as a whole.
    pub const HIDDEN: u64 = 4;
    /// Of the movement; the order is invoiced and a correction is being drafted.
    pub const FEE: u64 = 5;
    pub const OUTGOING: u64 = 6;
    /// A part is assigned and the rest refunded.
    pub const REFUNDED: u64 = 7;
}
/// What an INSERT selects: column and expression over the number `i`.
type Row<'a> = &'a [(&'a str, &'a str)];

struct Seed {
    dialect: Dialect,
    size: Size,
    statements: Vec<String>,
}

/// The statements, in the order of their references.
pub fn statements(dialect: Dialect, size: Size) -> Vec<String> {
    let mut seed = Seed { dialect, size, statements: Vec::new() };
    seed.customers();
    seed.orders();
    seed.invoices();
    seed.corrections();
    seed.cancellations();
    seed.movements();
    seed.refunds();
    seed.assignments();
    seed.attempts();
    seed.journal();
    seed.work();
    seed.statements
}

impl Seed {
    /// `INSERT … SELECT` over numbers of a range that meet a condition.
    fn insert(&mut self, table: &str, (from, to, condition): (u64, u64, &str), row: Row<'_>) {
        let columns: Vec<&str> = row.iter().map(|(column, _)| *column).collect();
        let values: Vec<String> = row.iter().map(|(_, value)| self.fill(value)).collect();
        // ROW_NUMBER over the filtered numbers gives `k`, a number without gaps.
        let numbers = format!(
            "WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to}), \
             s(i, k) AS (SELECT i, ROW_NUMBER() OVER (ORDER BY i) FROM n WHERE {condition})"
        );
        self.statements.push(format!(
            "{numbers} INSERT INTO {table} ({}) SELECT {} FROM s",
            columns.join(", "),
            values.join(", ")
        ));
    }

    /// Fills `{now}`, `{day}`, `{user}`, `{account}` and the like.
    fn fill(&self, value: &str) -> String {
        let d = self.dialect;
        let customers = self.customers_count();
        let mut text = value
            .replace("{now}", d.now())
            .replace("{day}", &d.day("i"))
            .replace("{nnnnn}", &d.five_digits("k"))
            .replace("{key}", &d.key("i"))
            .replace("{special}", &format!("i > {}", self.size.free))
            .replace("{user}", "(SELECT id FROM app_user ORDER BY email LIMIT 1)")
            .replace("{account}", "(SELECT id FROM payment_account WHERE provider = 'sandbox' LIMIT 1)")
            .replace("{its customer}", &d.id(Kind::Customer, &format!("1 + i % {customers}")));
        for (word, kind) in [
            ("{customer}", Kind::Customer),
            ("{order}", Kind::Order),
            ("{order line}", Kind::OrderLine),
            ("{invoice}", Kind::Invoice),
            ("{invoice line}", Kind::InvoiceLine),
            ("{correction}", Kind::Correction),
            ("{correction line}", Kind::CorrectionLine),
            ("{cancellation}", Kind::Cancellation),
            ("{movement}", Kind::Movement),
            ("{assignment}", Kind::Assignment),
            ("{refund assignment}", Kind::RefundAssignment),
            ("{payment}", Kind::Payment),
            ("{refund}", Kind::Refund),
            ("{attempt}", Kind::Attempt),
            ("{run}", Kind::Run),
            ("{assignment run}", Kind::AssignmentRun),
            ("{log row}", Kind::LogRow),
            ("{job}", Kind::Job),
            ("{audit}", Kind::Audit),
        ] {
            text = text.replace(word, &d.id(kind, "i"));
        }
        text
    }

    const fn customers_count(&self) -> u64 {
        self.total() / 20 + 1
    }

    const fn total(&self) -> u64 {
        self.size.free + self.size.special
    }

    /// Numbers of special movements in some classes.
    fn of(&self, classes: &[u64]) -> (u64, u64, String) {
        let list: Vec<String> = classes.iter().map(u64::to_string).collect();
        (self.size.free + 1, self.total(), format!("i % 8 IN ({})", list.join(",")))
    }

    fn insert_of(&mut self, table: &str, classes: &[u64], row: Row<'_>) {
        let (from, to, condition) = self.of(classes);
        self.insert(table, (from, to, &condition), row);
    }
}
