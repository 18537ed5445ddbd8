//! What must be there before a request is accepted: the one table of valid requests. Operations that are not named here
//! take what the document's examples say, with ids of things that are there.

use heller::domain::id::JobId;
use heller::domain::job::JobState;
use heller::entities::job;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::Sent;
use super::world::World;
use crate::support::app::PASSWORD;
use crate::support::client::{self, Client};
use crate::support::licence::Licence;
use crate::support::shop::eur;

pub const STATEMENT: &str = include_str!("../../fixtures/camt053/day_statement_08.xml");

/// What differs from the examples.
#[derive(Default)]
pub struct Made {
    pub id: Option<String>,
    pub sub_id: Option<String>,
    pub query: Option<String>,
    pub sent: Option<Sent>,
    pub version: Option<i64>,
    pub who: Option<Client>,
}

impl Made {
    fn of(id: String) -> Self {
        Self { id: Some(id), ..Self::default() }
    }

    fn body(body: serde_json::Value) -> Self {
        Self { sent: Some(Sent::Json(body)), ..Self::default() }
    }
}

/// Puts what an operation needs in place.
pub async fn made(world: &World, operation: &str) -> Made {
    let shop = &world.shop;
    match operation {
        "account_change" | "account_hide" | "account_unhide" | "account_unlock" => Made::of(world.account().await),
        "account_movement_export" => Made { query: Some("format=csv".to_owned()), ..Made::default() },
        "account_movement_hide" => Made::body(json!({ "ids": [world.movement().await] })),
        "account_movement_unhide" => {
            let movement = world.movement().await;
            shop.hide_call(&movement, "hide").await.expect(200);
            Made::body(json!({ "ids": [movement] }))
        }
        "assignment_create" => {
            let target = json!({ "type": "order", "id": shop.order("10.00").await });
            Made::body(json!({ "movement_id": world.movement().await, "target": target, "amount": eur("1.00") }))
        }
        "search" => Made { query: Some("q=AU".to_owned()), ..Made::default() },
        "assignment_undo" => Made::of(shop.assign(&world.movement().await, &shop.order("60.00").await, None).await),
        "cancellation_create" => {
            Made::body(json!({ "order_id": shop.order("10.00").await, "reason": "customer_request" }))
        }
        "invoice_correction_create" => {
            let invoice = shop.invoice(&shop.order("10.00").await).await;
            let line = shop.see(&invoice).await.text("/lines/0/id").to_owned();
            Made::body(json!({ "invoice_id": invoice, "lines": [{ "invoice_line_id": line }] }))
        }
        "invoice_correction_delete" | "invoice_correction_update" => Made::of(world.draft().await),
        "invoice_correction_formalise" => {
            let both = json!(["invoice_correction", "formalisation"]);
            let body = json!({ "acknowledged": both, "payment_disposition": "keep_for_refund" });
            Made { id: Some(world.draft().await), ..Made::body(body) }
        }
        "invoice_correction_line_delete" => {
            let draft = world.draft().await;
            let line = shop.see(&draft).await.text("/lines/0/id").to_owned();
            Made { sub_id: Some(line), ..Made::of(draft) }
        }
        "invoice_create" => Made::body(json!({ "order_id": shop.order("10.00").await })),
        "order_create" => {
            let line = json!({ "sku": "BIKE-7", "description": "City bike", "quantity": "1",
                "unit_price": eur("119.00"), "tax_rate": "19" });
            let number = Uuid::new_v4().to_string();
            Made::body(json!({ "customer_id": shop.customer, "external_number": number, "currency": "EUR",
                "prices_include_tax": true, "lines": [line] }))
        }
        "payment_create" => {
            let target = json!({ "type": "order", "id": shop.order("10.00").await });
            Made::body(json!({ "target": target, "amount": eur("1.00"), "method": "cash" }))
        }
        "sandbox_payment_change" => {
            let payment = shop.pay("5.00", "Danke", "pending").await;
            Made { sub_id: Some(payment), ..Made::of(shop.account.clone()) }
        }
        "sandbox_behaviour_set" => Made::body(json!({ "mode": "accept" })),
        _ if operation.starts_with("statement_") || operation.starts_with("reconciliation_") => {
            statement(world, operation).await
        }
        _ if operation.starts_with("refund_") => refund(world, operation).await,
        _ => at_the_door(world, operation).await,
    }
}

