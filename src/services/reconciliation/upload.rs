//! Takes a statement file in: streamed into the database in small transactions, never whole in memory, and decided
//! about in one transaction at its end (lesson R57).
//!
//! A slow client must not hold a write lock, so the chunks are written under a file that is not complete. Only the last
//! step makes it one, or finds that the same bytes are known. What a broken upload leaves is removed by [`prune`].

use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::pieces::CHUNK;
pub use super::reading::HEAD;
use super::statement::ImportStatement;
use super::{ItemKey, log, runs, texts};
use crate::access::ctx::Ctx;
use crate::db::{self, Db};
use crate::domain::account::Feed;
use crate::domain::id::{AccountId, FileId, RunId};
use crate::domain::job::JobKind;
use crate::domain::run::ItemStatus;
use crate::entities::{payment_account, reconciliation_item, statement_file, statement_file_chunk};
use crate::error::{Code, Error, Kind as Entity, Reason};
use crate::importers::{Format, Kind, NoFormat};
use crate::services::audit::{self, Subject};
use crate::services::{accounts, queue};
use crate::views::runs::RunView;

/// Chunks deleted in one transaction (64 MiB).
const CHUNKS_DELETED: u64 = 256;
/// After this an upload that is not complete is a leftover.
const ABANDONED_HOURS: i64 = 24;

/// A file being received.
pub struct Upload<'a> {
    db: &'a Db,
    ctx: &'a Ctx,
    file: FileId,
    limit: u64,
    size: u64,
    buffer: Vec<u8>,
    recognised: bool,
    position: i32,
    hash: Sha256,
}

/// A file that was received whole and is stored, but not complete yet.
#[derive(Debug, Clone)]
pub struct Received {
    pub file: FileId,
    pub sha256: String,
    pub size_bytes: i64,
}

impl<'a> Upload<'a> {
    /// Nothing is stored before the format is known.
    pub fn begin(db: &'a Db, ctx: &'a Ctx, limit: u64) -> Self {
        let (file, hash) = (ctx.id(), Sha256::new());
        Self { db, ctx, file, limit, size: 0, buffer: Vec::new(), recognised: false, position: 0, hash }
    }

    pub const fn file(&self) -> FileId {
        self.file
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// `too_large`, `file_format_invalid`, `unsafe_file`.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.size > self.limit {
            return Err(Error::new(Code::TooLarge).with("limit", self.limit));
        }
        self.hash.update(bytes);
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= HEAD {
            self.recognise()?;
        }
        while self.buffer.len() >= CHUNK {
            let rest = self.buffer.split_off(CHUNK);
            let chunk = std::mem::replace(&mut self.buffer, rest);
            self.store(chunk).await?;
        }
        Ok(())
    }

    fn recognise(&mut self) -> Result<(), Error> {
        if !self.recognised {
            recognise(&self.buffer)?;
            self.recognised = true;
        }
        Ok(())
    }

    /// Stores the rest.
    ///
    /// # Errors
    /// `file_format_invalid`, `unsafe_file`.
    pub async fn end(mut self) -> Result<Received, Error> {
        if self.position == 0 {
            self.recognise()?;
        }
        if !self.buffer.is_empty() {
            let rest = std::mem::take(&mut self.buffer);
            self.store(rest).await?;
        }
        let size_bytes = i64::try_from(self.size).map_err(Error::internal)?;
        Ok(Received { file: self.file, sha256: hex::encode(self.hash.finalize()), size_bytes })
    }

    async fn store(&mut self, bytes: Vec<u8>) -> Result<(), Error> {
        let (file, position) = (self.file, self.position);
        let created_by = self.ctx.person()?;
        let write = async |txn: &DatabaseTransaction| {
            if position == 0 {
                let row = statement_file::Model {
                    id: file,
                    account_id: None,
                    sha256: String::new(),
                    filename: None,
                    size_bytes: 0,
                    complete: false,
                    created_by,
                    created_at: self.ctx.now,
                };
                db::insert(txn, row).await?;
            }
            let chunk = statement_file_chunk::Model { file_id: file, position, bytes: bytes.clone() };
            Ok(db::insert(txn, chunk).await?)
        };
        self.db.write(write).await?;
        self.position = position.checked_add(1).ok_or_else(|| Error::internal("too many chunks"))?;
        Ok(())
    }
}

