//! Strict reading of JSON bodies and query strings: what serde says becomes a code, a pointer and the known names.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::error::{Code, Error, FieldError, Place};

/// Reads a JSON body.
///
/// # Errors
/// `malformed_body`, `unknown_field`, `missing_field`, `invalid_value`, each with a pointer.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            refused(&inner.to_string(), &pointer, Place::Body)
        } else {
            Error::new(Code::MalformedBody).with("reason", inner)
        }
    })?;
    reader.end().map_err(|error| Error::new(Code::MalformedBody).with("reason", error))?;
    // PostgreSQL refuses NUL in text, SQLite keeps it: neither shall ever see one.
    if bytes.windows(6).any(|window| window == b"\\u0000")
        && serde_json::from_slice(bytes).is_ok_and(|all| holds_nul(&all))
    {
        let reason = "the character U+0000 is not allowed";
        return Err(Error::new(Code::InvalidValue).with("reason", reason).at(""));
    }
    Ok(value)
}

/// The escape may also be an escaped backslash before `u0000`, so the parsed texts decide.
fn holds_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(all) => all.iter().any(holds_nul),
        serde_json::Value::Object(all) => all.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// Reads a query string.
///
/// # Errors
/// `unknown_parameter` with the nearest known one, `invalid_value`.
pub fn query<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let reader = serde_urlencoded::Deserializer::new(form_pairs(text));
    let value: T = serde_path_to_error::deserialize(reader).map_err(|error| {
        let name = pointer(error.path()).trim_start_matches('/').to_owned();
        refused(&error.into_inner().to_string(), &name, Place::Query)
    })?;
    if text.contains("%00") {
        return Err(Error::new(Code::InvalidValue).with("reason", "the character U+0000 is not allowed"));
    }
    Ok(value)
}

fn form_pairs(text: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(text.as_bytes())
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// serde names fields and expectations only in its sentence; this takes the sentence apart again.
fn refused(message: &str, place_of: &str, place: Place) -> Error {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let name = quoted.first().copied().unwrap_or_default();
    if message.starts_with("unknown field") {
        return unknown(name, quoted.get(1..).unwrap_or_default(), place_of, place);
    }
    let (code, pointer) = if message.starts_with("missing field") {
        (Code::MissingField, join(place_of, name, place))
    } else {
        (Code::InvalidValue, place_of.to_owned())
    };
    let reason = message.split(" at line ").next().unwrap_or(message);
    let params = vec![("field", name.to_owned()), ("reason", reason.to_owned())];
    Error::invalid(vec![FieldError { place, pointer, code, params }])
}

fn unknown(name: &str, known: &[&str], place_of: &str, place: Place) -> Error {
    let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let nearest = known
        .iter()
        .map(|candidate| (strsim::osa_distance(name, candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 3))
        .map(|(_, candidate)| candidate);
    let (code, subject) = match place {
        Place::Query => (Code::UnknownParameter, "parameter"),
        Place::Body | Place::Header | Place::Path => (Code::UnknownField, "field"),
    };
    let mut params = vec![(subject, name.to_owned()), ("known", list)];
    if let Some(nearest) = nearest {
        params.push(("did_you_mean", nearest.to_owned()));
    }
    // serde's path of an unknown field ends in that field already.
    let pointer = match place {
        Place::Query => name.to_owned(),
        _ if place_of.rsplit('/').next() == Some(name) => place_of.to_owned(),
        _ => join(place_of, name, place),
    };
    Error::invalid(vec![FieldError { place, pointer, code, params }])
}

fn join(parent: &str, name: &str, place: Place) -> String {
    match place {
        Place::Query => name.to_owned(),
        Place::Body | Place::Header | Place::Path => format!("{parent}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Outer {
        amount: Inner,
        #[serde(default)]
        note: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Inner {
        amount: String,
    }

    fn failure(body: &str) -> (Code, String) {
        let error = json::<Outer>(body.as_bytes()).unwrap_err();
        (error.code(), error.fields().first().map_or_else(String::new, |field| field.pointer.clone()))
    }

    #[test]
    fn a_wrong_body_is_answered_with_code_and_pointer() {
        assert_eq!(failure(r#"{"amount":{"amount":1}}"#), (Code::InvalidValue, "/amount/amount".into()));
        assert_eq!(failure(r#"{"amount":{"amount":"1"},"nte":"x"}"#), (Code::UnknownField, "/nte".into()));
        assert_eq!(failure(r#"{"amount":{}}"#), (Code::MissingField, "/amount/amount".into()));
        assert_eq!(failure(r#"{}"#), (Code::MissingField, "/amount".into()));
        assert_eq!(failure(r#"{"amount":"#).0, Code::MalformedBody);
        assert_eq!(failure(r#"{"amount":{"amount":"1"}} x"#).0, Code::MalformedBody);
        assert_eq!(failure("{\"amount\":{\"amount\":\"1\"},\"note\":\"a\\u0000b\"}").0, Code::InvalidValue);
    }

    #[test]
    fn an_unknown_parameter_gets_the_nearest_known_one() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only read into")]
        struct Filter {
            folder: Option<String>,
            limit: Option<u64>,
        }
        let error = query::<Filter>("foldr=x").unwrap_err();
        assert_eq!(error.code(), Code::UnknownParameter);
        assert!(error.params().contains(&("did_you_mean", "folder".to_owned())));
        let error = query::<Filter>("limit=many").unwrap_err();
        assert_eq!((error.code(), error.fields()[0].pointer.as_str()), (Code::InvalidValue, "limit"));
        assert_eq!(query::<Filter>("limit=5&folder=a").unwrap().limit, Some(5));
    }
}
