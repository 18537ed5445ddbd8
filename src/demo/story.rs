//! What happens in the demo: the bicycle shop "Radladen Müller GmbH", its customers, and their money.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::client::{Client, text};
use super::statement::{self, Entry};
use super::{DemoError, amount};

/// External number, name and account of the customers.
const CUSTOMERS: [(&str, &str, &str); 10] = [
    ("DEMO-K01", "Erika Mustermann", "DE02120300000000202051"),
    ("DEMO-K02", "Jonas Becker", "DE02500105170137075030"),
    ("DEMO-K03", "Ayşe Yılmaz", "DE02100500000054540402"),
    ("DEMO-K04", "Familie Großmann", "DE02300209000106531065"),
    ("DEMO-K05", "Blumen-Café Öz", "DE02200505501015871393"),
    ("DEMO-K06", "Peter Schröder", "DE02100100100006820101"),
    ("DEMO-K07", "Sabine Krüger", "DE02300606010002474689"),
    ("DEMO-K08", "Radsport Nord e.V.", "DE02600501010002034304"),
    ("DEMO-K09", "Tom Weiß", "DE02700202700010108669"),
    ("DEMO-K10", "Zoë Lang", "DE02701500000000594937"),
];

/// Number, customer, lines of (description, quantity, gross price), and whether it is invoiced.
type OrderPlan = (&'static str, &'static str, &'static [(&'static str, &'static str, &'static str)], Invoiced);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Invoiced {
    Yes,
    No,
}

const ORDERS: [OrderPlan; 10] = [
    ("DEMO-A01", "DEMO-K01", &[("Citybike Rhein", "1", "749.00")], Invoiced::Yes),
    ("DEMO-A02", "DEMO-K02", &[("Helm", "1", "89.90"), ("Faltschloss", "1", "49.95")], Invoiced::No),
    ("DEMO-A03", "DEMO-K03", &[("Kindersitz", "1", "119.00")], Invoiced::Yes),
    ("DEMO-A04", "DEMO-K04", &[("Kinderrad 20 Zoll", "2", "329.00")], Invoiced::Yes),
    ("DEMO-A05", "DEMO-K05", &[("Lastenrad Domstadt", "1", "4290.00")], Invoiced::Yes),
    ("DEMO-A06", "DEMO-K06", &[("Inspektion", "1", "100.00")], Invoiced::No),
    ("DEMO-A07", "DEMO-K07", &[("Satteltasche", "1", "80.00")], Invoiced::No),
    ("DEMO-A08", "DEMO-K08", &[("Trikot", "5", "39.90")], Invoiced::Yes),
    ("DEMO-A09", "DEMO-K09", &[("Klingel", "1", "24.99")], Invoiced::No),
    ("DEMO-A10", "DEMO-K10", &[("Regenjacke", "1", "60.00"), ("Handschuhe", "1", "30.00")], Invoiced::Yes),
];

/// A document that customers pay: its number and, when there is one, its invoice's.
#[derive(Debug, Clone)]
pub struct Document {
    order_id: String,
    order_number: String,
    invoice: Option<(String, String)>,
}

impl Document {
    /// The number a customer writes into the purpose.
    fn number(&self) -> &str {
        self.invoice.as_ref().map_or(&self.order_number, |(_, number)| number)
    }
}

/// The shop's documents by external number, and today.
pub struct Shop {
    documents: HashMap<&'static str, Document>,
    today: NaiveDate,
}

impl Shop {
    fn document(&self, number: &str) -> Result<&Document, DemoError> {
        self.documents.get(number).ok_or_else(|| DemoError::new("the story", format!("{number} is missing")))
    }
}

/// Finds a record by its external number, or makes it.
async fn ensure(client: &Client, path: &str, number: &str, new: &Value) -> Result<Value, DemoError> {
    let known = client.get(&format!("{path}?external_number={number}")).await?;
    match known["items"].as_array().and_then(|items| items.first()) {
        Some(found) => Ok(found.clone()),
        None => client.post(path, new, &format!("demo-{number}")).await,
    }
}

/// Makes customers, orders and invoices.
pub async fn open(client: &Client) -> Result<Shop, DemoError> {
    let mut customers = HashMap::new();
    for (number, name, iban) in CUSTOMERS {
        let new = json!({ "name": name, "external_number": number, "iban": iban });
        let made = ensure(client, "/v1/customers", number, &new).await?;
        customers.insert(number, text(&made, "/id")?);
    }
    let mut shop = Shop { documents: HashMap::new(), today: NaiveDate::MIN };
    for (number, customer, lines, invoiced) in ORDERS {
        let customer = customers.get(customer).cloned().unwrap_or_default();
        let order = order(client, (number, &customer), lines).await?;
        shop.today = text(&order, "/order_date")?.parse().map_err(|error| DemoError::new("reading a date", error))?;
        let invoice = match invoiced {
            Invoiced::Yes => Some(invoice(client, number, &order).await?),
            Invoiced::No => None,
        };
        let document = Document { order_id: text(&order, "/id")?, order_number: text(&order, "/number")?, invoice };
        shop.documents.insert(number, document);
    }
    Ok(shop)
}

