//! Statement profiles: how CSV files are read (feature 16). `rules` checks what people write, `sample` tries it.
//!
//! The built-in ones are part of the program and stand in no table; their ids are small numbers that never change.

mod rules;
mod sample;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

pub use self::sample::test;
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::{AccountId, StatementProfileId};
use crate::domain::money::Currency;
use crate::domain::run::ItemStatus;
use crate::entities::statement_profile::{self, Column};
use crate::entities::{payment_account, reconciliation_item};
use crate::error::{Code, Error, Kind, Reason};
use crate::importers::csv::{Origin, PROFILES, Profile, Reader, Rules};
use crate::services::audit::{self, Subject};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::services::{accounts, movements};
use crate::views::limits;
use crate::views::money::Checks;
use crate::views::movements::AccountStub;
use crate::views::statement_profiles::{CreateProfile, ProfilePatch, ProfileView};

/// Profiles that are tried for one file, the newest first; each is looked for in the whole head of it.
const TRIED_MAX: u64 = 200;

/// What an import of an account reads CSV files with; without an account, those that are tied to none.
///
/// # Errors
/// `inconsistent` when a stored profile makes no sense.
pub async fn reader(conn: &impl ConnectionTrait, account: Option<&payment_account::Model>) -> Result<Reader, Error> {
    use sea_orm::QuerySelect;
    let usable = Condition::any().add(Column::AccountId.is_null());
    let usable = account.map_or(usable.clone(), |account| usable.add(Column::AccountId.eq(account.id)));
    let rows = statement_profile::Entity::find().filter(usable).order_by_desc(Column::Id).limit(TRIED_MAX);
    let own: Vec<Profile> = rows.all(conn).await?.iter().map(profile).collect::<Result<_, _>>()?;
    let profiles = own.into_iter().chain(PROFILES.iter().cloned()).collect();
    Ok(Reader { profiles, currency: account.map_or(Currency::EUR, |account| account.currency) })
}

fn profile(row: &statement_profile::Model) -> Result<Profile, Error> {
    let rules: Rules = serde_json::from_str(&row.rules)
        .map_err(|error| Error::inconsistent("statement_profile", "rules", row.id).because(error))?;
    let origin = if row.account_id.is_some() { Origin::Account } else { Origin::Own };
    Ok(Profile { key: row.id.to_string(), name: row.name.clone(), origin, rules })
}

/// A built-in profile by its id.
fn built_in(id: StatementProfileId) -> Option<&'static Profile> {
    let number = usize::try_from(id.0.as_u128()).ok()?;
    PROFILES.get(number.checked_sub(1)?)
}

fn built_in_views() -> impl Iterator<Item = ProfileView> {
    (1_u128..)
        .zip(PROFILES.iter())
        .map(|(number, profile)| built_in_view(StatementProfileId(Uuid::from_u128(number)), profile))
}

fn built_in_view(id: StatementProfileId, profile: &Profile) -> ProfileView {
    let (name, rules) = (profile.name.clone(), rules::view(&profile.rules));
    ProfileView { id, name, built_in: true, account: None, rules, version: 1, created_at: None }
}

/// # Errors
/// `invalid_value`, `reference_not_found`, `unknown_currency`, `reconciliation_in_progress`.
pub async fn create(txn: &DatabaseTransaction, ctx: &Ctx, new: &CreateProfile) -> Result<ProfileView, Error> {
    let mut checks = Checks::default();
    let name = checks.text("/name", &new.name, limits::PROFILE_NAME);
    let account = account(txn, &mut checks, new.account_id.as_deref()).await?;
    let rules = rules::parse(&mut checks, &new.rules);
    if let Some(rules) = &rules {
        check_alone(txn, &mut checks, (account, None), rules).await?;
    }
    checks.finish()?;
    let (Some(name), Some(rules)) = (name, rules) else {
        return Err(Error::internal("checks passed without values"));
    };
    check_no_import(txn, account).await?;
    let row = statement_profile::Model {
        id: ctx.id(),
        account_id: account,
        name,
        rules: serde_json::to_string(&rules).map_err(Error::internal)?,
        version: 1,
        created_by: ctx.person()?,
        created_at: ctx.now,
    };
    db::insert(txn, row.clone()).await?;
    let details = json!({ "account": account, "columns": rules.columns.len() });
    audit::record(txn, ctx, "statement_profile.created", Subject::StatementProfile(row.id), details).await?;
    view(txn, row).await
}

