//! Invoice corrections: draft from what is left of the invoice, take lines out, formalise.
//!
//! A draft reserves nothing and moves no money. Formalising takes what the lines still have by conditional updates, so
//! two drafts over the same line cannot both win; the gapless number is the last thing taken.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::correction::{self as rules, CorrectionEvent, CorrectionStatus, PaymentDisposition};
use crate::domain::document::{CorrectableLine, Quantity, Totals};
use crate::domain::id::{CorrectionId, CorrectionLineId, InvoiceId, InvoiceLineId};
use crate::domain::ledger::{self, EntryKind};
use crate::domain::money::Currency;
use crate::entities::{invoice, invoice_correction, invoice_correction_line, invoice_line};
use crate::error::{Code, Error};
use crate::services::audit::{self, Subject};
use crate::services::journal::{self, Entry};
use crate::services::numbers::{self, Series};
use crate::services::page::{self, Direction, KeyKind, Order, Page, PageRequest, SortKey};
use crate::services::{customers, invoices, orders};
use crate::views::corrections::{CorrectionParts, CorrectionPatch, CorrectionView, CreateCorrection, Formalise};
use crate::views::money::{Checks, invalid};

/// Drafts a correction, with all that is left to correct unless lines are named.
///
/// # Errors
/// `reference_not_found`, `line_not_on_invoice`, `quantity_exceeds_remaining`, `nothing_to_correct`, `lines_empty`.
pub async fn create(txn: &DatabaseTransaction, ctx: &Ctx, new: &CreateCorrection) -> Result<CorrectionView, Error> {
    let mut checks = Checks::default();
    let invoice_id = checks.id::<InvoiceId>("/invoice_id", &new.invoice_id, "invoice");
    let note = checks.optional_text("/note", new.note.as_ref(), 2000);
    checks.finish()?;
    let unknown = || Error::new(Code::ReferenceNotFound).with("kind", "invoice").at("/invoice_id");
    let invoice = invoice::Entity::find_by_id(invoice_id.ok_or_else(unknown)?).one(txn).await?.ok_or_else(unknown)?;
    let available = lines_of_invoice(txn, invoice.id).await?;
    let chosen = choose(&available, new, invoice.currency)?;
    let row = invoice_correction::Model {
        id: ctx.id(),
        number: None,
        invoice_id: invoice.id,
        order_id: invoice.order_id,
        customer_id: invoice.customer_id,
        status: CorrectionStatus::Draft,
        currency: invoice.currency,
        correction_date: new.date.unwrap_or_else(|| ctx.today()),
        note,
        net_minor: 0,
        tax_minor: 0,
        gross_minor: 0,
        refundable_minor: 0,
        sent_minor: 0,
        payment_disposition: None,
        acknowledged_by: None,
        acknowledged_at: None,
        created_by: ctx.person()?,
        version: 1,
        created_at: ctx.now,
        formalised_at: None,
    };
    let lines = draft_lines(ctx, &row, &chosen)?;
    let row = with_totals(row, &lines)?;
    db::insert(txn, row.clone()).await?;
    db::insert_all(txn, lines).await?;
    let details = json!({ "invoice": invoice.id });
    audit::record(txn, ctx, "correction.drafted", Subject::Correction(row.id), details).await?;
    view(txn, row).await
}

async fn lines_of_invoice(conn: &impl ConnectionTrait, id: InvoiceId) -> Result<Vec<invoice_line::Model>, Error> {
    Ok(invoice_line::Entity::find()
        .filter(invoice_line::Column::InvoiceId.eq(id))
        .order_by_asc(invoice_line::Column::Position)
        .all(conn)
        .await?)
}

/// Lines with the quantity to take back.
type Chosen<'a> = Vec<(&'a invoice_line::Model, CorrectableLine, Quantity)>;

