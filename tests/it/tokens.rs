//! What stands in an access token, who can check it, and what is not taken for one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use heller::access::keys::{self, TokenSigner};
use heller::access::role::Role;
use heller::domain::id::SessionId;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::licence::Licence;

fn part(token: &str, number: usize) -> Value {
    let text = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

#[tokio::test]
async fn an_access_token_says_who_when_and_for_whom() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let token = &clerk.session().access_token;
    let header = part(token, 0);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("EdDSA")));
    assert!(header["kid"].as_str().is_some_and(|kid| !kid.is_empty()));
    let claims = part(token, 1);
    let mut names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "roles", "sid", "sub"]);
    let now = app.clock.now().timestamp();
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 15 * 60)));
    assert_eq!((&claims["sub"], &claims["roles"]), (&json!(clerk.id()), &json!(["refund_clerk"])));
    claims["sid"].as_str().unwrap().parse::<SessionId>().unwrap();
}

#[tokio::test]
async fn no_two_tokens_have_the_same_id_and_no_two_sessions_the_same_number() {
    let app = TestApp::start().await;
    let one = app.user(Role::RefundClerk).await;
    let other = app.again(&one).await;
    let (one, other) = (part(&one.session().access_token, 1), part(&other.session().access_token, 1));
    assert_eq!(one["sub"], other["sub"]);
    assert_ne!(one["sid"], other["sid"]);
    assert_ne!(one["jti"], other["jti"]);
}

#[tokio::test]
async fn a_stranger_can_check_a_token_with_the_published_keys() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let published = app.anonymous().get("/.well-known/jwks.json").await.expect(200);
    for key in published.at("/keys").as_array().unwrap() {
        assert!(key.get("d").is_none(), "a private key is published");
    }
    let keys: JwkSet = serde_json::from_value(published.json.clone()).unwrap();
    let kid = part(&clerk.session().access_token, 0)["kid"].clone();
    let key = DecodingKey::from_jwk(keys.find(kid.as_str().unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    // The test's clock is not the system's.
    validation.validate_exp = false;
    validation.set_audience(&["heller"]);
    validation.set_issuer(&["heller"]);
    let read = jsonwebtoken::decode::<Value>(&clerk.session().access_token, &key, &validation).unwrap();
    assert_eq!(read.claims["sub"], json!(clerk.id()));
}

#[tokio::test]
async fn a_forged_or_foreign_token_opens_nothing() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let token = &clerk.session().access_token;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, mut promoted) = (part(token, 0), part(token, 1));
    promoted["roles"] = json!(["admin"]);
    let unsigned = encoded(&json!({ "typ": "at+jwt", "alg": "none", "kid": header["kid"] }));
    let symmetric = encoded(&json!({ "typ": "at+jwt", "alg": "HS256", "kid": header["kid"] }));
    let other_key = TokenSigner::from_pem(&keys::generate().unwrap().private_pem, Duration::minutes(15)).unwrap();
    let session: SessionId = promoted["sid"].as_str().unwrap().parse().unwrap();
    let foreign = other_key.sign((clerk.session().user, session), vec![Role::Admin], app.clock.now()).unwrap();
    let licence = Licence::Active.token(app.state().installation, app.clock.now()).unwrap();
    let forged = [
        format!("{}.{}.{signature}", encoded(&header), encoded(&promoted)),
        format!("{unsigned}.{}.", encoded(&promoted)),
        format!("{unsigned}.{}.{signature}", encoded(&promoted)),
        format!("{symmetric}.{}.{signature}", encoded(&promoted)),
        format!("{signed}."),
        signed.to_owned(),
        foreign,
        licence,
        "x".to_owned(),
    ];
    for token in forged {
        let answer = clerk.with_token(&token).get("/v1/auth/me").await;
        answer.problem(401, "unauthenticated");
        assert!(answer.header("WWW-Authenticate").is_some_and(|value| value.starts_with("Bearer")), "{answer:?}");
    }
}

#[tokio::test]
async fn a_token_of_a_session_that_never_was_opens_nothing() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::RefundClerk).await;
    let (signer, now) = (&app.state().tokens, app.clock.now());
    let nowhere = SessionId(Uuid::from_u128(7));
    let token = signer.sign((clerk.session().user, nowhere), vec![Role::Admin], now).unwrap();
    clerk.with_token(token).get("/v1/auth/me").await.problem(401, "unauthenticated");
    let other = app.user(Role::Admin).await;
    let session: SessionId = part(&clerk.session().access_token, 1)["sid"].as_str().unwrap().parse().unwrap();
    let token = signer.sign((other.session().user, session), vec![Role::Admin], now).unwrap();
    clerk.with_token(token).get("/v1/auth/me").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn only_the_scheme_bearer_is_taken_in_any_spelling() {
    let app = TestApp::start().await;
    let token = app.user(Role::RefundClerk).await.session().access_token.clone();
    let ask = async |value: String| app.anonymous().get("/v1/auth/me").header("Authorization", value).await;
    ask(format!("bearer {token}")).await.expect(200);
    for value in [format!("Basic {token}"), token.clone(), "Bearer".to_owned(), "Bearer ".to_owned()] {
        ask(value).await.problem(401, "unauthenticated");
    }
    let in_the_address = app.anonymous().get(format!("/v1/auth/me?access_token={token}")).await;
    in_the_address.problem(401, "unauthenticated");
}
