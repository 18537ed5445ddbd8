//! Statements of an account follow one another, or the gap is named (lesson R74).

use serde_json::{Value, json};

use super::{Bank, IBAN, between, entry};

/// A statement of one day with one payment between two balances.
fn day(number: u32, opening: &str, paid: &str, closing: &str) -> Vec<u8> {
    between(number, (opening, closing), &entry(paid, "BOOK", &format!("2026-11-{number}"), "Danke"))
}

async fn statements(bank: &Bank, query: &str) -> Vec<Value> {
    let list = bank.clerk.get(format!("/v1/statements?account_id={}{query}", bank.account)).await.expect(200);
    list.at("/items").as_array().unwrap().clone()
}

#[tokio::test]
async fn a_gap_between_statements_is_named_until_the_missing_day_comes() {
    let bank = Bank::start().await;
    bank.import(&day(20, "100.00", "10.00", "110.00")).await;
    bank.import(&day(23, "117.00", "3.00", "120.00")).await;
    let log = bank.clerk.get("/v1/logbook").await.expect(200);
    let row = log.at("/items/0");
    assert_eq!((row["code"].as_str(), row["level"].as_str()), (Some("balance_gap"), Some("warning")), "{row}");
    let told = "the statement up to 2026-11-20 closes with 110.00 EUR, the one from 2026-11-23 opens with 117.00 EUR; \
        import what lies between";
    assert_eq!(row["message"], told);
    let german = bank.clerk.get("/v1/logbook").lang("de").await.expect(200);
    assert!(german.text("/items/0/message").contains("bis 2026-11-20 endet mit 110.00 EUR"), "{german:?}");
    let listed = statements(&bank, "").await;
    let gap = json!({ "missing": { "amount": "7.00", "currency": "EUR" }, "after": "2026-11-20",
        "closing": { "amount": "110.00", "currency": "EUR" } });
    assert_eq!((listed.len(), &listed[0]["last_date"], &listed[0]["gap_before"]), (2, &json!("2026-11-23"), &gap));
    assert_eq!((&listed[0]["gap"]["amount"], &listed[1]["gap_before"]), (&json!("0.00"), &Value::Null));
    bank.import(&day(21, "110.00", "7.00", "117.00")).await;
    let listed = statements(&bank, "").await;
    assert!(listed.len() == 3 && listed.iter().all(|one| one["gap_before"].is_null()), "{listed:#?}");
    assert_eq!(bank.log().await, ["balance_gap"], "nothing new to say");
    assert_eq!(statements(&bank, "&date_from=2026-11-21&date_to=2026-11-22").await.len(), 1);
    bank.app.finish().await;
}

#[tokio::test]
async fn statements_that_do_not_add_up_say_by_how_much_and_a_rehearsal_keeps_none() {
    let bank = Bank::start().await;
    let wrong = day(20, "100.00", "10.00", "111.50");
    let begun = bank.raw(&wrong, "&dry_run=true").await;
    bank.finished(begun).await;
    assert_eq!(statements(&bank, "").await.len(), 0);
    bank.import(&wrong).await;
    let listed = statements(&bank, "").await;
    assert_eq!(
        (listed.len(), &listed[0]["gap"]["amount"], &listed[0]["sum"]["amount"]),
        (1, &json!("1.50"), &json!("10.00"))
    );
    assert_eq!((&listed[0]["opening"]["amount"], &listed[0]["lines"]), (&json!("100.00"), &json!(1)));
    let of_nobody = "/v1/statements?account_id=acc_01kapd3hzcf3sbvpdj0k4v8m2e";
    assert_eq!(bank.clerk.get(of_nobody).await.expect(200).at("/items"), &json!([]));
    bank.app.finish().await;
}

/// What cannot be told is told as that: an interim report has no closing balance to hold it to.
#[tokio::test]
async fn a_statement_that_cannot_be_added_up_says_so() {
    let bank = Bank::start().await;
    let interim = String::from_utf8(day(20, "100.00", "10.00", "130.00")).unwrap();
    let interim = interim.replace("camt.053.001.08", "camt.052.001.08").replace("BkToCstmrStmt", "BkToCstmrAcctRpt");
    bank.import(interim.replace("<Stmt>", "<Rpt>").replace("</Stmt>", "</Rpt>").as_bytes()).await;
    let listed = statements(&bank, "").await;
    assert_eq!((listed.len(), &listed[0]["gap"], &listed[0]["sum"]["amount"]), (1, &Value::Null, &json!("10.00")));
    bank.app.finish().await;
}

/// The opening balance of a SWIFT message bears the day on which the one before closed.
#[tokio::test]
async fn a_gap_between_swift_messages_is_named_with_the_last_one() {
    let bank = Bank::start().await;
    let message = |number: u32, opening: (u32, &str), closing: (u32, &str), paid: &str| {
        let (from, before) = opening;
        let (to, after) = closing;
        format!(
            ":20:M{number}\r\n:25:{IBAN}\r\n:28C:{number}/1\r\n:60F:C2611{from}EUR{before},\r\n\
             :61:2611{to}11{to}CR{paid},NTRFNONREF\r\n:86:166?00GUTSCHRIFT?20Danke {number}\r\n:62F:C2611{to}EUR{after},\r\n-\r\n"
        )
    };
    bank.import(message(1, (20, "70"), (22, "80"), "10").as_bytes()).await;
    bank.import(message(2, (22, "80"), (23, "100"), "20").as_bytes()).await;
    bank.import(message(3, (23, "150"), (24, "155"), "5").as_bytes()).await;
    let listed = statements(&bank, "").await;
    let gap = json!({ "missing": { "amount": "50.00", "currency": "EUR" }, "after": "2026-11-23",
        "closing": { "amount": "100.00", "currency": "EUR" } });
    assert_eq!((&listed[0]["first_date"], &listed[0]["gap_before"]), (&json!("2026-11-24"), &gap));
    assert!(listed[1..].iter().all(|one| one["gap_before"].is_null()), "{listed:#?}");
    bank.app.finish().await;
}

/// [14] Hidden accounts have no statements in the list, and a range that ends before it begins is a mistake.
#[tokio::test]
async fn statements_of_hidden_accounts_are_not_listed() {
    let bank = Bank::start().await;
    bank.import(&day(20, "100.00", "10.00", "110.00")).await;
    for query in ["", "&date_from=2026-11-20"] {
        assert_eq!(statements(&bank, query).await.len(), 1);
    }
    bank.admin.act(format!("/v1/payment-accounts/{}/hide", bank.account)).await.expect(200);
    assert_eq!(statements(&bank, "").await.len(), 0);
    assert_eq!(bank.clerk.get("/v1/statements").await.expect(200).at("/items"), &json!([]));
    for list in ["statements", "journal-entries"] {
        let reversed = format!("/v1/{list}?date_from=2026-12-01&date_to=2026-11-01");
        bank.clerk.get(reversed).await.problem(422, "invalid_value").field("date_from", "invalid_value");
    }
    bank.app.finish().await;
}

#[tokio::test]
async fn the_same_days_in_another_format_leave_no_gap() {
    let bank = Bank::start().await;
    bank.import(fixture!("day_statement_08.xml")).await;
    let mt940 = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/mt940/day_statement.sta"));
    bank.import(mt940).await;
    let listed = statements(&bank, "").await;
    assert!(listed.len() >= 2 && listed.iter().all(|one| one["gap_before"].is_null()), "{listed:#?}");
    assert!(!bank.log().await.contains(&"balance_gap".to_owned()));
    bank.app.finish().await;
}
