//! Which profile does a file have, and where does its header stand?
//!
//! Only the beginning is looked at. A profile fits when all columns it needs are in one row; those meant for the account
//! are tried before other people's, those before the built-in ones, and of several the one that knows most of the
//! header wins. None, or two that are equally near, refuse the file and say what was found. Nobody is asked and
//! nothing is guessed: an order of days or a style of numbers that the file leaves open refuses it too.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Cursor;

use super::super::values::excerpt;
use super::super::{ImportError, Refusal};
use super::profile::{DateOrder, Encoding, Field, NumberStyle, Origin, Place, Profile, Rules};
use super::rows::{Row, Rows};
use super::text::{Lines, at};
use super::unknown::refusal;
use super::values::{amount, date, fold, order_of, style_of};
use crate::domain::money::Currency;

/// Rows in front of a header. Banks put up to 13 there.
pub(super) const HEADER_AMONG: usize = 60;
pub(super) const DELIMITERS: [char; 4] = [';', ',', '\t', '|'];

/// How a file is read.
#[derive(Debug, Clone)]
pub(super) struct Found<'a> {
    pub(super) profile: &'a Profile,
    pub(super) columns: Binding,
    pub(super) delimiter: u8,
    pub(super) dates: DateOrder,
    pub(super) numbers: NumberStyle,
    pub(super) words: Words,
    /// Line of the header, or of the first booking where there is none.
    pub(super) line: u64,
}

/// The words of a profile, folded.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    pub(super) pending: Vec<String>,
    pub(super) ignored: Vec<String>,
    /// Word by word.
    pub(super) holds: Vec<Vec<String>>,
}

impl Words {
    fn of(rules: &Rules) -> Self {
        let folded = |words: &[String]| words.iter().map(|word| fold(word)).collect();
        let holds = rules.holds.iter().map(|hold| hold.split_whitespace().map(fold).collect()).collect();
        Self { pending: folded(&rules.pending), ignored: folded(&rules.ignored), holds }
    }
}

/// Where the fields of a profile stand in this file, from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Binding {
    places: HashMap<Field, Vec<usize>>,
    /// The header; empty when there is none.
    pub(super) header: Vec<String>,
}

impl Binding {
    pub(super) fn place(&self, field: Field) -> Option<usize> {
        self.places.get(&field)?.first().copied()
    }

    /// The text of a field; empty when the file has no such column.
    pub(super) fn text<'r>(&self, row: &'r Row, field: Field) -> &'r str {
        self.place(field).map_or("", |place| row.cell(place).trim())
    }

    pub(super) fn texts<'r>(&self, row: &'r Row, field: Field) -> impl Iterator<Item = &'r str> {
        let places = self.places.get(&field).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| row.cell(*place))
    }

    /// What the bank calls a field.
    pub(super) fn name(&self, field: Field) -> String {
        let place = self.place(field);
        let named = place.and_then(|place| self.header.get(place)).map(|name| excerpt(name.trim()));
        named.or_else(|| place.map(|place| format!("#{}", place.saturating_add(1)))).unwrap_or_default()
    }

    /// How many cells a row needs for all fields to be there.
    pub(super) fn reach(&self) -> usize {
        self.places.values().flatten().max().map_or(0, |place| place.saturating_add(1))
    }
}

/// A profile that fits, and how a file would be read with it.
struct Candidate<'a> {
    profile: &'a Profile,
    /// The lower the better: whose it is, and how much of the header it does not know.
    rank: (Origin, usize),
    line: u64,
    /// What the file leaves open counts only where no better profile fits.
    found: Result<Found<'a>, Refusal>,
}

/// The profile of a file that begins with `head`; `currency` is the account's.
pub(super) fn recognise<'a>(
    (head, whole): (&[u8], bool),
    profiles: &'a [Profile],
    currency: Currency,
) -> Result<Found<'a>, ImportError> {
    let mut looks = Looks::new();
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    for profile in profiles {
        let rules = &profile.rules;
        for delimiter in DELIMITERS.iter().copied().filter(|one| rules.delimiter.is_none_or(|own| own == *one)) {
            let look = looks
                .entry((rules.encoding, delimiter))
                .or_insert_with(|| look((head, whole), rules.encoding, delimiter));
            candidates.extend(candidate(profile, delimiter, &look.rows, currency));
        }
    }
    let Some(best) = candidates.iter().map(|candidate| candidate.rank).min() else {
        return Err(refusal((head, whole), profiles, looks));
    };
    candidates.retain(|candidate| candidate.rank == best);
    let keys: HashSet<&str> = candidates.iter().map(|candidate| candidate.profile.key.as_str()).collect();
    if keys.len() > 1 {
        let names: Vec<&str> = candidates.iter().map(|candidate| candidate.profile.name.as_str()).collect();
        let line = candidates.first().map_or(1, |candidate| candidate.line);
        return Err(at(line, Refusal::AmbiguousProfile(names.join(", "))));
    }
    match candidates.pop() {
        Some(Candidate { found, line, .. }) => found.map_err(|reason| at(line, reason)),
        None => Err(at(1, Refusal::UnknownProfile { header: None, nearest: None })),
    }
}

