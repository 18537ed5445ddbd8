//! Imports an uploaded statement in two passes: the first looks the whole file over, so that a file that cannot be
//! trusted stores nothing; the second stores it in batches, each one transaction with its progress.
//!
//! A try that died goes on behind its last batch: a file never changes, so reading it again gives the same lines in the
//! same order, and the number of lines done says where to go on. That keeps counts right without counting anew.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::balances::{self, Balances};
use super::by_balance;
use super::duplicates::{self, Compare, InDoubt};
use super::items::{self, End, Step};
use super::lines::{Batch, Lines, is_charges};
use super::ownership::Ownership;
use super::reading::{Reading, Source};
use super::store;
use super::survey::{Strictness, Survey, Verdict};
use super::{Counts, ItemKey, issues, log, texts};
use crate::access::ctx::Ctx;
use crate::db::Db;
use crate::domain::id::FileId;
use crate::domain::movement::ImportChannel;
use crate::domain::run::Phase;
use crate::entities::{account_movement, payment_account, reconciliation_item};
use crate::error::Error;
use crate::importers::{Format, StatementEvent};
use crate::services::{accounts, statement_profiles};

/// Lines of one transaction.
const BATCH: usize = 1_000;
/// Lines between two signs of life of the first pass.
const LOOK: i64 = 10_000;

/// Payload of the job.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ImportStatement {
    #[serde(flatten)]
    pub key: ItemKey,
    pub file_id: FileId,
}

/// Imports the file and ends the item; an item that is not running is left alone.
///
/// # Errors
/// `unavailable` and the like, to be tried again. A bad file is no error: its item has failed.
pub async fn import(db: &Db, ctx: &Ctx, job: ImportStatement) -> Result<(), Error> {
    let Some(item) = items::running(db.reader(), job.key).await? else { return Ok(()) };
    let account = accounts::load(db.reader(), job.key.account_id).await?;
    let csv = statement_profiles::reader(db.reader(), Some(&account)).await?;
    let source = Source::of(db, job.file_id, csv).await?;
    let import = Import { db, ctx, account, job, source };
    import.note_earlier_try(&item).await?;
    let item = if item.phase == Phase::Importing { Some(item) } else { import.look_over(item).await? };
    let Some(item) = item else { return Ok(()) };
    let dry_run = item.dry_run;
    let balances = import.store(item).await?;
    let in_doubt = if dry_run { InDoubt::default() } else { import.look_at_balances_and_doubts(balances).await? };
    let ctx = ctx.later();
    let finish = async |txn: &sea_orm::DatabaseTransaction| {
        if !dry_run && items::running(txn, job.key).await?.is_some() {
            balances::tell(txn, &ctx, job.key, &import.account).await?;
            in_doubt.settle(txn, &ctx, job.key).await?;
        }
        items::finish(txn, &ctx, job.key, End::Done).await
    };
    db.write(finish).await.map(|_| ())
}

struct Import<'a> {
    db: &'a Db,
    ctx: &'a Ctx,
    account: payment_account::Model,
    job: ImportStatement,
    source: Source,
}

