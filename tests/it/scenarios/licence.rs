//! AC-33: which code says that the payment module is closed, and what stays open.

use crate::support::licence::Licence;
use crate::support::shop::Shop;

#[tokio::test]
async fn ac_33_each_condition_of_the_licence_has_its_code_and_orders_stay_open() {
    let shop = Shop::open().await;
    let order = shop.order("80.00").await;
    for (licence, code) in [
        (Licence::NotActivated, "payment_module_not_licensed"),
        (Licence::None, "payment_module_not_licensed"),
        (Licence::WrongEdition, "edition_excludes_payment_module"),
    ] {
        shop.app.set_licence(licence).await;
        shop.accountant.get("/v1/account-movements").await.problem(403, code);
        shop.accountant.get("/v1/refunds").await.problem(403, code);
        shop.accountant.get("/v1/orders").await.expect(200);
        shop.order("10.00").await;
        shop.invoice(&shop.order("10.00").await).await;
        let with_refund = shop.accountant.post(
            "/v1/cancellations",
            serde_json::json!({ "order_id": order, "reason": "customer_request", "with_refund": true }),
        );
        with_refund.idempotent().await.problem(403, code);
    }
    shop.cancel_call(&order, false).await.expect(201);
    shop.app.set_licence(Licence::Active).await;
    shop.accountant.get("/v1/account-movements").await.expect(200);
    shop.app.finish().await;
}
