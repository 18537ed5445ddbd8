//! One booking in an interim report, a statement and a notification: from the upload to one movement.

use serde_json::json;

use super::{Bank, counts};
use crate::support::app::TestApp;

const REPORT: &[u8] = include_bytes!("../../fixtures/camt/two_accounts_052.xml");
const STATEMENT: &[u8] = include_bytes!("../../fixtures/camt/two_accounts_053.xml");
const NOTIFICATION: &[u8] = include_bytes!("../../fixtures/camt/two_accounts_054.xml");

#[tokio::test]
async fn the_same_bookings_in_three_messages_are_one_set_of_movements() {
    for (first, others) in
        [(REPORT, [NOTIFICATION, STATEMENT]), (NOTIFICATION, [STATEMENT, REPORT]), (STATEMENT, [REPORT, NOTIFICATION])]
    {
        let bank = Bank::start().await;
        let run = bank.import(first).await;
        assert_eq!(counts(&run)[0], 7, "{run:#}");
        for other in others {
            assert_eq!(counts(&bank.import(other).await)[..3], [0, 0, 7]);
        }
        let mut found = bank.movements().await;
        found.sort_by_key(|row| row.amount_minor);
        let found: Vec<_> = found.iter().map(|row| (row.amount_minor, row.booking_type.as_str())).collect();
        let expected = [
            (-19_613, "outgoing"),
            (-1_000, "bank_chargeback"),
            (-300, "fee"),
            (-250, "fee"),
            (3_900, "sepa_direct_debit"),
            (11_900, "sepa_direct_debit"),
            (124_900, "incoming"),
        ];
        assert_eq!(found, expected);
        assert_eq!(bank.entries().await, 7);
    }
}

#[tokio::test]
async fn the_other_account_of_a_notification_has_its_own_import() {
    let bank = Bank::of(TestApp::start().await, json!({"iban": "DE02700202700010108669"})).await;
    let run = bank.import(NOTIFICATION).await;
    assert_eq!((counts(&run)[0], bank.log().await), (3, vec!["other_account".to_owned()]), "{run:#}");
    let log = bank.clerk.get("/v1/logbook?level=error").await.expect(200);
    assert_eq!(log.at("/items/0/field"), "Ntfctn/Acct/Id");
    let kinds: Vec<_> = bank.movements().await.iter().map(|row| row.booking_type.as_str().to_owned()).collect();
    assert_eq!(kinds, ["incoming", "fee", "bank_chargeback"]);
}

#[tokio::test]
async fn what_a_report_announces_the_statement_books_on_the_same_row() {
    let bank = Bank::start().await;
    let announced = String::from_utf8(REPORT.to_vec()).unwrap().replace("BOOK", "PDNG");
    assert_eq!(counts(&bank.import(announced.as_bytes()).await)[0], 7);
    assert!(bank.movements().await.iter().all(|row| row.status.as_str() == "in_progress"));
    assert_eq!((bank.entries().await, counts(&bank.import(STATEMENT).await)[..3].to_vec()), (0, vec![0, 7, 0]));
    assert!(bank.movements().await.iter().all(|row| row.status.as_str() == "completed"));
    assert_eq!((bank.movements().await.len(), bank.entries().await), (7, 7));
}

#[tokio::test]
async fn balances_of_an_interim_report_do_not_refuse_it_even_where_all_is_strict() {
    let bank = Bank::start().await;
    let later = String::from_utf8(REPORT.to_vec()).unwrap().replace(">13675.52<", ">99999.99<");
    // Only the one account's report, as strict also refuses lines of another.
    let (own, _) = later.split_once("    </Rpt>").unwrap();
    let later = format!("{own}</Rpt></BkToCstmrAcctRpt></Document>");
    let run = bank.finished(bank.raw(later.as_bytes(), "&strict=true").await).await;
    assert_eq!((run["status"].as_str(), counts(&run)[0]), (Some("finished"), 7), "{run:#}");
    let log = bank.clerk.get("/v1/logbook?level=warning").lang("de").await.expect(200);
    assert_eq!((log.at("/items/0/field"), log.at("/items/0/level")), (&json!("Rpt/Bal"), &json!("warning")));
    assert!(log.text("/items/0/message").contains("Zwischenbericht"), "{log:?}");
}
