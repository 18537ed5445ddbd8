//! The worker: claims due jobs, runs them, records what became of them, and stops cleanly.
//!
//! A job runs in a lease. While it runs the lease is renewed, so a long import keeps it and a dead process loses it.
//! What a job does must be harmless when done twice; what may not be done twice is guarded where it is done. A job that
//! panics has failed once; one that ends its process again and again is given up.

use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration as StdDuration;

use actix_web::web::Data;
use chrono::Duration;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use crate::domain::job::JobKind;
use crate::error::Error;
use crate::services::queue::{self, Ended, Job};
use crate::state::AppState;

/// How often a worker says that it lives.
const HEARTBEAT: StdDuration = StdDuration::from_secs(10);

/// How long a running job is left to finish when its worker is asked to stop; then it is parked. A little less than
/// the five seconds that a stop may take.
const GRACE: StdDuration = StdDuration::from_millis(4500);

/// Whether the worker has been asked to stop, and what that did.
#[derive(Debug, Default)]
pub struct Stop {
    asked: OnceLock<Instant>,
    bell: Notify,
    parked: AtomicUsize,
}

impl Stop {
    pub fn ask(&self) {
        self.asked.get_or_init(Instant::now);
        self.bell.notify_waiters();
    }

    fn asked(&self) -> bool {
        self.asked.get().is_some()
    }

    /// Jobs that were given back unfinished.
    pub fn parked(&self) -> usize {
        self.parked.load(Ordering::SeqCst)
    }

    /// Ends when a job that still runs has had its time.
    async fn overdue(&self) {
        let rung = self.bell.notified();
        if !self.asked() {
            rung.await;
        }
        let end = self.asked.get().and_then(|asked| asked.checked_add(GRACE)).unwrap_or_else(Instant::now);
        tokio::time::sleep_until(end).await;
    }
}

/// Runs jobs until asked to stop; a job that is running gets a while to finish, and is parked then.
pub async fn run(state: Data<AppState>, stop: Data<Stop>) {
    super::prune::ensure_scheduled(&state).await;
    let lanes = (0..state.config.worker_concurrency.max(1)).map(|_| lane(state.clone(), stop.clone()));
    tokio::select! {
        _ = join_all(lanes) => {}
        () = beat(&state) => {}
    }
}

async fn lane(state: Data<AppState>, stop: Data<Stop>) {
    let worker = Uuid::new_v4();
    let pause = StdDuration::from_millis(u64::from(state.config.worker_poll_milliseconds));
    while !stop.asked() {
        match step(&state, worker, &stop).await {
            Ok(true) => {}
            Ok(false) => idle(&state, pause).await,
            Err(error) => {
                tracing::warn!(cause = error.cause(), "the worker could not claim a job");
                idle(&state, pause).await;
            }
        }
    }
}

async fn idle(state: &AppState, pause: StdDuration) {
    let _rung = tokio::time::timeout(pause, state.job_bell.notified()).await;
}

/// Runs everything that is due now and what that brings up, and answers how many jobs ran. For tests, which hold the
/// clock in their hands.
pub async fn run_pending(state: &Data<AppState>) -> Result<usize, Error> {
    let (worker, stop) = (Uuid::new_v4(), Stop::default());
    let mut ran = 0_usize;
    while step(state, worker, &stop).await? {
        ran = ran.saturating_add(1);
    }
    Ok(ran)
}

/// Claims and runs one job; `false` when none is due.
async fn step(state: &Data<AppState>, worker: Uuid, stop: &Stop) -> Result<bool, Error> {
    let lease = Duration::seconds(i64::from(state.config.worker_lease_seconds));
    let Some(job) = queue::claim(&state.db, worker, state.clock.now(), lease).await? else { return Ok(false) };
    let work = async {
        match (queue::is_given_up(&job), queue::is_last_try(&job)) {
            (true, _) => super::give_up(state, &job, queue::interrupted(&job)).await,
            (false, is_last) => match run_claimed(state, &job, lease).await {
                Ok(ended) => ended,
                Err(panicked) if is_last => super::give_up(state, &job, panicked).await,
                Err(panicked) => Ended::Retry(panicked),
            },
        }
    };
    let ended = tokio::select! {
        ended = work => ended,
        () = stop.overdue() => {
            park(state, &job, stop).await?;
            return Ok(true);
        }
    };
    tell(&job, &ended);
    queue::finish(&state.db, state.clock.now(), &job, ended).await?;
    state.settled_bell.notify_waiters();
    Ok(true)
}

