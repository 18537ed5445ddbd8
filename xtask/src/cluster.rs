//! A throw-away PostgreSQL cluster that nothing survives: not a failure, a panic, Ctrl-C or `kill -9`.
//!
//! Drop covers the first two. For the rest the cluster belongs to a keeper process (`cluster.sh`), which waits for the
//! end of a pipe that only we hold: the kernel closes it however we die. The keeper also makes the cluster, so that
//! there is no moment in which something exists that nobody would clean up.
//!
//! initdb refuses to run as root; the programs then run as `postgres`, or as `nobody` where there is no such user.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::postgres::Durability;
use crate::run::{self, Failure};

const KEEPER: &str = include_str!("cluster.sh");
const MEMORY_FOLDER: &str = "/dev/shm";
const MEMORY_KIB_MIN: u64 = 512 * 1024;
/// Between choosing a free port and using it somebody else may take it.
const START_ATTEMPTS: u32 = 3;

const ALWAYS: &str = "listen_addresses = '127.0.0.1'\nmax_connections = 200\nshared_buffers = '128MB'\n\
                      timezone = 'UTC'\nlog_timezone = 'UTC'\n";
const WITHOUT_DURABILITY: &str = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n\
                                  wal_level = minimal\nmax_wal_senders = 0\n";

/// A running cluster. Dropping it stops the server and removes its folder.
pub struct Cluster {
    keeper: Child,
    /// Taken when the cluster is given up: closing it is the signal.
    orders: Option<ChildStdin>,
    folder: PathBuf,
    programs: PathBuf,
    url: String,
}

/// What a cluster is made of, but for the port.
struct Plan<'a> {
    programs: &'a Path,
    durability: Durability,
    identity: Identity,
    parent: PathBuf,
}

/// How to become a user who may run PostgreSQL.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    owner: String,
    prefix: Vec<String>,
}

impl Cluster {
    /// Makes a cluster with the programs of that folder and waits until it answers (about a second).
    pub fn start(programs: &Path, durability: Durability) -> Result<Self, Failure> {
        let identity = Identity::of_this_process()?;
        let plan = Plan { programs, durability, identity, parent: parent_folder(durability) };
        for _ in 1..START_ATTEMPTS {
            let port = free_port()?;
            let attempt = plan.carry_out(port);
            if attempt.is_ok() || is_free(port) {
                return attempt;
            }
        }
        plan.carry_out(free_port()?)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a command that must not outlive the cluster.
    ///
    /// At a terminal it stays in our process group, so that it can read the keyboard and Ctrl-C reaches it;
    /// elsewhere it gets a group of its own, which the keeper can end without touching whoever started us.
    /// It finds psql and pgbench, which Debian keeps beside the server and off the PATH.
    pub fn run(&mut self, mut command: Command) -> Result<(), Failure> {
        if let Some(path) = path_with(&self.programs) {
            command.env("PATH", path);
        }
        let at_terminal = io::stdin().is_terminal();
        if at_terminal {
            self.order(&format!("group {}", process::id()));
        } else {
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(|error| run::not_started(&command, &error))?;
        if !at_terminal {
            self.order(&format!("group {}", child.id()));
        }
        let status = child.wait().map_err(|error| Failure::new(format!("lost a child process: {error}")))?;
        self.order("group");
        run::judge(&command, status)
    }

    /// A keeper that does not listen has already cleaned up; the command then fails by itself, so nothing to do here.
    fn order(&mut self, line: &str) {
        if let Some(orders) = &mut self.orders {
            writeln!(orders, "{line}").unwrap_or_default();
        }
    }
}

impl Plan<'_> {
    fn carry_out(&self, port: u16) -> Result<Cluster, Failure> {
        let folder = self.parent.join(format!("heller-pg-{}-{port}-{}", process::id(), nanoseconds()));
        let spawned = self.keeper(port, &folder).spawn();
        let mut keeper = spawned.map_err(|error| Failure::new(format!("cannot start /bin/sh: {error}")))?;
        let orders = keeper.stdin.take();
        let mut answer = String::new();
        if let Some(output) = keeper.stdout.take() {
            // An unreadable answer is an empty one: not "ready".
            BufReader::new(output).read_line(&mut answer).unwrap_or_default();
        }
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let cluster = Cluster { keeper, orders, folder, programs: self.programs.to_path_buf(), url };
        if answer.trim_end() == "ready" {
            return Ok(cluster);
        }
        Err(Failure::new(format!("no throw-away PostgreSQL from {}: see the lines above", self.programs.display())))
    }

    fn keeper(&self, port: u16, folder: &Path) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(KEEPER).arg("heller-pg-keeper").arg(folder).arg(self.programs);
        command.arg(settings(self.durability, port, folder)).arg(&self.identity.owner).args(&self.identity.prefix);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.order("done");
        drop(self.orders.take());
        if let Err(error) = self.keeper.wait() {
            eprintln!("xtask: perhaps {} was left behind: {error}", self.folder.display());
        }
    }
}

