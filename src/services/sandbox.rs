//! Steers the provider `sandbox`: what is put in, how it behaves, what left it. Only for accounts of that provider.

use sea_orm::ConnectionTrait;

use crate::domain::account::ProviderKind;
use crate::domain::id::{AccountId, SandboxPaymentId};
use crate::entities::payment_account;
use crate::error::{Code, Error, Kind};
pub use crate::providers::sandbox::{Behaviour, Mode, PaymentState, Payout, SandboxPayment};
use crate::providers::sandbox::{NewPayment, Sandbox};
use crate::services::accounts;
use crate::services::customers::parse_iban;
use crate::views::limits;
use crate::views::money::Checks;
use crate::views::sandbox::{
    BehaviourView, CreateSandboxPayment, PayoutView, PayoutsView, SandboxPaymentView, SetBehaviour,
};

async fn account(conn: &impl ConnectionTrait, id: AccountId) -> Result<payment_account::Model, Error> {
    let account = accounts::load(conn, id).await?;
    if account.provider == ProviderKind::Sandbox { Ok(account) } else { Err(Error::new(Code::AccountNotSandbox)) }
}

/// Puts a payment in.
///
/// # Errors
/// `not_found`, `account_not_sandbox`, `amount_not_positive`, `currency_mismatch`, `invalid_value`, `iban_invalid`.
pub async fn add_payment(
    conn: &impl ConnectionTrait,
    sandbox: &Sandbox,
    id: AccountId,
    new: &CreateSandboxPayment,
) -> Result<SandboxPaymentView, Error> {
    let account = account(conn, id).await?;
    let mut checks = Checks::default();
    let amount = checks.money("/amount", &new.amount);
    if amount.is_some_and(|amount| !amount.is_positive()) {
        checks.note::<()>("/amount/amount", Err(Error::new(Code::AmountNotPositive)));
    }
    if let Some(given) = amount.map(|amount| amount.currency()).filter(|given| *given != account.currency) {
        let mismatch = Error::new(Code::CurrencyMismatch).with("expected", account.currency).with("given", given);
        checks.note::<()>("/amount/currency", Err(mismatch));
    }
    let name = checks.text("/counterparty/name", &new.counterparty.name, limits::NAME);
    let iban = new.counterparty.iban.as_ref().and_then(|iban| checks.note("/counterparty/iban", parse_iban(iban)));
    let purpose = checks.text("/purpose", &new.purpose, limits::SANDBOX_PURPOSE);
    checks.finish()?;
    let payment = NewPayment {
        amount: amount.ok_or_else(|| Error::internal("checks passed without values"))?,
        counterparty_name: name,
        counterparty_iban: iban,
        purpose,
        state: new.status.unwrap_or(PaymentState::Paid),
    };
    Ok(sandbox.add_payment(account.id, payment).await?.into())
}

/// Changes the state of a payment that was put in.
///
/// # Errors
/// `not_found`, `account_not_sandbox`.
pub async fn set_payment_state(
    conn: &impl ConnectionTrait,
    sandbox: &Sandbox,
    (account_id, payment): (AccountId, SandboxPaymentId),
    state: PaymentState,
) -> Result<SandboxPaymentView, Error> {
    let account = account(conn, account_id).await?;
    let found = sandbox.set_payment_state(account.id, payment, state).await?;
    found.map(SandboxPaymentView::from).ok_or_else(|| Error::not_found(Kind::SandboxPayment))
}

/// Says how the next payouts are answered, and whether the next fetch is refused.
///
/// # Errors
/// `not_found`, `account_not_sandbox`, `invalid_value`.
pub async fn set_behaviour(
    conn: &impl ConnectionTrait,
    sandbox: &Sandbox,
    id: AccountId,
    wanted: &SetBehaviour,
) -> Result<BehaviourView, Error> {
    let account = account(conn, id).await?;
    let mut checks = Checks::default();
    let code = checks.optional_text("/code", wanted.code.as_ref(), limits::REFUSAL_CODE);
    let delay_ms = wanted.delay_ms.unwrap_or(0);
    checks.number("/delay_ms", delay_ms.into(), (0, limits::SANDBOX_DELAY_MS));
    if let Some(times) = wanted.times {
        checks.number("/times", times.into(), (1, limits::SANDBOX_TIMES));
    }
    checks.finish()?;
    let behaviour = Behaviour { mode: wanted.mode, code, delay_ms, times: wanted.times };
    sandbox.set_behaviour(account.id, &behaviour).await?;
    Ok(behaviour.into())
}

/// The provider's own truth of what left an account.
///
/// # Errors
/// `not_found`, `account_not_sandbox`.
pub async fn payouts(conn: &impl ConnectionTrait, sandbox: &Sandbox, id: AccountId) -> Result<PayoutsView, Error> {
    let account = account(conn, id).await?;
    let payouts = sandbox.payouts(account.id).await?;
    Ok(PayoutsView { items: payouts.into_iter().map(PayoutView::from).collect() })
}
