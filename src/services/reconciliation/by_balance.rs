//! What the balances tell of lines that their words leave open (lesson R74).
//!
//! Two statements of a day may each have a line that says the same: by their words alone they are one payment. And two
//! formats may word a payment so differently that it is there twice. Where the movements of some days do not come to what the
//! statements say, the statements that follow one another are read again as if they were one file, and what that adds is
//! added if it is just what is missing; and lines of two files that alone are too many are marked for a person to look at.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::balances::Around;
use super::duplicates::{self, core, place};
use super::items::{self, Step};
use super::lines::new_movement;
use super::plan::NewMovement;
use super::reading::{Reading, Source};
use super::statement::files_with_end_to_end_ids;
use super::sums::{self, Difference};
use super::{Counts, ItemKey, log, store, texts};
use crate::access::ctx::Ctx;
use crate::db::Db;
use crate::domain::continuity::{self, Told};
use crate::domain::duplicate::DuplicateReason;
use crate::domain::id::{FileId, MovementId};
use crate::domain::movement::{Delivered, ImportChannel, MovementStatus};
use crate::entities::account_movement::{Column, Entity, Model};
use crate::entities::{payment_account, possible_duplicate as pair, reconciliation_item, statement};
use crate::error::Error;
use crate::importers::fingerprint::Fingerprints;
use crate::importers::{Format, StatementEvent};
use crate::services::statement_profiles;

/// Spans of days that are looked at after one import, and lines of one.
const SPANS_MAX: usize = 20;
const LINES_MAX: usize = 10_000;
/// Movements of one day and amount that are compared.
const GROUP_MAX: usize = 50;

/// Settles what the balances of an account tell after the statements of a run were kept.
///
/// # Errors
/// `unavailable` and the like, to be tried again: what was added is added once.
pub async fn settle(db: &Db, ctx: &Ctx, account: &payment_account::Model, key: ItemKey) -> Result<(), Error> {
    let around = Around::load(db.reader(), key).await?;
    let differences = sums::differences(db.reader(), account, &around.all, |row| around.is_new(row)).await?;
    let settling = Settling { db, account, key };
    for difference in differences.iter().take(SPANS_MAX) {
        let rows = settling.lines_of_chain(difference, &around.all).await?;
        let ctx = ctx.later();
        db.write(async |txn| settling.settle(txn, &ctx, difference, &rows).await).await?;
    }
    Ok(())
}

struct Settling<'a> {
    db: &'a Db,
    account: &'a payment_account::Model,
    key: ItemKey,
}

