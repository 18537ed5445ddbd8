//! The demo: a believable German merchant, told to the running server over its own API.
//!
//! It is a client like any other, so what it shows is what the API can do: it makes accounts, customers, orders and
//! invoices, uploads a statement in real format, fetches the sandbox feed, lets the automatic assignment run, and
//! leaves a few things to do. Every step can be done again: records are found by their external number, writes carry
//! an idempotency key.

mod client;
mod statement;
mod story;

use serde_json::{Value, json};

pub use client::Client;

/// Somebody who can log in.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct DemoUser {
    pub role: String,
    pub email: String,
    pub password: String,
}

/// What the demo shows at the end.
#[derive(Debug, Clone)]
pub struct Told {
    pub sandbox_account_id: String,
    /// A refund that waits to be sent.
    pub refund_id: String,
    pub refund_amount: String,
}

/// The demo cannot go on; one line that says at which step.
#[derive(Debug, thiserror::Error)]
#[error("the demo failed at {step}: {cause}")]
pub struct DemoError {
    step: String,
    cause: String,
}

impl DemoError {
    pub fn new(step: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        Self { step: step.into(), cause: cause.to_string() }
    }
}

/// Who tells the story.
pub struct Cast {
    pub admin: Client,
    pub accountant: Client,
}

impl Cast {
    /// Logs in as administrator and accountant.
    ///
    /// # Errors
    /// When a login fails.
    pub async fn enter(base_url: &str, users: &[DemoUser]) -> Result<Self, DemoError> {
        let find = |role: &str| {
            users.iter().find(|user| user.role == role).ok_or_else(|| DemoError::new("login", format!("no {role}")))
        };
        Ok(Self {
            admin: Client::login(base_url, find("admin")?).await?,
            accountant: Client::login(base_url, find("accountant")?).await?,
        })
    }
}

/// Tells the whole story; `progress` hears what is being done.
///
/// # Errors
/// The step that failed and what the server said.
pub async fn tell(cast: &Cast, licence: &str, progress: impl Fn(&str)) -> Result<Told, DemoError> {
    progress("activating the licence");
    cast.admin.put("/v1/licence", &json!({ "token": licence }), None).await?;
    settings(cast).await?;
    progress("opening accounts");
    let bank = account(cast, "Hausbank", "bank_file", Some(statement::IBAN)).await?;
    let sandbox = account(cast, "Sandbox", "sandbox", None).await?;
    progress("creating customers, orders and invoices");
    let shop = story::open(&cast.accountant).await?;
    progress("importing a statement (CAMT.053)");
    story::import_statement(&cast.accountant, &bank, &shop).await?;
    progress("fetching the sandbox feed");
    story::pay_through_sandbox(&cast.accountant, &sandbox, &shop).await?;
    progress("assigning what is certain");
    cast.accountant.wait_for("/v1/assignment-runs", &json!({}), "demo-assign").await?;
    progress("leaving something to do");
    story::loose_ends(&cast.accountant, &shop).await?;
    something_to_send(cast, sandbox).await
}

/// For a data folder whose story is told: only makes sure that there is a refund to send.
///
/// # Errors
/// As [`tell`].
pub async fn go_on(cast: &Cast) -> Result<Told, DemoError> {
    let sandbox = account(cast, "Sandbox", "sandbox", None).await?;
    something_to_send(cast, sandbox).await
}

async fn settings(cast: &Cast) -> Result<(), DemoError> {
    let settings = json!({
        "four_eyes": "above:1000.00",
        "auto_assign_after_run": false,
        "auto_assign_max_age_days": 90,
        "allow_return_of_unassigned": false,
    });
    cast.admin.put("/v1/settings", &settings, Some("*")).await?;
    Ok(())
}

/// The id of an account, found by its name or made.
async fn account(cast: &Cast, name: &str, provider: &str, iban: Option<&str>) -> Result<String, DemoError> {
    let known = cast.admin.get("/v1/payment-accounts?limit=200").await?;
    let found = known["items"].as_array().into_iter().flatten().find(|one| one["name"] == name);
    if let Some(id) = found.and_then(|one| one["id"].as_str()) {
        return Ok(id.to_owned());
    }
    let new = json!({ "name": name, "provider": provider, "iban": iban, "currency": "EUR" });
    let made = cast.admin.post("/v1/payment-accounts", &new, &format!("demo-account-{provider}")).await?;
    client::text(&made, "/id")
}

/// A refund in `not_sent`; when all were sent, a new overpayment makes another one.
async fn something_to_send(cast: &Cast, sandbox: String) -> Result<Told, DemoError> {
    let waiting = cast.accountant.get("/v1/refunds?folder=not_sent&status=not_sent&limit=200").await?;
    let refund = match waiting["items"].as_array().and_then(|items| items.last()) {
        Some(refund) => refund.clone(),
        None => story::overpay_again(&cast.accountant, &sandbox).await?,
    };
    Ok(Told {
        sandbox_account_id: sandbox,
        refund_id: client::text(&refund, "/id")?,
        refund_amount: amount(&refund["amount"]),
    })
}

fn amount(money: &Value) -> String {
    let part = |name: &str| money[name].as_str().unwrap_or_default().to_owned();
    format!("{} {}", part("amount"), part("currency"))
}
