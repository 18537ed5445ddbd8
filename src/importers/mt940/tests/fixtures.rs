//! Each fixture file, line by line.

use super::{Heard, fixture, understood};
use crate::importers::fingerprint::Fingerprints;
use crate::importers::{Format, LineKind, LineStatus, StatementEvent, StatementLine};

const DAY: &[u8] = fixture!("mt940/day_statement.sta");

fn day() -> Heard {
    understood(DAY)
}

#[test]
fn every_fixture_is_recognised_by_its_first_bytes() {
    for bytes in [DAY, fixture!("mt940/pages_and_accounts.sta"), fixture!("mt940/interim_report.sta")] {
        assert_eq!(Format::detect(&bytes[..bytes.len().min(200)]), Ok(Format::Mt940));
    }
}

#[test]
fn a_day_gives_its_header_and_a_balance_that_adds_up() {
    let day = day();
    let header = &day.headers[0];
    assert_eq!((header.id.as_deref(), header.account_iban.as_deref()), (Some("00228/001"), None));
    assert_eq!(header.account_other.as_deref(), Some("37040044/0532013000"));
    assert_eq!(header.opening.unwrap().to_string(), "12480.15 EUR");
    assert_eq!((day.adds_up(), day.ends[0].sum.unwrap().amount()), (Some(true), "1401.65".to_owned()));
    assert_eq!((day.issues(), day.summary.lines, day.summary.statements), (Vec::new(), 12, 1));
}

#[test]
fn a_day_gives_signed_amounts_and_kinds_with_the_charges_apart() {
    let expected = [
        ("1249.00", LineKind::Incoming),
        ("89.90", LineKind::Incoming),
        ("119.00", LineKind::DirectDebit),
        ("199.50", LineKind::DirectDebit),
        ("39.00", LineKind::DirectDebit),
        ("-412.36", LineKind::Outgoing),
        ("-49.99", LineKind::DirectDebit),
        ("-119.00", LineKind::Chargeback),
        ("-12.50", LineKind::Fee),
        ("-9.90", LineKind::Fee),
        ("250.00", LineKind::Chargeback),
        ("59.00", LineKind::Incoming),
    ];
    let day = day();
    assert_eq!(day.amounts(), expected.map(|(amount, _)| amount));
    assert_eq!(day.lines.iter().map(|line| line.kind).collect::<Vec<_>>(), expected.map(|(_, kind)| kind));
    assert!(day.lines.iter().all(|line| line.status == LineStatus::Booked));
}

#[test]
fn a_return_keeps_its_reason_its_references_and_its_charges() {
    let day = day();
    let (returned, fee) = (&day.lines[7], &day.lines[8]);
    assert_eq!(returned.return_reason.as_deref(), Some("MD06"));
    assert_eq!(returned.counterparty_name.as_deref(), Some("Béatrice Lefèvre"));
    assert_eq!(
        (returned.end_to_end_id.as_deref(), returned.mandate_id.as_deref()),
        (Some("LS-46-9"), Some("MND-0003"))
    );
    assert_eq!(returned.transaction_code.as_deref(), Some("NRTI109"));
    assert_eq!(returned.bank_reference.as_deref(), Some("2026112400006"));
    assert_eq!((fee.fee_of, fee.ordinal.detail), (Some(returned.ordinal), 2));
    assert_eq!((fee.return_reason.as_deref(), fee.end_to_end_id.as_deref()), (None, Some("LS-46-9")));
}

#[test]
fn texts_are_rejoined_and_kept_as_they_are() {
    let day = day();
    let first = &day.lines[0];
    assert_eq!(first.purpose.as_deref(), Some("Rechnung RE-2026-0417 Trekkingrad & Zubehör"));
    assert_eq!(first.counterparty_name.as_deref(), Some("Jürgen Weiß"));
    let raw = first.purpose_raw.as_deref().unwrap();
    assert!(raw.starts_with("166?00GUTSCHRIFT?109310?20SVWZ+Rechnung") && raw.lines().count() == 3, "{raw}");
    assert_eq!(day.lines[5].reference.as_deref(), Some("ZA-LAUF-7"));
    assert_eq!(day.lines[5].counterparty_bic.as_deref(), Some("BEVODEBBXXX"));
}

