//! Profiles that people make: no header, marks, two columns, duplicate names, and which of several wins.

use super::{built_in, refused_by, understood_by};
use crate::domain::money::Currency;
use crate::importers::csv::{
    Column, DateOrder, Encoding, Field, NumberStyle, Origin, Profile, Reader, Rules, SignRule,
};

fn column(field: Field, names: &[&str]) -> Column {
    Column { field, names: names.iter().map(|name| (*name).to_owned()).collect(), needed: true }
}

fn profile(key: &str, columns: Vec<Column>) -> Profile {
    let rules = Rules { columns, ..Rules::default() };
    Profile { key: key.to_owned(), name: format!("Bank {key}"), origin: Origin::Own, rules }
}

fn simple(key: &str) -> Profile {
    let columns = vec![
        column(Field::BookingDate, &["Tag"]),
        column(Field::Amount, &["Umsatz"]),
        column(Field::Purpose, &["Text"]),
    ];
    profile(key, columns)
}

fn reader(profiles: Vec<Profile>) -> Reader {
    let all = profiles.into_iter().chain(built_in().profiles.clone()).collect();
    Reader { profiles: all, currency: Currency::EUR }
}

#[test]
fn a_file_without_header_is_read_by_the_numbers_of_its_columns() {
    let columns = vec![
        column(Field::BookingDate, &["#1"]),
        column(Field::Amount, &["#4"]),
        column(Field::Purpose, &["#2", "#3"]),
        column(Field::Mark, &["#5"]),
    ];
    let mut own = profile("a", columns);
    let words = |word: &str| vec![word.to_owned()];
    own.rules.sign = SignRule::Marked { debit: words("S"), credit: words("H") };
    own.rules.first_row = Some(2);
    let text = "Bank XY\n24.11.2026;Rechnung;RE-7;119,00;H\n24.11.2026;Miete;;250,00;S\n24.11.2026;Was;;1,00;X\n24.11.2026;Was;;-1,00;S\n";
    let heard = understood_by(text.as_bytes(), &reader(vec![own]));
    assert_eq!((heard.key(), heard.amounts()), ("a", vec!["119.00 EUR".to_owned(), "-250.00 EUR".to_owned()]));
    assert_eq!(heard.purposes(), ["Rechnung RE-7", "Miete"]);
    assert_eq!(heard.lines[0].purpose_raw.as_deref(), Some("Rechnung\nRE-7"));
    assert_eq!(heard.issues(), ["4 #4 missing_direction", "5 #4 missing_direction"]);
}

#[test]
fn a_mark_may_stand_behind_the_amount() {
    let mut own = simple("a");
    own.rules.sign = SignRule::Marked { debit: vec!["S".into(), "Soll".into()], credit: vec!["H".into()] };
    let heard = understood_by(
        b"Tag;Text;Umsatz\n24.11.26;a;1.234,56 S\n24.11.26;b;5,00 H\n24.11.26;c;5,00\n",
        &reader(vec![own]),
    );
    assert_eq!(
        (heard.amounts(), heard.issues()),
        (vec!["-1234.56 EUR".to_owned(), "5.00 EUR".to_owned()], vec!["4 Umsatz missing_direction".to_owned()])
    );
}

#[test]
fn the_nth_column_of_a_name_is_named_by_its_number() {
    let mut own = simple("a");
    own.rules.columns.push(column(Field::Counterparty, &["Name#2"]));
    let heard = understood_by(b"Tag;Name;Name;Text;Umsatz\n24.11.26;Ich;Erika;a;5,00\n", &reader(vec![own]));
    assert_eq!(heard.lines[0].counterparty_name.as_deref(), Some("Erika"));
}

#[test]
fn the_profile_of_the_account_wins_and_equals_are_refused() {
    let text = b"Tag;Text;Umsatz\n24.11.26;a;5,00\n";
    let mut mine = simple("mine");
    mine.origin = Origin::Account;
    assert_eq!(understood_by(text, &reader(vec![simple("a"), mine])).key(), "mine");
    let (code, line, text) = refused_by(text, &reader(vec![simple("a"), simple("b")]));
    assert_eq!((code, line), ("csv_profile_ambiguous", 1));
    assert!(text.contains("Bank a, Bank b"), "{text}");
    let mut closer = simple("closer");
    closer.rules.columns.push(column(Field::Counterparty, &["Name"]));
    let named = b"Tag;Name;Text;Umsatz\n24.11.26;Erika;a;5,00\n";
    assert_eq!(understood_by(named, &reader(vec![simple("a"), closer])).key(), "closer");
}