/// Of two profiles that are meant for the same files none would ever be used. A built-in one is no hindrance: those that
/// are made here come first.
async fn check_alone(
    txn: &DatabaseTransaction,
    checks: &mut Checks,
    (account, own): (Option<AccountId>, Option<StatementProfileId>),
    rules: &Rules,
) -> Result<(), Error> {
    let same_account = account.map_or(Column::AccountId.is_null(), |account| Column::AccountId.eq(account));
    for row in statement_profile::Entity::find().filter(same_account).all(txn).await? {
        if own != Some(row.id) && profile(&row)?.rules.recognises_same(rules) {
            let same = Error::wrong(Reason::ProfileSameHeader).with("profile", &row.name);
            checks.note::<()>("/rules/columns", Err(same));
            break;
        }
    }
    Ok(())
}

async fn account(txn: &DatabaseTransaction, checks: &mut Checks, id: Option<&str>) -> Result<Option<AccountId>, Error> {
    let Some(id) = id.and_then(|id| checks.id::<AccountId>("/account_id", id, Kind::PaymentAccount)) else {
        return Ok(None);
    };
    if accounts::lock(txn, id).await?.is_none() {
        checks.note::<()>("/account_id", Err(Error::unknown_reference(Kind::PaymentAccount)));
    }
    Ok(Some(id))
}

