use serde::Deserialize;

use super::*;

crate::codes! {
    pub enum Light { Red = "red", Green = "green" }
}

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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read into")]
struct Wide {
    name: String,
    light: Light,
    day: crate::views::day::Day,
    count: i64,
    sure: bool,
    amount: Inner,
    lines: Vec<Inner>,
    note: Option<Inner>,
}

fn failure(body: &str) -> (Code, String) {
    let error = json::<Outer>(body.as_bytes()).unwrap_err();
    (error.code(), error.fields().first().map_or_else(String::new, |field| field.pointer.clone()))
}

/// Places with the reason, or the code where there is none.
fn faults(error: &Error) -> Vec<(String, String)> {
    let reason = |field: &FieldError| {
        let given = field.params.iter().find(|(name, _)| *name == "reason").map(|(_, reason)| reason.clone());
        (field.pointer.clone(), given.unwrap_or_else(|| field.code.to_string()))
    };
    let mut all: Vec<(String, String)> = error.fields().iter().map(reason).collect();
    all.sort();
    all
}

fn said(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(place, reason)| ((*place).to_owned(), (*reason).to_owned())).collect()
}

#[test]
fn a_wrong_body_is_answered_with_code_and_pointer() {
    assert_eq!(failure(r#"{"amount":{"amount":1}}"#), (Code::InvalidValue, "/amount/amount".into()));
    assert_eq!(failure(r#"{"amount":{"amount":"1"},"nte":"x"}"#), (Code::UnknownField, "/nte".into()));
    assert_eq!(failure(r#"{"amount":{"amount":"1"},"a/b":"x"}"#), (Code::UnknownField, "/a~1b".into()));
    assert_eq!(failure(r#"{"amount":{}}"#), (Code::MissingField, "/amount/amount".into()));
    assert_eq!(failure(r#"{}"#), (Code::MissingField, "/amount".into()));
    assert_eq!(failure(r#"{"amount":"#).0, Code::MalformedBody);
    assert_eq!(failure(r#"{"nte":1"#).0, Code::MalformedBody);
    assert_eq!(failure(r#"{"amount":{"amount":"1"}} x"#).0, Code::MalformedBody);
    let nul = "{\"amount\":{\"amount\":\"1\"},\"note\":\"a\\u0000b\"}";
    assert_eq!(failure(nul), (Code::InvalidValue, "/note".into()));
    assert_eq!(failure("[1]"), (Code::InvalidValue, String::new()));
    assert_eq!(failure("null"), (Code::InvalidValue, String::new()));
}

#[test]
fn a_list_is_no_object_at_any_depth() {
    assert_eq!(failure(r#"[{"amount":"1"}]"#), (Code::InvalidValue, String::new()));
    assert_eq!(failure(r#"{"amount":["1"]}"#), (Code::InvalidValue, "/amount".into()));
    let whole = r#"{"name":"x","light":"red","day":"2026-01-02","count":-1,"sure":true,"amount":{"amount":"1"},"lines":[["1"]]}"#;
    let fault = json::<Wide>(whole.as_bytes()).unwrap_err();
    assert_eq!(faults(&fault), said(&[("/lines/0", "needs_object")]));
    assert!(json::<Wide>(whole.replace("[[\"1\"]]", "[{\"amount\":\"1\"}]").as_bytes()).is_ok());
}

#[test]
fn all_structural_faults_of_a_body_are_found() {
    let body = r#"{"nme":1,"light":"blue","day":"2026-1-2","count":"7","sure":"yes","amount":{"amount":1,"x":2},
        "lines":[{"amount":"1"},{"amont":"1"},7]}"#;
    let error = json::<Wide>(body.as_bytes()).unwrap_err();
    assert_eq!(error.code(), Code::UnknownField);
    let expected = [
        ("/amount/amount", "needs_text"),
        ("/amount/x", "unknown_field"),
        ("/count", "needs_whole_number"),
        ("/day", "not_a_date"),
        ("/light", "not_in_list"),
        ("/lines/1/amont", "unknown_field"),
        ("/lines/1/amount", "missing_field"),
        ("/lines/2", "needs_object"),
        ("/name", "missing_field"),
        ("/nme", "unknown_field"),
        ("/sure", "needs_true_or_false"),
    ];
    assert_eq!(faults(&error), said(&expected));
}

#[test]
fn what_is_missing_in_a_missing_object_is_not_named() {
    let error = json::<Wide>(b"{}").unwrap_err();
    let names = ["/amount", "/count", "/day", "/light", "/lines", "/name", "/sure"];
    assert_eq!(faults(&error), said(&names.map(|name| (name, "missing_field"))));
    assert_eq!(error.code(), Code::MissingField);
    let whole = json::<Wide>(b"7").unwrap_err();
    assert_eq!(faults(&whole), said(&[("", "needs_object")]));
}

#[test]
fn a_member_given_twice_is_refused() {
    let error = json::<Outer>(br#"{"amount":{"amount":"1"},"note":"a","note":"b"}"#).unwrap_err();
    assert_eq!(faults(&error), said(&[("/note", "given_twice")]));
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read into")]
struct Filter {
    folder: Option<Light>,
    limit: Option<u64>,
    account_id: String,
    order_id: Option<crate::domain::id::OrderId>,
}

#[test]
fn an_unknown_parameter_gets_the_nearest_known_one() {
    let error = query::<Filter>("foldr=x&account_id=1").unwrap_err();
    assert_eq!(error.code(), Code::UnknownParameter);
    assert!(error.params().contains(&("did_you_mean", "folder".to_owned())));
    let error = query::<Filter>("limit=many&account_id=1").unwrap_err();
    assert_eq!(faults(&error), said(&[("limit", "needs_whole_number")]));
    assert_eq!(query::<Filter>("limit=5&folder=red&account_id=1").unwrap().limit, Some(5));
}

#[test]
fn all_wrong_parameters_are_found() {
    let error = query::<Filter>("foldr=x&limit=many&folder=blue&order_id=inv_1&x=1").unwrap_err();
    let expected = [
        ("account_id", "missing_field"),
        ("folder", "not_in_list"),
        ("foldr", "unknown_parameter"),
        ("limit", "needs_whole_number"),
        ("order_id", "reference_not_found"),
        ("x", "unknown_parameter"),
    ];
    assert_eq!((error.code(), faults(&error)), (Code::UnknownParameter, said(&expected)));
    let twice = query::<Filter>("limit=1&limit=2&account_id=1").unwrap_err();
    assert_eq!(faults(&twice), said(&[("limit", "given_twice")]));
    assert_eq!(faults(&query::<Filter>("account_id=a%00b").unwrap_err()), said(&[("account_id", "nul_character")]));
}

#[test]
fn a_list_is_no_object_wherever_it_stands() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Price {
        #[expect(dead_code, reason = "read only")]
        amount: Option<crate::views::money::MoneyInput>,
    }
    let read = |text: &str| json::<Price>(text.as_bytes());
    for (text, place) in [("[]", ""), ("[null]", ""), (r#"{"amount":["1.00","EUR"]}"#, "/amount")] {
        assert_eq!(faults(&read(text).unwrap_err()), said(&[(place, "needs_object")]), "{text}");
    }
    read(r#"{"amount":{"amount":"1.00","currency":"EUR"}}"#).unwrap();
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read into")]
struct Asked {
    q: Option<String>,
    cursor: Option<String>,
}

#[test]
fn a_text_of_a_query_has_at_most_500_characters_however_many_bytes_they_are() {
    for letter in ["x", "ä", "%F0%9D%84%9E", "+"] {
        query::<Asked>(&format!("q={}", letter.repeat(PARAMETER_TEXT_MAX))).unwrap();
        let error = query::<Asked>(&format!("q={}", letter.repeat(PARAMETER_TEXT_MAX + 1))).unwrap_err();
        let wrong = &error.fields()[0];
        assert_eq!((wrong.code, wrong.place, wrong.pointer.as_str()), (Code::InvalidValue, Place::Query, "q"));
        let told = [("reason", "text_length"), ("max", "500"), ("given", "501")];
        assert_eq!(wrong.params, told.map(|(name, value)| (name, value.to_owned())), "{letter}");
    }
    // No cursor of ours is as long, and whatever is wrong with one has a code of its own.
    for cursor in ["x".repeat(PARAMETER_TEXT_MAX + 1), "%00".to_owned(), "%ff".to_owned()] {
        let error = query::<Asked>(&format!("cursor={cursor}")).unwrap_err();
        assert_eq!((error.code(), error.fields()[0].pointer.as_str()), (Code::InvalidCursor, "cursor"), "{cursor}");
    }
}
