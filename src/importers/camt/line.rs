//! Which lines does an entry make?
//!
//! One per transaction detail if their amounts add up to the entry, otherwise one for the entry: the entry's amount
//! is what moved on the account, so the lines of an entry always sum up to it. An entry that makes no line makes an
//! issue. It must never invent an amount, a direction or a day that the file does not hold.

use chrono::NaiveDate;

use super::super::charges::{self, Charges};
use super::super::emitter::{both, value_date_missing};
use super::super::totals::Totals;
use super::super::{LineKind, LineStatus, Ordinal, StatementEvent, StatementHeader, StatementLine};
use super::entry::{Detail, Direction, Entry, EntryStatus, Party, RawAmount};
use super::values::{AmountFault, TransactionCode};
use super::{Emitter, Family, Place, values};
use crate::domain::money::{Currency, Money};

/// How much of its details' purposes a line for a whole collective entry keeps, in characters.
const JOINED_PURPOSE_MAX: usize = 1_000;

/// What an entry is part of.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) family: Family,
    pub(super) header: &'a StatementHeader,
    /// The statement's own day.
    pub(super) date: Option<NaiveDate>,
}

/// What all lines of an entry have in common.
struct Common<'a> {
    header: &'a StatementHeader,
    direction: Direction,
    amount: Money,
    status: LineStatus,
    booking_date: NaiveDate,
    value_date: Option<NaiveDate>,
}

/// Hands over the lines of `entry` and counts them.
pub(super) fn emit(mut entry: Entry, about: About<'_>, totals: &mut Totals, emitter: &mut Emitter<'_>) {
    let Some(status) = status(&entry, about.family, emitter) else { return };
    let Some((direction, amount)) = entry_amount(&entry, about.header.currency, emitter) else { return };
    let Some((booking_date, value_date)) = dates(&entry, about.date, status, emitter) else { return };
    let common = Common { header: about.header, direction, amount, status, booking_date, value_date };
    let mut details = std::mem::take(&mut entry.details);
    if details.is_empty() {
        details.push(Detail { at: entry.at, ..Detail::default() });
    }
    warn_of_cut(&entry, &details, emitter);
    let parts = if entry.overweight { None } else { split(&details, &common) };
    let mut send = |line: StatementLine, emitter: &mut Emitter<'_>| {
        totals.count(&line);
        emitter.send(StatementEvent::Line(Box::new(line)));
    };
    let Some(parts) = parts else {
        warn_of_whole(&entry, details.len(), emitter);
        return send(common.line(&entry, whole(&details, &entry), (1, amount)), emitter);
    };
    let lone = details.len() == 1;
    // Charges stand behind the details, so that those keep their places.
    let mut next = u64::try_from(details.len()).unwrap_or(u64::MAX).saturating_add(1);
    for ((number, mut detail), part) in (1..).zip(details).zip(parts.iter().copied()) {
        let line = detail.at.line;
        let place = |field| Place { line, entry: Some(entry.ordinal), field };
        if part.is_zero() {
            let message = "the part of a collective entry is zero; it makes no line";
            emitter.warn(place("Ntry/NtryDtls/TxDtls/Amt"), "zero_amount", message);
            continue;
        }
        if lone {
            // The whole entry is read again, not its only detail, and that a detail is missing may be no fault.
            detail.span = None;
        }
        let named = charges_of(&detail, lone.then_some(&entry), part);
        let line = common.line(&entry, detail, (number, part));
        for line in charges::apart(line, (named, next), place("Ntry/Chrgs"), emitter) {
            next = next.saturating_add(u64::from(line.fee_of.is_some()));
            send(line, emitter);
        }
    }
}

/// What is said about charges inside a part: by its detail, and where that says nothing and is the only one, by the entry.
fn charges_of(detail: &Detail, entry: Option<&Entry>, part: Money) -> Charges {
    let of_entry = entry.filter(|_| detail.charges.is_empty()).map(|entry| &entry.charges);
    of_entry.unwrap_or(&detail.charges).read(&detail.amounts, (part, entry.map(|entry| &entry.amounts)))
}

/// The amounts of the details, or none where they cannot be lines of their own.
fn split(details: &[Detail], common: &Common<'_>) -> Option<Vec<Money>> {
    // A lone detail is the entry; its own amount may be what was ordered, before charges or in another currency.
    if let [_] = details {
        return Some(vec![common.amount]);
    }
    let currency = common.amount.currency();
    let parts = |part: &dyn Fn(&Detail) -> Option<Money>| {
        let parts: Vec<Money> = details.iter().map(part).collect::<Option<_>>()?;
        (Money::sum(parts.iter().copied(), currency) == Ok(common.amount)).then_some(parts)
    };
    let named = |detail: &Detail| part_amount(detail, common.direction, currency);
    let with_charges = |detail: &Detail| named(detail)?.checked_add(detail.charges.sum(currency)?).ok();
    parts(&named).or_else(|| parts(&with_charges))
}

