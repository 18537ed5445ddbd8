//! The rows X of the corpus: XML that is hostile, strange, damaged, or says two things at once.

use std::io::ErrorKind;
use std::net::TcpListener;

use heller::domain::money::{Currency, Money};
use serde_json::json;

use super::super::{Bank, IBAN, counts, entry, statement};
use super::{booked, fails, outcome, text};

/// Elements in front of the entries.
fn headed(head: &str, entries: &str) -> Vec<u8> {
    text(statement(entries)).replace("<Ccy>EUR</Ccy></Acct>", &format!("<Ccy>EUR</Ccy></Acct>{head}")).into_bytes()
}

fn balance(kind: &str, amount: &str, direction: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
         <CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>"
    )
}

#[tokio::test]
async fn x01_statements_that_add_up_are_imported_to_the_cent_in_every_version() {
    let bank = Bank::start().await;
    for version in 1..=13 {
        let (one, two) = (format!("{version}.10"), format!("{version}.90"));
        let lines = booked(&one, "in") + &booked(&two, "out").replace("CRDT", "DBIT");
        // A day for each, which begins as the one before has ended.
        let after = |days: i64| Money::new(10_000 - 80 * days, Currency::EUR).amount();
        let head = balance("OPBD", &after(version - 1), "CRDT") + &balance("CLBD", &after(version), "CRDT");
        let file = text(headed(&head, &lines)).replace("camt.053.001.08", &format!("camt.053.001.{version:02}"));
        let file = file.replace("2026-11-20", &format!("2026-11-{version:02}"));
        let (run, codes) = outcome(&bank, file.as_bytes(), "&strict=true").await;
        assert_eq!((counts(&run), codes.len()), ([2, 0, 0, 0, 0, 0], 0), "{version}: {run:#}");
    }
    let sum: i64 = bank.movements().await.iter().map(|row| row.amount_minor).sum();
    assert_eq!((sum, bank.entries().await), (13 * -80, 26));
}

