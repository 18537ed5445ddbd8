//! What a body is made of: content types, sizes, and bytes that are no JSON; and which answer a client takes.

use super::world::World;
use super::{Ask, Offences, Sent, all};
use crate::support::document::Operation;

/// Largest JSON body, as the documentation says.
const BODY_MAX: usize = 1024 * 1024;

/// Operations that read a JSON body, or none at all.
fn reading() -> Vec<Operation<'static>> {
    let reads = |one: &Operation<'_>| {
        let content = &one.definition["requestBody"]["content"];
        ["post", "put", "patch"].contains(&one.method)
            && (content.is_null() || content.get("application/json").is_some())
    };
    all().into_iter().filter(reads).collect()
}

/// A JSON body that is accepted, as text.
fn text(ask: &Ask) -> String {
    ask.json().map_or_else(|| "{}".to_owned(), ToString::to_string)
}

#[tokio::test]
async fn an_answer_comes_in_a_format_that_the_client_takes() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in all() {
        let responses = operation.definition["responses"].as_object().unwrap();
        let successes = responses.iter().filter(|(status, _)| status.starts_with('2'));
        let mut offered = successes.filter_map(|(_, answer)| answer["content"].as_object()).flat_map(|all| all.keys());
        let Some(media) = offered.next() else { continue };
        let (kind, _) = media.split_once('/').unwrap();
        let ask = world.valid(&operation).await;
        for accept in ["video/mp4", "image/*, audio/x", &format!("{media};q=0")] {
            let call = ask.call().header("Accept", accept);
            offences.refused_at(operation.id, call, (406, "not_acceptable"), "Accept").await;
        }
        let ranges = ["*/*".to_owned(), format!("{kind}/*;q=0.5"), format!("image/png, {media}"), String::new()];
        let problems = (media == "application/json").then(|| "application/problem+json".to_owned());
        for accept in ranges.into_iter().chain(problems) {
            let accept = accept.as_str();
            let Some(answer) = offences.send(ask.call().header("Accept", accept)).await else { continue };
            offences.note(answer.status < 300, format_args!("{} {accept}: {answer:?}", operation.id));
            // What changes something does so once.
            if operation.method != "get" {
                break;
            }
        }
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn a_body_of_another_type_is_415() {
    let (world, mut offences) = (World::open().await, Offences::default());
    let foreign =
        ["text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonx", "json", ""];
    let charsets = ["application/json; charset=utf-16", "application/json;charset=\"iso-8859-1\""];
    for operation in reading() {
        let (ask, name) = (world.valid(&operation).await, operation.id);
        let types = foreign.iter().chain(&charsets).map(|media| Some(*media));
        for media in types.chain([None]) {
            let call = ask.raw(media, text(&ask));
            offences.refused(name, call, (415, "unsupported_media_type")).await;
        }
        for encoding in ["gzip", "br", "x"] {
            let call = ask.raw(Some("application/json"), text(&ask)).header("Content-Encoding", encoding);
            offences.refused(name, call, (415, "unsupported_media_type")).await;
        }
        let call =
            ask.raw(Some("Application/JSON; charset=\"UTF-8\""), text(&ask)).header("Content-Encoding", "identity");
        let Some(answer) = offences.send(call).await else { continue };
        offences.note(answer.status < 300, format_args!("{name}: {answer:?}"));
    }
    for operation in all().into_iter().filter(|one| one.path.starts_with("/v1/statement-imports")) {
        let ask = world.valid(&operation).await;
        let Sent::Raw { media, bytes } = &ask.sent else { panic!("{} sends no file", operation.id) };
        let packed = ask.raw(Some(media), bytes.clone()).header("Content-Encoding", "gzip");
        offences.refused(operation.id, packed, (415, "unsupported_media_type")).await;
        if media.starts_with("multipart") {
            offences
                .refused(operation.id, ask.raw(Some("text/plain"), bytes.clone()), (415, "unsupported_media_type"))
                .await;
        }
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn a_body_has_one_mebibyte_and_no_byte_more() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in reading() {
        let (ask, name) = (world.valid(&operation).await, operation.id);
        let body = text(&ask);
        let padded = |size: usize| format!("{body}{}", " ".repeat(size - body.len()));
        offences.refused(name, ask.raw(Some("application/json"), padded(BODY_MAX + 1)), (413, "too_large")).await;
        let Some(answer) = offences.send(ask.raw(Some("application/json"), padded(BODY_MAX))).await else { continue };
        offences.note(answer.status < 300, format_args!("{name}: {answer:?}"));
    }
    world.close().await;
    offences.none();
}

/// Bytes that are no JSON.
fn unreadable(body: &str) -> Vec<Vec<u8>> {
    let with = |from: &str, to: &[u8]| {
        let (before, after) = body.split_once(from).unwrap();
        [before.as_bytes(), to, after.as_bytes()].concat()
    };
    let mut all = vec![
        body.as_bytes()[..body.len() - 1].to_vec(),
        body.as_bytes()[..body.len() / 2].to_vec(),
        with("{", b"{\"\xff\":1,"),
        with("{", b"{\"\xc0\xaf\":1,"),
        with("{", b"{\"\xed\xa0\x80\":1,"),
        with("{", b"{\"\\ud800\":1,"),
        with("{", b"{\"zzz\":NaN,"),
        with("{", b"{\"zzz\":0x1,"),
        [b"\xef\xbb\xbf", body.as_bytes()].concat(),
        format!("{body}x").into_bytes(),
        format!("{body}{body}").into_bytes(),
        body.replace('{', "{,").into_bytes(),
        b"<xml/>".to_vec(),
    ];
    for depth in [129, 10_000] {
        all.push("[".repeat(depth).into_bytes());
        all.push(format!("{{\"zzz\":{}{}}}", "[".repeat(depth), "]".repeat(depth)).into_bytes());
    }
    all
}

#[tokio::test]
async fn bytes_that_are_no_json_are_400_and_json_that_is_no_object_is_422() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in reading() {
        let (ask, name) = (world.valid(&operation).await, operation.id);
        let body = text(&ask);
        let json = |bytes: Vec<u8>| ask.raw(Some("application/json"), bytes);
        for bytes in unreadable(&body) {
            let shown: String = String::from_utf8_lossy(&bytes).chars().take(60).collect();
            offences.refused(&format!("{name} {shown}"), json(bytes), (400, "malformed_body")).await;
        }
        for other in ["null", "[]", "\"x\"", "1", "true", "[{}]"] {
            offences.refused(&format!("{name} {other}"), json(other.into()), (422, "invalid_value")).await;
        }
        let needs_some = super::world::target(
            &operation.definition["requestBody"]["content"]["application/json"]["schema"],
        )["required"]
            .is_array();
        if needs_some {
            offences.refused(name, json(Vec::new()), (422, "missing_field")).await;
        }
        if let Some((member, value)) = ask.json().and_then(|body| body.as_object()?.iter().next()) {
            let first = serde_json::to_string(member).unwrap();
            let escaped = format!("\"\\u{:04x}{}", u32::from(member.chars().next().unwrap()), &first[2..]);
            for again in [first, escaped] {
                let twice = body.replacen('{', &format!("{{{again}:{value},"), 1);
                offences.refused(&format!("{name} twice"), json(twice.into_bytes()), (422, "invalid_value")).await;
            }
        }
    }
    world.close().await;
    offences.none();
}
