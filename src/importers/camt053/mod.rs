//! How does a CAMT.053 file (ISO 20022 account statement, versions 02 to 13) become statement events?
//!
//! One pass over the elements, told apart by their path below `BkToCstmrStmt`, whatever the namespace prefix:
//! `xml` reads elements within limits, `statement` keeps header and balances, `entry` collects what an `Ntry` says,
//! `line` decides what lines that makes, `values` reads single texts. Nothing of a statement is kept but its header,
//! its sums and the current entry. Must never look at the schema, the clock or a database.

mod entry;
mod line;
mod statement;
mod values;
mod xml;

#[cfg(test)]
mod tests;

use std::io::BufRead;
use std::ops::ControlFlow;

use self::entry::Leaf;
use self::statement::Statement;
use self::xml::{Elements, Token};
use super::emitter::{Emitter, Place};
use super::{ImportError, Refusal, StatementEvent, Summary};

const MESSAGE: &str = "BkToCstmrStmt";

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
    find_message(&mut elements, &mut emitter)?;
    let message = elements.path().to_owned();
    let mut statement = None;
    while !emitter.summary.stopped {
        let token = elements.next()?;
        let below = elements.path().strip_prefix(&*message).and_then(|path| path.strip_prefix('/')).unwrap_or("");
        let leaf = Leaf { text: elements.text(), currency: elements.currency(), line: elements.line() };
        match token {
            Token::Open => open(&mut statement, below, leaf.line, &mut emitter),
            Token::Close => close(&mut statement, below, leaf, &mut emitter),
            Token::End if emitter.summary.statements == 0 => {
                return Err(ImportError { reason: Refusal::NoStatement, line: leaf.line });
            }
            Token::End => break,
        }
    }
    Ok(emitter.summary)
}

fn open(statement: &mut Option<Statement>, path: &str, line: u64, emitter: &mut Emitter<'_>) {
    if path == "Stmt" {
        emitter.summary.statements = emitter.summary.statements.saturating_add(1);
        *statement = Some(Statement::new(emitter.summary.statements, line));
    } else if let (Some(statement), Some(below)) = (statement, path.strip_prefix("Stmt/")) {
        statement.open(below, line, emitter);
    }
}

fn close(statement: &mut Option<Statement>, path: &str, leaf: Leaf<'_>, emitter: &mut Emitter<'_>) {
    if path == "Stmt" {
        if let Some(statement) = statement.take() {
            statement.finish(leaf.line, emitter);
        }
    } else if let (Some(statement), Some(below)) = (statement, path.strip_prefix("Stmt/")) {
        statement.close(below, leaf, emitter);
    }
}

/// Moves to the opening of the message. Envelopes around `Document` are passed over: gateways add them.
fn find_message<R: BufRead>(elements: &mut Elements<R>, emitter: &mut Emitter<'_>) -> Result<(), ImportError> {
    let (mut root, mut document_seen) = (String::new(), false);
    loop {
        let token = elements.next()?;
        let (parents, name) = elements.path().rsplit_once('/').unwrap_or(("", elements.path()));
        let refuse = |reason| Err(ImportError { reason, line: elements.line() });
        match token {
            Token::Open if name == MESSAGE || name == "Document" => {
                document_seen = true;
                if let Some(namespace) = elements.namespace() {
                    if is_other_message(namespace) {
                        return refuse(Refusal::WrongDocument(values::excerpt(namespace)));
                    }
                    check_version(namespace, elements.line(), emitter);
                }
                if name == MESSAGE {
                    return Ok(());
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

/// Austrian and Swiss banks have namespaces of their own, so only a namespace that names another message is refused.
fn is_other_message(namespace: &str) -> bool {
    !namespace.contains("camt.053") && ["camt.", "pain.", "pacs."].iter().any(|other| namespace.contains(other))
}

fn check_version(namespace: &str, line: u64, emitter: &mut Emitter<'_>) {
    let version = namespace.split_once("camt.053.001.").and_then(|(_, version)| version.get(..2)?.parse::<u8>().ok());
    if version.is_some_and(|version| !(2..=13).contains(&version)) {
        let place = Place { line, entry: None, field: "Document" };
        let message =
            "this version of camt.053 is not known (02 to 13 are); compare the lines with the bank's own list";
        emitter.warn(place, "unknown_version", message);
    }
}
