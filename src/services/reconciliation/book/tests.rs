//! Every order of six overlapping files in four formats ends in the same movements.

use std::ops::ControlFlow;

use chrono::{DateTime, NaiveDate};
use uuid::Uuid;

use super::*;
use crate::domain::account::ProviderKind;
use crate::domain::id::FileId;
use crate::domain::money::Currency;
use crate::entities::payment_account;
use crate::importers::fingerprint::Fingerprints;
use crate::importers::{Format, StatementEvent, csv};
use crate::services::reconciliation::lines::new_movement;

const IBAN: &str = "DE89370400440532013000";

/// A payment as the bank knows it.
pub(super) struct Payment {
    pub(super) day: u32,
    pub(super) amount: &'static str,
    pub(super) name: &'static str,
    pub(super) end_to_end_id: &'static str,
    pub(super) purpose: &'static str,
}

pub(super) const fn payment(day: u32, amount: &'static str, texts: [&'static str; 3]) -> Payment {
    let [name, end_to_end_id, purpose] = texts;
    Payment { day, amount, name, end_to_end_id, purpose }
}

pub(super) const INVOICE: Payment = payment(20, "119.00", ["Erika Müller", "RE-1", "Rechnung RE-2026-0001"]);
/// Bought twice on one day.
const COFFEE: Payment = payment(21, "19.90", ["Max Groß", "", "Danke"]);
const COURSE_A: Payment = payment(21, "50.00", ["Anna Bell", "KURS-A", "Kurs"]);
const COURSE_B: Payment = payment(21, "50.00", ["Anna Bell", "KURS-B", "Kurs"]);
const POWER: Payment = payment(22, "30.00", ["Stadtwerke", "SW-9", "Abschlag November"]);
const DEPOSIT: Payment = payment(22, "75.00", ["Otto Kurz", "", "Anzahlung 7"]);
const DEPOSIT_ANNOUNCED: Payment = Payment { day: 21, ..DEPOSIT };
const NEVER_BOOKED: Payment = payment(22, "12.00", ["Ida Lang", "", "Vielleicht"]);

pub(super) fn camt(kind: (&str, &str, &str), payments: &[(&Payment, &str)]) -> Vec<u8> {
    let (number, message, report) = kind;
    let entries: String = payments
        .iter()
        .map(|(payment, status)| {
            let Payment { day, amount, name, end_to_end_id, purpose } = payment;
            let id = if end_to_end_id.is_empty() { "NOTPROVIDED" } else { end_to_end_id };
            format!(
                "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>\
                 <BookgDt><Dt>2026-11-{day}</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs>\
                 <RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>\
                 <RmtInf><Ustrd>{purpose}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
            )
        })
        .collect();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.{number}.001.08\"><{message}><{report}><Id>1</Id>\
         <Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{entries}</{report}></{message}></Document>"
    )
    .into_bytes()
}

pub(super) fn statement(payments: &[&Payment]) -> Vec<u8> {
    let booked: Vec<_> = payments.iter().map(|payment| (*payment, "BOOK")).collect();
    camt(("053", "BkToCstmrStmt", "Stmt"), &booked)
}

pub(super) fn mt940(payments: &[&Payment]) -> Vec<u8> {
    let cents = |payment: &&Payment| payment.amount.replace('.', "").parse::<i64>().unwrap();
    let closing: i64 = payments.iter().map(cents).sum();
    let entries: String = payments
        .iter()
        .map(|payment| {
            let Payment { day, amount, name, end_to_end_id, purpose } = payment;
            let reference = if end_to_end_id.is_empty() { String::new() } else { format!("?20EREF+{end_to_end_id}") };
            let amount = amount.replace('.', ",");
            format!(
                ":61:2611{day}11{day}C{amount}N166NONREF\r\n:86:166?00GUTSCHRIFT{reference}?21SVWZ+{purpose}?32{name}\r\n"
            )
        })
        .collect();
    let (whole, part) = (closing / 100, closing % 100);
    format!(
        ":20:X\r\n:25:{IBAN}\r\n:28C:7/1\r\n:60F:C261120EUR0,\r\n{entries}:62F:C261122EUR{whole},{part:02}\r\n-\r\n"
    )
    .into_bytes()
}

fn rows(payments: &[&Payment]) -> Vec<u8> {
    let head = "Auftragskonto;Buchungstag;Valutadatum;Buchungstext;Verwendungszweck;Glaeubiger ID;Mandatsreferenz;\
                Kundenreferenz (End-to-End);Sammlerreferenz;Lastschrift Ursprungsbetrag;Auslagenersatz Ruecklastschrift;\
                Beguenstigter/Zahlungspflichtiger;Kontonummer/IBAN;BIC (SWIFT-Code);Betrag;Waehrung;Info\r\n";
    let body: String = payments
        .iter()
        .map(|payment| {
            let Payment { day, amount, name, end_to_end_id, purpose } = payment;
            let amount = amount.replace('.', ",");
            format!(
                "{IBAN};{day}.11.26;{day}.11.26;GUTSCHR. UEBERWEISUNG;{purpose};;;{end_to_end_id};;;;{name};;;{amount};EUR;\
                 Umsatz gebucht\r\n"
            )
        })
        .collect();
    format!("{head}{body}").into_bytes()
}

