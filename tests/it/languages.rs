//! Every word of an error in both languages: no English in a German answer, and no placeholder in either.

use actix_web::body::to_bytes;
use actix_web::test::TestRequest;
use heller::access::role::Role;
use heller::error::{Code, Error, Kind, Reason};
use heller::handlers::problem;
use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::shop::Shop;

/// Words that German sentences do not have.
const ENGLISH: [&str; 11] = ["the", "is", "are", "a", "of", "needed", "and", "there", "wrong", "at", "be"];

async fn told(error: &Error, language: &'static str) -> Value {
    let request = TestRequest::default().insert_header(("Accept-Language", language)).to_http_request();
    let body = to_bytes(problem::respond(error, &request).into_body()).await.unwrap_or_else(|_| panic!("no body"));
    serde_json::from_slice(&body).unwrap()
}

/// With a value for every name that any text knows.
fn with_values(error: Error) -> Error {
    let numbers = ["min", "max", "given", "count", "line", "column", "digits", "limit", "current_version"];
    let names = ["known", "from", "to", "provider", "currency", "expected", "field", "parameter", "prefix", "account"];
    let more = ["event", "state", "status", "external_number", "missing", "permission", "allow", "remaining"];
    let amounts = ["open_amount", "refundable_amount", "origin"];
    let error = numbers.into_iter().fold(error, |error, name| error.with(name, 1));
    names.into_iter().chain(more).chain(amounts).fold(error, |error, name| error.with(name, "EUR"))
}

async fn speaks_both(error: &Error, what: &str) {
    let (english, german) = (told(error, "en").await, told(error, "de").await);
    for text in ["title", "detail"] {
        let (english, german) = (english[text].as_str().unwrap(), german[text].as_str().unwrap());
        assert_ne!(english, german, "{what}");
        assert!(!english.contains(['{', '}']) && !german.contains(['{', '}']), "{what}: {english} / {german}");
        let foreign = german.split(|letter: char| !letter.is_alphabetic()).find(|word| ENGLISH.contains(word));
        assert_eq!(foreign, None, "{what}: {german}");
    }
}

#[tokio::test]
async fn every_code_reason_and_kind_speaks_german_and_english() {
    for code in Code::ALL.iter().copied() {
        let error = Error::new(code).with("kind", Kind::Order).with("reason", Reason::NeedsText);
        speaks_both(&with_values(error), code.as_str()).await;
        // What is missing costs its sentence, and shows no placeholder.
        speaks_both(&Error::new(code), code.as_str()).await;
    }
    for reason in Reason::ALL.iter().copied() {
        speaks_both(&with_values(Error::wrong(reason)), reason.as_str()).await;
        speaks_both(&Error::wrong(reason), reason.as_str()).await;
    }
    for kind in Kind::ALL.iter().copied() {
        speaks_both(&Error::not_found(kind), kind.as_str()).await;
        speaks_both(&Error::unknown_reference(kind), kind.as_str()).await;
    }
}

#[tokio::test]
async fn a_value_that_looks_like_a_placeholder_stays_as_it_is() {
    let error = Error::new(Code::UnknownField).with("field", "{known}").with("known", "name");
    assert_eq!(told(&error, "en").await["detail"], "There is no field '{known}' here. Known: name.");
}

#[tokio::test]
async fn a_german_asks_and_gets_german() {
    let shop = Shop::open().await;
    let limit = shop.accountant.get("/v1/account-movements?limit=0").lang("de").await;
    assert_eq!(limit.problem(422, "invalid_value").text("/detail"), "Eine ganze Zahl von 1 bis 200 wird gebraucht.");
    assert_eq!(limit.at("/errors/0/params"), &serde_json::json!({"reason": "number_range", "min": "1", "max": "200"}));
    let limit = shop.accountant.get("/v1/account-movements?limit=0").await;
    assert_eq!(limit.text("/detail"), "A whole number from 1 to 200 is needed.");
    let none = shop.accountant.get("/v1/payment-accounts/acc_01kapd3hzcf3sbvpdj0k4v8m2e").lang("de").await;
    assert_eq!(none.problem(404, "not_found").text("/detail"), "Es gibt diesen Eintrag nicht (Zahlungskonto).");
    assert_eq!(none.text("/kind"), "payment_account");
    let account = shop.accountant.get("/v1/logbook?account_id=x").lang("de").await;
    let account = account.problem(422, "reference_not_found").text("/detail");
    assert_eq!(account, "Zu dieser Kennung gibt es nichts (Zahlungskonto).");
}

#[tokio::test]
async fn a_broken_body_says_what_is_broken() {
    let app = TestApp::start().await;
    let accountant = app.user(Role::Accountant).await;
    let form = "--x\r\nContent-Disposition: form-data; name=\"account_id\"\r\n\r\nacc_1";
    let broken = || accountant.post_raw("/v1/statement-imports", "multipart/form-data; boundary=x", form);
    let english = broken().await;
    assert_eq!(
        english.problem(400, "malformed_body").text("/detail"),
        "The form (multipart/form-data) is incomplete or broken."
    );
    let german = broken().lang("de").await;
    assert_eq!(german.text("/detail"), "Das Formular (multipart/form-data) ist unvollständig oder fehlerhaft.");
    let empty = accountant.post_raw("/v1/statement-imports", "multipart/form-data; boundary=x", "--x--\r\n").await;
    empty.problem(422, "missing_field").field("/account_id", "missing_field").field("/file", "missing_field");
    let json = app.anonymous().post_raw("/v1/auth/login", "application/json", "{\n \"email\": x}").lang("de").await;
    let json = json.problem(400, "malformed_body").text("/detail");
    assert_eq!(json, "Der Inhalt ist kein gültiges JSON: siehe Zeile 2, Spalte 11.");
}

#[tokio::test]
async fn a_typo_is_answered_with_what_was_meant() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::Auditor).await;
    for (lang, question) in [("en", "Did you mean 'limit'?"), ("de", "Meinten Sie 'limit'?")] {
        let refused = clerk.get("/v1/orders?limt=3").lang(lang).await;
        assert!(refused.text("/detail").ends_with(question), "{refused:?}");
        assert!(refused.text("/errors/0/detail").ends_with(question), "{refused:?}");
        refused.problem(400, "unknown_parameter");
    }
}
