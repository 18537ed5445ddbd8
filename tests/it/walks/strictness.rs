//! What is refused, member by member and parameter by parameter: unknown names, wrong types, too many decimals, and
//! every bound that the document states. At the bound a value is not refused for its size, one beyond it is.

use serde_json::{Value, json};

use super::world::{World, kind, target};
use super::{DOCUMENT, Offences, all};
use crate::support::answer::Answer;
use crate::support::document::{Operation, resolved};

/// What is too long here is answered as any other wrong value, so that nobody learns what could be right.
const SILENT: [&str; 2] = ["auth_login", "auth_refresh"];
/// Why a value is refused for its size.
const SIZES: [&str; 3] = ["text_length", "number_range", "too_many"];

/// A member somewhere in a body.
struct Member<'a> {
    pointer: String,
    schema: &'a Value,
    nullable: bool,
    required: bool,
}

/// Every member of a body, those of members and of entries too.
fn members<'a>(schema: &'a Value, pointer: &str, found: &mut Vec<Member<'a>>) {
    let schema = target(schema);
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{pointer}/{name}");
        let required = schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
        let whole = resolved(&DOCUMENT, member).to_string();
        found.push(Member {
            schema: target(member),
            nullable: whole.contains("\"null\""),
            required,
            pointer: pointer.clone(),
        });
        members(member, &pointer, found);
    }
    if kind(schema) == "array" && kind(target(&schema["items"])) == "object" {
        members(&schema["items"], &format!("{pointer}/0"), found);
    }
}

fn body_schema(operation: &Operation<'_>) -> Option<&'static Value> {
    let body = operation.definition["requestBody"]["content"].get("application/json")?;
    // The operations of the walk borrow the document, which is never dropped.
    let name = body["schema"]["$ref"].as_str()?;
    DOCUMENT.pointer(&name[1..])
}

/// The body with a value at a pointer; what is missing on the way there is made from the examples.
fn put(world: &World, body: &mut Value, schema: &Value, pointer: &str, value: Value) {
    let Some(rest) = pointer.strip_prefix('/') else {
        *body = value;
        return;
    };
    let (name, below) = rest.split_once('/').map_or((rest, String::new()), |(name, below)| (name, format!("/{below}")));
    let schema = target(schema);
    if kind(schema) == "array" {
        if body.get(0).is_none() {
            *body = json!([world.example(&schema["items"])]);
        }
        put(world, &mut body[0], &schema["items"], &below, value);
        return;
    }
    if !body.is_object() {
        *body = world.example(schema);
    }
    put(world, &mut body[name], &schema["properties"][name], &below, value);
}

/// Values of the wrong type, and values that no list knows.
fn wrong_values(member: &Member<'_>) -> Vec<Value> {
    let mut wrong = match kind(member.schema) {
        "string" => vec![json!(7), json!(true), json!({}), json!(["x"])],
        "integer" => vec![json!("1"), json!(1.5), json!(true), json!(1e300)],
        "boolean" => vec![json!("true"), json!(1)],
        "array" => vec![json!("x"), json!({}), json!([7])],
        "object" => vec![json!("x"), json!(7), json!([]), json!(["1.00", "EUR"])],
        _ => Vec::new(),
    };
    if member.schema.get("enum").is_some() {
        wrong.extend([json!("zzz"), json!("")]);
    }
    if member.schema.get("pattern").is_some() {
        wrong.extend(["zzz", "", "xxx_01kapd3hzcf3sbvpdj0k4v8m2e"].map(|text| json!(text)));
    }
    if member.schema["pattern"] == "^[A-Z]{3}$" {
        wrong.extend(["eur", "EURO", "EU", "E1R"].map(|code| json!(code)));
    }
    if target(&member.schema["items"]).get("pattern").is_some() {
        wrong.push(json!(["zzz"]));
    }
    if member.schema["format"] == "date" {
        wrong.extend(["2026-13-01", "2026-02-30", "tomorrow", ""].map(|day| json!(day)));
    }
    if !member.nullable {
        wrong.push(Value::Null);
    }
    wrong
}

/// Values one beyond what the document allows, and values that are just allowed.
fn bounds(world: &World, schema: &Value) -> (Vec<Value>, Vec<Value>) {
    let number = |name: &str| schema[name].as_i64();
    let size = |name: &str| number(name).and_then(|size| usize::try_from(size).ok());
    let (mut beyond, mut within) = (Vec::new(), Vec::new());
    // A character has up to four bytes.
    let text = |length: usize| json!("𝄞".repeat(length));
    if let Some(most) = size("maxLength") {
        beyond.push(text(most + 1));
        within.push(text(most));
    }
    if let Some(least) = size("minLength").filter(|least| *least > 0) {
        beyond.extend([json!(""), json!(" ".repeat(least))]);
        within.push(text(least));
    }
    if let Some(most) = number("maximum") {
        beyond.push(json!(most + 1));
        within.push(json!(most));
    }
    if let Some(least) = number("minimum") {
        beyond.push(json!(least - 1));
        within.push(json!(least));
    }
    let entries = |count: usize| json!(vec![world.example(&schema["items"]); count]);
    if let Some(most) = size("maxItems") {
        beyond.push(entries(most + 1));
        within.push(entries(most));
    }
    if schema["uniqueItems"] == true {
        beyond.push(entries(2));
    }
    if size("minItems").is_some_and(|least| least > 0) {
        beyond.push(json!([]));
    }
    (beyond, within)
}

fn named_at<'a>(answer: &'a Answer, pointer: &str) -> Option<&'a Value> {
    let mut errors = answer.json["errors"].as_array().into_iter().flatten();
    errors.find(|error| {
        error["pointer"].as_str().is_some_and(|place| place == pointer || place.starts_with(&format!("{pointer}/")))
    })
}

