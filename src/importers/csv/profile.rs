//! What says how a CSV file is read? A profile: what its columns mean and how its bank writes days and amounts.
//!
//! Plain data, the same for the profiles that come with the program and for those that people make. Which profile a
//! file has is decided in `recognise`; must never hold anything of a file itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::values::fold;
use crate::domain::money::Currency;
pub use crate::domain::statement_profile::{DateOrder, Encoding, Field, NumberStyle};

/// A way to read files, with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Stable: the word of a built-in profile, or the id of one that somebody made.
    pub key: String,
    pub name: String,
    pub origin: Origin,
    pub rules: Rules,
}

/// Whose profile it is: the more it is meant for an account, the earlier it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    Account,
    Own,
    BuiltIn,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// None: found out.
    pub encoding: Option<Encoding>,
    /// None: found out with the header.
    pub delimiter: Option<char>,
    /// Line of the first booking, from 1. None: the line after the header, which is looked for.
    pub first_row: Option<u64>,
    pub dates: DateOrder,
    pub numbers: NumberStyle,
    pub sign: SignRule,
    /// Of amounts without one; none: the account's.
    #[serde(with = "currency_code")]
    pub currency: Option<Currency>,
    pub columns: Vec<Column>,
    /// Further names of the bank's header, that it is known by but that say nothing we keep.
    pub known: Vec<String>,
    /// Words of the status column for bookings that are only announced.
    pub pending: Vec<String>,
    /// Words of the status column for rows that move no money.
    pub ignored: Vec<String>,
    /// Words of the transaction code for money that is held and given free again.
    pub holds: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            encoding: None,
            delimiter: None,
            first_row: None,
            dates: DateOrder::DayMonthYear,
            numbers: NumberStyle::Comma,
            sign: SignRule::Signed,
            currency: None,
            columns: Vec::new(),
            known: Vec::new(),
            pending: Vec::new(),
            ignored: Vec::new(),
            holds: Vec::new(),
        }
    }
}

/// What says whether money came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignRule {
    /// The amount has a sign.
    Signed,
    /// What went and what came stand in two columns.
    TwoColumns,
    /// The amount is positive, and a mark tells: in a column of its own, or behind the amount.
    Marked { debit: Vec<String>, credit: Vec<String> },
}

/// A column of the file. Its first name that the header has counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub field: Field,
    /// `Betrag`, `Währung#2` for the second of that name, `#7` for the seventh column.
    pub names: Vec<String>,
    /// Files without it are not of this profile.
    pub needed: bool,
}

/// Where a column is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// By name (folded), and which of that name, from 1.
    Named(String, Option<usize>),
    /// From 0.
    At(usize),
}

impl Place {
    /// None when a text names no place.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |digits: &str| digits.parse::<usize>().ok().filter(|number| (1..=1_000).contains(number));
        match text.rsplit_once('#') {
            Some(("", digits)) => number(digits).map(|number| Self::At(number.saturating_sub(1))),
            Some((name, digits)) if number(digits).is_some() => Some(Self::Named(fold(name), number(digits))),
            _ => Some(Self::Named(fold(text), None)).filter(|_| !fold(text).is_empty()),
        }
    }
}

impl Rules {
    /// Whether the file has a header; without one all columns are given by number.
    pub fn has_header(&self) -> bool {
        let named = |name: &String| matches!(Place::parse(name), Some(Place::Named(..)));
        self.columns.iter().flat_map(|column| &column.names).any(named)
    }
}

/// What a file is recognised by, whatever its cells mean.
#[derive(Debug, PartialEq, Eq)]
struct Marks {
    delimiter: Option<char>,
    first_row: Option<u64>,
    /// The columns that must be there, by their names.
    needed: BTreeSet<BTreeSet<String>>,
    /// All names that are known.
    known: BTreeSet<String>,
    /// Without a header the cells themselves are looked at.
    cells: Option<(DateOrder, NumberStyle)>,
}

impl Rules {
    /// Whether these rules fit exactly the files that others fit, so that nothing could tell which of them is meant.
    pub fn recognises_same(&self, other: &Self) -> bool {
        self.marks() == other.marks()
    }

    fn marks(&self) -> Marks {
        let names = |column: &Column| column.names.iter().map(|name| place_word(name)).collect();
        let named = self.columns.iter().flat_map(|column| &column.names).chain(&self.known);
        Marks {
            delimiter: self.delimiter,
            first_row: self.first_row,
            needed: self.columns.iter().filter(|column| column.needed).map(names).collect(),
            known: named.map(|name| place_word(name)).collect(),
            cells: (!self.has_header()).then_some((self.dates, self.numbers)),
        }
    }
}

/// A place in one spelling.
fn place_word(name: &str) -> String {
    match Place::parse(name) {
        Some(Place::At(place)) => format!("#{place}"),
        Some(Place::Named(name, which)) => format!("{name}#{}", which.unwrap_or(1)),
        None => String::new(),
    }
}

mod currency_code {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::domain::money::Currency;

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub fn serialize<S: Serializer>(currency: &Option<Currency>, serializer: S) -> Result<S::Ok, S::Error> {
        match currency {
            Some(currency) => serializer.serialize_some(currency.code()),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Currency>, D::Error> {
        let code = Option::<String>::deserialize(deserializer)?;
        code.map(|code| Currency::parse(&code).map_err(de::Error::custom)).transpose()
    }
}
