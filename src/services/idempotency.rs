//! Once per key: reserves the key and stores the answer in the effect's own transaction (contract section 1).
//!
//! Same key and body: the first answer again. Same key, other body: `idempotency_key_reused`. The first one still
//! running: waits up to five seconds for it, then `idempotency_key_in_flight`. Only answers of effects that were
//! committed are stored, so an error never blocks a key. Scope: caller, method and path. Kept 72 hours.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, TryInsertResult};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::access::ctx::Ctx;
use crate::db::Db;
use crate::entities::idempotency_key::{ActiveModel, Column, Entity};
use crate::error::{Code, Error};

/// How long a second request waits for the first.
const WAIT: StdDuration = StdDuration::from_secs(5);
/// How long an answer can be replayed.
pub const KEPT_HOURS: i64 = 72;

/// A key as a client sent it, with what it stands for.
#[derive(Debug, Clone)]
pub struct Key {
    /// Caller, method and path.
    pub scope: String,
    pub key: String,
    /// SHA-256 of body, query and `If-Match`, hex.
    pub request_hash: String,
}

/// An answer as it is stored. The status is opaque here: handlers write it, handlers read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Option<String>,
    pub location: Option<String>,
    pub etag: Option<String>,
}

#[derive(Debug)]
pub enum Outcome {
    Fresh(Answer),
    Replayed(Answer),
}

/// Keys being worked on in this process. Across processes the unique index of the table does the same.
#[derive(Debug, Default, Clone)]
pub struct InFlight(Arc<Mutex<HashMap<String, Arc<AsyncMutex<()>>>>>);

struct Slot {
    all: InFlight,
    name: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl InFlight {
    async fn enter(&self, key: &Key) -> Result<Slot, Error> {
        let name = format!("{}\n{}", key.scope, key.key);
        let lock = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(name.clone()).or_default())
        };
        match tokio::time::timeout(WAIT, lock.lock_owned()).await {
            Ok(held) => Ok(Slot { all: self.clone(), name, held: Some(held) }),
            Err(_) => Err(Error::new(Code::IdempotencyKeyInFlight).retry_after(1)),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.held = None;
        let mut all = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(&self.name).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            all.remove(&self.name);
        }
    }
}

/// Runs `work` in a write transaction, once per key; without a key it simply runs.
///
/// # Errors
/// `idempotency_key_reused`, `idempotency_key_in_flight`, and whatever `work` answers.
pub async fn run<F>(db: &Db, flights: &InFlight, ctx: &Ctx, key: Option<&Key>, work: F) -> Result<Outcome, Error>
where
    F: AsyncFn(&DatabaseTransaction) -> Result<Answer, Error>,
{
    let Some(key) = key else {
        return db.write(async |txn| work(txn).await).await.map(Outcome::Fresh);
    };
    let _slot = flights.enter(key).await?;
    db.write(async |txn| {
        if let Some(answer) = reserve(txn, key, ctx.now).await? {
            return Ok(Outcome::Replayed(answer));
        }
        let answer = work(txn).await?;
        store(txn, key, &answer).await?;
        Ok(Outcome::Fresh(answer))
    })
    .await
}

/// Replaces the stored answer of a key: for a request that waited for a later state (`Prefer: wait`).
pub async fn replace(db: &Db, key: &Key, answer: &Answer) -> Result<(), Error> {
    db.write(async |txn| store(txn, key, answer).await).await
}

/// Takes the key, or finds the answer of the request that took it.
async fn reserve(txn: &DatabaseTransaction, key: &Key, now: DateTime<Utc>) -> Result<Option<Answer>, Error> {
    let row = ActiveModel {
        scope: Set(key.scope.clone()),
        idempotency_key: Set(key.key.clone()),
        request_hash: Set(key.request_hash.clone()),
        status: Set(None),
        body: Set(None),
        location: Set(None),
        etag: Set(None),
        created_at: Set(now),
    };
    let taken = Entity::insert(row)
        .on_conflict_do_nothing_on([Column::Scope, Column::IdempotencyKey])
        .exec_without_returning(txn)
        .await;
    match taken {
        Ok(TryInsertResult::Inserted(1)) => return Ok(None),
        Ok(_) => {}
        Err(error) if crate::error::database_code(&error).as_deref() == Some("55P03") => {
            return Err(Error::new(Code::IdempotencyKeyInFlight).retry_after(1));
        }
        Err(error) => return Err(error.into()),
    }
    let found = Entity::find_by_id((key.scope.clone(), key.key.clone())).one(txn).await?;
    let found = found.ok_or_else(|| Error::internal("an idempotency key vanished"))?;
    let oldest = now.checked_sub_signed(Duration::hours(KEPT_HOURS)).unwrap_or(now);
    if found.created_at < oldest {
        Entity::delete_by_id((key.scope.clone(), key.key.clone())).exec(txn).await?;
        return Box::pin(reserve(txn, key, now)).await;
    }
    if found.request_hash != key.request_hash {
        return Err(Error::new(Code::IdempotencyKeyReused));
    }
    let status = found.status.and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or_else(|| Error::new(Code::IdempotencyKeyInFlight).retry_after(1))?;
    Ok(Some(Answer { status, body: found.body, location: found.location, etag: found.etag }))
}

async fn store(txn: &DatabaseTransaction, key: &Key, answer: &Answer) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(i32::from(answer.status)))
        .col_expr(Column::Body, Expr::value(answer.body.clone()))
        .col_expr(Column::Location, Expr::value(answer.location.clone()))
        .col_expr(Column::Etag, Expr::value(answer.etag.clone()))
        .filter(Column::Scope.eq(key.scope.as_str()))
        .filter(Column::IdempotencyKey.eq(key.key.as_str()))
        .exec(txn)
        .await?;
    Ok(())
}
