//! Statements in a ZIP archive: its files in the order of their names, each by the parser of its own format, as if they
//! were one file.
//!
//! By name, because banks begin the names with the day, so that the oldest comes first and an announcement comes before its
//! booking; and because programs pack in any order, which must not matter. Nothing is unpacked to anywhere: names are
//! words, and bytes go to a parser. An archive that is not whole and plain is refused as a whole.

mod content;
mod directory;
mod fault;
mod names;

use std::io::{self, BufReader, Cursor, Read, Seek};
use std::ops::ControlFlow;

use self::content::Content;
use self::directory::Member;
pub use self::fault::{Fault, NameFault};
use super::format::{Kind, NoFormat};
use super::prolog;
use super::{Format, ImportError, ImportIssue, Part, Refusal, Severity, StatementEvent, Summary, csv};

/// Files and folders of one archive.
pub const MEMBERS_MAX: usize = 10_000;
/// Bytes of all files together.
pub const DECLARED_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// How many times larger a file may get, once it is larger than `RATIO_FREE`.
pub const RATIO_MAX: u64 = 200;
const RATIO_FREE: u64 = 1024 * 1024;
/// So much of a file tells its format.
const HEAD: u64 = 16 * 1024;
const BUFFER: usize = 32 * 1024;

type Sink<'a> = &'a mut dyn FnMut(StatementEvent) -> ControlFlow<()>;

/// Why an archive is not read any further.
#[derive(Debug)]
enum Wrong {
    Whole(Fault),
    Part(String, Fault),
    /// Not the archive is at fault.
    Source(String),
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Self::Whole(fault)
    }
}

