//! Statements in: which format is this file, and what do all formats hand over?
//!
//! A parser reads bytes once, front to back, and tells a sink what it finds: a statement begins, a line, an issue,
//! a statement ends with its arithmetic. Memory stays bounded whatever the size of the file. Nothing here may know
//! the clock, the database or who asked, validate against a schema (a third of what banks send breaks it), or lose
//! money in silence: what cannot become a line becomes an [`ImportIssue`] that says where and what helps.

pub mod archive;
pub mod camt;
mod charges;
mod codes;
pub mod csv;
mod emitter;
mod excerpt;
pub mod fingerprint;
mod format;
mod keywords;
pub mod mt940;
mod nul;
mod prolog;
mod refusal;
mod totals;
mod values;

use chrono::NaiveDate;

pub use self::excerpt::{EXCERPT_MAX, excerpt, excerpt_of_part};
pub use self::format::{Format, Kind, NoFormat};
pub use self::refusal::{Header, ImportError, Refusal};
use crate::domain::money::{Currency, Money};

/// What a parser tells its sink, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementEvent {
    /// What follows is of this file inside an archive.
    Part(Part),
    Statement(Box<StatementHeader>),
    Line(Box<StatementLine>),
    Issue(ImportIssue),
    StatementEnd(StatementEnd),
}

/// A file inside an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    /// None for what is no statement.
    pub format: Option<Format>,
}

/// What is known of a statement before its first line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementHeader {
    /// Place of the statement in the file, from 1.
    pub ordinal: u64,
    pub source_line: u64,
    /// The bank's name for the statement. Banks use it again each year: never an identity.
    pub id: Option<String>,
    pub account_iban: Option<String>,
    /// The account's number when the bank gives no IBAN.
    pub account_other: Option<String>,
    pub currency: Option<Currency>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub created: Option<NaiveDate>,
    pub opening: Option<Money>,
    pub closing: Option<Money>,
}

/// One movement of the account, as the bank reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    pub ordinal: Ordinal,
    pub source_line: u64,
    pub account_iban: Option<String>,
    pub account_other: Option<String>,
    pub booking_date: NaiveDate,
    pub value_date: Option<NaiveDate>,
    /// Signed as the account sees it: what leaves it is negative.
    pub amount: Money,
    pub kind: LineKind,
    pub status: LineStatus,
    pub counterparty_name: Option<String>,
    /// Upper case without blanks. May have wrong check digits: banks pass on what customers typed.
    pub counterparty_iban: Option<String>,
    pub counterparty_bic: Option<String>,
    /// Rejoined: without the breaks and the tags that the format puts into it.
    pub purpose: Option<String>,
    /// The purpose as it stands in the file, line by line; none when that says nothing more.
    pub purpose_raw: Option<String>,
    /// Structured creditor reference (RF number, QR reference).
    pub reference: Option<String>,
    /// The bank's own name for the booking. Banks use it again: for people, never an identity.
    pub bank_reference: Option<String>,
    /// What kind of booking it is in the words of the format: `PMNT-RCDT-ESCT`, `NTRF166`, `GUTSCHRIFT`.
    pub transaction_code: Option<String>,
    pub end_to_end_id: Option<String>,
    pub mandate_id: Option<String>,
    pub return_reason: Option<String>,
    /// The line whose charges these are. Charges inside an amount are lines of their own, and what they leave is the
    /// line's amount: both together are what the bank booked.
    pub fee_of: Option<Ordinal>,
    /// Where its text is, so that a later version can read it again.
    pub span: Option<Span>,
}

/// A piece of a file's text, in bytes of the text as UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub offset: u64,
    pub length: u64,
}

/// Where a line stands in its file, each part from 1. For people and logs; never part of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ordinal {
    pub statement: u64,
    pub entry: u64,
    pub detail: u64,
}

/// What a movement means to the merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    Incoming,
    Outgoing,
    /// Collected by direct debit; the sign tells whether by us or from us.
    DirectDebit,
    /// An earlier movement came back: reversal, return, refused direct debit.
    Chargeback,
    /// Nothing but the bank's charges.
    Fee,
}

/// Whether the bank has booked the movement or only announces it. Only booked lines count in balances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineStatus {
    Booked,
    Pending,
}

/// What is known of a statement after its last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementEnd {
    pub ordinal: u64,
    /// Lines handed over for this statement, pending ones included.
    pub lines: u64,
    pub opening: Option<Money>,
    pub closing: Option<Money>,
    /// Sum of the booked lines; none when they have several currencies or overflow.
    pub sum: Option<Money>,
    /// Closing balance minus opening balance minus sum; none when a part of it is missing.
    pub gap: Option<Money>,
}

/// How bad an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// A movement of the file is missing from the lines.
    Error,
    /// The line is there, or rightly is not; a person may want to look.
    Warning,
}

/// Something in the file that is not as it should be, while the rest can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportIssue {
    pub severity: Severity,
    /// Line number in the file, from 1.
    pub line: Option<u64>,
    /// Place of the entry in its statement, from 1.
    pub entry: Option<u64>,
    /// Path of the element in the bank's words, such as `Ntry/Amt`.
    pub field: Option<String>,
    pub code: &'static str,
    /// In English.
    pub message: String,
    /// In German, where the message says more than its code.
    pub german: Option<String>,
}

/// Counts of a finished (or stopped) reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    pub statements: u64,
    pub lines: u64,
    pub errors: u64,
    pub warnings: u64,
    /// The sink asked to stop before the end of the file.
    pub stopped: bool,
}
