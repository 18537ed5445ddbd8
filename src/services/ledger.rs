//! Reading the books: accounts, journal entries, the trial balance. Nothing here writes; `journal` posts.

use std::collections::HashMap;

use chrono::NaiveDate;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement};
use uuid::Uuid;

use crate::domain::id::{self, *};
use crate::domain::ledger::{EntryKind, Side};
use crate::domain::money::{Currency, Money};
use crate::entities::{journal_entry, journal_posting, ledger_account};
use crate::error::{Error, Kind, Place, Reason};
use crate::services::customers;
use crate::services::page::{self, Direction, KeyKind, Order, Page, PageRequest, SortKey};
use crate::views::ledger::{
    AccountStub, AccountView, JournalEntryView, LineView, SubjectView, TrialBalanceRow, TrialBalanceView,
};

/// Which of an account's two names is shown.
pub type NameOf = fn(&AccountNames) -> &str;

/// The names of an account.
#[derive(Debug, Clone)]
pub struct AccountNames {
    pub german: String,
    pub english: String,
}

/// Subjects an entry can have: type in the database, and prefix of its ids.
const SUBJECTS: [(&str, &str); 6] = [
    ("account_movement", MovementId::PREFIX),
    ("assignment", AssignmentId::PREFIX),
    ("invoice", InvoiceId::PREFIX),
    ("invoice_correction", CorrectionId::PREFIX),
    ("payment", PaymentId::PREFIX),
    ("refund", RefundId::PREFIX),
];

