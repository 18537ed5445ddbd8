//! How does XML of unknown origin become a sequence of elements without ever taking much memory?
//!
//! Wraps quick-xml with what it leaves to its user: limits on depth and length, refusal of document types and
//! entities, end of file inside an element, declared encodings, line numbers. Knows nothing of bank statements.
//! It must never follow a reference, never resolve an entity and never buffer more than one element.

use std::io::{self, BufRead, Read};

use quick_xml::errors::{Error as XmlError, IllFormedError, SyntaxError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::super::{ImportError, Refusal};
use super::text::{Decoded, decoded};

/// Real statements nest 15 deep.
const DEPTH_MAX: usize = 64;
/// Longest text, tag or comment. The standard's longest text is 500 characters, real banks exceed that a little.
const LENGTH_MAX: usize = 64 * 1024;
/// How much of one event a source may hand out at once, so that the limit above also holds for a file in memory.
const CHUNK: usize = 8 * 1024;

/// What [`Elements::next`] has come to; path, text and attributes are asked for separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    End,
}

/// The text, limited.
type Source<R> = Bounded<Decoded<R>>;

/// The elements of one XML document, in order.
pub(super) struct Elements<R: BufRead> {
    reader: Reader<Source<R>>,
    buffer: Vec<u8>,
    path: Path,
    text: String,
    currency: Option<String>,
    namespace: Option<String>,
    line: u64,
    start: u64,
    closing: bool,
    root_seen: bool,
}

impl<R: BufRead> Elements<R> {
    pub(super) fn new(input: R) -> Result<Self, ImportError> {
        let inner = decoded(input)?;
        let mut reader = Reader::from_reader(Bounded { inner, used: 0, offset: 0, newlines: 0, exceeded: false });
        reader.config_mut().expand_empty_elements = true;
        Ok(Self {
            reader,
            buffer: Vec::new(),
            path: Path::default(),
            text: String::new(),
            currency: None,
            namespace: None,
            line: 1,
            start: 0,
            closing: false,
            root_seen: false,
        })
    }

    /// Names of the open elements without prefixes, joined by slashes. On [`Token::Close`] it includes the closing one.
    pub(super) fn path(&self) -> &str {
        &self.path.text
    }

    /// The text of the element that closes, if it had no children.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The attribute `Ccy` of the last opened element.
    pub(super) fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// The namespace the last opened element declares for itself.
    pub(super) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The line in which the current tag starts, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Where the current tag begins, and where what follows it does: in bytes of the text as UTF-8, whatever the encoding
    /// of the file, without a byte order mark.
    pub(super) fn range(&self) -> (u64, u64) {
        (self.start, self.reader.get_ref().offset)
    }

    pub(super) fn next(&mut self) -> Result<Token, ImportError> {
        if self.closing {
            self.path.pop();
            self.text.clear();
            self.closing = false;
        }
        loop {
            self.buffer.clear();
            (self.line, self.start) = self.reader.get_mut().begin_event();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => return Err(refusal(error, &self.buffer, self.reader.get_ref(), self.line)),
            };
            let here = |reason| at(self.line, reason);
            match event {
                // quick-xml is told above to open and close empty elements; Empty does not occur.
                Event::Start(tag) | Event::Empty(tag) => {
                    if self.root_seen && self.path.depth() == 0 {
                        return Err(here(Refusal::NotXml("a second document follows the first".to_owned())));
                    }
                    self.root_seen = true;
                    self.text.clear();
                    self.path.push(tag.local_name().into_inner()).map_err(here)?;
                    (self.currency, self.namespace) = attributes(&tag).map_err(here)?;
                    return Ok(Token::Open);
                }
                Event::End(_) => {
                    self.closing = true;
                    return Ok(Token::Close);
                }
                Event::Text(text) => append(&mut self.text, &text, &self.path).map_err(here)?,
                Event::CData(text) => append(&mut self.text, &text, &self.path).map_err(here)?,
                Event::GeneralRef(name) => {
                    let character = resolve(&name).map_err(here)?;
                    append(&mut self.text, character.encode_utf8(&mut [0; 4]), &self.path).map_err(here)?;
                }
                Event::DocType(_) => return Err(here(Refusal::Dtd)),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof if self.path.depth() > 0 => return Err(here(Refusal::Truncated)),
                Event::Eof if !self.root_seen => return Err(here(Refusal::NotXml("no element".to_owned()))),
                Event::Eof => return Ok(Token::End),
            }
        }
    }
}

fn at(line: u64, reason: Refusal) -> ImportError {
    ImportError { reason, line }
}

/// The open elements, as one string with marks, because a vector of strings would allocate for each element.
#[derive(Default)]
struct Path {
    text: String,
    ends: Vec<usize>,
}

impl Path {
    fn depth(&self) -> usize {
        self.ends.len()
    }