impl Import<'_> {
    fn ownership(&self) -> Ownership {
        Ownership::of_account(self.account.iban.clone())
    }

    /// A try that begins behind the start says so, to people in the logbook and to operators in the log.
    async fn note_earlier_try(&self, item: &reconciliation_item::Model) -> Result<(), Error> {
        let stored = match item.phase {
            Phase::Queued => return Ok(()),
            Phase::Importing => item.progress_done,
            Phase::Checking | Phase::Fetching | Phase::Assigning | Phase::Done => 0,
        };
        tracing::warn!(run.id = %self.job.key.run_id, stored, "an import that was cut off goes on");
        let (ctx, key) = (self.ctx.later(), self.job.key);
        self.db.write(async |txn| log::write(txn, &ctx, key, vec![texts::import_resumed(stored)]).await).await
    }

    /// The first pass; `None` when the file is refused and the item has ended.
    async fn look_over(&self, item: reconciliation_item::Model) -> Result<Option<reconciliation_item::Model>, Error> {
        let mut seen = self.advance(&item, (Phase::Checking, 0), Counts::default()).await?;
        let mut survey = Survey::new(self.account.currency, self.ownership(), self.source.format());
        let mut reading = Reading::start(self.db, &self.source);
        while let Some(events) = reading.next().await {
            events.iter().for_each(|event| survey.see(event));
            if survey.lines.saturating_sub(seen.progress_done) >= LOOK {
                seen = self.advance(&seen, (Phase::Checking, survey.lines), Counts::default()).await?;
            }
        }
        if let Err(refusal) = reading.end().await? {
            return self.refuse(issues::of_file(&refusal)).await;
        }
        let strictness = if item.strict { Strictness::Strict } else { Strictness::Lenient };
        let (lines, counts) = (survey.lines, survey.counts);
        match survey.verdict(strictness) {
            Verdict::Refuse(entries) => self.refuse(entries).await,
            Verdict::Import(entries) => {
                let step = Step { phase: Phase::Importing, done: 0, total: Some(lines), counts };
                let ctx = self.ctx.later();
                let begin = async |txn: &sea_orm::DatabaseTransaction| {
                    log::write(txn, &ctx, self.job.key, entries.clone()).await?;
                    items::advance(txn, &ctx, &seen, step).await
                };
                self.db.write(begin).await.map(Some)
            }
        }
    }

    async fn advance(
        &self,
        seen: &reconciliation_item::Model,
        (phase, done): (Phase, i64),
        counts: Counts,
    ) -> Result<reconciliation_item::Model, Error> {
        let step = Step { phase, done, total: None, counts };
        let ctx = self.ctx.later();
        self.db.write(async |txn| items::advance(txn, &ctx, seen, step).await).await
    }

    async fn refuse(&self, entries: Vec<log::LogEntry>) -> Result<Option<reconciliation_item::Model>, Error> {
        let (ctx, end) = (self.ctx.later(), End::Failed(entries));
        let finish =
            async |txn: &sea_orm::DatabaseTransaction| items::finish(txn, &ctx, self.job.key, end.clone()).await;
        self.db.write(finish).await.map(|_| None)
    }

    /// The second pass.
    async fn store(&self, item: reconciliation_item::Model) -> Result<Balances, Error> {
        let labelled = files_with_end_to_end_ids(Reading::start(self.db, &self.source)).await?;
        let mut reading = Reading::start(self.db, &self.source);
        let version_1 = store::has_version_1(self.db.reader(), self.account.id).await?;
        let mut lines = self.lines((labelled, version_1), item.progress_done);
        let compare = self.compare().await?;
        let mut seen = item;
        while let Some(events) = reading.next().await {
            for event in events {
                // Charges stay with the line they are of.
                if lines.waiting() >= BATCH && !is_charges(&event) {
                    let before = seen.created_count;
                    seen = self.store_batch(&seen, compare, lines.batch()).await?;
                    self.look_at_the_table(before, seen.created_count).await;
                }
                lines.take(event, &self.account);
            }
        }
        if lines.waiting() > 0 {
            self.store_batch(&seen, compare, lines.batch()).await?;
        }
        reading.end_again().await?;
        Ok(lines.balances)
    }

    fn lines(&self, told: (HashSet<Option<String>>, bool), skip: i64) -> Lines {
        let channel = self.source.format().map_or(ImportChannel::Camt, Format::channel);
        Lines::new(self.ownership(), (self.job.file_id, channel), told, skip)
    }

    /// The files of an archive are compared with one another.
    async fn compare(&self) -> Result<Compare, Error> {
        match self.source.format() {
            Some(_) => duplicates::compare(self.db.reader(), self.account.id, self.job.file_id).await,
            None => Ok(Compare::WithOtherFiles),
        }
    }

    async fn look_at_balances_and_doubts(&self, balances: Balances) -> Result<InDoubt, Error> {
        let (ctx, key) = (self.ctx.later(), self.job.key);
        let keep = async |txn: &sea_orm::DatabaseTransaction| {
            if items::running(txn, key).await?.is_some() {
                let of = (key, self.job.file_id, self.account.currency);
                balances::keep(txn, &ctx, of, balances.clone()).await?;
            }
            Ok(())
        };
        self.db.write(keep).await?;
        by_balance::settle(self.db, self.ctx, &self.account, key).await?;
        self.look_at_doubts().await
    }

    /// Reads the file once more when there are movements that it may tell apart.
    async fn look_at_doubts(&self) -> Result<InDoubt, Error> {
        let mut in_doubt = InDoubt::load(self.db.reader(), self.account.id).await?;
        if in_doubt.is_empty() {
            return Ok(in_doubt);
        }
        let mut lines = self.lines((HashSet::new(), false), 0);
        let mut reading = Reading::start(self.db, &self.source);
        while let Some(events) = reading.next().await {
            for event in events {
                if matches!(event, StatementEvent::Part(_)) {
                    in_doubt.end_of_file();
                }
                lines.take(event, &self.account);
                lines.batch().cores().for_each(|core| in_doubt.see(core));
            }
        }
        reading.end_again().await?;
        in_doubt.end_of_file();
        Ok(in_doubt)
    }

    /// What is planned for a small table reads all of it for each line once a file has made it large.
    async fn look_at_the_table(&self, before: i64, after: i64) {
        let thousands = |created: i64| created.checked_ilog10().filter(|digits| *digits >= 3);
        if thousands(before) < thousands(after) {
            self.db.analyze::<account_movement::Entity>().await;
        }
    }

    async fn store_batch(
        &self,
        seen: &reconciliation_item::Model,
        compare: Compare,
        batch: Batch,
    ) -> Result<reconciliation_item::Model, Error> {
        let ctx = self.ctx.later();
        let write = async |txn: &sea_orm::DatabaseTransaction| {
            let (run, rows) = (self.job.key.run_id, batch.rows.clone());
            let counts = if seen.dry_run {
                store::rehearse(txn, &ctx, &self.account, run, rows).await?
            } else {
                store::upsert(txn, &ctx, (&self.account, compare), run, rows).await?
            };
            let total = seen.progress_total;
            let step = Step { phase: Phase::Importing, done: batch.done, total, counts: counts.plus(batch.refused) };
            items::advance(txn, &ctx, seen, step).await
        };
        self.db.write(write).await
    }
}

