//! `Idempotency-Key` on every operation that takes one.

use heller::entities::idempotency_key;
use reqwest::Method;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{World, target};
use super::{Ask, Offences, Sent, all};
use crate::support::document::{Operation, id_of_nothing};

const HEADER: &str = "Idempotency-Key";

fn keyed() -> Vec<Operation<'static>> {
    all().into_iter().filter(|operation| operation.takes_header(HEADER)).collect()
}

#[test]
fn every_post_takes_a_key_but_those_of_a_session_and_nothing_else_does() {
    let mut offences = Offences::default();
    for operation in all() {
        let expected = operation.method == "post" && !operation.path.starts_with("/v1/auth/");
        offences.note(operation.takes_header(HEADER) == expected, &operation.name);
    }
    offences.none();
}

/// The same request with something else in it. Actions that take neither body nor version cannot be another request.
fn other(operation: &Operation<'_>, ask: &Ask) -> Option<Ask> {
    let sent = match &ask.sent {
        Sent::Json(body) => {
            let schema = target(&operation.definition["requestBody"]["content"]["application/json"]["schema"]);
            let members = schema["properties"].as_object().unwrap();
            let absent = members.keys().find(|name| body.get(name.as_str()).is_none());
            let mut body = body.clone();
            match absent {
                Some(name) => body[name] = absent_value(&members[name]),
                None => alter(&mut body),
            }
            if ask.json() == Some(&body) {
                let text = body.as_object_mut().unwrap().values_mut().find(|value| value.is_string());
                *text.unwrap_or_else(|| panic!("{}: nothing to alter", operation.id)) = json!("another text");
            }
            Sent::Json(body)
        }
        Sent::Raw { media, bytes } => {
            let text = String::from_utf8(bytes.clone()).unwrap();
            Sent::Raw { media: media.clone(), bytes: text.replacen("<!-- ", "<!-- other ", 1).into_bytes() }
        }
        Sent::Nothing => return ask.version.map(|version| Ask { version: Some(version + 1), ..ask.clone() }),
    };
    Some(Ask { sent, ..ask.clone() })
}

/// A value that stands for "absent", and is another body all the same.
fn absent_value(schema: &Value) -> Value {
    match super::world::kind(target(schema)) {
        "boolean" if schema["type"] == "boolean" => json!(false),
        "array" if schema["type"] == "array" => json!([]),
        _ => Value::Null,
    }
}

/// Every member is given: another id, or one code less.
fn alter(body: &mut Value) {
    for member in body.as_object_mut().unwrap().values_mut() {
        match member {
            Value::Array(all) if all.len() > 1 => drop(all.pop()),
            Value::Array(all) => all.iter_mut().for_each(alter_id),
            Value::Object(_) => alter(member),
            other => alter_id(other),
        }
    }
}

fn alter_id(value: &mut Value) {
    if let Some((prefix, _)) = value.as_str().and_then(|text| text.split_once('_')).filter(|parts| parts.1.len() == 26)
    {
        *value = json!(id_of_nothing(prefix));
    }
}

fn with_key(ask: &Ask, key: &str) -> crate::support::client::Call {
    let call = ask.keyless().key(key);
    match ask.version {
        Some(version) => call.if_match(version),
        None => call,
    }
}

/// Twice at once, then again, then with another body, then while the first is still running.
async fn walk(world: &World, operation: &Operation<'_>, offences: &mut Offences) {
    let (ask, key, name) = (world.valid(operation).await, Uuid::new_v4().to_string(), operation.id);
    let (one, two) = tokio::join!(with_key(&ask, &key).send(), with_key(&ask, &key).send());
    let (first, second) = if one.header("Idempotency-Replayed").is_none() { (one, two) } else { (two, one) };
    let is_first = first.status < 300 && first.header("Idempotency-Replayed").is_none();
    offences.note(is_first, format_args!("{name}: not accepted: {first:?}"));
    let Some(third) = offences.send(with_key(&ask, &key)).await else { return };
    for again in [&second, &third] {
        let same = (again.status, &again.json) == (first.status, &first.json)
            && again.header("Location") == first.header("Location")
            && again.header("ETag") == first.header("ETag")
            && again.header("Idempotency-Replayed") == Some("true");
        offences.note(same, format_args!("{name}: no replay of {first:?}: {again:?}"));
    }
    if let Some(other) = other(operation, &ask) {
        offences.refused(name, with_key(&other, &key), (422, "idempotency_key_reused")).await;
    }
    let running = idempotency_key::Entity::update_many()
        .col_expr(idempotency_key::Column::Status, Expr::value(Option::<i32>::None))
        .filter(idempotency_key::Column::IdempotencyKey.eq(key.as_str()));
    world.shop.app.state().db.write(async |txn| Ok(running.clone().exec(txn).await?)).await.unwrap();
    let flying = offences.refused(name, with_key(&ask, &key), (409, "idempotency_key_in_flight")).await;
    let told = flying.is_none_or(|answer| answer.header("Retry-After").is_some());
    offences.note(told, format_args!("{name}: in flight without Retry-After"));
}

#[tokio::test]
async fn once_per_key_on_every_operation() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in keyed() {
        walk(&world, &operation, &mut offences).await;
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn a_key_that_is_missing_or_malformed_is_refused_everywhere() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in keyed() {
        let ask = world.valid(&operation).await;
        for key in ["", " ", "two words", "schlüssel", &"k".repeat(256)] {
            let call = with_key(&ask, key);
            offences.refused_at(operation.id, call, (400, "idempotency_key_invalid"), HEADER).await;
        }
        if operation.requires_header(HEADER) {
            let call = ask.keyless();
            offences.refused_at(operation.id, call, (400, "idempotency_key_missing"), HEADER).await;
        }
        offences.note(ask.method == Method::POST, format_args!("{} is no POST", operation.id));
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn an_error_does_not_use_a_key_up() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in
        keyed().into_iter().filter(|one| one.definition["requestBody"]["content"].get("application/json").is_some())
    {
        let (ask, key) = (world.valid(&operation).await, Uuid::new_v4().to_string());
        let broken = ask.with_body(json!({ "zzz": 1 }));
        offences.refused(operation.id, with_key(&broken, &key), (422, "unknown_field")).await;
        let Some(answer) = offences.send(with_key(&ask, &key)).await else { continue };
        offences.note(answer.status < 300, format_args!("{}: {answer:?}", operation.id));
    }
    world.close().await;
    offences.none();
}
