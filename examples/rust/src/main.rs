//! A customer pays too much, and what is left over goes back: log in, fetch, assign to an order, refund the rest.
use std::{env, error::Error, time::Duration};

use heller_client::apis::configuration::Configuration;
use heller_client::apis::{access_api, assignments_api, customers_api, orders_api, payment_accounts_api};
use heller_client::apis::{operations_api, reconciliation_api, refunds_api, sandbox_api};
use heller_client::models::*;

fn eur(amount: &str) -> MoneyInput {
    MoneyInput::new(amount.to_owned(), "EUR".to_owned())
}

fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base_path = env::var("HELLER_URL").unwrap_or("http://127.0.0.1:8686".to_owned());
    let mut api = Configuration { base_path, ..Configuration::new() };
    let login = Login::new(env::var("HELLER_EMAIL")?, env::var("HELLER_PASSWORD")?);
    api.bearer_access_token = Some(access_api::auth_login(&api, login).await?.access_token);
    let accounts = payment_accounts_api::account_list(&api, Some("sandbox"), None, None, None).await?;
    let account = accounts.items.first().ok_or("no sandbox account")?.id.clone();

    // 60.00 arrive through the provider; a run fetches them, and the answer waits for it.
    let reference = format!("RS{}", uuid::Uuid::new_v4().simple());
    let customer = SandboxCounterparty::new("Erika Muster".to_owned());
    let paid = CreateSandboxPayment::new(eur("60.00"), customer, reference.clone());
    sandbox_api::sandbox_payment_create(&api, &account, paid, None).await?;
    let run = StartRun { account_ids: Some(Some(vec![account])), ..StartRun::new() };
    reconciliation_api::reconciliation_run_create(&api, None, Some("wait=10"), Some(run)).await?;
    let found = operations_api::search(&api, &reference, None).await?;
    let movement = found.items.first().ok_or("the payment was not found")?.id.clone();

    // An order over 40.00 takes its part.
    let customer = customers_api::customer_create(&api, CreateCustomer::new("Erika Muster".to_owned()), None).await?;
    let line = CreateOrderLine::new("Bicycle bell".to_owned(), "1".to_owned(), eur("40.00"), "19".to_owned());
    let order = CreateOrder::new(customer.id, "EUR".to_owned(), true, vec![line]);
    let order = orders_api::order_create(&api, order, None).await?;
    let target = TargetInput::new(ChosenTarget::Order, order.id);
    assignments_api::assignment_create(&api, &key(), CreateAssignment::new(movement.clone(), target)).await?;

    // The rest goes back the way it came.
    let origin = OriginInput::new(ChosenOrigin::RemainingAmount, movement);
    let refunds = refunds_api::refund_create(&api, &key(), CreateRefund::new(origin)).await?.refunds;
    let id = &refunds.first().ok_or("no refund")?.id;
    let mut refund = refunds_api::refund_send(&api, id, &key(), None, None, Some(SendRefund::new())).await?;
    while refund.status == RefundStatus::Sending {
        tokio::time::sleep(Duration::from_millis(200)).await;
        refund = refunds_api::refund_show(&api, id, None).await?;
    }
    if refund.status != RefundStatus::Sent {
        return Err(format!("{}: {:?}", refund.status, refund.last_error).into());
    }
    println!("Refund {} over {} {} is sent.", refund.number, refund.amount.amount, refund.amount.currency);
    Ok(())
}
