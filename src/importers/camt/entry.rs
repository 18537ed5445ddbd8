//! What does one `Ntry` contain, in the bank's words?
//!
//! Collects the texts of an entry and of its transaction details (`TxDtls`) under the names of the standard, from
//! version 01 to 13. It interprets nothing beyond "there is a return"; that is the line builder's work. What an
//! entry may keep is limited: a collective booking of any size must not take the memory of the process.

use super::super::{LineStatus, Span};
use super::charges::{Amounts, RawCharges};
use super::texts::Text;
use super::values::{self, TransactionCode};
use crate::domain::money::Money;

/// What the texts of one entry may weigh, details included (some 10,000 usual details).
const WEIGHT_MAX: usize = 24 * 1024 * 1024;
/// What a detail weighs without its texts: the size of its fields, twice, as a list that grows has room for more.
pub(super) const DETAIL_WEIGHT: usize = 2_000;
/// What a charge weighs without its texts, twice as well.
const CHARGE_WEIGHT: usize = 200;

/// An element that closes: its text and the currency attribute, if it has no children.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'a> {
    pub(super) text: &'a str,
    pub(super) currency: Option<&'a str>,
    pub(super) at: At,
}

/// Where a tag stands in the file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct At {
    pub(super) line: u64,
    /// Where it begins, and where what follows it does, in bytes of the text as UTF-8.
    pub(super) start: u64,
    pub(super) end: u64,
}

impl At {
    /// The element whose opening tag this is and whose closing tag is the other.
    fn until(self, close: Self) -> Span {
        Span { offset: self.start, length: close.end.saturating_sub(self.start) }
    }
}

/// An amount as written, with the line it was found in.
#[derive(Debug, Clone)]
pub(super) struct RawAmount {
    pub(super) text: String,
    pub(super) currency: Option<String>,
    pub(super) line: u64,
}

impl From<Leaf<'_>> for RawAmount {
    fn from(leaf: Leaf<'_>) -> Self {
        Self { text: leaf.text.trim().to_owned(), currency: leaf.currency.map(str::to_owned), line: leaf.at.line }
    }
}

/// Which way money goes, as `CdtDbtInd` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Credit,
    Debit,
}

impl Direction {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "CRDT" => Some(Self::Credit),
            "DBIT" => Some(Self::Debit),
            _ => None,
        }
    }

    pub(super) fn sign(self, amount: Money) -> Option<Money> {
        match self {
            Self::Credit => Some(amount),
            Self::Debit => amount.checked_neg().ok(),
        }
    }
}

/// `Sts` of an entry, before it is decided what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EntryStatus {
    Line(LineStatus),
    Information,
    Unknown(String),
}

/// One side of a payment.
#[derive(Debug, Clone, Default)]
pub(super) struct Party {
    pub(super) name: Option<String>,
    pub(super) ultimate_name: Option<String>,
    pub(super) iban: Option<String>,
    pub(super) bic: Option<String>,
}

impl Party {
    pub(super) fn is_empty(&self) -> bool {
        self.name.is_none() && self.ultimate_name.is_none() && self.iban.is_none()
    }
}

/// One `TxDtls`.
#[derive(Debug, Clone, Default)]
pub(super) struct Detail {
    pub(super) at: At,
    pub(super) span: Option<Span>,
    pub(super) amounts: Amounts,
    pub(super) charges: RawCharges,
    pub(super) direction: Option<Direction>,
    pub(super) debtor: Party,
    pub(super) creditor: Party,
    pub(super) purpose: Text,
    pub(super) additional: Text,
    pub(super) reference: Option<String>,
    pub(super) bank_reference: Option<String>,
    pub(super) end_to_end_id: Option<String>,
    pub(super) mandate_id: Option<String>,
    pub(super) code: TransactionCode,
    pub(super) returned: bool,
    pub(super) return_reason: Option<String>,
}

/// One `Ntry`.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) ordinal: u64,
    pub(super) at: At,
    pub(super) span: Option<Span>,
    pub(super) amount: Option<RawAmount>,
    pub(super) amounts: Amounts,
    pub(super) charges: RawCharges,
    pub(super) direction: Option<Direction>,
    pub(super) reversal: bool,
    pub(super) status: Option<EntryStatus>,
    pub(super) booking_date: Option<String>,
    pub(super) value_date: Option<String>,
    pub(super) bank_reference: Option<String>,
    pub(super) code: TransactionCode,
    pub(super) additional: Text,
    pub(super) details: Vec<Detail>,
    /// The details were too many to keep; they are dropped, the entry's own facts are not.
    pub(super) overweight: bool,
    detail: Option<Detail>,
    weight: usize,
}

