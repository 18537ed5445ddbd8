//! Requests that never reach an operation: heads that the HTTP library refuses, paths that are none. The server answers
//! with a status of its own or hangs up; it stays up, and says nothing about its inside.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::Offences;
use crate::support::app::TestApp;

/// Sends bytes as they are and reads what comes back until the server hangs up, or for a second.
fn exchange(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    // The server may hang up before it has everything.
    drop(stream.write_all(bytes));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn a_head_that_cannot_be_read_is_refused_and_the_server_stays_up() {
    let app = TestApp::start().await;
    let many: String = (0..97).map(|number| format!("X-{number}: 1\r\n")).collect();
    let wrong = [
        get("/version", &many),
        get("/version", &format!("X-Long: {}\r\n", "x".repeat(140_000))),
        get("/version", "Content-Length: x\r\n"),
        get("/version", "Content-Length: 1\r\nContent-Length: 2\r\n"),
        get("/version", "Bad Header: 1\r\n"),
        get(&format!("/{}", "x".repeat(140_000)), ""),
        get("/ version", ""),
        "GET /version HTTP/9.9\r\n\r\n".to_owned(),
        "nonsense\r\n\r\n".to_owned(),
        "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
    ];
    let mut offences = Offences::default();
    for request in wrong {
        let shown: String = request.chars().take(60).collect();
        let address = app.address().to_owned();
        let answer = tokio::task::spawn_blocking(move || exchange(&address, request.as_bytes())).await.unwrap();
        // 400, 414 or 431: the library's own answer has no body, so it cannot be a problem.
        let right = matches!(status(&answer), None | Some(400 | 404 | 414 | 431));
        offences.note(right, format_args!("{shown}: {answer}"));
        let silent = !answer.contains("actix") && !answer.to_lowercase().contains("panicked");
        offences.note(silent, format_args!("{shown} tells of the inside: {answer}"));
        app.anonymous().get("/version").await.expect(200);
    }
    offences.none();
}

#[tokio::test]
async fn what_the_library_takes_and_we_refuse_is_a_problem() {
    let app = TestApp::start().await;
    let mut offences = Offences::default();
    let asked = [
        (get("/v1/customers?limit=%zz", "Authorization: Basic x\r\n"), 401, "unauthenticated"),
        (get("/v1/nothing%2f%2e%2e", ""), 404, "not_found"),
        (get("/version?a=%00", ""), 400, "unknown_parameter"),
        (get("/version", "Accept: text/csv\r\n"), 406, "not_acceptable"),
        (get(&format!("/v1/{}", "x".repeat(9_000)), ""), 404, "not_found"),
        ("CONNECT /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), 405, "method_not_allowed"),
        ("TRACE /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), 405, "method_not_allowed"),
    ];
    for (request, expected, code) in asked {
        let shown: String = request.chars().take(60).collect();
        let address = app.address().to_owned();
        let answer = tokio::task::spawn_blocking(move || exchange(&address, request.as_bytes())).await.unwrap();
        let right = status(&answer) == Some(expected)
            && answer.contains("application/problem+json")
            && answer.contains(&format!("\"code\":\"{code}\""))
            && answer.to_lowercase().contains("request-id: ");
        offences.note(right, format_args!("{shown}: expected {expected} {code}: {answer}"));
    }
    offences.none();
}