fn choose<'a>(
    available: &'a [invoice_line::Model],
    new: &CreateCorrection,
    currency: Currency,
) -> Result<Chosen<'a>, Error> {
    let Some(named) = &new.lines else {
        let mut chosen = Vec::new();
        for line in available.iter().filter(|line| line.correctable_micros > 0) {
            let correctable = line.correctable(currency)?;
            chosen.push((line, correctable, correctable.remaining()));
        }
        return if chosen.is_empty() { Err(Error::new(Code::NothingToCorrect)) } else { Ok(chosen) };
    };
    if named.is_empty() {
        return Err(Error::new(Code::LinesEmpty).at("/lines"));
    }
    let mut checks = Checks::default();
    let mut chosen: Chosen<'a> = Vec::new();
    for (index, wanted) in named.iter().enumerate() {
        let at = |field: &str| format!("/lines/{index}/{field}");
        let id = wanted.invoice_line_id.parse::<InvoiceLineId>().ok();
        let Some(line) = available.iter().find(|line| Some(line.id) == id) else {
            checks.note::<()>(at("invoice_line_id"), Err(Error::new(Code::LineNotOnInvoice)));
            continue;
        };
        if chosen.iter().any(|(other, _, _)| other.id == line.id) {
            checks.note::<()>(at("invoice_line_id"), Err(invalid("each line may be named once")));
            continue;
        }
        let correctable = line.correctable(currency)?;
        let quantity = match &wanted.quantity {
            None => Some(correctable.remaining()),
            Some(text) => checks.note(
                at("quantity"),
                Quantity::parse(text).ok_or_else(|| invalid("a quantity is a plain decimal above zero")),
            ),
        };
        let Some(quantity) = quantity else { continue };
        if quantity.0 == 0 || quantity > correctable.remaining() {
            let remaining = correctable.remaining().to_decimal();
            let exceeds = Error::new(Code::QuantityExceedsRemaining).with("remaining", remaining);
            checks.note::<()>(at("quantity"), Err(exceeds));
            continue;
        }
        chosen.push((line, correctable, quantity));
    }
    checks.finish()?;
    Ok(chosen)
}

fn draft_lines(
    ctx: &Ctx,
    row: &invoice_correction::Model,
    chosen: &Chosen<'_>,
) -> Result<Vec<invoice_correction_line::Model>, Error> {
    chosen
        .iter()
        .map(|(line, correctable, quantity)| {
            let totals = correctable.share(*quantity)?;
            Ok(invoice_correction_line::Model {
                id: ctx.id(),
                correction_id: row.id,
                invoice_line_id: line.id,
                position: line.position,
                description: line.description.clone(),
                quantity_micros: quantity.0,
                unit_price_minor: line.unit_price_minor,
                tax_rate_ppm: line.tax_rate_ppm,
                net_minor: totals.net.minor(),
                tax_minor: totals.tax.minor(),
                gross_minor: totals.gross.minor(),
            })
        })
        .collect()
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
    invoice_correction::Entity::find_by_id(id).one(conn).await?.ok_or_else(|| Error::not_found("invoice correction"))
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
    let row = row.ok_or_else(|| Error::not_found("invoice correction"))?;
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
    db::take(txn, update, || Error::new(Code::ConcurrentChange)).await?;
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
        Some(Some(text)) => Some(checks.text("/note", text, 2000)),
    };
    checks.finish()?;
    let row = open(txn, (id, version), CorrectionEvent::Edit).await?;
    let mut after = row.clone();
    after.correction_date = patch.date.unwrap_or(row.correction_date);
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
        return Err(Error::not_found("correction line"));
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
    open(txn, (id, version), CorrectionEvent::Delete).await?;
    invoice_correction_line::Entity::delete_many()
        .filter(invoice_correction_line::Column::CorrectionId.eq(id))
        .exec(txn)
        .await?;
    invoice_correction::Entity::delete_by_id(id).exec(txn).await?;
    audit::record(txn, ctx, "correction.deleted", Subject::Correction(id), json!({})).await
}

