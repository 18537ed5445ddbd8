//! Rules as people write them, and whether a file can be read with them. Pure.

use crate::error::{Error, Reason};
use crate::importers::csv::{Column, Field, Rules, SignRule, is_column};
use crate::views::limits;
use crate::views::money::Checks;
use crate::views::statement_profiles::{ProfileColumn, ProfileRules, ProfileSign, SignWord};

const DELIMITERS: [char; 4] = [';', ',', '\t', '|'];

/// Notes all that is wrong with rules.
pub(super) fn parse(checks: &mut Checks, given: &ProfileRules) -> Option<Rules> {
    let currency = given.currency.as_ref().and_then(|code| checks.currency("/rules/currency", code));
    if let Some(delimiter) = given.delimiter.filter(|delimiter| !DELIMITERS.contains(delimiter)) {
        let unknown = Error::wrong(Reason::NotInList).with("known", "; , | tab").with("given", delimiter);
        checks.note::<()>("/rules/delimiter", Err(unknown));
    }
    let columns = columns(checks, &given.columns);
    let sign = sign(checks, &given.sign);
    for (name, words) in [("pending", &given.pending), ("ignored", &given.ignored), ("holds", &given.holds)] {
        check_words(checks, &format!("/rules/{name}"), words, limits::PROFILE_WORDS);
    }
    check_words(checks, "/rules/known", &given.known, limits::PROFILE_KNOWN);
    let rules = Rules {
        encoding: given.encoding,
        delimiter: given.delimiter,
        first_row: given.first_row,
        dates: given.dates,
        numbers: given.numbers,
        sign: sign?,
        currency,
        columns,
        known: given.known.clone(),
        pending: given.pending.clone(),
        ignored: given.ignored.clone(),
        holds: given.holds.clone(),
    };
    check_first_row(checks, &rules);
    check_fields(checks, &rules);
    Some(rules)
}

fn columns(checks: &mut Checks, given: &[ProfileColumn]) -> Vec<Column> {
    check_count(checks, "/rules/columns", (1, limits::PROFILE_COLUMNS), given.len());
    for (index, column) in given.iter().enumerate() {
        let pointer = format!("/rules/columns/{index}/names");
        check_count(checks, &pointer, (1, limits::PROFILE_COLUMN_NAMES), column.names.len());
        for (place, name) in column.names.iter().enumerate() {
            if name.chars().count() > limits::PROFILE_WORD || !is_column(name) {
                checks.note::<()>(format!("{pointer}/{place}"), Err(Error::wrong(Reason::ProfileColumnName)));
            }
        }
    }
    let column =
        |column: &ProfileColumn| Column { field: column.field, names: column.names.clone(), needed: column.needed };
    given.iter().map(column).collect()
}

fn sign(checks: &mut Checks, given: &ProfileSign) -> Option<SignRule> {
    let words = |words: &Option<Vec<String>>| words.clone().unwrap_or_default();
    let (debit, credit) = (words(&given.debit), words(&given.credit));
    check_words(checks, "/rules/sign/debit", &debit, limits::PROFILE_MARKS);
    check_words(checks, "/rules/sign/credit", &credit, limits::PROFILE_MARKS);
    match given.rule {
        SignWord::Signed => Some(SignRule::Signed),
        SignWord::TwoColumns => Some(SignRule::TwoColumns),
        SignWord::Marked if debit.is_empty() || credit.is_empty() => {
            checks.note("/rules/sign", Err(Error::wrong(Reason::ProfileMarksMissing)))
        }
        SignWord::Marked => Some(SignRule::Marked { debit, credit }),
    }
}

fn check_first_row(checks: &mut Checks, rules: &Rules) {
    let possible = rules
        .first_row
        .is_none_or(|row| i64::try_from(row).is_ok_and(|row| (1..=limits::PROFILE_FIRST_ROW).contains(&row)));
    if !possible || rules.first_row.is_none() && !rules.has_header() {
        checks.note::<()>("/rules/first_row", Err(Error::wrong(Reason::ProfileFirstRowMissing)));
    }
}

/// What no movement can do without.
fn check_fields(checks: &mut Checks, rules: &Rules) {
    let amounts: &[(Field, &str)] = match rules.sign {
        SignRule::TwoColumns => &[(Field::Debit, "debit"), (Field::Credit, "credit")],
        SignRule::Signed | SignRule::Marked { .. } => &[(Field::Amount, "amount")],
    };
    let wanted = [(Field::BookingDate, "booking_date"), (Field::Purpose, "purpose")];
    for (field, name) in wanted.iter().chain(amounts) {
        if !rules.columns.iter().any(|column| column.field == *field && column.needed) {
            checks.note::<()>("/rules/columns", Err(Error::wrong(Reason::ProfileColumnMissing).with("field", name)));
        }
    }
    check_sign_is_used(checks, rules);
}

/// A column that turns money around must not be passed over.
fn check_sign_is_used(checks: &mut Checks, rules: &Rules) {
    for (place, column) in rules.columns.iter().enumerate() {
        let (field, rule) = match (column.field, &rules.sign) {
            (Field::Mark, SignRule::Signed | SignRule::TwoColumns) => ("mark", "marked"),
            (Field::Debit, SignRule::Signed | SignRule::Marked { .. }) => ("debit", "two_columns"),
            (Field::Credit, SignRule::Signed | SignRule::Marked { .. }) => ("credit", "two_columns"),
            _ => continue,
        };
        let unused = Error::wrong(Reason::ProfileSignUnused).with("field", field).with("rule", rule);
        checks.note::<()>(format!("/rules/columns/{place}/field"), Err(unused));
    }
}

fn check_words(checks: &mut Checks, pointer: &str, words: &[String], max: usize) {
    check_count(checks, pointer, (0, max), words.len());
    for (index, word) in words.iter().enumerate() {
        checks.text(&format!("{pointer}/{index}"), word, limits::PROFILE_WORD);
    }
}

fn check_count(checks: &mut Checks, pointer: &str, (min, max): (usize, usize), count: usize) {
    if !(min..=max).contains(&count) {
        checks.note::<()>(pointer, Err(Error::wrong(Reason::TooMany).with("min", min).with("max", max)));
    }
}

/// Rules as people see them.
pub(super) fn view(rules: &Rules) -> ProfileRules {
    let (rule, debit, credit) = match &rules.sign {
        SignRule::Signed => (SignWord::Signed, None, None),
        SignRule::TwoColumns => (SignWord::TwoColumns, None, None),
        SignRule::Marked { debit, credit } => (SignWord::Marked, Some(debit.clone()), Some(credit.clone())),
    };
    let column =
        |column: &Column| ProfileColumn { field: column.field, names: column.names.clone(), needed: column.needed };
    ProfileRules {
        encoding: rules.encoding,
        delimiter: rules.delimiter,
        first_row: rules.first_row,
        dates: rules.dates,
        numbers: rules.numbers,
        sign: ProfileSign { rule, debit, credit },
        currency: rules.currency.map(|currency| currency.code().to_owned()),
        columns: rules.columns.iter().map(column).collect(),
        known: rules.known.clone(),
        pending: rules.pending.clone(),
        ignored: rules.ignored.clone(),
        holds: rules.holds.clone(),
    }
}
