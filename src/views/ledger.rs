//! The ledger: accounts, journal entries, balances and the proof.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::CustomerStub;
use super::money::MoneyView;
use crate::domain::id::{JournalEntryId, SubjectId};
use crate::domain::ledger::{AccountRole, AccountType, EntryKind};
use crate::services::verify::{Check, Report};

/// An account and its name in the language of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LedgerAccountStub)]
pub struct AccountStub {
    /// Number in the chart of accounts.
    #[schema(example = "1200")]
    pub code: String,
    #[schema(example = "Bank and payment providers")]
    pub name: String,
}

/// An account of the ledger.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LedgerAccount)]
pub struct AccountView {
    #[schema(example = "1200")]
    pub code: String,
    #[schema(example = "Bank and payment providers")]
    pub name: String,
    /// What bookings find the account by; null for accounts that nothing posts to by itself.
    pub role: Option<AccountRole>,
    #[serde(rename = "type")]
    pub account_type: AccountType,
}

/// All accounts, by number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerAccounts)]
pub struct AccountsView {
    pub items: Vec<AccountView>,
    /// Null: all accounts stand on one page.
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

/// What an entry was posted for.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = JournalSubject)]
pub struct SubjectView {
    #[serde(rename = "type")]
    #[schema(example = "refund")]
    pub kind: String,
    #[schema(value_type = SubjectId)]
    pub id: String,
}

/// One side of an account in an entry; the other side is null.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = JournalLine)]
pub struct LineView {
    pub account: AccountStub,
    pub debit: Option<MoneyView>,
    pub credit: Option<MoneyView>,
}

/// A balanced entry of the journal; it never changes.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = JournalEntry)]
pub struct JournalEntryView {
    pub id: JournalEntryId,
    pub kind: EntryKind,
    pub date: NaiveDate,
    pub subject: SubjectView,
    pub customer: Option<CustomerStub>,
    pub lines: Vec<LineView>,
    /// Always 1: an entry never changes.
    #[schema(example = 1)]
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

/// Sums of one account in one currency.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrialBalanceRow {
    pub account: AccountStub,
    pub debit: MoneyView,
    pub credit: MoneyView,
    /// Debit minus credit.
    pub balance: MoneyView,
}

/// All sums up to a day; per currency debits and credits are equal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrialBalance)]
pub struct TrialBalanceView {
    /// The last day that counts; null: everything.
    pub date_to: Option<NaiveDate>,
    pub items: Vec<TrialBalanceRow>,
}

/// One rule of the proof.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProofCheck)]
pub struct CheckView {
    #[schema(example = "movement_remainders")]
    pub name: String,
    /// The invariant's number or name.
    #[schema(example = "I1, I2")]
    pub rule: String,
    pub ok: bool,
    /// How many rows it was held against.
    #[schema(example = 120)]
    pub checked: i64,
    /// Ids of what breaks the rule, at most 50.
    pub offenders: Vec<String>,
}

/// Every invariant of the books, proven now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerProof)]
pub struct ProofView {
    pub ok: bool,
    pub checks: Vec<CheckView>,
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        Self {
            name: check.name.to_owned(),
            rule: check.rule.to_owned(),
            ok: check.offenders.is_empty(),
            checked: check.checked,
            offenders: check.offenders,
        }
    }
}

impl From<Report> for ProofView {
    fn from(report: Report) -> Self {
        Self { ok: report.is_ok(), checks: report.checks.into_iter().map(CheckView::from).collect() }
    }
}
