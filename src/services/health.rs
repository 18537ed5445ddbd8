//! Whether this process can do its work: the database answers, its schema is the program's, and a worker lives.

use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use crate::db::Db;
use crate::entities::worker_heartbeat;
use crate::error::Error;

/// How long a worker may be silent before it counts as dead; it says something every ten seconds.
const SILENCE: Duration = Duration::seconds(60);
/// A probe that waits longer is given up by who asked.
const PATIENCE: StdDuration = StdDuration::from_secs(3);

/// One thing that was looked at; `detail` is for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub name: &'static str,
    pub ok: bool,
    pub detail: String,
}

impl Finding {
    fn new(name: &'static str, found: Result<String, String>) -> Self {
        let ok = found.is_ok();
        Self { name, ok, detail: found.unwrap_or_else(|detail| detail) }
    }
}

/// Looks at everything, and never fails itself.
pub async fn look(db: &Db, now: DateTime<Utc>) -> Vec<Finding> {
    vec![
        Finding::new("database", in_time(database(db)).await),
        Finding::new("migrations", in_time(migrations(db)).await),
        Finding::new("worker", in_time(worker(db, now)).await),
    ]
}

/// Causes are for the log: they may name hosts and users.
async fn in_time(look: impl Future<Output = Result<Result<String, String>, Error>>) -> Result<String, String> {
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            tracing::warn!(cause = error.cause(), "a health check failed");
            Err("the database does not answer".to_owned())
        }
        Err(_) => Err("the database does not answer in time".to_owned()),
    }
}

async fn database(db: &Db) -> Result<Result<String, String>, Error> {
    db.reader().execute_unprepared("SELECT 1").await?;
    Ok(Ok(if db.is_sqlite() { "SQLite answers" } else { "PostgreSQL answers" }.to_owned()))
}

async fn migrations(db: &Db) -> Result<Result<String, String>, Error> {
    let pending = db.pending_migrations().await?;
    Ok(match pending.first() {
        None => Ok("up to date".to_owned()),
        Some(first) => Err(format!("{} steps are missing, the first is {first}; run `heller migrate`", pending.len())),
    })
}

async fn worker(db: &Db, now: DateTime<Utc>) -> Result<Result<String, String>, Error> {
    let newest = worker_heartbeat::Entity::find().order_by_desc(worker_heartbeat::Column::SeenAt);
    let Some(newest) = newest.one(db.reader()).await? else {
        return Ok(Err("no worker has been seen; start `heller worker`".to_owned()));
    };
    let silent = now.signed_duration_since(newest.seen_at);
    let detail = format!("seen {} s ago", silent.num_seconds().max(0));
    Ok(if silent <= SILENCE { Ok(detail) } else { Err(format!("{detail}; start `heller worker`")) })
}
