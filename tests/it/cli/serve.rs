//! `serve` and `worker`: what they refuse to start with, what they share, and how they stop.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::client;
use super::process::Heller;
use crate::support::db::TestDb;

#[test]
fn without_a_signing_key_it_says_how_to_make_one() {
    for command in ["serve", "worker"] {
        let heller = Heller::new();
        let refused = heller.run(&[command]).expect(78);
        assert!(refused.complaint().contains("heller key init"), "{}", refused.err);
        assert!(!heller.path("heller-data").exists(), "nothing is made before the settings are good");
    }
    let wrong = Heller::new().with("HELLER_SIGNING_KEY", "secret words").run(&["serve"]).expect(78);
    assert!(wrong.complaint().contains("Ed25519") && !wrong.err.contains("secret words"), "{}", wrong.err);
}

#[test]
fn the_folder_of_a_demo_is_refused() {
    let heller = Heller::ready_to_serve();
    std::fs::create_dir(heller.path("heller-data")).unwrap();
    std::fs::write(heller.path("heller-data/demo-credentials.json"), "{}").unwrap();
    for command in ["serve", "worker"] {
        assert!(heller.run(&[command]).expect(78).complaint().contains("demo"));
    }
}

/// A database says itself what it is for: whichever folder leads to it.
#[tokio::test]
async fn the_database_of_a_demo_is_not_served_and_a_real_one_is_no_demo() {
    let db = TestDb::fresh().await;
    let heller = Heller::ready_to_serve().with("HELLER_DATABASE_URL", db.url());
    heller.run(&["user", "create", "--email", "a@example.com", "--name", "Anna", "--role", "admin"]).expect(0);
    for fresh in [[].as_slice(), &["--fresh"]] {
        std::fs::create_dir_all(heller.path("demo")).unwrap();
        std::fs::write(heller.path("demo/demo-credentials.json"), r#"{"warning":"","users":[]}"#).unwrap();
        let demo = [&["demo", "--data-dir", "demo", "--port", "0", "--database-url", db.url()], fresh].concat();
        assert!(heller.run(&demo).expect(78).complaint().contains("not a demo's"));
    }
    assert!(heller.run(&["user", "list"]).expect(0).out.contains("a@example.com"), "nothing was deleted");
    let connection = db.connect().await;
    connection.execute_unprepared("UPDATE installation SET purpose = 'demo'").await.unwrap();
    connection.close().await.unwrap();
    for command in ["serve", "worker"] {
        assert!(heller.run(&[command]).expect(78).complaint().contains("known passwords"));
    }
}

#[test]
fn a_database_that_does_not_answer_is_named_at_once_and_without_its_password() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let heller = Heller::ready_to_serve().with("HELLER_DATABASE_URL", format!("postgres://me:hunter2@{closed}/heller"));
    let refused = heller.run(&["serve"]).expect(69);
    assert!(refused.complaint().contains(&closed) && refused.complaint().contains("refused"), "{}", refused.err);
    assert!(!refused.err.contains("hunter2"), "{}", refused.err);
}

#[test]
fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let heller = Heller::ready_to_serve().with("HELLER_LISTEN", &address);
    assert!(heller.run(&["serve"]).expect(69).complaint().contains(&address));
}

#[test]
fn one_folder_has_one_worker_and_other_commands_run_beside_it() {
    let heller = Heller::ready_to_serve();
    let running = heller.start(&["serve"]);
    for command in [["serve"].as_slice(), &["serve", "--no-worker"], &["worker"]] {
        assert!(heller.run(command).expect(75).complaint().contains("heller.lock"));
    }
    for command in [["verify"].as_slice(), &["user", "list"], &["migrate"], &["licence", "show"]] {
        heller.run(command).expect(0);
    }
    assert_eq!(running.terminate().0, Some(0));
    let worker = heller.start(&["worker"]);
    heller.run(&["serve"]).expect(75);
    let (code, log) = worker.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(heller.start(&["serve", "--no-worker"]).terminate().0, Some(0), "the lock is given back");
}

#[test]
fn a_lock_outlives_no_process() {
    let heller = Heller::ready_to_serve();
    drop(heller.start(&["serve"]));
    assert_eq!(heller.start(&["serve"]).terminate().0, Some(0));
}

