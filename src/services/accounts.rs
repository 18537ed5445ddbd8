//! Payment accounts: create, change, hide, lock, find, list (features 11 to 18).

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, UpdateMany,
};
use serde_json::json;

use super::customers::parse_iban;
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::account::{Feed, LockReason, ProviderKind};
use crate::domain::id::AccountId;
use crate::entities::payment_account::{self, Column};
use crate::error::{Code, Error, Kind, Reason};
use crate::services::audit::{self, Subject};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::views::accounts::{AccountPatch, AccountView, CreateAccount};
use crate::views::limits;
use crate::views::money::Checks;

/// # Errors
/// `invalid_value`, `iban_invalid`, `unknown_currency`.
pub async fn create(txn: &DatabaseTransaction, ctx: &Ctx, new: &CreateAccount) -> Result<AccountView, Error> {
    let mut checks = Checks::default();
    let name = checks.text("/name", &new.name, limits::ACCOUNT_NAME);
    let iban = new.iban.as_ref().and_then(|iban| checks.note("/iban", parse_iban(iban)));
    let currency = checks.currency("/currency", &new.currency);
    if new.can_send == Some(true) && !new.provider.has_sender() {
        let cannot = Error::wrong(Reason::ProviderCannotSend).with("provider", new.provider);
        checks.note::<()>("/can_send", Err(cannot));
    }
    checks.finish()?;
    let (Some(name), Some(currency)) = (name, currency) else {
        return Err(Error::internal("checks passed without values"));
    };
    let row = payment_account::Model {
        id: ctx.id(),
        name,
        provider: new.provider,
        iban,
        currency,
        can_receive: new.can_receive.unwrap_or(new.provider.feed() != Feed::None),
        can_send: new.can_send.unwrap_or(new.provider.has_sender()),
        cutoff_date: new.cutoff_date.map(Into::into),
        hidden: false,
        auto_import_locked_reason: None,
        feed_cursor: 0,
        version: 1,
        created_at: ctx.now,
    };
    db::insert(txn, row.clone()).await?;
    let details = json!({ "provider": row.provider, "can_receive": row.can_receive, "can_send": row.can_send });
    audit::record(txn, ctx, "account.created", Subject::Account(row.id), details).await?;
    Ok(row.into())
}

/// Changes name, IBAN and cutoff date; `expected` is the version the caller saw.
///
/// # Errors
/// `not_found`, `version_mismatch`, `invalid_value`, `iban_invalid`.
pub async fn change(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, expected): (AccountId, Option<i64>),
    patch: &AccountPatch,
) -> Result<AccountView, Error> {
    let current = lock(txn, id).await?.ok_or_else(not_found)?;
    db::check_version(expected, current.version)?;
    let next = patched(&current, patch)?;
    if next == current {
        return Ok(current.into());
    }
    let update = bumped(&current)
        .col_expr(Column::Name, Expr::value(next.name.clone()))
        .col_expr(Column::Iban, Expr::value(next.iban.clone()))
        .col_expr(Column::CutoffDate, Expr::value(next.cutoff_date));
    db::change(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    let details = json!({
        "name_changed": next.name != current.name,
        "iban_changed": next.iban != current.iban,
        "cutoff_date": { "before": current.cutoff_date, "after": next.cutoff_date },
    });
    audit::record(txn, ctx, "account.changed", Subject::Account(id), details).await?;
    Ok(load(txn, id).await?.into())
}

fn patched(current: &payment_account::Model, patch: &AccountPatch) -> Result<payment_account::Model, Error> {
    let mut checks = Checks::default();
    let mut next = current.clone();
    match &patch.name {
        None => {}
        Some(Some(name)) => next.name = checks.text("/name", name, limits::ACCOUNT_NAME).unwrap_or_default(),
        Some(None) => {
            checks.note::<()>("/name", Err(Error::wrong(Reason::NameNotClearable)));
        }
    }
    if let Some(iban) = &patch.iban {
        next.iban = iban.as_ref().and_then(|iban| checks.note("/iban", parse_iban(iban)));
    }
    if let Some(cutoff_date) = patch.cutoff_date {
        next.cutoff_date = cutoff_date.map(Into::into);
    }
    checks.finish()?;
    Ok(next)
}

/// Whether people and runs see an account (feature 14), or a movement (feature 36).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Visible,
    Hidden,
}

