//! The bad-input corpus for statement files: the rows C, X and Z of the design (`reliability.md`, section 5) that apply to
//! CAMT, and what is in no format that is read. Where the contract names a status, code or behaviour, that one is
//! expected: bytes that are known are 200, a file that cannot be read as a whole makes a failed run and stores nothing,
//! one bad entry does not stop the others. `docs/testing.md` lists the rows that wait for their format.

mod archives;
mod cards;
mod rows;
mod xml;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Bank, counts, entry, statement};
use crate::support::app::TestApp;

/// What a run became: its status, and the codes of its logbook rows.
async fn outcome(bank: &Bank, bytes: &[u8], query: &str) -> (Value, Vec<String>) {
    let run = bank.finished(bank.raw(bytes, query).await).await;
    let log = bank.clerk.get(format!("/v1/logbook?run_id={}", run["id"].as_str().unwrap())).await.expect(200);
    let codes = log.at("/items").as_array().unwrap().iter().rev().map(|row| row["code"].as_str().unwrap().to_owned());
    let codes = codes.collect();
    (run, codes)
}

/// The file makes a failed run that says why and stores nothing.
async fn fails(bank: &Bank, bytes: &[u8], code: &str) {
    let before = bank.movements().await.len();
    let (run, codes) = outcome(bank, bytes, "").await;
    assert_eq!((run["status"].as_str(), codes), (Some("failed"), vec![code.to_owned()]), "{run:#}");
    assert_eq!(bank.movements().await.len(), before, "{code}");
}

