//! Fetches an account's feed from its provider, page by page, and imports it (feature 23).
//!
//! A page and the place to go on from are one transaction: a job that dies goes on behind the last page that was
//! stored, and counts stay right.

use std::time::Duration;

use super::duplicates::Compare;
use super::items::{self, End, Step};
use super::lines::without_cards;
use super::plan::Identity;
use super::{ItemKey, store, texts};
use crate::access::ctx::Ctx;
use crate::db::{self, Db};
use crate::domain::account::LockReason;
use crate::domain::movement::ImportChannel;
use crate::domain::run::Phase;
use crate::entities::{payment_account, reconciliation_item};
use crate::error::{Code, Error, Kind};
use crate::providers::{FeedError, FeedItem, FeedPage, Provider, Providers};
use crate::services::accounts;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use store::NewMovement;

/// The providers, and how long one of them may take.
pub struct Sources<'a> {
    pub providers: &'a Providers,
    pub timeout: Duration,
}

/// Fetches everything that is new and ends the item; an item that is not running is left alone. A provider that wants a
/// person fails the item at once and locks the account.
///
/// # Errors
/// `unavailable` when the provider does not answer: to be tried again.
pub async fn fetch(db: &Db, ctx: &Ctx, sources: &Sources<'_>, key: ItemKey) -> Result<(), Error> {
    while let Some(item) = items::running(db.reader(), key).await? {
        let account = accounts::load(db.reader(), key.account_id).await?;
        let provider = sources.providers.of(account.provider);
        let provider = provider.ok_or_else(|| Error::internal(format!("no adapter for {}", account.provider)))?;
        let asked = ask(provider, &account, sources.timeout).await?;
        let ctx = ctx.later();
        let page = match asked {
            Asked::Page(page) => page,
            Asked::Refused(reason) => return db.write(async |txn| lock(txn, &ctx, key, reason).await).await,
        };
        db.write(async |txn| store_page(txn, &ctx, (&account, &item), &page).await).await?;
        if !page.has_more {
            db.write(async |txn| items::finish(txn, &ctx, key, End::Done).await).await?;
        }
    }
    Ok(())
}

enum Asked {
    Page(FeedPage),
    /// By the provider, until a person has done something.
    Refused(LockReason),
}

async fn ask(provider: &dyn Provider, account: &payment_account::Model, timeout: Duration) -> Result<Asked, Error> {
    let answer = tokio::time::timeout(timeout, provider.fetch(account.id, account.feed_cursor)).await;
    match answer {
        Ok(Ok(page)) if stands_still(&page, account.feed_cursor) => {
            Err(Error::new(Code::Unavailable).because("the provider says that there is more, and not where"))
        }
        Ok(Ok(page)) => Ok(Asked::Page(page)),
        Ok(Err(FeedError::Refused(reason))) => Ok(Asked::Refused(reason)),
        Ok(Err(error @ FeedError::Unavailable(_))) => Err(Error::new(Code::Unavailable).because(error)),
        Err(_) => Err(Error::new(Code::Unavailable).because("the provider did not answer in time")),
    }
}

/// A page that promises more behind the place it was asked for would be fetched for ever.
const fn stands_still(page: &FeedPage, cursor: i64) -> bool {
    page.has_more && page.cursor == cursor
}

/// Fails the item and locks its account, both or neither: whoever unlocked the account meanwhile, because an earlier try
/// of this job had locked it, is not overruled.
async fn lock(txn: &DatabaseTransaction, ctx: &Ctx, key: ItemKey, reason: LockReason) -> Result<(), Error> {
    // The account's row before the run's, as everywhere.
    let account = accounts::lock(txn, key.account_id).await?;
    let account = account.ok_or_else(|| Error::not_found(Kind::PaymentAccount))?;
    if items::finish(txn, ctx, key, End::Failed(vec![texts::locked(reason)])).await? {
        accounts::lock_import(txn, ctx, &account, reason).await?;
    }
    Ok(())
}

async fn store_page(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (account, item): (&payment_account::Model, &reconciliation_item::Model),
    page: &FeedPage,
) -> Result<(), Error> {
    use payment_account::Column;
    let rows: Vec<NewMovement> = page.items.iter().map(new_movement).collect();
    let read = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    // Only one page may follow a cursor. The version stays: nobody edited the account.
    let update = payment_account::Entity::update_many()
        .col_expr(Column::FeedCursor, Expr::value(page.cursor))
        .filter(Column::Id.eq(account.id))
        .filter(Column::FeedCursor.eq(account.feed_cursor));
    db::take(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    let counts = store::upsert(txn, ctx, (account, Compare::Nothing), item.run_id, rows).await?;
    let done = item.progress_done.saturating_add(read);
    let total = (!page.has_more).then_some(done);
    items::advance(txn, ctx, item, Step { phase: Phase::Fetching, done, total, counts }).await?;
    Ok(())
}

fn new_movement(item: &FeedItem) -> NewMovement {
    let item = item.clone();
    NewMovement {
        identity: Identity::Given(item.transaction_id),
        booking_date: item.booking_date,
        value_date: None,
        amount: item.amount,
        booking_type: item.booking_type,
        delivered: item.delivered,
        status_text: item.status_text,
        counterparty_name: item.counterparty_name.map(without_cards),
        counterparty_iban: item.counterparty_iban,
        counterparty_bic: None,
        purpose: item.purpose.map(without_cards),
        reference: None,
        end_to_end_id: item.end_to_end_id,
        mandate_id: None,
        related_transaction_id: item.related_transaction_id,
        channel: ImportChannel::Provider,
        source_line: None,
        purpose_raw: None,
        bank_reference: None,
        transaction_code: None,
        source: None,
        place: None,
        fee_of: None,
        file_part: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_promises_more_and_goes_nowhere_is_no_answer() {
        let page = |cursor, has_more| FeedPage { items: Vec::new(), cursor, has_more };
        assert!(stands_still(&page(7, true), 7));
        assert!(!stands_still(&page(7, false), 7), "the end of a feed that has nothing new");
        assert!(!stands_still(&page(8, true), 7));
    }
}
