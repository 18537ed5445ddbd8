//! What a process holds for as long as it runs: the database, the clock, the keys, the adapters.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration as StdDuration;

use chrono::Duration;
use secrecy::ExposeSecret;
use tokio::sync::{Notify, Semaphore};

use crate::access::ctx::Ctx;
use crate::access::keys::{LicenceVerifier, TokenSigner};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::db::{Db, Durability};
use crate::domain::installation::Purpose;
use crate::error::Error;
use crate::providers::Providers;
use crate::providers::sandbox::Sandbox;
use crate::services::auth::Issuer;
use crate::services::idempotency::InFlight;
use crate::services::licences;
use crate::services::movements::export::xlsx;
use crate::services::movements::finding;
use crate::services::progress::Progress;
use crate::services::users::Passwords;

pub struct AppState {
    pub db: Db,
    pub clock: Clock,
    pub config: Config,
    pub tokens: TokenSigner,
    pub passwords: Passwords,
    pub licences: LicenceVerifier,
    pub providers: Providers,
    pub flights: InFlight,
    /// What the database was made for: only a demo's pages log people in.
    pub purpose: Purpose,
    /// Requests that are being answered.
    pub open_requests: OpenRequests,
    /// This installation's id.
    pub installation: uuid::Uuid,
    /// Rung when a job was enqueued, so that the worker of this process does not wait for its next look.
    pub job_bell: Notify,
    /// Rung when a job has ended, for requests that wait for it.
    pub settled_bell: Notify,
    /// Workbooks that may be made and sent at the same time: each takes a thread and a whole file.
    pub workbooks: Arc<Semaphore>,
    /// What is told to those who follow runs and refunds.
    pub progress: Progress,
}

/// Counts the requests that are being answered, so that a stop can say what it cut off.
#[derive(Debug, Clone, Default)]
pub struct OpenRequests(Arc<AtomicUsize>);

impl OpenRequests {
    /// Counts one until the answer is dropped.
    pub fn enter(&self) -> OpenRequest {
        self.0.fetch_add(1, Ordering::SeqCst);
        OpenRequest(Arc::clone(&self.0))
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[must_use = "the request counts as long as this lives"]
pub struct OpenRequest(Arc<AtomicUsize>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Why a process cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Failed(#[from] Error),
    #[error("cannot use the data folder {path}: {cause}")]
    DataDir { path: PathBuf, cause: std::io::Error },
    #[error("{}", other_purpose(*.0))]
    Purpose(Purpose),
}

const fn other_purpose(found: Purpose) -> &'static str {
    match found {
        Purpose::Demo => "the database belongs to `heller demo`: its users have known passwords; choose another one",
        Purpose::Production => "the database is not a demo's; choose another --data-dir or --database-url",
    }
}

impl AppState {
    /// Connects, migrates and reads the keys. A database that was made for another purpose is left as it is.
    ///
    /// # Errors
    /// Missing secrets, an unusable data folder, a database that does not answer.
    pub async fn start(
        config: Config,
        clock: Clock,
        (purpose, durability): (Purpose, Durability),
    ) -> Result<Self, StartError> {
        let data_dir = config.data_dir.clone();
        let unusable = |cause| StartError::DataDir { path: data_dir.clone(), cause };
        crate::private::folder(&data_dir).map_err(unusable)?;
        let signing_key = config.signing_key()?;
        let lifetime = Duration::minutes(i64::from(config.access_token_minutes));
        let tokens = TokenSigner::from_pem(signing_key.expose_secret(), lifetime)?;
        let licences = LicenceVerifier::from_pem(config.licence_public_key()?.as_deref())?;
        let slow = StdDuration::from_millis(u64::from(config.log_slow_query_milliseconds));
        let db = Db::connect(&config.database_url(), config.database_connections, durability).await?.noting_slow(slow);
        if let Some(found) = licences::purpose(&db).await?.filter(|found| *found != purpose) {
            return Err(StartError::Purpose(found));
        }
        db.migrate().await?;
        finding::warn_without_trigrams(db.reader()).await?;
        let installation = licences::ensure_installation(&db, &Ctx::system("start", &clock), purpose).await?;
        let providers = Providers { sandbox: Sandbox::open(&data_dir, clock.clone()).await? };
        Ok(Self {
            db,
            clock,
            tokens,
            passwords: Passwords::default(),
            licences,
            providers,
            flights: InFlight::default(),
            purpose,
            open_requests: OpenRequests::default(),
            installation,
            job_bell: Notify::new(),
            settled_bell: Notify::new(),
            workbooks: Arc::new(Semaphore::new(xlsx::AT_ONCE)),
            progress: Progress::default(),
            config,
        })
    }

    pub fn issuer(&self) -> Issuer<'_> {
        Issuer { signer: &self.tokens, refresh_hours: i64::from(self.config.refresh_token_hours) }
    }

    pub fn system_ctx(&self, request_id: impl Into<String>) -> Ctx {
        Ctx::system(request_id, &self.clock)
    }
}