impl Entry {
    pub(super) fn new(ordinal: u64, at: At) -> Self {
        Self { ordinal, at, ..Self::default() }
    }

    /// An element opens; `path` is below `Ntry`.
    pub(super) fn open(&mut self, path: &str, at: At) {
        match (below_detail(path), &mut self.detail) {
            (Some(""), _) => {
                self.weigh(DETAIL_WEIGHT);
                self.detail = Some(Detail { at, ..Detail::default() });
            }
            // An empty RtrInf still says that this is a return.
            (Some("RtrInf"), Some(detail)) => detail.returned = true,
            (Some(below), Some(detail)) => detail.charges.open(below),
            (_, _) => self.charges.open(path),
        }
    }

    /// An element closes; `path` is below `Ntry`.
    pub(super) fn close(&mut self, path: &str, leaf: Leaf<'_>) {
        let texts = leaf.text.trim().len().saturating_add(leaf.currency.map_or(0, str::len));
        self.weigh(match path.rsplit_once('/').map_or(path, |(_, name)| name) {
            // A purpose is kept twice.
            "Ustrd" => texts.saturating_mul(2),
            "Chrgs" | "Rcrd" => CHARGE_WEIGHT,
            _ => texts,
        });
        match below_detail(path) {
            Some("") => {
                if let (Some(mut detail), false) = (self.detail.take(), self.overweight) {
                    detail.span = Some(detail.at.until(leaf.at));
                    self.details.push(detail);
                }
            }
            Some(below) => {
                if let (Some(detail), false) = (&mut self.detail, self.overweight) {
                    detail.close(below, leaf);
                }
            }
            None => self.close_own(path, leaf),
        }
    }

    /// The entry itself closes.
    pub(super) fn end(&mut self, at: At) {
        self.span = Some(self.at.until(at));
    }

    fn weigh(&mut self, bytes: usize) {
        self.weight = self.weight.saturating_add(bytes);
        if self.weight > WEIGHT_MAX {
            self.overweight = true;
            self.details = Vec::new();
        }
    }

    fn close_own(&mut self, path: &str, leaf: Leaf<'_>) {
        match path {
            "Amt" => self.amount = Some(leaf.into()),
            "CdtDbtInd" => self.direction = Direction::parse(leaf.text),
            "RvslInd" => self.reversal = matches!(leaf.text.trim(), "true" | "1"),
            "Sts" if leaf.text.trim().is_empty() => {}
            "Sts" | "Sts/Cd" | "Sts/Prtry" => self.status = Some(status(leaf.text)),
            "BookgDt/Dt" | "BookgDt/DtTm" => self.booking_date = values::clean(leaf.text),
            "ValDt/Dt" | "ValDt/DtTm" => self.value_date = values::clean(leaf.text),
            "AcctSvcrRef" => self.bank_reference = values::reference(leaf.text),
            "AddtlNtryInf" => self.additional.add(leaf.text),
            _ => match path.split_once('/') {
                Some(("BkTxCd", below)) => take_code(&mut self.code, below, leaf.text),
                Some(("AmtDtls", below)) => self.amounts.close(below, leaf),
                _ => self.charges.close(path, leaf),
            },
        }
    }
}

