//! The export of account movements: the same filters, two formats, two languages, nothing that a spreadsheet computes.

use std::io::{Cursor, Read};

use heller::entities::audit_event;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::shop::Shop;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn export(shop: &Shop, query: &str, lang: &str) -> Answer {
    shop.accountant.get(format!("/v1/account-movements/export?{query}")).lang(lang).await.expect(200)
}

/// Cells of a CSV by column head, row by row.
fn table(text: &str, delimiter: u8) -> Vec<std::collections::HashMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

async fn shop() -> Shop {
    let shop = Shop::open().await;
    for (name, amount, purpose) in [
        ("Jürgen Müller", "1234.50", "=HYPERLINK(\"http://x\")"),
        ("+49 30 1234", "20.00", "zwei; \"drei\", vier"),
        ("Erika Muster", "30.00", "Rechnung 7"),
    ] {
        shop.pay_as(name, (amount, purpose, "paid")).await;
    }
    shop.fetch().await;
    shop
}

#[tokio::test]
async fn german_csv_is_as_excel_expects_it_and_english_csv_as_programs_do() {
    let shop = shop().await;
    let german = export(&shop, "format=csv&sort=amount", "de").await;
    assert_eq!(german.header("Content-Type"), Some("text/csv; charset=utf-8"));
    let name =
        "attachment; filename=\"kontobewegungen-2026-11-22.csv\"; filename*=UTF-8''kontobewegungen-2026-11-22.csv";
    assert_eq!((german.header("Content-Disposition"), german.header("Content-Language")), (Some(name), Some("de")));
    let text = String::from_utf8(german.bytes.clone()).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    assert!(text.ends_with("\r\n") && text.lines().count() == 4, "{text}");
    let rows = table(text, b';');
    let of = |row: usize, head: &str| rows[row][head].as_str();
    assert_eq!((of(0, "Betrag"), of(2, "Betrag"), of(2, "Währung")), ("20,00", "1234,50", "EUR"));
    assert_eq!((of(0, "Gegenpartei"), of(0, "Verwendungszweck")), ("'+49 30 1234", "zwei; \"drei\", vier"));
    assert_eq!((of(2, "Gegenpartei"), of(2, "Verwendungszweck")), ("Jürgen Müller", "'=HYPERLINK(\"http://x\")"));
    assert_eq!(
        (of(2, "Buchungsart"), of(2, "Zuweisung"), of(2, "Konto")),
        ("Zahlungseingang", "Nicht zugewiesen", "Sandbox")
    );
    assert_eq!((of(2, "Buchungsdatum"), of(2, "Ausgeblendet")), ("2026-11-22", "nein"));

    let english = export(&shop, "format=csv&purpose=rechnung", "en").await;
    assert!(english.header("Content-Disposition").unwrap().contains("account-movements-2026-11-22.csv"));
    let rows = table(std::str::from_utf8(&english.bytes).unwrap(), b',');
    assert_eq!(
        (rows.len(), rows[0]["Amount"].as_str(), rows[0]["Booking type"].as_str()),
        (1, "30.00", "Incoming payment")
    );
    let nothing = export(&shop, "format=csv&purpose=nirgends", "en").await;
    assert_eq!(String::from_utf8(nothing.bytes).unwrap().lines().count(), 1, "the heads alone");
    shop.app.finish().await;
}

/// A member of a workbook.
fn member(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn a_workbook_has_numbers_dates_and_texts() {
    let shop = shop().await;
    let book = export(&shop, "format=xlsx&sort=-amount", "de").await;
    assert_eq!(book.media(), Some(XLSX));
    assert!(book.header("Content-Disposition").unwrap().contains("filename*=UTF-8''kontobewegungen-2026-11-22.xlsx"));
    assert!(member(&book.bytes, "xl/workbook.xml").contains("name=\"Kontobewegungen\""));
    let sheet = member(&book.bytes, "xl/worksheets/sheet1.xml");
    // 2026-11-22 is day 46348 of a spreadsheet; what is no text has no type.
    for cell in
        ["<v>46348</v>", "<v>1234.5</v>", "<v>20</v>", "=HYPERLINK(", "+49 30 1234", "Jürgen Müller", "Zahlungseingang"]
    {
        assert!(sheet.contains(cell), "{cell}: {sheet}");
    }
    assert!(!sheet.contains("<f>"), "no formula: {sheet}");
    let formats = member(&book.bytes, "xl/styles.xml");
    assert!(formats.contains("#,##0.00\\ [$EUR]") && formats.contains("yyyy-mm-dd"), "{formats}");
    shop.app.finish().await;
}

#[tokio::test]
async fn an_export_goes_on_over_many_pages_in_the_order_of_the_list() {
    let shop = Shop::open().await;
    let connection = shop.app.db().connect().await;
    let path = "/v1/account-movements/export?format=csv&sort=booking_date&counterparty=kunde";
    for statement in crate::plans::many_movements(&connection, 2_400) {
        sea_orm::ConnectionTrait::execute_unprepared(&connection, &statement).await.unwrap();
    }
    let whole = shop.accountant.get(path).lang("en").await.expect(200);
    let rows = table(std::str::from_utf8(&whole.bytes).unwrap(), b',');
    let dates: Vec<&str> = rows.iter().map(|row| row["Booking date"].as_str()).collect();
    let ids: std::collections::BTreeSet<&str> = rows.iter().map(|row| row["Id"].as_str()).collect();
    let visible = shop.accountant.get("/v1/account-movements/summary?counterparty=kunde").await.expect(200);
    assert_eq!((visible.at("/count"), ids.len()), (&json!(rows.len()), rows.len()));
    assert!(rows.len() > 2_000 && dates.is_sorted(), "{}", rows.len());
    for statement in ["DELETE FROM account_movement"] {
        sea_orm::ConnectionTrait::execute_unprepared(&connection, statement).await.unwrap();
    }
    shop.app.finish().await;
}

#[tokio::test]
async fn whoever_takes_a_table_along_is_written_down() {
    let shop = shop().await;
    export(&shop, "format=csv&counterparty=M%C3%BCller&folder=not_assigned", "de").await;
    let query = audit_event::Entity::find().filter(audit_event::Column::Action.eq("movements.exported"));
    let told = query.all(shop.app.state().db.reader()).await.unwrap();
    let details: Value = serde_json::from_str(&told[0].details).unwrap();
    assert_eq!((told.len(), details), (1, json!({ "format": "csv", "filters": ["folder", "counterparty"] })));
    for (wrong, status, code) in [
        ("", 422, "missing_field"),
        ("format=pdf", 422, "invalid_value"),
        ("format=csv&amount_from=1.001", 422, "too_many_decimals"),
        ("format=csv&limit=5", 400, "unknown_parameter"),
    ] {
        shop.accountant.get(format!("/v1/account-movements/export?{wrong}")).await.problem(status, code);
    }
    shop.sales.get("/v1/account-movements/export?format=csv").await.problem(403, "missing_permission");
    let told = audit_event::Entity::find().filter(audit_event::Column::Action.eq("movements.exported"));
    assert_eq!(told.all(shop.app.state().db.reader()).await.unwrap().len(), 1, "what was refused was not taken along");
    shop.app.finish().await;
}
