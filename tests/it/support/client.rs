//! Callers: an anonymous one, or a user in a session. A call is built, then awaited; what comes back was compared with
//! the OpenAPI document before the test sees it.
//!
//! `clerk.post("/v1/refunds", json!({…})).idempotent().await.expect(201)`

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use heller::domain::id::UserId;
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use super::answer::Answer;
use super::contract::{self, Exchange};
use super::stream::Listener;

/// The way to one test's server, shared by its callers.
pub struct Link {
    base: String,
    http: reqwest::Client,
    users: AtomicUsize,
}

impl Link {
    pub fn new(base: String) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            .build()
            .unwrap();
        Self { base, http, users: AtomicUsize::new(0) }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    pub fn next_user(&self) -> usize {
        self.users.fetch_add(1, Ordering::Relaxed)
    }
}

/// Who a client is.
#[derive(Debug, Clone)]
pub struct Session {
    pub user: UserId,
    pub email: String,
    pub access_token: String,
    pub refresh_token: String,
}

/// One caller.
#[derive(Clone)]
pub struct Client {
    link: std::sync::Arc<Link>,
    session: Option<Session>,
    token: Option<String>,
}

impl Client {
    pub fn of(link: std::sync::Arc<Link>, session: Option<Session>) -> Self {
        let token = session.as_ref().map(|session| session.access_token.clone());
        Self { link, session, token }
    }

    /// The session this client was made with.
    pub fn session(&self) -> &Session {
        self.session.as_ref().expect("an anonymous client has no session")
    }

    pub fn id(&self) -> String {
        self.session().user.to_string()
    }

    /// The same way to the server with another access token.
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    pub fn get(&self, path: impl Into<String>) -> Call {
        self.call(Method::GET, path, Body::None)
    }

    pub fn post(&self, path: impl Into<String>, body: Value) -> Call {
        self.call(Method::POST, path, Body::Json(body))
    }

    /// A POST without a body.
    pub fn act(&self, path: impl Into<String>) -> Call {
        self.call(Method::POST, path, Body::None)
    }

    pub fn put(&self, path: impl Into<String>, body: Value) -> Call {
        self.call(Method::PUT, path, Body::Json(body))
    }

    pub fn patch(&self, path: impl Into<String>, body: Value) -> Call {
        self.call(Method::PATCH, path, Body::Json(body))
    }

    pub fn delete(&self, path: impl Into<String>) -> Call {
        self.call(Method::DELETE, path, Body::None)
    }

    /// A POST of bytes as they are.
    pub fn post_raw(&self, path: impl Into<String>, media: &str, bytes: impl Into<Vec<u8>>) -> Call {
        self.raw(Method::POST, path, Some(media), bytes)
    }

    /// Bytes as they are, with a content type or none.
    pub fn raw(&self, method: Method, path: impl Into<String>, media: Option<&str>, bytes: impl Into<Vec<u8>>) -> Call {
        self.call(method, path, Body::Raw { media: media.map(str::to_owned), bytes: bytes.into() })
    }

    /// A POST of `multipart/form-data`: text fields, and one file in the field `file`.
    pub fn upload(&self, path: impl Into<String>, fields: &[(&str, &str)], file: (&str, &[u8])) -> Call {
        let (media, bytes) = form(fields, file);
        self.post_raw(path, &media, bytes)
    }

    /// Any method, with a JSON body or none.
    pub fn request(&self, method: Method, path: impl Into<String>, body: Option<Value>) -> Call {
        self.call(method, path, body.map_or(Body::None, Body::Json))
    }

    fn call(&self, method: Method, path: impl Into<String>, body: Body) -> Call {
        let bearer = self.token.iter().map(|token| ("Authorization", format!("Bearer {token}")));
        Call { link: self.link.clone(), method, path: path.into(), headers: bearer.collect(), body }
    }
}

