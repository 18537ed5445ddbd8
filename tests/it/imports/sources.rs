//! The text a movement was read from (lesson R61): shown in whatever format and encoding, and read again by a later version.

use heller::entities::account_movement::{self, Column};
use heller::services::reconciliation::reread::{self, Reread};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{Bank, IBAN, entry, statement};
use crate::support::archive::{Member, archive};

fn swift(purpose: &str) -> String {
    format!(
        ":20:M1\r\n:25:{IBAN}\r\n:28C:1/1\r\n:60F:C261119EUR0,\r\n:61:2611201120CR9,00NTRFNONREF\r\n:86:{purpose}\r\n\
         :61:2611201120CR8,00NTRFNONREF\r\n:86:166?00GUTSCHRIFT?20Zweite?32Jürgen Groß\r\n:62F:C261120EUR17,\r\n-\r\n"
    )
}

const ROWS: &str = "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Betrag;Währung\r\n\
    20.11.26;20.11.26;Jürgen Groß;Gutschrift;Erste;1,00;EUR\r\n20.11.26;20.11.26;Jürgen Groß;Gutschrift;Zweite;2,00;EUR\r\n";

/// As banks of the nineties wrote.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect()
}

fn utf_16(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
}

impl Bank {
    /// What is told of the one movement with a word in its purpose.
    async fn source_of(&self, word: &str) -> Value {
        let found = self.clerk.get(format!("/v1/account-movements?purpose={word}")).await.expect(200);
        assert_eq!(found.at("/items").as_array().unwrap().len(), 1, "{found:?}");
        let path = format!("/v1/account-movements/{}/source", found.text("/items/0/id"));
        self.clerk.get(path).await.expect(200).json.clone()
    }
}

#[tokio::test]
async fn the_text_of_a_line_is_shown_in_every_format_and_encoding() {
    let first = entry("1.00", "BOOK", "2026-11-20", "Größe eins");
    let entries = format!("{first}{}", entry("2.00", "BOOK", "2026-11-20", "Zweite Größe"));
    let xml = String::from_utf8(statement(&entries)).unwrap();
    let named = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n{xml}");
    let row = "20.11.26;20.11.26;Jürgen Groß;Gutschrift;Zweite;2,00;EUR";
    let field = ":61:2611201120CR8,00NTRFNONREF\n:86:166?00GUTSCHRIFT?20Zweite?32Jürgen Groß";
    let detail = "<Ustrd>Zweite Größe</Ustrd>";
    let zip = archive(&[Member::new("a.xml", &statement(&first)), Member::new("b.sta", &latin(&swift("Größe")))]);
    for (file, expected) in [
        (xml.clone().into_bytes(), detail),
        (utf_16(&xml), detail),
        (latin(&named), detail),
        (swift("Größe").into_bytes(), field),
        (latin(&swift("Größe")), field),
        (ROWS.as_bytes().to_vec(), row),
        (latin(ROWS), row),
        (utf_16(ROWS), row),
        (zip, field),
    ] {
        let bank = Bank::start().await;
        let run = bank.import(&file).await;
        assert_eq!(run["status"], "finished", "{run:#} {:?}", bank.log().await);
        let told = bank.source_of("Zweite").await;
        let text = told["text"].as_str().unwrap();
        match expected == detail {
            true => assert!(text.contains(expected) && !text.contains("eins"), "{told:#}"),
            false => assert_eq!(text, expected, "{told:#}"),
        }
        assert_eq!(told["reader_version"], 1);
        assert_eq!(told["source"]["part"].is_string(), told["source"]["part"] == "b.sta");
        bank.app.finish().await;
    }
}

#[tokio::test]
async fn the_text_of_a_row_is_shown_without_the_profile_it_was_read_by() {
    let column = |field: &str, name: &str| json!({ "field": field, "names": [name] });
    let columns = [column("booking_date", "Tag"), column("amount", "Umsatz"), column("purpose", "Text")];
    let rules = json!({
        "encoding": "windows-1252", "dates": "day_month_year", "numbers": "comma", "columns": columns
    });
    let rows = "Tag;Text;Umsatz\r\n20.11.26;Erste;1,00\r\n20.11.26;Zweite für Groß;2,00\r\n";
    // The second file says so only by its profile: its first letters beyond ASCII could be UTF-8.
    let misleading = rows.replace("Erste", "\u{c3}\u{a4}");
    for (file, expected) in [(rows, Some("20.11.26;Zweite für Groß;2,00")), (misleading.as_str(), None)] {
        let bank = Bank::start().await;
        let profile = json!({ "name": "Eigene", "rules": rules });
        let profile = bank.admin.post("/v1/statement-profiles", profile).await.expect(201).id();
        bank.import(&latin(file)).await;
        let text = |told: Value| told["text"].as_str().map(str::to_owned);
        assert_eq!(text(bank.source_of("Zweite").await).as_deref(), Some("20.11.26;Zweite für Groß;2,00"));
        bank.admin.delete(format!("/v1/statement-profiles/{profile}")).if_match(1).await.expect(204);
        assert_eq!(text(bank.source_of("Zweite").await).as_deref(), expected);
        bank.app.finish().await;
    }
}

