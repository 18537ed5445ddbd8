//! The movements that a delivery may be about, and what becomes of them. Pure: the caller reads them and writes them.
//!
//! A delivery may tell the same movement several times; each telling is about the row as the one before left it.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use super::Counts;
use super::identity::{Identified, Label, identify};
use super::log::LogEntry;
use super::plan::{Arrival, Decision, Identity, NewMovement};
use crate::domain::id::MovementId;
use crate::domain::movement::{Delivered, ImportChannel, MovementStatus};
use crate::entities::account_movement::Model;
use crate::error::Error;
use crate::importers::Ordinal;
use crate::importers::fingerprint::{self, LineKey};

/// So many days after its announcement a booking is still taken for it.
pub const ANNOUNCED_DAYS: u64 = 14;

#[derive(Debug, Default)]
pub struct Book {
    entries: Vec<Entry>,
    by_row: HashMap<MovementId, usize>,
    by_id: HashMap<String, usize>,
    /// Of each core, in the order of their numbers.
    cores: HashMap<String, Vec<Member>>,
    places: HashMap<Ordinal, MovementId>,
    /// Entries that have, or had, the amount.
    by_amount: HashMap<i64, Vec<usize>>,
}

#[derive(Debug)]
struct Entry {
    before: Option<Model>,
    now: Model,
}

/// A movement of a core, by its number there.
#[derive(Debug, Clone, Copy)]
struct Member {
    n: u64,
    entry: usize,
    /// The number is that of the announced line that the booking has taken the place of.
    announced: bool,
}

/// What a delivered movement turns out to be, with the id that the account has for it if it is new.
enum Found {
    Known(usize),
    /// A booking whose announcement is there.
    Announced(usize, String),
    /// An announcement whose booking is there.
    Booked(usize, String),
    New(String),
}

/// What a delivery has made of the book.
#[derive(Debug, Default)]
pub struct Outcome {
    pub created: Vec<Model>,
    /// Before and after.
    pub updated: Vec<(Model, Model)>,
}

/// The core and the number of an id that was made from content.
fn core_and_number(id: &str) -> Option<(&str, u64)> {
    let (core, n) = id.rsplit_once('-')?;
    core.starts_with("v2-").then_some((core, n.parse().ok()?))
}

impl Book {
    /// Takes in a row that is there. Knowing it already does nothing.
    pub fn know(&mut self, row: Model) {
        if !self.by_row.contains_key(&row.id) {
            self.add(Entry { before: Some(row.clone()), now: row });
        }
    }

    /// Whether the core has a movement, or an announced line, of this number.
    pub fn has(&self, core: &str, n: u64) -> bool {
        self.cores.get(core).is_some_and(|members| members.binary_search_by_key(&n, |member| member.n).is_ok())
    }

    fn add(&mut self, entry: Entry) -> usize {
        let place = self.entries.len();
        self.by_row.insert(entry.now.id, place);
        self.by_amount.entry(entry.now.amount_minor).or_default().push(place);
        self.index(place, &entry.now.transaction_id, false);
        if let Some(id) = &entry.now.prenoted_id {
            self.index(place, id, true);
        }
        self.entries.push(entry);
        place
    }

    fn index(&mut self, entry: usize, id: &str, announced: bool) {
        if !announced {
            self.by_id.insert(id.to_owned(), entry);
        }
        if let Some((core, n)) = core_and_number(id) {
            let members = self.cores.entry(core.to_owned()).or_default();
            let place = members.partition_point(|member| member.n <= n);
            members.insert(place, Member { n, entry, announced });
        }
    }

