//! `heller serve` and `heller worker`: start, say that it is ready, and stop cleanly when asked.
//!
//! Everything that can be wrong with the settings is found before the database is touched. On SIGTERM or Ctrl-C
//! running requests and the running job get five seconds; what is not finished then is done again by the next start,
//! because a job is harmless when it runs twice.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use actix_web::rt;
use actix_web::web::Data;
use clap::Args;
use heller::access::keys::{LicenceVerifier, TokenSigner};
use heller::app;
use heller::clock::Clock;
use heller::config::{Config, Loaded};
use heller::db::Durability;
use heller::domain::installation::Purpose;
use heller::jobs::worker::{self, Stop};
use heller::services::queue;
use heller::state::AppState;
use secrecy::ExposeSecret;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::database;
use super::demo;
use super::failure::Failure;
use super::flags::Flags;
use super::lock::{self, DataLock};

/// Most threads that answer requests: the database is busy long before they are.
const THREADS_MAX: usize = 4;
/// Longest wait for the worker when the process stops. Its running jobs are finished or parked before that.
const STOP_WITHIN: Duration = Duration::from_secs(5);

#[derive(Args)]
pub struct ServeArgs {
    #[command(flatten)]
    flags: Flags,
    /// Answer requests only; jobs wait for a `heller worker` or another `heller serve`
    #[arg(long)]
    no_worker: bool,
}

#[derive(Args)]
pub struct WorkerArgs {
    #[command(flatten)]
    flags: Flags,
}

/// Which parts of the program run in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    ServerAndWorker,
    Server,
    Worker,
}

pub fn serve(file: Option<&Path>, arguments: &ServeArgs) -> Result<(), Failure> {
    run(file, &arguments.flags, if arguments.no_worker { Parts::Server } else { Parts::ServerAndWorker })
}

pub fn worker(file: Option<&Path>, arguments: &WorkerArgs) -> Result<(), Failure> {
    run(file, &arguments.flags, Parts::Worker)
}

fn run(file: Option<&Path>, flags: &Flags, parts: Parts) -> Result<(), Failure> {
    let config = Loaded::read(file, flags.given())?.config;
    heller::telemetry::start(config.log_format, &config.log_filter)?;
    check(&config)?;
    let lock = lock::take(&config)?;
    super::block_on(process(config, parts, lock))
}

/// What would be refused later, refused before anything is opened.
fn check(config: &Config) -> Result<(), Failure> {
    database::check_url(config)?;
    if config.data_dir.join(demo::CREDENTIALS).exists() {
        return Err(Failure::settings(format!(
            "{} belongs to `heller demo`: its users have known passwords; choose another data_dir",
            config.data_dir.display()
        )));
    }
    let key = config.signing_key()?;
    let lifetime = chrono::Duration::minutes(i64::from(config.access_token_minutes));
    TokenSigner::from_pem(key.expose_secret(), lifetime).map_err(|error| wrong_key(&error))?;
    LicenceVerifier::from_pem(config.licence_public_key()?.as_deref()).map_err(|error| wrong_key(&error))?;
    Ok(())
}

fn wrong_key(error: &heller::error::Error) -> Failure {
    Failure::settings(error.cause().unwrap_or("a key cannot be read"))
}

/// From connecting to closing. The lock lives as long as this runs.
async fn process(config: Config, parts: Parts, lock: DataLock) -> Result<(), Failure> {
    let state = Data::new(AppState::start(config, Clock::system(), (Purpose::Production, Durability::Full)).await?);
    release(&state).await?;
    let (stopped, outcome) = match parts {
        Parts::ServerAndWorker | Parts::Server => with_server(&state, parts, tell_ready).await?,
        Parts::Worker => (worker_alone(&state).await?, Ok(())),
    };
    state.db.clone().close().await?;
    drop(lock);
    let Stopped { requests_cut_off, jobs_parked, took } = stopped;
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(requests_cut_off, jobs_parked, duration_ms, "stopped");
    outcome
}

/// On SQLite the lock says that nobody else works: what was claimed, a dead process had claimed.
pub async fn release(state: &AppState) -> Result<(), Failure> {
    if !state.db.is_sqlite() {
        return Ok(());
    }
    let jobs = queue::release_all(&state.db, state.clock.now()).await?;
    if jobs > 0 {
        tracing::warn!(jobs, "the last process ended in the middle of these jobs; they are gone on with");
    }
    Ok(())
}

/// What a stop did.
#[derive(Debug)]
pub struct Stopped {
    /// Requests that were not answered within their five seconds.
    pub requests_cut_off: usize,
    /// Jobs that were given back unfinished.
    pub jobs_parked: usize,
    pub took: Duration,
}

