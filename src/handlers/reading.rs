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
/// The one parameter that has a code of its own for whatever is wrong with it.
const CURSOR: &str = "cursor";
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
    // PostgreSQL refuses NUL in text, SQLite keeps it: neither shall ever see one.
    if bytes.windows(6).any(|window| window == b"\\u0000")
        && let Some(place) = serde_json::from_slice(bytes).ok().and_then(|all| nul_in(&all, ""))
    {
        return Err(Error::wrong(Reason::NulCharacter).at(place));
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

/// Where a text holds U+0000. The escape may also be an escaped backslash before `u0000`, so the parsed texts decide.
fn nul_in(value: &serde_json::Value, place: &str) -> Option<String> {
    match value {
        serde_json::Value::String(text) => text.contains('\0').then(|| place.to_owned()),
        serde_json::Value::Array(all) => {
            all.iter().enumerate().find_map(|(index, value)| nul_in(value, &format!("{place}/{index}")))
        }
        serde_json::Value::Object(all) => all.iter().find_map(|(name, value)| {
            let below = format!("{place}/{}", sentence::escaped(name));
            if name.contains('\0') { Some(place.to_owned()) } else { nul_in(value, &below) }
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
            let mut given = form_urlencoded::parse(text.as_bytes());
            return given.find_map(|(name, text)| unfit(&name, &text)).map_or(Ok(value), Err);
        }
    };
    Err(Error::invalid(query_faults::<T>(text, fault)))
}

/// What no parameter may hold, whatever it means.
fn unfit(name: &str, text: &str) -> Option<Error> {
    let length = text.chars().count();
    let error = if text.contains('\0') {
        Error::wrong(Reason::NulCharacter)
    } else if length > PARAMETER_TEXT_MAX && name != CURSOR {
        Error::wrong(Reason::TextLength).with("max", PARAMETER_TEXT_MAX).with("given", length)
    } else {
        return None;
    };
    Some(error.at_place(Place::Query, name))
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
