//! The database for commands that are not a server: opened, and brought up to date where the command may do that.

use std::path::Path;

use heller::access::ctx::Ctx;
use heller::clock::Clock;
use heller::config::Config;
use heller::db::{Db, Durability};
use heller::domain::installation::Purpose;
use heller::services::licences;

use super::failure::Failure;
use super::lock;

/// Connections of a command: one reads while another writes.
const CONNECTIONS: u32 = 2;

/// A command's call, for services that record who did what and when.
pub fn call() -> Ctx {
    Ctx::system("command-line", &Clock::system())
}

/// Settings for a command; only its own lines are printed, so logging is for warnings.
pub fn settings(file: Option<&Path>) -> Result<Config, Failure> {
    let config = Config::load(file)?;
    heller::telemetry::start(config.log_format, "warn")?;
    check_url(&config)?;
    Ok(config)
}

/// Refuses what is neither database, without repeating an address that may hold a password.
pub fn check_url(config: &Config) -> Result<(), Failure> {
    let known = ["sqlite:", "postgres:", "postgresql:"];
    if known.iter().any(|scheme| config.database_url().starts_with(scheme)) {
        return Ok(());
    }
    Err(Failure::settings("settings: database_url begins with sqlite:// or postgres://"))
}

/// Opens a database that exists and is up to date, and changes nothing.
pub async fn open(config: &Config) -> Result<Db, Failure> {
    if let Some(missing) = lock::sqlite_file(config).filter(|file| !file.exists()) {
        let text = format!("there is no database at {}; `heller migrate` makes one", missing.display());
        return Err(Failure::Unavailable(text));
    }
    let db = connect(config).await?;
    let pending = db.pending_migrations().await?;
    if pending.is_empty() {
        return Ok(db);
    }
    Err(Failure::Unavailable(format!("the database is {} steps behind; run `heller migrate`", pending.len())))
}

/// Opens a database, makes it when it is new, and brings it up to date. Beside a running server that is allowed only
/// when there is nothing to do: its tables must not change under it.
pub async fn prepare(config: &Config) -> Result<Db, Failure> {
    if lock::is_sqlite(config) {
        let unusable = |error| Failure::settings(format!("cannot use {}: {error}", config.data_dir.display()));
        heller::private::folder(&config.data_dir).map_err(unusable)?;
    }
    let db = connect(config).await?;
    let held = if db.pending_migrations().await?.is_empty() { None } else { Some(lock::take(config)?) };
    db.migrate().await?;
    licences::ensure_installation(&db, &call(), Purpose::Production).await?;
    drop(held);
    Ok(db)
}

pub async fn connect(config: &Config) -> Result<Db, Failure> {
    Ok(Db::connect(&config.database_url(), CONNECTIONS, Durability::Full).await?)
}
