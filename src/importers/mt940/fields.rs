//! Which fields (`:20:` … `:86:`) are in the lines of a SWIFT message?
//!
//! A field goes on until a line begins with the next tag. Inside the text `:86:` only known tags end it,
//! because banks wrap times: `T13` and on the next line `:12:11`. Headers in braces and the hyphen at a message's end are
//! marks between messages. A field keeps a limited text; how much was cut off can be asked. It interprets no field.

use std::io::BufRead;

use super::super::ImportError;
use super::lines::{Line, Lines};

/// Most text of one field. The standard has 400 characters; banks exceed that, none by a hundred times.
pub(super) const FIELD_MAX: usize = 32 * 1024;
/// What a line weighs without its text.
pub(super) const LINE_WEIGHT: usize = 32;

/// One field, as it stands in the file.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) tag: String,
    /// The text behind the tag, line by line, without control characters.
    pub(super) lines: Vec<String>,
    /// Number of its first line.
    pub(super) line: u64,
    pub(super) offset: u64,
    pub(super) end: u64,
    /// Its text was too long to keep all of it.
    pub(super) cut: bool,
    /// An end of line follows its last line.
    pub(super) ended: bool,
    weight: usize,
}

impl Field {
    fn new(tag: &str, text: &str, line: &Line) -> Self {
        let start = Self { tag: tag.to_owned(), line: line.number, offset: line.offset, ..Self::default() };
        let mut field = start;
        field.push(text, line);
        field
    }

    fn push(&mut self, text: &str, line: &Line) {
        (self.end, self.ended) = (line.end, line.ended);
        self.weight = self.weight.saturating_add(text.len()).saturating_add(LINE_WEIGHT);
        if self.weight > FIELD_MAX {
            self.cut = true;
        } else {
            self.lines.push(text.to_owned());
        }
    }

    /// The text on one line, without blanks: for fields that have none.
    pub(super) fn compact(&self) -> String {
        self.lines.iter().flat_map(|line| line.chars()).filter(|character| !character.is_whitespace()).collect()
    }
}

/// What the lines of a file come to.
#[derive(Debug)]
pub(super) enum Item {
    Field(Field),
    /// A message ends or begins.
    Break,
    /// Text that belongs to no field; said once for lines that follow each other.
    Stray(u64),
}

pub(super) struct Fields<R> {
    lines: Lines<R>,
    open: Option<Field>,
    /// A line that is to be looked at again, after what it ended was handed out.
    again: Option<Line>,
    in_stray: bool,
}

impl<R: BufRead> Fields<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { lines: Lines::new(input), open: None, again: None, in_stray: false }
    }

    pub(super) const fn line(&self) -> u64 {
        self.lines.number()
    }

    /// The next item, `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Item>, ImportError> {
        loop {
            let line = match self.again.take() {
                Some(line) => line,
                None => match self.lines.next()? {
                    Some(line) => line,
                    None => return Ok(self.open.take().map(Item::Field)),
                },
            };
            let line = self.rejoin_tag(line)?;
            if let Some(item) = self.take(line) {
                return Ok(Some(item));
            }
        }
    }

    /// A colon alone on its line lost the rest of its tag to the next one.
    fn rejoin_tag(&mut self, line: Line) -> Result<Line, ImportError> {
        if line.text.trim_end() != ":" {
            return Ok(line);
        }
        match self.lines.next()? {
            Some(next) if next.text.starts_with(|first: char| first.is_ascii_digit()) => {
                Ok(Line { text: format!(":{}", next.text), offset: line.offset, ..next })
            }
            next => {
                self.again = next;
                Ok(line)
            }
        }
    }

    fn take(&mut self, line: Line) -> Option<Item> {
        if let Some(rest) = mark(&line.text) {
            if let Some(open) = self.open.take() {
                self.again = Some(line);
                return Some(Item::Field(open));
            }
            self.in_stray = false;
            if !rest.is_empty() {
                self.again = Some(Line { text: rest.to_owned(), ..line });
            }
            return Some(Item::Break);
        }
        let found = tag(&line.text).filter(|(tag, rest)| self.begins_field(tag, rest));
        if let Some((tag, rest)) = found {
            self.in_stray = false;
            let next = Field::new(tag, rest, &line);
            return self.open.replace(next).map(Item::Field);
        }
        match &mut self.open {
            Some(open) => {
                open.push(&line.text, &line);
                None
            }
            None if line.text.trim().is_empty() || self.in_stray => None,
            None => {
                self.in_stray = true;
                Some(Item::Stray(line.number))
            }
        }
    }

    /// A text for people goes on over what looks like a tag, and is only part of a time or of a sentence.
    fn begins_field(&self, tag: &str, rest: &str) -> bool {
        let Some(text) = self.open.as_ref().filter(|open| open.tag == "86") else { return true };
        match tag {
            "61" | "64" | "65" | "86" => true,
            "13" | "20" | "21" | "25" | "28" => !wrapped_time(text, rest),
            _ => tag.len() > 2 || tag == "NS",
        }
    }
}

/// Whether `rest` are the seconds, or what follows the minutes, of a time that began at the end of the last line.
fn wrapped_time(field: &Field, rest: &str) -> bool {
    let digits = |text: &str| text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let last = field.lines.last().map_or("", String::as_str);
    let hours = last.get(last.len().saturating_sub(2)..).is_some_and(digits);
    let seconds = rest.get(..2).is_some_and(digits) && !rest.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
    hours && seconds
}

/// The end of a message, or the beginning of one with what follows its headers on the same line.
fn mark(line: &str) -> Option<&str> {
    let text = line.trim();
    if text.starts_with("{1:") || text.starts_with("-}") {
        return Some(text.split_once("{4:").map_or("", |(_, rest)| rest));
    }
    (text == "-").then_some("")
}

/// The tag a line begins with, and what follows it.
fn tag(line: &str) -> Option<(&str, &str)> {
    let (tag, rest) = line.strip_prefix(':')?.split_once(':')?;
    let shape = match tag.as_bytes() {
        [first, second] => first.is_ascii_digit() && second.is_ascii_digit(),
        [first, second, option] => first.is_ascii_digit() && second.is_ascii_digit() && option.is_ascii_uppercase(),
        _ => false,
    };
    (shape || tag == "NS").then_some((tag, rest))
}

/// Where a field is in the text of its file.
pub(super) fn span(offset: u64, end: u64) -> super::super::Span {
    super::super::Span { offset, length: end.saturating_sub(offset) }
}

/// Whether some lines are wrapped where the room ended, so that the next one goes on without a blank.
pub(super) fn is_full(text: &str, room: usize) -> bool {
    text.chars().count() >= room
}
