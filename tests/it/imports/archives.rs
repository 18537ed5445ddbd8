//! What becomes of a ZIP archive of statements, from the upload to the movements.

use std::io::Cursor;
use std::ops::ControlFlow;

use chrono::Duration;
use heller::domain::money::Currency;
use heller::entities::{account_movement, reconciliation_item};
use heller::importers::{ImportError, StatementEvent, archive as reader, csv};
use proptest::prelude::*;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{Bank, IBAN, counts, entry, statement};
use crate::support::archive::{Member, archive};

fn booked(amount: &str, purpose: &str) -> String {
    entry(amount, "BOOK", "2026-11-20", purpose)
}

fn swift(purpose: &str) -> Vec<u8> {
    format!(
        ":20:M1\n:25:{IBAN}\n:28C:1/1\n:60F:C261119EUR0,\n:61:2611201120CR9,00NTRFNONREF\n:86:{purpose}\n:62F:C261120EUR9,\n-\n"
    )
    .into_bytes()
}

/// Rows of the logbook, oldest first: code and file.
async fn log(bank: &Bank) -> Vec<(String, Option<String>)> {
    let log = bank.clerk.get("/v1/logbook?limit=200").await.expect(200);
    let text = |row: &Value, name: &str| row[name].as_str().map(str::to_owned);
    let rows = log.at("/items").as_array().unwrap().iter().rev();
    rows.map(|row| (text(row, "code").unwrap(), text(row, "file"))).collect()
}

fn part(row: &account_movement::Model) -> (&str, Option<&str>, Option<&str>) {
    (row.import_channel.as_str(), row.file_part.as_deref(), row.purpose.as_deref())
}

#[tokio::test]
async fn files_of_several_formats_are_one_import_and_what_is_no_statement_is_named() {
    let bank = Bank::start().await;
    let file = archive(&[
        Member::new("2026-11-21.xml", &statement(&booked("1.00", "later"))),
        Member::new("2026/", b""),
        Member::new("2026/2026-11-20.sta", &swift("earlier")),
        Member::new("readme.txt", b"The statements of November."),
        Member::new("page.html", b"<!DOCTYPE html><html></html>"),
        Member::new("empty.xml", b""),
        Member::new("__MACOSX/._2026-11-21.xml", &statement(&booked("2.00", "shadow"))),
        Member::new("letter.pdf", b"%PDF-1.7\n1 0 obj"),
        Member::new("nothing.xml", b"<Document><BkToCstmrStmt/></Document>"),
    ]);
    let run = bank.import(&file).await;
    assert_eq!(counts(&run), [2, 0, 0, 0, 0, 0], "{run:#}");
    let mut rows = bank.movements().await;
    rows.sort_by_key(|row| row.import_channel.as_str());
    let found: Vec<_> = rows.iter().map(part).collect();
    assert_eq!(
        found,
        [("camt", Some("2026-11-21.xml"), Some("later")), ("mt940", Some("2026/2026-11-20.sta"), Some("earlier"))]
    );
    let left = |code: &str, name: &str| (code.to_owned(), Some(name.to_owned()));
    let expected = [
        left("not_a_statement", "__MACOSX/._2026-11-21.xml"),
        left("not_a_statement", "empty.xml"),
        left("not_a_statement", "letter.pdf"),
        left("no_statement", "nothing.xml"),
        left("not_a_statement", "page.html"),
        left("not_a_statement", "readme.txt"),
    ];
    assert_eq!(log(&bank).await, expected);
    let again = bank.raw(&file, "").await.expect(200);
    assert_eq!(again.json["id"], run["id"]);
}

#[tokio::test]
async fn files_are_read_in_the_order_of_their_names_and_not_of_their_places() {
    let bank = Bank::start().await;
    let announced = entry("5.00", "PDNG", "2026-11-20", "Miete");
    let file = archive(&[
        Member::new("2026-11-21.xml", &statement(&booked("5.00", "Miete"))),
        Member::new("2026-11-20.xml", &statement(&announced)),
    ]);
    assert_eq!(counts(&bank.import(&file).await), [1, 1, 0, 0, 0, 0]);
    let rows = bank.movements().await;
    assert_eq!((rows[0].status.as_str(), rows.len()), ("completed", 1));
}

#[tokio::test]
async fn files_that_overlap_tell_of_the_same_movements_and_twins_in_one_are_two() {
    let bank = Bank::start().await;
    let day = booked("1.00", "twin").repeat(2) + &booked("2.00", "both");
    let file = archive(&[
        Member::new("a.xml", &statement(&day)),
        Member::new("b.xml", &statement(&(day.clone() + &booked("3.00", "new")))),
    ]);
    assert_eq!(counts(&bank.import(&file).await), [4, 0, 3, 0, 0, 0]);
    assert_eq!((bank.movements().await.len(), bank.entries().await), (4, 4));
    let rows = bank.movements().await;
    assert_eq!(rows.iter().filter(|row| row.file_part.as_deref() == Some("b.xml")).count(), 1);
    assert_eq!(counts(&bank.import(&statement(&day)).await), [0, 0, 3, 0, 0, 0], "unpacked they are the same too");
}

