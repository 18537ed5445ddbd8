//! What a movement was read from, and reading it again: a later version of the readers may find more in the same bytes.
//!
//! Reading again changes texts and references alone. Money, days, kind, end-to-end id and identity stay as they were booked, and
//! so does everything that people did; a line that reads as other money is left alone and counted.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::lines::{new_movement, without_cards};
use super::plan::{NewMovement, READER_VERSION, told};
use super::reading::{self, Reading, Source};
use super::store;
use crate::db::Db;
use crate::domain::id::{AccountId, FileId, MovementId};
use crate::domain::movement::{BookingType, ImportChannel};
use crate::entities::account_movement::{Column, Entity, Model};
use crate::error::Error;
use crate::importers::fingerprint::Fingerprints;
use crate::importers::{Format, Span, StatementEvent};
use crate::services::{accounts, movements, statement_profiles};
use crate::views::movements::MovementText;

/// Lines that are compared in one transaction.
const BATCH: usize = 1_000;

/// The text a movement was read from.
///
/// # Errors
/// `not_found`; `unavailable` when the database is.
pub async fn text(db: &Db, id: MovementId) -> Result<MovementText, Error> {
    let row = movements::load(db.reader(), id).await?;
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let span = number(row.file_offset).zip(number(row.file_length)).map(|(offset, length)| Span { offset, length });
    let text = match row.file_id.zip(span) {
        Some((file, span)) => {
            let source = source(db, row.account_id, file).await?;
            reading::excerpt(db, &source, row.file_part.clone(), span).await?.map(without_cards)
        }
        None => None,
    };
    let reader_version = row.reader_version;
    Ok(MovementText { source: movements::source(db.reader(), &row).await?, text, reader_version })
}

async fn source(db: &Db, account: AccountId, file: FileId) -> Result<Source, Error> {
    let account = accounts::load(db.reader(), account).await?;
    let csv = statement_profiles::reader(db.reader(), Some(&account)).await?;
    Source::of(db, file, csv).await
}

/// What reading again has come to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Reread {
    pub files: u64,
    /// Files that the readers refuse now.
    pub refused: u64,
    pub movements: u64,
    /// Movements of which something is new.
    pub changed: u64,
    /// Lines that read as other money or another day now: left as they are.
    pub differing: u64,
}

/// Reads every file again that an earlier version of the readers read.
///
/// # Errors
/// `unavailable` when the database is; what was done stays done, and again goes on.
pub async fn all(db: &Db) -> Result<Reread, Error> {
    let mut done = Reread::default();
    let old = Entity::find()
        .select_only()
        .columns([Column::FileId, Column::AccountId])
        .distinct()
        .filter(Column::FileId.is_not_null())
        .filter(Column::ReaderVersion.lt(READER_VERSION))
        .order_by_asc(Column::FileId);
    let files: Vec<(FileId, AccountId)> = old.into_tuple().all(db.reader()).await?;
    for (file, account) in files {
        file_again(db, source(db, account, file).await?, &mut done).await?;
    }
    Ok(done)
}

async fn file_again(db: &Db, source: Source, done: &mut Reread) -> Result<(), Error> {
    let mut reading = Reading::start(db, &source);
    let mut channel = source.format().map_or(ImportChannel::Camt, Format::channel);
    let (mut part, mut lines) = (None, Vec::new());
    while let Some(events) = reading.next().await {
        for event in events {
            match event {
                StatementEvent::Part(next) => {
                    channel = next.format.map_or(channel, Format::channel);
                    part = Some(next.name);
                }
                StatementEvent::Line(line) => {
                    // Charges are compared together with the line they are of.
                    if lines.len() >= BATCH && line.fee_of.is_none() {
                        compare(db, source.file, std::mem::take(&mut lines), done).await?;
                    }
                    let row = new_movement(*line, (source.file, channel), &mut Fingerprints::new(false));
                    lines.push(NewMovement { file_part: part.clone(), ..row });
                }
                StatementEvent::Statement(_) | StatementEvent::Issue(_) | StatementEvent::StatementEnd(_) => {}
            }
        }
    }
    compare(db, source.file, lines, done).await?;
    done.files = done.files.saturating_add(1);
    done.refused = done.refused.saturating_add(u64::from(reading.end().await?.is_err()));
    Ok(())
}

/// The place of a line. Charges stand where the line stands that they are of.
type Place = (Option<String>, Option<i64>);

/// Of the lines of a place the one that a movement was read from: the one of its money, else the one of its kind.
fn line_of<'l>(row: &Model, lines: &[&'l NewMovement]) -> Option<&'l NewMovement> {
    let is_fee = |kind: BookingType| kind == BookingType::Fee;
    let same_kind = |line: &&&NewMovement| is_fee(line.booking_type) == is_fee(row.booking_type);
    let same_money = |line: &&&NewMovement| line.amount.minor() == row.amount_minor;
    let of_kind = || lines.iter().filter(same_kind);
    of_kind().find(same_money).or_else(|| of_kind().next()).or_else(|| lines.first()).copied()
}

async fn compare(db: &Db, file: FileId, lines: Vec<NewMovement>, done: &mut Reread) -> Result<(), Error> {
    let counted = db.write(async |txn| compare_in(txn, file, &lines).await).await?;
    done.movements = done.movements.saturating_add(counted.movements);
    done.changed = done.changed.saturating_add(counted.changed);
    done.differing = done.differing.saturating_add(counted.differing);
    Ok(())
}

async fn compare_in(txn: &DatabaseTransaction, file: FileId, lines: &[NewMovement]) -> Result<Reread, Error> {
    let mut counted = Reread::default();
    let offset = |line: &NewMovement| {
        line.source.and_then(|source| source.span).and_then(|span| i64::try_from(span.offset).ok())
    };
    let mut by_place: HashMap<Place, Vec<&NewMovement>> = HashMap::new();
    for line in lines {
        by_place.entry((line.file_part.clone(), offset(line))).or_default().push(line);
    }
    let which = Condition::all()
        .add(Column::FileId.eq(file))
        .add(Column::FileOffset.is_in(lines.iter().filter_map(offset)))
        .add(Column::ReaderVersion.lt(READER_VERSION));
    for row in Entity::find().filter(which).all(txn).await? {
        let there = by_place.get(&(row.file_part.clone(), row.file_offset));
        let Some(line) = there.and_then(|lines| line_of(&row, lines)) else { continue };
        counted.movements = counted.movements.saturating_add(1);
        let after = as_read_now(&row, line)?;
        let differs = money(&after) != money(&row);
        let after = if differs { row.clone() } else { after };
        counted.differing = counted.differing.saturating_add(u64::from(differs));
        let same_version = Model { reader_version: row.reader_version, ..after.clone() };
        counted.changed = counted.changed.saturating_add(u64::from(same_version != row));
        store::update(txn, &row, &Model { reader_version: Some(READER_VERSION), ..after }).await?;
    }
    Ok(counted)
}

/// The row as the readers of today read it; what identity rests upon stays, and so does the value date.
fn as_read_now(row: &Model, line: &NewMovement) -> Result<Model, Error> {
    let now = told(row, line, row.status)?;
    Ok(Model { end_to_end_id: row.end_to_end_id.clone(), value_date: row.value_date, ..now })
}

fn money(row: &Model) -> (chrono::NaiveDate, i64, i64, BookingType) {
    (row.booking_date, row.amount_minor, row.free_minor, row.booking_type)
}