#[test]
fn a_line_says_where_its_text_is() {
    let text = encoding_rs::WINDOWS_1252.decode(DAY).0.into_owned();
    for line in day().lines {
        let span = line.span.unwrap();
        let (from, length) = (usize::try_from(span.offset).unwrap(), usize::try_from(span.length).unwrap());
        let piece = &text[from..from + length];
        assert!(piece.starts_with(":61:") && !piece.ends_with(['\r', '\n']), "{piece}");
        assert_eq!(piece.matches("\r\n:86:").count(), 1, "{piece}");
        let line_number = u64::try_from(text[..from].matches('\n').count()).unwrap() + 1;
        assert_eq!(line.source_line, line_number);
    }
}

/// The ids of a file's lines, without what only one of the two formats tells.
fn ids(lines: Vec<StatementLine>, comparable: impl Fn(&StatementLine) -> bool) -> Vec<String> {
    let mut fingerprints = Fingerprints::new(true);
    let one_account = |line: StatementLine| StatementLine { account_iban: None, account_other: None, ..line };
    let lines = lines.into_iter().filter(comparable).map(one_account);
    lines.map(|line| format!("{:?}", fingerprints.key(&line))).collect()
}

#[test]
fn the_same_day_as_camt_gives_the_same_movements() {
    let mut camt = Vec::new();
    let outcome = crate::importers::camt::read(fixture!("camt053/day_statement_08.xml"), &mut |event| {
        if let StatementEvent::Line(line) = event {
            camt.push(*line);
        }
        std::ops::ControlFlow::Continue(())
    });
    outcome.unwrap();
    // All but what is only announced, the charges of a return included.
    let comparable = |line: &StatementLine| line.status == LineStatus::Booked;
    let returned = |lines: &[StatementLine]| -> Vec<_> {
        let of_return = lines.iter().filter(|line| line.end_to_end_id.as_deref() == Some("LS-46-9"));
        of_return.map(|line| (line.amount, line.kind, line.fee_of.is_some(), line.return_reason.clone())).collect()
    };
    assert_eq!((returned(&camt).len(), returned(&camt)), (2, returned(&day().lines)));
    let (camt, mt940) = (ids(camt, comparable), ids(day().lines, comparable));
    assert_eq!((camt.len(), camt), (12, mt940));
}

#[test]
fn pages_are_one_statement_and_accounts_are_several() {
    let heard = understood(fixture!("mt940/pages_and_accounts.sta"));
    assert_eq!((heard.issues(), heard.adds_up(), heard.summary.statements), (Vec::new(), Some(true), 2));
    assert_eq!(heard.amounts(), ["20.00", "-15.00"]);
    let ordinals: Vec<_> = heard.lines.iter().map(|line| (line.ordinal.statement, line.ordinal.entry)).collect();
    assert_eq!(ordinals, [(1, 1), (1, 2)]);
    assert_eq!(heard.ends[0].closing.unwrap().amount(), "105.00");
    assert_eq!(heard.headers[1].opening.unwrap().amount(), "-5.00");
    let first = &heard.lines[0];
    assert_eq!((first.purpose.as_deref(), first.end_to_end_id.as_deref()), (Some("FACTUUR 2026-7"), Some("WEB-7")));
    assert_eq!(first.counterparty_name.as_deref(), Some("J DE VRIES"));
    assert_eq!(heard.lines[1].end_to_end_id, None);
}

#[test]
fn an_interim_report_is_pending_and_becomes_the_booking_of_the_statement() {
    let heard = understood(fixture!("mt940/interim_report.sta"));
    assert_eq!((heard.issues(), heard.adds_up()), (Vec::new(), None));
    assert_eq!(heard.amounts(), ["1249.00", "-12.00"]);
    assert!(heard.lines.iter().all(|line| line.status == LineStatus::Pending));
    assert_eq!(heard.headers[0].created.unwrap().to_string(), "2026-11-24");
    assert_eq!(heard.ends[0].sum.unwrap().amount(), "0.00");
    assert_eq!(ids(heard.lines, |_| true)[0], ids(day().lines, |_| true)[0]);
}