/// A body of `multipart/form-data`: its content type with the boundary, and its bytes.
pub fn form(fields: &[(&str, &str)], file: (&str, &[u8])) -> (String, Vec<u8>) {
    let boundary = Uuid::new_v4().simple().to_string();
    let mut bytes = Vec::new();
    for (name, value) in fields {
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        bytes.extend_from_slice(head.as_bytes());
    }
    let (filename, content) = file;
    let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{filename}\"");
    let head = format!("--{boundary}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n");
    bytes.extend_from_slice(head.as_bytes());
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), bytes)
}

enum Body {
    None,
    Json(Value),
    Raw { media: Option<String>, bytes: Vec<u8> },
}

/// One request, sent when it is awaited.
pub struct Call {
    link: std::sync::Arc<Link>,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

impl Call {
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a fresh idempotency key.
    pub fn idempotent(self) -> Self {
        self.key(Uuid::new_v4().to_string())
    }

    /// With this idempotency key.
    pub fn key(self, key: impl Into<String>) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// Only if the resource still has this version.
    pub fn if_match(self, version: i64) -> Self {
        self.header("If-Match", format!("\"{version}\""))
    }

    pub fn if_none_match(self, etag: &str) -> Self {
        self.header("If-None-Match", etag)
    }

    /// `de`, `en`, or a whole `Accept-Language`.
    pub fn lang(self, languages: &str) -> Self {
        self.header("Accept-Language", languages)
    }

    pub fn prefer_wait(self, seconds: u32) -> Self {
        self.header("Prefer", format!("wait={seconds}"))
    }

    /// Sends, and compares the answer with the document.
    pub async fn send(self) -> Answer {
        let (request, sent_json) = self.build();
        let asked = format!("{} {}", self.method, self.path);
        let response = self.link.http.execute(request).await;
        let answer = Answer::read(&asked, response.unwrap_or_else(|error| panic!("{asked}: {error:?}"))).await;
        contract::check(&Exchange {
            method: self.method.as_str(),
            target: &self.path,
            sent: sent_json,
            answer: &answer,
        });
        answer
    }

    /// Sends, and listens to the stream that is answered.
    pub async fn listen(self) -> Listener {
        let (request, _) = self.build();
        let response = self.link.http.execute(request).await.unwrap_or_else(|error| panic!("{}: {error:?}", self.path));
        Listener::of(self.path, response)
    }

    fn build(&self) -> (reqwest::Request, Option<&Value>) {
        let mut request = self.link.http.request(self.method.clone(), format!("{}{}", self.link.base, self.path));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let (request, sent_json) = match &self.body {
            Body::None => (request, None),
            Body::Json(value) => (request.json(value), Some(value)),
            Body::Raw { media, bytes } => {
                let typed = match media {
                    Some(media) => request.header("Content-Type", media),
                    None => request,
                };
                (typed.body(bytes.clone()), None)
            }
        };
        (request.build().unwrap(), sent_json)
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

#[test]
fn every_helper_writes_the_header_it_is_named_for() {
    let client = Client::of(std::sync::Arc::new(Link::new("http://127.0.0.1:1".to_owned())), None).with_token("t");
    let call = client.patch("/x", serde_json::json!({})).key("k").if_match(3).if_none_match("\"2\"").lang("de");
    let (request, _) = call.prefer_wait(5).build();
    for (name, value) in [
        ("Authorization", "Bearer t"),
        ("Idempotency-Key", "k"),
        ("If-Match", "\"3\""),
        ("If-None-Match", "\"2\""),
        ("Accept-Language", "de"),
        ("Prefer", "wait=5"),
    ] {
        assert_eq!(request.headers()[name], value);
    }
    let keys = [(); 2].map(|()| client.act("/x").idempotent().build().0.headers()["Idempotency-Key"].clone());
    assert_ne!(keys[0], keys[1]);
    let (request, _) = client.upload("/x", &[("account_id", "acc_1")], ("a.xml", b"<a/>")).build();
    let body = String::from_utf8_lossy(request.body().unwrap().as_bytes().unwrap()).into_owned();
    assert!(body.contains("name=\"account_id\"\r\n\r\nacc_1\r\n") && body.contains("\r\n\r\n<a/>\r\n--"), "{body}");
}