impl Detail {
    fn close(&mut self, path: &str, leaf: Leaf<'_>) {
        let Some((group, below)) = path.split_once('/') else {
            match path {
                "Amt" => self.amounts.own = Some(leaf.into()),
                "CdtDbtInd" => self.direction = Direction::parse(leaf.text),
                "AddtlTxInf" => self.additional.add(leaf.text),
                _ => self.charges.close(path, leaf),
            }
            return;
        };
        match group {
            "Refs" => self.close_references(below, leaf.text),
            "AmtDtls" => self.amounts.close(below, leaf),
            "Chrgs" => self.charges.close(path, leaf),
            "BkTxCd" => take_code(&mut self.code, below, leaf.text),
            "RltdPties" => self.close_parties(below, leaf.text),
            "RltdAgts" => match below {
                "DbtrAgt/FinInstnId/BIC" | "DbtrAgt/FinInstnId/BICFI" => self.debtor.bic = values::account(leaf.text),
                "CdtrAgt/FinInstnId/BIC" | "CdtrAgt/FinInstnId/BICFI" => self.creditor.bic = values::account(leaf.text),
                _ => {}
            },
            "RmtInf" => self.close_remittance(below, leaf.text),
            "RtrInf" => match below {
                "Rsn/Cd" | "Rsn/Prtry" | "RtrRsn/Cd" | "RtrRsn/Prtry" => self.return_reason = values::clean(leaf.text),
                // Some banks write the reason as text only.
                "AddtlInf" if self.return_reason.is_none() => self.return_reason = values::clean(leaf.text),
                _ => {}
            },
            _ => {}
        }
    }

    fn close_references(&mut self, path: &str, text: &str) {
        match path {
            "EndToEndId" => self.end_to_end_id = values::reference(text),
            "MndtId" => self.mandate_id = values::reference(text),
            "AcctSvcrRef" => self.bank_reference = values::reference(text),
            _ => {}
        }
    }

    fn close_parties(&mut self, path: &str, text: &str) {
        let (debtor, creditor) = (&mut self.debtor, &mut self.creditor);
        match path {
            // A party may be a bank (from version 08).
            "Dbtr/Nm" | "Dbtr/Pty/Nm" | "Dbtr/Agt/FinInstnId/Nm" => debtor.name = values::clean(text),
            "Cdtr/Nm" | "Cdtr/Pty/Nm" | "Cdtr/Agt/FinInstnId/Nm" => creditor.name = values::clean(text),
            "UltmtDbtr/Nm" | "UltmtDbtr/Pty/Nm" => debtor.ultimate_name = values::clean(text),
            "UltmtCdtr/Nm" | "UltmtCdtr/Pty/Nm" => creditor.ultimate_name = values::clean(text),
            "DbtrAcct/Id/IBAN" => debtor.iban = values::account(text),
            "CdtrAcct/Id/IBAN" => creditor.iban = values::account(text),
            "DbtrAcct/Id/Othr/Id" => debtor.iban = values::account(text).filter(|text| values::looks_like_iban(text)),
            "CdtrAcct/Id/Othr/Id" => creditor.iban = values::account(text).filter(|text| values::looks_like_iban(text)),
            _ => {}
        }
    }

    fn close_remittance(&mut self, path: &str, text: &str) {
        match path {
            "Strd/CdtrRefInf/Ref" | "Strd/CdtrRefInf/CdtrRef" if self.reference.is_none() => {
                self.reference = values::reference(text)
            }
            "Ustrd" => self.purpose.add_line(text),
            // Further references and the numbers of the documents paid are what a person would look for.
            "Strd/CdtrRefInf/Ref" | "Strd/RfrdDocInf/Nb" | "Strd/RfrdDocInf/RfrdDocNb" | "Strd/AddtlRmtInf" => {
                self.purpose.add(text)
            }
            _ => {}
        }
    }
}

/// What of a path below `Ntry` is below a detail; the detail itself is the empty path. The first version has no `NtryDtls`.
fn below_detail(path: &str) -> Option<&str> {
    let below = path.strip_prefix("NtryDtls/").unwrap_or(path).strip_prefix("TxDtls")?;
    if below.is_empty() { Some(below) } else { below.strip_prefix('/') }
}

fn status(text: &str) -> EntryStatus {
    match text.trim() {
        "BOOK" => EntryStatus::Line(LineStatus::Booked),
        // FUTR: ordered for a later day, newer versions only.
        "PDNG" | "FUTR" => EntryStatus::Line(LineStatus::Pending),
        "INFO" => EntryStatus::Information,
        other => EntryStatus::Unknown(values::excerpt(other)),
    }
}

fn take_code(code: &mut TransactionCode, path: &str, text: &str) {
    let field = match path {
        "Domn/Cd" => &mut code.domain,
        "Domn/Fmly/Cd" => &mut code.family,
        "Domn/Fmly/SubFmlyCd" => &mut code.sub_family,
        "Prtry/Cd" => &mut code.proprietary,
        _ => return,
    };
    *field = values::clean(text);
}
