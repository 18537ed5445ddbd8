//! Which lines does a row make?
//!
//! One for the booking and, where its charges can be told, one for them: both together are what moved on the account. A
//! row that makes no line makes an issue with the bank's own name of the column. It must never invent an amount, a
//! direction or a day.

use chrono::NaiveDate;

use super::super::emitter::{Emitter, Place, Words, both, value_date_missing};
use super::super::values::{account, clean, looks_like_iban, reference};
use super::super::{LineKind, LineStatus, Ordinal, StatementHeader, StatementLine};
use super::profile::Field;
use super::purpose::{Parts, return_reason, split, split_words};
use super::recognise::Found;
use super::rows::Row;
use super::values::{date, fold};
use crate::domain::money::{Currency, Money};

/// What a row is, before it is counted.
#[derive(Debug)]
pub(super) enum Made {
    /// The booking and the charges on it.
    Lines(Box<StatementLine>, Option<Box<StatementLine>>),
    /// Money that is held, or given free again: it stays on the account.
    Held(Money),
    /// An issue says why there is none.
    Nothing,
}

/// A row in its file.
pub(super) struct Entry<'a> {
    pub(super) found: &'a Found<'a>,
    pub(super) row: &'a Row,
    pub(super) header: &'a StatementHeader,
    /// Of the account.
    pub(super) currency: Currency,
    /// Place of the row in its statement, from 1.
    pub(super) number: u64,
}

