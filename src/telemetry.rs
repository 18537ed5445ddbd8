//! Tracing: one line per event. A request's span holds method, route and request id; never the query string (it may
//! hold names), a token, an IBAN or a body.

use std::io::IsTerminal;

use actix_web::Error as ActixError;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;

/// `log_filter` cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("settings: log_filter: {0}")]
pub struct WrongFilter(#[from] tracing_subscriber::filter::ParseError);

/// Starts logging to standard error, so that standard output stays free for what commands print.
///
/// # Errors
/// When the filter cannot be read.
pub fn start(format: LogFormat, filter: &str) -> Result<(), WrongFilter> {
    let filter = EnvFilter::try_new(filter)?;
    // sqlx logs statements with their values, the migrator each step: neither belongs into a log of money.
    let quiet = ["sqlx=off", "sea_orm_migration=warn", "actix_server=warn"];
    let filter = quiet.iter().filter_map(|rule| rule.parse().ok()).fold(filter, EnvFilter::add_directive);
    let registry = tracing_subscriber::registry().with(filter);
    // Colours are for people at a terminal, not for files.
    let terminal = std::io::stderr().is_terminal();
    let writer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(terminal);
    if format == LogFormat::Text || (format == LogFormat::Auto && terminal) {
        registry.with(writer.with_target(false)).try_init().ok();
    } else {
        registry.with(writer.json().flatten_event(true).with_span_list(false)).try_init().ok();
    }
    Ok(())
}

/// The span of a request.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let request_id = crate::access::request_id::ensure(request);
        let route = request.match_pattern().unwrap_or_else(|| "-".to_owned());
        tracing::info_span!("request", method = %request.method(), route, request_id, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, ActixError>) {
        let status = match outcome {
            Ok(response) => response.status().as_u16(),
            Err(error) => error.as_response_error().status_code().as_u16(),
        };
        span.record("status", status);
        span.in_scope(|| tracing::info!("answered"));
    }
}