pub async fn accounts(conn: &impl ConnectionTrait, name_of: NameOf) -> Result<Vec<AccountView>, Error> {
    let rows = ledger_account::Entity::find().order_by_asc(ledger_account::Column::Code).all(conn).await?;
    let view = |row: ledger_account::Model| {
        let name = name_of(&AccountNames { german: row.name_de, english: row.name_en }).to_owned();
        AccountView { code: row.code, name, role: row.role, account_type: row.account_type }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Stubs of all accounts by number: there are few.
async fn stubs(conn: &impl ConnectionTrait, name_of: NameOf) -> Result<HashMap<String, AccountStub>, Error> {
    let accounts = accounts(conn, name_of).await?.into_iter();
    Ok(accounts.map(|account| (account.code.clone(), AccountStub { code: account.code, name: account.name })).collect())
}

/// Filter of the journal.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    /// Id of what the entries were posted for, as text.
    pub subject_id: Option<String>,
    pub kind: Option<EntryKind>,
    pub date_from: Option<NaiveDate>,
    pub date_to: Option<NaiveDate>,
}

/// The journal, newest date first.
///
/// # Errors
/// `invalid_value` for a subject that no entry can have, and the cursor's codes.
pub async fn entries(
    conn: &impl ConnectionTrait,
    filter: &EntryFilter,
    request: &PageRequest,
    name_of: NameOf,
) -> Result<Page<JournalEntryView>, Error> {
    use journal_entry::Column;
    let mut query = journal_entry::Entity::find();
    if let Some(text) = &filter.subject_id {
        let (kind, uuid) = parse_subject(text)?;
        query = query.filter(Column::SubjectType.eq(kind)).filter(Column::SubjectId.eq(uuid));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(Column::Kind.eq(kind));
    }
    if let Some(from) = filter.date_from {
        query = query.filter(Column::EntryDate.gte(from));
    }
    if let Some(to) = filter.date_to {
        query = query.filter(Column::EntryDate.lte(to));
    }
    let order =
        Order { column: Some((Column::EntryDate, KeyKind::Date)), id: Column::Id, direction: Direction::Descending };
    let keys = |row: &journal_entry::Model| (SortKey::Date(row.entry_date), row.id.0);
    let page = page::fetch(conn, query, order, request, keys).await?;
    let views = views(conn, page.items.clone(), name_of).await?;
    Ok(page.with(views))
}

/// # Errors
/// `not_found`.
pub async fn entry(
    conn: &impl ConnectionTrait,
    id: JournalEntryId,
    name_of: NameOf,
) -> Result<JournalEntryView, Error> {
    let not_found = || Error::not_found(Kind::JournalEntry);
    let row = journal_entry::Entity::find_by_id(id).one(conn).await?.ok_or_else(not_found)?;
    views(conn, vec![row], name_of).await?.pop().ok_or_else(not_found)
}

fn parse_subject(text: &str) -> Result<(&'static str, Uuid), Error> {
    let found = SUBJECTS.iter().find_map(|(kind, prefix)| Some((*kind, id::parse_text(text, prefix).ok()?)));
    found.ok_or_else(|| {
        let known: Vec<&str> = SUBJECTS.iter().map(|(_, prefix)| *prefix).collect();
        let wrong = Error::wrong(Reason::OtherPrefix).with("known", known.join(", "));
        wrong.at_place(Place::Query, "subject_id")
    })
}

fn subject(row: &journal_entry::Model) -> Result<SubjectView, Error> {
    let known = SUBJECTS.iter().find(|(kind, _)| *kind == row.subject_type);
    let (kind, prefix) = known.ok_or_else(|| Error::inconsistent("journal_entry", "subject_type", row.id))?;
    Ok(SubjectView { kind: (*kind).to_owned(), id: format!("{prefix}_{}", id::encode(row.subject_id)) })
}

/// Entries with their lines and customers, in three queries however many there are.
async fn views(
    conn: &impl ConnectionTrait,
    rows: Vec<journal_entry::Model>,
    name_of: NameOf,
) -> Result<Vec<JournalEntryView>, Error> {
    let ids: Vec<JournalEntryId> = rows.iter().map(|row| row.id).collect();
    let found = journal_posting::Entity::find()
        .filter(journal_posting::Column::EntryId.is_in(ids))
        .order_by_asc(journal_posting::Column::Position)
        .all(conn)
        .await?;
    let mut postings: HashMap<JournalEntryId, Vec<journal_posting::Model>> = HashMap::new();
    for posting in found {
        postings.entry(posting.entry_id).or_default().push(posting);
    }
    let accounts = stubs(conn, name_of).await?;
    let customers = customers::stubs(conn, rows.iter().filter_map(|row| row.customer_id)).await?;
    rows.into_iter()
        .map(|row| {
            let lines = lines(postings.remove(&row.id).unwrap_or_default(), &accounts)?;
            Ok(JournalEntryView {
                id: row.id,
                kind: row.kind,
                date: row.entry_date,
                subject: subject(&row)?,
                customer: row.customer_id.and_then(|id| customers.get(&id).cloned()),
                lines,
                version: 1,
                created_at: row.created_at,
            })
        })
        .collect()
}

/// Postings as an accountant reads them: one line per account and side, debits first.
fn lines(
    postings: Vec<journal_posting::Model>,
    accounts: &HashMap<String, AccountStub>,
) -> Result<Vec<LineView>, Error> {
    let mut sums: Vec<(Side, String, Money)> = Vec::new();
    for posting in postings {
        let amount = Money::new(posting.amount_minor, posting.currency);
        add(&mut sums, Side::Debit, posting.debit_account, amount)?;
        add(&mut sums, Side::Credit, posting.credit_account, amount)?;
    }
    sums.sort_by_key(|(side, _, _)| *side);
    sums.into_iter()
        .map(|(side, code, sum)| {
            let account = accounts.get(&code).cloned();
            let account = account.ok_or_else(|| Error::inconsistent("journal_posting", "account", &code))?;
            let money = Some(sum.into());
            Ok(match side {
                Side::Debit => LineView { account, debit: money, credit: None },
                Side::Credit => LineView { account, debit: None, credit: money },
            })
        })
        .collect()
}

fn add(sums: &mut Vec<(Side, String, Money)>, side: Side, account: String, amount: Money) -> Result<(), Error> {
    let same = |(known_side, known, sum): &&mut (Side, String, Money)| {
        *known_side == side && *known == account && sum.currency() == amount.currency()
    };
    match sums.iter_mut().find(same) {
        Some((_, _, sum)) => *sum = sum.checked_add(amount)?,
        None => sums.push((side, account, amount)),
    }
    Ok(())
}

#[derive(Debug, FromQueryResult)]
struct Sums {
    account: String,
    currency: Currency,
    debit: i64,
    credit: i64,
}

/// Sums per account and currency, up to and including a day.
pub async fn trial_balance(
    conn: &impl ConnectionTrait,
    date_to: Option<NaiveDate>,
    name_of: NameOf,
) -> Result<TrialBalanceView, Error> {
    let accounts = stubs(conn, name_of).await?;
    let sums = Sums::find_by_statement(sums_until(conn, date_to)).all(conn).await?;
    let row = |sums: Sums| {
        let (debit, credit) = (Money::new(sums.debit, sums.currency), Money::new(sums.credit, sums.currency));
        let account = accounts.get(&sums.account).cloned();
        let account = account.ok_or_else(|| Error::inconsistent("journal_posting", "account", &sums.account))?;
        let balance = debit.checked_sub(credit)?.into();
        Ok(TrialBalanceRow { account, debit: debit.into(), credit: credit.into(), balance })
    };
    Ok(TrialBalanceView { date_to, items: sums.into_iter().map(row).collect::<Result<_, Error>>()? })
}

fn sums_until(conn: &impl ConnectionTrait, date_to: Option<NaiveDate>) -> Statement {
    // PostgreSQL's sum of BIGINT is NUMERIC: cast back.
    let days =
        if date_to.is_some() { "JOIN journal_entry e ON e.id = p.entry_id WHERE e.entry_date <= $1" } else { "" };
    let sql = format!(
        "SELECT account, currency, CAST(SUM(debit) AS BIGINT) AS debit, CAST(SUM(credit) AS BIGINT) AS credit FROM (\
         SELECT p.debit_account AS account, p.currency, p.amount_minor AS debit, 0 AS credit FROM journal_posting p {days} \
         UNION ALL SELECT p.credit_account, p.currency, 0, p.amount_minor FROM journal_posting p {days}\
         ) sides GROUP BY account, currency ORDER BY account, currency"
    );
    Statement::from_sql_and_values(conn.get_database_backend(), sql, date_to.map(sea_orm::Value::from))
}
