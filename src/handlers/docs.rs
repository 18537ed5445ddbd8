//! The script that starts the documentation page: ours, in place of the one that comes with it.

use actix_web::{HttpResponse, web};

use crate::domain::installation::Purpose;
use crate::state::AppState;

const START: &str = include_str!("docs.js");
const DEMO: &str = include_str!("demo_docs.js");

pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/docs/swagger-initializer.js", web::get().to(initializer));
}

async fn initializer(state: web::Data<AppState>) -> HttpResponse {
    let script = match state.purpose {
        Purpose::Demo => format!("{DEMO}\n{START}"),
        Purpose::Production => START.to_owned(),
    };
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(script)
}
