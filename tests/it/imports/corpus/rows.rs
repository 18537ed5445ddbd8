//! The rows C03 to C08 for files of rows and columns. C01, a million rows, is `cargo xtask bench imports`; C02, the size
//! of a body, is the same for every format.

use serde_json::{Value, json};

use super::{Bank, counts, fails, outcome};

/// As a direct bank writes it.
const HEADER: &str = "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Betrag;Währung";

fn row(purpose: &str, amount: &str) -> String {
    format!("20.11.26;20.11.26;Jürgen Groß;Gutschrift;{purpose};{amount};EUR")
}

fn file(rows: &[String]) -> String {
    let lines = [HEADER].into_iter().chain(rows.iter().map(String::as_str));
    lines.map(|line| format!("{line}\r\n")).collect()
}

/// Windows-1252; ISO 8859-15 differs from it where the euro stands.
fn single(text: &str, euro: u8) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(euro)).collect()
}

async fn last_line(bank: &Bank) -> Value {
    let log = bank.clerk.get("/v1/logbook?limit=1").await.expect(200);
    log.at("/items/0/line").clone()
}

async fn amounts(bank: &Bank) -> Vec<i64> {
    bank.movements().await.iter().map(|row| row.amount_minor).collect()
}

#[tokio::test]
async fn c03_encodings_of_rows_are_found_out_and_what_cannot_be_read_names_its_line() {
    let bank = Bank::start().await;
    let wide = |bytes: fn(u16) -> [u8; 2], purpose: &str| {
        format!("\u{feff}{}", file(&[row(purpose, "1,00")])).encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    let plain = |purpose: &str| file(&[row(purpose, "1,00")]);
    for (bytes, expected) in [
        (plain("utf8 Größe €").into_bytes(), "utf8 Größe €"),
        (format!("\u{feff}{}", plain("mark Größe €")).into_bytes(), "mark Größe €"),
        (single(&plain("windows Größe €"), 0x80), "windows Größe €"),
        (wide(u16::to_le_bytes, "little Größe €"), "little Größe €"),
        (wide(u16::to_be_bytes, "big Größe €"), "big Größe €"),
    ] {
        assert_eq!(counts(&bank.import(&bytes).await)[0], 1, "{expected}");
        assert!(bank.movements().await.iter().any(|row| row.purpose.as_deref() == Some(expected)), "{expected}");
    }
    let columns = json!([
        { "field": "booking_date", "names": ["Day"] },
        { "field": "amount", "names": ["Sum"] },
        { "field": "purpose", "names": ["Text"] }
    ]);
    let rules = json!({ "dates": "year_month_day", "numbers": "point", "encoding": "iso-8859-15", "columns": columns });
    let profile = json!({ "name": "Latin 9", "rules": rules, "account_id": bank.account });
    bank.admin.post("/v1/statement-profiles", profile).await.expect(201);
    let chosen = single("Day;Text;Sum\n2026-11-20;latin9 Größe €;1.00\n", 0xa4);
    assert_eq!(counts(&bank.import(&chosen).await)[0], 1);
    assert!(bank.movements().await.iter().any(|row| row.purpose.as_deref() == Some("latin9 Größe €")));
    let mixed = [file(&[row("Größe", "1,00")]).into_bytes(), single(&row("Größe", "2,00"), 0x80)].concat();
    fails(&bank, &mixed, "invalid_encoding").await;
    assert_eq!(last_line(&bank).await, json!(3));
}

#[tokio::test]
async fn c04_separators_quotes_and_ends_of_lines_are_found_out() {
    let bank = Bank::start().await;
    let quoted = |delimiter: &str| {
        let cells = |line: &str| line.split(';').map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(delimiter);
        let rows = [row("rows", "1.234,56"), row("more", "-0,01")];
        [HEADER.to_owned()].iter().chain(&rows).map(|line| cells(line) + "\n").collect::<String>()
    };
    for (number, delimiter) in [";", ",", "\t"].into_iter().enumerate() {
        let text =
            quoted(delimiter).replace("rows", &format!("rows {number}")).replace("more", &format!("more {number}"));
        assert_eq!(counts(&bank.import(text.as_bytes()).await), [2, 0, 0, 0, 0, 0], "{delimiter:?}");
    }
    assert_eq!(amounts(&bank).await.iter().filter(|minor| **minor == 123_456).count(), 3);
    for (number, end) in ["\r\n", "\n", "\r"].into_iter().enumerate() {
        let text = file(&[row(&format!("end {number}"), "5,00"), row(&format!("last {number}"), "6,00")]);
        assert_eq!(counts(&bank.import(text.replace("\r\n", end).as_bytes()).await), [2, 0, 0, 0, 0, 0], "{end:?}");
    }
    let texts = [row("\"in \"\"quotes\"\"; one\"", "7,00"), row("\"over\ntwo lines\"", "8,00")];
    assert_eq!(counts(&bank.import(file(&texts).as_bytes()).await), [2, 0, 0, 0, 0, 0]);
    let purposes: Vec<_> = bank.movements().await.into_iter().filter_map(|row| row.purpose).collect();
    for expected in ["in \"quotes\"; one", "over two lines"] {
        assert!(purposes.iter().any(|purpose| purpose == expected), "{purposes:?}");
    }
    // A quote that nobody closed takes no other row with it, and is named.
    let open = file(&[row("\"open", "9,00"), row("behind", "10,00")]);
    let (run, codes) = outcome(&bank, open.as_bytes(), "").await;
    assert_eq!((counts(&run)[0], codes, last_line(&bank).await), (2, vec!["broken_quotes".to_owned()], json!(2)));
}

#[tokio::test]
async fn c05_rows_that_are_too_long_too_wide_or_too_short_name_their_line() {
    let bank = Bank::start().await;
    let good = row("good", "1,00");
    fails(&bank, file(&[good.clone(), row(&"x".repeat(1_048_576), "1,00")]).as_bytes(), "line_too_long").await;
    assert_eq!(last_line(&bank).await, json!(3));
    fails(&bank, file(&[good.clone(), ";".repeat(10_000)]).as_bytes(), "too_many_columns").await;
    assert_eq!(last_line(&bank).await, json!(3));
    let rows = [good, row("too; wide", "1,00"), "20.11.26;20.11.26;too narrow".into(), "so much for today".into()];
    let (run, codes) = outcome(&bank, file(&rows).as_bytes(), "").await;
    assert_eq!(counts(&run), [1, 0, 0, 0, 0, 2]);
    assert_eq!(codes, ["wrong_columns", "wrong_columns", "unread_row"]);
    fails(&bank, file(&[]).as_bytes(), "no_entry").await;
    bank.raw(b"", "").await.problem(422, "file_format_invalid");
}

#[tokio::test]
async fn c06_amounts_are_read_as_their_profile_says_and_never_guessed() {
    let bank = Bank::start().await;
    let read = ["1.234,56", "-1.234,56", "1234,56", "+12,00"];
    let rows: Vec<String> = read.iter().map(|amount| row("read", amount)).collect();
    assert_eq!(counts(&bank.import(file(&rows).as_bytes()).await), [4, 0, 0, 0, 0, 0]);
    let mut found = amounts(&bank).await;
    found.sort_unstable();
    assert_eq!(found, [-123_456, 1_200, 123_456, 123_456]);
    for (number, wrong) in ["1,234.56", "-1.234,56-", "1.23", "12.34.56,00", "inf"].into_iter().enumerate() {
        let (run, codes) =
            outcome(&bank, file(&[row(&format!("good {number}"), "5,00"), row("wrong", wrong)]).as_bytes(), "").await;
        assert_eq!((counts(&run), codes), ([1, 0, 0, 0, 0, 1], vec!["invalid_amount".to_owned()]), "{wrong}");
        assert_eq!(last_line(&bank).await, json!(3), "{wrong}");
    }
    let columns = json!([
        { "field": "booking_date", "names": ["Tag"] },
        { "field": "amount", "names": ["Umsatz"] },
        { "field": "mark", "names": ["S/H"] },
        { "field": "purpose", "names": ["Text"] }
    ]);
    let sign = json!({ "rule": "marked", "debit": ["S"], "credit": ["H"] });
    let rules = json!({ "dates": "year_month_day", "numbers": "detected", "sign": sign, "columns": columns });
    let profile = json!({ "name": "Marks", "rules": rules, "account_id": bank.account });
    bank.admin.post("/v1/statement-profiles", profile).await.expect(201);
    let marks = b"Tag;Umsatz;S/H;Text\n2026-11-20;7,77;S;a\n2026-11-20;8,88;H;b\n";
    assert_eq!(counts(&bank.import(marks).await), [2, 0, 0, 0, 0, 0]);
    let all = amounts(&bank).await;
    assert!(all.contains(&-777) && all.contains(&888), "{all:?}");
    // "1.234" may be a thousand or one and a bit, and nothing else in the file says which.
    let (run, _) = outcome(&bank, b"Tag;Umsatz;S/H;Text\n2026-11-20;1.234;H;c\n", "").await;
    assert_eq!((bank.movements().await.len(), run["status"] == "finished"), (11, false), "{run:#}");
}

#[tokio::test]
async fn c07_a_last_row_that_is_broken_costs_itself_or_with_strict_everything() {
    let bank = Bank::start().await;
    let mut rows: Vec<String> = (0..600).map(|number| row(&format!("AU-{number}"), "1,00")).collect();
    rows.push(row("broken", "1.00"));
    let text = file(&rows);
    let (run, codes) = outcome(&bank, text.as_bytes(), "&strict=true").await;
    assert_eq!((run["status"].as_str(), bank.movements().await.len()), (Some("failed"), 0));
    assert_eq!(codes, ["invalid_amount", "strict_import_refused"]);
    let (run, codes) = outcome(&bank, text.as_bytes(), "").await;
    assert_eq!((counts(&run), codes), ([600, 0, 0, 0, 0, 1], vec!["invalid_amount".to_owned()]));
}

#[tokio::test]
async fn c08_the_same_rows_again_renamed_overlapping_and_two_equal_bookings() {
    let bank = Bank::start().await;
    let twins = [row("twin", "1,00"), row("twin", "1,00")];
    let first = bank.import(file(&twins).as_bytes()).await;
    assert_eq!(counts(&first), [2, 0, 0, 0, 0, 0], "equal bookings are two");
    let renamed = bank.raw(file(&twins).as_bytes(), "&filename=renamed.csv").await.expect(200);
    assert_eq!(renamed.json["id"], first["id"]);
    let overlapping = [twins.as_slice(), &[row("new", "1,00")]].concat();
    assert_eq!(counts(&bank.import(file(&overlapping).as_bytes()).await), [1, 0, 2, 0, 0, 0]);
    assert_eq!((bank.movements().await.len(), bank.entries().await), (3, 3));
}