async fn tell_ready(address: SocketAddr) -> Result<(), Failure> {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "heller is ready on http://{address}, documentation at /docs");
    Ok(())
}

/// Serves until asked to stop. `ready` runs beside the server once it listens; when it fails, the server stops. Answers
/// what the stop did, and why the server stopped.
pub async fn with_server<F>(
    state: &Data<AppState>,
    parts: Parts,
    ready: F,
) -> Result<(Stopped, Result<(), Failure>), Failure>
where
    F: AsyncFnOnce(SocketAddr) -> Result<(), Failure>,
{
    let mut signals = StopSignals::listen()?;
    let address = state.config.listen;
    let listener = bind(address)?;
    let address = listener.local_addr().unwrap_or(address);
    if parts == Parts::ServerAndWorker {
        // So that `/health/ready` is right from the first request on; the worker's own heartbeats follow.
        queue::beat(&state.db, Uuid::new_v4(), state.clock.now()).await?;
    }
    let server = app::serve(state.clone(), listener, threads()).map_err(Failure::internal)?;
    let handle = server.handle();
    let mut server = rt::spawn(server);
    let worker = (parts == Parts::ServerAndWorker).then(|| Worker::start(state));
    let (ended_by_itself, outcome) = tokio::select! {
        ended = &mut server => (Some(ended), Ok(())),
        () = signals.asked() => (None, Ok(())),
        failure = failure_of(ready(address)) => (None, Err(failure)),
    };
    let (begun, running) = (Instant::now(), state.open_requests.count());
    tracing::info!(requests = running, "stopping: no new requests; those that run and running jobs get five seconds");
    // They would go on for as long as the stop waits for requests.
    state.progress.places.close();
    let server_ends = async {
        match ended_by_itself {
            Some(ended) => ended,
            None => {
                handle.stop(true).await;
                server.await
            }
        }
    };
    let (ended, jobs_parked) = tokio::join!(server_ends, finish(worker, state));
    ended.map_err(Failure::internal)?.map_err(Failure::internal)?;
    let requests_cut_off = state.open_requests.count();
    Ok((Stopped { requests_cut_off, jobs_parked, took: begun.elapsed() }, outcome))
}

/// Waits until something fails; what succeeds is no reason to stop.
async fn failure_of(work: impl Future<Output = Result<(), Failure>>) -> Failure {
    match work.await {
        Ok(()) => std::future::pending().await,
        Err(failure) => failure,
    }
}

async fn worker_alone(state: &Data<AppState>) -> Result<Stopped, Failure> {
    let mut signals = StopSignals::listen()?;
    let worker = Worker::start(state);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "heller's worker is ready");
    signals.asked().await;
    let begun = Instant::now();
    tracing::info!("stopping: running jobs get five seconds");
    let jobs_parked = finish(Some(worker), state).await;
    Ok(Stopped { requests_cut_off: 0, jobs_parked, took: begun.elapsed() })
}

/// The worker's task, and the way to end it.
struct Worker {
    stop: Data<Stop>,
    task: JoinHandle<()>,
}

impl Worker {
    fn start(state: &Data<AppState>) -> Self {
        let stop = Data::new(Stop::default());
        Self { stop: stop.clone(), task: rt::spawn(worker::run(state.clone(), stop)) }
    }
}

/// Lets the worker finish the jobs it is at, for a while; answers how many were parked.
async fn finish(worker: Option<Worker>, state: &AppState) -> usize {
    let Some(worker) = worker else { return 0 };
    worker.stop.ask();
    state.job_bell.notify_waiters();
    if tokio::time::timeout(STOP_WITHIN, worker.task).await.is_err() {
        tracing::warn!("a job was still running; it is done again after the next start");
    }
    worker.stop.parked()
}

fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => Failure::Unavailable(format!(
            "{address} is in use; choose another one (HELLER_LISTEN; `heller demo --port N`)"
        )),
        _ => Failure::Unavailable(format!("cannot listen on {address}: {error}")),
    })
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX)
}

/// Ctrl-C and, where it exists, SIGTERM. Made before anything says that it is ready, so that none is missed.
#[cfg(unix)]
struct StopSignals {
    terminated: tokio::signal::unix::Signal,
    interrupted: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let terminated = signal(SignalKind::terminate()).map_err(Failure::internal)?;
        let interrupted = signal(SignalKind::interrupt()).map_err(Failure::internal)?;
        Ok(Self { terminated, interrupted })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminated.recv() => {}
            _ = self.interrupted.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    fn listen() -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn asked(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
