//! Making a correction final.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter};
use serde_json::json;

use super::{lines_of, lines_of_invoice, open, store, view, with_totals};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::correction::{self as rules, CorrectionEvent, CorrectionStatus, PaymentDisposition};
use crate::domain::document::{Quantity, Totals};
use crate::domain::id::{CorrectionId, InvoiceLineId};
use crate::domain::ledger::{self, EntryKind};
use crate::entities::{invoice_correction, invoice_correction_line, invoice_line};
use crate::error::{Code, Error, Reason};
use crate::services::audit::{self, Subject};
use crate::services::invoices;
use crate::services::journal::{self, Entry};
use crate::services::numbers::{self, Series};
use crate::views::corrections::{CorrectionView, Formalise};
use crate::views::limits;

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
    if command.acknowledged.len() > limits::ACKNOWLEDGEMENTS {
        let many = Error::wrong(Reason::TooMany).with("min", 0).with("max", limits::ACKNOWLEDGEMENTS);
        return Err(many.at("/acknowledged"));
    }
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
