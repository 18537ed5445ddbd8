//! Who may call what: every operation of the OpenAPI document × nobody and each role × each kind of licence, against
//! one table. An operation without a row fails, and so does a row without an operation.
//!
//! Roles and permissions are written out again here, from the contract (section 2), and not taken from the code.

use heller::access::role::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::client::Client;
use crate::support::document::{Operation, operations, path_to_nothing};
use crate::support::licence::Licence;

/// Whether the payment module's licence is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gate {
    Open,
    Licensed,
}

use Gate::{Licensed, Open};

/// Nobody need be logged in.
const PUBLIC: &str = "public";
/// Any user, whatever their roles.
const LOGGED_IN: &str = "logged in";

/// Operation, permission (`a|b`: one of them is enough), gate.
const TABLE: &[(&str, &str, Gate)] = &[
    ("account_change", "accounts.manage", Licensed),
    ("account_create", "accounts.manage", Licensed),
    ("account_hide", "accounts.manage", Licensed),
    ("account_list", "movements.read", Licensed),
    ("account_movement_export", "movements.read", Licensed),
    ("account_movement_folders", "movements.read", Licensed),
    ("account_movement_hide", "movements.hide", Licensed),
    ("account_movement_keep", "movements.hide", Licensed),
    ("account_movement_list", "movements.read", Licensed),
    ("account_movement_related", "movements.read", Licensed),
    ("account_movement_show", "movements.read", Licensed),
    ("account_movement_source", "movements.read", Licensed),
    ("account_movement_summary", "movements.read", Licensed),
    ("account_movement_unhide", "movements.hide", Licensed),
    ("account_movement_update", "movements.assign", Licensed),
    ("account_show", "movements.read", Licensed),
    ("account_unhide", "accounts.manage", Licensed),
    ("account_unlock", "accounts.manage", Licensed),
    ("assignment_create", "movements.assign", Licensed),
    ("assignment_list", "movements.read", Licensed),
    ("assignment_run_create", "movements.assign", Licensed),
    ("assignment_run_list", "movements.read", Licensed),
    ("assignment_run_show", "movements.read", Licensed),
    ("assignment_show", "movements.read", Licensed),
    ("assignment_undo", "movements.assign", Licensed),
    ("auth_jwks", PUBLIC, Open),
    ("auth_login", PUBLIC, Open),
    ("auth_logout", LOGGED_IN, Open),
    ("auth_me", LOGGED_IN, Open),
    ("auth_password_change", LOGGED_IN, Open),
    ("auth_refresh", PUBLIC, Open),
    ("cancellation_create", "orders.cancel", Open),
    ("cancellation_list", "orders.read", Open),
    ("cancellation_reason_list", "orders.read", Open),
    ("cancellation_show", "orders.read", Open),
    ("customer_create", "orders.write", Open),
    ("customer_list", "orders.read", Open),
    ("customer_show", "orders.read", Open),
    ("event_stream", "movements.read|refunds.read", Licensed),
    ("health_live", PUBLIC, Open),
    ("health_ready", PUBLIC, Open),
    ("invoice_balance", "orders.read", Open),
    ("invoice_correction_create", "corrections.write", Open),
    ("invoice_correction_delete", "corrections.write", Open),
    ("invoice_correction_formalise", "corrections.formalise", Open),
    ("invoice_correction_line_delete", "corrections.write", Open),
    ("invoice_correction_list", "corrections.read", Open),
    ("invoice_correction_show", "corrections.read", Open),
    ("invoice_correction_update", "corrections.write", Open),
    ("invoice_create", "orders.write", Open),
    ("invoice_list", "orders.read", Open),
    ("invoice_show", "orders.read", Open),
    ("job_list", "settings.read", Open),
    ("job_retry", "settings.manage", Open),
    ("job_show", "settings.read", Open),
    ("journal_entry_list", "ledger.read", Open),
    ("journal_entry_show", "ledger.read", Open),
    ("ledger_accounts", "ledger.read", Open),
    ("ledger_proof", "ledger.read", Open),
    ("ledger_trial_balance", "ledger.read", Open),
    ("licence_install", "licence.manage", Open),
    ("licence_remove", "licence.manage", Open),
    ("licence_show", LOGGED_IN, Open),
    ("licence_trial", "licence.manage", Open),
    ("logbook_list", "movements.read", Licensed),
    ("meta_enums", PUBLIC, Open),
    ("openapi", PUBLIC, Open),
    ("order_balance", "orders.read", Open),
    ("order_create", "orders.write", Open),
    ("order_list", "orders.read", Open),
    ("order_show", "orders.read", Open),
    ("payment_create", "orders.write", Open),
    ("payment_list", "orders.read", Open),
    ("payment_show", "orders.read", Open),
    ("postman", PUBLIC, Open),
    ("problem_list", PUBLIC, Open),
    ("problem_show", PUBLIC, Open),
    ("reconciliation_run_cancel", "reconciliation.run", Licensed),
    ("reconciliation_run_create", "reconciliation.run", Licensed),
    ("reconciliation_run_item_file", "reconciliation.run", Licensed),
    ("reconciliation_run_list", "movements.read", Licensed),
    ("reconciliation_run_show", "movements.read", Licensed),
    ("refund_approve", "refunds.approve", Licensed),
    ("refund_create", "refunds.generate", Licensed),
    ("refund_delete", "refunds.generate", Licensed),
    ("refund_list", "refunds.read", Licensed),
    ("refund_reject", "refunds.approve", Licensed),
    ("refund_send", "refunds.send", Licensed),
    ("refund_show", "refunds.read", Licensed),
    ("refund_update", "refunds.generate", Licensed),
    ("sandbox_behaviour_set", "accounts.manage|reconciliation.run", Licensed),
    ("sandbox_payment_change", "accounts.manage|reconciliation.run", Licensed),
    ("sandbox_payment_create", "accounts.manage|reconciliation.run", Licensed),
    ("sandbox_payout_list", "accounts.manage|reconciliation.run", Licensed),
    ("search", LOGGED_IN, Open),
    ("settings_replace", "settings.manage", Open),
    ("settings_show", "settings.read", Open),
    ("statement_import_create", "reconciliation.run", Licensed),
    ("statement_import_create_raw", "reconciliation.run", Licensed),
    ("statement_list", "movements.read", Licensed),
    ("statement_profile_change", "accounts.manage", Licensed),
    ("statement_profile_create", "accounts.manage", Licensed),
    ("statement_profile_delete", "accounts.manage", Licensed),
    ("statement_profile_list", "movements.read", Licensed),
    ("statement_profile_show", "movements.read", Licensed),
    ("statement_profile_test", "accounts.manage", Licensed),
    ("version", PUBLIC, Open),
];

