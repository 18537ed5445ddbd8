//! All structural faults of a body at once. serde stops at the first; so what is wrong is noted, mended in a copy, and
//! the copy is read again: an unknown member is taken out, a missing or mistyped one is filled with something that the
//! type accepts. The copy serves for nothing else, and what stands below a filled place is not the client's fault.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::objects::Objects;
use super::{pointer, sentence};
use crate::error::{Code, FieldError, Place};

/// More than this are not named.
const FAULTS_MAX: usize = 20;
/// Bounds the work: filling an object costs one try for each of its members.
const TRIES_MAX: usize = 60;

/// What is wrong with the structure of a body, in the order in which serde meets it.
pub fn faults<T: DeserializeOwned>(mut body: Value) -> Vec<FieldError> {
    let (mut found, mut filled) = (Vec::new(), Vec::<String>::new());
    for _ in 0..TRIES_MAX {
        let Some(fault) = fault::<T>(&body) else { break };
        let place = fault.pointer.clone();
        let mended =
            if fault.code == Code::UnknownField { remove(&mut body, &place) } else { fill::<T>(&mut body, &place) };
        if !filled.iter().any(|above| place.strip_prefix(above).is_some_and(|below| below.starts_with('/'))) {
            found.push(fault);
        }
        if !mended || found.len() == FAULTS_MAX {
            break;
        }
        filled.push(place);
    }
    found
}

fn fault<T: DeserializeOwned>(body: &Value) -> Option<FieldError> {
    let error = serde_path_to_error::deserialize::<_, T>(Objects(body)).err()?;
    let path = pointer(error.path());
    Some(sentence::understood(&error.into_inner().to_string(), &path, Place::Body))
}

/// Whether something was found that the type accepts at this place.
fn fill<T: DeserializeOwned>(body: &mut Value, place: &str) -> bool {
    let mut candidates =
        vec![json!("2000-01-01"), json!([]), json!({}), json!(false), json!(0), json!(""), Value::Null];
    while let Some(candidate) = candidates.pop() {
        if !put(body, place, candidate) {
            return false;
        }
        let Some(next) = fault::<T>(body).filter(|next| next.pointer == place) else { return true };
        // A list of codes names what it accepts.
        let known =
            next.params.iter().find(|(name, _)| *name == "known").and_then(|(_, known)| known.split(", ").next());
        if let Some(known) = known.map(Value::from).filter(|known| body.pointer(place) != Some(known)) {
            candidates.push(known);
        }
    }
    false
}

fn put(body: &mut Value, place: &str, value: Value) -> bool {
    if let Some(slot) = body.pointer_mut(place) {
        *slot = value;
        return true;
    }
    let slot = member(body, place).map(|(members, name)| members.insert(name, value));
    slot.is_some()
}

fn remove(body: &mut Value, place: &str) -> bool {
    member(body, place).and_then(|(members, name)| members.remove(&name)).is_some()
}

/// The object that a place is a member of, and the member's name.
fn member<'a>(body: &'a mut Value, place: &str) -> Option<(&'a mut serde_json::Map<String, Value>, String)> {
    let (parent, name) = place.rsplit_once('/')?;
    let members = body.pointer_mut(parent)?.as_object_mut()?;
    Some((members, name.replace("~1", "/").replace("~0", "~")))
}
