//! What came back, and the assertions that tests make about it. Each failure shows the request and the whole answer.

use std::fmt;

use heller::error::{Kind, Reason};
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::stream;

/// The media type of answers that need not end.
pub const STREAM: &str = "text/event-stream";

async fn whole(response: reqwest::Response) -> reqwest::Result<Vec<u8>> {
    Ok(response.bytes().await?.to_vec())
}

/// One answer. `json` is null when the body is none; `bytes` is the body as it came, of a stream what it says of the present.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Value,
    pub bytes: Vec<u8>,
    asked: String,
}

impl Answer {
    pub async fn read(asked: &str, response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut answer = Self { status, headers, json: Value::Null, bytes: Vec::new(), asked: asked.to_owned() };
        let read = if answer.media() == Some(STREAM) { stream::present(response).await } else { whole(response).await };
        answer.bytes = read.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        let is_json = answer.media().is_some_and(|media| media == "application/json" || media.ends_with("+json"));
        if is_json && !answer.is_of_head() {
            answer.json = serde_json::from_slice(&answer.bytes)
                .unwrap_or_else(|error| panic!("{answer:?}\nis announced as JSON and is none: {error}"));
        }
        answer
    }

    /// Whether it answers a HEAD, which has no body.
    pub fn is_of_head(&self) -> bool {
        self.asked.starts_with("HEAD ")
    }

    /// The content type without parameters.
    pub fn media(&self) -> Option<&str> {
        self.header("Content-Type").and_then(|value| value.split(';').next()).map(str::trim)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Asserts the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The value at an RFC 6901 pointer, which must be there.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or_else(|| panic!("nothing at '{pointer}' in {self:?}"))
    }

    /// The text at a pointer.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_else(|| panic!("no text at '{pointer}' in {self:?}"))
    }

    /// The id of the resource.
    #[track_caller]
    pub fn id(&self) -> String {
        self.text("/id").to_owned()
    }

    /// The version of the resource, which the `ETag` must repeat.
    #[track_caller]
    pub fn version(&self) -> i64 {
        let version = self.at("/version").as_i64().unwrap_or_else(|| panic!("the version is no number: {self:?}"));
        assert_eq!(self.header("ETag"), Some(format!("\"{version}\"").as_str()), "{self:?}");
        version
    }

    /// Asserts a problem (RFC 9457) with everything the contract promises about it.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.media(), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.text("/type"), format!("/problems/{code}"), "{self:?}");
        assert_eq!(self.at("/status").as_u64(), Some(u64::from(status)), "{self:?}");
        assert_eq!(Some(self.text("/request_id")), self.header("Request-Id"), "{self:?}");
        for text in ["/title", "/detail", "/instance", "/request_id"] {
            assert!(!self.text(text).is_empty(), "{text} is empty: {self:?}");
        }
        assert!(!self.text("/detail").contains('{'), "a value is missing in the text: {self:?}");
        // A reason is a code with words in each language, never a sentence in one.
        let whys = self.json["errors"].as_array().into_iter().flatten().map(|error| (&error["code"], &error["params"]));
        for (code, values) in whys.chain([(&self.json["code"], &self.json)]) {
            let known = values["reason"].as_str().is_none_or(|reason| Reason::parse(reason).is_some());
            let spoken = ["invalid_value", "malformed_body", "file_format_invalid"].iter().any(|spoken| code == spoken);
            assert!(known || !spoken, "a reason without words: {self:?}");
            let kind = values["kind"].as_str().filter(|_| code == "not_found" || code == "reference_not_found");
            assert!(kind.is_none_or(|kind| Kind::parse(kind).is_some()), "a kind without words: {self:?}");
        }
        self
    }

    /// Asserts that a problem names a wrong value: pointer in the body, or name of parameter or header.
    #[track_caller]
    pub fn field(&self, pointer: &str, code: &str) -> &Self {
        let errors = self.at("/errors").as_array().unwrap_or_else(|| panic!("no errors in {self:?}"));
        let named = errors.iter().any(|error| error["pointer"] == pointer && error["code"] == code);
        assert!(named, "no error '{code}' at '{pointer}' in {self:?}");
        self
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.asked, self.status)?;
        match &self.json {
            Value::Null => write!(f, " {}", String::from_utf8_lossy(&self.bytes)),
            json => write!(f, " {json:#}"),
        }
    }
}

#[test]
fn the_version_of_a_resource_is_the_one_of_its_etag() {
    let json = serde_json::json!({ "version": 3 });
    let headers = [(reqwest::header::ETAG, "\"3\"".parse().unwrap())].into_iter().collect();
    let answer = Answer { status: 200, headers, json, bytes: Vec::new(), asked: "GET /x".to_owned() };
    assert_eq!(answer.version(), 3);
}