impl From<Wrong> for ImportError {
    fn from(wrong: Wrong) -> Self {
        let reason = match wrong {
            Wrong::Whole(fault) => Refusal::Archive(fault),
            Wrong::Part(name, fault) => Refusal::Part { name, reason: Box::new(Refusal::Archive(fault)) },
            Wrong::Source(cause) => Refusal::Read(cause),
        };
        Self { reason, line: 0 }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn of_io(error: io::Error) -> Wrong {
    Wrong::Source(error.to_string())
}

/// Reads all statements of an archive. Before the events of a file comes [`StatementEvent::Part`]; statements are counted
/// on from file to file, lines in each. What is no statement is named in a warning.
///
/// # Errors
/// [`ImportError`] when the archive, or a statement in it, cannot be trusted as a whole.
pub fn read(mut input: impl Read + Seek, reader: &csv::Reader, sink: Sink<'_>) -> Result<Summary, ImportError> {
    let members = directory::read(&mut input)?;
    let mut all = Summary::default();
    for member in members.iter().filter(|member| !member.is_folder()) {
        let part = read_member(&mut input, member, reader, (all.statements, &mut *sink))?;
        all = Summary {
            statements: all.statements.saturating_add(part.statements),
            lines: all.lines.saturating_add(part.lines),
            errors: all.errors.saturating_add(part.errors),
            warnings: all.warnings.saturating_add(part.warnings),
            stopped: part.stopped,
        };
        if all.stopped {
            break;
        }
    }
    Ok(all)
}

fn read_member<R: Read + Seek>(
    input: &mut R,
    member: &Member,
    reader: &csv::Reader,
    (before, sink): (u64, Sink<'_>),
) -> Result<Summary, ImportError> {
    let mut content = Content::open(input, member)?;
    let mut head = Vec::new();
    let _read = (&mut content).take(HEAD).read_to_end(&mut head);
    content.check()?;
    let name = || member.name.clone();
    let format = match look(&member.name, &head) {
        Look::Statement(format) => format,
        Look::Archive => return Err(Wrong::Part(name(), Fault::Nested).into()),
        Look::Unsafe => {
            return Err(ImportError {
                reason: Refusal::Part { name: name(), reason: Box::new(Refusal::Dtd) },
                line: 1,
            });
        }
        Look::Other => {
            // Damaged, a statement may look like anything.
            content.check_all()?;
            let text = "this file of the archive is no statement in a known format and is left out; compare with what the bank sent";
            return Ok(warn(sink, Part { name: name(), format: None }, ("not_a_statement", text.to_owned())));
        }
    };
    if sink(StatementEvent::Part(Part { name: name(), format: Some(format) })).is_break() {
        return Ok(Summary { stopped: true, ..Summary::default() });
    }
    let bytes = BufReader::with_capacity(BUFFER, Cursor::new(head).chain(&mut content));
    let read = format.read_behind(before, bytes, reader, &mut |event| sink(count_on(event, before)));
    match read {
        Ok(summary) if summary.stopped => Ok(summary),
        Ok(summary) => content.check_all().map(|()| summary).map_err(ImportError::from),
        Err(error) => {
            // Bytes that were damaged are the reason for whatever the parser found in them.
            content.check_all()?;
            match error.reason {
                Refusal::NoStatement => {
                    let text = error.reason.to_string();
                    Ok(warn(sink, Part { name: name(), format: Some(format) }, ("no_statement", text)))
                }
                reason => {
                    let reason = Refusal::Part { name: name(), reason: Box::new(reason) };
                    Err(ImportError { reason, line: error.line })
                }
            }
        }
    }
}

/// Reads the file of a name in an archive with the format it has.
///
/// # Errors
/// [`ImportError`] when the archive cannot be read, or has no statement of that name.
pub(super) fn with_part<T>(
    mut input: impl Read + Seek,
    name: &str,
    read: impl FnOnce(Format, &mut dyn Read) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    let members = directory::read(&mut input)?;
    let member = members.iter().find(|member| member.name == name);
    let missing = || ImportError { reason: Refusal::NoStatement, line: 0 };
    let mut content = Content::open(&mut input, member.ok_or_else(missing)?)?;
    let mut head = Vec::new();
    let _read = (&mut content).take(HEAD).read_to_end(&mut head);
    content.check()?;
    match look(name, &head) {
        Look::Statement(format) => read(format, &mut Cursor::new(head).chain(content)),
        Look::Archive | Look::Unsafe | Look::Other => Err(missing()),
    }
}

/// Tells of a file that gives no line.
fn warn(sink: Sink<'_>, part: Part, (code, message): (&'static str, String)) -> Summary {
    let severity = Severity::Warning;
    let issue = ImportIssue { severity, line: None, entry: None, field: None, code, message, german: None };
    let stopped = sink(StatementEvent::Part(part)).is_break() || sink(StatementEvent::Issue(issue)).is_break();
    Summary { warnings: 1, stopped, ..Summary::default() }
}

/// What a file of an archive is.
enum Look {
    Statement(Format),
    Archive,
    Unsafe,
    Other,
}

/// By the content; only what a Mac adds to each archive is told by its name.
fn look(name: &str, head: &[u8]) -> Look {
    if name.starts_with("__MACOSX/") || name.rsplit('/').next() == Some(".DS_Store") {
        return Look::Other;
    }
    if is_packed(head) {
        return Look::Archive;
    }
    match Kind::detect(head) {
        Ok(Kind::Plain(format)) => Look::Statement(format),
        Ok(Kind::Archive) => Look::Archive,
        // A page about the statements declares one too, and nobody takes it for a statement.
        Err(NoFormat::Unsafe) if prolog::is_page(&String::from_utf8_lossy(head)) => Look::Other,
        Err(NoFormat::Unsafe) => Look::Unsafe,
        Err(NoFormat::Unknown | NoFormat::Packed) => Look::Other,
    }
}

/// What other programs pack, by the first bytes.
pub(super) fn is_packed(head: &[u8]) -> bool {
    let marks: [&[u8]; 6] =
        [b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd"];
    marks.iter().any(|mark| head.starts_with(mark))
}

/// Statements are counted through the archive, so that the places of two lines differ.
fn count_on(event: StatementEvent, before: u64) -> StatementEvent {
    let on = |statement: u64| statement.saturating_add(before);
    match event {
        StatementEvent::Statement(mut header) => {
            header.ordinal = on(header.ordinal);
            StatementEvent::Statement(header)
        }
        StatementEvent::Line(mut line) => {
            line.ordinal.statement = on(line.ordinal.statement);
            if let Some(of) = &mut line.fee_of {
                of.statement = on(of.statement);
            }
            StatementEvent::Line(line)
        }
        StatementEvent::StatementEnd(mut end) => {
            end.ordinal = on(end.ordinal);
            StatementEvent::StatementEnd(end)
        }
        event @ (StatementEvent::Issue(_) | StatementEvent::Part(_)) => event,
    }
}