#[test]
fn what_another_profile_leaves_open_does_not_matter_to_the_one_that_wins() {
    let text = b"Tag;Text;Umsatz\n05/06/26;a;5,00\n";
    let open = |key: &str| {
        let mut open = simple(key);
        open.rules.dates = DateOrder::Detected;
        open
    };
    let mut mine = simple("mine");
    mine.origin = Origin::Account;
    for profiles in [vec![open("a"), mine.clone()], vec![mine.clone(), open("a")]] {
        assert_eq!(understood_by(text, &reader(profiles)).key(), "mine");
    }
    mine.rules.dates = DateOrder::Detected;
    assert_eq!(refused_by(text, &reader(vec![simple("a"), mine])).0, "csv_dates_ambiguous");
}

#[test]
fn an_unknown_header_is_named_with_the_profile_that_comes_nearest() {
    let text = b"Bank;XY\n\nTag;Text;Betrag\n24.11.26;Erika Muster;5,00\n";
    let (code, line, text) = refused_by(text, &reader(vec![simple("a")]));
    assert_eq!((code, line), ("csv_profile_unknown", 3));
    assert!(
        text.contains("'Tag; Text; Betrag'") && text.contains("'Bank a' comes nearest") && text.contains("'Umsatz'"),
        "{text}"
    );
    let (code, _, text) = refused_by(b"24.11.26;Erika Muster;5,00\n24.11.26;Max;6,00\n", &reader(Vec::new()));
    assert_eq!(code, "csv_profile_unknown");
    assert!(!text.contains("Erika"), "{text}");
    // What stands in front of the header may look like one.
    for profiles in [Vec::new(), vec![simple("a")]] {
        let owner = b"Inhaber;Erika Muster;Betrag\n\n24.11.26;Erika Muster;5,00;Giro\n24.11.26;Max;6,00;Giro\n";
        let (code, line, text) = refused_by(owner, &reader(profiles));
        assert_eq!((code, line), ("csv_profile_unknown", 1));
        assert!(text.contains("'Betrag'") && text.contains("no profile knows: 2"), "{text}");
        assert!(!text.contains("Erika") && !text.contains("Inhaber"), "{text}");
    }
}

#[test]
fn a_shifted_row_is_not_quoted() {
    let text = "Tag;Text;Umsatz\n24.11.26;a;DE89370400440532013000\n24.11.26;b;Erika Muster\n24.11.26;c;1.234\n";
    let heard = understood_by(text.as_bytes(), &reader(vec![simple("a")]));
    let told: Vec<&str> = heard.issues.iter().map(|issue| issue.message.as_str()).collect();
    assert!(told[0].starts_with("the text in the cell is no amount") && told[1] == told[0], "{told:?}");
    assert!(told[2].starts_with("'1.234' is no amount"), "{told:?}");
    assert!(!told.concat().contains("Erika") && !told.concat().contains("DE89"), "{told:?}");
}

#[test]
fn a_profile_may_name_encoding_delimiter_and_style() {
    let mut own = simple("a");
    own.rules = Rules {
        encoding: Some(Encoding::Iso8859_15),
        delimiter: Some('|'),
        first_row: Some(3),
        dates: DateOrder::MonthDayYear,
        numbers: NumberStyle::Point,
        currency: Some(Currency::parse("CHF").unwrap()),
        ..own.rules
    };
    let heard = understood_by(b"x|y\nTag|Text|Umsatz\n11/24/2026|5 \xa4 zur\xfcck|1'234.50\n", &reader(vec![own]));
    assert_eq!((heard.amounts(), heard.purposes()), (vec!["1234.50 CHF".to_owned()], vec!["5 € zurück"]));
}

#[test]
fn profiles_survive_being_written_down() {
    for profile in &built_in().profiles {
        let text = serde_json::to_string(&profile.rules).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), profile.rules, "{}", profile.key);
    }
}