    /// Decides about a delivered movement; `id` is used if it is new.
    ///
    /// # Errors
    /// As [`Arrival::decide`].
    pub fn take(
        &mut self,
        arrival: &Arrival<'_>,
        new: &NewMovement,
        id: MovementId,
    ) -> Result<(Counts, Option<LogEntry>), Error> {
        let (known, own_id) = match self.find(arrival, new) {
            Found::Booked(entry, own_id) => {
                self.note_announcement(entry, own_id);
                return Ok((Decision::Unchanged.counts(self.row(Some(entry))), None));
            }
            Found::Known(entry) => (Some(entry), None),
            Found::Announced(entry, own_id) => (Some(entry), Some(own_id)),
            Found::New(own_id) => (None, Some(own_id)),
        };
        let announced = self.row(known).is_some_and(|row| row.status == MovementStatus::InProgress);
        let created = known.is_none();
        let decision = arrival.decide(new, self.row(known), (id, own_id.clone().unwrap_or_default()))?;
        let counts = decision.counts(self.row(known));
        let entry = match decision {
            Decision::Create(mut row) => {
                row.parent_movement_id = new.fee_of.and_then(|line| self.places.get(&line).copied());
                Some(self.add(Entry { before: None, now: *row }))
            }
            Decision::Update { after } => {
                known.into_iter().for_each(|entry| self.replace(entry, (*after).clone(), own_id.as_deref()));
                known
            }
            Decision::Unchanged => known,
            Decision::Discard => None,
            Decision::Refuse(entry) => return Ok((counts, Some(entry))),
        };
        if let Some(entry) = entry.and_then(|entry| self.entries.get_mut(entry)) {
            let booked = entry.now.status == MovementStatus::Completed;
            tell_label(entry, new, created || (announced && booked));
            self.places.extend(new.place.map(|place| (place, entry.now.id)));
        }
        Ok((counts, None))
    }

    fn row(&self, entry: Option<usize>) -> Option<&Model> {
        self.entries.get(entry?).map(|entry| &entry.now)
    }

    fn find(&self, arrival: &Arrival<'_>, new: &NewMovement) -> Found {
        let key = match &new.identity {
            Identity::Given(id) => {
                return self.by_id.get(id).map_or_else(|| Found::New(id.clone()), |entry| Found::Known(*entry));
            }
            Identity::Content(key) => key,
        };
        if let Some(entry) = key.v1.as_ref().and_then(|id| self.by_id.get(id)) {
            return Found::Known(*entry);
        }
        // A booking has nothing to do with lines that were announced for its day and booked on another.
        let pending = new.delivered == Delivered::Pending;
        let of_core = self.cores.get(&key.core).into_iter().flatten().filter(|member| pending || !member.announced);
        let mut members: Vec<Member> = of_core.copied().collect();
        // What is booked comes first: a file that is about booked movements must not book an announced one instead.
        members.sort_by_key(|member| (!pending && self.is_announced(member.entry), member.n, member.announced));
        let known = match identify(&self.labels(&members, new, key), key) {
            Identified::Known(place) => members.get(place).map(|member| member.entry),
            Identified::New => self.twin(&members, new, key),
        };
        if let Some(entry) = known {
            return Found::Known(entry);
        }
        let id = key.id(members.iter().map(|member| member.n).max().unwrap_or(0).saturating_add(1));
        match (self.counterpart(arrival, new, key), pending) {
            (Some(entry), true) => Found::Booked(entry, id),
            (Some(entry), false) => Found::Announced(entry, id),
            (None, _) => Found::New(id),
        }
    }

    fn is_announced(&self, entry: usize) -> bool {
        self.row(Some(entry)).is_some_and(|row| row.status == MovementStatus::InProgress)
    }

    /// For a booking, an announcement without an id may get any, and is the last that a file without ids is about.
    fn labels(&self, members: &[Member], new: &NewMovement, key: &LineKey) -> Vec<Label> {
        let label = |member: &Member| {
            let Some(row) = self.row(Some(member.entry)) else { return Label::Open };
            let announced = new.delivered == Delivered::Final && row.status == MovementStatus::InProgress;
            let open = if announced { key.labelled_file && label_of(row).is_none() } else { row.end_to_end_open };
            if open { Label::Open } else { Label::Told(label_of(row)) }
        };
        members.iter().map(label).collect()
    }

    /// The announcement or the booking of a line that says all but the end-to-end id the same, which only one of them names.
    fn twin(&self, members: &[Member], new: &NewMovement, key: &LineKey) -> Option<usize> {
        let wanted = counterpart_status(new.delivered).filter(|_| key.labelled_file)?;
        let one_names_it = |row: &Model| label_of(row).is_some() != key.label.is_some();
        let fits = |row: &Model| row.status == wanted && one_names_it(row);
        members.iter().find(|member| self.row(Some(member.entry)).is_some_and(fits)).map(|member| member.entry)
    }

