//! The rows X01, X03 and X05 of the bad-input corpus where they need more files than a server should be asked about;
//! `tests/it/imports/corpus.rs` has the rest. Refused as a whole or read as a whole: never a panic, never a part.

use std::fmt::Write;

use super::{entry, listen, message, refused, statement, understood};
use crate::importers::{Severity, Summary};

/// A statement of about so many bytes, with entries that differ, one a line; and how many they are.
fn many(size: usize) -> (Vec<u8>, u64) {
    let (mut entries, mut count) = (String::new(), 0_u64);
    while entries.len() < size {
        count += 1;
        writeln!(entries, "{}", entry(&format!("<AddtlNtryInf>RE-2026-{count:05} Käufer &amp; Co</AddtlNtryInf>")))
            .unwrap();
    }
    (statement(&entries).into_bytes(), count)
}

/// What a file that was read to its end accounts for: each entry is a line, or an issue that says why it is none.
fn accounted(bytes: &[u8]) -> Option<u64> {
    let (heard, outcome) = listen(bytes);
    let Summary { lines, errors, .. } = outcome.ok()?;
    let zero = heard.issues.iter().filter(|issue| issue.severity == Severity::Warning);
    let none = zero.filter(|issue| matches!(issue.code, "zero_amount" | "information_only")).count();
    Some(lines + errors + u64::try_from(none).unwrap())
}

#[test]
fn x01_every_version_is_read_in_every_dress() {
    let messages = [
        ("camt.052", "BkToCstmrAcctRpt", "Rpt"),
        ("camt.053", "BkToCstmrStmt", "Stmt"),
        ("camt.054", "BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    ];
    let every = messages.into_iter().flat_map(|message| (1..=13).map(move |version| (message, version)));
    for ((name, element, body), version) in every {
        let status = if version < 8 { "<Sts>BOOK</Sts>" } else { "<Sts><Cd>BOOK</Cd></Sts>" };
        let body = message(element, body, &entry(status));
        let namespace = format!("urn:iso:std:iso:20022:tech:xsd:{name}.001.{version:02}");
        let plain = body.replacen("<Document>", &format!("<Document xmlns=\"{namespace}\">"), 1);
        let prefixed = body.replace("</", "</n:").replace('<', "<n:").replace("<n:/n:", "</n:");
        let prefixed = prefixed.replacen("<n:Document>", &format!("<n:Document xmlns:n='{namespace}'>"), 1);
        let windows = format!("\u{feff}<?xml version=\"1.0\"?>\r\n{}", plain.replace("><", ">\r\n<"));
        for text in [plain, prefixed, windows] {
            let heard = understood(text.as_bytes());
            assert_eq!((heard.amounts(), heard.issues()), (vec!["1.00 EUR".to_owned()], Vec::new()), "{text:.120}");
        }
    }
}

#[test]
fn x03_shapes_that_no_bank_sends_are_refused_or_passed_over() {
    let within = |more: &str| statement(&entry(more));
    let attributes: String = (0..1_000_000).map(|number| format!(" a{number}=''")).collect();
    for (text, code) in [
        (format!("<Document><BkToCstmrStmt><Stmt>{}", "<a>".repeat(10_000)), "nesting_too_deep"),
        (within(&format!("<a{attributes}/>")), "element_too_long"),
        (within(&format!("<a b='{}'/>", "x".repeat(10_000_000))), "element_too_long"),
        (format!("<?xml version='1.0' encoding='klingon'?>{}", within("")), "invalid_encoding"),
    ] {
        assert_eq!(refused(text.as_bytes()).1, code, "{text:.60}");
    }
    let passed_over = [
        "<?php system('id') ?>",
        "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd' parse='text'/>",
        "<Amt xmlns='urn:other' Ccy='EUR'>1.00</Amt><x:Any xmlns:x='urn:x'><x:Amt>9.00</x:Amt></x:Any>",
    ];
    for more in passed_over {
        assert_eq!(understood(within(more).as_bytes()).amounts(), ["1.00 EUR"], "{more}");
    }
}

#[test]
fn x03_an_encoding_that_is_declared_wrongly_loses_no_money() {
    let text = |encoding: &str| {
        let body = statement(&entry("<AddtlNtryInf>Käufer</AddtlNtryInf>"));
        format!("<?xml version='1.0' encoding='{encoding}'?>{body}")
    };
    // UTF-8 that calls itself one byte a character is read, with a name that looks odd.
    let heard = understood(text("ISO-8859-1").as_bytes());
    assert_eq!((heard.amounts(), heard.purposes()), (vec!["1.00 EUR".to_owned()], vec!["KÃ¤ufer"]));
    // One byte a character that calls itself UTF-8 cannot be.
    let single: Vec<u8> = text("UTF-8").chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    assert_eq!(refused(&single).1, "invalid_encoding");
}

#[test]
fn x05_a_file_that_ends_too_early_is_refused_wherever_it_ends() {
    let (bytes, count) = many(50 * 1024);
    assert_eq!(accounted(&bytes), Some(count));
    for length in (0..bytes.len()).step_by(1024) {
        assert_eq!(accounted(&bytes[..length]), None, "{length}");
    }
}

#[test]
fn x05_a_bit_that_flips_is_refused_or_costs_no_entry() {
    let (bytes, count) = many(8 * 1024);
    let bits = bytes.len() * 8;
    let mut refusals = 0;
    // Steps of a prime number of bits, so that every place and every bit of a byte has its turn.
    for flip in 0..1_000 {
        let bit = flip * 7_919 % bits;
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match accounted(&damaged) {
            None => refusals += 1,
            Some(found) => assert_eq!(found, count, "bit {bit}"),
        }
    }
    assert!((1..1_000).contains(&refusals), "{refusals} of 1000 refused");
}