#[tokio::test]
async fn a_later_version_reads_the_same_bytes_again_and_changes_neither_money_nor_what_people_did() {
    let bank = Bank::start().await;
    let entries = [entry("1.00", "BOOK", "2026-11-20", "Erste"), entry("2.00", "BOOK", "2026-11-20", "Zweite")];
    bank.import(&statement(&entries.concat())).await;
    let db = &bank.app.state().db;
    assert_eq!(reread::all(db).await.unwrap(), Reread::default(), "nothing was read by an earlier version");
    // As an earlier version, which found less, would have left them; of the second one the amount was read wrongly.
    let before = bank.movements().await;
    let ids: Vec<String> = before.iter().map(|row| row.id.to_string()).collect();
    bank.clerk.post("/v1/account-movements/hide", json!({ "ids": [ids[0]] })).await.expect(200);
    let earlier = account_movement::Entity::update_many()
        .col_expr(Column::ReaderVersion, Expr::value(0))
        .col_expr(Column::Purpose, Expr::value(None::<String>));
    earlier.exec(db.reader()).await.unwrap();
    let other = account_movement::Entity::update_many()
        .col_expr(Column::BookingDate, Expr::value(chrono::NaiveDate::from_ymd_opt(2026, 11, 19).unwrap()));
    other.filter(Column::Id.eq(before[1].id)).exec(db.reader()).await.unwrap();

    let done = reread::all(db).await.unwrap();
    assert_eq!(done, Reread { files: 1, refused: 0, movements: 2, changed: 1, differing: 1 });
    let after = bank.movements().await;
    assert_eq!((after[0].purpose.as_deref(), after[0].hidden), (Some("Erste"), true));
    assert_eq!((after[0].amount_minor, &after[0].transaction_id), (before[0].amount_minor, &before[0].transaction_id));
    assert_eq!(
        (after[1].purpose.as_deref(), after[1].reader_version),
        (None, Some(1)),
        "left alone, and not asked again"
    );
    assert_eq!(reread::all(db).await.unwrap(), Reread::default());
}

#[tokio::test]
async fn each_of_several_charges_is_read_again_as_itself() {
    let bank = Bank::start().await;
    let record = |amount: &str| format!("<Rcrd><Amt Ccy=\"EUR\">{amount}</Amt></Rcrd>");
    let charges = format!(
        "<Ntry><Amt Ccy=\"EUR\">15.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>\
         <ValDt><Dt>2026-11-21</Dt></ValDt><Chrgs>{}{}</Chrgs><AmtDtls><InstdAmt><Amt Ccy=\"EUR\">10.00</Amt></InstdAmt>\
         </AmtDtls><NtryDtls><TxDtls><RmtInf><Ustrd>Retoure</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>",
        record("3.00"),
        record("2.50"),
    );
    bank.import(&statement(&charges)).await;
    let db = &bank.app.state().db;
    let mut amounts: Vec<i64> = bank.movements().await.iter().map(|row| row.amount_minor).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [-1_000, -300, -250]);
    // As an earlier version left them: without texts, with another day of value, one of the charges without its line.
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 23);
    let earlier = account_movement::Entity::update_many()
        .col_expr(Column::ReaderVersion, Expr::value(0))
        .col_expr(Column::Purpose, Expr::value(None::<String>))
        .col_expr(Column::ValueDate, Expr::value(day));
    earlier.exec(db.reader()).await.unwrap();
    let alone = account_movement::Entity::update_many()
        .col_expr(Column::ParentMovementId, Expr::value(None::<heller::domain::id::MovementId>));
    alone.filter(Column::AmountMinor.eq(-300)).exec(db.reader()).await.unwrap();

    let done = reread::all(db).await.unwrap();
    assert_eq!(done, Reread { files: 1, refused: 0, movements: 3, changed: 3, differing: 0 });
    for row in bank.movements().await {
        assert_eq!((row.purpose.as_deref(), row.value_date), (Some("Retoure"), day), "{row:?}");
    }
    bank.app.finish().await;
}
