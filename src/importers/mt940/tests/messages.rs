//! The dialects of banks, one habit after the other.

use super::{only, refused, statement, understood};
use crate::importers::{LineKind, LineStatus};

#[test]
fn marks_letters_and_reversals_decide_the_sign() {
    for (mark, amount, kind) in [
        ("C2,00", "2.00", LineKind::Incoming),
        ("D2,00", "-2.00", LineKind::Outgoing),
        ("CR2,00", "2.00", LineKind::Incoming),
        ("DR2,00", "-2.00", LineKind::Outgoing),
        ("RC2,00", "-2.00", LineKind::Chargeback),
        ("RD2,00", "2.00", LineKind::Chargeback),
        ("RCR204,88", "-204.88", LineKind::Chargeback),
        ("RDR2,", "2.00", LineKind::Chargeback),
        ("CR\n30,00", "30.00", LineKind::Incoming),
        ("C 1 000,00", "1000.00", LineKind::Incoming),
        ("D500", "-500.00", LineKind::Outgoing),
    ] {
        let (line, codes) = only(&format!(":61:2611241124{mark}NTRFNONREF"));
        assert_eq!((line.amount.amount(), line.kind, codes), (amount.to_owned(), kind, Vec::<String>::new()), "{mark}");
    }
}

#[test]
fn an_r_that_is_no_letter_of_the_currency_is_said() {
    let text = statement(":61:2611241124CR2,00NTRFNONREF").replace("EUR", "USD");
    let heard = understood(text);
    assert_eq!(
        (heard.amounts(), heard.codes()),
        (vec!["2.00".to_owned()], vec!["unclear_direction", "balance_mismatch"])
    );
}

#[test]
fn dates_are_found_whatever_is_left_out() {
    for (dates, booked, value, codes) in [
        ("2611241124", "2026-11-24", Some("2026-11-24"), vec![]),
        ("261124", "2026-11-24", Some("2026-11-24"), vec![]),
        ("261124    ", "2026-11-24", Some("2026-11-24"), vec![]),
        ("2601021231", "2025-12-31", Some("2026-01-02"), vec![]),
        ("2512310102", "2026-01-02", Some("2025-12-31"), vec![]),
        ("2611251124", "2026-11-24", Some("2026-11-25"), vec![]),
        ("1602300301", "2016-03-01", Some("2016-02-29"), vec!["invalid_date"]),
        ("2613011124", "2026-11-24", None, vec!["invalid_date"]),
        ("2611240000", "2026-11-24", Some("2026-11-24"), vec!["invalid_date"]),
    ] {
        let (line, found) = only(&format!(":61:{dates}C1,00NTRFNONREF"));
        assert_eq!(line.booking_date.to_string(), booked, "{dates}");
        assert_eq!(
            (line.value_date.map(|day| day.to_string()).as_deref(), found),
            (value, codes.iter().map(|code: &&str| (*code).to_owned()).collect())
        );
    }
}

#[test]
fn an_entry_that_cannot_be_one_is_named_and_the_others_go_on() {
    let entries = ":61:2611241124X1,00NTRF\n:61:2611241124C1.00NTRF\n:61:2611241124C1,005NTRF\n:61:2613319999C1,00NTRF\n\
                   :61:2611241124C0,NTRF\n:61:\n:61:2611241124C1,00NTRFNONREF";
    let heard = understood(statement(entries));
    let expected = [
        "5 1 :61: Debit/Credit Mark missing_direction",
        "6 2 :61: Amount invalid_amount",
        "7 3 :61: Amount too_many_decimals",
        "8 4 :61: Value Date invalid_date",
        "8 4 :61: Value Date missing_date",
        "9 5 :61: Amount zero_amount",
        "10 6 :61: Debit/Credit Mark missing_direction",
        "12 - :62F: balance_mismatch",
    ];
    assert_eq!((heard.issues(), heard.amounts()), (expected.map(str::to_owned).to_vec(), vec!["1.00".to_owned()]));
    assert_eq!(heard.summary.errors, 5);
}

#[test]
fn what_follows_the_amount_may_be_missing_odd_or_long() {
    let (line, _) = only(":61:2611241124C1,00");
    assert_eq!((line.transaction_code, line.reference, line.purpose), (None, None, None));
    let (line, _) = only(":61:2611241124C1,00\n123 Miete");
    assert_eq!((line.amount.amount().as_str(), line.purpose.as_deref()), ("1.00", Some("123 Miete")));
    let (line, _) = only(":61:2611241124DF1,00S   X\n:NS:01Rechnung 7\n15Erika Muster");
    assert_eq!((line.transaction_code.as_deref(), line.reference.as_deref()), (Some("S"), Some("X")));
    assert_eq!(
        (line.purpose.as_deref(), line.counterparty_name.as_deref()),
        (Some("Rechnung 7"), Some("Erika Muster"))
    );
    let long = "R".repeat(40);
    let (line, _) = only(&format!(":61:2611241124C1,00NTRF{long}//BANK-{long}"));
    assert_eq!((line.reference, line.bank_reference), (Some(long.clone()), Some(format!("BANK-{long}"))));
}