/// What is to be done with a file.
#[derive(Debug, Clone)]
pub struct ImportOrder {
    pub account: AccountId,
    pub received: Received,
    pub filename: Option<String>,
    pub dry_run: bool,
    pub strict: bool,
}

impl ImportOrder {
    /// What an idempotency key of the upload is bound to.
    pub fn hash(&self) -> String {
        let Self { account, received, filename, dry_run, strict } = self;
        let whole = format!("{account} {} {dry_run} {strict} {filename:?}", received.sha256);
        hex::encode(Sha256::digest(whole))
    }
}

#[derive(Debug)]
pub enum Submitted {
    Begun(RunView),
    /// The same bytes are imported, or being imported, by this run.
    Known(RunView),
}

/// Whether an account takes files, before one is received for it.
///
/// # Errors
/// `account_hidden`, `account_takes_no_files`, `account_not_connected`.
pub fn check_account(account: &payment_account::Model) -> Result<(), Error> {
    let because = |code| Err(Error::new(code).with("provider", account.provider));
    match account.provider.feed() {
        _ if account.hidden => Err(Error::new(Code::AccountHidden)),
        Feed::Provider | Feed::None => because(Code::AccountTakesNoFiles),
        Feed::File if !account.can_receive => because(Code::AccountNotConnected),
        Feed::File => Ok(()),
    }
}

/// Makes a received file a statement and starts its run, or finds the run that has it.
///
/// # Errors
/// `reference_not_found`, those of [`check_account`], `reconciliation_in_progress`.
pub async fn submit(txn: &DatabaseTransaction, ctx: &Ctx, id: RunId, order: &ImportOrder) -> Result<Submitted, Error> {
    let unknown = || Error::unknown_reference(Entity::PaymentAccount);
    let account = accounts::lock(txn, order.account).await?.ok_or_else(unknown)?;
    check_account(&account)?;
    let known = known(txn, order).await?;
    if let Some(file) = &known
        && let Some(run) = run_of(txn, file.id, order).await?
    {
        let key = ItemKey { run_id: run, account_id: account.id };
        log::write(txn, ctx, key, vec![texts::file_known(file.created_at)]).await?;
        return runs::show(txn, run).await.map(Submitted::Known);
    }
    runs::refuse_if_running(txn, account.id).await?;
    let file_id = match known {
        Some(file) => file.id,
        None => complete(txn, order).await?,
    };
    let item = reconciliation_item::Model {
        file_id: Some(file_id),
        dry_run: order.dry_run,
        strict: order.strict,
        ..runs::item(id, account.id)
    };
    runs::insert(txn, ctx, id, &[item]).await?;
    let key = ItemKey { run_id: id, account_id: account.id };
    queue::enqueue(txn, ctx, JobKind::ImportStatement, &ImportStatement { key, file_id }).await?;
    let details = json!({ "sha256": order.received.sha256, "size_bytes": order.received.size_bytes });
    audit::record(txn, ctx, "statement.received", Subject::Run(id), details).await?;
    runs::show(txn, id).await.map(Submitted::Begun)
}

/// The account's file of the same bytes.
pub(super) async fn known(
    txn: &DatabaseTransaction,
    order: &ImportOrder,
) -> Result<Option<statement_file::Model>, Error> {
    use statement_file::Column;
    let same = statement_file::Entity::find()
        .filter(Column::AccountId.eq(order.account))
        .filter(Column::Sha256.eq(order.received.sha256.as_str()))
        .filter(Column::Complete.eq(true));
    Ok(same.one(txn).await?)
}

