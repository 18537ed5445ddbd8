//! A client as a careful integrator writes it: a write has a key, a broken connection means "not known", and what is
//! not known is asked again with the same key.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

const PAUSE: Duration = Duration::from_millis(10);
/// Longest wait for one answer to "are you alive?". While servers come and go, the client's pool now and then keeps a
/// request that it never sends; asking again is cheaper than taking that for a server that does not start.
const ALIVE_WITHIN: Duration = Duration::from_secs(2);
/// Refusals that ask to try again.
const TRANSIENT: [&str; 4] = ["idempotency_key_in_flight", "concurrent_change", "unavailable", "rate_limited"];

static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(Duration::from_secs(20));
    client.build().unwrap()
});

/// One caller's way to the server, through all its lives.
#[derive(Clone)]
pub struct Api {
    base: String,
    token: String,
    /// How often a connection broke before the answer was there.
    pub broken: Arc<AtomicUsize>,
}

/// What a request came to.
#[derive(Debug, Clone)]
pub struct Said {
    pub status: u16,
    pub replayed: bool,
    pub body: Value,
}

impl Said {
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no text at '{pointer}' in {} {}", self.status, self.body)).to_owned()
    }

    #[track_caller]
    pub fn items(&self) -> &[Value] {
        self.body["items"].as_array().unwrap_or_else(|| panic!("no list: {} {}", self.status, self.body))
    }
}

/// A request that can be sent any number of times.
#[derive(Clone)]
pub struct Ask {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Ask {
    fn new(method: Method, path: &str, body: Option<Value>) -> Self {
        Self { method, path: path.to_owned(), headers: Vec::new(), body }
    }

    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path, None)
    }

    pub fn post(path: &str, key: &str, body: Value) -> Self {
        Self::new(Method::POST, path, Some(body)).with("Idempotency-Key", key)
    }

    pub fn put(path: &str, body: Value) -> Self {
        Self::new(Method::PUT, path, Some(body))
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl Api {
    pub fn anonymous(base: &str) -> Self {
        Self { base: base.to_owned(), token: String::new(), broken: Arc::default() }
    }

    pub async fn login(base: &str, email: &str, password: &str) -> Self {
        let stranger = Self::anonymous(base);
        let ask = Ask::new(Method::POST, "/v1/auth/login", Some(json!({ "email": email, "password": password })));
        let token = stranger.done(ask).await.text("/access_token");
        Self { token, ..stranger }
    }

    pub async fn is_alive(&self) -> bool {
        let asked = HTTP.get(format!("{}/health/live", self.base)).timeout(ALIVE_WITHIN).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// Sends once; nothing when the connection broke and nobody knows what happened.
    async fn once(&self, ask: &Ask) -> Option<Said> {
        let mut request = HTTP.request(ask.method.clone(), format!("{}{}", self.base, ask.path));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &ask.body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let (status, replayed) = (answer.status().as_u16(), answer.headers().contains_key("Idempotency-Replayed"));
        let bytes = answer.bytes().await.ok()?;
        Some(Said { status, replayed, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    /// Sends until there is an answer that is not "try again".
    pub async fn insist(&self, ask: Ask) -> Said {
        loop {
            match self.once(&ask).await {
                Some(said) if !said.body["code"].as_str().is_some_and(|code| TRANSIENT.contains(&code)) => return said,
                Some(_) => {}
                None => {
                    self.broken.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Like [`insist`](Self::insist); anything but success fails the test.
    pub async fn done(&self, ask: Ask) -> Said {
        let asked = format!("{} {}", ask.method, ask.path);
        let said = self.insist(ask).await;
        assert!((200..300).contains(&said.status), "{asked}: {} {}", said.status, said.body);
        said
    }
}