#[tokio::test]
async fn a_statement_that_cannot_be_read_costs_the_whole_archive_and_is_named() {
    let bank = Bank::start().await;
    let mut broken = statement(&booked("2.00", "broken"));
    broken.truncate(broken.len() - 20);
    let good = Member::new("a.xml", &statement(&booked("1.00", "good")));
    let file = archive(&[good.clone(), Member::new("b.xml", &broken)]);
    let run = bank.import(&file).await;
    assert_eq!((run["status"].as_str(), bank.movements().await.len()), (Some("failed"), 0), "{run:#}");
    let row = |code: &str| (code.to_owned(), Some("b.xml".to_owned()));
    assert_eq!(log(&bank).await, [row("truncated"), row("archive_refused")]);
    let german = bank.clerk.get("/v1/logbook").lang("de").await.expect(200);
    assert!(german.text("/items/0/message").contains("aus dem Archiv nichts gespeichert"), "{german:?}");
    assert!(german.text("/items/1/message").contains("endet mittendrin"), "{german:?}");
    let doctype = archive(&[good, Member::new("b.xml", b"<!DOCTYPE a><Document><BkToCstmrStmt/></Document>")]);
    assert_eq!(bank.import(&doctype).await["status"], "failed");
    assert_eq!(log(&bank).await[2..], [row("xml_dtd_refused"), row("archive_refused")]);
}

#[tokio::test]
async fn wrong_entries_and_statements_of_others_are_named_with_their_file() {
    let bank = Bank::start().await;
    let foreign = String::from_utf8(statement(&booked("9.00", "foreign"))).unwrap();
    let foreign = foreign.replace(IBAN, "AT611904300234573201");
    let file = archive(&[
        Member::new("a.xml", &statement(&(booked("1,00", "wrong") + &booked("1.00", "right")))),
        Member::new("b.xml", foreign.as_bytes()),
    ]);
    let run = bank.import(&file).await;
    assert_eq!(counts(&run), [1, 0, 0, 0, 0, 2], "{run:#}");
    let row = |code: &str, file: &str| (code.to_owned(), Some(file.to_owned()));
    assert_eq!(log(&bank).await, [row("invalid_amount", "a.xml"), row("other_account", "b.xml")]);
    let only = archive(&[Member::new("b.xml", foreign.as_bytes())]);
    assert_eq!(bank.import(&only).await["status"], "failed");
    assert_eq!(log(&bank).await[2..], [row("other_account", "b.xml")]);
}

#[tokio::test]
async fn an_archive_without_a_statement_fails_and_says_so() {
    let bank = Bank::start().await;
    let run = bank.import(&archive(&[Member::new("readme.txt", b"nothing")])).await;
    assert_eq!(run["status"], "failed");
    assert_eq!(log(&bank).await, [("not_a_statement".into(), Some("readme.txt".into())), ("no_entry".into(), None)]);
    assert_eq!(bank.import(&archive(&[])).await["status"], "failed");
}

#[tokio::test]
async fn an_archive_larger_than_a_chunk_is_read_in_any_order_and_rehearsed() {
    let bank = Bank::start().await;
    let large = |name: &str| {
        let entries: String =
            (0..150).map(|number| booked("1.00", &format!("{name} {number} {}", "x".repeat(4_000)))).collect();
        Member::stored(name, &statement(&entries))
    };
    let file = archive(&[large("c.xml"), large("a.xml"), large("b.xml")]);
    assert!(file.len() > 6 * 256 * 1024);
    let rehearsed = bank.finished(bank.upload(&file, &[("dry_run", "true")]).await).await;
    assert_eq!((counts(&rehearsed), bank.movements().await.len()), ([450, 0, 0, 0, 0, 0], 0));
    let run = bank.import(&file).await;
    assert_eq!((counts(&run), bank.movements().await.len()), ([450, 0, 0, 0, 0, 0], 450));
}

#[tokio::test]
async fn ten_thousand_statements_of_one_line_are_as_many_movements() {
    let bank = Bank::start().await;
    let member = |number: u32| {
        let amount = format!("{}.{:02}", 1 + number / 100, number % 100);
        Member::new(&format!("{number:05}.xml"), &statement(&booked(&amount, &format!("AU-{number}"))))
    };
    let members: Vec<Member> = (0..10_000).map(member).collect();
    assert_eq!(counts(&bank.import(&archive(&members)).await), [10_000, 0, 0, 0, 0, 0]);
    assert!(bank.movements().await.iter().all(|row| row.file_part.is_some()));
}

