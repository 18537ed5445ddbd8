//! Invoice corrections: draft from what is left of the invoice, take lines out, formalise.
//!
//! A draft reserves nothing and moves no money. Formalising takes what the lines still have by conditional updates, so
//! two drafts over the same line cannot both win; the gapless number is the last thing taken.

mod draft;
mod formalise;

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::correction::{self as rules, CorrectionEvent, CorrectionStatus};
use crate::domain::document::Totals;
use crate::domain::id::{CorrectionId, CorrectionLineId, InvoiceId};
use crate::entities::{invoice_correction, invoice_correction_line, invoice_line};
use crate::error::{Code, Error, Kind};
use crate::services::audit::{self, Subject};
use crate::services::page::{self, Direction, KeyKind, Order, Page, PageRequest, SortKey};
use crate::services::{customers, invoices, orders};
use crate::views::corrections::{CorrectionParts, CorrectionPatch, CorrectionView};
use crate::views::limits;
use crate::views::money::Checks;

pub use draft::create;
pub use formalise::formalise;

async fn lines_of_invoice(conn: &impl ConnectionTrait, id: InvoiceId) -> Result<Vec<invoice_line::Model>, Error> {
    Ok(invoice_line::Entity::find()
        .filter(invoice_line::Column::InvoiceId.eq(id))
        .order_by_asc(invoice_line::Column::Position)
        .all(conn)
        .await?)
}

fn with_totals(
    mut row: invoice_correction::Model,
    lines: &[invoice_correction_line::Model],
) -> Result<invoice_correction::Model, Error> {
    let sum = Totals::sum(lines.iter().map(|line| line.totals(row.currency)), row.currency)?;
    row.net_minor = sum.net.minor();
    row.tax_minor = sum.tax.minor();
    row.gross_minor = sum.gross.minor();
    Ok(row)
}

pub async fn load(conn: &impl ConnectionTrait, id: CorrectionId) -> Result<invoice_correction::Model, Error> {
    invoice_correction::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found(Kind::InvoiceCorrection))
}

async fn lines_of(conn: &impl ConnectionTrait, id: CorrectionId) -> Result<Vec<invoice_correction_line::Model>, Error> {
    Ok(invoice_correction_line::Entity::find()
        .filter(invoice_correction_line::Column::CorrectionId.eq(id))
        .order_by_asc(invoice_correction_line::Column::Position)
        .all(conn)
        .await?)
}

/// Loads a correction for a change: locks its order and itself, checks the version and the state.
async fn open(
    txn: &DatabaseTransaction,
    (id, version): (CorrectionId, Option<i64>),
    event: CorrectionEvent,
) -> Result<invoice_correction::Model, Error> {
    let seen = load(txn, id).await?;
    orders::lock(txn, seen.order_id).await?;
    let row = db::locked(invoice_correction::Entity::find_by_id(id)).one(txn).await?;
    let row = row.ok_or_else(|| Error::not_found(Kind::InvoiceCorrection))?;
    rules::check(row.status, event)?;
    db::check_version(version, row.version)?;
    Ok(row)
}