/// A client that is made from the document learns of every limit: texts are enumerated, have a pattern or a format, or
/// say how long they may be; lists say how many entries, numbers from where to where.
#[test]
fn every_member_of_a_body_states_its_limits() {
    // It may be sent back as it was read, and means nothing.
    let free = ["/version"];
    let mut offences = Offences::default();
    for operation in all() {
        let Some(schema) = body_schema(&operation) else { continue };
        let mut all = Vec::new();
        members(schema, "", &mut all);
        for member in all.iter().filter(|member| !free.contains(&member.pointer.as_str())) {
            let has = |names: &[&str]| names.iter().any(|name| member.schema.get(name).is_some());
            let (least, most) = (member.schema["minLength"].as_u64(), member.schema["maxLength"].as_u64());
            let stated = match kind(member.schema) {
                "string" => {
                    has(&["enum", "pattern", "format"]) || (least.is_some_and(|least| least > 0) && most.is_some())
                }
                "array" => has(&["maxItems"]),
                "integer" => has(&["minimum"]) && has(&["maximum"]),
                _ => true,
            };
            let is_id = member.pointer.ends_with("_id") || member.pointer.ends_with("/id");
            let tight = !is_id || member.schema["pattern"].as_str().is_some_and(|pattern| pattern.contains("_[0-7]"));
            let currency = !member.pointer.ends_with("currency") || member.schema["pattern"] == "^[A-Z]{3}$";
            offences.note(stated && tight && currency, format_args!("{} {}", operation.id, member.pointer));
        }
    }
    offences.none();
}

async fn refuses(world: &World, operation: &Operation<'_>, offences: &mut Offences) {
    let Some(schema) = body_schema(operation) else { return };
    let (ask, name) = (world.valid(operation).await, operation.id);
    let valid = ask.json().unwrap().clone();
    let with = |pointer: &str, value: Value| {
        let mut body = valid.clone();
        put(world, &mut body, schema, pointer, value);
        ask.with_body(body)
    };
    let mut all = Vec::new();
    members(schema, "", &mut all);
    for member in &all {
        let beyond = bounds(world, member.schema).0;
        for value in wrong_values(member).into_iter().chain(beyond) {
            let shown: String = value.to_string().chars().take(40).collect();
            let Some(answer) = offences.send(with(&member.pointer, value).call()).await else { continue };
            let silent = SILENT.contains(&name) && answer.status == 401;
            let right = answer.status == 422 && named_at(&answer, &member.pointer).is_some();
            offences.note(right || silent, format_args!("{name} {} = {shown}: {answer:?}", member.pointer));
        }
        if member.required {
            let (parent, last) = member.pointer.rsplit_once('/').unwrap();
            let mut body = with(&member.pointer, json!("x")).json().unwrap().clone();
            body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(last);
            offences.refused_at(name, ask.with_body(body).call(), (422, "missing_field"), &member.pointer).await;
        }
    }
    let objects = all.iter().filter(|member| member.schema["additionalProperties"] == false);
    for place in objects.map(|member| member.pointer.as_str()).chain([""]) {
        let pointer = format!("{place}/zzz");
        let mut inside = with(
            place,
            valid.pointer(place).cloned().unwrap_or_else(|| {
                let member = all.iter().find(|member| member.pointer == place).unwrap();
                world.example(member.schema)
            }),
        );
        let mut body = inside.json().unwrap().clone();
        body.pointer_mut(place).unwrap()["zzz"] = json!(1);
        inside = inside.with_body(body);
        offences.refused_at(name, inside.call(), (422, "unknown_field"), &pointer).await;
    }
}