/// Makes a correction final: takes what its lines still have, lowers what is due, posts the reverse of the invoice.
///
/// # Errors
/// `confirmation_required`, `lines_empty`, `correction_formalised`, `quantity_exceeds_remaining`, `version_mismatch`.
pub async fn formalise(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    (id, version): (CorrectionId, Option<i64>),
    command: &Formalise,
) -> Result<CorrectionView, Error> {
    let row = open(txn, (id, version), CorrectionEvent::Formalise).await?;
    rules::check_acknowledged(&command.acknowledged)?;
    let lines = lines_of(txn, id).await?;
    if lines.is_empty() {
        return Err(Error::new(Code::LinesEmpty));
    }
    let invoice = invoices::load(txn, row.invoice_id).await?;
    let final_lines = take_lines(txn, &row, lines).await?;
    let mut after = with_totals(row.clone(), &final_lines)?;
    let totals = after.totals();
    invoices::add_corrected(txn, &invoice, totals.gross).await?;
    let entry = Entry {
        kind: EntryKind::CorrectionFormalised,
        date: row.correction_date,
        subject: Subject::Correction(id),
        customer: Some(row.customer_id),
        postings: ledger::correction_formalised(totals)?,
    };
    journal::post(txn, ctx, entry).await?;
    let details = json!({ "gross": totals.gross.to_string(), "acknowledged": command.acknowledged });
    audit::record(txn, ctx, "correction.formalised", Subject::Correction(id), details).await?;
    after.status = CorrectionStatus::Formalised;
    after.refundable_minor = after.gross_minor;
    after.payment_disposition = Some(command.payment_disposition.unwrap_or(PaymentDisposition::KeepForRefund));
    after.acknowledged_by = ctx.user_id();
    after.acknowledged_at = Some(ctx.now);
    after.formalised_at = Some(ctx.now);
    after.number = Some(numbers::next(txn, Series::Correction, row.correction_date).await?);
    let after = store(txn, &row, after).await?;
    view(txn, after).await
}

/// Takes the lines' quantities and amounts from the invoice lines. The amounts are computed anew from what is left
/// now: another correction may have been formalised since the draft was made.
async fn take_lines(
    txn: &DatabaseTransaction,
    row: &invoice_correction::Model,
    lines: Vec<invoice_correction_line::Model>,
) -> Result<Vec<invoice_correction_line::Model>, Error> {
    let invoiced: HashMap<InvoiceLineId, invoice_line::Model> =
        lines_of_invoice(txn, row.invoice_id).await?.into_iter().map(|line| (line.id, line)).collect();
    let mut taken = Vec::with_capacity(lines.len());
    for line in lines {
        let source = invoiced.get(&line.invoice_line_id);
        let source =
            source.ok_or_else(|| Error::inconsistent("invoice_correction_line", "invoice_line_id", line.id))?;
        let correctable = source.correctable(row.currency)?;
        let exceeds =
            || Error::new(Code::QuantityExceedsRemaining).with("remaining", correctable.remaining().to_decimal());
        if Quantity(line.quantity_micros) > correctable.remaining() {
            return Err(exceeds());
        }
        let totals = correctable.share(Quantity(line.quantity_micros))?;
        take_line(txn, &line, totals, exceeds).await?;
        let mut line = line;
        let drafted = (line.net_minor, line.tax_minor, line.gross_minor);
        line.net_minor = totals.net.minor();
        line.tax_minor = totals.tax.minor();
        line.gross_minor = totals.gross.minor();
        if drafted != (line.net_minor, line.tax_minor, line.gross_minor) {
            let update: invoice_correction_line::ActiveModel = line.clone().into();
            invoice_correction_line::Entity::update(sea_orm::ActiveModelTrait::reset_all(update)).exec(txn).await?;
        }
        taken.push(line);
    }
    Ok(taken)
}

async fn take_line(
    txn: &DatabaseTransaction,
    line: &invoice_correction_line::Model,
    totals: Totals,
    exceeds: impl FnOnce() -> Error,
) -> Result<(), Error> {
    use invoice_line::Column;
    let less = |column: Column, by: i64| Expr::col(column).sub(by);
    let update = invoice_line::Entity::update_many()
        .col_expr(Column::CorrectableMicros, less(Column::CorrectableMicros, line.quantity_micros))
        .col_expr(Column::CorrectableNetMinor, less(Column::CorrectableNetMinor, totals.net.minor()))
        .col_expr(Column::CorrectableTaxMinor, less(Column::CorrectableTaxMinor, totals.tax.minor()))
        .filter(Column::Id.eq(line.invoice_line_id))
        .filter(Column::CorrectableMicros.gte(line.quantity_micros));
    db::take(txn, update, exceeds).await
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
    views(conn, vec![row]).await?.pop().ok_or_else(|| Error::not_found("invoice correction"))
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
