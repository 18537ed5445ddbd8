//! The same bookings in an interim report, a statement and a notification; and what is different about each.

use super::{Heard, entry, fixture, message, statement, understood};
use crate::importers::camt::Family;
use crate::importers::fingerprint::Fingerprints;
use crate::importers::{Format, LineKind, LineStatus, Ordinal, StatementLine};

const REPORT: &[u8] = fixture!("camt/two_accounts_052.xml");
const STATEMENT: &[u8] = fixture!("camt/two_accounts_053.xml");
const NOTIFICATION: &[u8] = fixture!("camt/two_accounts_054.xml");

fn report(entries: &str) -> Heard {
    understood(message("BkToCstmrAcctRpt", "Rpt", entries).as_bytes())
}

fn balance(kind: &str, amount: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>"
    )
}

fn booked(more: &str) -> String {
    entry(&format!("<Sts>BOOK</Sts>{more}"))
}

#[test]
fn the_same_bookings_are_the_same_lines_in_all_three() {
    let content = |bytes: &[u8]| -> Vec<StatementLine> {
        let placeless = |line: StatementLine| StatementLine {
            ordinal: Ordinal { statement: 0, ..line.ordinal },
            source_line: 0,
            span: None,
            ..line
        };
        understood(bytes).lines.into_iter().map(placeless).collect()
    };
    let expected = content(STATEMENT);
    assert_eq!((content(REPORT), content(NOTIFICATION)), (expected.clone(), expected));
    let ids = |bytes: &[u8]| -> Vec<String> {
        let mut fingerprints = Fingerprints::new(true);
        understood(bytes).lines.iter().map(|line| format!("{:?}", fingerprints.key(line))).collect()
    };
    assert_eq!((ids(REPORT), ids(NOTIFICATION)), (ids(STATEMENT), ids(STATEMENT)));
}

#[test]
fn two_accounts_give_their_lines_whatever_the_message() {
    for (bytes, family, gap) in [
        (REPORT, Family::Report, None),
        (STATEMENT, Family::Statement, Some(0)),
        (NOTIFICATION, Family::Notification, None),
    ] {
        assert_eq!(Format::detect(&bytes[..1024]), Ok(Format::Camt(family)));
        let heard = understood(bytes);
        let amounts = ["1249.00", "119.00", "39.00", "-196.13", "-10.00", "-3.00", "-2.50", "89.90", "-9.90", "170.10"];
        assert_eq!(heard.amounts(), amounts.map(|amount| format!("{amount} EUR")), "{family:?}");
        assert_eq!((heard.issues(), heard.summary.statements), (Vec::new(), 2), "{family:?}");
        let gaps: Vec<_> = heard.ends.iter().map(|end| end.gap.map(|gap| gap.minor())).collect();
        assert_eq!(gaps, [gap, gap], "{family:?}");
        let accounts: Vec<_> = heard.headers.iter().map(|header| header.account_iban.as_deref().unwrap()).collect();
        assert_eq!(accounts, ["DE89370400440532013000", "DE02700202700010108669"]);
    }
}

#[test]
fn what_a_line_keeps_is_all_there() {
    let heard = understood(NOTIFICATION);
    let part = &heard.lines[1];
    let texts = [&part.bank_reference, &part.transaction_code, &part.end_to_end_id, &part.mandate_id];
    let expected = ["A-0002-1", "PMNT-IDDT-ESDD", "LS-47-1", "MND-0007"];
    assert_eq!(texts.map(|text| text.as_deref().unwrap()), expected);
    let [returned, first, second] = &heard.lines[4..7] else { panic!() };
    assert_eq!((returned.kind, returned.return_reason.as_deref()), (LineKind::Chargeback, Some("MD06")));
    for (number, fee) in [(2, first), (3, second)] {
        assert_eq!((fee.kind, fee.fee_of, fee.ordinal.detail), (LineKind::Fee, Some(returned.ordinal), number));
        assert_eq!((fee.return_reason.as_deref(), &fee.purpose), (None, &returned.purpose));
    }
    assert_eq!(heard.lines[9].kind, LineKind::Chargeback, "taken back");
    assert_eq!(heard.lines[7].reference.as_deref(), Some("RF18539007547034"));
}

