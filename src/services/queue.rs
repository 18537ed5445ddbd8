//! The outbox: jobs in the database, enqueued in the caller's transaction, leased, at least once, visible when dead.
//!
//! [`enqueue`] takes a transaction, so a job cannot exist without the change it belongs to. A claim is one conditional
//! update; a worker that dies leaves a lease that runs out, and the job is claimed again. Jobs therefore have to be
//! harmless when run twice. A try that was cut off is no attempt: it is counted by itself (`interrupted`), because the
//! process is to blame more often than the job.

use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, ExprTrait,
    FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::access::ctx::Ctx;
use crate::clock::Clock;
use crate::db::{self, Db};
use crate::domain::id::JobId;
use crate::domain::job::{JobKind, JobState, SUSPECT_AFTER, SUSPECT_PAUSE};
pub use crate::entities::job::Model as Job;
use crate::entities::{job, worker_heartbeat};
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};

/// Puts a job into the queue, due now.
pub async fn enqueue(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    kind: JobKind,
    payload: &impl Serialize,
) -> Result<JobId, Error> {
    enqueue_at(txn, ctx, kind, payload, ctx.now).await
}

/// Puts a job into the queue, due at a time.
pub async fn enqueue_at(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    kind: JobKind,
    payload: &impl Serialize,
    run_at: DateTime<Utc>,
) -> Result<JobId, Error> {
    let id: JobId = ctx.id();
    let row = job::ActiveModel {
        id: Set(id),
        kind: Set(kind),
        payload: Set(serde_json::to_string(payload).map_err(Error::internal)?),
        state: Set(JobState::Queued),
        run_at: Set(run_at),
        attempts: Set(0),
        attempts_max: Set(kind.attempts_max()),
        interrupted: Set(0),
        lease_owner: Set(None),
        lease_until: Set(None),
        last_error: Set(None),
        created_at: Set(ctx.now),
        finished_at: Set(None),
    };
    job::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(id)
}

/// Makes a waiting job due now; puts it into the queue when there is none that waits or runs.
pub async fn hurry(txn: &DatabaseTransaction, ctx: &Ctx, kind: JobKind, payload: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_string(payload).map_err(Error::internal)?;
    let live = job::Column::Kind.eq(kind).and(job::Column::Payload.eq(text));
    let live = live.and(job::Column::State.is_in([JobState::Queued, JobState::Running]));
    let sooner = Expr::case(Expr::col(job::Column::RunAt).gt(ctx.now), ctx.now).finally(Expr::col(job::Column::RunAt));
    let update = job::Entity::update_many().col_expr(job::Column::RunAt, sooner.into()).filter(live);
    if update.exec(txn).await?.rows_affected == 0 {
        enqueue(txn, ctx, kind, payload).await?;
    }
    Ok(())
}

/// Claims the oldest due job, or one whose lease has run out, for `lease`.
pub async fn claim(db: &Db, worker: Uuid, now: DateTime<Utc>, lease: Duration) -> Result<Option<job::Model>, Error> {
    claim_of(db, JobKind::ALL, worker, (now, lease)).await
}

/// As [`claim`], of some kinds only.
pub async fn claim_of(
    db: &Db,
    kinds: &[JobKind],
    worker: Uuid,
    (now, lease): (DateTime<Utc>, Duration),
) -> Result<Option<job::Model>, Error> {
    let until = now.checked_add_signed(lease).unwrap_or(now);
    let names = kinds.iter().map(|kind| format!("'{kind}'")).collect::<Vec<_>>().join(", ");
    let of_kinds = if kinds == JobKind::ALL { String::new() } else { format!(" AND kind IN ({names})") };
    if !is_anything_due(db, now).await? {
        return Ok(None);
    }
    db.write(async |txn| {
        let due = ("attempts = attempts + 1", "state = 'queued' AND run_at <= $3", "run_at, id");
        let lapsed = ("interrupted = interrupted + 1", "state = 'running' AND lease_until < $3", "lease_until");
        for (count, condition, order) in [due, lapsed] {
            let chosen = format!("{condition}{of_kinds} ORDER BY {order}");
            if let Some(job) = claim_where(txn, (count, &chosen), (worker, until, now)).await? {
                return Ok(Some(job));
            }
        }
        Ok(None)
    })
    .await
}

