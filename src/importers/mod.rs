//! Statements in: which format is this file, and what do all formats hand over?
//!
//! A parser reads bytes once, front to back, and tells a sink what it finds: a statement begins, a line, an issue,
//! a statement ends with its arithmetic. Memory stays bounded whatever the size of the file. Nothing here may know
//! the clock, the database or who asked, validate against a schema (a third of what banks send breaks it), or lose
//! money in silence: what cannot become a line becomes an [`ImportIssue`] that says where and what helps.

pub mod camt053;
mod emitter;
pub mod fingerprint;
pub mod mt940;
mod prolog;
mod totals;
mod values;

use std::fmt;
use std::io::BufRead;
use std::ops::ControlFlow;

use chrono::NaiveDate;

use self::prolog::Prolog;
use crate::domain::money::{Currency, Money};
use crate::domain::movement::ImportChannel;

/// What a parser tells its sink, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementEvent {
    Statement(Box<StatementHeader>),
    Line(Box<StatementLine>),
    Issue(ImportIssue),
    StatementEnd(StatementEnd),
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    pub message: String,
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

/// Why reading had to end. Events the sink got before stand on what was read until then; store none of them.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ImportError {
    pub reason: Refusal,
    /// Line number in the file, from 1.
    pub line: u64,
}

impl ImportError {
    /// Stable name of the reason, for clients and tests.
    pub fn code(&self) -> &'static str {
        match self.reason {
            Refusal::NotXml(_) => "not_xml",
            Refusal::Truncated => "truncated",
            Refusal::Dtd => "xml_dtd_refused",
            Refusal::Entity(_) => "xml_entity_refused",
            Refusal::Encoding(_) => "invalid_encoding",
            Refusal::WrongDocument(_) => "wrong_document",
            Refusal::NestingTooDeep(_) => "nesting_too_deep",
            Refusal::ElementTooLong(_) => "element_too_long",
            Refusal::LineTooLong(_) => "line_too_long",
            Refusal::UnknownFormat => "unknown_format",
            Refusal::NoStatement => "no_statement",
            Refusal::Read(_) => "read_failed",
        }
    }
}

/// The reasons of [`ImportError`].
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the file is not well-formed XML ({0}); fetch it from the bank again")]
    NotXml(String),
    #[error("the file ends in the middle; fetch it from the bank again")]
    Truncated,
    #[error("the file declares a document type; bank statements have none, so it is not read")]
    Dtd,
    #[error("the file uses the entity '{0}'; only the five entities of XML are read")]
    Entity(String),
    #[error("the file's characters cannot be read ({0}); save it as UTF-8 and declare that")]
    Encoding(String),
    #[error("this is '{0}' and no account statement (camt.053); ask the bank for camt.053")]
    WrongDocument(String),
    #[error("elements are nested more than {0} deep; bank statements are not")]
    NestingTooDeep(usize),
    #[error("an element is longer than {0} bytes; bank statements have no such element")]
    ElementTooLong(usize),
    #[error("a line is longer than {0} bytes; bank statements have no such line")]
    LineTooLong(usize),
    #[error("this is no statement in a known format; fetch it from the bank again")]
    UnknownFormat,
    #[error("the file holds no statement; the bank may have had nothing to report")]
    NoStatement,
    #[error("reading the file failed: {0}")]
    Read(String),
}

/// The formats we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Camt053,
    /// MT940 and MT942.
    Mt940,
}

/// Why a file has none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoFormat {
    /// It declares a document type.
    Unsafe,
    Unknown,
}

impl Format {
    /// All of them, as people name them.
    pub const NAMES: &'static str = "CAMT.053 (XML), MT940, MT942";

    /// Tells the format by the first bytes of a file (a few KiB are enough), never by its name.
    ///
    /// Only looks for marks; that the file can be read is for the parser to find out.
    ///
    /// # Errors
    /// [`NoFormat`] when it is none that is read.
    pub fn detect(first_bytes: &[u8]) -> Result<Self, NoFormat> {
        // Dropping the NUL bytes makes UTF-16 readable enough to look for ASCII words.
        let text: String = first_bytes.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
        let text = prolog::without_mark(&text);
        match prolog::look(text) {
            Prolog::DocumentType => Err(NoFormat::Unsafe),
            Prolog::Root(root) if root.contains("camt.053") || root.contains("BkToCstmrStmt") => Ok(Self::Camt053),
            Prolog::Nothing if mt940::is_one(text) => Ok(Self::Mt940),
            Prolog::Root(_) | Prolog::Nothing => Err(NoFormat::Unknown),
        }
    }

    /// Reads a file of this format; see the parsers' own `read`.
    ///
    /// # Errors
    /// [`ImportError`] when the file as a whole cannot be trusted.
    pub fn read(
        self,
        input: impl BufRead,
        sink: &mut dyn FnMut(StatementEvent) -> ControlFlow<()>,
    ) -> Result<Summary, ImportError> {
        match self {
            Self::Camt053 => camt053::read(input, sink),
            Self::Mt940 => mt940::read(input, sink),
        }
    }

    /// Where a file names the account, in the bank's words.
    pub const fn account_field(self) -> &'static str {
        match self {
            Self::Camt053 => "Stmt/Acct/Id",
            Self::Mt940 => ":25:",
        }
    }

    /// How movements of this format come in.
    pub const fn channel(self) -> ImportChannel {
        match self {
            Self::Camt053 => ImportChannel::Camt,
            Self::Mt940 => ImportChannel::Mt940,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Camt053 => f.write_str("camt.053"),
            Self::Mt940 => f.write_str("MT940"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_known_by_namespace_or_by_name() {
        for head in [
            "<?xml version='1.0'?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">",
            "\u{feff}<ns2:Document xmlns:ns2='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'>",
            " \r\n\t<Document>\n <BkToCstmrStmt>",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Document><x:BkToCstmrStmt>",
        ] {
            assert_eq!(Format::detect(head.as_bytes()), Ok(Format::Camt053), "{head}");
        }
        let wide: Vec<u8> = "\u{feff}<Document><BkToCstmrStmt>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(Format::detect(&wide), Ok(Format::Camt053));
    }

    #[test]
    fn a_swift_message_is_known_by_its_fields() {
        for head in [
            ":20:STARTUMS\r\n:25:37040044/532013000",
            "\r\n:20:X\n:28C:1/1",
            "{1:F01BANKDEFFXXXX0000000000}{2:O940BANKDEFFXXXXN}{3:}{4:\r\n:20:X\r\n:25:DE8937",
            "{1:F01}{4::20:X\r:25:1",
            "\u{1}\n:20:ST\n:60F:C261124EUR1,",
            ":61:2611241124CR\n30,00N062NONREF",
        ] {
            assert_eq!(Format::detect(head.as_bytes()), Ok(Format::Mt940), "{head}");
        }
    }

    #[test]
    fn anything_else_is_not_guessed() {
        for head in [
            "",
            "camt.053",
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.052.001.08\"><BkToCstmrAcctRpt>",
            ":20:STARTUMS",
            "at 12:20:61:25",
            ":61:Buchungstext",
            "a;b\n:20:\n",
            "Buchungstag;Valuta;Betrag",
            "PK\u{3}\u{4}camt.053.xml",
            "<!-- camt.053 --><html>",
        ] {
            assert_eq!(Format::detect(head.as_bytes()), Err(NoFormat::Unknown), "{head}");
        }
    }
}
