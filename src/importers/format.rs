//! Which of the formats is this file, and what goes with each?

use std::fmt;
use std::io::BufRead;
use std::ops::ControlFlow;

use super::camt::{self, Family};
use super::emitter::Emitter;
use super::prolog::{self, Prolog};
use super::{ImportError, Refusal, StatementEvent, Summary, archive, csv, mt940, nul};
use crate::domain::movement::ImportChannel;

/// Statements of a file, or of all files in an archive. A day of the largest merchants has thousands.
pub(super) const STATEMENTS_MAX: u64 = 200_000;

const NUL_BYTES: &str = "the file has NUL bytes, here the first one, and is read without them; something damaged it on its way, \
    so fetch it from the bank again, or compare its texts with the bank's list";

/// The formats we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// CAMT.052, CAMT.053 and CAMT.054.
    Camt(Family),
    /// MT940 and MT942.
    Mt940,
    /// Rows and columns, read by a statement profile.
    Csv,
}

/// Why a file has none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoFormat {
    /// It declares a document type.
    Unsafe,
    /// Packed by a program whose files are not opened.
    Packed,
    Unknown,
}

/// What a file is: a statement, or an archive of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain(Format),
    Archive,
}

impl Kind {
    /// Tells the kind by the first bytes, never by the name. Documents of office programs are ZIP archives too; the
    /// first file in them says so.
    ///
    /// # Errors
    /// [`NoFormat`] when it is nothing that is read.
    pub fn detect(first_bytes: &[u8]) -> Result<Self, NoFormat> {
        let marks: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"];
        let office: [&[u8]; 4] = [b"[Content_Types].xml", b"_rels/", b"docProps/", b"mimetype"];
        let first_name = first_bytes.get(30..).unwrap_or_default();
        match first_bytes {
            zip if marks.iter().any(|mark| zip.starts_with(mark)) => {
                if office.iter().any(|name| first_name.starts_with(name)) {
                    return Err(NoFormat::Unknown);
                }
                Ok(Self::Archive)
            }
            packed if archive::is_packed(packed) => Err(NoFormat::Packed),
            plain => Format::detect(plain).map(Self::Plain),
        }
    }
}

