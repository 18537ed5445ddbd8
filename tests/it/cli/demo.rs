//! `heller demo`: what a newcomer sees, the commands to paste, and the same folder again.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::process::{Heller, Running};
use super::{client, mode};
use crate::support::client::Client;
use crate::support::db::TestDb;

/// Most lines that a newcomer has to read.
const LINES_MAX: usize = 25;
const ROLES: [&str; 6] = ["accountant", "refund_clerk", "sales_clerk", "cashier", "auditor", "admin"];

/// A demo in the folder `shop`, on the database under test; on SQLite that is its own file, as for a newcomer.
pub struct Demo {
    pub heller: Heller,
    db: TestDb,
}

impl Demo {
    pub async fn new() -> Self {
        let db = TestDb::fresh().await;
        let heller = Heller::ready_to_serve().with("HELLER_DATA_DIR", "shop");
        let heller = if postgres(&db) { heller.with("HELLER_DATABASE_URL", db.url()) } else { heller };
        Self { heller, db }
    }

    fn start(&self, options: &[&str], printed: &str) -> Running {
        let mut arguments = vec!["demo", "--port", "0", "--data-dir", "shop"];
        if postgres(&self.db) {
            arguments.extend(["--database-url", self.db.url()]);
        }
        arguments.extend(options);
        self.heller.start_until(&arguments, printed)
    }

    /// With `--json`; answers the line.
    pub fn start_for_a_script(&self, options: &[&str]) -> (Running, Value) {
        let running = self.start(&[&["--json"], options].concat(), "sandbox_account_id");
        let line: Value = serde_json::from_str(running.printed()).unwrap();
        (running, line)
    }

    pub fn credentials(&self) -> Value {
        let path = self.heller.path("shop/demo-credentials.json");
        assert_eq!(mode(&path), 0o600);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }
}

fn postgres(db: &TestDb) -> bool {
    db.url().starts_with("postgres")
}

/// What begins so, up to what is part of no id and no address.
fn word<'a>(text: &'a str, beginning: &str) -> &'a str {
    let (_, rest) = text.split_once(beginning).unwrap_or_else(|| panic!("no {beginning}… in {text}"));
    let from = text.len() - rest.len() - beginning.len();
    let part = |byte: char| byte.is_ascii_alphanumeric() || "_:.".contains(byte);
    let length = rest.find(|byte| !part(byte)).unwrap_or(rest.len());
    &text[from..from + beginning.len() + length]
}

/// Logs everybody in; answers the accountant.
pub async fn log_everybody_in(base: &str, credentials: &Value) -> Client {
    let users = credentials["users"].as_array().unwrap();
    let mut roles: Vec<&str> = users.iter().map(|user| user["role"].as_str().unwrap()).collect();
    roles.sort_unstable();
    let mut expected = ROLES;
    expected.sort_unstable();
    assert_eq!(roles, expected);
    let (stranger, mut accountant) = (client(base), None);
    for user in users {
        let login = json!({ "email": user["email"], "password": user["password"] });
        let tokens = stranger.post("/v1/auth/login", login).await.expect(200);
        let person = stranger.with_token(tokens.text("/access_token"));
        assert_eq!(person.get("/v1/auth/me").await.expect(200).at("/roles"), &json!([user["role"]]));
        if user["role"] == "accountant" {
            accountant = Some(person);
        }
    }
    accountant.unwrap()
}

/// The commands that the demo offers, each as one line, without the number that may stand in front.
fn commands(printed: &str) -> Vec<String> {
    let lines = printed.replace("\\\n", " ");
    let lines = lines.lines().map(str::trim).filter(|line| line.contains("curl") && !line.starts_with('#'));
    lines.map(|line| line.trim_start_matches(|digit: char| digit.is_ascii_digit()).trim().to_owned()).collect()
}