/// What a detail moved on the account, as far as it names it.
fn part_amount(detail: &Detail, entry: Direction, currency: Currency) -> Option<Money> {
    detail.direction.unwrap_or(entry).sign(detail.amounts.moved(currency)?)
}

/// One detail for an entry that stays whole, with what the details say so that a person can find the documents.
fn whole(details: &[Detail], entry: &Entry) -> Detail {
    let mut purpose = String::new();
    for text in details.iter().filter_map(|detail| detail.purpose.as_deref()) {
        if !purpose.is_empty() {
            purpose.push(' ');
        }
        purpose.push_str(text);
        if purpose.len() > JOINED_PURPOSE_MAX {
            break;
        }
    }
    let returned = !details.is_empty() && details.iter().all(|detail| detail.returned);
    let kept: String = purpose.chars().take(JOINED_PURPOSE_MAX).collect();
    Detail { at: entry.at, purpose: kept.into(), returned, ..Detail::default() }
}

fn warn_of_cut(entry: &Entry, details: &[Detail], emitter: &mut Emitter<'_>) {
    let cut = |detail: &&Detail| detail.purpose.cut || detail.additional.cut;
    let in_detail = details.iter().find(cut).map(|detail| detail.at.line);
    if let Some(line) = in_detail.or(entry.additional.cut.then_some(entry.at.line)) {
        let place = Place { line, entry: Some(entry.ordinal), field: "Ntry" };
        let message = "the text is longer than can be kept; the end of it is missing, see the bank's own list";
        emitter.warn(place, "text_too_long", message);
    }
}

fn warn_of_whole(entry: &Entry, details: usize, emitter: &mut Emitter<'_>) {
    let place = Place { line: entry.at.line, entry: Some(entry.ordinal), field: "Ntry/NtryDtls" };
    if entry.overweight {
        let message = "the entry has more details than can be kept; it is one line, assign it by the bank's own list";
        emitter.warn(place, "batch_too_large", message);
    } else {
        let message = both(
            format!("the {details} details do not add up to the entry; it is one line, split it by hand"),
            format!(
                "die {details} Einzelposten ergeben nicht den Sammelbetrag; es ist eine Bewegung, teilen Sie sie von Hand auf"
            ),
        );
        emitter.warn(place, "batch_not_split", message);
    }
}

fn status(entry: &Entry, family: Family, emitter: &mut Emitter<'_>) -> Option<LineStatus> {
    let place = Place { line: entry.at.line, entry: Some(entry.ordinal), field: "Ntry/Sts" };
    match &entry.status {
        Some(EntryStatus::Line(status)) => Some(*status),
        None if family == Family::Report => {
            let message = "there is no status, and not all of an interim report is booked; the line counts as pending";
            emitter.warn(place, "unknown_status", message);
            Some(LineStatus::Pending)
        }
        // The other two hold booked entries unless they say otherwise.
        None => Some(LineStatus::Booked),
        Some(EntryStatus::Information) => {
            emitter.warn(
                place,
                "information_only",
                "the entry is for information and moves no money; it makes no line",
            );
            None
        }
        Some(EntryStatus::Unknown(status)) => {
            let message = both(
                format!("the status '{status}' is not known; the line counts as pending until it is booked"),
                format!("der Status '{status}' ist unbekannt; die Bewegung gilt als vorgemerkt, bis sie gebucht ist"),
            );
            emitter.warn(place, "unknown_status", message);
            Some(LineStatus::Pending)
        }
    }
}

fn entry_amount(entry: &Entry, default: Option<Currency>, emitter: &mut Emitter<'_>) -> Option<(Direction, Money)> {
    let number = Some(entry.ordinal);
    let line = entry.amount.as_ref().map_or(entry.at.line, |raw| raw.line);
    let place = Place { line, entry: number, field: "Ntry/Amt" };
    let amount = match entry.amount.as_ref().map_or(Err(AmountFault::Missing), |raw| parse(raw, default)) {
        Ok(amount) if amount.is_zero() => {
            emitter.warn(place, "zero_amount", "the amount is zero; it moves nothing and makes no line");
            return None;
        }
        Ok(amount) => amount,
        Err(fault) => {
            emitter.error(place, fault.code(), fault.words());
            return None;
        }
    };
    let found = entry.direction.and_then(|direction| Some((direction, direction.sign(amount)?)));
    if found.is_none() {
        let place = Place { line: entry.at.line, entry: number, field: "Ntry/CdtDbtInd" };
        let message = "the entry does not say CRDT or DBIT; enter it by hand from the bank's own list";
        emitter.error(place, "missing_direction", message);
    }
    found
}