impl Format {
    /// All of them, as people name them.
    pub const NAMES: &'static str = "CAMT.052, CAMT.053, CAMT.054 (XML), MT940, MT942, CSV";

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
            Prolog::Root(root) => Family::detect(root).map(Self::Camt).ok_or(NoFormat::Unknown),
            Prolog::Nothing if mt940::is_one(text) => Ok(Self::Mt940),
            // Last, as text in rows is the least of marks.
            Prolog::Nothing if csv::looks_like(first_bytes) => Ok(Self::Csv),
            Prolog::Nothing => Err(NoFormat::Unknown),
        }
    }

    /// Reads a file of this format; see the parsers' own `read`. The `reader` is for CSV.
    ///
    /// # Errors
    /// [`ImportError`] when the file as a whole cannot be trusted, or has too many statements.
    pub fn read(
        self,
        input: impl BufRead,
        reader: &csv::Reader,
        sink: &mut dyn FnMut(StatementEvent) -> ControlFlow<()>,
    ) -> Result<Summary, ImportError> {
        self.read_behind(0, input, reader, sink)
    }

    /// The same of a file that has files with so many statements before it. What is kept of each statement until the end of
    /// an import must not fill the memory, and a statement may be as short as a word.
    pub(super) fn read_behind(
        self,
        before: u64,
        input: impl BufRead,
        reader: &csv::Reader,
        sink: &mut dyn FnMut(StatementEvent) -> ControlFlow<()>,
    ) -> Result<Summary, ImportError> {
        let (mut statements, mut too_many) = (before, None);
        let mut counting = |event| {
            if let StatementEvent::Statement(header) = &event {
                statements = statements.saturating_add(1);
                too_many = (statements > STATEMENTS_MAX).then_some(header.source_line);
            }
            if too_many.is_some() { ControlFlow::Break(()) } else { sink(event) }
        };
        let mut seen = nul::Seen::default();
        let input = nul::Watched::new(input, &mut seen);
        let read = match self {
            Self::Camt(_) => camt::read(input, &mut counting),
            Self::Mt940 => mt940::read(input, &mut counting),
            Self::Csv => csv::read(input, reader, &mut counting),
        };
        if let Some(line) = too_many {
            return Err(ImportError { reason: Refusal::TooManyStatements(STATEMENTS_MAX), line });
        }
        let mut emitter = Emitter { sink, summary: read? };
        if let Some(line) = seen.line() {
            emitter.warn_of_file(line, "nul_bytes", NUL_BYTES);
        }
        Ok(emitter.summary)
    }

    /// Where a file names the account, in the bank's words.
    pub const fn account_field(self) -> &'static str {
        match self {
            Self::Camt(family) => family.account_field(),
            Self::Mt940 => ":25:",
            Self::Csv => "account",
        }
    }

    /// How movements of this format come in.
    pub const fn channel(self) -> ImportChannel {
        match self {
            Self::Camt(_) => ImportChannel::Camt,
            Self::Mt940 => ImportChannel::Mt940,
            Self::Csv => ImportChannel::Csv,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Camt(family) => f.write_str(family.name()),
            Self::Mt940 => f.write_str("MT940"),
            Self::Csv => f.write_str("CSV"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_so_many_statements_and_no_more() {
        let message =
            "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><Stmt/>\n<Stmt/>\n<Stmt/>";
        let text = format!("{message}</BkToCstmrStmt></Document>");
        let read = |before| {
            let reader = csv::Reader::built_in(crate::domain::money::Currency::EUR);
            let mut heard = 0;
            let format = Format::Camt(Family::Statement);
            let read = format.read_behind(before, text.as_bytes(), &reader, &mut |event| {
                heard += i32::from(matches!(event, StatementEvent::Statement(_)));
                ControlFlow::Continue(())
            });
            (read.map(|summary| summary.statements).map_err(|error| (error.code(), error.line)), heard)
        };
        assert_eq!(read(STATEMENTS_MAX - 3), (Ok(3), 3));
        assert_eq!(read(STATEMENTS_MAX - 2), (Err(("too_many_statements", 3)), 2));
    }

    #[test]
    fn a_camt_message_is_known_by_namespace_or_by_name() {
        for (name, element, family) in [
            ("camt.052", "BkToCstmrAcctRpt", Family::Report),
            ("camt.053", "BkToCstmrStmt", Family::Statement),
            ("camt.054", "BkToCstmrDbtCdtNtfctn", Family::Notification),
        ] {
            for head in [
                format!("<?xml version='1.0'?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{name}.001.08\">"),
                format!("\u{feff}<ns2:Document xmlns:ns2='urn:iso:std:iso:20022:tech:xsd:{name}.001.02'>"),
                format!(" \r\n\t<Document>\n <{element}>"),
                format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Document><x:{element}>"),
                format!("<!-- camt.053 or camt.054 --><Document xmlns='{name}'>"),
            ] {
                assert_eq!(Format::detect(head.as_bytes()), Ok(Format::Camt(family)), "{head}");
            }
            let wide = format!("\u{feff}<Document><{element}>");
            let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(Format::detect(&wide), Ok(Format::Camt(family)));
            assert!(Format::Camt(family).to_string() == name && Format::NAMES.contains(&name.to_uppercase()));
        }
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
    fn rows_of_cells_are_csv() {
        let text = "Umsätze;\n\nBuchungstag;Valuta;Betrag\n1.3.2026;1.3.2026;5,00\n";
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for head in [text.as_bytes(), "a,b,c\n1,2,3".as_bytes(), b"\"a\"\t\"\xe4\"\t3\r1\t2\t3", &wide] {
            assert_eq!(Format::detect(head), Ok(Format::Csv), "{}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn anything_else_is_not_guessed() {
        for head in [
            "",
            "camt.053",
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.055.001.08\"><CstmrPmtCxlReq>",
            ":20:STARTUMS",
            "at 12:20:61:25",
            ":61:Buchungstext",
            "a;b\n:20:\n",
            "PK\u{3}\u{4}camt.053.xml",
            "<!-- camt.053 --><html>",
            "Buchungstag;Betrag\n1.3.2026;5,00\n",
            "One, two, three.\nAnd, so\n",
            "{\"a\":1,\"b\":2,\"c\":3}\n{\"a\":1,\"b\":2,\"c\":3}\n",
        ] {
            assert_eq!(Format::detect(head.as_bytes()), Err(NoFormat::Unknown), "{head}");
        }
    }
}
