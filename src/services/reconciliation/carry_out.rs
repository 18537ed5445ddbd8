//! Imports and assignments carried out in a process that is no worker: `heller import` where nothing else runs.
//!
//! The lease decides as among workers, so a server beside it does no harm. Other kinds of jobs are left alone: a command
//! that reads a file must not send money.

use chrono::Duration;
use uuid::Uuid;

use super::items;
use super::statement::{self, ImportStatement};
use crate::access::ctx::Ctx;
use crate::clock::Clock;
use crate::db::Db;
use crate::domain::job::JobKind;
use crate::error::Error;
use crate::services::matching::{self, MatchJob};
use crate::services::queue::{self, Ended, Job};

const KINDS: [JobKind; 2] = [JobKind::ImportStatement, JobKind::AssignMovements];

/// Claims one waiting import or assignment and runs it to its end; `false` when none is due.
///
/// # Errors
/// `unavailable` when the database does not answer. What fails in the job is its own end.
pub async fn next(db: &Db, clock: &Clock, lease: Duration) -> Result<bool, Error> {
    let now = clock.now();
    let Some(job) = queue::claim_of(db, &KINDS, Uuid::new_v4(), (now, lease)).await? else { return Ok(false) };
    let ctx = Ctx::system(job.id.to_string(), clock);
    let ended = tokio::select! {
        ended = Box::pin(run(db, &ctx, &job)) => ended,
        () = queue::keep(db, clock, &job, lease) => Ended::Retry(Error::internal("the lease was lost")),
    };
    queue::finish(db, clock.now(), &job, ended).await?;
    Ok(true)
}

async fn run(db: &Db, ctx: &Ctx, job: &Job) -> Ended {
    let import = || queue::payload::<ImportStatement>(job);
    let assignment = || queue::payload::<MatchJob>(job);
    match (job.kind, queue::is_given_up(job)) {
        (JobKind::ImportStatement, false) => match import() {
            Ok(order) => items::ended(db, ctx, (order.key, job), statement::import(db, ctx, order).await).await,
            Err(error) => Ended::Fail(error),
        },
        (JobKind::ImportStatement, true) => match import() {
            Ok(order) => items::give_up(db, ctx, order.key, queue::interrupted(job)).await,
            Err(error) => Ended::Fail(error),
        },
        (JobKind::AssignMovements, false) => match assignment() {
            Ok(order) => matching::ended(db, ctx, (order, job), matching::run(db, ctx, order).await).await,
            Err(error) => Ended::Fail(error),
        },
        (JobKind::AssignMovements, true) => match assignment() {
            Ok(order) => matching::give_up(db, ctx, order, queue::interrupted(job)).await,
            Err(error) => Ended::Fail(error),
        },
        (JobKind::FetchFeed | JobKind::SendRefund | JobKind::ResolveRefund | JobKind::Prune, _) => {
            Ended::Fail(Error::internal("this job belongs to a worker"))
        }
    }
}
