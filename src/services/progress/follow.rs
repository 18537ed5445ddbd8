//! What one stream has to tell: first what is under way, or what it missed, or how the things it names are; then every
//! change.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::DatabaseConnection;
use uuid::Uuid;

use super::looking::{self, Change, Told};
use super::watch::{Known, Watch};
use super::{OVERLAP_THOROUGH, Position, before};
use crate::domain::progress::{StreamEvent, Subject};
use crate::error::Error;

/// Most things that are shown by one look at what was missed.
const PAGE: usize = 50;
/// Above this, what is known for longer than it can come back is forgotten.
const KNOWN_MAX: usize = 2_000;

/// What a stream is about.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The kinds that the caller may read.
    pub kinds: Vec<StreamEvent>,
    /// Only these.
    pub named: Option<Vec<Subject>>,
}

impl Scope {
    fn has(&self, subject: Subject) -> bool {
        let named = self.named.as_ref().is_none_or(|named| named.contains(&subject));
        named && self.kinds.contains(&subject.event())
    }
}

/// Things to tell. Until the last of them is told, the position is still the one before.
#[derive(Debug)]
pub struct Batch {
    pub told: Vec<Arc<Told>>,
    pub before: Position,
    pub position: Position,
}

enum Stage {
    Named { since: DateTime<Utc> },
    UnderWay { after: Uuid },
    Missed { after: (DateTime<Utc>, Uuid) },
    Live,
}

/// One stream.
pub struct Follow {
    scope: Scope,
    stage: Stage,
    position: Position,
    looked_at: DateTime<Utc>,
    count: u64,
    known: Known,
    /// Of what is named, what is under way.
    open: HashSet<Subject>,
}

impl Follow {
    /// Begins, or goes on from a position.
    pub async fn begin(
        (watch, conn): (&Watch, &DatabaseConnection),
        (scope, from, now): (Scope, Position, DateTime<Utc>),
    ) -> Result<Self, Error> {
        let entry = watch.enter(conn, now).await?;
        // Another machine's clock may be ahead.
        let since = before(from.0.min(entry.looked_at), OVERLAP_THOROUGH);
        let stage = match (&scope.named, from == Position::BEGINNING) {
            (Some(_), true) => Stage::Named { since: DateTime::UNIX_EPOCH },
            (Some(_), false) => Stage::Named { since },
            (None, true) => Stage::UnderWay { after: Uuid::nil() },
            (None, false) => Stage::Missed { after: (since, Uuid::nil()) },
        };
        // Who begins anew is told of what is under way only, not of what has just ended.
        let known = if matches!(stage, Stage::UnderWay { .. }) { entry.known } else { Known::new() };
        let (looked_at, count) = (entry.looked_at, entry.count);
        Ok(Self { scope, stage, position: from, looked_at, count, known, open: HashSet::new() })
    }

    /// Whether the present has been told, and only changes are to come.
    pub const fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Live)
    }

    /// Whether there is nothing to come: all that is named has settled.
    pub fn is_settled(&self) -> bool {
        self.is_live() && self.scope.named.is_some() && self.open.is_empty()
    }

    pub const fn position(&self) -> Position {
        self.position
    }

    /// What is to be told next; may be nothing.
    pub async fn next(&mut self, watch: &Watch, conn: &DatabaseConnection, now: DateTime<Utc>) -> Result<Batch, Error> {
        let earlier = self.position;
        let told = match self.stage {
            Stage::Named { since } => self.named(conn, since).await?,
            Stage::UnderWay { after } => self.under_way(conn, after).await?,
            Stage::Missed { after } => self.missed(conn, after).await?,
            Stage::Live => self.live((watch, conn), now).await?,
        };
        Ok(Batch { told, before: earlier, position: self.position })
    }

    async fn named(&mut self, conn: &DatabaseConnection, since: DateTime<Utc>) -> Result<Vec<Arc<Told>>, Error> {
        let named = self.scope.named.clone().unwrap_or_default();
        let mut told = looking::tell(conn, &named).await?;
        self.arrive();
        told.iter().for_each(|one| self.note(one));
        told.retain(|one| one.change.changed_at >= since);
        Ok(told.into_iter().map(Arc::new).collect())
    }

    async fn under_way(&mut self, conn: &DatabaseConnection, after: Uuid) -> Result<Vec<Arc<Told>>, Error> {
        let page = looking::under_way(conn, after, PAGE).await?;
        match page.last().filter(|_| page.len() >= PAGE) {
            Some(last) => self.stage = Stage::UnderWay { after: last.subject.uuid() },
            None => self.arrive(),
        }
        let subjects: Vec<Subject> =
            page.iter().map(|change| change.subject).filter(|subject| self.scope.has(*subject)).collect();
        let told = looking::tell(conn, &subjects).await?;
        told.iter().for_each(|one| self.note(one));
        Ok(told.into_iter().map(Arc::new).collect())
    }

    async fn missed(
        &mut self,
        conn: &DatabaseConnection,
        after: (DateTime<Utc>, Uuid),
    ) -> Result<Vec<Arc<Told>>, Error> {
        let page = looking::changed(conn, after, PAGE).await?;
        match page.last().filter(|_| page.len() >= PAGE) {
            Some(last) => {
                self.stage = Stage::Missed { after: (last.changed_at, last.subject.uuid()) };
                self.position = Position(last.changed_at.min(self.looked_at));
            }
            None => self.arrive(),
        }
        let new = page.iter().filter(|change| self.is_news(change)).map(|change| change.subject);
        let told = looking::tell(conn, &new.collect::<Vec<_>>()).await?;
        told.iter().for_each(|one| self.note(one));
        Ok(told.into_iter().map(Arc::new).collect())
    }

    async fn live(
        &mut self,
        (watch, conn): (&Watch, &DatabaseConnection),
        now: DateTime<Utc>,
    ) -> Result<Vec<Arc<Told>>, Error> {
        let Some(news) = watch.news(conn, (self.count, now)).await? else {
            // Too slow: what was missed is read from the database.
            let entry = watch.enter(conn, now).await?;
            self.stage = Stage::Missed { after: (before(self.position.0, OVERLAP_THOROUGH), Uuid::nil()) };
            (self.looked_at, self.count) = (entry.looked_at, entry.count);
            return Ok(Vec::new());
        };
        self.count = news.count;
        self.position = Position(news.looked_at);
        let mut told = news.told;
        told.retain(|one| self.is_news(&one.change));
        told.iter().for_each(|one| self.note(one));
        if self.known.len() > KNOWN_MAX {
            let oldest = before(before(news.looked_at, OVERLAP_THOROUGH), OVERLAP_THOROUGH);
            self.known.retain(|_, change| change.changed_at >= oldest);
        }
        Ok(told)
    }

    /// From here on there are only changes.
    fn arrive(&mut self) {
        self.stage = Stage::Live;
        self.position = Position(self.looked_at);
    }

    fn is_news(&self, change: &Change) -> bool {
        let newer = self.known.get(&change.subject).is_none_or(|known| known.version < change.version);
        newer && self.scope.has(change.subject)
    }

    fn note(&mut self, told: &Told) {
        let subject = told.change.subject;
        self.known.insert(subject, told.change);
        if told.under_way {
            self.open.insert(subject);
        } else {
            self.open.remove(&subject);
        }
    }
}
