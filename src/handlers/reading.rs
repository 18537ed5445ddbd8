//! Strict reading of JSON bodies and query strings: what serde says becomes a code, a place and the known names; all
//! that is wrong with the structure is said at once.

mod objects;
mod repair;
mod sentence;

use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use self::objects::Objects;
use crate::error::{Code, Error, FieldError, Place, Reason};

/// In larger bodies only the first fault is named: finding them all reads the body once for each.
const THOROUGH_MAX: usize = 64 * 1024;
/// Longest value of a query parameter, in characters. The OpenAPI document says so too.
pub const PARAMETER_TEXT_MAX: usize = 500;
/// The parameter with the place in a list; it has a code of its own for whatever is wrong with it.
pub const CURSOR: &str = "cursor";
/// More wrong parameters than this are not named.
const PARAMETERS_MAX: usize = 20;

/// Reads a JSON body.
///
/// # Errors
/// `malformed_body`; `unknown_field`, `missing_field`, `invalid_value`, all of them with their pointers.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(Objects(&mut reader)).map_err(|error| {
        let path = pointer(error.path());
        refused::<T>(bytes, &sentence::understood(&error.into_inner().to_string(), &path, Place::Body))
    })?;
    reader.end().map_err(no_json)?;
    if may_hold_controls(bytes)
        && let Some((place, reason)) = serde_json::from_slice(bytes).ok().and_then(|all| control_in(&all, ""))
    {
        return Err(Error::wrong(reason).at(place));
    }
    Ok(value)
}

/// Why a body was refused: it is no JSON, or its structure is wrong, beginning with `first`.
fn refused<T: DeserializeOwned>(bytes: &[u8], first: &FieldError) -> Error {
    let whole: serde_json::Value = match serde_json::from_slice(bytes) {
        Ok(whole) => whole,
        Err(error) => return no_json(error),
    };
    let all = if bytes.len() <= THOROUGH_MAX { repair::faults::<T>(whole) } else { Vec::new() };
    // What only the text shows, such as a member that is given twice, is not in the value any more.
    let seen = all.iter().any(|fault| fault.pointer == first.pointer);
    let unseen = (!seen).then(|| first.clone());
    Error::invalid(unseen.into_iter().chain(all).collect())
}

fn no_json(error: serde_json::Error) -> Error {
    let located = Error::new(Code::MalformedBody).with("reason", Reason::NoJson);
    located.with("line", error.line()).with("column", error.column()).because(error)
}

/// The client stopped sending.
pub fn broken_off(cause: impl Display) -> Error {
    Error::new(Code::MalformedBody).with("reason", Reason::BrokenStream).because(cause)
}

/// Cheap, and may be wrong: then the parsed texts decide. Controls below U+0020 are JSON only when they are escaped.
fn may_hold_controls(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| matches!(byte, b'\\' | 0x7f | 0xc2))
}

/// The first control character of a text. PostgreSQL refuses NUL in text, SQLite keeps it: neither shall ever see one.
fn control(text: &str) -> Option<Reason> {
    let found = text.chars().find(|letter| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r'))?;
    Some(if found == '\0' { Reason::NulCharacter } else { Reason::ControlCharacter })
}

/// Where a text holds a control character, and which kind.
fn control_in(value: &serde_json::Value, place: &str) -> Option<(String, Reason)> {
    match value {
        serde_json::Value::String(text) => control(text).map(|reason| (place.to_owned(), reason)),
        serde_json::Value::Array(all) => {
            all.iter().enumerate().find_map(|(index, value)| control_in(value, &format!("{place}/{index}")))
        }
        serde_json::Value::Object(all) => all.iter().find_map(|(name, value)| {
            let below = format!("{place}/{}", sentence::escaped(name));
            control(name).map(|reason| (place.to_owned(), reason)).or_else(|| control_in(value, &below))
        }),
        _ => None,
    }
}

/// Reads a query string.
///
/// # Errors
/// `unknown_parameter` with the nearest known one, `missing_field`, `invalid_value`, `reference_not_found`: all of them.
pub fn query<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let fault = match read_query::<T>(text) {
        Err(fault) => fault,
        Ok(value) => {
            let faults = form_urlencoded::parse(text.as_bytes()).filter_map(|(name, value)| text_fault(&name, &value));
            let faults: Vec<FieldError> = faults.collect();
            return if faults.is_empty() { Ok(value) } else { Err(Error::invalid(faults)) };
        }
    };
    Err(Error::invalid(query_faults::<T>(text, fault)))
}

/// Takes a parameter that may be repeated out of a query: its values, split at commas, and the query without it.
pub fn repeated(text: &str, name: &str) -> (Option<Vec<String>>, String) {
    let (own, rest): (Vec<_>, Vec<_>) = form_urlencoded::parse(text.as_bytes()).partition(|(given, _)| given == name);
    let values = own.iter().flat_map(|(_, value)| value.split(',')).map(|value| value.trim().to_owned());
    let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish();
    ((!own.is_empty()).then(|| values.collect()), rest)
}

/// What is wrong with a text of a query, whatever it means. No cursor of ours is as long as the longest text.
fn text_fault(name: &str, value: &str) -> Option<FieldError> {
    let length = value.chars().count();
    let error = match control(value) {
        Some(reason) => Error::wrong(reason),
        // What is no UTF-8 was replaced when it was decoded.
        None if value.contains(char::REPLACEMENT_CHARACTER) => Error::wrong(Reason::Unreadable),
        None if length > PARAMETER_TEXT_MAX => {
            Error::wrong(Reason::TextLength).with("max", PARAMETER_TEXT_MAX).with("given", length)
        }
        None => return None,
    };
    let error = if name == CURSOR { Error::new(Code::InvalidCursor) } else { error };
    let (code, params) = (error.code(), error.params().clone());
    Some(FieldError { place: Place::Query, pointer: name.to_owned(), code, params })
}

fn read_query<T: DeserializeOwned>(text: &str) -> Result<T, FieldError> {
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let name = pointer(error.path()).trim_start_matches('/').to_owned();
        sentence::understood(&error.into_inner().to_string(), &name, Place::Query)
    })
}

/// As for bodies: what is wrong is noted and left out, what is missing is added, and the rest is read again.
fn query_faults<T: DeserializeOwned>(text: &str, first: FieldError) -> Vec<FieldError> {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let mut found = vec![first];
    while let Some(last) = found.last().filter(|_| found.len() < PARAMETERS_MAX) {
        pairs.retain(|(name, _)| *name != last.pointer);
        if last.code == Code::MissingField {
            pairs.push((last.pointer.clone(), String::new()));
        }
        let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        match read_query::<T>(&rest) {
            Err(next) if found.iter().all(|known| known.pointer != next.pointer) => found.push(next),
            _ => break,
        }
    }
    found
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", sentence::escaped(key)),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