#[tokio::test]
async fn every_body_refuses_what_the_document_does_not_allow() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in all() {
        refuses(&world, &operation, &mut offences).await;
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn at_its_bound_no_value_is_refused_for_its_size() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in all() {
        let Some(schema) = body_schema(&operation) else { continue };
        let mut places = Vec::new();
        members(schema, "", &mut places);
        for member in &places {
            for value in bounds(&world, member.schema).1 {
                // It may be accepted, so each has a request of its own.
                let ask = world.valid(&operation).await;
                let mut body = ask.json().unwrap().clone();
                let shown: String = value.to_string().chars().take(40).collect();
                put(&world, &mut body, schema, &member.pointer, value);
                let Some(answer) = offences.send(ask.with_body(body).call()).await else { continue };
                let reason = named_at(&answer, &member.pointer).and_then(|error| error["params"]["reason"].as_str());
                let right = answer.status < 500 && reason.is_none_or(|reason| !SIZES.contains(&reason));
                offences.note(right, format_args!("{} {} = {shown}: {answer:?}", operation.id, member.pointer));
            }
        }
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn amounts_have_the_decimals_of_their_currency() {
    let (world, mut offences) = (World::open().await, Offences::default());
    let mut asked = 0;
    for operation in all() {
        let Some(schema) = body_schema(&operation) else { continue };
        let mut places = Vec::new();
        members(schema, "", &mut places);
        let is_money = |member: &&Member<'_>| {
            let members = &member.schema["properties"];
            members.get("amount").is_some() && members.get("currency").is_some()
        };
        for member in places.iter().filter(is_money) {
            let ask = world.valid(&operation).await;
            for (amount, currency) in [("1.005", "EUR"), ("1.0", "JPY"), ("1.0005", "KWD")] {
                let mut body = ask.json().unwrap().clone();
                put(&world, &mut body, schema, &member.pointer, json!({ "amount": amount, "currency": currency }));
                let place = format!("{}/amount", member.pointer);
                let Some(answer) = offences.send(ask.with_body(body).call()).await else { continue };
                let named = named_at(&answer, &place).is_some_and(|error| error["code"] == "too_many_decimals");
                offences.note(
                    answer.status == 422 && named,
                    format_args!("{} {amount} {currency}: {answer:?}", operation.id),
                );
                asked += 1;
            }
        }
    }
    assert!(asked >= 12, "only {asked} amounts");
    world.close().await;
    offences.none();
}

/// Values that a parameter does not take.
fn wrong_parameters(schema: &Value) -> Vec<String> {
    let text = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    if schema.get("enum").is_some() || schema["pattern"].as_str().is_some_and(|pattern| pattern.contains("_[")) {
        return text(&["zzz", "", "cus_1"]);
    }
    if schema.get("pattern").is_some() && schema["format"] != "date" {
        return text(&["zzz", "", "-", "1e3"]);
    }
    match (kind(schema), schema["format"].as_str(), schema["maxLength"].as_u64()) {
        ("boolean", ..) => text(&["yes", "1", "TRUE"]),
        ("integer", ..) => {
            let beyond =
                [schema["minimum"].as_i64().map(|least| least - 1), schema["maximum"].as_i64().map(|most| most + 1)];
            text(&["x", "1.5", "1e3", ""])
                .into_iter()
                .chain(beyond.into_iter().flatten().map(|one| one.to_string()))
                .collect()
        }
        (_, Some("date"), _) => text(&["2026-13-01", "2026-1-1", "x"]),
        (_, _, Some(most)) => {
            vec!["x".repeat(usize::try_from(most).unwrap() + 1), "%00".to_owned(), "%1b".to_owned(), "%ff".to_owned()]
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn every_parameter_refuses_what_the_document_does_not_allow() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in all() {
        let (ask, name) = (world.valid(&operation).await, operation.id);
        offences.refused_at(name, ask.with_parameter("zzz=1").call(), (400, "unknown_parameter"), "zzz").await;
        for parameter in operation.parameters("query") {
            let place = parameter["name"].as_str().unwrap();
            let schema = target(&parameter["schema"]);
            let given = ask.path.contains(&format!("?{place}="));
            let bare = if given { ask.with_path(ask.path.split('?').next().unwrap()) } else { ask.clone() };
            for value in wrong_parameters(schema) {
                let Some(answer) = offences.send(bare.with_parameter(&format!("{place}={value}")).call()).await else {
                    continue;
                };
                let expected = if place == "cursor" { (400, "invalid_cursor") } else { (422, "") };
                let named =
                    named_at(&answer, place).is_some_and(|error| expected.1.is_empty() || error["code"] == expected.1);
                let right = answer.status == expected.0 && named;
                offences.note(right, format_args!("{name} {place}: {answer:?}"));
            }
            let twice = bare.with_parameter(&format!("{place}=1&{place}=2"));
            let Some(answer) = offences.send(twice.call()).await else { continue };
            offences.note(answer.status == 422, format_args!("{name} {place} twice: {answer:?}"));
            if let Some(most) = schema["maxLength"].as_u64() {
                let longest = bare.with_parameter(&format!("{place}={}", "1".repeat(usize::try_from(most).unwrap())));
                let Some(answer) = offences.send(longest.call()).await else { continue };
                let refused = named_at(&answer, place).is_some_and(|error| error["params"]["reason"] == "text_length");
                offences.note(!refused, format_args!("{name} {place} at its bound: {answer:?}"));
            }
        }
    }
    world.close().await;
    offences.none();
}
