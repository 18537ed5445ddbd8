//! Files that tell of the same days, in whatever format and order, are the same movements.

use heller::entities::account_movement;
use serde_json::json;

use super::{Bank, counts, statement};

/// A transfer as the bank knows it: day, amount, end-to-end id, purpose.
type Payment = (u32, &'static str, &'static str, &'static str);

const INVOICE: Payment = (20, "119.00", "RE-1", "Rechnung RE-2026-0001");
/// Bought twice on one day.
const COFFEE: Payment = (21, "19.90", "", "Danke");
const COURSE_A: Payment = (21, "50.00", "KURS-A", "Kurs");
const COURSE_B: Payment = (21, "50.00", "KURS-B", "Kurs");
const DEPOSIT: Payment = (22, "75.00", "", "Anzahlung 7");
const DEPOSIT_ANNOUNCED: Payment = (21, "75.00", "", "Anzahlung 7");

fn entries(payments: &[Payment], status: &str) -> String {
    let entry = |(day, amount, id, purpose): &Payment| {
        let id = if id.is_empty() { "NOTPROVIDED" } else { id };
        format!(
            "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>\
             <BookgDt><Dt>2026-11-{day}</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs>\
             <RltdPties><Dbtr><Pty><Nm>Jürgen Groß</Nm></Pty></Dbtr></RltdPties>\
             <RmtInf><Ustrd>{purpose}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
        )
    };
    payments.iter().map(entry).collect()
}

/// Rows of a bank that names no end-to-end ids.
fn rows(payments: &[Payment]) -> Vec<u8> {
    let row = |(day, amount, _, purpose): &Payment| {
        let amount = amount.replace('.', ",");
        format!("{day}.11.26;{day}.11.26;Jürgen Groß;Gutschrift;{purpose};{amount};EUR\n")
    };
    let rows: String = payments.iter().map(row).collect();
    format!("Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Betrag;Währung\n{rows}")
        .into_bytes()
}

fn state(rows: &[account_movement::Model]) -> Vec<String> {
    let mut state: Vec<String> = rows
        .iter()
        .map(|row| {
            format!(
                "{} {} {:?} {:?} {}",
                row.booking_date,
                row.amount_minor,
                row.purpose,
                row.end_to_end_id,
                row.status.as_str()
            )
        })
        .collect();
    state.sort();
    state
}

/// [22, 27]
#[tokio::test]
async fn overlapping_files_of_two_formats_in_any_order_are_the_same_movements() {
    let files = [
        statement(&entries(&[INVOICE, COFFEE, COFFEE, COURSE_A], "BOOK")),
        statement(&entries(&[COURSE_B, COFFEE, COURSE_A, COFFEE, DEPOSIT], "BOOK")),
        rows(&[COURSE_A, COURSE_B, COFFEE, COFFEE]),
        statement(&entries(&[DEPOSIT_ANNOUNCED], "PDNG")),
    ];
    let mut states = Vec::new();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2], [2, 3, 1, 0]] {
        let bank = Bank::start().await;
        for place in order {
            let run = bank.import(&files[place]).await;
            assert_eq!(run["status"], "finished", "{order:?} {place}: {run:#} {:?}", bank.log().await);
        }
        let movements = bank.movements().await;
        states.push((order, state(&movements)));
        assert_eq!(u64::try_from(movements.len()).unwrap(), bank.entries().await, "each is booked once");
        bank.app.finish().await;
    }
    assert_eq!(states[0].1.len(), 6, "{states:#?}");
    for (order, found) in &states {
        assert_eq!(found, &states[0].1, "{order:?}");
    }
}

#[tokio::test]
async fn what_a_file_said_of_a_movement_is_shown_with_it() {
    let bank = Bank::start().await;
    bank.import(fixture!("day_statement_08.xml")).await;
    let list = bank.clerk.get("/v1/account-movements?booking_type=bank_chargeback&direction=out").await.expect(200);
    let id = list.text("/items/0/id").to_owned();
    let shown = bank.clerk.get(format!("/v1/account-movements/{id}")).await.expect(200);
    assert_eq!(shown.text("/source/file/name"), "statement.xml");
    assert!(shown.at("/source/line").as_i64().unwrap() > 1, "{shown:?}");
    assert!(
        !shown.at("/source/bank_reference").is_null() && !shown.at("/source/transaction_code").is_null(),
        "{shown:?}"
    );
    // Its charges are a movement of their own, and each leads to the other.
    let related = bank.clerk.get(format!("/v1/account-movements/{id}/related")).await.expect(200);
    let fee = related.at("/items").as_array().unwrap().iter().find(|one| one["booking_type"] == "fee").unwrap();
    assert_eq!(fee["amount"], json!({ "amount": "-12.50", "currency": "EUR" }));
    let back =
        bank.clerk.get(format!("/v1/account-movements/{}/related", fee["id"].as_str().unwrap())).await.expect(200);
    assert!(back.at("/items").as_array().unwrap().iter().any(|one| one["id"] == id.as_str()), "{back:?}");
    assert_eq!(counts(&bank.import(fixture!("version_02.xml")).await)[5], 0);
    bank.app.finish().await;
}
