//! The look that all streams of a process share: whoever comes first looks, the others take what was found.
//!
//! A look asks what changed since the one before, and some time before that, because a transaction may commit later than
//! one that began after it. What is known already, by its version, is no news.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration as StdDuration, Instant};

use chrono::{DateTime, Duration, Utc};
use sea_orm::DatabaseConnection;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::looking::{self, Change, Told};
use super::{OVERLAP, OVERLAP_THOROUGH, before};
use crate::domain::progress::Subject;
use crate::error::Error;

/// Pause between two looks of a stream.
pub const PACE: StdDuration = StdDuration::from_millis(250);
/// A look that is younger than this is as good as a new one.
const FRESH: StdDuration = StdDuration::from_millis(200);
/// When nobody has looked for so long, nobody was there: looking begins anew.
const FORGOTTEN: StdDuration = StdDuration::from_secs(60);
/// How often a look goes back far.
const THOROUGH_EVERY: Duration = Duration::seconds(15);
/// Most changes of one statement.
const PAGE: usize = 500;
/// Most news that are kept for slow streams.
const KEPT: usize = 1_000;

/// Versions that were told, with the moment they are from.
pub type Known = HashMap<Subject, Change>;

/// The shared look.
#[derive(Debug, Default)]
pub struct Watch(Mutex<Board>);

#[derive(Debug, Default)]
struct Board {
    looked: Option<Looked>,
    known: Known,
    /// Of each thing the newest piece; what it replaces has left its place empty.
    news: VecDeque<Option<Arc<Told>>>,
    /// How many news there ever were; those that are kept are the last of them.
    count: u64,
}

#[derive(Debug, Clone, Copy)]
struct Looked {
    real: Instant,
    at: DateTime<Utc>,
    thorough: DateTime<Utc>,
}

/// Where a stream begins to listen.
pub struct Entry {
    pub count: u64,
    /// Everything committed before this was found.
    pub looked_at: DateTime<Utc>,
    pub known: Known,
}

pub struct News {
    pub told: Vec<Arc<Told>>,
    pub count: u64,
    pub looked_at: DateTime<Utc>,
}

impl Watch {
    /// Looks, and answers what is known.
    pub async fn enter(&self, conn: &DatabaseConnection, now: DateTime<Utc>) -> Result<Entry, Error> {
        let mut board = self.0.lock().await;
        let looked_at = board.look(conn, now).await?;
        Ok(Entry { count: board.count, looked_at, known: board.known.clone() })
    }

    /// What is new behind so many news; `None` when some of it is no longer kept.
    pub async fn news(
        &self,
        conn: &DatabaseConnection,
        (count, now): (u64, DateTime<Utc>),
    ) -> Result<Option<News>, Error> {
        let mut board = self.0.lock().await;
        let looked_at = board.look(conn, now).await?;
        let new = usize::try_from(board.count.saturating_sub(count)).unwrap_or(usize::MAX);
        let Some(skipped) = board.news.len().checked_sub(new) else { return Ok(None) };
        let told = board.news.iter().skip(skipped).flatten().cloned().collect();
        Ok(Some(News { told, count: board.count, looked_at }))
    }
}

impl Board {
    /// Answers when the look that counts began.
    async fn look(&mut self, conn: &DatabaseConnection, now: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
        let real = Instant::now();
        match self.looked.map(|looked| (looked, real.saturating_duration_since(looked.real))) {
            Some((looked, age)) if age < FRESH => return Ok(looked.at),
            Some((looked, age)) if age < FORGOTTEN => {
                let at = looked.at.min(now);
                let thorough = now.signed_duration_since(looked.thorough) >= THOROUGH_EVERY;
                let since = before(at, if thorough { OVERLAP_THOROUGH } else { OVERLAP });
                self.catch_up(conn, since).await?;
                if thorough {
                    self.known.retain(|_, change| change.changed_at >= since);
                }
                let thorough = if thorough { now } else { looked.thorough };
                self.looked = Some(Looked { real: Instant::now(), at: now, thorough });
            }
            _ => {
                self.begin(conn, now).await?;
                self.looked = Some(Looked { real: Instant::now(), at: now, thorough: now });
            }
        }
        Ok(now)
    }

    /// Learns what is so, which is no news. A stream that slept all the while is told that it missed something.
    async fn begin(&mut self, conn: &DatabaseConnection, now: DateTime<Utc>) -> Result<(), Error> {
        self.looked = None;
        self.known.clear();
        self.news.clear();
        self.count = self.count.saturating_add(1);
        let mut after = (before(now, OVERLAP_THOROUGH), Uuid::nil());
        loop {
            let page = looking::changed(conn, after, PAGE).await?;
            self.known.extend(page.iter().map(|change| (change.subject, *change)));
            match page.last() {
                Some(last) if page.len() >= PAGE => after = (last.changed_at, last.subject.uuid()),
                _ => return Ok(()),
            }
        }
    }

    async fn catch_up(&mut self, conn: &DatabaseConnection, since: DateTime<Utc>) -> Result<(), Error> {
        let mut after = (since, Uuid::nil());
        loop {
            let page = looking::changed(conn, after, PAGE).await?;
            let is_new =
                |change: &&Change| self.known.get(&change.subject).is_none_or(|known| known.version < change.version);
            let new: Vec<Subject> = page.iter().filter(is_new).map(|change| change.subject).collect();
            for told in looking::tell(conn, &new).await? {
                let subject = told.change.subject;
                self.known.insert(subject, told.change);
                // A state in between need not be told, and a long run has many of them.
                let is_older = |piece: &&mut Option<Arc<Told>>| {
                    piece.as_ref().is_some_and(|piece| piece.change.subject == subject)
                };
                if let Some(older) = self.news.iter_mut().rev().find(is_older) {
                    *older = None;
                }
                self.news.push_back(Some(Arc::new(told)));
                self.count = self.count.saturating_add(1);
            }
            while self.news.len() > KEPT {
                self.news.pop_front();
            }
            match page.last() {
                Some(last) if page.len() >= PAGE => after = (last.changed_at, last.subject.uuid()),
                _ => return Ok(()),
            }
        }
    }
}
