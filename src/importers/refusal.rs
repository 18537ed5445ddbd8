//! Why a file as a whole cannot be read, in words that say what helps.

use super::archive::Fault;

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
        self.reason.code()
    }
}

impl Refusal {
    /// Stable name, for clients and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotXml(_) => "not_xml",
            Self::Truncated => "truncated",
            Self::Dtd => "xml_dtd_refused",
            Self::Entity(_) => "xml_entity_refused",
            Self::Encoding(_) | Self::Characters(_) => "invalid_encoding",
            Self::WrongDocument(_) => "wrong_document",
            Self::NestingTooDeep(_) => "nesting_too_deep",
            Self::ElementTooLong(_) => "element_too_long",
            Self::LineTooLong(_) => "line_too_long",
            Self::UnknownFormat => "unknown_format",
            Self::NoStatement => "no_statement",
            Self::TooManyColumns(_) => "too_many_columns",
            Self::TooManyStatements(_) => "too_many_statements",
            Self::UnknownProfile { .. } => "csv_profile_unknown",
            Self::AmbiguousProfile(_) => "csv_profile_ambiguous",
            Self::AmbiguousDates => "csv_dates_ambiguous",
            Self::AmbiguousNumbers => "csv_numbers_ambiguous",
            Self::Archive(fault) => fault.code(),
            Self::Part { reason, .. } => reason.code(),
            Self::Read(_) => "read_failed",
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
    #[error("this is '{0}' and no account statement (camt.052, camt.053 or camt.054); ask the bank for camt.053")]
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
    #[error(
        "a character of the line is not {0}; save the file in one encoding, or name its encoding in a statement profile"
    )]
    Characters(&'static str),
    #[error("the row has more than {0} columns; bank statements have fewer")]
    TooManyColumns(usize),
    #[error("there are more than {0} statements; import them in several files")]
    TooManyStatements(u64),
    /// The name of the profile that comes nearest, and the columns it misses.
    #[error("{}", unknown_profile(.header.as_ref(), .nearest.as_ref()))]
    UnknownProfile { header: Option<Header>, nearest: Option<(String, Vec<String>)> },
    #[error(
        "several statement profiles fit this file equally well ({0}); delete or change one of them, or tie the right one to the account"
    )]
    AmbiguousProfile(String),
    #[error("no day of the file tells whether the day or the month comes first; make a statement profile that says so")]
    AmbiguousDates,
    #[error(
        "no amount of the file tells for sure whether comma or point stands before the cents; make a statement profile that says so"
    )]
    AmbiguousNumbers,
    #[error("{0}")]
    Archive(Fault),
    /// Of a file inside an archive.
    #[error("{reason}")]
    Part { name: String, reason: Box<Refusal> },
    #[error("reading the file failed: {0}")]
    Read(String),
}

/// What of a header can be told to everybody: its cells may name people where it turns out to be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Columns, as the file names them, that some profile knows.
    pub known: Vec<String>,
    /// How many more there are.
    pub others: usize,
}

fn unknown_profile(header: Option<&Header>, nearest: Option<&(String, Vec<String>)>) -> String {
    let header = match header {
        Some(Header { known, others }) if known.is_empty() => {
            format!("no statement profile fits the header; it has {others} columns, none of which any profile knows")
        }
        Some(Header { known, others }) => {
            let known = known.join("; ");
            format!(
                "no statement profile fits the header; it has '{known}', and columns that no profile knows: {others}"
            )
        }
        None => "the file has no header that a statement profile fits".to_owned(),
    };
    let nearest = nearest.map_or_else(String::new, |(name, missing)| {
        format!("; '{name}' comes nearest, but the file has no '{}'", missing.join("', '"))
    });
    format!("{header}{nearest}; make a statement profile for it, or ask the bank for camt.053")
}
