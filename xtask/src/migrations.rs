//! Migrations up, down and up again, on both databases: what a release would do, and its way back.
//!
//! Always on a database of its own: down drops every table.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{self, Command};

use crate::postgres::{self, Durability, Server};
use crate::run::{self, Failure};

/// Runs the migrations up-down-up on a new SQLite file and a new PostgreSQL database.
pub fn up_down_up() -> Result<(), Failure> {
    let folder = TemporaryFolder::new()?;
    let file = folder.path.join("migrations.sqlite");
    run::checked(migrate(&format!("sqlite://{}?mode=rwc", file.display())))?;

    let mut server = Server::start(postgres::required()?, Durability::GivenUp)?;
    if let Server::External { url } = &server {
        return on_running_server(url);
    }
    // Made a second ago, and nobody else knows it: its first database is as new as any.
    let command = migrate(server.url());
    server.run(command)
}

fn migrate(url: &str) -> Command {
    run::heller_command(&["migrate", "--up-down-up", "--database-url", url])
}

/// On a server that is not ours: a database of our own, dropped afterwards whatever happened.
fn on_running_server(url: &str) -> Result<(), Failure> {
    let name = format!("heller_migrations_{}", process::id());
    let Some(own_url) = with_database(url, &name) else {
        return Err(Failure::new(format!(
            "{} has no host and database: postgres://USER@HOST/NAME",
            postgres::URL_VARIABLE
        )));
    };
    administer(url, &format!("CREATE DATABASE {name}"))?;
    // The failure must not repeat the address: it may hold a password.
    let outcome = run::checked(migrate(&own_url))
        .map_err(|_| Failure::new("migrations up-down-up failed on PostgreSQL: see the lines above"));
    let dropped = administer(url, &format!("DROP DATABASE {name}"));
    outcome.and(dropped)
}

/// A failure names the statement and not the address, which may hold a password.
fn administer(url: &str, statement: &str) -> Result<(), Failure> {
    let psql = postgres::program_folder().map(|folder| folder.join("psql")).filter(|program| program.is_file());
    let mut command = Command::new(psql.unwrap_or_else(|| PathBuf::from("psql")));
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, "-d", url]);
    let status = command.status().map_err(|error| Failure::new(format!("cannot start psql: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::of_program(&format!("psql: {statement}"), status)) }
}

/// The same server, another database. Only the path changes; user, port and parameters stay.
fn with_database(url: &str, name: &str) -> Option<String> {
    let (address, parameters) = url.split_once('?').map_or((url, None), |(address, rest)| (address, Some(rest)));
    let (scheme, rest) = address.split_once("://")?;
    let host = rest.split('/').next().filter(|host| !host.is_empty())?;
    let parameters = parameters.map(|rest| format!("?{rest}")).unwrap_or_default();
    Some(format!("{scheme}://{host}/{name}{parameters}"))
}

struct TemporaryFolder {
    path: PathBuf,
}

impl TemporaryFolder {
    fn new() -> Result<Self, Failure> {
        let path = env::temp_dir().join(format!("heller-migrations-{}", process::id()));
        fs::create_dir(&path).map_err(|error| Failure::new(format!("cannot make {}: {error}", path.display())))?;
        Ok(Self { path })
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("xtask: {} stays behind: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_an_address_changes() {
        let own = |url| with_database(url, "own");
        assert_eq!(
            own("postgres://u:p@h:5433/app?sslmode=require").as_deref(),
            Some("postgres://u:p@h:5433/own?sslmode=require")
        );
        assert_eq!(own("postgres://u@h").as_deref(), Some("postgres://u@h/own"));
        assert_eq!(own("postgres:///app"), None);
        assert_eq!(own("nonsense"), None);
    }
}
