//! One question across everything: what is found, in which order, and by whom.

use heller::access::role::Role;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::builders::path_of;
use crate::support::client::Client;
use crate::support::licence::Licence;
use crate::support::shop::Shop;

async fn find(client: &Client, q: &str) -> Answer {
    client.get(format!("/v1/search?q={q}")).await.expect(200)
}

/// Types and ids of what was found.
fn found(answer: &Answer) -> Vec<(String, String)> {
    let items = answer.at("/items").as_array().unwrap().iter();
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    items.map(|item| (text(item, "type"), text(item, "id"))).collect()
}

#[tokio::test]
async fn a_number_finds_its_document_first() {
    let shop = Shop::open().await;
    let order = shop.order("119.00").await;
    let invoice = shop.invoice(&order).await;
    shop.order("50.00").await;
    for (id, kind) in [(&order, "order"), (&invoice, "invoice"), (&shop.customer, "customer")] {
        let path = if kind == "customer" { format!("/v1/customers/{id}") } else { path_of(id) };
        let number = shop.accountant.get(path).await.expect(200).text("/number").to_owned();
        for typed in [number.clone(), number.to_lowercase()] {
            let answer = find(&shop.accountant, &typed).await;
            assert_eq!(found(&answer)[0], (kind.to_owned(), id.clone()), "{answer:?}");
            assert_eq!((answer.text("/items/0/number"), answer.text("/items/0/matched")), (number.as_str(), "number"));
            let shown = shop.accountant.get(answer.text("/items/0/path")).await.expect(200);
            assert_eq!(shown.id(), *id);
        }
    }
    let part = find(&shop.accountant, &shop.number(&invoice).await[3..]).await;
    assert!(found(&part).contains(&("invoice".to_owned(), invoice)), "{part:?}");
}

#[tokio::test]
async fn a_name_finds_people_their_documents_and_their_money() {
    let shop = Shop::open().await;
    shop.settings(json!({ "allow_return_of_unassigned": true })).await;
    let order = shop.order("100.00").await;
    let movement = shop.paid_in("100.00", "Danke für das Rad").await;
    let refund = shop.refund_remaining(&movement).await;
    let answer = find(&shop.accountant, "erika%20MUSTER").await;
    let kinds: Vec<(String, String)> = found(&answer);
    for hit in [("customer", &shop.customer), ("order", &order), ("account_movement", &movement)] {
        assert!(kinds.contains(&(hit.0.to_owned(), hit.1.clone())), "{hit:?}: {answer:?}");
    }
    let refunds = find(&shop.accountant, &shop.number(&refund).await).await;
    assert_eq!(found(&refunds)[0], ("refund".to_owned(), refund));
    let purpose = find(&shop.accountant, "fuer%20das%20rad").await;
    assert!(found(&purpose).contains(&("account_movement".to_owned(), movement.clone())), "{purpose:?}");
    shop.hide_call(&movement, "hide").await.expect(200);
    let hidden = shop.accountant.get("/v1/search?q=fuer%20das%20rad&type=account_movement").await.expect(200);
    assert_eq!(hidden.at("/items"), &json!([]));
    assert_eq!(find(&shop.accountant, "%25").await.at("/items"), &json!([]), "a wildcard is a character");
    shop.app.finish().await;
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_read() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("100.00", "RE-2026-00001").await;
    let answer = find(&shop.sales, "muster").await;
    assert_eq!(answer.at("/searched"), &json!(["customer", "order", "invoice", "invoice_correction"]));
    assert!(!found(&answer).iter().any(|(_, id)| *id == movement), "{answer:?}");
    let refused = shop.sales.get("/v1/search?q=muster&type=account_movement").await;
    assert_eq!(refused.problem(403, "missing_permission").text("/permission"), "movements.read");
    shop.app.set_licence(Licence::None).await;
    let answer = find(&shop.accountant, "muster").await;
    assert_eq!(answer.at("/searched"), &json!(["customer", "order", "invoice", "invoice_correction"]));
    let refused = shop.accountant.get("/v1/search?q=muster&type=refund").await;
    refused.problem(403, "payment_module_not_licensed");
    let nobody = shop.app.user_with(&[]).await;
    assert_eq!(find(&nobody, "muster").await.at("/searched"), &json!([]));
    shop.app.anonymous().get("/v1/search?q=muster").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_question_has_a_length() {
    let app = TestApp::start().await;
    let clerk = app.user(Role::SalesClerk).await;
    clerk.get("/v1/search").await.problem(422, "missing_field").field("q", "missing_field");
    for wrong in [String::new(), "%20".to_owned(), "x".repeat(101)] {
        let refused = clerk.get(format!("/v1/search?q={wrong}")).await;
        refused.problem(422, "invalid_value").field("q", "invalid_value");
    }
    clerk.get("/v1/search?q=x&type=cat").await.problem(422, "invalid_value");
    clerk.get("/v1/search?q=x&limit=3").await.problem(400, "unknown_parameter");
}
