//! Customers: create, find, list.

use std::collections::HashMap;

use iban::{Iban, IbanLike};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::CustomerId;
use crate::domain::text::fold;
use crate::entities::customer;
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};
use crate::services::numbers::{self, Series};
use crate::services::page::{self, Direction, Order, Page, PageRequest, SortKey};
use crate::views::customers::{CreateCustomer, CustomerView};
use crate::views::documents::CustomerStub;
use crate::views::limits;
use crate::views::money::Checks;

/// # Errors
/// `duplicate_external_number`, `iban_invalid`, `invalid_value`.
pub async fn create(txn: &DatabaseTransaction, ctx: &Ctx, new: &CreateCustomer) -> Result<CustomerView, Error> {
    let mut checks = Checks::default();
    let name = checks.text("/name", &new.name, limits::NAME);
    let email = checks.optional_text("/email", new.email.as_ref(), limits::EMAIL);
    let address = checks.optional_text("/address", new.address.as_ref(), limits::ADDRESS);
    let external_number =
        checks.optional_text("/external_number", new.external_number.as_ref(), limits::EXTERNAL_NUMBER);
    let iban = new.iban.as_ref().and_then(|iban| checks.note("/iban", parse_iban(iban)));
    checks.finish()?;
    let name = name.unwrap_or_default();
    let row = customer::Model {
        id: ctx.id(),
        number: numbers::next(txn, Series::Customer, ctx.today()).await?,
        external_number,
        name_fold: fold(&name),
        name,
        email,
        address,
        iban,
        version: 1,
        created_at: ctx.now,
    };
    db::insert(txn, row.clone())
        .await
        .map_err(|error| duplicate_external_number(error, row.external_number.as_deref()))?;
    audit::record(txn, ctx, "customer.created", Subject::Customer(row.id), json!({ "number": row.number })).await?;
    Ok(row.into())
}

/// What a refused unique index means for a record with an external number.
pub fn duplicate_external_number(error: sea_orm::DbErr, external_number: Option<&str>) -> Error {
    match external_number {
        Some(number) if crate::error::is_duplicate(&error) => {
            Error::new(Code::DuplicateExternalNumber).with("external_number", number).at("/external_number")
        }
        _ => error.into(),
    }
}

pub fn parse_iban(text: &str) -> Result<String, Error> {
    let unreadable = || Error::new(Code::IbanInvalid);
    if text.chars().count() > limits::IBAN {
        return Err(unreadable());
    }
    let iban: Iban = text.trim().to_ascii_uppercase().parse().map_err(|_| unreadable())?;
    Ok(iban.electronic_str().to_owned())
}

pub async fn load(conn: &impl ConnectionTrait, id: CustomerId) -> Result<customer::Model, Error> {
    customer::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found(Kind::Customer))
}

pub async fn show(conn: &impl ConnectionTrait, id: CustomerId) -> Result<CustomerView, Error> {
    Ok(load(conn, id).await?.into())
}

/// Filter of the customer list.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// A part of the name, whatever its case and umlauts.
    pub name: Option<String>,
    pub external_number: Option<String>,
}

pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &CustomerFilter,
    request: &PageRequest,
) -> Result<Page<CustomerView>, Error> {
    let mut query = customer::Entity::find();
    if let Some(name) = &filter.name {
        query = query.filter(super::contains(customer::Column::NameFold, &fold(name)));
    }
    if let Some(number) = &filter.external_number {
        query = query.filter(customer::Column::ExternalNumber.eq(number.as_str()));
    }
    let order = Order { column: None, id: customer::Column::Id, direction: Direction::Descending };
    let page = page::fetch(conn, query, order, request, |row| (SortKey::Id, row.id.0)).await?;
    Ok(page.map(CustomerView::from))
}

/// Stubs of customers by id.
pub async fn stubs(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = CustomerId>,
) -> Result<HashMap<CustomerId, CustomerStub>, Error> {
    let ids: Vec<CustomerId> = super::distinct(ids);
    let rows = customer::Entity::find().filter(customer::Column::Id.is_in(ids)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, CustomerStub { id: row.id, number: row.number })).collect())
}