fn files() -> [Vec<u8>; 6] {
    let interim = [(&COFFEE, "BOOK"), (&DEPOSIT_ANNOUNCED, "PDNG"), (&NEVER_BOOKED, "PDNG")];
    [
        statement(&[&INVOICE, &COFFEE, &COFFEE, &COURSE_A, &COURSE_B]),
        statement(&[&COURSE_B, &COFFEE, &COURSE_A, &COFFEE, &POWER, &DEPOSIT]),
        statement(&[&DEPOSIT, &POWER]),
        mt940(&[&COFFEE, &COURSE_A, &COURSE_B, &COFFEE]),
        rows(&[&DEPOSIT, &POWER, &COURSE_A, &COFFEE, &COFFEE, &COURSE_B]),
        camt(("052", "BkToCstmrAcctRpt", "Rpt"), &interim),
    ]
}

/// A file's movements, as an import makes them.
fn read(number: u128, bytes: &[u8]) -> Vec<NewMovement> {
    let format = Format::detect(bytes).unwrap();
    let mut lines = Vec::new();
    let mut sink = |event| {
        if let StatementEvent::Line(line) = event {
            lines.push(*line);
        }
        ControlFlow::Continue(())
    };
    format.read(bytes, &csv::Reader::built_in(Currency::EUR), &mut sink).unwrap();
    let mut fingerprints = Fingerprints::new(lines.iter().any(|line| line.end_to_end_id.is_some()));
    let file = (FileId::from(Uuid::from_u128(number)), format.channel());
    lines.into_iter().map(|line| new_movement(line, file, &mut fingerprints)).collect()
}

fn account() -> payment_account::Model {
    payment_account::Model {
        id: Uuid::from_u128(1).into(),
        name: "Hausbank".into(),
        provider: ProviderKind::BankFile,
        iban: Some(IBAN.into()),
        currency: Currency::EUR,
        can_receive: true,
        can_send: false,
        cutoff_date: None,
        hidden: false,
        auto_import_locked_reason: None,
        feed_cursor: 0,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
    }
}

/// A database of one account, without the database.
pub(super) struct Table {
    account: payment_account::Model,
    pub(super) rows: Vec<Model>,
    ids: u128,
    match_purpose: bool,
}

impl Table {
    pub(super) fn empty() -> Self {
        Self { account: account(), rows: Vec::new(), ids: 1000, match_purpose: true }
    }

    pub(super) fn import(&mut self, lines: &[NewMovement]) -> Counts {
        let run = Uuid::from_u128(2).into();
        let arrival =
            Arrival { account: &self.account, run, match_purpose: self.match_purpose, now: DateTime::UNIX_EPOCH };
        let mut book = Book::default();
        self.rows.iter().cloned().for_each(|row| book.know(row));
        let mut counts = Counts::default();
        for line in lines {
            self.ids += 1;
            let (one, refused) = book.take(&arrival, line, Uuid::from_u128(self.ids).into()).unwrap();
            assert_eq!(refused, None);
            counts = counts.plus(one);
        }
        let outcome = book.close();
        for (before, after) in outcome.updated {
            let row = self.rows.iter_mut().find(|row| row.id == before.id).unwrap();
            assert_eq!(*row, before);
            *row = after;
        }
        self.rows.extend(outcome.created);
        let mut ids: Vec<&str> = self.rows.iter().map(|row| row.transaction_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), self.rows.len(), "an id twice");
        counts
    }

    /// What must not depend on the order.
    fn state(&self) -> Vec<String> {
        let mut rows: Vec<String> = self
            .rows
            .iter()
            .map(|row| {
                let label = row.end_to_end_id.as_deref().and_then(fingerprint::label);
                format!(
                    "{} {} {} {} {label:?} {} free {}",
                    row.booking_date,
                    row.amount_minor,
                    row.counterparty_fold,
                    row.purpose_fold,
                    row.status,
                    row.free_minor
                )
            })
            .collect();
        rows.sort();
        rows
    }
}

/// All orders of the numbers below `n`.
pub(super) fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let insert = |order: Vec<usize>| {
        (0..=order.len()).map(move |place| {
            let mut longer = order.clone();
            longer.insert(place, n - 1);
            longer
        })
    };
    orders(n - 1).into_iter().flat_map(insert).collect()
}

/// [22, 27]
#[test]
fn all_720_orders_of_six_overlapping_files_end_in_one_state() {
    let files: Vec<Vec<NewMovement>> = (1..).zip(files()).map(|(number, bytes)| read(number, &bytes)).collect();
    let mut table = Table::empty();
    for file in &files {
        table.import(file);
    }
    let state = table.state();
    assert_eq!(state.len(), 8, "{state:#?}");
    assert_eq!(state.iter().filter(|row| row.contains("in_progress")).count(), 1, "{state:#?}");
    let all = orders(files.len());
    assert_eq!(all.len(), 720);
    for order in all {
        let mut table = Table::empty();
        for place in &order {
            table.import(&files[*place]);
        }
        assert_eq!(table.state(), state, "{order:?}");
        let created: i64 = order.iter().map(|place| table.import(&files[*place]).created).sum();
        assert_eq!((created, table.state()), (0, state.clone()), "{order:?} again");
    }
}