/// The first run that imported a file, or is about to. One that failed stored nothing, and a rehearsal answers only
/// for another rehearsal: after those the same bytes are imported.
async fn run_of(txn: &DatabaseTransaction, file: FileId, order: &ImportOrder) -> Result<Option<RunId>, Error> {
    use reconciliation_item::Column;
    let mut query = reconciliation_item::Entity::find()
        .filter(Column::FileId.eq(file))
        .filter(Column::Status.ne(ItemStatus::Failed));
    if !order.dry_run {
        query = query.filter(Column::DryRun.eq(false));
    }
    let first = query.order_by_asc(Column::DryRun).order_by_asc(Column::RunId).one(txn).await?;
    Ok(first.map(|item| item.run_id))
}

pub(super) async fn complete(txn: &DatabaseTransaction, order: &ImportOrder) -> Result<FileId, Error> {
    use statement_file::Column;
    let Received { file, sha256, size_bytes } = &order.received;
    let update = statement_file::Entity::update_many()
        .col_expr(Column::AccountId, Expr::value(order.account))
        .col_expr(Column::Sha256, Expr::value(sha256.as_str()))
        .col_expr(Column::Filename, Expr::value(order.filename.clone()))
        .col_expr(Column::SizeBytes, Expr::value(*size_bytes))
        .col_expr(Column::Complete, Expr::value(true))
        .filter(Column::Id.eq(*file))
        .filter(Column::Complete.eq(false));
    db::take(txn, update, || Error::new(Code::ConcurrentChange)).await?;
    Ok(*file)
}

/// Deletes a received file that became no statement; one that did stays.
pub async fn discard(db: &Db, file: FileId) -> Result<(), Error> {
    loop {
        let deleted = db.write(async |txn| discard_some(txn, file).await).await?;
        if deleted < CHUNKS_DELETED {
            return Ok(());
        }
    }
}

/// A part of it at a time, so that a large file does not keep other writers waiting.
async fn discard_some(txn: &DatabaseTransaction, file: FileId) -> Result<u64, Error> {
    use statement_file_chunk::Column;
    let row = statement_file::Entity::find_by_id(file).one(txn).await?;
    if row.is_none_or(|row| row.complete) {
        return Ok(0);
    }
    let some = statement_file_chunk::Entity::find()
        .select_only()
        .column(Column::Position)
        .filter(Column::FileId.eq(file))
        .limit(CHUNKS_DELETED);
    let positions: Vec<i32> = some.into_tuple().all(txn).await?;
    let chunks = statement_file_chunk::Entity::delete_many()
        .filter(Column::FileId.eq(file))
        .filter(Column::Position.is_in(positions));
    let deleted = chunks.exec(txn).await?.rows_affected;
    if deleted < CHUNKS_DELETED {
        statement_file::Entity::delete_by_id(file).exec(txn).await?;
    }
    Ok(deleted)
}

/// Removes what broken uploads have left, and answers how many files that were. For the prune job.
pub async fn prune(db: &Db, now: DateTime<Utc>) -> Result<usize, Error> {
    use statement_file::Column;
    let before = now.checked_sub_signed(Duration::hours(ABANDONED_HOURS)).unwrap_or(now);
    let left = statement_file::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Complete.eq(false))
        .filter(Column::CreatedAt.lt(before));
    let left: Vec<FileId> = left.into_tuple().all(db.reader()).await?;
    for file in &left {
        discard(db, *file).await?;
    }
    Ok(left.len())
}

/// What a file is, by its first bytes.
///
/// # Errors
/// `file_format_invalid`, `unsafe_file`.
pub fn recognise(head: &[u8]) -> Result<Kind, Error> {
    let invalid = |reason| Error::new(Code::FileFormatInvalid).with("reason", reason);
    let refusal = match Kind::detect(head.get(..HEAD).unwrap_or(head)) {
        Ok(kind) => return Ok(kind),
        Err(_) if head.is_empty() => invalid(Reason::FileEmpty),
        Err(NoFormat::Packed) => invalid(Reason::FilePacked),
        Err(NoFormat::Unsafe) => Error::new(Code::UnsafeFile),
        Err(NoFormat::Unknown) => invalid(Reason::FileFormatUnknown).with("known", Format::NAMES),
    };
    Err(refusal.at("/file"))
}
