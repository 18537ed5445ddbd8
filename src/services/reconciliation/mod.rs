//! Money in: runs over payment accounts, fed by a provider or by an uploaded statement.
//!
//! `runs` starts and shows runs, `items` moves one account's part along, `feed` fetches from a provider, `upload` takes a
//! file in, `statement` imports it (`reading` streams it, an archive through `pieces`, `survey` looks it over first, `ownership` asks whose it is),
//! `sums` holds the movements to the balances and `by_balance` tells by them what lines leave open,
//! `plan` decides what a delivery changes, `store` writes it, `log` keeps the logbook in the words of `texts` and
//! `issues`; `carry_out` is for processes that are no workers. Whatever the way in, movements are written by [`store::upsert`] alone.

mod archives;
pub mod balances;
mod book;
mod by_balance;
pub mod cancel;
pub mod carry_out;
pub mod deliver;
pub mod duplicates;
pub mod feed;
mod identity;
pub mod issues;
pub mod items;
mod known;
mod lines;
pub mod log;
mod ownership;
mod pieces;
mod plan;
mod reading;
pub mod reread;
pub mod runs;
pub mod statement;
pub mod store;
mod sums;
mod survey;
mod texts;
pub mod upload;

use serde::{Deserialize, Serialize};

use crate::domain::id::{AccountId, RunId};

/// One account's part of a run. Also the payload of the job that fetches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemKey {
    pub run_id: RunId,
    pub account_id: AccountId,
}

/// What became of movements that were read; `read` is the sum of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub read: i64,
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub discarded: i64,
    pub hidden: i64,
    pub failed: i64,
}

impl Counts {
    pub fn plus(self, other: Self) -> Self {
        Self {
            read: self.read.saturating_add(other.read),
            created: self.created.saturating_add(other.created),
            updated: self.updated.saturating_add(other.updated),
            unchanged: self.unchanged.saturating_add(other.unchanged),
            discarded: self.discarded.saturating_add(other.discarded),
            hidden: self.hidden.saturating_add(other.hidden),
            failed: self.failed.saturating_add(other.failed),
        }
    }
}
