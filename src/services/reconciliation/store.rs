//! Writes movements: the one door through which they come in, whatever the way.
//!
//! New rows, changes of announced ones, the journal and the confirmation of refunds are one transaction with the
//! caller's progress. Known movements are found in one query per batch and not locked: a change is compared and set,
//! because confirming a refund begins with the lock of an order, which comes before movements. Only the new row of an
//! imported payout is held before that, and nobody else knows it yet.

use std::collections::HashSet;

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

use super::book::Outcome;
use super::duplicates::{self, Compare};
use super::plan::Arrival;
pub use super::plan::NewMovement;
use super::{Counts, ItemKey, known, log};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::{AccountId, MovementId, RunId};
use crate::domain::ledger::{self, EntryKind, MovementBooked};
use crate::domain::money::Money;
use crate::domain::movement::{BookingType, MovementStatus};
use crate::entities::account_movement::{self, Column, Model};
use crate::entities::{payment_account, refund, refund_attempt};
use crate::error::{Code, Error};
use crate::services::audit::Subject;
use crate::services::journal::{self, Entry};
use crate::services::refunds::{self, ConfirmBy};
use crate::services::settings;

/// Imports delivered movements into an account.
///
/// # Errors
/// What the database says; refused movements are counted and logged instead.
pub async fn upsert(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (account, compare): (&payment_account::Model, Compare),
    run: RunId,
    rows: Vec<NewMovement>,
) -> Result<Counts, Error> {
    let mut decided = decide_all(txn, ctx, (account, run), &rows).await?;
    let (counts, key) = (decided.counts, ItemKey { run_id: run, account_id: account.id });
    let pairs = match compare {
        Compare::WithOtherFiles => duplicates::find(txn, ctx, key, &booked_now(&decided.outcome)).await?,
        Compare::Nothing => Vec::new(),
    };
    let in_doubt: HashSet<MovementId> = pairs.iter().flat_map(|pair| [pair.movement_id, pair.other_id]).collect();
    let outcome = &mut decided.outcome;
    let rows = outcome.created.iter_mut().chain(outcome.updated.iter_mut().map(|(_, after)| after));
    rows.for_each(|row| row.possible_duplicate |= in_doubt.contains(&row.id));
    apply(txn, ctx, key, decided).await?;
    duplicates::note(txn, pairs).await?;
    Ok(counts)
}

/// Imports lines if the movements that they add come to one of `wanted` (minor units), and does nothing else. Answers how
/// many it added.
pub async fn upsert_if(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (account, run): (&payment_account::Model, RunId),
    rows: &[NewMovement],
    wanted: &[i64],
) -> Result<usize, Error> {
    let decided = decide_all(txn, ctx, (account, run), rows).await?;
    let created = &decided.outcome.created;
    let sum = created.iter().try_fold(0_i64, |sum, row| sum.checked_add(row.amount_minor));
    if created.is_empty() || !sum.is_some_and(|sum| wanted.contains(&sum)) {
        return Ok(0);
    }
    let added = created.len();
    let key = ItemKey { run_id: run, account_id: account.id };
    apply(txn, ctx, key, Decided { refused: Vec::new(), ..decided }).await?;
    Ok(added)
}

/// Counts what [`upsert`] would do, and does nothing.
pub async fn rehearse(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    account: &payment_account::Model,
    run: RunId,
    rows: Vec<NewMovement>,
) -> Result<Counts, Error> {
    Ok(decide_all(txn, ctx, (account, run), &rows).await?.counts)
}

/// Whether an account has movements that are known by version 1 of their content.
pub async fn has_version_1(conn: &impl ConnectionTrait, account: AccountId) -> Result<bool, Error> {
    let old = account_movement::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AccountId.eq(account))
        .filter(Column::TransactionId.like("v1-%"))
        .limit(1);
    let old: Option<MovementId> = old.into_tuple().one(conn).await?;
    Ok(old.is_some())
}

#[derive(Default)]
struct Decided {
    outcome: Outcome,
    refused: Vec<log::LogEntry>,
    counts: Counts,
}

async fn decide_all(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (account, run): (&payment_account::Model, RunId),
    rows: &[NewMovement],
) -> Result<Decided, Error> {
    let mut book = known::load(txn, account.id, rows).await?;
    let match_purpose = settings::load(txn).await?.match_prenoted_by_purpose;
    let arrival = Arrival { account, run, match_purpose, now: ctx.now };
    let mut decided = Decided::default();
    for row in rows {
        let (counts, refused) = book.take(&arrival, row, ctx.id())?;
        decided.counts = decided.counts.plus(counts);
        decided.refused.extend(refused);
    }
    decided.outcome = book.close();
    Ok(decided)
}

/// What is booked now and was not before: announced movements first, then new ones.
fn booked_now(outcome: &Outcome) -> Vec<&Model> {
    let completed = |row: &Model| row.status == MovementStatus::Completed;
    let became = outcome.updated.iter().filter(|(before, after)| completed(after) && !completed(before));
    became.map(|(_, after)| after).chain(outcome.created.iter().filter(|row| completed(row))).collect()
}

async fn apply(txn: &DatabaseTransaction, ctx: &Ctx, key: ItemKey, decided: Decided) -> Result<(), Error> {
    let booked: Vec<Model> = booked_now(&decided.outcome).into_iter().cloned().collect();
    let Outcome { created, updated } = decided.outcome;
    for (before, after) in &updated {
        update(txn, before, after).await?;
    }
    db::insert_all(txn, created).await?;
    book(txn, ctx, &booked).await?;
    log::write(txn, ctx, key, decided.refused).await
}

