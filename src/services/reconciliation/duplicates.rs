//! Finds lines that may be the same payment as a line of another file, and tells those apart that one file has both of.
//! Pairs are noted with the batch that brings the later line, looked through at the end of the file, and then it is for a
//! person to decide: nothing is dropped and nothing merged. The rule is [`crate::domain::duplicate`].

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{Days, NaiveDate};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{ItemKey, log, texts};
use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::duplicate::{self, DuplicateReason, SAME_ID_DAYS, Said};
use crate::domain::id::{AccountId, FileId, MovementId};
use crate::domain::movement::{ImportChannel, MovementStatus};
use crate::entities::account_movement::{self, Column, Model};
use crate::entities::{log_row, possible_duplicate as pair};
use crate::error::Error;
use crate::importers::fingerprint;
use crate::services::movements::duplicates;

/// Pairs that the logbook names one by one.
const NAMED_MAX: usize = 20;

/// So many lines a day is compared with. One on which an account has more of the same amounts in other files is beyond what
/// a person could look through; the logbook says so.
const COMPARED_MAX: u64 = 5_000;
/// Movements that are asked for at once.
const CHUNK: usize = 1_000;

/// Whether there is another file to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    WithOtherFiles,
    Nothing,
}

/// Whether an account has movements that are not of this file.
pub async fn compare(conn: &impl ConnectionTrait, account: AccountId, file: FileId) -> Result<Compare, Error> {
    let others = account_movement::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AccountId.eq(account))
        .filter(Column::FileId.is_null().or(Column::FileId.ne(file)))
        .limit(1);
    let other: Option<MovementId> = others.into_tuple().one(conn).await?;
    Ok(if other.is_some() { Compare::WithOtherFiles } else { Compare::Nothing })
}

/// The pairs that rows which are booked now make with what is there and with one another.
pub async fn find(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    key: ItemKey,
    booked: &[&Model],
) -> Result<Vec<pair::Model>, Error> {
    let new: Vec<&Model> = booked.iter().copied().filter(|row| can_be(row)).collect();
    let (mut pairs, mut own, mut beyond) = (Vec::new(), BTreeMap::new(), None);
    let mut groups = vec![new];
    while let Some(group) = groups.pop() {
        let (there, all) = candidates(txn, key.account_id, &group).await?;
        if !all && let Some(halves) = halves(&group) {
            groups.extend(halves);
            continue;
        }
        if !all {
            beyond = beyond.or_else(|| group.first().map(|row| row.booking_date));
        }
        let found = compared(&group, &there, &mut own);
        pairs.extend(found.into_iter().map(|(row, other_id, reason)| pair::Model {
            movement_id: row.id,
            other_id,
            account_id: key.account_id,
            run_id: key.run_id,
            reason,
            found_at: ctx.now,
            decision: None,
            decided_at: None,
        }));
    }
    if let Some(day) = beyond {
        note_not_compared(txn, ctx, key, day).await?;
    }
    Ok(pairs)
}

/// The rows of the earlier days and of the later ones, later ones first; `None` when all are of one day.
fn halves<'a>(group: &[&'a Model]) -> Option<[Vec<&'a Model>; 2]> {
    let days: BTreeSet<NaiveDate> = group.iter().map(|row| row.booking_date).collect();
    let middle = days.iter().nth(days.len() / 2).filter(|_| days.len() > 1)?;
    let (later, earlier) = group.iter().copied().partition(|row| row.booking_date >= *middle);
    Some([later, earlier])
}

type Rows<'a> = BTreeMap<i64, Vec<(Said, &'a Model)>>;

/// Each row with the nearest that may be the same payment, among those there and, in an archive, its own.
fn compared<'a>(
    group: &[&'a Model],
    there: &[Model],
    own: &mut Rows<'a>,
) -> Vec<(&'a Model, MovementId, DuplicateReason)> {
    let mut by_amount: Rows<'_> = BTreeMap::new();
    for row in there {
        by_amount.entry(row.amount_minor).or_default().push((said(row), row));
    }
    let mut pairs = Vec::new();
    for row in group.iter().copied() {
        let told = said(row);
        let own = own.entry(row.amount_minor).or_default();
        let others = by_amount.get(&row.amount_minor).into_iter().flatten().map(|(said, other)| (said, *other));
        let others = others.chain(own.iter().map(|(said, other)| (said, *other)));
        let fits = others.filter(|(_, other)| place(other) != place(row) && core(other) != core(row));
        let found = fits.filter_map(|(other, model)| {
            let days = told.booking_date.signed_duration_since(other.booking_date).num_days().unsigned_abs();
            Some((days, model.id, duplicate::possible(&told, other)?))
        });
        let nearest = found.min_by_key(|(days, id, _)| (*days, *id));
        pairs.extend(nearest.map(|(_, other, reason)| (row, other, reason)));
        // Lines of one file are never a pair; those of an archive's files may be.
        if row.file_part.is_some() {
            own.push((told, row));
        }
    }
    pairs
}

