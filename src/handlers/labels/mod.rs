//! What each code is called, German and English, with the colour it is shown in: what `/v1/meta/enums` answers.
//!
//! A row stands beside each variant of the lists that `codes!` declares. A new variant without a row does not compile; a
//! list of the document that is missing here fails `tests/it/meta.rs`. Problem codes, kinds and reasons have their
//! words in `handlers/problem` and are taken from there.

mod access;
mod books;
mod documents;
mod movements;
mod problems;
mod refunds;
mod work;

use serde::Serialize;
use utoipa::ToSchema;

use super::problem_pages::Bilingual;
use crate::domain::movement::Colour;

/// English, German.
type Words = (&'static str, &'static str);

/// Label, what it means where the label does not say it all, and colour.
type Row = (Words, Option<Words>, Colour);

/// A code of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnumValue {
    /// As requests and answers carry it.
    #[schema(example = "partially_assigned")]
    pub code: &'static str,
    pub label: Bilingual,
    /// Null when the label says it all.
    pub description: Option<Bilingual>,
    /// The colour that lists and details show it in.
    pub colour: Colour,
}

/// A list of codes.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnumLabels {
    /// The name of its schema in the OpenAPI document, in small letters.
    #[schema(example = "assignment_state")]
    pub name: String,
    /// In the order in which people read them.
    pub values: Vec<EnumValue>,
}

/// Every list of the contract, by name.
pub fn all() -> Vec<EnumLabels> {
    let rooms = [
        access::lists(),
        books::lists(),
        documents::lists(),
        movements::lists(),
        problems::lists(),
        refunds::lists(),
        work::lists(),
    ];
    let mut all: Vec<EnumLabels> = rooms.into_iter().flatten().collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn list<T: Copy>(name: &str, codes: &[T], code: fn(T) -> &'static str, row: fn(T) -> Row) -> EnumLabels {
    let value = |of: &T| {
        let (label, description, colour) = row(*of);
        EnumValue { code: code(*of), label: bilingual(label), description: description.map(bilingual), colour }
    };
    EnumLabels { name: small(name), values: codes.iter().map(value).collect() }
}

const fn bilingual((en, de): Words) -> Bilingual {
    Bilingual { en, de }
}

/// `BookingType` as `booking_type`.
fn small(name: &str) -> String {
    let mut small = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !small.is_empty() {
            small.push('_');
        }
        small.push(letter.to_ascii_lowercase());
    }
    small
}

/// `Enum { Variant [Colour] "English" / "German" ("what it means" / "was es heißt"); … }`; colour and meaning may be
/// left out.
macro_rules! labels {
    ($($name:ident { $($variant:ident $([$colour:ident])? $en:literal / $de:literal
        $(($long_en:literal / $long_de:literal))?;)+ })+) => {
        pub fn lists() -> Vec<super::EnumLabels> {
            vec![$({
                fn row(code: $name) -> super::Row {
                    match code { $($name::$variant => (
                        ($en, $de),
                        super::meaning!($($long_en, $long_de)?),
                        super::colour!($($colour)?),
                    )),+ }
                }
                super::list(stringify!($name), $name::ALL, $name::as_str, row)
            }),+]
        }
    };
}

macro_rules! meaning {
    () => {
        None
    };
    ($en:literal, $de:literal) => {
        Some(($en, $de))
    };
}

macro_rules! colour {
    () => {
        crate::domain::movement::Colour::None
    };
    ($colour:ident) => {
        crate::domain::movement::Colour::$colour
    };
}

use {colour, labels, meaning};