/// Changes a profile; `expected` is the version the caller saw.
///
/// # Errors
/// `not_found`, `profile_built_in`, `version_mismatch`, `reconciliation_in_progress`, and those of [`create`].
pub async fn change(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, expected): (StatementProfileId, Option<i64>),
    patch: &ProfilePatch,
) -> Result<ProfileView, Error> {
    let current = open(txn, (id, expected)).await?;
    let mut checks = Checks::default();
    let name = patch.name.as_ref().and_then(|name| checks.text("/name", name, limits::PROFILE_NAME));
    let account_id = match &patch.account_id {
        None => current.account_id,
        Some(wanted) => account(txn, &mut checks, wanted.as_deref()).await?,
    };
    let rules = patch.rules.as_ref().and_then(|rules| rules::parse(&mut checks, rules));
    if rules.is_some() || account_id != current.account_id {
        let all = rules.clone().map_or_else(|| profile(&current).map(|profile| profile.rules), Ok)?;
        check_alone(txn, &mut checks, (account_id, Some(id)), &all).await?;
    }
    checks.finish()?;
    let rules = rules.map(|rules| serde_json::to_string(&rules)).transpose().map_err(Error::internal)?;
    let next = statement_profile::Model {
        name: name.unwrap_or_else(|| current.name.clone()),
        account_id,
        rules: rules.unwrap_or_else(|| current.rules.clone()),
        ..current.clone()
    };
    if next == current {
        return view(txn, current).await;
    }
    check_no_import(txn, next.account_id).await?;
    let update = statement_profile::Entity::update_many()
        .col_expr(Column::Name, Expr::value(next.name.clone()))
        .col_expr(Column::AccountId, Expr::value(next.account_id))
        .col_expr(Column::Rules, Expr::value(next.rules.clone()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(current.version));
    db::change(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    let details = json!({
        "account": { "before": current.account_id, "after": next.account_id },
        "rules_changed": next.rules != current.rules,
    });
    audit::record(txn, ctx, "statement_profile.changed", Subject::StatementProfile(id), details).await?;
    view(txn, load(txn, id).await?).await
}

/// Deletes a profile; what was imported with it stays.
///
/// # Errors
/// `not_found`, `profile_built_in`, `version_mismatch`, `reconciliation_in_progress`.
pub async fn delete(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, expected): (StatementProfileId, Option<i64>),
) -> Result<(), Error> {
    open(txn, (id, expected)).await?;
    statement_profile::Entity::delete_by_id(id).exec(txn).await?;
    audit::record(txn, ctx, "statement_profile.deleted", Subject::StatementProfile(id), json!({})).await
}

/// A profile that may be changed now.
async fn open(
    txn: &DatabaseTransaction,
    (id, expected): (StatementProfileId, Option<i64>),
) -> Result<statement_profile::Model, Error> {
    if built_in(id).is_some() {
        return Err(Error::new(Code::ProfileBuiltIn));
    }
    let found = db::locked(statement_profile::Entity::find_by_id(id)).one(txn).await?;
    let current = found.ok_or_else(|| Error::not_found(Kind::StatementProfile))?;
    db::check_version(expected, current.version)?;
    check_no_import(txn, current.account_id).await?;
    Ok(current)
}

/// An import reads its file twice, and after a crash once more: all of them must give the same lines. So nothing that
/// files of an account are read with comes, goes or changes meanwhile; what is tied to no account is of all of them.
async fn check_no_import(txn: &DatabaseTransaction, account: Option<AccountId>) -> Result<(), Error> {
    use reconciliation_item::Column as Item;
    let mut running = reconciliation_item::Entity::find()
        .filter(Item::Status.eq(ItemStatus::Running))
        .filter(Item::FileId.is_not_null());
    if let Some(account) = account {
        running = running.filter(Item::AccountId.eq(account));
    }
    match running.one(txn).await? {
        Some(item) => Err(Error::new(Code::ReconciliationInProgress).with("account", item.account_id)),
        None => Ok(()),
    }
}

async fn load(conn: &impl ConnectionTrait, id: StatementProfileId) -> Result<statement_profile::Model, Error> {
    let found = statement_profile::Entity::find_by_id(id).one(conn).await?;
    found.ok_or_else(|| Error::not_found(Kind::StatementProfile))
}

/// # Errors
/// `not_found`.
pub async fn show(conn: &impl ConnectionTrait, id: StatementProfileId) -> Result<ProfileView, Error> {
    match built_in(id) {
        Some(profile) => Ok(built_in_view(id, profile)),
        None => view(conn, load(conn, id).await?).await,
    }
}

const ORDER: Order<Column> = Order { column: None, id: Column::Id, direction: Direction::Ascending };

/// The built-in ones and then those that were made here, oldest first; or only the one or the other.
pub async fn page(
    conn: &impl ConnectionTrait,
    built_in: Option<bool>,
    request: &PageRequest,
) -> Result<Page<ProfileView>, Error> {
    match built_in {
        None => page_of_all(conn, request).await,
        Some(false) => page_of_own(conn, request).await,
        Some(true) => {
            page::check(ORDER, request)?;
            Ok(Page { items: built_in_views().collect(), next_cursor: None })
        }
    }
}

/// The ids of built-in ones are lower than any that is made, so that one order holds for all.
async fn page_of_all(conn: &impl ConnectionTrait, request: &PageRequest) -> Result<Page<ProfileView>, Error> {
    let last = page::behind(request)?;
    let mut items: Vec<ProfileView> =
        built_in_views().filter(|view| last.is_none_or(|last| view.id.0 > last)).collect();
    let built_in = u64::try_from(items.len()).unwrap_or(u64::MAX);
    // At least one, which tells whether there is another page.
    let rest = std::cmp::max(request.limit.saturating_sub(built_in), 1);
    let own = page_of_own(conn, &PageRequest { limit: rest, ..request.clone() }).await?;
    items.extend(own.items);
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let next_cursor = if items.len() > limit {
        items.truncate(limit);
        items.last().map(|view| page::cursor(request, view.id.0)).transpose()?
    } else {
        own.next_cursor
    };
    Ok(Page { items, next_cursor })
}

async fn page_of_own(conn: &impl ConnectionTrait, request: &PageRequest) -> Result<Page<ProfileView>, Error> {
    let found = statement_profile::Entity::find();
    let mut page = page::fetch(conn, found, ORDER, request, |row| (SortKey::Id, row.id.0)).await?;
    let rows = std::mem::take(&mut page.items);
    let stubs = movements::account_stubs(conn, rows.iter().filter_map(|row| row.account_id)).await?;
    let items = rows.into_iter().map(|row| {
        let account = row.account_id.and_then(|id| stubs.get(&id).cloned());
        with_account(&row, account)
    });
    let items = items.collect::<Result<_, _>>()?;
    Ok(page.with(items))
}

async fn view(conn: &impl ConnectionTrait, row: statement_profile::Model) -> Result<ProfileView, Error> {
    let stubs = movements::account_stubs(conn, row.account_id).await?;
    let account = row.account_id.and_then(|id| stubs.get(&id).cloned());
    with_account(&row, account)
}

fn with_account(row: &statement_profile::Model, account: Option<AccountStub>) -> Result<ProfileView, Error> {
    Ok(ProfileView {
        id: row.id,
        name: row.name.clone(),
        built_in: false,
        account,
        rules: rules::view(&profile(row)?.rules),
        version: row.version,
        created_at: Some(row.created_at),
    })
}