#[test]
fn a_dutch_reference_is_the_other_account() {
    let (line, _) = only(
        ":61:2611241124D65,00NOVBNL47INGB9999999999\nhr j jansen\n:86:NL47INGB9999999999 hr j jansen\n\nFactuur 7\n\n",
    );
    assert_eq!(line.counterparty_iban.as_deref(), Some("NL47INGB9999999999"));
    assert_eq!((line.counterparty_name.as_deref(), line.purpose.as_deref()), (Some("hr j jansen"), Some("Factuur 7")));
    assert_eq!(line.reference, None);
}

#[test]
fn tags_inside_texts_are_told_from_fields() {
    let entries = ":61:2611241124C1,00NTRFNONREF\n:86:805?00ENTGELT?20Stand 2026-01-01T13\n:12:11?21bis T16\n:26:37 Folgenr. 7 um 16\n:20:37 Uhr";
    let (line, codes) = only(entries);
    assert_eq!(line.purpose.as_deref(), Some("Stand 2026-01-01T13:12:11 bis T16:26:37 Folgenr. 7 um 16:20:37 Uhr"));
    assert_eq!(codes, Vec::<String>::new());
    let (line, _) = only(":61:2611241124CR1,00N062NONREF\n:\n86:166?00GUTSCHRIFT?20SVWZ+Test");
    assert_eq!(line.purpose.as_deref(), Some("Test"));
}

#[test]
fn unknown_fields_and_texts_outside_are_named() {
    let text =
        format!("Auszug vom\n24.11.\n{}", statement(":61:2611241124C1,00NTRF").replace(":62F:", ":71B:x\n:62F:"));
    assert_eq!(
        understood(text).issues(),
        ["1 - - text_outside", "8 - :71B: unknown_field", "9 - :62F: balance_mismatch"]
    );
}

#[test]
fn balances_that_cannot_be_read_are_not_used() {
    let text = statement(":61:2611241124C1,00NTRF").replace(":62F:C261124EUR100,00", ":62F:Dnullnull7414,3");
    let heard = understood(text);
    assert_eq!((heard.issues(), heard.adds_up()), (vec!["6 - :62F: invalid_balance".to_owned()], None));
    let text = statement(":61:2611241124C1,00NTRF").replace(":60F:C261123EUR100,00", ":60F:C261123DEM100,00");
    let heard = understood(text);
    assert_eq!(heard.codes(), ["invalid_balance", "unknown_currency"]);
    assert_eq!(heard.lines.len(), 0);
    let available =
        statement(":61:2611241124C1,00NTRF").replace("EUR100,00\n-", "EUR101,00\n:65F:Dnullnull7414,3\n:65:Dnull\n-");
    assert_eq!(understood(available).issues(), ["7 - :65F: unknown_field"]);
}

#[test]
fn the_gap_is_named_to_the_cent() {
    let heard = understood(statement(":61:2611241124C1,01NTRF"));
    assert_eq!(heard.ends[0].gap.unwrap().amount(), "-1.01");
    assert!(heard.issues[0].message.contains("-1.01 EUR"), "{:?}", heard.issues);
}

#[test]
fn a_statement_of_entries_alone_has_no_currency_and_says_so() {
    let heard = understood(":61:2611241124CR\n30,00N062NONREF\n:86:166?20x\n");
    assert_eq!((heard.issues(), heard.headers.len()), (vec!["1 1 :61: Amount unknown_currency".to_owned()], 1));
}

#[test]
fn pages_without_their_other_half_are_named() {
    let page = ":20:X\n:25:1\n:28C:7/2\n:60M:C261123EUR1,00\n:61:2611241124C1,00NTRF\n:62M:C261124EUR2,00\n-\n";
    let heard = understood(page);
    assert_eq!(heard.issues(), ["4 - :60M: page_missing", "6 - :62M: page_missing"]);
    assert_eq!(heard.adds_up(), Some(true));
    let other = page.replace("7/2", "8/1");
    let heard = understood(format!("{page}{other}"));
    assert_eq!((heard.summary.statements, heard.codes()), (2, vec!["page_missing"; 4]));
}

#[test]
fn a_statement_in_the_middle_without_its_end_is_named_and_the_next_one_is_read() {
    let first = statement(":61:2611241124C1,00NTRF").replace(":62F:C261124EUR100,00\n-\n", "");
    let heard = understood(first + &statement(""));
    assert_eq!((heard.issues(), heard.ends.len()), (vec!["4 - :62F: balance_not_checked".to_owned()], 2));
}

