//! The few words in which the SQL of seed and raw work differs between the two databases.
//!
//! Ids are computed from a number, so that whoever knows the number knows the id and nobody has to look it up. This
//! file and `seed.rs` use nothing but std: the test `tests/it/plans.rs` of heller includes both.

/// A database, as far as SQL is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// The first 64 bits of every id made here: a UUIDv7 of October 2025.
const ID_HEAD: &str = "019a000000007000";

impl Dialect {
    /// The id of the thing of a kind that has a number; `number` is an SQL expression.
    pub fn id(self, kind: Kind, number: &str) -> String {
        let tail = format!("8{:03}", kind.number());
        match self {
            Self::Sqlite => format!("unhex('{ID_HEAD}{tail}' || printf('%012x', {number}))"),
            Self::Postgres => format!("CAST('{ID_HEAD}{tail}' || lpad(to_hex({number}), 12, '0') AS uuid)"),
        }
    }

    /// One of 300 days.
    pub fn day(self, number: &str) -> String {
        match self {
            Self::Sqlite => format!("date('2026-01-01', '+' || (({number}) % 300) || ' days')"),
            Self::Postgres => format!("(DATE '2026-01-01' + CAST(({number}) % 300 AS integer))"),
        }
    }

    pub const fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
            Self::Postgres => "now()",
        }
    }

    /// A number as text of five digits.
    pub fn five_digits(self, number: &str) -> String {
        match self {
            Self::Sqlite => format!("printf('%05d', {number})"),
            Self::Postgres => format!("lpad(CAST({number} AS text), 5, '0')"),
        }
    }

    /// A text of 32 hex digits.
    pub fn key(self, number: &str) -> String {
        match self {
            Self::Sqlite => format!("printf('%032x', {number})"),
            Self::Postgres => format!("lpad(to_hex({number}), 32, '0')"),
        }
    }
}

/// What an id is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Customer,
    Order,
    OrderLine,
    Invoice,
    InvoiceLine,
    Correction,
    CorrectionLine,
    Cancellation,
    Movement,
    Assignment,
    RefundAssignment,
    Payment,
    Refund,
    Attempt,
    Run,
    AssignmentRun,
    LogRow,
    Job,
    Audit,
    Imported,
    Assigned,
    Generated,
    Sent,
    /// Rows that the raw work writes while it is measured.
    RawAssignment,
    RawPayment,
    RawRefund,
    RawEntry,
    RawAudit,
}

const KINDS: [Kind; 28] = [
    Kind::Customer,
    Kind::Order,
    Kind::OrderLine,
    Kind::Invoice,
    Kind::InvoiceLine,
    Kind::Correction,
    Kind::CorrectionLine,
    Kind::Cancellation,
    Kind::Movement,
    Kind::Assignment,
    Kind::RefundAssignment,
    Kind::Payment,
    Kind::Refund,
    Kind::Attempt,
    Kind::Run,
    Kind::AssignmentRun,
    Kind::LogRow,
    Kind::Job,
    Kind::Audit,
    Kind::Imported,
    Kind::Assigned,
    Kind::Generated,
    Kind::Sent,
    Kind::RawAssignment,
    Kind::RawPayment,
    Kind::RawRefund,
    Kind::RawEntry,
    Kind::RawAudit,
];

impl Kind {
    /// Below 1000.
    pub fn number(self) -> usize {
        KINDS.iter().position(|kind| *kind == self).unwrap_or(999)
    }
}

/// The same id as [`Dialect::id`], as 128 bits.
pub fn id_bits(kind: Kind, number: u64) -> u128 {
    let text = format!("{ID_HEAD}8{:03}{number:012x}", kind.number());
    u128::from_str_radix(&text, 16).unwrap_or(0)
}