#[tokio::test]
async fn a_user_of_the_command_line_logs_in_and_a_licence_is_activated() {
    let db = TestDb::fresh().await;
    let heller = Heller::ready_to_serve()
        .with("HELLER_DATABASE_URL", db.url())
        .with("HELLER_LICENCE_PUBLIC_KEY_FILE", "licence-public.pem");
    heller.run(&["licence", "keygen"]).expect(0);
    let made = heller.run(&["user", "create", "--email", "a@example.com", "--name", "Anna", "--role", "admin"]);
    let password = made.expect(0).out.lines().find_map(|line| line.strip_prefix("password: ").map(str::to_owned));
    let running = heller.start(&["serve"]);
    let stranger = client(running.base());
    stranger.get("/health/ready").await.expect(200);
    let login = json!({"email": "a@example.com", "password": password.unwrap()});
    let tokens = stranger.post("/v1/auth/login", login).await.expect(200);
    let anna = stranger.with_token(tokens.text("/access_token"));

    let shown = heller.run(&["licence", "show"]).expect(0).out;
    let installation = anna.get("/v1/licence").await.expect(200).text("/installation_id").to_owned();
    assert!(shown.contains(&installation), "{shown}");
    let issue = ["licence", "issue", "--key", "licence-private.pem", "--installation", &installation];
    let token = heller.run(&issue).expect(0).out.trim().to_owned();
    let licence = anna.put("/v1/licence", json!({"token": token})).await.expect(200);
    assert_eq!(licence.text("/payment_module/state"), "active");
    assert!(heller.run(&["licence", "show"]).expect(0).out.contains("active"));
    let (code, log) = running.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("stopped"), "{log}");
}

#[tokio::test]
async fn verify_ends_with_one_and_names_who_is_wrong() {
    let db = TestDb::fresh().await;
    let heller = Heller::new().with("HELLER_DATABASE_URL", db.url());
    let sound = heller.run(&["verify"]).expect(0).out;
    assert!(sound.lines().count() >= 20 && sound.lines().all(|line| line.starts_with("ok")), "{sound}");
    let connection = db.connect().await;
    let gap = "INSERT INTO number_series (series, year, last_number) VALUES ('RE', 2026, 3)";
    connection.execute_unprepared(gap).await.unwrap();
    let found = heller.run(&["verify"]).expect(1).out;
    assert!(found.contains("WRONG") && found.contains("RE-2026-*: 0 documents, highest 0, counter 3"), "{found}");
    let json = heller.run(&["verify", "--json"]).expect(1).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["ok"], false);
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_refused_web_page_is_named_once_with_the_setting_that_lets_it_in() {
    let heller = Heller::ready_to_serve().with("HELLER_CORS_ORIGINS", "https://app.example.com, http://localhost:5173");
    let server = heller.start(&["serve"]);
    let caller = client(server.base());
    let ask = async |origin: &str| {
        let call = caller.request(reqwest::Method::OPTIONS, "/v1/refunds", None).header("Origin", origin);
        call.header("Access-Control-Request-Method", "POST").await
    };
    ask("http://localhost:5173").await.expect(200);
    ask("https://app.example.com").await.expect(200);
    for _ in 0..3 {
        ask("http://localhost:3000").await.problem(403, "cross_origin_refused");
    }
    caller.get("/version").header("Origin", server.base()).await.expect(200);
    let (_, log) = server.terminate();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("cors_origins")).collect();
    assert!(matches!(told.as_slice(), [line] if line.contains("localhost:3000")), "{told:?}");
}

#[test]
fn what_is_no_origin_is_refused_at_the_start() {
    let heller = Heller::ready_to_serve().with("HELLER_CORS_ORIGINS", "*");
    assert!(heller.run(&["serve"]).expect(78).complaint().contains("https://app.example.com"));
    let shown = Heller::new();
    std::fs::write(shown.path("heller.toml"), "cors_origins = [\"https://shop.example\"]\n").unwrap();
    assert!(shown.run(&["config", "show"]).expect(0).out.contains("https://shop.example"));
}

/// Open streams would hold a stop for as long as it waits for requests, five seconds.
#[tokio::test]
async fn a_stop_ends_open_streams_at_once() {
    let db = TestDb::fresh().await;
    let heller = Heller::ready_to_serve().with("HELLER_DATABASE_URL", db.url());
    let made = heller.run(&["user", "create", "--email", "a@example.com", "--name", "Anna", "--role", "admin"]);
    let password = made.expect(0).out.lines().find_map(|line| line.strip_prefix("password: ").map(str::to_owned));
    let running = heller.start(&["serve"]);
    let login = json!({"email": "a@example.com", "password": password.unwrap()});
    let tokens = client(running.base()).post("/v1/auth/login", login).await.expect(200);
    let anna = client(running.base()).with_token(tokens.text("/access_token"));
    anna.act("/v1/licence/trial").await.expect(200);
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = anna.get("/v1/events/stream").listen().await;
        assert!(stream.until_comment().await.is_empty());
        streams.push(stream);
    }
    let asked = Instant::now();
    let (code, log) = running.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}: {log}", asked.elapsed());
    for mut stream in streams {
        assert!(stream.rest().await.is_empty());
    }
}