async fn order(
    client: &Client,
    (number, customer): (&str, &str),
    lines: &[(&str, &str, &str)],
) -> Result<Value, DemoError> {
    let line = |(description, quantity, price): &(&str, &str, &str)| {
        json!({ "description": description, "quantity": quantity, "tax_rate": "19",
            "unit_price": { "amount": price, "currency": "EUR" } })
    };
    let new = json!({
        "customer_id": customer, "external_number": number, "currency": "EUR", "prices_include_tax": true,
        "lines": lines.iter().map(line).collect::<Vec<_>>(),
    });
    ensure(client, "/v1/orders", number, &new).await
}

async fn invoice(client: &Client, number: &str, order: &Value) -> Result<(String, String), DemoError> {
    let order_id = text(order, "/id")?;
    let known = client.get(&format!("/v1/invoices?order_id={order_id}")).await?;
    let found = match known["items"].as_array().and_then(|items| items.first()) {
        Some(found) => found.clone(),
        None => {
            let new = json!({ "order_id": order_id });
            client.post("/v1/invoices", &new, &format!("demo-invoice-{number}")).await?
        }
    };
    Ok((text(&found, "/id")?, text(&found, "/number")?))
}

/// What the bank reported: paid exactly, paid twice, paid in part, and what is no sale at all.
pub async fn import_statement(client: &Client, account: &str, shop: &Shop) -> Result<(), DemoError> {
    let day = shop.today.pred_opt().unwrap_or(shop.today);
    let transfer = ("", "ESCT");
    let entry = |minor, customer: usize, purpose: String| {
        let (_, name, iban) = CUSTOMERS.get(customer).copied().unwrap_or_default();
        Entry { date: day, minor, name, iban, purpose, family: transfer }
    };
    let number = |external: &str| shop.document(external).map(|document| document.number().to_owned());
    let seat = number("DEMO-A03")?;
    let entries = [
        entry(74_900, 0, format!("Rechnung {} vielen Dank", number("DEMO-A01")?)),
        entry(11_900, 2, format!("{seat} Kindersitz")),
        entry(11_900, 2, format!("{seat} Kindersitz nochmal")),
        entry(30_000, 3, format!("Anzahlung {}", number("DEMO-A04")?)),
        entry(4_200, 8, "Luftpumpe, danke!".to_owned()),
        Entry { minor: -85_000, family: ("", "ESCT"), ..entry(0, 7, "Miete Werkstatt November".to_owned()) },
        Entry {
            name: "",
            ..Entry { family: ("MDOP", "CHRG"), ..entry(-1_290, 0, "Kontoführung November".to_owned()) }
        },
    ];
    let bytes = statement::write(day, 1_250_000, &entries);
    let path = format!("/v1/statement-imports/raw?account_id={account}&filename=kontoauszug-{day}.xml");
    client.upload(&path, bytes).await?;
    Ok(())
}

/// What customers paid through the provider.
pub async fn pay_through_sandbox(client: &Client, account: &str, shop: &Shop) -> Result<(), DemoError> {
    let number = |external: &str| shop.document(external).map(|document| document.number().to_owned());
    let payments = [
        ("139.85", 1, number("DEMO-A02")?, "paid"),
        ("4290.00", 4, number("DEMO-A05")?, "paid"),
        ("150.00", 5, "Inspektion, stimmt so nicht".to_owned(), "paid"),
        ("80.00", 6, number("DEMO-A07")?, "paid"),
        ("90.00", 9, number("DEMO-A10")?, "paid"),
        ("199.50", 7, number("DEMO-A08")?, "pending"),
        ("24.99", 8, number("DEMO-A09")?, "expired"),
    ];
    for (index, (amount, customer, purpose, status)) in payments.into_iter().enumerate() {
        pay(client, account, (amount, customer, &purpose, status), &format!("demo-sandbox-{index}")).await?;
    }
    fetch(client, account, "demo-fetch").await
}

async fn pay(
    client: &Client,
    account: &str,
    (amount, customer, purpose, status): (&str, usize, &str, &str),
    key: &str,
) -> Result<Value, DemoError> {
    let (_, name, iban) = CUSTOMERS.get(customer).copied().unwrap_or_default();
    let payment = json!({
        "amount": { "amount": amount, "currency": "EUR" },
        "counterparty": { "name": name, "iban": iban }, "purpose": purpose, "status": status,
    });
    client.post(&format!("/v1/sandbox/{account}/payments"), &payment, key).await
}

async fn fetch(client: &Client, account: &str, key: &str) -> Result<(), DemoError> {
    client.wait_for("/v1/reconciliation-runs", &json!({ "account_ids": [account] }), key).await?;
    Ok(())
}

