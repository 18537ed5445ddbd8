//! Reconciliation runs, statement imports and the logbook.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::assignments::RunProgress;
use super::movements::AccountStub;
use crate::domain::id::{AccountId, LogRowId, RunId, UserId};
use crate::domain::run::{ItemStatus, LogLevel, Phase, RunStatus};
use crate::entities::{log_row, reconciliation_item, reconciliation_run, statement_file};

/// One run over one or several accounts.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ReconciliationRun)]
pub struct RunView {
    pub id: RunId,
    pub status: RunStatus,
    /// Of all accounts together: what is left to do decides the phase.
    pub progress: RunProgress,
    /// One for each account.
    pub items: Vec<ItemView>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub version: i64,
}

/// What a run does with one account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ReconciliationItem)]
pub struct ItemView {
    pub account: AccountStub,
    pub status: ItemStatus,
    pub phase: Phase,
    pub progress: RunProgress,
    pub counts: CountsView,
    /// The statement file that is imported; null for accounts that are fetched.
    pub file: Option<FileStub>,
    /// Read and counted, nothing stored.
    pub dry_run: bool,
}

/// What became of the movements that were read; `read` is the sum of the others.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RunCounts)]
pub struct CountsView {
    #[schema(example = 12)]
    pub read: i64,
    #[schema(example = 9)]
    pub created: i64,
    #[schema(example = 1)]
    pub updated: i64,
    #[schema(example = 2)]
    pub unchanged: i64,
    /// Zero amounts, and what was booked on or before the account's cutoff date.
    #[schema(example = 0)]
    pub discarded: i64,
    /// Known and hidden by somebody; they stay hidden.
    #[schema(example = 0)]
    pub hidden: i64,
    /// Could not be read or were refused; the logbook says why.
    #[schema(example = 0)]
    pub failed: i64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StatementFile)]
pub struct FileStub {
    #[schema(example = "statement.xml")]
    pub name: Option<String>,
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub sha256: String,
    #[schema(example = 12_220)]
    pub size_bytes: i64,
    /// When these bytes came for the first time; sent again, they are not imported again.
    pub received_at: DateTime<Utc>,
}

impl From<&statement_file::Model> for FileStub {
    fn from(row: &statement_file::Model) -> Self {
        Self {
            name: row.filename.clone(),
            sha256: row.sha256.clone(),
            size_bytes: row.size_bytes,
            received_at: row.created_at,
        }
    }
}

impl ItemView {
    pub fn of(row: &reconciliation_item::Model, account: AccountStub, file: Option<FileStub>) -> Self {
        Self {
            account,
            status: row.status,
            phase: row.phase,
            progress: RunProgress { done: row.progress_done, total: row.progress_total, phase: row.phase },
            counts: CountsView {
                read: row.read_count,
                created: row.created_count,
                updated: row.updated_count,
                unchanged: row.unchanged_count,
                discarded: row.discarded_count,
                hidden: row.hidden_count,
                failed: row.failed_count,
            },
            file,
            dry_run: row.dry_run,
        }
    }
}

impl RunView {
    pub fn of(row: &reconciliation_run::Model, items: Vec<ItemView>) -> Self {
        Self {
            id: row.id,
            status: row.status,
            progress: together(&items),
            items,
            created_at: row.created_at,
            finished_at: row.finished_at,
            version: row.version,
        }
    }
}

/// The sums, and the phase of the first account that is not done. The total is unknown while one of its parts is.
fn together(items: &[ItemView]) -> RunProgress {
    let unfinished = items.iter().map(|item| item.phase).find(|phase| *phase != Phase::Done);
    let total = |sum: i64, item: &ItemView| Some(sum.saturating_add(item.progress.total?));
    RunProgress {
        done: items.iter().fold(0, |sum, item| sum.saturating_add(item.progress.done)),
        total: items.iter().try_fold(0, total),
        phase: unfinished.unwrap_or(Phase::Done),
    }
}

#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRun {
    /// Absent or empty: all connected accounts that are visible and receive.
    #[serde(default)]
    #[schema(value_type = Option<Vec<AccountId>>, example = json!(["acc_01kapd3hzcf3sbvpdj0k4v8m2e"]))]
    pub account_ids: Option<Vec<String>>,
    /// Accepted for accounts that need credentials; no provider of this version does.
    #[serde(default)]
    #[schema(example = false)]
    pub use_stored_credentials: Option<bool>,
}

/// A file as the body of a request. Bytes, which a list of numbers would describe just as well and no client could use.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "the document says what it is; the bytes are read as a stream")]
pub struct RawStatement(Vec<u8>);

/// The form of an uploaded statement. Fields may stand in any order.
#[derive(Debug, ToSchema)]

pub struct StatementUpload {
    /// The statement file as the bank made it: CAMT.052, CAMT.053, CAMT.054, MT940, MT942 or CSV, or a ZIP archive of
    /// such files. The format is detected.
    #[schema(value_type = String, format = Binary)]
    pub file: String,
    #[schema(value_type = AccountId)]
    pub account_id: String,
    /// Reads and counts, stores no movement.
    #[schema(example = false)]
    pub dry_run: Option<bool>,
}

/// A run, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunStub {
    pub id: RunId,
}

/// Who started what a logbook row is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ActorStub {
    pub id: UserId,
    #[schema(example = "Alex Konto")]
    pub name: String,
}

/// One row of the logbook. Rows are only ever added.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LogRow)]
pub struct LogRowView {
    pub id: LogRowId,
    pub at: DateTime<Utc>,
    pub run: Option<RunStub>,
    pub account: Option<AccountStub>,
    pub level: LogLevel,
    /// Stable name of what happened.
    #[schema(example = "truncated")]
    pub code: String,
    /// In the language of `Accept-Language` (de, en).
    #[schema(example = "the file ends in the middle; fetch it from the bank again")]
    pub message: String,
    /// Line number in the statement file, from 1.
    #[schema(example = 77)]
    pub line: Option<i64>,
    /// Element in the words of the file.
    #[schema(example = "Ntry/Amt")]
    pub field: Option<String>,
    /// Name of the file inside an archive.
    #[schema(example = "2026-11-24.xml")]
    pub file: Option<String>,
    pub actor: Option<ActorStub>,
    #[serde(skip)]
    pub message_de: String,
}

/// A page of the logbook.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Logbook {
    pub items: Vec<LogRowView>,
    /// Pass it as `cursor` to get the next page; null on the last one.
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

impl LogRowView {
    pub fn of(row: log_row::Model, account: Option<AccountStub>, actor: Option<ActorStub>) -> Self {
        Self {
            id: row.id,
            at: row.created_at,
            run: row.run_id.map(|id| RunStub { id }),
            account,
            level: row.level,
            code: row.code,
            message: row.message_en,
            line: row.line,
            field: row.field,
            file: row.file,
            actor,
            message_de: row.message_de,
        }
    }

    /// The same row with the German text.
    pub fn in_german(self) -> Self {
        Self { message: self.message_de.clone(), ..self }
    }
}
