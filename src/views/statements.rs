//! Statements of an account, and what lies between them.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::MoneyView;
use super::movements::AccountStub;
use super::runs::FileStub;
use crate::domain::continuity::Gap;
use crate::domain::id::StatementId;
use crate::domain::money::Money;
use crate::entities::{statement, statement_file};

/// A statement as the bank sent it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Statement)]
pub struct StatementView {
    pub id: StatementId,
    pub account: AccountStub,
    pub file: Option<FileStub>,
    /// Name of the file inside an archive.
    #[schema(example = "2026-11-24.xml")]
    pub part: Option<String>,
    /// The bank's name for it; banks use it again.
    #[schema(example = "225/1")]
    pub bank_number: Option<String>,
    /// The days it is about.
    #[schema(example = "2026-11-24")]
    pub first_date: NaiveDate,
    #[schema(example = "2026-11-24")]
    pub last_date: NaiveDate,
    /// Balance before the first booking; null when the bank does not say.
    pub opening: Option<MoneyView>,
    /// Balance after the last booking; null when the bank does not say.
    pub closing: Option<MoneyView>,
    /// Sum of the booked lines; null when they have several currencies.
    pub sum: Option<MoneyView>,
    /// Lines, those that are only announced included.
    #[schema(example = 12)]
    pub lines: i64,
    /// Closing balance minus opening balance minus sum: zero when the statement adds up, null when it cannot be told.
    pub gap: Option<MoneyView>,
    /// What is missing between this statement and the one before; null when nothing is.
    pub gap_before: Option<GapView>,
}

/// A page of statements.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Statements {
    pub items: Vec<StatementView>,
    /// Pass it as `cursor` to get the next page; null on the last one.
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

/// Opening and closing balance of two statements that should follow one another do not meet.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StatementGap)]
pub struct GapView {
    /// Opening balance minus the closing balance before: what was booked on the days that are missing.
    pub missing: MoneyView,
    /// Last day of the statement before.
    #[schema(example = "2026-11-20")]
    pub after: NaiveDate,
    /// Its closing balance.
    pub closing: MoneyView,
}

impl StatementView {
    pub fn of(
        row: statement::Model,
        (account, file): (AccountStub, Option<&statement_file::Model>),
        gap_before: Option<Gap>,
    ) -> Self {
        let money = |minor: i64| Money::new(minor, row.currency);
        let told = |minor: Option<i64>| minor.map(|minor| money(minor).into());
        Self {
            id: row.id,
            account,
            file: file.map(FileStub::from),
            part: row.file_part,
            bank_number: row.bank_number,
            first_date: row.first_date,
            last_date: row.last_date,
            opening: told(row.opening_minor),
            closing: told(row.closing_minor),
            sum: told(row.sum_is_told.then_some(row.sum_minor)),
            lines: row.lines,
            gap: told(row.gap_minor),
            gap_before: gap_before.map(|gap| GapView {
                missing: gap.missing.into(),
                after: gap.after,
                closing: gap.closing.into(),
            }),
        }
    }
}
