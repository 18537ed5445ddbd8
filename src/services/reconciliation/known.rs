//! Reads the movements that a batch of delivered ones may be about: few statements, whatever the batch.
//!
//! Of content, the movements of a core are numbered without gaps, so their ids can be asked for: as many as the batch has
//! lines of the core, and more for as long as there are more.

use std::collections::{HashMap, HashSet};

use chrono::Days;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::book::{ANNOUNCED_DAYS, Book};
use super::plan::{Identity, NewMovement};
use crate::domain::id::AccountId;
use crate::domain::movement::{Delivered, ImportChannel, MovementStatus};
use crate::entities::account_movement::{Column, Entity, Model};
use crate::error::Error;
use crate::importers::fingerprint::LineKey;

/// Numbers of a core that are asked for at once, once there are more than the batch has lines.
const MORE: u64 = 4;

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
        let found: Vec<Model> = query.all(self.txn).await?;
        found.into_iter().for_each(|row| book.know(row));
        Ok(())
    }

    async fn by_id(&self, book: &mut Book, ids: HashSet<String>) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        self.find(book, Condition::all().add(Column::TransactionId.is_in(ids))).await
    }

    async fn by_core(&self, book: &mut Book, rows: &[NewMovement]) -> Result<(), Error> {
        let mut last: HashMap<&str, u64> = HashMap::new();
        for key in keys(rows) {
            let most = last.entry(&key.core).or_default();
            *most = Ord::max(*most, key.ordinal);
        }
        let mut asked: Vec<(&str, u64, u64)> = last.into_iter().map(|(core, most)| (core, 1, most)).collect();
        while !asked.is_empty() {
            let ids = asked.iter().flat_map(|(core, from, to)| (*from..=*to).map(move |n| format!("{core}-{n}")));
            let ids: HashSet<String> = ids.collect();
            let announced = Condition::all().add(Column::PrenotedId.is_not_null());
            self.find(book, announced.add(Column::PrenotedId.is_in(ids.iter().cloned()))).await?;
            self.by_id(book, ids).await?;
            let more = asked.into_iter().filter(|(core, _, to)| book.has(core, *to));
            asked = more.map(|(core, _, to)| (core, to.saturating_add(1), to.saturating_add(MORE))).collect();
        }
        Ok(())
    }

    /// What was announced and may be booked now, and what is booked and may be announced late (feature 27).
    async fn announced(&self, book: &mut Book, rows: &[NewMovement]) -> Result<(), Error> {
        let by_files = || Condition::all().add(Column::ImportChannel.ne(ImportChannel::Provider));
        let delivered = |wanted: Delivered| content(rows).filter(move |row| row.delivered == wanted);
        let amounts: HashSet<i64> = delivered(Delivered::Final).map(|row| row.amount.minor()).collect();
        let first = delivered(Delivered::Final).map(|row| row.booking_date).min();
        if let Some(first) = first.map(|day| day.checked_sub_days(Days::new(ANNOUNCED_DAYS)).unwrap_or(day)) {
            let announced = by_files()
                .add(Column::Status.eq(MovementStatus::InProgress))
                .add(Column::BookingDate.gte(first))
                .add(Column::AmountMinor.is_in(amounts));
            self.find(book, announced).await?;
        }
        let amounts: HashSet<i64> = delivered(Delivered::Pending).map(|row| row.amount.minor()).collect();
        let first = delivered(Delivered::Pending).map(|row| row.booking_date).min();
        let last = delivered(Delivered::Pending).map(|row| row.booking_date).max();
        let Some((first, last)) = first.zip(last) else { return Ok(()) };
        let last = last.checked_add_days(Days::new(ANNOUNCED_DAYS)).unwrap_or(last);
        let booked = by_files()
            .add(Column::Status.eq(MovementStatus::Completed))
            .add(Column::BookingDate.between(first, last))
            .add(Column::AmountMinor.is_in(amounts));
        self.find(book, booked).await
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