impl Settling<'_> {
    async fn settle(
        &self,
        txn: &DatabaseTransaction,
        ctx: &Ctx,
        difference: &Difference,
        rows: &[NewMovement],
    ) -> Result<(), Error> {
        let Some(item) = items::running(txn, self.key).await? else { return Ok(()) };
        let missing = |there: i64| difference.expected.minor().checked_sub(there);
        let wanted = [missing(difference.found.minor()), missing(difference.shown.minor())];
        let wanted: Vec<i64> = wanted.into_iter().flatten().filter(|minor| *minor != 0).collect();
        if !rows.is_empty() {
            let added = store::upsert_if(txn, ctx, (self.account, self.key.run_id), rows, &wanted).await?;
            if added > 0 {
                self.count(txn, ctx, &item, added).await?;
                return log::write(txn, ctx, self.key, vec![texts::told_apart(&difference.span, added)]).await;
            }
        }
        let Some(missing) = missing(difference.shown.minor()) else { return Ok(()) };
        let pairs = self.too_many(txn, ctx, difference, missing).await?;
        duplicates::mark_and_note(txn, pairs).await
    }

    /// Lines that were taken for known ones have made movements after all. What lines of earlier files have made is in the
    /// logbook alone, as the run did not read them.
    async fn count(
        &self,
        txn: &DatabaseTransaction,
        ctx: &Ctx,
        item: &reconciliation_item::Model,
        added: usize,
    ) -> Result<(), Error> {
        let own = i64::try_from(added).unwrap_or(i64::MAX).min(item.unchanged_count);
        let counts = Counts { created: own, unchanged: own.saturating_neg(), ..Counts::default() };
        let step = Step { phase: item.phase, done: item.progress_done, total: item.progress_total, counts };
        items::advance(txn, ctx, item, step).await.map(|_| ())
    }

    /// The booked lines of the statements that lead from the first balance to the last, known as those of one file; none
    /// when it is one statement, or when there are too many.
    async fn lines_of_chain(
        &self,
        difference: &Difference,
        statements: &[statement::Model],
    ) -> Result<Vec<NewMovement>, Error> {
        let told: Vec<Told> = statements.iter().map(sums::told).collect();
        let chain = continuity::chain(&difference.span, &told);
        let chain: Vec<&statement::Model> = chain.into_iter().filter_map(|place| statements.get(place)).collect();
        let lines = chain.iter().fold(0_i64, |sum, row| sum.saturating_add(row.lines));
        if chain.len() < 2 || usize::try_from(lines).map_or(true, |lines| lines > LINES_MAX) {
            return Ok(Vec::new());
        }
        let version_1 = store::has_version_1(self.db.reader(), self.account.id).await?;
        let mut known = Fingerprints::new(false);
        if version_1 {
            known = known.with_version_1();
        }
        let (mut rows, mut read) = (Vec::new(), HashSet::new());
        for row in &chain {
            if read.insert(row.file_id) {
                let wanted = chain.iter().filter(|other| other.file_id == row.file_id);
                let wanted = wanted.map(|row| (row.file_part.as_deref(), row.ordinal)).collect();
                self.read(row.file_id, &wanted, (&mut known, &mut rows)).await?;
            }
        }
        Ok(rows)
    }

    async fn read(
        &self,
        file: FileId,
        wanted: &HashSet<(Option<&str>, i64)>,
        (known, rows): (&mut Fingerprints, &mut Vec<NewMovement>),
    ) -> Result<(), Error> {
        let csv = statement_profiles::reader(self.db.reader(), Some(self.account)).await?;
        let source = Source::of(self.db, file, csv).await?;
        let labelled = files_with_end_to_end_ids(Reading::start(self.db, &source)).await?;
        let mut reading = Reading::start(self.db, &source);
        let mut channel = source.format().map_or(ImportChannel::Camt, Format::channel);
        let (mut part, mut within) = (None::<String>, false);
        known.go_on(labelled.contains(&None));
        while let Some(events) = reading.next().await {
            for event in events {
                match event {
                    StatementEvent::Part(next) => {
                        channel = next.format.map_or(channel, Format::channel);
                        part = Some(next.name);
                        known.go_on(labelled.contains(&part));
                    }
                    StatementEvent::Statement(header) => {
                        let ordinal = i64::try_from(header.ordinal).unwrap_or(i64::MAX);
                        within = wanted.contains(&(part.as_deref(), ordinal));
                    }
                    StatementEvent::StatementEnd(_) => within = false,
                    StatementEvent::Line(line) if within && line.amount.currency() == self.account.currency => {
                        let row = new_movement(*line, (source.file, channel), known);
                        if row.delivered == Delivered::Final {
                            rows.push(NewMovement { file_part: part.clone(), ..row });
                        }
                    }
                    StatementEvent::Line(_) | StatementEvent::Issue(_) => {}
                }
            }
        }
        reading.end_again().await
    }

    /// Pairs of lines of two files, if those that are too many come to just what the movements are beyond the statements.
    async fn too_many(
        &self,
        txn: &DatabaseTransaction,
        ctx: &Ctx,
        difference: &Difference,
        missing: i64,
    ) -> Result<Vec<pair::Model>, Error> {
        let rows = self.shown(txn, difference).await?;
        let decided = decided(txn, self.key).await?;
        let mut groups: BTreeMap<_, Vec<&Model>> = BTreeMap::new();
        for row in rows.iter().filter(|row| !decided.contains(&row.id)) {
            groups.entry((row.booking_date, row.amount_minor)).or_default().push(row);
        }
        // More than that nobody could look through, and to compare them all would take long.
        groups.retain(|_, group| group.len() <= GROUP_MAX);
        let groups: Vec<Vec<(&Model, &Model)>> = groups.values().map(|group| beyond_one_file(group)).collect();
        let Some(found) = explaining(&groups, missing) else { return Ok(Vec::new()) };
        let pairs = found.into_iter().filter(|(row, other)| !(row.possible_duplicate && other.possible_duplicate));
        let pair = |(row, other): (&Model, &Model)| pair::Model {
            movement_id: row.id,
            other_id: other.id,
            account_id: self.key.account_id,
            run_id: self.key.run_id,
            reason: DuplicateReason::Balance,
            found_at: ctx.now,
            decision: None,
            decided_at: None,
        };
        Ok(pairs.map(pair).collect())
    }

    /// What files have booked on these days and nobody has hidden; nothing when there is too much of it.
    async fn shown(&self, txn: &DatabaseTransaction, difference: &Difference) -> Result<Vec<Model>, Error> {
        let query = Entity::find()
            .filter(Column::AccountId.eq(self.account.id))
            .filter(Column::BookingDate.between(difference.span.first, difference.span.last))
            .filter(Column::Status.eq(MovementStatus::Completed))
            .filter(Column::ImportChannel.ne(ImportChannel::Provider))
            .filter(Column::Hidden.eq(false));
        let limit = u64::try_from(LINES_MAX).unwrap_or(u64::MAX);
        let rows = query.order_by_asc(Column::Id).limit(limit).all(txn).await?;
        Ok(if rows.len() < LINES_MAX { rows } else { Vec::new() })
    }
}