fn candidate<'a>(profile: &'a Profile, delimiter: char, rows: &[Row], currency: Currency) -> Option<Candidate<'a>> {
    let rules = &profile.rules;
    let (place, columns) = find(rules, rows, currency)?;
    let rank = (profile.origin, unknown_cells(rules, &columns));
    let line = rows.get(place).map_or(1, |row| row.line);
    let behind = rows.get(place.saturating_add(usize::from(rules.has_header()))..).unwrap_or_default();
    let found = match (dates(rules, &columns, behind), numbers(rules, &columns, behind)) {
        (None, _) => Err(Refusal::AmbiguousDates),
        (_, None) => Err(Refusal::AmbiguousNumbers),
        (Some(dates), Some(numbers)) => {
            let delimiter = u8::try_from(delimiter).unwrap_or(b';');
            Ok(Found { profile, columns, delimiter, dates, numbers, words: Words::of(rules), line })
        }
    };
    Some(Candidate { profile, rank, line, found })
}

/// The beginning of a file, read in one way.
#[derive(Default)]
pub(super) struct Look {
    pub(super) rows: Vec<Row>,
    /// Why there are no more rows. Behind a header that is known it is for the reading to refuse.
    pub(super) broken: Option<ImportError>,
}

pub(super) type Looks = BTreeMap<(Option<Encoding>, char), Look>;

/// The first rows of a file, as far as the head holds them whole.
pub(super) fn look((head, whole): (&[u8], bool), encoding: Option<Encoding>, delimiter: char) -> Look {
    let delimiter = u8::try_from(delimiter).unwrap_or(b';');
    // What the head cuts off is no fault of the file.
    let end = head.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).filter(|_| !whole).unwrap_or(head.len());
    let mut found = Look::default();
    let lines = match Lines::new(Cursor::new(head.get(..end).unwrap_or_default()), encoding) {
        Ok(lines) => lines,
        Err(error) => return Look { broken: Some(error), ..found },
    };
    let mut rows = Rows::new(lines, delimiter);
    loop {
        match rows.next() {
            Ok(Some(row)) => found.rows.push(row),
            Ok(None) => return found,
            Err(error) => return Look { broken: Some(error), ..found },
        }
    }
}

/// The row where a profile fits, and its columns.
fn find(rules: &Rules, rows: &[Row], currency: Currency) -> Option<(usize, Binding)> {
    if !rules.has_header() {
        let (place, row) = rows.iter().enumerate().find(|(_, row)| Some(row.line) == rules.first_row)?;
        let columns = bind(rules, row).ok()?;
        let dated = date(columns.text(row, Field::BookingDate), rules.dates).is_some();
        let money = [Field::Amount, Field::Debit, Field::Credit].map(|field| columns.text(row, field));
        let paid = money.iter().any(|text| amount(text, rules.numbers, rules.currency.unwrap_or(currency)).is_ok());
        return (dated && paid && row.width() >= columns.reach())
            .then_some((place, Binding { header: Vec::new(), ..columns }));
    }
    let before_first = |place: usize| match rules.first_row {
        Some(first) => {
            rows.get(place.saturating_add(1)).is_none_or(|next| next.line == first)
                && rows.get(place).is_some_and(|row| row.line < first)
        }
        None => true,
    };
    let mut places = rows.iter().enumerate().take(HEADER_AMONG).filter(|(place, _)| before_first(*place));
    places.find_map(|(place, row)| Some((place, bind(rules, row).ok()?)))
}

/// Finds the columns of a profile in a row, or names those that are missing.
pub(super) fn bind(rules: &Rules, header: &Row) -> Result<Binding, Vec<String>> {
    let folded: Vec<String> = header.cells.iter().map(|cell| fold(cell)).collect();
    let mut binding = Binding { header: header.cells.clone(), ..Binding::default() };
    let mut missing = Vec::new();
    for column in &rules.columns {
        let mut found = column.names.iter().filter_map(|name| place(name, &folded, &binding, column.field)).peekable();
        if found.peek().is_none() && column.needed {
            missing.extend(column.names.first().cloned());
        }
        let several = if column.field == Field::Purpose { usize::MAX } else { 1 };
        let places: Vec<usize> = found.take(several).collect();
        if !places.is_empty() {
            binding.places.entry(column.field).or_default().extend(places);
        }
    }
    if missing.is_empty() { Ok(binding) } else { Err(missing) }
}

