//! Addresses: 405 with `Allow` where the method does not exist, 404 where the address does not, and ids of other things.

use reqwest::Method;
use serde_json::Value;

use super::world::World;
use super::{DOCUMENT, Offences, all};
use crate::support::document::{id_of_nothing, path_to_nothing, prefix_of};

/// What may be asked for. `OPTIONS` belongs to CORS.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "BREW"];

/// The methods of a path, as `Allow` lists them.
fn allowed(item: &Value) -> Vec<String> {
    let methods = item.as_object().unwrap().keys().map(|method| method.to_uppercase());
    methods.flat_map(|method| if method == "GET" { vec![method, "HEAD".to_owned()] } else { vec![method] }).collect()
}

#[tokio::test]
async fn a_method_that_does_not_exist_is_405_and_those_that_do_are_named() {
    let (world, mut offences) = (World::bare().await, Offences::default());
    let anonymous = world.shop.app.anonymous();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        let allowed = allowed(item);
        let known = all().into_iter().find(|operation| operation.path == path).unwrap();
        let path = path_to_nothing(&DOCUMENT, &known);
        for method in METHODS.iter().filter(|method| !allowed.iter().any(|known| known == *method)) {
            let asked = Method::from_bytes(method.as_bytes()).unwrap();
            // Whether an address exists is no secret: nobody need be logged in.
            let Some(answer) = offences.send(anonymous.request(asked, &path, None)).await else { continue };
            let mut named: Vec<&str> = answer.header("Allow").unwrap_or_default().split(", ").collect();
            named.sort_unstable();
            let mut expected: Vec<&str> = allowed.iter().map(String::as_str).collect();
            expected.sort_unstable();
            let coded = *method == "HEAD" || answer.json["code"] == "method_not_allowed";
            let right = answer.status == 405 && named == expected && coded;
            offences.note(right, format_args!("expected 405, Allow {expected:?}, got {named:?}: {answer:?}"));
        }
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_404() {
    let (world, mut offences) = (World::bare().await, Offences::default());
    let mut paths: Vec<String> =
        DOCUMENT["paths"].as_object().unwrap().keys().map(|path| format!("{path}/nothing/here")).collect();
    let odd = [
        "/v1",
        "/v1/",
        "/v2/orders",
        "/v1/orders/",
        "//v1/orders",
        "/v1/Orders",
        "/v1/%6frders%00",
        "/v1/../v1",
        "/%ff",
    ];
    paths.extend(odd.map(str::to_owned));
    for path in paths.iter().map(|path| path.replace(['{', '}'], "")) {
        for method in [Method::GET, Method::POST] {
            let call = world.all.request(method, &path, None);
            offences.refused("an unknown address", call, (404, "not_found")).await;
        }
    }
    world.close().await;
    offences.none();
}

#[tokio::test]
async fn an_id_of_nothing_and_an_id_of_something_else_are_404() {
    let (world, mut offences) = (World::open().await, Offences::default());
    for operation in all() {
        for parameter in operation.parameters("path") {
            let Some(prefix) = prefix_of(&DOCUMENT, parameter) else { continue };
            let ask = world.valid(&operation).await;
            let (path, query) = ask.path.split_once('?').unwrap_or((&ask.path, ""));
            assert!(query.is_empty(), "{}", ask.path);
            let template: Vec<&str> = operation.path.split('/').collect();
            let wanted = format!("{{{}}}", parameter["name"].as_str().unwrap());
            let at = template.iter().position(|segment| *segment == wanted).unwrap();
            let with = |id: &str| {
                let mut segments: Vec<&str> = path.split('/').collect();
                segments[at] = id;
                ask.with_path(segments.join("/"))
            };
            let other = if prefix == "cus" { "ord" } else { "cus" };
            let other = with(&world.id(other));
            offences.refused(operation.id, other.call(), (404, "wrong_id_type")).await;
            let upper = id_of_nothing(prefix).to_uppercase();
            for id in [&id_of_nothing(prefix), &format!("{prefix}_x"), &upper, "x", "%00", "%ff", "1", &"9".repeat(400)]
            {
                let Some(answer) = offences.send(with(id).call()).await else { continue };
                let code = answer.json["code"].as_str().unwrap_or_default();
                let right = answer.status == 404 && ["not_found", "wrong_id_type"].contains(&code);
                offences.note(right, format_args!("{}: {answer:?}", operation.id));
            }
        }
    }
    world.close().await;
    offences.none();
}
