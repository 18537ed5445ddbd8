//! Which lines does an entry make?
//!
//! One, and one more for each charge that is inside its amount; together they are what was booked. What people and the
//! fingerprint need is brought into the members that all formats share. It must never change an amount.

use super::super::charges::apart;
use super::super::emitter::{Emitter, Place};
use super::super::totals::Totals;
use super::super::values as shared;
use super::super::{LineKind, LineStatus, Ordinal, StatementEvent, StatementHeader, StatementLine};
use super::details::{self, Details};
use super::entry::Entry;
use super::{charges, codes, fields};

/// How entries of a message are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// A statement (MT940): all entries are booked.
    Statement,
    /// An interim report (MT942).
    Interim,
}

/// Hands over the lines of an entry and counts them.
pub(super) fn emit(
    entry: &Entry,
    (header, report): (&StatementHeader, Report),
    totals: &mut Totals,
    emitter: &mut Emitter<'_>,
) {
    let text = text_of(entry);
    let details = details_of(entry);
    let named = (details.original_amount.as_deref(), details.compensation.as_deref());
    let charges = charges::read(&text, named, entry.amount.currency());
    let line = line(entry, details, (header, report));
    let place = Place { line: entry.line, entry: Some(entry.ordinal), field: ":61: Supplementary Details" };
    for line in apart(line, (charges, 2), place, emitter) {
        totals.count(&line);
        emitter.send(StatementEvent::Line(Box::new(line)));
    }
}

/// All that stands behind the amount, for what may stand anywhere.
fn text_of(entry: &Entry) -> String {
    format!("{}\n{}", entry.supplement.as_deref().unwrap_or_default(), entry.details.concat())
}

fn details_of(entry: &Entry) -> Details {
    let mut found = if entry.details.is_empty() {
        details::read_narrative(&entry.narrative)
    } else {
        details::read(&entry.details)
    };
    take_account_of_reference(&mut found, entry);
    let supplement = entry.supplement.clone().filter(|text| !text.starts_with("/OCMT") && !text.starts_with("/CHGS"));
    found.purpose = found.purpose.or(supplement).or_else(|| found.booking_text.clone());
    found
}

/// Some banks put the other account where the reference belongs and repeat it, with the name, in front of the text.
fn take_account_of_reference(found: &mut Details, entry: &Entry) {
    let account = entry.customer_reference.as_deref().filter(|text| shared::looks_like_iban(text));
    let (Some(account), Some(purpose)) = (account, found.purpose.as_deref()) else { return };
    let Some(rest) = purpose.strip_prefix(account) else { return };
    let name = entry.supplement.as_deref().unwrap_or_default();
    let (name, rest) = match rest.trim_start().strip_prefix(name) {
        Some(rest) => (shared::clean(name), rest),
        None => (None, rest),
    };
    let purpose = shared::clean(rest);
    found.iban = Some(account.to_owned());
    found.name = found.name.take().or(name);
    found.purpose = purpose;
}

fn line(entry: &Entry, details: Details, (header, report): (&StatementHeader, Report)) -> StatementLine {
    let kind = kind(entry, &details);
    let purpose_raw = details::raw(if entry.details.is_empty() { &entry.narrative } else { &entry.details });
    let says_more = purpose_raw != details.purpose;
    let text = details.purpose.as_deref().unwrap_or_default();
    let return_reason = (kind == LineKind::Chargeback)
        .then(|| codes::return_reason(details.return_reason.as_deref(), details.key_extension.as_deref(), text))
        .flatten();
    let own_reference =
        entry.customer_reference.clone().filter(|text| text != "KREF+" && details.iban.as_ref() != Some(text));
    StatementLine {
        ordinal: Ordinal { statement: header.ordinal, entry: entry.ordinal, detail: 1 },
        source_line: entry.line,
        account_iban: header.account_iban.clone(),
        account_other: header.account_other.clone(),
        booking_date: entry.booking_date,
        value_date: entry.value_date,
        amount: entry.amount,
        kind,
        status: status(entry, &details, report),
        counterparty_name: details.name.or(details.ultimate_name),
        counterparty_iban: details.iban,
        counterparty_bic: details.bic,
        purpose: details.purpose,
        purpose_raw: purpose_raw.filter(|_| says_more),
        reference: details.customer_reference.or(own_reference),
        bank_reference: entry.bank_reference.clone(),
        transaction_code: code(entry, details.business_case.as_deref()),
        end_to_end_id: details.end_to_end_id,
        mandate_id: details.mandate_id,
        return_reason,
        fee_of: None,
        span: Some(fields::span(entry.offset, entry.end)),
    }
}

fn kind(entry: &Entry, details: &Details) -> LineKind {
    if entry.mark.reversal || details.return_reason.is_some() {
        return LineKind::Chargeback;
    }
    let by_sign = if entry.amount.is_negative() { LineKind::Outgoing } else { LineKind::Incoming };
    codes::kind(details.business_case.as_deref(), entry.code.as_deref()).unwrap_or(by_sign)
}

/// What an interim report holds. SWIFT marks what is only expected (`EC`, `ED`) and reports the rest as entered into the
/// account. The German banks use the message for what is noted and not booked yet (EBICS order type VMK, FinTS "nicht
/// gebuchte Umsätze"), and mark nothing; theirs are known by the business case.
fn status(entry: &Entry, details: &Details, report: Report) -> LineStatus {
    match report {
        _ if entry.mark.expected => LineStatus::Pending,
        Report::Interim if details.business_case.is_some() => LineStatus::Pending,
        Report::Interim | Report::Statement => LineStatus::Booked,
    }
}

fn code(entry: &Entry, business_case: Option<&str>) -> Option<String> {
    let whole = format!("{}{}", entry.code.as_deref().unwrap_or_default(), business_case.unwrap_or_default());
    (!whole.is_empty()).then_some(whole)
}
