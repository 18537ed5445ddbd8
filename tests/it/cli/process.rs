//! Starts the built program in a folder of its own, without anything from this process's environment.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

/// Longest silence before something is said that is waited for.
const WITHIN: Duration = Duration::from_mins(1);

/// The program with its folder and variables.
pub struct Heller {
    folder: TempDir,
    variables: Vec<(String, OsString)>,
}

/// How it ended and what it printed.
#[derive(Debug)]
pub struct Ended {
    status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Ended {
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self
    }

    /// The one line of a failure.
    #[track_caller]
    pub fn complaint(&self) -> &str {
        let mut lines = self.err.lines().filter_map(|line| line.strip_prefix("heller: "));
        let (first, next) = (lines.next(), lines.next());
        assert!(next.is_none(), "{self:?}");
        first.unwrap_or_else(|| panic!("no complaint: {self:?}"))
    }
}

impl Heller {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// With a signing key, listening on a free port.
    pub fn ready_to_serve() -> Self {
        let heller =
            Self::new().with("HELLER_SIGNING_KEY_FILE", "signing-key.pem").with("HELLER_LISTEN", "127.0.0.1:0");
        heller.run(&["key", "init"]).expect(0);
        heller
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heller"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HELLER_")) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(self.folder.path()).envs(self.variables.iter().cloned());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, "")
    }

    /// Runs it to its end with something on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self.command(arguments).spawn().unwrap();
        // A program that does not read its input has closed it: no matter.
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { status: output.status, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Starts `serve` or `worker` and waits until it says that it is ready.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut running = self.spawn(arguments);
        if !running.err.wait_for("is ready") {
            panic!("not ready: {:?}", running.kill());
        }
        let base = running.err.seen.split_whitespace().find(|word| word.starts_with("http://"));
        running.base = base.map(|base| base.trim_end_matches(',').to_owned());
        running
    }

    /// Starts what prints, when it is ready, a line with this in it.
    pub fn start_until(&self, arguments: &[&str], printed: &str) -> Running {
        let mut running = self.spawn(arguments);
        if !running.out.wait_for(printed) {
            panic!("not ready: {:?}", running.kill());
        }
        running
    }

    fn spawn(&self, arguments: &[&str]) -> Running {
        let mut child = self.command(arguments).spawn().unwrap();
        let (out, err) = (Lines::of(child.stdout.take().unwrap()), Lines::of(child.stderr.take().unwrap()));
        Running { base: None, child, out, err }
    }
}

/// Lines of a stream, read by a thread: a pipe that nobody empties would stop the program.
struct Lines {
    source: mpsc::Receiver<String>,
    seen: String,
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (heard, source) = mpsc::channel();
        let read =
            move || BufReader::new(stream).lines().map_while(Result::ok).all(|line| heard.send(line + "\n").is_ok());
        std::thread::spawn(read);
        Self { source, seen: String::new() }
    }

    /// Whether these words come.
    fn wait_for(&mut self, words: &str) -> bool {
        while !self.seen.contains(words) {
            let Ok(line) = self.source.recv_timeout(WITHIN) else { return false };
            self.seen += &line;
        }
        true
    }

    fn rest(&mut self) -> String {
        self.seen.extend(self.source.iter());
        std::mem::take(&mut self.seen)
    }
}

/// A server or worker that runs; killed when the test forgets it.
pub struct Running {
    base: Option<String>,
    child: Child,
    out: Lines,
    err: Lines,
}

impl Running {
    /// Address of the server.
    pub fn base(&self) -> String {
        self.base.clone().expect("a worker has no address")
    }

    /// What it has printed so far, up to the line that was waited for.
    pub fn printed(&self) -> &str {
        &self.out.seen
    }

    /// Sends SIGTERM and waits for the end: exit code and log.
    pub fn terminate(self) -> (Option<i32>, String) {
        let ended = self.stop();
        (ended.status.code(), ended.err)
    }

    /// As [`Self::terminate`], with everything it said.
    pub fn stop(mut self) -> Ended {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.ended()
    }

    fn kill(mut self) -> Ended {
        self.child.kill().unwrap();
        self.ended()
    }

    fn ended(&mut self) -> Ended {
        let (out, err) = (self.out.rest(), self.err.rest());
        Ended { status: self.child.wait().unwrap(), out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
