//! The only place that asks for the time. Tests hold the hands of a manual clock; nothing in a test sleeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, SubsecRound, Utc};

use crate::domain::id::IdMaker;

#[derive(Debug, Clone)]
enum Source {
    System,
    /// Microseconds since 1970.
    Manual(Arc<AtomicI64>),
}

/// Time and ids. Instants are cut to microseconds: PostgreSQL keeps no more, SQLite would.
#[derive(Debug, Clone)]
pub struct Clock {
    source: Source,
    ids: Arc<IdMaker>,
}

impl Clock {
    pub fn system() -> Self {
        Self { source: Source::System, ids: Arc::default() }
    }

    /// A clock that stands still until it is moved.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self { source: Source::Manual(Arc::new(AtomicI64::new(start.timestamp_micros()))), ids: Arc::default() }
    }

    pub fn now(&self) -> DateTime<Utc> {
        match &self.source {
            #[expect(clippy::disallowed_methods, reason = "this is the clock everything else asks")]
            Source::System => Utc::now().trunc_subsecs(6),
            Source::Manual(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or(DateTime::UNIX_EPOCH)
            }
        }
    }

    /// Moves a manual clock forward; a system clock stays what it is.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(micros) = &self.source {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }

    pub fn ids(&self) -> Arc<IdMaker> {
        Arc::clone(&self.ids)
    }
}
