//! Reads the movements that a batch of delivered ones may be about: few statements, whatever the batch.
//!
//! Of content, the movements of a core are numbered without gaps, so their ids can be asked for: as many as the batch has
//! lines of the core, and more for as long as there are more.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{Days, NaiveDate};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};

use super::book::{ANNOUNCED_DAYS, Book};
use super::plan::{Identity, NewMovement};
use crate::domain::id::AccountId;
use crate::domain::movement::{Delivered, ImportChannel, MovementStatus};
use crate::entities::account_movement::{Column, Entity, Model};
use crate::error::Error;
use crate::importers::fingerprint::LineKey;

/// Numbers of a core that are asked for at once, and once there are more than the batch has lines. They have no gaps, so
/// that none is asked for behind the last one there.
const STEP: u64 = 2_000;
const MORE: u64 = 4;
/// Ids of one statement: SQLite takes 32,766.
const IDS: usize = 5_000;

pub async fn load(txn: &DatabaseTransaction, account: AccountId, rows: &[NewMovement]) -> Result<Book, Error> {
    let mut book = Book::default();
    let of_account = Known { txn, account };
    let given = rows.iter().filter_map(|row| match &row.identity {
        Identity::Given(id) => Some(id.clone()),
        Identity::Content(key) => key.v1.clone(),
    });
    of_account.by_id(&mut book, given.collect()).await?;
    of_account.by_core(&mut book, rows).await?;
    of_account.announced(&mut book, rows).await?;
    Ok(book)
}

struct Known<'a> {
    txn: &'a DatabaseTransaction,
    account: AccountId,
}

impl Known<'_> {
    async fn find(&self, book: &mut Book, which: Condition) -> Result<(), Error> {
        let query = Entity::find().filter(Column::AccountId.eq(self.account)).filter(which);
        let found: Vec<Model> = query.order_by_asc(Column::Id).all(self.txn).await?;
        found.into_iter().for_each(|row| book.know(row));
        Ok(())
    }

    async fn by_id(&self, book: &mut Book, ids: HashSet<String>) -> Result<(), Error> {
        let ids: Vec<String> = ids.into_iter().collect();
        for ids in ids.chunks(IDS) {
            self.find(book, Condition::all().add(Column::TransactionId.is_in(ids))).await?;
        }
        Ok(())
    }

    async fn by_announced_id(&self, book: &mut Book, ids: &HashSet<String>) -> Result<(), Error> {
        let ids: Vec<&String> = ids.iter().collect();
        for ids in ids.chunks(IDS) {
            let announced = Condition::all().add(Column::PrenotedId.is_not_null());
            self.find(book, announced.add(Column::PrenotedId.is_in(ids.iter().copied()))).await?;
        }
        Ok(())
    }

    async fn by_core<'a>(&self, book: &mut Book, rows: &'a [NewMovement]) -> Result<(), Error> {
        let mut last: HashMap<&'a str, u64> = HashMap::new();
        for key in keys(rows) {
            let most = last.entry(&key.core).or_default();
            *most = Ord::max(*most, key.ordinal);
        }
        let first = |(core, most): (&&'a str, &u64)| (*core, 1, Ord::min(*most, STEP));
        let mut asked: Vec<(&str, u64, u64)> = last.iter().map(first).collect();
        while !asked.is_empty() {
            let ids = asked.iter().flat_map(|(core, from, to)| (*from..=*to).map(move |n| format!("{core}-{n}")));
            let ids: HashSet<String> = ids.collect();
            self.by_announced_id(book, &ids).await?;
            self.by_id(book, ids).await?;
            let more = asked.into_iter().filter(|(core, _, to)| book.has(core, *to));
            let further = |(core, _, to): (&'a str, u64, u64)| {
                let lines = last.get(core).map_or(0, |most| most.saturating_sub(to));
                let step = if lines == 0 { MORE } else { Ord::min(lines, STEP) };
                (core, to.saturating_add(1), to.saturating_add(step))
            };
            asked = more.map(further).collect();
        }
        Ok(())
    }

    /// What was announced and may be booked now, and what is booked and may be announced late (feature 27).
    async fn announced(&self, book: &mut Book, rows: &[NewMovement]) -> Result<(), Error> {
        let by_files = || Condition::all().add(Column::ImportChannel.ne(ImportChannel::Provider));
        let delivered = |wanted: Delivered| content(rows).filter(move |row| row.delivered == wanted);
        let amounts: HashSet<i64> = delivered(Delivered::Final).map(|row| row.amount.minor()).collect();
        let first = delivered(Delivered::Final).map(|row| row.booking_date).min();
        let last = delivered(Delivered::Final).map(|row| row.booking_date).max();
        if let Some((first, last)) = first.zip(last) {
            let first = first.checked_sub_days(Days::new(ANNOUNCED_DAYS)).unwrap_or(first);
            let announced = by_files()
                .add(Column::Status.eq(MovementStatus::InProgress))
                .add(Column::BookingDate.between(first, last))
                .add(Column::AmountMinor.is_in(amounts));
            self.find(book, announced).await?;
        }
        // Announcements are of few days, bookings of the same amounts may be very many: each day asks for its own.
        let mut amounts: BTreeMap<NaiveDate, BTreeSet<i64>> = BTreeMap::new();
        for row in delivered(Delivered::Pending) {
            amounts.entry(row.booking_date).or_default().insert(row.amount.minor());
        }
        for (day, amounts) in amounts {
            let last = day.checked_add_days(Days::new(ANNOUNCED_DAYS)).unwrap_or(day);
            let booked = by_files()
                .add(Column::Status.eq(MovementStatus::Completed))
                .add(Column::PrenotedId.is_null())
                .add(Column::BookingDate.between(day, last))
                .add(Column::AmountMinor.is_in(amounts));
            self.find(book, booked).await?;
        }
        Ok(())
    }
}

fn content(rows: &[NewMovement]) -> impl Iterator<Item = &NewMovement> {
    rows.iter().filter(|row| matches!(row.identity, Identity::Content(_)))
}

fn keys(rows: &[NewMovement]) -> impl Iterator<Item = &LineKey> {
    rows.iter().filter_map(|row| match &row.identity {
        Identity::Content(key) => Some(key),
        Identity::Given(_) => None,
    })
}