/// Leaves a job where it is, as a kill would, and gives it back, so that the next worker need not wait for the lease.
async fn park(state: &AppState, job: &Job, stop: &Stop) -> Result<(), Error> {
    if !job.kind.may_be_parked() {
        tracing::warn!(job.id = %job.id, job.kind = %job.kind, "a running job was cut off; it is taken up when its lease has ended");
        return Ok(());
    }
    queue::park(&state.db, state.clock.now(), job).await?;
    stop.parked.fetch_add(1, Ordering::SeqCst);
    tracing::warn!(job.id = %job.id, job.kind = %job.kind, "a running job was parked; the next start goes on with it");
    Ok(())
}

fn tell(job: &Job, ended: &Ended) {
    match ended {
        Ended::Done => tracing::debug!(job.id = %job.id, job.kind = %job.kind, "job done"),
        Ended::Retry(error) if queue::is_last_try(job) => {
            tracing::error!(job.id = %job.id, job.kind = %job.kind, %error, "job is dead");
        }
        Ended::Retry(error) | Ended::Again(error) => {
            tracing::info!(job.id = %job.id, job.kind = %job.kind, %error, "job is tried again");
        }
        Ended::Fail(error) => tracing::error!(job.id = %job.id, job.kind = %job.kind, %error, "job is dead"),
    }
}

/// Runs a job as long as its lease lasts.
///
/// # Errors
/// When it panicked.
async fn run_claimed(state: &Data<AppState>, job: &Job, lease: Duration) -> Result<Ended, Error> {
    tokio::select! {
        ended = survived(dispatch(state, job)) => ended,
        () = queue::keep(&state.db, &state.clock, job, lease) => Ok(Ended::Retry(Error::internal("the lease was lost"))),
    }
}

/// A panic ends its job and not the lane that runs it, nor the others beside it. Its message stays out of the log: it
/// may quote what was being read.
async fn survived(work: impl Future<Output = Ended>) -> Result<Ended, Error> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_panic| Error::internal("the job panicked"))
}

/// Each job is on the heap: the worker's own stack is no deeper for what one of them needs.
async fn dispatch(state: &Data<AppState>, job: &Job) -> Ended {
    match job.kind {
        JobKind::SendRefund => Box::pin(super::send_refund::send(state, job)).await,
        JobKind::ResolveRefund => Box::pin(super::send_refund::resolve(state, job)).await,
        JobKind::AssignMovements => Box::pin(super::assign_movements::run(state, job)).await,
        JobKind::FetchFeed => Box::pin(super::fetch_feed::run(state, job)).await,
        JobKind::ImportStatement => Box::pin(super::import_statement::run(state, job)).await,
        JobKind::Prune => Box::pin(super::prune::run(state)).await,
    }
}

/// Says every ten seconds that this worker lives, for `/health/ready`.
async fn beat(state: &AppState) {
    let worker = Uuid::new_v4();
    loop {
        if let Err(error) = queue::beat(&state.db, worker, state.clock.now()).await {
            tracing::warn!(cause = error.cause(), "the worker's heartbeat failed");
        }
        tokio::time::sleep(HEARTBEAT).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_failed_try_and_no_end_of_the_lane() {
        let caught = survived(async { panic!("Erika Muster") }).await.unwrap_err();
        assert_eq!(caught.cause(), Some("the job panicked"));
        assert!(matches!(survived(async { Ended::Done }).await, Ok(Ended::Done)));
    }
}
