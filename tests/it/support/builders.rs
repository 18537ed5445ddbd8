//! What people do in a [`Shop`], in a line each, so that a test shows only what it is about. A `…_call` is not sent yet:
//! await it for a refusal, or to send many together. The others expect to succeed and answer ids.

use serde_json::{Value, json};

use super::answer::Answer;
use super::client::Call;
use super::shop::{Shop, eur};

/// Folders of the movement list.
const FOLDERS: [&str; 6] = ["not_assigned", "fully_assigned", "partially_assigned", "pending", "failed", "hidden"];
const BOTH_WARNINGS: [&str; 2] = ["invoice_correction", "formalisation"];

/// Where a thing is found; the prefix of its id says what it is.
pub fn path_of(id: &str) -> String {
    let collection = match id.split('_').next() {
        Some("mov") => "account-movements",
        Some("ord") => "orders",
        Some("inv") => "invoices",
        Some("cor") => "invoice-corrections",
        Some("rfd") => "refunds",
        Some("asg") => "assignments",
        Some("asr") => "assignment-runs",
        Some("pay") => "payments",
        Some("can") => "cancellations",
        _ => panic!("no collection for {id}"),
    };
    format!("/v1/{collection}/{id}")
}

/// Asserts values by pointer, without the first slash. Texts are compared as they are, other values as JSON.
#[track_caller]
pub fn assert_shows(answer: &Answer, expected: &[(&str, &str)]) {
    for (pointer, value) in expected {
        let found = answer.at(&format!("/{pointer}"));
        let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        assert_eq!(found, *value, "{pointer} of {answer:?}");
    }
}

impl Shop {
    /// Shows anything by its id.
    pub async fn see(&self, id: &str) -> Answer {
        self.accountant.get(path_of(id)).await.expect(200)
    }

    /// Asserts what a thing shows, as [`assert_shows`].
    pub async fn shows(&self, id: &str, expected: &[(&str, &str)]) {
        assert_shows(&self.see(id).await, expected);
    }

    pub async fn number(&self, id: &str) -> String {
        self.see(id).await.text("/number").to_owned()
    }

    /// An order of one line; the price includes 19 percent tax.
    pub async fn order(&self, gross: &str) -> String {
        self.order_lines(&[gross]).await
    }

    pub async fn order_lines(&self, gross: &[&str]) -> String {
        let line = |(position, price): (usize, &&str)| json!({ "description": format!("Article {position}"), "quantity": "1", "unit_price": eur(price), "tax_rate": "19" });
        self.order_of(gross.iter().enumerate().map(line).collect(), json!({})).await
    }

    /// An order of these lines, with more members such as `external_number`.
    pub async fn order_of(&self, lines: Vec<Value>, more: Value) -> String {
        let mut order = json!({
            "customer_id": self.customer, "currency": "EUR", "prices_include_tax": true, "lines": lines,
        });
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.sales.post("/v1/orders", order).await.expect(201).id()
    }

    pub async fn invoice(&self, order: &str) -> String {
        self.invoice_call(order).await.expect(201).id()
    }

    pub fn invoice_call(&self, order: &str) -> Call {
        self.sales.post("/v1/invoices", json!({ "order_id": order })).idempotent()
    }

    /// Asserts due, paid and open of an order or invoice.
    pub async fn balance(&self, document: &str, (due, paid, open): (&str, &str, &str)) {
        let balance = self.accountant.get(format!("{}/balance", path_of(document))).await.expect(200);
        assert_shows(&balance, &[("due/amount", due), ("paid/amount", paid), ("open/amount", open)]);
    }

    /// A payment that somebody keys in on an order.
    pub async fn keyed(&self, order: &str, amount: &str) -> String {
        let payment = json!({ "target": { "type": "order", "id": order }, "amount": eur(amount), "method": "cash" });
        self.sales.post("/v1/payments", payment).idempotent().await.expect(201).id()
    }

    pub async fn assign(&self, movement: &str, target: &str, amount: Option<&str>) -> String {
        self.assign_call(movement, target, amount).await.expect(201).id()
    }

    /// Assigns to an order or invoice.
    pub fn assign_call(&self, movement: &str, target: &str, amount: Option<&str>) -> Call {
        let kind = if target.starts_with("inv_") { "invoice" } else { "order" };
        let mut body = json!({ "movement_id": movement, "target": { "type": kind, "id": target } });
        if let Some(amount) = amount {
            body["amount"] = eur(amount);
        }
        self.accountant.post("/v1/assignments", body).idempotent()
    }