pub(super) fn lines_of(bytes: &[u8]) -> Vec<NewMovement> {
    read(1, bytes)
}

/// [27]
#[test]
fn a_booking_takes_the_place_of_its_announcement_and_keeps_what_people_did() {
    let announced = camt(("052", "BkToCstmrAcctRpt", "Rpt"), &[(&DEPOSIT_ANNOUNCED, "PDNG")]);
    let booked = statement(&[&DEPOSIT]);
    let mut table = Table::empty();
    table.import(&lines_of(&announced));
    table.rows[0].hidden = true;
    table.rows[0].internal_comment = Some("called".into());
    let before = table.rows[0].clone();
    let counts = table.import(&lines_of(&booked));
    assert_eq!((counts.hidden, counts.created, table.rows.len()), (1, 0, 1));
    let after = &table.rows[0];
    assert_eq!((after.id, after.hidden, after.internal_comment.as_deref()), (before.id, true, Some("called")));
    assert_eq!((after.status, after.booking_date), (MovementStatus::Completed, day(22)));
    assert_eq!(after.prenoted_id.as_deref(), Some(before.transaction_id.as_str()));
    for (file, name) in [(&announced, "announcement"), (&booked, "booking")] {
        let counts = table.import(&lines_of(file));
        assert_eq!((counts.created, counts.updated, table.rows.len()), (0, 0, 1), "the {name} again");
    }
}

/// [27]
#[test]
fn what_differs_or_is_too_late_is_no_booking_of_an_announcement() {
    let announced = camt(("052", "BkToCstmrAcctRpt", "Rpt"), &[(&Payment { day: 10, ..DEPOSIT }, "PDNG")]);
    let rows_after = |booked: Payment, match_purpose: bool| {
        let mut table = Table { match_purpose, ..Table::empty() };
        table.import(&lines_of(&announced));
        table.import(&lines_of(&statement(&[&booked])));
        table.rows.len()
    };
    assert_eq!(rows_after(DEPOSIT, true), 1);
    assert_eq!(rows_after(Payment { day: 25, ..DEPOSIT }, true), 2, "fifteen days later");
    assert_eq!(rows_after(Payment { amount: "75.01", ..DEPOSIT }, true), 2);
    assert_eq!(rows_after(Payment { name: "Otto Lang", ..DEPOSIT }, true), 2);
    let other_words = Payment { purpose: "Restzahlung", ..DEPOSIT };
    assert_eq!(rows_after(Payment { ..other_words }, true), 2);
    assert_eq!(rows_after(other_words, false), 1, "where purposes need not be the same");
}

#[test]
fn a_booking_that_says_less_than_its_announcement_loses_nothing() {
    let announced = camt(("052", "BkToCstmrAcctRpt", "Rpt"), &[(&COURSE_A, "PDNG")]);
    let poor = statement(&[&Payment { end_to_end_id: "", ..COURSE_A }]);
    let mut table = Table::empty();
    for file in [&announced, &poor, &statement(&[&COURSE_A])] {
        table.import(&lines_of(file));
    }
    let [row] = &table.rows[..] else { panic!("{:#?}", table.rows) };
    assert_eq!((row.status, row.end_to_end_id.as_deref()), (MovementStatus::Completed, Some("KURS-A")));
    assert_eq!((row.free_minor, row.end_to_end_open), (5_000, false));
    table.import(&lines_of(&statement(&[&COURSE_A, &COURSE_B])));
    assert_eq!(table.rows.len(), 2);
}

#[test]
fn two_announcements_of_a_day_with_one_booking_are_one_of_each_in_both_orders() {
    let twice = camt(("052", "BkToCstmrAcctRpt", "Rpt"), &[(&DEPOSIT, "PDNG"), (&DEPOSIT, "PDNG")]);
    let once = statement(&[&DEPOSIT]);
    let state = |files: [&Vec<u8>; 2]| {
        let mut table = Table::empty();
        for file in files {
            table.import(&lines_of(file));
        }
        table.state()
    };
    let (one, other) = (state([&once, &twice]), state([&twice, &once]));
    assert_eq!((one.len(), &one), (2, &other));
}

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, number).unwrap()
}

#[test]
fn charges_know_the_movement_they_are_of() {
    let payment = read(1, &statement(&[&DEPOSIT])).remove(0);
    let place = |detail| Ordinal { statement: 1, entry: 1, detail };
    let fee = NewMovement {
        identity: Identity::Given("fee".into()),
        booking_type: crate::domain::movement::BookingType::Fee,
        place: Some(place(2)),
        fee_of: Some(place(1)),
        ..payment.clone()
    };
    let mut table = Table::empty();
    table.import(&[NewMovement { place: Some(place(1)), ..payment }, fee]);
    assert_eq!(table.rows[1].parent_movement_id, Some(table.rows[0].id));
}
