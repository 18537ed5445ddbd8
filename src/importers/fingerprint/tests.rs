use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::domain::money::{Currency, Money};
use crate::importers::{LineKind, LineStatus, Ordinal};

fn line() -> StatementLine {
    StatementLine {
        ordinal: Ordinal { statement: 1, entry: 1, detail: 1 },
        source_line: 10,
        account_iban: Some("DE89370400440532013000".to_owned()),
        account_other: None,
        booking_date: NaiveDate::from_ymd_opt(2026, 11, 24).unwrap(),
        value_date: None,
        amount: Money::new(11_900, Currency::EUR),
        kind: LineKind::Incoming,
        status: LineStatus::Booked,
        counterparty_name: Some("Jürgen Groß".to_owned()),
        counterparty_iban: None,
        counterparty_bic: None,
        purpose: Some("Rechnung RE-2026-0042".to_owned()),
        purpose_raw: None,
        reference: None,
        bank_reference: None,
        transaction_code: None,
        end_to_end_id: None,
        mandate_id: None,
        return_reason: None,
        fee_of: None,
        span: None,
    }
}

fn key(line: &StatementLine) -> LineKey {
    Fingerprints::new(true).with_version_1().key(line)
}

#[test]
fn no_version_ever_changes() {
    let key = key(&line());
    assert_eq!(key.v1.as_deref(), Some("v1-dd28028ae95f7f7c02543175-1"));
    assert_eq!(key.id(1), "v2-95a3e676c551dc59a9acd5ab-1");
}

#[test]
fn equal_lines_of_a_file_are_counted_by_core_and_by_label() {
    let mut file = Fingerprints::new(true);
    let mut place = |label: Option<&str>| {
        let key = file.key(&StatementLine { end_to_end_id: label.map(str::to_owned), ..line() });
        (key.ordinal, key.nth)
    };
    let places = [place(Some("A")), place(Some("B")), place(None), place(Some("a ")), place(Some("B"))];
    assert_eq!(places, [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2)]);
    let mut unlabelled = Fingerprints::new(false);
    assert_eq!([unlabelled.key(&line()).nth, unlabelled.key(&line()).nth], [1, 2]);
}

#[test]
fn equal_lines_of_two_accounts_are_counted_apart() {
    let mut file = Fingerprints::new(true);
    let other = StatementLine { account_iban: None, ..line() };
    assert_eq!([file.key(&line()).ordinal, file.key(&other).ordinal], [1, 1]);
}

#[test]
fn what_banks_do_to_a_text_does_not_matter() {
    let with = |name: &str, purpose: &str| StatementLine {
        counterparty_name: Some(name.to_owned()),
        purpose: Some(purpose.to_owned()),
        ordinal: Ordinal { statement: 7, entry: 8, detail: 9 },
        source_line: 99,
        counterparty_iban: Some("DE02120300000000202051".to_owned()),
        status: LineStatus::Pending,
        ..line()
    };
    for (name, purpose) in [
        ("JUERGEN GROSS", "RECHNUNG RE-20 26-0042"),
        ("Ju\u{308}rgen Groß", "Rechnung RE/2026/0042."),
        ("Jürgen  Groß", "Rechnung\nRE-2026-0042"),
    ] {
        assert_eq!(key(&with(name, purpose)).core, key(&line()).core, "{name} {purpose}");
    }
    let long = with("Donaudampfschifffahrtsgesellschaft mbH", "x");
    let cut = with("Donaudampfschifffahrtsgesel", "x");
    assert_eq!(key(&long).core, key(&cut).core);
    for (written, transcribed) in
        [("Café Zoë", "Cafe Zoe"), ("Ayşe Yılmaz", "AYSE YILMAZ"), ("Øyvind Łoś", "Oyvind Los")]
    {
        assert_eq!(key(&with(written, "x")).core, key(&with(transcribed, "x")).core, "{written}");
    }
}

#[test]
fn every_part_of_the_core_matters_and_the_label_is_none() {
    let iban = Some("DE89370400440532013000".to_owned());
    let others = [
        StatementLine { booking_date: NaiveDate::from_ymd_opt(2026, 11, 25).unwrap(), ..line() },
        StatementLine { amount: Money::new(-11_900, Currency::EUR), ..line() },
        StatementLine { amount: Money::new(11_900, Currency::parse("CHF").unwrap()), ..line() },
        StatementLine { counterparty_name: None, counterparty_iban: iban, ..line() },
        StatementLine { counterparty_name: None, ..line() },
        StatementLine { purpose: None, ..line() },
        StatementLine {
            purpose: None,
            counterparty_name: Some("Jürgen Groß Rechnung RE-2026-0042".to_owned()),
            ..line()
        },
    ];
    let cores: HashSet<String> = others.iter().chain([&line()]).map(|line| key(line).core).collect();
    assert_eq!(cores.len(), others.len() + 1);
    let labelled = key(&StatementLine { end_to_end_id: Some("e2e 1".to_owned()), ..line() });
    assert_eq!((labelled.core, labelled.label.as_deref()), (key(&line()).core, Some("E2E1")));
}

proptest! {
    #[test]
    fn keys_are_deterministic_and_shaped(minor in any::<i64>(), purpose in ".*", name in ".*") {
        let line = StatementLine {
            amount: Money::new(minor, Currency::EUR),
            purpose: Some(purpose),
            counterparty_name: Some(name),
            ..line()
        };
        let one = key(&line);
        prop_assert_eq!(&one, &key(&line));
        let id = one.id(7);
        let parts: Vec<&str> = id.split('-').collect();
        prop_assert_eq!((parts.len(), parts[0], parts[1].len(), parts[2]), (3, "v2", 24, "7"));
        prop_assert!(parts[1].bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