/// Statement files, the runs that import them, and the profiles that read them.
async fn statement(world: &World, operation: &str) -> Made {
    match operation {
        "reconciliation_run_cancel" => {
            let account = world.account().await;
            let run = world.shop.accountant.post("/v1/reconciliation-runs", json!({ "account_ids": [account] })).await;
            Made::of(run.expect(202).id())
        }
        "reconciliation_run_item_file" => {
            let account = world.account().await;
            let run = world.shop.accountant.post("/v1/reconciliation-runs", json!({ "account_ids": [account] })).await;
            let file = format!("{STATEMENT}<!-- {} -->", Uuid::new_v4()).into_bytes();
            let sent = Sent::Raw { media: "application/octet-stream".to_owned(), bytes: file };
            Made { sub_id: Some(account), sent: Some(sent), ..Made::of(run.expect(202).id()) }
        }
        "statement_profile_create" => {
            let column = |field: &str, name: &str| json!({ "field": field, "names": [name] });
            let columns = [column("booking_date", "Tag"), column("amount", "Umsatz"), column("purpose", "Text")];
            let rules = json!({ "dates": "day_month_year", "numbers": "comma", "columns": columns });
            Made::body(json!({ "name": "Hausbank CSV", "account_id": world.account().await, "rules": rules }))
        }
        "statement_profile_change" | "statement_profile_delete" => Made::of(world.profile().await),
        "statement_import_create" | "statement_import_create_raw" => import(world, operation).await,
        _ => Made::default(),
    }
}

async fn refund(world: &World, operation: &str) -> Made {
    let shop = &world.shop;
    match operation {
        "refund_create" => {
            let movement = world.movement().await;
            shop.assign(&movement, &shop.order("60.00").await, None).await;
            let origin = json!({ "type": "remaining_amount", "id": movement });
            Made::body(json!({ "origin": origin, "amount": eur("1.00"), "purpose": "Danke" }))
        }
        "refund_approve" | "refund_reject" => {
            shop.four_eyes("always").await;
            let refund = world.refund().await;
            shop.four_eyes("off").await;
            Made::of(refund)
        }
        "refund_delete" | "refund_send" => Made::of(world.refund().await),
        "refund_update" => Made { id: Some(world.refund().await), ..Made::body(json!({ "amount": eur("1.00") })) },
        _ => Made::default(),
    }
}

/// Sessions, the licence, jobs.
async fn at_the_door(world: &World, operation: &str) -> Made {
    let app = &world.shop.app;
    match operation {
        "auth_login" => Made {
            who: Some(app.anonymous()),
            ..Made::body(json!({ "email": world.all.session().email, "password": PASSWORD }))
        },
        "auth_logout" => Made { who: Some(app.again(&world.all).await), ..Made::default() },
        "auth_refresh" => {
            let session = app.again(&world.all).await;
            Made {
                who: Some(app.anonymous()),
                ..Made::body(json!({ "refresh_token": session.session().refresh_token }))
            }
        }
        "job_retry" => {
            let id = world.id("job");
            let dead = job::Entity::update_many()
                .col_expr(job::Column::State, Expr::value(JobState::Dead))
                .filter(job::Column::Id.eq(id.parse::<JobId>().unwrap()));
            app.state().db.write(async |txn| Ok(dead.clone().exec(txn).await?)).await.unwrap();
            Made::of(id)
        }
        "licence_install" => {
            let token = Licence::Active.token(app.state().installation, app.clock.now());
            Made::body(json!({ "token": token }))
        }
        "licence_trial" => {
            app.set_licence(Licence::None).await;
            Made::default()
        }
        "settings_replace" => {
            let mut settings = world.all.get("/v1/settings").await.expect(200).json;
            settings.as_object_mut().unwrap().remove("version");
            Made::body(settings)
        }
        _ => Made::default(),
    }
}

/// A file that nobody has imported yet.
async fn import(world: &World, operation: &str) -> Made {
    let account = world.account().await;
    let file = format!("{STATEMENT}<!-- {} -->", Uuid::new_v4()).into_bytes();
    if operation == "statement_import_create_raw" {
        let sent = Sent::Raw { media: "application/octet-stream".to_owned(), bytes: file };
        return Made { query: Some(format!("account_id={account}")), sent: Some(sent), ..Made::default() };
    }
    let (media, bytes) = client::form(&[("account_id", &account)], ("day.xml", &file));
    Made { sent: Some(Sent::Raw { media, bytes }), ..Made::default() }
}