/// Says once in a run that there is more than is compared.
async fn note_not_compared(txn: &DatabaseTransaction, ctx: &Ctx, key: ItemKey, day: NaiveDate) -> Result<(), Error> {
    let entry = texts::not_compared(day);
    let said = log_row::Entity::find()
        .filter(log_row::Column::RunId.eq(key.run_id))
        .filter(log_row::Column::Code.eq(entry.code.as_str()));
    if said.limit(1).one(txn).await?.is_some() {
        return Ok(());
    }
    log::write(txn, ctx, key, vec![entry]).await
}

/// Marks the movements of pairs, and writes the pairs down that are not there yet.
pub async fn mark_and_note(txn: &DatabaseTransaction, pairs: Vec<pair::Model>) -> Result<(), Error> {
    let ids = pairs.iter().map(|pair| pair.movement_id);
    let known = pair::Entity::find().filter(pair::Column::MovementId.is_in(ids)).all(txn).await?;
    let known: HashSet<_> = known.iter().map(|pair| (pair.movement_id, pair.other_id)).collect();
    let new: Vec<pair::Model> =
        pairs.into_iter().filter(|pair| !known.contains(&(pair.movement_id, pair.other_id))).collect();
    duplicates::mark(txn, new.iter().map(|pair| pair.movement_id).collect()).await?;
    note(txn, new).await
}

/// Writes pairs down, after their movements.
pub async fn note(txn: &DatabaseTransaction, pairs: Vec<pair::Model>) -> Result<(), Error> {
    duplicates::mark(txn, pairs.iter().map(|pair| pair.other_id).collect()).await?;
    Ok(db::insert_all(txn, pairs).await?)
}

/// Announced lines have their own way to their booking (feature 27), and providers give ids.
fn can_be(row: &Model) -> bool {
    row.status == MovementStatus::Completed && row.import_channel != ImportChannel::Provider
}

/// The file a row is from; in an archive, the file inside.
pub(super) fn place(row: &Model) -> (Option<FileId>, Option<&str>) {
    (row.file_id, row.file_part.as_deref())
}

/// Lines of one core are told apart by their end-to-end ids.
pub(super) fn core(row: &Model) -> &str {
    row.transaction_id.rsplit_once('-').map_or(row.transaction_id.as_str(), |(core, _)| core)
}

/// The rows to compare with, and whether they are all.
async fn candidates(
    conn: &impl ConnectionTrait,
    account: AccountId,
    new: &[&Model],
) -> Result<(Vec<Model>, bool), Error> {
    let days = new.iter().map(|row| row.booking_date);
    let Some((first, last)) = days.clone().min().zip(days.max()) else { return Ok((Vec::new(), true)) };
    let amounts: HashSet<i64> = new.iter().map(|row| row.amount_minor).collect();
    let ids: HashSet<String> = new.iter().filter_map(|row| row.end_to_end_id.clone()).collect();
    let of_files = || {
        Condition::all()
            .add(Column::AccountId.eq(account))
            .add(Column::Status.eq(MovementStatus::Completed))
            .add(Column::ImportChannel.ne(ImportChannel::Provider))
            .add(Column::AmountMinor.is_in(amounts.iter().copied()))
            .add_option(only_file(new).map(|file| Column::FileId.is_null().or(Column::FileId.ne(file))))
    };
    let same_day = of_files().add(Column::BookingDate.between(first, last));
    let some = |which: Condition| {
        let query = account_movement::Entity::find().filter(which);
        query.order_by_asc(Column::BookingDate).order_by_asc(Column::Id).limit(COMPARED_MAX)
    };
    let mut found = some(same_day).all(conn).await?;
    let below_limit = |rows: &[Model]| u64::try_from(rows.len()).is_ok_and(|rows| rows < COMPARED_MAX);
    let mut all = below_limit(&found);
    if !ids.is_empty() {
        let same_id = of_files()
            .add(Column::EndToEndId.is_in(ids))
            .add(Column::BookingDate.between(before(first), after(last)))
            .add(Condition::any().add(Column::BookingDate.lt(first)).add(Column::BookingDate.gt(last)));
        let same_id = some(same_id).all(conn).await?;
        all &= below_limit(&same_id);
        found.extend(same_id);
    }
    Ok((found, all))
}

