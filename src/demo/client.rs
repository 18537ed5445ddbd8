//! A small client of our own API.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{DemoError, DemoUser};

pub struct Client {
    http: reqwest::Client,
    base_url: String,
    token: String,
}

/// The text at a JSON pointer.
pub fn text(value: &Value, pointer: &str) -> Result<String, DemoError> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| DemoError::new("reading an answer", format!("{pointer} is missing")))
}

impl Client {
    pub async fn login(base_url: &str, user: &DemoUser) -> Result<Self, DemoError> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .no_proxy()
            .build()
            .map_err(|error| DemoError::new("login", error))?;
        let mut client = Self { http, base_url: base_url.to_owned(), token: String::new() };
        let body = json!({ "email": user.email, "password": user.password });
        let answer = client.json(client.request(Method::POST, "/v1/auth/login").json(&body)).await?;
        client.token = text(&answer, "/access_token")?;
        Ok(client)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base_url)).bearer_auth(&self.token)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, DemoError> {
        request.send().await.map_err(|error| DemoError::new("calling the server", error))
    }

    async fn json(&self, request: RequestBuilder) -> Result<Value, DemoError> {
        let response = self.send(request).await?;
        let (status, step) = (response.status(), response.url().path().to_owned());
        let body = response.bytes().await.map_err(|error| DemoError::new(&step, error))?;
        let value: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(value);
        }
        let said =
            format!("{status} {} {}", value["code"].as_str().unwrap_or("-"), value["detail"].as_str().unwrap_or("-"));
        Err(DemoError::new(step, said))
    }

    pub async fn get(&self, path: &str) -> Result<Value, DemoError> {
        self.json(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value, key: &str) -> Result<Value, DemoError> {
        self.json(self.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value, if_match: Option<&str>) -> Result<Value, DemoError> {
        let request = self.request(Method::PUT, path).json(body);
        match if_match {
            Some(tag) => self.json(request.header("If-Match", tag)).await,
            None => self.json(request).await,
        }
    }

    pub async fn delete(&self, path: &str, if_match: &str) -> Result<Value, DemoError> {
        self.json(self.request(Method::DELETE, path).header("If-Match", if_match)).await
    }

    /// Starts work and waits until it has settled.
    pub async fn wait_for(&self, path: &str, body: &Value, key: &str) -> Result<Value, DemoError> {
        let request = self.request(Method::POST, path).header("Idempotency-Key", key).header("Prefer", "wait=30");
        self.json(request.json(body)).await
    }

    /// Uploads bytes as they are and waits until they are imported.
    pub async fn upload(&self, path: &str, bytes: Vec<u8>) -> Result<Value, DemoError> {
        let request = self.request(Method::POST, path).header("Prefer", "wait=30");
        self.json(request.header("Content-Type", "application/xml").body(bytes)).await
    }
}