impl Entry<'_> {
    pub(super) fn make(&self, emitter: &mut Emitter<'_>) -> Made {
        let Some(status) = self.status(emitter) else { return Made::Nothing };
        let Some((main, fee)) = self.money(emitter) else { return Made::Nothing };
        let Some((booking_date, value_date)) = self.dates(status, emitter) else { return Made::Nothing };
        let code = clean(self.text(Field::TransactionCode));
        if self.is_hold(code.as_deref()) {
            let message = "money is held or given free again; it stays on the account and makes no line";
            self.warn(Field::TransactionCode, "account_hold", message, emitter);
            let whole = fee.map_or(Some(main), |fee| main.checked_add(fee).ok());
            return whole.map_or(Made::Nothing, Made::Held);
        }
        let line = self.line((main, status), (booking_date, value_date), code);
        let fee = fee.filter(|fee| !fee.is_zero()).map(|fee| fee_line(&line, fee));
        match fee {
            // Nothing but charges.
            Some(fee) if line.amount.is_zero() => {
                Made::Lines(Box::new(StatementLine { fee_of: None, ordinal: line.ordinal, ..fee }), None)
            }
            fee => Made::Lines(Box::new(line), fee.map(Box::new)),
        }
    }

    pub(super) fn text(&self, field: Field) -> &str {
        self.found.columns.text(self.row, field)
    }

    fn issue_at<'n>(&self, name: &'n str) -> Place<'n> {
        Place { line: self.row.line, entry: Some(self.number), field: name }
    }

    pub(super) fn warn(&self, field: Field, code: &'static str, words: impl Into<Words>, emitter: &mut Emitter<'_>) {
        emitter.warn(self.issue_at(&self.found.columns.name(field)), code, words);
    }

    pub(super) fn error(&self, field: Field, code: &'static str, words: impl Into<Words>, emitter: &mut Emitter<'_>) {
        emitter.error(self.issue_at(&self.found.columns.name(field)), code, words);
    }

    fn status(&self, emitter: &mut Emitter<'_>) -> Option<LineStatus> {
        let words = &self.found.words;
        for field in [Field::Status, Field::Effect] {
            let said = fold(self.text(field));
            if words.ignored.contains(&said) {
                self.warn(
                    field,
                    "information_only",
                    "the row is for information and moves no money; it makes no line",
                    emitter,
                );
                return None;
            }
        }
        let said = fold(self.text(Field::Status));
        let announced = |word: &String| !said.is_empty() && said.starts_with(word);
        Some(if words.pending.iter().any(announced) { LineStatus::Pending } else { LineStatus::Booked })
    }

    fn is_hold(&self, code: Option<&str>) -> bool {
        let holds = &self.found.words.holds;
        if holds.is_empty() {
            return false;
        }
        let said: Vec<String> = code.unwrap_or_default().split_whitespace().map(fold).collect();
        holds.iter().any(|hold| said.windows(hold.len().max(1)).any(|part| part == hold))
    }

    /// Booking and value date. The booking date falls back to the value date, as announced bookings have no other.
    fn dates(&self, status: LineStatus, emitter: &mut Emitter<'_>) -> Option<(NaiveDate, Option<NaiveDate>)> {
        let (booked, valued) = (self.text(Field::BookingDate), self.text(Field::ValueDate));
        let value = date(valued, self.found.dates);
        if !valued.is_empty() && value.is_none() {
            self.warn(Field::ValueDate, "invalid_date", value_date_missing(), emitter);
        }
        if let Some(booked) = date(booked, self.found.dates) {
            return Some((booked, value));
        }
        let code = if booked.is_empty() { "missing_date" } else { "invalid_date" };
        let Some(instead) = value else {
            let message = both(
                "the row has no date that the profile can read; correct the profile, or enter it by hand".to_owned(),
                "die Zeile hat kein Datum, das das Profil lesen kann; berichtigen Sie das Profil oder erfassen Sie sie von Hand".to_owned(),
            );
            self.error(Field::BookingDate, code, message, emitter);
            return None;
        };
        if status == LineStatus::Booked || !booked.is_empty() {
            let message = both(
                format!("there is no usable booking date; the value date {instead} is used"),
                format!("es gibt kein brauchbares Buchungsdatum; das der Wertstellung, {instead}, gilt"),
            );
            self.warn(Field::BookingDate, code, message, emitter);
        }
        Some((instead, value))
    }

    fn line(
        &self,
        (amount, status): (Money, LineStatus),
        (booking_date, value_date): (NaiveDate, Option<NaiveDate>),
        code: Option<String>,
    ) -> StatementLine {
        let raw: Vec<&str> =
            self.found.columns.texts(self.row, Field::Purpose).filter(|text| !text.trim().is_empty()).collect();
        let raw = raw.join("\n");
        let parts = self.parts(&raw);
        let kind = kind(code.as_deref().unwrap_or_default(), amount);
        let side = if amount.is_negative() { Field::Payee } else { Field::Payer };
        let iban = account(self.text(Field::CounterpartyIban)).filter(|iban| looks_like_iban(iban));
        let said = Some(raw.trim()).filter(|raw| Some(*raw) != parts.purpose.as_deref() && clean(raw).is_some());
        let reason = clean(self.text(Field::ReturnReason));
        let told = || (kind == LineKind::Chargeback).then(|| return_reason(parts.purpose.as_deref()?)).flatten();
        StatementLine {
            ordinal: Ordinal { statement: self.header.ordinal, entry: self.number, detail: 1 },
            source_line: self.row.line,
            account_iban: self.header.account_iban.clone(),
            account_other: self.header.account_other.clone(),
            booking_date,
            value_date,
            amount,
            kind,
            status,
            counterparty_name: clean(self.text(Field::Counterparty)).or_else(|| clean(self.text(side))),
            counterparty_iban: iban.or_else(|| parts.iban.clone()),
            counterparty_bic: account(self.text(Field::CounterpartyBic)).or_else(|| parts.bic.clone()),
            return_reason: reason.or_else(told),
            purpose: parts.purpose.or_else(|| code.clone()),
            purpose_raw: said.map(|raw| raw.replace(|letter: char| letter.is_control() && letter != '\n', " ")),
            reference: reference(self.text(Field::Reference)),
            bank_reference: reference(self.text(Field::BankReference)),
            transaction_code: code,
            end_to_end_id: reference(self.text(Field::EndToEndId)).or(parts.end_to_end_id),
            mandate_id: reference(self.text(Field::MandateId)).or(parts.mandate_id),
            fee_of: None,
            span: Some(self.row.span),
        }
    }

    /// Words in a text are taken for references only where the bank has no column for them.
    fn parts(&self, raw: &str) -> Parts {
        match self.found.columns.place(Field::EndToEndId) {
            Some(_) => split(raw),
            None if raw.contains('+') => split(raw),
            None => split_words(raw),
        }
    }
}

/// Charges as a line of their own, with what the booking says, so that it reads alike wherever it comes from.
fn fee_line(main: &StatementLine, fee: Money) -> StatementLine {
    let ordinal = Ordinal { detail: main.ordinal.detail.saturating_add(1), ..main.ordinal };
    StatementLine { ordinal, amount: fee, kind: LineKind::Fee, fee_of: Some(main.ordinal), ..main.clone() }
}

/// What the bank's word for a booking tells beyond the direction of the money.
fn kind(code: &str, amount: Money) -> LineKind {
    let said = fold(code);
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let begins = |words: &[&str]| words.iter().any(|word| said.starts_with(word));
    if has(&[
        "ruecklast",
        "ruecklschr",
        "rueckbuchung",
        "rueckueberweisung",
        "retoure",
        "chargeback",
        "reversal",
        "zahlungsstornierung",
    ]) {
        LineKind::Chargeback
    } else if has(&["lastschr", "directdebit", "einzugsermaechtigung"]) {
        LineKind::DirectDebit
    } else if begins(&["entgelt", "abschluss", "gebuehr", "kontofuehrung", "zinsenentgelt", "fee"]) {
        LineKind::Fee
    } else if amount.is_negative() {
        LineKind::Outgoing
    } else {
        LineKind::Incoming
    }
}