/// The file that all rows are from, when it is no archive: none of its own rows can be one of a pair.
fn only_file(new: &[&Model]) -> Option<FileId> {
    new.iter().all(|row| row.file_part.is_none()).then(|| new.first().and_then(|row| row.file_id)).flatten()
}

fn before(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(SAME_ID_DAYS)).unwrap_or(day)
}

fn after(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(SAME_ID_DAYS)).unwrap_or(day)
}

fn said(row: &Model) -> Said {
    Said {
        booking_date: row.booking_date,
        amount: row.amount(),
        end_to_end_id: row.end_to_end_id.as_deref().and_then(fingerprint::label).unwrap_or_default(),
        iban: row.counterparty_iban.as_deref().and_then(fingerprint::label).unwrap_or_default(),
        name: row.counterparty_name.as_deref().map(fingerprint::fold_name).unwrap_or_default(),
        purpose: row.purpose.as_deref().map(fingerprint::fold_purpose).unwrap_or_default(),
    }
}

/// What is needed of a movement in doubt: a million of them may be.
#[derive(Debug)]
struct Told {
    core: String,
    line: Option<i64>,
    file: Option<String>,
}

impl From<Model> for Told {
    fn from(row: Model) -> Self {
        Self { core: core(&row).to_owned(), line: row.source_line, file: row.file_part }
    }
}

/// The account's undecided pairs with the cores of both: what a file may tell apart.
#[derive(Debug, Default)]
pub struct InDoubt {
    pairs: Vec<(pair::Model, [String; 2])>,
    told: HashMap<MovementId, Told>,
    cores: HashSet<String>,
    /// Of the file inside an archive that is being read.
    seen: HashSet<String>,
    apart: Vec<pair::Model>,
}

impl InDoubt {
    pub async fn load(conn: &impl ConnectionTrait, account: AccountId) -> Result<Self, Error> {
        let pairs = duplicates::undecided(conn, Condition::all().add(pair::Column::AccountId.eq(account))).await?;
        let mut told: HashMap<MovementId, Told> = HashMap::new();
        for pairs in pairs.chunks(CHUNK) {
            let ids = pairs.iter().flat_map(|pair| [pair.movement_id, pair.other_id]);
            let rows = account_movement::Entity::find().filter(Column::Id.is_in(ids)).all(conn).await?;
            told.extend(rows.into_iter().map(|row| (row.id, Told::from(row))));
        }
        let core_of = |id: MovementId| told.get(&id).map(|told| told.core.clone());
        let with_cores = |pair: pair::Model| {
            let cores = [core_of(pair.movement_id)?, core_of(pair.other_id)?];
            Some((pair, cores))
        };
        let pairs: Vec<_> = pairs.into_iter().filter_map(with_cores).collect();
        let cores = pairs.iter().flat_map(|(_, cores)| cores.clone()).collect();
        Ok(Self { told, pairs, cores, ..Self::default() })
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// A line of the file.
    pub fn see(&mut self, core: &str) {
        if let Some(core) = self.cores.get(core) {
            self.seen.insert(core.clone());
        }
    }

    /// The end of the file, or of one inside an archive.
    pub fn end_of_file(&mut self) {
        let seen = std::mem::take(&mut self.seen);
        let both = |cores: &[String; 2]| cores.iter().all(|core| seen.contains(core));
        let (apart, left) = std::mem::take(&mut self.pairs).into_iter().partition(|(_, cores)| both(cores));
        self.pairs = left;
        self.apart.extend(Vec::into_iter(apart).map(|(pair, _)| pair));
    }

    /// Forgets what the file has told apart, and says what is left of what it brought.
    pub async fn settle(&self, txn: &DatabaseTransaction, ctx: &Ctx, key: ItemKey) -> Result<(), Error> {
        for apart in self.apart.chunks(CHUNK) {
            for pair in apart {
                let gone = pair::Entity::delete_by_id((pair.movement_id, pair.other_id));
                gone.filter(pair::Column::Decision.is_null()).exec(txn).await?;
            }
            duplicates::unmark(txn, apart).await?;
        }
        let own: Vec<&pair::Model> =
            self.pairs.iter().map(|(pair, _)| pair).filter(|pair| pair.run_id == key.run_id).collect();
        let place = |told: &Told| (told.line, told.file.clone());
        let named = own.iter().take(NAMED_MAX);
        let mut entries: Vec<log::LogEntry> = named
            .filter_map(|pair| Some(texts::possible_duplicate(place(self.told.get(&pair.movement_id)?), pair.other_id)))
            .collect();
        if own.len() > NAMED_MAX {
            entries.push(texts::more_possible_duplicates(own.len().saturating_sub(NAMED_MAX)));
        }
        log::write(txn, ctx, key, entries).await
    }
}
