//! What is hidden, account or movement, and many movements at once (features 14 and 36).

use heller::entities::{account_movement, audit_event};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::support::shop::Shop;

/// [14]
#[tokio::test]
async fn movements_of_a_hidden_account_are_in_no_list_and_in_no_folder() {
    let shop = Shop::open().await;
    let movement = shop.paid_in("80.00", "sichtbar").await;
    let hidden = shop.paid_in("70.00", "verborgen").await;
    shop.hide_call(&hidden, "hide").await.expect(200);
    let seen = async || {
        let mut seen = Vec::new();
        for query in ["", "?folder=not_assigned", "?folder=hidden", "?purpose=r", "?booking_type=incoming"] {
            let list = shop.accountant.get(format!("/v1/account-movements{query}")).await.expect(200);
            seen.push(list.at("/items").as_array().unwrap().len());
        }
        for path in ["/v1/account-movements/summary", "/v1/search?q=sichtbar"] {
            let found = shop.accountant.get(path).await.expect(200);
            let count = found.json["count"]
                .as_u64()
                .or(found.json["items"].as_array().map(|items| u64::try_from(items.len()).unwrap()));
            seen.push(usize::try_from(count.unwrap()).unwrap());
        }
        let export = shop.accountant.get("/v1/account-movements/export?format=csv").lang("en").await.expect(200);
        seen.push(export.bytes.iter().filter(|byte| **byte == b'\n').count() - 1);
        let folders = shop.accountant.get("/v1/account-movements/folders").await.expect(200);
        let folders = folders.at("/items").as_array().unwrap().clone();
        let count = folders.iter().map(|folder| folder["count"].as_i64().unwrap()).sum::<i64>();
        (seen, count)
    };
    assert_eq!(seen().await, (vec![1; 8], 2));
    let by_account = format!("/v1/account-movements?account_id={}", shop.account);
    shop.admin.act(format!("/v1/payment-accounts/{}/hide", shop.account)).await.expect(200);
    assert_eq!(seen().await, (vec![0; 8], 0));
    assert_eq!(shop.accountant.get(&by_account).await.expect(200).at("/items"), &json!([]));
    shop.shows(&movement, &[("purpose", "sichtbar")]).await;
    shop.admin.act(format!("/v1/payment-accounts/{}/show", shop.account)).await.expect(200);
    assert_eq!(seen().await, (vec![1; 8], 2));
    shop.app.finish().await;
}

/// [75]
#[tokio::test]
async fn many_movements_are_hidden_at_once_in_any_order_by_several_people() {
    let shop = Shop::open().await;
    for number in 0..40 {
        shop.pay("1.00", &format!("Nr. {number}"), "paid").await;
    }
    shop.fetch().await;
    let list = shop.accountant.get("/v1/account-movements?limit=200").await.expect(200);
    let ids: Vec<String> =
        list.at("/items").as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    let reversed: Vec<&String> = ids.iter().rev().collect();
    let call = |action: &str, ids: serde_json::Value| {
        shop.accountant.post(format!("/v1/account-movements/{action}"), json!({ "ids": ids })).send()
    };
    let first = call("hide", json!(ids)).await.expect(200);
    let shown: Vec<&str> =
        first.at("/items").as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert!(shown.is_sorted() && shown.len() == 40, "in the order they are locked in: {shown:?}");
    assert!(first.at("/items").as_array().unwrap().iter().all(|item| item["hidden"] == true && item["version"] == 2));
    let conn = shop.app.state().db.reader();
    let told = audit_event::Entity::find().filter(audit_event::Column::Action.eq("movement.hidden"));
    assert_eq!(told.count(conn).await.unwrap(), 40);
    let calls = (0..16).map(|turn| {
        let ids = if turn % 2 == 0 { json!(ids) } else { json!(reversed) };
        call(if turn % 4 < 2 { "hide" } else { "unhide" }, ids)
    });
    for answer in futures_util::future::join_all(calls).await {
        answer.expect(200);
    }
    let rows = account_movement::Entity::find().all(conn).await.unwrap();
    assert!(rows.iter().all(|row| (row.hidden, row.version) == (rows[0].hidden, rows[0].version)), "all or none");
    let told = audit_event::Entity::find().filter(audit_event::Column::Action.starts_with("movement."));
    let told = told.filter(audit_event::Column::SubjectId.eq(rows[0].id.0)).count(conn).await.unwrap();
    assert_eq!(i64::try_from(told).unwrap(), rows[0].version - 1, "one event for each change");
    shop.app.finish().await;
}
