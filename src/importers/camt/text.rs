//! How do the bytes of an XML file become text, whatever their encoding?

use std::io::{self, BufRead, Chain, Cursor, Read};

use quick_xml::encoding::DecodingReader;
use quick_xml::events::BytesDecl;

use super::super::{ImportError, Refusal, Span};

/// Where an XML declaration must have ended.
const DECLARATION_MAX: u64 = 512;

/// The first bytes, looked at for the encoding, and the rest, decoded.
pub(super) type Decoded<R> = DecodingReader<Chain<Cursor<Vec<u8>>, R>>;

/// The text as UTF-8.
pub(super) fn decoded<R: BufRead>(mut input: R) -> Result<Decoded<R>, ImportError> {
    let head = read_head(&mut input).map_err(|error| refused(Refusal::Read(error.to_string())))?;
    let label = declared_encoding(&head);
    let mut decoder = DecodingReader::new(Cursor::new(head).chain(input));
    if let Some(label) = label {
        // BytesDecl looks the label up, so that we need not depend on the table of encodings ourselves.
        let declaration = BytesDecl::new("1.0", Some(&label), None);
        let encoding = declaration.encoder().ok_or_else(|| refused(Refusal::Encoding(format!("'{label}'"))))?;
        decoder.set_encoding(encoding);
    }
    Ok(decoder)
}

fn refused(reason: Refusal) -> ImportError {
    ImportError { reason, line: 1 }
}

/// A piece of the text.
pub(super) fn excerpt(input: impl BufRead, span: Span) -> Result<String, ImportError> {
    let unread = |error: io::Error| refused(Refusal::Read(error.to_string()));
    let mut text = decoded(input)?;
    io::copy(&mut text.by_ref().take(span.offset), &mut io::sink()).map_err(unread)?;
    let mut piece = Vec::new();
    text.take(span.length).read_to_end(&mut piece).map_err(unread)?;
    // The longest piece may end in the middle of a letter.
    Ok(String::from_utf8_lossy(&piece).into_owned())
}

fn read_head(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    input.take(DECLARATION_MAX).read_to_end(&mut head)?;
    Ok(head)
}

/// The encoding the XML declaration names, unless the first bytes already prove a Unicode form.
///
/// Done before quick-xml sees the file, because its decoder cannot change its mind once some text is decoded and
/// would take "UTF-16" for little-endian. A file in single bytes that claims UTF-16 is a common exporter's error.
fn declared_encoding(head: &[u8]) -> Option<String> {
    if head.starts_with(&[0xEF, 0xBB, 0xBF]) || head.iter().take(4).any(|byte| matches!(byte, 0 | 0xFE | 0xFF)) {
        return None;
    }
    let text: String = head.iter().map(|byte| char::from(*byte)).collect();
    let declaration = text.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|character| matches!(character, '"' | '\''))?;
    let label = value.strip_prefix(quote)?.split_once(quote)?.0.trim();
    (!label.to_ascii_lowercase().starts_with("utf-16")).then(|| label.to_owned())
}
