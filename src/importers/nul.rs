//! Does a file hold NUL bytes? No format has any: something on the way put them there, or broke what was there.
//!
//! The texts are read without them, as databases refuse them, so somebody has to be told. Padding behind the end is none,
//! and in UTF-16 every other byte is one.

use std::io::{self, BufRead, Read};

/// Bytes that a mailer or an old system may put behind the end of a file.
const PADDING: [u8; 6] = [0, 0x1a, b' ', b'\t', b'\r', b'\n'];
/// How many bytes tell UTF-16.
const HEAD: usize = 4;

/// Passes bytes on and looks for the first NUL.
#[derive(Debug)]
pub(super) struct Watched<'a, R> {
    input: R,
    seen: &'a mut Seen,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Line breaks before the place that is looked at.
    breaks: u64,
    head: Vec<u8>,
    /// Line of the first NUL; it may be padding.
    first: Option<u64>,
    inside: bool,
}

impl Seen {
    /// The line of the first NUL that other bytes follow.
    pub(super) fn line(&self) -> Option<u64> {
        let wide = self.head.starts_with(b"\xff\xfe") || self.head.starts_with(b"\xfe\xff") || self.head.contains(&0);
        self.first.filter(|_| self.inside && !wide)
    }

    fn look(&mut self, bytes: &[u8]) {
        let missing = HEAD.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(missing));
        if self.inside {
            return;
        }
        let mut rest = bytes;
        if self.first.is_none() {
            let at = bytes.iter().position(|byte| *byte == 0);
            let (front, behind) = bytes.split_at(at.unwrap_or(bytes.len()));
            let breaks = front.iter().filter(|byte| **byte == b'\n').count();
            self.breaks = self.breaks.saturating_add(u64::try_from(breaks).unwrap_or(u64::MAX));
            self.first = at.map(|_| self.breaks.saturating_add(1));
            rest = behind;
        }
        self.inside = rest.iter().any(|byte| !PADDING.contains(byte));
    }
}

impl<'a, R> Watched<'a, R> {
    pub(super) const fn new(input: R, seen: &'a mut Seen) -> Self {
        Self { input, seen }
    }
}

impl<R: BufRead> BufRead for Watched<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed is still in the buffer, or nobody could have read it.
        if let Ok(buffer) = self.input.fill_buf() {
            self.seen.look(buffer.get(..amount).unwrap_or(buffer));
        }
        self.input.consume(amount);
    }
}

impl<R: BufRead> Read for Watched<'_, R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(target)?;
        self.seen.look(target.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> Option<u64> {
        let mut pieces = Seen::default();
        // In any pieces the same.
        for byte in bytes {
            pieces.look(&[*byte]);
        }
        let mut whole = Seen::default();
        whole.look(bytes);
        assert_eq!(whole.line(), pieces.line());
        let mut read = Seen::default();
        let mut watched = Watched::new(bytes, &mut read);
        while watched.fill_buf().is_ok_and(|buffer| !buffer.is_empty()) {
            watched.consume(1);
        }
        assert_eq!(read.line(), whole.line());
        whole.line()
    }

    #[test]
    fn the_first_nul_inside_is_found_and_padding_is_none() {
        assert_eq!(line(b"one\ntwo\nth\0ree"), Some(3));
        assert_eq!(line(b"one\n\0\0two\0"), Some(2));
        assert_eq!(line(b"one\ntwo\r\n\0\0\0\x1a\r\n"), None);
        assert_eq!(line(b"one\ntwo\n"), None);
        assert_eq!(line(b""), None);
        let wide: Vec<u8> = "one\ntwo".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(line(&wide), None);
        assert_eq!(line(&[b"\xff\xfe".to_vec(), wide].concat()), None);
    }
}
