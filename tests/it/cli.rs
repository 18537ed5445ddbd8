//! The program as people and scripts start it: what it prints, how it ends, and that it leaves others alone.

mod demo;
mod guides;
mod import;
mod logs;
mod process;
mod serve;

use std::path::Path;
use std::sync::Arc;

use process::Heller;

use crate::support::client::{Client, Link};

/// A caller of a server that was started as a process; nobody is logged in.
fn client(base: impl Into<String>) -> Client {
    Client::of(Arc::new(Link::new(base.into())), None)
}

#[test]
fn help_names_every_command_and_every_exit_code() {
    let help = Heller::new().run(&["--help"]).expect(0);
    for command in
        ["serve", "worker", "demo", "import", "migrate", "key", "user", "licence", "openapi", "verify", "config"]
    {
        assert!(help.out.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {}", help.out);
    }
    for code in ["0", "1", "2", "3", "69", "70", "75", "78"] {
        assert!(help.out.lines().any(|line| line.trim_start().starts_with(&format!("{code}  "))), "{code}");
    }
    for command in ["serve", "migrate", "key init", "user create", "licence issue", "openapi", "verify", "demo"] {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        assert!(Heller::new().run(&arguments).expect(0).out.contains("Usage: heller"));
    }
    Heller::new().run(&["sreve"]).expect(2);
}

#[test]
fn every_setting_is_listed_and_secrets_are_not_shown() {
    let heller =
        Heller::new().with("HELLER_DATABASE_URL", "postgres://me:hunter2@db/heller").with("HELLER_LISTEN", "[::1]:7");
    let shown = heller.run(&["config", "show"]).expect(0).out;
    for part in ["listen", "HELLER_LISTEN", "[::1]:7", "127.0.0.1:8686", "signing_key_file", "log_filter"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("hunter2"), "{shown}");
    let listed = heller.run(&["help", "config"]).expect(0).out;
    for part in ["worker_lease_seconds", "HELLER_WORKER_LEASE_SECONDS", "--worker-lease-seconds", "[default: 60]"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    assert!(!listed.contains("--signing-key\n"), "everybody can read a command line: {listed}");
}

#[test]
fn a_flag_wins_over_the_variable_and_that_over_the_file_and_each_value_says_where_it_is_from() {
    let heller = Heller::new().with("HELLER_WORKER_CONCURRENCY", "3").with("HELLER_LISTEN", "127.0.0.1:3");
    let file = "listen = \"127.0.0.1:2\"\nworker_concurrency = 2\naccess_token_minutes = 2\n";
    std::fs::write(heller.path("heller.toml"), file).unwrap();
    let shown = heller.run(&["config", "show", "--listen", "127.0.0.1:4"]).expect(0).out;
    for (key, value, from) in [
        ("listen", "127.0.0.1:4", "--listen"),
        ("worker_concurrency", "3", "HELLER_WORKER_CONCURRENCY"),
        ("access_token_minutes", "2", "heller.toml"),
        ("refresh_token_hours", "12", "default"),
    ] {
        let row = shown.lines().find(|line| line.split_whitespace().next() == Some(key)).unwrap();
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert_eq!((cells[1], cells[2]), (value, from), "{shown}");
    }
    let heller = Heller::ready_to_serve();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = heller.start(&["serve", "--listen", &port, "--data-dir", "elsewhere"]);
    assert!(server.base().ends_with(&port), "{}", server.base());
    assert_eq!(server.terminate().0, Some(0));
    assert!(heller.path("elsewhere/heller.sqlite").exists());
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let heller = Heller::new().with("HELLER_LISTEN_ADRESS", "127.0.0.1:1");
    let refused = heller.run(&["user", "list"]).expect(78);
    let said = refused.complaint();
    assert!(said.contains("HELLER_LISTEN_ADRESS") && said.contains("did you mean HELLER_LISTEN?"), "{said}");
    let heller = Heller::new();
    std::fs::write(heller.path("mine.toml"), "log_formt = \"json\"\n").unwrap();
    let refused = heller.run(&["--config", "mine.toml", "user", "list"]).expect(78);
    let said = refused.complaint();
    assert!(said.contains("log_formt in mine.toml") && said.contains("did you mean log_format?"), "{said}");
    let heller = Heller::new().with("HELLER_WORKER_CONCURRENCY", "0");
    assert!(heller.run(&["config", "show"]).expect(78).complaint().contains("worker_concurrency must be at least 1"));
    let heller = Heller::new().with("HELLER_DATABASE_URL", "mysql://me:hunter2@db/heller");
    assert!(!heller.run(&["verify"]).expect(78).complaint().contains("hunter2"));
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(not(unix))]
fn mode(_: &Path) -> u32 {
    0o600
}

#[test]
fn a_private_key_is_its_owners_alone_and_never_replaced() {
    let heller = Heller::new();
    heller.run(&["key", "init"]).expect(0);
    heller.run(&["key", "init", "other.pem"]).expect(0);
    let key = heller.path("signing-key.pem");
    assert_eq!((mode(&key), mode(&heller.path("other.pem"))), (0o600, 0o600));
    let before = std::fs::read(&key).unwrap();
    assert_ne!(before, std::fs::read(heller.path("other.pem")).unwrap());
    assert!(heller.run(&["key", "init"]).expect(78).complaint().contains("signing-key.pem"));
    assert_eq!(std::fs::read(&key).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn what_holds_names_and_passwords_is_its_owners_alone() {
    let heller = Heller::ready_to_serve();
    heller.start(&["serve"]).terminate();
    let folder = heller.path("heller-data");
    assert_eq!(mode(&folder), 0o700);
    for file in ["heller.sqlite", "sandbox.sqlite", "heller.lock"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

#[test]
fn what_is_no_text_in_the_environment_and_no_log_filter_is_told_apart() {
    use std::os::unix::ffi::OsStringExt;
    let strange = std::ffi::OsString::from_vec(vec![0xff]);
    Heller::new().with("NOT_OURS", strange).run(&["config", "show"]).expect(0);
    let heller = Heller::ready_to_serve().with("HELLER_LOG_FILTER", "heller=loud");
    assert!(heller.run(&["serve"]).expect(78).complaint().contains("log_filter"));
}

#[test]
fn a_migration_is_planned_without_touching_anything_and_run_once() {
    let heller = Heller::new();
    let plan = heller.run(&["migrate", "--plan"]).expect(0).out;
    assert!(plan.contains("m20261122_000001_access"), "{plan}");
    assert!(!heller.path("heller-data").exists(), "a plan makes nothing");
    assert!(heller.run(&["migrate"]).expect(0).out.contains("applied m20261122_000001_access"));
    assert!(heller.run(&["migrate", "--plan"]).expect(0).out.contains("nothing to do"));
    assert_eq!(heller.run(&["migrate"]).expect(0).out.lines().count(), 1);
}

#[test]
fn up_down_up_takes_a_new_database_only() {
    let heller = Heller::new();
    let url = format!("sqlite://{}?mode=rwc", heller.path("new.sqlite").display());
    assert!(heller.run(&["migrate", "--up-down-up", "--database-url", &url]).expect(0).out.starts_with("ok"));
    assert!(heller.run(&["migrate", "--up-down-up", "--database-url", &url]).expect(2).complaint().contains("new"));
    assert!(!heller.path("heller-data").exists());
}

#[test]
fn the_openapi_document_is_written_and_checked() {
    let heller = Heller::new();
    let printed = heller.run(&["openapi"]).expect(0).out;
    assert_eq!(printed, heller::openapi::text());
    let missing = heller.run(&["openapi", "--check"]).expect(1);
    assert!(missing.complaint().contains("openapi/heller.json"), "{}", missing.err);
    heller.run(&["openapi", "--write", "openapi/heller.json"]).expect(0);
    heller.run(&["openapi", "--check"]).expect(0);
    let changed = printed.replacen("\"Log in\"", "\"Log on\"", 1);
    std::fs::write(heller.path("other.json"), changed).unwrap();
    let stale = heller.run(&["openapi", "--check", "other.json"]).expect(1);
    assert!(stale.complaint().contains("/paths/~1v1~1auth~1login/post/summary"), "{}", stale.err);
}

#[test]
fn what_needs_a_database_says_so_and_makes_none() {
    let heller = Heller::new();
    for command in [["verify"].as_slice(), &["user", "list"]] {
        assert!(heller.run(command).expect(69).complaint().contains("no database"));
    }
    assert!(!heller.path("heller-data").exists());
}

#[test]
fn a_user_is_made_with_a_password_of_their_own_or_a_new_one() {
    let heller = Heller::new();
    let create =
        |name: &str| ["user", "create", "--email", name, "--name", "Anna", "--role", "admin"].map(str::to_owned);
    let run = |arguments: &[String], input: &str| {
        heller.run_with(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), input)
    };
    let made = run(&create("Anna@Example.com"), "").expect(0);
    assert!(made.out.contains("created usr_") && made.out.contains("password: "), "{}", made.out);
    assert!(run(&create("anna@example.com"), "").expect(2).complaint().contains("exists"));
    let mut with_password = create("ben@example.com").to_vec();
    with_password.push("--password-stdin".to_owned());
    assert!(run(&with_password, "short\n").expect(2).complaint().contains("12"));
    assert!(!run(&with_password, "correct horse battery\n").expect(0).out.contains("correct"));
    let listed = heller.run(&["user", "list"]).expect(0).out;
    assert!(listed.contains("anna@example.com") && listed.contains("ben@example.com"), "{listed}");
    heller.run(&["user", "create", "--email", "c@example.com", "--name", "C", "--role", "owner"]).expect(2);
    heller.run(&["user", "create", "--email", "nonsense", "--name", "C", "--role", "admin"]).expect(2);
}

#[test]
fn a_licence_key_pair_is_made_and_signs() {
    let heller = Heller::new();
    heller.run(&["licence", "keygen", "--out-dir", "vendor"]).expect(0);
    assert_eq!(mode(&heller.path("vendor/licence-private.pem")), 0o600);
    heller.run(&["licence", "keygen", "--out-dir", "vendor"]).expect(78);
    let issue = ["licence", "issue", "--key", "vendor/licence-private.pem"];
    heller.run(&issue).expect(2);
    let token = heller.run(&[issue.as_slice(), &["--not-activated"]].concat()).expect(0).out;
    assert_eq!(token.trim().split('.').count(), 3, "{token}");
    heller.run(&["licence", "issue", "--key", "vendor/licence-public.pem", "--not-activated"]).expect(78);
    heller.run(&["licence", "show"]).expect(69);
    assert!(!heller.path("heller-data").exists(), "looking makes nothing");
    heller.run(&["migrate"]).expect(0);
    assert!(heller.run(&["licence", "show"]).expect(0).out.contains("none"));
}
