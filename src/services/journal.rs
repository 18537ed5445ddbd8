//! Posts the journal: every money event, balanced, in its own transaction. There is no function to change or remove
//! an entry, and the database refuses it too.

use std::collections::HashMap;

use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, Query, SubQueryStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait};

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::{CustomerId, JournalEntryId};
use crate::domain::ledger::{AccountRole, EntryKind, Posting, Postings};
use crate::entities::{journal_entry, journal_posting, ledger_account};
use crate::error::Error;
use crate::services::audit::Subject;

/// Up to so many postings, their accounts are asked for with them.
const FEW: usize = 8;

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
    db::insert_all(txn, entries.iter().map(|(id, entry)| row(ctx, *id, entry)).collect()).await?;
    let postings: Vec<_> = entries
        .iter()
        .flat_map(|(id, entry)| (1_i32..).zip(&entry.postings).map(|(position, posting)| (*id, position, *posting)))
        .collect();
    if postings.len() <= FEW { insert_few(txn, &postings).await } else { insert_many(txn, postings).await }
}

type Numbered = (JournalEntryId, i32, Posting);

/// Which account has a role is data: of a few postings it is asked with each, which saves a round trip.
async fn insert_few(txn: &DatabaseTransaction, postings: &[Numbered]) -> Result<(), Error> {
    if postings.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert.into_table(journal_posting::Entity).columns([
        journal_posting::Column::EntryId,
        journal_posting::Column::Position,
        journal_posting::Column::DebitAccount,
        journal_posting::Column::CreditAccount,
        journal_posting::Column::AmountMinor,
        journal_posting::Column::Currency,
    ]);
    for (id, position, posting) in postings {
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
    Ok(())
}

/// Of many it is asked once: a statement of thousands of sub-queries takes longer to plan than to run.
async fn insert_many(txn: &DatabaseTransaction, postings: Vec<Numbered>) -> Result<(), Error> {
    let accounts = ledger_account::Entity::find().all(txn).await?;
    let codes: HashMap<AccountRole, String> =
        accounts.into_iter().filter_map(|account| Some((account.role?, account.code))).collect();
    let code = |role: AccountRole| {
        let found = codes.get(&role).cloned();
        found.ok_or_else(|| Error::internal(format!("no ledger account has the role {role:?}")))
    };
    let rows = postings.into_iter().map(|(entry_id, position, posting)| {
        Ok(journal_posting::Model {
            entry_id,
            position,
            debit_account: code(posting.debit)?,
            credit_account: code(posting.credit)?,
            amount_minor: posting.amount.minor(),
            currency: posting.amount.currency(),
        })
    });
    Ok(db::insert_all(txn, rows.collect::<Result<_, Error>>()?).await?)
}

fn row(ctx: &Ctx, id: JournalEntryId, entry: &Entry) -> journal_entry::Model {
    journal_entry::Model {
        id,
        kind: entry.kind,
        entry_date: entry.date,
        subject_type: entry.subject.kind().to_owned(),
        subject_id: entry.subject.uuid(),
        customer_id: entry.customer,
        reverses_id: None,
        created_by: ctx.user_id(),
        created_at: ctx.now,
    }
}

/// The account that has a role, as a sub-query.
fn account_with(role: AccountRole) -> Expr {
    let query = Query::select()
        .column(ledger_account::Column::Code)
        .from(ledger_account::Entity)
        .and_where(Expr::col(ledger_account::Column::Role).eq(role))
        .to_owned();
    Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(query)))
}
