//! Where PostgreSQL comes from: the server named by `HELLER_TEST_POSTGRES_URL`, or else server programs found on this
//! machine, from which a throw-away cluster is made.
//!
//! This file finds and chooses; the life of a throw-away cluster is in `cluster.rs`. Nothing here changes a server.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::Cluster;
use crate::run::{self, Failure};

/// Where tests, benchmarks and the kill harness read the server's address.
pub const URL_VARIABLE: &str = "HELLER_TEST_POSTGRES_URL";
const REQUIRE_VARIABLE: &str = "HELLER_REQUIRE_POSTGRES";
pub const HOW_TO_GET_IT: &str = "no server programs (initdb, pg_ctl) found and HELLER_TEST_POSTGRES_URL is not set; \
                                 `apt-get install postgresql` or `brew install postgresql@16` is enough, no server need run";

/// Folders with one subfolder per version: where it stands, what the version's name begins with, what lies below it.
const VERSIONED: [(&str, &str, &str); 4] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
];

/// What a throw-away cluster owes its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As fast as it goes, in memory where possible: for tests.
    GivenUp,
    /// fsync and synchronous_commit on, data on disk: for numbers that mean something.
    Kept,
}

/// What this machine offers.
#[derive(Debug)]
pub enum Search {
    Running { url: String },
    Programs { folder: PathBuf },
    NotFound,
}

/// A server that can be used now. A throw-away one is stopped and removed when this value is dropped.
pub enum Server {
    External { url: String },
    ThrowAway(Cluster),
}

/// `HELLER_REQUIRE_POSTGRES=1`: a missing PostgreSQL is a failure and not a skipped half.
pub fn is_required() -> bool {
    env::var(REQUIRE_VARIABLE).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// Looks for a server: first the address in the environment, then programs.
pub fn search() -> Search {
    match env::var(URL_VARIABLE) {
        Ok(url) if !url.is_empty() => Search::Running { url },
        _ => program_folder().map_or(Search::NotFound, |folder| Search::Programs { folder }),
    }
}

/// Like [`search`], but nothing found is a failure.
pub fn required() -> Result<Search, Failure> {
    match search() {
        Search::NotFound => Err(missing()),
        found => Ok(found),
    }
}

fn missing() -> Failure {
    Failure::new(format!("PostgreSQL is needed here: {HOW_TO_GET_IT}"))
}

impl Server {
    pub fn start(search: Search, durability: Durability) -> Result<Self, Failure> {
        match search {
            Search::Running { url } => Ok(Self::External { url }),
            Search::Programs { folder } => Ok(Self::ThrowAway(Cluster::start(&folder, durability)?)),
            Search::NotFound => Err(missing()),
        }
    }

    /// A new cluster even if the environment names a server: for what must not touch anyone's data.
    pub fn throw_away(durability: Durability) -> Result<Self, Failure> {
        match program_folder() {
            Some(folder) => Ok(Self::ThrowAway(Cluster::start(&folder, durability)?)),
            None => Err(Failure::new(
                "a throw-away PostgreSQL needs its programs (initdb, pg_ctl): `apt-get install postgresql`",
            )),
        }
    }

    pub fn url(&self) -> &str {
        match self {
            Self::External { url } => url,
            Self::ThrowAway(cluster) => cluster.url(),
        }
    }

    /// For headlines; an address may hold a password and is not shown.
    pub fn description(&self) -> String {
        match self {
            Self::External { .. } => format!("server of {URL_VARIABLE}"),
            Self::ThrowAway(cluster) => format!("throw-away cluster in {}", cluster.folder().display()),
        }
    }

    /// Runs a command that finds the server in `HELLER_TEST_POSTGRES_URL`.
    pub fn run(&mut self, mut command: Command) -> Result<(), Failure> {
        command.env(URL_VARIABLE, self.url());
        match self {
            Self::External { .. } => run::checked(command),
            Self::ThrowAway(cluster) => cluster.run(command),
        }
    }
}

/// The folder with initdb and its companions: the one that PATH means, else the newest version in the usual places.
///
/// A link is followed: beside the real initdb stand psql and pgbench, beside a link perhaps nothing.
pub fn program_folder() -> Option<PathBuf> {
    let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let resolved = on_path.into_iter().filter(|folder| has_server(folder)).find_map(|folder| {
        let real = fs::canonicalize(folder.join("initdb")).ok()?;
        real.parent().filter(|parent| has_server(parent)).map(Path::to_path_buf)
    });
    resolved.or_else(|| newest(installed_versions()))
}

fn has_server(folder: &Path) -> bool {
    ["initdb", "pg_ctl"].iter().all(|program| folder.join(program).is_file())
}

fn installed_versions() -> Vec<(u32, PathBuf)> {
    let mut found = Vec::new();
    for (parent, prefix, below) in VERSIONED {
        let Ok(entries) = fs::read_dir(parent) else { continue };
        for entry in entries.flatten() {
            let Some(version) = entry.file_name().to_str().and_then(|name| major_version(name, prefix)) else {
                continue;
            };
            let folder = entry.path().join(below);
            if has_server(&folder) {
                found.push((version, folder));
            }
        }
    }
    found
}

/// `pgsql-16` with prefix `pgsql-` is 16; `9.6` counts as 9. Anything else is no version.
fn major_version(name: &str, prefix: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.split('.').next()?.parse().ok()
}

fn newest(versions: Vec<(u32, PathBuf)>) -> Option<PathBuf> {
    versions.into_iter().max_by_key(|(version, _)| *version).map(|(_, folder)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_a_folder_name() {
        assert_eq!(major_version("15", ""), Some(15));
        assert_eq!(major_version("9.6", ""), Some(9));
        assert_eq!(major_version("pgsql-16", "pgsql-"), Some(16));
        assert_eq!(major_version("postgresql@17", "postgresql@"), Some(17));
        assert_eq!(major_version("share", ""), None);
        assert_eq!(major_version("lib", "pgsql-"), None);
    }

    #[test]
    fn the_newest_version_is_the_highest_number_and_not_the_last_word() {
        let versions = vec![(9, PathBuf::from("nine")), (16, PathBuf::from("sixteen")), (15, PathBuf::from("fifteen"))];
        assert_eq!(newest(versions), Some(PathBuf::from("sixteen")));
        assert_eq!(newest(Vec::new()), None);
    }

    #[test]
    fn the_address_of_a_server_is_not_shown() {
        let server = Server::External { url: "postgres://user:secret@host/db".to_owned() };
        assert!(!server.description().contains("secret"));
    }
}
