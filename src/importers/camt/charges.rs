//! What do `Chrgs` and `AmtDtls` say, in the bank's words?
//!
//! Up to version 03 each `Chrgs` is one charge, later it holds a `Rcrd` for each. Charges that the bank says are not in
//! the amount are somebody else's booking. What follows from the rest stands in `importers::charges`.

use super::super::charges::{CHARGES_MAX, Charges};
use super::entry::{Direction, Leaf, RawAmount};
use super::values;
use crate::domain::money::{Currency, Money};

/// One charge.
#[derive(Debug, Clone, Default)]
struct Record {
    amount: Option<RawAmount>,
    direction: Option<Direction>,
    included: Option<bool>,
}

/// The charges of an entry, or of one of its details.
#[derive(Debug, Clone, Default)]
pub(super) struct RawCharges {
    records: Vec<Record>,
    current: Record,
    total: Option<RawAmount>,
}

/// `Amt` and `AmtDtls` of a detail; of an entry only the latter.
#[derive(Debug, Clone, Default)]
pub(super) struct Amounts {
    pub(super) own: Option<RawAmount>,
    transaction: Option<RawAmount>,
    instructed: Option<RawAmount>,
}

impl RawCharges {
    /// An element opens; `path` is below the entry or the detail.
    pub(super) fn open(&mut self, path: &str) {
        if matches!(path, "Chrgs" | "Chrgs/Rcrd") {
            self.current = Record::default();
        }
    }

    /// An element closes. More charges than banks name are dropped; the sum will then not add up and nothing is split.
    pub(super) fn close(&mut self, path: &str, leaf: Leaf<'_>) {
        match path {
            "Chrgs/Amt" | "Chrgs/Rcrd/Amt" => self.current.amount = Some(leaf.into()),
            "Chrgs/CdtDbtInd" | "Chrgs/Rcrd/CdtDbtInd" => self.current.direction = Direction::parse(leaf.text),
            "Chrgs/ChrgInclInd" | "Chrgs/Rcrd/ChrgInclInd" => {
                self.current.included = Some(matches!(leaf.text.trim(), "true" | "1"));
            }
            "Chrgs/TtlChrgsAndTaxAmt" => self.total = Some(leaf.into()),
            "Chrgs" | "Chrgs/Rcrd" => {
                let record = std::mem::take(&mut self.current);
                if record.amount.is_some() && self.records.len() <= CHARGES_MAX {
                    self.records.push(record);
                }
            }
            _ => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.total.is_none()
    }

    /// The charges that may be in an amount of this currency, and the amounts before charges.
    pub(super) fn read(&self, amounts: &Amounts, (booked, own): (Money, Option<&Amounts>)) -> Charges {
        let currency = booked.currency();
        let total = Record { amount: self.total.clone(), ..Record::default() };
        let records = if self.records.is_empty() { std::slice::from_ref(&total) } else { &self.records };
        let inside: Vec<&Record> = records.iter().filter(|record| record.included != Some(false)).collect();
        let charges: Vec<Money> = inside.iter().filter_map(|record| record.money(currency)).collect();
        let complete = charges.len() == inside.len() && charges.len() <= CHARGES_MAX;
        let included = complete && inside.iter().all(|record| record.included == Some(true));
        let originals =
            amounts.before_charges(booked).chain(own.into_iter().flat_map(|own| own.before_charges(booked)));
        Charges { originals: originals.collect(), charges, included }
    }

    /// What the charges that may be in an amount come to.
    pub(super) fn sum(&self, currency: Currency) -> Option<Money> {
        let charges = self.read(&Amounts::default(), (Money::zero(currency), None)).charges;
        Money::sum(charges, currency).ok()
    }
}

impl Record {
    /// What the bank takes, unless it says that it gives.
    fn money(&self, default: Currency) -> Option<Money> {
        let amount = self.amount.as_ref()?.money(default)?;
        self.direction.unwrap_or(Direction::Debit).sign(amount)
    }
}

impl Amounts {
    /// An element closes; `path` is below the entry or the detail.
    pub(super) fn close(&mut self, path: &str, leaf: Leaf<'_>) {
        match path {
            "TxAmt/Amt" => self.transaction = Some(leaf.into()),
            "InstdAmt/Amt" => self.instructed = Some(leaf.into()),
            _ => {}
        }
    }

    /// What moved on the account: the amounts that are named, the most certain first, in the account's currency.
    pub(super) fn moved(&self, currency: Currency) -> Option<Money> {
        let named = [&self.own, &self.transaction, &self.instructed];
        named.into_iter().flatten().find_map(|raw| raw.money(currency).filter(|amount| amount.currency() == currency))
    }

    /// Candidates for the amount before charges. Only of the instructed amount it means something to be what was booked.
    fn before_charges(&self, booked: Money) -> impl Iterator<Item = Money> + '_ {
        let currency = booked.currency();
        let others = [&self.transaction, &self.own].into_iter().flatten().filter_map(move |raw| raw.money(currency));
        let others = others.filter(move |amount| Some(*amount) != booked.checked_abs().ok());
        self.instructed.iter().filter_map(move |raw| raw.money(currency)).chain(others)
    }
}

impl RawAmount {
    /// The amount without sign; the currency it names need not be the default one.
    pub(super) fn money(&self, default: Currency) -> Option<Money> {
        let currency = values::currency(self.currency.as_deref(), Some(default)).ok()?;
        values::amount(&self.text, currency).ok()
    }
}
