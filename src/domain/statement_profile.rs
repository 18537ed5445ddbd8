//! The words of statement profiles: what columns mean, and how a bank writes days, amounts and letters.

use serde::{Deserialize, Serialize};

/// In what order a day is written. Separators and leading zeros do not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
    /// Found out from days beyond the twelfth; a file without one is refused.
    Detected,
}

/// What stands in front of the cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberStyle {
    /// `1.234,56`
    Comma,
    /// `1,234.56`
    Point,
    /// Found out from amounts with two decimals; a file without one is refused.
    Detected,
}

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Account,
    BookingDate,
    ValueDate,
    Amount,
    Debit,
    Credit,
    Mark,
    Currency,
    Balance,
    Counterparty,
    /// Who pays: the counterparty of money that came.
    Payer,
    /// Who is paid: the counterparty of money that went.
    Payee,
    CounterpartyIban,
    CounterpartyBic,
    /// Several columns make one purpose.
    Purpose,
    TransactionCode,
    Reference,
    BankReference,
    EndToEndId,
    MandateId,
    ReturnReason,
    Status,
    /// Charges beside the amount, signed as the account sees them: both together are booked.
    Fee,
    /// Charges inside the amount, and what is left of it without them.
    Charges,
    OriginalAmount,
    /// Whether the row moved money at all; read like the status.
    Effect,
    /// Known by name and not kept.
    Time,
    Category,
}

/// The encodings that bank files come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "windows-1252")]
    Windows1252,
    #[serde(rename = "iso-8859-15")]
    Iso8859_15,
}

impl Encoding {
    /// As the world calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
            Self::Iso8859_15 => "iso-8859-15",
        }
    }
}
