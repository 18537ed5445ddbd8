//! `/v1/meta/enums`: every code of the document has its words, and no other.

use std::collections::{BTreeMap, BTreeSet};

use heller::domain::refund::RefundStatus;
use serde_json::Value;

use crate::support::app::TestApp;

type Codes = BTreeSet<String>;

fn codes(list: &Value) -> Codes {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `BookingType` as `booking_type`.
fn small(name: &str) -> String {
    let mut small = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !small.is_empty() {
            small.push('_');
        }
        small.extend(letter.to_lowercase());
    }
    small
}

/// Every list of codes anywhere in the document, with the place where it stands.
fn lists_of(value: &Value, place: &str, found: &mut Vec<(String, Codes)>) {
    let known = codes(&value["enum"]);
    if !known.is_empty() {
        found.push((place.to_owned(), known));
    }
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| lists_of(value, &format!("{place}/{name}"), found))
        }
        Value::Array(items) => items.iter().for_each(|value| lists_of(value, place, found)),
        _ => {}
    }
}

async fn answered() -> BTreeMap<String, Vec<Value>> {
    let app = TestApp::start().await;
    let answer = app.anonymous().get("/v1/meta/enums").await.expect(200);
    let items = answer.at("/items").as_array().unwrap();
    let pair = |item: &Value| (item["name"].as_str().unwrap().to_owned(), item["values"].as_array().unwrap().clone());
    let all: BTreeMap<String, Vec<Value>> = items.iter().map(pair).collect();
    assert_eq!(all.len(), items.len(), "a list has the name of another one");
    all
}

#[tokio::test]
async fn every_list_of_the_document_has_its_words() {
    let answered = answered().await;
    let of = |values: &Vec<Value>| values.iter().map(|value| value["code"].as_str().unwrap().to_owned()).collect();
    let known: BTreeMap<&String, Codes> = answered.iter().map(|(name, values)| (name, of(values))).collect();
    let (document, mut found, mut missing) = (heller::openapi::document(), Vec::new(), Vec::new());
    lists_of(&document, "", &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for (place, codes) in found {
        let named = place.strip_prefix("/components/schemas/").filter(|rest| !rest.contains('/'));
        let listed = match named {
            Some(name) => known.get(&small(name)) == Some(&codes),
            None => known.values().any(|known| *known == codes),
        };
        if !listed {
            missing.push(place);
        }
    }
    assert!(missing.is_empty(), "add rows to src/handlers/labels: {missing:?}");
}

#[tokio::test]
async fn every_code_is_called_something_in_both_languages() {
    for (name, values) in answered().await {
        let mut labels = BTreeSet::new();
        for value in &values {
            let (en, de) = (value["label"]["en"].as_str().unwrap(), value["label"]["de"].as_str().unwrap());
            assert!(!en.is_empty() && !de.is_empty(), "{name}: {value}");
            assert!(labels.insert((en, de)), "{name}: two codes are called '{en}' / '{de}'");
            assert!(
                value["description"].is_null() || value["description"]["de"] != value["description"]["en"],
                "{value}"
            );
            assert!(["none", "red", "yellow", "green"].contains(&value["colour"].as_str().unwrap()), "{value}");
        }
    }
}

#[tokio::test]
async fn the_colours_are_those_of_the_lists() {
    let answered = answered().await;
    let colour = |list: &str, code: &str| {
        let found = answered[list].iter().find(|value| value["code"] == code).unwrap();
        found["colour"].as_str().unwrap().to_owned()
    };
    for status in RefundStatus::ALL {
        assert_eq!(colour("refund_status", status.as_str()), status.colour().as_str(), "{status}");
    }
    let states =
        [("none", "none"), ("unassigned", "red"), ("partially_assigned", "yellow"), ("fully_assigned", "green")];
    for (state, expected) in states {
        assert_eq!(colour("assignment_state", state), expected, "{state}");
    }
}

#[tokio::test]
async fn who_has_the_words_already_does_not_get_them_again() {
    let app = TestApp::start().await;
    let first = app.anonymous().get("/v1/meta/enums").await.expect(200);
    let etag = first.header("ETag").unwrap();
    let again = app.anonymous().get("/v1/meta/enums").if_none_match(etag).await.expect(304);
    assert_eq!((again.header("ETag"), again.bytes.len()), (Some(etag), 0));
    app.anonymous().get("/v1/meta/enums").if_none_match("\"other\"").await.expect(200);
    app.anonymous().get("/v1/meta/enums?lang=de").await.problem(400, "unknown_parameter");
}