/// Changes an announced row to what was delivered. Hidden flag and comment are not among the columns.
pub(super) async fn update(txn: &DatabaseTransaction, before: &Model, after: &Model) -> Result<(), Error> {
    let update = account_movement::Entity::update_many()
        .col_expr(Column::TransactionId, Expr::value(after.transaction_id.as_str()))
        .col_expr(Column::PossibleDuplicate, Expr::value(after.possible_duplicate))
        .col_expr(Column::PrenotedId, Expr::value(after.prenoted_id.clone()))
        .col_expr(Column::EndToEndOpen, Expr::value(after.end_to_end_open))
        .col_expr(Column::BookingDate, Expr::value(after.booking_date))
        .col_expr(Column::ValueDate, Expr::value(after.value_date))
        .col_expr(Column::AmountMinor, Expr::value(after.amount_minor))
        .col_expr(Column::FreeMinor, Expr::value(after.free_minor))
        .col_expr(Column::BookingType, Expr::value(after.booking_type))
        .col_expr(Column::Status, Expr::value(after.status))
        .col_expr(Column::StatusText, Expr::value(after.status_text.clone()))
        .col_expr(Column::CounterpartyName, Expr::value(after.counterparty_name.clone()))
        .col_expr(Column::CounterpartyIban, Expr::value(after.counterparty_iban.clone()))
        .col_expr(Column::CounterpartyBic, Expr::value(after.counterparty_bic.clone()))
        .col_expr(Column::Purpose, Expr::value(after.purpose.clone()))
        .col_expr(Column::Reference, Expr::value(after.reference.clone()))
        .col_expr(Column::EndToEndId, Expr::value(after.end_to_end_id.clone()))
        .col_expr(Column::MandateId, Expr::value(after.mandate_id.clone()))
        .col_expr(Column::RelatedTransactionId, Expr::value(after.related_transaction_id.clone()))
        .col_expr(Column::Returnable, Expr::value(after.returnable))
        .col_expr(Column::CounterpartyFold, Expr::value(after.counterparty_fold.as_str()))
        .col_expr(Column::PurposeFold, Expr::value(after.purpose_fold.as_str()))
        .col_expr(Column::SourceLine, Expr::value(after.source_line))
        .col_expr(Column::PurposeRaw, Expr::value(after.purpose_raw.clone()))
        .col_expr(Column::BankReference, Expr::value(after.bank_reference.clone()))
        .col_expr(Column::TransactionCode, Expr::value(after.transaction_code.clone()))
        .col_expr(Column::FileId, Expr::value(after.file_id))
        .col_expr(Column::FilePart, Expr::value(after.file_part.clone()))
        .col_expr(Column::FileOffset, Expr::value(after.file_offset))
        .col_expr(Column::FileLength, Expr::value(after.file_length))
        .col_expr(Column::ReaderVersion, Expr::value(after.reader_version))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version));
    db::take(txn, update, || Error::new(Code::ConcurrentChange)).await
}

/// Books movements that have become completed: one entry each, or the confirmation of the refund they are.
async fn book(txn: &DatabaseTransaction, ctx: &Ctx, completed: &[Model]) -> Result<(), Error> {
    let keys = keys_of_refunds(txn, completed).await?;
    let mut entries = Vec::new();
    for row in completed {
        if let Some(key) = row.end_to_end_id.as_deref().filter(|key| may_confirm(row) && keys.contains(*key)) {
            let by = ConfirmBy { movement: row, key, booked: MovementBooked::Now };
            if refunds::confirm(txn, ctx, by).await? {
                continue;
            }
        }
        let amount = Money::new(row.amount_minor, row.currency);
        let (kind, postings) = match row.booking_type {
            BookingType::Fee => (EntryKind::FeeImported, ledger::fee_imported(amount)?),
            BookingType::Incoming
            | BookingType::SepaPrenoted
            | BookingType::SepaDirectDebit
            | BookingType::Outgoing
            | BookingType::Refund
            | BookingType::BankChargeback => (EntryKind::MovementImported, ledger::movement_imported(amount)?),
        };
        let subject = Subject::Movement(row.id);
        entries.push(Entry { kind, date: row.booking_date, subject, customer: None, postings });
    }
    journal::post_all(txn, ctx, entries).await
}

fn may_confirm(row: &Model) -> bool {
    row.amount_minor < 0 && row.booking_type != BookingType::Fee
}

/// Which of the movements carry the key of a payout that was ever tried from their account.
async fn keys_of_refunds(txn: &DatabaseTransaction, rows: &[Model]) -> Result<HashSet<String>, Error> {
    let outgoing: Vec<&Model> = rows.iter().filter(|row| may_confirm(row)).collect();
    let keys: Vec<&str> = outgoing.iter().filter_map(|row| row.end_to_end_id.as_deref()).collect();
    let (Some(first), false) = (outgoing.first(), keys.is_empty()) else { return Ok(HashSet::new()) };
    let of_account = Query::select()
        .column(refund::Column::Id)
        .from(refund::Entity)
        .and_where(refund::Column::AccountId.eq(first.account_id))
        .to_owned();
    let found = refund_attempt::Entity::find()
        .select_only()
        .column(refund_attempt::Column::ProviderKey)
        .filter(refund_attempt::Column::ProviderKey.is_in(keys))
        .filter(refund_attempt::Column::RefundId.in_subquery(of_account));
    Ok(found.into_tuple::<String>().all(txn).await?.into_iter().collect())
}
