//! `/postman.json`: the Postman collection, with the address it was fetched from, so that it runs once it is imported.

use actix_web::http::header::HOST;
use actix_web::{HttpRequest, HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::require::Public;

/// Made from the OpenAPI document by `tools/contract/postman.cjs`.
const COLLECTION: &str = include_str!("../../openapi/postman/heller.postman_collection.json");
/// What the file has for `base_url`; it stands there once.
const BASE_URL: &str = "http://127.0.0.1:8686";
/// Longest name of a host with its port.
const HOST_MAX: usize = 260;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(collection);
}

/// Postman collection of this API
///
/// Import it by its address. Its variable `base_url` is this server as you reach it; set `email` and `password`, then
/// run the story: it logs in and fills the ids that the other requests use.
#[utoipa::path(get, path = "/postman.json", tag = "Operations", operation_id = "postman",
    responses((status = 200, description = "Postman collection 2.1", body = Object, example = json!({
        "info": { "name": "Heller", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "variable": [{ "key": "base_url", "value": "https://api.example.com" }], "item": []
    }))))]
#[get("/postman.json")]
pub async fn collection(request: HttpRequest, _everybody: Public) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    // What another address was told must not be what this one gets.
    answer.insert_header(("Cache-Control", "no-store")).content_type("application/json");
    answer.body(match base_url(&request) {
        Some(base_url) => COLLECTION.replacen(BASE_URL, &base_url, 1),
        None => COLLECTION.to_owned(),
    })
}

/// This server as the client named it; nothing when what it named is no host.
fn base_url(request: &HttpRequest) -> Option<String> {
    let host = request.headers().get(HOST)?.to_str().ok()?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:[]".contains(letter);
    let known = !host.is_empty() && host.len() <= HOST_MAX && host.chars().all(plain);
    // TLS ends at the proxy in front, which says so.
    let scheme = if request.connection_info().scheme() == "https" { "https" } else { "http" };
    known.then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use serde_json::Value;

    use super::*;

    fn told(headers: &[(&'static str, &'static str)]) -> Option<String> {
        let start = TestRequest::default();
        base_url(&headers.iter().fold(start, |request, header| request.insert_header(*header)).to_http_request())
    }

    #[test]
    fn the_address_is_the_one_that_was_asked_and_nothing_that_would_leave_the_text() {
        assert_eq!(told(&[("Host", "127.0.0.1:9000")]).as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!(told(&[("Host", "[::1]:9000")]).as_deref(), Some("http://[::1]:9000"));
        let proxied = [("Host", "api.example.com"), ("X-Forwarded-Proto", "https")];
        assert_eq!(told(&proxied).as_deref(), Some("https://api.example.com"));
        let odd = [("Host", "api.example.com"), ("X-Forwarded-Proto", "javascript")];
        assert_eq!(told(&odd).as_deref(), Some("http://api.example.com"));
        for host in ["", "a\"b", "a b", "a/b", "a\\b", "a@b"] {
            assert_eq!(told(&[("Host", host)]), None, "{host}");
        }
        assert_eq!(told(&[]), None);
    }

    #[test]
    fn the_address_stands_once_in_the_collection_and_in_its_variable() {
        assert_eq!(COLLECTION.matches(BASE_URL).count(), 1);
        let parsed: Value = serde_json::from_str(COLLECTION).unwrap();
        let variables = parsed["variable"].as_array().unwrap();
        let of = |name: &str| variables.iter().find(|one| one["key"] == name).map(|one| one["value"].clone());
        assert_eq!(of("base_url"), Some(BASE_URL.into()));
        assert!(of("email").is_some() && of("password") == Some("".into()));
    }
}