#[test]
fn an_account_begins_a_statement_that_does_not_say_so() {
    let one = statement(":61:2611241124C1,00NTRF")
        .replace("EUR100,00\n-", "EUR101,00\n-")
        .replace(":20:X\n", "")
        .replace("-\n", "");
    let heard = understood(format!("{one}{}", one.replace("DE8937", "DE9937")));
    assert_eq!((heard.adds_up(), heard.issues().len()), (Some(true), 0));
    let accounts: Vec<_> = heard.lines.iter().map(|line| line.account_iban.clone().unwrap()).collect();
    assert_eq!(accounts, ["DE89370400440532013000", "DE99370400440532013000"]);
}

/// An interim report of some entries.
fn report(entries: &str) -> String {
    format!(
        ":20:X\n:25:DE89370400440532013000\n:28C:7/1\n:34F:EURD0,00\n:34F:EURC0,00\n:13D:2611241730+0000\n{entries}\n-\n"
    )
}

#[test]
fn an_interim_report_tells_booked_from_expected_by_the_rules_of_its_writer() {
    let heard = understood(report(
        ":61:2611241124C1,00NTRF\n:86:plain\n:61:2611241124EC2,00NTRF\n:61:2611241124C3,00NTRF\n:86:166?20noted\n:90C:3EUR6,00",
    ));
    let status: Vec<_> = heard.lines.iter().map(|line| line.status).collect();
    assert_eq!(status, [LineStatus::Booked, LineStatus::Pending, LineStatus::Pending]);
    assert_eq!(heard.issues(), Vec::<String>::new());
}

#[test]
fn a_report_without_limits_is_known_by_its_time_unless_it_opens_with_a_balance() {
    let entry = ":61:2611241124C3,00NTRF\n:86:166?20noted";
    let status = |text: &str| understood(text).lines[0].status;
    let limited = report(entry);
    let bare = limited
        .replace(":34F:EURD0,00\n:34F:EURC0,00\n", "")
        .replace("DE89370400440532013000", "37040044/532013000EUR");
    assert_eq!(status(&bare), LineStatus::Pending);
    let balances = bare.replace(":61:", ":60F:C261124EUR0,\n:61:").replace("noted", "noted\n:62F:C261124EUR3,");
    assert_eq!(status(&balances), LineStatus::Booked);
}

#[test]
fn the_sums_of_an_interim_report_are_compared_unless_small_entries_are_left_out() {
    let wrong = report(":61:2611241124D0,42MCI0NONREF//0550\nCHG\n:86:REMIT\n:90D:1EUR2,30");
    assert_eq!(understood(&wrong).issues(), ["10 - :90D: sum_mismatch"]);
    assert_eq!(understood(wrong.replace("EURD0,00", "EURD1,00")).issues(), Vec::<String>::new());
    assert_eq!(understood(report(":90D:0EUR0,00\n:90C:0EUR0,00")).issues(), Vec::<String>::new());
}

#[test]
fn charges_that_explain_nothing_are_said_and_split_nothing() {
    let (line, codes) =
        only(":61:2611241124D5,NTRFNONREF//M\n/OCMT/EUR4,5//IACC/D3/\n:86:020?00X?20A?25/CHGS/EUR0,5/?32B");
    assert_eq!((line.amount.amount().as_str(), codes), ("-4.50", vec![]));
    let (line, codes) = only(":61:2611241124D5,NTRFNONREF\n/OCMT/USD4,5//CHGS/EUR0,5/\n:86:Text");
    assert_eq!((line.amount.amount().as_str(), codes), ("-5.00", vec!["charges_not_split".to_owned()]));
}

#[test]
fn files_that_end_too_early_or_hold_nothing_are_refused() {
    let whole = statement(":61:2611241124C1,00NTRFNONREF\n:86:166?20Text");
    assert_eq!(refused(&whole[..whole.find(":62F").unwrap()]), "truncated");
    assert_eq!(refused(&whole[..whole.find(":60F").unwrap()]), "truncated");
    let cut = report(":61:2611241124C1,0");
    assert_eq!(refused(cut.trim_end_matches("\n-\n")), "truncated");
    for nothing in ["", "\n\n", "1\n2\n3\n", ":NS:\n", "-\n", "{1:F01}{2:}{4:\n-}\n"] {
        assert_eq!(refused(nothing), "no_statement", "{nothing}");
    }
}

#[test]
fn messages_in_one_line_of_headers_and_other_ends_of_lines_are_read() {
    let plain = statement(":61:2611241124C1,00NTRFNONREF\n:86:166?20Text");
    let expected = understood(&plain).lines;
    let same = |text: String| {
        let lines = understood(text).lines;
        assert_eq!((lines.len(), &lines[0].purpose, lines[0].amount), (1, &expected[0].purpose, expected[0].amount));
    };
    same(plain.replace('\n', "\r\n"));
    same(plain.replace('\n', "\r"));
    same(format!("{{1:F01BANK}}{{2:O940}}{{4:{}", plain.replace("-\n", "-}{5:}\n")));
    same(format!("\u{1}\r\n{}\u{3}", plain.replace("-\n", "-\u{3}")));
    same(format!("\u{feff}{plain}"));
}
