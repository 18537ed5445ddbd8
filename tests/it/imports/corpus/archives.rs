//! Row Z01: archives that are made to do harm, broken, or of a kind that is not opened.

use std::cell::Cell;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use heller::domain::money::Currency;
use heller::importers::{StatementEvent, archive as reader, csv};
use serde_json::json;

use super::{Bank, booked, statement};
use crate::support::archive::{Member, archive};

fn good(name: &str) -> Member {
    Member::new(name, &statement(&booked("1.00", name)))
}

fn named(name: &[u8]) -> Vec<u8> {
    let bad = Member { name: name.to_vec(), local_name: name.to_vec(), ..good("bad") };
    archive(&[good("a.xml"), bad])
}

fn changed(bytes: &[u8], from_end: usize, new: &[u8]) -> Vec<u8> {
    let (mut bytes, place) = (bytes.to_vec(), bytes.len() - from_end);
    bytes[place..place + new.len()].copy_from_slice(new);
    bytes
}

/// What is wrong, the code, and how the file is called in the logbook.
fn bad() -> Vec<(&'static str, Vec<u8>, &'static str, Option<&'static str>)> {
    let whole = archive(&[good("a.xml"), good("b.xml")]);
    let with = |bad: Member| archive(&[good("a.xml"), bad]);
    let b = || good("b.xml");
    let inner = Member::new("b.zip", &archive(&[good("c.xml")]));
    let over = archive(&[good("a.xml"), Member { place: Some(0), ..b() }]);
    let inside = {
        let packed = archive(&[good("c.xml")]);
        let place = Some(30 + 5);
        archive(&[Member::stored("a.bin", &packed), Member { place, ..good("c.xml") }])
    };
    let long = "n".repeat(300);
    vec![
        ("encrypted", with(Member { flags: 1, ..b() }), "archive_encrypted", Some("b.xml")),
        ("encrypted by AES", with(Member { method: 99, ..b() }), "archive_encrypted", Some("b.xml")),
        ("nested", with(inner), "archive_nested", Some("b.zip")),
        ("nested gzip", with(Member::new("b.gz", b"\x1f\x8b\x08\0")), "archive_nested", Some("b.gz")),
        ("parent", named(b"../../etc/passwd"), "unsafe_file", Some("../../etc/passwd")),
        ("parent within", named(b"a/../b.xml"), "unsafe_file", Some("a/../b.xml")),
        ("absolute", named(b"/etc/passwd"), "unsafe_file", Some("/etc/passwd")),
        ("drive", named(b"C:b.xml"), "unsafe_file", Some("C:b.xml")),
        ("backslash", named(b"..\\b.xml"), "unsafe_file", Some("..\\b.xml")),
        ("NUL", named(b"b.xml\0.exe"), "unsafe_file", Some("b.xml\\u{0}.exe")),
        ("turned", named("b\u{202e}lmx.exe".as_bytes()), "unsafe_file", Some("b\\u{202e}lmx.exe")),
        ("not UTF-8", named(b"Ausz\xfcge.xml"), "unsafe_file", Some("Ausz\\xfcge.xml")),
        ("no name", named(b""), "unsafe_file", Some("")),
        ("long name", named(long.as_bytes()), "unsafe_file", None),
        ("declared ratio", with(Member { size: 1 << 30, ..b() }), "unsafe_file", Some("b.xml")),
        ("said too small", with(Member { size: 10, ..b() }), "unsafe_file", Some("b.xml")),
        ("stored and smaller", with(Member { method: 0, ..b() }), "unsafe_file", Some("b.xml")),
        ("said too large", with(Member { size: b().size + 1, ..b() }), "archive_damaged", Some("b.xml")),
        ("checksum", with(Member { crc: 1, ..b() }), "archive_damaged", Some("b.xml")),
        ("rubbish", with(Member { packed: vec![0xff; 100], ..b() }), "archive_damaged", Some("b.xml")),
        ("symlink", with(Member { mode: 0o120_777, ..b() }), "unsafe_file", Some("b.xml")),
        ("device", with(Member { mode: 0o020_666, ..b() }), "unsafe_file", Some("b.xml")),
        ("same name", archive(&[good("a.xml"), good("a.xml")]), "unsafe_file", Some("a.xml")),
        ("method", with(Member { method: 12, ..b() }), "archive_unsupported", Some("b.xml")),
        ("ZIP64 field", with(Member { extra: vec![1, 0, 0, 0], ..b() }), "archive_unsupported", Some("b.xml")),
        ("ZIP64 size", with(Member { size: u32::MAX, ..b() }), "archive_unsupported", Some("b.xml")),
        ("ZIP64 count", changed(&whole, 14, &[0xff; 4]), "archive_unsupported", None),
        ("a second disk", with(Member { disk: 1, ..b() }), "archive_unsupported", Some("b.xml")),
        ("several disks", changed(&whole, 18, &[1, 0]), "archive_unsupported", None),
        ("one place, two names", over, "unsafe_file", Some("a.xml")),
        ("one within the other", inside, "unsafe_file", Some("a.bin")),
        (
            "other name in front",
            with(Member { local_name: b"c.xml".to_vec(), ..b() }),
            "archive_damaged",
            Some("b.xml"),
        ),
        ("cut off", whole[..whole.len() - 10].to_vec(), "truncated", None),
        ("something behind", [whole.as_slice(), b"more"].concat(), "truncated", None),
        ("something in front", [b"PK\x03\x04".as_slice(), &whole].concat(), "archive_damaged", None),
        ("count too small", changed(&whole, 14, &[1, 0, 1, 0]), "archive_damaged", None),
    ]
}