const READS_OF_THE_BOOKS: &str = "movements.read orders.read corrections.read refunds.read outgoing_payments.read \
    cash_desk.read ledger.read settings.read";
const READS: &str = "movements.read orders.read corrections.read refunds.read outgoing_payments.read cash_desk.read \
    ledger.read settings.read users.read audit.read";

fn permissions(role: Role) -> Vec<&'static str> {
    let texts = match role {
        Role::Accountant => [
            READS_OF_THE_BOOKS,
            "reconciliation.run movements.assign movements.hide orders.write orders.cancel corrections.write \
             corrections.formalise refunds.generate refunds.approve refunds.send outgoing_payments.write \
             cash_desk.operate credentials.use",
        ],
        Role::RefundClerk => ["movements.read orders.read corrections.read refunds.read", "refunds.generate"],
        Role::SalesClerk => ["orders.read corrections.read", "orders.write orders.cancel corrections.write"],
        Role::Cashier => ["cash_desk.read orders.read corrections.read", "cash_desk.operate"],
        Role::Auditor => [READS, ""],
        Role::Admin => [READS, "accounts.manage settings.manage users.manage webhooks.manage licence.manage"],
    };
    texts.into_iter().flat_map(str::split_whitespace).collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Expected {
    /// Anything but 401 and 403.
    Passes,
    Unauthenticated,
    MissingPermission,
    Licence(&'static str),
}

fn expected((_, permission, gate): (&str, &str, Gate), role: Option<Role>, licence: Licence, read: bool) -> Expected {
    let Some(role) = role.filter(|_| permission != PUBLIC) else {
        return if permission == PUBLIC { Expected::Passes } else { Expected::Unauthenticated };
    };
    let held = permissions(role);
    if permission != LOGGED_IN && !permission.split('|').any(|one| held.contains(&one)) {
        return Expected::MissingPermission;
    }
    match (gate, licence) {
        (Licensed, Licence::None | Licence::NotActivated) => Expected::Licence("payment_module_not_licensed"),
        (Licensed, Licence::WrongEdition) => Expected::Licence("edition_excludes_payment_module"),
        (Licensed, Licence::Expired) if !read => Expected::Licence("licence_expired"),
        _ => Expected::Passes,
    }
}

/// What is not as expected about an answer.
fn wrong(answer: &Answer, expected: &Expected, permission: &str) -> bool {
    let is = |status: u16, code: &str| answer.status == status && answer.json["code"] == code;
    let named =
        || answer.json["permission"].as_str().is_some_and(|named| permission.split('|').any(|one| one == named));
    !match expected {
        Expected::Passes => !matches!(answer.status, 401 | 403 | 500..) || is(401, "refresh_token_invalid"),
        Expected::Unauthenticated => is(401, "unauthenticated"),
        Expected::MissingPermission => is(403, "missing_permission") && named(),
        Expected::Licence(code) => is(403, code),
    }
}

fn row(id: &str) -> Option<(&'static str, &'static str, Gate)> {
    TABLE.iter().copied().find(|row| row.0 == id)
}

async fn ask(document: &Value, operation: &Operation<'_>, client: &Client) -> Answer {
    let method: Method = operation.method.to_uppercase().parse().unwrap();
    let body = operation.definition.get("requestBody").map(|_| json!({}));
    client.request(method, path_to_nothing(document, operation), body).await
}

/// The whole table under one licence.
async fn walk(licence: Licence) {
    let document = heller::openapi::document();
    let app = TestApp::builder().licence(licence).start().await;
    let mut users = Vec::new();
    for role in Role::ALL {
        users.push((*role, app.user(*role).await));
    }
    // A server whose worker was never seen is not ready.
    heller::services::queue::beat(&app.state().db, uuid::Uuid::new_v4(), app.clock.now()).await.unwrap();
    let mut offences = Vec::new();
    for operation in operations(&document) {
        let row = row(operation.id).unwrap_or_else(|| panic!("no row for {} ({})", operation.id, operation.name));
        let read = operation.method == "get";
        let nobody = (None, app.anonymous());
        for (role, user) in std::iter::once(nobody).chain(users.iter().map(|(role, user)| (Some(*role), user.clone())))
        {
            // The call before may have ended the session or changed the licence: that is what some calls are for.
            let client = if role.is_some() { app.again(&user).await } else { user };
            app.set_licence(licence).await;
            let answer = ask(&document, &operation, &client).await;
            let expected = expected(row, role, licence, read);
            if wrong(&answer, &expected, row.1) {
                offences.push(format!("{role:?}, licence {licence:?}, expected {expected:?}: {answer:?}"));
            }
        }
    }
    app.set_licence(licence).await;
    // Some calls start work without needing anything in the body.
    app.run_pending().await;
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[tokio::test]
async fn with_an_active_licence_roles_alone_decide() {
    walk(Licence::Active).await;
}

#[tokio::test]
async fn in_the_days_of_grace_nothing_is_closed() {
    walk(Licence::Grace).await;
}

#[tokio::test]
async fn in_the_trial_nothing_is_closed() {
    walk(Licence::Trial).await;
}

#[tokio::test]
async fn a_licence_that_was_not_activated_is_none() {
    walk(Licence::NotActivated).await;
}

#[tokio::test]
async fn without_a_licence_the_payment_module_is_closed_and_the_rest_is_not() {
    walk(Licence::None).await;
}

#[tokio::test]
async fn an_edition_without_the_payment_module_has_its_own_code() {
    walk(Licence::WrongEdition).await;
}

#[tokio::test]
async fn after_the_end_of_the_licence_the_books_stay_readable() {
    walk(Licence::Expired).await;
}

#[test]
fn every_row_of_the_table_is_an_operation_and_stands_there_once() {
    let document = heller::openapi::document();
    let ids: Vec<&str> = operations(&document).iter().map(|operation| operation.id).collect();
    let unknown: Vec<&str> = TABLE.iter().map(|row| row.0).filter(|id| !ids.contains(id)).collect();
    assert!(unknown.is_empty(), "rows without an operation: {unknown:?}");
    assert!(TABLE.is_sorted_by(|one, next| one.0 < next.0), "rows are sorted by operation, each once");
    let missing: Vec<&str> = ids.into_iter().filter(|id| row(id).is_none()).collect();
    assert!(missing.is_empty(), "operations without a row: {missing:?}");
}

#[test]
fn the_document_asks_for_the_permissions_of_the_table() {
    let document = heller::openapi::document();
    let mut offences = Vec::new();
    for operation in operations(&document) {
        let expected: Vec<Value> = match row(operation.id).map(|row| row.1) {
            None | Some(PUBLIC) => Vec::new(),
            Some(LOGGED_IN) => vec![json!({ "bearer": [] })],
            Some(permission) => permission.split('|').map(|one| json!({ "bearer": [one] })).collect(),
        };
        // The cookie of a login says which session it is; that, and no permission (tests/it/cookies.rs).
        let mut documented = operation.definition["security"].clone();
        documented.as_array_mut().unwrap().retain(|one| one.get("refresh_cookie").is_none());
        // Beside it, nothing at all is a way in, where everybody may come.
        if expected.is_empty() {
            documented.as_array_mut().unwrap().retain(|one| *one != json!({}));
        }
        if documented != json!(expected) {
            offences.push(format!("{}: {documented}, expected {}", operation.name, json!(expected)));
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[tokio::test]
async fn each_role_has_the_permissions_of_the_contract_and_no_others() {
    let app = TestApp::start().await;
    for role in Role::ALL {
        let me = app.user(*role).await.get("/v1/auth/me").await.expect(200);
        let shown = me.at("/permissions").as_array().unwrap().iter();
        let mut shown: Vec<&str> = shown.map(|permission| permission.as_str().unwrap()).collect();
        let mut written = permissions(*role);
        shown.sort_unstable();
        written.sort_unstable();
        assert_eq!(shown, written, "{role}");
    }
}

#[tokio::test]
async fn the_role_is_asked_before_the_licence_and_reading_outlives_it() {
    const NO_LICENCE: (u16, &str) = (403, "payment_module_not_licensed");
    let app = TestApp::start().await;
    let (clerk, accountant) = (app.user(Role::RefundClerk).await, app.user(Role::Accountant).await);
    let path = "/v1/refunds/rfd_01kapd3hzcf3sbvpdj0k4v8m2e/send";
    let send = async |client: &Client| client.post(path, json!({})).idempotent().await;
    let (open, sent) = ((200, ""), (404, "not_found"));
    for (licence, read, write) in [
        (Licence::None, NO_LICENCE, NO_LICENCE),
        (Licence::NotActivated, NO_LICENCE, NO_LICENCE),
        (Licence::Expired, open, (403, "licence_expired")),
        (Licence::Grace, open, sent),
        (Licence::Trial, open, sent),
    ] {
        app.set_licence(licence).await;
        send(&app.anonymous()).await.problem(401, "unauthenticated");
        send(&clerk).await.problem(403, "missing_permission");
        let answers = [clerk.get("/v1/refunds").await, send(&accountant).await];
        let found = answers.each_ref().map(|answer| (answer.status, answer.json["code"].as_str().unwrap_or_default()));
        assert_eq!(found, [read, write], "{licence:?}: {answers:?}");
    }
}