fn place(name: &str, header: &[String], known: &Binding, field: Field) -> Option<usize> {
    let (name, which) = match Place::parse(name)? {
        Place::At(place) => return (place < header.len()).then_some(place),
        Place::Named(name, which) => (name, which),
    };
    let all: Vec<usize> =
        header.iter().enumerate().filter(|(_, cell)| **cell == name).map(|(place, _)| place).collect();
    // Of several columns "Währung" the one behind the amount is the amount's.
    let behind = known.place(Field::Amount).filter(|_| field == Field::Currency);
    match (which, behind) {
        (Some(which), _) => all.get(which.saturating_sub(1)).copied(),
        (None, Some(amount)) => all.iter().copied().find(|place| *place > amount).or_else(|| all.first().copied()),
        (None, None) => all.first().copied(),
    }
}

/// How many cells of a header a profile says nothing about.
fn unknown_cells(rules: &Rules, columns: &Binding) -> usize {
    let known: HashSet<String> = rules.known.iter().map(|name| fold(name)).collect();
    let bound: HashSet<usize> = columns.places.values().flatten().copied().collect();
    let said = columns.header.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty());
    said.filter(|(place, cell)| !bound.contains(place) && !known.contains(&fold(cell))).count()
}

fn dates(rules: &Rules, columns: &Binding, rows: &[Row]) -> Option<DateOrder> {
    if rules.dates != DateOrder::Detected {
        return Some(rules.dates);
    }
    let told = rows.iter().filter_map(|row| order_of(columns.text(row, Field::BookingDate)));
    only(told, rows.is_empty().then_some(DateOrder::YearMonthDay))
}

fn numbers(rules: &Rules, columns: &Binding, rows: &[Row]) -> Option<NumberStyle> {
    if rules.numbers != NumberStyle::Detected {
        return Some(rules.numbers);
    }
    let fields = [Field::Amount, Field::Debit, Field::Credit, Field::Fee, Field::Balance];
    let told = rows.iter().flat_map(|row| fields.map(|field| style_of(columns.text(row, field)))).flatten();
    only(told, rows.is_empty().then_some(NumberStyle::Point))
}

/// What all say; `otherwise` when nobody says anything.
fn only<T: PartialEq>(mut told: impl Iterator<Item = T>, otherwise: Option<T>) -> Option<T> {
    let Some(first) = told.next() else { return otherwise };
    told.all(|other| other == first).then_some(first)
}

/// Names have no digits; rows of bookings always have.
pub(super) fn is_header(row: &Row) -> bool {
    let said = row.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    said >= 3 && row.cells.iter().all(|cell| !cell.contains(|letter: char| letter.is_ascii_digit()) && cell.len() <= 80)
}

/// Whether a file may be one: text in rows of at least three cells, whatever they mean.
pub(super) fn looks_like(head: &[u8]) -> bool {
    let first =
        head.iter().find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0 | 0xef | 0xbb | 0xbf | 0xfe | 0xff));
    if first.is_none_or(|byte| matches!(byte, b'<' | b'{' | b'[' | b':' | b'%')) {
        return false;
    }
    // Mixed encodings are refused where they stand, by line; here it is enough that there are rows.
    let plain: Vec<u8> = head.iter().map(|byte| if byte.is_ascii() { *byte } else { b'?' }).collect();
    DELIMITERS.iter().any(|delimiter| {
        let Look { rows, broken, .. } = look((head, true), None, *delimiter);
        let unread = broken.is_some_and(|error| matches!(error.reason, Refusal::Characters(_)));
        let rows = if unread { look((&plain, true), None, *delimiter).rows } else { rows };
        let text = is_text(rows.iter().flat_map(|row| &row.cells));
        text && (have_a_width(&rows) || matches!(rows.as_slice(), [header] if is_header(header)))
    })
}

fn have_a_width(rows: &[Row]) -> bool {
    let widths: Vec<usize> = rows.iter().map(|row| row.cells.len()).filter(|width| *width >= 3).collect();
    widths.iter().any(|width| widths.iter().filter(|other| *other == width).count() >= 2)
}

/// Whether these are texts. A NUL here and there is damage, which is told; many are no text.
fn is_text<'a>(cells: impl Iterator<Item = &'a String>) -> bool {
    const LETTERS_OF_A_NUL: usize = 50;
    let (mut letters, mut nul_bytes, mut control) = (0_usize, 0_usize, false);
    for letter in cells.flat_map(|cell| cell.chars()) {
        letters = letters.saturating_add(1);
        nul_bytes = nul_bytes.saturating_add(usize::from(letter == '\0'));
        control |= letter.is_control() && !matches!(letter, '\0' | '\t' | '\n' | '\r');
    }
    !control && nul_bytes.saturating_mul(LETTERS_OF_A_NUL) <= letters
}
