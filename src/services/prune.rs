//! Throws away what is no longer needed: old idempotency keys, dead sessions, forgotten login failures,
//! finished jobs, silent workers. Never
//! anything about money, and never a dead job, which waits for a person.
//!
//! Deleted in small transactions, so that a large backlog never holds SQLite's one write lock for long.

use chrono::{DateTime, Duration, Utc};
use sea_orm::{ColumnTrait, Value};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Statement};

use crate::access::ctx::Ctx;
use crate::db::Db;
use crate::domain::id::JobId;
use crate::domain::job::{JobKind, JobState};
use crate::entities::job;
use crate::error::Error;
use crate::services::movements::tally;
use crate::services::queue;
use crate::services::reconciliation::upload;

/// Rows per transaction.
const BATCH: u64 = 500;
/// How often there is something to throw away.
const EVERY: Duration = Duration::days(1);

/// What goes, and how long after its `$1` column it goes. Sessions come after their tokens, which point at them.
const RULES: [(&str, Duration); 6] = [
    (
        "DELETE FROM idempotency_key WHERE (scope, idempotency_key) IN \
         (SELECT scope, idempotency_key FROM idempotency_key WHERE created_at < $1 LIMIT $2)",
        Duration::hours(72),
    ),
    (
        "DELETE FROM refresh_token WHERE token_hash IN \
         (SELECT token_hash FROM refresh_token WHERE expires_at < $1 LIMIT $2)",
        Duration::days(30),
    ),
    (
        "DELETE FROM session WHERE id IN (SELECT s.id FROM session s WHERE s.expires_at < $1 \
         AND NOT EXISTS (SELECT 1 FROM refresh_token t WHERE t.session_id = s.id) LIMIT $2)",
        Duration::days(30),
    ),
    (
        "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state = 'done' AND finished_at < $1 LIMIT $2)",
        Duration::days(30),
    ),
    (
        "DELETE FROM login_throttle WHERE subject IN \
         (SELECT subject FROM login_throttle WHERE updated_at < $1 LIMIT $2)",
        Duration::days(1),
    ),
    (
        "DELETE FROM worker_heartbeat WHERE worker_id IN \
         (SELECT worker_id FROM worker_heartbeat WHERE seen_at < $1 LIMIT $2)",
        Duration::days(1),
    ),
];

/// Deletes everything that is due, and answers how many rows went.
///
/// # Errors
/// `unavailable` when the database does not answer; what was deleted until then stays deleted.
pub async fn run(db: &Db, now: DateTime<Utc>) -> Result<u64, Error> {
    let mut gone = 0_u64;
    for (sql, age) in RULES {
        let before = now.checked_sub_signed(age).unwrap_or(now);
        loop {
            let batch = db.write(async |txn| delete(txn, sql, before).await).await?;
            gone = gone.saturating_add(batch);
            if batch < BATCH {
                break;
            }
        }
    }
    let uploads = upload::prune(db, now).await?;
    tally::add_up(db).await?;
    Ok(gone.saturating_add(u64::try_from(uploads).unwrap_or(0)))
}

async fn delete(txn: &DatabaseTransaction, sql: &str, before: DateTime<Utc>) -> Result<u64, Error> {
    let limit = i64::try_from(BATCH).map_err(Error::internal)?;
    let values: [Value; 2] = [before.into(), limit.into()];
    let statement = Statement::from_sql_and_values(txn.get_database_backend(), sql, values);
    Ok(txn.execute_raw(statement).await?.rows_affected())
}

/// When the next run is.
pub enum Due {
    Now,
    Tomorrow,
}

/// Enqueues the next run unless one waits already.
pub async fn schedule(db: &Db, ctx: &Ctx, due: Due) -> Result<(), Error> {
    let run_at = match due {
        Due::Now => ctx.now,
        Due::Tomorrow => ctx.now.checked_add_signed(EVERY).unwrap_or(ctx.now),
    };
    db.write(async |txn| {
        if waiting(txn).await?.is_none() {
            queue::enqueue_at(txn, ctx, JobKind::Prune, &serde_json::json!({}), run_at).await?;
        }
        Ok(())
    })
    .await
}

async fn waiting(txn: &DatabaseTransaction) -> Result<Option<JobId>, Error> {
    let query = job::Entity::find()
        .select_only()
        .column(job::Column::Id)
        .filter(job::Column::State.eq(JobState::Queued))
        .filter(job::Column::Kind.eq(JobKind::Prune))
        .limit(1);
    Ok(query.into_tuple().one(txn).await?)
}
