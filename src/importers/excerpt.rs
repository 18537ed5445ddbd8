//! The text of a piece of a statement file, as the file has it: what a reader's [`Span`] points at.

use std::io::{BufRead, BufReader, Read, Seek};

use super::{Format, ImportError, Span, archive, camt, csv, mt940};

/// Bytes that are given at most; a batch booking names thousands of payments in one piece.
pub const EXCERPT_MAX: u64 = 64 * 1024;

/// The piece of a plain file, in lines as the format has them; at most [`EXCERPT_MAX`] bytes of it. Empty behind the end of
/// the file.
///
/// # Errors
/// [`ImportError`] when the file cannot be read so far.
pub fn excerpt(format: Format, input: impl BufRead, reader: &csv::Reader, span: Span) -> Result<String, ImportError> {
    let span = Span { length: span.length.min(EXCERPT_MAX), ..span };
    match format {
        Format::Camt(_) => camt::excerpt(input, span),
        Format::Mt940 => mt940::excerpt(input, span),
        Format::Csv => csv::excerpt(input, reader, span),
    }
}

/// The same of a file in an archive.
///
/// # Errors
/// As [`excerpt`], and when the archive cannot be read.
pub fn excerpt_of_part(
    input: impl Read + Seek,
    part: &str,
    reader: &csv::Reader,
    span: Span,
) -> Result<String, ImportError> {
    archive::with_part(input, part, |format, content| excerpt(format, BufReader::new(content), reader, span))
}

/// Lines of a text, each with its place, taken together as far as they lie in a piece.
#[derive(Debug)]
pub(super) struct Lines {
    span: Span,
    text: String,
}

impl Lines {
    pub(super) const fn of(span: Span) -> Self {
        Self { span, text: String::new() }
    }

    /// Takes a line in; `false` when the piece has ended.
    pub(super) fn take(&mut self, offset: u64, line: &str) -> bool {
        let end = self.span.offset.saturating_add(self.span.length);
        if offset >= self.span.offset && offset < end {
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            self.text.push_str(line);
        }
        offset < end
    }

    pub(super) fn text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_piece_are_those_that_begin_in_it() {
        let mut lines = Lines::of(Span { offset: 4, length: 6 });
        for (offset, line, more) in [(0, "abc", true), (4, "ef", true), (7, "hi", true), (10, "k", false)] {
            assert_eq!(lines.take(offset, line), more);
        }
        assert_eq!(lines.text(), "ef\nhi");
    }
}
