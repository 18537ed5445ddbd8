//! HTTP only: translate in, one service call, translate out. One file per resource, one line per resource here.

mod accounts;
pub mod answer;
mod assignments;
mod auth;
mod call;
mod cancellations;
mod corrections;
pub mod cors;
mod customers;
pub mod demo;
pub mod docs;
mod event_stream;
pub mod events;
pub mod extract;
pub mod guides;
mod html;
mod indent;
mod invoices;
mod jobs;
mod labels;
mod ledger;
mod licence;
mod logbook;
mod meta;
pub mod middleware;
mod movements;
mod operations;
mod orders;
mod payments;
mod postman;
pub mod problem;
mod problem_html;
mod problem_pages;
pub mod reading;
mod reconciliation;
pub mod refresh_cookie;
mod refunds;
mod sandbox;
mod search;
mod settings;
mod statement_imports;
mod statement_profiles;
mod statements;
pub mod waiting;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every resource of the API. The OpenAPI document is made from this same list.
pub fn configure(config: &mut ServiceConfig<'_>) {
    auth::configure(config);
    licence::configure(config);
    accounts::configure(config);
    reconciliation::configure(config);
    statement_imports::configure(config);
    statement_profiles::configure(config);
    logbook::configure(config);
    statements::configure(config);
    sandbox::configure(config);
    movements::configure(config);
    assignments::configure(config);
    customers::configure(config);
    orders::configure(config);
    invoices::configure(config);
    payments::configure(config);
    corrections::configure(config);
    cancellations::configure(config);
    refunds::configure(config);
    ledger::configure(config);
    settings::configure(config);
    self::jobs::configure(config);
    events::configure(config);
    search::configure(config);
    operations::configure(config);
    meta::configure(config);
    postman::configure(config);
    problem_pages::configure(config);
}