#[tokio::test]
async fn an_interrupted_import_of_an_archive_goes_on_within_the_file_it_was_in() {
    let mut bank = Bank::start().await;
    bank.app.allow_leftovers();
    // The same lines in each file: only what has counted them from the start of each file knows which is which.
    let lines: String = (0..700).map(|number| booked("1.00", &format!("AU-{}", number / 2))).collect();
    let more =
        |from: u32| -> String { (from..from + 700).map(|number| booked("2.00", &format!("AU-{number}"))).collect() };
    let members = ["a.xml", "b.xml", "c.xml"].map(|name| {
        let from = u32::from(name.as_bytes()[0]) * 1_000;
        Member::new(name, &statement(&(lines.clone() + &more(from))))
    });
    let begun = bank.raw(&archive(&members), "").await.expect(202);
    let state = bank.app.state().clone();
    let work = async {
        loop {
            let done = reconciliation_item::Entity::find().all(state.db.reader()).await.unwrap();
            if done[0].progress_done >= 2_000 && done[0].phase.as_str() == "importing" {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = bank.app.run_pending() => panic!("the import ended before it could be interrupted"),
        () = work => {}
    }
    bank.app.later(Duration::hours(1));
    bank.app.run_pending().await;
    let clerk = bank.app.again(&bank.clerk).await;
    let run = clerk.get(begun.header("Location").unwrap()).await.expect(200);
    assert_eq!((run.text("/status"), counts(&run.json)), ("finished", [2_800, 0, 1_400, 0, 0, 0]));
    assert_eq!((bank.movements().await.len(), bank.entries().await), (2_800, 2_800));
}

/// Parts, lines and statements of an archive.
fn events(bytes: &[u8]) -> Result<Vec<StatementEvent>, ImportError> {
    let mut events = Vec::new();
    let csv = csv::Reader::built_in(Currency::EUR);
    let summary = reader::read(Cursor::new(bytes), &csv, &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    })?;
    let lines = events.iter().filter(|event| matches!(event, StatementEvent::Line(_))).count();
    assert_eq!(summary.lines, u64::try_from(lines).unwrap());
    Ok(events)
}

#[test]
fn ten_thousand_files_are_read_and_one_more_is_not() {
    let one = Member::new("", &statement(&booked("1.00", "one")));
    let mut members: Vec<Member> = (0..10_000)
        .map(|number| {
            let name = format!("{number:05}.xml").into_bytes();
            Member { local_name: name.clone(), name, ..one.clone() }
        })
        .collect();
    let found = events(&archive(&members)).unwrap();
    let statements: Vec<u64> = found
        .iter()
        .filter_map(|event| match event {
            StatementEvent::Statement(header) => Some(header.ordinal),
            _ => None,
        })
        .collect();
    assert_eq!(statements, (1..=10_000).collect::<Vec<u64>>(), "counted on from file to file");
    members.push(Member { name: b"x".to_vec(), local_name: b"x".to_vec(), ..one });
    assert_eq!(events(&archive(&members)).unwrap_err().code(), "unsafe_file");
}

fn sample() -> Vec<u8> {
    let long = booked("4.00", &"long ".repeat(5_000));
    archive(&[
        Member::stored("c.xml", &statement(&long)),
        Member::stored("letter.pdf", &b"%PDF-1.7\n".repeat(2_000)),
        Member::new("b.xml", &statement(&(booked("1.00", "one") + &booked("2.00", "two")))),
        Member::stored("a.sta", &swift("three")),
    ])
}

proptest! {
    #[test]
    fn an_archive_with_one_wrong_byte_is_refused_or_says_the_same(place in any::<prop::sample::Index>(), change in 1_u8..) {
        let (mut bytes, whole) = (sample(), events(&sample()).unwrap());
        let place = place.index(bytes.len());
        bytes[place] ^= change;
        if let Ok(found) = events(&bytes) {
            let named = |event: &&StatementEvent| !matches!(event, StatementEvent::Part(_));
            let lines = |events: &[StatementEvent]| events.iter().filter(named).cloned().collect::<Vec<_>>();
            prop_assert_eq!(lines(&found), lines(&whole), "{}", place);
        }
    }

    #[test]
    fn a_part_of_an_archive_is_none(length in any::<prop::sample::Index>()) {
        let bytes = sample();
        prop_assert!(events(&bytes[..length.index(bytes.len())]).is_err());
    }

    #[test]
    fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let behind = [bytes.as_slice(), b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &[0; 10]].concat();
        prop_assert!(events(&bytes).is_err() && events(&behind).is_err());
    }
}

#[tokio::test]
async fn other_packed_files_are_refused_at_once_with_what_to_do() {
    let bank = Bank::start().await;
    for bytes in [b"\x1f\x8b\x08\0\0\0\0\0".as_slice(), b"7z\xbc\xaf\x27\x1c\0\x04", b"Rar!\x1a\x07\x01\0"] {
        for (lang, advice) in [("de", "packen Sie ihn als ZIP"), ("en", "pack it as ZIP")] {
            let path = format!("/v1/statement-imports/raw?account_id={}", bank.account);
            let answer = bank.clerk.post_raw(path, "application/octet-stream", bytes.to_vec()).lang(lang).await;
            answer.problem(422, "file_format_invalid").field("/file", "file_format_invalid");
            assert!(answer.text("/detail").contains(advice), "{answer:?}");
        }
    }
    let sheet = archive(&[Member::new("[Content_Types].xml", b"<Types/>")]);
    bank.upload(&sheet, &[]).await.problem(422, "file_format_invalid");
    assert_eq!(json!(bank.stored_files().await), json!([0, 0]));
}