/// Pastes the commands into a shell; answers what they printed, or nothing where there is no such shell.
pub fn paste(commands: &[String]) -> Option<String> {
    let there = |program: &str| Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
    if !there("bash") || !there("curl") {
        println!("no bash or no curl: the test sends the requests itself");
        return None;
    }
    // A proxy of this machine is no business of ours.
    let mut shell =
        Command::new("bash").env("no_proxy", "*").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all((commands.join("\n") + "\n").as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The same three requests after the login.
async fn carry_out(accountant: &Client, refund: &str, account: &str) {
    let send = accountant.post(format!("/v1/refunds/{refund}/send"), json!({})).idempotent().prefer_wait(10);
    send.await.expect(200);
    let run = json!({ "account_ids": [account] });
    accountant.post("/v1/reconciliation-runs", run).prefer_wait(10).await.expect(200);
}

/// The printed commands carry the refund that they name to its end; answers its path.
async fn refund_story(printed: &str, accountant: &Client) -> String {
    let (refund, account) = (word(printed, "rfd_"), word(printed, "acc_"));
    let path = format!("/v1/refunds/{refund}");
    assert_eq!(accountant.get(&path).await.expect(200).text("/status"), "not_sent");
    let commands = commands(printed);
    assert_eq!(commands.len(), 5, "{printed}");
    match paste(&commands) {
        Some(said) => {
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap();
            let last: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{said}"));
            assert_eq!((&last["id"], &last["status"]), (&json!(refund), &json!("confirmed")), "{said}");
            for part in ["HTTP/1.1 200", "link: <", "request-id: ", "{\n  \"items\": [\n    {\n      \"id\": \"mov_"] {
                assert!(said.contains(part), "the list for people lacks {part}: {said}");
            }
        }
        None => carry_out(accountant, refund, account).await,
    }
    assert_eq!(accountant.get(&path).await.expect(200).text("/status"), "confirmed");
    path
}

/// The documentation page of a demo gets a token that works, and nobody else does.
async fn its_own_page_is_logged_in(base: &str) {
    let stranger = client(base);
    let start = stranger.get("/docs/swagger-initializer.js").await.expect(200);
    let start = String::from_utf8(start.bytes.clone()).unwrap();
    assert!(start.contains("/demo/token") && !start.contains("://"), "{start}");
    let given = stranger.get("/demo/token").header("Sec-Fetch-Site", "same-origin").await.expect(200);
    assert_eq!(given.header("Cache-Control"), Some("no-store"));
    let reader = stranger.with_token(given.text("/access_token"));
    reader.get("/v1/account-movements").await.expect(200);
    stranger.get("/demo/token").await.problem(403, "cross_origin_refused");
    for (name, value) in [("Origin", "http://localhost:5173"), ("Sec-Fetch-Site", "cross-site"), ("Host", "a.example")]
    {
        stranger.get("/demo/token").header(name, value).await.problem(403, "cross_origin_refused");
    }
}

/// What a developer serves on another port needs no setting.
async fn pages_of_this_machine_may_call(base: &str) {
    let ask = async |origin: &str| {
        let call = client(base).request(reqwest::Method::OPTIONS, "/v1/refunds", None).header("Origin", origin);
        call.header("Access-Control-Request-Method", "POST").await
    };
    assert_eq!(ask("http://localhost:5173").await.header("Access-Control-Allow-Origin"), Some("http://localhost:5173"));
    ask("https://evil.example").await.problem(403, "cross_origin_refused");
}

#[tokio::test]
async fn a_newcomer_pastes_the_commands_and_the_same_folder_goes_on_or_begins_again() {
    let demo = Demo::new().await;
    let first = demo.start(&[], "Ctrl-C");
    let printed = first.printed().to_owned();
    let credentials = demo.credentials();
    let accountant = log_everybody_in(word(&printed, "http://"), &credentials).await;
    let refund = refund_story(&printed, &accountant).await;
    its_own_page_is_logged_in(word(&printed, "http://")).await;
    let first = first.stop().expect(0);
    assert!(first.err.contains("0 jobs parked"), "it says what the stop did: {}", first.err);
    let lines = first.out.lines().chain(first.err.lines()).count();
    assert!(lines <= LINES_MAX, "{}{}", first.err, first.out);
    for user in credentials["users"].as_array().unwrap() {
        let shown = ["email", "password"].map(|part| first.out.contains(user[part].as_str().unwrap()));
        assert_eq!(shown, [true; 2], "a login per role: {}", first.out);
    }

    std::fs::write(demo.heller.path("shop/mine.txt"), "mine").unwrap();
    let (second, line) = demo.start_for_a_script(&[]);
    let base = line["url"].as_str().unwrap().to_owned();
    pages_of_this_machine_may_call(&base).await;
    let account = word(&printed, "acc_");
    let expected = json!({
        "url": base, "docs": format!("{base}/docs/"), "data_dir": "shop", "users": credentials["users"],
        "sandbox_account_id": account,
    });
    assert_eq!(line, expected);
    assert_eq!(demo.credentials(), credentials);
    let accountant = log_everybody_in(&base, &credentials).await;
    assert_eq!(accountant.get(&refund).await.expect(200).text("/status"), "confirmed");
    let waiting = accountant.get("/v1/refunds?folder=not_sent&status=not_sent").await.expect(200);
    assert!(!waiting.at("/items").as_array().unwrap().is_empty(), "something to send again");
    let second = second.stop().expect(0);
    assert_eq!(second.out.lines().count(), 1, "{}", second.out);

    let (third, line) = demo.start_for_a_script(&["--fresh"]);
    assert_ne!(demo.credentials(), credentials);
    let accountant = log_everybody_in(line["url"].as_str().unwrap(), &demo.credentials()).await;
    accountant.get(&refund).await.problem(404, "not_found");
    third.stop().expect(0);
    assert_eq!(std::fs::read_to_string(demo.heller.path("shop/mine.txt")).unwrap(), "mine");

    assert!(demo.heller.run(&["serve"]).expect(78).complaint().contains("demo"));
    demo.heller.run(&["verify"]).expect(0);
}

#[test]
fn a_folder_with_somebodys_database_is_refused_and_kept() {
    let heller = Heller::new();
    heller.run(&["migrate"]).expect(0);
    let before = std::fs::read(heller.path("heller-data/heller.sqlite")).unwrap();
    for options in [["demo"].as_slice(), &["demo", "--fresh"]] {
        assert!(heller.run(options).expect(78).complaint().contains("not a demo's"));
    }
    assert_eq!(std::fs::read(heller.path("heller-data/heller.sqlite")).unwrap(), before);
}
