//! HTTP only: translate in, one service call, translate out. One file per resource, one line per resource here.

pub mod answer;
mod auth;
pub mod extract;
mod licence;
pub mod middleware;
pub mod problem;
pub mod reading;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every resource of the API. The OpenAPI document is made from this same list.
pub fn configure(config: &mut ServiceConfig<'_>) {
    auth::configure(config);
    licence::configure(config);
}