/// The files, by their names in an archive, of which any line has an end-to-end id. A plain file's first lines tell, as
/// a rule; an archive is read to its end. A reading that broke says nothing about the rest: taken for a file without ids,
/// it would make other movements of the same lines.
pub(super) async fn files_with_end_to_end_ids(mut reading: Reading) -> Result<HashSet<Option<String>>, Error> {
    let (mut labelled, mut part) = (HashSet::new(), None);
    while let Some(events) = reading.next().await {
        for event in events {
            match event {
                StatementEvent::Part(next) => part = Some(next.name),
                StatementEvent::Line(line) if line.end_to_end_id.is_some() && !labelled.contains(&part) => {
                    labelled.insert(part.clone());
                }
                _ => {}
            }
        }
        if labelled.contains(&None) {
            return Ok(labelled);
        }
    }
    reading.end_again().await?;
    Ok(labelled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::importers::{ImportError, Refusal};

    #[tokio::test]
    async fn a_reading_that_breaks_is_tried_again_and_is_no_file_without_ids() {
        let cause = "the connection is gone".to_owned();
        let broken = Reading::of(Vec::new(), Err(ImportError { reason: Refusal::Read(cause), line: 1 })).await;
        let error = files_with_end_to_end_ids(broken).await.unwrap_err();
        assert_eq!(error.code(), crate::error::Code::Unavailable);
    }
}