impl Identity {
    fn of_this_process() -> Result<Self, Failure> {
        if run::answer_of("id", &["-u"]).as_deref() != Some("0") {
            return Ok(Self { owner: String::new(), prefix: Vec::new() });
        }
        let user_exists = |user: &str| run::answer_of("id", &["-u", user]).is_some();
        let program_exists = |program: &str| run::answer_of("sh", &["-c", &format!("command -v {program}")]).is_some();
        let group = |user: &str| run::answer_of("id", &["-gn", user]).unwrap_or_default();
        Self::for_root(user_exists, program_exists, group)
    }

    fn for_root(
        user_exists: impl Fn(&str) -> bool,
        program_exists: impl Fn(&str) -> bool,
        group_of: impl Fn(&str) -> String,
    ) -> Result<Self, Failure> {
        let Some(user) = ["postgres", "nobody"].into_iter().find(|user| user_exists(user)) else {
            return Err(Failure::new(
                "PostgreSQL does not run as root, and there is neither a user postgres nor nobody",
            ));
        };
        let group = group_of(user);
        let words: Vec<&str> = if program_exists("runuser") {
            vec!["runuser", "-u", user, "--"]
        } else if program_exists("setpriv") {
            vec!["setpriv", "--reuid", user, "--regid", &group, "--clear-groups", "--"]
        } else if program_exists("su") {
            vec!["su", "-s", "/bin/sh", "-c", "exec \"$@\"", "--", user, "sh"]
        } else {
            return Err(Failure::new("PostgreSQL does not run as root, and there is no runuser, setpriv or su"));
        };
        Ok(Self { owner: format!("{user}:{group}"), prefix: words.into_iter().map(str::to_owned).collect() })
    }
}

fn settings(durability: Durability, port: u16, folder: &Path) -> String {
    let speed = match durability {
        Durability::GivenUp => WITHOUT_DURABILITY,
        Durability::Kept => "",
    };
    let socket = folder.join("socket");
    format!("{ALWAYS}{speed}port = {port}\nunix_socket_directories = '{}'", socket.display())
}

/// Memory for tests when there is enough of it (a container often has 64 MB), a disk for numbers.
fn parent_folder(durability: Durability) -> PathBuf {
    match durability {
        Durability::GivenUp if memory_is_usable(Path::new(MEMORY_FOLDER)) => PathBuf::from(MEMORY_FOLDER),
        Durability::GivenUp => env::temp_dir(),
        // Here /tmp may be memory too; /var/tmp never is.
        Durability::Kept => {
            Some(PathBuf::from("/var/tmp")).filter(|folder| folder.is_dir()).unwrap_or_else(env::temp_dir)
        }
    }
}

fn memory_is_usable(folder: &Path) -> bool {
    let free = run::answer_of("df", &["-Pk", &folder.to_string_lossy()]).and_then(|table| free_kib(&table));
    let probe = folder.join(format!("heller-pg-probe-{}", process::id()));
    free.is_some_and(|kib| kib >= MEMORY_KIB_MIN)
        && fs::create_dir(&probe).and_then(|()| fs::remove_dir(&probe)).is_ok()
}

/// The fourth column of the last line of `df -Pk`.
fn free_kib(table: &str) -> Option<u64> {
    table.lines().skip(1).last()?.split_whitespace().nth(3)?.parse().ok()
}

/// The PATH with one more folder at its end.
fn path_with(folder: &Path) -> Option<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::join_paths(env::split_paths(&path).chain(std::iter::once(folder.to_path_buf()))).ok()
}

fn free_port() -> Result<u16, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|error| Failure::new(format!("no free port on 127.0.0.1: {error}")))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Only to tell folders apart.
fn nanoseconds() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.subsec_nanos()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(_: &str) -> String {
        "staff".to_owned()
    }

    #[test]
    fn root_becomes_postgres_through_runuser() {
        let identity = Identity::for_root(|_| true, |_| true, group).expect("everything is there");
        assert_eq!(identity.owner, "postgres:staff");
        assert_eq!(identity.prefix, ["runuser", "-u", "postgres", "--"]);
    }

    #[test]
    fn root_becomes_nobody_where_there_is_no_postgres() {
        let identity =
            Identity::for_root(|user| user == "nobody", |program| program != "runuser", group).expect("setpriv");
        assert_eq!(identity.prefix, ["setpriv", "--reuid", "nobody", "--regid", "staff", "--clear-groups", "--"]);
    }

    #[test]
    fn su_is_the_last_way() {
        let identity = Identity::for_root(|_| true, |program| program == "su", group).expect("su");
        assert_eq!(identity.prefix, ["su", "-s", "/bin/sh", "-c", "exec \"$@\"", "--", "postgres", "sh"]);
    }

    #[test]
    fn root_with_no_way_to_change_is_refused() {
        assert!(Identity::for_root(|_| false, |_| true, group).is_err());
        assert!(Identity::for_root(|_| true, |_| false, group).is_err());
    }

    #[test]
    fn free_memory_is_read_from_the_table() {
        let table = "Filesystem 1024-blocks Used Available Capacity Mounted on\ntmpfs 65536 0 64000 1% /dev/shm\n";
        assert_eq!(free_kib(table), Some(64_000));
        assert_eq!(free_kib(""), None);
    }

    #[test]
    fn a_durable_cluster_keeps_what_tests_give_up() {
        let folder = Path::new("/x");
        assert!(settings(Durability::GivenUp, 1, folder).contains("fsync = off"));
        assert!(!settings(Durability::Kept, 1, folder).contains("off"));
    }
}
