//! serde names fields and expectations only in its sentence; this takes the sentence apart again: a code, a place, and
//! a reason that has words in every language.

use super::super::extract::kind_of_prefix;
use crate::domain::id::NO_ID_OF;
use crate::domain::text::nearest;
use crate::error::{Code, FieldError, Params, Place, Reason};

/// What a sentence of serde means. `path` is where serde was: a pointer in a body, a name in a query.
pub fn understood(sentence: &str, path: &str, place: Place) -> FieldError {
    let message = sentence.split(" at line ").next().unwrap_or(sentence);
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (name, others) = quoted.split_first().map_or(("", [].as_slice()), |(name, others)| (*name, others));
    if message.starts_with("unknown field") {
        return unknown(name, others, (path, place));
    }
    if message.starts_with("missing field") {
        let params = vec![("field", name.to_owned())];
        return FieldError { place, pointer: child(path, name, place), code: Code::MissingField, params };
    }
    if message.starts_with("duplicate field") {
        let params = vec![("reason", Reason::GivenTwice.to_string())];
        return FieldError { place, pointer: child(path, name, place), code: Code::InvalidValue, params };
    }
    if let Some(kind) = message.strip_prefix(NO_ID_OF).and_then(kind_of_prefix) {
        let params = vec![("kind", kind.to_string())];
        return FieldError { place, pointer: path.to_owned(), code: Code::ReferenceNotFound, params };
    }
    let params = if message.starts_with("unknown variant") {
        vec![("reason", Reason::NotInList.to_string()), ("known", others.join(", "))]
    } else {
        own(message).unwrap_or_else(|| vec![("reason", reason(message).to_string())])
    };
    FieldError { place, pointer: path.to_owned(), code: Code::InvalidValue, params }
}

/// Our own types refuse with an [`Error`](crate::error::Error) as text: `invalid_value name=value …`.
fn own(message: &str) -> Option<Params> {
    let values = message.strip_prefix("invalid_value ")?.split(' ').filter_map(|pair| pair.split_once('='));
    let named = |(name, value): (&str, &str)| {
        ["reason", "min", "max"].into_iter().find(|known| *known == name).map(|known| (known, value.to_owned()))
    };
    Some(values.filter_map(named).collect())
}

/// The words of serde and the standard library.
fn reason(message: &str) -> Reason {
    if message.contains("in string") || message.contains("integer from") || message.contains("target type") {
        return Reason::NeedsWholeNumber;
    }
    if message.contains("`true` or `false`") {
        return Reason::NeedsTrueOrFalse;
    }
    let expected = message.rsplit_once("expected ").map_or("", |(_, expected)| expected);
    match expected.split(' ').next_back().unwrap_or_default() {
        "string" => Reason::NeedsText,
        "boolean" => Reason::NeedsTrueOrFalse,
        "u16" | "u32" | "u64" | "i32" | "i64" => Reason::NeedsWholeNumber,
        "sequence" => Reason::NeedsList,
        "map" => Reason::NeedsObject,
        _ if expected.starts_with("struct ") => Reason::NeedsObject,
        _ => Reason::Unreadable,
    }
}

fn unknown(name: &str, known: &[&str], (path, place): (&str, Place)) -> FieldError {
    let list = if known.is_empty() { "–".to_owned() } else { known.join(", ") };
    let (code, subject) = match place {
        Place::Query => (Code::UnknownParameter, "parameter"),
        Place::Body | Place::Header | Place::Path => (Code::UnknownField, "field"),
    };
    let mut params = vec![(subject, name.to_owned()), ("known", list)];
    if let Some(nearest) = nearest(name, known) {
        params.push(("did_you_mean", nearest.to_owned()));
    }
    // serde's path of an unknown field ends in that field already.
    let ended = path.rsplit('/').next() == Some(escaped(name).as_str());
    let pointer = if ended { path.to_owned() } else { child(path, name, place) };
    FieldError { place, pointer, code, params }
}

fn child(parent: &str, name: &str, place: Place) -> String {
    match place {
        Place::Query => name.to_owned(),
        Place::Body | Place::Header | Place::Path => format!("{parent}/{}", escaped(name)),
    }
}

/// A name as a part of an RFC 6901 pointer.
pub fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
