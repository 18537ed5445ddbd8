//! `heller migrate`: the schema, up to date. `--plan` only tells; `--up-down-up` proves every step's way back.

use std::path::Path;

use clap::Args;
use heller::config::Config;
use migration::{Migrator, MigratorTrait};

use super::failure::Failure;
use super::{database, lock, out};

#[derive(Args)]
pub struct MigrateArgs {
    /// Print the steps that would run, and change nothing
    #[arg(long)]
    plan: bool,
    /// Database instead of the one in the settings
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// On a new database: every step up, down and up again
    #[arg(long, hide = true, conflicts_with = "plan")]
    up_down_up: bool,
}

pub fn run(file: Option<&Path>, arguments: &MigrateArgs) -> Result<(), Failure> {
    let mut config = database::settings(file)?;
    if let Some(url) = &arguments.database_url {
        config.database_url = Some(url.clone().into());
        database::check_url(&config)?;
        // The lock lies beside the database, not in a folder that has nothing to do with it.
        let folder = lock::sqlite_file(&config).and_then(|file| file.parent().map(Path::to_owned));
        config.data_dir = folder.unwrap_or(config.data_dir);
    }
    super::block_on(async {
        match (arguments.plan, arguments.up_down_up) {
            (true, _) => plan(&config).await,
            (_, true) => up_down_up(&config).await,
            _ => up(&config).await,
        }
    })
}

async fn plan(config: &Config) -> Result<(), Failure> {
    let pending = pending(config).await?;
    if pending.is_empty() {
        out::line("nothing to do: the database is up to date");
        return Ok(());
    }
    out::line(format!("{} steps would run:", pending.len()));
    for step in pending {
        out::line(format!("  {step}"));
    }
    Ok(())
}

/// A database file that does not exist stays so: looking must not make one.
async fn pending(config: &Config) -> Result<Vec<String>, Failure> {
    if lock::sqlite_file(config).is_some_and(|file| !file.exists()) {
        return Ok(Migrator::migrations().iter().map(|step| step.name().to_owned()).collect());
    }
    Ok(database::connect(config).await?.pending_migrations().await?)
}

async fn up(config: &Config) -> Result<(), Failure> {
    let pending = pending(config).await?;
    database::prepare(config).await?.close().await?;
    for step in &pending {
        out::line(format!("applied {step}"));
    }
    out::line("the database is up to date");
    Ok(())
}

/// Down drops every table, so a database that holds anything is refused.
async fn up_down_up(config: &Config) -> Result<(), Failure> {
    if pending(config).await?.len() < Migrator::migrations().len() {
        return Err(Failure::Usage("--up-down-up drops every table and takes a new database only".to_owned()));
    }
    let db = database::connect(config).await?;
    let failed = |step: &str| {
        let step = step.to_owned();
        move |error: migration::DbErr| Failure::internal(format!("migrations {step}: {error}"))
    };
    Migrator::up(db.reader(), None).await.map_err(failed("up"))?;
    Migrator::down(db.reader(), None).await.map_err(failed("down"))?;
    Migrator::up(db.reader(), None).await.map_err(failed("up again"))?;
    db.close().await?;
    out::line(format!("ok: {} steps up, down and up again", Migrator::migrations().len()));
    Ok(())
}
