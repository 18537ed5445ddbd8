//! How does a CAMT file (ISO 20022: interim report camt.052, statement camt.053, notification camt.054; versions 01 to 13)
//! become statement events?
//!
//! One pass over the elements, told apart by their path below the message, whatever the namespace prefix: `xml` reads
//! elements within limits, `family` knows the three messages, `statement` keeps header and `balances`, `entry` collects
//! what an `Ntry` says (with `charges` and `texts`), `line` decides what lines that makes, `values` reads single texts.
//! Nothing of a statement is kept but its header, its sums and the current entry. Must never look at the schema, the
//! clock or a database.

mod balances;
mod charges;
mod entry;
mod family;
mod line;
mod statement;
mod text;
mod texts;
mod values;
mod xml;

#[cfg(test)]
mod tests;

use std::io::BufRead;
use std::ops::ControlFlow;

use self::entry::{At, Leaf};
pub use self::family::Family;
use self::statement::Statement;
use self::xml::{Elements, Token};
use super::emitter::{Emitter, Place, both};
use super::{ImportError, Refusal, Span, StatementEvent, Summary};

/// Reads a statement file and tells `sink` what is in it, until the sink breaks or the file ends.
///
/// # Errors
/// [`ImportError`] when the file as a whole cannot be trusted: not XML, cut off, another document, beyond the
/// limits. The sink may have had events before; the caller drops them with its transaction.
pub fn read(
    input: impl BufRead,
    sink: &mut dyn FnMut(StatementEvent) -> ControlFlow<()>,
) -> Result<Summary, ImportError> {
    let mut elements = Elements::new(input)?;
    let mut emitter = Emitter { sink, summary: Summary::default() };
    let mut family = find_message(&mut elements, &mut emitter)?;
    let mut message = elements.path().to_owned();
    let mut statement: Option<Statement> = None;
    while !emitter.summary.stopped {
        let token = elements.next()?;
        let (line, (start, end)) = (elements.line(), elements.range());
        let at = At { line, start, end };
        let leaf = Leaf { text: elements.text(), currency: elements.currency(), at };
        let below = elements.path().strip_prefix(&*message).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        // What is below the element of one account; that element itself is the empty path.
        let inside = below.and_then(|rest| rest.strip_prefix('/')?.strip_prefix(family.body()));
        let inside = inside.filter(|rest| rest.is_empty() || rest.starts_with('/'));
        match (token, inside.map(|rest| rest.trim_start_matches('/')), &mut statement) {
            (Token::Open, Some(""), _) => {
                emitter.summary.statements = emitter.summary.statements.saturating_add(1);
                statement = Some(Statement::new(family, emitter.summary.statements, line));
            }
            (Token::Close, Some(""), _) => {
                if let Some(whole) = statement.take() {
                    whole.finish(line, &mut emitter);
                }
            }
            (Token::Open, Some(inside), Some(statement)) => statement.open(inside, at, &mut emitter),
            (Token::Close, Some(inside), Some(statement)) => statement.close(inside, leaf, &mut emitter),
            // An envelope may hold messages of more than one kind.
            (Token::Open, None, None) if below.is_none() => {
                let name = elements.path().rsplit_once('/').map_or(elements.path(), |(_, name)| name);
                if let Some(other) = Family::of_message(name) {
                    (family, message) = (other, elements.path().to_owned());
                }
            }
            (Token::Open | Token::Close, _, _) => {}
            (Token::End, _, _) if emitter.summary.statements == 0 => {
                return Err(ImportError { reason: Refusal::NoStatement, line });
            }
            (Token::End, _, _) => break,
        }
    }
    Ok(emitter.summary)
}

/// Moves to the opening of the message. Envelopes around `Document` are passed over: gateways add them.
fn find_message<R: BufRead>(elements: &mut Elements<R>, emitter: &mut Emitter<'_>) -> Result<Family, ImportError> {
    let (mut root, mut document_seen) = (String::new(), false);
    loop {
        let token = elements.next()?;
        let (parents, name) = elements.path().rsplit_once('/').unwrap_or(("", elements.path()));
        let refuse = |reason| Err(ImportError { reason, line: elements.line() });
        match token {
            Token::Open if name == "Document" || Family::of_message(name).is_some() => {
                document_seen = true;
                if let Some(namespace) = elements.namespace() {
                    let Some(()) = check(namespace, elements.line(), emitter) else {
                        return refuse(Refusal::WrongDocument(values::excerpt(namespace)));
                    };
                }
                if let Some(family) = Family::of_message(name) {
                    return Ok(family);
                }
            }
            Token::Open if parents == "Document" || parents.ends_with("/Document") => {
                return refuse(Refusal::WrongDocument(values::excerpt(name)));
            }
            Token::Open if root.is_empty() => root = values::excerpt(name),
            Token::Open | Token::Close => {}
            Token::End if document_seen => return refuse(Refusal::NoStatement),
            Token::End => return refuse(Refusal::WrongDocument(root)),
        }
    }
}

/// Austrian and Swiss banks have namespaces of their own, so only a namespace that names another message gives none.
/// A version that is not known is read, with a word of warning.
fn check(namespace: &str, line: u64, emitter: &mut Emitter<'_>) -> Option<()> {
    let Some(family) = Family::of_namespace(namespace) else {
        let other = ["camt.", "pain.", "pacs."].iter().any(|other| namespace.contains(other));
        return (!other).then_some(());
    };
    if family.unknown_version(namespace) {
        let place = Place { line, entry: None, field: "Document" };
        let name = family.name();
        let words = both(
            format!("this version of {name} is not known (01 to 13 are); compare the lines with the bank's own list"),
            format!(
                "diese Fassung von {name} ist nicht bekannt (01 bis 13 sind es); vergleichen Sie mit der Liste der Bank"
            ),
        );
        emitter.warn(place, "unknown_version", words);
    }
    Some(())
}

/// A piece of a file's text.
pub(super) fn excerpt(input: impl BufRead, span: Span) -> Result<String, ImportError> {
    text::excerpt(input, span)
}