    /// The announcement of a booking that is new, or the booking of an announcement that comes late (feature 27): same
    /// amount, counterparty and, if so set, purpose; of several the one with the same end-to-end id, then the nearest in
    /// time, then the first. Lines of its own core are found by their number and are none.
    fn counterpart(&self, arrival: &Arrival<'_>, new: &NewMovement, key: &LineKey) -> Option<usize> {
        let wanted = counterpart_status(new.delivered)?;
        let announcing = new.delivered == Delivered::Pending;
        let fits = |place: usize| {
            let row = self.row(Some(place))?;
            let number = core_and_number(&row.transaction_id);
            let (announced, booked) =
                if announcing { (new.booking_date, row.booking_date) } else { (row.booking_date, new.booking_date) };
            let fits = row.status == wanted
                && row.prenoted_id.is_none()
                && number.is_none_or(|(known, _)| known != key.core)
                && row.import_channel != ImportChannel::Provider
                && (row.amount_minor, row.currency) == (new.amount.minor(), new.amount.currency())
                && within(announced, booked)
                && same_text(
                    row.counterparty_name.as_deref(),
                    new.counterparty_name.as_deref(),
                    fingerprint::fold_name,
                )
                && (!arrival.match_purpose
                    || same_text(row.purpose.as_deref(), new.purpose.as_deref(), fingerprint::fold_purpose));
            let apart = booked.signed_duration_since(announced);
            fits.then(|| (label_of(row) != key.label, apart, number.map(|(_, n)| n), row.id, place))
        };
        let of_amount = self.by_amount.get(&new.amount.minor()).into_iter().flatten();
        of_amount.filter_map(|place| fits(*place)).min().map(|(.., place)| place)
    }

    fn note_announcement(&mut self, entry: usize, id: String) {
        self.index(entry, &id, true);
        if let Some(entry) = self.entries.get_mut(entry) {
            entry.now.prenoted_id = Some(id);
        }
    }

    /// Puts a row's next state in place; a booking that takes the place of its announcement brings its own id.
    fn replace(&mut self, place: usize, mut after: Model, own_id: Option<&str>) {
        if let Some(own_id) = own_id {
            let announced = std::mem::replace(&mut after.transaction_id, own_id.to_owned());
            self.by_id.remove(&announced);
            if let Some((core, n)) = core_and_number(&announced) {
                let members = self.cores.entry(core.to_owned()).or_default();
                let own = members.iter_mut().filter(|member| member.n == n && member.entry == place);
                own.for_each(|member| member.announced = true);
            }
            self.index(place, own_id, false);
            after.prenoted_id = Some(announced);
        }
        let Some(entry) = self.entries.get_mut(place) else { return };
        if entry.now.amount_minor != after.amount_minor {
            self.by_amount.entry(after.amount_minor).or_default().push(place);
        }
        entry.now = after;
    }

    /// What is to be written.
    pub fn close(self) -> Outcome {
        let mut outcome = Outcome::default();
        for Entry { before, now } in self.entries {
            match before {
                None => outcome.created.push(now),
                Some(before) if before != now => outcome.updated.push((before, now)),
                Some(_) => {}
            }
        }
        outcome
    }
}

/// A movement is open when the file that first has it, or first has it booked, names no end-to-end ids, and closed by the
/// first that does. An announcement without an id closes nothing: its booking may have one.
fn tell_label(entry: &mut Entry, new: &NewMovement, first: bool) {
    let Identity::Content(key) = &new.identity else { return };
    let tells = new.delivered != Delivered::Pending || key.label.is_some();
    if !key.labelled_file {
        if first {
            entry.now.end_to_end_open = entry.now.end_to_end_id.is_none();
        }
    } else if entry.now.end_to_end_open && tells {
        entry.now.end_to_end_open = false;
        entry.now.end_to_end_id.clone_from(&new.end_to_end_id);
    }
}

fn label_of(row: &Model) -> Option<String> {
    row.end_to_end_id.as_deref().and_then(fingerprint::label)
}

/// What the other one of an announcement and its booking is.
const fn counterpart_status(delivered: Delivered) -> Option<MovementStatus> {
    match delivered {
        Delivered::Pending => Some(MovementStatus::Completed),
        Delivered::Final => Some(MovementStatus::InProgress),
        Delivered::Expired => None,
    }
}

fn within(announced: NaiveDate, booked: NaiveDate) -> bool {
    let last = announced.checked_add_days(Days::new(ANNOUNCED_DAYS)).unwrap_or(announced);
    announced <= booked && booked <= last
}

fn same_text(one: Option<&str>, other: Option<&str>, fold: fn(&str) -> String) -> bool {
    fold(one.unwrap_or_default()) == fold(other.unwrap_or_default())
}

#[cfg(test)]
mod announced_tests;
#[cfg(test)]
mod tests;