/// Hides or shows an account; what is so already stays as it is.
///
/// # Errors
/// `not_found`, `version_mismatch`.
pub async fn set_visibility(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, expected): (AccountId, Option<i64>),
    wanted: Visibility,
) -> Result<AccountView, Error> {
    let current = lock(txn, id).await?.ok_or_else(not_found)?;
    db::check_version(expected, current.version)?;
    let hidden = wanted == Visibility::Hidden;
    if current.hidden == hidden {
        return Ok(current.into());
    }
    let update = bumped(&current).col_expr(Column::Hidden, Expr::value(hidden));
    db::change(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    let action = if hidden { "account.hidden" } else { "account.shown" };
    audit::record(txn, ctx, action, Subject::Account(id), json!({})).await?;
    Ok(load(txn, id).await?.into())
}

/// Locks the unattended import of an account whose provider wants a person (feature 15). The caller holds the row.
pub async fn lock_import(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    current: &payment_account::Model,
    reason: LockReason,
) -> Result<(), Error> {
    let update = bumped(current).col_expr(Column::AutoImportLockedReason, Expr::value(reason));
    db::change(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    let details = json!({ "reason": reason });
    audit::record(txn, ctx, "account.import_locked", Subject::Account(current.id), details).await
}

/// Lets an account be fetched again; one that is not locked stays as it is.
///
/// # Errors
/// `not_found`, `version_mismatch`.
pub async fn unlock_import(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, expected): (AccountId, Option<i64>),
) -> Result<AccountView, Error> {
    let current = lock(txn, id).await?.ok_or_else(not_found)?;
    db::check_version(expected, current.version)?;
    let Some(reason) = current.auto_import_locked_reason else { return Ok(current.into()) };
    let update = bumped(&current).col_expr(Column::AutoImportLockedReason, Expr::value(None::<LockReason>));
    db::change(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    let details = json!({ "reason": reason });
    audit::record(txn, ctx, "account.import_unlocked", Subject::Account(id), details).await?;
    Ok(load(txn, id).await?.into())
}

/// An update of exactly the row that was read.
fn bumped(current: &payment_account::Model) -> UpdateMany<payment_account::Entity> {
    payment_account::Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(current.id))
        .filter(Column::Version.eq(current.version))
}

fn not_found() -> Error {
    Error::not_found(Kind::PaymentAccount)
}

/// Loads an account and holds its row until the transaction ends: what starts work on an account begins with it, so
/// that two cannot begin at once.
pub async fn lock(txn: &DatabaseTransaction, id: AccountId) -> Result<Option<payment_account::Model>, Error> {
    Ok(db::locked(payment_account::Entity::find_by_id(id)).one(txn).await?)
}

pub async fn load(conn: &impl ConnectionTrait, id: AccountId) -> Result<payment_account::Model, Error> {
    payment_account::Entity::find_by_id(id).one(conn).await?.ok_or_else(not_found)
}

pub async fn show(conn: &impl ConnectionTrait, id: AccountId) -> Result<AccountView, Error> {
    Ok(load(conn, id).await?.into())
}

/// Visible accounts that take files, by their id or their IBAN; an IBAN may be that of several.
pub async fn find_for_files(conn: &impl ConnectionTrait, given: &str) -> Result<Vec<payment_account::Model>, Error> {
    let visible = payment_account::Entity::find().filter(Column::Hidden.eq(false)).order_by_asc(Column::Id);
    let named = match (given.parse::<AccountId>(), parse_iban(given)) {
        (Ok(id), _) => visible.filter(Column::Id.eq(id)),
        (_, Ok(iban)) => visible.filter(Column::Iban.eq(iban)),
        (Err(_), Err(_)) => return Ok(Vec::new()),
    };
    Ok(named.all(conn).await?.into_iter().filter(|account| account.provider.feed() == Feed::File).collect())
}

/// Filter of the account list.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    pub provider: Option<ProviderKind>,
    pub hidden: Option<bool>,
}

pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &AccountFilter,
    request: &PageRequest,
) -> Result<Page<AccountView>, Error> {
    let mut query = payment_account::Entity::find();
    if let Some(provider) = filter.provider {
        query = query.filter(Column::Provider.eq(provider));
    }
    if let Some(hidden) = filter.hidden {
        query = query.filter(Column::Hidden.eq(hidden));
    }
    let order = Order { column: None, id: Column::Id, direction: Direction::Ascending };
    let page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    Ok(page.map(AccountView::from))
}
