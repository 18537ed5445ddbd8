//! `heller demo`: everything a newcomer needs, in one folder, with one command (contract section 10).
//!
//! Makes keys, users and a licence of its own, starts the server and the worker, and tells the story of a shop over
//! the API. Running it again is harmless. The folder is marked by its credentials file; `serve` refuses it.

mod folder;
mod welcome;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Instant;

use actix_web::web::Data;
use clap::Args;
use heller::access::keys;
use heller::access::role::Role;
use heller::clock::Clock;
use heller::config::{Config, Origins};
use heller::db::{Db, Durability};
use heller::demo::{self, Cast, DemoUser, Told};
use heller::domain::installation::Purpose;
use heller::domain::licence::{LicenceClaims, PAYMENT_MODULE};
use heller::services::licences;
use heller::services::users::{self, NewUser};
use heller::state::{AppState, StartError};
use migration::{Migrator, MigratorTrait};

use super::failure::Failure;
use super::serve::Parts;
use super::{lock, out, serve};
use folder::Folder;
pub use folder::{CREDENTIALS, VENDOR_PUBLIC_KEY};

/// Days the demo's licence is good for.
const LICENCE_DAYS: i64 = 365;

#[derive(Args)]
pub struct DemoArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8686)]
    port: u16,
    /// Folder of the demo's data; `serve` refuses it
    #[arg(long, value_name = "DIR", default_value = "heller-data")]
    data_dir: PathBuf,
    /// Another database than SQLite in the data folder
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Begin again: deletes the demo's data first
    #[arg(long)]
    fresh: bool,
    /// Print one line of JSON once it listens, for scripts
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &DemoArgs) -> Result<(), Failure> {
    let folder = Folder::open(&arguments.data_dir)?;
    let config = Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port)),
        data_dir: arguments.data_dir.clone(),
        database_url: arguments.database_url.clone().map(Into::into),
        signing_key_file: Some(folder.signing_key()),
        licence_public_key_file: Some(folder.vendor_public_key()),
        worker_poll_milliseconds: 100,
        cors_origins: Origins::from_environment().map_err(Failure::settings)?.and_own_machine(),
        ..Config::default()
    };
    super::database::check_url(&config)?;
    heller::telemetry::start(config.log_format, "warn")?;
    let lock = lock::take(&config)?;
    super::block_on(async {
        if arguments.fresh {
            wipe(&folder, &config).await?;
        }
        folder.ensure_keys()?;
        process(arguments, &folder, config).await
    })?;
    drop(lock);
    Ok(())
}

/// Deletes the demo's data: only in a folder and a database that are marked as a demo's.
async fn wipe(folder: &Folder, config: &Config) -> Result<(), Failure> {
    if !folder.is_marked() {
        return Ok(());
    }
    if lock::sqlite_file(config).is_none_or(|file| file.exists()) {
        let db = Db::connect(&config.database_url(), 2, Durability::Full).await?;
        match licences::purpose(&db).await? {
            Some(Purpose::Production) => return Err(StartError::Purpose(Purpose::Production).into()),
            Some(Purpose::Demo) => Migrator::down(db.reader(), None).await.map_err(Failure::internal)?,
            None => {}
        }
        db.close().await?;
    }
    folder.wipe()
}

async fn process(arguments: &DemoArgs, folder: &Folder, config: Config) -> Result<(), Failure> {
    let begun = Instant::now();
    // First, because they mark the folder: a start that is interrupted can be repeated.
    let credentials = folder.credentials()?;
    let state = AppState::start(config, Clock::system(), (Purpose::Demo, Durability::Full)).await?;
    let state = Data::new(state);
    serve::release(&state).await?;
    ensure_users(&state, &credentials).await?;
    let licence = licence(folder, &state)?;
    let outcome = serve::with_server(&state, Parts::ServerAndWorker, async |address| {
        let base_url = format!("http://{address}");
        let told = tell(arguments, folder, (&base_url, &credentials), &licence).await?;
        if arguments.json {
            welcome::json(&base_url, &arguments.data_dir, &credentials, &told);
        } else {
            welcome::people(&base_url, &arguments.data_dir, &credentials, (&told, begun.elapsed()));
        }
        Ok(())
    });
    let (stopped, outcome) = outcome.await?;
    state.db.clone().close().await?;
    outcome?;
    out::remark(welcome::stopped(&stopped));
    Ok(())
}

async fn tell(
    arguments: &DemoArgs,
    folder: &Folder,
    (base_url, credentials): (&str, &[DemoUser]),
    licence: &str,
) -> Result<Told, Failure> {
    let cast = Cast::enter(base_url, credentials).await.map_err(Failure::internal)?;
    let told = if folder.is_told() {
        demo::go_on(&cast).await
    } else {
        let quiet = arguments.json;
        demo::tell(&cast, licence, |step| {
            if !quiet {
                out::remark(step)
            }
        })
        .await
    };
    let told = told.map_err(Failure::internal)?;
    folder.mark_told(&told.sandbox_account_id)?;
    Ok(told)
}

async fn ensure_users(state: &AppState, credentials: &[DemoUser]) -> Result<(), Failure> {
    let ctx = state.system_ctx("demo");
    for user in credentials {
        if users::find_by_email(state.db.reader(), &user.email).await?.is_some() {
            continue;
        }
        let Some(role) = Role::parse(&user.role) else { continue };
        let password_hash = users::hash_password(user.password.clone()).await?;
        let new = NewUser { email: user.email.clone(), name: format!("Demo {role}"), password_hash, roles: vec![role] };
        state.db.write(async |txn| users::create(txn, &ctx, new.clone()).await).await?;
    }
    Ok(())
}

fn licence(folder: &Folder, state: &AppState) -> Result<String, Failure> {
    let now = state.clock.now().timestamp();
    let claims = LicenceClaims {
        edition: "demo".to_owned(),
        modules: vec![PAYMENT_MODULE.to_owned()],
        activated_for: Some(state.installation),
        not_before: now.saturating_sub(60),
        expires_at: now.saturating_add(LICENCE_DAYS.saturating_mul(86_400)),
        grace_days: 14,
    };
    Ok(keys::issue_licence(&folder.vendor_private_key()?, &claims)?)
}