#[tokio::test]
async fn x02_document_types_are_refused_at_once_and_nothing_is_fetched() {
    let bank = Bank::start().await;
    let witness = TcpListener::bind("127.0.0.1:0").unwrap();
    witness.set_nonblocking(true).unwrap();
    let address = witness.local_addr().unwrap();
    let body = text(statement(&booked("1.00", "&x;")));
    let laughs: String =
        (1..10).map(|level| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10))).collect();
    let heads = [
        "<!DOCTYPE Document>".to_owned(),
        "<!DOCTYPE Document [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>".to_owned(),
        format!("<!DOCTYPE Document [<!ENTITY x SYSTEM \"http://{address}/x\">]>"),
        format!("<!DOCTYPE Document SYSTEM \"http://{address}/x.dtd\">"),
        format!("<!DOCTYPE Document PUBLIC \"-//x//y\" \"http://{address}/x.dtd\">"),
        format!("<!DOCTYPE Document [<!ENTITY % p SYSTEM \"http://{address}/p\"> %p;]>"),
        format!("<!DOCTYPE Document [<!ENTITY l0 \"ha\">{laughs}<!ENTITY x \"&l9;\">]>"),
        format!("<!DOCTYPE Document [<!ENTITY x \"{}\">]>", "a".repeat(50_000)),
        "<!-- camt.053 --><?xml-stylesheet href='x'?>\n<!doctype Document>".to_owned(),
    ];
    for head in heads {
        let file = format!("<?xml version=\"1.0\"?>{head}{body}");
        let wide: Vec<u8> = format!("\u{feff}{file}").encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [file.as_bytes(), &wide] {
            bank.raw(bytes, "").await.problem(422, "unsafe_file").field("/file", "unsafe_file");
            bank.upload(bytes, &[]).await.problem(422, "unsafe_file");
        }
    }
    let german = bank.clerk.upload("/v1/statement-imports", &[], ("a.xml", fixture!("external_entity.xml"))).lang("de");
    assert!(german.await.problem(422, "unsafe_file").text("/detail").contains("Dokumenttyp"));
    // Where a document type cannot stand, the parser refuses it.
    fails(&bank, body.replacen("<BkToCstmrStmt>", "<!DOCTYPE a><BkToCstmrStmt>", 1).as_bytes(), "xml_dtd_refused")
        .await;
    fails(&bank, body.as_bytes(), "xml_entity_refused").await;
    assert_eq!((bank.stored_files().await.0, bank.movements().await.len()), (2, 0));
    assert_eq!(witness.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn x03_shapes_that_no_bank_sends() {
    let bank = Bank::start().await;
    let within = |more: &str| statement(&(booked("1.00", "kept") + more));
    let attributes: String = (0..1_000_000).map(|number| format!(" a{number}=''")).collect();
    for (more, code) in [
        ("<a>".repeat(10_000), "nesting_too_deep"),
        (format!("<a{attributes}/>"), "element_too_long"),
        (format!("<a b='{}'/>", "x".repeat(10_000_000)), "element_too_long"),
    ] {
        fails(&bank, &within(&more), code).await;
    }
    let unknown = [b"<?xml version='1.0' encoding='klingon'?>".as_slice(), &within("")].concat();
    fails(&bank, &unknown, "invalid_encoding").await;
    let ignored = "<?php x ?><xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd'/>\
        <o:Other xmlns:o='urn:other'><o:Amt>1</o:Amt></o:Other>";
    let run = bank.import(&within(ignored)).await;
    assert_eq!(counts(&run)[0], 1, "{run:#}");
    let purposes: Vec<_> = bank.movements().await.into_iter().filter_map(|row| row.purpose).collect();
    assert_eq!(purposes, ["kept"]);
}

#[tokio::test]
async fn x04_statements_that_contradict_themselves_are_flagged_and_with_strict_refused() {
    let days = "<FrToDt><FrDtTm>2026-11-20T00:00:00</FrDtTm><ToDtTm>2026-11-20T23:59:59</ToDtTm></FrToDt>";
    let gap = balance("OPBD", "10.00", "CRDT") + &balance("CLBD", "12.00", "CRDT");
    let early = entry("1.00", "BOOK", "2026-11-19", "early");
    for (head, lines, code) in
        [(gap.as_str(), booked("1.00", "gap"), "balance_mismatch"), (days, early, "date_outside_statement")]
    {
        let bank = Bank::start().await;
        let file = headed(head, &(lines + &booked("3.00", "other").replace("3.00", "0.50")));
        let (run, codes) = outcome(&bank, &file, "&strict=true").await;
        assert_eq!((run["status"].as_str(), bank.movements().await.len()), (Some("failed"), 0), "{code}");
        assert_eq!(codes, [code, "statement_inconsistent"]);
        let (run, codes) = outcome(&bank, &file, "").await;
        assert_eq!((run["status"].as_str(), counts(&run)[0], codes), (Some("finished"), 2, vec![code.to_owned()]));
        let log = bank.clerk.get("/v1/logbook?limit=1").lang("de").await.expect(200);
        assert!(!log.text("/items/0/message").contains("nicht wie erwartet"), "no German words: {log:?}");
    }
}

#[tokio::test]
async fn x04_what_is_unusual_but_no_contradiction_is_imported() {
    let bank = Bank::start().await;
    let overdrawn = balance("OPBD", "50.00", "DBIT") + &balance("CLBD", "48.00", "DBIT");
    let days = "<FrToDt><FrDtTm>2026-11-20T00:00:00</FrDtTm><ToDtTm>2026-11-20T23:59:59</ToDtTm></FrToDt>";
    let later = entry("9.00", "PDNG", "2026-11-24", "announced");
    let file = headed(&(overdrawn + days), &(booked("2.00", "in") + &later));
    let (run, codes) = outcome(&bank, &file, "&strict=true").await;
    assert_eq!((counts(&run), codes.len()), ([2, 0, 0, 0, 0, 0], 0), "{run:#}");
}

#[tokio::test]
async fn x04_a_statement_of_another_account_or_currency_stores_nothing() {
    let bank = Bank::start().await;
    let foreign = text(statement(&booked("1.00", "x"))).replace(IBAN, "AT611904300234573201");
    fails(&bank, foreign.as_bytes(), "other_account").await;
    let dollars = text(statement(&booked("1.00", "x"))).replace("EUR", "USD");
    let (run, codes) = outcome(&bank, dollars.as_bytes(), "").await;
    assert_eq!((run["status"].as_str(), codes), (Some("failed"), vec!["currency_mismatch".into(), "no_entry".into()]));
    assert_eq!((bank.movements().await.len(), bank.entries().await), (0, 0));
}

#[tokio::test]
async fn x05_a_damaged_file_is_refused_or_imported_whole() {
    let bank = Bank::start().await;
    let lines: String =
        (0..150).map(|number| booked("1.00", &format!("RE-2026-{number:05} {}", "x".repeat(140)))).collect();
    let whole = statement(&lines);
    assert!(whole.len() > 50 * 1024, "{}", whole.len());
    let head = whole.iter().position(|byte| *byte == b'\n').unwrap();
    for length in (head..whole.len()).step_by(1024) {
        fails(&bank, &whole[..length], "truncated").await;
    }
    let mut imported = 0;
    for flip in 0..40_usize {
        let (mut damaged, bit) = (whole.clone(), (head * 8) + flip * 7_919 % ((whole.len() - head) * 8));
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (before, entries) = (bank.movements().await.len(), bank.entries().await);
        let (run, codes) = outcome(&bank, &damaged, "&strict=true").await;
        let (after, posted) = (bank.movements().await.len(), bank.entries().await);
        if run["status"] == "failed" {
            assert!((before, entries) == (after, posted) && !codes.is_empty(), "bit {bit}: {codes:?}");
        } else {
            assert_eq!(run["items"][0]["counts"]["read"], json!(150), "bit {bit}: {run:#}");
            imported += 1;
        }
    }
    assert!((1..40).contains(&imported), "{imported} of 40 imported");
}