fn booked(amount: &str, purpose: &str) -> String {
    entry(amount, "BOOK", "2026-11-20", purpose)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn c02_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent() {
    let app = TestApp::builder().config(|config| config.import_max_bytes = 400_000).start().await;
    let bank = Bank::of(app, json!({})).await;
    let ask = |path: &str, media: &str, length: u64| {
        let (host, token) = (bank.app.address(), &bank.clerk.session().access_token);
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: {media}\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    };
    let raw = format!("/v1/statement-imports/raw?account_id={}", bank.account);
    let form = "multipart/form-data; boundary=b";
    let answers = [
        ask(&raw, "application/xml", 400_001),
        ask(&raw, "application/xml", 100_000_000),
        ask("/v1/statement-imports", form, 100_000_000),
    ];
    assert_eq!(answers, ["HTTP/1.1 413"; 3]);
    assert_eq!(bank.stored_files().await, (0, 0));
}

#[tokio::test]
async fn c03_encodings_are_found_out_and_what_cannot_be_read_names_its_line() {
    let bank = Bank::start().await;
    let body = |purpose: &str| text(statement(&booked("1.00", purpose)));
    let single = |label: &str, purpose: &str, special: u8| {
        let whole = format!("<?xml version='1.0' encoding='{label}'?>{}", body(&format!("{purpose} #")));
        whole.bytes().map(|byte| if byte == b'#' { special } else { byte }).collect::<Vec<u8>>()
    };
    let wide = |bytes: fn(u16) -> [u8; 2], purpose: &str| {
        format!("\u{feff}{}", body(purpose)).encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    let files = [
        (body("utf8 €").into_bytes(), "utf8 €"),
        (format!("\u{feff}{}", body("mark €")).into_bytes(), "mark €"),
        (single("windows-1252", "windows", 0x80), "windows €"),
        (single("ISO-8859-15", "latin9", 0xa4), "latin9 €"),
        (wide(u16::to_le_bytes, "little €"), "little €"),
        (wide(u16::to_be_bytes, "big €"), "big €"),
    ];
    for (bytes, expected) in files {
        assert_eq!(counts(&bank.import(&bytes).await)[0], 1, "{expected}");
        assert!(bank.movements().await.iter().any(|row| row.purpose.as_deref() == Some(expected)), "{expected}");
    }
    let mut mixed = text(statement("\n\n<A>#</A>")).into_bytes();
    let place = mixed.iter().position(|byte| *byte == b'#').unwrap();
    mixed[place] = 0x80;
    fails(&bank, &mixed, "invalid_encoding").await;
    let log = bank.clerk.get("/v1/logbook?limit=1").await.expect(200);
    assert_eq!(log.at("/items/0/line"), &json!(3), "{log:?}");
}

#[tokio::test]
async fn c05_files_with_nothing_in_them() {
    let bank = Bank::start().await;
    bank.raw(b"", "").await.problem(422, "file_format_invalid");
    fails(&bank, &statement(""), "no_entry").await;
    fails(&bank, b"<Document><BkToCstmrStmt/></Document>", "no_statement").await;
}

#[tokio::test]
async fn c07_a_last_entry_that_is_broken_costs_itself_or_with_strict_everything() {
    let bank = Bank::start().await;
    let good: String = (0..600).map(|number| booked("1.00", &format!("AU-{number}"))).collect();
    let file = statement(&(good + &booked("1,00", "broken")));
    let (run, codes) = outcome(&bank, &file, "&strict=true").await;
    assert_eq!(run["status"], "failed");
    assert_eq!(
        (codes, bank.movements().await.len()),
        (vec!["invalid_amount".into(), "strict_import_refused".into()], 0)
    );
    let (run, codes) = outcome(&bank, &file, "").await;
    assert_eq!((run["status"].as_str(), counts(&run)), (Some("finished_with_errors"), [600, 0, 0, 0, 0, 1]));
    assert_eq!((codes, bank.movements().await.len()), (vec!["invalid_amount".to_owned()], 600));
}

#[tokio::test]
async fn c08_the_same_file_again_renamed_overlapping_and_two_equal_bookings() {
    let bank = Bank::start().await;
    let twins = booked("1.00", "twin").repeat(2);
    let file = statement(&twins);
    let first = bank.import(&file).await;
    assert_eq!(counts(&first), [2, 0, 0, 0, 0, 0], "equal bookings are two");
    for query in ["", "&filename=renamed.xml"] {
        let again = bank.raw(&file, query).await.expect(200);
        assert_eq!(again.json["id"], first["id"]);
    }
    let formed = bank.upload(&file, &[]).await.expect(200);
    assert_eq!(formed.json["id"], first["id"]);
    let overlapping = statement(&(twins + &booked("1.00", "new")));
    assert_eq!(counts(&bank.import(&overlapping).await), [1, 0, 2, 0, 0, 0]);
    assert_eq!((bank.movements().await.len(), bank.entries().await), (3, 3));
}

#[tokio::test]
async fn x01_formats_that_are_not_read_yet_are_refused_with_the_names_of_those_that_are() {
    let bank = Bank::start().await;
    let camt = |name: &str, message: &str| {
        format!("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:{name}'><{message}/></Document>").into_bytes()
    };
    for bytes in [
        camt("camt.055.001.08", "CstmrPmtCxlReq"),
        camt("pain.002.001.10", "CstmrPmtStsRpt"),
        b":20:STARTUMS\r\n".to_vec(),
        b"Buchungstag;Betrag\r\n20.11.2026;1,00\r\n".to_vec(),
        b"\xef\xbb\xbf\"Date\",\"Amount\"\n".to_vec(),
        b"%PDF-1.7\n".to_vec(),
    ] {
        for (lang, advice) in [("de", "Entpacken Sie Archive"), ("en", "Unpack archives")] {
            let path = format!("/v1/statement-imports/raw?account_id={}", bank.account);
            let answer = bank.clerk.post_raw(path, "application/octet-stream", bytes.clone()).lang(lang).await;
            answer.problem(422, "file_format_invalid").field("/file", "file_format_invalid");
            let detail = answer.text("/detail");
            assert!(
                detail.contains("CAMT.052, CAMT.053, CAMT.054 (XML), MT940, MT942") && detail.contains(advice),
                "{answer:?}"
            );
        }
        bank.upload(&bytes, &[]).await.problem(422, "file_format_invalid");
    }
    assert_eq!((bank.stored_files().await, bank.movements().await.len()), ((0, 0), 0));
}

#[tokio::test]
async fn z02_file_names_are_words_for_people_and_nothing_else() {
    let bank = Bank::start().await;
    let long = "n".repeat(300);
    let names = [
        ("../../../../etc/passwd", Some("passwd")),
        ("..\\..\\windows\\win.ini", Some("win.ini")),
        ("/etc/", None),
        ("CON", Some("CON")),
        (long.as_str(), Some(&long[..255])),
        ("auszug\u{202e}lmx.exe", Some("auszuglmx.exe")),
        ("$(touch x);`id`|&.xml", Some("$(touch x);`id`|&.xml")),
        ("Ko\u{308}ln.xml", Some("Köln.xml")),
        ("..", Some("..")),
    ];
    for (number, (name, kept)) in names.into_iter().enumerate() {
        let file = |way: &str| statement(&booked("1.00", &format!("{way} {number}")));
        let fields = [("account_id", bank.account.as_str())];
        let sent =
            bank.clerk.upload("/v1/statement-imports", &fields, (&name.replace('\\', "\\\\"), &file("form"))).await;
        let formed = bank.finished(sent).await;
        let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let raw = bank.finished(bank.raw(&file("raw"), &format!("&filename={encoded}")).await).await;
        for run in [formed, raw] {
            assert_eq!(run["items"][0]["file"]["name"], json!(kept), "{name}");
        }
    }
    let nul = bank.raw(&statement(&booked("1.00", "nul")), "&filename=a%00.xml").await.expect(422);
    nul.field("filename", "invalid_value");
    assert_eq!(bank.stored_files().await, (18, 18));
}

#[tokio::test]
async fn nul_bytes_are_named_in_every_format() {
    let bank = Bank::start().await;
    let camt = statement(&booked("1.00", "Rech\u{0}nung 1"));
    let swift = b":20:M1\r\n:25:DE89370400440532013000\r\n:28C:1/1\r\n:60F:C261119EUR0,\r\n\
        :61:2611201120CR2,00NTRFNONREF\r\n:86:166?00GUTSCHRIFT?20Rech\0nung 2\r\n:62F:C261120EUR2,\r\n-\r\n";
    let rows = "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Betrag;Währung\n\
        20.11.26;20.11.26;Jürgen Groß;Gutschrift;Rech\u{0}nung 3;3,00;EUR\n";
    for (file, line) in [(camt.as_slice(), 1), (swift.as_slice(), 6), (rows.as_bytes(), 2)] {
        let (run, codes) = outcome(&bank, file, "").await;
        assert_eq!((run["status"].as_str(), codes), (Some("finished"), vec!["nul_bytes".to_owned()]), "{run:#}");
        for (language, words) in [("en", "the file has NUL bytes"), ("de", "die Datei hat NUL-Bytes")] {
            let log = bank.clerk.get("/v1/logbook").lang(language).await.expect(200);
            assert!(log.text("/items/0/message").starts_with(words), "{log:?}");
            assert_eq!(log.at("/items/0/line"), line);
        }
    }
    let purposes: Vec<_> = bank.movements().await.into_iter().filter_map(|row| row.purpose).collect();
    assert!(purposes.len() == 3 && purposes.iter().all(|purpose| !purpose.contains('\0')), "{purposes:?}");
    // Padding behind the end is no damage.
    let (_, codes) = outcome(&bank, &[statement(&booked("4.00", "a")), vec![0; 9]].concat(), "").await;
    assert!(codes.is_empty(), "{codes:?}");
    bank.app.finish().await;
}