/// Movements that somebody has found to be payments of their own, or hidden.
async fn decided(conn: &impl ConnectionTrait, key: ItemKey) -> Result<HashSet<MovementId>, Error> {
    let of_account = pair::Entity::find().filter(pair::Column::AccountId.eq(key.account_id));
    let pairs = of_account.filter(pair::Column::Decision.is_not_null()).all(conn).await?;
    Ok(pairs.iter().flat_map(|pair| [pair.movement_id, pair.other_id]).collect())
}

/// Of movements of one day and amount those that the file with the most of them did not bring, each with the one of that
/// file that is most alike. Lines that say the same are no doubles: they were told apart by count.
fn beyond_one_file<'a>(group: &[&'a Model]) -> Vec<(&'a Model, &'a Model)> {
    let mut by_file: HashMap<_, Vec<&'a Model>> = HashMap::new();
    for row in group {
        by_file.entry(place(row)).or_default().push(row);
    }
    let most = by_file.values().max_by_key(|rows| (rows.len(), std::cmp::Reverse(rows.first().map(|row| row.id))));
    let Some(most) = most else { return Vec::new() };
    let cores: HashSet<&str> = most.iter().map(|row| core(row)).collect();
    let beyond = group.iter().filter(|row| !most.iter().any(|own| own.id == row.id) && !cores.contains(core(row)));
    let nearest = |row: &&'a Model| {
        let alike = |other: &&&Model| (words_in_common(row, other), std::cmp::Reverse(other.id));
        most.iter().max_by_key(alike).map(|other| (*row, *other))
    };
    beyond.filter_map(nearest).collect()
}

fn words_in_common(one: &Model, other: &Model) -> usize {
    let words = |row: &Model| -> HashSet<String> {
        let text = format!("{} {}", row.counterparty_fold, row.purpose_fold);
        text.split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    words(one).intersection(&words(other)).count()
}

/// The pairs whose first ones come to what is too much: all of them, or those of the one group that alone does.
fn explaining<'a>(groups: &[Vec<(&'a Model, &'a Model)>], missing: i64) -> Option<Vec<(&'a Model, &'a Model)>> {
    let sum =
        |pairs: &[(&Model, &Model)]| pairs.iter().try_fold(0_i64, |sum, (row, _)| sum.checked_sub(row.amount_minor));
    let all = groups.concat();
    if missing != 0 && sum(&all) == Some(missing) {
        return Some(all);
    }
    let mut alone = groups.iter().filter(|group| !group.is_empty() && sum(group) == Some(missing));
    alone.next().filter(|_| alone.next().is_none()).cloned()
}