/// A cheap look before the write lock is asked for: an idle worker must not stand in the writers' way.
async fn is_anything_due(db: &Db, now: DateTime<Utc>) -> Result<bool, Error> {
    let queued = job::Column::State.eq(JobState::Queued).and(job::Column::RunAt.lte(now));
    let lapsed = job::Column::State.eq(JobState::Running).and(job::Column::LeaseUntil.lt(now));
    for condition in [queued, lapsed] {
        let found = job::Entity::find().select_only().column(job::Column::Id).filter(condition).limit(1);
        if found.into_tuple::<JobId>().one(db.reader()).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn claim_where(
    txn: &DatabaseTransaction,
    (count, condition): (&str, &str),
    (worker, until, now): (Uuid, DateTime<Utc>, DateTime<Utc>),
) -> Result<Option<job::Model>, Error> {
    let backend = txn.get_database_backend();
    // SQLite has one writer and no row locks; PostgreSQL's workers must not wait for each other's rows.
    let skip = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE job SET state = 'running', lease_owner = $1, lease_until = $2, {count} \
         WHERE id = (SELECT id FROM job WHERE {condition} LIMIT 1 {skip}) RETURNING *"
    );
    let statement = Statement::from_sql_and_values(backend, sql, [worker.into(), until.into(), now.into()]);
    let row = txn.query_one_raw(statement).await?;
    Ok(row.map(|row| job::Model::from_query_result(&row, "")).transpose()?)
}

/// What became of a claimed job.
#[derive(Debug)]
pub enum Ended {
    Done,
    /// Try again after a pause; dead when there were too many tries.
    Retry(Error),
    /// Try again after a pause, however many tries there were: what the job has to leave behind is not written yet.
    Again(Error),
    /// No try can help.
    Fail(Error),
}

/// Whether a failure of this try makes the job dead: then what waits for it must be told.
pub const fn is_last_try(job: &Job) -> bool {
    job.attempts >= job.attempts_max
}

/// Whether a claimed job was cut off so often that it is not run any more.
pub const fn is_given_up(job: &Job) -> bool {
    job.interrupted >= job.kind.interruptions_max()
}

/// Why such a job is given up.
pub fn interrupted(job: &Job) -> Error {
    Error::internal(format!("cut off {} times by the end of its process", job.interrupted))
}

/// Reads what a job was given.
///
/// # Errors
/// When the row makes no sense: no try can help.
pub fn payload<T: DeserializeOwned>(job: &Job) -> Result<T, Error> {
    serde_json::from_str(&job.payload).map_err(|_| Error::inconsistent("job", "payload", job.id))
}

/// Records the end of a claimed job; a job that somebody else claimed in the meantime is left alone.
pub async fn finish(db: &Db, now: DateTime<Utc>, job: &job::Model, ended: Ended) -> Result<(), Error> {
    let (state, run_at, error) = match ended {
        Ended::Done => (JobState::Done, job.run_at, None),
        Ended::Fail(error) => (JobState::Dead, job.run_at, Some(error)),
        Ended::Retry(error) if is_last_try(job) => (JobState::Dead, job.run_at, Some(error)),
        Ended::Retry(error) | Ended::Again(error) => {
            let pause = job.kind.back_off(job.attempts);
            (JobState::Queued, now.checked_add_signed(pause).unwrap_or(now), Some(error))
        }
    };
    let finished = (state != JobState::Queued).then_some(now);
    let text = error.map(|error| error.to_string());
    db.write(async |txn| {
        job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(state))
            .col_expr(job::Column::RunAt, Expr::value(run_at))
            .col_expr(job::Column::LastError, Expr::value(text.clone()))
            .col_expr(job::Column::LeaseOwner, Expr::value(Option::<Uuid>::None))
            .col_expr(job::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
            .col_expr(job::Column::FinishedAt, Expr::value(finished))
            .filter(job::Column::Id.eq(job.id))
            .filter(job::Column::State.eq(JobState::Running))
            .filter(job::Column::LeaseOwner.eq(job.lease_owner))
            .exec(txn)
            .await?;
        Ok(())
    })
    .await
}

/// Renews the lease of a claimed job; `false` when it was lost.
async fn renew(db: &Db, job: &Job, until: DateTime<Utc>) -> Result<bool, Error> {
    db.write(async |txn| {
        let update = job::Entity::update_many()
            .col_expr(job::Column::LeaseUntil, Expr::value(until))
            .filter(job::Column::Id.eq(job.id))
            .filter(job::Column::State.eq(JobState::Running))
            .filter(job::Column::LeaseOwner.eq(job.lease_owner));
        Ok(update.exec(txn).await?.rows_affected == 1)
    })
    .await
}

/// Renews the lease of a claimed job every third of it; ends only when it is lost.
pub async fn keep(db: &Db, clock: &Clock, job: &Job, lease: Duration) {
    let third = Ord::max(lease.num_milliseconds(), 3).unsigned_abs() / 3;
    loop {
        tokio::time::sleep(StdDuration::from_millis(third)).await;
        let Some(until) = clock.now().checked_add_signed(lease) else { return };
        if matches!(renew(db, job, until).await, Ok(false)) {
            return;
        }
    }
}

/// Gives a claimed job back unfinished, due at once: its process stops. That was no try of the job, and no cut either.
pub async fn park(db: &Db, now: DateTime<Utc>, job: &Job) -> Result<(), Error> {
    db.write(async |txn| {
        job::Entity::update_many()
            .col_expr(job::Column::State, Expr::value(JobState::Queued))
            .col_expr(job::Column::RunAt, Expr::value(now))
            .col_expr(job::Column::Attempts, Expr::cust("CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END"))
            .col_expr(job::Column::LeaseOwner, Expr::value(Option::<Uuid>::None))
            .col_expr(job::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
            .filter(job::Column::Id.eq(job.id))
            .filter(job::Column::State.eq(JobState::Running))
            .filter(job::Column::LeaseOwner.eq(job.lease_owner))
            .exec(txn)
            .await?;
        Ok(())
    })
    .await
}

/// Notes that a worker lives.
pub async fn beat(db: &Db, worker: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    db.write(async |txn| {
        let row = worker_heartbeat::ActiveModel { worker_id: Set(worker), seen_at: Set(now) };
        let conflict = OnConflict::column(worker_heartbeat::Column::WorkerId)
            .update_column(worker_heartbeat::Column::SeenAt)
            .to_owned();
        worker_heartbeat::Entity::insert(row).on_conflict(conflict).exec_without_returning(txn).await?;
        Ok(())
    })
    .await
}

/// Gives every leased job back. Only for SQLite, where the lock on the data folder proves that no other worker lives.
/// A job that was cut off often waits a little, so that its server can answer before the job may end it again.
pub async fn release_all(db: &Db, now: DateTime<Utc>) -> Result<u64, Error> {
    use job::Column;
    let later = now.checked_add_signed(SUSPECT_PAUSE).unwrap_or(now);
    let released = |run_at: DateTime<Utc>| {
        job::Entity::update_many()
            .col_expr(Column::State, Expr::value(JobState::Queued))
            .col_expr(Column::RunAt, Expr::value(run_at))
            .col_expr(Column::Attempts, Expr::cust("CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END"))
            .col_expr(Column::Interrupted, Expr::col(Column::Interrupted).add(1))
            .filter(Column::State.eq(JobState::Running))
    };
    db.write(async |txn| {
        let suspect = released(later).filter(Column::Interrupted.gte(SUSPECT_AFTER)).exec(txn).await?;
        let others = released(now).exec(txn).await?;
        Ok(suspect.rows_affected.saturating_add(others.rows_affected))
    })
    .await
}

/// How many jobs wait or run.
pub async fn unfinished(conn: &impl ConnectionTrait) -> Result<Vec<job::Model>, Error> {
    let open = job::Column::State.is_in([JobState::Queued, JobState::Running]);
    Ok(job::Entity::find().filter(open).order_by_asc(job::Column::RunAt).limit(50).all(conn).await?)
}

/// Puts a dead job back into the queue.
///
/// # Errors
/// `not_found`, `job_not_dead`.
pub async fn retry(txn: &DatabaseTransaction, ctx: &Ctx, id: JobId) -> Result<job::Model, Error> {
    let found = job::Entity::find_by_id(id).one(txn).await?.ok_or_else(|| Error::not_found(Kind::Job))?;
    let update = job::Entity::update_many()
        .col_expr(job::Column::State, Expr::value(JobState::Queued))
        .col_expr(job::Column::RunAt, Expr::value(ctx.now))
        .col_expr(job::Column::AttemptsMax, Expr::col(job::Column::AttemptsMax).add(found.kind.attempts_max()))
        .col_expr(job::Column::Interrupted, Expr::value(0))
        .col_expr(job::Column::FinishedAt, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(job::Column::Id.eq(id))
        .filter(job::Column::State.eq(JobState::Dead));
    db::take(txn, update, || Error::new(Code::JobNotDead).with("state", found.state)).await?;
    audit::record(txn, ctx, "job.retried", Subject::Job(id), serde_json::json!({})).await?;
    job::Entity::find_by_id(id).one(txn).await?.ok_or_else(|| Error::not_found(Kind::Job))
}
