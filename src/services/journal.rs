//! Posts the journal: every money event, balanced, in its own transaction. There is no function to change or remove
//! an entry, and the database refuses it too.

use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, Query, SubQueryStatement};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait};

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::{CustomerId, JournalEntryId};
use crate::domain::ledger::{AccountRole, EntryKind, Postings};
use crate::entities::{journal_entry, journal_posting, ledger_account};
use crate::error::Error;
use crate::services::audit::Subject;

/// One event to post.
#[derive(Debug, Clone)]
pub struct Entry {
    pub kind: EntryKind,
    pub date: NaiveDate,
    pub subject: Subject,
    pub customer: Option<CustomerId>,
    pub postings: Postings,
}

/// Posts one entry; one without postings is not written.
pub async fn post(txn: &DatabaseTransaction, ctx: &Ctx, entry: Entry) -> Result<(), Error> {
    post_all(txn, ctx, vec![entry]).await
}

/// Posts many entries in few statements, for imports.
pub async fn post_all(txn: &DatabaseTransaction, ctx: &Ctx, entries: Vec<Entry>) -> Result<(), Error> {
    let entries: Vec<(JournalEntryId, Entry)> =
        entries.into_iter().filter(|entry| !entry.postings.is_empty()).map(|entry| (ctx.id(), entry)).collect();
    for chunk in entries.chunks(db::rows_per_insert(9)) {
        let rows = chunk.iter().map(|(id, entry)| row(ctx, *id, entry));
        journal_entry::Entity::insert_many(rows).exec_without_returning(txn).await?;
    }
    let postings: Vec<_> = entries
        .iter()
        .flat_map(|(id, entry)| (1_i32..).zip(&entry.postings).map(|(position, posting)| (*id, position, *posting)))
        .collect();
    for chunk in postings.chunks(db::rows_per_insert(6)) {
        let mut insert = Query::insert();
        insert.into_table(journal_posting::Entity).columns([
            journal_posting::Column::EntryId,
            journal_posting::Column::Position,
            journal_posting::Column::DebitAccount,
            journal_posting::Column::CreditAccount,
            journal_posting::Column::AmountMinor,
            journal_posting::Column::Currency,
        ]);
        for (id, position, posting) in chunk {
            insert.values_panic([
                Expr::value(*id),
                Expr::value(*position),
                account_with(posting.debit),
                account_with(posting.credit),
                Expr::value(posting.amount.minor()),
                Expr::value(posting.amount.currency()),
            ]);
        }
        txn.execute(&insert).await?;
    }
    Ok(())
}

fn row(ctx: &Ctx, id: JournalEntryId, entry: &Entry) -> journal_entry::ActiveModel {
    journal_entry::ActiveModel {
        id: Set(id),
        kind: Set(entry.kind),
        entry_date: Set(entry.date),
        subject_type: Set(entry.subject.kind().to_owned()),
        subject_id: Set(entry.subject.uuid()),
        customer_id: Set(entry.customer),
        reverses_id: Set(None),
        created_by: Set(ctx.user_id()),
        created_at: Set(ctx.now),
    }
}

/// The account that has a role: a sub-query, so that which account it is stays data.
fn account_with(role: AccountRole) -> Expr {
    let query = Query::select()
        .column(ledger_account::Column::Code)
        .from(ledger_account::Entity)
        .and_where(Expr::col(ledger_account::Column::Role).eq(role))
        .to_owned();
    Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(query)))
}