#[test]
fn an_interim_report_tells_announced_from_booked_in_both_spellings() {
    for (status, expected) in [
        ("<Sts>BOOK</Sts>", LineStatus::Booked),
        ("<Sts><Cd>BOOK</Cd></Sts>", LineStatus::Booked),
        ("<Sts>PDNG</Sts>", LineStatus::Pending),
        ("<Sts><Cd>PDNG</Cd></Sts>", LineStatus::Pending),
    ] {
        let heard = report(&entry(status));
        assert_eq!((heard.lines[0].status, heard.issues()), (expected, Vec::new()), "{status}");
    }
    let heard = report(&entry(""));
    assert_eq!(
        (heard.lines[0].status, heard.issues()),
        (LineStatus::Pending, vec!["1 1 Ntry/Sts unknown_status".into()])
    );
    assert_eq!(understood(statement(&entry("")).as_bytes()).lines[0].status, LineStatus::Booked);
}

#[test]
fn what_is_only_announced_needs_no_day_of_booking() {
    let announced =
        "<Ntry><Amt>1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><ValDt><Dt>2026-11-25</Dt></ValDt></Ntry>";
    let heard = report(announced);
    assert_eq!((heard.lines[0].booking_date.to_string(), heard.issues()), ("2026-11-25".into(), Vec::new()));
    let heard = report(&announced.replace("PDNG", "BOOK"));
    assert_eq!(heard.issues(), ["1 1 Ntry/BookgDt missing_date"]);
}

#[test]
fn interim_balances_are_looked_at_and_never_held_against_a_report() {
    for fine in [
        String::new(),
        balance("ITAV", "9.00"),
        balance("ITBD", "9.00"),
        balance("OPBD", "2.00"),
        balance("OPBD", "2.00") + &balance("ITBD", "3.00") + &balance("ITAV", "9.00"),
        balance("PRCD", "2.00") + &balance("CLBD", "3.00"),
        balance("ITBD", "2.00") + &balance("ITBD", "3.00"),
    ] {
        let heard = report(&(fine.clone() + &booked("") + &entry("<Sts>PDNG</Sts>")));
        assert_eq!((heard.issues(), heard.lines.len()), (Vec::new(), 2), "{fine}");
    }
    for other in ["ITBD", "CLBD"] {
        let heard = report(&(balance("OPBD", "2.00") + &balance(other, "9.00") + &booked("") + &booked("")));
        assert_eq!((heard.issues(), heard.ends[0].gap), (vec!["1 - Rpt/Bal balance_not_checked".into()], None));
    }
    let closed = balance("OPBD", "2.00") + &balance("CLBD", "3.00") + &booked("");
    assert!(report(&closed).ends[0].gap.unwrap().is_zero());
}

#[test]
fn messages_of_more_than_one_kind_in_one_envelope_are_all_read() {
    let files = [
        message("BkToCstmrAcctRpt", "Rpt", &booked("")),
        statement(&entry("")),
        message("BkToCstmrDbtCdtNtfctn", "Ntfctn", &entry("")),
        statement(&entry("")),
    ];
    let heard = understood(format!("<Files>{}</Files>", files.concat()).as_bytes());
    assert_eq!((heard.lines.len(), heard.summary.statements, heard.ends.len()), (4, 4, 4));
}

#[test]
fn the_first_version_has_its_number_in_the_name_and_details_without_a_frame() {
    let detail = "<TxDtls><RmtInf><Ustrd>RE-1</Ustrd></RmtInf><RtrInf><RtrRsn><Cd>AC04</Cd></RtrRsn></RtrInf></TxDtls>";
    let heard = understood(message("BkToCstmrAcctRptV01", "Rpt", &booked(detail)).as_bytes());
    let line = &heard.lines[0];
    assert_eq!((line.purpose.as_deref(), line.return_reason.as_deref()), (Some("RE-1"), Some("AC04")));
    assert_eq!((line.kind, heard.issues()), (LineKind::Chargeback, Vec::new()));
    assert_eq!(Format::detect(b"<Document><BkToCstmrStmtV01>"), Ok(Format::Camt(Family::Statement)));
}

#[test]
fn issues_name_the_element_of_their_message() {
    let broken = "<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt>x</Amt></Bal>".to_owned() + &booked("");
    assert_eq!(report(&broken).issues(), ["1 - Rpt/Bal invalid_balance"]);
    let account = message("BkToCstmrDbtCdtNtfctn", "Ntfctn", &entry("")).replace("<Ccy>EUR", "<Ccy>XYZ");
    assert_eq!(understood(account.as_bytes()).issues(), ["1 - Ntfctn/Acct/Ccy unknown_currency"]);
    let fields =
        [Family::Report, Family::Statement, Family::Notification].map(|family| Format::Camt(family).account_field());
    assert_eq!(fields, ["Rpt/Acct/Id", "Stmt/Acct/Id", "Ntfctn/Acct/Id"]);
}
