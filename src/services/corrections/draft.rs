//! Drafting a correction from what is left of its invoice.

use sea_orm::{DatabaseTransaction, EntityTrait};
use serde_json::json;

use super::{lines_of_invoice, view, with_totals};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::correction::CorrectionStatus;
use crate::domain::document::{CorrectableLine, Quantity};
use crate::domain::id::{InvoiceId, InvoiceLineId};
use crate::domain::money::Currency;
use crate::entities::{invoice, invoice_correction, invoice_correction_line, invoice_line};
use crate::error::{Code, Error, Kind, Reason};
use crate::services::audit::{self, Subject};
use crate::services::invoices;
use crate::views::corrections::{CorrectionView, CreateCorrection};
use crate::views::limits;
use crate::views::money::Checks;

/// Drafts a correction, with all that is left to correct unless lines are named.
///
/// # Errors
/// `reference_not_found`, `line_not_on_invoice`, `quantity_exceeds_remaining`, `nothing_to_correct`, `lines_empty`.
pub async fn create(txn: &DatabaseTransaction, ctx: &Ctx, new: &CreateCorrection) -> Result<CorrectionView, Error> {
    let mut checks = Checks::default();
    let invoice_id = checks.id::<InvoiceId>("/invoice_id", &new.invoice_id, Kind::Invoice);
    let note = checks.optional_text("/note", new.note.as_ref(), limits::NOTE);
    checks.finish()?;
    let unknown = || Error::unknown_reference(Kind::Invoice).at("/invoice_id");
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
        correction_date: new.date.map_or_else(|| ctx.today(), Into::into),
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
    // Last: the order's row is held by the foreign key by now, and the order of locks is order, invoice.
    invoices::touch(txn, invoice.id).await?;
    let details = json!({ "invoice": invoice.id });
    audit::record(txn, ctx, "correction.drafted", Subject::Correction(row.id), details).await?;
    view(txn, row).await
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
            checks.note::<()>(at("invoice_line_id"), Err(Error::wrong(Reason::LineNamedTwice)));
            continue;
        }
        let correctable = line.correctable(currency)?;
        let quantity = match &wanted.quantity {
            None => Some(correctable.remaining()),
            Some(text) => {
                checks.note(at("quantity"), Quantity::parse(text).ok_or_else(|| Error::wrong(Reason::NotAQuantity)))
            }
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
