//! The built program in a folder of its own: commands, and a server that is started, killed and started again.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::api::Api;
use super::db::TestDb;

const HELLER: &str = env!("CARGO_BIN_EXE_heller");
const READY_WITHIN: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(3);

pub struct Server {
    folder: PathBuf,
    variables: Vec<(&'static str, String)>,
    address: String,
    child: Option<Child>,
    starts: Vec<Duration>,
}

impl Server {
    /// Makes the keys and starts for the first time.
    pub async fn install(db: &TestDb) -> Self {
        let folder = db.folder().to_owned();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let file = |name: &str| folder.join(name).display().to_string();
        let variables = vec![
            ("HELLER_LISTEN", free.to_string()),
            ("HELLER_DATA_DIR", folder.display().to_string()),
            ("HELLER_DATABASE_URL", db.url().to_owned()),
            ("HELLER_SIGNING_KEY_FILE", file("signing-key.pem")),
            ("HELLER_LICENCE_PUBLIC_KEY_FILE", file("licence-public.pem")),
            // Short, so that what a dead process held is taken over while the clients are still sending.
            ("HELLER_WORKER_LEASE_SECONDS", "1".to_owned()),
            ("HELLER_WORKER_POLL_MILLISECONDS", "20".to_owned()),
            ("HELLER_PROVIDER_TIMEOUT_MILLISECONDS", "1000".to_owned()),
            ("HELLER_LOG_FILTER", "warn".to_owned()),
        ];
        let mut server = Self { folder, variables, address: format!("http://{free}"), child: None, starts: Vec::new() };
        server.run(&["key", "init", "signing-key.pem"], "");
        server.run(&["licence", "keygen"], "");
        server.start().await;
        server
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(HELLER);
        command.args(arguments).current_dir(&self.folder);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HELLER_")) {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command that ends by itself and answers what it prints.
    pub fn run(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "heller {}: {}\n{out}\n{err}", arguments.join(" "), output.status);
        out.into_owned()
    }

    /// Starts, and returns when it answers.
    pub async fn start(&mut self) {
        let begun = Instant::now();
        let mut command = self.command(&["serve"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.log());
        self.child = Some(command.spawn().unwrap());
        let api = Api::anonymous(&self.address);
        while !api.is_alive().await {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "the server ended by itself: {ended:?}\n{}", self.log_text());
            assert!(begun.elapsed() < READY_WITHIN, "the server does not start\n{}", self.log_text());
            tokio::time::sleep(POLL).await;
        }
        self.starts.push(begun.elapsed());
    }

    /// SIGKILL, without warning; returns when the process is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn mean_start_ms(&self) -> u128 {
        let sum: Duration = self.starts.iter().sum();
        sum.as_millis() / u128::try_from(self.starts.len().max(1)).unwrap()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("serve.log")
    }

    fn log(&self) -> File {
        OpenOptions::new().create(true).append(true).open(self.log_path()).unwrap()
    }

    /// The last lines the servers have logged.
    fn log_text(&self) -> String {
        let text = std::fs::read_to_string(self.log_path()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the server's log ends with:\n{}", self.log_text());
        }
        self.kill();
    }
}
