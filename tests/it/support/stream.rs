//! Server-sent events as a client reads them: blocks of lines, a blank line behind each.

use std::time::Duration;

use serde_json::Value;

use super::contract;

/// Longest wait for the next event.
const PATIENCE: Duration = Duration::from_secs(20);

/// One event; `text` is its data as it came.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: String,
    pub name: String,
    pub text: String,
    pub data: Value,
}

impl Event {
    #[track_caller]
    pub fn at(&self, pointer: &str) -> &Value {
        self.data.pointer(pointer).unwrap_or_else(|| panic!("nothing at '{pointer}' in {self:?}"))
    }
}

/// What a stream tells of the present: everything up to its first comment, or its end. Then it is closed.
pub async fn present(mut response: reqwest::Response) -> reqwest::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while !bytes.starts_with(b":") && !bytes.windows(2).any(|pair| pair == b"\n:") {
        match response.chunk().await? {
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None => break,
        }
    }
    Ok(bytes)
}

/// The value of a field of a block, its lines joined.
fn field(block: &str, name: &str) -> Option<String> {
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned);
    let lines: Vec<String> = block.lines().filter_map(value).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn event(block: &str) -> Option<Event> {
    let text = field(block, "data")?;
    let data = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{block}: {error}"));
    let named = |name: &str| field(block, name).unwrap_or_else(|| panic!("no {name}: {block}"));
    Some(Event { id: named("id"), name: named("event"), text, data })
}

/// The events of a text. Blocks without data are none.
pub fn events(text: &str) -> Vec<Event> {
    let Some((whole, _)) = text.rsplit_once("\n\n") else { return Vec::new() };
    whole.split("\n\n").filter_map(event).collect()
}

/// A stream that is being read. What it says is compared with the OpenAPI document.
pub struct Listener {
    target: String,
    response: reqwest::Response,
    pending: Vec<u8>,
    unread: String,
    /// The id that was read last, for `Last-Event-ID`.
    pub last_id: String,
}

impl Listener {
    pub fn of(target: String, response: reqwest::Response) -> Self {
        let headers = response.headers();
        let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
        let right = response.status() == 200 && is("Content-Type", "text/event-stream");
        assert!(right && is("Cache-Control", "no-store") && is("X-Accel-Buffering", "no"), "{target}: {response:?}");
        Self { target, response, pending: Vec::new(), unread: String::new(), last_id: String::new() }
    }

    /// The next block; `None` when the stream has ended.
    pub async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                self.last_id = field(&block, "id").unwrap_or_else(|| self.last_id.clone());
                return Some(block);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.unwrap_or_else(|_| panic!("{}: nothing came any more", self.target));
            // A server that stops may leave the last chunk out.
            let chunk = chunk.ok().flatten()?;
            self.pending.extend_from_slice(&chunk);
            // A chunk may end within a character.
            if let Ok(text) = std::str::from_utf8(&self.pending) {
                self.unread.push_str(text);
                self.pending.clear();
            }
        }
    }

    /// The next event; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = event(&self.block().await?) {
                contract::check_event(&self.target, &event);
                return Some(event);
            }
        }
    }

    /// The next event, which must come.
    pub async fn event(&mut self) -> Event {
        self.next().await.unwrap_or_else(|| panic!("{} has ended", self.target))
    }

    /// Reads on until a comment comes; the events before it.
    pub async fn until_comment(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let block = self.block().await.unwrap_or_else(|| panic!("{} has ended", self.target));
            match event(&block) {
                Some(event) => events.push(event),
                None if block.starts_with(':') => return events,
                None => {}
            }
        }
    }

    /// Reads on until an event says this; the events that came, it included.
    pub async fn until(&mut self, is_it: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.event().await;
            let found = is_it(&event);
            events.push(event);
            if found {
                return events;
            }
        }
    }

    /// Reads to the end; the events that came.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

#[test]
fn blocks_without_data_are_no_events() {
    let text =
        "retry: 1000\n\nid: a\nevent: refund\ndata: {\"version\":1}\n\n:\nid: b\n\nid: c\nevent: refund\ndata: {";
    let found = events(text);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].id.as_str(), found[0].name.as_str(), found[0].at("/version").as_i64()),
        ("a", "refund", Some(1))
    );
}