/// Booking and value date. The booking date falls back to the value date, then to the statement's day.
fn dates(
    entry: &Entry,
    statement: Option<NaiveDate>,
    status: LineStatus,
    emitter: &mut Emitter<'_>,
) -> Option<(NaiveDate, Option<NaiveDate>)> {
    let place = |field| Place { line: entry.at.line, entry: Some(entry.ordinal), field };
    let value = entry.value_date.as_deref().and_then(values::date);
    if entry.value_date.is_some() && value.is_none() {
        emitter.warn(place("Ntry/ValDt"), "invalid_date", value_date_missing());
    }
    if let Some(booked) = entry.booking_date.as_deref().and_then(values::date) {
        return Some((booked, value));
    }
    let code = if entry.booking_date.is_some() { "invalid_date" } else { "missing_date" };
    let Some(instead) = value.or(statement) else {
        let message = both(
            "neither entry nor statement has a date; enter it by hand from the bank's own list".to_owned(),
            "weder Eintrag noch Auszug hat ein Datum; erfassen Sie ihn von Hand nach der Liste der Bank".to_owned(),
        );
        emitter.error(place("Ntry/BookgDt"), code, message);
        return None;
    };
    if status == LineStatus::Pending && entry.booking_date.is_none() {
        // What is not booked has no day of booking yet.
        return Some((instead, value));
    }
    let (whose, wessen) =
        if value.is_some() { ("value date", "das der Wertstellung") } else { ("statement's date", "das des Auszugs") };
    let message = both(
        format!("there is no usable booking date; the {whose} {instead} is used"),
        format!("es gibt kein brauchbares Buchungsdatum; {wessen}, {instead}, gilt"),
    );
    emitter.warn(place("Ntry/BookgDt"), code, message);
    Some((instead, value))
}

impl Common<'_> {
    fn line(&self, entry: &Entry, detail: Detail, (number, amount): (u64, Money)) -> StatementLine {
        let kind = kind(entry, &detail, amount);
        let party = self.counterparty(&detail, amount, kind);
        let (purpose, purpose_raw) = detail.purpose.into_parts();
        let additional = || detail.additional.into_parts().0.or_else(|| entry.additional.as_deref().map(str::to_owned));
        StatementLine {
            ordinal: Ordinal { statement: self.header.ordinal, entry: entry.ordinal, detail: number },
            source_line: detail.at.line,
            account_iban: self.header.account_iban.clone(),
            account_other: self.header.account_other.clone(),
            booking_date: self.booking_date,
            value_date: self.value_date,
            amount,
            kind,
            status: self.status,
            counterparty_name: party.name.or(party.ultimate_name),
            counterparty_iban: party.iban,
            counterparty_bic: party.bic,
            purpose: purpose.or_else(additional),
            purpose_raw,
            reference: detail.reference,
            bank_reference: detail.bank_reference.or_else(|| entry.bank_reference.clone()),
            transaction_code: code(&detail.code, &entry.code),
            end_to_end_id: detail.end_to_end_id,
            mandate_id: detail.mandate_id,
            return_reason: detail.return_reason,
            fee_of: None,
            span: detail.span.or(entry.span),
        }
    }

    /// The side that is not the account's owner.
    ///
    /// Usually the debtor of a credit and the creditor of a debit. With returns some banks keep the parties of the
    /// payment that came back and some exchange them; there, and wherever the usual side turns out to be this very
    /// account, the other side is taken.
    fn counterparty(&self, detail: &Detail, amount: Money, kind: LineKind) -> Party {
        let (usual, other) =
            if amount.is_negative() { (&detail.creditor, &detail.debtor) } else { (&detail.debtor, &detail.creditor) };
        let absent = kind == LineKind::Chargeback && usual.is_empty();
        let exchanged = (self.is_own(usual) || absent) && !self.is_own(other) && !other.is_empty();
        if exchanged { other.clone() } else { usual.clone() }
    }

    fn is_own(&self, party: &Party) -> bool {
        let own = [&self.header.account_iban, &self.header.account_other];
        party.iban.is_some() && own.contains(&&party.iban)
    }
}

fn kind(entry: &Entry, detail: &Detail, amount: Money) -> LineKind {
    if entry.reversal || detail.returned {
        return LineKind::Chargeback;
    }
    let by_sign = if amount.is_negative() { LineKind::Outgoing } else { LineKind::Incoming };
    detail.code.kind().or_else(|| entry.code.kind()).unwrap_or(by_sign)
}

fn parse(raw: &RawAmount, default: Option<Currency>) -> Result<Money, AmountFault> {
    values::amount(&raw.text, values::currency(raw.currency.as_deref(), default)?)
}

/// The standard's code, which is the same at every bank, else the bank's own; a detail's before its entry's.
fn code(detail: &TransactionCode, entry: &TransactionCode) -> Option<String> {
    let of_standard = detail.of_standard().or_else(|| entry.of_standard());
    of_standard.or_else(|| detail.proprietary.clone()).or_else(|| entry.proprietary.clone())
}