    fn push(&mut self, name: &str) -> Result<(), Refusal> {
        if self.depth() >= DEPTH_MAX {
            return Err(Refusal::NestingTooDeep(DEPTH_MAX));
        }
        self.ends.push(self.text.len());
        if !self.text.is_empty() {
            self.text.push('/');
        }
        self.text.push_str(name);
        Ok(())
    }

    fn pop(&mut self) {
        self.text.truncate(self.ends.pop().unwrap_or(0));
    }
}

fn append(text: &mut String, more: &str, path: &Path) -> Result<(), Refusal> {
    if path.depth() == 0 {
        // Some mailers pad with NUL or end files with Ctrl-Z; other text beside the root is not XML.
        let blank = more.chars().all(|character| character.is_whitespace() || character.is_control());
        return if blank { Ok(()) } else { Err(Refusal::NotXml("text outside of any element".to_owned())) };
    }
    if text.len().saturating_add(more.len()) > LENGTH_MAX {
        return Err(Refusal::ElementTooLong(LENGTH_MAX));
    }
    text.push_str(more);
    Ok(())
}

/// Resolves character references and the five entities every XML has; others could only come from a document type.
fn resolve(name: &str) -> Result<char, Refusal> {
    let unknown = || Refusal::Entity(name.chars().take(20).collect());
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => {
            let number = name.strip_prefix('#').ok_or_else(unknown)?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            code.ok().and_then(char::from_u32).ok_or_else(unknown)
        }
    }
}

/// Currency and own namespace of a tag. Values stay raw: an entity in one of them just matches nothing.
fn attributes(tag: &BytesStart<'_>) -> Result<(Option<String>, Option<String>), Refusal> {
    let (mut currency, mut namespace) = (None, None);
    let own = tag.name().prefix().map(quick_xml::name::Prefix::into_inner);
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| Refusal::NotXml(error.to_string()))?;
        let key = attribute.key.into_inner();
        if key == "Ccy" {
            currency = Some(attribute.value.into_owned());
        } else if (key == "xmlns" && own.is_none()) || key.strip_prefix("xmlns:").is_some_and(|key| own == Some(key)) {
            namespace = Some(attribute.value.into_owned());
        }
    }
    Ok((currency, namespace))
}

fn refusal<R>(error: XmlError, buffer: &[u8], source: &Bounded<R>, line: u64) -> ImportError {
    let in_document_type = buffer.starts_with(b"<!D") || buffer.starts_with(b"<!d");
    let reason = match error {
        _ if in_document_type => Refusal::Dtd,
        _ if source.exceeded => Refusal::ElementTooLong(LENGTH_MAX),
        XmlError::IllFormed(IllFormedError::MissingDoctypeName) | XmlError::Syntax(SyntaxError::UnclosedDoctype) => {
            Refusal::Dtd
        }
        XmlError::Syntax(SyntaxError::InvalidBangMarkup) => Refusal::NotXml("unknown markup".to_owned()),
        XmlError::Syntax(_) => return at(source.line(), Refusal::Truncated),
        XmlError::Encoding(error) => return at(source.line(), Refusal::Encoding(error.to_string())),
        XmlError::Io(error) => return at(source.line(), Refusal::Read(error.to_string())),
        other => Refusal::NotXml(other.to_string()),
    };
    at(line, reason)
}

/// A source that counts lines and bytes, and gives no more than [`LENGTH_MAX`] bytes to one event: quick-xml buffers an
/// event whole, however long it is.
struct Bounded<R> {
    inner: R,
    used: usize,
    /// Bytes that went by.
    offset: u64,
    newlines: u64,
    exceeded: bool,
}

impl<R> Bounded<R> {
    /// The line and the place at which it begins.
    fn begin_event(&mut self) -> (u64, u64) {
        self.used = 0;
        (self.line(), self.offset)
    }

    fn line(&self) -> u64 {
        self.newlines.saturating_add(1)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used > LENGTH_MAX {
            self.exceeded = true;
            return Err(io::Error::other("element too long"));
        }
        if let Err(error) = self.inner.fill_buf().map(|_| ()) {
            // What could be decoded in front of the fault is still there, and its lines count.
            let before = self.inner.fill_buf().map(newlines).unwrap_or(0);
            self.newlines = self.newlines.saturating_add(before);
            return Err(error);
        }
        let available = self.inner.fill_buf()?;
        Ok(available.get(..CHUNK).unwrap_or(available))
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(available) = self.inner.fill_buf() {
            let consumed = available.get(..amount).unwrap_or(available);
            self.newlines = self.newlines.saturating_add(newlines(consumed));
        }
        self.used = self.used.saturating_add(amount);
        self.offset = self.offset.saturating_add(u64::try_from(amount).unwrap_or(u64::MAX));
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(target)?;
        self.consume(count);
        Ok(count)
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    // Most events have none, and asking first is much faster than counting.
    if !bytes.contains(&b'\n') {
        return 0;
    }
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).fold(0, u64::saturating_add)
}
