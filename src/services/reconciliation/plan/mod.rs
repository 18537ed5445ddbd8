//! What does a delivery change? Pure: known rows and delivered movements in, decisions out.
//!
//! A completed movement never changes, an announced one becomes completed or failed in place, keeping its id, its
//! hidden flag and its comment (domain.md SM2, features 25 and 26).

use chrono::NaiveDate;

use super::log::LogEntry;
use super::{Counts, texts};
use crate::domain::id::{FileId, MovementId, RunId};
use crate::domain::money::Money;
use crate::domain::movement::{BookingType, Delivered, ImportChannel, MovementStatus, next_status};
use crate::domain::text::fold;
use crate::entities::account_movement::Model;
use crate::entities::payment_account;
use crate::error::Error;
use crate::importers::fingerprint::LineKey;
use crate::importers::{Ordinal, Span};

/// A movement as a statement line or a feed item tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMovement {
    pub identity: Identity,
    pub booking_date: NaiveDate,
    pub value_date: Option<NaiveDate>,
    /// Signed: negative left the account.
    pub amount: Money,
    pub booking_type: BookingType,
    pub delivered: Delivered,
    pub status_text: Option<String>,
    pub counterparty_name: Option<String>,
    pub counterparty_iban: Option<String>,
    pub counterparty_bic: Option<String>,
    pub purpose: Option<String>,
    pub reference: Option<String>,
    pub end_to_end_id: Option<String>,
    pub mandate_id: Option<String>,
    pub related_transaction_id: Option<String>,
    pub channel: ImportChannel,
    /// Line in the statement file, for people.
    pub source_line: Option<i64>,
    pub purpose_raw: Option<String>,
    pub bank_reference: Option<String>,
    pub transaction_code: Option<String>,
    pub source: Option<Source>,
    /// Its place in its file, and that of the line whose charges it is.
    pub place: Option<Ordinal>,
    pub fee_of: Option<Ordinal>,
    /// The file inside an archive.
    pub file_part: Option<String>,
}

/// What a movement is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// The provider's id for it.
    Given(String),
    /// Its content, as files have no ids.
    Content(LineKey),
}

/// The piece of a file that a movement was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    pub file: FileId,
    pub span: Option<Span>,
}

/// Which version of the readers in `importers` reads. A change after which they read something else of the same file
/// raises it.
pub const READER_VERSION: i32 = 1;

/// What is to be done about one delivered movement.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    Create(Box<Model>),
    Update { after: Box<Model> },
    Unchanged,
    Discard,
    Refuse(LogEntry),
}

/// Where and when movements arrive.
pub struct Arrival<'a> {
    pub account: &'a payment_account::Model,
    pub run: RunId,
    /// Whether the purposes of an announced line and its booking must be the same (feature 27).
    pub match_purpose: bool,
    pub now: chrono::DateTime<chrono::Utc>,
}

impl Arrival<'_> {
    /// Decides about one movement; the ids, ours and the account's, are used if it is new.
    ///
    /// # Errors
    /// When the amount is the one number that has no absolute value.
    pub fn decide(
        &self,
        new: &NewMovement,
        known: Option<&Model>,
        ids: (MovementId, String),
    ) -> Result<Decision, Error> {
        let announced = known.is_some_and(|known| known.status == MovementStatus::InProgress);
        // What was announced before the cutoff date was set must not stay announced forever.
        let before_cutoff = !announced && self.account.cutoff_date.is_some_and(|cutoff| new.booking_date <= cutoff);
        if new.amount.is_zero() || before_cutoff {
            return Ok(Decision::Discard);
        }
        if new.amount.currency() != self.account.currency {
            let refusal = texts::other_currency(new.source_line, self.account.currency, new.amount.currency());
            return Ok(refused(new, refusal));
        }
        match known {
            None => self.create(new, ids),
            Some(known) => change(new, known),
        }
    }

    fn create(&self, new: &NewMovement, (id, transaction_id): (MovementId, String)) -> Result<Decision, Error> {
        let Some(status) = next_status(None, new.delivered) else { return Ok(Decision::Unchanged) };
        let blank = Model {
            id,
            account_id: self.account.id,
            transaction_id,
            booking_date: new.booking_date,
            value_date: None,
            amount_minor: 0,
            free_minor: 0,
            currency: self.account.currency,
            booking_type: new.booking_type,
            status,
            status_text: None,
            counterparty_name: None,
            counterparty_iban: None,
            counterparty_bic: None,
            purpose: None,
            reference: None,
            end_to_end_id: None,
            mandate_id: None,
            related_transaction_id: None,
            parent_movement_id: None,
            internal_comment: None,
            hidden: false,
            import_channel: new.channel,
            returnable: false,
            counterparty_fold: String::new(),
            purpose_fold: String::new(),
            run_id: Some(self.run),
            source_line: new.source_line,
            purpose_raw: None,
            bank_reference: None,
            transaction_code: None,
            file_id: None,
            file_part: new.file_part.clone(),
            file_offset: None,
            file_length: None,
            reader_version: None,
            end_to_end_open: false,
            prenoted_id: None,
            possible_duplicate: false,
            version: 1,
            created_at: self.now,
        };
        Ok(Decision::Create(Box::new(told(&blank, new, status)?)))
    }
}