async fn store(
    txn: &DatabaseTransaction,
    before: &invoice_correction::Model,
    mut after: invoice_correction::Model,
) -> Result<invoice_correction::Model, Error> {
    after.version = before.version.saturating_add(1);
    let row: invoice_correction::ActiveModel = after.clone().into();
    let update = invoice_correction::Entity::update_many()
        .set(sea_orm::ActiveModelTrait::reset_all(row))
        .filter(invoice_correction::Column::Id.eq(before.id))
        .filter(invoice_correction::Column::Version.eq(before.version));
    db::change(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    Ok(after)
}

/// Changes date and note of a draft.
///
/// # Errors
/// `correction_formalised`, `version_mismatch`.
pub async fn edit(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (CorrectionId, Option<i64>),
    patch: &CorrectionPatch,
) -> Result<CorrectionView, Error> {
    let mut checks = Checks::default();
    let note = match &patch.note {
        None => None,
        Some(None) => Some(None),
        Some(Some(text)) => Some(checks.text("/note", text, limits::NOTE)),
    };
    checks.finish()?;
    let row = open(txn, (id, version), CorrectionEvent::Edit).await?;
    let mut after = row.clone();
    after.correction_date = patch.date.map_or(row.correction_date, Into::into);
    if let Some(note) = note {
        after.note = note;
    }
    let after = store(txn, &row, after).await?;
    audit::record(txn, ctx, "correction.edited", Subject::Correction(id), json!({})).await?;
    view(txn, after).await
}

/// Takes a line out of a draft.
///
/// # Errors
/// `correction_formalised`, `not_found`, `version_mismatch`.
pub async fn delete_line(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (CorrectionId, Option<i64>),
    line: CorrectionLineId,
) -> Result<CorrectionView, Error> {
    let row = open(txn, (id, version), CorrectionEvent::Edit).await?;
    let deleted = invoice_correction_line::Entity::delete_many()
        .filter(invoice_correction_line::Column::Id.eq(line))
        .filter(invoice_correction_line::Column::CorrectionId.eq(id))
        .exec(txn)
        .await?;
    if deleted.rows_affected == 0 {
        return Err(Error::not_found(Kind::CorrectionLine));
    }
    let lines = lines_of(txn, id).await?;
    let after = store(txn, &row, with_totals(row.clone(), &lines)?).await?;
    audit::record(txn, ctx, "correction.line_deleted", Subject::Correction(id), json!({ "line": line })).await?;
    view(txn, after).await
}

/// Deletes a draft; no number was used.
///
/// # Errors
/// `correction_formalised`, `version_mismatch`.
pub async fn delete(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (CorrectionId, Option<i64>),
) -> Result<(), Error> {
    let row = open(txn, (id, version), CorrectionEvent::Delete).await?;
    invoice_correction_line::Entity::delete_many()
        .filter(invoice_correction_line::Column::CorrectionId.eq(id))
        .exec(txn)
        .await?;
    invoice_correction::Entity::delete_by_id(id).exec(txn).await?;
    invoices::touch(txn, row.invoice_id).await?;
    audit::record(txn, ctx, "correction.deleted", Subject::Correction(id), json!({})).await
}

pub async fn show(conn: &impl ConnectionTrait, id: CorrectionId) -> Result<CorrectionView, Error> {
    let row = load(conn, id).await?;
    view(conn, row).await
}

/// Filter of the correction list.
#[derive(Debug, Clone, Default)]
pub struct CorrectionFilter {
    pub status: Option<CorrectionStatus>,
    pub invoice_id: Option<InvoiceId>,
}

pub async fn page(
    conn: &impl ConnectionTrait,
    filter: &CorrectionFilter,
    request: &PageRequest,
) -> Result<Page<CorrectionView>, Error> {
    let mut query = invoice_correction::Entity::find();
    if let Some(status) = filter.status {
        query = query.filter(invoice_correction::Column::Status.eq(status));
    }
    if let Some(invoice) = filter.invoice_id {
        query = query.filter(invoice_correction::Column::InvoiceId.eq(invoice));
    }
    let column = Some((invoice_correction::Column::CorrectionDate, KeyKind::Date));
    let order = Order { column, id: invoice_correction::Column::Id, direction: Direction::Descending };
    let keys = |row: &invoice_correction::Model| (SortKey::Date(row.correction_date), row.id.0);
    let page = page::fetch(conn, query, order, request, keys).await?;
    let items = views(conn, page.items).await?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

async fn view(conn: &impl ConnectionTrait, row: invoice_correction::Model) -> Result<CorrectionView, Error> {
    views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found(Kind::InvoiceCorrection))
}

async fn views(
    conn: &impl ConnectionTrait,
    rows: Vec<invoice_correction::Model>,
) -> Result<Vec<CorrectionView>, Error> {
    let invoices = invoices::stubs(conn, rows.iter().map(|row| row.invoice_id)).await?;
    let orders = orders::stubs(conn, rows.iter().map(|row| row.order_id)).await?;
    let customers = customers::stubs(conn, rows.iter().map(|row| row.customer_id)).await?;
    let found = invoice_correction_line::Entity::find()
        .filter(invoice_correction_line::Column::CorrectionId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(invoice_correction_line::Column::Position);
    let mut lines: HashMap<CorrectionId, Vec<invoice_correction_line::Model>> = HashMap::new();
    for line in found.all(conn).await? {
        lines.entry(line.correction_id).or_default().push(line);
    }
    rows.iter()
        .map(|row| {
            let gone = |column| Error::inconsistent("invoice_correction", column, row.id);
            let parts = CorrectionParts {
                invoice: invoices.get(&row.invoice_id).cloned().ok_or_else(|| gone("invoice_id"))?,
                order: orders.get(&row.order_id).cloned().ok_or_else(|| gone("order_id"))?,
                customer: customers.get(&row.customer_id).cloned().ok_or_else(|| gone("customer_id"))?,
                lines: lines.remove(&row.id).unwrap_or_default(),
            };
            Ok(CorrectionView::of(row, parts))
        })
        .collect()
}