/// A return of what was too much, an overpaid invoice, an order cancelled with a refund, one cancelled plainly, and a correction.
pub async fn loose_ends(client: &Client, shop: &Shop) -> Result<(), DemoError> {
    let inspection = shop.document("DEMO-A06")?.order_id.clone();
    return_the_rest(client, &inspection, ("Inspektion", "100.00"), "demo-rest").await?;
    for (number, reason, with_refund) in [("DEMO-A07", "customer_request", true), ("DEMO-A09", "not_paid", false)] {
        let order = &shop.document(number)?.order_id;
        if client.get(&format!("/v1/orders/{order}")).await?["status"] == "open" {
            let cancel = json!({ "order_id": order, "reason": reason, "with_refund": with_refund });
            client.post("/v1/cancellations", &cancel, &format!("demo-cancel-{number}")).await?;
        }
    }
    overpay(client, shop.document("DEMO-A03")?).await?;
    correct_one_line(client, shop.document("DEMO-A10")?).await
}

/// The child seat was paid twice: the second payment is assigned on purpose, so that the invoice is overpaid.
async fn overpay(client: &Client, document: &Document) -> Result<(), DemoError> {
    let found = client.get("/v1/account-movements?purpose=nochmal&folder=not_assigned").await?;
    let movement = found["items"].as_array().and_then(|items| items.first());
    let (Some(movement), Some((invoice, _))) = (movement, &document.invoice) else { return Ok(()) };
    let assign = json!({
        "movement_id": movement["id"], "target": { "type": "invoice", "id": invoice }, "amount": movement["amount"],
    });
    client.post("/v1/assignments", &assign, "demo-overpaid").await?;
    Ok(())
}

/// Assigns the order's price from the movement with this purpose, and generates the refund of what is left.
async fn return_the_rest(
    client: &Client,
    order: &str,
    (purpose, price): (&str, &str),
    key: &str,
) -> Result<Option<Value>, DemoError> {
    let found = client.get(&format!("/v1/account-movements?purpose={purpose}&folder=not_assigned")).await?;
    let Some(movement) = found["items"].as_array().and_then(|items| items.first()) else { return Ok(None) };
    let id = text(movement, "/id")?;
    if movement["assignment_state"] == "unassigned" {
        let assign = json!({
            "movement_id": id, "target": { "type": "order", "id": order },
            "amount": { "amount": price, "currency": "EUR" },
        });
        client.post("/v1/assignments", &assign, &format!("{key}-assign")).await?;
    }
    let refund = json!({
        "origin": { "type": "remaining_amount", "id": id }, "purpose": "Erstattung Überzahlung",
        "internal_comment": "zu viel überwiesen",
    });
    let made = client.post("/v1/refunds", &refund, &format!("{key}-refund")).await?;
    Ok(made["refunds"].as_array().and_then(|refunds| refunds.first()).cloned())
}

/// The gloves came back: a correction over one of two lines, formalised, ready to be refunded.
async fn correct_one_line(client: &Client, document: &Document) -> Result<(), DemoError> {
    let Some((invoice, _)) = &document.invoice else { return Ok(()) };
    let known = client.get(&format!("/v1/invoice-corrections?invoice_id={invoice}")).await?;
    if known["items"].as_array().is_some_and(|items| !items.is_empty()) {
        return Ok(());
    }
    let new = json!({ "invoice_id": invoice, "note": "Handschuhe zurückgenommen" });
    let draft = client.post("/v1/invoice-corrections", &new, "demo-correction").await?;
    let (id, version) = (text(&draft, "/id")?, draft["version"].clone());
    let jacket = draft["lines"].as_array().into_iter().flatten().find(|line| line["description"] == "Regenjacke");
    if let Some(line) = jacket {
        let path = format!("/v1/invoice-corrections/{id}/lines/{}", text(line, "/id")?);
        client.delete(&path, &format!("\"{version}\"")).await?;
    }
    let command =
        json!({ "acknowledged": ["invoice_correction", "formalisation"], "payment_disposition": "keep_for_refund" });
    client.post(&format!("/v1/invoice-corrections/{id}/formalise"), &command, "demo-formalise").await?;
    Ok(())
}

/// When every refund has been sent: somebody overpays again.
pub async fn overpay_again(client: &Client, account: &str) -> Result<Value, DemoError> {
    let movements = client.get("/v1/account-movements/folders").await?;
    // As many movements as there are now make a name that no earlier run has used.
    let seen: i64 = movements["items"].as_array().into_iter().flatten().filter_map(|one| one["count"].as_i64()).sum();
    let number = format!("DEMO-N{seen}");
    let customer = client.get("/v1/customers?external_number=DEMO-K06").await?;
    let customer = text(&customer, "/items/0/id")?;
    let order = order(client, (&number, &customer), &[("Inspektion", "1", "100.00")]).await?;
    let purpose = format!("Ueberzahlung-{seen}");
    pay(client, account, ("150.00", 5, &purpose, "paid"), &format!("demo-pay-{number}")).await?;
    fetch(client, account, &format!("demo-fetch-{number}")).await?;
    let refund =
        return_the_rest(client, &text(&order, "/id")?, (&purpose, "100.00"), &format!("demo-{number}")).await?;
    let refund = refund.ok_or_else(|| DemoError::new("overpaying again", "the payment was not fetched"))?;
    tracing::debug!(amount = amount(&refund["amount"]), "there is a refund to send again");
    Ok(refund)
}