    /// Undoes an assignment as it is now.
    pub async fn undo_call(&self, assignment: &str) -> Call {
        let version = self.see(assignment).await.version();
        self.accountant.delete(path_of(assignment)).if_match(version)
    }

    /// The folders a movement lies in.
    pub async fn folders_of(&self, movement: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        for folder in FOLDERS {
            let list =
                self.accountant.get(format!("/v1/account-movements?folder={folder}&limit=200")).await.expect(200);
            if list.at("/items").as_array().unwrap().iter().any(|item| item["id"] == movement) {
                found.push(folder);
            }
        }
        found
    }

    pub fn hide_call(&self, movement: &str, action: &str) -> Call {
        self.accountant.post(format!("/v1/account-movements/{action}"), json!({ "ids": [movement] }))
    }

    /// A draft of everything that is left to correct.
    pub async fn correction(&self, invoice: &str) -> String {
        let draft = self.sales.post("/v1/invoice-corrections", json!({ "invoice_id": invoice })).await;
        draft.expect(201).id()
    }

    /// A draft that takes back some lines of an invoice, by position, and is formalised.
    pub async fn corrected(&self, invoice: &str, lines: &[usize]) -> String {
        let shown = self.see(invoice).await;
        let lines: Vec<Value> =
            lines.iter().map(|line| json!({ "invoice_line_id": shown.text(&format!("/lines/{line}/id")) })).collect();
        let draft = json!({ "invoice_id": invoice, "lines": lines });
        let draft = self.sales.post("/v1/invoice-corrections", draft).await.expect(201).id();
        self.formalise_call(&draft).await.expect(200).id()
    }

    pub fn formalise_call(&self, correction: &str) -> Call {
        self.formalise_with(correction, &BOTH_WARNINGS)
    }

    /// Formalises with some of the warnings acknowledged.
    pub fn formalise_with(&self, correction: &str, acknowledged: &[&str]) -> Call {
        let body = json!({ "acknowledged": acknowledged, "payment_disposition": "keep_for_refund" });
        self.accountant.post(format!("{}/formalise", path_of(correction)), body).idempotent()
    }

    /// Cancels an order for a reason that needs no comment.
    pub fn cancel_call(&self, order: &str, with_refund: bool) -> Call {
        let body = json!({ "order_id": order, "reason": "customer_request", "with_refund": with_refund });
        self.accountant.post("/v1/cancellations", body).idempotent()
    }

    /// Generates refunds of a movement's remainder, a correction or a cancelled order.
    pub fn refund_call(&self, origin: &str, amount: Option<&str>) -> Call {
        let kind = match origin.split('_').next() {
            Some("mov") => "remaining_amount",
            Some("cor") => "invoice_correction",
            _ => "cancelled_order",
        };
        let mut body = json!({ "origin": { "type": kind, "id": origin }, "purpose": "Erstattung" });
        if let Some(amount) = amount {
            body["amount"] = eur(amount);
        }
        self.refunds.post("/v1/refunds", body).idempotent()
    }

    /// Generates one refund.
    pub async fn refund(&self, origin: &str, amount: Option<&str>) -> String {
        let made = self.refund_call(origin, amount).await.expect(201);
        assert_eq!(made.at("/refunds").as_array().unwrap().len(), 1, "{made:?}");
        made.text("/refunds/0/id").to_owned()
    }

    /// Pays back all that is left of a movement.
    pub async fn refund_remaining(&self, movement: &str) -> String {
        self.refund(movement, None).await
    }

    pub fn send_call(&self, refund: &str) -> Call {
        self.accountant.post(format!("{}/send", path_of(refund)), json!({})).idempotent()
    }

    /// Sends a refund and lets the worker run; answers the refund as it is then.
    pub async fn send(&self, refund: &str) -> Answer {
        assert_shows(&self.send_call(refund).await.expect(202), &[("status", "sending")]);
        self.app.run_pending().await;
        self.see(refund).await
    }

    /// Changes a refund as it is now.
    pub async fn edit_call(&self, refund: &str, patch: Value) -> Call {
        let version = self.see(refund).await.version();
        self.refunds.patch(path_of(refund), patch).if_match(version)
    }

    /// Deletes a refund as it is now.
    pub async fn delete_call(&self, refund: &str) -> Call {
        let version = self.see(refund).await.version();
        self.refunds.delete(path_of(refund)).if_match(version)
    }
}
