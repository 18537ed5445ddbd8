//! The HTTP application: routes, middleware, the fallback for what does not exist, and the server around them.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::SwaggerUi;

use crate::access::known_paths::KnownPaths;
use crate::domain::installation::Purpose;
use crate::error::{Error, Kind};
use crate::handlers;
pub use crate::handlers::problem::explained;
pub use crate::handlers::problem::lang::Lang;
use crate::openapi;
use crate::state::AppState;
use crate::telemetry::RequestSpan;

/// Longest wait for running requests when the server stops, in seconds.
const SHUTDOWN_S: u64 = 5;

/// Serves on a bound listener until it is stopped.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(state: web::Data<AppState>, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let document = openapi::document();
    let paths = web::Data::new(KnownPaths::of(&document));
    let text = web::Data::new(openapi::DocumentText::of(&document));
    let noticed = web::Data::new(handlers::cors::Noticed::default());
    let server = HttpServer::new(move || {
        let of_demo = |config: &mut web::ServiceConfig| match state.purpose {
            Purpose::Demo => handlers::demo::configure(config),
            Purpose::Production => {}
        };
        App::new()
            .app_data(state.clone())
            .app_data(paths.clone())
            .app_data(text.clone())
            .app_data(noticed.clone())
            .app_data(web::PayloadConfig::new(64 * 1024))
            .wrap(from_fn(handlers::middleware::around))
            .wrap(handlers::cors::cors(&state.config.cors_origins))
            .wrap(from_fn(handlers::cors::around))
            .wrap(TracingLogger::<RequestSpan>::new())
            .into_utoipa_app()
            .configure(handlers::configure)
            .into_app()
            .configure(handlers::guides::configure)
            .configure(handlers::docs::configure)
            .configure(of_demo)
            .service(SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json")))
            .service(web::redirect("/docs", "/docs/"))
            .service(web::redirect("/", "/docs/"))
            .default_service(web::to(nothing_here))
    });
    Ok(server.workers(workers).shutdown_timeout(SHUTDOWN_S).disable_signals().listen(listener)?.run())
}

/// 404. What exists by another method was told apart before the router was asked.
async fn nothing_here() -> Result<&'static str, Error> {
    Err(Error::not_found(Kind::Address))
}