#[tokio::test]
async fn z01_an_archive_that_is_not_whole_and_plain_stores_nothing_and_says_why() {
    let bank = Bank::start().await;
    for (what, bytes, code, file) in bad() {
        let run = bank.finished(bank.raw(&bytes, "").await).await;
        assert_eq!((run["status"].as_str(), bank.movements().await.len()), (Some("failed"), 0), "{what}: {run:#}");
        let path = format!("/v1/logbook?run_id={}", run["id"].as_str().unwrap());
        let (en, de) = (bank.clerk.get(&path).await.expect(200), bank.clerk.get(&path).lang("de").await.expect(200));
        // The reason comes first; where it is about one file, what follows from it second.
        let rows = en.at("/items").as_array().unwrap();
        let last = rows.len() - 1;
        assert_eq!(rows[last]["code"], code, "{what}: {en:?}");
        if file.is_some() {
            assert_eq!(rows[last]["file"], json!(file), "{what}");
        }
        if last > 0 {
            assert_eq!(
                (rows.len(), &rows[0]["code"], &rows[0]["file"]),
                (2, &json!("archive_refused"), &rows[1]["file"])
            );
        }
        let german = de.text(&format!("/items/{last}/message"));
        assert!(german != rows[last]["message"] && german.len() > 40, "{what}: {german}");
    }
}

/// Counts what is read of an archive.
struct Counted<'a>(Cursor<&'a [u8]>, &'a Cell<usize>);

impl Read for Counted<'_> {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(target)?;
        self.1.set(self.1.get() + count);
        Ok(count)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn z01_a_gigabyte_in_a_megabyte_is_never_unpacked() {
    let beginning = b"<Document><BkToCstmrStmt>";
    let honest = Member::bomb("b.xml", beginning);
    let megabyte = honest.packed.len();
    assert!(megabyte > 500_000 && megabyte < 2_000_000, "{megabyte}");
    let lying = Member { size: 200_000, ..honest.clone() };
    // Says nothing wrong until it is read: what it has at most is what it may grow to.
    for (bomb, most) in [(honest, 100_000), (lying, 200_000)] {
        let (bytes, read) = (archive(&[bomb]), Cell::new(0));
        let mut lines = 0;
        let outcome =
            reader::read(Counted(Cursor::new(&bytes), &read), &csv::Reader::built_in(Currency::EUR), &mut |event| {
                lines += usize::from(matches!(event, StatementEvent::Line(_)));
                ControlFlow::Continue(())
            });
        assert_eq!((outcome.unwrap_err().code(), lines), ("unsafe_file", 0));
        assert!(read.get() < most, "{} of {megabyte}", read.get());
    }
}

#[tokio::test]
async fn z01_a_gigabyte_in_a_megabyte_is_a_failed_run() {
    let bank = Bank::start().await;
    let bytes = archive(&[good("a.xml"), Member::bomb("b.xml", b"<Document><BkToCstmrStmt>")]);
    let (run, codes) = super::outcome(&bank, &bytes, "").await;
    assert_eq!((run["status"].as_str(), bank.movements().await.len()), (Some("failed"), 0));
    assert_eq!(codes, ["unsafe_file", "archive_refused"]);
}