fn refused(new: &NewMovement, entry: LogEntry) -> Decision {
    Decision::Refuse(LogEntry { file: new.file_part.clone(), ..entry })
}

fn change(new: &NewMovement, known: &Model) -> Result<Decision, Error> {
    let fee = |kind: BookingType| kind == BookingType::Fee;
    // Formats may name one booking differently; what is booked stays what it was first taken for.
    let booked = known.status == MovementStatus::Completed;
    let other_kind = !booked && fee(known.booking_type) != fee(new.booking_type);
    let other_money = known.amount_minor != new.amount.minor() || other_kind;
    let untouched = fee(known.booking_type) || known.free_minor.unsigned_abs() == known.amount_minor.unsigned_abs();
    if other_money && !untouched {
        return Ok(refused(new, texts::movement_assigned(new.source_line)));
    }
    if other_money && booked {
        return Ok(refused(new, texts::movement_booked(new.source_line)));
    }
    let status = match (next_status(Some(known.status), new.delivered), known.status) {
        (Some(next), _) => next,
        (None, MovementStatus::InProgress) => MovementStatus::InProgress,
        (None, MovementStatus::Completed | MovementStatus::Aborted | MovementStatus::Failed) => {
            return Ok(Decision::Unchanged);
        }
    };
    let after = told(known, new, status)?;
    if same_but_for_source(&after, known) {
        return Ok(Decision::Unchanged);
    }
    Ok(Decision::Update { after: Box::new(after) })
}

/// Whether nothing is new but the file that tells it.
fn same_but_for_source(after: &Model, known: &Model) -> bool {
    let as_known = Model {
        source_line: known.source_line,
        file_id: known.file_id,
        file_part: known.file_part.clone(),
        file_offset: known.file_offset,
        file_length: known.file_length,
        reader_version: known.reader_version,
        ..after.clone()
    };
    as_known == *known
}

/// The row with everything the delivery tells; what people did to it stays. A provider tells all there is, while a file may
/// say less than the one that announced the movement: what only that one knew stays too.
pub(super) fn told(row: &Model, new: &NewMovement, status: MovementStatus) -> Result<Model, Error> {
    let span = new.source.and_then(|source| source.span);
    let same_money = row.amount_minor == new.amount.minor() && row.booking_type != BookingType::Fee;
    let free = match new.booking_type {
        BookingType::Fee => 0,
        _ if same_money => row.free_minor,
        _ => new.amount.checked_abs()?.minor(),
    };
    let (by_file, names_ids) = match &new.identity {
        Identity::Given(_) => (false, true),
        Identity::Content(key) => (true, key.labelled_file),
    };
    let or_known =
        |told: &Option<String>, known: &Option<String>| told.clone().or_else(|| known.clone().filter(|_| by_file));
    let end_to_end_id = new.end_to_end_id.clone().or_else(|| row.end_to_end_id.clone().filter(|_| !names_ids));
    Ok(Model {
        booking_date: new.booking_date,
        value_date: new.value_date,
        amount_minor: new.amount.minor(),
        free_minor: free,
        booking_type: new.booking_type,
        status,
        status_text: new.status_text.clone(),
        counterparty_name: new.counterparty_name.clone(),
        counterparty_iban: or_known(&new.counterparty_iban, &row.counterparty_iban),
        counterparty_bic: or_known(&new.counterparty_bic, &row.counterparty_bic),
        purpose: new.purpose.clone(),
        reference: or_known(&new.reference, &row.reference),
        end_to_end_id,
        mandate_id: or_known(&new.mandate_id, &row.mandate_id),
        related_transaction_id: new.related_transaction_id.clone(),
        returnable: row.import_channel == ImportChannel::Provider && new.amount.is_positive(),
        counterparty_fold: fold(new.counterparty_name.as_deref().unwrap_or_default()),
        purpose_fold: fold(new.purpose.as_deref().unwrap_or_default()),
        source_line: new.source_line,
        purpose_raw: new.purpose_raw.clone(),
        bank_reference: new.bank_reference.clone(),
        transaction_code: new.transaction_code.clone(),
        file_id: new.source.map(|source| source.file),
        file_part: new.file_part.clone(),
        file_offset: span.and_then(|span| i64::try_from(span.offset).ok()),
        file_length: span.and_then(|span| i64::try_from(span.length).ok()),
        reader_version: new.source.map(|_| READER_VERSION),
        ..row.clone()
    })
}

impl Decision {
    /// How the decision counts; `known` is the row before it.
    pub fn counts(&self, known: Option<&Model>) -> Counts {
        let hidden = known.is_some_and(|known| known.hidden);
        let one = Counts { read: 1, ..Counts::default() };
        match self {
            Self::Create(_) => Counts { created: 1, ..one },
            Self::Refuse(_) => Counts { failed: 1, ..one },
            Self::Discard => Counts { discarded: 1, ..one },
            Self::Update { .. } | Self::Unchanged if hidden => Counts { hidden: 1, ..one },
            Self::Update { .. } => Counts { updated: 1, ..one },
            Self::Unchanged => Counts { unchanged: 1, ..one },
        }
    }
}

#[cfg(test)]
mod tests;
