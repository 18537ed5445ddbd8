//! What finds movements beside the usual filters: their customer, endless words, and what must not be found.

use serde_json::json;

use crate::movements::count;
use crate::support::shop::Shop;

/// [44] What a customer has paid is what is assigned to his orders and invoices now.
#[tokio::test]
async fn movements_of_a_customer_are_those_assigned_to_what_is_his() {
    let shop = Shop::open().await;
    let (order, other) = (shop.order("10.00").await, shop.paid_in("10.00", "Danke").await);
    let customer = shop.accountant.get(format!("/v1/orders/{order}")).await.expect(200).text("/customer/id").to_owned();
    let query = format!("customer_id={customer}");
    assert_eq!(count(&shop, &query).await, 0);
    let paid = shop.paid_in("6.00", "Anzahlung").await;
    let assignment = shop.assign(&paid, &order, None).await;
    let list = shop.accountant.get(format!("/v1/account-movements?{query}")).await.expect(200);
    assert_eq!((list.text("/items/0/id"), count(&shop, &query).await), (paid.as_str(), 1));
    assert_eq!(count(&shop, &format!("{query}&purpose=Danke")).await, 0);
    shop.assign(&other, &order, Some("4.00")).await;
    assert_eq!(count(&shop, &query).await, 2);
    shop.undo_call(&assignment).await.await.expect(204);
    assert_eq!(count(&shop, &query).await, 1);
    let nobody = "customer_id=cus_01kapd3hzcf3sbvpdj0k4v8m2e";
    assert_eq!(count(&shop, nobody).await, 0);
    shop.app.finish().await;
}

/// A word of a purpose may be as long as the purpose, and no index has room for it.
#[tokio::test]
async fn a_purpose_of_one_endless_word_is_stored_and_found() {
    let shop = Shop::open().await;
    let letters =
        (0_u32..5_000).map(|number| char::from_digit(number.wrapping_mul(2_654_435_761) >> 16 & 31, 32).unwrap());
    let word: String = letters.collect();
    let body = json!({ "name": "Bank", "provider": "bank_file", "currency": "EUR" });
    let account = shop.admin.post("/v1/payment-accounts", body).await.expect(201).id();
    let path = format!("/v1/statement-imports/raw?account_id={account}");
    let entry = STATEMENT_ENTRY.replace("KD-4711 alt", &format!("{word} AU-2025-00816"));
    shop.accountant.post_raw(path, "application/xml", document(&entry)).await.expect(202);
    shop.app.run_pending().await;
    assert_eq!(count(&shop, "purpose=AU-2025-00816").await, 1);
    assert_eq!(count(&shop, &format!("purpose={}", &word[2_000..2_040])).await, 1);
    let found = shop.accountant.get("/v1/search?q=AU-2025-00816").await.expect(200);
    assert_eq!(found.text("/items/0/type"), "account_movement");
    shop.app.finish().await;
}

/// The search shows ten movements, and those of hidden accounts take none of the places.
#[tokio::test]
async fn movements_of_hidden_accounts_take_no_place_in_the_search() {
    let shop = Shop::open().await;
    let seen = shop.paid_in("1.00", "KD-4711 Danke").await;
    let body = json!({ "name": "Alt", "provider": "bank_file", "currency": "EUR" });
    let hidden = shop.admin.post("/v1/payment-accounts", body).await.expect(201).id();
    let file = document(&STATEMENT_ENTRY.repeat(12));
    let path = format!("/v1/statement-imports/raw?account_id={hidden}");
    shop.accountant.post_raw(path, "application/xml", file).await.expect(202);
    shop.app.run_pending().await;
    shop.admin.act(format!("/v1/payment-accounts/{hidden}/hide")).await.expect(200);
    let found = shop.accountant.get("/v1/search?q=KD-4711").await.expect(200);
    let ids: Vec<&str> = found.at("/items").as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [seen.as_str()]);
    shop.app.finish().await;
}

fn document(entries: &str) -> Vec<u8> {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>1</Id>\
         <Acct><Id><Othr><Id>4711</Id></Othr></Id><Ccy>EUR</Ccy></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
    .into_bytes()
}

const STATEMENT_ENTRY: &str = "<Ntry><Amt Ccy=\"EUR\">2.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
    <BookgDt><Dt>2026-11-23</Dt></BookgDt><NtryDtls><TxDtls><RmtInf><Ustrd>KD-4711 alt</Ustrd></RmtInf></TxDtls>\
    </NtryDtls></Ntry>";
